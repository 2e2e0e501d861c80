/* SPDX-License-Identifier: Apache-2.0
 *
 * Gathering what a command will write. */
#include "plan.h"

#include <string.h>

#include "failure.h"
#include "identity.h"
#include "json.h"
#include "packed.h"
#include "rfc3339.h"
#include "text.h"
#include "ticket.h"

/* Catching up on a record that was left alone stops here for one call; the rest comes with the
 * next. A rulebook cannot make it endless: a step that repeats itself takes time. */
enum { TIMER_COUNT_MAX = 1000 };

/* Inputs that are no fields and say nothing of a person. */
static const char *const public_inputs[] = {"for", "into"};
enum { PUBLIC_INPUT_COUNT = sizeof(public_inputs) / sizeof(public_inputs[0]) };

enum community_status cm_plan_init(struct cm_plan *plan, struct community_desk *desk,
                                   struct community_error *err)
{
    memset(plan, 0, sizeof(*plan));
    plan->desk = desk;
    plan->arena = &desk->arena;
    plan->now = cm_desk_now(desk);
    if (!cm_desk_new_id(desk, &plan->cause, plan->now))
        return cm_fail_plain(err, COMMUNITY_IO, CM_CODE_NO_RANDOM);
    return cm_desk_directory(&plan->directory, desk, err);
}

/* Room for one more item in a list that lives in the arena. */
static bool reserve(struct cm_arena *arena, void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    const size_t wanted = *capacity == 0 ? 4 : *capacity * 2;
    void *grown = cm_arena_array(arena, wanted, size);
    if (grown == NULL)
        return false;
    void *old;
    memcpy(&old, list, sizeof(old));
    if (count > 0)
        memcpy(grown, old, count * size);
    memcpy(list, &grown, sizeof(grown));
    *capacity = wanted;
    return true;
}

/* ---- records ---- */

static struct cm_plan_record *add_record(struct cm_plan *plan)
{
    struct cm_plan_record *record = cm_arena_allocate_zeroed(plan->arena, sizeof(*record));
    if (record == NULL || !reserve(plan->arena, &plan->records, plan->record_count,
                                   &plan->record_capacity, sizeof(*plan->records)))
        return NULL;
    record->horizon = INT64_MIN;
    plan->records[plan->record_count++] = record;
    return record;
}

static struct cm_plan_record *find_planned(const struct cm_plan *plan,
                                           const struct community_id *id)
{
    for (size_t i = 0; i < plan->record_count; i++) {
        if (cm_id_equal(&plan->records[i]->record.id, id))
            return plan->records[i];
    }
    return NULL;
}

enum community_status cm_plan_take(struct cm_plan_record **out, struct cm_plan *plan,
                                   const struct community_store_record *row,
                                   struct community_error *err)
{
    *out = find_planned(plan, &row->id);
    if (*out != NULL)
        return COMMUNITY_OK;
    struct cm_record record;
    const enum community_status status =
        cm_desk_read_record(&record, plan->arena, plan->desk, row, err);
    if (status != COMMUNITY_OK)
        return status;
    struct cm_plan_record *planned = add_record(plan);
    if (planned == NULL)
        return cm_fail_memory(err);
    planned->record = record;
    planned->expected = record.version;
    *out = planned;
    return COMMUNITY_OK;
}

enum community_status cm_plan_find(struct cm_plan_record **out, struct cm_plan *plan,
                                   struct community_text words, struct community_error *err)
{
    struct community_store_record row;
    *out = NULL;
    const enum community_status status = cm_desk_find_row(&row, plan->desk, words, err);
    return status == COMMUNITY_OK ? cm_plan_take(out, plan, &row, err) : status;
}

enum community_status cm_plan_new(struct cm_plan_record **out, struct cm_plan *plan,
                                  const struct community_rulebook *rulebook,
                                  const struct cm_lifecycle *lifecycle, struct community_error *err)
{
    struct cm_record record;
    if (!cm_record_make(&record, plan->arena, lifecycle))
        return cm_fail_memory(err);
    record.rulebook = cm_text(rulebook->hash);
    if (!cm_desk_new_id(plan->desk, &record.id, plan->now))
        return cm_fail_plain(err, COMMUNITY_IO, CM_CODE_NO_RANDOM);
    struct cm_plan_record *planned = add_record(plan);
    if (planned == NULL)
        return cm_fail_memory(err);
    planned->record = record;
    *out = planned;
    return COMMUNITY_OK;
}

