/* SPDX-License-Identifier: Apache-2.0
 *
 * One row of an import. */
#include "import_row.h"

#include <inttypes.h>

#include "tool.h"
#include "tool_error.h"

void tool_row_reason_set(struct tool_row_reason *reason, const char *code, const char *message)
{
    tool_bytes_clear(&reason->code);
    tool_bytes_clear(&reason->message);
    tool_bytes_add_string(&reason->code, code);
    tool_bytes_add_string(&reason->message, message);
}

void tool_row_reason_free(struct tool_row_reason *reason)
{
    tool_bytes_free(&reason->code);
    tool_bytes_free(&reason->message);
}

/* Rejects the row for what stands in a column. */
static enum tool_row_end reject_cell(struct tool_row_context *context,
                                     const struct tool_import_value *value, const char *code,
                                     const char *en, const char *zh)
{
    struct tool_row_reason *reason = context->reason;
    tool_row_reason_set(reason, code, "");
    tool_bytes_add(&reason->message, value->column_name);
    tool_bytes_add_string(&reason->message, context->is_chinese ? "：" : ": ");
    tool_bytes_add_string(&reason->message, context->is_chinese ? zh : en);
    return TOOL_ROW_REJECTED;
}

/* An error of the library: the world's, or the row's. */
static enum tool_row_end end_of(struct tool_row_context *context,
                                const struct community_error *found, struct community_text step,
                                enum tool_row_end of_row, struct community_error *err)
{
    if (tool_exit_of(found->status) == TOOL_EXIT_WORLD) {
        *err = *found;
        return TOOL_ROW_FAILED;
    }
    struct tool_row_reason *reason = context->reason;
    bool has_code = found->code[0] != '\0';
    tool_row_reason_set(reason, has_code ? found->code : community_status_name(found->status), "");
    tool_bytes_add(&reason->message, step);
    tool_bytes_add_string(&reason->message, context->is_chinese ? "：" : ": ");
    bool has_chinese = found->message_zh[0] != '\0';
    tool_bytes_add_string(&reason->message,
                          context->is_chinese && has_chinese ? found->message_zh : found->message);
    return of_row;
}

static enum tool_row_end reject_refused(struct tool_row_context *context,
                                        struct community_text step,
                                        const struct community_receipt *receipt)
{
    struct tool_row_reason *reason = context->reason;
    tool_row_reason_set(reason, "", "");
    tool_bytes_add(&reason->message, step);
    tool_bytes_add_string(&reason->message, context->is_chinese ? "：" : ": ");
    size_t count = community_receipt_reason_count(receipt);
    for (size_t index = 0; index < count; index++) {
        if (index > 0) {
            tool_bytes_add_byte(&reason->code, ' ');
            tool_bytes_add_byte(&reason->message, ' ');
        }
        tool_bytes_add(&reason->code, community_receipt_reason_code(receipt, index));
        tool_bytes_add(&reason->message, context->is_chinese
                                             ? community_receipt_reason_message_zh(receipt, index)
                                             : community_receipt_reason_message(receipt, index));
    }
    return TOOL_ROW_REJECTED;
}

static struct community_text cell_of(const struct tool_row_context *context,
                                     const struct tool_import_value *value)
{
    return tool_csv_field(context->csv, (size_t)value->column);
}

static bool read_integer(struct community_text cell, int64_t *number_out)
{
    struct tool_json_node node = {.kind = TOOL_JSON_NUMBER, .text = cell};
    bool is_negative = cell.size > 0 && cell.data[0] == '-';
    return cell.size > (size_t)is_negative && tool_json_whole_number(&node, number_out);
}

static bool read_boolean(struct community_text cell, bool *value_out)
{
    *value_out = tool_text_is(cell, "true") || tool_text_is(cell, "1");
    return *value_out || tool_text_is(cell, "false") || tool_text_is(cell, "0");
}

/* A cell as its type says. TOOL_ROW_BROKEN stands for: the library has put it into `found`. */
static enum tool_row_end put_typed(struct tool_row_context *context,
                                   struct community_command *command,
                                   const struct tool_import_value *value,
                                   struct community_text cell, struct community_error *found)
{
    enum community_status status = COMMUNITY_OK;
    if (value->as == TOOL_IMPORT_TIME) {
        community_time_ms time = 0;
        char text[COMMUNITY_TIME_TEXT_SIZE];
        if (!tool_import_map_time(context->map, cell, &time)) {
            return reject_cell(context, value, "import-time",
                               "This is no time in the map's format.",
                               "不符合对应关系所定的时间格式。");
        }
        const struct community_zone *zone = context->map->zone;
        community_time_format(text, time, zone ? community_zone_offset_minutes(zone, time) : 0);
        status = community_command_put_text(command, value->name, tool_text(text), found);
    } else if (value->as == TOOL_IMPORT_INTEGER) {
        int64_t number = 0;
        if (!read_integer(cell, &number)) {
            return reject_cell(context, value, "import-integer", "This is no whole number.",
                               "不是整数。");
        }
        status = community_command_put_integer(command, value->name, number, found);
    } else if (value->as == TOOL_IMPORT_BOOLEAN) {
        bool is_true = false;
        if (!read_boolean(cell, &is_true)) {
            return reject_cell(context, value, "import-boolean", "This is neither true nor false.",
                               "既非 true 也非 false。");
        }
        status = community_command_put_boolean(command, value->name, is_true, found);
    } else {
        status = community_command_put_text(command, value->name, cell, found);
    }
    return status == COMMUNITY_OK ? TOOL_ROW_DONE : TOOL_ROW_BROKEN;
}

