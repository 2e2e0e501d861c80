/* SPDX-License-Identifier: Apache-2.0
 *
 * Outcomes and records as plain data. Writing and reading stand side by side, member for member. */
#include "codec.h"

#include <string.h>

#include "identity.h"
#include "rfc3339.h"
#include "text.h"

static const char *const status_words[] = {"idle", "running", "paused", "met", "ended"};
static const char *const timer_words[] = {"none", "warning", "breach", "step", "after"};
static const char *const effect_words[] = {"notify", "warn", "breach", "step", "child"};
static const char *const left_words[] = {"elapsed", "working-time", "working-days",
                                         "calendar-days"};

enum {
    STATUS_COUNT = sizeof(status_words) / sizeof(status_words[0]),
    TIMER_COUNT = sizeof(timer_words) / sizeof(timer_words[0]),
    EFFECT_COUNT = sizeof(effect_words) / sizeof(effect_words[0]),
    LEFT_COUNT = sizeof(left_words) / sizeof(left_words[0]),
};

const char *cm_deadline_status_word(uint8_t status)
{
    return status_words[status];
}

const char *cm_effect_word(uint8_t kind)
{
    return effect_words[kind];
}

static bool word_index(uint8_t *index_out, struct community_text word, const char *const *words,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!cm_text_is(word, words[i]))
            continue;
        *index_out = (uint8_t)i;
        return true;
    }
    return false;
}

/* ---- writing ---- */

struct cm_value cm_time_to_value(struct cm_arena *arena, community_time_ms time,
                                 int32_t offset_minutes, bool *ok_out)
{
    char text[CM_TIME_TEXT_SIZE];
    cm_time_format(text, time, offset_minutes);
    const struct community_text kept = cm_arena_text(arena, cm_text(text));
    *ok_out &= kept.data != NULL;
    return cm_value_text(kept);
}

struct cm_value cm_id_to_value(struct cm_arena *arena, const struct community_id *id, bool *ok_out)
{
    if (cm_id_is_nil(id))
        return (struct cm_value){.type = CM_NULL};
    char text[CM_ID_TEXT_SIZE];
    cm_id_format(text, id);
    const struct community_text kept = cm_arena_text(arena, cm_text(text));
    *ok_out &= kept.data != NULL;
    return cm_value_text(kept);
}

static struct cm_value new_object(struct cm_arena *arena, size_t capacity, bool *ok_out)
{
    const struct cm_value object = cm_value_new_object(arena, capacity);
    *ok_out &= !cm_value_is_broken(&object);
    return object;
}

struct cm_value cm_commitment_value(struct cm_arena *arena, struct community_text commitment)
{
    struct cm_value object = cm_value_new_object(arena, 1);
    cm_value_put(&object, "commitment", cm_value_text(commitment));
    return object;
}

static void put_true(struct cm_value *object, const char *name, bool is_true)
{
    if (is_true)
        cm_value_put(object, name, cm_value_bool(true));
}

static void put_number(struct cm_value *object, const char *name, int64_t number)
{
    if (number != 0)
        cm_value_put(object, name, cm_value_integer(number));
}

static struct cm_value left_to_value(struct cm_arena *arena, const struct cm_remainder *left,
                                     bool *ok_out)
{
    struct cm_value object = new_object(arena, 3, ok_out);
    cm_value_put(&object, "unit", cm_value_string(left_words[left->unit]));
    cm_value_put(&object, "amount", cm_value_integer(left->amount));
    put_number(&object, "day_ms", left->day_ms);
    return object;
}

static struct cm_value next_to_value(struct cm_arena *arena, const struct cm_deadline_state *state,
                                     bool *ok_out)
{
    struct cm_value object = new_object(arena, 3, ok_out);
    cm_value_put(&object, "kind", cm_value_string(timer_words[state->next_kind]));
    put_number(&object, "index", state->next_index);
    cm_value_put(&object, "at", cm_time_to_value(arena, state->next_at, 0, ok_out));
    return object;
}

