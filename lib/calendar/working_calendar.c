/* SPDX-License-Identifier: Apache-2.0
 *
 * Making a calendar from what a rulebook says about it, and the plain questions to it. */
#include "working_calendar.h"

#include "calendar_table.h"
#include "failure.h"

#include <assert.h>
#include <string.h>

enum { YEARS_SPAN_MAX = 400, MINUTES_A_DAY = 24 * 60 };

static bool hours_are_sound(struct cm_hours hours)
{
    int32_t previous_minute = 0;
    for (size_t i = 0; i < hours.count; i++) {
        struct cm_span span = hours.spans[i];
        if (span.from_minute < previous_minute || span.to_minute <= span.from_minute ||
            span.to_minute > MINUTES_A_DAY)
            return false;
        previous_minute = span.to_minute;
    }
    return true;
}

/* The first weekday with office hours, 7 when there is none. */
static size_t first_open_weekday(const struct cm_calendar_definition *definition)
{
    size_t weekday = 0;
    while (weekday < 7 && definition->weekday_hours[weekday].count == 0)
        weekday++;
    return weekday;
}

static enum community_status check_hours(const struct cm_calendar_definition *definition,
                                         struct community_error *err)
{
    bool sound = hours_are_sound(definition->make_up_hours);
    for (size_t weekday = 0; weekday < 7; weekday++)
        sound = sound && hours_are_sound(definition->weekday_hours[weekday]);
    if (!sound)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_CALENDAR_HOURS, definition->name);
    if (first_open_weekday(definition) == 7)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_CALENDAR_WITHOUT_HOURS, definition->name);
    return COMMUNITY_OK;
}

/* Also sets the calendar's first year and how many follow. */
static enum community_status check_years(struct cm_calendar *calendar,
                                         const struct cm_calendar_definition *definition,
                                         struct community_error *err)
{
    if (definition->year_count == 0)
        return COMMUNITY_OK;
    int32_t least = definition->years[0];
    int32_t greatest = least;
    for (size_t i = 1; i < definition->year_count; i++) {
        least = definition->years[i] < least ? definition->years[i] : least;
        greatest = definition->years[i] > greatest ? definition->years[i] : greatest;
    }
    if (least < 1 || greatest > 9999 || greatest - least >= YEARS_SPAN_MAX)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_CALENDAR_YEARS, definition->name);
    calendar->first_year = least;
    calendar->year_count = greatest - least + 1;
    return COMMUNITY_OK;
}

static int64_t first_day_of(int32_t year)
{
    return cm_days_from_date((struct cm_date){.year = year, .month = 1, .day = 1});
}

static enum community_status reserve_days(struct cm_calendar *calendar, struct cm_arena *arena,
                                          struct community_error *err)
{
    if (calendar->year_count > 0) {
        int32_t last_year = calendar->first_year + calendar->year_count - 1;
        calendar->first_day_number = first_day_of(calendar->first_year);
        calendar->day_count = first_day_of(last_year) + 365 + (cm_year_is_leap(last_year) ? 1 : 0) -
                              calendar->first_day_number;
    }
    size_t day_count = (size_t)calendar->day_count;
    calendar->runs = cm_arena_array(arena, (size_t)calendar->year_count, sizeof(*calendar->runs));
    calendar->kinds = cm_arena_array(arena, day_count, sizeof(*calendar->kinds));
    calendar->working_before =
        cm_arena_array(arena, day_count + 1, sizeof(*calendar->working_before));
    if (calendar->runs == NULL || calendar->kinds == NULL || calendar->working_before == NULL)
        return cm_fail_memory(err);
    return COMMUNITY_OK;
}

static void note_years(struct cm_calendar *calendar,
                       const struct cm_calendar_definition *definition)
{
    for (int32_t i = 0; i < calendar->year_count; i++)
        calendar->runs[i] = (struct cm_year_run){.first = 1, .last = 0};
    for (size_t i = 0; i < definition->year_count; i++) {
        int32_t year = definition->years[i];
        calendar->runs[year - calendar->first_year] =
            (struct cm_year_run){.first = year, .last = year};
    }
    for (int32_t i = 1; i < calendar->year_count; i++) {
        if (calendar->runs[i].last != 0 && calendar->runs[i - 1].last != 0)
            calendar->runs[i].first = calendar->runs[i - 1].first;
    }
    for (int32_t i = calendar->year_count - 1; i > 0; i--) {
        if (calendar->runs[i].last != 0 && calendar->runs[i - 1].last != 0)
            calendar->runs[i - 1].last = calendar->runs[i].last;
    }
}

static void decide_weekdays(struct cm_calendar *calendar,
                            const struct cm_calendar_definition *definition)
{
    for (int32_t i = 0; i < calendar->year_count; i++) {
        if (calendar->runs[i].last == 0)
            continue;
        int32_t year = calendar->first_year + i;
        int64_t from = first_day_of(year);
        int64_t to = from + 365 + (cm_year_is_leap(year) ? 1 : 0);
        for (int64_t day = from; day < to; day++) {
            bool is_open = definition->weekday_hours[cm_weekday(day)].count > 0;
            calendar->kinds[day - calendar->first_day_number] =
                is_open ? CM_KIND_OF_DAY_ORDINARY : CM_KIND_OF_DAY_WEEKEND;
        }
    }
}

