/* SPDX-License-Identifier: Apache-2.0
 *
 * A time zone as a table of offsets. Reading zone files is the business of lib/system; here the
 * table is plain data, so that the same table gives the same answer for ever. */
#ifndef CM_ZONE_H
#define CM_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "community/types.h"

struct cm_zone_change {
    community_time_ms at;   /* from this instant on */
    int32_t offset_seconds; /* local time minus UTC */
};

struct cm_zone {
    struct community_text name;   /* "Asia/Shanghai" */
    int32_t first_offset_seconds; /* before the first change */
    size_t count;
    const struct cm_zone_change *changes; /* ascending, expanded through the year 2100 */
};

int32_t cm_zone_offset_seconds(const struct cm_zone *zone, community_time_ms time);
/* The instant of a local wall time, given as milliseconds since 1970-01-01T00:00 local. In a gap
 * the offset before it counts; of two instants the first (RFC 5545 section 3.3.5). */
community_time_ms cm_zone_instant(const struct cm_zone *zone, int64_t local_ms);
/* The same for the edge of a stretch of wall time, such as office hours: in a gap it is the instant
 * of the gap itself, so that a stretch inside a gap shrinks to nothing. */
community_time_ms cm_zone_edge(const struct cm_zone *zone, int64_t local_ms);
/* Of two instants the last; in a gap as cm_zone_instant. */
community_time_ms cm_zone_last_instant(const struct cm_zone *zone, int64_t local_ms);

#endif