struct cm_value cm_deadline_to_value(struct cm_arena *arena, const struct cm_deadline_state *state,
                                     bool *ok_out)
{
    struct cm_value object = new_object(arena, 15, ok_out);
    if (!*ok_out)
        return object;
    cm_value_put(&object, "status", cm_value_string(status_words[state->status]));
    cm_value_put(&object, "started_at", cm_time_to_value(arena, state->started_at, 0, ok_out));
    cm_value_put(&object, "due", cm_time_to_value(arena, state->due, 0, ok_out));
    put_true(&object, "breached", state->breached);
    put_true(&object, "missed", state->missed);
    if (state->ladder_from != state->due)
        cm_value_put(&object, "ladder_from",
                     cm_time_to_value(arena, state->ladder_from, 0, ok_out));
    put_true(&object, "paused_by_state", state->paused_by_state);
    put_true(&object, "paused_by_command", state->paused_by_command);
    if (state->status == CM_DEADLINE_MET || state->status == CM_DEADLINE_ENDED)
        cm_value_put(&object, "ended_at", cm_time_to_value(arena, state->ended_at, 0, ok_out));
    put_number(&object, "whole_ms", state->whole_ms);
    put_number(&object, "extended", state->extended);
    if (state->status == CM_DEADLINE_PAUSED)
        cm_value_put(&object, "left", left_to_value(arena, &state->left, ok_out));
    put_number(&object, "warned", state->warned);
    put_number(&object, "stepped", state->stepped);
    if (state->next_kind != CM_TIMER_NONE)
        cm_value_put(&object, "next", next_to_value(arena, state, ok_out));
    return object;
}

/* A text that the rulebook gives in both languages. */
static struct cm_value title_to_value(struct cm_arena *arena, const struct cm_title *title,
                                      bool *ok_out)
{
    struct cm_value object = new_object(arena, 2, ok_out);
    cm_value_put(&object, "en", cm_value_text(title->en));
    cm_value_put(&object, "zh", cm_value_text(title->zh));
    return object;
}

struct cm_value cm_effect_to_value(struct cm_arena *arena, const struct cm_effect *effect,
                                   bool *ok_out)
{
    struct cm_value object = new_object(arena, 4, ok_out);
    cm_value_put(&object, "type", cm_value_string(effect_words[effect->kind]));
    if (effect->words != NULL && effect->words->en.data != NULL && effect->words->zh.data != NULL &&
        !cm_text_equal(effect->words->en, effect->words->zh))
        cm_value_put(&object, "message", title_to_value(arena, effect->words, ok_out));
    else if (effect->action.size > 0)
        cm_value_put(&object, effect->kind == CM_EFFECT_NOTIFY ? "message" : "action",
                     cm_value_text(effect->action));
    if (effect->to.size > 0)
        cm_value_put(&object, "to", cm_value_text(effect->to));
    if (effect->deadline.size > 0)
        cm_value_put(&object, "deadline", cm_value_text(effect->deadline));
    return object;
}

static struct cm_value opened_to_value(struct cm_arena *arena, const struct cm_lifecycle *lifecycle,
                                       const struct cm_outcome *outcome, bool *ok_out)
{
    struct cm_value object = new_object(arena, 4, ok_out);
    cm_value_put(&object, "lifecycle", cm_value_text(lifecycle->name));
    cm_value_put(&object, "requester", cm_value_text(outcome->requester));
    if (outcome->external_id.data != NULL)
        cm_value_put(&object, "external_id", cm_value_text(outcome->external_id));
    if (!cm_id_is_nil(&outcome->parent))
        cm_value_put(&object, "parent", cm_id_to_value(arena, &outcome->parent, ok_out));
    return object;
}

static struct cm_value fields_to_value(struct cm_arena *arena, const struct cm_lifecycle *lifecycle,
                                       const struct cm_outcome *outcome, bool *ok_out)
{
    struct cm_value object = new_object(arena, outcome->field_count, ok_out);
    for (size_t i = 0; i < outcome->field_count; i++) {
        const struct cm_field_change *change = &outcome->fields[i];
        cm_value_put_text(&object, lifecycle->fields[change->field].name,
                          change->commitment.data != NULL
                              ? cm_commitment_value(arena, change->commitment)
                              : change->value);
    }
    return object;
}

