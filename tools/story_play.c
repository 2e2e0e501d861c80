/* SPDX-License-Identifier: Apache-2.0
 *
 * Plays one story. */
#include <string.h>

#include "json_output.h"
#include "story.h"

static const char *const story_members[] = {"story", "about", "rulebook", "setup", "steps", NULL};
static const char *const tick_members[] = {"tick", "about", "expect", NULL};
static const char *const step_members[] = {
    "command", "record", "lifecycle",   "external_id", "parent", "actor",  "at",
    "data",    "key",    "recorded_at", "about",       "expect", "refuse", NULL};

struct play {
    const struct tool_json_input *input;
    struct community_desk *desk;
    community_time_ms clock;
    struct community_text actor; /* of the last command: who looks after a tick */
    struct tool_difference *difference;
    struct community_error *err;
};

void tool_difference_free(struct tool_difference *difference)
{
    tool_bytes_free(&difference->expected);
    tool_bytes_free(&difference->found);
}

static bool complain(const struct tool_json_input *input, const struct tool_json_node *node,
                     struct community_error *err, const char *en, const char *zh)
{
    tool_json_complain(input, node, err, "story", en, zh);
    return false;
}

static bool is_time_or_absent(const struct tool_json_input *input,
                              const struct tool_json_node *step, const char *name,
                              struct community_error *err)
{
    const struct tool_json_node *time = tool_json_member(step, name);
    community_time_ms parsed = 0;
    bool is_good = !time || (time->kind == TOOL_JSON_STRING &&
                             community_time_parse(&parsed, time->text, NULL) == COMMUNITY_OK);
    return is_good || complain(input, time, err, "This must be a time (RFC 3339).",
                               "此处须为 RFC 3339 时间。");
}

static bool tick_is_good(const struct tool_json_input *input, const struct tool_json_node *step,
                         struct community_error *err)
{
    const struct tool_json_node *expect = tool_json_member(step, "expect");
    if (!tool_json_expect_object(input, step, tick_members, err) ||
        !is_time_or_absent(input, step, "tick", err)) {
        return false;
    }
    if (expect && expect->kind != TOOL_JSON_OBJECT) {
        return complain(input, expect, err, "This must be an object of records.",
                        "此处须为以事项为成员的对象。");
    }
    for (const struct tool_json_node *one = expect ? expect->first : NULL; one; one = one->next) {
        if (!tool_expect_is_good(input, one, err)) {
            return false;
        }
    }
    return true;
}

static bool step_is_good(const struct tool_json_input *input, const struct tool_json_node *step,
                         struct community_error *err)
{
    if (tool_json_member(step, "tick")) {
        return tick_is_good(input, step, err);
    }
    const struct tool_json_node *expect = tool_json_member(step, "expect");
    struct community_text text = {0};
    if (!tool_json_expect_object(input, step, step_members, err) ||
        !tool_json_expect_text(input, step, "command", true, &text, err) ||
        !tool_json_expect_text(input, step, "refuse", false, &text, err) ||
        !is_time_or_absent(input, step, "at", err)) {
        return false;
    }
    if (expect && tool_json_member(step, "refuse")) {
        return complain(input, step, err, "A step has \"expect\" or \"refuse\", not both.",
                        "一步只能有“expect”或“refuse”之一。");
    }
    return !expect || tool_expect_is_good(input, expect, err);
}

static bool list_is_good(const struct tool_json_input *input, const struct tool_json_node *story,
                         const char *name, bool required, struct community_error *err)
{
    const struct tool_json_node *list = tool_json_member(story, name);
    if (!list && !required) {
        return true;
    }
    if (!list || list->kind != TOOL_JSON_ARRAY || (required && list->count == 0)) {
        return complain(input, list ? list : story, err, "A story needs a list of \"steps\".",
                        "剧本须有“steps”列表。");
    }
    for (const struct tool_json_node *step = list->first; step; step = step->next) {
        if (!step_is_good(input, step, err)) {
            return false;
        }
    }
    return true;
}

bool tool_story_is_good(const struct tool_json_input *input, const struct tool_json_node *story,
                        struct community_error *err)
{
    struct community_text text = {0};
    return tool_json_expect_object(input, story, story_members, err) &&
           tool_json_expect_text(input, story, "story", true, &text, err) &&
           tool_json_expect_text(input, story, "rulebook", true, &text, err) &&
           list_is_good(input, story, "setup", false, err) &&
           list_is_good(input, story, "steps", true, err);
}

