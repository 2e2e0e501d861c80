/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions to the inside of a calendar. Each costs at most a binary search. */
#include "calendar_table.h"

#include <assert.h>

enum { YEAR_MIN = 1, YEAR_MAX = 9999 };

static int64_t first_day_of(int32_t year)
{
    return cm_days_from_date((struct cm_date){.year = year, .month = 1, .day = 1});
}

bool cm_table_day_exists(int64_t day, int32_t *unknown_year_out)
{
    if (day < first_day_of(YEAR_MIN)) {
        *unknown_year_out = YEAR_MIN - 1;
        return false;
    }
    if (day > first_day_of(YEAR_MAX) + 364) {
        *unknown_year_out = YEAR_MAX + 1;
        return false;
    }
    return true;
}

/* The instants that RFC 3339 can write in UTC. */
static bool instant_exists(community_time_ms time, int32_t *unknown_year_out)
{
    if (time < first_day_of(YEAR_MIN) * CM_DAY_MS) {
        *unknown_year_out = YEAR_MIN - 1;
        return false;
    }
    if (time >= (first_day_of(YEAR_MAX) + 365) * CM_DAY_MS) {
        *unknown_year_out = YEAR_MAX + 1;
        return false;
    }
    return true;
}

bool cm_table_local(struct cm_local *local_out, const struct cm_calendar *calendar,
                    community_time_ms time, int32_t *unknown_year_out)
{
    if (!instant_exists(time, unknown_year_out))
        return false;
    int64_t day = time / CM_DAY_MS;
    int64_t ms_of_day =
        time % CM_DAY_MS + (int64_t)cm_zone_offset_seconds(calendar->zone, time) * CM_SECOND_MS;
    day += ms_of_day / CM_DAY_MS;
    ms_of_day %= CM_DAY_MS;
    if (ms_of_day < 0) {
        ms_of_day += CM_DAY_MS;
        day--;
    }
    if (!cm_table_day_exists(day, unknown_year_out))
        return false;
    *local_out = (struct cm_local){.day = day, .ms_of_day = ms_of_day};
    return true;
}

enum cm_day_kind cm_table_kind(const struct cm_calendar *calendar, int64_t day)
{
    int64_t index = day - calendar->first_day_number;
    if (index < 0 || index >= calendar->day_count)
        return CM_KIND_OF_DAY_UNKNOWN;
    return (enum cm_day_kind)calendar->kinds[index];
}

bool cm_table_is_working(const struct cm_calendar *calendar, int64_t day)
{
    enum cm_day_kind kind = cm_table_kind(calendar, day);
    return kind == CM_KIND_OF_DAY_ORDINARY || kind == CM_KIND_OF_DAY_MAKE_UP;
}

/* The known years around the day, or none. */
static struct cm_year_run run_around(const struct cm_calendar *calendar, int32_t year)
{
    int64_t index = (int64_t)year - calendar->first_year;
    if (index < 0 || index >= calendar->year_count)
        return (struct cm_year_run){.first = year + 1, .last = year - 1};
    return calendar->runs[index];
}

bool cm_table_is_known(const struct cm_calendar *calendar, int64_t from, int64_t to,
                       int32_t *unknown_year_out)
{
    int32_t from_year = cm_date_from_days(from).year;
    int32_t to_year = cm_date_from_days(to).year;
    struct cm_year_run run = run_around(calendar, from_year);
    if (run.first > run.last) {
        *unknown_year_out = from_year;
        return false;
    }
    if (to_year < run.first) {
        *unknown_year_out = run.first - 1;
        return false;
    }
    if (to_year > run.last) {
        *unknown_year_out = run.last + 1;
        return false;
    }
    return true;
}

int64_t cm_table_working_before(const struct cm_calendar *calendar, int64_t day)
{
    int64_t index = day - calendar->first_day_number;
    if (index <= 0)
        return 0;
    return calendar->working_before[index < calendar->day_count ? index : calendar->day_count];
}

const struct cm_working_day *cm_table_working_day(const struct cm_calendar *calendar, int64_t day)
{
    assert(cm_table_is_working(calendar, day));
    return &calendar->working[cm_table_working_before(calendar, day)];
}

