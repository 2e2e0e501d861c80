/* SPDX-License-Identifier: Apache-2.0
 *
 * Records and entries as an actor may see them. */
#include "view.h"

#include "due_reasons.h"
#include "identity.h"
#include "json.h"
#include "receipt.h"
#include "rfc3339.h"
#include "text.h"

static const struct cm_json_limits values_limits = {.size_max = 1u << 24, .depth_max = 64};

enum community_status cm_view_init(struct cm_view *view, struct community_desk *desk,
                                   struct cm_arena *arena, const struct cm_record *record,
                                   struct community_text actor, struct community_error *err)
{
    const struct cm_directory *directory;
    struct cm_decision scratch;
    const enum community_status status = cm_desk_directory(&directory, desk, err);
    if (status != COMMUNITY_OK)
        return status;
    cm_decision_init(&scratch, arena);
    *view = (struct cm_view){
        .desk = desk,
        .arena = arena,
        .record = record,
        .sight = cm_ticket_sight(&scratch, record, actor, cm_desk_now(desk), directory),
    };
    return COMMUNITY_OK;
}

bool cm_view_is_logged(const struct cm_view *view)
{
    const struct cm_lifecycle *lifecycle = view->record->lifecycle;
    for (size_t i = 0; i < lifecycle->field_count; i++) {
        const uint8_t data_class = lifecycle->fields[i].data_class;
        if (view->record->fields[i].type != CM_NULL &&
            ((data_class == CM_PERSONAL && view->sight.personal_is_logged) ||
             (data_class == CM_SENSITIVE && view->sight.sensitive_is_logged)))
            return true;
    }
    return false;
}

void cm_view_leave_out_logged(struct cm_view *view)
{
    view->sight.personal &= !view->sight.personal_is_logged;
    view->sight.sensitive &= !view->sight.sensitive_is_logged;
}

static bool may_see(const struct cm_view *view, uint8_t data_class)
{
    switch ((enum cm_data_class)data_class) {
    case CM_PUBLIC:
        return true;
    case CM_PERSONAL:
        return view->sight.personal;
    case CM_SENSITIVE:
        return view->sight.sensitive;
    }
    return false;
}

/* {"masked": "personal"}, or {"erased": true} where there is nothing left to mask. */
static struct cm_value stand_in(const struct cm_view *view, const char *name, struct cm_value why,
                                bool *ok_out)
{
    struct cm_value object = cm_value_new_object(view->arena, 1);
    *ok_out &= !cm_value_is_broken(&object);
    cm_value_put(&object, name, why);
    return object;
}

static struct cm_value mask(const struct cm_view *view, uint8_t data_class, bool *ok_out)
{
    return stand_in(view, "masked",
                    cm_value_string(data_class == CM_SENSITIVE ? "sensitive" : "personal"), ok_out);
}

/* ---- the record ---- */

static struct cm_value time_value(const struct cm_view *view, community_time_ms time, bool *ok_out)
{
    return cm_time_to_value(view->arena, time, cm_record_offset_minutes(view->record, time),
                            ok_out);
}

static struct cm_value fields_value(const struct cm_view *view, bool *ok_out)
{
    const struct cm_record *record = view->record;
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    struct cm_value object = cm_value_new_object(view->arena, lifecycle->field_count);
    *ok_out &= !cm_value_is_broken(&object);
    for (size_t i = 0; *ok_out && i < lifecycle->field_count; i++) {
        const struct cm_field *field = &lifecycle->fields[i];
        const bool is_there = record->fields[i].type != CM_NULL;
        if (!is_there && record->commitments[i].data == NULL)
            continue;
        struct cm_value value = record->fields[i];
        if (!may_see(view, field->data_class))
            value = mask(view, field->data_class, ok_out);
        else if (!is_there)
            value = stand_in(view, "erased", cm_value_bool(true), ok_out);
        cm_value_put_text(&object, field->name, value);
    }
    return object;
}

