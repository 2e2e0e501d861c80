/* SPDX-License-Identifier: Apache-2.0
 *
 * Times, zones, digests and due times for callers without a desk. */
#include "community/calendar.h"
#include "community/digest.h"
#include "community/time.h"
#include "deadline.h"
#include "default_allocator.h"
#include "desk_state.h"
#include "digest.h"
#include "due_reasons.h"
#include "failure.h"
#include "json.h"
#include "memory.h"
#include "rfc3339.h"
#include "text.h"
#include "zone_file.h"

enum { ARENA_BLOCK = 8 * 1024 };

/* ---- times and zones ---- */

enum community_status community_time_parse(community_time_ms *time_out, struct community_text text,
                                           struct community_error *err)
{
    if (!cm_time_parse(text, time_out, NULL))
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_TIME_FORMAT, text);
    return COMMUNITY_OK;
}

void community_time_format(char text_out[COMMUNITY_TIME_TEXT_SIZE], community_time_ms time,
                           int32_t offset_minutes)
{
    cm_time_format(text_out, time, offset_minutes);
}

struct community_zone {
    struct community_allocator allocator;
    struct cm_arena arena;
    const struct cm_zone *zone;
};

enum community_status community_zone_open(struct community_zone **zone_out,
                                          struct community_text name,
                                          const struct community_allocator *allocator,
                                          struct community_error *err)
{
    *zone_out = NULL;
    if (allocator == NULL)
        allocator = cm_default_allocator();
    struct community_zone *zone = cm_allocate_zeroed(allocator, sizeof(*zone));
    if (zone == NULL)
        return cm_fail_memory(err);
    zone->allocator = *allocator;
    cm_arena_init(&zone->arena, &zone->allocator, ARENA_BLOCK);
    const enum community_status status =
        cm_zone_file_read(&zone->zone, &zone->arena, NULL, name, err);
    if (status == COMMUNITY_OK)
        *zone_out = zone;
    else
        community_zone_free(zone);
    return status;
}

void community_zone_free(struct community_zone *zone)
{
    if (zone == NULL)
        return;
    cm_arena_free(&zone->arena);
    const struct community_allocator allocator = zone->allocator;
    cm_release(&allocator, zone);
}

community_time_ms community_zone_instant(const struct community_zone *zone, community_time_ms local)
{
    return cm_zone_instant(zone->zone, local);
}

int32_t community_zone_offset_minutes(const struct community_zone *zone, community_time_ms time)
{
    return cm_zone_offset_seconds(zone->zone, time) / 60;
}

/* ---- digests ---- */

struct community_digest {
    struct community_allocator allocator;
    struct cm_digest *digest;
    bool has_begun;
};

enum community_status community_digest_new(struct community_digest **digest_out,
                                           const struct community_allocator *allocator,
                                           struct community_error *err)
{
    *digest_out = NULL;
    if (allocator == NULL)
        allocator = cm_default_allocator();
    struct community_digest *digest = cm_allocate_zeroed(allocator, sizeof(*digest));
    if (digest == NULL)
        return cm_fail_memory(err);
    digest->allocator = *allocator;
    digest->digest = cm_digest_new(allocator);
    if (digest->digest == NULL) {
        community_digest_free(digest);
        return cm_fail_memory(err);
    }
    *digest_out = digest;
    return COMMUNITY_OK;
}

static bool begin(struct community_digest *digest)
{
    if (!digest->has_begun)
        digest->has_begun = cm_digest_begin(digest->digest);
    return digest->has_begun;
}

enum community_status community_digest_add(struct community_digest *digest,
                                           struct community_text bytes, struct community_error *err)
{
    return begin(digest) && cm_digest_add(digest->digest, bytes) ? COMMUNITY_OK
                                                                 : cm_fail_memory(err);
}

enum community_status community_digest_finish(struct community_digest *digest, uint8_t hash_out[32],
                                              struct community_error *err)
{
    const bool done = begin(digest) && cm_digest_end(digest->digest, hash_out);
    digest->has_begun = false;
    return done ? COMMUNITY_OK : cm_fail_memory(err);
}

void community_digest_free(struct community_digest *digest)
{
    if (digest == NULL)
        return;
    cm_digest_free(digest->digest);
    const struct community_allocator allocator = digest->allocator;
    cm_release(&allocator, digest);
}

/* ---- due times ---- */

