/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON text in, canonical JSON text out. The only folder that knows cJSON: it reads numbers and
 * unescapes strings, behind a scan that is stricter than it (RFC 8259 to the letter, UTF-8, no
 * U+0000, no duplicate names, integers within plus or minus 2^53-1, bounded size and depth). */
#ifndef CM_JSON_H
#define CM_JSON_H

#include "arena.h"
#include "buffer.h"
#include "community/status.h"
#include "value.h"

struct cm_json_limits {
    size_t size_max;  /* bytes of text */
    size_t depth_max; /* nested lists and objects */
    bool comments;    /* allow // and block comments where white space may stand */
};

extern const struct cm_json_limits cm_json_command_limits;  /* 64 KiB, 32, no comments */
extern const struct cm_json_limits cm_json_rulebook_limits; /* 16 MiB, 64, comments */

/* Reads one JSON text into a tree in `arena`; texts in the tree are copies in `arena`, with a NUL
 * behind. Numbers without fraction and exponent become CM_INT (-0 is 0), others CM_DOUBLE. A double
 * that RFC 8785 would print as an integer that cannot be read (2^53 to below 10^21 either side of
 * 0) is refused like that integer: whatever was read can be written and read again. On failure
 * COMMUNITY_INVALID with line and column (or COMMUNITY_NO_MEMORY), and *out is null. Any thread. */
enum community_status cm_json_read(struct cm_value *out, struct cm_arena *arena,
                                   struct community_text text, const struct cm_json_limits *limits,
                                   struct community_error *err);

/* Line and column (in characters), both from 1, of a byte offset. */
void cm_json_place(struct community_text text, uint32_t offset, uint32_t *line_out,
                   uint32_t *column_out);

/* Whether cm_json_read takes back what cm_json_write makes of `value`: no number that is not finite
 * or beyond what is read, no depth over 64. For values that were computed, not read. */
bool cm_json_is_writable(const struct cm_value *value);

/* RFC 8785: members sorted by UTF-16 code units, shortest doubles, no white space. Running out of
 * memory shows in out->failed. Depth over 64, a number that is not finite and a name that stands
 * twice are assertions. */
void cm_json_write(struct cm_buffer *out, const struct cm_value *value);
/* One quoted, escaped string. */
void cm_json_write_text(struct cm_buffer *out, struct community_text text);
/* The same tree over several lines, for people: members in their own order, two spaces a level. */
void cm_json_write_pretty(struct cm_buffer *out, const struct cm_value *value);

#endif
