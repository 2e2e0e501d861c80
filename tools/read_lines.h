/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of a stream, each bounded. */
#ifndef TOOL_READ_LINES_H
#define TOOL_READ_LINES_H

#include <stdio.h>

#include "output_text.h"

enum tool_line { TOOL_LINE_READ, TOOL_LINE_TOO_LONG, TOOL_LINE_END, TOOL_LINE_FAILED };

/* The next line without its end. Of one that is longer than `size_max` nothing is kept, and the
 * stream stands behind it. TOOL_LINE_FAILED: the stream (ferror) or memory (line->failed). */
enum tool_line tool_read_line(struct tool_bytes *line, FILE *stream, size_t size_max);
bool tool_line_is_blank(struct community_text line);

#endif
