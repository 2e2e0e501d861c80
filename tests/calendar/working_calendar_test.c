/* SPDX-License-Identifier: Apache-2.0
 *
 * Working time by the official calendars of 2025 and 2026, and the calendar's options. */
#include <criterion/criterion.h>

#include "calendar_fixture.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct day_lists lists;
static struct cm_arena arena;

static struct cm_calendar *office_with(uint8_t first_day, uint8_t day_ends, uint8_t outside_hours,
                                       uint8_t rest_day)
{
    list_2025_and_2026(&lists);
    struct cm_calendar_definition definition = office_definition(&lists);
    definition.first_day = first_day;
    definition.day_ends = day_ends;
    definition.outside_hours = outside_hours;
    definition.rest_day = rest_day;
    return fixture_make(&arena, &definition);
}

static struct cm_calendar *office(void)
{
    return office_with(0, 0, 0, 0);
}

static void begin(void)
{
    fixture_arena(&arena);
}

static void end(void)
{
    cm_arena_free(&arena);
}

TestSuite(working_calendar, .init = begin, .fini = end);

/* Local times of China without their offset; a date alone is its morning, and its closing. */
static community_time_ms local_time(const char *text, const char *default_clock)
{
    char whole[64];
    if (strlen(text) == 10)
        snprintf(whole, sizeof(whole), "%sT%s+08:00", text, default_clock);
    else
        snprintf(whole, sizeof(whole), "%.10sT%s+08:00", text, text + 11);
    return time_of(whole);
}

static void check_due(const struct cm_calendar *calendar, const char *start, const char *words,
                      const char *due)
{
    struct cm_duration duration = duration_of(words);
    community_time_ms found = 0;
    int32_t year = 0;
    char text[CM_TIME_TEXT_SIZE];
    cr_assert(cm_calendar_due(&found, calendar, local_time(start, "09:00:00"), &duration, &year),
              "%s + %s needs %d", start, words, year);
    cm_time_format(text, found, 480);
    cr_assert_eq(found, local_time(due, "17:30:00"), "%s + %s: %s, not %s", start, words, text,
                 due);
}

static void check_unknown(const struct cm_calendar *calendar, const char *start, const char *words,
                          int32_t year)
{
    struct cm_duration duration = duration_of(words);
    community_time_ms due = 42;
    int32_t unknown_year = 0;
    cr_assert(
        !cm_calendar_due(&due, calendar, local_time(start, "09:00:00"), &duration, &unknown_year),
        "%s + %s", start, words);
    cr_assert_eq(due, 42);
    cr_assert_eq(unknown_year, year, "%s + %s: %d", start, words, unknown_year);
    cr_assert(!cm_calendar_due(&due, calendar, local_time(start, "09:00:00"), &duration, NULL));
}

/* The vectors were computed from the State Council's lists. */
static const struct {
    const char *start;
    const char *words;
    const char *due;
} vectors[] = {
    {"2026-02-11", "5 working days", "2026-02-25"},
    {"2026-02-13", "1 working day", "2026-02-14"},
    {"2026-02-14", "1 working day", "2026-02-24"},
    {"2026-09-30", "5 working days", "2026-10-13"},
    {"2026-09-24", "5 working days", "2026-10-09"},
    {"2026-04-30", "2 working days", "2026-05-07"},
    {"2025-01-24", "5 working days", "2025-02-07"},
    {"2025-12-30", "5 working days", "2026-01-07"},
    {"2026-04-29", "15 working days", "2026-05-22"},
    {"2026-04-20", "15 working days", "2026-05-13"},
    {"2026-04-16", "30 working days", "2026-06-01"},
    {"2026-06-12 16:00:00", "4 working hours", "2026-06-15 10:30:00"},
    {"2026-06-12 17:30:00", "1.5 working hours", "2026-06-15 09:30:00"},
    {"2026-06-12 11:00:00", "2 working hours", "2026-06-12 15:00:00"},
    {"2026-06-13 09:00:00", "4 working hours", "2026-06-15 12:00:00"},
    {"2026-02-13 16:30:00", "5 working hours", "2026-02-14 12:00:00"},
    {"2026-06-12 16:00:00", "3 hours", "2026-06-12 19:00:00"},
    {"2026-09-16", "15 calendar days", "2026-10-08"},
};

