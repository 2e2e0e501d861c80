/* SPDX-License-Identifier: Apache-2.0
 *
 * Entry v1: what happened to one record, as RFC 8785 bytes. Frozen: a member is never renamed,
 * never dropped, and means the same for ever.
 *
 *   actor        who did it; "system" for timers
 *   cause        the id shared by all entries that one command wrote
 *   command      {"name", "data"?, "recorded_at"?}: what was asked, as far as it says more than the
 *                outcome; personal values as commitments
 *   occurred_at  when it happened (UTC)
 *   outcome      what came of it: alone enough for evolve
 *   previous     entry_hash of the record's entry before, null for its first
 *   reads        [{"name", "key", "value", "version"}]: rows of others that the decision rests on
 *   record       the record's id
 *   recorded_at  when it was entered (UTC)
 *   rulebook     SHA-256 of the rulebook that decided, null where none did
 *   v            1
 *   version      the record's version after this entry
 *
 * entry_hash is SHA-256 over the bytes; they are also the leaf data of the Merkle tree (RFC 6962).
 * A personal value stands in it only as a commitment: SHA-256 over 16 random bytes of salt and the
 * RFC 8785 bytes of the value. Salts and values lie beside the entry and can be erased. */
#ifndef CM_ENTRY_H
#define CM_ENTRY_H

#include "buffer.h"
#include "codec.h"
#include "decide.h"

/* What comes from outside: digests and random bytes. Each answers false when it cannot. */
struct cm_journal_tools {
    bool (*digest)(void *userdata, uint8_t out[32], struct community_text bytes);
    bool (*random)(void *userdata, uint8_t *bytes, size_t size);
    void *userdata;
    const struct community_allocator *allocator;
};

/* Personal values under way into an entry: a list of {"commitment", "salt", "value"}. */
struct cm_private_values {
    struct cm_arena *arena;
    size_t count;
    size_t capacity;
    struct cm_value *items;
};

void cm_private_values_init(struct cm_private_values *values, struct cm_arena *arena);
/* Commits to a value; the commitment's hex lives in the arena. {NULL, 0}: no memory, no randomness.
 */
struct community_text cm_commit(struct cm_private_values *values,
                                const struct cm_journal_tools *tools, const struct cm_value *value);
/* Whether the value beside an entry is what the commitment says: COMMUNITY_CORRUPT when it is not,
 * COMMUNITY_NO_MEMORY when that could not be found out. */
enum community_status cm_commitment_check(const struct cm_journal_tools *tools,
                                          const struct cm_value *item);
/* The same, for those who have the memory. */
bool cm_commitment_holds(const struct cm_journal_tools *tools, const struct cm_value *item);

struct cm_entry {
    struct community_id record;
    struct community_id cause;
    int64_t version;
    bool has_previous;
    uint8_t previous[32];
    struct community_text actor;
    struct community_text rulebook; /* {NULL, 0}: null */
    community_time_ms occurred_at;
    community_time_ms recorded_at;
    struct community_text command_name;
    struct cm_value command_data; /* null: none */
    bool has_source_recorded_at;
    community_time_ms source_recorded_at;
    size_t read_count;
    const struct cm_read *reads;
    struct cm_value outcome;
};

/* Appends the bytes; running out of memory shows in body->failed. */
void cm_entry_write(struct cm_buffer *body, const struct cm_entry *entry);

/* An entry read back. Everything is borrowed from `arena`. */
struct cm_entry_view {
    struct cm_value whole; /* the entry as it stands */
    struct community_id record;
    struct community_id cause;
    int64_t version;
    bool has_previous;
    uint8_t previous[32];
    struct community_text actor;
    struct community_text rulebook;
    community_time_ms occurred_at;
    community_time_ms recorded_at;
    struct community_text command_name;
    const struct cm_value *command_data; /* NULL: none */
    const struct cm_value *outcome;
};
/* COMMUNITY_CORRUPT when the bytes are not an entry; COMMUNITY_TOO_NEW when `v` is not 1. */
enum community_status cm_entry_read(struct cm_entry_view *out, struct cm_arena *arena,
                                    struct community_text body);

/* The data of a command with personal values replaced by commitments: `lifecycle` tells the class
 * of names that are fields (NULL: none are), `public_names` those that are not personal besides.
 * Fields that the outcome has committed already keep their commitment. False: no memory or
 * randomness. */
bool cm_entry_protect(struct cm_value *out, struct cm_arena *arena,
                      struct cm_private_values *values, const struct cm_journal_tools *tools,
                      const struct cm_value *data, const struct cm_lifecycle *lifecycle,
                      const struct cm_outcome *outcome, const char *const *public_names,
                      size_t public_count);
/* Commits to every personal value among the outcome's field changes. */
bool cm_outcome_protect(struct cm_outcome *outcome, const struct cm_lifecycle *lifecycle,
                        struct cm_private_values *values, const struct cm_journal_tools *tools);

/* The values beside an entry, for cm_reveal_fn: userdata is a struct cm_value list. */
const struct cm_value *cm_reveal_from_list(void *userdata, struct community_text commitment);

#endif
