/* SPDX-License-Identifier: Apache-2.0
 *
 * Working time, precomputed: a due time costs binary searches, never a walk over days. */
#ifndef CM_WORKING_CALENDAR_H
#define CM_WORKING_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "community/status.h"
#include "duration.h"
#include "rfc3339.h"
#include "zone.h"

/* Whether a period in days counts the day it starts on. A first day counts only while it has not
 * ended: from a start after closing, counting begins on the next working day. Hence with
 * day_ends same_time, where the first day ends as it starts, count says the same as skip for
 * working days. */
enum cm_first_day { CM_FIRST_DAY_SKIP, CM_FIRST_DAY_COUNT };

/* Where on its last day a period in days ends.
 * close: at the closing of the day's last span of office hours; 23:59:59.999 where that is 24:00,
 * and on a day without known office hours (a rest day that is kept, a day of an unknown year).
 * midnight: at 23:59:59.999 local. same_time: at the local time of day of the start. */
enum cm_day_ends { CM_DAY_ENDS_CLOSE, CM_DAY_ENDS_MIDNIGHT, CM_DAY_ENDS_SAME_TIME };

/* What a start outside office hours means for a period in working days ("same" and "next working
 * day" included; calendar days and months always count from the start's local date).
 * from_start: the start's local date, whatever the hour. next_opening: it counts as the next
 * opening, so that with first_day skip that opening's day is the uncounted one, and with same_time
 * the opening's time of day is the due time's. Hours are half-open, but the very instant that ends
 * a working day (by close or midnight) still belongs to that day: due(start, a + b) is
 * due(due(start, a), b). */
enum cm_outside_hours { CM_OUTSIDE_FROM_START, CM_OUTSIDE_NEXT_OPENING };

/* Whether a calendar-day or month period that ends on a rest day moves on to the next working day
 * and ends there. Only move needs the year of the end to be known. */
enum cm_rest_day { CM_REST_DAY_MOVE, CM_REST_DAY_KEEP };

/* Minutes of the local day, half-open. */
struct cm_span {
    int32_t from_minute;
    int32_t to_minute;
};

/* Office hours of one day: ascending, disjoint. */
struct cm_hours {
    size_t count;
    const struct cm_span *spans;
};

/* What a rulebook says about a calendar. Days are counted from 1970-01-01 (cm_days_from_date). */
struct cm_calendar_definition {
    struct community_text name;
    const struct cm_zone *zone;
    struct cm_hours weekday_hours[7]; /* Monday first; no spans: a rest day */
    struct cm_hours make_up_hours;    /* no spans: those of the first weekday that has any */
    size_t year_count;
    const int32_t *years; /* ascending; every other year is unknown */
    size_t off_count;
    const int64_t *off_days; /* ascending */
    size_t work_count;
    const int64_t *work_days; /* make-up days, ascending; may be ordinary weekdays too */
    uint8_t first_day;
    uint8_t day_ends;
    uint8_t outside_hours;
    uint8_t rest_day;
};

struct cm_calendar; /* immutable once made; lives in its arena */

/* A weekday with hours is a working day unless it is listed off; a listed working day is one, with
 * the make-up hours, whatever its weekday. Listed days of a year that is not in `years` are passed
 * over: a year's official list may hold days of the December before it.
 * A span is local wall time; one that a daylight saving gap cuts into is shorter.
 *
 * COMMUNITY_NO_MEMORY, or COMMUNITY_INVALID when a day is both off and work, no weekday has hours,
 * hours are out of order, or the years leave 1 to 9999 or span more than 400. The definition's zone
 * is borrowed and must outlive the calendar; the rest is copied. */
enum community_status cm_calendar_make(struct cm_calendar **out, struct cm_arena *arena,
                                       const struct cm_calendar_definition *definition,
                                       struct community_error *err);

struct community_text cm_calendar_name(const struct cm_calendar *calendar);
const struct cm_zone *cm_calendar_zone(const struct cm_calendar *calendar);
int32_t cm_calendar_offset_minutes(const struct cm_calendar *calendar, community_time_ms time);

/* All of these answer false when they would need a year the calendar does not know (or leave the
 * years 1 to 9999): nothing is ever guessed. *unknown_year_out (may be NULL) says which. Elapsed
 * durations need no year and are never refused for one. */