static struct cm_value deadlines_to_value(struct cm_arena *arena,
                                          const struct cm_lifecycle *lifecycle,
                                          const struct cm_outcome *outcome, bool *ok_out)
{
    struct cm_value object = new_object(arena, outcome->deadline_count, ok_out);
    for (size_t i = 0; i < outcome->deadline_count; i++) {
        const struct cm_deadline_change *change = &outcome->deadlines[i];
        cm_value_put_text(&object, lifecycle->deadlines[change->deadline].name,
                          cm_deadline_to_value(arena, &change->state, ok_out));
    }
    return object;
}

static struct cm_value counters_to_value(struct cm_arena *arena, const struct cm_counter *counters,
                                         size_t count, bool *ok_out)
{
    struct cm_value object = new_object(arena, count, ok_out);
    for (size_t i = 0; i < count; i++)
        cm_value_put_text(&object, counters[i].name, cm_value_integer(counters[i].count));
    return object;
}

/* Transitions may share a name; their index in the pinned rulebook tells them apart. */
static struct cm_value afters_to_value(struct cm_arena *arena, const struct cm_lifecycle *lifecycle,
                                       const struct cm_after *afters, size_t count, bool *ok_out)
{
    struct cm_value list = cm_value_new_list(arena, count);
    *ok_out &= !cm_value_is_broken(&list);
    for (size_t i = 0; i < count; i++) {
        struct cm_value item = new_object(arena, 3, ok_out);
        cm_value_put(&item, "command",
                     cm_value_text(lifecycle->transitions[afters[i].transition].name));
        cm_value_put(&item, "index", cm_value_integer(afters[i].transition));
        cm_value_put(&item, "at", cm_time_to_value(arena, afters[i].at, 0, ok_out));
        cm_value_append(&list, item);
    }
    return list;
}

static struct cm_value effects_to_value(struct cm_arena *arena, const struct cm_outcome *outcome,
                                        bool *ok_out)
{
    struct cm_value list = cm_value_new_list(arena, outcome->effect_count);
    *ok_out &= !cm_value_is_broken(&list);
    for (size_t i = 0; i < outcome->effect_count; i++)
        cm_value_append(&list, cm_effect_to_value(arena, &outcome->effects[i], ok_out));
    return list;
}

static struct cm_value flags_to_value(struct cm_arena *arena, bool backfilled, bool out_of_order,
                                      bool *ok_out)
{
    struct cm_value list = cm_value_new_list(arena, 2);
    *ok_out &= !cm_value_is_broken(&list);
    if (backfilled)
        cm_value_append(&list, cm_value_string("backfilled"));
    if (out_of_order)
        cm_value_append(&list, cm_value_string("out_of_order"));
    return list;
}

static void put_clocks(struct cm_value *object, struct cm_arena *arena,
                       const struct cm_lifecycle *lifecycle, const struct cm_outcome *outcome,
                       bool *ok_out)
{
    if (outcome->deadline_count > 0)
        cm_value_put(object, "deadlines", deadlines_to_value(arena, lifecycle, outcome, ok_out));
    if (outcome->counter_count > 0)
        cm_value_put(object, "counters",
                     counters_to_value(arena, outcome->counters, outcome->counter_count, ok_out));
    if (outcome->sets_afters)
        cm_value_put(
            object, "after",
            afters_to_value(arena, lifecycle, outcome->afters, outcome->after_count, ok_out));
}

