/* SPDX-License-Identifier: Apache-2.0
 *
 * decide: what becomes of a command, as a pure function of record, command, directory and time. */
#ifndef CM_DECIDE_H
#define CM_DECIDE_H

#include "directory.h"
#include "outcome.h"

/* A command, its names still words. */
struct cm_request {
    struct community_text name;
    struct community_text actor;
    community_time_ms at;              /* when it happened */
    community_time_ms now;             /* the desk's */
    community_time_ms recorded_at;     /* the source's recording time, or the desk's now */
    const struct cm_value *data;       /* an object, or NULL */
    struct community_text external_id; /* of an opening */
    struct community_id parent;        /* of an opening; nil: none */
    struct community_id into;          /* of a merge: the record that "into" names; nil: none */
};

/* Why not: a code with the texts its sentence wants, the rule that said so, and what it needs. */
struct cm_reason {
    enum cm_code code;
    size_t argument_count;
    struct community_text arguments[4];
    struct community_text rule; /* the transition, field or deadline */
    size_t need_count;
    const struct community_text *needs; /* states, roles, fields: what would have to be there */
};

/* A row of the directory that the decision rests on. */
struct cm_read {
    const char *name; /* "grant" or "unit" */
    struct community_text key[3];
    size_t key_count;
    int64_t version;
};

enum { CM_REASON_COUNT_MAX = 16, CM_READ_COUNT_MAX = 16 };

/* The caller's, reset before collecting; everything it points to lives in `arena`, which the caller
 * resets when it is done with the decision. */
struct cm_decision {
    struct cm_arena *arena;
    bool accepted;
    bool no_memory;            /* neither accepted nor refused: it could not be decided */
    struct cm_outcome outcome; /* when accepted */
    const struct cm_transition *transition; /* that was taken or came nearest; NULL: none */
    size_t reason_count;
    struct cm_reason reasons[CM_REASON_COUNT_MAX];
    size_t read_count;
    struct cm_read reads[CM_READ_COUNT_MAX];
};

void cm_decision_init(struct cm_decision *decision, struct cm_arena *arena);
bool cm_decision_refuse(struct cm_decision *decision, const struct cm_reason *reason); /* false */

/* Opening a record of `record->lifecycle`; the record is empty (version 0). */
void cm_decide_open(struct cm_decision *decision, const struct cm_record *record,
                    const struct cm_request *request, const struct cm_directory *directory);
/* A transition of the record's lifecycle. */
void cm_decide_move(struct cm_decision *decision, const struct cm_record *record,
                    const struct cm_request *request, const struct cm_directory *directory);
/* A timer of the record, at its own time or at record->changed_at if that is later. Refused when a
 * transition after a time is not allowed yet: the timer stays armed. */
void cm_decide_timer(struct cm_decision *decision, const struct cm_record *record,
                     const struct cm_timer *timer, const struct cm_directory *directory);

/* The common questions about when: not in the future, not too long ago, not before the record's
 * last entry; importers are asked nothing and flagged. Adds reasons and flags. */
void cm_decide_when(struct cm_decision *decision, const struct cm_record *record,
                    const struct cm_request *request, const struct cm_directory *directory,
                    struct community_text rule);

/* Whether the actor could make this move now if the command brought what it asks for: every reason
 * but missing data. */
void cm_decide_option(struct cm_decision *decision, const struct cm_record *record,
                      const struct cm_transition *transition, struct community_text actor,
                      community_time_ms at, const struct cm_directory *directory);

/* Whether `actor` fills one of the roles towards the record at `at`; reads are noted. */
bool cm_decide_has_role(struct cm_decision *decision, const struct cm_record *record,
                        const struct cm_role *roles, size_t count, struct community_text actor,
                        community_time_ms at, const struct cm_directory *directory);

#endif
