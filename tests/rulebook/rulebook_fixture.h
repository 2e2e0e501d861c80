/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading rulebooks in tests: zones from the system, digests from libcrypto. */
#ifndef RULEBOOK_FIXTURE_H
#define RULEBOOK_FIXTURE_H

#include "rulebook.h"

struct cm_digest;

struct rulebook_fixture {
    struct cm_digest *digest;
    size_t filler_count; /* pieces of 16 bytes that finding a zone leaves in the arena */
    struct cm_rulebook_needs needs;
};

/* Its own memory comes from the C library, so that it never fails with the allocator under test. */
void fixture_open(struct rulebook_fixture *fixture);
void fixture_close(struct rulebook_fixture *fixture);

/* From text, with the C library's allocator unless one is given. */
enum community_status fixture_load(struct community_rulebook **out,
                                   struct rulebook_fixture *fixture,
                                   const struct community_allocator *allocator,
                                   struct community_text text, struct community_error *err);

/* A whole file, NUL-terminated besides; {NULL, 0} when it cannot be read. Freed with free(). */
struct community_text fixture_read_file(const char *path);

#endif
