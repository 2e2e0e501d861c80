/* SPDX-License-Identifier: Apache-2.0
 *
 * Times and counted days as people read them. */
#ifndef TOOL_PRINT_DAYS_H
#define TOOL_PRINT_DAYS_H

#include "community/types.h"
#include "json_input.h"
#include "tool.h"

/* "2026-06-01T09:00:00+08:00" as "2026-06-01 09:00:00 +08:00"; anything else as it is. */
void tool_add_time(struct tool_bytes *out, struct community_text time);
/* The list of {"date", "reason"} in few lines: days of one kind that follow each other are one. */
void tool_add_days(const struct tool *tool, struct tool_bytes *out,
                   const struct tool_json_node *days, const char *indent);

/* Whether the deadline is running and past, also where no tick has said so yet. */
bool tool_deadline_is_overdue(const struct tool_json_node *deadline, community_time_ms now);

#endif
