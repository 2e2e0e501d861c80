/* SPDX-License-Identifier: Apache-2.0
 *
 * Lengths of time in words. */
#include <criterion/criterion.h>

#include "calendar_fixture.h"
#include "text.h"

#include <string.h>

static void check_words(const char *words, uint8_t unit, int64_t amount, int32_t minute,
                        const char *canonical)
{
    struct cm_duration duration;
    char text[CM_DURATION_TEXT_SIZE];
    cr_assert(cm_duration_parse(cm_text(words), &duration), "%s", words);
    cr_assert_eq(duration.unit, unit, "%s", words);
    cr_assert_eq(duration.amount, amount, "%s: %lld", words, (long long)duration.amount);
    cr_assert_eq(duration.minute_of_day, minute, "%s", words);
    cr_assert_eq(cm_duration_format(text, &duration), strlen(canonical), "%s: %s", words, text);
    cr_assert_str_eq(text, canonical);
}

Test(duration, words_are_read_and_written)
{
    check_words("15 seconds", CM_ELAPSED, 15000, -1, "15 seconds");
    check_words("0.5 seconds", CM_ELAPSED, 500, -1, "0.5 seconds");
    check_words("1.005 seconds", CM_ELAPSED, 1005, -1, "1.005 seconds");
    check_words("20 minutes", CM_ELAPSED, 1200000, -1, "20 minutes");
    check_words("2 hours", CM_ELAPSED, 7200000, -1, "2 hours");
    check_words("1.5 hours", CM_ELAPSED, 5400000, -1, "90 minutes");
    check_words("24 hours", CM_ELAPSED, 86400000, -1, "24 hours");
    check_words("1 day", CM_ELAPSED, 86400000, -1, "24 hours");
    check_words("3 days", CM_ELAPSED, 259200000, -1, "3 days");
    check_words("4 working hours", CM_WORKING_TIME, 14400000, -1, "4 working hours");
    check_words("1.5 working hours", CM_WORKING_TIME, 5400000, -1, "90 working minutes");
    check_words("1 working hour", CM_WORKING_TIME, 3600000, -1, "1 working hour");
    check_words("45 working minutes", CM_WORKING_TIME, 2700000, -1, "45 working minutes");
    check_words("5 working days", CM_WORKING_DAYS, 5, -1, "5 working days");
    check_words("1 working day", CM_WORKING_DAYS, 1, -1, "1 working day");
    check_words("0 working days", CM_WORKING_DAYS, 0, -1, "0 working days");
    check_words("15 calendar days", CM_CALENDAR_DAYS, 15, -1, "15 calendar days");
    check_words("2 weeks", CM_CALENDAR_DAYS, 14, -1, "14 calendar days");
    check_words("2 months", CM_MONTHS, 2, -1, "2 months");
    check_words("2 years", CM_MONTHS, 24, -1, "2 years");
    check_words("18 months", CM_MONTHS, 18, -1, "18 months");
    check_words("0 months", CM_MONTHS, 0, -1, "0 months");
    check_words("same working day", CM_SAME_WORKING_DAY, 0, -1, "same working day");
    check_words("same working day 16:00", CM_SAME_WORKING_DAY, 0, 960, "same working day 16:00");
    check_words("next working day", CM_NEXT_WORKING_DAY, 0, -1, "next working day");
    check_words("next working day 08:05", CM_NEXT_WORKING_DAY, 0, 485, "next working day 08:05");
}

Test(duration, what_is_not_a_length_of_time_is_refused)
{
    static const char *const words[] = {
        "",
        " ",
        "5",
        "days",
        "-5 days",
        "+5 days",
        "5  days",
        "5 days ",
        " 5 days",
        "5days",
        "5 Days",
        "five days",
        "1. hours",
        ".5 hours",
        "1.5 days",
        "1.5 working days",
        "0.5 calendar days",
        "1.5 weeks",
        "1.5 months",
        "0.0001 seconds",
        "1.0000000000 hours2",
        "99999999999999999999 days",
        "9223372036854775807 days",
        "9223372036854775807 weeks",
        "9223372036854775808 months",
        "same working day ",
        "same working day 24:00",
        "same working day 16:60",
        "same working day 16",
        "same working day 16:00:00",
        "next working day16:00",
        "next working days",
        "1 fortnight",
        "1e3 days",
        "5\tdays",
        "5 working  days",
        "0.3333333333 hours",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct cm_duration duration = {.unit = 99, .amount = 77};
        cr_assert(!cm_duration_parse(cm_text(words[i]), &duration), "%s", words[i]);
        cr_assert_eq(duration.unit, 99);
        cr_assert_eq(duration.amount, 77);
    }
    struct cm_duration duration;
    cr_assert(!cm_duration_parse((struct community_text){NULL, 0}, &duration));
}

Test(duration, every_amount_is_written_so_that_it_is_read_again)
{
    static const int64_t amounts[] = {
        0,
        1,
        9,
        10,
        999,
        1000,
        1001,
        59999,
        60000,
        90000,
        3599999,
        3600000,
        5400000,
        86399999,
        86400000,
        172800000,
        INT64_MAX,
        INT64_MAX - 807,
        INT64_MAX / 1000 * 1000,
    };
    for (uint8_t unit = CM_ELAPSED; unit <= CM_MONTHS; unit++) {
        for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
            struct cm_duration duration = {unit, amounts[i], -1};
            struct cm_duration again = {0};
            char text[CM_DURATION_TEXT_SIZE];
            struct community_text view = {text, cm_duration_format(text, &duration)};
            cr_assert(cm_duration_parse(view, &again), "%s", text);
            cr_assert_eq(again.unit, unit);
            cr_assert_eq(again.amount, amounts[i], "%s", text);
        }
    }
}
