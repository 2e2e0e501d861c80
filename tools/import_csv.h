/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of a CSV file (RFC 4180): quotes, line breaks inside quotes, CRLF or LF, a byte order mark.
 */
#ifndef TOOL_IMPORT_CSV_H
#define TOOL_IMPORT_CSV_H

#include <stdio.h>

#include "output_text.h"

enum { TOOL_CSV_FIELD_SIZE_MAX = 64 * 1024, TOOL_CSV_FIELD_COUNT_MAX = 1024 };

/* Zero it and set `file`, which must be seekable. */
struct tool_csv {
    FILE *file;
    int64_t offset;     /* of the next byte */
    int64_t line;       /* lines read so far */
    int64_t row_offset; /* where the row last read begins */
    int64_t row_line;   /* and on which line, from 1 */
    size_t field_count;
    size_t ends[TOOL_CSV_FIELD_COUNT_MAX]; /* of the fields in `text` */
    struct tool_bytes text;
    struct tool_bytes raw;      /* the first line of the row as it stands in the file */
    int64_t second_line_offset; /* where the row's first line is over; -1: not yet */
};

enum tool_csv_row {
    TOOL_CSV_ROW,
    TOOL_CSV_QUOTE,     /* a quote without its end, or text behind a closing quote */
    TOOL_CSV_TOO_LARGE, /* a field or a row beyond the bounds */
    TOOL_CSV_ENCODING,  /* not UTF-8, or a NUL byte */
    TOOL_CSV_END,
    TOOL_CSV_FAILED, /* the file (ferror) or memory failed */
};

/* The next row; lines without any character are passed over. After a bad row the reader stands at
 * the line behind the one where that row began, so that a stray quote costs one line. */
enum tool_csv_row tool_csv_next(struct tool_csv *csv);
/* The row last read; {NULL, 0} past its end. */
struct community_text tool_csv_field(const struct tool_csv *csv, size_t index);
/* Goes on reading at an offset where a row begins, with `line` lines before it. */
bool tool_csv_seek(struct tool_csv *csv, int64_t offset, int64_t line);
void tool_csv_free(struct tool_csv *csv); /* not the file */

/* Adds a field for a CSV file, in quotes where it needs them. */
void tool_csv_write(struct tool_bytes *out, struct community_text field);

#endif
