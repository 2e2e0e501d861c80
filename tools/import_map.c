/* SPDX-License-Identifier: Apache-2.0
 *
 * The map of an import. */
#include "import_map.h"

#include "import_time.h"
#include "tool_error.h"

static bool complain(const struct tool_import_map *map, const struct tool_json_node *node,
                     struct community_error *err, const char *en, const char *zh)
{
    tool_json_complain(&map->input, node, err, "import-map", en, zh);
    return false;
}

static bool read_as(const struct tool_import_map *map, const struct tool_json_node *node,
                    struct tool_import_value *value, struct community_error *err)
{
    static const struct {
        const char *name;
        uint8_t as;
    } known[] = {
        {"text", TOOL_IMPORT_TEXT},      {"code", TOOL_IMPORT_TEXT},
        {"unit", TOOL_IMPORT_TEXT},      {"person", TOOL_IMPORT_TEXT},
        {"choice", TOOL_IMPORT_TEXT},    {"decimal", TOOL_IMPORT_TEXT},
        {"date", TOOL_IMPORT_TEXT},      {"record", TOOL_IMPORT_TEXT},
        {"duration", TOOL_IMPORT_TEXT},  {"time", TOOL_IMPORT_TIME},
        {"int", TOOL_IMPORT_INTEGER},    {"integer", TOOL_IMPORT_INTEGER},
        {"amount", TOOL_IMPORT_INTEGER}, {"rating", TOOL_IMPORT_INTEGER},
        {"bool", TOOL_IMPORT_BOOLEAN},   {"boolean", TOOL_IMPORT_BOOLEAN},
    };
    const struct tool_json_node *as = tool_json_member(node, "as");
    if (!as) {
        return true;
    }
    for (size_t index = 0; index < sizeof known / sizeof known[0]; index++) {
        if (tool_json_is(as, TOOL_JSON_STRING) && tool_text_is(as->text, known[index].name)) {
            value->as = known[index].as;
            return true;
        }
    }
    return complain(map, as, err, "There is no such type.", "没有这种类型。");
}

static bool is_scalar(const struct tool_json_node *node)
{
    return node->kind < TOOL_JSON_ARRAY;
}

static bool read_values(const struct tool_import_map *map, const struct tool_json_node *node,
                        struct tool_import_value *value, struct community_error *err)
{
    value->values = tool_json_member(node, "map");
    value->otherwise = tool_json_member(node, "otherwise");
    if (value->otherwise && !value->values) {
        return complain(map, value->otherwise, err, "This needs a \"map\" beside it.",
                        "须与“map”一同使用。");
    }
    if (!value->values) {
        return true;
    }
    if (value->values->kind != TOOL_JSON_OBJECT) {
        return complain(map, value->values, err, "This must be an object.", "此处须为对象。");
    }
    if (value->otherwise && !is_scalar(value->otherwise)) {
        return complain(map, value->otherwise, err, "This must be one plain value.",
                        "此处须为单个值。");
    }
    for (const struct tool_json_node *to = value->values->first; to; to = to->next) {
        if (!is_scalar(to)) {
            return complain(map, to, err, "This must be one plain value.", "此处须为单个值。");
        }
    }
    return true;
}

/* A column's name, or an object with "column" or "constant". */
static bool read_value(const struct tool_import_map *map, const struct tool_json_node *node,
                       struct tool_import_value *value, struct community_error *err)
{
    static const char *const members[] = {"column", "as", "map", "otherwise", NULL};
    static const char *const constant_members[] = {"constant", NULL};
    *value = (struct tool_import_value){
        .name = node->name,
        .place = node,
        .column = TOOL_IMPORT_NO_COLUMN,
    };
    if (node->kind == TOOL_JSON_STRING && node->text.size > 0) {
        value->column_name = node->text;
        return true;
    }
    if (node->kind != TOOL_JSON_OBJECT) {
        return complain(map, node, err, "This must be a column's name or an object.",
                        "此处须为列名或对象。");
    }
    value->constant = tool_json_member(node, "constant");
    if (value->constant) {
        return tool_json_expect_object(&map->input, node, constant_members, err);
    }
    return tool_json_expect_object(&map->input, node, members, err) &&
           tool_json_expect_text(&map->input, node, "column", true, &value->column_name, err) &&
           read_as(map, node, value, err) && read_values(map, node, value, err);
}

