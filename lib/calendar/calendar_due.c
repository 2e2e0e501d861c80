/* SPDX-License-Identifier: Apache-2.0
 *
 * From a start and a length of time to a due time, back again, and the reasons day by day. */
#include "calendar_table.h"
#include "checked.h"

#include <assert.h>

/* No period within the years 1 to 9999 is longer; bounding amounts keeps the sums from overflow. */
enum { DAYS_MAX = 10000 * 366, MONTHS_MAX = 10000 * 12 };

struct start {
    community_time_ms time;
    struct cm_local local;
};

/* A period that ends with a day. The explanation reads what the due time was computed from. */
struct plan {
    int64_t start_day;
    int64_t base_day;    /* days up to this one are not counted */
    int64_t counted_day; /* the last counted day; the period then moves on to due_day */
    int64_t due_day;
    community_time_ms due;
};

static bool start_at(struct start *start_out, const struct cm_calendar *calendar,
                     community_time_ms time, int32_t *unknown_year)
{
    start_out->time = time;
    return cm_table_local(&start_out->local, calendar, time, unknown_year);
}

/* An instant that ends a working day belongs to that day although hours are half-open. Where
 * periods end at the start's own time of day, no such instant is special. */
static bool ends_its_day(const struct cm_calendar *calendar, const struct start *start)
{
    return calendar->day_ends != CM_DAY_ENDS_SAME_TIME &&
           cm_table_is_working(calendar, start->local.day) &&
           start->time == cm_table_day_end(calendar, start->local.day, 0);
}

/* A search from `day` ran out of the table: false, with the first year that is not known. */
static bool runs_out(const struct cm_calendar *calendar, int64_t day, int32_t *unknown_year)
{
    int64_t never;
    return cm_table_nth_after(&never, calendar, day, DAYS_MAX, unknown_year);
}

/* The start that counts for a period in working days: with outside_hours next_opening, a start
 * outside office hours is taken for the next opening. */
static bool take_opening(struct start *start, const struct cm_calendar *calendar,
                         int32_t *unknown_year)
{
    if (calendar->outside_hours == CM_OUTSIDE_FROM_START)
        return true;
    int64_t day = start->local.day;
    if (!cm_table_is_known(calendar, day, day, unknown_year))
        return false;
    if (cm_table_is_inside(calendar, start->time) || ends_its_day(calendar, start))
        return true;
    size_t next = cm_table_span_from(calendar, start->time);
    if (next == calendar->span_count)
        return runs_out(calendar, day, unknown_year);
    if (!start_at(start, calendar, calendar->spans[next].from, unknown_year))
        return false;
    return cm_table_is_known(calendar, day, start->local.day, unknown_year);
}

/* With first_day count, the start's day counts while it has not ended: a day that is over gives
 * nothing, and counting it would put the due time before the start. */
static bool base_of(int64_t *base_out, const struct cm_calendar *calendar,
                    const struct start *start, int32_t *unknown_year)
{
    int64_t day = start->local.day;
    *base_out = day;
    if (calendar->first_day == CM_FIRST_DAY_SKIP)
        return true;
    if (!cm_table_is_known(calendar, day, day, unknown_year))
        return false;
    if (cm_table_is_working(calendar, day) &&
        cm_table_day_end(calendar, day, start->local.ms_of_day) > start->time)
        *base_out = day - 1;
    return true;
}

static community_time_ms instant_of_minute(const struct cm_calendar *calendar, int64_t day,
                                           int32_t minute_of_day)
{
    return cm_zone_instant(calendar->zone, day * CM_DAY_MS + minute_of_day * CM_MINUTE_MS);
}

static bool plan_working_days(struct plan *plan, const struct cm_calendar *calendar,
                              struct start start, int64_t count, int32_t *unknown_year)
{
    if (!take_opening(&start, calendar, unknown_year) ||
        !base_of(&plan->base_day, calendar, &start, unknown_year) ||
        !cm_table_nth_after(&plan->due_day, calendar, plan->base_day, count, unknown_year))
        return false;
    plan->counted_day = plan->due_day;
    plan->due = cm_table_day_end(calendar, plan->due_day, start.local.ms_of_day);
    return true;
}

