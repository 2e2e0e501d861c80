/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping a period and letting it go on, in the unit it counts in. */
#include "calendar_table.h"
#include "checked.h"

#include <assert.h>

/* Bounds what a stored remainder may say; longer than the years 1 to 9999. */
enum { DAYS_MAX = 10000 * 366 };

/* The first of two same wall times is the rule, so only the second needs a mark. */
static int64_t mark_of(const struct cm_calendar *calendar, int64_t last_counted_day,
                       const struct cm_local *local, community_time_ms due)
{
    int64_t ms = (local->day - last_counted_day) * CM_DAY_MS + local->ms_of_day;
    bool is_first =
        cm_zone_instant(calendar->zone, local->day * CM_DAY_MS + local->ms_of_day) == due;
    return is_first ? ms : -1 - ms;
}

static community_time_ms instant_of_mark(const struct cm_calendar *calendar, int64_t day,
                                         int64_t mark)
{
    if (mark >= 0)
        return cm_zone_instant(calendar->zone, day * CM_DAY_MS + mark);
    return cm_zone_last_instant(calendar->zone, day * CM_DAY_MS + (-1 - mark));
}

static int64_t ms_of_mark(int64_t mark)
{
    return mark >= 0 ? mark : -1 - mark;
}

static struct cm_remainder elapsed_left(community_time_ms due, community_time_ms now)
{
    return (struct cm_remainder){.unit = CM_ELAPSED, .amount = due > now ? due - now : 0};
}

/* The instant at which `working_ms` of office hours are used up, not before `now`. */
static community_time_ms used_up_at(const struct cm_calendar *calendar, int64_t working_ms,
                                    community_time_ms now)
{
    if (working_ms == cm_table_working_ms(calendar, now))
        return now;
    const struct cm_instant_span *span =
        &calendar->spans[cm_table_span_using(calendar, working_ms)];
    return span->from + (working_ms - span->ms_before);
}

static bool freeze_working_time(struct cm_remainder *left, const struct cm_calendar *calendar,
                                community_time_ms due, community_time_ms now)
{
    int64_t working_ms = cm_table_working_ms(calendar, due);
    *left = (struct cm_remainder){
        .unit = CM_WORKING_TIME,
        .amount = working_ms - cm_table_working_ms(calendar, now),
        .day_ms = due - used_up_at(calendar, working_ms, now),
    };
    return true;
}

static bool freeze_working_days(struct cm_remainder *left, const struct cm_calendar *calendar,
                                const struct cm_local *from, const struct cm_local *to,
                                community_time_ms due, community_time_ms now)
{
    int64_t amount = cm_table_working_before(calendar, to->day + 1) -
                     cm_table_working_before(calendar, from->day + 1);
    if (amount == 0 && !cm_table_is_working(calendar, to->day)) {
        *left = elapsed_left(due, now);
        return true;
    }
    int64_t last_counted_day = to->day;
    while (!cm_table_is_working(calendar, last_counted_day))
        last_counted_day--;
    *left = (struct cm_remainder){
        .unit = CM_WORKING_DAYS,
        .amount = amount,
        .day_ms = mark_of(calendar, last_counted_day, to, due),
    };
    return true;
}

static bool freeze_calendar_days(struct cm_remainder *left, const struct cm_calendar *calendar,
                                 const struct cm_local *from, const struct cm_local *to,
                                 community_time_ms due, community_time_ms now,
                                 int32_t *unknown_year)
{
    if (calendar->rest_day == CM_REST_DAY_MOVE) {
        if (!cm_table_is_known(calendar, to->day, to->day, unknown_year))
            return false;
        if (!cm_table_is_working(calendar, to->day)) {
            *left = elapsed_left(due, now);
            return true;
        }
    }
    *left = (struct cm_remainder){
        .unit = CM_CALENDAR_DAYS,
        .amount = to->day - from->day,
        .day_ms = mark_of(calendar, to->day, to, due),
    };
    return true;
}

bool cm_calendar_freeze(struct cm_remainder *left_out, const struct cm_calendar *calendar,
                        uint8_t unit, community_time_ms due, community_time_ms now,
                        int32_t *unknown_year_out)
{
    int32_t ignored;
    int32_t *unknown_year = unknown_year_out != NULL ? unknown_year_out : &ignored;
    struct cm_local from;
    struct cm_local to;
    if (!cm_table_local(&from, calendar, now, unknown_year) ||
        !cm_table_local(&to, calendar, due, unknown_year))
        return false;
    /* Near a change to winter time a later instant may show an earlier date. */
    if (due <= now || unit == CM_ELAPSED || to.day < from.day) {
        *left_out = elapsed_left(due, now);
        return true;
    }
    switch ((enum cm_duration_unit)unit) {
    case CM_ELAPSED:
        break;
    case CM_WORKING_TIME:
        if (!cm_table_is_known(calendar, from.day, to.day, unknown_year))
            return false;
        return freeze_working_time(left_out, calendar, due, now);
    case CM_WORKING_DAYS:
    case CM_SAME_WORKING_DAY:
    case CM_NEXT_WORKING_DAY:
        if (!cm_table_is_known(calendar, from.day, to.day, unknown_year))
            return false;
        return freeze_working_days(left_out, calendar, &from, &to, due, now);
    case CM_CALENDAR_DAYS:
    case CM_MONTHS:
        return freeze_calendar_days(left_out, calendar, &from, &to, due, now, unknown_year);
    }
    assert(false);
    return false;
}

