/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 (FIPS 180-4), for hosts that hash a file piece by piece, such as an import. */
#ifndef COMMUNITY_DIGEST_H
#define COMMUNITY_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "community/allocator.h"
#include "community/export.h"
#include "community/status.h"
#include "community/types.h"

COMMUNITY_BEGIN

struct community_digest; /* one thread at a time */

COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_digest_new(struct community_digest **digest_out,
                     const struct community_allocator *allocator, struct community_error *err);
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_digest_add(struct community_digest *digest, struct community_text bytes,
                     struct community_error *err);
/* Ends it and makes it ready for the next; `hash_out` is 32 bytes. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_digest_finish(struct community_digest *digest, uint8_t hash_out[32],
                        struct community_error *err);
COMMUNITY_EXPORT void community_digest_free(struct community_digest *digest);

COMMUNITY_END

#endif