/* Why the deadline is due when it is. */
static struct cm_value why_value(const struct cm_view *view, size_t index, bool *ok_out)
{
    const struct cm_lifecycle *lifecycle = view->record->lifecycle;
    const struct cm_deadline *rule = &lifecycle->deadlines[index];
    const struct cm_deadline_state *state = &view->record->deadlines[index];
    struct cm_value object = cm_value_new_object(view->arena, 6);
    *ok_out &= !cm_value_is_broken(&object);
    if (rule->allows_at) {
        cm_value_put(&object, "at", cm_value_text(lifecycle->fields[rule->at_field].name));
        return object;
    }
    char words[CM_DURATION_TEXT_SIZE];
    cm_duration_format(words, &rule->allow);
    const struct community_text allow = cm_arena_text(view->arena, cm_text(words));
    *ok_out &= allow.data != NULL;
    cm_value_put(&object, "allow", cm_value_text(allow));
    if (rule->has_cap && state->extended > 0) {
        struct cm_duration extended = rule->extend_at_most;
        extended.amount = state->extended;
        cm_duration_format(words, &extended);
        const struct community_text kept = cm_arena_text(view->arena, cm_text(words));
        *ok_out &= kept.data != NULL;
        cm_value_put(&object, "extended", cm_value_text(kept));
    } else if (state->extended > 0) {
        cm_value_put(&object, "extended", cm_value_bool(true));
    }
    cm_value_put(&object, "paused", cm_value_bool(state->status == CM_DEADLINE_PAUSED));
    if (lifecycle->calendar == NULL || !*ok_out)
        return object;
    int32_t year;
    struct cm_value days;
    cm_value_put(&object, "calendar", cm_value_text(cm_calendar_name(lifecycle->calendar)));
    const enum community_status status = cm_due_reasons(&days, view->arena, lifecycle->calendar,
                                                        state->started_at, &rule->allow, &year);
    *ok_out &= status != COMMUNITY_NO_MEMORY;
    if (status == COMMUNITY_OK)
        cm_value_put(&object, "days", days);
    return object;
}

static struct cm_value deadline_value(const struct cm_view *view, size_t index, bool explain,
                                      bool *ok_out)
{
    const struct cm_deadline_state *state = &view->record->deadlines[index];
    const bool has_ended = state->status == CM_DEADLINE_MET || state->status == CM_DEADLINE_ENDED;
    struct cm_value object = cm_value_new_object(view->arena, 8);
    *ok_out &= !cm_value_is_broken(&object);
    if (!*ok_out)
        return object;
    cm_value_put(&object, "name", cm_value_text(view->record->lifecycle->deadlines[index].name));
    cm_value_put(&object, "status", cm_value_string(cm_deadline_status_word(state->status)));
    cm_value_put(&object, "started_at", time_value(view, state->started_at, ok_out));
    cm_value_put(&object, "due", time_value(view, state->due, ok_out));
    cm_value_put(&object, "breached", cm_value_bool(state->breached));
    cm_value_put(&object, "missed", cm_value_bool(state->missed));
    cm_value_put(&object, "ended_at",
                 has_ended ? time_value(view, state->ended_at, ok_out)
                           : (struct cm_value){.type = CM_NULL});
    if (explain)
        cm_value_put(&object, "why", why_value(view, index, ok_out));
    return object;
}

static struct cm_value deadlines_value(const struct cm_view *view, bool explain, bool *ok_out)
{
    const size_t count = view->record->lifecycle->deadline_count;
    struct cm_value list = cm_value_new_list(view->arena, count);
    *ok_out &= !cm_value_is_broken(&list);
    for (size_t i = 0; *ok_out && i < count; i++) {
        if (view->record->deadlines[i].status != CM_DEADLINE_IDLE)
            cm_value_append(&list, deadline_value(view, i, explain, ok_out));
    }
    return list;
}

