/* SPDX-License-Identifier: Apache-2.0
 *
 * Open addressing with linear probing. Removal moves later entries of a run back, so that there are
 * no graves to step over. */
#include "text_map.h"

#include "checked.h"
#include "memory.h"
#include "text.h"

#include <assert.h>

enum { CAPACITY_MIN = 8 };

struct cm_text_map_slot {
    uint64_t hash;
    struct community_text text;
    void *value; /* NULL in a free slot */
};

static uint64_t read_little_endian(const unsigned char *bytes, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return (word << bits) | (word >> (64 - bits));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

uint64_t cm_text_hash(const uint64_t key[2], struct community_text text)
{
    uint64_t v[4] = {
        key[0] ^ UINT64_C(0x736f6d6570736575),
        key[1] ^ UINT64_C(0x646f72616e646f6d),
        key[0] ^ UINT64_C(0x6c7967656e657261),
        key[1] ^ UINT64_C(0x7465646279746573),
    };
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t whole = text.size - text.size % 8;
    for (size_t i = 0; i < whole; i += 8)
        sip_word(v, read_little_endian(bytes + i, 8));
    uint64_t last = (uint64_t)text.size << 56;
    if (whole < text.size)
        last |= read_little_endian(bytes + whole, text.size - whole);
    sip_word(v, last);
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void cm_text_map_init(struct cm_text_map *map, const struct community_allocator *allocator,
                      const uint8_t key[CM_TEXT_MAP_KEY_SIZE])
{
    assert(allocator != NULL);
    *map = (struct cm_text_map){
        .allocator = allocator,
        .hash_key = {read_little_endian(key, 8), read_little_endian(key + 8, 8)},
    };
}

void cm_text_map_free(struct cm_text_map *map)
{
    if (map->slots != NULL)
        cm_release(map->allocator, map->slots);
    map->slots = NULL;
    map->capacity = 0;
    map->count = 0;
}

/* The slot that holds `text`, or the free one where it belongs. There always is a free one. */
static size_t slot_of(const struct cm_text_map *map, uint64_t hash, struct community_text text)
{
    size_t mask = map->capacity - 1;
    size_t index = (size_t)hash & mask;
    while (map->slots[index].value != NULL) {
        const struct cm_text_map_slot *slot = &map->slots[index];
        if (slot->hash == hash && cm_text_equal(slot->text, text))
            break;
        index = (index + 1) & mask;
    }
    return index;
}

static bool resize(struct cm_text_map *map, size_t capacity)
{
    size_t total;
    if (!cm_size_multiply(&total, capacity, sizeof(struct cm_text_map_slot)))
        return false;
    struct cm_text_map_slot *slots = cm_allocate_zeroed(map->allocator, total);
    if (slots == NULL)
        return false;
    struct cm_text_map_slot *old = map->slots;
    size_t old_capacity = map->capacity;
    map->slots = slots;
    map->capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].value != NULL)
            map->slots[slot_of(map, old[i].hash, old[i].text)] = old[i];
    }
    if (old != NULL)
        cm_release(map->allocator, old);
    return true;
}

bool cm_text_map_reserve(struct cm_text_map *map, size_t count)
{
    size_t capacity = map->capacity > 0 ? map->capacity : CAPACITY_MIN;
    /* At most three quarters full. */
    while (capacity - capacity / 4 < count) {
        if (!cm_size_multiply(&capacity, capacity, 2))
            return false;
    }
    return capacity == map->capacity || resize(map, capacity);
}

bool cm_text_map_put(struct cm_text_map *map, struct community_text text, void *value)
{
    assert(value != NULL);
    uint64_t hash = cm_text_hash(map->hash_key, text);
    if (map->capacity > 0) {
        struct cm_text_map_slot *slot = &map->slots[slot_of(map, hash, text)];
        if (slot->value != NULL) {
            slot->value = value;
            return true;
        }
    }
    if (!cm_text_map_reserve(map, map->count + 1))
        return false;
    map->slots[slot_of(map, hash, text)] = (struct cm_text_map_slot){hash, text, value};
    map->count++;
    return true;
}

void *cm_text_map_find(const struct cm_text_map *map, struct community_text text)
{
    if (map->count == 0)
        return NULL;
    return map->slots[slot_of(map, cm_text_hash(map->hash_key, text), text)].value;
}

void *cm_text_map_remove(struct cm_text_map *map, struct community_text text)
{
    if (map->count == 0)
        return NULL;
    size_t mask = map->capacity - 1;
    size_t hole = slot_of(map, cm_text_hash(map->hash_key, text), text);
    void *value = map->slots[hole].value;
    if (value == NULL)
        return NULL;
    size_t next = hole;
    for (;;) {
        next = (next + 1) & mask;
        if (map->slots[next].value == NULL)
            break;
        size_t home = (size_t)map->slots[next].hash & mask;
        /* An entry may move into the hole if that is not before its home slot. */
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            map->slots[hole] = map->slots[next];
            hole = next;
        }
    }
    map->slots[hole] = (struct cm_text_map_slot){0};
    map->count--;
    return value;
}

bool cm_text_map_next(const struct cm_text_map *map, size_t *cursor,
                      struct community_text *text_out, void **value_out)
{
    while (*cursor < map->capacity) {
        const struct cm_text_map_slot *slot = &map->slots[(*cursor)++];
        if (slot->value == NULL)
            continue;
        if (text_out != NULL)
            *text_out = slot->text;
        if (value_out != NULL)
            *value_out = slot->value;
        return true;
    }
    return false;
}
