/* SPDX-License-Identifier: Apache-2.0
 *
 * The verbs that are there. community.c lists all that there will be. */
#ifndef TOOL_VERBS_H
#define TOOL_VERBS_H

#include "tool.h"

enum tool_exit tool_verb_check(struct tool *tool);
enum tool_exit tool_verb_due(struct tool *tool);
enum tool_exit tool_verb_init(struct tool *tool);
enum tool_exit tool_verb_install(struct tool *tool);
enum tool_exit tool_verb_submit(struct tool *tool);
enum tool_exit tool_verb_preview(struct tool *tool);
enum tool_exit tool_verb_show(struct tool *tool);
enum tool_exit tool_verb_list(struct tool *tool);
enum tool_exit tool_verb_options(struct tool *tool);
enum tool_exit tool_verb_tick(struct tool *tool);
enum tool_exit tool_verb_outbox(struct tool *tool);
enum tool_exit tool_verb_summary(struct tool *tool);
enum tool_exit tool_verb_verify(struct tool *tool);
enum tool_exit tool_verb_backup(struct tool *tool);
enum tool_exit tool_verb_import(struct tool *tool);
enum tool_exit tool_verb_story(struct tool *tool);

/* `community help`, of everything or of one verb (which may be NULL). */
enum tool_exit tool_print_help(const struct tool *tool, const struct tool_verb *verb);
extern const struct tool_option tool_common_options[];

#endif