static bool read_value_list(const struct tool_import_map *map, const struct tool_json_node *list,
                            struct tool_import_step *step, struct community_error *err)
{
    if (!list) {
        return true;
    }
    if (list->kind != TOOL_JSON_OBJECT) {
        return complain(map, list, err, "This must be an object.", "此处须为对象。");
    }
    if (list->count > TOOL_IMPORT_VALUE_COUNT_MAX) {
        return complain(map, list, err, "There are too many fields.", "字段过多。");
    }
    for (const struct tool_json_node *node = list->first; node; node = node->next) {
        if (!read_value(map, node, &step->values[step->value_count++], err)) {
            return false;
        }
    }
    return true;
}

/* A time's column: a name alone. */
static bool read_column(const struct tool_import_map *map, const struct tool_json_node *object,
                        const char *name, struct tool_import_value *value,
                        struct community_error *err)
{
    *value = (struct tool_import_value){.column = TOOL_IMPORT_NO_COLUMN, .place = object};
    if (!tool_json_expect_text(&map->input, object, name, true, &value->column_name, err)) {
        return false;
    }
    value->place = tool_json_member(object, name);
    return true;
}

static bool read_open(struct tool_import_map *map, struct community_error *err)
{
    static const char *const members[] = {"at", "fields", NULL};
    const struct tool_json_node *node = tool_json_member(map->input.root, "open");
    if (!node) {
        return complain(map, map->input.root, err, "The member \"open\" is missing.",
                        "缺少成员“open”。");
    }
    map->open.command = tool_text("open");
    return tool_json_expect_object(&map->input, node, members, err) &&
           read_column(map, node, "at", &map->open.at, err) &&
           read_value_list(map, tool_json_member(node, "fields"), &map->open, err);
}

static bool read_when_is(const struct tool_import_map *map, const struct tool_json_node *node,
                         struct tool_import_step *step, struct community_error *err)
{
    step->when_is = tool_json_member(node, "is");
    bool is_good = tool_json_is(step->when_is, TOOL_JSON_STRING);
    if (tool_json_is(step->when_is, TOOL_JSON_ARRAY)) {
        is_good = step->when_is->count > 0;
        for (const struct tool_json_node *item = step->when_is->first; item; item = item->next) {
            is_good &= item->kind == TOOL_JSON_STRING;
        }
    }
    return is_good || complain(map, node, err, "\"is\" must be a text or a list of texts.",
                               "“is”须为文本或文本列表。");
}

static bool read_when(const struct tool_import_map *map, const struct tool_json_node *object,
                      struct tool_import_step *step, struct community_error *err)
{
    static const char *const members[] = {"column", "is", NULL};
    const struct tool_json_node *node = tool_json_member(object, "when");
    if (!node) {
        step->when = step->at;
        return true;
    }
    if (node->kind == TOOL_JSON_STRING) {
        return read_column(map, object, "when", &step->when, err);
    }
    return tool_json_expect_object(&map->input, node, members, err) &&
           read_column(map, node, "column", &step->when, err) && read_when_is(map, node, step, err);
}

static bool read_step(struct tool_import_map *map, const struct tool_json_node *node,
                      struct community_error *err)
{
    static const char *const members[] = {"command", "at", "when", "data", NULL};
    struct tool_import_step *step = &map->steps[map->step_count++];
    return tool_json_expect_object(&map->input, node, members, err) &&
           tool_json_expect_text(&map->input, node, "command", true, &step->command, err) &&
           read_column(map, node, "at", &step->at, err) && read_when(map, node, step, err) &&
           read_value_list(map, tool_json_member(node, "data"), step, err);
}

static bool read_steps(struct tool_import_map *map, struct community_error *err)
{
    const struct tool_json_node *list = tool_json_member(map->input.root, "steps");
    if (!list) {
        return true;
    }
    if (list->kind != TOOL_JSON_ARRAY || list->count > TOOL_IMPORT_STEP_COUNT_MAX) {
        return complain(map, list, err, "This must be a list of at most 32 steps.",
                        "此处须为不超过 32 步的列表。");
    }
    for (const struct tool_json_node *node = list->first; node; node = node->next) {
        if (!read_step(map, node, err)) {
            return false;
        }
    }
    return true;
}

static bool read_recorded(struct tool_import_map *map, struct community_error *err)
{
    static const char *const members[] = {"column", NULL};
    const struct tool_json_node *node = tool_json_member(map->input.root, "recorded_at");
    if (tool_json_is(node, TOOL_JSON_STRING) && tool_text_is(node->text, "as occurred")) {
        map->recorded = TOOL_IMPORT_AS_OCCURRED;
        return true;
    }
    if (tool_json_is(node, TOOL_JSON_STRING) && tool_text_is(node->text, "now")) {
        map->recorded = TOOL_IMPORT_NOW;
        return true;
    }
    if (tool_json_is(node, TOOL_JSON_OBJECT)) {
        map->recorded = TOOL_IMPORT_COLUMN;
        return tool_json_expect_object(&map->input, node, members, err) &&
               read_column(map, node, "column", &map->recorded_at, err);
    }
    return complain(map, node ? node : map->input.root, err,
                    "\"recorded_at\" must be \"as occurred\", \"now\" or {\"column\": …}.",
                    "“recorded_at”须为 \"as occurred\"、\"now\" 或 {\"column\": …}。");
}

