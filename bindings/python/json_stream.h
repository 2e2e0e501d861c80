/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of any number, kept until a script asks for them one by one.
 *
 * A callback of the library must not use its desk, but a loop over the answers wants to. So the
 * search runs to its end first, without the interpreter's lock; what it finds is kept here, in
 * memory up to a bound and beyond that in a nameless file that is gone when the stream is. A
 * million records cost a million records of disk and one mebibyte of memory, and no read
 * transaction stays open while the script thinks. */
#ifndef JSON_STREAM_H
#define JSON_STREAM_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "community.h"

enum { JSON_STREAM_MEMORY_MAX = 1 << 20, JSON_STREAM_FIRST_SIZE = 4096 };

struct json_stream {
    char *bytes; /* each item is its size as a uint32_t, then its text */
    size_t size;
    size_t capacity;
    size_t read_at;
    FILE *file; /* holds what came before `bytes`; NULL while all of it fits into memory */
    bool is_writing;
    int failure;    /* an errno, 0 for none */
    uint32_t taken; /* how many items; only its lowest bits matter */
};

static struct json_stream *json_stream_new(void)
{
    struct json_stream *stream = calloc(1, sizeof(*stream));
    if (stream != NULL)
        stream->is_writing = true;
    return stream;
}

static void json_stream_free(struct json_stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->file != NULL)
        fclose(stream->file);
    free(stream->bytes);
    free(stream);
}

/* Moves what is in memory to the end of the file. */
static bool json_stream_spill(struct json_stream *stream)
{
    if (stream->file == NULL)
        stream->file = tmpfile();
    if (stream->file == NULL ||
        fwrite(stream->bytes, 1, stream->size, stream->file) != stream->size) {
        stream->failure = errno != 0 ? errno : EIO;
        return false;
    }
    stream->size = 0;
    return true;
}

static bool json_stream_reserve(struct json_stream *stream, size_t more)
{
    if (stream->size + more <= stream->capacity)
        return true;
    size_t capacity = stream->capacity == 0 ? JSON_STREAM_FIRST_SIZE : stream->capacity;
    while (capacity < stream->size + more)
        capacity *= 2;
    char *grown = realloc(stream->bytes, capacity);
    if (grown == NULL) {
        stream->failure = ENOMEM;
        return false;
    }
    stream->bytes = grown;
    stream->capacity = capacity;
    return true;
}

static bool json_stream_put(struct json_stream *stream, struct community_text json)
{
    if (json.size > UINT32_MAX) {
        stream->failure = EFBIG;
        return false;
    }
    const uint32_t size = (uint32_t)json.size;
    const size_t whole = sizeof(size) + json.size;
    if (stream->size > 0 && stream->size + whole > JSON_STREAM_MEMORY_MAX &&
        !json_stream_spill(stream))
        return false;
    if (!json_stream_reserve(stream, whole))
        return false;
    memcpy(stream->bytes + stream->size, &size, sizeof(size));
    memcpy(stream->bytes + stream->size + sizeof(size), json.data, json.size);
    stream->size += whole;
    stream->taken++;
    return true;
}

/* From here on the stream is read. */
static bool json_stream_rewind(struct json_stream *stream)
{
    stream->is_writing = false;
    if (stream->file == NULL)
        return true;
    if (!json_stream_spill(stream))
        return false;
    if (fseek(stream->file, 0, SEEK_SET) != 0) {
        stream->failure = errno;
        return false;
    }
    return true;
}

static bool json_stream_read(struct json_stream *stream, void *out, size_t size)
{
    if (fread(out, 1, size, stream->file) == size)
        return true;
    if (ferror(stream->file))
        stream->failure = errno != 0 ? errno : EIO;
    return false;
}

/* The next item, borrowed until the next call; false at the end or on failure. */
static bool json_stream_take(struct json_stream *stream, struct community_text *json_out)
{
    uint32_t size;
    if (stream->file == NULL) {
        if (stream->read_at == stream->size)
            return false;
        memcpy(&size, stream->bytes + stream->read_at, sizeof(size));
        *json_out = (struct community_text){stream->bytes + stream->read_at + sizeof(size), size};
        stream->read_at += sizeof(size) + size;
        return true;
    }
    stream->size = 0;
    if (!json_stream_read(stream, &size, sizeof(size)) || !json_stream_reserve(stream, size))
        return false;
    if (!json_stream_read(stream, stream->bytes, size)) {
        if (stream->failure == 0)
            stream->failure = EIO;
        return false;
    }
    *json_out = (struct community_text){stream->bytes, size};
    return true;
}

#endif
