/* SPDX-License-Identifier: Apache-2.0
 *
 * The days that made a due time, as data. */
#include "due_reasons.h"

#include "rfc3339.h"
#include "text.h"

static const char *const reason_words[] = {
    [CM_DAY_START] = "start",     [CM_DAY_COUNTED] = "counted", [CM_DAY_MAKE_UP] = "make-up",
    [CM_DAY_WEEKEND] = "weekend", [CM_DAY_HOLIDAY] = "holiday", [CM_DAY_MOVED] = "moved",
};

struct collecting {
    struct cm_arena *arena;
    struct cm_value list;
    bool no_memory;
};

static void count_step(void *userdata, const struct cm_day_step *step)
{
    (void)step;
    (*(size_t *)userdata)++;
}

static void take_step(void *userdata, const struct cm_day_step *step)
{
    struct collecting *collecting = userdata;
    char date[11];
    cm_date_format(date, cm_date_from_days(step->day));
    const struct community_text kept = cm_arena_text(collecting->arena, cm_text(date));
    struct cm_value item = cm_value_new_object(collecting->arena, 3);
    if (kept.data == NULL || cm_value_is_broken(&item)) {
        collecting->no_memory = true;
        return;
    }
    cm_value_put(&item, "date", cm_value_text(kept));
    cm_value_put(&item, "reason", cm_value_string(reason_words[step->reason]));
    if (step->counted_ms > 0)
        cm_value_put(&item, "counted_ms", cm_value_integer(step->counted_ms));
    cm_value_append(&collecting->list, item);
}

enum community_status cm_due_reasons(struct cm_value *out, struct cm_arena *arena,
                                     const struct cm_calendar *calendar, community_time_ms start,
                                     const struct cm_duration *duration, int32_t *unknown_year_out)
{
    size_t count = 0;
    if (!cm_calendar_explain(calendar, start, duration, count_step, &count, unknown_year_out))
        return COMMUNITY_CALENDAR_UNKNOWN;
    struct collecting collecting = {.arena = arena, .list = cm_value_new_list(arena, count)};
    if (cm_value_is_broken(&collecting.list))
        return COMMUNITY_NO_MEMORY;
    if (!cm_calendar_explain(calendar, start, duration, take_step, &collecting, unknown_year_out))
        return COMMUNITY_CALENDAR_UNKNOWN;
    *out = collecting.list;
    return collecting.no_memory ? COMMUNITY_NO_MEMORY : COMMUNITY_OK;
}
