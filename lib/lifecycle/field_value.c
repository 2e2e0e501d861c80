/* SPDX-License-Identifier: Apache-2.0
 *
 * The form of field values, type by type. */
#include "field_value.h"

#include <assert.h>

#include "identity.h"
#include "rfc3339.h"
#include "text.h"

enum { RATING_MIN = 1, RATING_MAX = 5, MEDIA_TYPE_SIZE_MAX = 255 };

static const struct community_text type_words[CM_FIELD_TYPE_COUNT] = {
    [CM_FIELD_TEXT] = {"text", 4},     [CM_FIELD_INT] = {"int", 3},
    [CM_FIELD_AMOUNT] = {"amount", 6}, [CM_FIELD_DECIMAL] = {"decimal", 7},
    [CM_FIELD_BOOL] = {"bool", 4},     [CM_FIELD_TIME] = {"time", 4},
    [CM_FIELD_DATE] = {"date", 4},     [CM_FIELD_DURATION] = {"duration", 8},
    [CM_FIELD_CHOICE] = {"choice", 6}, [CM_FIELD_CODE] = {"code", 4},
    [CM_FIELD_UNIT] = {"unit", 4},     [CM_FIELD_PERSON] = {"person", 6},
    [CM_FIELD_RECORD] = {"record", 6}, [CM_FIELD_LIST] = {"list", 4},
    [CM_FIELD_OBJECT] = {"object", 6}, [CM_FIELD_FILE] = {"file", 4},
    [CM_FIELD_RATING] = {"rating", 6},
};

struct community_text cm_field_type_word(uint8_t type)
{
    assert(type < CM_FIELD_TYPE_COUNT);
    return type_words[type];
}

static bool is_control(unsigned char byte)
{
    return byte < 0x20 || byte == 0x7F;
}

static bool has_control(struct community_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char byte = (unsigned char)text.data[i];
        if (is_control(byte))
            return true;
        /* U+0080 to U+009F are C2 80 to C2 9F. */
        if (byte == 0xC2 && i + 1 < text.size && (unsigned char)text.data[i + 1] < 0xA0)
            return true;
    }
    return false;
}

bool cm_field_is_id(struct community_text text)
{
    return text.size > 0 && text.size <= CM_FIELD_ID_SIZE_MAX && !has_control(text);
}

/* The white space that input methods produce: space, U+00A0, U+2000 to U+200B, U+2028, U+2029,
 * U+202F, U+3000. */
static bool has_space(struct community_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char *byte = (const unsigned char *)text.data + i;
        const size_t left = text.size - i;
        if (byte[0] == ' ')
            return true;
        if (left >= 2 && byte[0] == 0xC2 && byte[1] == 0xA0)
            return true;
        if (left < 3)
            continue;
        if (byte[0] == 0xE3 && byte[1] == 0x80 && byte[2] == 0x80)
            return true;
        if (byte[0] == 0xE2 && byte[1] == 0x80 &&
            (byte[2] <= 0x8B || byte[2] == 0xA8 || byte[2] == 0xA9 || byte[2] == 0xAF))
            return true;
    }
    return false;
}

static enum cm_code check_size(const struct cm_field *field, size_t size)
{
    if (field->has_max && (field->max < 0 || size > (uint64_t)field->max))
        return CM_CODE_FIELD_TOO_LONG;
    if (field->has_min && field->min > 0 && size < (uint64_t)field->min)
        return CM_CODE_FIELD_TOO_SHORT;
    return CM_CODE_NONE;
}

static enum cm_code check_integer(const struct cm_field *field, const struct cm_value *value)
{
    if (value->type != CM_INT)
        return CM_CODE_FIELD_TYPE;
    if (field->has_max && value->as.integer > field->max)
        return CM_CODE_FIELD_TOO_GREAT;
    if (field->has_min && value->as.integer < field->min)
        return CM_CODE_FIELD_TOO_SMALL;
    return CM_CODE_NONE;
}

