/* SPDX-License-Identifier: Apache-2.0
 *
 * evolve: assigns what the outcome says. No rule is asked. */
#include <string.h>

#include "outcome.h"
#include "text.h"

/* Sets one counter, keeping the names ascending. */
static bool set_counter(struct cm_record *record, struct cm_arena *arena,
                        const struct cm_counter *counter)
{
    size_t place = 0;
    while (place < record->counter_count &&
           cm_text_compare(record->counters[place].name, counter->name) < 0)
        place++;
    if (place < record->counter_count &&
        cm_text_equal(record->counters[place].name, counter->name)) {
        record->counters[place].count = counter->count;
        return true;
    }
    struct cm_counter *grown =
        cm_arena_array(arena, record->counter_count + 1, sizeof(*record->counters));
    if (grown == NULL)
        return false;
    for (size_t i = 0; i < record->counter_count; i++)
        grown[i < place ? i : i + 1] = record->counters[i];
    grown[place] = *counter;
    record->counters = grown;
    record->counter_count++;
    return true;
}

static bool set_afters(struct cm_record *record, struct cm_arena *arena,
                       const struct cm_outcome *outcome)
{
    struct cm_after *afters = cm_arena_array(arena, outcome->after_count, sizeof(*afters));
    if (afters == NULL)
        return false;
    for (size_t i = 0; i < outcome->after_count; i++)
        afters[i] = outcome->afters[i];
    record->afters = afters;
    record->after_count = outcome->after_count;
    return true;
}

static void set_opening(struct cm_record *record, const struct cm_outcome *outcome)
{
    record->requester = outcome->requester;
    record->external_id = outcome->external_id;
    record->parent = outcome->parent;
    record->opened_at = outcome->occurred_at;
}

bool cm_evolve(struct cm_record *record, struct cm_arena *arena, const struct cm_outcome *outcome)
{
    if (outcome->opens)
        set_opening(record, outcome);
    if (outcome->state != CM_NONE) {
        record->state = outcome->state;
        record->entered_at = outcome->occurred_at;
    }
    for (size_t i = 0; i < outcome->field_count; i++) {
        const struct cm_field_change *change = &outcome->fields[i];
        record->fields[change->field] = change->value;
        record->commitments[change->field] = change->commitment;
    }
    for (size_t i = 0; i < outcome->deadline_count; i++)
        record->deadlines[outcome->deadlines[i].deadline] = outcome->deadlines[i].state;
    for (size_t i = 0; i < outcome->counter_count; i++) {
        if (!set_counter(record, arena, &outcome->counters[i]))
            return false;
    }
    if (outcome->sets_afters && !set_afters(record, arena, outcome))
        return false;
    if (outcome->sets_merged_into)
        record->merged_into = outcome->merged_into;
    if (outcome->sets_children_open)
        record->children_open = outcome->children_open;
    if (outcome->sets_duplicates)
        record->duplicates = outcome->duplicates;
    record->is_backfilled |= (outcome->flags & CM_OUTCOME_FLAG_BACKFILLED) != 0;
    record->is_out_of_order |= (outcome->flags & CM_OUTCOME_FLAG_OUT_OF_ORDER) != 0;
    if (!outcome->is_timer && !outcome->is_reading && outcome->occurred_at > record->moved_at)
        record->moved_at = outcome->occurred_at;
    if (outcome->occurred_at > record->changed_at)
        record->changed_at = outcome->occurred_at;
    record->version++;
    return true;
}
