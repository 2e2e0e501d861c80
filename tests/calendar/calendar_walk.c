/* SPDX-License-Identifier: Apache-2.0
 *
 * The calendar's rules by walking. */
#include "calendar_walk.h"

#include <stddef.h>

int32_t walk_offset_seconds(const struct cm_zone *zone, community_time_ms time)
{
    int32_t offset = zone->first_offset_seconds;
    for (size_t i = 0; i < zone->count && zone->changes[i].at <= time; i++)
        offset = zone->changes[i].offset_seconds;
    return offset;
}

static bool shows(const struct cm_zone *zone, int64_t local_ms, int32_t offset_seconds,
                  community_time_ms *time_out)
{
    *time_out = local_ms - offset_seconds * INT64_C(1000);
    return walk_offset_seconds(zone, *time_out) == offset_seconds;
}

/* The least instant that shows the wall time; false when it falls into a gap. */
static bool first_instant(const struct cm_zone *zone, int64_t local_ms, community_time_ms *time_out)
{
    community_time_ms time;
    bool found = shows(zone, local_ms, zone->first_offset_seconds, time_out);
    for (size_t i = 0; i < zone->count; i++) {
        if (shows(zone, local_ms, zone->changes[i].offset_seconds, &time) &&
            (!found || time < *time_out)) {
            found = true;
            *time_out = time;
        }
    }
    return found;
}

/* The change whose gap swallows the wall time. */
static const struct cm_zone_change *gap_around(const struct cm_zone *zone, int64_t local_ms,
                                               int32_t *offset_before_out)
{
    int32_t before = zone->first_offset_seconds;
    for (size_t i = 0; i < zone->count; i++) {
        const struct cm_zone_change *change = &zone->changes[i];
        if (local_ms >= change->at + before * INT64_C(1000) &&
            local_ms < change->at + change->offset_seconds * INT64_C(1000)) {
            *offset_before_out = before;
            return change;
        }
        before = change->offset_seconds;
    }
    return NULL;
}

community_time_ms walk_instant(const struct cm_zone *zone, int64_t local_ms)
{
    community_time_ms time;
    int32_t before = 0;
    if (first_instant(zone, local_ms, &time))
        return time;
    (void)gap_around(zone, local_ms, &before);
    return local_ms - before * INT64_C(1000);
}

static community_time_ms edge(const struct cm_zone *zone, int64_t local_ms)
{
    community_time_ms time;
    int32_t before = 0;
    if (first_instant(zone, local_ms, &time))
        return time;
    return gap_around(zone, local_ms, &before)->at;
}

/* One question to the rules: which year it could not know. */
struct walk {
    const struct cm_calendar_definition *definition;
    int32_t unknown_year;
};

static bool is_listed(const int64_t *days, size_t count, int64_t day)
{
    for (size_t i = 0; i < count; i++) {
        if (days[i] == day)
            return true;
    }
    return false;
}

static bool year_is_known(const struct walk *walk, int64_t day)
{
    int32_t year = cm_date_from_days(day).year;
    for (size_t i = 0; i < walk->definition->year_count; i++) {
        if (walk->definition->years[i] == year)
            return true;
    }
    return false;
}

static bool need(struct walk *walk, int64_t day)
{
    if (year_is_known(walk, day))
        return true;
    walk->unknown_year = cm_date_from_days(day).year;
    return false;
}

static struct cm_hours hours_on(const struct walk *walk, int64_t day)
{
    const struct cm_calendar_definition *definition = walk->definition;
    if (!year_is_known(walk, day) || is_listed(definition->off_days, definition->off_count, day))
        return (struct cm_hours){0};
    if (!is_listed(definition->work_days, definition->work_count, day))
        return definition->weekday_hours[cm_weekday(day)];
    if (definition->make_up_hours.count > 0)
        return definition->make_up_hours;
    int weekday = 0;
    while (definition->weekday_hours[weekday].count == 0)
        weekday++;
    return definition->weekday_hours[weekday];
}

static bool is_working(const struct walk *walk, int64_t day)
{
    return hours_on(walk, day).count > 0;
}

static community_time_ms at_minute(const struct walk *walk, int64_t day, int32_t minute)
{
    return edge(walk->definition->zone, day * CM_DAY_MS + minute * CM_MINUTE_MS);
}

