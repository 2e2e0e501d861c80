/* SPDX-License-Identifier: Apache-2.0
 *
 * What every verb of the command shares. */
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *tool_say(const struct tool *tool, const char *en, const char *zh)
{
    return tool->is_chinese ? zh : en;
}

const char *tool_error_message(const struct tool *tool, const struct community_error *err)
{
    bool has_chinese = err->message_zh[0] != '\0';
    return tool->is_chinese && has_chinese ? err->message_zh : err->message;
}

const char *tool_position(const struct tool *tool, size_t index)
{
    return index < tool->arguments.position_count ? tool->arguments.positions[index] : NULL;
}

const char *tool_option_value(const struct tool *tool, const char *name)
{
    return tool_arguments_option(&tool->arguments, name);
}

bool tool_is_given(const struct tool *tool, const char *name)
{
    return tool_option_value(tool, name) != NULL;
}

enum tool_exit tool_exit_of(int32_t status)
{
    switch ((enum community_status)status) {
    case COMMUNITY_OK:
        return TOOL_EXIT_YES;
    case COMMUNITY_CALENDAR_UNKNOWN:
        return TOOL_EXIT_NO;
    case COMMUNITY_INVALID:
    case COMMUNITY_NOT_FOUND:
    case COMMUNITY_UNSUPPORTED:
    case COMMUNITY_KEY_REUSED:
    case COMMUNITY_EXISTS:
        return TOOL_EXIT_INPUT;
    case COMMUNITY_NO_MEMORY:
    case COMMUNITY_CONFLICT:
    case COMMUNITY_BUSY:
    case COMMUNITY_IO:
    case COMMUNITY_CORRUPT:
    case COMMUNITY_TOO_NEW:
    case COMMUNITY_CANCELLED:
    case COMMUNITY_FORKED:
        return TOOL_EXIT_WORLD;
    }
    return TOOL_EXIT_WORLD;
}

static void add_place(struct tool_bytes *line, const struct community_error *err)
{
    if (err->source[0] == '\0' && err->line == 0) {
        return;
    }
    tool_bytes_add_shown(line, tool_text(err->source));
    if (err->line > 0) {
        tool_bytes_format(line, "%s%u:%u", err->source[0] ? ":" : "", (unsigned)err->line,
                          (unsigned)err->column);
    }
    tool_bytes_add_string(line, ": ");
}

enum tool_exit tool_fail(const struct tool *tool, const struct community_error *err)
{
    struct tool_bytes line = {0};
    tool_bytes_add_string(&line, "community: ");
    add_place(&line, err);
    const char *code = err->code[0] ? err->code : community_status_name(err->status);
    tool_bytes_format(&line, "%s: ", code);
    tool_bytes_add_shown(&line, tool_text(tool_error_message(tool, err)));
    tool_bytes_add_byte(&line, '\n');
    (void)fflush(stdout);
    tool_put(stderr, tool_bytes_text(&line));
    tool_bytes_free(&line);
    return tool_exit_of(err->status);
}

enum tool_exit tool_misused(const struct tool *tool, const char *en, const char *zh)
{
    (void)fprintf(stderr, "community: %s\n%s: community %s %s\n", tool_say(tool, en, zh),
                  tool_say(tool, "usage", "用法"), tool->verb->name, tool->verb->usage);
    return TOOL_EXIT_INPUT;
}

enum tool_exit tool_fail_output(const struct tool *tool)
{
    if (errno != EPIPE) {
        struct community_error err = {0};
        tool_error_of_file(&err, "stdout", errno);
        tool_fail(tool, &err);
    }
    return TOOL_EXIT_WORLD;
}

enum tool_exit tool_print(const struct tool *tool, struct tool_bytes *out, enum tool_exit then)
{
    enum tool_exit code = then;
    if (out->failed) {
        struct community_error err = {0};
        tool_error_no_memory(&err);
        code = tool_fail(tool, &err);
    } else if (!tool_put(stdout, tool_bytes_text(out)) || fflush(stdout) != 0) {
        code = tool_fail_output(tool);
    }
    tool_bytes_free(out);
    return code;
}

static bool read_stream(struct tool_bytes *bytes, FILE *stream, const char *path, size_t size_max,
                        struct community_error *err)
{
    char block[16 * 1024];
    for (;;) {
        size_t size = fread(block, 1, sizeof block, stream);
        tool_bytes_add(bytes, (struct community_text){.data = block, .size = size});
        if (bytes->failed) {
            tool_error_no_memory(err);
            return false;
        }
        if (bytes->size > size_max) {
            tool_error_set(err, COMMUNITY_INVALID, "file-too-large", "The file is too large.",
                           "文件过大。");
            tool_error_place(err, path, 0, 0);
            return false;
        }
        if (size < sizeof block) {
            break;
        }
    }
    if (ferror(stream)) {
        tool_error_of_file(err, path, errno);
        return false;
    }
    return true;
}