/* Ends outside office hours, as far as these last. */
static bool thaw_working_time(community_time_ms *due_out, const struct cm_calendar *calendar,
                              const struct cm_remainder *left, const struct cm_local *from,
                              community_time_ms now, int32_t *unknown_year)
{
    struct cm_duration duration = {.unit = CM_WORKING_TIME, .amount = left->amount};
    community_time_ms used_up = now;
    if (!cm_table_is_known(calendar, from->day, from->day, unknown_year))
        return false;
    if (left->amount > 0 && !cm_calendar_due(&used_up, calendar, now, &duration, unknown_year))
        return false;
    *due_out = used_up;
    if (left->day_ms <= 0 || cm_table_is_inside(calendar, used_up))
        return true;
    community_time_ms end;
    struct cm_local local;
    if (!cm_int64_add(&end, used_up, left->day_ms) ||
        !cm_table_local(&local, calendar, end, unknown_year))
        return false;
    size_t next = cm_table_span_from(calendar, used_up);
    if (next < calendar->span_count && calendar->spans[next].from < end)
        end = calendar->spans[next].from;
    *due_out = end;
    return true;
}

/* Rest days after the last counted day that the mark may still reach over. */
static int64_t last_day_in_reach(const struct cm_calendar *calendar, int64_t day, int64_t days)
{
    int64_t last = day + days;
    int64_t next_working;
    int32_t ignored;
    if (cm_table_nth_after(&next_working, calendar, day, 1, &ignored) && next_working <= last)
        last = next_working - 1;
    return last;
}

static bool thaw_working_days(community_time_ms *due_out, const struct cm_calendar *calendar,
                              const struct cm_remainder *left, const struct cm_local *from,
                              community_time_ms now, int32_t *unknown_year)
{
    int64_t day = from->day;
    if (left->amount == 0 && !cm_table_is_known(calendar, day, day, unknown_year))
        return false;
    bool is_today = left->amount == 0 && cm_table_is_working(calendar, day) &&
                    instant_of_mark(calendar, day, left->day_ms) >= now;
    int64_t count = left->amount > 0 ? left->amount : 1;
    if (!is_today && !cm_table_nth_after(&day, calendar, day, count, unknown_year))
        return false;
    int64_t rest_days = ms_of_mark(left->day_ms) / CM_DAY_MS;
    int64_t over = rest_days - (last_day_in_reach(calendar, day, rest_days) - day);
    int64_t mark =
        left->day_ms >= 0 ? left->day_ms - over * CM_DAY_MS : left->day_ms + over * CM_DAY_MS;
    *due_out = instant_of_mark(calendar, day, mark);
    return true;
}

static bool thaw_calendar_days(community_time_ms *due_out, const struct cm_calendar *calendar,
                               const struct cm_remainder *left, const struct cm_local *from,
                               community_time_ms now, int32_t *unknown_year)
{
    int64_t day = from->day + left->amount;
    if (instant_of_mark(calendar, day, left->day_ms) < now)
        day++;
    if (!cm_table_day_exists(day, unknown_year))
        return false;
    if (calendar->rest_day == CM_REST_DAY_MOVE) {
        if (!cm_table_is_known(calendar, day, day, unknown_year))
            return false;
        if (!cm_table_is_working(calendar, day) &&
            !cm_table_nth_after(&day, calendar, day, 1, unknown_year))
            return false;
    }
    *due_out = instant_of_mark(calendar, day, left->day_ms);
    return true;
}

bool cm_calendar_thaw(community_time_ms *due_out, const struct cm_calendar *calendar,
                      const struct cm_remainder *left, community_time_ms now,
                      int32_t *unknown_year_out)
{
    int32_t ignored;
    int32_t *unknown_year = unknown_year_out != NULL ? unknown_year_out : &ignored;
    struct cm_local from;
    if (!cm_table_local(&from, calendar, now, unknown_year))
        return false;
    bool counts_days = left->unit == CM_WORKING_DAYS || left->unit == CM_CALENDAR_DAYS;
    if (counts_days && (left->amount > DAYS_MAX || left->day_ms > DAYS_MAX * CM_DAY_MS ||
                        left->day_ms < -DAYS_MAX * CM_DAY_MS)) {
        *unknown_year = 10000;
        return false;
    }
    switch ((enum cm_duration_unit)left->unit) {
    case CM_WORKING_TIME:
        return thaw_working_time(due_out, calendar, left, &from, now, unknown_year);
    case CM_WORKING_DAYS:
        return thaw_working_days(due_out, calendar, left, &from, now, unknown_year);
    case CM_CALENDAR_DAYS:
        return thaw_calendar_days(due_out, calendar, left, &from, now, unknown_year);
    case CM_ELAPSED:
    case CM_MONTHS:
    case CM_SAME_WORKING_DAY:
    case CM_NEXT_WORKING_DAY:
        break;
    }
    assert(left->unit == CM_ELAPSED);
    struct cm_duration duration = {.unit = CM_ELAPSED, .amount = left->amount};
    return cm_calendar_due(due_out, calendar, now, &duration, unknown_year);
}
