/* SPDX-License-Identifier: Apache-2.0
 *
 * The stores that come with the library. */
#ifndef CM_STORES_H
#define CM_STORES_H

#include "community/allocator.h"
#include "community/sys/store.h"

/* Everything in memory; gone on close. */
enum community_status cm_store_memory_open(struct community_store *out,
                                           const struct community_allocator *allocator,
                                           struct community_error *err);

enum cm_sqlite_flags {
    CM_SQLITE_CREATE = 1 << 0,      /* make a new file; COMMUNITY_EXISTS when it holds anything */
    CM_SQLITE_SYNC_NORMAL = 1 << 1, /* may lose the last commits on power loss, never consistency */
    CM_SQLITE_READ_ONLY = 1 << 2,
};
struct cm_sqlite_options {
    uint32_t flags;
    int32_t busy_timeout_ms; /* 0: the default of 10,000 */
};
/* A file. COMMUNITY_NOT_FOUND: no such file (without CREATE); COMMUNITY_CORRUPT: not a desk;
 * COMMUNITY_TOO_NEW: written by a newer library. An older schema is migrated forward. */
enum community_status cm_store_sqlite_open(struct community_store *out,
                                           const struct community_allocator *allocator,
                                           const char *path,
                                           const struct cm_sqlite_options *options,
                                           struct community_error *err);

#endif