static community_time_ms at_clock(const struct walk *walk, int64_t day, int64_t ms_of_day)
{
    return walk_instant(walk->definition->zone, day * CM_DAY_MS + ms_of_day);
}

static community_time_ms closing(const struct walk *walk, int64_t day)
{
    struct cm_hours hours = hours_on(walk, day);
    if (hours.count == 0 || hours.spans[hours.count - 1].to_minute == 24 * 60)
        return at_clock(walk, day, CM_DAY_MS - 1);
    return at_minute(walk, day, hours.spans[hours.count - 1].to_minute);
}

static community_time_ms day_end(const struct walk *walk, int64_t day, int64_t ms_of_day)
{
    if (walk->definition->day_ends == CM_DAY_ENDS_CLOSE)
        return closing(walk, day);
    if (walk->definition->day_ends == CM_DAY_ENDS_MIDNIGHT)
        return at_clock(walk, day, CM_DAY_MS - 1);
    return at_clock(walk, day, ms_of_day);
}

struct moment {
    community_time_ms time;
    int64_t day;
    int64_t ms_of_day;
};

static struct moment moment_of(const struct walk *walk, community_time_ms time)
{
    int64_t local = time + walk_offset_seconds(walk->definition->zone, time) * INT64_C(1000);
    int64_t day = local / CM_DAY_MS - (local % CM_DAY_MS < 0 ? 1 : 0);
    return (struct moment){.time = time, .day = day, .ms_of_day = local - day * CM_DAY_MS};
}

static bool is_inside(const struct walk *walk, const struct moment *moment)
{
    for (int64_t day = moment->day - 1; day <= moment->day + 1; day++) {
        struct cm_hours hours = hours_on(walk, day);
        for (size_t i = 0; i < hours.count; i++) {
            if (moment->time >= at_minute(walk, day, hours.spans[i].from_minute) &&
                moment->time < at_minute(walk, day, hours.spans[i].to_minute))
                return true;
        }
    }
    return false;
}

/* The next opening at or after the moment. */
static bool next_opening(struct walk *walk, struct moment *moment)
{
    for (int64_t day = moment->day;; day++) {
        if (!need(walk, day))
            return false;
        struct cm_hours hours = hours_on(walk, day);
        for (size_t i = 0; i < hours.count; i++) {
            community_time_ms from = at_minute(walk, day, hours.spans[i].from_minute);
            if (from >= moment->time && from < at_minute(walk, day, hours.spans[i].to_minute)) {
                *moment = moment_of(walk, from);
                return true;
            }
        }
    }
}

static bool effective_start(struct walk *walk, struct moment *start)
{
    if (walk->definition->outside_hours == CM_OUTSIDE_FROM_START)
        return true;
    if (!need(walk, start->day))
        return false;
    if (is_inside(walk, start))
        return true;
    if (walk->definition->day_ends != CM_DAY_ENDS_SAME_TIME && is_working(walk, start->day) &&
        day_end(walk, start->day, 0) == start->time)
        return true;
    return next_opening(walk, start);
}

static bool walk_on(struct walk *walk, int64_t *day, int64_t count)
{
    while (count > 0) {
        ++*day;
        if (!need(walk, *day))
            return false;
        if (is_working(walk, *day))
            count--;
    }
    return true;
}

static bool working_days_due(community_time_ms *due, struct walk *walk, struct moment start,
                             int64_t count)
{
    if (!effective_start(walk, &start))
        return false;
    int64_t day = start.day;
    if (walk->definition->first_day == CM_FIRST_DAY_COUNT) {
        if (!need(walk, day))
            return false;
        if (is_working(walk, day) && day_end(walk, day, start.ms_of_day) > start.time)
            count--;
    }
    if (!walk_on(walk, &day, count))
        return false;
    *due = day_end(walk, day, start.ms_of_day);
    return true;
}

static community_time_ms same_day_end(const struct walk *walk, int64_t day, int32_t minute)
{
    if (minute >= 0)
        return at_clock(walk, day, minute * CM_MINUTE_MS);
    if (walk->definition->day_ends == CM_DAY_ENDS_MIDNIGHT)
        return at_clock(walk, day, CM_DAY_MS - 1);
    return closing(walk, day);
}