/* ---- entries ---- */

/* A CloudEvents 1.0 event without its "id", which the outbox adds. */
static bool make_event(struct community_text *out, struct cm_plan *plan,
                       const struct cm_record *record, const struct cm_effect *effect,
                       community_time_ms at)
{
    bool ok = true;
    char source[9 + CM_ID_TEXT_SIZE] = "urn:uuid:";
    char type[32] = "community.";
    cm_id_format(source + 9, &plan->desk->id);
    strncat(type, cm_effect_word(effect->kind), sizeof(type) - sizeof("community."));
    struct cm_value event = cm_value_new_object(plan->arena, 7);
    struct cm_value data = cm_effect_to_value(plan->arena, effect, &ok);
    struct cm_value subject = cm_id_to_value(plan->arena, &record->id, &ok);
    struct cm_value about = cm_value_new_object(plan->arena, 4);
    ok &= !cm_value_is_broken(&event) && !cm_value_is_broken(&about);
    cm_value_put(&about, "effect", data);
    cm_value_put(&about, "record", subject);
    cm_value_put(&about, "version", cm_value_integer(record->version));
    if (record->external_id.data != NULL)
        cm_value_put(&about, "external_id", cm_value_text(record->external_id));
    cm_value_put(&event, "specversion", cm_value_string("1.0"));
    cm_value_put(&event, "source", cm_value_string(source));
    cm_value_put(&event, "type", cm_value_string(type));
    cm_value_put(&event, "subject", subject);
    cm_value_put(&event, "time", cm_time_to_value(plan->arena, at, 0, &ok));
    cm_value_put(&event, "datacontenttype", cm_value_string("application/json"));
    cm_value_put(&event, "data", about);
    struct cm_buffer *buffer = &plan->desk->buffer;
    cm_buffer_clear(buffer);
    if (ok)
        cm_json_write(buffer, &event);
    *out = cm_arena_text(plan->arena, cm_buffer_view(buffer));
    return ok && !buffer->failed && out->data != NULL;
}

static bool add_events(struct cm_plan *plan, struct community_store_entry *entry,
                       const struct cm_record *record, const struct cm_outcome *outcome)
{
    struct community_text *events =
        cm_arena_array(plan->arena, outcome->effect_count, sizeof(*events));
    if (events == NULL)
        return false;
    for (size_t i = 0; i < outcome->effect_count; i++) {
        if (!make_event(&events[i], plan, record, &outcome->effects[i], outcome->occurred_at))
            return false;
    }
    entry->effects = events;
    entry->effect_count = outcome->effect_count;
    return true;
}

/* The values beside the entry as bytes; none when there are none. */
static bool write_values(struct community_text *out, struct cm_plan *plan,
                         const struct cm_private_values *values)
{
    *out = (struct community_text){0};
    if (values->count == 0)
        return true;
    const struct cm_value list = {.type = CM_LIST,
                                  .as.list = {.items = values->items, .count = values->count}};
    struct cm_buffer *buffer = &plan->desk->buffer;
    cm_buffer_clear(buffer);
    cm_json_write(buffer, &list);
    *out = cm_arena_text(plan->arena, cm_buffer_view(buffer));
    return !buffer->failed && out->data != NULL;
}

/* JSON carries whole numbers exactly up to here; what is written beyond could not be read again. */
static const int64_t number_max = (INT64_C(1) << 53) - 1;

static bool numbers_are_left(const struct cm_plan *plan, const struct cm_entry *entry)
{
    return entry->version <= number_max &&
           plan->desk->last_position < number_max - (int64_t)plan->entry_count;
}

