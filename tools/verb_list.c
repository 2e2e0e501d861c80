/* SPDX-License-Identifier: Apache-2.0
 *
 * list: records, one a line. options: what may be done with one. */
#include <errno.h>

#include "json_input.h"
#include "print_days.h"
#include "print_table.h"
#include "verbs.h"

/* Rows are printed in portions, so that a long list needs no more memory than a short one. */
enum { PORTION = 500 };

struct list {
    const struct tool *tool;
    struct tool_table table;
    size_t row_count;
    community_time_ms now; /* the desk's */
    bool output_failed;
    struct community_error err;
};

static void add_header(const struct tool *tool, struct tool_table *table)
{
    tool_table_add_string(table, tool_say(tool, "record", "事项"));
    tool_table_add_string(table, tool_say(tool, "lifecycle", "流程"));
    tool_table_add_string(table, tool_say(tool, "state", "状态"));
    tool_table_add_string(table, tool_say(tool, "unit", "单位"));
    tool_table_add_string(table, tool_say(tool, "due", "到期"));
    tool_table_add_string(table, "");
}

/* The running deadline that ends first; NULL when none runs. RFC 3339 texts of one record stand at
 * offsets that hardly differ, and the list is only for reading. */
static const struct tool_json_node *next_deadline(const struct tool_json_node *record)
{
    const struct tool_json_node *list = tool_json_member(record, "deadlines");
    const struct tool_json_node *found = NULL;
    community_time_ms found_due = 0;
    for (const struct tool_json_node *deadline = list ? list->first : NULL; deadline;
         deadline = deadline->next) {
        community_time_ms due = 0;
        bool is_running =
            tool_text_is(tool_json_text(deadline, "status"), "running") &&
            community_time_parse(&due, tool_json_text(deadline, "due"), NULL) == COMMUNITY_OK;
        if (is_running && (!found || due < found_due)) {
            found = deadline;
            found_due = due;
        }
    }
    return found;
}

static void add_row(struct list *list, const struct tool_json_node *record)
{
    struct tool_table *table = &list->table;
    struct community_text external_id = tool_json_text(record, "external_id");
    struct tool_bytes cell = {0};
    if (external_id.size > 0) {
        tool_bytes_add_byte(&cell, '@');
        tool_bytes_add(&cell, external_id);
    } else {
        tool_bytes_add(&cell, tool_json_text(record, "record"));
    }
    tool_table_add(table, tool_bytes_text(&cell));
    tool_table_add(table, tool_json_text(record, "lifecycle"));
    tool_table_add(table, tool_json_text(record, "state"));
    tool_table_add(table, tool_json_text(record, "unit"));
    const struct tool_json_node *deadline = next_deadline(record);
    tool_bytes_clear(&cell);
    tool_add_time(&cell, tool_json_text(deadline, "due"));
    tool_table_add(table, tool_bytes_text(&cell));
    bool is_overdue = tool_deadline_is_overdue(deadline, list->now);
    tool_table_add_string(table, is_overdue ? tool_say(list->tool, "OVERDUE", "已超期") : "");
    tool_bytes_free(&cell);
}

static void print_portion(struct list *list)
{
    struct tool_bytes out = {0};
    tool_table_print(&list->table, &out, "");
    if (tool_print(list->tool, &out, TOOL_EXIT_YES) != TOOL_EXIT_YES) {
        list->output_failed = true;
    }
}

static int take_json(struct list *list, struct community_text json)
{
    bool is_out = tool_put(stdout, json) && putc('\n', stdout) != EOF;
    if (!is_out) {
        tool_fail_output(list->tool);
        list->output_failed = true;
    }
    return list->output_failed;
}

static int take_record(void *userdata, struct community_text json)
{
    struct list *list = userdata;
    if (list->tool->is_json) {
        return take_json(list, json);
    }
    struct tool_json_input input = {0};
    bool is_read = tool_json_read(&input, json, NULL, &list->err);
    if (is_read) {
        add_row(list, input.root);
    }
    tool_json_close(&input);
    if (++list->row_count % PORTION == 0) {
        print_portion(list);
    }
    return !is_read || list->output_failed;
}

static struct community_text option_text(const struct tool *tool, const char *name)
{
    return tool_text(tool_option_value(tool, name));
}

static bool find(struct list *list, struct community_desk **desk, struct community_error *err)
{
    const struct tool *tool = list->tool;
    struct community_find find = {
        .size = sizeof find,
        .lifecycle = option_text(tool, "lifecycle"),
        .state = option_text(tool, "state"),
        .unit = option_text(tool, "unit"),
        .has_due_before = tool_is_given(tool, "due-before"),
    };
    if (!tool_option_time(tool, "due-before", &find.due_before, err) ||
        !tool_option_number(tool, "limit", 1, INT64_MAX, 0, &find.limit, err) ||
        !tool_open_desk(tool, desk, COMMUNITY_DESK_READ_ONLY, err)) {
        return false;
    }
    if (!find.has_due_before) {
        find.due_before = 0;
    }
    list->now = community_desk_now(*desk);
    return community_desk_find(*desk, &find, option_text(tool, "as"), take_record, list, err) ==
           COMMUNITY_OK;
}