struct cm_value cm_outcome_to_value(struct cm_arena *arena, const struct cm_lifecycle *lifecycle,
                                    const struct cm_outcome *outcome, bool *ok_out)
{
    *ok_out = true;
    struct cm_value object = new_object(arena, 13, ok_out);
    if (!*ok_out)
        return object;
    put_true(&object, "timer", outcome->is_timer);
    put_true(&object, "reading", outcome->is_reading);
    if (outcome->opens)
        cm_value_put(&object, "opened", opened_to_value(arena, lifecycle, outcome, ok_out));
    if (outcome->state != CM_NONE)
        cm_value_put(&object, "state", cm_value_text(lifecycle->states[outcome->state].name));
    if (outcome->field_count > 0)
        cm_value_put(&object, "fields", fields_to_value(arena, lifecycle, outcome, ok_out));
    put_clocks(&object, arena, lifecycle, outcome, ok_out);
    if (outcome->sets_merged_into)
        cm_value_put(&object, "merged_into", cm_id_to_value(arena, &outcome->merged_into, ok_out));
    if (outcome->sets_children_open)
        cm_value_put(&object, "children_open", cm_value_integer(outcome->children_open));
    if (outcome->sets_duplicates)
        cm_value_put(&object, "duplicates", cm_value_integer(outcome->duplicates));
    if (outcome->flags != 0)
        cm_value_put(&object, "flags",
                     flags_to_value(arena, (outcome->flags & CM_OUTCOME_FLAG_BACKFILLED) != 0,
                                    (outcome->flags & CM_OUTCOME_FLAG_OUT_OF_ORDER) != 0, ok_out));
    if (outcome->effect_count > 0)
        cm_value_put(&object, "effects", effects_to_value(arena, outcome, ok_out));
    return object;
}

/* A field of a row: public values as they are, personal ones with their commitment. */
static struct cm_value row_field(struct cm_arena *arena, const struct cm_record *record,
                                 size_t field, bool *ok_out)
{
    if (record->commitments[field].data == NULL)
        return record->fields[field];
    struct cm_value object = new_object(arena, 2, ok_out);
    cm_value_put(&object, "commitment", cm_value_text(record->commitments[field]));
    if (record->fields[field].type != CM_NULL)
        cm_value_put(&object, "value", record->fields[field]);
    return object;
}

static struct cm_value row_fields(struct cm_arena *arena, const struct cm_record *record,
                                  bool *ok_out)
{
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    struct cm_value object = new_object(arena, lifecycle->field_count, ok_out);
    for (size_t i = 0; i < lifecycle->field_count; i++) {
        if (record->fields[i].type != CM_NULL || record->commitments[i].data != NULL)
            cm_value_put_text(&object, lifecycle->fields[i].name,
                              row_field(arena, record, i, ok_out));
    }
    return object;
}

static struct cm_value row_deadlines(struct cm_arena *arena, const struct cm_record *record,
                                     bool *ok_out)
{
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    struct cm_value object = new_object(arena, lifecycle->deadline_count, ok_out);
    for (size_t i = 0; i < lifecycle->deadline_count; i++) {
        if (record->deadlines[i].status != CM_DEADLINE_IDLE)
            cm_value_put_text(&object, lifecycle->deadlines[i].name,
                              cm_deadline_to_value(arena, &record->deadlines[i], ok_out));
    }
    return object;
}

static void put_relations(struct cm_value *object, struct cm_arena *arena,
                          const struct cm_record *record, bool *ok_out)
{
    if (record->external_id.data != NULL)
        cm_value_put(object, "external_id", cm_value_text(record->external_id));
    if (!cm_id_is_nil(&record->parent))
        cm_value_put(object, "parent", cm_id_to_value(arena, &record->parent, ok_out));
    if (!cm_id_is_nil(&record->merged_into))
        cm_value_put(object, "merged_into", cm_id_to_value(arena, &record->merged_into, ok_out));
    put_number(object, "children_open", record->children_open);
    put_number(object, "duplicates", record->duplicates);
}

struct cm_value cm_record_to_value(struct cm_arena *arena, const struct cm_record *record,
                                   bool *ok_out)
{
    *ok_out = true;
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    struct cm_value object = new_object(arena, 17, ok_out);
    if (!*ok_out)
        return object;
    cm_value_put(&object, "rulebook", cm_value_text(record->rulebook));
    cm_value_put(&object, "state", cm_value_text(lifecycle->states[record->state].name));
    cm_value_put(&object, "requester", cm_value_text(record->requester));
    cm_value_put(&object, "opened_at", cm_value_integer(record->opened_at));
    cm_value_put(&object, "entered_at", cm_value_integer(record->entered_at));
    cm_value_put(&object, "changed_at", cm_value_integer(record->changed_at));
    cm_value_put(&object, "moved_at", cm_value_integer(record->moved_at));
    put_relations(&object, arena, record, ok_out);
    cm_value_put(&object, "fields", row_fields(arena, record, ok_out));
    cm_value_put(&object, "deadlines", row_deadlines(arena, record, ok_out));
    if (record->counter_count > 0)
        cm_value_put(&object, "counters",
                     counters_to_value(arena, record->counters, record->counter_count, ok_out));
    if (record->after_count > 0)
        cm_value_put(
            &object, "after",
            afters_to_value(arena, lifecycle, record->afters, record->after_count, ok_out));
    if (record->is_backfilled || record->is_out_of_order)
        cm_value_put(&object, "flags",
                     flags_to_value(arena, record->is_backfilled, record->is_out_of_order, ok_out));
    return object;
}