static void check_vectors(const struct cm_calendar *calendar)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        check_due(calendar, vectors[i].start, vectors[i].words, vectors[i].due);
    check_unknown(calendar, "2026-12-02", "60 calendar days", 2027);
}

Test(working_calendar, the_known_due_times_come_out_of_lists_written_by_hand)
{
    check_vectors(office());
}

Test(working_calendar, the_known_due_times_come_out_of_the_official_lists)
{
    memset(&lists, 0, sizeof(lists));
    for (int32_t year = 2025; year <= 2027; year++) {
        if (!list_year_of_data(&lists, year))
            cr_skip_test("skipped: no holiday lists in %s", data_directory());
    }
    sort_lists(&lists);
    struct cm_calendar_definition definition = office_definition(&lists);
    cr_assert_eq(lists.year_count, 2, "an empty list makes no year known");
    check_vectors(fixture_make(&arena, &definition));
}

Test(working_calendar, thirty_working_days_before_the_first_of_june)
{
    const struct cm_calendar *calendar = office();
    struct cm_duration duration = duration_of("30 working days");
    community_time_ms start;
    cr_assert(cm_calendar_before(&start, calendar, local_time("2026-06-01", "00:00:00"), &duration,
                                 NULL));
    cr_assert_eq(start, local_time("2026-04-16 08:00:00", ""));
    int64_t count;
    cr_assert(cm_calendar_working_days(&count, calendar, start,
                                       local_time("2026-06-01", "00:00:00"), NULL));
    cr_assert_eq(count, 30);
    cr_assert(cm_calendar_working_days(&count, calendar, local_time("2026-06-01", "00:00:00"),
                                       start, NULL));
    cr_assert_eq(count, -30);
}

static void check_before(const struct cm_calendar *calendar, const char *end_text,
                         const char *words, const char *expected)
{
    struct cm_duration duration = duration_of(words);
    community_time_ms start = 0;
    char text[CM_TIME_TEXT_SIZE];
    cr_assert(
        cm_calendar_before(&start, calendar, local_time(end_text, "12:00:00"), &duration, NULL));
    cm_time_format(text, start, 480);
    cr_assert_eq(start, local_time(expected, "08:00:00"), "%s before %s: %s", words, end_text,
                 text);
}

Test(working_calendar, counting_back)
{
    const struct cm_calendar *calendar = office();
    /* Tuesday less two working days is Friday, not Sunday: nothing is handed in on a Sunday. */
    check_before(calendar, "2026-06-16", "2 working days", "2026-06-12");
    /* A Sunday counts as the Friday before it. */
    check_before(calendar, "2026-06-14", "1 working day", "2026-06-11");
    check_before(calendar, "2026-02-24", "1 working day", "2026-02-14");
    check_before(calendar, "2026-06-15 10:30:00", "4 working hours", "2026-06-12 16:00:00");
    check_before(calendar, "2026-06-15 12:00:00", "4 working hours", "2026-06-15 08:00:00");
    check_before(calendar, "2026-06-12 19:00:00", "3 hours", "2026-06-12 16:00:00");
    check_before(calendar, "2026-10-01", "15 calendar days", "2026-09-16 00:00:00");
    check_before(calendar, "2026-03-15", "1 month", "2026-02-15 00:00:00");
    check_before(calendar, "2026-02-28", "1 month", "2026-01-31 00:00:00");
    check_before(calendar, "2026-03-30", "1 month", "2026-02-28 00:00:00");
    check_before(calendar, "2026-06-13", "same working day", "2026-06-12");
    check_before(calendar, "2026-06-15 17:00:00", "next working day 16:00", "2026-06-12");
    check_before(calendar, "2026-06-15 15:00:00", "next working day 16:00", "2026-06-11");
    check_before(office_with(CM_FIRST_DAY_COUNT, 0, 0, 0), "2026-06-16", "2 working days",
                 "2026-06-15");
    check_before(office_with(CM_FIRST_DAY_COUNT, 0, 0, 0), "2026-10-01", "15 calendar days",
                 "2026-09-17 00:00:00");
}

