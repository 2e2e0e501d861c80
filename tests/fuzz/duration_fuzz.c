/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text as a length of time, and what a calendar makes of it. The first twelve bytes choose the
 * options, the zone's changes and the start; the rest is the text. */
#include "default_allocator.h"
#include "text.h"
#include "working_calendar.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPTIONS_SIZE = 12, CALENDARS = 24 };

/* New York in 2026, and a day that Samoa never had. */
static const struct cm_zone_change changes[] = {
    {INT64_C(1325239200000), 14 * 3600},
    {INT64_C(1772953200000), -4 * 3600},
    {INT64_C(1793512800000), -5 * 3600},
};
static const struct cm_zone zone = {
    .name = {"Test/Zone", 9},
    .first_offset_seconds = -10 * 3600,
    .count = 3,
    .changes = changes,
};

static struct cm_arena arena;
static struct cm_calendar *calendars[CALENDARS];

static void make_calendars(void)
{
    static const struct cm_span spans[] = {{0, 150}, {480, 720}, {840, 1440}};
    static const int32_t years[] = {2011, 2012, 2025, 2026};
    static const int64_t off[] = {20454, 20455, 20500};
    static const int64_t work[] = {20457, 20458};
    struct cm_calendar_definition definition = {
        .name = {"fuzz", 4},
        .zone = &zone,
        .year_count = 4,
        .years = years,
        .off_count = 3,
        .off_days = off,
        .work_count = 2,
        .work_days = work,
    };
    for (int weekday = 0; weekday < 5; weekday++)
        definition.weekday_hours[weekday] = (struct cm_hours){3, spans};
    cm_arena_init(&arena, cm_default_allocator(), 65536);
    for (int i = 0; i < CALENDARS; i++) {
        definition.first_day = (uint8_t)(i & 1);
        definition.outside_hours = (uint8_t)(i >> 1 & 1);
        definition.rest_day = (uint8_t)(i >> 2 & 1);
        definition.day_ends = (uint8_t)((i >> 3) % 3);
        if (cm_calendar_make(&calendars[i], &arena, &definition, NULL) != COMMUNITY_OK)
            abort();
    }
}

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_format(const struct cm_duration *duration)
{
    char text[CM_DURATION_TEXT_SIZE];
    struct cm_duration again;
    size_t size = cm_duration_format(text, duration);
    require(size < CM_DURATION_TEXT_SIZE && text[size] == '\0');
    require(cm_duration_parse((struct community_text){text, size}, &again));
    require(again.unit == duration->unit && again.amount == duration->amount &&
            again.minute_of_day == duration->minute_of_day);
}

static void check_pause(const struct cm_calendar *calendar, uint8_t unit, community_time_ms due,
                        community_time_ms now)
{
    struct cm_remainder left;
    community_time_ms again;
    if (now > due || !cm_calendar_freeze(&left, calendar, unit, due, now, NULL))
        return;
    require(left.amount >= 0);
    require(cm_calendar_thaw(&again, calendar, &left, now, NULL));
    require(again == due);
    (void)cm_calendar_thaw(&again, calendar, &left, now - CM_DAY_MS, NULL);
    (void)cm_calendar_thaw(&again, calendar, &left, now + 40 * CM_DAY_MS, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (calendars[0] == NULL)
        make_calendars();
    if (size < OPTIONS_SIZE)
        return 0;
    const struct cm_calendar *calendar = calendars[data[0] % CALENDARS];
    int64_t number;
    memcpy(&number, data + 2, sizeof(number));
    /* Mostly around the known years; sometimes anywhere in 64 bits. */
    community_time_ms start =
        data[1] == 255 ? number
                       : INT64_C(1300000000000) + (int64_t)((uint64_t)number % 500000000000U);
    struct community_text text = {(const char *)data + OPTIONS_SIZE, size - OPTIONS_SIZE};
    struct cm_duration duration;
    if (!cm_duration_parse(text, &duration))
        return 0;
    check_format(&duration);

    community_time_ms due;
    community_time_ms other;
    int64_t count;
    bool answer;
    int32_t year = -1;
    (void)cm_calendar_is_working_time(&answer, calendar, start, &year);
    (void)cm_calendar_before(&other, calendar, start, &duration, &year);
    if (!cm_calendar_due(&due, calendar, start, &duration, &year)) {
        require(year >= 0 && year <= 10000);
        return 0;
    }
    (void)cm_calendar_working_days(&count, calendar, start, due, NULL);
    check_pause(calendar, duration.unit, due, start);
    return 0;
}
