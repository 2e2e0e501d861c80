/* SPDX-License-Identifier: Apache-2.0
 *
 * Text on its way out: growing bytes, UTF-8 one character at a time, and how wide it stands on a
 * terminal. */
#ifndef TOOL_OUTPUT_TEXT_H
#define TOOL_OUTPUT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "community/types.h"

/* Zero it before the first use. When memory runs out `failed` stays true and everything that is
 * added after is dropped: who builds a text asks once, at its end. */
struct tool_bytes {
    char *data;
    size_t size;
    size_t capacity;
    bool failed;
};

void tool_bytes_add(struct tool_bytes *bytes, struct community_text text);
void tool_bytes_add_string(struct tool_bytes *bytes, const char *string);
void tool_bytes_add_byte(struct tool_bytes *bytes, char byte);
void tool_bytes_format(struct tool_bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Whatever would steer a terminal (control characters, bidirectional overrides) becomes U+FFFD. */
void tool_bytes_add_shown(struct tool_bytes *bytes, struct community_text text);
void tool_bytes_clear(struct tool_bytes *bytes);
void tool_bytes_free(struct tool_bytes *bytes);
struct community_text tool_bytes_text(const struct tool_bytes *bytes);

struct community_text tool_text(const char *string); /* NULL: no text */
bool tool_text_is(struct community_text text, const char *string);
bool tool_text_equals(struct community_text left, struct community_text right);
/* False when the stream refuses it. */
bool tool_put(FILE *stream, struct community_text text);

/* The bytes of the character at the text's start (1 to 4), or 0 when it is not UTF-8. */
size_t tool_utf8_next(struct community_text text, uint32_t *character_out);
bool tool_utf8_is_valid(struct community_text text);
/* Columns on a terminal: a Chinese character takes two. */
size_t tool_columns(struct community_text text);

/* Memory that is given back all at once. Zero it before the first use. */
struct tool_pool {
    struct tool_pool_chunk *chunks;
};
void *tool_pool_take(struct tool_pool *pool, size_t size); /* NULL: no memory; never zeroed */
void tool_pool_free(struct tool_pool *pool);

#endif