/* The first "at" or "tick" that the story says; a story without any plays on New Year's Day. */
static community_time_ms first_time(const struct tool_json_node *story)
{
    static const char *const lists[] = {"setup", "steps"};
    community_time_ms time = 1767225600000; /* 2026-01-01T00:00:00Z */
    for (size_t index = 0; index < 2; index++) {
        const struct tool_json_node *list = tool_json_member(story, lists[index]);
        for (const struct tool_json_node *step = list ? list->first : NULL; step;
             step = step->next) {
            struct community_text at = tool_json_text(step, "at");
            struct community_text said = at.size ? at : tool_json_text(step, "tick");
            if (said.size > 0 && community_time_parse(&time, said, NULL) == COMMUNITY_OK) {
                return time;
            }
        }
    }
    return time;
}

static community_time_ms clock_of(void *userdata)
{
    const struct play *play = userdata;
    return play->clock;
}

static void move_clock(struct play *play, struct community_text time)
{
    community_time_ms parsed = 0;
    bool is_later = time.size > 0 && community_time_parse(&parsed, time, NULL) == COMMUNITY_OK &&
                    parsed > play->clock;
    if (is_later) {
        play->clock = parsed;
    }
}

/* The step's command: its members but what the story says about it. */
static bool build_command(struct play *play, const struct tool_json_node *step,
                          struct community_command **command_out)
{
    struct tool_bytes json = {0};
    tool_json_open_object(&json, NULL);
    for (const struct tool_json_node *member = step->first; member; member = member->next) {
        bool is_story = tool_text_is(member->name, "expect") ||
                        tool_text_is(member->name, "refuse") || tool_text_is(member->name, "about");
        if (!is_story) {
            /* Step members are plain names that need no escapes: step_is_good has seen to it. */
            char name[32];
            (void)snprintf(name, sizeof name, "%.*s", (int)member->name.size, member->name.data);
            tool_json_put_raw(&json, name, member->source);
        }
    }
    tool_json_close_object(&json);
    struct community_error found = {0};
    bool is_built = false;
    if (json.failed) {
        tool_error_no_memory(play->err);
    } else if (community_command_from_json(command_out, tool_bytes_text(&json), NULL, &found) ==
               COMMUNITY_OK) {
        is_built = true;
    } else if (found.status == COMMUNITY_INVALID) {
        tool_json_complain(play->input, step, play->err, found.code, found.message,
                           found.message_zh);
    } else {
        *play->err = found;
    }
    tool_bytes_free(&json);
    return is_built;
}

static void add_reasons(struct tool_bytes *out, const struct community_receipt *receipt)
{
    tool_bytes_add_string(out, "refused");
    size_t count = community_receipt_reason_count(receipt);
    for (size_t index = 0; index < count; index++) {
        tool_bytes_add_string(out, index ? ", " : " ");
        tool_bytes_add_shown(out, community_receipt_reason_code(receipt, index));
        tool_bytes_add_string(out, " (");
        tool_bytes_add_shown(out, community_receipt_reason_message(receipt, index));
        tool_bytes_add_byte(out, ')');
    }
}

static bool has_reason(const struct community_receipt *receipt, struct community_text code)
{
    size_t count = community_receipt_reason_count(receipt);
    for (size_t index = 0; index < count; index++) {
        if (tool_text_equals(community_receipt_reason_code(receipt, index), code)) {
            return true;
        }
    }
    return false;
}

static bool check_refusal(struct play *play, struct community_text code,
                          const struct community_receipt *receipt)
{
    bool is_accepted = community_receipt_is_accepted(receipt);
    if (!is_accepted && has_reason(receipt, code)) {
        return true;
    }
    tool_bytes_add_string(&play->difference->expected, "refused ");
    tool_bytes_add_shown(&play->difference->expected, code);
    if (is_accepted) {
        tool_bytes_add_string(&play->difference->found, "accepted, state ");
        tool_bytes_add_shown(&play->difference->found, community_receipt_state(receipt));
    } else {
        add_reasons(&play->difference->found, receipt);
    }
    return false;
}

static bool compare_receipt(struct play *play, const struct community_receipt *receipt,
                            const struct tool_json_node *expect)
{
    struct tool_json_input input = {0};
    bool is_same = tool_json_read(&input, community_receipt_json(receipt), NULL, play->err) &&
                   tool_story_compare(play->desk, tool_json_text(input.root, "record"), play->actor,
                                      expect, play->difference, play->err);
    tool_json_close(&input);
    return is_same;
}

static bool check_receipt(struct play *play, const struct tool_json_node *step,
                          const struct community_receipt *receipt)
{
    const struct tool_json_node *expect = tool_json_member(step, "expect");
    struct community_text refusal = tool_json_text(step, "refuse");
    if (refusal.size > 0) {
        return check_refusal(play, refusal, receipt);
    }
    if (!community_receipt_is_accepted(receipt)) {
        struct tool_bytes *expected = &play->difference->expected;
        tool_bytes_add_string(expected, "accepted");
        if (expect) {
            tool_bytes_add_byte(expected, ' ');
            tool_bytes_add_shown(expected, expect->source);
        }
        add_reasons(&play->difference->found, receipt);
        return false;
    }
    return !expect || compare_receipt(play, receipt, expect);
}

