/* SPDX-License-Identifier: Apache-2.0
 *
 * Text on its way out. */
#include "output_text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct tool_bytes *bytes, size_t more)
{
    if (bytes->failed) {
        return false;
    }
    if (more <= bytes->capacity - bytes->size) {
        return true;
    }
    size_t capacity = bytes->capacity ? bytes->capacity : 256;
    while (capacity - bytes->size < more) {
        if (capacity > SIZE_MAX / 2) {
            bytes->failed = true;
            return false;
        }
        capacity *= 2;
    }
    char *data = realloc(bytes->data, capacity);
    if (!data) {
        bytes->failed = true;
        return false;
    }
    bytes->data = data;
    bytes->capacity = capacity;
    return true;
}

void tool_bytes_add(struct tool_bytes *bytes, struct community_text text)
{
    if (text.size > 0 && make_room(bytes, text.size)) {
        memcpy(bytes->data + bytes->size, text.data, text.size);
        bytes->size += text.size;
    }
}

void tool_bytes_add_string(struct tool_bytes *bytes, const char *string)
{
    tool_bytes_add(bytes, tool_text(string));
}

void tool_bytes_add_byte(struct tool_bytes *bytes, char byte)
{
    tool_bytes_add(bytes, (struct community_text){.data = &byte, .size = 1});
}

void tool_bytes_format(struct tool_bytes *bytes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    if (size < 0) {
        bytes->failed = true;
    } else if (make_room(bytes, (size_t)size + 1)) {
        (void)vsnprintf(bytes->data + bytes->size, (size_t)size + 1, format, again);
        bytes->size += (size_t)size;
    }
    va_end(again);
    va_end(arguments);
}

static bool steers_terminal(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0) ||
           (character >= 0x202A && character <= 0x202E) ||
           (character >= 0x2066 && character <= 0x2069);
}

void tool_bytes_add_shown(struct tool_bytes *bytes, struct community_text text)
{
    while (text.size > 0) {
        uint32_t character = 0;
        size_t size = tool_utf8_next(text, &character);
        if (size == 0 || steers_terminal(character)) {
            tool_bytes_add_string(bytes, "\xEF\xBF\xBD");
        } else {
            tool_bytes_add(bytes, (struct community_text){.data = text.data, .size = size});
        }
        size_t step = size ? size : 1;
        text.data += step;
        text.size -= step;
    }
}

void tool_bytes_clear(struct tool_bytes *bytes)
{
    bytes->size = 0;
    bytes->failed = false;
}

void tool_bytes_free(struct tool_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct tool_bytes){0};
}

struct community_text tool_bytes_text(const struct tool_bytes *bytes)
{
    return (struct community_text){.data = bytes->data ? bytes->data : "", .size = bytes->size};
}

struct community_text tool_text(const char *string)
{
    return (struct community_text){.data = string, .size = string ? strlen(string) : 0};
}

bool tool_text_is(struct community_text text, const char *string)
{
    return tool_text_equals(text, tool_text(string));
}

bool tool_text_equals(struct community_text left, struct community_text right)
{
    return left.size == right.size &&
           (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
}

bool tool_put(FILE *stream, struct community_text text)
{
    return text.size == 0 || fwrite(text.data, 1, text.size, stream) == text.size;
}

size_t tool_utf8_next(struct community_text text, uint32_t *character_out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (text.size == 0) {
        return 0;
    }
    unsigned char first = (unsigned char)text.data[0];
    if (first < 0x80) {
        *character_out = first;
        return 1;
    }
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || size > text.size) {
        return 0;
    }
    uint32_t character = first & (0x7Fu >> size);
    for (size_t index = 1; index < size; index++) {
        unsigned char byte = (unsigned char)text.data[index];
        if ((byte & 0xC0) != 0x80) {
            return 0;
        }
        character = (character << 6) | (byte & 0x3Fu);
    }
    bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
    if (character < least[size] || character > 0x10FFFF || is_surrogate) {
        return 0;
    }
    *character_out = character;
    return size;
}

bool tool_utf8_is_valid(struct community_text text)
{
    while (text.size > 0) {
        uint32_t character = 0;
        size_t size = tool_utf8_next(text, &character);
        if (size == 0) {
            return false;
        }
        text.data += size;
        text.size -= size;
    }
    return true;
}

static size_t columns_of(uint32_t character)
{
    /* The East Asian wide and full-width blocks of Unicode, as far as people write with them. */
    static const struct {
        uint32_t first;
        uint32_t last;
    } wide[] = {
        {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
        {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
        {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
    };
    bool joins = (character >= 0x0300 && character <= 0x036F) ||
                 (character >= 0x200B && character <= 0x200F) ||
                 (character >= 0xFE00 && character <= 0xFE0F);
    if (joins) {
        return 0;
    }
    for (size_t index = 0; index < sizeof wide / sizeof wide[0]; index++) {
        if (character >= wide[index].first && character <= wide[index].last) {
            return 2;
        }
    }
    return 1;
}

size_t tool_columns(struct community_text text)
{
    size_t columns = 0;
    while (text.size > 0) {
        uint32_t character = 0;
        size_t size = tool_utf8_next(text, &character);
        columns += size ? columns_of(character) : 1;
        size_t step = size ? size : 1;
        text.data += step;
        text.size -= step;
    }
    return columns;
}

struct tool_pool_chunk {
    struct tool_pool_chunk *next;
    size_t used;
    size_t capacity;
    max_align_t start[];
};

void *tool_pool_take(struct tool_pool *pool, size_t size)
{
    enum { CHUNK_SIZE = 16 * 1024 };
    const size_t unit = sizeof(max_align_t);
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size_t rounded = (size + unit - 1) / unit * unit;
    struct tool_pool_chunk *chunk = pool->chunks;
    if (!chunk || chunk->capacity - chunk->used < rounded) {
        size_t capacity = rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE;
        chunk = malloc(sizeof *chunk + capacity);
        if (!chunk) {
            return NULL;
        }
        chunk->next = pool->chunks;
        chunk->used = 0;
        chunk->capacity = capacity;
        pool->chunks = chunk;
    }
    char *taken = (char *)chunk->start + chunk->used;
    chunk->used += rounded;
    return taken;
}

void tool_pool_free(struct tool_pool *pool)
{
    while (pool->chunks) {
        struct tool_pool_chunk *next = pool->chunks->next;
        free(pool->chunks);
        pool->chunks = next;
    }
}
