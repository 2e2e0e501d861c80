/* SPDX-License-Identifier: Apache-2.0
 *
 * How a call ends, and what it says when it does not end well.
 *
 * Three kinds of failure are never mixed. A wrong program meets an assertion. A "no" of the rules
 * is a receipt `refused` with its reasons (community/receipt.h), and the call itself returns
 * COMMUNITY_OK. Everything else, bad input and a failing world, is a status below, with a sentence
 * in a caller-owned `struct community_error`. */
#ifndef COMMUNITY_STATUS_H
#define COMMUNITY_STATUS_H

#include <stdint.h>

#include "community/export.h"
#include "community/types.h"

COMMUNITY_BEGIN

/* Values are never renumbered. */
enum community_status {
    COMMUNITY_OK = 0,
    COMMUNITY_NO_MEMORY = -1,         /* an allocation failed; nothing was changed */
    COMMUNITY_INVALID = -2,           /* the input breaks its own format: see place and text */
    COMMUNITY_NOT_FOUND = -3,         /* what was named does not exist */
    COMMUNITY_CONFLICT = -4,          /* somebody else wrote first, and retrying did not help */
    COMMUNITY_BUSY = -5,              /* another process holds the store longer than the timeout */
    COMMUNITY_IO = -6,                /* the file system or the database failed */
    COMMUNITY_CORRUPT = -7,           /* what is stored is not what was written */
    COMMUNITY_UNSUPPORTED = -8,       /* not in this build, or not yet in this version */
    COMMUNITY_TOO_NEW = -9,           /* the store was written by a newer library */
    COMMUNITY_CANCELLED = -10,        /* a progress callback asked to stop */
    COMMUNITY_CALENDAR_UNKNOWN = -11, /* a date lies in a year that the calendar does not know */
    COMMUNITY_KEY_REUSED = -12,       /* the command's key was used before with other content */
    COMMUNITY_FORKED = -13,           /* the desk was opened before a fork, by the parent process */
    COMMUNITY_EXISTS = -14,           /* what was to be made is there already */
};

enum {
    COMMUNITY_ERROR_CODE_SIZE = 48,
    COMMUNITY_ERROR_MESSAGE_SIZE = 512,
    COMMUNITY_ERROR_SOURCE_SIZE = 160,
};

/* What went wrong, in the caller's memory. Zero it before the first use. The first error stands: a
 * function that is given an error whose `status` is not COMMUNITY_OK does not overwrite it.
 * Wherever a function takes a `struct community_error *`, NULL is allowed. */
struct community_error {
    int32_t status;                           /* enum community_status */
    uint32_t line;                            /* from 1; 0 when the error has no place in a text */
    uint32_t column;                          /* in characters from 1 */
    char code[COMMUNITY_ERROR_CODE_SIZE];     /* stable word of the registry, e.g. "unknown-key" */
    char source[COMMUNITY_ERROR_SOURCE_SIZE]; /* the file or document the place is in, or "" */
    char message[COMMUNITY_ERROR_MESSAGE_SIZE];    /* one English sentence, NUL-terminated */
    char message_zh[COMMUNITY_ERROR_MESSAGE_SIZE]; /* the same in Chinese */
};

/* The stable word of a status ("no-memory"), never NULL. Any thread. */
COMMUNITY_EXPORT const char *community_status_name(int32_t status);

COMMUNITY_END

#endif
