/* SPDX-License-Identifier: Apache-2.0
 *
 * due: when a period ends, and why then. */
#include <stdio.h>
#include <string.h>

#include "json_output.h"
#include "print_days.h"
#include "verbs.h"

/* What the user asked: a calendar of a rulebook, a start, a duration. */
struct question {
    struct community_rulebook *rulebook;
    struct community_text calendar;
    community_time_ms start;
    struct community_text duration;
};

/* Splits "RULEBOOK#calendar". A file whose own name has a '#' is found as it is. */
static bool load_named(const char *word, struct question *question, struct community_error *err)
{
    const char *hash = strrchr(word, '#');
    if (!hash) {
        return tool_load_rulebook(&question->rulebook, word, err);
    }
    struct tool_bytes path = {0};
    tool_bytes_add(&path, (struct community_text){word, (size_t)(hash - word)});
    tool_bytes_add_byte(&path, '\0');
    bool is_loaded = false;
    if (path.failed) {
        tool_error_no_memory(err);
    } else {
        question->calendar = tool_text(hash + 1);
        is_loaded = tool_load_rulebook(&question->rulebook, path.data, err);
    }
    tool_bytes_free(&path);
    return is_loaded;
}

/* A start without an offset, as people write it: "2026-06-12", "2026-06-12 16:00", with seconds. It
 * is read as if it were UTC; what it lacks is the calendar's offset. */
static bool read_local(const char *word, community_time_ms *local_out)
{
    static const struct {
        size_t size;
        const char *rest;
    } forms[] = {{10, "T00:00:00Z"}, {16, ":00Z"}, {19, "Z"}};
    char whole[COMMUNITY_TIME_TEXT_SIZE];
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (strlen(word) != forms[i].size) {
            continue;
        }
        (void)snprintf(whole, sizeof whole, "%s%s", word, forms[i].rest);
        return community_time_parse(local_out, tool_text(whole), NULL) == COMMUNITY_OK;
    }
    return false;
}

/* The instant of a local time, by the offset that the calendar has then. */
static bool ask_local(struct question *question, community_time_ms local,
                      struct community_error *err)
{
    community_time_ms same = 0;
    int32_t offset_minutes = 0;
    question->start = local;
    for (int i = 0; i < 2; i++) { /* once more, for an offset that changes on that day */
        if (community_calendar_due(&same, &offset_minutes, question->rulebook, question->calendar,
                                   question->start, tool_text("0 seconds"), err) != COMMUNITY_OK) {
            return false;
        }
        question->start = local - (community_time_ms)offset_minutes * 60000;
    }
    return true;
}

static bool ask(const struct tool *tool, struct question *question, struct community_error *err)
{
    const char *start = tool_position(tool, 1);
    community_time_ms local = 0;
    question->duration = tool_text(tool_position(tool, 2));
    if (read_local(start, &local)) {
        return load_named(tool_position(tool, 0), question, err) && ask_local(question, local, err);
    }
    return community_time_parse(&question->start, tool_text(start), err) == COMMUNITY_OK &&
           load_named(tool_position(tool, 0), question, err);
}

static bool answer(const struct question *question, char due_out[COMMUNITY_TIME_TEXT_SIZE],
                   struct community_error *err)
{
    community_time_ms due = 0;
    int32_t offset_minutes = 0;
    enum community_status status =
        community_calendar_due(&due, &offset_minutes, question->rulebook, question->calendar,
                               question->start, question->duration, err);
    if (status != COMMUNITY_OK) {
        return false;
    }
    community_time_format(due_out, due, offset_minutes);
    return true;
}

static bool add_explanation(const struct tool *tool, struct tool_bytes *out,
                            struct community_text json, struct community_error *err)
{
    struct tool_json_input input = {0};
    bool is_read = tool_json_read(&input, json, NULL, err);
    if (is_read) {
        tool_bytes_add_shown(out, tool_json_text(input.root, "due"));
        tool_bytes_add_string(out, "\n  ");
        tool_bytes_add_shown(out, tool_json_text(input.root, "duration"));
        tool_bytes_add_string(out, tool_say(tool, " from ", "，自 "));
        tool_add_time(out, tool_json_text(input.root, "start"));
        tool_bytes_add_string(out, tool_say(tool, ", calendar ", " 起，日历 "));
        tool_bytes_add_shown(out, tool_json_text(input.root, "calendar"));
        tool_bytes_add_byte(out, '\n');
        tool_add_days(tool, out, tool_json_member(input.root, "days"), "  ");
    }
    tool_json_close(&input);
    return is_read;
}

static bool explain(const struct tool *tool, const struct question *question,
                    struct tool_bytes *out, struct community_error *err)
{
    struct community_document *document = NULL;
    enum community_status status =
        community_calendar_explain(&document, question->rulebook, question->calendar,
                                   question->start, question->duration, err);
    if (status != COMMUNITY_OK) {
        return false;
    }
    struct community_text json = community_document_json(document);
    bool is_done = true;
    if (tool->is_json) {
        tool_bytes_add(out, json);
        tool_bytes_add_byte(out, '\n');
    } else {
        is_done = add_explanation(tool, out, json, err);
    }
    community_document_free(document);
    return is_done;
}

static bool tell(const struct tool *tool, const struct question *question, struct tool_bytes *out,
                 struct community_error *err)
{
    char due[COMMUNITY_TIME_TEXT_SIZE];
    if (!answer(question, due, err)) {
        return false;
    }
    if (tool->is_json) {
        tool_json_open_object(out, NULL);
        tool_json_put_text(out, "due", tool_text(due));
        tool_json_close_object(out);
    } else {
        tool_bytes_add_string(out, due);
    }
    tool_bytes_add_byte(out, '\n');
    return true;
}

enum tool_exit tool_verb_due(struct tool *tool)
{
    struct community_error err = {0};
    struct question question = {0};
    struct tool_bytes out = {0};
    bool is_done = ask(tool, &question, &err) &&
                   (tool_is_given(tool, "explain") ? explain(tool, &question, &out, &err)
                                                   : tell(tool, &question, &out, &err));
    community_rulebook_free(question.rulebook);
    if (is_done) {
        return tool_print(tool, &out, TOOL_EXIT_YES);
    }
    tool_bytes_free(&out);
    return tool_fail(tool, &err);
}
