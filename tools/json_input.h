/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict reading of JSON: what people write for the command (stories, maps, directory files) and
 * what the library answers with. Every node knows its place and its own source text, so that a part
 * of a document is handed on as it was written and no number is ever printed anew. */
#ifndef TOOL_JSON_INPUT_H
#define TOOL_JSON_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/status.h"
#include "community/types.h"
#include "output_text.h"

enum tool_json_kind {
    TOOL_JSON_NULL,
    TOOL_JSON_FALSE,
    TOOL_JSON_TRUE,
    TOOL_JSON_NUMBER,
    TOOL_JSON_STRING,
    TOOL_JSON_ARRAY,
    TOOL_JSON_OBJECT,
};

struct tool_json_node {
    uint8_t kind; /* enum tool_json_kind */
    uint32_t line;
    const char *line_start;       /* columns are counted only when somebody asks */
    size_t count;                 /* of members or items */
    struct community_text name;   /* as a member; {NULL, 0}: not a member */
    struct community_text text;   /* a string's characters, a number as written */
    struct community_text source; /* the value as it stands in the document */
    const struct tool_json_node *parent;
    struct tool_json_node *first;
    struct tool_json_node *next;
};

/* Zero it before the first use. Borrows the document until it is closed. */
struct tool_json_input {
    struct tool_pool pool;
    const char *file; /* its name for people; NULL: none */
    const struct tool_json_node *root;
};

/* Refuses whatever RFC 8259 does, and also duplicate members, U+0000, more than 64 levels and text
 * after the value. Errors: COMMUNITY_INVALID with line and column, COMMUNITY_NO_MEMORY. */
bool tool_json_read(struct tool_json_input *input, struct community_text document, const char *file,
                    struct community_error *err);
void tool_json_close(struct tool_json_input *input);

/* NULL when `object` is NULL, is no object, or has no such member. */
const struct tool_json_node *tool_json_member(const struct tool_json_node *object,
                                              const char *name);
/* The text of a string member; {NULL, 0} when there is none. */
struct community_text tool_json_text(const struct tool_json_node *object, const char *name);
/* The whole number of a member, 0 when there is none. */
int64_t tool_json_integer(const struct tool_json_node *object, const char *name);
bool tool_json_is_true(const struct tool_json_node *object, const char *name);
bool tool_json_is(const struct tool_json_node *node, enum tool_json_kind kind); /* false of NULL */
uint32_t tool_json_column(const struct tool_json_node *node); /* in characters from 1 */
/* False when `node` is not a whole number within plus or minus 2^53-1. */
bool tool_json_whole_number(const struct tool_json_node *node, int64_t *number_out);

/* For what people write: says what is wrong with `node`, with its place and its path. */
void tool_json_complain(const struct tool_json_input *input, const struct tool_json_node *node,
                        struct community_error *err, const char *code, const char *en,
                        const char *zh);
/* Whether `node` is an object that has no members but `known` (ends with NULL). */
bool tool_json_expect_object(const struct tool_json_input *input, const struct tool_json_node *node,
                             const char *const *known, struct community_error *err);
/* Whether a member that must be a non-empty string is one; `text_out` gets it. A member that is
 * missing is fine unless `required`. */
bool tool_json_expect_text(const struct tool_json_input *input, const struct tool_json_node *object,
                           const char *name, bool required, struct community_text *text_out,
                           struct community_error *err);

#endif
