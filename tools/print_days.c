/* SPDX-License-Identifier: Apache-2.0
 *
 * Times and counted days as people read them. */
#include "print_days.h"

#include <stddef.h>

#include "print_table.h"

enum { DATE_SIZE = 10 };

void tool_add_time(struct tool_bytes *out, struct community_text time)
{
    bool is_time = time.size > 19 && time.data[DATE_SIZE] == 'T';
    if (!is_time) {
        tool_bytes_add_shown(out, time);
        return;
    }
    size_t offset = 19;
    while (offset < time.size && time.data[offset] != '+' && time.data[offset] != '-' &&
           time.data[offset] != 'Z') {
        offset++;
    }
    tool_bytes_add(out, (struct community_text){time.data, DATE_SIZE});
    tool_bytes_add_byte(out, ' ');
    tool_bytes_add(out, (struct community_text){time.data + DATE_SIZE + 1, offset - DATE_SIZE - 1});
    tool_bytes_add_byte(out, ' ');
    tool_bytes_add_shown(out, (struct community_text){time.data + offset, time.size - offset});
}

struct reason {
    const char *name;
    bool is_rest; /* a day that does not count, together with its neighbours */
    bool is_alone;
    const char *en;
    const char *zh;
};

static const struct reason reasons[] = {
    {"start", false, true, "start", "起始日"},
    {"counted", false, false, "counted", "计入"},
    {"make-up", false, true, "make-up working day, counted", "调休上班日，计入"},
    {"weekend", true, false, "weekend", "周末"},
    {"holiday", true, false, "holiday", "节假日"},
    {"moved", false, true, "the end moved on from a rest day", "届满日为休息日，顺延"},
};

static const struct reason *reason_of(const struct tool_json_node *day)
{
    struct community_text name = tool_json_text(day, "reason");
    for (size_t index = 0; index < sizeof reasons / sizeof reasons[0]; index++) {
        if (tool_text_is(name, reasons[index].name)) {
            return &reasons[index];
        }
    }
    return NULL;
}

static int two_digits(const char *digits)
{
    return (digits[0] - '0') * 10 + (digits[1] - '0');
}

/* 0 is Sunday (Sakamoto's method); -1 when it is no date. */
static int weekday_of(struct community_text date)
{
    static const int shifts[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    if (date.size < DATE_SIZE) {
        return -1;
    }
    int year = two_digits(date.data) * 100 + two_digits(date.data + 2);
    int month = two_digits(date.data + 5);
    int day = two_digits(date.data + 8);
    if (month < 1 || month > 12) {
        return -1;
    }
    year -= month < 3;
    int weekday = (year + year / 4 - year / 100 + year / 400 + shifts[month - 1] + day) % 7;
    return weekday < 0 ? -1 : weekday;
}

static void add_date(const struct tool *tool, struct tool_bytes *out,
                     const struct tool_json_node *day)
{
    static const char *const en[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const zh[] = {"周日", "周一", "周二", "周三", "周四", "周五", "周六"};
    struct community_text date = tool_json_text(day, "date");
    int weekday = weekday_of(date);
    tool_bytes_add_shown(out, date);
    if (weekday >= 0) {
        tool_bytes_format(out, " %s", tool_say(tool, en[weekday], zh[weekday]));
    }
}

static bool continues(const struct reason *first, const struct tool_json_node *day)
{
    const struct reason *reason = reason_of(day);
    if (!first || !reason || first->is_alone) {
        return false;
    }
    return reason == first || (reason->is_rest && first->is_rest);
}

struct run {
    const struct tool_json_node *first;
    const struct tool_json_node *last;
    int count;
    bool has_holiday;
    bool has_weekend;
};

static struct run run_from(const struct tool_json_node *first)
{
    struct run run = {.first = first};
    for (const struct tool_json_node *day = first;
         day && (day == first || continues(reason_of(first), day)); day = day->next) {
        run.last = day;
        run.count++;
        run.has_holiday |= tool_text_is(tool_json_text(day, "reason"), "holiday");
        run.has_weekend |= tool_text_is(tool_json_text(day, "reason"), "weekend");
    }
    return run;
}

static void add_reason(const struct tool *tool, struct tool_bytes *out, const struct run *run)
{
    const struct reason *reason = reason_of(run->first);
    if (!reason) {
        tool_bytes_add_shown(out, tool_json_text(run->first, "reason"));
    } else if (run->has_holiday && run->has_weekend) {
        tool_bytes_add_string(out, tool_say(tool, "holiday and weekend", "节假日及周末"));
    } else {
        tool_bytes_add_string(out, tool_say(tool, reason->en, reason->zh));
    }
    if (reason && reason->is_rest) {
        tool_bytes_add_string(out, tool_say(tool, ", not counted", "，不计入"));
    }
    if (run->count > 1) {
        tool_bytes_format(out, tool_say(tool, " (%d days)", "（%d 天）"), run->count);
    }
}

void tool_add_days(const struct tool *tool, struct tool_bytes *out,
                   const struct tool_json_node *days, const char *indent)
{
    struct tool_table table;
    tool_table_begin(&table, "ll");
    const struct tool_json_node *day = tool_json_is(days, TOOL_JSON_ARRAY) ? days->first : NULL;
    while (day) {
        struct run run = run_from(day);
        struct tool_bytes cell = {0};
        add_date(tool, &cell, run.first);
        if (run.count > 1) {
            tool_bytes_add_string(&cell, " … ");
            add_date(tool, &cell, run.last);
        }
        tool_table_add(&table, tool_bytes_text(&cell));
        tool_bytes_clear(&cell);
        add_reason(tool, &cell, &run);
        tool_table_add(&table, tool_bytes_text(&cell));
        tool_bytes_free(&cell);
        day = run.last->next;
    }
    tool_table_print(&table, out, indent);
    tool_table_free(&table);
}

bool tool_deadline_is_overdue(const struct tool_json_node *deadline, community_time_ms now)
{
    community_time_ms due = 0;
    if (!tool_text_is(tool_json_text(deadline, "status"), "running")) {
        return false;
    }
    return tool_json_is_true(deadline, "breached") ||
           (community_time_parse(&due, tool_json_text(deadline, "due"), NULL) == COMMUNITY_OK &&
            due < now);
}