static bool plan_next_day(struct plan *plan, const struct cm_calendar *calendar, struct start start,
                          int32_t minute_of_day, int32_t *unknown_year)
{
    if (!take_opening(&start, calendar, unknown_year))
        return false;
    plan->base_day = start.local.day;
    if (!cm_table_nth_after(&plan->due_day, calendar, plan->base_day, 1, unknown_year))
        return false;
    plan->counted_day = plan->due_day;
    plan->due = minute_of_day >= 0
                    ? instant_of_minute(calendar, plan->due_day, minute_of_day)
                    : cm_table_day_end(calendar, plan->due_day, start.local.ms_of_day);
    return true;
}

/* Where "same working day" ends. The start's own time of day would leave no time at all, so there
 * same_time means the closing. */
static community_time_ms same_day_end(const struct cm_calendar *calendar, int64_t day,
                                      int32_t minute_of_day)
{
    if (minute_of_day >= 0)
        return instant_of_minute(calendar, day, minute_of_day);
    if (calendar->day_ends == CM_DAY_ENDS_MIDNIGHT)
        return cm_table_midnight(calendar, day);
    return cm_table_closing(calendar, day);
}

static bool plan_same_day(struct plan *plan, const struct cm_calendar *calendar, struct start start,
                          int32_t minute_of_day, int32_t *unknown_year)
{
    if (!take_opening(&start, calendar, unknown_year))
        return false;
    int64_t day = start.local.day;
    if (!cm_table_is_known(calendar, day, day, unknown_year))
        return false;
    bool is_today = cm_table_is_working(calendar, day) &&
                    same_day_end(calendar, day, minute_of_day) >= start.time;
    plan->base_day = is_today ? day - 1 : day;
    plan->due_day = day;
    if (!is_today && !cm_table_nth_after(&plan->due_day, calendar, day, 1, unknown_year))
        return false;
    plan->counted_day = plan->due_day;
    plan->due = same_day_end(calendar, plan->due_day, minute_of_day);
    return true;
}

/* The same day number so many months later (fewer when negative), else the month's last day. */
static bool add_months(int64_t *day_out, int64_t day, int64_t months, int32_t *unknown_year)
{
    if (months < -MONTHS_MAX || months > MONTHS_MAX) {
        *unknown_year = months < 0 ? 0 : 10000;
        return false;
    }
    struct cm_date date = cm_date_from_days(day);
    int64_t month_index = (int64_t)date.year * 12 + date.month - 1 + months;
    if (month_index < 12 || month_index >= INT64_C(10000) * 12) {
        *unknown_year = month_index < 12 ? 0 : 10000;
        return false;
    }
    date.year = (int32_t)(month_index / 12);
    date.month = (int32_t)(month_index % 12) + 1;
    int32_t length = cm_month_length(date.year, date.month);
    date.day = date.day < length ? date.day : length;
    *day_out = cm_days_from_date(date);
    return true;
}

static bool add_days(int64_t *day_out, int64_t day, int64_t count, int32_t *unknown_year)
{
    if (count < -DAYS_MAX || count > DAYS_MAX) {
        *unknown_year = count < 0 ? 0 : 10000;
        return false;
    }
    *day_out = day + count;
    return cm_table_day_exists(*day_out, unknown_year);
}

/* The calendar day on which the period ends, before it moves. */
static bool calendar_end(int64_t *day_out, const struct cm_calendar *calendar, int64_t day,
                         const struct cm_duration *duration, int32_t *unknown_year)
{
    /* Counting the first day is the same as starting the day before. */
    if (calendar->first_day == CM_FIRST_DAY_COUNT && duration->amount > 0)
        day--;
    if (!cm_table_day_exists(day, unknown_year))
        return false;
    return duration->unit == CM_MONTHS ? add_months(day_out, day, duration->amount, unknown_year)
                                       : add_days(day_out, day, duration->amount, unknown_year);
}

