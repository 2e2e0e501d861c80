/* SPDX-License-Identifier: Apache-2.0
 *
 * The days that made a due time, as data. */
#ifndef CM_DUE_REASONS_H
#define CM_DUE_REASONS_H

#include "community/status.h"
#include "value.h"
#include "working_calendar.h"

/* [{"date": "2026-02-14", "reason": "make-up"}, …]; hours of a day as "counted_ms" where it counts
 * working time. COMMUNITY_CALENDAR_UNKNOWN with the year, or COMMUNITY_NO_MEMORY. */
enum community_status cm_due_reasons(struct cm_value *out, struct cm_arena *arena,
                                     const struct cm_calendar *calendar, community_time_ms start,
                                     const struct cm_duration *duration, int32_t *unknown_year_out);

#endif
