/* SPDX-License-Identifier: Apache-2.0
 *
 * Dates and instants in text. */
#include "rfc3339.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(rfc3339, every_day_of_all_years_in_order)
{
    int64_t days = cm_days_from_date((struct cm_date){1, 1, 1});
    cr_assert_eq(days, -719162);
    int weekday = cm_weekday(days);
    cr_assert_eq(weekday, 0, "0001-01-01 was a Monday");
    for (int32_t year = 1; year <= 9999; year++) {
        for (int32_t month = 1; month <= 12; month++) {
            for (int32_t day = 1; day <= cm_month_length(year, month); day++) {
                struct cm_date date = cm_date_from_days(days);
                if (cm_days_from_date((struct cm_date){year, month, day}) != days ||
                    date.year != year || date.month != month || date.day != day ||
                    cm_weekday(days) != weekday)
                    cr_assert_fail("%d-%d-%d", year, month, day);
                days++;
                weekday = (weekday + 1) % 7;
            }
        }
    }
    cr_assert_eq(days, 2932897);
    cr_assert_eq(cm_days_from_date((struct cm_date){1970, 1, 1}), 0);
    cr_assert_eq(cm_weekday(0), 3);
    cr_assert(cm_year_is_leap(2000));
    cr_assert_not(cm_year_is_leap(1900));
}

Test(rfc3339, dates_are_read_exactly)
{
    static const char *const bad[] = {
        "2026-6-01",  "2026-06-31", "2025-02-29", "0000-01-01",  "2026-00-01",
        "2026-13-01", "2026-01-00", "2026/01/01", "2026-01-01 ", " 2026-01-0",
        "20260101",   "",           "2026-01-0x",
    };
    struct cm_date date = {7, 7, 7};
    char text[11];
    cr_assert(cm_date_parse(CM_TEXT("2024-02-29"), &date));
    cr_assert(date.year == 2024 && date.month == 2 && date.day == 29);
    cm_date_format(text, date);
    cr_assert_str_eq(text, "2024-02-29");
    cm_date_format(text, (struct cm_date){1, 2, 3});
    cr_assert_str_eq(text, "0001-02-03");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(cm_date_parse(cm_text(bad[i]), &date), "%s", bad[i]);
    cr_assert_eq(date.year, 2024, "untouched");
}

Test(rfc3339, instants_are_read_and_written)
{
    static const struct {
        const char *text;
        int64_t time;
        int32_t offset;
        const char *written; /* with the same offset; NULL: as `text` */
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0, 0, NULL},
        {"2026-06-01T09:00:00+08:00", INT64_C(1780275600000), 480, NULL},
        {"2026-06-01t01:00:00.5z", INT64_C(1780275600500), 0, "2026-06-01T01:00:00.500Z"},
        {"2026-06-01 01:00:00Z", INT64_C(1780275600000), 0, "2026-06-01T01:00:00Z"},
        {"1969-12-31T23:59:59.999Z", -1, 0, NULL},
        {"1969-12-31T23:59:59.9999999Z", -1, 0, "1969-12-31T23:59:59.999Z"},
        {"1970-01-01T00:00:00-00:00", 0, 0, "1970-01-01T00:00:00Z"},
        {"1969-12-31T19:00:00-05:00", 0, -300, NULL},
        {"1970-01-01T05:45:00+05:45", 0, 345, NULL},
        {"0001-01-01T00:00:00Z", INT64_C(-62135596800000), 0, NULL},
        {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999), 0, NULL},
        {"1970-01-01T23:59:00+23:59", 0, 1439, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t time = 1;
        int32_t offset = 1;
        char text[CM_TIME_TEXT_SIZE];
        cr_assert(cm_time_parse(cm_text(rows[i].text), &time, &offset), "%s", rows[i].text);
        cr_assert_eq(time, rows[i].time, "%s", rows[i].text);
        cr_assert_eq(offset, rows[i].offset, "%s", rows[i].text);
        size_t size = cm_time_format(text, time, offset);
        cr_assert_eq(size, strlen(text));
        cr_assert_str_eq(text, rows[i].written != NULL ? rows[i].written : rows[i].text);
    }
}

Test(rfc3339, what_is_no_instant_is_refused)
{
    static const char *const bad[] = {
        "",
        "2026-06-01",
        "2026-06-01T09:00:00",
        "2026-06-01T09:00Z",
        "2026-06-01T24:00:00Z",
        "2026-06-01T09:60:00Z",
        "2026-06-01T09:00:60Z",
        "2026-06-01T09:00:00.Z",
        "2026-06-01T09:00:00,5Z",
        "2026-06-01T09:00:00+8:00",
        "2026-06-01T09:00:00+0800",
        "2026-06-01T09:00:00+24:00",
        "2026-06-01T09:00:00+08:60",
        "2026-06-01T09:00:00Z ",
        "2026-02-30T09:00:00Z",
        "2026-06-01X09:00:00Z",
        "2026-06-01T9:00:00Z0",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "2026-06-01T09-00-00Z",
    };
    int64_t time = 42;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(cm_time_parse(cm_text(bad[i]), &time, NULL), "%s", bad[i]);
    cr_assert_eq(time, 42, "untouched");
    cr_assert(cm_time_parse(CM_TEXT("2026-06-01T09:00:00Z"), &time, NULL));
}

Test(rfc3339, any_instant_can_be_written)
{
    char text[CM_TIME_TEXT_SIZE];
    cm_time_format(text, INT64_C(253402300800000), 0);
    cr_assert_str_eq(text, "+10000-01-01T00:00:00Z");
    cm_time_format(text, INT64_C(-62135596800001), 0);
    cr_assert_str_eq(text, "+0000-12-31T23:59:59.999Z");
    cr_assert_lt(cm_time_format(text, INT64_MAX, 1439), CM_TIME_TEXT_SIZE);
    cr_assert_lt(cm_time_format(text, INT64_MIN, -1439), CM_TIME_TEXT_SIZE);
}
