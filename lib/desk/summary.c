/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting a desk: one pass over its records, a few numbers for each lifecycle, state and unit. */
#include "failure.h"
#include "json.h"
#include "text.h"
#include "text_map.h"
#include "view.h"

enum { ARENA_BLOCK = 8 * 1024 };

struct count {
    struct community_text name;
    struct count *next; /* in the order of coming */
    int64_t total;
    int64_t open;
    int64_t final;
    int64_t overdue;
    int64_t on_time;
    int64_t late;
    int64_t without_deadline;
    int64_t set_apart;
    struct count *states; /* of a lifecycle: only their totals are used */
};

struct counting {
    struct community_desk *desk;
    struct cm_arena arena;  /* of the counts */
    struct cm_arena record; /* of the record under the eye */
    community_time_ms at;
    struct cm_text_map units; /* a desk may have thousands; lifecycles and states are few */
    struct count all;
    struct count *first_lifecycle;
    struct count *first_unit;
    enum community_status status;
    struct community_error *err;
};

/* ---- what one record counts as ---- */

enum standing { STANDING_NONE, STANDING_OVERDUE, STANDING_ON_TIME, STANDING_LATE };

/* How the record stood at `at`: a deadline that ended by then was kept or not, one that had not was
 * past or not. */
static enum standing standing_at(const struct cm_record *record, community_time_ms at)
{
    bool has_any = false;
    bool was_late = false;
    bool is_past = false;
    for (size_t i = 0; i < record->lifecycle->deadline_count; i++) {
        const struct cm_deadline_state *deadline = &record->deadlines[i];
        if (deadline->status == CM_DEADLINE_IDLE || deadline->started_at > at)
            continue;
        has_any = true;
        was_late |= deadline->missed;
        const bool has_ended =
            (deadline->status == CM_DEADLINE_MET || deadline->status == CM_DEADLINE_ENDED) &&
            deadline->ended_at <= at;
        if (has_ended)
            was_late |= deadline->ended_at > deadline->due;
        else if (deadline->status != CM_DEADLINE_PAUSED || deadline->breached)
            is_past |= at > deadline->due;
    }
    if (!has_any)
        return STANDING_NONE;
    if (!cm_record_is_final(record))
        return is_past ? STANDING_OVERDUE : STANDING_ON_TIME;
    return was_late || is_past ? STANDING_LATE : STANDING_ON_TIME;
}

static void add(struct count *count, const struct cm_record *record, community_time_ms at)
{
    const bool is_final = cm_record_is_final(record);
    count->total++;
    count->open += !is_final;
    count->final += is_final;
    if (record->is_backfilled || record->is_out_of_order) {
        count->set_apart++;
        return;
    }
    switch (standing_at(record, at)) {
    case STANDING_NONE:
        count->without_deadline++;
        break;
    case STANDING_OVERDUE:
        count->overdue++;
        break;
    case STANDING_ON_TIME:
        count->on_time += is_final;
        break;
    case STANDING_LATE:
        count->late++;
        break;
    }
}

/* ---- the counts by name ---- */

static struct count *new_count(struct counting *counting, struct count **first,
                               struct community_text name)
{
    struct count *count = cm_arena_allocate_zeroed(&counting->arena, sizeof(*count));
    if (count == NULL)
        return NULL;
    count->name = cm_arena_text(&counting->arena, name);
    if (count->name.data == NULL)
        return NULL;
    count->next = *first;
    *first = count;
    return count;
}

static struct count *few(struct counting *counting, struct count **first,
                         struct community_text name)
{
    for (struct count *count = *first; count != NULL; count = count->next) {
        if (cm_text_equal(count->name, name))
            return count;
    }
    return new_count(counting, first, name);
}

static struct count *many(struct counting *counting, struct community_text name)
{
    struct count *count = cm_text_map_find(&counting->units, name);
    if (count != NULL)
        return count;
    count = new_count(counting, &counting->first_unit, name);
    return count != NULL && cm_text_map_put(&counting->units, count->name, count) ? count : NULL;
}

static bool count_record(struct counting *counting, const struct cm_record *record)
{
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    struct count *of_lifecycle = few(counting, &counting->first_lifecycle, lifecycle->name);
    if (of_lifecycle == NULL)
        return false;
    struct count *of_state =
        few(counting, &of_lifecycle->states, lifecycle->states[record->state].name);
    if (of_state == NULL)
        return false;
    add(&counting->all, record, counting->at);
    add(of_lifecycle, record, counting->at);
    of_state->total++;
    const struct community_text unit = cm_record_unit(record);
    if (unit.size == 0)
        return true;
    struct count *of_unit = many(counting, unit);
    if (of_unit == NULL)
        return false;
    add(of_unit, record, counting->at);
    return true;
}

