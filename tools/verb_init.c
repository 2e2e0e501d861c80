/* SPDX-License-Identifier: Apache-2.0
 *
 * init: a new desk with its rules and its people. install: other rules for new records. */
#include <string.h>
#include <unistd.h>

#include "directory_file.h"
#include "json_output.h"
#include "verbs.h"

static struct community_text actor_of(const struct tool *tool)
{
    const char *actor = tool_option_value(tool, "actor");
    return tool_text(actor ? actor : "installer");
}

static enum tool_exit print_installed(const struct tool *tool,
                                      const struct community_rulebook *rulebook)
{
    struct tool_bytes out = {0};
    const char *desk = tool_position(tool, 0);
    if (tool->is_json) {
        tool_json_open_object(&out, NULL);
        tool_json_put_text(&out, "desk", tool_text(desk));
        tool_json_put_text(&out, "rulebook", community_rulebook_name(rulebook));
        tool_json_put_text(&out, "version", community_rulebook_version(rulebook));
        tool_json_put_text(&out, "hash", community_rulebook_hash(rulebook));
        tool_json_close_object(&out);
    } else {
        tool_bytes_add_shown(&out, tool_text(desk));
        tool_bytes_add_string(&out, tool_say(tool, ": rulebook ", "：规则手册 "));
        tool_bytes_add_shown(&out, community_rulebook_name(rulebook));
        tool_bytes_add_byte(&out, ' ');
        tool_bytes_add_shown(&out, community_rulebook_version(rulebook));
        tool_bytes_add_string(&out, tool_say(tool, "\n  hash ", "\n  摘要 "));
        tool_bytes_add(&out, community_rulebook_hash(rulebook));
    }
    tool_bytes_add_byte(&out, '\n');
    return tool_print(tool, &out, TOOL_EXIT_YES);
}

/* Without taking memory: that may be what has run out. */
static void remove_with(const char *path, const char *ending)
{
    enum { PATH_SIZE_MAX = 4096 };
    char whole[PATH_SIZE_MAX];
    int size = snprintf(whole, sizeof whole, "%s%s", path, ending);
    if (size > 0 && size < PATH_SIZE_MAX) {
        unlink(whole);
    }
}

/* The file of a desk; NULL when it has none. */
static const char *file_of(const char *uri)
{
    static const char memory[] = "memory:";
    static const char sqlite[] = "sqlite:";
    if (strncmp(uri, memory, sizeof memory - 1) == 0) {
        return NULL;
    }
    return strncmp(uri, sqlite, sizeof sqlite - 1) == 0 ? uri + sizeof sqlite - 1 : uri;
}

static void remove_desk(const char *path)
{
    remove_with(path, "-wal");
    remove_with(path, "-shm");
    remove_with(path, "-journal");
    remove_with(path, "");
}

static bool fill(const struct tool *tool, const struct community_rulebook *rulebook,
                 const struct tool_json_input *directory, struct community_error *err)
{
    struct community_desk *desk = NULL;
    const char *path = file_of(tool_position(tool, 0));
    bool was_there = !path || access(path, F_OK) == 0;
    struct community_text actor = actor_of(tool);
    bool is_open = tool_open_desk(tool, &desk, COMMUNITY_DESK_CREATE, err);
    bool is_filled = is_open &&
                     community_desk_install(desk, rulebook, actor, err) == COMMUNITY_OK &&
                     (!directory->root || tool_directory_put(desk, directory, actor, err));
    community_desk_close(desk);
    /* Only what this run has made itself: never a desk that somebody else made meanwhile. */
    bool is_ours = is_open || (!was_there && err->status != COMMUNITY_EXISTS);
    if (!is_filled && path && is_ours) {
        remove_desk(path);
    }
    return is_filled;
}

static bool read_directory(const struct tool *tool, struct tool_bytes *text,
                           struct tool_json_input *directory, struct community_error *err)
{
    enum { DIRECTORY_SIZE_MAX = 64 * 1024 * 1024 };
    const char *path = tool_option_value(tool, "directory");
    return !path || (tool_read_file(text, path, DIRECTORY_SIZE_MAX, err) &&
                     tool_directory_read(directory, tool_bytes_text(text), path, err));
}

enum tool_exit tool_verb_init(struct tool *tool)
{
    const char *path = tool_option_value(tool, "rulebook");
    if (!path) {
        return tool_misused(tool, "--rulebook is missing.", "缺少 --rulebook。");
    }
    struct community_error err = {0};
    struct community_rulebook *rulebook = NULL;
    struct tool_bytes text = {0};
    struct tool_json_input directory = {0};
    bool is_done = tool_load_rulebook(&rulebook, path, &err) &&
                   read_directory(tool, &text, &directory, &err) &&
                   fill(tool, rulebook, &directory, &err);
    enum tool_exit code = is_done ? print_installed(tool, rulebook) : tool_fail(tool, &err);
    tool_json_close(&directory);
    tool_bytes_free(&text);
    community_rulebook_free(rulebook);
    return code;
}

enum tool_exit tool_verb_install(struct tool *tool)
{
    struct community_error err = {0};
    struct community_rulebook *rulebook = NULL;
    struct community_desk *desk = NULL;
    bool is_done = tool_load_rulebook(&rulebook, tool_position(tool, 1), &err) &&
                   tool_open_desk(tool, &desk, 0, &err) &&
                   community_desk_install(desk, rulebook, actor_of(tool), &err) == COMMUNITY_OK;
    community_desk_close(desk);
    enum tool_exit code = is_done ? print_installed(tool, rulebook) : tool_fail(tool, &err);
    community_rulebook_free(rulebook);
    return code;
}
