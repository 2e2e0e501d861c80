/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does the same way. */
#include "store_rules.h"

#include <string.h>

#include "failure.h"
#include "text.h"

struct community_text cm_decimal_format(char out[21], int64_t value)
{
    char digits[20];
    size_t count = 0;
    uint64_t rest = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    size_t size = 0;
    if (value < 0)
        out[size++] = '-';
    while (count > 0)
        out[size++] = digits[--count];
    return (struct community_text){out, size};
}

struct community_text cm_effect_id_format(char out[CM_EFFECT_ID_SIZE], int64_t position,
                                          int64_t number)
{
    char number_digits[21];
    struct community_text number_text = cm_decimal_format(number_digits, number);
    size_t size = cm_decimal_format(out, position).size;
    out[size++] = '-';
    memcpy(out + size, number_text.data, number_text.size);
    return (struct community_text){out, size + number_text.size};
}

static bool parse_part(struct community_text text, int64_t *value_out)
{
    return text.size > 0 && text.data[0] >= '1' && text.data[0] <= '9' &&
           cm_text_to_integer(text, value_out);
}

bool cm_effect_id_parse(struct community_text text, int64_t *position_out, int64_t *number_out)
{
    const char *dash = text.size == 0 ? NULL : memchr(text.data, '-', text.size);
    if (dash == NULL)
        return false;
    size_t size = (size_t)(dash - text.data);
    return parse_part((struct community_text){text.data, size}, position_out) &&
           parse_part(cm_text_from(text, size + 1), number_out);
}

enum community_status cm_fail_conflict(struct community_error *err, int64_t version,
                                       int64_t expected)
{
    char version_digits[21];
    char expected_digits[21];
    return cm_fail(err, COMMUNITY_CONFLICT, CM_CODE_STORE_CONFLICT,
                   cm_decimal_format(version_digits, version),
                   cm_decimal_format(expected_digits, expected));
}
