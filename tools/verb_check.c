/* SPDX-License-Identifier: Apache-2.0
 *
 * check: what is wrong with a rulebook, before anybody relies on it. */
#include "json_output.h"
#include "verbs.h"

static void add_finding(const struct tool *tool, struct tool_bytes *out, const char *path,
                        const struct community_error *err)
{
    const char *code = err->code[0] ? err->code : community_status_name(err->status);
    if (!tool->is_json) {
        tool_bytes_add_shown(out, tool_text(path));
        tool_bytes_format(out, ":%u:%u: ", (unsigned)err->line, (unsigned)err->column);
        tool_add_emphasis(tool, out, TOOL_BAD);
        tool_bytes_add_string(out, code);
        tool_add_emphasis(tool, out, TOOL_PLAIN);
        tool_bytes_add_string(out, ": ");
        tool_bytes_add_shown(out, tool_text(tool_error_message(tool, err)));
        tool_bytes_add_byte(out, '\n');
        return;
    }
    tool_json_open_object(out, NULL);
    tool_json_put_text(out, "file", tool_text(path));
    tool_json_put_integer(out, "line", err->line);
    tool_json_put_integer(out, "column", err->column);
    tool_json_put_text(out, "code", tool_text(code));
    tool_json_open_object(out, "message");
    tool_json_put_text(out, "zh", tool_text(err->message_zh[0] ? err->message_zh : err->message));
    tool_json_put_text(out, "en", tool_text(err->message));
    tool_json_close_object(out);
    tool_json_close_object(out);
    tool_bytes_add_byte(out, '\n');
}

static void add_clean(const struct tool *tool, struct tool_bytes *out, const char *path,
                      const struct community_rulebook *rulebook)
{
    if (tool->is_json) {
        return;
    }
    tool_bytes_add_shown(out, tool_text(path));
    tool_bytes_add_string(out, ": ");
    tool_add_emphasis(tool, out, TOOL_GOOD);
    tool_bytes_add_string(out, tool_say(tool, "no findings", "未发现问题"));
    tool_add_emphasis(tool, out, TOOL_PLAIN);
    tool_bytes_add_string(out, tool_say(tool, " (", "（"));
    tool_bytes_add_shown(out, community_rulebook_name(rulebook));
    tool_bytes_add_byte(out, ' ');
    tool_bytes_add_shown(out, community_rulebook_version(rulebook));
    tool_bytes_add_string(out, tool_say(tool, ")\n", "）\n"));
}

/* What the rulebook says wrong is a finding; a file that cannot be read is not. */
static enum tool_exit check_one(const struct tool *tool, const char *path)
{
    enum { RULEBOOK_SIZE_MAX = 64 * 1024 * 1024 };
    struct community_error err = {0};
    struct tool_bytes text = {0};
    if (!tool_read_file(&text, path, RULEBOOK_SIZE_MAX, &err)) {
        tool_bytes_free(&text);
        return tool_fail(tool, &err);
    }
    struct tool_bytes out = {0};
    struct community_rulebook *rulebook = NULL;
    enum community_status status =
        community_rulebook_load(&rulebook, tool_bytes_text(&text), tool_text(path), NULL, &err);
    enum tool_exit code = tool_exit_of(status);
    if (code == TOOL_EXIT_YES) {
        add_clean(tool, &out, path, rulebook);
    } else if (code == TOOL_EXIT_WORLD) {
        tool_fail(tool, &err);
    } else {
        add_finding(tool, &out, path, &err);
        code = TOOL_EXIT_NO;
    }
    community_rulebook_free(rulebook);
    tool_bytes_free(&text);
    return tool_print(tool, &out, code);
}

enum tool_exit tool_verb_check(struct tool *tool)
{
    enum tool_exit worst = TOOL_EXIT_YES;
    for (size_t index = 0; index < tool->arguments.position_count; index++) {
        enum tool_exit code = check_one(tool, tool_position(tool, index));
        worst = code > worst ? code : worst;
    }
    return worst;
}
