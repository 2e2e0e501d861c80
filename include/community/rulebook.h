/* SPDX-License-Identifier: Apache-2.0
 *
 * A rulebook: the rules of a desk as data (UTF-8 JSON; docs/rulebook.md describes the shape). */
#ifndef COMMUNITY_RULEBOOK_H
#define COMMUNITY_RULEBOOK_H

#include "community/allocator.h"
#include "community/export.h"
#include "community/status.h"
#include "community/types.h"

COMMUNITY_BEGIN

/* Immutable once loaded: any number of threads may read one rulebook at the same time. Loading and
 * freeing are for one thread at a time. */
struct community_rulebook;

/* Reads and compiles a rulebook. `text` is the document, `source` its name for error messages (may
 * be {NULL, 0}). Reads the time zones it names from the system's tzdata.
 *
 * Errors: COMMUNITY_INVALID with line, column and code for whatever is wrong with the text;
 * COMMUNITY_UNSUPPORTED (code "not-yet") where it uses a part of the language that this version
 * does not carry out; COMMUNITY_NOT_FOUND no such time zone; COMMUNITY_NO_MEMORY; COMMUNITY_IO. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_rulebook_load(struct community_rulebook **rulebook_out, struct community_text text,
                        struct community_text source, const struct community_allocator *allocator,
                        struct community_error *err);

/* NULL is allowed. A desk that was given the rulebook has its own copy. */
COMMUNITY_EXPORT void community_rulebook_free(struct community_rulebook *rulebook);

/* SHA-256 over the RFC 8785 form of the document, as 64 lower-case hexadecimal digits: the same for
 * any layout and any comments. The rulebook's. */
COMMUNITY_EXPORT struct community_text
community_rulebook_hash(const struct community_rulebook *rulebook);
COMMUNITY_EXPORT struct community_text
community_rulebook_name(const struct community_rulebook *rulebook);
COMMUNITY_EXPORT struct community_text
community_rulebook_version(const struct community_rulebook *rulebook);
/* The lifecycles' names, `index` from 0; {NULL, 0} past the end. */
COMMUNITY_EXPORT struct community_text
community_rulebook_lifecycle(const struct community_rulebook *rulebook, size_t index);
/* The calendars' names, `index` from 0; {NULL, 0} past the end. */
COMMUNITY_EXPORT struct community_text
community_rulebook_calendar(const struct community_rulebook *rulebook, size_t index);

COMMUNITY_END

#endif
