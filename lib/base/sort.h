/* SPDX-License-Identifier: Apache-2.0
 *
 * Sorting without allocation and without a bad case. */
#ifndef CM_SORT_H
#define CM_SORT_H

#include <stddef.h>

/* Sorts `count` items of `size` bytes in place: O(n log n) comparisons in the worst case, n - 1
 * when they are in order already. Not stable: where equal items must keep their order, compare
 * their index last. `compare` gives <0, 0, >0. */
void cm_sort(void *items, size_t count, size_t size,
             int (*compare)(const void *a, const void *b, void *userdata), void *userdata);

#endif