/* Moves a rest day on to the next working day, where the calendar says so. */
static bool move_rest_day(int64_t *day, const struct cm_calendar *calendar, int32_t *unknown_year)
{
    if (calendar->rest_day == CM_REST_DAY_KEEP)
        return true;
    if (!cm_table_is_known(calendar, *day, *day, unknown_year))
        return false;
    if (cm_table_is_working(calendar, *day))
        return true;
    return cm_table_nth_after(day, calendar, *day, 1, unknown_year);
}

/* Whether a period that ends on the start's own day has ended before it could begin. */
static bool is_over(const struct cm_calendar *calendar, const struct start *start,
                    const struct cm_duration *duration, int64_t due_day)
{
    if (due_day != start->local.day)
        return false;
    community_time_ms end = cm_table_day_end(calendar, due_day, start->local.ms_of_day);
    return duration->amount == 0 ? end < start->time : end <= start->time;
}

static bool plan_calendar_days(struct plan *plan, const struct cm_calendar *calendar,
                               const struct start *start, const struct cm_duration *duration,
                               int32_t *unknown_year)
{
    int64_t day = start->local.day;
    if (!calendar_end(&plan->counted_day, calendar, day, duration, unknown_year))
        return false;
    bool first_day_counts = duration->amount == 0 || calendar->first_day == CM_FIRST_DAY_COUNT;
    plan->base_day = first_day_counts ? day - 1 : day;
    plan->due_day = plan->counted_day;
    if (!move_rest_day(&plan->due_day, calendar, unknown_year))
        return false;
    if (is_over(calendar, start, duration, plan->due_day)) {
        plan->base_day = day;
        if (!add_days(&plan->counted_day, day, 1, unknown_year))
            return false;
        plan->due_day = plan->counted_day;
        if (!move_rest_day(&plan->due_day, calendar, unknown_year))
            return false;
    }
    plan->due = cm_table_day_end(calendar, plan->due_day, start->local.ms_of_day);
    return true;
}

/* For the units that end with a day. */
static bool make_plan(struct plan *plan, const struct cm_calendar *calendar,
                      const struct start *start, const struct cm_duration *duration,
                      int32_t *unknown_year)
{
    plan->start_day = start->local.day;
    int32_t minute_of_day = duration->minute_of_day;
    switch ((enum cm_duration_unit)duration->unit) {
    case CM_ELAPSED:
    case CM_WORKING_TIME:
        break;
    case CM_WORKING_DAYS:
        if (duration->amount == 0)
            return plan_same_day(plan, calendar, *start, -1, unknown_year);
        return plan_working_days(plan, calendar, *start, duration->amount, unknown_year);
    case CM_SAME_WORKING_DAY:
        return plan_same_day(plan, calendar, *start, minute_of_day, unknown_year);
    case CM_NEXT_WORKING_DAY:
        return plan_next_day(plan, calendar, *start, minute_of_day, unknown_year);
    case CM_CALENDAR_DAYS:
    case CM_MONTHS:
        return plan_calendar_days(plan, calendar, start, duration, unknown_year);
    }
    assert(false);
    return false;
}

static bool working_time_due(community_time_ms *due_out, const struct cm_calendar *calendar,
                             const struct start *start, int64_t amount, int32_t *unknown_year)
{
    int64_t day = start->local.day;
    if (!cm_table_is_known(calendar, day, day, unknown_year))
        return false;
    if (amount == 0 && cm_table_is_inside(calendar, start->time)) {
        *due_out = start->time;
        return true;
    }
    int64_t total;
    if (!cm_int64_add(&total, cm_table_working_ms(calendar, start->time), amount))
        return runs_out(calendar, day, unknown_year);
    size_t index = amount == 0 ? cm_table_span_from(calendar, start->time)
                               : cm_table_span_using(calendar, total);
    if (index == calendar->span_count)
        return runs_out(calendar, day, unknown_year);
    const struct cm_instant_span *span = &calendar->spans[index];
    struct cm_local end;
    community_time_ms due = span->from + (total - span->ms_before);
    /* The span's first instant is asked for its day: a closing at 24:00 lies in the next one. */
    if (!cm_table_local(&end, calendar, span->from, unknown_year) ||
        !cm_table_is_known(calendar, day, end.day, unknown_year))
        return false;
    *due_out = due;
    return true;
}

