/* SPDX-License-Identifier: Apache-2.0
 *
 * A desk with a clock of its own and people around it, driven by JSON with apostrophes. */
#ifndef DESK_FIXTURE_H
#define DESK_FIXTURE_H

#include "arena.h"
#include "community/desk.h"
#include "value.h"

struct office {
    struct community_desk *desk;
    const char *uri;
    community_time_ms now;
    struct cm_arena arena;
    const struct community_allocator *allocator; /* of the desk; NULL: the default one */
};

/* The two lifecycles of most scenarios: "request", and "support" under it. */
extern const char *const office_rules;

/* Opens a desk at 2026-06-01 09:00 in Shanghai, a Monday. Aborts when it cannot. */
void office_open(struct office *office, const char *uri);
void office_install(struct office *office, const char *rules);
/* Units county > street > hall, bureau and works under the county; "op" operates the county, "far"
 * the works; "hand" handles for bureau and hall, "help" for works; "import" imports. */
void office_people(struct office *office);
/* The file again, as another process would open it. */
void office_reopen(struct office *office);
void office_close(struct office *office);

/* "2026-06-01 09:00" in Shanghai. */
community_time_ms office_time(const char *text);
void office_set_clock(struct office *office, const char *text);

/* Submits. The answer: "accepted", all reason codes separated by blanks, or "error: code". */
const char *office_send(struct office *office, const char *json);
/* The whole receipt, as text in the arena; the same "error: code". */
const char *office_receipt(struct office *office, const char *json);
const char *office_preview(struct office *office, const char *json);
/* How many entries tick wrote; "2026-06-01 09:00", or NULL for now. */
int64_t office_tick(struct office *office, const char *until);

/* A member of a record as `actor` sees it: "state", "fields.phone", "deadlines.resolve.due". Its
 * text, or its JSON when it is none; "-" when there is no such member, "error: code" when there is
 * no record. */
const char *office_look(struct office *office, const char *record, const char *actor,
                        const char *path);
/* The commands of a record's history, separated by blanks. */
const char *office_history(struct office *office, const char *record, const char *actor);
/* All entries of a history as one JSON list. */
const char *office_entries(struct office *office, const char *record, const char *actor);
/* The external ids that find gives, separated by blanks. */
const char *office_find(struct office *office, const struct community_find *find);
/* The commands that are allowed, separated by blanks. */
const char *office_options(struct office *office, const char *record, const char *actor);
/* A member of the summary, as in office_look. */
const char *office_summary(struct office *office, const char *at, const char *path);
/* "type:action>to" of each waiting effect, separated by blanks. */
const char *office_outbox(struct office *office);
/* "whole", or the kind of the first fault. */
const char *office_verify(struct office *office);
int64_t office_entry_count(struct office *office);

#endif
