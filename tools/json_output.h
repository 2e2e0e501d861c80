/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing one line of JSON. Commas come by themselves. */
#ifndef TOOL_JSON_OUTPUT_H
#define TOOL_JSON_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "community/types.h"
#include "output_text.h"

/* `name` is the member's name, or NULL for an item of an array and for the outermost value. */
void tool_json_open_object(struct tool_bytes *json, const char *name);
void tool_json_close_object(struct tool_bytes *json);
void tool_json_open_array(struct tool_bytes *json, const char *name);
void tool_json_close_array(struct tool_bytes *json);
void tool_json_put_text(struct tool_bytes *json, const char *name, struct community_text text);
void tool_json_put_integer(struct tool_bytes *json, const char *name, int64_t number);
void tool_json_put_boolean(struct tool_bytes *json, const char *name, bool value);
void tool_json_put_null(struct tool_bytes *json, const char *name);
/* JSON that somebody else has written. */
void tool_json_put_raw(struct tool_bytes *json, const char *name, struct community_text raw);

#endif
