/* SPDX-License-Identifier: Apache-2.0
 *
 * Comparing, checking and measuring text. */
#include "text.h"

#include "checked.h"

#include <assert.h>
#include <string.h>

enum { DISTANCE_SIZE_MAX = 64, NEAREST_DISTANCE_MAX = 3 };

struct community_text cm_text(const char *string)
{
    if (string == NULL)
        return (struct community_text){NULL, 0};
    return (struct community_text){string, strlen(string)};
}

bool cm_text_equal(struct community_text a, struct community_text b)
{
    if (a.size != b.size)
        return false;
    /* Most unequal names part at the first byte, which is cheaper to see than to call for. */
    return a.size == 0 || (a.data[0] == b.data[0] && memcmp(a.data, b.data, a.size) == 0);
}

bool cm_text_is(struct community_text text, const char *string)
{
    return cm_text_equal(text, cm_text(string));
}

int cm_text_compare(struct community_text a, struct community_text b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

bool cm_text_starts_with(struct community_text text, const char *prefix)
{
    size_t size = strlen(prefix);
    return text.size >= size && (size == 0 || memcmp(text.data, prefix, size) == 0);
}

struct community_text cm_text_from(struct community_text text, size_t count)
{
    assert(count <= text.size);
    if (count == 0)
        return text;
    return (struct community_text){text.data + count, text.size - count};
}

/* Whether the eight bytes at `data` are all ASCII: most text is, and eight at once are cheap. */
static bool eight_are_ascii(const char *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return (word & UINT64_C(0x8080808080808080)) == 0;
}

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The size of the well-formed sequence that begins with a byte above 0x7F; 0 when there is none.
 * The second byte carries every rule beyond "is a continuation": see RFC 3629, section 4. */
static size_t sequence_size(const unsigned char *data, size_t size)
{
    unsigned char lead = data[0];
    if (lead < 0xC2 || lead > 0xF4 || size < 2 || !is_continuation(data[1]))
        return 0;
    if (lead < 0xE0)
        return 2;
    if ((lead == 0xE0 && data[1] < 0xA0) || (lead == 0xED && data[1] > 0x9F))
        return 0;
    if (size < 3 || !is_continuation(data[2]))
        return 0;
    if (lead < 0xF0)
        return 3;
    if ((lead == 0xF0 && data[1] < 0x90) || (lead == 0xF4 && data[1] > 0x8F))
        return 0;
    return size >= 4 && is_continuation(data[3]) ? 4 : 0;
}

bool cm_utf8_is_valid(struct community_text text, size_t *bad_offset_out)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t i = 0;
    while (i < text.size) {
        if (bytes[i] < 0x80) {
            while (text.size - i >= 8 && eight_are_ascii(text.data + i))
                i += 8;
            while (i < text.size && bytes[i] < 0x80)
                i++;
            continue;
        }
        size_t size = sequence_size(bytes + i, text.size - i);
        if (size == 0) {
            if (bad_offset_out != NULL)
                *bad_offset_out = i;
            return false;
        }
        i += size;
    }
    return true;
}

size_t cm_utf8_first(struct community_text text)
{
    assert(text.size > 0);
    const unsigned char *bytes = (const unsigned char *)text.data;
    return bytes[0] < 0x80 ? 1 : sequence_size(bytes, text.size);
}

size_t cm_utf8_count(struct community_text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += !is_continuation((unsigned char)text.data[i]);
    return count;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: three rows of the table are enough to see a swap of neighbours. */
size_t cm_text_distance(struct community_text a, struct community_text b, size_t limit)
{
    if (a.size > DISTANCE_SIZE_MAX || b.size > DISTANCE_SIZE_MAX)
        return limit + 1;
    size_t rows[3][DISTANCE_SIZE_MAX + 1];
    size_t *before = rows[0];
    size_t *previous = rows[1];
    size_t *current = rows[2];
    for (size_t j = 0; j <= b.size; j++) {
        before[j] = j;
        previous[j] = j;
    }
    for (size_t i = 1; i <= a.size; i++) {
        current[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t replaced = previous[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            size_t best = least(least(previous[j], current[j - 1]) + 1, replaced);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                best = least(best, before[j - 2] + 1);
            current[j] = best;
        }
        size_t *spare = before;
        before = previous;
        previous = current;
        current = spare;
    }
    return least(previous[b.size], limit + 1);
}

struct community_text cm_text_nearest(struct community_text text,
                                      const struct community_text *names, size_t count)
{
    size_t limit = text.size / 3;
    if (limit < 1)
        limit = 1;
    if (limit > NEAREST_DISTANCE_MAX)
        limit = NEAREST_DISTANCE_MAX;
    struct community_text nearest = {NULL, 0};
    for (size_t i = 0; i < count; i++) {
        size_t distance = cm_text_distance(text, names[i], limit);
        if (distance > limit)
            continue;
        nearest = names[i];
        if (distance == 0)
            break;
        limit = distance - 1; /* only a nearer one replaces it */
    }
    return nearest;
}

bool cm_text_to_integer(struct community_text text, int64_t *value_out)
{
    bool is_negative = text.size > 0 && text.data[0] == '-';
    size_t i = is_negative;
    if (i == text.size)
        return false;
    int64_t value = 0;
    for (; i < text.size; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || !cm_int64_multiply(&value, value, 10))
            return false;
        /* Counted on the side of its sign, so that the least integer is reached too. */
        if (!cm_int64_add(&value, value, is_negative ? -digit : digit))
            return false;
    }
    *value_out = value;
    return true;
}

struct community_text cm_text_of_integer(char out[CM_INTEGER_TEXT_SIZE], int64_t value)
{
    size_t first = CM_INTEGER_TEXT_SIZE;
    /* Negated as unsigned, because the least int64_t has no positive counterpart. */
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        out[--first] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude > 0);
    if (value < 0)
        out[--first] = '-';
    return (struct community_text){out + first, CM_INTEGER_TEXT_SIZE - first};
}
