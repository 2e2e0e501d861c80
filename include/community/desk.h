/* SPDX-License-Identifier: Apache-2.0
 *
 * The desk: where rules, records and a store come together.
 *
 * A desk is used by one thread at a time; several desks, in threads or processes, may share one
 * store. A desk that was open when its process forked answers COMMUNITY_FORKED in the child.
 *
 * Every function that takes a `struct community_error *` may also answer COMMUNITY_NO_MEMORY,
 * COMMUNITY_IO, COMMUNITY_BUSY, COMMUNITY_CORRUPT and COMMUNITY_FORKED; only what is special is
 * said at each. After any failure the desk is as it was before the call and can be used again. */
#ifndef COMMUNITY_DESK_H
#define COMMUNITY_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/allocator.h"
#include "community/command.h"
#include "community/document.h"
#include "community/export.h"
#include "community/receipt.h"
#include "community/rulebook.h"
#include "community/status.h"
#include "community/types.h"

COMMUNITY_BEGIN

struct community_desk;
struct community_store;

/* "When it happens to be": the desk's own now. */
#define COMMUNITY_TIME_NOW INT64_MIN

/* Flags of struct community_desk_configuration. */
#define COMMUNITY_DESK_CREATE 0x1u /* make a new desk; COMMUNITY_EXISTS if there is one */
#define COMMUNITY_DESK_READ_ONLY 0x2u
#define COMMUNITY_DESK_SYNC_NORMAL                                                                 \
    0x4u /* SQLite: the last commits may be lost on power failure   \
                                         */

/* How to open a desk. Zero it and set `size`; a zero member means its default. */
struct community_desk_configuration {
    size_t size; /* sizeof(struct community_desk_configuration) */
    uint32_t flags;
    int32_t busy_timeout_ms; /* 10,000 */
    const struct community_allocator *allocator;
    /* The clock, asked once per call; the system's. The desk's now never runs backwards: it is the
     * greater of this and the last recorded time. */
    community_time_ms (*now)(void *userdata);
    void *now_userdata;
    /* Random bytes for ids and salts, false when there are none; the system's. */
    bool (*random)(void *userdata, uint8_t *bytes, size_t size);
    void *random_userdata;
    /* A store of your own (community/sys/store.h): the URI is then ignored; closed with the desk,
     * also when opening fails. */
    const struct community_store *store;
};

/* `uri`: "sqlite:PATH", "memory:", or a bare path, which means sqlite. `configuration` may be NULL.
 * Errors: COMMUNITY_NOT_FOUND no such desk (without CREATE; a memory desk is always new);
 * COMMUNITY_EXISTS; COMMUNITY_CORRUPT it is not a desk; COMMUNITY_TOO_NEW; COMMUNITY_UNSUPPORTED
 * the kind of store is not in this build; COMMUNITY_INVALID the URI cannot be read. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_open(struct community_desk **desk_out, struct community_text uri,
                    const struct community_desk_configuration *configuration,
                    struct community_error *err);
/* NULL is allowed. An open batch is rolled back. */
COMMUNITY_EXPORT void community_desk_close(struct community_desk *desk);

/* Makes `rulebook` the one that new records are opened under. Records that exist keep the rulebook
 * they were opened under. Its time zones are pinned in the store. Installing the current one again
 * does nothing. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_install(struct community_desk *desk, const struct community_rulebook *rulebook,
                       struct community_text actor, struct community_error *err);
/* The hash of the current rulebook, the desk's until its next call; {NULL, 0} when there is none.
 */
COMMUNITY_EXPORT struct community_text community_desk_rulebook_hash(struct community_desk *desk);
/* The desk's now. */
COMMUNITY_EXPORT community_time_ms community_desk_now(struct community_desk *desk);