enum tool_exit tool_verb_list(struct tool *tool)
{
    if (!tool_is_given(tool, "as")) {
        return tool_misused(tool, "--as is missing.", "缺少 --as。");
    }
    struct community_error err = {0};
    struct community_desk *desk = NULL;
    struct list list = {.tool = tool};
    tool_table_begin(&list.table, "llllll");
    if (!tool->is_json) {
        add_header(tool, &list.table);
    }
    bool is_found = find(&list, &desk, &err);
    community_desk_close(desk);
    enum tool_exit code = TOOL_EXIT_YES;
    if (list.output_failed) {
        code = TOOL_EXIT_WORLD;
    } else if (list.err.status != COMMUNITY_OK) {
        code = tool_fail(tool, &list.err);
    } else if (!is_found) {
        code = tool_fail(tool, &err);
    } else {
        struct tool_bytes out = {0};
        tool_table_print(&list.table, &out, "");
        code = tool_print(tool, &out, TOOL_EXIT_YES);
    }
    tool_table_free(&list.table);
    return code;
}

static void add_words(struct tool_bytes *out, const struct tool_json_node *list)
{
    for (const struct tool_json_node *item = list ? list->first : NULL; item; item = item->next) {
        tool_bytes_add_string(out, item == list->first ? "" : ", ");
        tool_bytes_add_shown(out, item->text);
    }
}

static void add_allowed(const struct tool *tool, struct tool_table *table,
                        const struct tool_json_node *option)
{
    struct tool_bytes asks = {0};
    const struct tool_json_node *list = tool_json_member(option, "asks");
    if (list && list->count > 0) {
        tool_bytes_add_string(&asks, tool_say(tool, "asks for ", "须提供 "));
        add_words(&asks, list);
    }
    tool_table_add_string(table, tool_say(tool, "yes", "可"));
    tool_table_add(table, tool_json_text(option, "command"));
    tool_table_add(table, tool_bytes_text(&asks));
    tool_bytes_free(&asks);
}

/* One reason a line. */
static void add_forbidden(const struct tool *tool, struct tool_table *table,
                          const struct tool_json_node *option)
{
    const struct tool_json_node *list = tool_json_member(option, "reasons");
    const struct tool_json_node *reason = list ? list->first : NULL;
    bool is_first = true;
    do {
        const struct tool_json_node *message = tool_json_member(reason, "message");
        struct community_text sentence = tool_json_text(message, tool->is_chinese ? "zh" : "en");
        tool_table_add_string(table, is_first ? tool_say(tool, "no", "否") : "");
        tool_table_add(table, is_first ? tool_json_text(option, "command") : tool_text(""));
        tool_table_add(table, sentence.size ? sentence : tool_json_text(reason, "code"));
        is_first = false;
        reason = reason ? reason->next : NULL;
    } while (reason);
}

static void add_options(const struct tool *tool, struct tool_bytes *out,
                        const struct tool_json_node *root)
{
    struct tool_table table;
    tool_table_begin(&table, "lll");
    const struct tool_json_node *options = tool_json_member(root, "options");
    for (int round = 0; round < 2; round++) {
        for (const struct tool_json_node *option = options ? options->first : NULL; option;
             option = option->next) {
            bool is_allowed = tool_json_is_true(option, "allowed");
            if (is_allowed && round == 0) {
                add_allowed(tool, &table, option);
            } else if (!is_allowed && round == 1) {
                add_forbidden(tool, &table, option);
            }
        }
    }
    tool_bytes_add_string(out, tool_say(tool, "state ", "状态 "));
    tool_bytes_add_shown(out, tool_json_text(root, "state"));
    tool_bytes_add_byte(out, '\n');
    tool_table_print(&table, out, "  ");
    tool_table_free(&table);
}

enum tool_exit tool_verb_options(struct tool *tool)
{
    if (!tool_is_given(tool, "as")) {
        return tool_misused(tool, "--as is missing.", "缺少 --as。");
    }
    struct community_error err = {0};
    struct community_desk *desk = NULL;
    struct community_document *document = NULL;
    struct tool_json_input input = {0};
    struct tool_bytes out = {0};
    bool is_done = tool_open_desk(tool, &desk, COMMUNITY_DESK_READ_ONLY, &err) &&
                   community_desk_options(&document, desk, tool_text(tool_position(tool, 1)),
                                          option_text(tool, "as"), &err) == COMMUNITY_OK;
    if (is_done && tool->is_json) {
        tool_bytes_add(&out, community_document_json(document));
        tool_bytes_add_byte(&out, '\n');
    } else if (is_done) {
        is_done = tool_json_read(&input, community_document_json(document), NULL, &err);
        if (is_done) {
            add_options(tool, &out, input.root);
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