Test(working_calendar, days_end_at_closing_at_midnight_or_at_the_same_time)
{
    const struct cm_calendar *midnight = office_with(0, CM_DAY_ENDS_MIDNIGHT, 0, 0);
    const struct cm_calendar *same_time = office_with(0, CM_DAY_ENDS_SAME_TIME, 0, 0);
    check_due(office(), "2026-06-12 16:00:00", "1 working day", "2026-06-15 17:30:00");
    check_due(midnight, "2026-06-12 16:00:00", "1 working day", "2026-06-15 23:59:59.999");
    check_due(same_time, "2026-06-12 16:00:00", "1 working day", "2026-06-15 16:00:00");
    check_due(midnight, "2026-09-16", "15 calendar days", "2026-10-08 23:59:59.999");
    check_due(same_time, "2026-09-16 22:15:00", "15 calendar days", "2026-10-08 22:15:00");
    check_due(same_time, "2026-06-13 22:15:00", "1 working day", "2026-06-15 22:15:00");
}

Test(working_calendar, the_first_day_counts_while_it_lasts)
{
    const struct cm_calendar *count = office_with(CM_FIRST_DAY_COUNT, 0, 0, 0);
    check_due(count, "2026-06-12 09:00:00", "1 working day", "2026-06-12");
    check_due(count, "2026-06-12 09:00:00", "2 working days", "2026-06-15");
    check_due(count, "2026-06-12 17:29:59.999", "1 working day", "2026-06-12");
    check_due(count, "2026-06-12 17:30:00", "1 working day", "2026-06-15");
    check_due(count, "2026-06-13 09:00:00", "1 working day", "2026-06-15");
    check_due(count, "2026-09-16", "15 calendar days", "2026-09-30");
    check_due(count, "2026-06-12 18:00:00", "1 calendar day", "2026-06-15");
    check_due(count, "2026-03-11", "1 month", "2026-04-10");
    const struct cm_calendar *same_time =
        office_with(CM_FIRST_DAY_COUNT, CM_DAY_ENDS_SAME_TIME, 0, 0);
    check_due(same_time, "2026-06-12 09:00:00", "1 working day", "2026-06-15 09:00:00");
}

Test(working_calendar, a_start_outside_hours_may_count_as_the_next_opening)
{
    const struct cm_calendar *opening = office_with(0, 0, CM_OUTSIDE_NEXT_OPENING, 0);
    check_due(office(), "2026-06-13 09:00:00", "1 working day", "2026-06-15");
    check_due(opening, "2026-06-13 09:00:00", "1 working day", "2026-06-16");
    check_due(opening, "2026-06-12 18:00:00", "1 working day", "2026-06-16");
    check_due(opening, "2026-06-12 12:30:00", "1 working day", "2026-06-15");
    check_due(opening, "2026-06-12 07:00:00", "1 working day", "2026-06-15");
    check_due(opening, "2026-06-13 09:00:00", "next working day 16:00", "2026-06-16 16:00:00");
    check_due(opening, "2026-06-13 09:00:00", "same working day", "2026-06-15");
    /* The instant that ends the day is still its own. */
    check_due(opening, "2026-06-12 17:30:00", "1 working day", "2026-06-15");
    check_due(opening, "2026-06-12 17:30:00.001", "1 working day", "2026-06-16");
    check_due(opening, "2026-09-19 09:00:00", "11 calendar days", "2026-09-30");
    const struct cm_calendar *same_time =
        office_with(0, CM_DAY_ENDS_SAME_TIME, CM_OUTSIDE_NEXT_OPENING, 0);
    check_due(same_time, "2026-06-13 09:00:00", "1 working day", "2026-06-16 08:00:00");
    check_due(same_time, "2026-06-12 12:30:00", "1 working day", "2026-06-15 14:00:00");
    check_due(same_time, "2026-06-12 17:30:00", "1 working day", "2026-06-16 08:00:00");
    const struct cm_calendar *count =
        office_with(CM_FIRST_DAY_COUNT, 0, CM_OUTSIDE_NEXT_OPENING, 0);
    check_due(count, "2026-06-13 09:00:00", "1 working day", "2026-06-15");
}