static bool elapsed_due(community_time_ms *due_out, const struct cm_calendar *calendar,
                        community_time_ms start, int64_t amount, int32_t *unknown_year)
{
    struct cm_local local;
    community_time_ms due;
    if (!cm_int64_add(&due, start, amount)) {
        *unknown_year = amount < 0 ? 0 : 10000;
        return false;
    }
    if (!cm_table_local(&local, calendar, due, unknown_year))
        return false;
    *due_out = due;
    return true;
}

static bool find_due(community_time_ms *due_out, const struct cm_calendar *calendar,
                     const struct start *start, const struct cm_duration *duration,
                     int32_t *unknown_year)
{
    if (duration->unit == CM_ELAPSED)
        return elapsed_due(due_out, calendar, start->time, duration->amount, unknown_year);
    if (duration->unit == CM_WORKING_TIME)
        return working_time_due(due_out, calendar, start, duration->amount, unknown_year);
    struct plan plan;
    struct cm_local local;
    if (!make_plan(&plan, calendar, start, duration, unknown_year) ||
        !cm_table_local(&local, calendar, plan.due, unknown_year))
        return false;
    *due_out = plan.due;
    return true;
}

bool cm_calendar_due(community_time_ms *due_out, const struct cm_calendar *calendar,
                     community_time_ms start, const struct cm_duration *duration,
                     int32_t *unknown_year_out)
{
    assert(duration->amount >= 0);
    int32_t ignored;
    int32_t *unknown_year = unknown_year_out != NULL ? unknown_year_out : &ignored;
    struct start from;
    return start_at(&from, calendar, start, unknown_year) &&
           find_due(due_out, calendar, &from, duration, unknown_year);
}

/* The last instant from which the amount is used up by the end: an opening rather than the closing
 * before it. */
static bool working_time_before(community_time_ms *start_out, const struct cm_calendar *calendar,
                                const struct start *end, int64_t amount, int32_t *unknown_year)
{
    int64_t day = end->local.day;
    if (!cm_table_is_known(calendar, day, day, unknown_year))
        return false;
    if (amount == 0) {
        *start_out = end->time;
        return true;
    }
    int64_t working_ms = cm_table_working_ms(calendar, end->time) - amount;
    int64_t never;
    if (working_ms < 0)
        return cm_table_nth_before(&never, calendar, day, DAYS_MAX, unknown_year);
    /* Of the spans, the one in which the next millisecond of office hours is used. */
    const struct cm_instant_span *span =
        &calendar->spans[cm_table_span_using(calendar, working_ms + 1)];
    struct cm_local begin;
    if (!cm_table_local(&begin, calendar, span->from, unknown_year) ||
        !cm_table_is_known(calendar, day, begin.day, unknown_year))
        return false;
    *start_out = span->from + (working_ms - span->ms_before);
    return true;
}

static bool working_days_before(community_time_ms *start_out, const struct cm_calendar *calendar,
                                int64_t end_day, int64_t count, int32_t *unknown_year)
{
    int64_t day;
    if (!cm_table_nth_before(&day, calendar, end_day, count, unknown_year))
        return false;
    *start_out = cm_table_working_day(calendar, day)->opening;
    return true;
}

/* Whether the first of the days gives one of its own: where the period ends at the start's time of
 * day it never does, see base_of. */
static bool first_day_gives(const struct cm_calendar *calendar)
{
    return calendar->first_day == CM_FIRST_DAY_COUNT && calendar->day_ends != CM_DAY_ENDS_SAME_TIME;
}

/* "16:00" on the last day is too late for an end before 16:00. */
static int64_t last_day_for(const struct cm_calendar *calendar, const struct start *end,
                            int32_t minute_of_day)
{
    int64_t day = end->local.day;
    bool is_late =
        minute_of_day >= 0 && instant_of_minute(calendar, day, minute_of_day) > end->time;
    return is_late ? day - 1 : day;
}

/* The last day from which the months reach no further than `end_day`. When that is the last of its
 * month, every day of a longer month ends there, up to its last one. */
