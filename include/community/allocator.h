/* SPDX-License-Identifier: Apache-2.0
 *
 * Where memory comes from. Every handle keeps the allocator it was made with. */
#ifndef COMMUNITY_ALLOCATOR_H
#define COMMUNITY_ALLOCATOR_H

#include <stddef.h>

/* Three functions and their userdata. Each may be called from any thread that uses a handle made
 * with it. `allocate` and `reallocate` return memory aligned for any type, or NULL when there is
 * none: the library then answers COMMUNITY_NO_MEMORY and leaves everything as it was.
 * Wherever the library takes a `const struct community_allocator *`, NULL means malloc, realloc and
 * free of the C library. The struct itself is copied, `userdata` is not. */
struct community_allocator {
    size_t size; /* sizeof(struct community_allocator) */
    void *userdata;
    void *(*allocate)(void *userdata, size_t size);
    void *(*reallocate)(void *userdata, void *pointer, size_t size);
    void (*release)(void *userdata, void *pointer); /* `pointer` is never NULL */
};

#endif