static enum community_status unknown_year(const struct cm_duration *duration, int32_t year,
                                          struct community_error *err)
{
    char words[CM_DURATION_TEXT_SIZE];
    char digits[CM_INTEGER_TEXT_SIZE];
    cm_duration_format(words, duration);
    return cm_fail(err, COMMUNITY_CALENDAR_UNKNOWN, CM_CODE_CALENDAR_UNKNOWN, cm_text(words),
                   cm_text_of_integer(digits, year));
}

/* The calendar and the duration that a question names. */
static enum community_status
read_question(const struct cm_calendar **calendar_out, struct cm_duration *duration_out,
              const struct community_rulebook *rulebook, struct community_text calendar,
              struct community_text duration, community_time_ms start, struct community_error *err)
{
    if (!cm_time_is_writable(start))
        return cm_fail_plain(err, COMMUNITY_INVALID, CM_CODE_TIME_RANGE);
    *calendar_out = cm_rulebook_calendar(rulebook, calendar);
    if (*calendar_out == NULL)
        return cm_fail(err, COMMUNITY_NOT_FOUND, CM_CODE_CALENDAR_NOT_FOUND, calendar);
    if (!cm_duration_parse(duration, duration_out))
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_DURATION_WORDS, duration);
    return COMMUNITY_OK;
}

enum community_status
community_calendar_due(community_time_ms *due_out, int32_t *offset_minutes_out,
                       const struct community_rulebook *rulebook, struct community_text calendar,
                       community_time_ms start, struct community_text duration,
                       struct community_error *err)
{
    const struct cm_calendar *found;
    struct cm_duration length;
    int32_t year = 0;
    const enum community_status status =
        read_question(&found, &length, rulebook, calendar, duration, start, err);
    if (status != COMMUNITY_OK)
        return status;
    if (!cm_calendar_due(due_out, found, start, &length, &year))
        return unknown_year(&length, year, err);
    if (offset_minutes_out != NULL)
        *offset_minutes_out = cm_calendar_offset_minutes(found, *due_out);
    return COMMUNITY_OK;
}

/* Everything about the answer as one object in the arena. */
static enum community_status explain(struct cm_value *out, struct cm_arena *arena,
                                     const struct cm_calendar *calendar, community_time_ms start,
                                     const struct cm_duration *duration,
                                     struct community_error *err)
{
    bool ok = true;
    int32_t year = 0;
    community_time_ms due;
    struct cm_value days;
    if (!cm_calendar_due(&due, calendar, start, duration, &year))
        return unknown_year(duration, year, err);
    const enum community_status status =
        cm_due_reasons(&days, arena, calendar, start, duration, &year);
    if (status == COMMUNITY_CALENDAR_UNKNOWN)
        return unknown_year(duration, year, err);
    char words[CM_DURATION_TEXT_SIZE];
    cm_duration_format(words, duration);
    const struct community_text kept = cm_arena_text(arena, cm_text(words));
    *out = cm_value_new_object(arena, 5);
    if (status != COMMUNITY_OK || kept.data == NULL || cm_value_is_broken(out))
        return cm_fail_memory(err);
    cm_value_put(out, "calendar", cm_value_text(cm_calendar_name(calendar)));
    cm_value_put(out, "duration", cm_value_text(kept));
    cm_value_put(out, "start",
                 cm_time_to_value(arena, start, cm_calendar_offset_minutes(calendar, start), &ok));
    cm_value_put(out, "due",
                 cm_time_to_value(arena, due, cm_calendar_offset_minutes(calendar, due), &ok));
    cm_value_put(out, "days", days);
    return ok ? COMMUNITY_OK : cm_fail_memory(err);
}

enum community_status community_calendar_explain(struct community_document **document_out,
                                                 const struct community_rulebook *rulebook,
                                                 struct community_text calendar,
                                                 community_time_ms start,
                                                 struct community_text duration,
                                                 struct community_error *err)
{
    const struct cm_calendar *found;
    struct cm_duration length;
    struct cm_arena arena;
    struct cm_buffer text;
    struct cm_value value;
    *document_out = NULL;
    enum community_status status =
        read_question(&found, &length, rulebook, calendar, duration, start, err);
    if (status != COMMUNITY_OK)
        return status;
    cm_arena_init(&arena, &rulebook->allocator, ARENA_BLOCK);
    cm_buffer_init(&text, &rulebook->allocator);
    status = explain(&value, &arena, found, start, &length, err);
    if (status == COMMUNITY_OK) {
        cm_json_write(&text, &value);
        status = text.failed ? cm_fail_memory(err)
                             : cm_document_make(document_out, &rulebook->allocator,
                                                cm_buffer_view(&text), err);
    }
    cm_buffer_free(&text);
    cm_arena_free(&arena);
    return status;
}
