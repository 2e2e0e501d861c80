/* SPDX-License-Identifier: Apache-2.0
 *
 * What came of a command: the new value of everything that changed. An outcome is a fact; it alone
 * is enough for evolve, and it stands in the entry. */
#ifndef CM_OUTCOME_H
#define CM_OUTCOME_H

#include "record.h"
#include "registry.h"

struct cm_field_change {
    int32_t field;
    struct cm_value value;            /* null: emptied, or known by its commitment alone */
    struct community_text commitment; /* filled in by the journal for personal values */
};

struct cm_deadline_change {
    int32_t deadline;
    struct cm_deadline_state state;
};

enum cm_effect_kind {
    CM_EFFECT_NOTIFY,
    CM_EFFECT_WARN,
    CM_EFFECT_BREACH,
    CM_EFFECT_STEP,
    CM_EFFECT_CHILD
};

/* Something for the host to do. */
struct cm_effect {
    uint8_t kind;                   /* enum cm_effect_kind */
    struct community_text action;   /* the message of a notification, the "do" of a step */
    const struct cm_title *words;   /* of a notification that brings its own text; may be NULL */
    struct community_text to;       /* a role's words or a unit's id; may be none */
    struct community_text deadline; /* of a warning, breach or step; may be none */
};

enum { CM_OUTCOME_FLAG_BACKFILLED = 1 << 0, CM_OUTCOME_FLAG_OUT_OF_ORDER = 1 << 1 };

struct cm_outcome {
    bool opens;      /* the record's first entry */
    bool is_timer;   /* nobody did it: its time had come */
    bool is_reading; /* somebody read what is read only on record; nothing changed */
    struct community_text requester; /* of an opening */
    struct community_text external_id;
    struct community_id parent;
    community_time_ms occurred_at;
    int32_t state; /* CM_NONE: no state was entered */
    size_t field_count;
    struct cm_field_change *fields;
    size_t deadline_count;
    struct cm_deadline_change *deadlines;
    size_t counter_count;
    struct cm_counter *counters; /* the new counts */
    bool sets_afters;            /* replaces the timers of the state */
    size_t after_count;
    struct cm_after *afters;
    bool sets_merged_into;
    struct community_id merged_into;
    bool sets_children_open;
    int64_t children_open;
    bool sets_duplicates;
    int64_t duplicates;
    uint32_t flags;
    size_t effect_count;
    struct cm_effect *effects;
};

/* Applies an outcome to the record it was decided on (or an empty one of its lifecycle). It cannot
 * refuse; false only when memory runs out, and then the record must not be used any more. Values
 * are borrowed from the outcome. `arena` is the record's. */
bool cm_evolve(struct cm_record *record, struct cm_arena *arena, const struct cm_outcome *outcome);

#endif