/* ---- reading ---- */

struct community_text cm_commitment_text(const struct cm_value *value)
{
    return cm_value_member_as_text(value, "commitment");
}

static bool read_time(community_time_ms *out, const struct cm_value *object, const char *name)
{
    const struct community_text text = cm_value_member_as_text(object, name);
    return text.data != NULL && cm_time_parse(text, out, NULL);
}

/* Absent means zero. */
static bool read_number(int64_t *out, const struct cm_value *object, const char *name)
{
    *out = 0;
    return cm_value_member(object, name) == NULL ||
           (cm_value_member_as_integer(object, name, out) && *out >= 0);
}

static bool read_id(struct community_id *out, const struct cm_value *object, const char *name)
{
    *out = (struct community_id){{0}};
    const struct cm_value *member = cm_value_member(object, name);
    if (member == NULL || member->type == CM_NULL)
        return true;
    return member->type == CM_TEXT_VALUE && cm_id_parse(member->as.text, out);
}

static bool is_true(const struct cm_value *object, const char *name)
{
    const struct cm_value *member = cm_value_member(object, name);
    return member != NULL && member->type == CM_BOOL && member->as.boolean;
}

static bool read_left(struct cm_remainder *out, const struct cm_value *object)
{
    const struct cm_value *left = cm_value_member(object, "left");
    return left != NULL &&
           word_index(&out->unit, cm_value_member_as_text(left, "unit"), left_words, LEFT_COUNT) &&
           read_number(&out->amount, left, "amount") &&
           (cm_value_member(left, "day_ms") == NULL ||
            cm_value_member_as_integer(left, "day_ms", &out->day_ms));
}

static bool read_next(struct cm_deadline_state *out, const struct cm_value *object,
                      const struct cm_deadline *rule)
{
    const struct cm_value *next = cm_value_member(object, "next");
    int64_t index;
    if (next == NULL)
        return true;
    if (!word_index(&out->next_kind, cm_value_member_as_text(next, "kind"), timer_words,
                    TIMER_COUNT) ||
        !read_number(&index, next, "index") || !read_time(&out->next_at, next, "at"))
        return false;
    out->next_index = (uint16_t)index;
    if (out->next_kind == CM_TIMER_WARNING)
        return index < (int64_t)rule->warning_count;
    if (out->next_kind == CM_TIMER_STEP)
        return index < (int64_t)rule->step_count;
    return out->next_kind == CM_TIMER_BREACH && index == 0;
}

static bool read_deadline(struct cm_deadline_state *out, const struct cm_value *object,
                          const struct cm_deadline *rule)
{
    int64_t warned;
    int64_t stepped;
    memset(out, 0, sizeof(*out));
    if (!word_index(&out->status, cm_value_member_as_text(object, "status"), status_words,
                    STATUS_COUNT) ||
        !read_time(&out->started_at, object, "started_at") ||
        !read_time(&out->due, object, "due") || !read_number(&out->whole_ms, object, "whole_ms") ||
        !read_number(&out->extended, object, "extended") ||
        !read_number(&warned, object, "warned") || !read_number(&stepped, object, "stepped"))
        return false;
    if (warned > UINT32_MAX || stepped > (int64_t)rule->step_count)
        return false;
    out->warned = (uint32_t)warned;
    out->stepped = (uint16_t)stepped;
    out->breached = is_true(object, "breached");
    out->missed = is_true(object, "missed");
    out->ladder_from = out->due;
    if (cm_value_member(object, "ladder_from") != NULL &&
        !read_time(&out->ladder_from, object, "ladder_from"))
        return false;
    out->paused_by_state = is_true(object, "paused_by_state");
    out->paused_by_command = is_true(object, "paused_by_command");
    const bool ended = out->status == CM_DEADLINE_MET || out->status == CM_DEADLINE_ENDED;
    if (ended && !read_time(&out->ended_at, object, "ended_at"))
        return false;
    if (out->status == CM_DEADLINE_PAUSED && !read_left(&out->left, object))
        return false;
    return read_next(out, object, rule);
}