static enum cm_code check_rating(const struct cm_value *value)
{
    if (value->type != CM_INT)
        return CM_CODE_FIELD_TYPE;
    if (value->as.integer > RATING_MAX)
        return CM_CODE_FIELD_TOO_GREAT;
    if (value->as.integer < RATING_MIN)
        return CM_CODE_FIELD_TOO_SMALL;
    return CM_CODE_NONE;
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* A decimal cut in two: its value is `whole` plus a fraction that points away from zero. */
struct decimal {
    bool is_negative;
    bool has_fraction; /* other than zeros */
    int64_t whole;
};

/* "-12.50": digits without a leading zero, then perhaps a point and digits; nothing else. */
static bool decimal_parse(struct decimal *out, struct community_text text)
{
    const size_t first = text.size > 0 && text.data[0] == '-' ? 1 : 0;
    size_t end = first;
    while (end < text.size && is_digit(text.data[end]))
        end++;
    if (end == first || (end - first > 1 && text.data[first] == '0'))
        return false;

    const struct community_text whole = {text.data, end};
    *out = (struct decimal){.is_negative = first == 1};
    if (!cm_text_to_integer(whole, &out->whole))
        return false;
    if (end == text.size)
        return true;

    if (text.data[end] != '.' || end + 1 == text.size)
        return false;
    for (size_t i = end + 1; i < text.size; i++) {
        if (!is_digit(text.data[i]))
            return false;
        out->has_fraction = out->has_fraction || text.data[i] != '0';
    }
    return true;
}

static enum cm_code check_decimal(const struct cm_field *field, const struct cm_value *value)
{
    struct decimal decimal;
    if (value->type != CM_TEXT_VALUE)
        return CM_CODE_FIELD_TYPE;
    if (value->as.text.size > CM_FIELD_ID_SIZE_MAX || !decimal_parse(&decimal, value->as.text))
        return CM_CODE_FIELD_FORMAT;

    const bool above_whole = decimal.has_fraction && !decimal.is_negative;
    const bool below_whole = decimal.has_fraction && decimal.is_negative;
    if (field->has_max &&
        (decimal.whole > field->max || (decimal.whole == field->max && above_whole)))
        return CM_CODE_FIELD_TOO_GREAT;
    if (field->has_min &&
        (decimal.whole < field->min || (decimal.whole == field->min && below_whole)))
        return CM_CODE_FIELD_TOO_SMALL;
    return CM_CODE_NONE;
}

static enum cm_code check_text(const struct cm_field *field, const struct cm_value *value)
{
    if (value->type != CM_TEXT_VALUE)
        return CM_CODE_FIELD_TYPE;
    return check_size(field, cm_utf8_count(value->as.text));
}

static enum cm_code check_code(const struct cm_field *field, const struct cm_value *value)
{
    if (value->type != CM_TEXT_VALUE)
        return CM_CODE_FIELD_TYPE;
    if (!cm_field_is_id(value->as.text) || has_space(value->as.text))
        return CM_CODE_FIELD_FORMAT;
    return check_size(field, cm_utf8_count(value->as.text));
}

static enum cm_code check_choice(const struct cm_field *field, const struct cm_value *value)
{
    if (value->type != CM_TEXT_VALUE)
        return CM_CODE_FIELD_TYPE;
    for (size_t i = 0; i < field->choice_count; i++) {
        if (cm_text_equal(field->choices[i], value->as.text))
            return CM_CODE_NONE;
    }
    return CM_CODE_FIELD_CHOICE;
}

static bool is_record(struct community_text text)
{
    struct community_id id;
    if (text.size > 0 && text.data[0] == '@')
        return cm_field_is_id(cm_text_from(text, 1));
    return cm_id_parse(text, &id);
}

/* The types that are texts with a form of their own. */
static bool has_form(uint8_t type, struct community_text text)
{
    struct cm_date date;
    struct cm_duration duration;
    community_time_ms time;
    switch (type) {
    case CM_FIELD_TIME:
        return cm_time_parse(text, &time, NULL);
    case CM_FIELD_DATE:
        return cm_date_parse(text, &date);
    case CM_FIELD_DURATION:
        return cm_duration_parse(text, &duration);
    case CM_FIELD_RECORD:
        return is_record(text);
    default:
        return cm_field_is_id(text);
    }
}

static enum cm_code check_form(uint8_t type, const struct cm_value *value)
{
    if (value->type != CM_TEXT_VALUE)
        return CM_CODE_FIELD_TYPE;
    return has_form(type, value->as.text) ? CM_CODE_NONE : CM_CODE_FIELD_FORMAT;
}

static bool is_media_type(struct community_text text)
{
    if (text.size < 3 || text.size > MEDIA_TYPE_SIZE_MAX || has_control(text))
        return false;
    for (size_t i = 1; i + 1 < text.size; i++) {
        if (text.data[i] == '/')
            return true;
    }
    return false;
}

static enum cm_code check_file(const struct cm_value *value)
{
    uint8_t digest[32];
    int64_t size;
    if (value->type != CM_OBJECT)
        return CM_CODE_FIELD_TYPE;
    /* Three members and no more: a file's name says too much about a person. */
    if (value->as.object.count != 3)
        return CM_CODE_FIELD_FORMAT;
    if (!cm_hex_parse(cm_value_member_as_text(value, "sha256"), digest, sizeof(digest)) ||
        !cm_value_member_as_integer(value, "size", &size) || size < 0 ||
        !is_media_type(cm_value_member_as_text(value, "media_type")))
        return CM_CODE_FIELD_FORMAT;
    return CM_CODE_NONE;
}

/* Recursion is bounded by `depth_left`. */
static bool is_shallow(const struct cm_value *value, int depth_left)
{
    if (value->type == CM_LIST) {
        if (depth_left == 0)
            return false;
        for (size_t i = 0; i < value->as.list.count; i++) {
            if (!is_shallow(&value->as.list.items[i], depth_left - 1))
                return false;
        }
    }
    if (value->type == CM_OBJECT) {
        if (depth_left == 0)
            return false;
        for (size_t i = 0; i < value->as.object.count; i++) {
            if (!is_shallow(&value->as.object.members[i].value, depth_left - 1))
                return false;
        }
    }
    return true;
}

static enum cm_code check_as(const struct cm_field *field, uint8_t type,
                             const struct cm_value *value);

static enum cm_code check_list(const struct cm_field *field, const struct cm_value *value)
{
    if (value->type != CM_LIST)
        return CM_CODE_FIELD_TYPE;
    if (!is_shallow(value, CM_FIELD_DEPTH_MAX))
        return CM_CODE_FIELD_FORMAT;