static struct cm_value flags_value(const struct cm_view *view, bool *ok_out)
{
    struct cm_value list = cm_value_new_list(view->arena, 2);
    *ok_out &= !cm_value_is_broken(&list);
    if (view->record->is_backfilled)
        cm_value_append(&list, cm_value_string("backfilled"));
    if (view->record->is_out_of_order)
        cm_value_append(&list, cm_value_string("out_of_order"));
    return list;
}

static struct cm_value text_or_null(struct community_text text)
{
    return text.data != NULL ? cm_value_text(text) : (struct cm_value){.type = CM_NULL};
}

static void put_state(struct cm_value *object, const struct cm_view *view, bool *ok_out)
{
    const struct cm_record *record = view->record;
    const struct cm_state *state = &record->lifecycle->states[record->state];
    struct cm_value title = cm_value_new_object(view->arena, 2);
    *ok_out &= !cm_value_is_broken(&title);
    if (state->title.en.data != NULL)
        cm_value_put(&title, "en", cm_value_text(state->title.en));
    if (state->title.zh.data != NULL)
        cm_value_put(&title, "zh", cm_value_text(state->title.zh));
    cm_value_put(object, "state", cm_value_text(state->name));
    cm_value_put(object, "state_title", title);
    cm_value_put(object, "is_final", cm_value_bool(state->is_final));
}

struct cm_value cm_view_record(const struct cm_view *view, bool explain, bool *ok_out)
{
    const struct cm_record *record = view->record;
    struct cm_value object = cm_value_new_object(view->arena, 24);
    *ok_out = !cm_value_is_broken(&object);
    if (!*ok_out)
        return object;
    cm_value_put(&object, "record", cm_id_to_value(view->arena, &record->id, ok_out));
    cm_value_put(&object, "external_id", text_or_null(record->external_id));
    cm_value_put(&object, "lifecycle", cm_value_text(record->lifecycle->name));
    cm_value_put(&object, "kind", cm_value_text(record->lifecycle->kind));
    put_state(&object, view, ok_out);
    cm_value_put(&object, "version", cm_value_integer(record->version));
    cm_value_put(&object, "rulebook", cm_value_text(record->rulebook));
    cm_value_put(&object, "requester", cm_value_text(record->requester));
    cm_value_put(&object, "unit", text_or_null(cm_record_unit(record)));
    cm_value_put(&object, "parent", cm_id_to_value(view->arena, &record->parent, ok_out));
    cm_value_put(&object, "merged_into", cm_id_to_value(view->arena, &record->merged_into, ok_out));
    cm_value_put(&object, "duplicates", cm_value_integer(record->duplicates));
    cm_value_put(&object, "children_open", cm_value_integer(record->children_open));
    cm_value_put(&object, "opened_at", time_value(view, record->opened_at, ok_out));
    cm_value_put(&object, "entered_at", time_value(view, record->entered_at, ok_out));
    cm_value_put(&object, "flags", flags_value(view, ok_out));
    cm_value_put(&object, "fields", fields_value(view, ok_out));
    cm_value_put(&object, "deadlines", deadlines_value(view, explain, ok_out));
    return object;
}

/* ---- entries ---- */

/* The class of a name in a command's data: a field's own, else personal. */
static uint8_t class_of(const struct cm_lifecycle *lifecycle, struct community_text name)
{
    const int32_t field = cm_lifecycle_field(lifecycle, name);
    return field != CM_NONE ? lifecycle->fields[field].data_class : (uint8_t)CM_PERSONAL;
}

static struct cm_value revealed(const struct cm_view *view, struct community_text name,
                                const struct cm_value *value, struct cm_value *beside, bool *ok_out)
{
    const uint8_t data_class = class_of(view->record->lifecycle, name);
    const struct community_text commitment = cm_commitment_text(value);
    if (data_class == CM_PUBLIC || commitment.data == NULL)
        return *value;
    if (!may_see(view, data_class))
        return mask(view, data_class, ok_out);
    const struct cm_value *plain = cm_reveal_from_list(beside, commitment);
    return plain != NULL ? *plain : stand_in(view, "erased", cm_value_bool(true), ok_out);
}

