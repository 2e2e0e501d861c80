/* SPDX-License-Identifier: Apache-2.0
 *
 * The declarative reader, and how a rulebook is refused. */
#include "shape.h"

#include <assert.h>
#include <string.h>

#include "json.h"

enum { KEY_COUNT_MAX = 40, SUGGESTION_SIZE = 160 };

/* Refusing. */

bool cm_refuse_with(struct cm_reader *reader, uint32_t offset, enum community_status status,
                    enum cm_code code, const struct community_text *arguments, size_t count)
{
    assert(status != COMMUNITY_OK);
    if (reader->status != COMMUNITY_OK)
        return false;

    uint32_t line;
    uint32_t column;
    cm_json_place(reader->text, offset, &line, &column);
    reader->status = cm_fail_with(reader->err, status, code, arguments, count);
    cm_fail_at(reader->err, line, column);
    return false;
}

bool cm_refuse_plain(struct cm_reader *reader, uint32_t offset, enum cm_code code)
{
    return cm_refuse_with(reader, offset, COMMUNITY_INVALID, code, NULL, 0);
}

bool cm_refuse_not_yet(struct cm_reader *reader, uint32_t offset, struct community_text key)
{
    return cm_refuse_with(reader, offset, COMMUNITY_UNSUPPORTED, CM_CODE_NOT_YET, &key, 1);
}

bool cm_refuse_memory(struct cm_reader *reader)
{
    if (reader->status == COMMUNITY_OK)
        reader->status = cm_fail_memory(reader->err);
    return false;
}

bool cm_refuse_foreign(struct cm_reader *reader, uint32_t offset,
                       const struct community_error *from)
{
    assert(from->status != COMMUNITY_OK);
    if (reader->status != COMMUNITY_OK)
        return false;

    uint32_t line;
    uint32_t column;
    cm_json_place(reader->text, offset, &line, &column);
    reader->status = (enum community_status)from->status;
    cm_fail_copy(reader->err, from);
    if (from->status != COMMUNITY_NO_MEMORY)
        cm_fail_at(reader->err, line, column);
    return false;
}

/* A few words, quoted, with commas between; cut off before it is full. */
struct suggestion {
    char data[SUGGESTION_SIZE];
    size_t size;
};

static bool suggestion_add(struct suggestion *suggestion, struct community_text word)
{
    const size_t separator_size = suggestion->size > 0 ? 2 : 0;
    if (word.size + separator_size + 2 > sizeof(suggestion->data) - suggestion->size)
        return false;

    memcpy(suggestion->data + suggestion->size, ", ", separator_size);
    suggestion->size += separator_size;
    suggestion->data[suggestion->size++] = '"';
    memcpy(suggestion->data + suggestion->size, word.data, word.size);
    suggestion->size += word.size;
    suggestion->data[suggestion->size++] = '"';
    return true;
}

bool cm_refuse_unknown(struct cm_reader *reader, uint32_t offset, enum community_status status,
                       enum cm_code code, struct community_text wanted,
                       const struct community_text *names, size_t count)
{
    struct suggestion suggestion = {.size = 0};
    const struct community_text nearest = cm_text_nearest(wanted, names, count);
    if (nearest.data) {
        suggestion_add(&suggestion, nearest);
    } else {
        for (size_t i = 0; i < count; i++) {
            if (!suggestion_add(&suggestion, names[i]))
                break;
        }
    }

    const struct community_text arguments[] = {
        wanted,
        suggestion.size > 0 ? (struct community_text){suggestion.data, suggestion.size}
                            : CM_TEXT("-"),
    };
    return cm_refuse_with(reader, offset, status, code, arguments, 2);
}

/* Single values. */

static uint32_t shape_of(const struct cm_value *value)
{
    switch ((enum cm_value_type)value->type) {
    case CM_NULL:
    case CM_DOUBLE:
        return 0;
    case CM_BOOL:
        return CM_SHAPE_BOOL;
    case CM_INT:
        return CM_SHAPE_INTEGER;
    case CM_TEXT_VALUE:
        return CM_SHAPE_TEXT;
    case CM_LIST:
        return CM_SHAPE_LIST;
    case CM_OBJECT:
        return CM_SHAPE_OBJECT;
    }
    return 0;
}

/* JSON's own words, which are the same in every language. */
static struct community_text type_words(const struct cm_value *value)
{
    switch ((enum cm_value_type)value->type) {
    case CM_NULL:
        return CM_TEXT("null");
    case CM_BOOL:
        return value->as.boolean ? CM_TEXT("true") : CM_TEXT("false");
    case CM_INT:
        return CM_TEXT("integer");
    case CM_DOUBLE:
        return CM_TEXT("number");
    case CM_TEXT_VALUE:
        return CM_TEXT("string");
    case CM_LIST:
        return CM_TEXT("array");
    case CM_OBJECT:
        return CM_TEXT("object");
    }
    return CM_TEXT("?");
}

static struct community_text shape_words(uint32_t shape)
{
    switch (shape & (uint32_t) ~(CM_SHAPE_REQUIRED | CM_SHAPE_NOT_YET)) {
    case CM_SHAPE_TEXT:
        return CM_TEXT("string");
    case CM_SHAPE_INTEGER:
        return CM_TEXT("integer");
    case CM_SHAPE_BOOL:
        return CM_TEXT("true / false");
    case CM_SHAPE_LIST:
        return CM_TEXT("array");
    case CM_SHAPE_OBJECT:
        return CM_TEXT("object");
    case CM_SHAPE_TITLE:
        return CM_TEXT("string / object");
    case CM_SHAPE_TEXTS:
        return CM_TEXT("string / array");
    default:
        return CM_TEXT("string / array / object");
    }
}

