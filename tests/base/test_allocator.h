/* SPDX-License-Identifier: Apache-2.0
 *
 * An allocator for tests: counts what is alive, and fails when told. */
#ifndef TEST_ALLOCATOR_H
#define TEST_ALLOCATOR_H

#include "community/allocator.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* More is refused here: a sanitizer would end the process instead of answering NULL. */
#define TEST_SIZE_MAX ((size_t)1 << 32)

struct test_allocator {
    struct community_allocator allocator;
    size_t live;    /* pieces not yet released */
    size_t calls;   /* allocations and reallocations asked for */
    size_t fail_at; /* the call that fails, from 1; 0 for none */
    bool fail_on;   /* and all calls after it */
};

static inline bool test_allocator_fails(struct test_allocator *self, size_t size)
{
    self->calls++;
    return size > TEST_SIZE_MAX ||
           (self->fail_at != 0 &&
            (self->calls == self->fail_at || (self->fail_on && self->calls > self->fail_at)));
}

static inline void *test_allocate(void *userdata, size_t size)
{
    struct test_allocator *self = userdata;
    void *pointer = test_allocator_fails(self, size) ? NULL : malloc(size);
    self->live += pointer != NULL;
    return pointer;
}

static inline void *test_reallocate(void *userdata, void *pointer, size_t size)
{
    return test_allocator_fails(userdata, size) ? NULL : realloc(pointer, size);
}

static inline void test_release(void *userdata, void *pointer)
{
    struct test_allocator *self = userdata;
    self->live--;
    free(pointer);
}

/* The struct must stay where it is: the allocator points to it. */
static inline const struct community_allocator *test_allocator_init(struct test_allocator *self)
{
    *self = (struct test_allocator){
        .allocator = {.size = sizeof self->allocator,
                      .userdata = self,
                      .allocate = test_allocate,
                      .reallocate = test_reallocate,
                      .release = test_release},
    };
    return &self->allocator;
}

#endif
