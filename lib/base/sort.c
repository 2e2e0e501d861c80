/* SPDX-License-Identifier: Apache-2.0
 *
 * Heapsort: in place, with the same bound for every input. */
#include "sort.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

struct heap {
    char *items;
    size_t size;
    int (*compare)(const void *a, const void *b, void *userdata);
    void *userdata;
};

static char *item_at(const struct heap *heap, size_t index)
{
    return heap->items + index * heap->size;
}

static bool is_less(const struct heap *heap, size_t a, size_t b)
{
    return heap->compare(item_at(heap, a), item_at(heap, b), heap->userdata) < 0;
}

static void swap(const struct heap *heap, size_t a, size_t b)
{
    char spare[64];
    char *left = item_at(heap, a);
    char *right = item_at(heap, b);
    for (size_t rest = heap->size; rest > 0;) {
        size_t part = rest < sizeof spare ? rest : sizeof spare;
        memcpy(spare, left, part);
        memcpy(left, right, part);
        memcpy(right, spare, part);
        left += part;
        right += part;
        rest -= part;
    }
}

/* Moves the item at `root` down until no child is greater. */
static void sift_down(const struct heap *heap, size_t root, size_t count)
{
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && is_less(heap, child, child + 1))
            child++;
        if (!is_less(heap, root, child))
            return;
        swap(heap, root, child);
        root = child;
    }
}

static bool is_sorted(const struct heap *heap, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (is_less(heap, i, i - 1))
            return false;
    }
    return true;
}

void cm_sort(void *items, size_t count, size_t size,
             int (*compare)(const void *a, const void *b, void *userdata), void *userdata)
{
    assert(size > 0);
    struct heap heap = {items, size, compare, userdata};
    if (is_sorted(&heap, count))
        return;
    for (size_t root = count / 2; root > 0; root--)
        sift_down(&heap, root - 1, count);
    for (size_t last = count - 1; last > 0; last--) {
        swap(&heap, 0, last);
        sift_down(&heap, 0, last);
    }
}