static bool check_text(struct cm_reader *reader, const struct cm_value *value)
{
    if (value->as.text.size == 0)
        return cm_refuse_plain(reader, value->offset, CM_CODE_EMPTY_TEXT);
    if (value->as.text.size > CM_RULEBOOK_TEXT_SIZE_MAX)
        return cm_refuse(reader, value->offset, CM_CODE_TEXT_TOO_LONG, CM_TEXT("1000"));
    return true;
}

bool cm_shape_value(struct cm_reader *reader, const struct cm_value *value, uint32_t shape)
{
    if (shape & CM_SHAPE_ANY)
        return true;
    if (!(shape & shape_of(value)))
        return cm_refuse(reader, value->offset, CM_CODE_WRONG_TYPE, shape_words(shape),
                         type_words(value));
    if (value->type == CM_TEXT_VALUE)
        return check_text(reader, value);

    const size_t count = value->type == CM_LIST     ? value->as.list.count
                         : value->type == CM_OBJECT ? value->as.object.count
                                                    : 0;
    if (count > CM_RULEBOOK_COUNT_MAX)
        return cm_refuse(reader, value->offset, CM_CODE_TOO_MANY, CM_TEXT("65000"));
    return true;
}

bool cm_shape_items(struct cm_reader *reader, const struct cm_value *list, uint32_t shape,
                    bool is_filled)
{
    if (is_filled && list->as.list.count == 0)
        return cm_refuse_plain(reader, list->offset, CM_CODE_EMPTY_LIST);
    for (size_t i = 0; i < list->as.list.count; i++) {
        if (!cm_shape_value(reader, &list->as.list.items[i], shape))
            return false;
    }
    return true;
}

static struct community_text integer_text(char out[24], int64_t integer)
{
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    size_t at = 24;
    do {
        out[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (integer < 0)
        out[--at] = '-';
    return (struct community_text){out + at, 24 - at};
}

bool cm_shape_integer(struct cm_reader *reader, const struct cm_value *value, int64_t min,
                      int64_t max, int64_t *out)
{
    char min_words[24];
    char max_words[24];
    if (value->as.integer < min || value->as.integer > max)
        return cm_refuse(reader, value->offset, CM_CODE_NUMBER_OUT_OF_RANGE,
                         integer_text(min_words, min), integer_text(max_words, max));
    *out = value->as.integer;
    return true;
}

static bool is_name_character(char character, bool is_first)
{
    if (character >= 'a' && character <= 'z')
        return true;
    return !is_first &&
           ((character >= '0' && character <= '9') || character == '_' || character == '-');
}

bool cm_shape_is_name(struct community_text text)
{
    if (text.size == 0 || text.size > CM_RULEBOOK_NAME_SIZE_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_name_character(text.data[i], i == 0))
            return false;
    }
    return true;
}

bool cm_shape_name(struct cm_reader *reader, struct community_text text, uint32_t offset)
{
    if (!cm_shape_is_name(text))
        return cm_refuse(reader, offset, CM_CODE_BAD_NAME, text);
    return true;
}

bool cm_shape_word(struct cm_reader *reader, const struct cm_value *value,
                   const struct community_text *words, size_t count, uint8_t *index_out)
{
    assert(count <= UINT8_MAX);
    for (size_t i = 0; i < count; i++) {
        if (cm_text_equal(words[i], value->as.text)) {
            *index_out = (uint8_t)i;
            return true;
        }
    }
    return cm_refuse_unknown(reader, value->offset, COMMUNITY_INVALID, CM_CODE_UNKNOWN_WORD,
                             value->as.text, words, count);
}

/* Objects. */

static size_t find_key(const struct cm_key *keys, size_t key_count, struct community_text name)
{
    size_t index = 0;
    while (index < key_count && !cm_text_is(name, keys[index].name))
        index++;
    return index;
}

static bool refuse_key(struct cm_reader *reader, const struct cm_member *member,
                       const struct cm_key *keys, size_t key_count)
{
    struct community_text names[KEY_COUNT_MAX];
    assert(key_count <= KEY_COUNT_MAX);
    for (size_t i = 0; i < key_count; i++)
        names[i] = cm_text(keys[i].name);
    return cm_refuse_unknown(reader, member->name_offset, COMMUNITY_INVALID, CM_CODE_UNKNOWN_KEY,
                             member->name, names, key_count);
}

bool cm_shape_object(struct cm_reader *reader, const struct cm_value *object,
                     const struct cm_key *keys, size_t key_count, const struct cm_value **found)
{
    for (size_t i = 0; i < key_count; i++)
        found[i] = NULL;
    if (!cm_shape_value(reader, object, CM_SHAPE_OBJECT))
        return false;

    for (size_t i = 0; i < object->as.object.count; i++) {
        const struct cm_member *member = &object->as.object.members[i];
        const size_t index = find_key(keys, key_count, member->name);
        if (index == key_count)
            return refuse_key(reader, member, keys, key_count);
        if (keys[index].shape & CM_SHAPE_NOT_YET)
            return cm_refuse_not_yet(reader, member->name_offset, member->name);
        if (!cm_shape_value(reader, &member->value, keys[index].shape))
            return false;
        found[index] = &member->value;
    }

    for (size_t i = 0; i < key_count; i++) {
        if ((keys[i].shape & CM_SHAPE_REQUIRED) && !found[i])
            return cm_refuse(reader, object->offset, CM_CODE_MISSING_KEY, cm_text(keys[i].name));
    }
    return true;
}

size_t cm_texts_count(const struct cm_value *value)
{
    return value->type == CM_LIST ? value->as.list.count : 1;
}

const struct cm_value *cm_texts_at(const struct cm_value *value, size_t index)
{
    return value->type == CM_LIST ? &value->as.list.items[index] : value;
}
