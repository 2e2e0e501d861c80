/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 by libcrypto: fetched once, one context per holder. */
#ifndef CM_DIGEST_H
#define CM_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/allocator.h"
#include "community/types.h"

struct cm_digest; /* used by one thread at a time */

/* NULL when there is no memory. */
struct cm_digest *cm_digest_new(const struct community_allocator *allocator);
void cm_digest_free(struct cm_digest *digest); /* NULL is allowed */

/* All at once. False when libcrypto fails, which means no memory. */
bool cm_digest_of(struct cm_digest *digest, uint8_t out[32], struct community_text bytes);
/* Piece by piece: begin, add …, end. */
bool cm_digest_begin(struct cm_digest *digest);
bool cm_digest_add(struct cm_digest *digest, struct community_text bytes);
bool cm_digest_end(struct cm_digest *digest, uint8_t out[32]);

#endif
