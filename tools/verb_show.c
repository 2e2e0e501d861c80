/* SPDX-License-Identifier: Apache-2.0
 *
 * show: one record as a page that a clerk likes to read. */
#include "json_input.h"
#include "print_days.h"
#include "print_table.h"
#include "verbs.h"

static void add_heading(const struct tool *tool, struct tool_bytes *out, const char *en,
                        const char *zh)
{
    tool_bytes_add_byte(out, '\n');
    tool_add_emphasis(tool, out, TOOL_STRONG);
    tool_bytes_add_string(out, tool_say(tool, en, zh));
    tool_add_emphasis(tool, out, TOOL_PLAIN);
    tool_bytes_add_byte(out, '\n');
}

static void add_title(const struct tool *tool, struct tool_bytes *out,
                      const struct tool_json_node *record)
{
    struct community_text name = tool_json_text(record, "external_id");
    tool_add_emphasis(tool, out, TOOL_STRONG);
    tool_bytes_add_shown(out, name.size ? name : tool_json_text(record, "record"));
    tool_add_emphasis(tool, out, TOOL_PLAIN);
    tool_bytes_add_string(out, "  ");
    tool_bytes_add_shown(out, tool_json_text(record, "lifecycle"));
    tool_bytes_add_string(out, "  ");
    tool_add_emphasis(tool, out, TOOL_STRONG);
    tool_bytes_add_shown(out, tool_json_text(record, "state"));
    tool_add_emphasis(tool, out, TOOL_PLAIN);
    if (tool_json_is_true(record, "is_final")) {
        tool_bytes_add_string(out, tool_say(tool, " (final)", "（已办结）"));
    }
    tool_bytes_add_byte(out, '\n');
}

/* Left out where the record has none. */
static void add_fact(const struct tool *tool, struct tool_table *table, const char *en,
                     const char *zh, struct community_text value)
{
    if (value.size > 0) {
        tool_table_add_string(table, tool_say(tool, en, zh));
        tool_table_add(table, value);
    }
}

static void add_fact_time(const struct tool *tool, struct tool_table *table, const char *en,
                          const char *zh, struct community_text time)
{
    struct tool_bytes shown = {0};
    tool_add_time(&shown, time);
    add_fact(tool, table, en, zh, tool_bytes_text(&shown));
    tool_bytes_free(&shown);
}

static void add_fact_count(const struct tool *tool, struct tool_table *table, const char *en,
                           const char *zh, int64_t count)
{
    if (count > 0) {
        tool_table_add_string(table, tool_say(tool, en, zh));
        tool_table_add_integer(table, count);
    }
}

static void add_flags(const struct tool *tool, struct tool_table *table,
                      const struct tool_json_node *flags)
{
    struct tool_bytes words = {0};
    for (const struct tool_json_node *flag = flags ? flags->first : NULL; flag; flag = flag->next) {
        bool is_backfilled = tool_text_is(flag->text, "backfilled");
        bool is_out_of_order = tool_text_is(flag->text, "out_of_order");
        tool_bytes_add_string(&words, words.size ? tool_say(tool, ", ", "、") : "");
        if (is_backfilled) {
            tool_bytes_add_string(&words, tool_say(tool, "back-filled", "补录"));
        } else if (is_out_of_order) {
            tool_bytes_add_string(&words, tool_say(tool, "out of order", "时序颠倒"));
        } else {
            tool_bytes_add(&words, flag->text);
        }
    }
    add_fact(tool, table, "set apart", "单列原因", tool_bytes_text(&words));
    tool_bytes_free(&words);
}

static void add_facts(const struct tool *tool, struct tool_bytes *out,
                      const struct tool_json_node *record)
{
    struct tool_table table;
    tool_table_begin(&table, "ll");
    add_fact(tool, &table, "record", "事项编号", tool_json_text(record, "record"));
    add_fact(tool, &table, "requester", "诉求人", tool_json_text(record, "requester"));
    add_fact(tool, &table, "unit", "承办单位", tool_json_text(record, "unit"));
    add_fact(tool, &table, "parent", "上级事项", tool_json_text(record, "parent"));
    add_fact(tool, &table, "merged into", "已并入", tool_json_text(record, "merged_into"));
    add_fact_count(tool, &table, "duplicates", "重复件", tool_json_integer(record, "duplicates"));
    add_fact_count(tool, &table, "open children", "未办结的下级事项",
                   tool_json_integer(record, "children_open"));
    add_fact_time(tool, &table, "opened", "受理时间", tool_json_text(record, "opened_at"));
    add_fact_time(tool, &table, "in this state since", "进入当前状态",
                  tool_json_text(record, "entered_at"));
    add_flags(tool, &table, tool_json_member(record, "flags"));
    add_fact_count(tool, &table, "version", "版本", tool_json_integer(record, "version"));
    tool_table_print(&table, out, "  ");
    tool_table_free(&table);
}

