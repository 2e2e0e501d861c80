/* SPDX-License-Identifier: Apache-2.0
 *
 * Making and reading receipts. */
#include "receipt.h"

#include <string.h>

#include "buffer.h"
#include "codec.h"
#include "identity.h"
#include "json.h"
#include "memory.h"
#include "rfc3339.h"
#include "text.h"

enum { ARENA_BLOCK = 2048, SENTENCE_SIZE = COMMUNITY_ERROR_MESSAGE_SIZE };

static const struct cm_json_limits stored_limits = {.size_max = 1u << 20, .depth_max = 32};

struct community_receipt *cm_receipt_new(const struct community_allocator *allocator)
{
    struct community_receipt *receipt = cm_allocate_zeroed(allocator, sizeof(*receipt));
    if (receipt == NULL)
        return NULL;
    receipt->allocator = *allocator;
    cm_arena_init(&receipt->arena, &receipt->allocator, ARENA_BLOCK);
    return receipt;
}

void community_receipt_free(struct community_receipt *receipt)
{
    if (receipt == NULL)
        return;
    cm_arena_free(&receipt->arena);
    const struct community_allocator allocator = receipt->allocator;
    cm_release(&allocator, receipt);
}

/* ---- making ---- */

int32_t cm_record_offset_minutes(const struct cm_record *record, community_time_ms time)
{
    const struct cm_calendar *calendar = record->lifecycle->calendar;
    return calendar != NULL ? cm_calendar_offset_minutes(calendar, time) : 0;
}

struct cm_value cm_running_to_value(struct cm_arena *arena, const struct cm_record *record,
                                    bool *ok_out)
{
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    struct cm_value list = cm_value_new_list(arena, lifecycle->deadline_count);
    *ok_out &= !cm_value_is_broken(&list);
    for (size_t i = 0; i < lifecycle->deadline_count; i++) {
        const struct cm_deadline_state *state = &record->deadlines[i];
        if (state->status != CM_DEADLINE_RUNNING)
            continue;
        struct cm_value item = cm_value_new_object(arena, 2);
        *ok_out &= !cm_value_is_broken(&item);
        cm_value_put(&item, "name", cm_value_text(lifecycle->deadlines[i].name));
        cm_value_put(&item, "due",
                     cm_time_to_value(arena, state->due,
                                      cm_record_offset_minutes(record, state->due), ok_out));
        cm_value_append(&list, item);
    }
    return list;
}

static struct cm_value effects_to_value(struct cm_arena *arena, const struct cm_outcome *outcome,
                                        bool *ok_out)
{
    struct cm_value list = cm_value_new_list(arena, outcome->effect_count);
    *ok_out &= !cm_value_is_broken(&list);
    for (size_t i = 0; i < outcome->effect_count; i++) {
        const struct cm_value effect = cm_effect_to_value(arena, &outcome->effects[i], ok_out);
        struct cm_value copy;
        *ok_out = *ok_out && cm_value_copy(&copy, arena, &effect);
        if (*ok_out)
            cm_value_append(&list, copy);
    }
    return list;
}

bool cm_receipt_accept(struct community_receipt *receipt, const struct cm_record *record,
                       const struct cm_outcome *outcome)
{
    bool ok = true;
    struct cm_value *value = &receipt->value;
    *value = cm_value_new_object(&receipt->arena, 7);
    if (cm_value_is_broken(value))
        return false;
    receipt->is_accepted = true;
    const struct community_text state =
        cm_arena_text(&receipt->arena, record->lifecycle->states[record->state].name);
    struct cm_value running = cm_running_to_value(&receipt->arena, record, &ok);
    struct cm_value deadlines;
    ok = ok && cm_value_copy(&deadlines, &receipt->arena, &running) && state.data != NULL;
    if (!ok)
        return false;
    cm_value_put(value, "outcome", cm_value_string("accepted"));
    cm_value_put(value, "record", cm_id_to_value(&receipt->arena, &record->id, &ok));
    cm_value_put(value, "version", cm_value_integer(record->version));
    cm_value_put(value, "state", cm_value_text(state));
    cm_value_put(value, "deadlines", deadlines);
    cm_value_put(value, "effects", effects_to_value(&receipt->arena, outcome, &ok));
    return ok;
}

