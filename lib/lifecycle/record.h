/* SPDX-License-Identifier: Apache-2.0
 *
 * One matter as it stands: what decide reads and evolve changes. */
#ifndef CM_RECORD_H
#define CM_RECORD_H

#include "definition.h"

enum cm_deadline_status {
    CM_DEADLINE_IDLE, /* has not begun */
    CM_DEADLINE_RUNNING,
    CM_DEADLINE_PAUSED,
    CM_DEADLINE_MET,   /* ended by a state of its `until` */
    CM_DEADLINE_ENDED, /* ended by another final state */
};

enum cm_timer_kind {
    CM_TIMER_NONE,
    CM_TIMER_WARNING,
    CM_TIMER_BREACH,
    CM_TIMER_STEP,
    CM_TIMER_AFTER
};

struct cm_deadline_state {
    uint8_t status; /* enum cm_deadline_status */
    bool breached;
    bool missed; /* it was breached in an earlier run, before it was started anew */
    bool paused_by_state;
    bool paused_by_command;
    community_time_ms started_at;
    community_time_ms due;      /* while paused: what it was when it froze */
    community_time_ms ended_at; /* of MET and ENDED */
    int64_t whole_ms; /* the allowance in working milliseconds (elapsed for elapsed periods) */
    int64_t extended; /* granted so far, in the unit of the cap */
    /* From when the steps of the ladder count: the due time, later by what pauses took since. */
    community_time_ms ladder_from;
    struct cm_remainder left; /* while paused; of a breached one: the time since ladder_from */
    uint32_t warned;          /* bit i: warning i has fired or can no longer fire */
    uint16_t stepped;         /* steps of the ladder done */
    /* The next timer of this deadline, computed when it last changed. */
    uint8_t next_kind;   /* enum cm_timer_kind */
    uint16_t next_index; /* which warning or step */
    community_time_ms next_at;
};

struct cm_counter {
    struct community_text name; /* a transition, or "transition:value" with at_most per value */
    int64_t count;
};

/* A transition that happens by itself when its time comes. */
struct cm_after {
    int32_t transition;
    community_time_ms at;
};

struct cm_record {
    struct community_id id;
    const struct cm_lifecycle *lifecycle;
    struct community_text rulebook; /* its hash */
    int64_t version;                /* 0: not opened yet */
    uint8_t hash[32];               /* of its newest entry */
    int32_t state;
    community_time_ms opened_at;
    community_time_ms entered_at; /* its state */
    community_time_ms changed_at; /* the latest occurred_at of its entries */
    community_time_ms
        moved_at; /* the latest occurred_at of those that moved it: no timers, no readings */
    struct community_text requester;
    struct community_text external_id; /* may be none */
    struct community_id parent;        /* nil: none */
    struct community_id merged_into;   /* nil: none */
    int64_t children_open;
    int64_t duplicates; /* records merged into this one */
    bool is_backfilled;
    bool is_out_of_order;
    struct cm_value *fields;             /* by field */
    struct community_text *commitments;  /* by field; {NULL, 0}: the value is public or empty */
    struct cm_deadline_state *deadlines; /* by deadline */
    size_t counter_count;
    struct cm_counter *counters; /* ascending by name */
    size_t after_count;
    struct cm_after *afters; /* of the state it is in, ascending by transition */
};

/* An empty record of a lifecycle, all arrays in `arena`. False: no memory. */
bool cm_record_make(struct cm_record *out, struct cm_arena *arena,
                    const struct cm_lifecycle *lifecycle);
int64_t cm_record_count(const struct cm_record *record, struct community_text counter);
/* The unit that answers for it now; {NULL, 0}: none. */
struct community_text cm_record_unit(const struct cm_record *record);
struct community_text cm_record_place(const struct cm_record *record);
/* Whether a field holds something, known or erased. */
bool cm_record_has(const struct cm_record *record, int32_t field);
bool cm_record_is_final(const struct cm_record *record);
/* The earliest due time of a running deadline, missed ones too; COMMUNITY_TIME_NONE (INT64_MAX)
 * when none is running. */
community_time_ms cm_record_due(const struct cm_record *record);

/* A timer of a record. `name` is the deadline's or the transition's. */
struct cm_timer {
    community_time_ms at;
    struct community_text name;
    uint8_t kind;  /* enum cm_timer_kind */
    int32_t index; /* a deadline, or a transition for CM_TIMER_AFTER */
};
/* The first timer in the order of (at, name) that comes after `after` (NULL: the very first).
 * False when there is none. */
bool cm_record_timer(struct cm_timer *out, const struct cm_record *record,
                     const struct cm_timer *after);

#endif