static bool same_day_due(community_time_ms *due, struct walk *walk, struct moment start,
                         int32_t minute)
{
    if (!effective_start(walk, &start) || !need(walk, start.day))
        return false;
    int64_t day = start.day;
    if (!is_working(walk, day) || same_day_end(walk, day, minute) < start.time) {
        if (!walk_on(walk, &day, 1))
            return false;
    }
    *due = same_day_end(walk, day, minute);
    return true;
}

static bool next_day_due(community_time_ms *due, struct walk *walk, struct moment start,
                         int32_t minute)
{
    if (!effective_start(walk, &start))
        return false;
    int64_t day = start.day;
    if (!walk_on(walk, &day, 1))
        return false;
    *due = minute >= 0 ? at_clock(walk, day, minute * CM_MINUTE_MS)
                       : day_end(walk, day, start.ms_of_day);
    return true;
}

static int64_t months_later(int64_t day, int64_t months)
{
    struct cm_date date = cm_date_from_days(day);
    while (months-- > 0) {
        if (++date.month > 12) {
            date.month = 1;
            date.year++;
        }
    }
    int32_t length = cm_month_length(date.year, date.month);
    if (date.day > length)
        date.day = length;
    return cm_days_from_date(date);
}

static bool move_on(struct walk *walk, int64_t *day)
{
    if (walk->definition->rest_day == CM_REST_DAY_KEEP)
        return true;
    while (need(walk, *day)) {
        if (is_working(walk, *day))
            return true;
        ++*day;
    }
    return false;
}

static bool calendar_days_due(community_time_ms *due, struct walk *walk, struct moment start,
                              const struct cm_duration *duration)
{
    int64_t day = start.day;
    if (walk->definition->first_day == CM_FIRST_DAY_COUNT && duration->amount > 0)
        day--;
    if (duration->unit == CM_MONTHS)
        day = months_later(day, duration->amount);
    else
        day += duration->amount;
    if (!move_on(walk, &day))
        return false;
    *due = day_end(walk, day, start.ms_of_day);
    bool is_over = duration->amount > 0 ? *due <= start.time : *due < start.time;
    if (day != start.day || !is_over)
        return true;
    day++;
    if (!move_on(walk, &day))
        return false;
    *due = day_end(walk, day, start.ms_of_day);
    return true;
}

static bool working_time_due(community_time_ms *due, struct walk *walk, struct moment start,
                             int64_t left_ms)
{
    if (!need(walk, start.day))
        return false;
    if (left_ms == 0) {
        bool found = is_inside(walk, &start) || next_opening(walk, &start);
        *due = start.time;
        return found;
    }
    for (int64_t day = start.day - 1;; day++) {
        if (day >= start.day && !need(walk, day))
            return false;
        struct cm_hours hours = hours_on(walk, day);
        for (size_t i = 0; i < hours.count; i++) {
            community_time_ms from = at_minute(walk, day, hours.spans[i].from_minute);
            community_time_ms to = at_minute(walk, day, hours.spans[i].to_minute);
            from = from < start.time ? start.time : from;
            if (to <= from)
                continue;
            if (left_ms <= to - from) {
                *due = from + left_ms;
                return true;
            }
            left_ms -= to - from;
        }
    }
}

bool walk_due(community_time_ms *due_out, const struct cm_calendar_definition *definition,
              community_time_ms start, const struct cm_duration *duration, int32_t *unknown_year)
{
    struct walk walk = {.definition = definition};
    struct moment from = moment_of(&walk, start);
    bool found = false;
    switch ((enum cm_duration_unit)duration->unit) {
    case CM_ELAPSED:
        *due_out = start + duration->amount;
        return true;
    case CM_WORKING_TIME:
        found = working_time_due(due_out, &walk, from, duration->amount);
        break;
    case CM_WORKING_DAYS:
        found = duration->amount == 0 ? same_day_due(due_out, &walk, from, -1)
                                      : working_days_due(due_out, &walk, from, duration->amount);
        break;
    case CM_SAME_WORKING_DAY:
        found = same_day_due(due_out, &walk, from, duration->minute_of_day);
        break;
    case CM_NEXT_WORKING_DAY:
        found = next_day_due(due_out, &walk, from, duration->minute_of_day);
        break;
    case CM_CALENDAR_DAYS:
    case CM_MONTHS:
        found = calendar_days_due(due_out, &walk, from, duration);
        break;
    }
    *unknown_year = walk.unknown_year;
    return found;
}
