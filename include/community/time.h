/* SPDX-License-Identifier: Apache-2.0
 *
 * Instants as text (RFC 3339) and back, and local wall times of a zone as instants. */
#ifndef COMMUNITY_TIME_H
#define COMMUNITY_TIME_H

#include "community/allocator.h"
#include "community/export.h"
#include "community/status.h"
#include "community/types.h"

COMMUNITY_BEGIN

enum { COMMUNITY_TIME_TEXT_SIZE = 40 };

/* "2026-06-01T09:00:00+08:00" to milliseconds. Errors: COMMUNITY_INVALID. Any thread. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_time_parse(community_time_ms *time_out, struct community_text text,
                     struct community_error *err);
/* NUL-terminated RFC 3339 text at an offset from UTC of less than a day, -1439 to 1439 minutes. */
COMMUNITY_EXPORT void community_time_format(char text_out[COMMUNITY_TIME_TEXT_SIZE],
                                            community_time_ms time, int32_t offset_minutes);

/* A time zone of the system's tzdata, for reading local times from files. Immutable. */
struct community_zone;
/* Errors: COMMUNITY_NOT_FOUND, COMMUNITY_INVALID, COMMUNITY_IO, COMMUNITY_NO_MEMORY. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_zone_open(struct community_zone **zone_out, struct community_text name,
                    const struct community_allocator *allocator, struct community_error *err);
COMMUNITY_EXPORT void community_zone_free(struct community_zone *zone);
/* The instant of a local wall time, given as if it were UTC. In a gap the offset before it counts;
 * of two instants the first (RFC 5545 section 3.3.5). */
COMMUNITY_EXPORT community_time_ms community_zone_instant(const struct community_zone *zone,
                                                          community_time_ms local);
COMMUNITY_EXPORT int32_t community_zone_offset_minutes(const struct community_zone *zone,
                                                       community_time_ms time);

COMMUNITY_END

#endif
