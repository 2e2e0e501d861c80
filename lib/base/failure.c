/* SPDX-License-Identifier: Apache-2.0
 *
 * Filling a caller's error, and the words of the statuses. */
#include "failure.h"

#include <assert.h>
#include <string.h>

const char *community_status_name(int32_t status)
{
    switch ((enum community_status)status) {
    case COMMUNITY_OK:
        return "ok";
    case COMMUNITY_NO_MEMORY:
        return "no-memory";
    case COMMUNITY_INVALID:
        return "invalid";
    case COMMUNITY_NOT_FOUND:
        return "not-found";
    case COMMUNITY_CONFLICT:
        return "conflict";
    case COMMUNITY_BUSY:
        return "busy";
    case COMMUNITY_IO:
        return "io";
    case COMMUNITY_CORRUPT:
        return "corrupt";
    case COMMUNITY_UNSUPPORTED:
        return "unsupported";
    case COMMUNITY_TOO_NEW:
        return "too-new";
    case COMMUNITY_CANCELLED:
        return "cancelled";
    case COMMUNITY_CALENDAR_UNKNOWN:
        return "calendar-unknown";
    case COMMUNITY_KEY_REUSED:
        return "key-reused";
    case COMMUNITY_FORKED:
        return "forked";
    case COMMUNITY_EXISTS:
        return "exists";
    }
    return "unknown"; /* a number from a newer library */
}

enum community_status cm_fail_with(struct community_error *err, enum community_status status,
                                   enum cm_code code, const struct community_text *arguments,
                                   size_t count)
{
    assert(status != COMMUNITY_OK);
    assert(code != CM_CODE_NONE);
    if (err == NULL || err->status != COMMUNITY_OK)
        return status;
    const char *word = cm_code_word(code);
    assert(strlen(word) < sizeof err->code);
    err->status = status;
    memcpy(err->code, word, strlen(word) + 1);
    cm_code_render(err->message, sizeof err->message, code, CM_ENGLISH, arguments, count);
    cm_code_render(err->message_zh, sizeof err->message_zh, code, CM_CHINESE, arguments, count);
    return status;
}

enum community_status cm_fail_plain(struct community_error *err, enum community_status status,
                                    enum cm_code code)
{
    return cm_fail_with(err, status, code, NULL, 0);
}

enum community_status cm_fail_memory(struct community_error *err)
{
    return cm_fail_plain(err, COMMUNITY_NO_MEMORY, CM_CODE_NO_MEMORY);
}

void cm_fail_at(struct community_error *err, uint32_t line, uint32_t column)
{
    if (err == NULL || err->status == COMMUNITY_OK || err->line != 0)
        return;
    err->line = line;
    err->column = column;
}

void cm_fail_in(struct community_error *err, struct community_text source)
{
    if (err == NULL || err->status == COMMUNITY_OK || err->source[0] != '\0' || source.size == 0)
        return;
    size_t size = source.size;
    if (size > sizeof err->source - 1) {
        /* Cut in front of the character that does not fit whole. */
        size = sizeof err->source - 1;
        while (size > 0 && ((unsigned char)source.data[size] & 0xC0) == 0x80)
            size--;
    }
    memcpy(err->source, source.data, size);
    err->source[size] = '\0';
}

void cm_fail_copy(struct community_error *err, const struct community_error *from)
{
    if (err == NULL || err->status != COMMUNITY_OK)
        return;
    *err = *from;
}
