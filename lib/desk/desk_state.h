/* SPDX-License-Identifier: Apache-2.0
 *
 * What an open desk holds, and the small services its files share. */
#ifndef CM_DESK_STATE_H
#define CM_DESK_STATE_H

#include <sys/types.h>

#include "community/desk.h"
#include "community/sys/store.h"
#include "digest.h"
#include "directory.h"
#include "entry.h"
#include "rulebook.h"

#define CM_SPACE_TICKET "ticket"
#define CM_SPACE_UNIT "unit"
#define CM_SPACE_PERSON "person"
#define CM_SPACE_GRANT "grant"
#define CM_SPACE_IMPORT "import"
#define CM_SPACE_RULEBOOK "rulebook"

#define CM_ACTOR_SYSTEM "system"

/* Units and grants as the store has them, kept sorted; texts live in `arena`. */
struct cm_directory_cache {
    struct cm_arena arena;
    bool is_loaded;
    struct cm_directory view; /* what decisions are given: borrows the arrays below */
    struct cm_unit *units;
    size_t unit_count;
    size_t unit_capacity;
    struct cm_grant *grants;
    size_t grant_count;
    size_t grant_capacity;
};

struct community_desk {
    struct community_allocator allocator;
    pid_t owner; /* the process that opened it */
    struct community_store store;
    community_time_ms (*clock)(void *userdata);
    void *clock_userdata;
    bool (*random)(void *userdata, uint8_t *bytes, size_t size);
    void *random_userdata;
    uint8_t random_pool[512]; /* random bytes are asked for many at a time */
    size_t random_left;
    struct cm_digest *digest;
    struct cm_journal_tools tools;
    struct cm_arena arena;   /* of the call under way; reset when it begins */
    struct cm_buffer buffer; /* scratch for bytes that are copied on */
    bool is_read_only;
    bool in_transaction;
    bool in_batch;
    bool tail_is_known;
    int64_t last_position; /* of the newest entry, counting those of the open transaction */
    community_time_ms last_recorded_at;
    community_time_ms begun_recorded_at; /* what it was before the open transaction */
    community_time_ms moved_to; /* a tick to a later time moves now forward; INT64_MIN: never */
    struct community_id id;     /* the desk's own, for CloudEvents */
    bool current_is_known;
    char current[65]; /* hash of the current rulebook, "" for none */
    size_t rulebook_count;
    struct community_rulebook **rulebooks;
    struct cm_directory_cache directory;
};

/* Every public call begins with this: the process is the one that opened the desk; the call's arena
 * is empty. */
enum community_status cm_desk_enter(struct community_desk *desk, struct community_error *err);

/* The same for calls that only read: what other processes wrote is seen. */
enum community_status cm_desk_look(struct community_desk *desk, struct community_error *err);

/* A transaction of one's own unless a batch is open. Whatever another process wrote is seen. */
enum community_status cm_desk_begin(struct community_desk *desk, struct community_error *err);
enum community_status cm_desk_commit(struct community_desk *desk, struct community_error *err);
void cm_desk_rollback(struct community_desk *desk);

community_time_ms cm_desk_now(struct community_desk *desk);
/* A record id of now. False: no randomness. */
bool cm_desk_new_id(struct community_desk *desk, struct community_id *id_out,
                    community_time_ms now);
/* The bytes' SHA-256. False: no memory. */
bool cm_desk_digest(void *desk, uint8_t out[32], struct community_text bytes);
bool cm_desk_random(void *desk, uint8_t *bytes, size_t size);

/* The rulebook of that hash, loaded from the store with its pinned zones when first asked for; the
 * desk's. COMMUNITY_CORRUPT when the store does not have it or has something else. */
enum community_status cm_desk_rulebook(const struct community_rulebook **out,
                                       struct community_desk *desk, struct community_text hash,
                                       struct community_error *err);
/* The current one; NULL when none is installed. */
enum community_status cm_desk_current_rulebook(const struct community_rulebook **out,
                                               struct community_desk *desk,
                                               struct community_error *err);

/* SHA-256 of the zone table that a rulebook was installed with. COMMUNITY_NOT_FOUND leaves `err`
 * alone. */
enum community_status cm_desk_zone_digest(uint8_t out[32], struct community_desk *desk,
                                          struct community_text hash, struct community_text zone,
                                          struct community_error *err);

/* desk_directory.c */
void cm_directory_cache_init(struct cm_directory_cache *cache,
                             const struct community_allocator *allocator);
void cm_directory_cache_free(struct cm_directory_cache *cache);
void cm_directory_cache_forget(struct cm_directory_cache *cache);
/* Loaded if need be; valid until the next directory command. */
enum community_status cm_desk_directory(const struct cm_directory **out,
                                        struct community_desk *desk, struct community_error *err);
/* Takes a row that was just written into the cache. False: no memory, and the cache is forgotten.
 */
bool cm_desk_directory_learn(struct community_desk *desk, struct community_text space,
                             const struct cm_value *data, int64_t version);

/* desk_record.c: records from rows. `row` is borrowed only during the call. */
enum community_status cm_desk_read_record(struct cm_record *out, struct cm_arena *arena,
                                          struct community_desk *desk,
                                          const struct community_store_record *row,
                                          struct community_error *err);
/* The row of a ticket by "id" or "@external-id". COMMUNITY_NOT_FOUND leaves `err` alone. */
enum community_status cm_desk_find_row(struct community_store_record *out,
                                       struct community_desk *desk, struct community_text words,
                                       struct community_error *err);
/* The record by its words, for calls that need it: COMMUNITY_NOT_FOUND with a sentence. */
enum community_status cm_desk_load(struct cm_record *out, struct cm_arena *arena,
                                   struct community_desk *desk, struct community_text words,
                                   struct community_error *err);

/* A document of the library around JSON bytes. */
enum community_status cm_document_make(struct community_document **out,
                                       const struct community_allocator *allocator,
                                       struct community_text json, struct community_error *err);

#endif
