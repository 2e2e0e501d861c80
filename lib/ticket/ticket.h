/* SPDX-License-Identifier: Apache-2.0
 *
 * Tickets that know each other: duplicates, supporting tickets, one rating per matter, and who may
 * see what. Pure, like the lifecycle it stands on; which other record is meant is found by the
 * desk. */
#ifndef CM_TICKET_H
#define CM_TICKET_H

#include "decide.h"

#define CM_COMMAND_RATE "rate"

/* Rating without a transition of that name: by the requester or an operator, once per matter. */
void cm_ticket_rate(struct cm_decision *decision, const struct cm_record *record,
                    const struct cm_request *request, const struct cm_directory *directory);

/* Whether `actor` could rate it now. */
void cm_ticket_rate_option(struct cm_decision *decision, const struct cm_record *record,
                           struct community_text actor, community_time_ms at,
                           const struct cm_directory *directory);

/* Whether `record` may become a duplicate of `target`; adds reasons. `target` NULL: there is no
 * such record. `words` is how the command names it. */
void cm_ticket_check_merge(struct cm_decision *decision, const struct cm_record *record,
                           const struct cm_record *target, struct community_text words);
/* Whether a record of `lifecycle` may be opened under `parent` (NULL: no such record or none
 * named); adds reasons. */
void cm_ticket_check_parent(struct cm_decision *decision, const struct cm_lifecycle *lifecycle,
                            const struct cm_record *parent, struct community_text words);

/* What the other record notes: a duplicate came (+1) or went (-1); a child was opened (+1) or came
 * to its end (-1), which is reported to the handler of the parent. */
void cm_ticket_note_duplicate(struct cm_decision *decision, const struct cm_record *target,
                              community_time_ms at, int change);
void cm_ticket_note_child(struct cm_decision *decision, const struct cm_record *parent,
                          community_time_ms at, int change);

/* Which classes `actor` may read of the record, and which of them only if the reading leaves a
 * trace. Without read rules: everybody who has a part in its lifecycle sees all; with them: those
 * named, and the requester what is personal. */
struct cm_sight {
    bool personal;
    bool sensitive;
    bool personal_is_logged;
    bool sensitive_is_logged;
};
struct cm_sight cm_ticket_sight(struct cm_decision *scratch, const struct cm_record *record,
                                struct community_text actor, community_time_ms at,
                                const struct cm_directory *directory);
/* The entry of such a reading: it changes nothing. */
void cm_ticket_note_reading(struct cm_decision *decision, community_time_ms at);

#endif