static const struct tool_json_node *mapped(const struct tool_import_value *value,
                                           struct community_text cell)
{
    for (const struct tool_json_node *to = value->values->first; to; to = to->next) {
        if (tool_text_equals(to->name, cell)) {
            return to;
        }
    }
    return value->otherwise;
}

/* An empty cell brings nothing. */
static enum tool_row_end put_value(struct tool_row_context *context,
                                   struct community_command *command,
                                   const struct tool_import_value *value,
                                   struct community_error *found)
{
    const struct tool_json_node *constant = value->constant;
    if (!constant) {
        struct community_text cell = cell_of(context, value);
        if (cell.size == 0) {
            return TOOL_ROW_DONE;
        }
        if (!value->values) {
            return put_typed(context, command, value, cell, found);
        }
        constant = mapped(value, cell);
        if (!constant) {
            return reject_cell(context, value, "import-unmapped",
                               "The map has nothing for this value.", "对应关系中没有该取值。");
        }
        if (constant->kind == TOOL_JSON_STRING) {
            return put_typed(context, command, value, constant->text, found);
        }
    }
    enum community_status status =
        community_command_put_json(command, value->name, constant->source, found);
    return status == COMMUNITY_OK ? TOOL_ROW_DONE : TOOL_ROW_BROKEN;
}

static enum tool_row_end put_times(struct tool_row_context *context,
                                   struct community_command *command,
                                   const struct tool_import_step *step)
{
    const struct tool_import_map *map = context->map;
    static const char en[] = "This is no time in the map's format.";
    static const char zh[] = "不符合对应关系所定的时间格式。";
    community_time_ms at = 0;
    if (!tool_import_map_time(map, cell_of(context, &step->at), &at)) {
        return reject_cell(context, &step->at, "import-time", en, zh);
    }
    community_command_set_at(command, at);
    community_time_ms recorded_at = at;
    if (map->recorded == TOOL_IMPORT_COLUMN &&
        !tool_import_map_time(map, cell_of(context, &map->recorded_at), &recorded_at)) {
        return reject_cell(context, &map->recorded_at, "import-time", en, zh);
    }
    if (map->recorded != TOOL_IMPORT_NOW) {
        community_command_set_recorded_at(command, recorded_at);
    }
    return TOOL_ROW_DONE;
}

/* "import/<external id>/<step>": the same for every run over the same source. */
static bool put_key(const struct tool_row_context *context, struct community_command *command,
                    const struct tool_import_step *step, size_t number,
                    struct community_error *found)
{
    struct tool_bytes key = {0};
    tool_bytes_add_string(&key, "import/");
    tool_bytes_add(&key, cell_of(context, &context->map->external_id));
    tool_bytes_add_byte(&key, '/');
    if (number > 0) {
        tool_bytes_format(&key, "%zu-", number);
    }
    tool_bytes_add(&key, step->command);
    bool is_put = false;
    if (key.failed) {
        tool_error_no_memory(found);
    } else {
        is_put = community_command_set_key(command, tool_bytes_text(&key), found) == COMMUNITY_OK;
    }
    tool_bytes_free(&key);
    return is_put;
}

static bool put_record(const struct tool_row_context *context, struct community_command *command,
                       struct community_text record, bool opens, struct community_error *found)
{
    if (!opens) {
        return community_command_set_record(command, record, found) == COMMUNITY_OK;
    }
    struct community_text external_id = cell_of(context, &context->map->external_id);
    return community_command_set_lifecycle(command, context->map->lifecycle, found) ==
               COMMUNITY_OK &&
           community_command_set_external_id(command, external_id, found) == COMMUNITY_OK;
}

/* The command of a step; number 0 is the opening. */
static enum tool_row_end build(struct tool_row_context *context,
                               struct community_command **command_out,
                               const struct tool_import_step *step, size_t number,
                               struct community_text record, struct community_error *found)
{
    enum community_status status =
        community_command_new(command_out, step->command, context->map->actor, NULL, found);
    if (status != COMMUNITY_OK || !put_record(context, *command_out, record, number == 0, found) ||
        !put_key(context, *command_out, step, number, found)) {
        return TOOL_ROW_BROKEN;
    }
    enum tool_row_end end = put_times(context, *command_out, step);
    for (size_t index = 0; end == TOOL_ROW_DONE && index < step->value_count; index++) {
        end = put_value(context, *command_out, &step->values[index], found);
    }
    return end;
}

