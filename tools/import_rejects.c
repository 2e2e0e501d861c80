/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows that an import could not take. */
#include "import_rejects.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool_error.h"

static const char first_columns[] = "reject_line,reject_code,reject_reason";

static bool is_of_earlier_run(const char *path)
{
    char start[sizeof first_columns - 1];
    FILE *file = fopen(path, "rb");
    if (!file) {
        return false;
    }
    size_t size = fread(start, 1, sizeof start, file);
    (void)fclose(file);
    return size == 0 || (size == sizeof start && memcmp(start, first_columns, size) == 0);
}

bool tool_rejects_clear(const char *path, struct community_error *err)
{
    struct stat facts;
    if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        return true;
    }
    if (is_of_earlier_run(path)) {
        unlink(path);
        return true;
    }
    tool_error_set(err, COMMUNITY_EXISTS, "rejects-exist",
                   "There is a file here that is none of rejected rows; it is left alone.",
                   "此处已有文件，且不是未导入行的文件，不予覆盖。");
    tool_error_place(err, path, 0, 0);
    return false;
}

static void add_fields(struct tool_bytes *out, const struct tool_csv *csv)
{
    for (size_t index = 0; index < csv->field_count; index++) {
        tool_bytes_add_byte(out, ',');
        tool_csv_write(out, tool_csv_field(csv, index));
    }
    tool_bytes_add_string(out, "\r\n");
}

void tool_rejects_set_header(struct tool_rejects *rejects, const struct tool_csv *csv)
{
    tool_bytes_add_string(&rejects->header, first_columns);
    add_fields(&rejects->header, csv);
}

void tool_rejects_add(struct tool_rejects *rejects, const struct tool_csv *csv, bool is_split,
                      const struct tool_row_reason *reason)
{
    struct tool_bytes *out = &rejects->pending;
    tool_bytes_format(out, "%" PRId64 ",", csv->row_line);
    tool_csv_write(out, tool_bytes_text(&reason->code));
    tool_bytes_add_byte(out, ',');
    tool_csv_write(out, tool_bytes_text(&reason->message));
    out->failed |= reason->code.failed || reason->message.failed;
    if (is_split) {
        add_fields(out, csv);
        return;
    }
    tool_bytes_add_byte(out, ',');
    struct community_text raw = tool_bytes_text(&csv->raw);
    if (raw.size > 0 && raw.data[raw.size - 1] == '\r') {
        raw.size--;
    }
    tool_csv_write(out, raw);
    tool_bytes_add_string(out, "\r\n");
}

static bool open_file(struct tool_rejects *rejects)
{
    if (rejects->file) {
        return true;
    }
    rejects->file = fopen(rejects->path, "wb");
    return rejects->file && tool_put(rejects->file, tool_bytes_text(&rejects->header));
}

bool tool_rejects_flush(struct tool_rejects *rejects, struct community_error *err)
{
    if (rejects->pending.failed || rejects->header.failed) {
        tool_error_no_memory(err);
        return false;
    }
    if (rejects->pending.size == 0) {
        return true;
    }
    bool is_written = open_file(rejects) &&
                      tool_put(rejects->file, tool_bytes_text(&rejects->pending)) &&
                      fflush(rejects->file) == 0;
    if (!is_written) {
        tool_error_of_file(err, rejects->path, errno);
    }
    tool_bytes_clear(&rejects->pending);
    return is_written;
}

bool tool_rejects_close(struct tool_rejects *rejects, struct community_error *err)
{
    bool is_closed = !rejects->file || fclose(rejects->file) == 0;
    if (!is_closed) {
        tool_error_of_file(err, rejects->path, errno);
    }
    tool_bytes_free(&rejects->header);
    tool_bytes_free(&rejects->pending);
    return is_closed;
}
