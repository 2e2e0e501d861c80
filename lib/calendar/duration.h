/* SPDX-License-Identifier: Apache-2.0
 *
 * Lengths of time in the words of a rulebook: "5 working days", "2 hours". */
#ifndef CM_DURATION_H
#define CM_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "community/types.h"

enum cm_duration_unit {
    CM_ELAPSED,      /* milliseconds: seconds, minutes, hours, days (24 h each) */
    CM_WORKING_TIME, /* milliseconds of office hours: working minutes, working hours */
    CM_WORKING_DAYS,
    CM_CALENDAR_DAYS, /* weeks are 7 of them */
    CM_MONTHS,        /* years are 12 of them */
    CM_SAME_WORKING_DAY,
    CM_NEXT_WORKING_DAY,
};

struct cm_duration {
    uint8_t unit;          /* enum cm_duration_unit */
    int64_t amount;        /* milliseconds, days or months by unit; 0 for the last two units */
    int32_t minute_of_day; /* "next working day 16:00": 960; -1 where none was said */
};

/* Words as DESIGN section 4: "15 seconds", "20 minutes", "2 hours", "3 days", "4 working hours",
 * "1.5 working hours", "5 working days", "15 calendar days", "2 weeks", "2 months", "2 years",
 * "same working day", "same working day 16:00", "next working day", "next working day 16:00".
 * Singular and plural are both read. Amounts are not negative; a fraction is allowed where it gives
 * whole milliseconds (seconds, minutes, hours, working hours). False when it cannot be read. */
bool cm_duration_parse(struct community_text text, struct cm_duration *duration_out);
/* The canonical words, NUL-terminated; returns their size. */
enum { CM_DURATION_TEXT_SIZE = 48 };
size_t cm_duration_format(char out[CM_DURATION_TEXT_SIZE], const struct cm_duration *duration);

#endif
