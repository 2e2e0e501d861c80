/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing: RFC 8785 for hashes and journals, several lines for people. */
#include "json.h"

#include "json_number.h"
#include "json_run.h"
#include "memory.h"
#include "sort.h"
#include "text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { SORTED_AT_HAND = 32, COPIED_BY_HAND = 32, INDENT = 2 };

static void write_escape(struct cm_buffer *out, char byte)
{
    static const char plain[] = "\"\\\b\t\n\f\r";
    static const char letter[] = "\"\\btnfr";
    const char *found = byte == '\0' ? NULL : strchr(plain, byte);
    if (found != NULL) {
        cm_buffer_byte(out, '\\');
        cm_buffer_byte(out, letter[found - plain]);
        return;
    }
    cm_buffer_string(out, "\\u00");
    cm_buffer_hex(out, &(uint8_t){(uint8_t)byte}, 1);
}

static void write_escaped(struct cm_buffer *out, struct community_text text)
{
    cm_buffer_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        size_t run = cm_json_plain_run(text.data + i, text.size - i, false);
        cm_buffer_bytes(out, text.data + i, run);
        i += run;
        if (i < text.size)
            write_escape(out, text.data[i]);
    }
    cm_buffer_byte(out, '"');
}

/* Copies without a call: names and most values are shorter than a call is worth. The last bytes are
 * copied as a whole word too, over some that were copied before. */
static char *put(char *out, const char *data, size_t size)
{
    if (size >= sizeof(uint64_t)) {
        for (size_t i = 0; size - i > sizeof(uint64_t); i += sizeof(uint64_t))
            memcpy(out + i, data + i, sizeof(uint64_t));
        size_t last = size - sizeof(uint64_t);
        memcpy(out + last, data + last, sizeof(uint64_t));
    } else if (size >= sizeof(uint32_t)) {
        size_t last = size - sizeof(uint32_t);
        memcpy(out, data, sizeof(uint32_t));
        memcpy(out + last, data + last, sizeof(uint32_t));
    } else {
        for (size_t i = 0; i < size; i++)
            out[i] = data[i];
    }
    return out + size;
}

/* Quotes and escapes `text`; `before` and `after` are written around it unless they are NUL. */
static void write_quoted(struct cm_buffer *out, char before, struct community_text text, char after)
{
    bool is_plain = cm_json_plain_run(text.data, text.size, false) == text.size;
    char *end = cm_buffer_reserve(out, (is_plain ? text.size : 0) + 4);
    if (end == NULL)
        return;
    char *start = end;
    if (before != '\0')
        *end++ = before;
    if (is_plain) {
        *end++ = '"';
        end = text.size < COPIED_BY_HAND ? put(end, text.data, text.size)
                                         : (char *)memcpy(end, text.data, text.size) + text.size;
        *end++ = '"';
        if (after != '\0')
            *end++ = after;
        out->size += (size_t)(end - start);
        return;
    }
    out->size += (size_t)(end - start);
    write_escaped(out, text);
    if (after != '\0')
        cm_buffer_byte(out, after);
}

void cm_json_write_text(struct cm_buffer *out, struct community_text text)
{
    write_quoted(out, '\0', text, '\0');
}

/* By UTF-16 code units. UTF-8 sorts by code points, which is the same except that the surrogates of
 * what lies above U+FFFF (lead bytes from 0xF0) come before U+E000 to U+FFFF (0xEE and 0xEF). */
static int compare_utf16(struct community_text a, struct community_text b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    size_t i = 0;
    while (i < common && a.data[i] == b.data[i])
        i++;
    if (i == common)
        return (a.size > b.size) - (a.size < b.size);
    unsigned char left = (unsigned char)a.data[i];
    unsigned char right = (unsigned char)b.data[i];
    if (left >= 0xEE && right >= 0xEE && (left >= 0xF0) != (right >= 0xF0))
        return left >= 0xF0 ? -1 : 1;
    return left < right ? -1 : 1;
}

static int compare_members(const void *a, const void *b, void *userdata)
{
    (void)userdata;
    return compare_utf16((*(const struct cm_member *const *)a)->name,
                         (*(const struct cm_member *const *)b)->name);
}

/* Linear for members that stand in order already, which read-back entries do. */
static void sort_few(const struct cm_member **sorted, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct cm_member *member = sorted[i];
        size_t j = i;
        while (j > 0 && compare_utf16(sorted[j - 1]->name, member->name) > 0) {
            sorted[j] = sorted[j - 1];
            j--;
        }
        sorted[j] = member;
    }
}

static void write_value(struct cm_buffer *out, const struct cm_value *value, size_t depth);

static void write_members(struct cm_buffer *out, const struct cm_member *const *sorted,
                          size_t count, size_t depth)
{
    if (count == 0)
        cm_buffer_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || !cm_text_equal(sorted[i - 1]->name, sorted[i]->name));
        write_quoted(out, i == 0 ? '{' : ',', sorted[i]->name, ':');
        write_value(out, &sorted[i]->value, depth);
    }
    cm_buffer_byte(out, '}');
}

