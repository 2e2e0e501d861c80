/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain data as compact bytes: one version byte, then values. A value is a tag and its content;
 * sizes and counts are varints of seven bits a byte, integers are zigzag varints. */
#include "packed.h"

#include <assert.h>
#include <string.h>

#include "text.h"

enum { VERSION = 1, VARINT_SIZE_MAX = 10 };

enum tag { TAG_NULL, TAG_FALSE, TAG_TRUE, TAG_INT, TAG_DOUBLE, TAG_TEXT, TAG_LIST, TAG_OBJECT };

/* ---- writing ---- */

static void write_varint(struct cm_buffer *out, uint64_t number)
{
    char bytes[VARINT_SIZE_MAX];
    size_t size = 0;
    while (number >= 0x80) {
        bytes[size++] = (char)(number | 0x80);
        number >>= 7;
    }
    bytes[size++] = (char)number;
    cm_buffer_bytes(out, bytes, size);
}

static void write_text(struct cm_buffer *out, struct community_text text)
{
    write_varint(out, text.size);
    cm_buffer_bytes(out, text.data, text.size);
}

static uint64_t zigzag(int64_t integer)
{
    return ((uint64_t)integer << 1) ^ (integer < 0 ? UINT64_MAX : 0);
}

static void write_value(struct cm_buffer *out, const struct cm_value *value, int depth)
{
    assert(depth <= CM_VALUE_DEPTH_MAX);
    switch ((enum cm_value_type)value->type) {
    case CM_NULL:
        cm_buffer_byte(out, TAG_NULL);
        break;
    case CM_BOOL:
        cm_buffer_byte(out, value->as.boolean ? TAG_TRUE : TAG_FALSE);
        break;
    case CM_INT:
        cm_buffer_byte(out, TAG_INT);
        write_varint(out, zigzag(value->as.integer));
        break;
    case CM_DOUBLE:
        cm_buffer_byte(out, TAG_DOUBLE);
        cm_buffer_bytes(out, &value->as.number, sizeof(value->as.number));
        break;
    case CM_TEXT_VALUE:
        cm_buffer_byte(out, TAG_TEXT);
        write_text(out, value->as.text);
        break;
    case CM_LIST:
        cm_buffer_byte(out, TAG_LIST);
        write_varint(out, value->as.list.count);
        for (size_t i = 0; i < value->as.list.count; i++)
            write_value(out, &value->as.list.items[i], depth + 1);
        break;
    case CM_OBJECT:
        cm_buffer_byte(out, TAG_OBJECT);
        write_varint(out, value->as.object.count);
        for (size_t i = 0; i < value->as.object.count; i++) {
            write_text(out, value->as.object.members[i].name);
            write_value(out, &value->as.object.members[i].value, depth + 1);
        }
        break;
    }
}

void cm_packed_write(struct cm_buffer *out, const struct cm_value *value)
{
    cm_buffer_byte(out, VERSION);
    write_value(out, value, 0);
}

/* ---- reading ---- */

struct reader {
    struct cm_arena *arena;
    const char *next;
    const char *end;
    bool no_memory;
};

static bool read_varint(struct reader *reader, uint64_t *out)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && reader->next < reader->end; shift += 7) {
        const uint8_t byte = (uint8_t)*reader->next++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out = number;
            return true;
        }
    }
    return false;
}

/* A size or count that the bytes left can still hold. */
static bool read_count(struct reader *reader, size_t *out)
{
    uint64_t number;
    if (!read_varint(reader, &number) || number > (uint64_t)(reader->end - reader->next))
        return false;
    *out = (size_t)number;
    return true;
}

static bool read_text(struct reader *reader, struct community_text *out)
{
    size_t size;
    if (!read_count(reader, &size))
        return false;
    *out = (struct community_text){reader->next, size};
    reader->next += size;
    return cm_utf8_is_valid(*out, NULL);
}

static bool read_value(struct reader *reader, struct cm_value *out, int depth);

static bool read_list(struct reader *reader, struct cm_value *out, int depth)
{
    size_t count;
    if (!read_count(reader, &count))
        return false;
    *out = cm_value_new_list(reader->arena, count);
    reader->no_memory |= cm_value_is_broken(out);
    for (size_t i = 0; !reader->no_memory && i < count; i++) {
        struct cm_value item;
        if (!read_value(reader, &item, depth + 1))
            return false;
        cm_value_append(out, item);
    }
    return !reader->no_memory;
}

static bool read_object(struct reader *reader, struct cm_value *out, int depth)
{
    size_t count;
    if (!read_count(reader, &count))
        return false;
    *out = cm_value_new_object(reader->arena, count);
    reader->no_memory |= cm_value_is_broken(out);
    for (size_t i = 0; !reader->no_memory && i < count; i++) {
        struct community_text name;
        struct cm_value value;
        if (!read_text(reader, &name) || !read_value(reader, &value, depth + 1))
            return false;
        cm_value_put_text(out, name, value);
    }
    return !reader->no_memory;
}

static bool read_integer(struct reader *reader, struct cm_value *out)
{
    uint64_t number;
    if (!read_varint(reader, &number))
        return false;
    *out = cm_value_integer((int64_t)(number >> 1) ^ -(int64_t)(number & 1));
    return true;
}

static bool read_double(struct reader *reader, struct cm_value *out)
{
    if (reader->end - reader->next < (ptrdiff_t)sizeof(out->as.number))
        return false;
    *out = (struct cm_value){.type = CM_DOUBLE};
    memcpy(&out->as.number, reader->next, sizeof(out->as.number));
    reader->next += sizeof(out->as.number);
    return true;
}

static bool read_value(struct reader *reader, struct cm_value *out, int depth)
{
    if (depth > CM_VALUE_DEPTH_MAX || reader->next >= reader->end)
        return false;
    switch ((uint8_t)*reader->next++) {
    case TAG_NULL:
        *out = (struct cm_value){.type = CM_NULL};
        return true;
    case TAG_FALSE:
        *out = cm_value_bool(false);
        return true;
    case TAG_TRUE:
        *out = cm_value_bool(true);
        return true;
    case TAG_INT:
        return read_integer(reader, out);
    case TAG_DOUBLE:
        return read_double(reader, out);
    case TAG_TEXT:
        *out = cm_value_text((struct community_text){0});
        return read_text(reader, &out->as.text);
    case TAG_LIST:
        return read_list(reader, out, depth);
    case TAG_OBJECT:
        return read_object(reader, out, depth);
    default:
        return false;
    }
}

enum cm_packed_result cm_packed_read(struct cm_value *out, struct cm_arena *arena,
                                     struct community_text bytes)
{
    *out = (struct cm_value){.type = CM_NULL};
    if (bytes.size == 0 || bytes.data[0] != VERSION)
        return CM_PACKED_BROKEN;
    const struct community_text copy = cm_arena_text(arena, bytes);
    if (copy.data == NULL)
        return CM_PACKED_NO_MEMORY;
    struct reader reader = {.arena = arena, .next = copy.data + 1, .end = copy.data + copy.size};
    const bool whole = read_value(&reader, out, 0) && reader.next == reader.end;
    if (whole)
        return CM_PACKED_READ;
    *out = (struct cm_value){.type = CM_NULL};
    return reader.no_memory ? CM_PACKED_NO_MEMORY : CM_PACKED_BROKEN;
}