/* A value as people write it: texts without quotes, masked ones as such, the rest as JSON. */
static void add_value(const struct tool *tool, struct tool_bytes *out,
                      const struct tool_json_node *value)
{
    struct community_text masked = tool_json_text(value, "masked");
    if (masked.size > 0) {
        bool is_sensitive = tool_text_is(masked, "sensitive");
        tool_bytes_add_string(out, is_sensitive
                                       ? tool_say(tool, "(sensitive)", "（敏感信息，已遮盖）")
                                       : tool_say(tool, "(personal)", "（个人信息，已遮盖）"));
    } else if (value->kind == TOOL_JSON_STRING) {
        tool_bytes_add_shown(out, value->text);
    } else if (value->kind != TOOL_JSON_NULL) {
        tool_bytes_add_shown(out, value->source);
    }
}

static void add_fields(const struct tool *tool, struct tool_bytes *out,
                       const struct tool_json_node *fields)
{
    if (!fields || fields->count == 0) {
        return;
    }
    add_heading(tool, out, "Fields", "内容");
    struct tool_table table;
    tool_table_begin(&table, "ll");
    for (const struct tool_json_node *field = fields->first; field; field = field->next) {
        struct tool_bytes value = {0};
        add_value(tool, &value, field);
        tool_table_add(&table, field->name);
        tool_table_add(&table, tool_bytes_text(&value));
        tool_bytes_free(&value);
    }
    tool_table_print(&table, out, "  ");
    tool_table_free(&table);
}

static const char *status_words(const struct tool *tool, const struct tool_json_node *deadline,
                                bool is_overdue)
{
    struct community_text status = tool_json_text(deadline, "status");
    bool is_breached = tool_json_is_true(deadline, "breached");
    if (tool_text_is(status, "met")) {
        return is_breached ? tool_say(tool, "met late", "逾期完成")
                           : tool_say(tool, "met", "按时完成");
    }
    if (tool_text_is(status, "ended")) {
        return is_breached ? tool_say(tool, "ended late", "逾期终止")
                           : tool_say(tool, "ended", "已终止");
    }
    if (tool_text_is(status, "paused")) {
        return tool_say(tool, "paused", "暂停");
    }
    return is_overdue ? tool_say(tool, "OVERDUE", "已超期") : tool_say(tool, "running", "计时中");
}

/* "; extended 3 working days": only where there is something to say. */
static void add_change(const struct tool *tool, struct tool_bytes *out,
                       const struct tool_json_node *why, const char *name, const char *en,
                       const char *zh)
{
    const struct tool_json_node *change = tool_json_member(why, name);
    if (tool_json_is(change, TOOL_JSON_TRUE) || tool_json_is(change, TOOL_JSON_STRING)) {
        tool_bytes_add_string(out, tool_say(tool, en, zh));
    }
    if (tool_json_is(change, TOOL_JSON_STRING)) {
        tool_bytes_add_byte(out, ' ');
        tool_bytes_add_shown(out, change->text);
    }
}

/* "5 working days, calendar office; extended 3 working days", and the days below. */
static void add_why(const struct tool *tool, struct tool_bytes *out,
                    const struct tool_json_node *why)
{
    struct community_text field = tool_json_text(why, "at");
    struct community_text calendar = tool_json_text(why, "calendar");
    if (!why || why->count == 0) {
        return;
    }
    tool_bytes_add_string(out, "    ");
    if (field.size > 0) {
        tool_bytes_add_string(out, tool_say(tool, "as set in the field ", "以字段所定为准："));
        tool_bytes_add_shown(out, field);
    }
    tool_bytes_add_shown(out, tool_json_text(why, "allow"));
    if (calendar.size > 0) {
        tool_bytes_add_string(out, tool_say(tool, ", calendar ", "，日历 "));
        tool_bytes_add_shown(out, calendar);
    }
    add_change(tool, out, why, "extended", "; extended", "；已延长");
    add_change(tool, out, why, "paused", "; paused", "；暂停中");
    tool_bytes_add_byte(out, '\n');
    tool_add_days(tool, out, tool_json_member(why, "days"), "      ");
}

