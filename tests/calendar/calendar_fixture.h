/* SPDX-License-Identifier: Apache-2.0
 *
 * Calendars for the tests: the two office calendars written by hand, and the official lists of the
 * State Council where the data folder is there. */
#ifndef CALENDAR_FIXTURE_H
#define CALENDAR_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "working_calendar.h"

enum { LISTED_DAYS_MAX = 1024, LISTED_YEARS_MAX = 32 };

/* Lists that grow; the definition made from them borrows them. */
struct day_lists {
    int64_t off[LISTED_DAYS_MAX];
    size_t off_count;
    int64_t work[LISTED_DAYS_MAX];
    size_t work_count;
    int32_t years[LISTED_YEARS_MAX];
    size_t year_count;
};

/* China since 1991: eight hours east, no daylight saving time. */
extern const struct cm_zone china_zone;

void fixture_arena(struct cm_arena *arena);
/* The zone from the system's tzdata, NULL when it is not installed. */
const struct cm_zone *fixture_zone(struct cm_arena *arena, const char *name);

/* Holidays and make-up days of 2025 and 2026. */
void list_2025_and_2026(struct day_lists *lists);
/* The file YYYY.json of the data folder; false when it is not there. A file without days does not
 * make its year known. */
bool list_year_of_data(struct day_lists *lists, int32_t year);
/* Ascending, as definitions want them. */
void sort_lists(struct day_lists *lists);

/* Monday to Friday 08:00-12:00 and 14:00-17:30. */
struct cm_calendar_definition office_definition(const struct day_lists *lists);
struct cm_calendar *fixture_make(struct cm_arena *arena,
                                 const struct cm_calendar_definition *definition);

int64_t day_of(const char *date);
/* Asserts that the text can be read. */
community_time_ms time_of(const char *text);
struct cm_duration duration_of(const char *words);

/* The directory of the real data: COMMUNITY_DATA, else beside the project. */
const char *data_directory(void);

#endif
