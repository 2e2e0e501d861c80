/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that grow, by doubling. */
#include "buffer.h"

#include "checked.h"
#include "memory.h"
#include "text.h"

#include <assert.h>
#include <string.h>

enum { CAPACITY_MIN = 64 };

void cm_buffer_init(struct cm_buffer *buffer, const struct community_allocator *allocator)
{
    assert(allocator != NULL);
    *buffer = (struct cm_buffer){.allocator = allocator};
}

void cm_buffer_free(struct cm_buffer *buffer)
{
    if (buffer->data != NULL)
        cm_release(buffer->allocator, buffer->data);
    buffer->data = NULL;
    buffer->size = 0;
    buffer->capacity = 0;
    buffer->failed = false;
}

void cm_buffer_clear(struct cm_buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
}

static bool grow(struct cm_buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity;
    if (!cm_size_multiply(&capacity, capacity, 2) || capacity < needed)
        capacity = needed;
    if (capacity < CAPACITY_MIN)
        capacity = CAPACITY_MIN;
    char *data = cm_reallocate_array(buffer->allocator, buffer->data, capacity, 1);
    if (data == NULL)
        return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

char *cm_buffer_reserve(struct cm_buffer *buffer, size_t size)
{
    size_t needed;
    if (buffer->failed)
        return NULL;
    if (buffer->data != NULL && size <= buffer->capacity - buffer->size)
        return buffer->data + buffer->size;
    if (!cm_size_add(&needed, buffer->size, size) || !grow(buffer, needed)) {
        buffer->failed = true;
        return NULL;
    }
    return buffer->data + buffer->size;
}

void cm_buffer_bytes(struct cm_buffer *buffer, const void *data, size_t size)
{
    if (size == 0)
        return;
    char *end = cm_buffer_reserve(buffer, size);
    if (end == NULL)
        return;
    memcpy(end, data, size);
    buffer->size += size;
}

void cm_buffer_byte(struct cm_buffer *buffer, char byte)
{
    char *end = cm_buffer_reserve(buffer, 1);
    if (end == NULL)
        return;
    *end = byte;
    buffer->size++;
}

void cm_buffer_text(struct cm_buffer *buffer, struct community_text text)
{
    cm_buffer_bytes(buffer, text.data, text.size);
}

void cm_buffer_string(struct cm_buffer *buffer, const char *string)
{
    cm_buffer_bytes(buffer, string, strlen(string));
}

void cm_buffer_integer(struct cm_buffer *buffer, int64_t value)
{
    char digits[CM_INTEGER_TEXT_SIZE];
    cm_buffer_text(buffer, cm_text_of_integer(digits, value));
}

void cm_buffer_hex(struct cm_buffer *buffer, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t total;
    if (!cm_size_multiply(&total, size, 2)) {
        buffer->failed = true;
        return;
    }
    char *end = cm_buffer_reserve(buffer, total);
    if (end == NULL)
        return;
    for (size_t i = 0; i < size; i++) {
        *end++ = digits[bytes[i] >> 4];
        *end++ = digits[bytes[i] & 15];
    }
    buffer->size += total;
}

struct community_text cm_buffer_view(const struct cm_buffer *buffer)
{
    if (buffer->data == NULL)
        return (struct community_text){"", 0};
    return (struct community_text){buffer->data, buffer->size};
}