Test(working_calendar, months_end_on_the_same_day_number_or_the_last)
{
    const struct cm_calendar *keep = office_with(0, CM_DAY_ENDS_MIDNIGHT, 0, CM_REST_DAY_KEEP);
    check_due(keep, "2026-01-31", "1 month", "2026-02-28 23:59:59.999");
    check_due(keep, "2024-01-31", "1 month", "2024-02-29 23:59:59.999");
    check_due(keep, "2024-02-29", "1 year", "2025-02-28 23:59:59.999");
    check_due(keep, "2026-11-30", "3 months", "2027-02-28 23:59:59.999");
    check_due(keep, "2026-12-15", "1 month", "2027-01-15 23:59:59.999");
    check_due(office(), "2026-01-31", "1 month", "2026-02-28");
    check_due(office(), "2026-04-30", "1 week", "2026-05-07");
}

Test(working_calendar, a_rest_day_may_be_kept)
{
    const struct cm_calendar *keep = office_with(0, 0, 0, CM_REST_DAY_KEEP);
    check_due(keep, "2026-09-16", "15 calendar days", "2026-10-01 23:59:59.999");
    check_due(keep, "2026-09-16", "14 calendar days", "2026-09-30 17:30:00");
    check_due(keep, "2026-12-02", "60 calendar days", "2027-01-31 23:59:59.999");
    check_due(keep, "2030-06-03", "1 calendar day", "2030-06-04 23:59:59.999");
}

Test(working_calendar, same_and_next_working_day)
{
    const struct cm_calendar *calendar = office();
    check_due(calendar, "2026-06-12 09:00:00", "same working day", "2026-06-12");
    check_due(calendar, "2026-06-12 17:30:00", "same working day", "2026-06-12");
    check_due(calendar, "2026-06-12 17:30:00.001", "same working day", "2026-06-15");
    check_due(calendar, "2026-06-13 09:00:00", "same working day", "2026-06-15");
    check_due(calendar, "2026-06-12 15:00:00", "same working day 16:00", "2026-06-12 16:00:00");
    check_due(calendar, "2026-06-12 16:00:01", "same working day 16:00", "2026-06-15 16:00:00");
    check_due(calendar, "2026-06-12 15:00:00", "next working day 16:00", "2026-06-15 16:00:00");
    check_due(calendar, "2026-06-12 15:00:00", "next working day", "2026-06-15");
    check_due(calendar, "2026-02-13 15:00:00", "next working day 16:00", "2026-02-14 16:00:00");
    check_due(calendar, "2026-06-12 09:00:00", "0 working days", "2026-06-12");
    const struct cm_calendar *same_time = office_with(0, CM_DAY_ENDS_SAME_TIME, 0, 0);
    check_due(same_time, "2026-06-12 09:00:00", "same working day", "2026-06-12 17:30:00");
    check_due(same_time, "2026-06-12 09:00:00", "next working day", "2026-06-15 09:00:00");
}

Test(working_calendar, no_time_at_all)
{
    const struct cm_calendar *calendar = office();
    check_due(calendar, "2026-06-12 09:00:00", "0 hours", "2026-06-12 09:00:00");
    check_due(calendar, "2026-06-12 09:00:00", "0 working hours", "2026-06-12 09:00:00");
    check_due(calendar, "2026-06-12 18:00:00", "0 working hours", "2026-06-15 08:00:00");
    check_due(calendar, "2026-06-12 09:00:00", "0 calendar days", "2026-06-12");
    check_due(calendar, "2026-06-12 18:00:00", "0 calendar days", "2026-06-15");
}

