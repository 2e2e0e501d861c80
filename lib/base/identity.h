/* SPDX-License-Identifier: Apache-2.0
 *
 * Record ids as text and back (RFC 9562 text form, lower case). */
#ifndef CM_IDENTITY_H
#define CM_IDENTITY_H

#include <stdbool.h>

#include "community/types.h"

enum { CM_ID_TEXT_SIZE = 37 };

/* 36 characters, either case; the nil id is refused. */
bool cm_id_parse(struct community_text text, struct community_id *id_out);
void cm_id_format(char out[CM_ID_TEXT_SIZE], const struct community_id *id); /* NUL-terminated */
bool cm_id_equal(const struct community_id *a, const struct community_id *b);
bool cm_id_is_nil(const struct community_id *id);
/* UUIDv7 from a time and 10 random bytes. */
struct community_id cm_id_make(community_time_ms time, const uint8_t random[10]);

/* Lower-case hexadecimal; `out` has 2 * size + 1 bytes. */
void cm_hex_format(char *out, const uint8_t *bytes, size_t size);
/* Exactly 2 * size hexadecimal digits. */
bool cm_hex_parse(struct community_text text, uint8_t *bytes, size_t size);

#endif
