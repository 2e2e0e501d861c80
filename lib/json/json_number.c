/* SPDX-License-Identifier: Apache-2.0
 *
 * The shortest digits that read back as the same double, laid out as ECMAScript does it. */
#include "json_number.h"

#include "buffer.h"

#include <assert.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS_MAX = 17, /* always enough for a double */
    PRINTED_SIZE = 48,
    FIXED_POINT_MAX = 21, /* from 10^21 on ECMAScript prints an exponent */
    FIXED_POINT_MIN = -6,
};

static const double integer_limit = 9007199254740992.0; /* 2^53 */

/* A magnitude as 0.d1d2d3… times ten to the `point`. */
struct decimal {
    char digits[DIGITS_MAX + 1];
    int count;
    int point;
};

/* Takes "1.2345e-07" apart. The decimal point may be any bytes of the locale. */
static struct decimal take_apart(const char *printed)
{
    struct decimal decimal = {.count = 0};
    const char *next = printed;
    for (; *next != 'e'; next++) {
        if (*next >= '0' && *next <= '9')
            decimal.digits[decimal.count++] = *next;
    }
    decimal.point = (int)strtol(next + 1, NULL, 10) + 1;
    while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0')
        decimal.count--;
    return decimal;
}

/* Adds one to the last digit of "1.2345e-07"; false when that would carry out of the first. */
static bool increment(char *printed)
{
    char *exponent = strchr(printed, 'e');
    for (char *digit = exponent - 1; digit >= printed; digit--) {
        if (*digit < '0' || *digit > '9')
            continue;
        if (*digit != '9') {
            ++*digit;
            return true;
        }
        *digit = '0';
    }
    return false;
}

/* Of normal doubles: all bits of the fraction are zero. */
static bool is_power_of_two(double magnitude)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    return bits << 12 == 0;
}

/* Whether `precision` digits are enough. The nearest decimal is the one, except at a power of two:
 * there the doubles below lie closer than those above, and the next decimal up may be right where
 * the nearest is not. */
static bool try_precision(char printed[PRINTED_SIZE], double magnitude, int precision)
{
    int size = snprintf(printed, PRINTED_SIZE, "%.*e", precision - 1, magnitude);
    assert(size > 0 && size < PRINTED_SIZE);
    (void)size;
    if (strtod(printed, NULL) == magnitude)
        return true;
    return is_power_of_two(magnitude) && increment(printed) && strtod(printed, NULL) == magnitude;
}

/* A decimal of up to 15 digits survives the way through a normal double, so that fewer digits than
 * 15 are found by printing 15 and dropping zeros. Subnormal doubles have to be tried one by one. */
static struct decimal shortest(double magnitude)
{
    char printed[PRINTED_SIZE];
    int precision = magnitude < DBL_MIN ? 1 : DBL_DIG;
    while (precision < DIGITS_MAX && !try_precision(printed, magnitude, precision))
        precision++;
    if (precision == DIGITS_MAX)
        (void)snprintf(printed, sizeof printed, "%.*e", DIGITS_MAX - 1, magnitude);
    return take_apart(printed);
}

static char *put(char *out, const char *digits, int count)
{
    memcpy(out, digits, (size_t)count);
    return out + count;
}

static char *put_zeros(char *out, int count)
{
    memset(out, '0', (size_t)count);
    return out + count;
}

static char *put_exponent(char *out, int exponent)
{
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    int rest = exponent < 0 ? -exponent : exponent;
    if (rest >= 100)
        *out++ = (char)('0' + rest / 100);
    if (rest >= 10)
        *out++ = (char)('0' + rest / 10 % 10);
    *out++ = (char)('0' + rest % 10);
    return out;
}

/* ECMA-262, Number::toString: n is `point`, k is `count`. */
static char *lay_out(char *out, const struct decimal *decimal)
{
    int count = decimal->count;
    int point = decimal->point;
    if (point > FIXED_POINT_MAX || point <= FIXED_POINT_MIN) {
        *out++ = decimal->digits[0];
        if (count > 1) {
            *out++ = '.';
            out = put(out, decimal->digits + 1, count - 1);
        }
        return put_exponent(out, point - 1);
    }
    if (point >= count) {
        out = put(out, decimal->digits, count);
        return put_zeros(out, point - count);
    }
    if (point > 0) {
        out = put(out, decimal->digits, point);
        *out++ = '.';
        return put(out, decimal->digits + point, count - point);
    }
    *out++ = '0';
    *out++ = '.';
    out = put_zeros(out, -point);
    return put(out, decimal->digits, count);
}

static char *put_integer(char *out, uint64_t integer)
{
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + integer % 10);
        integer /= 10;
    } while (integer > 0);
    return put(out, digits + first, (int)(sizeof digits - first));
}

size_t cm_json_format_double(char out[CM_JSON_DOUBLE_SIZE], double number)
{
    assert(isfinite(number));
    char *end = out;
    if (number < 0)
        *end++ = '-';
    double magnitude = fabs(number);
    if (magnitude < integer_limit && magnitude == (double)(uint64_t)magnitude) {
        end = put_integer(end, (uint64_t)magnitude);
    } else {
        struct decimal decimal = shortest(magnitude);
        end = lay_out(end, &decimal);
    }
    *end = '\0';
    assert(end - out < CM_JSON_DOUBLE_SIZE);
    return (size_t)(end - out);
}

bool cm_json_parse_double(struct community_text text, double *number_out,
                          const struct community_allocator *allocator)
{
    const char *point = localeconv()->decimal_point;
    struct cm_buffer copy;
    cm_buffer_init(&copy, allocator);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '.')
            cm_buffer_string(&copy, point);
        else
            cm_buffer_byte(&copy, text.data[i]);
    }
    cm_buffer_byte(&copy, '\0');
    bool is_read = !copy.failed;
    if (is_read)
        *number_out = strtod(copy.data, NULL);
    cm_buffer_free(&copy);
    return is_read;
}

bool cm_json_double_is_safe(double number)
{
    double magnitude = fabs(number);
    return isfinite(number) && (magnitude < integer_limit || magnitude >= 1e21);
}
