/* SPDX-License-Identifier: Apache-2.0
 *
 * How far text goes on without anything to look at: eight bytes at a time. */
#ifndef CM_JSON_RUN_H
#define CM_JSON_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Control characters, the quote and the backslash never stand in a JSON string as they are. */
static inline bool cm_json_is_special(char byte)
{
    return (unsigned char)byte < 0x20 || byte == '"' || byte == '\\';
}

static inline uint64_t cm_json_repeat(unsigned char byte)
{
    return UINT64_C(0x0101010101010101) * byte;
}

/* The top bit of each special byte; bits above the first that is set may be wrong, because a borrow
 * went through them. Zero exactly when there is none. */
static inline uint64_t cm_json_special_bytes(uint64_t word)
{
    uint64_t quote = word ^ cm_json_repeat('"');
    uint64_t backslash = word ^ cm_json_repeat('\\');
    uint64_t special = (word - cm_json_repeat(0x20)) & ~word;
    special |= (quote - cm_json_repeat(0x01)) & ~quote;
    special |= (backslash - cm_json_repeat(0x01)) & ~backslash;
    return special & cm_json_repeat(0x80);
}

/* The last eight bytes of a text of at least four; some twice, if it has less than eight. */
static inline uint64_t cm_json_last_bytes(const char *data, size_t size)
{
    uint64_t word;
    uint32_t half;
    if (size >= sizeof word) {
        memcpy(&word, data + size - sizeof word, sizeof word);
        return word;
    }
    memcpy(&half, data, sizeof half);
    word = (uint64_t)half << 32;
    memcpy(&half, data + size - sizeof half, sizeof half);
    return word | half;
}

/* The count of bytes before the first special one, or with `stop_above_ascii` the first above 0x7F
 * too; `size` when there is none. */
static inline size_t cm_json_plain_run(const char *data, size_t size, bool stop_above_ascii)
{
    size_t i = 0;
    for (; size - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, data + i, sizeof word);
        uint64_t stops = cm_json_special_bytes(word);
        if (stop_above_ascii)
            stops |= word & cm_json_repeat(0x80);
        if (stops == 0)
            continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return i + (size_t)__builtin_ctzll(stops) / 8;
#else
        break;
#endif
    }
    /* Most often the rest is plain too, and one more look is enough to know. */
    if (size >= sizeof(uint32_t) && size - i < sizeof(uint64_t)) {
        uint64_t last = cm_json_last_bytes(data, size);
        uint64_t stops = cm_json_special_bytes(last);
        if (stop_above_ascii)
            stops |= last & cm_json_repeat(0x80);
        if (stops == 0)
            return size;
    }
    while (i < size && !cm_json_is_special(data[i]) &&
           !(stop_above_ascii && (unsigned char)data[i] >= 0x80))
        i++;
    return i;
}

#endif