/* The due time of `duration` from `start`.
 *
 * Elapsed: that much later. Working time: starts at once, outside hours at the next opening; used
 * up exactly at a closing, it is due at that closing. No working time at all is due at once, or at
 * the next opening.
 * Working days: the n-th one after the base day, at its day_ends. The base is the start's day, with
 * first_day count the day before it; only the days after the base need to be known. 0 working days
 * are "same working day".
 * Calendar days: so many dates later (one less with count). Months: the same day number, else the
 * month's last. 0 of them end on the start's day, or on the next if that has ended.
 * "same working day": the start's working day if its end, or the minute said, has not passed, else
 * the next working day; with day_ends same_time it ends at closing. "next working day": the first
 * working day after the start's day, first_day notwithstanding. */
bool cm_calendar_due(community_time_ms *due_out, const struct cm_calendar *calendar,
                     community_time_ms start, const struct cm_duration *duration,
                     int32_t *unknown_year_out);
/* The latest start that still leaves `duration` before `end`: "30 working days before 2026-06-01"
 * is 2026-04-16. For days the answer is the opening of that day (its midnight for calendar days).
 *
 * Days are compared by their dates, whatever the hour of `end`: counted as a due time is, with the
 * first day skipped, 30 working days from 2026-04-16 end on 2026-06-01. For working days the answer
 * is a working day, although a later rest day may be as good: nothing can be handed in on it. The
 * move of a rest day is not counted back: it gives time, it takes none. */
bool cm_calendar_before(community_time_ms *start_out, const struct cm_calendar *calendar,
                        community_time_ms end, const struct cm_duration *duration,
                        int32_t *unknown_year_out);
/* Working days in (a, b], by their dates; negative when b is before a. */
bool cm_calendar_working_days(int64_t *count_out, const struct cm_calendar *calendar,
                              community_time_ms a, community_time_ms b, int32_t *unknown_year_out);
bool cm_calendar_is_working_time(bool *answer_out, const struct cm_calendar *calendar,
                                 community_time_ms time, int32_t *unknown_year_out);

/* What is left of a running period, frozen in the period's own unit. */
struct cm_remainder {
    uint8_t unit;   /* CM_ELAPSED, CM_WORKING_TIME, CM_WORKING_DAYS or CM_CALENDAR_DAYS */
    int64_t amount; /* milliseconds or days; never negative */
    /* Working days, calendar days: where the period ends, in local ms since the start of its last
     * counted day (a day or more when rest days follow it before the end; -1 - ms for the second of
     * two same wall times). Working time: ms outside office hours from its being used up to the
     * end. Elapsed: 0. */
    int64_t day_ms;
};
/* Freezes at `now` a period that counts in `unit` and is due at `due`. Months and the two "working
 * day" units freeze as calendar and working days. Frozen as elapsed time are: a period that is due
 * already (0 ms, so that it is due when it goes on), working days of which none is left although
 * the end lies on a later rest day, and calendar days that end on a rest day which the calendar
 * would move. */
bool cm_calendar_freeze(struct cm_remainder *left_out, const struct cm_calendar *calendar,
                        uint8_t unit, community_time_ms due, community_time_ms now,
                        int32_t *unknown_year_out);
/* The new due time when the period goes on at `now`. Freezing and thawing at the same instant gives
 * the same due time back, whatever it was, unless it had passed. Calendar days that now end on a
 * rest day move on as new ones do. */
bool cm_calendar_thaw(community_time_ms *due_out, const struct cm_calendar *calendar,
                      const struct cm_remainder *left, community_time_ms now,
                      int32_t *unknown_year_out);

/* Why a due time is what it is, in the order of the days: for "which days were skipped and why". */
enum cm_day_reason {
    CM_DAY_START,   /* the day of the start, not counted (first_day: skip) */
    CM_DAY_COUNTED, /* an ordinary working day, or any day of a calendar period */
    CM_DAY_MAKE_UP, /* counted because the calendar makes it a working day */
    CM_DAY_WEEKEND, /* skipped */
    CM_DAY_HOLIDAY, /* skipped: listed off */
    CM_DAY_MOVED,   /* the period ended on a rest day and moves on */
};
struct cm_day_step {
    int64_t day;        /* since 1970-01-01, local */
    uint8_t reason;     /* enum cm_day_reason */
    int64_t counted_ms; /* working time that this day gave, for CM_WORKING_TIME; else 0 */
};
/* Calls `step` for every day from the start to the due day. False as cm_calendar_due. Walks. */
bool cm_calendar_explain(const struct cm_calendar *calendar, community_time_ms start,
                         const struct cm_duration *duration,
                         void (*step)(void *userdata, const struct cm_day_step *step),
                         void *userdata, int32_t *unknown_year_out);

#endif