/* Writes and hashes the entry and puts it into the plan's list. */
static enum community_status add_entry(struct cm_plan *plan, struct cm_entry *entry,
                                       const struct cm_private_values *values, uint8_t hash_out[32],
                                       struct community_error *err)
{
    struct cm_buffer *buffer = &plan->desk->buffer;
    struct community_text beside;
    if (!numbers_are_left(plan, entry))
        return cm_fail(err, COMMUNITY_IO, CM_CODE_STORE_FULL,
                       CM_TEXT("its positions or versions are used up"));
    if (!reserve(plan->arena, &plan->entries, plan->entry_count, &plan->entry_capacity,
                 sizeof(*plan->entries)) ||
        !write_values(&beside, plan, values))
        return cm_fail_memory(err);
    entry->cause = plan->cause;
    entry->recorded_at = plan->now;
    cm_buffer_clear(buffer);
    cm_entry_write(buffer, entry);
    const struct community_text body = cm_arena_text(plan->arena, cm_buffer_view(buffer));
    if (buffer->failed || body.data == NULL || !cm_digest_of(plan->desk->digest, hash_out, body))
        return cm_fail_memory(err);
    struct community_store_entry *stored = &plan->entries[plan->entry_count++];
    *stored = (struct community_store_entry){.record = entry->record,
                                             .version = entry->version,
                                             .recorded_at = plan->now,
                                             .body = body,
                                             .values = beside};
    memcpy(stored->hash, hash_out, sizeof(stored->hash));
    return COMMUNITY_OK;
}

static bool add_note(struct cm_plan *plan, const struct community_id *record, bool is_child,
                     int change, const struct cm_plan_step *step, community_time_ms at)
{
    if (cm_id_is_nil(record))
        return true;
    if (!reserve(plan->arena, &plan->notes, plan->note_count, &plan->note_capacity,
                 sizeof(*plan->notes)))
        return false;
    plan->notes[plan->note_count++] = (struct cm_plan_note){
        .record = *record, .is_child = is_child, .change = change, .at = at, .actor = step->actor};
    return true;
}

/* Who else has to know: the parent of a record that came to its end or back from it, and the record
 * that a duplicate joined or left. */
static bool note_relations(struct cm_plan *plan, const struct cm_record *record, bool was_open,
                           const struct community_id *was_merged_into,
                           const struct cm_plan_step *step, community_time_ms at)
{
    const bool is_open = !cm_record_is_final(record);
    if (was_open != is_open && !add_note(plan, &record->parent, true, is_open ? 1 : -1, step, at))
        return false;
    if (cm_id_equal(was_merged_into, &record->merged_into))
        return true;
    return add_note(plan, was_merged_into, false, -1, step, at) &&
           add_note(plan, &record->merged_into, false, 1, step, at);
}

static enum community_status compose(struct cm_plan *plan, struct cm_record *record,
                                     struct cm_decision *decision, const struct cm_plan_step *step,
                                     uint8_t hash_out[32], struct community_error *err)
{
    struct cm_private_values values;
    struct cm_entry entry = {
        .record = record->id,
        .version = record->version + 1,
        .has_previous = record->version > 0,
        .actor = step->actor,
        .rulebook = record->rulebook,
        .occurred_at = decision->outcome.occurred_at,
        .command_name = step->command,
        .has_source_recorded_at = step->has_source_recorded_at,
        .source_recorded_at = step->source_recorded_at,
        .read_count = decision->read_count,
        .reads = decision->reads,
    };
    bool ok;
    memcpy(entry.previous, record->hash, sizeof(entry.previous));
    cm_private_values_init(&values, plan->arena);
    if (!cm_outcome_protect(&decision->outcome, record->lifecycle, &values, &plan->desk->tools) ||
        !cm_entry_protect(&entry.command_data, plan->arena, &values, &plan->desk->tools, step->data,
                          record->lifecycle, &decision->outcome, public_inputs, PUBLIC_INPUT_COUNT))
        return cm_fail_memory(err);
    entry.outcome = cm_outcome_to_value(plan->arena, record->lifecycle, &decision->outcome, &ok);
    if (!ok)
        return cm_fail_memory(err);
    return add_entry(plan, &entry, &values, hash_out, err);
}

