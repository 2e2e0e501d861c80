/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of include/community/sys/store.h as a suite that runs against every store. */
#ifndef STORE_CONTRACT_H
#define STORE_CONTRACT_H

#include <stdbool.h>

#include "community/allocator.h"
#include "community/sys/store.h"

/* How to get a store of one kind. */
struct store_kind {
    const char *name;
    bool is_lasting; /* closing and opening again finds everything */
    /* An empty one (`is_new`), or the last one again. */
    enum community_status (*open)(struct community_store *out,
                                  const struct community_allocator *allocator, bool is_new,
                                  struct community_error *err);
};

void run_store_contract(const struct store_kind *kind);

#endif
