/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing lengths of time. */
#include "duration.h"

#include "checked.h"
#include "rfc3339.h"
#include "text.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum { FRACTION_DIGITS_MAX = 9 };

/* The words after the number, with what one of them is worth. */
struct unit_words {
    const char *singular;
    const char *plural;
    uint8_t unit;
    bool fraction_is_allowed;
    int64_t worth;
};

/* Of one unit, the larger comes first: in this order the canonical words are chosen. */
static const struct unit_words all_words[] = {
    {"day", "days", CM_ELAPSED, false, CM_DAY_MS},
    {"hour", "hours", CM_ELAPSED, true, CM_HOUR_MS},
    {"minute", "minutes", CM_ELAPSED, true, CM_MINUTE_MS},
    {"second", "seconds", CM_ELAPSED, true, CM_SECOND_MS},
    {"working hour", "working hours", CM_WORKING_TIME, true, CM_HOUR_MS},
    {"working minute", "working minutes", CM_WORKING_TIME, true, CM_MINUTE_MS},
    {"working second", "working seconds", CM_WORKING_TIME, true, CM_SECOND_MS},
    {"working day", "working days", CM_WORKING_DAYS, false, 1},
    {"calendar day", "calendar days", CM_CALENDAR_DAYS, false, 1},
    {"week", "weeks", CM_CALENDAR_DAYS, false, 7},
    {"year", "years", CM_MONTHS, false, 12},
    {"month", "months", CM_MONTHS, false, 1},
};

enum { WORDS_COUNT = sizeof(all_words) / sizeof(all_words[0]) };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t count_digits(struct community_text text, size_t from)
{
    size_t count = 0;
    while (from + count < text.size && is_digit(text.data[from + count]))
        count++;
    return count;
}

/* Digits only; at most 19 of them can fit. */
static bool read_digits(struct community_text digits, int64_t *value_out)
{
    int64_t value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (!cm_int64_multiply(&value, value, 10) ||
            !cm_int64_add(&value, value, digits.data[i] - '0'))
            return false;
    }
    *value_out = value;
    return true;
}

struct number {
    int64_t whole;
    int64_t fraction;       /* in units of 1 / fraction_scale */
    int64_t fraction_scale; /* a power of ten */
    bool has_fraction;
    size_t size; /* bytes read */
};

static bool read_fraction(struct community_text text, struct number *number)
{
    size_t digits = count_digits(text, number->size + 1);
    if (digits == 0)
        return false;
    struct community_text fraction = {text.data + number->size + 1, digits};
    number->size += 1 + digits;
    number->has_fraction = true;
    while (fraction.size > 0 && fraction.data[fraction.size - 1] == '0')
        fraction.size--;
    if (fraction.size > FRACTION_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < fraction.size; i++)
        number->fraction_scale *= 10;
    return read_digits(fraction, &number->fraction);
}

static bool read_number(struct community_text text, struct number *number_out)
{
    struct number number = {.fraction_scale = 1, .size = count_digits(text, 0)};
    struct community_text whole = {text.data, number.size};
    if (number.size == 0 || !read_digits(whole, &number.whole))
        return false;
    if (number.size < text.size && text.data[number.size] == '.' && !read_fraction(text, &number))
        return false;
    *number_out = number;
    return true;
}

static bool amount_of(const struct number *number, const struct unit_words *words,
                      int64_t *amount_out)
{
    if (number->has_fraction && !words->fraction_is_allowed)
        return false;
    /* At most 10^9 times the milliseconds of an hour: this cannot overflow. */
    int64_t part = number->fraction * words->worth;
    if (part % number->fraction_scale != 0)
        return false;
    int64_t amount;
    if (!cm_int64_multiply(&amount, number->whole, words->worth) ||
        !cm_int64_add(&amount, amount, part / number->fraction_scale))
        return false;
    *amount_out = amount;
    return true;
}

/* "16:00" */
static bool read_minute_of_day(struct community_text text, int32_t *minute_out)
{
    if (text.size != 5 || text.data[2] != ':' || count_digits(text, 0) != 2 ||
        count_digits(text, 3) != 2)
        return false;
    int32_t hour = (text.data[0] - '0') * 10 + (text.data[1] - '0');
    int32_t minute = (text.data[3] - '0') * 10 + (text.data[4] - '0');
    if (hour > 23 || minute > 59)
        return false;
    *minute_out = hour * 60 + minute;
    return true;
}

