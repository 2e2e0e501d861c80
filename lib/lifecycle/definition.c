/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking things up in a compiled lifecycle. */
#include "definition.h"

#include <assert.h>

#include "text.h"

int32_t cm_lifecycle_field(const struct cm_lifecycle *lifecycle, struct community_text name)
{
    for (size_t i = 0; i < lifecycle->field_count; i++) {
        if (cm_text_equal(lifecycle->fields[i].name, name))
            return (int32_t)i;
    }
    return CM_NONE;
}

int32_t cm_lifecycle_state(const struct cm_lifecycle *lifecycle, struct community_text name)
{
    for (size_t i = 0; i < lifecycle->state_count; i++) {
        if (cm_text_equal(lifecycle->states[i].name, name))
            return (int32_t)i;
    }
    return CM_NONE;
}

int32_t cm_lifecycle_deadline(const struct cm_lifecycle *lifecycle, struct community_text name)
{
    for (size_t i = 0; i < lifecycle->deadline_count; i++) {
        if (cm_text_equal(lifecycle->deadlines[i].name, name))
            return (int32_t)i;
    }
    return CM_NONE;
}

const struct cm_transition_group *cm_lifecycle_group(const struct cm_lifecycle *lifecycle,
                                                     struct community_text name)
{
    size_t low = 0;
    size_t high = lifecycle->group_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = cm_text_compare(name, lifecycle->groups[middle].name);
        if (order == 0)
            return &lifecycle->groups[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

bool cm_transition_leaves(const struct cm_lifecycle *lifecycle,
                          const struct cm_transition *transition, int32_t state)
{
    assert(state >= 0);
    assert((size_t)state < lifecycle->state_count);

    if (transition->from_any)
        return !lifecycle->states[state].is_final;
    return cm_index_is_in(state, transition->from, transition->from_count);
}

bool cm_index_is_in(int32_t index, const int32_t *indexes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (indexes[i] == index)
            return true;
    }
    return false;
}
