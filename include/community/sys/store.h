/* SPDX-License-Identifier: Apache-2.0
 *
 * For those who bring their own store; a weaker promise than the rest of the library: the table may
 * grow at its end in any version, and `size` tells how much of it you filled.
 *
 * A store keeps bytes and finds them again. It decides nothing: entries arrive hashed, records
 * arrive as rows. Its duties are four: a transaction is whole or absent and, once committed, lasts;
 * an append whose expected version has moved answers COMMUNITY_CONFLICT and changes nothing;
 * positions are given inside the transaction, ascending without gaps from 1; bytes come back as
 * they went in. tests/store/ holds the contract as a suite that runs against every store.
 *
 * One thread at a time uses a store. Texts handed to a callback or returned in a row are borrowed:
 * from a callback until it returns, from a row until the next call on the store. */
#ifndef COMMUNITY_SYS_STORE_H
#define COMMUNITY_SYS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/export.h"
#include "community/status.h"
#include "community/types.h"

COMMUNITY_BEGIN

/* "No time": no due time, no timer. Sorts after every real time. */
#define COMMUNITY_TIME_NONE INT64_MAX

enum { COMMUNITY_HASH_SIZE = 32 };

/* A record as it stands. */
struct community_store_record {
    struct community_id id;
    int64_t version; /* of its newest entry; 0 only in `expected` for a new record */
    uint8_t hash[COMMUNITY_HASH_SIZE]; /* entry_hash of its newest entry */
    struct community_text space;       /* "ticket", "unit", "person", "grant", "rulebook", … */
    struct community_text external_id; /* unique within its space; {NULL, 0}: none */
    struct community_text lifecycle;   /* name; empty for spaces without lifecycles */
    struct community_text state;
    struct community_text unit;   /* who answers for it now; may be none */
    struct community_id parent;   /* nil: none */
    community_time_ms due;        /* the earliest running due time, or COMMUNITY_TIME_NONE */
    community_time_ms next_timer; /* when tick has to look at it, or COMMUNITY_TIME_NONE */
    bool is_final;
    struct community_text snapshot; /* opaque bytes */
};

struct community_store_entry {
    struct community_id record;
    int64_t version; /* the record's version after this entry: the one before plus 1 */
    uint8_t hash[COMMUNITY_HASH_SIZE];
    community_time_ms recorded_at;
    struct community_text body;   /* RFC 8785 bytes, kept verbatim */
    struct community_text values; /* personal values and salts beside it; {NULL, 0}: none */
    size_t effect_count;          /* for the outbox */
    const struct community_text *effects;
};

/* The memory of a command's key. */
struct community_store_key {
    struct community_text actor;
    struct community_text key;
    uint8_t digest[COMMUNITY_HASH_SIZE];
    uint8_t salt[16];
    struct community_text receipt;
};

/* What one command writes. `records` has one row per touched record, as it stands after the last of
 * its entries; before, the record must be at version `expected[i]` (0: must not exist). */
struct community_store_change {
    size_t entry_count;
    const struct community_store_entry *entries;
    size_t record_count;
    const struct community_store_record *records;
    const int64_t *expected;
    const struct community_store_key *key; /* NULL: no key */
};

struct community_store_filter {
    struct community_text space; /* {NULL, 0}: any; so with the rest */
    struct community_text lifecycle;
    struct community_text state;
    struct community_text unit;
    struct community_id parent;   /* nil: any */
    community_time_ms due_before; /* COMMUNITY_TIME_NONE: any */
    bool open_only;               /* only records that are not final */
    struct community_id after;    /* rows come in the order of ids (or of due, then ids, when
                                     due_before is given); continue after this one; nil: start */
};

/* A stored entry as it is read back. `hash` comes from the table of hashes, not from `body`. */
struct community_store_stored {
    int64_t position;
    struct community_id record;
    int64_t version;
    uint8_t hash[COMMUNITY_HASH_SIZE];
    bool has_hash; /* false: the row of the hash is missing */
    community_time_ms recorded_at;
    struct community_text body;
    struct community_text values;
};

struct community_store_effect {
    struct community_text id; /* "<position>-<number>", what `acknowledge` takes */
    int64_t position;
    struct community_text body;
};

/* A callback returns 0 to go on, anything else to stop: the call then answers COMMUNITY_CANCELLED.
 */
