/* SPDX-License-Identifier: Apache-2.0
 *
 * One row of an import: its commands, done one after the other. */
#ifndef TOOL_IMPORT_ROW_H
#define TOOL_IMPORT_ROW_H

#include "community.h"
#include "import_csv.h"
#include "import_map.h"

/* A repeated command answers with the receipt of old. What is new is known by the record's version
 * until the first new entry of this run, and from then on by its position alone, which is cheap. */
struct tool_novelty {
    bool knows_position;
    int64_t position; /* of the newest entry this run has made */
};

struct tool_import_counts {
    int64_t rows;
    int64_t opened;
    int64_t moved;
    int64_t there_already; /* commands that an earlier run has done */
    int64_t rejected;
};

/* How a row ended. */
enum tool_row_end {
    TOOL_ROW_DONE,
    TOOL_ROW_REJECTED, /* see the reason */
    TOOL_ROW_FAILED,   /* the world failed: see the error */
    TOOL_ROW_BROKEN,   /* the row's own fault, and the batch is gone with it: see the reason */
};

struct tool_row_reason {
    struct tool_bytes code;
    struct tool_bytes message;
};

struct tool_row_context {
    struct community_desk *desk;
    const struct tool_import_map *map;
    const struct tool_csv *csv;
    struct tool_novelty novelty;
    struct tool_import_counts *counts; /* of the batch */
    struct tool_row_reason *reason;
    bool is_chinese;
};

enum tool_row_end tool_import_row(struct tool_row_context *context, struct community_error *err);
void tool_row_reason_set(struct tool_row_reason *reason, const char *code, const char *message);
void tool_row_reason_free(struct tool_row_reason *reason);

#endif