static bool read_afters(struct cm_after **out, size_t *count_out, struct cm_arena *arena,
                        const struct cm_lifecycle *lifecycle, const struct cm_value *list,
                        bool *no_memory)
{
    if (list->type != CM_LIST)
        return false;
    struct cm_after *afters = cm_arena_array(arena, list->as.list.count, sizeof(*afters));
    *no_memory |= afters == NULL;
    for (size_t i = 0; afters != NULL && i < list->as.list.count; i++) {
        int64_t index;
        if (!cm_value_member_as_integer(&list->as.list.items[i], "index", &index) || index < 0 ||
            index >= (int64_t)lifecycle->transition_count ||
            !read_time(&afters[i].at, &list->as.list.items[i], "at"))
            return false;
        afters[i].transition = (int32_t)index;
    }
    *out = afters;
    *count_out = afters != NULL ? list->as.list.count : 0;
    return true;
}

static bool read_counters(struct cm_counter **out, size_t *count_out, struct cm_arena *arena,
                          const struct cm_value *object, bool *no_memory)
{
    if (object->type != CM_OBJECT)
        return false;
    struct cm_counter *counters = cm_arena_array(arena, object->as.object.count, sizeof(*counters));
    *no_memory |= counters == NULL;
    for (size_t i = 0; counters != NULL && i < object->as.object.count; i++) {
        const struct cm_member *member = &object->as.object.members[i];
        if (member->value.type != CM_INT)
            return false;
        counters[i] = (struct cm_counter){.name = member->name, .count = member->value.as.integer};
    }
    *out = counters;
    *count_out = counters != NULL ? object->as.object.count : 0;
    return true;
}

static bool read_flags(bool *backfilled_out, bool *out_of_order_out, const struct cm_value *list)
{
    *backfilled_out = false;
    *out_of_order_out = false;
    if (list == NULL)
        return true;
    if (list->type != CM_LIST)
        return false;
    for (size_t i = 0; i < list->as.list.count; i++) {
        const struct cm_value *word = &list->as.list.items[i];
        if (word->type != CM_TEXT_VALUE)
            return false;
        if (cm_text_is(word->as.text, "backfilled"))
            *backfilled_out = true;
        else if (cm_text_is(word->as.text, "out_of_order"))
            *out_of_order_out = true;
        else
            return false;
    }
    return true;
}

static bool read_opened(struct cm_outcome *out, const struct cm_lifecycle *lifecycle,
                        const struct cm_value *opened)
{
    out->opens = true;
    out->requester = cm_value_member_as_text(opened, "requester");
    out->external_id = cm_value_member_as_text(opened, "external_id");
    return cm_text_equal(cm_value_member_as_text(opened, "lifecycle"), lifecycle->name) &&
           out->requester.data != NULL && read_id(&out->parent, opened, "parent");
}

static bool read_field_changes(struct cm_outcome *out, struct cm_arena *arena,
                               const struct cm_lifecycle *lifecycle, const struct cm_value *object,
                               cm_reveal_fn *reveal, void *userdata, bool *no_memory)
{
    if (object->type != CM_OBJECT)
        return false;
    out->fields = cm_arena_array(arena, object->as.object.count, sizeof(*out->fields));
    *no_memory |= out->fields == NULL;
    for (size_t i = 0; out->fields != NULL && i < object->as.object.count; i++) {
        const struct cm_member *member = &object->as.object.members[i];
        struct cm_field_change *change = &out->fields[i];
        change->field = cm_lifecycle_field(lifecycle, member->name);
        if (change->field == CM_NONE)
            return false;
        out->field_count = i + 1;
        if (lifecycle->fields[change->field].data_class == CM_PUBLIC) {
            change->value = member->value;
            continue;
        }
        change->commitment = cm_commitment_text(&member->value);
        if (change->commitment.data == NULL)
            return false;
        const struct cm_value *value = reveal != NULL ? reveal(userdata, change->commitment) : NULL;
        if (value != NULL)
            change->value = *value;
    }
    return true;
}