static int take_record(void *userdata, const struct community_store_record *row)
{
    struct counting *counting = userdata;
    struct cm_record record;
    cm_arena_reset(&counting->record);
    counting->status =
        cm_desk_read_record(&record, &counting->record, counting->desk, row, counting->err);
    if (counting->status != COMMUNITY_OK)
        return 1;
    if (record.opened_at <= counting->at && !count_record(counting, &record))
        counting->status = cm_fail_memory(counting->err);
    return counting->status == COMMUNITY_OK ? 0 : 1;
}

/* ---- as data ---- */

static size_t length(const struct count *first)
{
    size_t count = 0;
    for (; first != NULL; first = first->next)
        count++;
    return count;
}

static struct cm_value states_value(struct cm_arena *arena, const struct count *first, bool *ok_out)
{
    struct cm_value object = cm_value_new_object(arena, length(first));
    *ok_out &= !cm_value_is_broken(&object);
    for (; first != NULL; first = first->next)
        cm_value_put_text(&object, first->name, cm_value_integer(first->total));
    return object;
}

static struct cm_value count_value(struct cm_arena *arena, const struct count *count, bool *ok_out)
{
    struct cm_value object = cm_value_new_object(arena, 12);
    *ok_out &= !cm_value_is_broken(&object);
    cm_value_put(&object, "total", cm_value_integer(count->total));
    cm_value_put(&object, "open", cm_value_integer(count->open));
    cm_value_put(&object, "final", cm_value_integer(count->final));
    cm_value_put(&object, "overdue", cm_value_integer(count->overdue));
    cm_value_put(&object, "on_time", cm_value_integer(count->on_time));
    cm_value_put(&object, "late", cm_value_integer(count->late));
    cm_value_put(&object, "without_deadline", cm_value_integer(count->without_deadline));
    cm_value_put(&object, "set_apart", cm_value_integer(count->set_apart));
    if (count->states != NULL)
        cm_value_put(&object, "states", states_value(arena, count->states, ok_out));
    return object;
}

static struct cm_value counts_value(struct cm_arena *arena, const struct count *first, bool *ok_out)
{
    struct cm_value object = cm_value_new_object(arena, length(first));
    *ok_out &= !cm_value_is_broken(&object);
    for (; first != NULL; first = first->next)
        cm_value_put_text(&object, first->name, count_value(arena, first, ok_out));
    return object;
}

static enum community_status write_summary(struct community_document **out,
                                           struct counting *counting, struct community_error *err)
{
    bool ok = true;
    struct community_desk *desk = counting->desk;
    struct cm_value value = count_value(&counting->arena, &counting->all, &ok);
    if (!ok)
        return cm_fail_memory(err);
    cm_value_put(&value, "at", cm_time_to_value(&counting->arena, counting->at, 0, &ok));
    cm_value_put(&value, "lifecycles",
                 counts_value(&counting->arena, counting->first_lifecycle, &ok));
    cm_value_put(&value, "units", counts_value(&counting->arena, counting->first_unit, &ok));
    cm_buffer_clear(&desk->buffer);
    if (ok)
        cm_json_write(&desk->buffer, &value);
    if (!ok || desk->buffer.failed)
        return cm_fail_memory(err);
    return cm_document_make(out, &desk->allocator, cm_buffer_view(&desk->buffer), err);
}

enum community_status community_desk_summary(struct community_document **document_out,
                                             struct community_desk *desk, community_time_ms at,
                                             struct community_error *err)
{
    uint8_t hash_key[CM_TEXT_MAP_KEY_SIZE];
    *document_out = NULL;
    enum community_status status = cm_desk_look(desk, err);
    if (status != COMMUNITY_OK)
        return status;
    if (!cm_desk_random(desk, hash_key, sizeof(hash_key)))
        return cm_fail_plain(err, COMMUNITY_IO, CM_CODE_NO_RANDOM);
    struct counting counting = {
        .desk = desk, .at = at != COMMUNITY_TIME_NOW ? at : cm_desk_now(desk), .err = err};
    cm_arena_init(&counting.arena, &desk->allocator, ARENA_BLOCK);
    cm_arena_init(&counting.record, &desk->allocator, ARENA_BLOCK);
    cm_text_map_init(&counting.units, &desk->allocator, hash_key);
    const struct community_store_filter filter = {.space = CM_TEXT(CM_SPACE_TICKET),
                                                  .due_before = COMMUNITY_TIME_NONE};
    struct community_error own = {0};
    status = desk->store.find(desk->store.self, &filter, take_record, &counting, &own);
    if (counting.status != COMMUNITY_OK)
        status = counting.status;
    else if (status != COMMUNITY_OK)
        cm_fail_copy(err, &own);
    else
        status = write_summary(document_out, &counting, err);
    cm_text_map_free(&counting.units);
    cm_arena_free(&counting.record);
    cm_arena_free(&counting.arena);
    return status;
}
