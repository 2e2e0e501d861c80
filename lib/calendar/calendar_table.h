/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a calendar: every day of its years decided, counted and laid out in instants. */
#ifndef CM_CALENDAR_TABLE_H
#define CM_CALENDAR_TABLE_H

#include "working_calendar.h"

enum cm_day_kind {
    CM_KIND_OF_DAY_UNKNOWN, /* its year is not listed */
    CM_KIND_OF_DAY_WEEKEND,
    CM_KIND_OF_DAY_HOLIDAY, /* listed off */
    CM_KIND_OF_DAY_ORDINARY,
    CM_KIND_OF_DAY_MAKE_UP, /* listed as a working day */
};

/* The years without a hole around a year; `first` is after `last` for a year that is not known. */
struct cm_year_run {
    int32_t first;
    int32_t last;
};

struct cm_working_day {
    int64_t day;
    size_t first_span; /* its spans end where those of the next working day begin */
    community_time_ms opening;
    community_time_ms closing;
};

/* A stretch of office hours in instants, half-open. */
struct cm_instant_span {
    community_time_ms from;
    community_time_ms to;
    int64_t ms_before; /* office hours of all earlier spans */
};

struct cm_calendar {
    struct community_text name;
    const struct cm_zone *zone;
    enum cm_first_day first_day;
    enum cm_day_ends day_ends;
    enum cm_outside_hours outside_hours;
    enum cm_rest_day rest_day;

    int32_t first_year; /* of the arrays, that is, the least known one */
    int32_t year_count;
    struct cm_year_run *runs; /* year_count */

    int64_t first_day_number;
    int64_t day_count;
    uint8_t *kinds;          /* day_count of enum cm_day_kind */
    int32_t *working_before; /* day_count + 1: working days before that day */

    size_t working_count;
    struct cm_working_day *working; /* one more, whose first_span is the count of spans */
    size_t span_count;
    struct cm_instant_span *spans;
};

/* A place on the local clock. */
struct cm_local {
    int64_t day;
    int64_t ms_of_day;
};

/* False outside the years 1 to 9999, with the year that would be needed. */
bool cm_table_local(struct cm_local *local_out, const struct cm_calendar *calendar,
                    community_time_ms time, int32_t *unknown_year_out);
/* Whether the day lies in the years 1 to 9999. */
bool cm_table_day_exists(int64_t day, int32_t *unknown_year_out);

enum cm_day_kind cm_table_kind(const struct cm_calendar *calendar, int64_t day);
bool cm_table_is_working(const struct cm_calendar *calendar, int64_t day);
/* Whether every day of `from` to `to` is known; the unknown year is the first one met on the way
 * from the one to the other, in either direction. Both days exist. */
bool cm_table_is_known(const struct cm_calendar *calendar, int64_t from, int64_t to,
                       int32_t *unknown_year_out);
/* Working days before `day`, which must be known or follow a known one. */
int64_t cm_table_working_before(const struct cm_calendar *calendar, int64_t day);
/* The working day's row; the day must be one. */
const struct cm_working_day *cm_table_working_day(const struct cm_calendar *calendar, int64_t day);
/* The `count`-th working day after `day` (from 1); only the days after it need to be known. */
bool cm_table_nth_after(int64_t *day_out, const struct cm_calendar *calendar, int64_t day,
                        int64_t count, int32_t *unknown_year_out);
/* The `count`-th working day before the last one that is not after `day` (from 0: that one). */
bool cm_table_nth_before(int64_t *day_out, const struct cm_calendar *calendar, int64_t day,
                         int64_t count, int32_t *unknown_year_out);

/* Office hours before `time`. */
int64_t cm_table_working_ms(const struct cm_calendar *calendar, community_time_ms time);
/* Whether a span holds `time`. */
bool cm_table_is_inside(const struct cm_calendar *calendar, community_time_ms time);
/* The first span that begins at or after `time`; span_count when there is none. */
size_t cm_table_span_from(const struct cm_calendar *calendar, community_time_ms time);
/* The first span within or at whose end `working_ms` (more than 0) of office hours are used up. */
size_t cm_table_span_using(const struct cm_calendar *calendar, int64_t working_ms);

/* 23:59:59.999 of the day. */
community_time_ms cm_table_midnight(const struct cm_calendar *calendar, int64_t day);
/* The closing of a working day; the midnight of a day without known office hours. */
community_time_ms cm_table_closing(const struct cm_calendar *calendar, int64_t day);
/* Where a period ends on its last day, by the calendar's day_ends. */
community_time_ms cm_table_day_end(const struct cm_calendar *calendar, int64_t day,
                                   int64_t ms_of_day);

#endif
