/* SPDX-License-Identifier: Apache-2.0
 *
 * Dates and instants in text, and the days of the proleptic Gregorian calendar. */
#include "rfc3339.h"

#include "checked.h"

#include <assert.h>

enum {
    YEAR_MIN = 1,
    YEAR_MAX = 9999,
    DATE_SIZE = 10,              /* 2026-06-01 */
    TIME_SIZE_MIN = 20,          /* 2026-06-01T09:00:00Z */
    DAYS_PER_ERA = 146097,       /* 400 years */
    DAYS_TO_1970 = 719468,       /* from 0000-03-01 */
    OFFSET_MINUTES_MAX = 24 * 60 /* exclusive */
};

/* 0001-01-01T00:00:00Z and the last millisecond of 9999. */
static const community_time_ms time_min = INT64_C(-62135596800000);
static const community_time_ms time_max = INT64_C(253402300799999);

bool cm_year_is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int cm_month_length(int32_t year, int32_t month)
{
    static const int8_t lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    assert(month >= 1 && month <= 12);
    return lengths[month - 1] + (month == 2 && cm_year_is_leap(year));
}

static int64_t floor_divide(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;
    return quotient - (value % divisor < 0);
}

/* Years are counted from March here, so that the leap day is the last day of its year; eras of 400
 * years all have the same length. */
