/* SPDX-License-Identifier: Apache-2.0
 *
 * Local times of a source by a format. */
#include "import_time.h"

#include <stddef.h>

struct parts {
    int year;
    int month;
    int day;
    int hour;
    int half_hour; /* %I: 1 to 12; 0: not given */
    int minute;
    int second;
    bool is_afternoon;
};

bool tool_import_format_is_good(struct community_text format)
{
    bool has_year = false;
    bool has_month = false;
    bool has_day = false;
    bool has_half = false;
    bool has_noon = false;
    for (size_t index = 0; index < format.size; index++) {
        if (format.data[index] != '%') {
            continue;
        }
        switch (++index < format.size ? format.data[index] : '\0') {
        case 'Y':
            has_year = true;
            break;
        case 'm':
            has_month = true;
            break;
        case 'd':
            has_day = true;
            break;
        case 'I':
            has_half = true;
            break;
        case 'p':
            has_noon = true;
            break;
        case 'H':
        case 'M':
        case 'S':
        case '%':
            break;
        default:
            return false;
        }
    }
    return has_year && has_month && has_day && has_half == has_noon;
}

/* `least` to `most` digits. */
static bool read_digits(struct community_text *text, size_t least, size_t most, int *number_out)
{
    size_t count = 0;
    int number = 0;
    while (count < most && count < text->size && text->data[count] >= '0' &&
           text->data[count] <= '9') {
        number = number * 10 + (text->data[count++] - '0');
    }
    text->data += count;
    text->size -= count;
    *number_out = number;
    return count >= least;
}

static bool read_noon(struct community_text *text, bool *is_afternoon_out)
{
    if (text->size < 2 || (text->data[1] | 0x20) != 'm') {
        return false;
    }
    char letter = (char)(text->data[0] | 0x20);
    text->data += 2;
    text->size -= 2;
    *is_afternoon_out = letter == 'p';
    return letter == 'a' || letter == 'p';
}

static bool read_part(struct community_text *text, char letter, struct parts *parts)
{
    switch (letter) {
    case 'Y':
        return read_digits(text, 4, 4, &parts->year);
    case 'm':
        return read_digits(text, 1, 2, &parts->month);
    case 'd':
        return read_digits(text, 1, 2, &parts->day);
    case 'H':
        return read_digits(text, 1, 2, &parts->hour);
    case 'I':
        return read_digits(text, 1, 2, &parts->half_hour) && parts->half_hour > 0;
    case 'M':
        return read_digits(text, 1, 2, &parts->minute);
    case 'S':
        return read_digits(text, 1, 2, &parts->second);
    case 'p':
        return read_noon(text, &parts->is_afternoon);
    default:
        return false;
    }
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

static bool are_possible(const struct parts *parts)
{
    return parts->year >= 1 && parts->month >= 1 && parts->month <= 12 && parts->day >= 1 &&
           parts->day <= days_in_month(parts->year, parts->month) && parts->hour <= 23 &&
           parts->half_hour <= 12 && parts->minute <= 59 && parts->second <= 59;
}

/* Days since 1970-01-01 in the Gregorian calendar; years begin in March so that the leap day is the
 * last of its year. */
static int64_t days_of(int year, int month, int day)
{
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

bool tool_import_time_read(struct community_text text, struct community_text format,
                           int64_t *local_out)
{
    struct parts parts = {0};
    for (size_t index = 0; index < format.size; index++) {
        char letter = format.data[index];
        bool is_part = letter == '%' && index + 1 < format.size && format.data[++index] != '%';
        if (is_part) {
            if (!read_part(&text, format.data[index], &parts)) {
                return false;
            }
        } else {
            if (text.size == 0 || text.data[0] != letter) {
                return false;
            }
            text.data++;
            text.size--;
        }
    }
    if (text.size > 0 || !are_possible(&parts)) {
        return false;
    }
    if (parts.half_hour > 0) {
        parts.hour = parts.half_hour % 12 + (parts.is_afternoon ? 12 : 0);
    }
    int64_t minutes = parts.hour * 60 + parts.minute;
    *local_out = days_of(parts.year, parts.month, parts.day) * 86400000 + minutes * 60000 +
                 (int64_t)parts.second * 1000;
    return true;
}