static enum community_status fail_twice(int64_t day, struct community_error *err)
{
    char date[11];
    cm_date_format(date, cm_date_from_days(day));
    return cm_fail(err, COMMUNITY_INVALID, CM_CODE_CALENDAR_DAY_TWICE, cm_text(date));
}

/* Listed days of years that are not known are passed over: the list of a year may hold days of the
 * December before it, and a year is known only when its own list is. */
static enum community_status decide_listed(struct cm_calendar *calendar,
                                           const struct cm_calendar_definition *definition,
                                           struct community_error *err)
{
    for (size_t i = 0; i < definition->off_count; i++) {
        int64_t day = definition->off_days[i];
        if (cm_table_kind(calendar, day) != CM_KIND_OF_DAY_UNKNOWN)
            calendar->kinds[day - calendar->first_day_number] = CM_KIND_OF_DAY_HOLIDAY;
    }
    for (size_t i = 0; i < definition->work_count; i++) {
        int64_t day = definition->work_days[i];
        enum cm_day_kind kind = cm_table_kind(calendar, day);
        if (kind == CM_KIND_OF_DAY_HOLIDAY)
            return fail_twice(day, err);
        if (kind != CM_KIND_OF_DAY_UNKNOWN)
            calendar->kinds[day - calendar->first_day_number] = CM_KIND_OF_DAY_MAKE_UP;
    }
    return COMMUNITY_OK;
}

/* The office hours of a day, none on a rest day. */
static struct cm_hours hours_of(const struct cm_calendar *calendar,
                                const struct cm_calendar_definition *definition, int64_t day)
{
    switch (cm_table_kind(calendar, day)) {
    case CM_KIND_OF_DAY_UNKNOWN:
    case CM_KIND_OF_DAY_WEEKEND:
    case CM_KIND_OF_DAY_HOLIDAY:
        break;
    case CM_KIND_OF_DAY_ORDINARY:
        return definition->weekday_hours[cm_weekday(day)];
    case CM_KIND_OF_DAY_MAKE_UP:
        if (definition->make_up_hours.count > 0)
            return definition->make_up_hours;
        return definition->weekday_hours[first_open_weekday(definition)];
    }
    return (struct cm_hours){0};
}

static enum community_status count_days(struct cm_calendar *calendar, struct cm_arena *arena,
                                        const struct cm_calendar_definition *definition,
                                        struct community_error *err)
{
    size_t working_count = 0;
    size_t span_count = 0;
    for (int64_t index = 0; index < calendar->day_count; index++) {
        struct cm_hours hours = hours_of(calendar, definition, calendar->first_day_number + index);
        calendar->working_before[index] = (int32_t)working_count;
        working_count += hours.count > 0 ? 1 : 0;
        span_count += hours.count;
    }
    calendar->working_before[calendar->day_count] = (int32_t)working_count;
    calendar->working_count = working_count;
    calendar->working = cm_arena_array(arena, working_count + 1, sizeof(*calendar->working));
    calendar->spans = cm_arena_array(arena, span_count, sizeof(*calendar->spans));
    if (calendar->working == NULL || calendar->spans == NULL)
        return cm_fail_memory(err);
    return COMMUNITY_OK;
}

static community_time_ms edge_of(const struct cm_calendar *calendar, int64_t day, int32_t minute)
{
    return cm_zone_edge(calendar->zone, day * CM_DAY_MS + minute * CM_MINUTE_MS);
}

/* A span that a daylight saving gap swallows is left out; one that it cuts into is shorter. */
static void add_span(struct cm_calendar *calendar, community_time_ms from, community_time_ms to)
{
    int64_t ms_before = 0;
    if (calendar->span_count > 0) {
        const struct cm_instant_span *last = &calendar->spans[calendar->span_count - 1];
        ms_before = last->ms_before + (last->to - last->from);
        from = from < last->to ? last->to : from;
    }
    if (from < to) {
        calendar->spans[calendar->span_count++] =
            (struct cm_instant_span){.from = from, .to = to, .ms_before = ms_before};
    }
}

static struct cm_working_day lay_out_day(struct cm_calendar *calendar, int64_t day,
                                         struct cm_hours hours)
{
    int32_t last_minute = hours.spans[hours.count - 1].to_minute;
    struct cm_working_day row = {
        .day = day,
        .first_span = calendar->span_count,
        .opening = edge_of(calendar, day, hours.spans[0].from_minute),
        /* A day that closes at 24:00 ends within itself, not at the first instant of the next. */
        .closing = last_minute == MINUTES_A_DAY ? cm_table_midnight(calendar, day)
                                                : edge_of(calendar, day, last_minute),
    };
    for (size_t i = 0; i < hours.count; i++) {
        struct cm_span span = hours.spans[i];
        add_span(calendar, edge_of(calendar, day, span.from_minute),
                 edge_of(calendar, day, span.to_minute));
    }
    return row;
}