enum community_status cm_plan_entry(struct cm_plan *plan, struct cm_plan_record *planned,
                                    struct cm_decision *decision, const struct cm_plan_step *step,
                                    struct community_error *err)
{
    struct cm_record *record = &planned->record;
    const bool was_open = record->version > 0 && !cm_record_is_final(record);
    const struct community_id was_merged_into = record->merged_into;
    uint8_t hash[32];
    const enum community_status status = compose(plan, record, decision, step, hash, err);
    if (status != COMMUNITY_OK)
        return status;
    if (!cm_evolve(record, plan->arena, &decision->outcome))
        return cm_fail_memory(err);
    memcpy(record->hash, hash, sizeof(record->hash));
    planned->is_touched = true;
    planned->horizon = INT64_MIN; /* what was held back may now be possible */
    if (!add_events(plan, &plan->entries[plan->entry_count - 1], record, &decision->outcome) ||
        !note_relations(plan, record, was_open, &was_merged_into, step,
                        decision->outcome.occurred_at))
        return cm_fail_memory(err);
    return COMMUNITY_OK;
}

/* ---- timers ---- */

static const char *timer_command(uint8_t kind)
{
    switch ((enum cm_timer_kind)kind) {
    case CM_TIMER_WARNING:
        return "warn";
    case CM_TIMER_BREACH:
        return "breach";
    case CM_TIMER_STEP:
        return "step";
    case CM_TIMER_NONE:
    case CM_TIMER_AFTER:
        break;
    }
    return NULL;
}

static enum community_status fire(struct cm_plan *plan, struct cm_plan_record *record,
                                  const struct cm_timer *timer, bool *fired_out,
                                  struct community_error *err)
{
    struct cm_decision decision;
    cm_decision_init(&decision, plan->arena);
    cm_decide_timer(&decision, &record->record, timer, plan->directory);
    *fired_out = decision.accepted;
    if (decision.no_memory)
        return cm_fail_memory(err);
    if (!decision.accepted)
        return COMMUNITY_OK;
    const char *command = timer_command(timer->kind);
    const struct cm_plan_step step = {.command = command != NULL ? cm_text(command) : timer->name,
                                      .actor = CM_TEXT(CM_ACTOR_SYSTEM)};
    return cm_plan_entry(plan, record, &decision, &step, err);
}

enum community_status cm_plan_first_timer(struct cm_plan *plan, struct cm_plan_record *record,
                                          community_time_ms until, bool *fired_out,
                                          struct community_error *err)
{
    struct cm_timer timer;
    struct cm_timer blocked;
    bool has_blocked = false;
    *fired_out = false;
    while (cm_record_timer(&timer, &record->record, has_blocked ? &blocked : NULL) &&
           timer.at <= until) {
        const enum community_status status = fire(plan, record, &timer, fired_out, err);
        if (status != COMMUNITY_OK || *fired_out)
            return status;
        blocked = timer;
        has_blocked = true;
    }
    if (until > record->horizon)
        record->horizon = until;
    return COMMUNITY_OK;
}

enum community_status cm_plan_timers(struct cm_plan *plan, struct cm_plan_record *record,
                                     community_time_ms until, struct community_error *err)
{
    bool fired = true;
    for (int count = 0; fired && count < TIMER_COUNT_MAX; count++) {
        const enum community_status status = cm_plan_first_timer(plan, record, until, &fired, err);
        if (status != COMMUNITY_OK)
            return status;
    }
    return COMMUNITY_OK;
}

/* When the record has to be looked at next: its first timer that was not found held back. */
static community_time_ms next_timer(const struct cm_plan_record *planned)
{
    struct cm_timer timer;
    struct cm_timer before;
    bool has_before = false;
    while (cm_record_timer(&timer, &planned->record, has_before ? &before : NULL)) {
        if (timer.at > planned->horizon)
            return timer.at;
        before = timer;
        has_before = true;
    }
    return COMMUNITY_TIME_NONE;
}

/* ---- notes of other records ---- */

static struct community_text note_command(const struct cm_plan_note *note)
{
    if (note->is_child)
        return note->change > 0 ? CM_TEXT("child-opened") : CM_TEXT("child-closed");
    return note->change > 0 ? CM_TEXT("duplicate-added") : CM_TEXT("duplicate-removed");
}

