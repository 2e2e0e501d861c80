/* SPDX-License-Identifier: Apache-2.0
 *
 * story: plays stories against their rulebook, one line each. */
#include "json_output.h"
#include "story.h"
#include "verbs.h"

struct tally {
    const struct tool *tool;
    int64_t passed;
    int64_t failed;
    enum tool_exit code;
};

static void worsen(struct tally *tally, enum tool_exit code)
{
    tally->code = code > tally->code ? code : tally->code;
}

static void add_step(struct tool_bytes *out, const struct tool_difference *difference)
{
    tool_bytes_format(out, "%s %zu", difference->is_setup ? "setup" : "step", difference->step);
}

static void add_json_line(struct tool_bytes *out, const char *file, struct community_text name,
                          enum tool_story_end end, const struct tool_difference *difference)
{
    tool_json_open_object(out, NULL);
    tool_json_put_text(out, "story", name);
    tool_json_put_text(out, "file", tool_text(file));
    tool_json_put_text(out, "outcome", tool_text(end == TOOL_STORY_PASSED ? "passed" : "failed"));
    if (end == TOOL_STORY_FAILED) {
        tool_json_put_integer(out, difference->is_setup ? "setup" : "step",
                              (int64_t)difference->step);
        tool_json_put_text(out, "expected", tool_bytes_text(&difference->expected));
        tool_json_put_text(out, "found", tool_bytes_text(&difference->found));
    }
    tool_json_close_object(out);
    tool_bytes_add_byte(out, '\n');
}

static void add_text_line(const struct tool *tool, struct tool_bytes *out,
                          struct community_text name, enum tool_story_end end,
                          const struct tool_difference *difference)
{
    bool is_passed = end == TOOL_STORY_PASSED;
    tool_add_emphasis(tool, out, is_passed ? TOOL_GOOD : TOOL_BAD);
    tool_bytes_add_string(out, is_passed ? "ok" : "FAIL");
    tool_add_emphasis(tool, out, TOOL_PLAIN);
    tool_bytes_add_byte(out, ' ');
    tool_bytes_add_shown(out, name);
    if (end == TOOL_STORY_FAILED) {
        tool_bytes_add_string(out, ": ");
        add_step(out, difference);
        tool_bytes_add_string(out, ": expected ");
        tool_bytes_add_shown(out, tool_bytes_text(&difference->expected));
        tool_bytes_add_string(out, ", found ");
        tool_bytes_add_shown(out, tool_bytes_text(&difference->found));
    }
    tool_bytes_add_byte(out, '\n');
}

static void tell(struct tally *tally, const char *file, const struct tool_json_node *story,
                 enum tool_story_end end, const struct tool_difference *difference)
{
    struct tool_bytes out = {0};
    struct community_text name = tool_json_text(story, "story");
    if (tally->tool->is_json) {
        add_json_line(&out, file, name, end, difference);
    } else {
        add_text_line(tally->tool, &out, name, end, difference);
    }
    out.failed |= difference->expected.failed || difference->found.failed;
    worsen(tally, tool_print(tally->tool, &out, TOOL_EXIT_YES));
}

static void play(struct tally *tally, const struct tool_json_input *input,
                 const struct tool_json_node *story)
{
    struct community_error err = {0};
    struct tool_difference difference = {0};
    enum tool_story_end end = tool_story_play(input, story, &difference, &err);
    if (end == TOOL_STORY_BROKEN) {
        enum tool_exit code = tool_fail(tally->tool, &err);
        worsen(tally, code == TOOL_EXIT_WORLD ? TOOL_EXIT_WORLD : TOOL_EXIT_INPUT);
    } else if (end == TOOL_STORY_FAILED) {
        worsen(tally, TOOL_EXIT_NO);
    }
    tally->passed += end == TOOL_STORY_PASSED;
    tally->failed += end != TOOL_STORY_PASSED;
    tell(tally, input->file, story, end, &difference);
    tool_difference_free(&difference);
}

/* All stories of a file are looked at before the first is played. */
static bool read_stories(struct tool_json_input *input, struct community_text text,
                         const char *path, struct community_error *err)
{
    if (!tool_json_read(input, text, path, err)) {
        return false;
    }
    if (input->root->kind != TOOL_JSON_ARRAY) {
        return tool_story_is_good(input, input->root, err);
    }
    for (const struct tool_json_node *story = input->root->first; story; story = story->next) {
        if (!tool_story_is_good(input, story, err)) {
            return false;
        }
    }
    return true;
}

static void play_file(struct tally *tally, const char *path)
{
    enum { STORY_SIZE_MAX = 16 * 1024 * 1024 };
    struct community_error err = {0};
    struct tool_bytes text = {0};
    struct tool_json_input input = {0};
    bool is_read = tool_read_file(&text, path, STORY_SIZE_MAX, &err) &&
                   read_stories(&input, tool_bytes_text(&text), path, &err);
    if (!is_read) {
        worsen(tally, tool_fail(tally->tool, &err));
        tally->failed++;
    } else if (input.root->kind == TOOL_JSON_ARRAY) {
        for (const struct tool_json_node *story = input.root->first; story; story = story->next) {
            play(tally, &input, story);
        }
    } else {
        play(tally, &input, input.root);
    }
    tool_json_close(&input);
    tool_bytes_free(&text);
}

enum tool_exit tool_verb_story(struct tool *tool)
{
    struct tally tally = {.tool = tool};
    for (size_t index = 0; index < tool->arguments.position_count; index++) {
        play_file(&tally, tool_position(tool, index));
    }
    struct tool_bytes out = {0};
    if (tool->is_json) {
        tool_json_open_object(&out, NULL);
        tool_json_put_integer(&out, "passed", tally.passed);
        tool_json_put_integer(&out, "failed", tally.failed);
        tool_json_put_integer(&out, "skipped", 0);
        tool_json_close_object(&out);
        tool_bytes_add_byte(&out, '\n');
    } else {
        tool_bytes_format(&out, "%lld passed, %lld failed, 0 skipped\n", (long long)tally.passed,
                          (long long)tally.failed);
    }
    worsen(&tally, tool_print(tool, &out, TOOL_EXIT_YES));
    return tally.code;
}
