/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading time zones from the system's tzdata (RFC 9636, version 2 and later, with the footer). */
#ifndef CM_ZONE_FILE_H
#define CM_ZONE_FILE_H

#include "arena.h"
#include "community/status.h"
#include "zone.h"

/* The zone by its name, from the directory `root` (NULL: /usr/share/zoneinfo). Refuses names that
 * could leave the directory, leap-second files and broken files: COMMUNITY_NOT_FOUND,
 * COMMUNITY_INVALID, COMMUNITY_IO, COMMUNITY_NO_MEMORY. The zone lives in `arena`. */
enum community_status cm_zone_file_read(const struct cm_zone **out, struct cm_arena *arena,
                                        const char *root, struct community_text name,
                                        struct community_error *err);
/* The same from bytes, for tests and fuzzing. */
enum community_status cm_zone_file_parse(const struct cm_zone **out, struct cm_arena *arena,
                                         struct community_text name, struct community_text bytes,
                                         struct community_error *err);

#endif