static bool read_named_day(struct community_text text, const char *words, uint8_t unit,
                           struct cm_duration *duration_out)
{
    if (!cm_text_starts_with(text, words))
        return false;
    struct cm_duration duration = {.unit = unit, .minute_of_day = -1};
    struct community_text rest = cm_text_from(text, strlen(words));
    if (rest.size > 0) {
        if (rest.data[0] != ' ' ||
            !read_minute_of_day(cm_text_from(rest, 1), &duration.minute_of_day))
            return false;
    }
    *duration_out = duration;
    return true;
}

static const char same_words[] = "same working day";
static const char next_words[] = "next working day";

bool cm_duration_parse(struct community_text text, struct cm_duration *duration_out)
{
    if (read_named_day(text, same_words, CM_SAME_WORKING_DAY, duration_out) ||
        read_named_day(text, next_words, CM_NEXT_WORKING_DAY, duration_out))
        return true;

    struct number number;
    if (!read_number(text, &number) || number.size >= text.size || text.data[number.size] != ' ')
        return false;
    struct community_text rest = cm_text_from(text, number.size + 1);
    for (size_t i = 0; i < WORDS_COUNT; i++) {
        const struct unit_words *words = &all_words[i];
        if (!cm_text_is(rest, words->singular) && !cm_text_is(rest, words->plural))
            continue;
        struct cm_duration duration = {.unit = words->unit, .minute_of_day = -1};
        if (!amount_of(&number, words, &duration.amount))
            return false;
        *duration_out = duration;
        return true;
    }
    return false;
}

struct writer {
    char *out;
    size_t size;
};

static void write_string(struct writer *writer, const char *string)
{
    size_t size = strlen(string);
    assert(writer->size + size < CM_DURATION_TEXT_SIZE);
    memcpy(writer->out + writer->size, string, size + 1);
    writer->size += size;
}

static void write_padded(struct writer *writer, int64_t value, size_t digits_min)
{
    char digits[24];
    size_t at = sizeof(digits) - 1;
    digits[at] = '\0';
    for (size_t count = 0; value > 0 || count < digits_min; count++) {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    }
    write_string(writer, digits + at);
}

static size_t write_named_day(struct writer *writer, const char *words, int32_t minute_of_day)
{
    write_string(writer, words);
    if (minute_of_day >= 0) {
        write_string(writer, " ");
        write_padded(writer, minute_of_day / 60, 2);
        write_string(writer, ":");
        write_padded(writer, minute_of_day % 60, 2);
    }
    return writer->size;
}

/* Whether the amount is written in these words: a whole number of them. One day of 24 hours stays
 * "24 hours", which nobody takes for a date; calendar days stay days, since a week says no more. */
static bool words_suit(const struct unit_words *words, const struct cm_duration *duration)
{
    if (words->unit != duration->unit || duration->amount % words->worth != 0)
        return false;
    if (words->worth == CM_DAY_MS && duration->amount <= CM_DAY_MS)
        return false;
    if (duration->amount == 0 && words->worth == 12)
        return false;
    return words->unit != CM_CALENDAR_DAYS || words->worth == 1;
}

static size_t write_amount(struct writer *writer, const struct cm_duration *duration)
{
    for (size_t i = 0; i < WORDS_COUNT; i++) {
        const struct unit_words *words = &all_words[i];
        if (!words_suit(words, duration))
            continue;
        int64_t count = duration->amount / words->worth;
        write_padded(writer, count, 1);
        write_string(writer, " ");
        write_string(writer, count == 1 ? words->singular : words->plural);
        return writer->size;
    }
    /* Only times remain, down to the millisecond: seconds with a fraction. */
    int64_t milliseconds = duration->amount % CM_SECOND_MS;
    size_t digits = 3;
    while (milliseconds % 10 == 0) {
        milliseconds /= 10;
        digits--;
    }
    write_padded(writer, duration->amount / CM_SECOND_MS, 1);
    write_string(writer, ".");
    write_padded(writer, milliseconds, digits);
    write_string(writer, duration->unit == CM_ELAPSED ? " seconds" : " working seconds");
    return writer->size;
}

size_t cm_duration_format(char out[CM_DURATION_TEXT_SIZE], const struct cm_duration *duration)
{
    assert(duration->amount >= 0);
    struct writer writer = {.out = out};
    switch ((enum cm_duration_unit)duration->unit) {
    case CM_SAME_WORKING_DAY:
        return write_named_day(&writer, same_words, duration->minute_of_day);
    case CM_NEXT_WORKING_DAY:
        return write_named_day(&writer, next_words, duration->minute_of_day);
    case CM_ELAPSED:
    case CM_WORKING_TIME:
    case CM_WORKING_DAYS:
    case CM_CALENDAR_DAYS:
    case CM_MONTHS:
        break;
    }
    return write_amount(&writer, duration);
}