Test(working_calendar, nothing_is_guessed_about_an_unknown_year)
{
    const struct cm_calendar *calendar = office();
    check_unknown(calendar, "2026-12-31", "1 working day", 2027);
    check_unknown(calendar, "2026-12-01", "300 working days", 2027);
    check_unknown(calendar, "2026-12-01", "9223372036854775807 working days", 2027);
    check_unknown(calendar, "2026-12-31 17:00:00", "1 working hour", 2027);
    check_unknown(calendar, "2026-12-31 18:00:00", "0 working hours", 2027);
    check_unknown(calendar, "2024-06-03", "1 working hour", 2024);
    check_unknown(calendar, "2024-06-03", "1 working day", 2024);
    check_unknown(calendar, "2027-06-03", "1 working day", 2027);
    check_unknown(calendar, "2024-06-03", "same working day", 2024);
    check_unknown(calendar, "2026-12-30", "1 month", 2027);
    check_unknown(calendar, "2026-12-30", "9223372036854775807 calendar days", 10000);
    check_unknown(calendar, "2026-12-30", "9223372036854775807 months", 10000);
    check_unknown(calendar, "2026-12-30", "8000 years", 10000);
    /* Up to the last instant of a known year there is an answer. */
    check_due(calendar, "2026-12-31 16:30:00", "1 working hour", "2026-12-31 17:30:00");
    check_due(calendar, "2024-12-31", "1 working day", "2025-01-02");
    check_due(calendar, "2027-03-01 09:00:00", "3 days", "2027-03-04 09:00:00");

    int32_t year = 0;
    int64_t count = 0;
    bool answer = false;
    community_time_ms start = 0;
    struct cm_duration duration = duration_of("500 working days");
    cr_assert(!cm_calendar_before(&start, calendar, local_time("2026-06-01", "09:00:00"), &duration,
                                  &year));
    cr_assert_eq(year, 2024);
    cr_assert(!cm_calendar_working_days(&count, calendar, local_time("2026-06-01", "09:00:00"),
                                        local_time("2027-06-01", "09:00:00"), &year));
    cr_assert_eq(year, 2027);
    cr_assert(cm_calendar_working_days(&count, calendar, local_time("2031-06-01", "09:00:00"),
                                       local_time("2031-06-01", "19:00:00"), &year));
    cr_assert_eq(count, 0);
    cr_assert(!cm_calendar_is_working_time(&answer, calendar, local_time("2027-06-01", "09:00:00"),
                                           &year));
    cr_assert_eq(year, 2027);
}

Test(working_calendar, a_hole_between_known_years_is_not_jumped)
{
    list_2025_and_2026(&lists);
    lists.years[0] = 2024;
    lists.years[1] = 2026;
    struct cm_calendar_definition definition = office_definition(&lists);
    const struct cm_calendar *calendar = fixture_make(&arena, &definition);
    check_unknown(calendar, "2024-12-31", "1 working day", 2025);
    check_unknown(calendar, "2024-12-01", "100 working days", 2025);
    check_unknown(calendar, "2024-12-31 17:00:00", "1 working hour", 2025);
    check_unknown(calendar, "2025-06-02", "1 working day", 2025);
    check_unknown(calendar, "2025-06-02", "200 working days", 2025);
    check_due(calendar, "2025-12-31", "1 working day", "2026-01-04");
    struct cm_duration duration = duration_of("1 working day");
    community_time_ms start;
    int32_t year;
    cr_assert(!cm_calendar_before(&start, calendar, local_time("2026-01-04", "09:00:00"), &duration,
                                  &year));
    cr_assert_eq(year, 2025);
}

Test(working_calendar, working_time_is_half_open)
{
    static const struct {
        const char *time;
        bool is_working;
    } rows[] = {
        {"2026-06-12 07:59:59.999", false}, {"2026-06-12 08:00:00", true},
        {"2026-06-12 11:59:59.999", true},  {"2026-06-12 12:00:00", false},
        {"2026-06-12 14:00:00", true},      {"2026-06-12 17:30:00", false},
        {"2026-06-13 10:00:00", false},     {"2026-02-14 10:00:00", true},
        {"2026-02-16 10:00:00", false},
    };
    const struct cm_calendar *calendar = office();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool answer = !rows[i].is_working;
        cr_assert(
            cm_calendar_is_working_time(&answer, calendar, local_time(rows[i].time, ""), NULL));
        cr_assert_eq(answer, rows[i].is_working, "%s", rows[i].time);
    }
}