static void add_deadline(const struct tool *tool, struct tool_bytes *out,
                         const struct tool_json_node *deadline, community_time_ms now)
{
    bool is_overdue = tool_deadline_is_overdue(deadline, now);
    bool is_bad = is_overdue || tool_json_is_true(deadline, "breached");
    struct tool_bytes line = {0};
    tool_bytes_add_string(&line, "  ");
    tool_bytes_add_shown(&line, tool_json_text(deadline, "name"));
    tool_bytes_add_string(&line, "  ");
    tool_add_emphasis(tool, &line, is_bad ? TOOL_BAD : TOOL_GOOD);
    tool_bytes_add_string(&line, status_words(tool, deadline, is_overdue));
    tool_add_emphasis(tool, &line, TOOL_PLAIN);
    struct community_text due = tool_json_text(deadline, "due");
    if (due.size > 0) {
        tool_bytes_add_string(&line, tool_say(tool, "  due ", "  到期 "));
        tool_add_time(&line, due);
    }
    struct community_text ended = tool_json_text(deadline, "ended_at");
    if (ended.size > 0) {
        tool_bytes_add_string(&line, tool_say(tool, "  ended ", "  结束 "));
        tool_add_time(&line, ended);
    }
    tool_bytes_add_byte(&line, '\n');
    tool_bytes_add(out, tool_bytes_text(&line));
    out->failed |= line.failed;
    tool_bytes_free(&line);
    add_why(tool, out, tool_json_member(deadline, "why"));
}

static void add_deadlines(const struct tool *tool, struct tool_bytes *out,
                          const struct tool_json_node *deadlines, community_time_ms now)
{
    if (!deadlines || deadlines->count == 0) {
        return;
    }
    add_heading(tool, out, "Deadlines", "期限");
    for (const struct tool_json_node *deadline = deadlines->first; deadline;
         deadline = deadline->next) {
        add_deadline(tool, out, deadline, now);
    }
}

static void end_line(struct tool_bytes *out, bool has_line)
{
    if (!has_line) {
        return;
    }
    if (out->size > 0 && out->data[out->size - 1] == ' ') {
        out->size--;
    }
    tool_bytes_add_byte(out, '\n');
}

/* "lead_unit water-bureau, reason …": what a step brought with it, in lines of their own. */
static void add_details(const struct tool *tool, struct tool_bytes *out,
                        const struct tool_json_node *data)
{
    enum { LINE_COLUMNS = 90 };
    static const char indent[] = "        ";
    struct tool_bytes piece = {0};
    size_t columns = 0;
    for (const struct tool_json_node *member = data ? data->first : NULL; member;
         member = member->next) {
        tool_bytes_clear(&piece);
        tool_bytes_add_shown(&piece, member->name);
        tool_bytes_add_byte(&piece, ' ');
        add_value(tool, &piece, member);
        if (member->next) {
            tool_bytes_add_string(&piece, tool_say(tool, ", ", "，"));
        }
        size_t more = tool_columns(tool_bytes_text(&piece));
        if (columns == 0 || columns + more > LINE_COLUMNS) {
            end_line(out, columns > 0);
            tool_bytes_add_string(out, indent);
            columns = sizeof indent - 1;
        }
        tool_bytes_add(out, tool_bytes_text(&piece));
        out->failed |= piece.failed;
        columns += more;
    }
    end_line(out, columns > 0);
    tool_bytes_free(&piece);
}

/* "resolve, 50%" or "resolve, criticise -> street-1": what a timer was about, on a line of its own.
 */
static void add_timer(struct tool_bytes *out, const struct tool_json_node *outcome)
{
    static const struct community_text arrow = {" -> ", 4};
    const struct tool_json_node *effects = tool_json_member(outcome, "effects");
    const struct tool_json_node *effect = effects ? effects->first : NULL;
    struct community_text deadline = tool_json_text(effect, "deadline");
    if (!tool_json_is_true(outcome, "timer") || deadline.size == 0) {
        return;
    }
    struct community_text action = tool_json_text(effect, "action");
    struct community_text to = tool_json_text(effect, "to");
    tool_bytes_add_string(out, "        ");
    tool_bytes_add_shown(out, deadline);
    if (action.size > 0) {
        tool_bytes_add_string(out, ", ");
        tool_bytes_add_shown(out, action);
    }
    if (to.size > 0) {
        tool_bytes_add(out, arrow);
        tool_bytes_add_shown(out, to);
    }
    end_line(out, true);
}

