/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash map from text to pointers. The hash is keyed (SipHash-1-3): who does not know the key
 * cannot choose names that all meet in one slot. */
#ifndef CM_TEXT_MAP_H
#define CM_TEXT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/allocator.h"
#include "community/types.h"

enum { CM_TEXT_MAP_KEY_SIZE = 16 };

struct cm_text_map_slot;

struct cm_text_map {
    const struct community_allocator *allocator; /* borrowed; outlives the map */
    struct cm_text_map_slot *slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;
    uint64_t hash_key[2];
};

/* Holds nothing yet, so it cannot fail. `key` is 16 random bytes, or any constant where the texts
 * do not come from outside. */
void cm_text_map_init(struct cm_text_map *map, const struct community_allocator *allocator,
                      const uint8_t key[CM_TEXT_MAP_KEY_SIZE]);
/* Room for `count` entries: putting up to there does not fail. False when there is no memory. */
bool cm_text_map_reserve(struct cm_text_map *map, size_t count);
/* Sets the value (not NULL) of `text`, which is borrowed until it is removed; a value that was
 * there is replaced, the older text stays the key. False when there is no memory; the map is
 * unchanged. */
bool cm_text_map_put(struct cm_text_map *map, struct community_text text, void *value);
/* The value, or NULL when there is none. */
void *cm_text_map_find(const struct cm_text_map *map, struct community_text text);
/* Takes the entry out and returns its value, or NULL when there was none. */
void *cm_text_map_remove(struct cm_text_map *map, struct community_text text);
/* Walks all entries in no particular order: *cursor begins at 0. False at the end. The map must not
 * change meanwhile. `text_out` and `value_out` may be NULL. */
bool cm_text_map_next(const struct cm_text_map *map, size_t *cursor,
                      struct community_text *text_out, void **value_out);
void cm_text_map_free(struct cm_text_map *map); /* leaves it empty and usable */

/* SipHash-1-3 itself, for other tables. */
uint64_t cm_text_hash(const uint64_t key[2], struct community_text text);

#endif
