/* SPDX-License-Identifier: Apache-2.0
 *
 * Stories: a rulebook, commands, and what is expected of each. */
#ifndef TOOL_STORY_H
#define TOOL_STORY_H

#include "community.h"
#include "json_input.h"
#include "tool.h"

enum tool_story_end {
    TOOL_STORY_PASSED,
    TOOL_STORY_FAILED, /* see where, expected, found */
    TOOL_STORY_BROKEN, /* story or rulebook cannot be used, or the world failed: see error */
};

/* Where a story went another way. Zero it before the first use. */
struct tool_difference {
    bool is_setup;
    size_t step; /* from 1 */
    struct tool_bytes expected;
    struct tool_bytes found;
};
void tool_difference_free(struct tool_difference *difference);

/* Plays one story of a file on a desk in memory, whose clock stands at each step's "at". */
enum tool_story_end tool_story_play(const struct tool_json_input *input,
                                    const struct tool_json_node *story,
                                    struct tool_difference *difference,
                                    struct community_error *err);
/* Whether the story is written as stories are. */
bool tool_story_is_good(const struct tool_json_input *input, const struct tool_json_node *story,
                        struct community_error *err);

/* Compares a record as `actor` sees it with "expect". False: see the difference, or the error. */
bool tool_story_compare(struct community_desk *desk, struct community_text record,
                        struct community_text actor, const struct tool_json_node *expect,
                        struct tool_difference *difference, struct community_error *err);
bool tool_expect_is_good(const struct tool_json_input *input, const struct tool_json_node *expect,
                         struct community_error *err);

#endif
