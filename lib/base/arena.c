/* SPDX-License-Identifier: Apache-2.0
 *
 * An arena is a list of blocks; only the newest one is filled. */
#include "arena.h"

#include "checked.h"
#include "memory.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    ALIGNMENT = alignof(max_align_t),
    BLOCK_SIZE_GROWN_MAX = 1 << 20, /* blocks double up to here, so that big trees stay cheap */
};

struct cm_arena_block {
    struct cm_arena_block *next; /* the one before it in time */
    size_t size;
    size_t used;
    max_align_t data[];
};

void cm_arena_init(struct cm_arena *arena, const struct community_allocator *allocator,
                   size_t block_size)
{
    assert(allocator != NULL);
    *arena = (struct cm_arena){.allocator = allocator, .block_size = block_size};
}

static struct cm_arena_block *new_block(const struct cm_arena *arena, size_t size)
{
    size_t total;
    if (!cm_size_add(&total, size, sizeof(struct cm_arena_block)))
        return NULL;
    struct cm_arena_block *block = cm_allocate(arena->allocator, total);
    if (block != NULL) {
        block->next = NULL;
        block->size = size;
        block->used = 0;
    }
    return block;
}

static size_t next_block_size(const struct cm_arena *arena)
{
    size_t size = arena->block_size;
    const struct cm_arena_block *newest = arena->blocks;
    if (newest != NULL && newest->size < BLOCK_SIZE_GROWN_MAX / 2 && newest->size * 2 > size)
        size = newest->size * 2;
    else if (newest != NULL && newest->size >= BLOCK_SIZE_GROWN_MAX / 2 &&
             size < BLOCK_SIZE_GROWN_MAX)
        size = BLOCK_SIZE_GROWN_MAX;
    return size;
}

/* A request that would waste most of a fresh block gets one of its own, behind the newest, which
 * goes on being filled. */
static void *allocate_slow(struct cm_arena *arena, size_t size)
{
    size_t block_size = next_block_size(arena);
    bool is_large = arena->blocks != NULL && size > block_size / 2;
    struct cm_arena_block *block =
        new_block(arena, is_large || size > block_size ? size : block_size);
    if (block == NULL)
        return NULL;
    if (is_large) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    block->used = size;
    return block->data;
}

void *cm_arena_allocate(struct cm_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT)
        return NULL;
    if (size == 0)
        size = 1;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct cm_arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size)
        return allocate_slow(arena, size);
    void *pointer = (char *)block->data + block->used;
    block->used += size;
    return pointer;
}

void *cm_arena_allocate_zeroed(struct cm_arena *arena, size_t size)
{
    void *pointer = cm_arena_allocate(arena, size);
    if (pointer != NULL)
        memset(pointer, 0, size);
    return pointer;
}

void *cm_arena_array(struct cm_arena *arena, size_t count, size_t size)
{
    size_t total;
    if (!cm_size_multiply(&total, count, size))
        return NULL;
    return cm_arena_allocate_zeroed(arena, total);
}

struct community_text cm_arena_text(struct cm_arena *arena, struct community_text text)
{
    size_t total;
    if (!cm_size_add(&total, text.size, 1))
        return (struct community_text){NULL, 0};
    char *copy = cm_arena_allocate(arena, total);
    if (copy == NULL)
        return (struct community_text){NULL, 0};
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return (struct community_text){copy, text.size};
}

void cm_arena_reset(struct cm_arena *arena)
{
    struct cm_arena_block *largest = NULL;
    struct cm_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct cm_arena_block *next = block->next;
        if (largest == NULL) {
            largest = block;
        } else if (block->size > largest->size) {
            cm_release(arena->allocator, largest);
            largest = block;
        } else {
            cm_release(arena->allocator, block);
        }
        block = next;
    }
    if (largest != NULL) {
        largest->next = NULL;
        largest->used = 0;
    }
    arena->blocks = largest;
}

void cm_arena_free(struct cm_arena *arena)
{
    struct cm_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct cm_arena_block *next = block->next;
        cm_release(arena->allocator, block);
        block = next;
    }
    arena->blocks = NULL;
}
