/* SPDX-License-Identifier: Apache-2.0
 *
 * From a name to its index, by binary search: a large rulebook loads as fast per line as a small
 * one. */
#ifndef CM_NAME_INDEX_H
#define CM_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "community/types.h"
#include "value.h"

struct cm_name_index {
    size_t count;
    const struct community_text *names; /* in the order of the indexes */
    const int32_t *sorted;              /* indexes, ascending by name, then by index */
};

/* `names` is borrowed. False when there is no memory. */
bool cm_name_index_make(struct cm_name_index *out, struct cm_arena *arena,
                        const struct community_text *names, size_t count);
/* Of the members of an object. */
bool cm_name_index_of(struct cm_name_index *out, struct cm_arena *arena,
                      const struct cm_value *object);
/* The least index of that name, or -1. */
int32_t cm_name_index_find(const struct cm_name_index *index, struct community_text name);
/* The greatest index of a name that stood before: the first repetition; or -1. */
int32_t cm_name_index_repetition(const struct cm_name_index *index);

#endif