/* An object of named values with commitments turned into what the actor may see. */
static struct cm_value revealed_members(const struct cm_view *view, const struct cm_value *object,
                                        struct cm_value *beside, bool *ok_out)
{
    if (object == NULL || object->type != CM_OBJECT)
        return (struct cm_value){.type = CM_NULL};
    struct cm_value shown = cm_value_new_object(view->arena, object->as.object.count);
    *ok_out &= !cm_value_is_broken(&shown);
    for (size_t i = 0; *ok_out && i < object->as.object.count; i++) {
        const struct cm_member *member = &object->as.object.members[i];
        cm_value_put_text(&shown, member->name,
                          revealed(view, member->name, &member->value, beside, ok_out));
    }
    return shown;
}

static struct cm_value revealed_outcome(const struct cm_view *view, const struct cm_value *outcome,
                                        struct cm_value *beside, bool *ok_out)
{
    struct cm_value shown = cm_value_new_object(view->arena, outcome->as.object.count);
    *ok_out &= !cm_value_is_broken(&shown);
    for (size_t i = 0; *ok_out && i < outcome->as.object.count; i++) {
        const struct cm_member *member = &outcome->as.object.members[i];
        const bool is_fields = cm_text_is(member->name, "fields");
        cm_value_put_text(&shown, member->name,
                          is_fields ? revealed_members(view, &member->value, beside, ok_out)
                                    : member->value);
    }
    return shown;
}

static struct cm_value hash_value(const struct cm_view *view,
                                  const struct community_store_stored *stored, bool *ok_out)
{
    char hex[2 * COMMUNITY_HASH_SIZE + 1];
    if (!stored->has_hash)
        return (struct cm_value){.type = CM_NULL};
    cm_hex_format(hex, stored->hash, sizeof(stored->hash));
    const struct community_text kept = cm_arena_text(view->arena, cm_text(hex));
    *ok_out &= kept.data != NULL;
    return cm_value_text(kept);
}

enum community_status cm_view_entry(struct cm_value *out, const struct cm_view *view,
                                    const struct community_store_stored *stored)
{
    struct cm_entry_view entry;
    struct cm_value beside = {.type = CM_NULL};
    enum community_status status = cm_entry_read(&entry, view->arena, stored->body);
    if (status == COMMUNITY_OK && stored->values.size > 0)
        status = cm_json_read(&beside, view->arena, stored->values, &values_limits, NULL);
    if (status == COMMUNITY_INVALID)
        return COMMUNITY_CORRUPT;
    if (status != COMMUNITY_OK)
        return status;
    bool ok = true;
    struct cm_value object = cm_value_new_object(view->arena, 10);
    if (cm_value_is_broken(&object))
        return COMMUNITY_NO_MEMORY;
    cm_value_put(&object, "position", cm_value_integer(stored->position));
    cm_value_put(&object, "version", cm_value_integer(entry.version));
    cm_value_put(&object, "command", cm_value_text(entry.command_name));
    cm_value_put(&object, "actor", cm_value_text(entry.actor));
    cm_value_put(&object, "occurred_at", time_value(view, entry.occurred_at, &ok));
    cm_value_put(&object, "recorded_at", time_value(view, entry.recorded_at, &ok));
    if (entry.command_data != NULL)
        cm_value_put(&object, "data", revealed_members(view, entry.command_data, &beside, &ok));
    cm_value_put(&object, "outcome", revealed_outcome(view, entry.outcome, &beside, &ok));
    cm_value_put(&object, "entry", hash_value(view, stored, &ok));
    *out = object;
    return ok ? COMMUNITY_OK : COMMUNITY_NO_MEMORY;
}
