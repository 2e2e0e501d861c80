/* SPDX-License-Identifier: Apache-2.0
 *
 * Dates and instants in text: RFC 3339, years 0001 to 9999, proleptic Gregorian calendar. */
#ifndef CM_RFC3339_H
#define CM_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

#include "community/types.h"

enum { CM_TIME_TEXT_SIZE = 40 };

#define CM_SECOND_MS INT64_C(1000)
#define CM_MINUTE_MS (60 * CM_SECOND_MS)
#define CM_HOUR_MS (60 * CM_MINUTE_MS)
#define CM_DAY_MS (24 * CM_HOUR_MS)

/* Days since 1970-01-01, negative before. */
struct cm_date {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
};

int64_t cm_days_from_date(struct cm_date date); /* the date must exist */
struct cm_date cm_date_from_days(int64_t days);
int cm_weekday(int64_t days); /* 0 Monday to 6 Sunday */
bool cm_year_is_leap(int32_t year);
int cm_month_length(int32_t year, int32_t month);

/* "2026-06-01", exactly. */
bool cm_date_parse(struct community_text text, struct cm_date *date_out);
/* 10 bytes and a NUL. */
void cm_date_format(char out[11], struct cm_date date);

/* "2026-06-01T09:00:00+08:00", "…T01:00:00.5Z": full RFC 3339, 't', 'z' and a space allowed as it
 * allows them. Fractions beyond milliseconds are cut off; second 60 is refused, and an instant that
 * its offset moves out of the years 0001 to 9999 (UTC) too. The offset, in minutes, goes to
 * *offset_minutes_out (may be NULL). */
bool cm_time_parse(struct community_text text, community_time_ms *time_out,
                   int32_t *offset_minutes_out);
/* With milliseconds only where they are not zero; offset 0 is written 'Z'. NUL-terminated; returns
 * the size without the NUL. Outside the years 0001 to 9999 the year has a sign and as many digits
 * as it needs: true, but no longer RFC 3339. */
size_t cm_time_format(char out[CM_TIME_TEXT_SIZE], community_time_ms time, int32_t offset_minutes);

#endif
