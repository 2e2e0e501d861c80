/* SPDX-License-Identifier: Apache-2.0
 *
 * The strict scan in front of cJSON: everything that RFC 8259 or we forbid is found here, except
 * duplicate names and doubles out of range, which are easier to see in the tree. */
#ifndef CM_JSON_SCAN_H
#define CM_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/allocator.h"
#include "community/types.h"
#include "json.h"
#include "registry.h"

enum {
    CM_JSON_TOKENS_AT_HAND = 128, /* enough for a command, without an allocation */
    CM_JSON_NUMBER_SIZE_MAX = 63, /* cJSON reads no longer ones */
};

/* A value or a name, in the order of the text. */
struct cm_json_token {
    uint32_t offset;
    /* Of a string its size unescaped, of a list or object the count of its entries, of an integer
     * 0, of another number its size. */
    uint32_t extent;
};

struct cm_json_scan {
    struct community_text text;
    const struct cm_json_limits *limits;
    const struct community_allocator *allocator;

    struct cm_json_token *tokens;
    size_t token_count;
    size_t token_capacity;
    size_t text_size; /* all strings and names unescaped, each with a NUL */
    char *copy;       /* the text without what cJSON cannot read, or NULL when it can read all */

    enum cm_code code; /* why the text was refused */
    size_t offset;     /* where the scan is; where the fault is, once there is one */

    struct cm_json_token first_tokens[CM_JSON_TOKENS_AT_HAND];
};

/* False when the text is refused: see `code` (CM_CODE_NO_MEMORY too) and `offset`. The struct is
 * large and not copied; it must be freed either way. */
bool cm_json_scan_text(struct cm_json_scan *scan, struct community_text text,
                       const struct cm_json_limits *limits,
                       const struct community_allocator *allocator);
void cm_json_scan_free(struct cm_json_scan *scan);

#endif
