/* SPDX-License-Identifier: Apache-2.0
 *
 * Text is a pointer and a size; it is UTF-8 because the door checked it. */
#ifndef CM_TEXT_H
#define CM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/types.h"

/* A string literal as text, usable in static initialisers. */
#define CM_TEXT(literal) ((struct community_text){(literal), sizeof(literal) - 1})

struct community_text cm_text(const char *string); /* NULL gives {NULL, 0} */
bool cm_text_equal(struct community_text a, struct community_text b);
bool cm_text_is(struct community_text text, const char *string);
/* By bytes, which for UTF-8 is by code points. <0, 0, >0. */
int cm_text_compare(struct community_text a, struct community_text b);
bool cm_text_starts_with(struct community_text text, const char *prefix);
/* The text without its first `count` bytes. */
struct community_text cm_text_from(struct community_text text, size_t count);

/* Well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF). On false,
 * *bad_offset_out (may be NULL) is the offset of the first byte that is not. */
bool cm_utf8_is_valid(struct community_text text, size_t *bad_offset_out);
/* The size of the well-formed character that `text`, which is not empty, begins with: 1 to 4, or 0
 * when it begins with none. */
size_t cm_utf8_first(struct community_text text);
size_t cm_utf8_count(struct community_text text); /* code points of valid UTF-8 */

/* Edit distance (insert, delete, replace, swap of neighbours each 1), `limit` + 1 when it is more
 * than `limit`. For texts over 64 bytes always limit + 1. */
size_t cm_text_distance(struct community_text a, struct community_text b, size_t limit);
/* The entry of `names` nearest to `text` within a third of its length (at least 1, at most 3), or
 * {NULL, 0}. The first of equals. */
struct community_text cm_text_nearest(struct community_text text,
                                      const struct community_text *names, size_t count);

/* The digits of an integer, in `out`. */
enum { CM_INTEGER_TEXT_SIZE = 20 };
struct community_text cm_text_of_integer(char out[CM_INTEGER_TEXT_SIZE], int64_t value);

/* Decimal digits with an optional leading '-', nothing else; false on overflow too. */
bool cm_text_to_integer(struct community_text text, int64_t *value_out);

#endif