Test(working_calendar, make_up_days_may_have_hours_of_their_own)
{
    static const struct cm_span morning[] = {{9 * 60, 12 * 60}};
    list_2025_and_2026(&lists);
    struct cm_calendar_definition definition = office_definition(&lists);
    definition.make_up_hours = (struct cm_hours){1, morning};
    const struct cm_calendar *calendar = fixture_make(&arena, &definition);
    check_due(calendar, "2026-02-13", "1 working day", "2026-02-14 12:00:00");
    check_due(calendar, "2026-02-13 16:30:00", "3 working hours", "2026-02-14 11:00:00");
}

Test(working_calendar, a_day_that_closes_at_24_ends_within_itself)
{
    static const struct cm_span whole[] = {{0, 24 * 60}};
    list_2025_and_2026(&lists);
    struct cm_calendar_definition definition = office_definition(&lists);
    for (int i = 0; i < 7; i++)
        definition.weekday_hours[i] = (struct cm_hours){1, whole};
    definition.off_count = 0;
    definition.work_count = 0;
    const struct cm_calendar *calendar = fixture_make(&arena, &definition);
    check_due(calendar, "2026-06-12", "1 working day", "2026-06-13 23:59:59.999");
    check_due(calendar, "2026-06-13 23:59:59.999", "1 working day", "2026-06-14 23:59:59.999");
    check_due(calendar, "2026-06-12 20:00:00", "4 working hours", "2026-06-13 00:00:00");
    check_due(calendar, "2026-12-31 20:00:00", "4 working hours", "2027-01-01 00:00:00");
}

Test(working_calendar, unsound_definitions_are_refused)
{
    static const struct cm_span backward[] = {{600, 540}};
    static const struct cm_span overlapping[] = {{480, 720}, {700, 900}};
    static const struct cm_span beyond[] = {{480, 1441}};
    static const struct cm_hours hours[] = {{1, backward}, {2, overlapping}, {1, beyond}};
    struct cm_calendar *calendar;
    list_2025_and_2026(&lists);
    for (size_t i = 0; i < 3; i++) {
        struct community_error err = {0};
        struct cm_calendar_definition definition = office_definition(&lists);
        definition.weekday_hours[2] = hours[i];
        cr_assert_eq(cm_calendar_make(&calendar, &arena, &definition, &err), COMMUNITY_INVALID);
        cr_assert_str_eq(err.code, "calendar-hours");
        cr_assert_null(calendar);
    }
    struct community_error err = {0};
    struct cm_calendar_definition definition = office_definition(&lists);
    memset(definition.weekday_hours, 0, sizeof(definition.weekday_hours));
    cr_assert_eq(cm_calendar_make(&calendar, &arena, &definition, &err), COMMUNITY_INVALID);
    cr_assert_str_eq(err.code, "calendar-without-hours");

    err = (struct community_error){0};
    lists.work[0] = lists.off[3];
    definition = office_definition(&lists);
    cr_assert_eq(cm_calendar_make(&calendar, &arena, &definition, &err), COMMUNITY_INVALID);
    cr_assert_str_eq(err.code, "calendar-day-twice");
    cr_assert(strstr(err.message, "2025-01-30") != NULL, "%s", err.message);

    err = (struct community_error){0};
    list_2025_and_2026(&lists);
    lists.years[0] = 1600;
    definition = office_definition(&lists);
    cr_assert_eq(cm_calendar_make(&calendar, &arena, &definition, &err), COMMUNITY_INVALID);
    cr_assert_str_eq(err.code, "calendar-years");
}

