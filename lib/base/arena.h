/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that is given back all at once: for one decision, one document, one command. */
#ifndef CM_ARENA_H
#define CM_ARENA_H

#include <stddef.h>

#include "community/allocator.h"
#include "community/types.h"

struct cm_arena_block;

struct cm_arena {
    const struct community_allocator *allocator; /* borrowed; outlives the arena */
    struct cm_arena_block *blocks;               /* newest first */
    size_t block_size;
};

/* Holds nothing yet, so it cannot fail. `block_size` is the least size of a block. */
void cm_arena_init(struct cm_arena *arena, const struct community_allocator *allocator,
                   size_t block_size);
/* Aligned for any type, not zeroed. NULL when there is no memory; the arena stays usable. */
void *cm_arena_allocate(struct cm_arena *arena, size_t size);
void *cm_arena_allocate_zeroed(struct cm_arena *arena, size_t size);
/* count * size bytes, zeroed; for a count of 0 a non-NULL pointer that must not be read. */
void *cm_arena_array(struct cm_arena *arena, size_t count, size_t size);
/* A copy that is NUL-terminated besides. `data` is NULL when there is no memory. */
struct community_text cm_arena_text(struct cm_arena *arena, struct community_text text);
/* Forgets everything allocated, keeps the largest block for the next use. */
void cm_arena_reset(struct cm_arena *arena);
void cm_arena_free(struct cm_arena *arena);

#endif
