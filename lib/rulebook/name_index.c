/* SPDX-License-Identifier: Apache-2.0
 *
 * Names in order. */
#include "name_index.h"

#include "sort.h"
#include "text.h"

static int compare_names(const void *a, const void *b, void *userdata)
{
    const struct community_text *names = (const struct community_text *)userdata;
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    const int order = cm_text_compare(names[left], names[right]);
    return order != 0 ? order : (left > right) - (left < right);
}

bool cm_name_index_make(struct cm_name_index *out, struct cm_arena *arena,
                        const struct community_text *names, size_t count)
{
    int32_t *sorted = (int32_t *)cm_arena_array(arena, count, sizeof(int32_t));
    struct community_text *own =
        (struct community_text *)cm_arena_array(arena, count, sizeof(struct community_text));
    if (!sorted || !own)
        return false;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = (int32_t)i;
        own[i] = names[i];
    }
    cm_sort(sorted, count, sizeof(sorted[0]), compare_names, own);
    *out = (struct cm_name_index){.count = count, .names = own, .sorted = sorted};
    return true;
}

bool cm_name_index_of(struct cm_name_index *out, struct cm_arena *arena,
                      const struct cm_value *object)
{
    const size_t count = object->as.object.count;
    struct community_text *names =
        (struct community_text *)cm_arena_array(arena, count, sizeof(struct community_text));
    if (!names)
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = object->as.object.members[i].name;
    return cm_name_index_make(out, arena, names, count);
}

int32_t cm_name_index_find(const struct cm_name_index *index, struct community_text name)
{
    size_t low = 0;
    size_t high = index->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (cm_text_compare(index->names[index->sorted[middle]], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == index->count || !cm_text_equal(index->names[index->sorted[low]], name))
        return -1;
    return index->sorted[low];
}

int32_t cm_name_index_repetition(const struct cm_name_index *index)
{
    int32_t first = -1;
    for (size_t i = 1; i < index->count; i++) {
        const int32_t before = index->sorted[i - 1];
        const int32_t here = index->sorted[i];
        if (cm_text_equal(index->names[before], index->names[here]) && (first < 0 || here < first))
            first = here;
    }
    return first;
}