static bool read_deadline_changes(struct cm_outcome *out, struct cm_arena *arena,
                                  const struct cm_lifecycle *lifecycle,
                                  const struct cm_value *object, bool *no_memory)
{
    if (object->type != CM_OBJECT)
        return false;
    out->deadlines = cm_arena_array(arena, object->as.object.count, sizeof(*out->deadlines));
    *no_memory |= out->deadlines == NULL;
    for (size_t i = 0; out->deadlines != NULL && i < object->as.object.count; i++) {
        const struct cm_member *member = &object->as.object.members[i];
        struct cm_deadline_change *change = &out->deadlines[i];
        change->deadline = cm_lifecycle_deadline(lifecycle, member->name);
        if (change->deadline == CM_NONE ||
            !read_deadline(&change->state, &member->value, &lifecycle->deadlines[change->deadline]))
            return false;
        out->deadline_count = i + 1;
    }
    return true;
}

static bool read_state(int32_t *out, const struct cm_lifecycle *lifecycle,
                       const struct cm_value *object)
{
    *out = CM_NONE;
    const struct cm_value *state = cm_value_member(object, "state");
    if (state == NULL)
        return true;
    if (state->type != CM_TEXT_VALUE)
        return false;
    *out = cm_lifecycle_state(lifecycle, state->as.text);
    return *out != CM_NONE;
}

static bool read_outcome_relations(struct cm_outcome *out, const struct cm_value *value)
{
    out->sets_merged_into = cm_value_member(value, "merged_into") != NULL;
    out->sets_children_open = cm_value_member(value, "children_open") != NULL;
    out->sets_duplicates = cm_value_member(value, "duplicates") != NULL;
    bool backfilled;
    bool out_of_order;
    if (!read_id(&out->merged_into, value, "merged_into") ||
        !read_number(&out->children_open, value, "children_open") ||
        !read_number(&out->duplicates, value, "duplicates") ||
        !read_flags(&backfilled, &out_of_order, cm_value_member(value, "flags")))
        return false;
    out->flags = (backfilled ? CM_OUTCOME_FLAG_BACKFILLED : 0u) |
                 (out_of_order ? CM_OUTCOME_FLAG_OUT_OF_ORDER : 0u);
    return true;
}

static bool read_outcome(struct cm_outcome *out, struct cm_arena *arena,
                         const struct cm_lifecycle *lifecycle, const struct cm_value *value,
                         cm_reveal_fn *reveal, void *userdata, bool *no_memory)
{
    out->is_timer = is_true(value, "timer");
    out->is_reading = is_true(value, "reading");
    const struct cm_value *opened = cm_value_member(value, "opened");
    const struct cm_value *fields = cm_value_member(value, "fields");
    const struct cm_value *deadlines = cm_value_member(value, "deadlines");
    const struct cm_value *counters = cm_value_member(value, "counters");
    const struct cm_value *afters = cm_value_member(value, "after");
    if (opened != NULL && !read_opened(out, lifecycle, opened))
        return false;
    if (!read_state(&out->state, lifecycle, value))
        return false;
    if (fields != NULL &&
        !read_field_changes(out, arena, lifecycle, fields, reveal, userdata, no_memory))
        return false;
    if (deadlines != NULL && !read_deadline_changes(out, arena, lifecycle, deadlines, no_memory))
        return false;
    if (counters != NULL &&
        !read_counters(&out->counters, &out->counter_count, arena, counters, no_memory))
        return false;
    out->sets_afters = afters != NULL;
    if (afters != NULL &&
        !read_afters(&out->afters, &out->after_count, arena, lifecycle, afters, no_memory))
        return false;
    return read_outcome_relations(out, value);
}