static bool months_before(int64_t *day_out, int64_t end_day, int64_t months, int32_t *unknown_year)
{
    if (!add_months(day_out, end_day, -months, unknown_year))
        return false;
    struct cm_date end = cm_date_from_days(end_day);
    struct cm_date begin = cm_date_from_days(*day_out);
    if (end.day == cm_month_length(end.year, end.month))
        *day_out += cm_month_length(begin.year, begin.month) - begin.day;
    return true;
}

static bool calendar_days_before(community_time_ms *start_out, const struct cm_calendar *calendar,
                                 int64_t end_day, const struct cm_duration *duration,
                                 int32_t *unknown_year)
{
    int64_t day;
    bool found = duration->unit == CM_MONTHS
                     ? months_before(&day, end_day, duration->amount, unknown_year)
                     : add_days(&day, end_day, -duration->amount, unknown_year);
    if (!found)
        return false;
    /* A single day that ends at the start's own time of day would end as it starts: see is_over. */
    bool ends_at_once = calendar->day_ends == CM_DAY_ENDS_SAME_TIME && day + 1 == end_day;
    if (calendar->first_day == CM_FIRST_DAY_COUNT && duration->amount > 0 && !ends_at_once)
        day++;
    *start_out = cm_zone_edge(calendar->zone, day * CM_DAY_MS);
    return true;
}

static bool find_before(community_time_ms *start_out, const struct cm_calendar *calendar,
                        const struct start *end, const struct cm_duration *duration,
                        int32_t *unknown_year)
{
    int64_t amount = duration->amount;
    int64_t day = end->local.day;
    switch ((enum cm_duration_unit)duration->unit) {
    case CM_ELAPSED:
        return elapsed_due(start_out, calendar, end->time, -amount, unknown_year);
    case CM_WORKING_TIME:
        return working_time_before(start_out, calendar, end, amount, unknown_year);
    case CM_WORKING_DAYS:
        if (amount > 0 && first_day_gives(calendar))
            amount--;
        return working_days_before(start_out, calendar, day, amount, unknown_year);
    case CM_SAME_WORKING_DAY:
        day = last_day_for(calendar, end, duration->minute_of_day);
        return working_days_before(start_out, calendar, day, 0, unknown_year);
    case CM_NEXT_WORKING_DAY:
        day = last_day_for(calendar, end, duration->minute_of_day);
        return working_days_before(start_out, calendar, day, 1, unknown_year);
    case CM_CALENDAR_DAYS:
    case CM_MONTHS:
        break;
    }
    return calendar_days_before(start_out, calendar, day, duration, unknown_year);
}

bool cm_calendar_before(community_time_ms *start_out, const struct cm_calendar *calendar,
                        community_time_ms end, const struct cm_duration *duration,
                        int32_t *unknown_year_out)
{
    assert(duration->amount >= 0);
    int32_t ignored;
    int32_t *unknown_year = unknown_year_out != NULL ? unknown_year_out : &ignored;
    struct start at;
    struct cm_local local;
    community_time_ms start = end;
    if (!start_at(&at, calendar, end, unknown_year) ||
        !find_before(&start, calendar, &at, duration, unknown_year) ||
        !cm_table_local(&local, calendar, start, unknown_year))
        return false;
    *start_out = start;
    return true;
}

static uint8_t reason_of_rest(const struct cm_calendar *calendar, int64_t day)
{
    return cm_table_kind(calendar, day) == CM_KIND_OF_DAY_HOLIDAY ? CM_DAY_HOLIDAY : CM_DAY_WEEKEND;
}

static uint8_t reason_of_work(const struct cm_calendar *calendar, int64_t day)
{
    return cm_table_kind(calendar, day) == CM_KIND_OF_DAY_MAKE_UP ? CM_DAY_MAKE_UP : CM_DAY_COUNTED;
}

static bool is_in_calendar_days(const struct cm_duration *duration)
{
    return duration->unit == CM_CALENDAR_DAYS || duration->unit == CM_MONTHS;
}