typedef int community_store_record_fn(void *userdata, const struct community_store_record *record);
typedef int community_store_entry_fn(void *userdata, const struct community_store_stored *entry);
typedef int community_store_effect_fn(void *userdata, const struct community_store_effect *effect);
typedef int community_store_progress_fn(void *userdata, int64_t done, int64_t total);

/* The store: a table of functions over `self`. Every function documents only what is special; each
 * may answer COMMUNITY_NO_MEMORY, COMMUNITY_IO, COMMUNITY_BUSY or COMMUNITY_CORRUPT. */
struct community_store {
    size_t size; /* sizeof(struct community_store) */
    void *self;

    /* Starts a write transaction. *changed_out: whether somebody else has written since this
     * store's last transaction (true the first time). */
    enum community_status (*begin)(void *self, bool *changed_out, struct community_error *err);
    /* After a failed commit nothing of the transaction is there. */
    enum community_status (*commit)(void *self, struct community_error *err);
    void (*rollback)(void *self); /* outside a transaction it does nothing */

    /* Inside a transaction. COMMUNITY_CONFLICT: a record is not at its expected version.
     * COMMUNITY_EXISTS: the external id or the key is taken. After any failure the caller rolls
     * back. *position_out: the position of the first entry. */
    enum community_status (*append)(void *self, int64_t *position_out,
                                    const struct community_store_change *change,
                                    struct community_error *err);

    /* Inside or outside a transaction. COMMUNITY_NOT_FOUND leaves `err` alone. */
    enum community_status (*load)(void *self, struct community_store_record *record_out,
                                  const struct community_id *id, struct community_error *err);
    enum community_status (*load_external)(void *self, struct community_store_record *record_out,
                                           struct community_text space,
                                           struct community_text external_id,
                                           struct community_error *err);
    /* The record with the earliest next_timer <= until, of equals the least id. */
    enum community_status (*next_timer)(void *self, struct community_store_record *record_out,
                                        community_time_ms until, struct community_error *err);
    /* The callback must not write; it may load. */
    enum community_status (*find)(void *self, const struct community_store_filter *filter,
                                  community_store_record_fn *callback, void *userdata,
                                  struct community_error *err);
    /* Entries with position >= from, in order. */
    enum community_status (*entries)(void *self, int64_t from, community_store_entry_fn *callback,
                                     void *userdata, struct community_error *err);
    /* The entries of one record, in order of version. */
    enum community_status (*history)(void *self, const struct community_id *record,
                                     community_store_entry_fn *callback, void *userdata,
                                     struct community_error *err);
    /* The last position (0: none) and the greatest recorded_at (0: none). */
    enum community_status (*tail)(void *self, int64_t *position_out,
                                  community_time_ms *recorded_at_out, struct community_error *err);
    enum community_status (*find_key)(void *self, struct community_store_key *key_out,
                                      struct community_text actor, struct community_text key,
                                      struct community_error *err);

    /* Documents by hash: rulebooks and zone tables, kept verbatim. Putting the same again does
     * nothing; putting other bytes under the same name is COMMUNITY_EXISTS. Put: inside a
     * transaction. */
    enum community_status (*put_document)(void *self, struct community_text kind,
                                          struct community_text name, struct community_text body,
                                          struct community_error *err);
    enum community_status (*document)(void *self, struct community_text *body_out,
                                      struct community_text kind, struct community_text name,
                                      struct community_error *err);
    /* Small named facts about the desk itself. Put (inside a transaction) replaces. */
    enum community_status (*put_setting)(void *self, struct community_text name,
                                         struct community_text value, struct community_error *err);
    enum community_status (*setting)(void *self, struct community_text *value_out,
                                     struct community_text name, struct community_error *err);

    enum community_status (*outbox)(void *self, community_store_effect_fn *callback, void *userdata,
                                    struct community_error *err);
    /* In a transaction of its own. COMMUNITY_NOT_FOUND: no such effect is waiting. */
    enum community_status (*acknowledge)(void *self, struct community_text effect_id,
                                         struct community_error *err);
    /* A whole copy at `path`, which must not exist, while others go on writing.
     * COMMUNITY_UNSUPPORTED where the store has no file. */
    enum community_status (*backup)(void *self, const char *path,
                                    community_store_progress_fn *progress, void *userdata,
                                    struct community_error *err);
    /* Outside a transaction: whether somebody else has written since this store last said so here
     * or in `begin` (true the first time). */
    enum community_status (*look)(void *self, bool *changed_out, struct community_error *err);
    void (*close)(void *self); /* rolls back what is open; frees self */
};

COMMUNITY_END

#endif