Test(working_calendar, a_calendar_without_years_still_counts_elapsed_time)
{
    memset(&lists, 0, sizeof(lists));
    struct cm_calendar_definition definition = office_definition(&lists);
    const struct cm_calendar *calendar = fixture_make(&arena, &definition);
    check_due(calendar, "2026-06-12 16:00:00", "3 hours", "2026-06-12 19:00:00");
    check_unknown(calendar, "2026-06-12", "1 working day", 2026);
    check_unknown(calendar, "2026-06-12", "1 working hour", 2026);
    check_unknown(calendar, "2026-06-12", "1 calendar day", 2026);
}

struct told {
    char text[256];
    size_t size;
    int64_t counted_ms;
};

static void tell(void *userdata, const struct cm_day_step *step)
{
    static const char letters[] = "SCUWHM";
    struct told *told = userdata;
    char date[11];
    cm_date_format(date, cm_date_from_days(step->day));
    told->size += (size_t)snprintf(told->text + told->size, sizeof(told->text) - told->size,
                                   "%s%c ", date + 8, letters[step->reason]);
    told->counted_ms += step->counted_ms;
}

static void check_told(const struct cm_calendar *calendar, const char *start, const char *words,
                       const char *expected)
{
    struct told told = {.size = 0};
    struct cm_duration duration = duration_of(words);
    cr_assert(
        cm_calendar_explain(calendar, local_time(start, "09:00:00"), &duration, tell, &told, NULL));
    cr_assert_str_eq(told.text, expected, "%s + %s: %s", start, words, told.text);
    if (duration.unit == CM_WORKING_TIME)
        cr_assert_eq(told.counted_ms, duration.amount);
}

/* S start, C counted, U make-up, W weekend, H holiday, M moved. */
Test(working_calendar, the_days_explain_the_due_time)
{
    const struct cm_calendar *calendar = office();
    check_told(calendar, "2026-02-11", "5 working days",
               "11S 12C 13C 14U 15H 16H 17H 18H 19H 20H 21H 22H 23H 24C 25C ");
    check_told(calendar, "2026-09-28", "3 calendar days",
               "28S 29C 30C 01C 02M 03M 04M 05M 06M "
               "07M 08M ");
    check_told(calendar, "2026-06-12 16:00:00", "4 working hours", "12C 13W 14W 15C ");
    check_told(calendar, "2026-06-12 18:00:00", "1 working hour", "12S 13W 14W 15C ");
    check_told(calendar, "2026-06-12 16:00:00", "3 hours", "12C ");
    check_told(calendar, "2026-06-12", "same working day", "12C ");
    check_told(calendar, "2026-06-12 18:00:00", "same working day", "12S 13W 14W 15C ");
    check_told(calendar, "2026-06-13", "next working day", "13S 14W 15C ");
    check_told(office_with(0, 0, CM_OUTSIDE_NEXT_OPENING, 0), "2026-06-13", "1 working day",
               "13S 14W 15S 16C ");
    check_told(office_with(CM_FIRST_DAY_COUNT, 0, 0, 0), "2026-06-12", "2 working days",
               "12C 13W 14W 15C ");
}

static community_time_ms through_pause(const struct cm_calendar *calendar, uint8_t unit,
                                       const char *due, const char *from, const char *to)
{
    struct cm_remainder left;
    community_time_ms thawed = 0;
    cr_assert(cm_calendar_freeze(&left, calendar, unit, local_time(due, "17:30:00"),
                                 local_time(from, "09:00:00"), NULL));
    cr_assert(left.amount >= 0);
    cr_assert(cm_calendar_thaw(&thawed, calendar, &left, local_time(to, "09:00:00"), NULL));
    return thawed;
}

