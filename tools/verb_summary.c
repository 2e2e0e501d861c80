/* SPDX-License-Identifier: Apache-2.0
 *
 * summary: counts by lifecycle and by unit, with the rate of what was done in time. */
#include <inttypes.h>

#include "json_input.h"
#include "print_days.h"
#include "print_table.h"
#include "verbs.h"

/* One decimal, rounded half up, from the exact fraction. */
static void add_rate(struct tool_table *table, int64_t on_time, int64_t late)
{
    int64_t whole = on_time + late;
    struct tool_bytes fraction = {0};
    struct tool_bytes percent = {0};
    if (whole > 0) {
        int64_t tenths = (on_time * 2000 + whole) / (2 * whole);
        tool_bytes_format(&fraction, "%" PRId64 "/%" PRId64, on_time, whole);
        tool_bytes_format(&percent, "%" PRId64 ".%" PRId64 "%%", tenths / 10, tenths % 10);
    } else {
        tool_bytes_add_string(&fraction, "-");
    }
    tool_table_add(table, tool_bytes_text(&fraction));
    tool_table_add(table, tool_bytes_text(&percent));
    tool_bytes_free(&fraction);
    tool_bytes_free(&percent);
}

static void add_counts(struct tool_table *table, struct community_text name,
                       const struct tool_json_node *counts)
{
    static const char *const members[] = {"total", "open", "overdue", "final"};
    tool_table_add(table, name);
    for (size_t index = 0; index < sizeof members / sizeof members[0]; index++) {
        tool_table_add_integer(table, tool_json_integer(counts, members[index]));
    }
    add_rate(table, tool_json_integer(counts, "on_time"), tool_json_integer(counts, "late"));
    tool_table_add_integer(table, tool_json_integer(counts, "without_deadline"));
    tool_table_add_integer(table, tool_json_integer(counts, "set_apart"));
}

static void add_header(const struct tool *tool, struct tool_table *table, const char *en,
                       const char *zh)
{
    tool_table_add_string(table, tool_say(tool, en, zh));
    tool_table_add_string(table, tool_say(tool, "total", "总数"));
    tool_table_add_string(table, tool_say(tool, "open", "在办"));
    tool_table_add_string(table, tool_say(tool, "overdue", "超期"));
    tool_table_add_string(table, tool_say(tool, "final", "办结"));
    tool_table_add_string(table, tool_say(tool, "on time", "按时"));
    tool_table_add_string(table, "");
    tool_table_add_string(table, tool_say(tool, "no deadline", "无期限"));
    tool_table_add_string(table, tool_say(tool, "set apart", "单列"));
}

static void add_section(const struct tool *tool, struct tool_bytes *out,
                        const struct tool_json_node *rows, const char *en, const char *zh)
{
    if (!rows || rows->count == 0) {
        return;
    }
    struct tool_table table;
    tool_table_begin(&table, "lrrrrrrrr");
    add_header(tool, &table, en, zh);
    for (const struct tool_json_node *row = rows->first; row; row = row->next) {
        add_counts(&table, row->name, row);
    }
    tool_bytes_add_byte(out, '\n');
    tool_table_print(&table, out, "");
    tool_table_free(&table);
}

static void add_states(const struct tool *tool, struct tool_bytes *out,
                       const struct tool_json_node *lifecycles)
{
    struct tool_table table;
    tool_table_begin(&table, "llr");
    tool_table_add_string(&table, tool_say(tool, "lifecycle", "流程"));
    tool_table_add_string(&table, tool_say(tool, "state", "状态"));
    tool_table_add_string(&table, tool_say(tool, "records", "事项数"));
    for (const struct tool_json_node *lifecycle = lifecycles ? lifecycles->first : NULL; lifecycle;
         lifecycle = lifecycle->next) {
        const struct tool_json_node *states = tool_json_member(lifecycle, "states");
        for (const struct tool_json_node *state = states ? states->first : NULL; state;
             state = state->next) {
            tool_table_add(&table, lifecycle->name);
            tool_table_add(&table, state->name);
            int64_t count = 0;
            tool_json_whole_number(state, &count);
            tool_table_add_integer(&table, count);
        }
    }
    tool_bytes_add_byte(out, '\n');
    tool_table_print(&table, out, "");
    tool_table_free(&table);
}

static void add_page(const struct tool *tool, struct tool_bytes *out,
                     const struct tool_json_node *root)
{
    tool_bytes_add_string(out, tool_say(tool, "as of ", "截至 "));
    tool_add_time(out, tool_json_text(root, "at"));
    tool_bytes_add_byte(out, '\n');
    const struct tool_json_node *lifecycles = tool_json_member(root, "lifecycles");
    add_section(tool, out, lifecycles, "lifecycle", "流程");
    add_section(tool, out, tool_json_member(root, "units"), "unit", "单位");
    if (lifecycles && lifecycles->count > 0) {
        add_states(tool, out, lifecycles);
    } else {
        tool_bytes_add_string(out, tool_say(tool, "There are no records.\n", "没有事项。\n"));
    }
}

enum tool_exit tool_verb_summary(struct tool *tool)
{
    struct community_error err = {0};
    struct community_desk *desk = NULL;
    struct community_document *document = NULL;
    struct tool_json_input input = {0};
    struct tool_bytes out = {0};
    community_time_ms at = COMMUNITY_TIME_NOW;
    bool is_done = tool_option_time(tool, "now", &at, &err) &&
                   tool_open_desk(tool, &desk, COMMUNITY_DESK_READ_ONLY, &err) &&
                   community_desk_summary(&document, desk, at, &err) == COMMUNITY_OK;
    if (is_done && tool->is_json) {
        tool_bytes_add(&out, community_document_json(document));
        tool_bytes_add_byte(&out, '\n');
    } else if (is_done) {
        is_done = tool_json_read(&input, community_document_json(document), NULL, &err);
        if (is_done) {
            add_page(tool, &out, input.root);
        }
    }
    tool_json_close(&input);
    community_document_free(document);
    community_desk_close(desk);
    if (is_done) {
        return tool_print(tool, &out, TOOL_EXIT_YES);
    }
    tool_bytes_free(&out);
    return tool_fail(tool, &err);
}
