/* SPDX-License-Identifier: Apache-2.0
 *
 * The small value types that every other header speaks in. */
#ifndef COMMUNITY_TYPES_H
#define COMMUNITY_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* UTF-8 text as a pointer and a size in bytes. Not NUL-terminated unless a function says so; never
 * contains U+0000. A text that goes into the library is borrowed for the call; a text that comes
 * out is borrowed from the object it was asked of, until that object is freed or changed.
 * {NULL, 0} is "no text"; a non-NULL pointer with size 0 is the empty text. */
struct community_text {
    const char *data;
    size_t size;
};

/* Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. */
typedef int64_t community_time_ms;

/* A record's identity: 16 bytes of a UUID (RFC 9562), version 7 when this library made it. */
struct community_id {
    uint8_t bytes[16];
};

#endif