static void write_large_object(struct cm_buffer *out, const struct cm_value *value, size_t depth)
{
    size_t count = value->as.object.count;
    const struct cm_member **sorted = cm_allocate_array(out->allocator, count, sizeof *sorted);
    if (sorted == NULL) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = &value->as.object.members[i];
    cm_sort(sorted, count, sizeof *sorted, compare_members, NULL);
    write_members(out, sorted, count, depth);
    cm_release(out->allocator, sorted);
}

static void write_object(struct cm_buffer *out, const struct cm_value *value, size_t depth)
{
    const struct cm_member *sorted[SORTED_AT_HAND];
    size_t count = value->as.object.count;
    if (count > SORTED_AT_HAND) {
        write_large_object(out, value, depth);
        return;
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = &value->as.object.members[i];
    sort_few(sorted, count);
    write_members(out, sorted, count, depth);
}

static void write_list(struct cm_buffer *out, const struct cm_value *value, size_t depth)
{
    cm_buffer_byte(out, '[');
    for (size_t i = 0; i < value->as.list.count; i++) {
        if (i > 0)
            cm_buffer_byte(out, ',');
        write_value(out, &value->as.list.items[i], depth);
    }
    cm_buffer_byte(out, ']');
}

static void write_scalar(struct cm_buffer *out, const struct cm_value *value)
{
    char number[CM_JSON_DOUBLE_SIZE];
    switch ((enum cm_value_type)value->type) {
    case CM_NULL:
        cm_buffer_bytes(out, "null", 4);
        return;
    case CM_BOOL:
        cm_buffer_string(out, value->as.boolean ? "true" : "false");
        return;
    case CM_INT:
        cm_buffer_integer(out, value->as.integer);
        return;
    case CM_DOUBLE:
        cm_buffer_bytes(out, number, cm_json_format_double(number, value->as.number));
        return;
    case CM_TEXT_VALUE:
        cm_json_write_text(out, value->as.text);
        return;
    case CM_LIST:
    case CM_OBJECT:
        break;
    }
    assert(false);
}

static void write_value(struct cm_buffer *out, const struct cm_value *value, size_t depth)
{
    if (value->type == CM_LIST || value->type == CM_OBJECT)
        assert(depth < CM_VALUE_DEPTH_MAX);
    if (value->type == CM_LIST)
        write_list(out, value, depth + 1);
    else if (value->type == CM_OBJECT)
        write_object(out, value, depth + 1);
    else
        write_scalar(out, value);
}

void cm_json_write(struct cm_buffer *out, const struct cm_value *value)
{
    write_value(out, value, 0);
}

static void write_line(struct cm_buffer *out, size_t depth)
{
    cm_buffer_byte(out, '\n');
    char *end = cm_buffer_reserve(out, depth * INDENT);
    if (end == NULL)
        return;
    memset(end, ' ', depth * INDENT);
    out->size += depth * INDENT;
}

static void write_pretty(struct cm_buffer *out, const struct cm_value *value, size_t depth)
{
    if (value->type != CM_LIST && value->type != CM_OBJECT) {
        write_scalar(out, value);
        return;
    }
    assert(depth < CM_VALUE_DEPTH_MAX);
    bool is_object = value->type == CM_OBJECT;
    size_t count = is_object ? value->as.object.count : value->as.list.count;
    cm_buffer_byte(out, is_object ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            cm_buffer_byte(out, ',');
        write_line(out, depth + 1);
        if (is_object) {
            cm_json_write_text(out, value->as.object.members[i].name);
            cm_buffer_bytes(out, ": ", 2);
        }
        write_pretty(out, is_object ? &value->as.object.members[i].value : &value->as.list.items[i],
                     depth + 1);
    }
    if (count > 0)
        write_line(out, depth);
    cm_buffer_byte(out, is_object ? '}' : ']');
}

void cm_json_write_pretty(struct cm_buffer *out, const struct cm_value *value)
{
    write_pretty(out, value, 0);
}

static bool is_writable(const struct cm_value *value, size_t depth)
{
    const int64_t integer_max = (INT64_C(1) << 53) - 1;
    switch ((enum cm_value_type)value->type) {
    case CM_NULL:
    case CM_BOOL:
    case CM_TEXT_VALUE:
        return true;
    case CM_INT:
        return value->as.integer >= -integer_max && value->as.integer <= integer_max;
    case CM_DOUBLE:
        return cm_json_double_is_safe(value->as.number);
    case CM_LIST:
        if (depth == CM_VALUE_DEPTH_MAX)
            return false;
        for (size_t i = 0; i < value->as.list.count; i++) {
            if (!is_writable(&value->as.list.items[i], depth + 1))
                return false;
        }
        return true;
    case CM_OBJECT:
        if (depth == CM_VALUE_DEPTH_MAX)
            return false;
        for (size_t i = 0; i < value->as.object.count; i++) {
            if (!is_writable(&value->as.object.members[i].value, depth + 1))
                return false;
        }
        return true;
    }
    return false;
}

bool cm_json_is_writable(const struct cm_value *value)
{
    return is_writable(value, 0);
}
