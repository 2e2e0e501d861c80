/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is who: units and grants as plain data, sorted, so that a decision can ask without a store.
 */
#ifndef CM_DIRECTORY_H
#define CM_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/types.h"

/* The role that may change the directory, and the one that may bring the past. */
#define CM_ROLE_ADMINISTRATOR "administrator"
#define CM_ROLE_IMPORTER "importer"

struct cm_unit {
    struct community_text id;
    struct community_text kind;
    struct community_text level;
    struct community_text parent; /* organisation: escalation goes up here */
    struct community_text area;   /* territory: coverage goes up here; none: where `parent` lies */
    community_time_ms from;       /* INT64_MIN: since ever */
    community_time_ms to;         /* exclusive; INT64_MAX: for ever */
    int64_t version;              /* of its record, for the read set */
};

struct cm_grant {
    struct community_text person;
    struct community_text role;
    struct community_text unit;
    struct community_text delegate_of; /* holds only while that person's own grant does */
    community_time_ms from;
    community_time_ms to;
    int64_t version;
};

struct cm_directory {
    size_t unit_count;
    const struct cm_unit *units; /* ascending by id */
    size_t grant_count;
    const struct cm_grant *grants; /* ascending by person, role, unit */
};

/* NULL when there is no such unit. Whether it is valid is not asked. */
const struct cm_unit *cm_directory_unit(const struct cm_directory *directory,
                                        struct community_text id);
/* The first grant of (person, role) that holds at `at` and satisfies the place: with `unit` given
 * (data not NULL) it must be exactly at that unit; with `place` given its unit must cover the
 * place. NULL when there is none. */
struct cm_grant_question {
    struct community_text person;
    struct community_text role;
    struct community_text unit;
    struct community_text place;
    community_time_ms at;
};
const struct cm_grant *cm_directory_grant(const struct cm_directory *directory,
                                          const struct cm_grant_question *question);
/* The own grant that a delegation rests on at `at`; NULL when there is none, or when the grant is
 * not a delegation. */
const struct cm_grant *cm_directory_principal(const struct cm_directory *directory,
                                              const struct cm_grant *grant, community_time_ms at);
/* Whether anybody holds the role at `at` or held it before. */
bool cm_directory_has_role(const struct cm_directory *directory, struct community_text role,
                           community_time_ms at);
/* Whether a grant at `unit` covers `place`: going up from the place one meets the unit or its area.
 * A unit that the directory does not know covers only itself. */
bool cm_directory_covers(const struct cm_directory *directory, struct community_text unit,
                         struct community_text place);
/* The unit `steps` above `unit` in the organisation; {NULL, 0} when the chain ends before. */
struct community_text cm_directory_above(const struct cm_directory *directory,
                                         struct community_text unit, int32_t steps);

/* The sort order of grants, for whoever builds a directory. */
int cm_grant_compare(const struct cm_grant *a, const struct cm_grant *b);

#endif
