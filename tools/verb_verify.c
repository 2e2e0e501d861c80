/* SPDX-License-Identifier: Apache-2.0
 *
 * verify: the whole journal read again. backup: a copy of the desk. */
#include <inttypes.h>
#include <string.h>

#include "json_output.h"
#include "verbs.h"

static void add_json(struct tool_bytes *out, const struct community_verification *found)
{
    tool_json_open_object(out, NULL);
    tool_json_put_boolean(out, "whole", found->is_whole);
    tool_json_put_integer(out, "entries", found->entry_count);
    tool_json_put_integer(out, "records", found->record_count);
    if (!found->is_whole) {
        tool_json_put_integer(out, "position", found->position);
        tool_json_put_text(out, "kind", tool_text(found->kind));
        tool_json_put_text(out, "record", tool_text(found->record));
        tool_json_put_text(out, "expected", tool_text(found->expected));
        tool_json_put_text(out, "found", tool_text(found->found));
    }
    tool_json_close_object(out);
    tool_bytes_add_byte(out, '\n');
}

static void add_line(struct tool_bytes *out, const char *name, const char *value)
{
    if (value[0] != '\0') {
        tool_bytes_format(out, "  %s ", name);
        tool_bytes_add_shown(out, tool_text(value));
        tool_bytes_add_byte(out, '\n');
    }
}

static void add_text(const struct tool *tool, struct tool_bytes *out,
                     const struct community_verification *found)
{
    if (found->is_whole) {
        tool_bytes_format(
            out,
            tool_say(tool, "The journal is whole: %" PRId64 " entries, %" PRId64 " records.\n",
                     "日志完整：%" PRId64 " 条记录，%" PRId64 " 个事项。\n"),
            found->entry_count, found->record_count);
        return;
    }
    tool_add_emphasis(tool, out, TOOL_BAD);
    tool_bytes_add_string(out,
                          tool_say(tool, "The journal is NOT whole.", "日志不完整，可能被篡改。"));
    tool_add_emphasis(tool, out, TOOL_PLAIN);
    tool_bytes_format(out, "\n  %s %" PRId64 "\n", tool_say(tool, "position", "位置"),
                      found->position);
    add_line(out, tool_say(tool, "kind", "类型"), found->kind);
    add_line(out, tool_say(tool, "record", "事项"), found->record);
    add_line(out, tool_say(tool, "expected", "应为"), found->expected);
    add_line(out, tool_say(tool, "found", "实为"), found->found);
}

static enum tool_exit print_verification(const struct tool *tool,
                                         const struct community_verification *found)
{
    struct tool_bytes out = {0};
    if (tool->is_json) {
        add_json(&out, found);
    } else {
        add_text(tool, &out, found);
    }
    return tool_print(tool, &out, found->is_whole ? TOOL_EXIT_YES : TOOL_EXIT_NO);
}

/* A store too damaged to be read to its end is an answer too: not whole. */
static enum tool_exit fail_verify(const struct tool *tool, const struct community_error *err)
{
    bool is_desk = strcmp(err->code, "store-not-a-desk") != 0;
    enum tool_exit code = tool_fail(tool, err);
    return err->status == COMMUNITY_CORRUPT && is_desk ? TOOL_EXIT_NO : code;
}

enum tool_exit tool_verb_verify(struct tool *tool)
{
    struct community_error err = {0};
    if (tool_is_given(tool, "checkpoint")) {
        tool_error_set(&err, COMMUNITY_UNSUPPORTED, "not-yet",
                       "Checkpoints are not yet in this version.", "本版本尚不支持检查点。");
        return tool_fail(tool, &err);
    }
    struct community_desk *desk = NULL;
    if (!tool_open_desk(tool, &desk, COMMUNITY_DESK_READ_ONLY, &err)) {
        return fail_verify(tool, &err);
    }
    struct community_verification found = {.size = sizeof found};
    struct tool_progress progress = {.tool = tool};
    tool_listen_for_stop();
    enum community_status status =
        community_desk_verify(&found, desk, tool_progress_show, &progress, &err);
    tool_progress_end(&progress);
    community_desk_close(desk);
    if (status == COMMUNITY_OK) {
        return print_verification(tool, &found);
    }
    return fail_verify(tool, &err);
}

enum tool_exit tool_verb_backup(struct tool *tool)
{
    struct community_error err = {0};
    struct community_desk *desk = NULL;
    struct tool_progress progress = {.tool = tool};
    const char *path = tool_position(tool, 1);
    tool_listen_for_stop();
    bool is_done = tool_open_desk(tool, &desk, 0, &err) &&
                   community_desk_backup(desk, tool_text(path), tool_progress_show, &progress,
                                         &err) == COMMUNITY_OK;
    tool_progress_end(&progress);
    community_desk_close(desk);
    if (!is_done) {
        return tool_fail(tool, &err);
    }
    struct tool_bytes out = {0};
    if (tool->is_json) {
        tool_json_open_object(&out, NULL);
        tool_json_put_text(&out, "backup", tool_text(path));
        tool_json_close_object(&out);
    } else {
        tool_bytes_add_string(&out, tool_say(tool, "copied to ", "已备份到 "));
        tool_bytes_add_shown(&out, tool_text(path));
    }
    tool_bytes_add_byte(&out, '\n');
    return tool_print(tool, &out, TOOL_EXIT_YES);
}
