/* SPDX-License-Identifier: Apache-2.0
 *
 * tick: do what is due. outbox: what waits to be told or done outside. */
#include <inttypes.h>

#include "json_input.h"
#include "json_output.h"
#include "print_days.h"
#include "print_table.h"
#include "verbs.h"

static enum tool_exit print_fired(const struct tool *tool, int64_t fired, community_time_ms now)
{
    char time[COMMUNITY_TIME_TEXT_SIZE];
    community_time_format(time, now, 0);
    struct tool_bytes out = {0};
    if (tool->is_json) {
        tool_json_open_object(&out, NULL);
        tool_json_put_text(&out, "now", tool_text(time));
        tool_json_put_integer(&out, "fired", fired);
        tool_json_close_object(&out);
        tool_bytes_add_byte(&out, '\n');
    } else {
        tool_bytes_format(&out,
                          tool_say(tool, "%" PRId64 " timer entries, now %s\n",
                                   "已处理到期事项 %" PRId64 " 条，当前时间 %s\n"),
                          fired, time);
    }
    return tool_print(tool, &out, TOOL_EXIT_YES);
}

enum tool_exit tool_verb_tick(struct tool *tool)
{
    struct community_error err = {0};
    struct community_desk *desk = NULL;
    struct tool_progress progress = {.tool = tool};
    community_time_ms now = COMMUNITY_TIME_NOW;
    int64_t fired = 0;
    tool_listen_for_stop();
    bool is_done =
        tool_option_time(tool, "now", &now, &err) && tool_open_desk(tool, &desk, 0, &err) &&
        community_desk_tick(desk, now, &fired, tool_progress_show, &progress, &err) == COMMUNITY_OK;
    tool_progress_end(&progress);
    enum tool_exit code =
        is_done ? print_fired(tool, fired, community_desk_now(desk)) : tool_fail(tool, &err);
    community_desk_close(desk);
    return code;
}

struct outbox {
    const struct tool *tool;
    struct tool_table table;
    bool output_failed;
    struct community_error err;
};

static void add_effect(struct outbox *outbox, const struct tool_json_node *effect)
{
    struct tool_bytes cell = {0};
    tool_table_add(&outbox->table, tool_json_text(effect, "id"));
    tool_add_time(&cell, tool_json_text(effect, "time"));
    tool_table_add(&outbox->table, tool_bytes_text(&cell));
    tool_table_add(&outbox->table, tool_json_text(effect, "type"));
    tool_table_add(&outbox->table, tool_json_text(effect, "subject"));
    const struct tool_json_node *data = tool_json_member(effect, "data");
    tool_table_add(&outbox->table, data ? data->source : tool_text(""));
    tool_bytes_free(&cell);
}

static int take_effect(void *userdata, struct community_text json)
{
    struct outbox *outbox = userdata;
    if (outbox->tool->is_json) {
        bool is_out = tool_put(stdout, json) && putc('\n', stdout) != EOF;
        if (!is_out) {
            tool_fail_output(outbox->tool);
            outbox->output_failed = true;
        }
        return !is_out;
    }
    struct tool_json_input input = {0};
    bool is_read = tool_json_read(&input, json, NULL, &outbox->err);
    if (is_read) {
        add_effect(outbox, input.root);
    }
    tool_json_close(&input);
    return !is_read;
}

static enum tool_exit print_outbox(const struct tool *tool, struct community_desk *desk)
{
    struct community_error err = {0};
    struct outbox outbox = {.tool = tool};
    tool_table_begin(&outbox.table, "lllll");
    bool is_done = community_desk_outbox(desk, take_effect, &outbox, &err) == COMMUNITY_OK;
    enum tool_exit code = TOOL_EXIT_WORLD;
    if (is_done) {
        struct tool_bytes out = {0};
        tool_table_print(&outbox.table, &out, "");
        code = tool_print(tool, &out, TOOL_EXIT_YES);
    } else if (!outbox.output_failed) {
        code = tool_fail(tool, outbox.err.status != COMMUNITY_OK ? &outbox.err : &err);
    }
    tool_table_free(&outbox.table);
    return code;
}

static enum tool_exit acknowledge(const struct tool *tool, struct community_desk *desk,
                                  const char *id)
{
    struct community_error err = {0};
    if (community_desk_acknowledge(desk, tool_text(id), &err) != COMMUNITY_OK) {
        return tool_fail(tool, &err);
    }
    struct tool_bytes out = {0};
    if (tool->is_json) {
        tool_json_open_object(&out, NULL);
        tool_json_put_text(&out, "acknowledged", tool_text(id));
        tool_json_close_object(&out);
        tool_bytes_add_byte(&out, '\n');
    }
    return tool_print(tool, &out, TOOL_EXIT_YES);
}

enum tool_exit tool_verb_outbox(struct tool *tool)
{
    struct community_error err = {0};
    struct community_desk *desk = NULL;
    const char *id = tool_option_value(tool, "ack");
    if (!tool_open_desk(tool, &desk, id ? 0 : COMMUNITY_DESK_READ_ONLY, &err)) {
        return tool_fail(tool, &err);
    }
    enum tool_exit code = id ? acknowledge(tool, desk, id) : print_outbox(tool, desk);
    community_desk_close(desk);
    return code;
}
