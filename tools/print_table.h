/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables whose columns stand straight, also with Chinese in them. */
#ifndef TOOL_PRINT_TABLE_H
#define TOOL_PRINT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "community/types.h"
#include "output_text.h"

enum { TOOL_TABLE_COLUMN_COUNT_MAX = 16 };

/* Zero it, then begin. Rows are kept until they are printed: first all widths, then all lines. */
struct tool_table {
    size_t column_count;
    bool is_right[TOOL_TABLE_COLUMN_COUNT_MAX]; /* numbers */
    size_t widths[TOOL_TABLE_COLUMN_COUNT_MAX];
    size_t row_count;
    size_t cell_count;
    size_t cell_capacity;
    size_t *cell_ends; /* in `text` */
    struct tool_bytes text;
    bool failed;
};

/* One letter a column: 'l' left, 'r' right. */
void tool_table_begin(struct tool_table *table, const char *columns);
/* The next cell, row by row. */
void tool_table_add(struct tool_table *table, struct community_text cell);
void tool_table_add_string(struct tool_table *table, const char *cell);
void tool_table_add_integer(struct tool_table *table, int64_t number);
/* Adds the rows to `out`, each behind `indent`, and forgets them; widths stay as they were for rows
 * to come. */
void tool_table_print(struct tool_table *table, struct tool_bytes *out, const char *indent);
void tool_table_free(struct tool_table *table);

#endif
