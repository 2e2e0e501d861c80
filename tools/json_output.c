/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing one line of JSON. */
#include "json_output.h"

#include <inttypes.h>
#include <string.h>

static void put_quoted(struct tool_bytes *json, struct community_text text)
{
    tool_bytes_add_byte(json, '"');
    while (text.size > 0) {
        uint32_t character = 0;
        size_t size = tool_utf8_next(text, &character);
        if (size == 0) {
            tool_bytes_add_string(json, "\xEF\xBF\xBD");
            size = 1;
        } else if (character == '"' || character == '\\') {
            tool_bytes_add_byte(json, '\\');
            tool_bytes_add_byte(json, (char)character);
        } else if (character < 0x20) {
            tool_bytes_format(json, "\\u%04" PRIx32, character);
        } else {
            tool_bytes_add(json, (struct community_text){.data = text.data, .size = size});
        }
        text.data += size;
        text.size -= size;
    }
    tool_bytes_add_byte(json, '"');
}

static void begin(struct tool_bytes *json, const char *name)
{
    if (json->size > 0 && !strchr("{[\n", json->data[json->size - 1])) {
        tool_bytes_add_byte(json, ',');
    }
    if (name) {
        put_quoted(json, tool_text(name));
        tool_bytes_add_byte(json, ':');
    }
}

void tool_json_open_object(struct tool_bytes *json, const char *name)
{
    begin(json, name);
    tool_bytes_add_byte(json, '{');
}

void tool_json_close_object(struct tool_bytes *json)
{
    tool_bytes_add_byte(json, '}');
}

void tool_json_open_array(struct tool_bytes *json, const char *name)
{
    begin(json, name);
    tool_bytes_add_byte(json, '[');
}

void tool_json_close_array(struct tool_bytes *json)
{
    tool_bytes_add_byte(json, ']');
}

void tool_json_put_text(struct tool_bytes *json, const char *name, struct community_text text)
{
    begin(json, name);
    put_quoted(json, text);
}

void tool_json_put_integer(struct tool_bytes *json, const char *name, int64_t number)
{
    begin(json, name);
    tool_bytes_format(json, "%" PRId64, number);
}

void tool_json_put_boolean(struct tool_bytes *json, const char *name, bool value)
{
    begin(json, name);
    tool_bytes_add_string(json, value ? "true" : "false");
}

void tool_json_put_null(struct tool_bytes *json, const char *name)
{
    begin(json, name);
    tool_bytes_add_string(json, "null");
}

void tool_json_put_raw(struct tool_bytes *json, const char *name, struct community_text raw)
{
    begin(json, name);
    tool_bytes_add(json, raw);
}
