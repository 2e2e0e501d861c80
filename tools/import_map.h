/* SPDX-License-Identifier: Apache-2.0
 *
 * The map of an import: which column becomes what. docs/formats.md describes the file. */
#ifndef TOOL_IMPORT_MAP_H
#define TOOL_IMPORT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community.h"
#include "import_csv.h"
#include "json_input.h"

enum { TOOL_IMPORT_NO_COLUMN = -1 };

enum tool_import_as {
    TOOL_IMPORT_TEXT,
    TOOL_IMPORT_TIME,
    TOOL_IMPORT_INTEGER,
    TOOL_IMPORT_BOOLEAN
};

/* One value of a command, from a column or constant. */
struct tool_import_value {
    struct community_text name;         /* of the field or input */
    const struct tool_json_node *place; /* in the map, for errors */
    struct community_text column_name;
    int32_t column; /* TOOL_IMPORT_NO_COLUMN: constant */
    uint8_t as;     /* enum tool_import_as */
    const struct tool_json_node *constant;
    const struct tool_json_node *values;    /* "map": what a cell becomes; NULL: itself */
    const struct tool_json_node *otherwise; /* for cells that "map" has not; NULL: reject the row */
};

enum { TOOL_IMPORT_VALUE_COUNT_MAX = 128, TOOL_IMPORT_STEP_COUNT_MAX = 32 };

struct tool_import_step {
    struct community_text command;
    struct tool_import_value at;
    struct tool_import_value when;
    const struct tool_json_node *when_is; /* a text or a list of texts; NULL: not empty */
    size_t value_count;
    struct tool_import_value values[TOOL_IMPORT_VALUE_COUNT_MAX];
};

enum tool_import_recorded { TOOL_IMPORT_AS_OCCURRED, TOOL_IMPORT_NOW, TOOL_IMPORT_COLUMN };

/* Everything is borrowed from `input`. Large: keep it on the heap. */
struct tool_import_map {
    struct tool_json_input input;
    struct community_text lifecycle;
    struct community_text actor;
    struct community_text time_format; /* {NULL, 0}: RFC 3339 */
    struct community_zone *zone;       /* NULL with RFC 3339 */
    struct tool_import_value external_id;
    uint8_t recorded; /* enum tool_import_recorded */
    struct tool_import_value recorded_at;
    struct tool_import_step open;
    size_t step_count;
    struct tool_import_step steps[TOOL_IMPORT_STEP_COUNT_MAX];
};

/* `map` is zeroed; `document` outlives it. Close it in any case. */
bool tool_import_map_read(struct tool_import_map *map, struct community_text document,
                          const char *path, struct community_error *err);
/* Finds the columns in the header, which is the row that `csv` has just read. */
bool tool_import_map_bind(struct tool_import_map *map, const struct tool_csv *csv,
                          struct community_error *err);
void tool_import_map_close(struct tool_import_map *map);

/* The instant in a cell. */
bool tool_import_map_time(const struct tool_import_map *map, struct community_text cell,
                          community_time_ms *time_out);

#endif