bool cm_receipt_accept_plain(struct community_receipt *receipt, const struct community_id *record,
                             int64_t version)
{
    bool ok = true;
    struct cm_value *value = &receipt->value;
    const struct cm_value none = cm_value_new_list(&receipt->arena, 0);
    *value = cm_value_new_object(&receipt->arena, 7);
    if (cm_value_is_broken(value) || cm_value_is_broken(&none))
        return false;
    receipt->is_accepted = true;
    cm_value_put(value, "outcome", cm_value_string("accepted"));
    cm_value_put(value, "record", cm_id_to_value(&receipt->arena, record, &ok));
    cm_value_put(value, "version", cm_value_integer(version));
    cm_value_put(value, "deadlines", none);
    cm_value_put(value, "effects", none);
    return ok;
}

static struct cm_value sentence(struct cm_arena *arena, const struct cm_reason *reason,
                                enum cm_language language, bool *ok_out)
{
    char text[SENTENCE_SIZE];
    const size_t size = cm_code_render(text, sizeof(text), reason->code, language,
                                       reason->arguments, reason->argument_count);
    const struct community_text kept = cm_arena_text(arena, (struct community_text){text, size});
    *ok_out &= kept.data != NULL;
    return cm_value_text(kept);
}

static struct cm_value reason_to_value(struct cm_arena *arena, const struct cm_reason *reason,
                                       bool *ok_out)
{
    struct cm_value object = cm_value_new_object(arena, 4);
    struct cm_value message = cm_value_new_object(arena, 2);
    struct cm_value needs = cm_value_new_list(arena, reason->need_count);
    *ok_out &= !cm_value_is_broken(&object) && !cm_value_is_broken(&message) &&
               !cm_value_is_broken(&needs);
    cm_value_put(&message, "en", sentence(arena, reason, CM_ENGLISH, ok_out));
    cm_value_put(&message, "zh", sentence(arena, reason, CM_CHINESE, ok_out));
    for (size_t i = 0; i < reason->need_count; i++) {
        const struct community_text need = cm_arena_text(arena, reason->needs[i]);
        *ok_out &= need.data != NULL;
        cm_value_append(&needs, cm_value_text(need));
    }
    const struct community_text rule = cm_arena_text(arena, reason->rule);
    *ok_out &= rule.data != NULL;
    cm_value_put(&object, "code", cm_value_string(cm_code_word(reason->code)));
    cm_value_put(&object, "message", message);
    cm_value_put(&object, "rule", cm_value_text(rule));
    cm_value_put(&object, "needs", needs);
    return object;
}

struct cm_value cm_reasons_to_value(struct cm_arena *arena, const struct cm_decision *decision,
                                    bool *ok_out)
{
    struct cm_value list = cm_value_new_list(arena, decision->reason_count);
    *ok_out &= !cm_value_is_broken(&list);
    for (size_t i = 0; i < decision->reason_count; i++)
        cm_value_append(&list, reason_to_value(arena, &decision->reasons[i], ok_out));
    return list;
}

bool cm_receipt_refuse(struct community_receipt *receipt, const struct cm_decision *decision)
{
    bool ok = true;
    receipt->is_accepted = false;
    receipt->value = cm_value_new_object(&receipt->arena, 2);
    if (cm_value_is_broken(&receipt->value))
        return false;
    cm_value_put(&receipt->value, "outcome", cm_value_string("refused"));
    cm_value_put(&receipt->value, "reasons", cm_reasons_to_value(&receipt->arena, decision, &ok));
    return ok;
}

bool cm_receipt_finish(struct community_receipt *receipt, int64_t position,
                       struct cm_buffer *scratch)
{
    if (receipt->is_accepted)
        cm_value_put(&receipt->value, "position",
                     position > 0 ? cm_value_integer(position)
                                  : (struct cm_value){.type = CM_NULL});
    cm_buffer_clear(scratch);
    cm_json_write(scratch, &receipt->value);
    receipt->json = cm_arena_text(&receipt->arena, cm_buffer_view(scratch));
    return !scratch->failed && receipt->json.data != NULL;
}

