/* SPDX-License-Identifier: Apache-2.0
 *
 * The calendar's rules once more, slowly: walking from day to day and looking at every offset
 * change. Shares no code with the library but the arithmetic of dates. */
#ifndef CALENDAR_WALK_H
#define CALENDAR_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "working_calendar.h"

/* As cm_calendar_due. */
bool walk_due(community_time_ms *due_out, const struct cm_calendar_definition *definition,
              community_time_ms start, const struct cm_duration *duration, int32_t *unknown_year);

int32_t walk_offset_seconds(const struct cm_zone *zone, community_time_ms time);
community_time_ms walk_instant(const struct cm_zone *zone, int64_t local_ms);

#endif
