/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation through the caller's allocator. Nothing here falls back on malloc: the default
 * allocator lives in lib/system. */
#ifndef CM_MEMORY_H
#define CM_MEMORY_H

#include <stddef.h>

#include "community/allocator.h"

/* All return NULL when there is no memory. A size of 0 is an assertion. */
void *cm_allocate(const struct community_allocator *allocator, size_t size);
void *cm_allocate_zeroed(const struct community_allocator *allocator, size_t size);
/* NULL too when count * size overflows. Not zeroed. */
void *cm_allocate_array(const struct community_allocator *allocator, size_t count, size_t size);
void *cm_reallocate_array(const struct community_allocator *allocator, void *pointer, size_t count,
                          size_t size);
void cm_release(const struct community_allocator *allocator, void *pointer); /* NULL is allowed */

#endif