static bool is_new(struct tool_novelty *novelty, const struct community_receipt *receipt,
                   int64_t version_before)
{
    int64_t position = community_receipt_position(receipt);
    bool answer = novelty->knows_position ? position > novelty->position
                                          : community_receipt_version(receipt) > version_before;
    /* Some stores give no position at once; then only versions tell. */
    if (answer && position > 0) {
        novelty->knows_position = true;
        novelty->position = position;
    }
    return answer;
}

static enum tool_row_end do_step(struct tool_row_context *context,
                                 const struct tool_import_step *step, size_t number,
                                 struct community_text record, int64_t version_before,
                                 struct community_error *err)
{
    struct community_error found = {0};
    struct community_command *command = NULL;
    struct community_receipt *receipt = NULL;
    enum tool_row_end end = build(context, &command, step, number, record, &found);
    if (end == TOOL_ROW_BROKEN) {
        end = end_of(context, &found, step->command, TOOL_ROW_REJECTED, err);
    } else if (end == TOOL_ROW_DONE) {
        enum community_status status =
            community_desk_submit(&receipt, context->desk, command, &found);
        if (status != COMMUNITY_OK) {
            bool stays = status == COMMUNITY_KEY_REUSED;
            end = end_of(context, &found, step->command,
                         stays ? TOOL_ROW_REJECTED : TOOL_ROW_BROKEN, err);
        } else if (!community_receipt_is_accepted(receipt)) {
            end = reject_refused(context, step->command, receipt);
        } else if (!is_new(&context->novelty, receipt, version_before)) {
            context->counts->there_already++;
        } else if (number == 0) {
            context->counts->opened++;
        } else {
            context->counts->moved++;
        }
    }
    community_receipt_free(receipt);
    community_command_free(command);
    return end;
}

static bool applies(const struct tool_row_context *context, const struct tool_import_step *step)
{
    struct community_text cell = cell_of(context, &step->when);
    if (!step->when_is) {
        return cell.size > 0;
    }
    if (step->when_is->kind == TOOL_JSON_STRING) {
        return tool_text_equals(cell, step->when_is->text);
    }
    for (const struct tool_json_node *item = step->when_is->first; item; item = item->next) {
        if (tool_text_equals(cell, item->text)) {
            return true;
        }
    }
    return false;
}

/* The record's version before this row, 0 when it is not there yet. */
static bool version_before(const struct tool_row_context *context, struct community_text record,
                           int64_t *version_out, struct community_error *err)
{
    *version_out = 0;
    if (context->novelty.knows_position) {
        return true;
    }
    struct community_document *document = NULL;
    struct community_error found = {0};
    enum community_status status =
        community_desk_get(&document, context->desk, record, context->map->actor, 0, &found);
    bool is_known = tool_exit_of(status) != TOOL_EXIT_WORLD;
    struct tool_json_input input = {0};
    if (!is_known) {
        *err = found;
    } else if (status == COMMUNITY_OK) {
        is_known = tool_json_read(&input, community_document_json(document), NULL, err);
        *version_out = tool_json_integer(input.root, "version");
    }
    tool_json_close(&input);
    community_document_free(document);
    return is_known;
}

static enum tool_row_end do_steps(struct tool_row_context *context, struct community_text record,
                                  struct community_error *err)
{
    const struct tool_import_map *map = context->map;
    int64_t version = 0;
    if (!version_before(context, record, &version, err)) {
        return TOOL_ROW_FAILED;
    }
    enum tool_row_end end = do_step(context, &map->open, 0, record, version, err);
    for (size_t index = 0; end == TOOL_ROW_DONE && index < map->step_count; index++) {
        if (applies(context, &map->steps[index])) {
            end = do_step(context, &map->steps[index], index + 1, record, version, err);
        }
    }
    return end;
}

enum tool_row_end tool_import_row(struct tool_row_context *context, struct community_error *err)
{
    struct community_text external_id = cell_of(context, &context->map->external_id);
    if (external_id.size == 0) {
        return reject_cell(context, &context->map->external_id, "import-no-id",
                           "The row has no external id.", "该行没有外部编号。");
    }
    struct tool_bytes record = {0};
    tool_bytes_add_byte(&record, '@');
    tool_bytes_add(&record, external_id);
    enum tool_row_end end = TOOL_ROW_FAILED;
    if (record.failed) {
        tool_error_no_memory(err);
    } else {
        end = do_steps(context, tool_bytes_text(&record), err);
    }
    tool_bytes_free(&record);
    return end;
}