/* An error of submit that is not the world's counts as a refusal with its code. */
static bool check_error(struct play *play, const struct tool_json_node *step,
                        const struct community_error *found)
{
    struct community_text refusal = tool_json_text(step, "refuse");
    if (tool_exit_of(found->status) == TOOL_EXIT_WORLD) {
        *play->err = *found;
        return false;
    }
    if (refusal.size > 0 && tool_text_is(refusal, found->code)) {
        return true;
    }
    tool_bytes_add_string(&play->difference->expected, refusal.size ? "refused " : "accepted");
    tool_bytes_add_shown(&play->difference->expected, refusal);
    tool_bytes_format(&play->difference->found, "error %s (%s)", found->code, found->message);
    return false;
}

static bool play_command(struct play *play, const struct tool_json_node *step)
{
    struct community_command *command = NULL;
    struct community_receipt *receipt = NULL;
    struct community_error found = {0};
    move_clock(play, tool_json_text(step, "at"));
    if (!build_command(play, step, &command)) {
        return false;
    }
    play->actor = tool_json_text(step, "actor");
    bool is_same = community_desk_submit(&receipt, play->desk, command, &found) == COMMUNITY_OK
                       ? check_receipt(play, step, receipt)
                       : check_error(play, step, &found);
    community_receipt_free(receipt);
    community_command_free(command);
    return is_same;
}

static bool play_tick(struct play *play, const struct tool_json_node *step)
{
    struct community_text time = tool_json_text(step, "tick");
    community_time_ms now = 0;
    move_clock(play, time);
    if (community_time_parse(&now, time, play->err) != COMMUNITY_OK ||
        community_desk_tick(play->desk, now, NULL, NULL, NULL, play->err) != COMMUNITY_OK) {
        return false;
    }
    const struct tool_json_node *expect = tool_json_member(step, "expect");
    for (const struct tool_json_node *one = expect ? expect->first : NULL; one; one = one->next) {
        if (!tool_story_compare(play->desk, one->name, play->actor, one, play->difference,
                                play->err)) {
            return false;
        }
    }
    return true;
}

static bool play_list(struct play *play, const struct tool_json_node *list, bool is_setup)
{
    size_t number = 0;
    play->difference->is_setup = is_setup;
    for (const struct tool_json_node *step = list ? list->first : NULL; step; step = step->next) {
        play->difference->step = ++number;
        bool is_same =
            tool_json_member(step, "tick") ? play_tick(play, step) : play_command(play, step);
        if (!is_same) {
            return false;
        }
    }
    return true;
}

/* A rulebook's path is meant from where the story's file is. */
static bool load_rulebook(const struct tool_json_input *input, const struct tool_json_node *story,
                          struct community_rulebook **rulebook_out, struct community_error *err)
{
    struct community_text name = tool_json_text(story, "rulebook");
    struct tool_bytes path = {0};
    const char *slash = input->file ? strrchr(input->file, '/') : NULL;
    if (slash && name.data[0] != '/') {
        tool_bytes_add(&path,
                       (struct community_text){input->file, (size_t)(slash + 1 - input->file)});
    }
    tool_bytes_add(&path, name);
    tool_bytes_add_byte(&path, '\0');
    bool is_loaded = false;
    if (path.failed) {
        tool_error_no_memory(err);
    } else {
        is_loaded = tool_load_rulebook(rulebook_out, path.data, err);
    }
    tool_bytes_free(&path);
    return is_loaded;
}

enum tool_story_end tool_story_play(const struct tool_json_input *input,
                                    const struct tool_json_node *story,
                                    struct tool_difference *difference, struct community_error *err)
{
    struct community_rulebook *rulebook = NULL;
    struct play play = {
        .input = input,
        .clock = first_time(story),
        .actor = tool_text("story"),
        .difference = difference,
        .err = err,
    };
    struct community_desk_configuration configuration = {
        .size = sizeof configuration,
        .now = clock_of,
        .now_userdata = &play,
    };
    bool is_same =
        load_rulebook(input, story, &rulebook, err) &&
        community_desk_open(&play.desk, tool_text("memory:"), &configuration, err) ==
            COMMUNITY_OK &&
        community_desk_install(play.desk, rulebook, tool_text("story"), err) == COMMUNITY_OK &&
        play_list(&play, tool_json_member(story, "setup"), true) &&
        play_list(&play, tool_json_member(story, "steps"), false);
    community_desk_close(play.desk);
    community_rulebook_free(rulebook);
    if (err->status != COMMUNITY_OK) {
        return TOOL_STORY_BROKEN;
    }
    return is_same ? TOOL_STORY_PASSED : TOOL_STORY_FAILED;
}