int64_t cm_days_from_date(struct cm_date date)
{
    assert(date.month >= 1 && date.month <= 12);
    assert(date.day >= 1 && date.day <= cm_month_length(date.year, date.month));
    int64_t year = (int64_t)date.year - (date.month <= 2);
    int64_t era = floor_divide(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month_from_march = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

struct cm_date cm_date_from_days(int64_t days)
{
    int64_t from_march = days + DAYS_TO_1970;
    int64_t era = floor_divide(from_march, DAYS_PER_ERA);
    int64_t day_of_era = from_march - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return (struct cm_date){
        .year = (int32_t)(year_of_era + era * 400 + (month <= 2)),
        .month = (int32_t)month,
        .day = (int32_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
    };
}

int cm_weekday(int64_t days)
{
    /* 1970-01-01 was a Thursday. */
    int64_t weekday = (days % 7 + 3) % 7;
    return (int)(weekday < 0 ? weekday + 7 : weekday);
}

/* Exactly `count` decimal digits. */
static bool read_digits(const char *text, size_t count, int32_t *value_out)
{
    int32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *value_out = value;
    return true;
}

static char *write_digits(char *out, size_t count, int64_t value)
{
    for (size_t i = count; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + count;
}

bool cm_date_parse(struct community_text text, struct cm_date *date_out)
{
    struct cm_date date;
    if (text.size != DATE_SIZE || text.data[4] != '-' || text.data[7] != '-')
        return false;
    if (!read_digits(text.data, 4, &date.year) || !read_digits(text.data + 5, 2, &date.month) ||
        !read_digits(text.data + 8, 2, &date.day))
        return false;
    if (date.year < YEAR_MIN || date.month < 1 || date.month > 12)
        return false;
    if (date.day < 1 || date.day > cm_month_length(date.year, date.month))
        return false;
    *date_out = date;
    return true;
}

void cm_date_format(char out[11], struct cm_date date)
{
    assert(date.year >= YEAR_MIN && date.year <= YEAR_MAX);
    out = write_digits(out, 4, date.year);
    *out++ = '-';
    out = write_digits(out, 2, date.month);
    *out++ = '-';
    out = write_digits(out, 2, date.day);
    *out = '\0';
}

/* "09:00:00" as milliseconds of the day. */
static bool read_clock(const char *text, int64_t *milliseconds_out)
{
    int32_t hour;
    int32_t minute;
    int32_t second;
    if (text[2] != ':' || text[5] != ':' || !read_digits(text, 2, &hour) ||
        !read_digits(text + 3, 2, &minute) || !read_digits(text + 6, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *milliseconds_out = hour * CM_HOUR_MS + minute * CM_MINUTE_MS + second * CM_SECOND_MS;
    return true;
}

/* ".125" from `*place` on, moved behind it; what is finer than a millisecond is cut off. */
static bool read_fraction(struct community_text text, size_t *place, int64_t *milliseconds_out)
{
    *milliseconds_out = 0;
    if (*place == text.size || text.data[*place] != '.')
        return true;
    size_t first = ++*place;
    int64_t unit = 100;
    while (*place < text.size && text.data[*place] >= '0' && text.data[*place] <= '9') {
        *milliseconds_out += unit * (text.data[*place] - '0');
        unit /= 10;
        ++*place;
    }
    return *place > first;
}

/* "Z", "z" or "+08:00", and nothing behind it. */
static bool read_offset(struct community_text text, int32_t *minutes_out)
{
    int32_t hour;
    int32_t minute;
    if (text.size == 1 && (text.data[0] == 'Z' || text.data[0] == 'z')) {
        *minutes_out = 0;
        return true;
    }
    if (text.size != 6 || (text.data[0] != '+' && text.data[0] != '-') || text.data[3] != ':')
        return false;
    if (!read_digits(text.data + 1, 2, &hour) || !read_digits(text.data + 4, 2, &minute))
        return false;
    if (hour > 23 || minute > 59)
        return false;
    int32_t minutes = hour * 60 + minute;
    *minutes_out = text.data[0] == '-' ? -minutes : minutes;
    return true;
}

bool cm_time_parse(struct community_text text, community_time_ms *time_out,
                   int32_t *offset_minutes_out)
{
    struct cm_date date;
    int64_t of_day;
    int64_t fraction;
    int32_t offset;
    if (text.size < TIME_SIZE_MIN)
        return false;
    if (!cm_date_parse((struct community_text){text.data, DATE_SIZE}, &date))
        return false;
    char between = text.data[DATE_SIZE];
    if (between != 'T' && between != 't' && between != ' ')
        return false;
    if (!read_clock(text.data + DATE_SIZE + 1, &of_day))
        return false;
    size_t place = DATE_SIZE + 9;
    if (!read_fraction(text, &place, &fraction))
        return false;
    if (!read_offset((struct community_text){text.data + place, text.size - place}, &offset))
        return false;
    community_time_ms time =
        cm_days_from_date(date) * CM_DAY_MS + of_day + fraction - offset * CM_MINUTE_MS;
    /* The offset may push the first and last hours of the range out of it. */
    if (time < time_min || time > time_max)
        return false;
    *time_out = time;
    if (offset_minutes_out != NULL)
        *offset_minutes_out = offset;
    return true;
}

static char *write_year(char *out, int64_t year)
{
    if (year >= YEAR_MIN && year <= YEAR_MAX)
        return write_digits(out, 4, year);
    *out++ = year < 0 ? '-' : '+';
    if (year < 0)
        year = -year;
    size_t count = 4;
    for (int64_t limit = 10000; year >= limit; limit *= 10)
        count++;
    return write_digits(out, count, year);
}

static char *write_clock(char *out, int64_t of_day)
{
    out = write_digits(out, 2, of_day / CM_HOUR_MS);
    *out++ = ':';
    out = write_digits(out, 2, of_day / CM_MINUTE_MS % 60);
    *out++ = ':';
    out = write_digits(out, 2, of_day / CM_SECOND_MS % 60);
    int64_t fraction = of_day % CM_SECOND_MS;
    if (fraction != 0) {
        *out++ = '.';
        out = write_digits(out, 3, fraction);
    }
    return out;
}

static char *write_offset(char *out, int32_t minutes)
{
    if (minutes == 0) {
        *out++ = 'Z';
        return out;
    }
    *out++ = minutes < 0 ? '-' : '+';
    if (minutes < 0)
        minutes = -minutes;
    out = write_digits(out, 2, minutes / 60);
    *out++ = ':';
    return write_digits(out, 2, minutes % 60);
}

size_t cm_time_format(char out[CM_TIME_TEXT_SIZE], community_time_ms time, int32_t offset_minutes)
{
    assert(offset_minutes > -OFFSET_MINUTES_MAX && offset_minutes < OFFSET_MINUTES_MAX);
    int64_t local;
    if (!cm_int64_add(&local, time, offset_minutes * CM_MINUTE_MS)) {
        local = time;
        offset_minutes = 0;
    }
    struct cm_date date = cm_date_from_days(floor_divide(local, CM_DAY_MS));
    int64_t of_day = local % CM_DAY_MS;
    char *end = write_year(out, date.year);
    *end++ = '-';
    end = write_digits(end, 2, date.month);
    *end++ = '-';
    end = write_digits(end, 2, date.day);
    *end++ = 'T';
    end = write_clock(end, of_day < 0 ? of_day + CM_DAY_MS : of_day);
    end = write_offset(end, offset_minutes);
    *end = '\0';
    assert(end - out < CM_TIME_TEXT_SIZE);
    return (size_t)(end - out);
}