bool tool_read_file(struct tool_bytes *bytes_out, const char *path, size_t size_max,
                    struct community_error *err)
{
    if (strcmp(path, "-") == 0) {
        return read_stream(bytes_out, stdin, "-", size_max, err);
    }
    FILE *file = fopen(path, "rb");
    if (!file) {
        tool_error_of_file(err, path, errno);
        return false;
    }
    bool is_read = read_stream(bytes_out, file, path, size_max, err);
    (void)fclose(file);
    return is_read;
}

bool tool_load_rulebook(struct community_rulebook **rulebook_out, const char *path,
                        struct community_error *err)
{
    enum { RULEBOOK_SIZE_MAX = 64 * 1024 * 1024 };
    struct tool_bytes text = {0};
    bool is_loaded = tool_read_file(&text, path, RULEBOOK_SIZE_MAX, err) &&
                     community_rulebook_load(rulebook_out, tool_bytes_text(&text), tool_text(path),
                                             NULL, err) == COMMUNITY_OK;
    tool_bytes_free(&text);
    return is_loaded;
}

static community_time_ms said_clock(void *userdata)
{
    const struct tool *tool = userdata;
    return tool->clock;
}

bool tool_open_desk(const struct tool *tool, struct community_desk **desk_out, uint32_t flags,
                    struct community_error *err)
{
    struct community_desk_configuration configuration = {
        .size = sizeof configuration,
        .flags = flags,
    };
    if (tool->has_clock) {
        configuration.now = said_clock;
        /* The clock only reads it. */
        union {
            const struct tool *given;
            void *passed;
        } userdata = {.given = tool};
        configuration.now_userdata = userdata.passed;
    }
    const char *uri = tool_position(tool, 0);
    if (community_desk_open(desk_out, tool_text(uri), &configuration, err) != COMMUNITY_OK) {
        tool_error_place(err, uri, 0, 0);
        return false;
    }
    return true;
}

bool tool_option_time(const struct tool *tool, const char *name, community_time_ms *time_out,
                      struct community_error *err)
{
    const char *value = tool_option_value(tool, name);
    *time_out = COMMUNITY_TIME_NOW;
    return !value || community_time_parse(time_out, tool_text(value), err) == COMMUNITY_OK;
}

bool tool_option_number(const struct tool *tool, const char *name, int64_t least, int64_t most,
                        int64_t otherwise, int64_t *number_out, struct community_error *err)
{
    const char *value = tool_option_value(tool, name);
    *number_out = otherwise;
    if (!value) {
        return true;
    }
    char *end = NULL;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    bool is_plain = value[0] >= '0' && value[0] <= '9' && *end == '\0' && errno == 0;
    if (!is_plain || number < least || number > most) {
        tool_error_about(err, COMMUNITY_INVALID, "bad-usage", "This number cannot be used: %s.",
                         "该数值无法使用：%s。", value);
        return false;
    }
    *number_out = number;
    return true;
}

void tool_add_emphasis(const struct tool *tool, struct tool_bytes *out, enum tool_emphasis emphasis)
{
    static const char *const codes[] = {
        [TOOL_PLAIN] = "\033[0m",
        [TOOL_STRONG] = "\033[1m",
        [TOOL_GOOD] = "\033[32m",
        [TOOL_BAD] = "\033[31m",
    };
    if (tool->has_colour) {
        tool_bytes_add_string(out, codes[emphasis]);
    }
}

static volatile sig_atomic_t stop_was_asked;

static void ask_to_stop(int signal_number)
{
    (void)signal_number;
    stop_was_asked = 1;
}

void tool_listen_for_stop(void)
{
    /* A second Ctrl-C ends the program at once: whatever was committed is safe. */
    struct sigaction action = {.sa_handler = ask_to_stop, .sa_flags = SA_RESTART};
    action.sa_flags |= (int)SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool tool_should_stop(void)
{
    return stop_was_asked != 0;
}

int tool_progress_show(void *userdata, int64_t done, int64_t total)
{
    struct tool_progress *progress = userdata;
    if (isatty(STDERR_FILENO)) {
        progress->is_shown = true;
        if (total > 0) {
            (void)fprintf(stderr, "\r%lld / %lld (%d %%) ", (long long)done, (long long)total,
                          (int)((double)done * 100.0 / (double)total));
        } else {
            (void)fprintf(stderr, "\r%lld ", (long long)done);
        }
        (void)fflush(stderr);
    }
    return tool_should_stop();
}

void tool_progress_end(struct tool_progress *progress)
{
    if (progress->is_shown) {
        (void)fputs("\r\033[K", stderr);
    }
}
