/* SPDX-License-Identifier: Apache-2.0
 *
 * submit and preview: commands in, one JSON line each, and receipts out, in order. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "json_output.h"
#include "read_lines.h"
#include "verbs.h"

enum { COMMAND_SIZE_MAX = 64 * 1024 };

struct stream {
    const struct tool *tool;
    struct community_desk *desk;
    FILE *in;
    const char *path;
    bool is_preview;
    int64_t batch_size;
    int64_t batch_count; /* lines answered in `out` and not yet printed */
    bool is_in_batch;    /* a transaction is open */
    bool has_error;
    bool has_refusal;
    uint32_t line_number;
    struct tool_bytes out; /* promises only, until the batch has been committed */
};

static void add_error(struct stream *stream, const struct community_error *err)
{
    struct tool_bytes *out = &stream->out;
    stream->has_error = true;
    tool_json_open_object(out, NULL);
    tool_json_put_text(out, "outcome", tool_text("error"));
    tool_json_open_object(out, "error");
    tool_json_put_text(out, "code",
                       tool_text(err->code[0] ? err->code : community_status_name(err->status)));
    tool_json_open_object(out, "message");
    tool_json_put_text(out, "zh", tool_text(err->message_zh[0] ? err->message_zh : err->message));
    tool_json_put_text(out, "en", tool_text(err->message));
    tool_json_close_object(out);
    tool_json_put_integer(out, "line", stream->line_number);
    tool_json_put_integer(out, "column", err->column);
    tool_json_close_object(out);
    tool_json_close_object(out);
    tool_bytes_add_byte(out, '\n');
}

static void add_receipt(struct stream *stream, const struct community_receipt *receipt)
{
    stream->has_refusal |= !community_receipt_is_accepted(receipt);
    tool_bytes_add(&stream->out, community_receipt_json(receipt));
    tool_bytes_add_byte(&stream->out, '\n');
}

static bool begin(struct stream *stream, struct community_error *err)
{
    if (stream->batch_size == 1 || stream->is_preview || stream->is_in_batch) {
        return true;
    }
    stream->is_in_batch = community_desk_begin(stream->desk, err) == COMMUNITY_OK;
    return stream->is_in_batch;
}

/* Whether the failure is the line's own: reported in its place, and the next line is read. Inside a
 * batch the desk lets only a reused key pass; anything else has taken the batch back. */
static bool is_of_line(const struct stream *stream, int32_t status)
{
    if (status == COMMUNITY_KEY_REUSED) {
        return true;
    }
    return !stream->is_in_batch && tool_exit_of(status) != TOOL_EXIT_WORLD;
}

static bool decide(struct stream *stream, const struct community_command *command,
                   struct community_error *err)
{
    struct community_receipt *receipt = NULL;
    struct community_error found = {0};
    enum community_status status =
        stream->is_preview ? community_desk_preview(&receipt, stream->desk, command, &found)
                           : community_desk_submit(&receipt, stream->desk, command, &found);
    bool goes_on = true;
    if (status == COMMUNITY_OK) {
        add_receipt(stream, receipt);
    } else if (is_of_line(stream, status)) {
        add_error(stream, &found);
    } else {
        *err = found;
        goes_on = false;
    }
    community_receipt_free(receipt);
    return goes_on;
}

static bool answer(struct stream *stream, struct community_text line, struct community_error *err)
{
    struct community_command *command = NULL;
    struct community_error found = {0};
    enum community_status status = community_command_from_json(&command, line, NULL, &found);
    bool goes_on = true;
    if (status == COMMUNITY_OK) {
        goes_on = begin(stream, err) && decide(stream, command, err);
    } else if (tool_exit_of(status) == TOOL_EXIT_WORLD) {
        *err = found;
        goes_on = false;
    } else {
        add_error(stream, &found);
    }
    community_command_free(command);
    return goes_on;
}