enum community_status cm_receipt_restore(struct community_receipt *receipt,
                                         struct community_text json)
{
    receipt->json = cm_arena_text(&receipt->arena, json);
    if (receipt->json.data == NULL)
        return COMMUNITY_NO_MEMORY;
    const enum community_status status =
        cm_json_read(&receipt->value, &receipt->arena, receipt->json, &stored_limits, NULL);
    if (status == COMMUNITY_INVALID)
        return COMMUNITY_CORRUPT;
    receipt->is_accepted =
        cm_text_is(cm_value_member_as_text(&receipt->value, "outcome"), "accepted");
    return status;
}

/* ---- reading ---- */

bool community_receipt_is_accepted(const struct community_receipt *receipt)
{
    return receipt->is_accepted;
}

struct community_text community_receipt_json(const struct community_receipt *receipt)
{
    return receipt->json;
}

struct community_id community_receipt_record(const struct community_receipt *receipt)
{
    struct community_id id = {{0}};
    const struct community_text text = cm_value_member_as_text(&receipt->value, "record");
    if (text.data == NULL || !cm_id_parse(text, &id))
        return (struct community_id){{0}};
    return id;
}

static int64_t integer_member(const struct community_receipt *receipt, const char *name)
{
    int64_t integer = 0;
    return cm_value_member_as_integer(&receipt->value, name, &integer) ? integer : 0;
}

int64_t community_receipt_version(const struct community_receipt *receipt)
{
    return integer_member(receipt, "version");
}

int64_t community_receipt_position(const struct community_receipt *receipt)
{
    return integer_member(receipt, "position");
}

struct community_text community_receipt_state(const struct community_receipt *receipt)
{
    return cm_value_member_as_text(&receipt->value, "state");
}

static size_t list_count(const struct community_receipt *receipt, const char *name)
{
    const struct cm_value *list = cm_value_member(&receipt->value, name);
    return list != NULL && list->type == CM_LIST ? list->as.list.count : 0;
}

/* The item of a list member, NULL past its end. */
static const struct cm_value *list_item(const struct community_receipt *receipt, const char *name,
                                        size_t index)
{
    return index < list_count(receipt, name)
               ? &cm_value_member(&receipt->value, name)->as.list.items[index]
               : NULL;
}

size_t community_receipt_deadline_count(const struct community_receipt *receipt)
{
    return list_count(receipt, "deadlines");
}

struct community_text community_receipt_deadline_name(const struct community_receipt *receipt,
                                                      size_t index)
{
    return cm_value_member_as_text(list_item(receipt, "deadlines", index), "name");
}

community_time_ms community_receipt_deadline_due(const struct community_receipt *receipt,
                                                 size_t index)
{
    community_time_ms due = 0;
    const struct community_text text =
        cm_value_member_as_text(list_item(receipt, "deadlines", index), "due");
    return text.data != NULL && cm_time_parse(text, &due, NULL) ? due : 0;
}

size_t community_receipt_reason_count(const struct community_receipt *receipt)
{
    return list_count(receipt, "reasons");
}

struct community_text community_receipt_reason_code(const struct community_receipt *receipt,
                                                    size_t index)
{
    return cm_value_member_as_text(list_item(receipt, "reasons", index), "code");
}

static struct community_text reason_message(const struct community_receipt *receipt, size_t index,
                                            const char *language)
{
    const struct cm_value *reason = list_item(receipt, "reasons", index);
    return reason != NULL ? cm_value_member_as_text(cm_value_member(reason, "message"), language)
                          : (struct community_text){0};
}

struct community_text community_receipt_reason_message(const struct community_receipt *receipt,
                                                       size_t index)
{
    return reason_message(receipt, index, "en");
}

struct community_text community_receipt_reason_message_zh(const struct community_receipt *receipt,
                                                          size_t index)
{
    return reason_message(receipt, index, "zh");
}
