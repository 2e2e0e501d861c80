/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that grow. A failed allocation is remembered, later writes do nothing, and one question at
 * the end tells: writers need no check at each step. */
#ifndef CM_BUFFER_H
#define CM_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/allocator.h"
#include "community/types.h"

struct cm_buffer {
    const struct community_allocator *allocator;
    char *data; /* NULL while empty */
    size_t size;
    size_t capacity;
    bool failed; /* an allocation failed; the content is cut short */
};

void cm_buffer_init(struct cm_buffer *buffer, const struct community_allocator *allocator);
void cm_buffer_free(struct cm_buffer *buffer);
void cm_buffer_clear(struct cm_buffer *buffer); /* size 0, not failed, capacity kept */
void cm_buffer_bytes(struct cm_buffer *buffer, const void *data, size_t size);
void cm_buffer_byte(struct cm_buffer *buffer, char byte);
void cm_buffer_text(struct cm_buffer *buffer, struct community_text text);
void cm_buffer_string(struct cm_buffer *buffer, const char *string); /* NUL-terminated */
void cm_buffer_integer(struct cm_buffer *buffer, int64_t value);     /* decimal */
void cm_buffer_hex(struct cm_buffer *buffer, const uint8_t *bytes, size_t size); /* lower case */
/* Room for `size` more bytes: the caller writes there and adds what it wrote to `buffer->size`.
 * NULL when there is no memory, or was none before. */
char *cm_buffer_reserve(struct cm_buffer *buffer, size_t size);
/* Until the next write. The empty text, never {NULL, 0}, while nothing was written. */
struct community_text cm_buffer_view(const struct cm_buffer *buffer);

#endif