static void add_too_long(struct stream *stream)
{
    struct community_error found = {0};
    tool_error_set(&found, COMMUNITY_INVALID, "line-too-long", "The line is longer than 64 KiB.",
                   "该行超过 64 KiB。");
    add_error(stream, &found);
}

/* Commits, then prints: a printed receipt is durable. */
static bool flush(struct stream *stream, struct community_error *err)
{
    if (stream->is_in_batch) {
        stream->is_in_batch = false;
        if (community_desk_commit(stream->desk, err) != COMMUNITY_OK) {
            return false;
        }
    }
    if (stream->out.failed) {
        tool_error_no_memory(err);
        return false;
    }
    bool is_out = tool_put(stdout, tool_bytes_text(&stream->out)) && fflush(stdout) == 0;
    tool_bytes_clear(&stream->out);
    stream->batch_count = 0;
    return is_out; /* false without an error: the reader has gone, or errno says why not */
}

static bool take_line(struct stream *stream, enum tool_line kind, struct community_text line,
                      struct community_error *err)
{
    if (kind == TOOL_LINE_READ && tool_line_is_blank(line)) {
        return true;
    }
    if (kind == TOOL_LINE_TOO_LONG) {
        add_too_long(stream);
    } else if (!answer(stream, line, err)) {
        return false;
    }
    if (stream->out.failed) {
        tool_error_no_memory(err);
        return false;
    }
    return ++stream->batch_count < stream->batch_size || flush(stream, err);
}

static bool pump(struct stream *stream, struct community_error *err)
{
    struct tool_bytes line = {0};
    enum tool_line kind = TOOL_LINE_READ;
    bool goes_on = true;
    while (goes_on && kind < TOOL_LINE_END) {
        kind = tool_read_line(&line, stream->in, COMMAND_SIZE_MAX);
        if (kind < TOOL_LINE_END) {
            stream->line_number++;
            goes_on = take_line(stream, kind, tool_bytes_text(&line), err);
        }
    }
    if (kind == TOOL_LINE_FAILED && line.failed) {
        tool_error_no_memory(err);
    } else if (kind == TOOL_LINE_FAILED) {
        tool_error_of_file(err, stream->path, errno);
    }
    tool_bytes_free(&line);
    return goes_on && kind == TOOL_LINE_END && flush(stream, err);
}

static bool open_input(struct stream *stream, struct community_error *err)
{
    const char *path = tool_position(stream->tool, 1);
    stream->path = path ? path : "-";
    stream->in = strcmp(stream->path, "-") == 0 ? stdin : fopen(stream->path, "rb");
    if (!stream->in) {
        tool_error_of_file(err, stream->path, errno);
    }
    return stream->in != NULL;
}

static enum tool_exit run(const struct tool *tool, bool is_preview)
{
    struct community_error err = {0};
    struct stream stream = {.tool = tool, .is_preview = is_preview};
    bool is_open = tool_option_number(tool, "batch", 1, 1000000, 1, &stream.batch_size, &err) &&
                   open_input(&stream, &err) && tool_open_desk(tool, &stream.desk, 0, &err);
    bool is_done = is_open && pump(&stream, &err);
    int output_errno = errno;
    community_desk_close(stream.desk); /* takes an open batch back */
    if (stream.in && stream.in != stdin) {
        (void)fclose(stream.in);
    }
    tool_bytes_free(&stream.out);
    if (err.status != COMMUNITY_OK) {
        /* Once commands are read, only the world can end the stream. */
        enum tool_exit code = tool_fail(tool, &err);
        return is_open ? TOOL_EXIT_WORLD : code;
    }
    if (!is_done) {
        errno = output_errno;
        return tool_fail_output(tool);
    }
    return stream.has_error ? TOOL_EXIT_INPUT : stream.has_refusal ? TOOL_EXIT_NO : TOOL_EXIT_YES;
}

enum tool_exit tool_verb_submit(struct tool *tool)
{
    return run(tool, false);
}

enum tool_exit tool_verb_preview(struct tool *tool)
{
    return run(tool, true);
}
