/* SPDX-License-Identifier: Apache-2.0
 *
 * Instants and wall times by a table of offsets. */
#include "zone.h"

#include <stdbool.h>

/* No zone was ever further from UTC than that; zone files that say so are refused. */
#define OFFSET_BOUND_MS (INT64_C(27) * 60 * 60 * 1000)

/* How many changes lie at or before `time`. */
static size_t changes_until(const struct cm_zone *zone, community_time_ms time)
{
    size_t low = 0;
    size_t high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The offset after `count` changes. */
static int32_t offset_after(const struct cm_zone *zone, size_t count)
{
    return count == 0 ? zone->first_offset_seconds : zone->changes[count - 1].offset_seconds;
}

int32_t cm_zone_offset_seconds(const struct cm_zone *zone, community_time_ms time)
{
    return offset_after(zone, changes_until(zone, time));
}

static int64_t offset_ms(const struct cm_zone *zone, size_t count)
{
    return (int64_t)offset_after(zone, count) * 1000;
}

static bool has_begun(const struct cm_zone *zone, size_t count, community_time_ms time)
{
    return count == 0 || time >= zone->changes[count - 1].at;
}

static bool has_ended(const struct cm_zone *zone, size_t count, community_time_ms time)
{
    return count < zone->count && time >= zone->changes[count].at;
}

/* Finds how many changes have passed at the first instant that shows the wall time. False in a gap:
 * then how many have passed after the gap. Changes more than a day away need not be looked at. */
static bool find_stretch(size_t *count_out, const struct cm_zone *zone, int64_t local_ms)
{
    bool gap_is_found = false;
    for (size_t count = changes_until(zone, local_ms - OFFSET_BOUND_MS); count <= zone->count;
         count++) {
        if (gap_is_found && zone->changes[count - 1].at > local_ms + OFFSET_BOUND_MS)
            return false;
        community_time_ms time = local_ms - offset_ms(zone, count);
        if (has_ended(zone, count, time))
            continue;
        if (has_begun(zone, count, time)) {
            *count_out = count;
            return true;
        }
        if (!gap_is_found)
            *count_out = count;
        gap_is_found = true;
    }
    return false;
}

community_time_ms cm_zone_instant(const struct cm_zone *zone, int64_t local_ms)
{
    size_t count = 0;
    if (!find_stretch(&count, zone, local_ms))
        count--;
    return local_ms - offset_ms(zone, count);
}

community_time_ms cm_zone_edge(const struct cm_zone *zone, int64_t local_ms)
{
    size_t count = 0;
    if (!find_stretch(&count, zone, local_ms))
        return zone->changes[count - 1].at;
    return local_ms - offset_ms(zone, count);
}

community_time_ms cm_zone_last_instant(const struct cm_zone *zone, int64_t local_ms)
{
    size_t count = 0;
    if (!find_stretch(&count, zone, local_ms))
        return cm_zone_instant(zone, local_ms);
    community_time_ms last = local_ms - offset_ms(zone, count);
    while (count < zone->count && zone->changes[count].at <= local_ms + OFFSET_BOUND_MS) {
        count++;
        community_time_ms again = local_ms - offset_ms(zone, count);
        if (has_begun(zone, count, again) && !has_ended(zone, count, again))
            last = again;
    }
    return last;
}
