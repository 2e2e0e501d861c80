/* SPDX-License-Identifier: Apache-2.0
 *
 * What every verb of the command shares: its arguments, how it speaks, how it ends. */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "community.h"
#include "options.h"
#include "output_text.h"
#include "tool_error.h"

/* The exit codes of every verb. */
enum tool_exit {
    TOOL_EXIT_YES = 0,   /* yes, or done */
    TOOL_EXIT_NO = 1,    /* the answer is no: refused, a finding, a difference, not whole */
    TOOL_EXIT_INPUT = 2, /* bad usage or bad input */
    TOOL_EXIT_WORLD = 3, /* the world failed: disk, memory, a locked store, an interrupt */
};

struct tool;

struct tool_verb {
    const char *name;
    const char *usage; /* behind the name */
    const char *en;    /* what it does, in one line */
    const char *zh;
    const char *more_en; /* the rest of its help; may be NULL */
    const char *more_zh;
    size_t position_count_min;
    size_t position_count_max;
    bool uses_desk;                           /* takes --clock */
    const struct tool_option *options;        /* may be NULL */
    enum tool_exit (*run)(struct tool *tool); /* NULL: not in this version */
};

extern const struct tool_verb tool_verbs[]; /* in the order of the help; ends with a NULL name */

struct tool {
    const struct tool_verb *verb;
    struct tool_arguments arguments;
    bool is_json;
    bool is_chinese;
    bool has_colour; /* of stdout */
    bool has_clock;
    community_time_ms clock; /* what the machine's clock is said to show */
};

/* Of two sentences the one in the user's language. */
const char *tool_say(const struct tool *tool, const char *en, const char *zh);
const char *tool_error_message(const struct tool *tool, const struct community_error *err);
/* The position's word, NULL when it was not given. */
const char *tool_position(const struct tool *tool, size_t index);
const char *tool_option_value(const struct tool *tool, const char *name);
bool tool_is_given(const struct tool *tool, const char *name);

/* The exit code that a status means. */
enum tool_exit tool_exit_of(int32_t status);
/* Says the error on stderr and answers its exit code. */
enum tool_exit tool_fail(const struct tool *tool, const struct community_error *err);
/* Bad usage: the sentence and how the verb is called. */
enum tool_exit tool_misused(const struct tool *tool, const char *en, const char *zh);
/* Writes `out` to stdout and answers `then`; COMMUNITY_EXIT_WORLD where memory had run out or
 * stdout cannot be written. Frees `out`. */
enum tool_exit tool_print(const struct tool *tool, struct tool_bytes *out, enum tool_exit then);
/* stdout refused to be written: quiet when its reader has gone. */
enum tool_exit tool_fail_output(const struct tool *tool);

/* Whole files, at most `size_max` bytes; "-" is stdin. */
bool tool_read_file(struct tool_bytes *bytes_out, const char *path, size_t size_max,
                    struct community_error *err);
/* A rulebook from a file. */
bool tool_load_rulebook(struct community_rulebook **rulebook_out, const char *path,
                        struct community_error *err);
/* The desk of the first position, with --clock if it was given. */
bool tool_open_desk(const struct tool *tool, struct community_desk **desk_out, uint32_t flags,
                    struct community_error *err);
/* A time given as an option, COMMUNITY_TIME_NOW when it was not. */
bool tool_option_time(const struct tool *tool, const char *name, community_time_ms *time_out,
                      struct community_error *err);
/* A whole number from `least` to `most`, `otherwise` when it was not given. */
bool tool_option_number(const struct tool *tool, const char *name, int64_t least, int64_t most,
                        int64_t otherwise, int64_t *number_out, struct community_error *err);

/* Emphasis on a terminal, nothing elsewhere. */
enum tool_emphasis { TOOL_PLAIN, TOOL_STRONG, TOOL_GOOD, TOOL_BAD };
void tool_add_emphasis(const struct tool *tool, struct tool_bytes *out,
                       enum tool_emphasis emphasis);

/* A progress callback for tick, verify and backup: a line on stderr when that is a terminal. Its
 * userdata is a struct tool_progress; call tool_progress_end when the call is over. */
struct tool_progress {
    const struct tool *tool;
    bool is_shown;
};
int tool_progress_show(void *userdata, int64_t done, int64_t total);
void tool_progress_end(struct tool_progress *progress);
/* Whether the user has asked to stop (SIGINT, SIGTERM) since tool_listen_for_stop. */
void tool_listen_for_stop(void);
bool tool_should_stop(void);

#endif
