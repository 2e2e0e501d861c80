/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of a stream. */
#include "read_lines.h"

enum tool_line tool_read_line(struct tool_bytes *line, FILE *stream, size_t size_max)
{
    tool_bytes_clear(line);
    size_t size = 0;
    int byte = getc_unlocked(stream);
    if (byte == EOF) {
        return ferror(stream) ? TOOL_LINE_FAILED : TOOL_LINE_END;
    }
    for (; byte != EOF && byte != '\n'; byte = getc_unlocked(stream)) {
        if (++size <= size_max) {
            tool_bytes_add_byte(line, (char)byte);
        }
    }
    if (ferror(stream) || line->failed) {
        return TOOL_LINE_FAILED;
    }
    return size > size_max ? TOOL_LINE_TOO_LONG : TOOL_LINE_READ;
}

bool tool_line_is_blank(struct community_text line)
{
    for (size_t index = 0; index < line.size; index++) {
        char byte = line.data[index];
        if (byte != ' ' && byte != '\t' && byte != '\r') {
            return false;
        }
    }
    return true;
}
