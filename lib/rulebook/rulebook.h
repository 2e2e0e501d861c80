/* SPDX-License-Identifier: Apache-2.0
 *
 * One bundle of all definitions: read, checked for shape, compiled, hashed. Immutable once loaded.
 */
#ifndef CM_RULEBOOK_H
#define CM_RULEBOOK_H

#include "arena.h"
#include "community/rulebook.h"
#include "definition.h"
#include "zone.h"

/* Where zones come from: the system's files, or tables that a desk has pinned. Answers
 * COMMUNITY_NOT_FOUND when there is no such zone. The zone lives in `arena`. */
struct cm_zone_source {
    enum community_status (*zone)(void *userdata, const struct cm_zone **out,
                                  struct cm_arena *arena, struct community_text name,
                                  struct community_error *err);
    void *userdata;
};

struct community_rulebook {
    struct community_allocator allocator;
    struct cm_arena arena;
    struct community_text name;
    struct community_text version;
    struct community_text source; /* the text it was read from, verbatim, comments and all */
    char hash[2 * 32 + 1]; /* SHA-256 over the RFC 8785 bytes of the document, lower-case hex */
    size_t calendar_count;
    struct cm_calendar *const *calendars;
    size_t zone_count;
    const struct cm_zone *const *zones; /* each zone in use, once */
    size_t lifecycle_count;
    const struct cm_lifecycle *lifecycles;
};

/* SHA-256 comes from outside, so that this folder needs no libcrypto. False: no memory. */
typedef bool cm_digest_fn(void *userdata, uint8_t out[32], struct community_text bytes);
struct cm_rulebook_needs {
    struct cm_zone_source zones;
    cm_digest_fn *digest;
    void *digest_userdata;
};

/* Reads the whole rulebook or nothing. COMMUNITY_INVALID: broken, with line, column and code;
 * COMMUNITY_UNSUPPORTED: uses what this version does not have yet (code "not-yet"). `source_name`
 * stands in the error. */
enum community_status
cm_rulebook_load(struct community_rulebook **out, const struct community_allocator *allocator,
                 struct community_text text, struct community_text source_name,
                 const struct cm_rulebook_needs *needs, struct community_error *err);
void cm_rulebook_free(struct community_rulebook *rulebook);

/* NULL when there is none. */
const struct cm_lifecycle *cm_rulebook_lifecycle(const struct community_rulebook *rulebook,
                                                 struct community_text name);
/* {NULL, 0}: its only calendar, NULL when it has none or several. */
const struct cm_calendar *cm_rulebook_calendar(const struct community_rulebook *rulebook,
                                               struct community_text name);

#endif
