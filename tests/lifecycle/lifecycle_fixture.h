/* SPDX-License-Identifier: Apache-2.0
 *
 * A record and its lifecycle on the table: commands in, reasons and the record out. */
#ifndef LIFECYCLE_FIXTURE_H
#define LIFECYCLE_FIXTURE_H

#include "deadline.h"
#include "decide.h"
#include "rulebook.h"

struct table {
    struct community_rulebook *rulebook;
    const struct cm_lifecycle *lifecycle;
    struct cm_arena arena;
    struct cm_record record;
    struct cm_directory directory;
    struct cm_decision decision; /* the newest */
    struct community_id into;    /* what the next "into" means */
};

/* What stands around most lifecycles here: an office in Shanghai whose calendar knows only 2026. */
extern const char *const office_calendar;

/* JSON in a C string is easier to read with apostrophes for quotation marks. Aborts when the text
 * is no rulebook: `lifecycle` is the value of its one lifecycle. `calendars` may be NULL. */
void table_open(struct table *table, const char *calendars, const char *lifecycle);
void table_close(struct table *table);
/* An empty record again. */
void table_clear(struct table *table);

/* "2026-06-01 09:00" in Shanghai, seconds and milliseconds too where they are given. */
community_time_ms clock_at(const char *text);
/* The other way, always "2026-06-01 09:00:00.000"; of the last four answers each stays. */
const char *clock_text(community_time_ms time);

/* Decides at `at` and, if it is accepted, lets the record evolve. `data` (apostrophes again) may be
 * NULL. The answer: "ok", or the words of all reasons in their order, separated by blanks. */
const char *give(struct table *table, const char *command, const char *actor, const char *at,
                 const char *data);
/* The same with a desk's now and a source's recording time of its own (NULL: as `at`). */
const char *give_late(struct table *table, const char *command, const char *actor, const char *at,
                      const char *now, const char *recorded_at, const char *data);
/* Fires all timers due by then in their order, each followed by a retest of what was blocked. The
 * answer: "name kind" of each, separated by commas. */
const char *fire(struct table *table, const char *until);
/* The reasons of the newest decision as words. */
const char *reasons(const struct table *table);

const char *state_of(const struct table *table);
const struct cm_deadline_state *deadline_of(const struct table *table, const char *name);
const struct cm_value *field_of(const struct table *table, const char *name);
struct cm_value parse_json(struct cm_arena *arena, const char *json);

#endif