Test(working_calendar, a_pause_keeps_what_is_left_in_its_unit)
{
    const struct cm_calendar *calendar = office();
    /* Three working days are left on Wednesday; they run from the Monday it goes on. */
    cr_assert_eq(through_pause(calendar, CM_WORKING_DAYS, "2026-06-15", "2026-06-10", "2026-06-22"),
                 local_time("2026-06-25", "17:30:00"));
    cr_assert_eq(through_pause(calendar, CM_WORKING_TIME, "2026-06-12 11:00:00",
                               "2026-06-12 09:00:00", "2026-06-12 17:00:00"),
                 local_time("2026-06-15 09:30:00", ""));
    cr_assert_eq(
        through_pause(calendar, CM_CALENDAR_DAYS, "2026-06-12", "2026-06-10", "2026-06-17"),
        local_time("2026-06-22", "17:30:00"));
    cr_assert_eq(through_pause(calendar, CM_ELAPSED, "2026-06-12 11:00:00", "2026-06-12 09:00:00",
                               "2026-06-13 09:00:00"),
                 local_time("2026-06-13 11:00:00", ""));
    /* What is left of today is the rest of a working day, not of a Saturday. */
    cr_assert_eq(through_pause(calendar, CM_WORKING_DAYS, "2026-06-12", "2026-06-12", "2026-06-13"),
                 local_time("2026-06-15", "17:30:00"));
    /* An end on a Sunday reaches over rest days only: not into a Wednesday, but into a holiday. */
    cr_assert_eq(
        through_pause(calendar, CM_WORKING_DAYS, "2026-06-14 12:00:00", "2026-06-11", "2026-06-15"),
        local_time("2026-06-16 12:00:00", ""));
    cr_assert_eq(
        through_pause(calendar, CM_WORKING_DAYS, "2026-06-14 12:00:00", "2026-06-11", "2026-06-17"),
        local_time("2026-06-20 12:00:00", ""));
    /* An end outside office hours stays outside them, and not beyond the next opening. */
    cr_assert_eq(through_pause(calendar, CM_WORKING_TIME, "2026-06-13 12:00:00",
                               "2026-06-12 16:30:00", "2026-06-15 16:30:00"),
                 local_time("2026-06-16 08:00:00", ""));
    cr_assert_eq(through_pause(calendar, CM_WORKING_TIME, "2026-06-13 12:00:00",
                               "2026-06-12 16:30:00", "2026-06-15 09:00:00"),
                 local_time("2026-06-15 10:00:00", ""));
    /* Nothing left: due when it goes on. */
    cr_assert_eq(through_pause(calendar, CM_WORKING_DAYS, "2026-06-10", "2026-06-11", "2026-06-13"),
                 local_time("2026-06-13 09:00:00", ""));
}

/* Gives so many blocks and then none. */
struct purse {
    long left;
    long live;
};

static void *purse_allocate(void *userdata, size_t size)
{
    struct purse *purse = userdata;
    if (purse->left == 0)
        return NULL;
    purse->left--;
    purse->live++;
    return malloc(size);
}

static void *purse_reallocate(void *userdata, void *pointer, size_t size)
{
    struct purse *purse = userdata;
    if (purse->left == 0)
        return NULL;
    purse->left--;
    return realloc(pointer, size);
}

static void purse_release(void *userdata, void *pointer)
{
    struct purse *purse = userdata;
    purse->live--;
    free(pointer);
}

Test(working_calendar, running_out_of_memory_is_survived_at_every_step)
{
    list_2025_and_2026(&lists);
    struct cm_calendar_definition definition = office_definition(&lists);
    enum community_status status = COMMUNITY_NO_MEMORY;
    long steps = 0;
    while (status == COMMUNITY_NO_MEMORY && steps < 100) {
        struct purse purse = {.left = steps++};
        struct community_allocator allocator = {sizeof(allocator), &purse, purse_allocate,
                                                purse_reallocate, purse_release};
        struct cm_arena small;
        struct community_error err = {0};
        struct cm_calendar *calendar;
        cm_arena_init(&small, &allocator, 16);
        status = cm_calendar_make(&calendar, &small, &definition, &err);
        cr_assert(status == COMMUNITY_OK || status == COMMUNITY_NO_MEMORY);
        cr_assert_eq(err.status, status);
        cr_assert((calendar != NULL) == (status == COMMUNITY_OK));
        cm_arena_free(&small);
        cr_assert_eq(purse.live, 0, "%ld blocks are left over", purse.live);
    }
    cr_assert_eq(status, COMMUNITY_OK);
    cr_assert_gt(steps, 4);
}
