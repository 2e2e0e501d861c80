/* SPDX-License-Identifier: Apache-2.0
 *
 * Working time. "5 working days" from an instant gives a due time, with the reasons. Sources of the
 * rules: Civil Code of the PRC art. 200-204 (how periods are counted), State Council arrangements
 * of holidays and make-up working days (data, never code), RFC 9636 (time zones). */
#ifndef COMMUNITY_CALENDAR_H
#define COMMUNITY_CALENDAR_H

#include "community/document.h"
#include "community/export.h"
#include "community/status.h"
#include "community/types.h"

COMMUNITY_BEGIN

struct community_rulebook;

/* The due time of `duration` ("5 working days", "4 working hours", "15 calendar days", "2 hours",
 * "next working day 16:00", …; all forms are in docs/rulebook.md) counted from `start` by the
 * calendar named `calendar` of the rulebook ({NULL, 0}: its only one). Deterministic: reads no
 * clock.
 *
 * Errors: COMMUNITY_NOT_FOUND no such calendar; COMMUNITY_INVALID the duration cannot be read;
 * COMMUNITY_CALENDAR_UNKNOWN the count enters a year the calendar does not list.
 * Any thread. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_calendar_due(community_time_ms *due_out, int32_t *offset_minutes_out,
                       const struct community_rulebook *rulebook, struct community_text calendar,
                       community_time_ms start, struct community_text duration,
                       struct community_error *err);

/* The same as JSON, with the reasons: {"due": "…", "calendar": "office", "duration": "5 working
 * days", "start": "…", "days": [{"date": "2026-02-14", "reason": "make-up"}, …]}. Reasons: start,
 * counted, make-up, weekend, holiday, moved. Errors as above. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_calendar_explain(struct community_document **document_out,
                           const struct community_rulebook *rulebook,
                           struct community_text calendar, community_time_ms start,
                           struct community_text duration, struct community_error *err);

COMMUNITY_END

#endif
