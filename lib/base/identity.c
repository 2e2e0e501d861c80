/* SPDX-License-Identifier: Apache-2.0
 *
 * Record ids and bytes as hexadecimal text. */
#include "identity.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

/* -1 when it is no hexadecimal digit. */
static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

static bool hex_byte(const char *digits, uint8_t *byte_out)
{
    int high = hex_value(digits[0]);
    int low = hex_value(digits[1]);
    if (high < 0 || low < 0)
        return false;
    *byte_out = (uint8_t)(high * 16 + low);
    return true;
}

/* A hyphen stands before bytes 4, 6, 8 and 10. */
static bool hyphen_before(size_t index)
{
    return index == 4 || index == 6 || index == 8 || index == 10;
}

bool cm_id_parse(struct community_text text, struct community_id *id_out)
{
    struct community_id id;
    if (text.size != CM_ID_TEXT_SIZE - 1)
        return false;
    const char *next = text.data;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (hyphen_before(i) && *next++ != '-')
            return false;
        if (!hex_byte(next, &id.bytes[i]))
            return false;
        next += 2;
    }
    if (cm_id_is_nil(&id))
        return false;
    *id_out = id;
    return true;
}

void cm_id_format(char out[CM_ID_TEXT_SIZE], const struct community_id *id)
{
    for (size_t i = 0; i < sizeof id->bytes; i++) {
        if (hyphen_before(i))
            *out++ = '-';
        *out++ = hex_digits[id->bytes[i] >> 4];
        *out++ = hex_digits[id->bytes[i] & 15];
    }
    *out = '\0';
}

bool cm_id_equal(const struct community_id *a, const struct community_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool cm_id_is_nil(const struct community_id *id)
{
    static const struct community_id nil;
    return cm_id_equal(id, &nil);
}

struct community_id cm_id_make(community_time_ms time, const uint8_t random[10])
{
    /* 48 bits of time: a clock outside 1970 to 10889 still gives a valid id, only its order is
     * lost. */
    const community_time_ms time_max = (INT64_C(1) << 48) - 1;
    if (time < 0)
        time = 0;
    if (time > time_max)
        time = time_max;
    struct community_id id;
    for (size_t i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)((uint64_t)time >> (40 - 8 * i));
    memcpy(id.bytes + 6, random, 10);
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0F)); /* version 7 */
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F)); /* the variant of RFC 9562 */
    return id;
}

void cm_hex_format(char *out, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        *out++ = hex_digits[bytes[i] >> 4];
        *out++ = hex_digits[bytes[i] & 15];
    }
    *out = '\0';
}

bool cm_hex_parse(struct community_text text, uint8_t *bytes, size_t size)
{
    if (text.size / 2 != size || text.size % 2 != 0)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!hex_byte(text.data + 2 * i, &bytes[i]))
            return false;
    }
    return true;
}