static void lay_out(struct cm_calendar *calendar, const struct cm_calendar_definition *definition)
{
    size_t count = 0;
    for (int64_t index = 0; index < calendar->day_count; index++) {
        int64_t day = calendar->first_day_number + index;
        struct cm_hours hours = hours_of(calendar, definition, day);
        if (hours.count > 0)
            calendar->working[count++] = lay_out_day(calendar, day, hours);
    }
    assert(count == calendar->working_count);
    calendar->working[count].first_span = calendar->span_count;
}

static enum community_status fill(struct cm_calendar *calendar, struct cm_arena *arena,
                                  const struct cm_calendar_definition *definition,
                                  struct community_error *err)
{
    calendar->zone = definition->zone;
    calendar->first_day = (enum cm_first_day)definition->first_day;
    calendar->day_ends = (enum cm_day_ends)definition->day_ends;
    calendar->outside_hours = (enum cm_outside_hours)definition->outside_hours;
    calendar->rest_day = (enum cm_rest_day)definition->rest_day;
    calendar->name = cm_arena_text(arena, definition->name);
    if (calendar->name.data == NULL)
        return cm_fail_memory(err);

    enum community_status status = check_hours(definition, err);
    if (status == COMMUNITY_OK)
        status = check_years(calendar, definition, err);
    if (status == COMMUNITY_OK)
        status = reserve_days(calendar, arena, err);
    if (status != COMMUNITY_OK)
        return status;
    note_years(calendar, definition);
    decide_weekdays(calendar, definition);
    status = decide_listed(calendar, definition, err);
    if (status == COMMUNITY_OK)
        status = count_days(calendar, arena, definition, err);
    if (status == COMMUNITY_OK)
        lay_out(calendar, definition);
    return status;
}

enum community_status cm_calendar_make(struct cm_calendar **out, struct cm_arena *arena,
                                       const struct cm_calendar_definition *definition,
                                       struct community_error *err)
{
    assert(definition->zone != NULL);
    assert(definition->first_day <= CM_FIRST_DAY_COUNT);
    assert(definition->day_ends <= CM_DAY_ENDS_SAME_TIME);
    assert(definition->outside_hours <= CM_OUTSIDE_NEXT_OPENING);
    assert(definition->rest_day <= CM_REST_DAY_KEEP);
    *out = NULL;
    struct cm_calendar *calendar = cm_arena_allocate_zeroed(arena, sizeof(*calendar));
    if (calendar == NULL)
        return cm_fail_memory(err);
    enum community_status status = fill(calendar, arena, definition, err);
    if (status == COMMUNITY_OK)
        *out = calendar;
    return status;
}

struct community_text cm_calendar_name(const struct cm_calendar *calendar)
{
    return calendar->name;
}

const struct cm_zone *cm_calendar_zone(const struct cm_calendar *calendar)
{
    return calendar->zone;
}

int32_t cm_calendar_offset_minutes(const struct cm_calendar *calendar, community_time_ms time)
{
    return cm_zone_offset_seconds(calendar->zone, time) / 60;
}

static bool count_between(int64_t *count_out, const struct cm_calendar *calendar, int64_t after,
                          int64_t through, int32_t *unknown_year_out)
{
    if (!cm_table_is_known(calendar, after + 1, through, unknown_year_out))
        return false;
    *count_out = cm_table_working_before(calendar, through + 1) -
                 cm_table_working_before(calendar, after + 1);
    return true;
}

bool cm_calendar_working_days(int64_t *count_out, const struct cm_calendar *calendar,
                              community_time_ms a, community_time_ms b, int32_t *unknown_year_out)
{
    int32_t ignored;
    int32_t *unknown_year = unknown_year_out != NULL ? unknown_year_out : &ignored;
    struct cm_local from;
    struct cm_local to;
    if (!cm_table_local(&from, calendar, a, unknown_year) ||
        !cm_table_local(&to, calendar, b, unknown_year))
        return false;
    if (from.day == to.day) {
        *count_out = 0;
        return true;
    }
    if (from.day < to.day)
        return count_between(count_out, calendar, from.day, to.day, unknown_year);
    int64_t count;
    if (!count_between(&count, calendar, to.day, from.day, unknown_year))
        return false;
    *count_out = -count;
    return true;
}

bool cm_calendar_is_working_time(bool *answer_out, const struct cm_calendar *calendar,
                                 community_time_ms time, int32_t *unknown_year_out)
{
    int32_t ignored;
    int32_t *unknown_year = unknown_year_out != NULL ? unknown_year_out : &ignored;
    struct cm_local local;
    if (!cm_table_local(&local, calendar, time, unknown_year) ||
        !cm_table_is_known(calendar, local.day, local.day, unknown_year))
        return false;
    *answer_out = cm_table_is_inside(calendar, time);
    return true;
}