static enum community_status carry(struct cm_plan *plan, const struct cm_plan_note *note,
                                   struct community_error *err)
{
    char words[CM_ID_TEXT_SIZE];
    cm_id_format(words, &note->record);
    struct cm_plan_record *other;
    enum community_status status = cm_plan_find(&other, plan, cm_text(words), err);
    if (status == COMMUNITY_NOT_FOUND)
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, cm_text(words));
    if (status == COMMUNITY_OK)
        status = cm_plan_timers(plan, other, note->at, err);
    if (status != COMMUNITY_OK)
        return status;
    struct cm_decision decision;
    cm_decision_init(&decision, plan->arena);
    if (note->is_child)
        cm_ticket_note_child(&decision, &other->record, note->at, note->change);
    else
        cm_ticket_note_duplicate(&decision, &other->record, note->at, note->change);
    if (decision.no_memory)
        return cm_fail_memory(err);
    const struct cm_plan_step step = {.command = note_command(note), .actor = note->actor};
    status = cm_plan_entry(plan, other, &decision, &step, err);
    return status == COMMUNITY_OK ? cm_plan_timers(plan, other, note->at, err) : status;
}

enum community_status cm_plan_settle(struct cm_plan *plan, struct community_error *err)
{
    while (plan->note_done < plan->note_count) {
        const struct cm_plan_note note = plan->notes[plan->note_done++];
        const enum community_status status = carry(plan, &note, err);
        if (status != COMMUNITY_OK)
            return status;
    }
    return COMMUNITY_OK;
}

/* ---- families ---- */

/* A record and its open descendants, level after level. */
struct family {
    struct cm_plan *plan;
    community_time_ms until;
    size_t count;
    size_t capacity;
    struct community_id *ids;
    bool no_memory;
};

static bool add_relative(struct family *family, const struct community_id *id)
{
    family->no_memory = !reserve(family->plan->arena, &family->ids, family->count,
                                 &family->capacity, sizeof(*family->ids));
    if (!family->no_memory)
        family->ids[family->count++] = *id;
    return !family->no_memory;
}

static int take_child(void *userdata, const struct community_store_record *row)
{
    return add_relative(userdata, &row->id) ? 0 : 1;
}

static enum community_status find_by_id(struct cm_plan_record **out, struct cm_plan *plan,
                                        const struct community_id *id, struct community_error *err)
{
    char words[CM_ID_TEXT_SIZE];
    cm_id_format(words, id);
    const enum community_status status = cm_plan_find(out, plan, cm_text(words), err);
    return status == COMMUNITY_NOT_FOUND
               ? cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, cm_text(words))
               : status;
}

static enum community_status gather_children(struct family *family,
                                             const struct cm_plan_record *record,
                                             struct community_error *err)
{
    const struct community_store *store = &family->plan->desk->store;
    const struct community_store_filter filter = {.space = CM_TEXT(CM_SPACE_TICKET),
                                                  .parent = record->record.id,
                                                  .due_before = COMMUNITY_TIME_NONE,
                                                  .open_only = true};
    if (record->record.children_open == 0)
        return COMMUNITY_OK;
    const enum community_status status = store->find(store->self, &filter, take_child, family, err);
    return family->no_memory ? cm_fail_memory(err) : status;
}

static enum community_status gather_family(struct family *family,
                                           const struct cm_plan_record *record,
                                           struct community_error *err)
{
    if (!add_relative(family, &record->record.id))
        return cm_fail_memory(err);
    for (size_t i = 0; i < family->count; i++) {
        struct cm_plan_record *relative;
        enum community_status status = find_by_id(&relative, family->plan, &family->ids[i], err);
        if (status == COMMUNITY_OK)
            status = gather_children(family, relative, err);
        if (status != COMMUNITY_OK)
            return status;
    }
    return COMMUNITY_OK;
}

/* The one whose next timer is the earliest; of equals the least id, as for tick. NULL: none is due.
 */
static struct cm_plan_record *earliest_of(const struct family *family)
{
    struct cm_plan_record *earliest = NULL;
    community_time_ms earliest_at = COMMUNITY_TIME_NONE;
    for (size_t i = 0; i < family->count; i++) {
        struct cm_plan_record *record = find_planned(family->plan, &family->ids[i]);
        const community_time_ms at = next_timer(record);
        if (at > family->until || at > earliest_at ||
            (at == earliest_at &&
             memcmp(&record->record.id, &earliest->record.id, sizeof(record->record.id)) > 0))
            continue;
        earliest = record;
        earliest_at = at;
    }
    return earliest;
}

