/* SPDX-License-Identifier: Apache-2.0
 *
 * malloc, realloc and free behind the allocator's three functions. */
#include "default_allocator.h"

#include <stdlib.h>

static void *allocate(void *userdata, size_t size)
{
    (void)userdata;
    return malloc(size);
}

static void *reallocate(void *userdata, void *pointer, size_t size)
{
    (void)userdata;
    return realloc(pointer, size);
}

static void release(void *userdata, void *pointer)
{
    (void)userdata;
    free(pointer);
}

const struct community_allocator *cm_default_allocator(void)
{
    static const struct community_allocator allocator = {
        .size = sizeof(allocator),
        .allocate = allocate,
        .reallocate = reallocate,
        .release = release,
    };
    return &allocator;
}