enum community_status cm_outcome_from_value(struct cm_outcome *out, struct cm_arena *arena,
                                            const struct cm_lifecycle *lifecycle,
                                            const struct cm_value *value, cm_reveal_fn *reveal,
                                            void *userdata)
{
    bool no_memory = false;
    memset(out, 0, sizeof(*out));
    const bool fits = read_outcome(out, arena, lifecycle, value, reveal, userdata, &no_memory);
    if (no_memory)
        return COMMUNITY_NO_MEMORY;
    return fits ? COMMUNITY_OK : COMMUNITY_CORRUPT;
}

static bool read_row_fields(struct cm_record *out, const struct cm_value *object)
{
    if (object == NULL || object->type != CM_OBJECT)
        return false;
    for (size_t i = 0; i < object->as.object.count; i++) {
        const struct cm_member *member = &object->as.object.members[i];
        const int32_t field = cm_lifecycle_field(out->lifecycle, member->name);
        if (field == CM_NONE)
            return false;
        if (out->lifecycle->fields[field].data_class == CM_PUBLIC) {
            out->fields[field] = member->value;
            continue;
        }
        out->commitments[field] = cm_commitment_text(&member->value);
        const struct cm_value *value = cm_value_member(&member->value, "value");
        if (value != NULL)
            out->fields[field] = *value;
    }
    return true;
}

static bool read_row_deadlines(struct cm_record *out, const struct cm_value *object)
{
    if (object == NULL || object->type != CM_OBJECT)
        return false;
    for (size_t i = 0; i < object->as.object.count; i++) {
        const struct cm_member *member = &object->as.object.members[i];
        const int32_t deadline = cm_lifecycle_deadline(out->lifecycle, member->name);
        if (deadline == CM_NONE || !read_deadline(&out->deadlines[deadline], &member->value,
                                                  &out->lifecycle->deadlines[deadline]))
            return false;
    }
    return true;
}

static bool read_row(struct cm_record *out, struct cm_arena *arena, const struct cm_value *value,
                     bool *no_memory)
{
    const struct cm_value *counters = cm_value_member(value, "counters");
    const struct cm_value *afters = cm_value_member(value, "after");
    out->rulebook = cm_value_member_as_text(value, "rulebook");
    out->requester = cm_value_member_as_text(value, "requester");
    out->external_id = cm_value_member_as_text(value, "external_id");
    if (out->requester.data == NULL || !read_state(&out->state, out->lifecycle, value) ||
        out->state == CM_NONE || !cm_value_member_as_integer(value, "opened_at", &out->opened_at) ||
        !cm_value_member_as_integer(value, "entered_at", &out->entered_at) ||
        !cm_value_member_as_integer(value, "changed_at", &out->changed_at) ||
        !cm_value_member_as_integer(value, "moved_at", &out->moved_at) ||
        !read_id(&out->parent, value, "parent") ||
        !read_id(&out->merged_into, value, "merged_into") ||
        !read_number(&out->children_open, value, "children_open") ||
        !read_number(&out->duplicates, value, "duplicates") ||
        !read_flags(&out->is_backfilled, &out->is_out_of_order, cm_value_member(value, "flags")))
        return false;
    if (counters != NULL &&
        !read_counters(&out->counters, &out->counter_count, arena, counters, no_memory))
        return false;
    if (afters != NULL &&
        !read_afters(&out->afters, &out->after_count, arena, out->lifecycle, afters, no_memory))
        return false;
    return read_row_fields(out, cm_value_member(value, "fields")) &&
           read_row_deadlines(out, cm_value_member(value, "deadlines"));
}

enum community_status cm_record_from_value(struct cm_record *out, struct cm_arena *arena,
                                           const struct cm_lifecycle *lifecycle,
                                           const struct cm_value *value)
{
    bool no_memory = false;
    if (!cm_record_make(out, arena, lifecycle))
        return COMMUNITY_NO_MEMORY;
    const bool fits = read_row(out, arena, value, &no_memory);
    if (no_memory)
        return COMMUNITY_NO_MEMORY;
    return fits ? COMMUNITY_OK : COMMUNITY_CORRUPT;
}