enum community_status cm_plan_family_timers(struct cm_plan *plan, struct cm_plan_record *record,
                                            community_time_ms until, struct community_error *err)
{
    struct family family = {.plan = plan, .until = until};
    enum community_status status;
    if (record->record.children_open == 0) { /* nearly always: no question to the store */
        status = cm_plan_timers(plan, record, until, err);
        return status == COMMUNITY_OK ? cm_plan_settle(plan, err) : status;
    }
    status = gather_family(&family, record, err);
    for (int count = 0; status == COMMUNITY_OK && count < TIMER_COUNT_MAX; count++) {
        struct cm_plan_record *earliest = earliest_of(&family);
        bool fired;
        if (earliest == NULL)
            return COMMUNITY_OK;
        status = cm_plan_first_timer(plan, earliest, until, &fired, err);
        if (status == COMMUNITY_OK)
            status = cm_plan_settle(plan, err);
    }
    return status;
}

/* ---- records without a lifecycle ---- */

static bool is_personal(const struct cm_plain_change *change, struct community_text name)
{
    for (size_t i = 0; i < change->personal_count; i++) {
        if (cm_text_is(name, change->personal[i]))
            return true;
    }
    return false;
}

/* The data twice: as the entry has it, with commitments, and as the row has it, with the values
 * beside them. */
static bool split_data(struct cm_plan *plan, const struct cm_plain_change *change,
                       struct cm_private_values *values, struct cm_value *entry_data,
                       struct cm_value *row_data)
{
    const size_t count = change->data->as.object.count;
    *entry_data = cm_value_new_object(plan->arena, count);
    *row_data = cm_value_new_object(plan->arena, count);
    if (cm_value_is_broken(entry_data) || cm_value_is_broken(row_data))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct cm_member *member = &change->data->as.object.members[i];
        if (!is_personal(change, member->name)) {
            cm_value_put_text(entry_data, member->name, member->value);
            cm_value_put_text(row_data, member->name, member->value);
            continue;
        }
        const struct community_text commitment =
            cm_commit(values, &plan->desk->tools, &member->value);
        struct cm_value both = cm_value_new_object(plan->arena, 2);
        if (commitment.data == NULL || cm_value_is_broken(&both))
            return false;
        cm_value_put(&both, "commitment", cm_value_text(commitment));
        cm_value_put(&both, "value", member->value);
        cm_value_put_text(entry_data, member->name, cm_commitment_value(plan->arena, commitment));
        cm_value_put_text(row_data, member->name, both);
    }
    return true;
}

static bool keep_row(struct cm_plan *plan, struct community_text *out, const struct cm_value *value)
{
    struct cm_buffer *buffer = &plan->desk->buffer;
    cm_buffer_clear(buffer);
    cm_packed_write(buffer, value);
    *out = cm_arena_text(plan->arena, cm_buffer_view(buffer));
    return !buffer->failed && out->data != NULL;
}

static bool add_plain_row(struct cm_plan *plan, const struct community_store_record *row,
                          int64_t expected)
{
    /* A command touches one such record, an install one too. */
    plan->plain_rows = cm_arena_array(plan->arena, 1, sizeof(*plan->plain_rows));
    plan->plain_expected = cm_arena_array(plan->arena, 1, sizeof(*plan->plain_expected));
    if (plan->plain_rows == NULL || plan->plain_expected == NULL)
        return false;
    plan->plain_rows[0] = *row;
    plan->plain_expected[0] = expected;
    plan->plain_count = 1;
    return true;
}

