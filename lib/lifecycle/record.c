/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking at a record. */
#include "record.h"

#include <string.h>

#include "text.h"

bool cm_record_make(struct cm_record *out, struct cm_arena *arena,
                    const struct cm_lifecycle *lifecycle)
{
    memset(out, 0, sizeof(*out));
    out->lifecycle = lifecycle;
    out->state = CM_NONE;
    out->changed_at = INT64_MIN;
    out->moved_at = INT64_MIN;
    out->fields = cm_arena_array(arena, lifecycle->field_count, sizeof(*out->fields));
    out->commitments = cm_arena_array(arena, lifecycle->field_count, sizeof(*out->commitments));
    out->deadlines = cm_arena_array(arena, lifecycle->deadline_count, sizeof(*out->deadlines));
    return out->fields != NULL && out->commitments != NULL && out->deadlines != NULL;
}

int64_t cm_record_count(const struct cm_record *record, struct community_text counter)
{
    for (size_t i = 0; i < record->counter_count; i++) {
        if (cm_text_equal(record->counters[i].name, counter))
            return record->counters[i].count;
    }
    return 0;
}

static struct community_text text_of_field(const struct cm_record *record, int32_t field)
{
    if (field == CM_NONE || record->fields[field].type != CM_TEXT_VALUE)
        return (struct community_text){0};
    return record->fields[field].as.text;
}

struct community_text cm_record_unit(const struct cm_record *record)
{
    return text_of_field(record, record->lifecycle->unit_field);
}

struct community_text cm_record_place(const struct cm_record *record)
{
    return text_of_field(record, record->lifecycle->place_field);
}

bool cm_record_has(const struct cm_record *record, int32_t field)
{
    return record->fields[field].type != CM_NULL || record->commitments[field].data != NULL;
}

bool cm_record_is_final(const struct cm_record *record)
{
    return record->state != CM_NONE && record->lifecycle->states[record->state].is_final;
}

community_time_ms cm_record_due(const struct cm_record *record)
{
    community_time_ms due = INT64_MAX;
    for (size_t i = 0; i < record->lifecycle->deadline_count; i++) {
        const struct cm_deadline_state *deadline = &record->deadlines[i];
        if (deadline->status == CM_DEADLINE_RUNNING && deadline->due < due)
            due = deadline->due;
    }
    return due;
}

static bool timer_is_before(const struct cm_timer *a, const struct cm_timer *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    return cm_text_compare(a->name, b->name) < 0;
}

static void keep_first(struct cm_timer *best, const struct cm_timer *candidate,
                       const struct cm_timer *after)
{
    if (after != NULL && !timer_is_before(after, candidate))
        return;
    if (best->kind == CM_TIMER_NONE || timer_is_before(candidate, best))
        *best = *candidate;
}

bool cm_record_timer(struct cm_timer *out, const struct cm_record *record,
                     const struct cm_timer *after)
{
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    *out = (struct cm_timer){.kind = CM_TIMER_NONE};
    for (size_t i = 0; i < lifecycle->deadline_count; i++) {
        const struct cm_deadline_state *deadline = &record->deadlines[i];
        if (deadline->next_kind == CM_TIMER_NONE)
            continue;
        const struct cm_timer timer = {.at = deadline->next_at,
                                       .name = lifecycle->deadlines[i].name,
                                       .kind = deadline->next_kind,
                                       .index = (int32_t)i};
        keep_first(out, &timer, after);
    }
    for (size_t i = 0; i < record->after_count; i++) {
        const int32_t transition = record->afters[i].transition;
        const struct cm_timer timer = {.at = record->afters[i].at,
                                       .name = lifecycle->transitions[transition].name,
                                       .kind = CM_TIMER_AFTER,
                                       .index = transition};
        keep_first(out, &timer, after);
    }
    return out->kind != CM_TIMER_NONE;
}