/* Decides a command and, if the rules allow it, does it: durable when the call returns (in a batch:
 * when the batch commits). A "no" of the rules is COMMUNITY_OK with a refused receipt and nothing
 * written but the record's own timers that were due by the command's time.
 * Errors: COMMUNITY_KEY_REUSED; COMMUNITY_CONFLICT. *receipt_out is NULL after an error. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_submit(struct community_receipt **receipt_out, struct community_desk *desk,
                      const struct community_command *command, struct community_error *err);
/* The receipt that submit would give now; nothing is written. Its position is 0. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_preview(struct community_receipt **receipt_out, struct community_desk *desk,
                       const struct community_command *command, struct community_error *err);

/* Many commands in one transaction. A refused command does not disturb the batch; an error of
 * submit (other than COMMUNITY_KEY_REUSED) rolls the whole batch back and ends it. Receipts given
 * within a batch are promises only after commit has answered COMMUNITY_OK. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_begin(struct community_desk *desk, struct community_error *err);
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_commit(struct community_desk *desk, struct community_error *err);
COMMUNITY_EXPORT void community_desk_rollback(struct community_desk *desk);

/* Fires every timer due by `now` (COMMUNITY_TIME_NOW; a later time moves the desk's now forward),
 * in the order of due time, record, name. *fired_out (may be NULL) counts the entries written.
 * `progress` (may be NULL) is called now and then; a return of other than 0 stops between
 * transactions: COMMUNITY_CANCELLED, what was done stays done. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_tick(struct community_desk *desk, community_time_ms now, int64_t *fired_out,
                    int (*progress)(void *userdata, int64_t done, int64_t total), void *userdata,
                    struct community_error *err);

/* What `actor` may see of a record: `record` is an id or '@' and an external id. Fields that the
 * actor may not read are masked. Errors: COMMUNITY_NOT_FOUND. */
#define COMMUNITY_GET_HISTORY 0x1u /* with "history": every entry, oldest first */
#define COMMUNITY_GET_EXPLAIN 0x2u /* with "why" at each deadline: the days counted and skipped */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_get(struct community_document **document_out, struct community_desk *desk,
                   struct community_text record, struct community_text actor, uint32_t flags,
                   struct community_error *err);
/* What `actor` may do with the record at the desk's now, and for everything else why not. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_options(struct community_document **document_out, struct community_desk *desk,
                       struct community_text record, struct community_text actor,
                       struct community_error *err);

/* Which records to find. Zero it and set `size`; a zero member means any. */
struct community_find {
    size_t size;
    struct community_text lifecycle;
    struct community_text state;
    struct community_text unit;
    bool has_due_before;
    bool open_only;
    community_time_ms due_before;
    int64_t limit;
};
/* Called with one record as JSON, borrowed until it returns; other than 0 stops the search, which
 * then answers COMMUNITY_CANCELLED. It must not use the desk. */
typedef int community_json_fn(void *userdata, struct community_text json);
/* One record after the other, never all in memory: by id, or by due time where due_before is given.
 */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_find(struct community_desk *desk, const struct community_find *find,
                    struct community_text actor, community_json_fn *callback, void *userdata,
                    struct community_error *err);
/* The entries of a record, oldest first, as `actor` may see them. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_history(struct community_desk *desk, struct community_text record,
                       struct community_text actor, community_json_fn *callback, void *userdata,
                       struct community_error *err);
/* Counts by lifecycle, state and unit; open, overdue, on time, late, as of `at`
 * (COMMUNITY_TIME_NOW). Back-filled and out-of-order records are counted apart. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_summary(struct community_document **document_out, struct community_desk *desk,
                       community_time_ms at, struct community_error *err);

/* Effects that wait for the host, as CloudEvents 1.0 JSON; each at least once, until acknowledged
 * by its "id". */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_outbox(struct community_desk *desk, community_json_fn *callback, void *userdata,
                      struct community_error *err);
/* Errors: COMMUNITY_NOT_FOUND no such effect is waiting. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_acknowledge(struct community_desk *desk, struct community_text id,
                           struct community_error *err);

/* Every entry read again from the first: its hash, its place in its record's chain, its
 * commitments, and at the end each record's stored state against the outcomes of its entries. */
struct community_verification {
    size_t size; /* set by the caller: sizeof(struct community_verification) */
    bool is_whole;
    int64_t entry_count;  /* read */
    int64_t record_count; /* compared */
    int64_t position;     /* the first bad one, 0 where it is a record's row */
    char kind[32];        /* "hash", "previous", "version", "position", "canonical", "commitment",
                             "record", "missing", … ; "" when whole */
    char record[40];      /* the record's id, or "" */
    char expected[80];
    char found[80];
};
/* COMMUNITY_OK also when the journal is not whole: ask `is_whole`. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_verify(struct community_verification *verification_out, struct community_desk *desk,
                      int (*progress)(void *userdata, int64_t done, int64_t total), void *userdata,
                      struct community_error *err);

/* A whole copy of the desk at `path`, which must not exist, while others go on working.
 * Errors: COMMUNITY_EXISTS; COMMUNITY_UNSUPPORTED the store has no file; COMMUNITY_CANCELLED. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_desk_backup(struct community_desk *desk, struct community_text path,
                      int (*progress)(void *userdata, int64_t done, int64_t total), void *userdata,
                      struct community_error *err);

COMMUNITY_END

#endif