static void add_history_row(struct tool_table *table, const struct tool_json_node *item)
{
    struct tool_bytes time = {0};
    tool_add_time(&time, tool_json_text(item, "occurred_at"));
    tool_table_add_integer(table, tool_json_integer(item, "version"));
    tool_table_add(table, tool_bytes_text(&time));
    tool_table_add(table, tool_json_text(item, "command"));
    tool_table_add(table, tool_json_text(item, "actor"));
    tool_table_add(table, tool_json_text(tool_json_member(item, "outcome"), "state"));
    tool_bytes_free(&time);
}

/* The next line of `text`, with its end; empty when it is used up. */
static struct community_text take_line(struct community_text *text)
{
    size_t size = 0;
    while (size < text->size && text->data[size] != '\n') {
        size++;
    }
    size += size < text->size;
    struct community_text line = {.data = text->data, .size = size};
    text->data += size;
    text->size -= size;
    return line;
}

static void add_history(const struct tool *tool, struct tool_bytes *out,
                        const struct tool_json_node *history)
{
    if (!history || history->count == 0) {
        return;
    }
    add_heading(tool, out, "History", "办理过程");
    struct tool_table table;
    struct tool_bytes rows = {0};
    tool_table_begin(&table, "rllll");
    tool_table_add_string(&table, "#");
    tool_table_add_string(&table, tool_say(tool, "when", "时间"));
    tool_table_add_string(&table, tool_say(tool, "what", "操作"));
    tool_table_add_string(&table, tool_say(tool, "who", "操作人"));
    tool_table_add_string(&table, tool_say(tool, "state", "状态"));
    for (const struct tool_json_node *item = history->first; item; item = item->next) {
        add_history_row(&table, item);
    }
    tool_table_print(&table, &rows, "  ");
    /* Under each line of the table what its step brought. */
    struct community_text rest = tool_bytes_text(&rows);
    tool_bytes_add(out, take_line(&rest));
    for (const struct tool_json_node *item = history->first; item; item = item->next) {
        tool_bytes_add(out, take_line(&rest));
        add_details(tool, out, tool_json_member(item, "data"));
        add_timer(out, tool_json_member(item, "outcome"));
    }
    out->failed |= rows.failed;
    tool_bytes_free(&rows);
    tool_table_free(&table);
}

static bool add_page(const struct tool *tool, struct tool_bytes *out, struct community_text json,
                     community_time_ms now, struct community_error *err)
{
    struct tool_json_input input = {0};
    bool is_read = tool_json_read(&input, json, NULL, err);
    if (is_read) {
        add_title(tool, out, input.root);
        add_facts(tool, out, input.root);
        add_fields(tool, out, tool_json_member(input.root, "fields"));
        add_deadlines(tool, out, tool_json_member(input.root, "deadlines"), now);
        add_history(tool, out, tool_json_member(input.root, "history"));
    }
    tool_json_close(&input);
    return is_read;
}

enum tool_exit tool_verb_show(struct tool *tool)
{
    const char *actor = tool_option_value(tool, "as");
    if (!actor) {
        return tool_misused(tool, "--as is missing.", "缺少 --as。");
    }
    struct community_error err = {0};
    struct community_desk *desk = NULL;
    struct community_document *document = NULL;
    struct tool_bytes out = {0};
    uint32_t flags = tool_is_given(tool, "history") ? COMMUNITY_GET_HISTORY : 0;
    flags |= tool_is_given(tool, "explain") ? COMMUNITY_GET_EXPLAIN : 0;
    /* Not for reading only: some values are shown only once the reading is in the journal. */
    bool is_done = tool_open_desk(tool, &desk, 0, &err) &&
                   community_desk_get(&document, desk, tool_text(tool_position(tool, 1)),
                                      tool_text(actor), flags, &err) == COMMUNITY_OK;
    if (is_done && tool->is_json) {
        tool_bytes_add(&out, community_document_json(document));
        tool_bytes_add_byte(&out, '\n');
    } else if (is_done) {
        is_done =
            add_page(tool, &out, community_document_json(document), community_desk_now(desk), &err);
    }
    community_document_free(document);
    community_desk_close(desk);
    if (is_done) {
        return tool_print(tool, &out, TOOL_EXIT_YES);
    }
    tool_bytes_free(&out);
    return tool_fail(tool, &err);
}