enum community_status cm_plan_plain(struct cm_plan *plan, const struct cm_plain_change *change,
                                    struct community_error *err)
{
    struct community_desk *desk = plan->desk;
    struct community_store_record row = {0};
    struct cm_private_values values;
    enum community_status status =
        desk->store.load_external(desk->store.self, &row, change->space, change->external_id, err);
    if (status != COMMUNITY_OK && status != COMMUNITY_NOT_FOUND)
        return status;
    const int64_t expected = status == COMMUNITY_OK ? row.version : 0;
    if (expected == 0 && !cm_desk_new_id(desk, &row.id, plan->now))
        return cm_fail_plain(err, COMMUNITY_IO, CM_CODE_NO_RANDOM);
    struct cm_entry entry = {.record = row.id,
                             .version = expected + 1,
                             .has_previous = expected > 0,
                             .actor = change->actor,
                             .occurred_at = change->at,
                             .command_name = change->command};
    memcpy(entry.previous, row.hash, sizeof(entry.previous));
    struct cm_value entry_data;
    struct cm_value row_data;
    cm_private_values_init(&values, plan->arena);
    entry.outcome = cm_value_new_object(plan->arena, 2);
    if (cm_value_is_broken(&entry.outcome) ||
        !split_data(plan, change, &values, &entry_data, &row_data))
        return cm_fail_memory(err);
    cm_value_put(&entry.outcome, "space", cm_value_text(change->space));
    cm_value_put(&entry.outcome, "put", entry_data);
    struct community_store_record after = {.id = row.id,
                                           .version = expected + 1,
                                           .space = change->space,
                                           .external_id = change->external_id,
                                           .lifecycle = CM_TEXT(""),
                                           .state = CM_TEXT(""),
                                           .due = COMMUNITY_TIME_NONE,
                                           .next_timer = COMMUNITY_TIME_NONE};
    if (!keep_row(plan, &after.snapshot, &row_data))
        return cm_fail_memory(err);
    status = add_entry(plan, &entry, &values, after.hash, err);
    if (status == COMMUNITY_OK && !add_plain_row(plan, &after, expected))
        status = cm_fail_memory(err);
    return status;
}

/* ---- writing ---- */

struct community_store_record cm_plan_columns(const struct cm_record *record)
{
    struct community_store_record row = {
        .id = record->id,
        .version = record->version,
        .space = CM_TEXT(CM_SPACE_TICKET),
        .external_id = record->external_id,
        .lifecycle = record->lifecycle->name,
        .state = record->lifecycle->states[record->state].name,
        .unit = cm_record_unit(record),
        .parent = record->parent,
        .due = cm_record_due(record),
        .next_timer = COMMUNITY_TIME_NONE,
        .is_final = cm_record_is_final(record),
    };
    memcpy(row.hash, record->hash, sizeof(row.hash));
    return row;
}

static bool make_row(struct cm_plan *plan, struct community_store_record *row,
                     const struct cm_plan_record *planned)
{
    const struct cm_record *record = &planned->record;
    bool ok;
    const struct cm_value value = cm_record_to_value(plan->arena, record, &ok);
    *row = cm_plan_columns(record);
    row->next_timer = next_timer(planned);
    return ok && keep_row(plan, &row->snapshot, &value);
}

static bool make_rows(struct cm_plan *plan, struct community_store_record **rows_out,
                      int64_t **expected_out, size_t *count_out)
{
    const size_t most = plan->record_count + plan->plain_count;
    struct community_store_record *rows = cm_arena_array(plan->arena, most, sizeof(*rows));
    int64_t *expected = cm_arena_array(plan->arena, most, sizeof(*expected));
    size_t count = 0;
    if (rows == NULL || expected == NULL)
        return false;
    for (size_t i = 0; i < plan->record_count; i++) {
        const struct cm_plan_record *planned = plan->records[i];
        if (!planned->is_touched)
            continue;
        if (!make_row(plan, &rows[count], planned))
            return false;
        expected[count++] = planned->expected;
    }
    for (size_t i = 0; i < plan->plain_count; i++) {
        rows[count] = plan->plain_rows[i];
        expected[count++] = plan->plain_expected[i];
    }
    *rows_out = rows;
    *expected_out = expected;
    *count_out = count;
    return true;
}

enum community_status cm_plan_append(struct cm_plan *plan, const struct community_store_key *key,
                                     struct community_error *err)
{
    int64_t position;
    struct community_store_record *rows;
    int64_t *expected;
    struct community_store_change change = {
        .entry_count = plan->entry_count, .entries = plan->entries, .key = key};
    if (!make_rows(plan, &rows, &expected, &change.record_count))
        return cm_fail_memory(err);
    if (change.record_count == 0 && key == NULL)
        return COMMUNITY_OK;
    change.records = rows;
    change.expected = expected;
    const enum community_status status =
        plan->desk->store.append(plan->desk->store.self, &position, &change, err);
    if (status != COMMUNITY_OK)
        return status;
    plan->desk->last_position += (int64_t)plan->entry_count;
    if (plan->now > plan->desk->last_recorded_at)
        plan->desk->last_recorded_at = plan->now;
    return COMMUNITY_OK;
}