static bool read_time(struct tool_import_map *map, struct community_error *err)
{
    const struct tool_json_node *root = map->input.root;
    struct community_text format = {0};
    struct community_text zone = {0};
    if (!tool_json_expect_text(&map->input, root, "time", true, &format, err)) {
        return false;
    }
    if (tool_text_is(format, "rfc3339")) {
        return true;
    }
    if (!tool_import_format_is_good(format)) {
        return complain(map, tool_json_member(root, "time"), err,
                        "The format needs %Y, %m and %d, and knows %H %I %M %S %p %%.",
                        "格式须含 %Y、%m、%d，并可用 %H %I %M %S %p %%。");
    }
    if (!tool_json_expect_text(&map->input, root, "zone", true, &zone, err)) {
        return false;
    }
    map->time_format = format;
    struct community_error found = {0};
    if (community_zone_open(&map->zone, zone, NULL, &found) == COMMUNITY_OK) {
        return true;
    }
    if (found.status == COMMUNITY_NO_MEMORY || found.status == COMMUNITY_IO) {
        *err = found;
        return false;
    }
    return complain(map, tool_json_member(root, "zone"), err, "There is no such time zone.",
                    "没有这个时区。");
}

bool tool_import_map_read(struct tool_import_map *map, struct community_text document,
                          const char *path, struct community_error *err)
{
    static const char *const members[] = {"map",         "lifecycle",   "actor", "zone",  "time",
                                          "external_id", "recorded_at", "open",  "steps", NULL};
    if (!tool_json_read(&map->input, document, path, err)) {
        return false;
    }
    const struct tool_json_node *root = map->input.root;
    return tool_json_expect_object(&map->input, root, members, err) &&
           tool_json_expect_text(&map->input, root, "lifecycle", true, &map->lifecycle, err) &&
           tool_json_expect_text(&map->input, root, "actor", true, &map->actor, err) &&
           read_time(map, err) && read_column(map, root, "external_id", &map->external_id, err) &&
           read_recorded(map, err) && read_open(map, err) && read_steps(map, err);
}

static bool bind_value(const struct tool_import_map *map, const struct tool_csv *csv,
                       struct tool_import_value *value, struct community_error *err)
{
    if (!value->column_name.data) {
        return true;
    }
    for (size_t index = 0; index < csv->field_count; index++) {
        if (!tool_text_equals(tool_csv_field(csv, index), value->column_name)) {
            continue;
        }
        if (value->column != TOOL_IMPORT_NO_COLUMN) {
            return complain(map, value->place, err, "The file has two columns of this name.",
                            "文件中有两列同名。");
        }
        value->column = (int32_t)index;
    }
    return value->column != TOOL_IMPORT_NO_COLUMN ||
           complain(map, value->place, err, "The file has no column of this name.",
                    "文件中没有这一列。");
}

static bool bind_step(const struct tool_import_map *map, const struct tool_csv *csv,
                      struct tool_import_step *step, struct community_error *err)
{
    if (!bind_value(map, csv, &step->at, err) || !bind_value(map, csv, &step->when, err)) {
        return false;
    }
    for (size_t index = 0; index < step->value_count; index++) {
        if (!bind_value(map, csv, &step->values[index], err)) {
            return false;
        }
    }
    return true;
}

bool tool_import_map_bind(struct tool_import_map *map, const struct tool_csv *csv,
                          struct community_error *err)
{
    if (!bind_value(map, csv, &map->external_id, err) ||
        !bind_value(map, csv, &map->recorded_at, err) || !bind_step(map, csv, &map->open, err)) {
        return false;
    }
    for (size_t index = 0; index < map->step_count; index++) {
        if (!bind_step(map, csv, &map->steps[index], err)) {
            return false;
        }
    }
    return true;
}

void tool_import_map_close(struct tool_import_map *map)
{
    community_zone_free(map->zone);
    tool_json_close(&map->input);
}

bool tool_import_map_time(const struct tool_import_map *map, struct community_text cell,
                          community_time_ms *time_out)
{
    if (!map->time_format.data) {
        return community_time_parse(time_out, cell, NULL) == COMMUNITY_OK;
    }
    int64_t local = 0;
    if (!tool_import_time_read(cell, map->time_format, &local)) {
        return false;
    }
    *time_out = community_zone_instant(map->zone, local);
    return true;
}
