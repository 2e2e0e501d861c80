/* SPDX-License-Identifier: Apache-2.0
 *
 * Wall times and instants where clocks change. */
#include <criterion/criterion.h>

#include "calendar_fixture.h"

/* A zone like New York's in 2026, and one that left out the whole of 2011-12-30. */
static const struct cm_zone_change new_york_changes[] = {
    {INT64_C(1772953200000), -4 * 3600}, /* 2026-03-08T07:00:00Z: 02:00 becomes 03:00 */
    {INT64_C(1793512800000), -5 * 3600}, /* 2026-11-01T06:00:00Z: 02:00 becomes 01:00 */
};
static const struct cm_zone new_york = {
    .first_offset_seconds = -5 * 3600,
    .count = 2,
    .changes = new_york_changes,
};
static const struct cm_zone_change apia_changes[] = {{INT64_C(1325239200000), 14 * 3600}};
static const struct cm_zone apia = {
    .first_offset_seconds = -10 * 3600,
    .count = 1,
    .changes = apia_changes,
};

/* The local wall time as if it were UTC. */
static int64_t wall(const char *text)
{
    return time_of(text);
}

Test(zone, offsets_hold_from_the_change_on)
{
    cr_assert_eq(cm_zone_offset_seconds(&new_york, time_of("2026-03-08T06:59:59.999Z")), -18000);
    cr_assert_eq(cm_zone_offset_seconds(&new_york, time_of("2026-03-08T07:00:00Z")), -14400);
    cr_assert_eq(cm_zone_offset_seconds(&new_york, time_of("2026-11-01T05:59:59.999Z")), -14400);
    cr_assert_eq(cm_zone_offset_seconds(&new_york, time_of("2026-11-01T06:00:00Z")), -18000);
    cr_assert_eq(cm_zone_offset_seconds(&china_zone, 0), 28800);
}

Test(zone, in_a_gap_the_offset_before_it_counts)
{
    cr_assert_eq(cm_zone_instant(&new_york, wall("2026-03-08T01:59:59.999Z")),
                 time_of("2026-03-08T06:59:59.999Z"));
    cr_assert_eq(cm_zone_instant(&new_york, wall("2026-03-08T02:30:00Z")),
                 time_of("2026-03-08T07:30:00Z"));
    cr_assert_eq(cm_zone_instant(&new_york, wall("2026-03-08T03:00:00Z")),
                 time_of("2026-03-08T07:00:00Z"));
    cr_assert_eq(cm_zone_instant(&apia, wall("2011-12-30T12:00:00Z")),
                 time_of("2011-12-30T22:00:00Z"));
    cr_assert_eq(cm_zone_instant(&apia, wall("2011-12-31T00:00:00Z")),
                 time_of("2011-12-30T10:00:00Z"));
}

Test(zone, of_two_instants_the_first_counts)
{
    cr_assert_eq(cm_zone_instant(&new_york, wall("2026-11-01T01:30:00Z")),
                 time_of("2026-11-01T05:30:00Z"));
    cr_assert_eq(cm_zone_last_instant(&new_york, wall("2026-11-01T01:30:00Z")),
                 time_of("2026-11-01T06:30:00Z"));
    cr_assert_eq(cm_zone_instant(&new_york, wall("2026-11-01T02:00:00Z")),
                 time_of("2026-11-01T07:00:00Z"));
    cr_assert_eq(cm_zone_last_instant(&new_york, wall("2026-11-01T02:00:00Z")),
                 time_of("2026-11-01T07:00:00Z"));
    cr_assert_eq(cm_zone_last_instant(&new_york, wall("2026-03-08T02:30:00Z")),
                 time_of("2026-03-08T07:30:00Z"));
}

Test(zone, an_edge_in_a_gap_is_the_gap)
{
    cr_assert_eq(cm_zone_edge(&new_york, wall("2026-03-08T02:30:00Z")),
                 time_of("2026-03-08T07:00:00Z"));
    cr_assert_eq(cm_zone_edge(&apia, wall("2011-12-30T08:00:00Z")),
                 time_of("2011-12-30T10:00:00Z"));
    cr_assert_eq(cm_zone_edge(&new_york, wall("2026-11-01T01:30:00Z")),
                 time_of("2026-11-01T05:30:00Z"));
}
