/* SPDX-License-Identifier: Apache-2.0
 *
 * What one command will write, gathered in memory before anything touches the store: entries of one
 * or several records with a common cause, and the rows as they stand afterwards. Dropping a plan
 * undoes it. A plan lives in the desk's arena and ends with the call. */
#ifndef CM_PLAN_H
#define CM_PLAN_H

#include "command.h"
#include "desk_state.h"

struct cm_plan_record {
    struct cm_record record;   /* as it stands with the plan's entries */
    int64_t expected;          /* its version in the store; 0: new */
    community_time_ms horizon; /* its timers up to here have been looked at */
    bool is_touched;           /* its row must be written */
};

/* Another record has to note something: found later, so that nothing here is recursive. */
struct cm_plan_note {
    struct community_id record;
    bool is_child; /* else a duplicate */
    int change;    /* +1 or -1 */
    community_time_ms at;
    struct community_text actor;
};

struct cm_plan {
    struct community_desk *desk;
    struct cm_arena *arena;
    community_time_ms now;
    struct community_id cause;
    const struct cm_directory *directory;
    struct cm_plan_record **records;
    size_t record_count;
    size_t record_capacity;
    struct community_store_record *plain_rows; /* of units, people, grants, … */
    int64_t *plain_expected;
    size_t plain_count;
    struct cm_value plain_data; /* what a directory command puts */
    struct community_store_entry *entries;
    size_t entry_count;
    size_t entry_capacity;
    struct cm_plan_note *notes;
    size_t note_count;
    size_t note_done;
    size_t note_capacity;
};

enum community_status cm_plan_init(struct cm_plan *plan, struct community_desk *desk,
                                   struct community_error *err);

/* A ticket by its words or id, loaded once per plan. COMMUNITY_NOT_FOUND leaves `err` alone. */
enum community_status cm_plan_find(struct cm_plan_record **out, struct cm_plan *plan,
                                   struct community_text words, struct community_error *err);
/* The same from a row that was just read. */
enum community_status cm_plan_take(struct cm_plan_record **out, struct cm_plan *plan,
                                   const struct community_store_record *row,
                                   struct community_error *err);
/* An empty record of a lifecycle with a new id. */
enum community_status cm_plan_new(struct cm_plan_record **out, struct cm_plan *plan,
                                  const struct community_rulebook *rulebook,
                                  const struct cm_lifecycle *lifecycle,
                                  struct community_error *err);

/* What an entry says of its command. */
struct cm_plan_step {
    struct community_text command;
    struct community_text actor;
    const struct cm_value *data; /* may be NULL */
    bool has_source_recorded_at;
    community_time_ms source_recorded_at;
};
/* Adds the entry of an accepted decision and lets the record evolve. What other records have to
 * note of it is put off until cm_plan_settle. */
enum community_status cm_plan_entry(struct cm_plan *plan, struct cm_plan_record *record,
                                    struct cm_decision *decision, const struct cm_plan_step *step,
                                    struct community_error *err);
/* Fires the record's timers that are due by `until`, in order; those that the rules do not let fire
 * yet stay armed. */
enum community_status cm_plan_timers(struct cm_plan *plan, struct cm_plan_record *record,
                                     community_time_ms until, struct community_error *err);
/* The same for the record and all that hangs under it and is open, in the order of time over all of
 * them, and settles: what a command sees does not depend on whether anybody ticked. */
enum community_status cm_plan_family_timers(struct cm_plan *plan, struct cm_plan_record *record,
                                            community_time_ms until, struct community_error *err);
/* Fires only the first timer that may fire. *fired_out: whether there was one. */
enum community_status cm_plan_first_timer(struct cm_plan *plan, struct cm_plan_record *record,
                                          community_time_ms until, bool *fired_out,
                                          struct community_error *err);
/* Carries to other records what they have to note. */
enum community_status cm_plan_settle(struct cm_plan *plan, struct community_error *err);

/* A record without a lifecycle: its newest data is all of it. */
struct cm_plain_change {
    struct community_text space;
    struct community_text external_id;
    struct community_text command;
    struct community_text actor;
    community_time_ms at;
    const struct cm_value *data;
    const char *const *personal; /* names of members that are personal */
    size_t personal_count;
};
enum community_status cm_plan_plain(struct cm_plan *plan, const struct cm_plain_change *change,
                                    struct community_error *err);

/* A record's row as far as the record alone makes it: all but the next timer and the snapshot. */
struct community_store_record cm_plan_columns(const struct cm_record *record);

/* Writes everything in the open transaction. `key` may be NULL. COMMUNITY_CONFLICT: somebody else
 * was faster. */
enum community_status cm_plan_append(struct cm_plan *plan, const struct community_store_key *key,
                                     struct community_error *err);

#endif
