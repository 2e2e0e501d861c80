/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables whose columns stand straight. */
#include "print_table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void tool_table_begin(struct tool_table *table, const char *columns)
{
    *table = (struct tool_table){.column_count = strlen(columns)};
    assert(table->column_count > 0 && table->column_count <= TOOL_TABLE_COLUMN_COUNT_MAX);
    for (size_t column = 0; column < table->column_count; column++) {
        table->is_right[column] = columns[column] == 'r';
    }
}

static bool make_room(struct tool_table *table)
{
    if (table->cell_count < table->cell_capacity) {
        return true;
    }
    size_t capacity = table->cell_capacity ? table->cell_capacity * 2 : 64;
    size_t *ends = realloc(table->cell_ends, capacity * sizeof *ends);
    if (!ends) {
        return false;
    }
    table->cell_ends = ends;
    table->cell_capacity = capacity;
    return true;
}

void tool_table_add(struct tool_table *table, struct community_text cell)
{
    if (table->failed || !make_room(table)) {
        table->failed = true;
        return;
    }
    size_t start = table->text.size;
    tool_bytes_add_shown(&table->text, cell);
    if (table->text.failed) {
        table->failed = true;
        return;
    }
    struct community_text shown = {table->text.data + start, table->text.size - start};
    size_t columns = shown.size ? tool_columns(shown) : 0;
    size_t column = table->cell_count % table->column_count;
    if (columns > table->widths[column]) {
        table->widths[column] = columns;
    }
    table->cell_ends[table->cell_count++] = table->text.size;
}

void tool_table_add_string(struct tool_table *table, const char *cell)
{
    tool_table_add(table, tool_text(cell));
}

void tool_table_add_integer(struct tool_table *table, int64_t number)
{
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRId64, number);
    tool_table_add_string(table, digits);
}

static void pad(struct tool_bytes *out, size_t count)
{
    while (count-- > 0) {
        tool_bytes_add_byte(out, ' ');
    }
}

static void trim(struct tool_bytes *out)
{
    while (out->size > 0 && out->data[out->size - 1] == ' ') {
        out->size--;
    }
}

static void print_cell(const struct tool_table *table, struct tool_bytes *out, size_t index)
{
    size_t column = index % table->column_count;
    size_t start = index ? table->cell_ends[index - 1] : 0;
    struct community_text cell = {table->text.data + start, table->cell_ends[index] - start};
    size_t columns = cell.size ? tool_columns(cell) : 0;
    size_t padding = table->widths[column] > columns ? table->widths[column] - columns : 0;
    if (column > 0) {
        pad(out, 2);
    }
    if (table->is_right[column]) {
        pad(out, padding);
    }
    tool_bytes_add(out, cell);
    if (!table->is_right[column]) {
        pad(out, padding);
    }
}

void tool_table_print(struct tool_table *table, struct tool_bytes *out, const char *indent)
{
    size_t whole = table->cell_count - table->cell_count % table->column_count;
    for (size_t index = 0; index < whole; index++) {
        if (index % table->column_count == 0) {
            tool_bytes_add_string(out, indent);
        }
        print_cell(table, out, index);
        if (index % table->column_count == table->column_count - 1) {
            trim(out);
            tool_bytes_add_byte(out, '\n');
        }
    }
    if (table->failed) {
        out->failed = true;
    }
    table->cell_count = 0;
    tool_bytes_clear(&table->text);
}

void tool_table_free(struct tool_table *table)
{
    free(table->cell_ends);
    tool_bytes_free(&table->text);
    *table = (struct tool_table){0};
}
