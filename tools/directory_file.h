/* SPDX-License-Identifier: Apache-2.0
 *
 * A directory file, {"units": [...], "people": [...], "grants": [...]}, put into a desk. */
#ifndef TOOL_DIRECTORY_FILE_H
#define TOOL_DIRECTORY_FILE_H

#include "community.h"
#include "json_input.h"

/* Whether the file has the right shape, before any desk is made. `document` outlives `input`. */
bool tool_directory_read(struct tool_json_input *input, struct community_text document,
                         const char *path, struct community_error *err);
/* Puts all of it in one transaction, or nothing. A refusal is an error here, with its place. */
bool tool_directory_put(struct community_desk *desk, const struct tool_json_input *input,
                        struct community_text actor, struct community_error *err);

#endif
