/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation through the caller's allocator. */
#include "memory.h"

#include "checked.h"

#include <assert.h>
#include <string.h>

void *cm_allocate(const struct community_allocator *allocator, size_t size)
{
    assert(allocator != NULL);
    assert(size > 0);
    return allocator->allocate(allocator->userdata, size);
}

void *cm_allocate_zeroed(const struct community_allocator *allocator, size_t size)
{
    void *pointer = cm_allocate(allocator, size);
    if (pointer != NULL)
        memset(pointer, 0, size);
    return pointer;
}

void *cm_allocate_array(const struct community_allocator *allocator, size_t count, size_t size)
{
    size_t total;
    if (!cm_size_multiply(&total, count, size))
        return NULL;
    return cm_allocate(allocator, total);
}

void *cm_reallocate_array(const struct community_allocator *allocator, void *pointer, size_t count,
                          size_t size)
{
    size_t total;
    if (!cm_size_multiply(&total, count, size))
        return NULL;
    if (pointer == NULL)
        return cm_allocate(allocator, total);
    assert(allocator != NULL);
    assert(total > 0);
    return allocator->reallocate(allocator->userdata, pointer, total);
}

void cm_release(const struct community_allocator *allocator, void *pointer)
{
    assert(allocator != NULL);
    if (pointer != NULL)
        allocator->release(allocator->userdata, pointer);
}
