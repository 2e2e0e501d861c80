/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of a CSV file. */
#include "import_csv.h"

#include <string.h>

static int take(struct tool_csv *csv)
{
    int byte = getc_unlocked(csv->file);
    if (byte == EOF) {
        return EOF;
    }
    csv->offset++;
    if (byte == '\n') {
        csv->line++;
    }
    if (csv->second_line_offset < 0 && csv->raw.size < TOOL_CSV_FIELD_SIZE_MAX && byte != '\n') {
        tool_bytes_add_byte(&csv->raw, (char)byte);
    }
    if (byte == '\n' && csv->second_line_offset < 0) {
        csv->second_line_offset = csv->offset;
    }
    return byte;
}

static int peek(struct tool_csv *csv)
{
    int byte = getc_unlocked(csv->file);
    return byte == EOF ? EOF : ungetc(byte, csv->file);
}

static void skip_mark(struct tool_csv *csv)
{
    static const unsigned char mark[] = {0xEF, 0xBB, 0xBF};
    unsigned char found[sizeof mark];
    if (csv->offset != 0) {
        return;
    }
    if (fread(found, 1, sizeof found, csv->file) == sizeof found &&
        memcmp(found, mark, sizeof mark) == 0) {
        csv->offset = sizeof mark;
        return;
    }
    if (!ferror(csv->file)) {
        rewind(csv->file);
    }
}

static size_t field_start(const struct tool_csv *csv)
{
    return csv->field_count ? csv->ends[csv->field_count - 1] : 0;
}

static bool add_byte(struct tool_csv *csv, int byte)
{
    if (csv->text.size - field_start(csv) >= TOOL_CSV_FIELD_SIZE_MAX) {
        return false;
    }
    tool_bytes_add_byte(&csv->text, (char)byte);
    return true;
}

/* After the opening quote, up to and with the closing one. */
static enum tool_csv_row read_quoted(struct tool_csv *csv)
{
    for (;;) {
        int byte = take(csv);
        if (byte == EOF) {
            return TOOL_CSV_QUOTE;
        }
        if (byte == '"') {
            if (peek(csv) != '"') {
                return TOOL_CSV_ROW;
            }
            take(csv);
        }
        if (!add_byte(csv, byte)) {
            return TOOL_CSV_TOO_LARGE;
        }
    }
}

/* One field; *end_out: the byte behind it, ',' or '\n' or EOF. */
static enum tool_csv_row read_field(struct tool_csv *csv, int *end_out)
{
    bool is_quoted = peek(csv) == '"';
    if (is_quoted) {
        take(csv);
        enum tool_csv_row result = read_quoted(csv);
        if (result != TOOL_CSV_ROW) {
            return result;
        }
    }
    for (;;) {
        int byte = take(csv);
        if (byte == '\r' && (peek(csv) == '\n' || peek(csv) == EOF)) {
            continue;
        }
        if (byte == EOF || byte == '\n' || byte == ',') {
            *end_out = byte;
            return TOOL_CSV_ROW;
        }
        if (is_quoted) {
            return TOOL_CSV_QUOTE;
        }
        if (!add_byte(csv, byte)) {
            return TOOL_CSV_TOO_LARGE;
        }
    }
}

static enum tool_csv_row read_fields(struct tool_csv *csv)
{
    int end = ',';
    while (end == ',') {
        if (csv->field_count == TOOL_CSV_FIELD_COUNT_MAX) {
            return TOOL_CSV_TOO_LARGE;
        }
        enum tool_csv_row result = read_field(csv, &end);
        if (result != TOOL_CSV_ROW) {
            return result;
        }
        csv->ends[csv->field_count++] = csv->text.size;
    }
    struct community_text text = tool_bytes_text(&csv->text);
    bool has_nul = text.size > 0 && memchr(text.data, '\0', text.size);
    return has_nul || !tool_utf8_is_valid(text) ? TOOL_CSV_ENCODING : TOOL_CSV_ROW;
}

static bool go_behind_first_line(struct tool_csv *csv)
{
    while (csv->second_line_offset < 0 && take(csv) != EOF) {
    }
    return csv->second_line_offset < 0 ||
           tool_csv_seek(csv, csv->second_line_offset, csv->row_line);
}

enum tool_csv_row tool_csv_next(struct tool_csv *csv)
{
    skip_mark(csv);
    int first = peek(csv);
    while (first == '\n' || first == '\r') {
        take(csv);
        first = peek(csv);
    }
    if (first == EOF) {
        return ferror(csv->file) ? TOOL_CSV_FAILED : TOOL_CSV_END;
    }
    csv->row_offset = csv->offset;
    csv->row_line = csv->line + 1;
    csv->second_line_offset = -1;
    csv->field_count = 0;
    tool_bytes_clear(&csv->text);
    tool_bytes_clear(&csv->raw);
    enum tool_csv_row result = read_fields(csv);
    bool failed = csv->text.failed || csv->raw.failed || ferror(csv->file);
    if (!failed && result != TOOL_CSV_ROW) {
        failed = !go_behind_first_line(csv);
    }
    return failed ? TOOL_CSV_FAILED : result;
}

struct community_text tool_csv_field(const struct tool_csv *csv, size_t index)
{
    if (index >= csv->field_count) {
        return (struct community_text){0};
    }
    size_t start = index ? csv->ends[index - 1] : 0;
    struct community_text text = tool_bytes_text(&csv->text);
    return (struct community_text){.data = text.data + start, .size = csv->ends[index] - start};
}

bool tool_csv_seek(struct tool_csv *csv, int64_t offset, int64_t line)
{
    csv->offset = offset;
    csv->line = line;
    return fseeko(csv->file, (off_t)offset, SEEK_SET) == 0;
}

void tool_csv_free(struct tool_csv *csv)
{
    tool_bytes_free(&csv->text);
    tool_bytes_free(&csv->raw);
}

static bool needs_quotes(struct community_text field)
{
    for (size_t index = 0; index < field.size; index++) {
        char byte = field.data[index];
        if (byte == '"' || byte == ',' || byte == '\n' || byte == '\r') {
            return true;
        }
    }
    return false;
}

void tool_csv_write(struct tool_bytes *out, struct community_text field)
{
    if (!needs_quotes(field)) {
        tool_bytes_add(out, field);
        return;
    }
    tool_bytes_add_byte(out, '"');
    for (size_t index = 0; index < field.size; index++) {
        if (field.data[index] == '"') {
            tool_bytes_add_byte(out, '"');
        }
        tool_bytes_add_byte(out, field.data[index]);
    }
    tool_bytes_add_byte(out, '"');
}
