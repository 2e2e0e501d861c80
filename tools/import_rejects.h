/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows that an import could not take, as a CSV file: line, code, reason, and the row as it
 * was. */
#ifndef TOOL_IMPORT_REJECTS_H
#define TOOL_IMPORT_REJECTS_H

#include <stdio.h>

#include "community/status.h"
#include "import_csv.h"
#include "import_row.h"

/* Zero it and set `path`. The file comes into being with the first row that is written. */
struct tool_rejects {
    const char *path;
    FILE *file;
    struct tool_bytes header;  /* the source's own, as CSV */
    struct tool_bytes pending; /* rows of the batch that is not committed yet */
};

/* Whether `path` is free for a file of rejects: not there, no plain file, or one of an earlier run,
 * which is removed. Another file is never touched: COMMUNITY_EXISTS. */
bool tool_rejects_clear(const char *path, struct community_error *err);
void tool_rejects_set_header(struct tool_rejects *rejects, const struct tool_csv *csv);
/* The row that `csv` has just read. Of one that could not be split only its first line is kept, in
 * one field. */
void tool_rejects_add(struct tool_rejects *rejects, const struct tool_csv *csv, bool is_split,
                      const struct tool_row_reason *reason);
/* Writes what is pending. */
bool tool_rejects_flush(struct tool_rejects *rejects, struct community_error *err);
bool tool_rejects_close(struct tool_rejects *rejects, struct community_error *err);

#endif
