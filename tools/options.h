/* SPDX-License-Identifier: Apache-2.0
 *
 * The arguments of a verb: positions and options. */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "community/status.h"

/* An option of a verb; a list of them ends with a NULL name. */
struct tool_option {
    const char *name;  /* without "--" */
    const char *value; /* what stands for its value in the help; NULL: a flag */
    const char *en;
    const char *zh;
    bool is_hidden; /* documented, but not in the list of the help */
};

struct tool_given {
    const struct tool_option *option;
    const char *value; /* "" for a flag */
};

struct tool_arguments {
    size_t position_count;
    const char **positions;
    size_t given_count;
    struct tool_given *given;
};

/* Sorts argv into positions and options: "--name value", "--name=value", "--" ends the options,
 * "-" is a position. Options are those of `own` and `common`. Errors: COMMUNITY_INVALID unknown,
 * without its value, or given twice; COMMUNITY_NO_MEMORY. Free it in any case. */
bool tool_arguments_read(struct tool_arguments *arguments, int argc, char **argv,
                         const struct tool_option *own, const struct tool_option *common,
                         struct community_error *err);
void tool_arguments_free(struct tool_arguments *arguments);
/* NULL when it was not given. */
const char *tool_arguments_option(const struct tool_arguments *arguments, const char *name);

#endif