/* Says which year stands in the way of a search that runs out of `run`. */
static bool is_stopped_after(const struct cm_calendar *calendar, int64_t day,
                             int32_t *unknown_year_out)
{
    int32_t year = cm_date_from_days(day).year;
    struct cm_year_run run = run_around(calendar, year);
    *unknown_year_out = run.first > run.last ? year : run.last + 1;
    return false;
}

static bool is_stopped_before(const struct cm_calendar *calendar, int64_t day,
                              int32_t *unknown_year_out)
{
    int32_t year = cm_date_from_days(day).year;
    struct cm_year_run run = run_around(calendar, year);
    *unknown_year_out = run.first > run.last ? year : run.first - 1;
    return false;
}

bool cm_table_nth_after(int64_t *day_out, const struct cm_calendar *calendar, int64_t day,
                        int64_t count, int32_t *unknown_year_out)
{
    assert(count >= 1);
    int64_t first = day + 1;
    if (!cm_table_day_exists(first, unknown_year_out))
        return false;
    int64_t before = cm_table_working_before(calendar, first);
    if (count > (int64_t)calendar->working_count - before)
        return is_stopped_after(calendar, first, unknown_year_out);
    int64_t found = calendar->working[before + count - 1].day;
    if (!cm_table_is_known(calendar, first, found, unknown_year_out))
        return false;
    *day_out = found;
    return true;
}

bool cm_table_nth_before(int64_t *day_out, const struct cm_calendar *calendar, int64_t day,
                         int64_t count, int32_t *unknown_year_out)
{
    assert(count >= 0);
    int64_t through = cm_table_working_before(calendar, day + 1);
    if (count >= through)
        return is_stopped_before(calendar, day, unknown_year_out);
    int64_t found = calendar->working[through - 1 - count].day;
    if (!cm_table_is_known(calendar, day, found, unknown_year_out))
        return false;
    *day_out = found;
    return true;
}

size_t cm_table_span_from(const struct cm_calendar *calendar, community_time_ms time)
{
    size_t low = 0;
    size_t high = calendar->span_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (calendar->spans[middle].from < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t cm_table_span_using(const struct cm_calendar *calendar, int64_t working_ms)
{
    size_t low = 0;
    size_t high = calendar->span_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct cm_instant_span *span = &calendar->spans[middle];
        if (span->ms_before + (span->to - span->from) < working_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t cm_table_working_ms(const struct cm_calendar *calendar, community_time_ms time)
{
    size_t next = cm_table_span_from(calendar, time);
    if (next == 0)
        return 0;
    const struct cm_instant_span *span = &calendar->spans[next - 1];
    community_time_ms end = time < span->to ? time : span->to;
    return span->ms_before + (end - span->from);
}

bool cm_table_is_inside(const struct cm_calendar *calendar, community_time_ms time)
{
    size_t next = cm_table_span_from(calendar, time);
    if (next < calendar->span_count && calendar->spans[next].from == time)
        return true;
    return next > 0 && time < calendar->spans[next - 1].to;
}

community_time_ms cm_table_midnight(const struct cm_calendar *calendar, int64_t day)
{
    return cm_zone_instant(calendar->zone, day * CM_DAY_MS + CM_DAY_MS - 1);
}

community_time_ms cm_table_closing(const struct cm_calendar *calendar, int64_t day)
{
    if (!cm_table_is_working(calendar, day))
        return cm_table_midnight(calendar, day);
    return cm_table_working_day(calendar, day)->closing;
}

community_time_ms cm_table_day_end(const struct cm_calendar *calendar, int64_t day,
                                   int64_t ms_of_day)
{
    switch (calendar->day_ends) {
    case CM_DAY_ENDS_CLOSE:
        return cm_table_closing(calendar, day);
    case CM_DAY_ENDS_MIDNIGHT:
        return cm_table_midnight(calendar, day);
    case CM_DAY_ENDS_SAME_TIME:
        break;
    }
    return cm_zone_instant(calendar->zone, day * CM_DAY_MS + ms_of_day);
}