    const enum cm_code code = check_size(field, value->as.list.count);
    if (code != CM_CODE_NONE || !field->has_element)
        return code;

    /* The bounds are the list's: an item has none. */
    struct cm_field item = *field;
    item.has_min = false;
    item.has_max = false;
    for (size_t i = 0; i < value->as.list.count; i++) {
        const enum cm_code found = check_as(&item, field->element, &value->as.list.items[i]);
        if (found != CM_CODE_NONE)
            return found;
    }
    return CM_CODE_NONE;
}

static enum cm_code check_object(const struct cm_value *value)
{
    if (value->type != CM_OBJECT)
        return CM_CODE_FIELD_TYPE;
    return is_shallow(value, CM_FIELD_DEPTH_MAX) ? CM_CODE_NONE : CM_CODE_FIELD_FORMAT;
}

/* Goes one level deeper at most: an element is never a list. */
static enum cm_code check_as(const struct cm_field *field, uint8_t type,
                             const struct cm_value *value)
{
    switch ((enum cm_field_type)type) {
    case CM_FIELD_TEXT:
        return check_text(field, value);
    case CM_FIELD_INT:
    case CM_FIELD_AMOUNT:
        return check_integer(field, value);
    case CM_FIELD_DECIMAL:
        return check_decimal(field, value);
    case CM_FIELD_BOOL:
        return value->type == CM_BOOL ? CM_CODE_NONE : CM_CODE_FIELD_TYPE;
    case CM_FIELD_CHOICE:
        return check_choice(field, value);
    case CM_FIELD_CODE:
        return check_code(field, value);
    case CM_FIELD_TIME:
    case CM_FIELD_DATE:
    case CM_FIELD_DURATION:
    case CM_FIELD_UNIT:
    case CM_FIELD_PERSON:
    case CM_FIELD_RECORD:
        return check_form(type, value);
    case CM_FIELD_LIST:
        return check_list(field, value);
    case CM_FIELD_OBJECT:
        return check_object(value);
    case CM_FIELD_FILE:
        return check_file(value);
    case CM_FIELD_RATING:
        return check_rating(value);
    }
    return CM_CODE_FIELD_TYPE;
}

enum cm_code cm_field_check(const struct cm_field *field, const struct cm_value *value)
{
    assert(field->type < CM_FIELD_TYPE_COUNT);
    return check_as(field, field->type, value);
}

static struct community_text integer_words(char out[CM_FIELD_DETAIL_SIZE], int64_t integer)
{
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    size_t at = CM_FIELD_DETAIL_SIZE;
    do {
        out[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (integer < 0)
        out[--at] = '-';
    return (struct community_text){out + at, CM_FIELD_DETAIL_SIZE - at};
}

struct community_text cm_field_detail(char out[CM_FIELD_DETAIL_SIZE], const struct cm_field *field,
                                      enum cm_code code)
{
    const bool is_rating =
        field->type == CM_FIELD_RATING || (field->has_element && field->element == CM_FIELD_RATING);
    if (code == CM_CODE_FIELD_TOO_LONG)
        return integer_words(out, field->max);
    if (code == CM_CODE_FIELD_TOO_SHORT)
        return integer_words(out, field->min);
    if (code == CM_CODE_FIELD_TOO_GREAT)
        return integer_words(out, is_rating ? RATING_MAX : field->max);
    if (code == CM_CODE_FIELD_TOO_SMALL)
        return integer_words(out, is_rating ? RATING_MIN : field->min);
    return cm_field_type_word(field->type);
}