static uint8_t reason_in_plan(const struct cm_calendar *calendar, const struct plan *plan,
                              const struct cm_duration *duration, int64_t day)
{
    if (day == plan->start_day && day <= plan->base_day)
        return CM_DAY_START;
    if (is_in_calendar_days(duration))
        return day <= plan->counted_day ? CM_DAY_COUNTED : CM_DAY_MOVED;
    if (!cm_table_is_working(calendar, day))
        return reason_of_rest(calendar, day);
    return day <= plan->base_day ? CM_DAY_START : reason_of_work(calendar, day);
}

/* Office hours of the day between two instants. */
static int64_t working_ms_on(const struct cm_calendar *calendar, int64_t day,
                             community_time_ms from, community_time_ms to)
{
    const struct cm_working_day *row = cm_table_working_day(calendar, day);
    int64_t sum_ms = 0;
    for (size_t i = row[0].first_span; i < row[1].first_span; i++) {
        struct cm_instant_span span = calendar->spans[i];
        community_time_ms begin = span.from > from ? span.from : from;
        community_time_ms end = span.to < to ? span.to : to;
        sum_ms += end > begin ? end - begin : 0;
    }
    return sum_ms;
}

static struct cm_day_step step_in_working_time(const struct cm_calendar *calendar, int64_t day,
                                               const struct start *start, community_time_ms due)
{
    struct cm_day_step step = {.day = day};
    if (!cm_table_is_working(calendar, day)) {
        step.reason = reason_of_rest(calendar, day);
        return step;
    }
    step.counted_ms = working_ms_on(calendar, day, start->time, due);
    bool gives_nothing = step.counted_ms == 0 && day == start->local.day && due > start->time;
    step.reason = gives_nothing ? (uint8_t)CM_DAY_START : reason_of_work(calendar, day);
    return step;
}

/* The day that a due time belongs to: a closing at 24:00 is the day's own. */
static bool day_of_due(int64_t *day_out, const struct cm_calendar *calendar,
                       const struct start *start, community_time_ms due, int32_t *unknown_year)
{
    struct cm_local local;
    community_time_ms inside = due > start->time ? due - 1 : due;
    if (!cm_table_local(&local, calendar, inside, unknown_year))
        return false;
    *day_out = local.day;
    return true;
}

static bool explain_times(const struct cm_calendar *calendar, const struct start *start,
                          const struct cm_duration *duration,
                          void (*step)(void *userdata, const struct cm_day_step *step),
                          void *userdata, int32_t *unknown_year)
{
    community_time_ms due;
    int64_t due_day;
    if (!find_due(&due, calendar, start, duration, unknown_year) ||
        !day_of_due(&due_day, calendar, start, due, unknown_year))
        return false;
    for (int64_t day = start->local.day; day <= due_day; day++) {
        struct cm_day_step one = {.day = day, .reason = CM_DAY_COUNTED};
        if (duration->unit == CM_WORKING_TIME)
            one = step_in_working_time(calendar, day, start, due);
        step(userdata, &one);
    }
    return true;
}

bool cm_calendar_explain(const struct cm_calendar *calendar, community_time_ms start,
                         const struct cm_duration *duration,
                         void (*step)(void *userdata, const struct cm_day_step *step),
                         void *userdata, int32_t *unknown_year_out)
{
    assert(duration->amount >= 0);
    int32_t ignored;
    int32_t *unknown_year = unknown_year_out != NULL ? unknown_year_out : &ignored;
    struct start from;
    if (!start_at(&from, calendar, start, unknown_year))
        return false;
    if (duration->unit == CM_ELAPSED || duration->unit == CM_WORKING_TIME)
        return explain_times(calendar, &from, duration, step, userdata, unknown_year);

    struct plan plan;
    struct cm_local local;
    if (!make_plan(&plan, calendar, &from, duration, unknown_year) ||
        !cm_table_local(&local, calendar, plan.due, unknown_year))
        return false;
    for (int64_t day = plan.start_day; day <= plan.due_day; day++) {
        struct cm_day_step one = {.day = day,
                                  .reason = reason_in_plan(calendar, &plan, duration, day)};
        step(userdata, &one);
    }
    return true;
}
