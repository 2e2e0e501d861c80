/* SPDX-License-Identifier: Apache-2.0
 *
 * The arithmetic of one deadline. */
#include "deadline.h"

#include "checked.h"
#include "rfc3339.h"
#include "text.h"

enum { YEAR_TOO_FAR = 10000 };

uint8_t cm_deadline_unit(const struct cm_deadline *deadline)
{
    return deadline->allows_at ? CM_ELAPSED : deadline->allow.unit;
}

bool cm_time_is_writable(community_time_ms time)
{
    const struct cm_date first = {.year = 1, .month = 1, .day = 1};
    const struct cm_date last = {.year = 9999, .month = 12, .day = 31};
    return time >= cm_days_from_date(first) * CM_DAY_MS &&
           time < (cm_days_from_date(last) + 1) * CM_DAY_MS - 1;
}

/* No calendar knows the year after the last one that can be written. */
static bool check_due(community_time_ms due, int32_t *unknown_year_out)
{
    if (cm_time_is_writable(due))
        return true;
    *unknown_year_out = YEAR_TOO_FAR;
    return false;
}

/* Elapsed time is plain arithmetic and needs no calendar; a lifecycle may have none. */
static bool add_elapsed(community_time_ms *due_out, community_time_ms start, int64_t amount_ms,
                        int32_t *unknown_year_out)
{
    community_time_ms due;
    if (!cm_int64_add(&due, start, amount_ms)) {
        *unknown_year_out = YEAR_TOO_FAR;
        return false;
    }
    *due_out = due;
    return check_due(due, unknown_year_out);
}

bool cm_lifecycle_due(community_time_ms *due_out, const struct cm_lifecycle *lifecycle,
                      community_time_ms start, const struct cm_duration *duration,
                      int32_t *unknown_year_out)
{
    if (duration->unit == CM_ELAPSED)
        return add_elapsed(due_out, start, duration->amount, unknown_year_out);
    return cm_calendar_due(due_out, lifecycle->calendar, start, duration, unknown_year_out) &&
           check_due(*due_out, unknown_year_out);
}

static bool freeze(struct cm_remainder *left_out, struct cm_deadline_scene *scene, uint8_t unit,
                   community_time_ms due, community_time_ms now)
{
    if (unit != CM_ELAPSED)
        return cm_calendar_freeze(left_out, scene->lifecycle->calendar, unit, due, now,
                                  &scene->unknown_year);
    *left_out = (struct cm_remainder){.unit = CM_ELAPSED};
    return now >= due || cm_int64_subtract(&left_out->amount, due, now);
}

static bool thaw(community_time_ms *due_out, struct cm_deadline_scene *scene,
                 const struct cm_remainder *left)
{
    if (left->unit == CM_ELAPSED)
        return add_elapsed(due_out, scene->now, left->amount, &scene->unknown_year);
    return cm_calendar_thaw(due_out, scene->lifecycle->calendar, left, scene->now,
                            &scene->unknown_year) &&
           check_due(*due_out, &scene->unknown_year);
}

static bool counts_working_time(const struct cm_deadline *deadline)
{
    switch ((enum cm_duration_unit)cm_deadline_unit(deadline)) {
    case CM_WORKING_TIME:
    case CM_WORKING_DAYS:
    case CM_SAME_WORKING_DAY:
    case CM_NEXT_WORKING_DAY:
        return true;
    case CM_ELAPSED:
    case CM_CALENDAR_DAYS:
    case CM_MONTHS:
        return false;
    }
    return false;
}

static bool has_percent_warning(const struct cm_deadline *deadline)
{
    for (size_t i = 0; i < deadline->warning_count; i++) {
        if (deadline->warnings[i].percent > 0)
            return true;
    }
    return false;
}

/* How long it is from one instant to another in the deadline's own kind of time. */
static bool length_between(int64_t *ms_out, struct cm_deadline_scene *scene, community_time_ms from,
                           community_time_ms to)
{
    if (to <= from) {
        *ms_out = 0;
        return true;
    }
    if (!counts_working_time(scene->deadline))
        return cm_int64_subtract(ms_out, to, from);
    struct cm_remainder left;
    if (!freeze(&left, scene, CM_WORKING_TIME, to, from))
        return false;
    *ms_out = left.amount;
    return true;
}

/* When warning `index` is to be given. False: never, or the calendar does not reach back to it. */
static bool warning_time(community_time_ms *at_out, const struct cm_deadline_state *state,
                         struct cm_deadline_scene *scene, const struct cm_warning *warning)
{
    struct cm_duration before = warning->before;
    if (warning->percent > 0) {
        before.unit = counts_working_time(scene->deadline) ? CM_WORKING_TIME : CM_ELAPSED;
        before.amount = state->whole_ms / 100 * (100 - warning->percent) +
                        state->whole_ms % 100 * (100 - warning->percent) / 100;
    }
    if (before.unit == CM_ELAPSED)
        return cm_int64_subtract(at_out, state->due, before.amount);
    return cm_calendar_before(at_out, scene->lifecycle->calendar, state->due, &before,
                              &scene->unknown_year);
}

static void keep_earliest(struct cm_deadline_state *state, uint8_t kind, size_t index,
                          community_time_ms at)
{
    if (state->next_kind != CM_TIMER_NONE && state->next_at <= at)
        return;
    state->next_kind = kind;
    state->next_index = (uint16_t)index;
    state->next_at = at;
}

static void schedule_warnings(struct cm_deadline_state *state, struct cm_deadline_scene *scene)
{
    for (size_t i = 0; i < scene->deadline->warning_count; i++) {
        if ((state->warned & (UINT32_C(1) << i)) != 0)
            continue;
        community_time_ms at;
        if (!warning_time(&at, state, scene, &scene->deadline->warnings[i]) ||
            at <= state->started_at) {
            state->warned |= UINT32_C(1) << i; /* there is no such moment in this period */
            continue;
        }
        keep_earliest(state, CM_TIMER_WARNING, i, at);
    }
}

static void schedule_step(struct cm_deadline_state *state, struct cm_deadline_scene *scene)
{
    if (state->stepped >= scene->deadline->step_count)
        return;
    const struct cm_breach_step *step = &scene->deadline->steps[state->stepped];
    community_time_ms at = state->ladder_from + 1;
    if (step->has_after) {
        /* A step beyond the years of the calendar waits for a later look at the record. */
        if (!cm_lifecycle_due(&at, scene->lifecycle, state->ladder_from, &step->after,
                              &scene->unknown_year))
            return;
        if (at <= state->ladder_from)
            at = state->ladder_from + 1;
    }
    keep_earliest(state, CM_TIMER_STEP, state->stepped, at);
}

/* Finds the next timer of the deadline; on time means at or before due, so the breach comes one
 * millisecond after. */
static void schedule(struct cm_deadline_state *state, struct cm_deadline_scene *scene)
{
    state->next_kind = CM_TIMER_NONE;
    state->next_index = 0;
    state->next_at = 0;
    if (state->status != CM_DEADLINE_RUNNING)
        return;
    if (state->breached) {
        schedule_step(state, scene);
        return;
    }
    schedule_warnings(state, scene);
    keep_earliest(state, CM_TIMER_BREACH, 0, state->due + 1);
}

/* The due time that a time field gives. */
static bool time_in_field(community_time_ms *due_out, const struct cm_deadline_scene *scene)
{
    if (scene->at_value == NULL || scene->at_value->type != CM_TEXT_VALUE)
        return false;
    return cm_time_parse(scene->at_value->as.text, due_out, NULL);
}

static bool was_missed(const struct cm_deadline_state *state)
{
    return state->missed || state->breached ||
           (state->status == CM_DEADLINE_MET && state->ended_at > state->due);
}

/* A breach that a timer noted after the moment that is only now entered has not happened. */
static void forgive(struct cm_deadline_state *state, community_time_ms now)
{
    if (now <= state->due)
        state->breached = false;
}

bool cm_deadline_start(struct cm_deadline_state *state, struct cm_deadline_scene *scene)
{
    struct cm_deadline_state fresh = {
        .status = CM_DEADLINE_RUNNING, .started_at = scene->now, .missed = was_missed(state)};
    if (scene->deadline->allows_at) {
        if (!time_in_field(&fresh.due, scene))
            return true;
        if (!check_due(fresh.due, &scene->unknown_year))
            return false;
    } else if (!cm_lifecycle_due(&fresh.due, scene->lifecycle, scene->now, &scene->deadline->allow,
                                 &scene->unknown_year)) {
        return false;
    }
    if (has_percent_warning(scene->deadline) &&
        !length_between(&fresh.whole_ms, scene, fresh.started_at, fresh.due))
        return false;
    fresh.ladder_from = fresh.due;
    schedule(&fresh, scene);
    *state = fresh;
    return true;
}

bool cm_deadline_pause(struct cm_deadline_state *state, struct cm_deadline_scene *scene)
{
    if (state->status != CM_DEADLINE_RUNNING)
        return true;
    struct cm_deadline_state paused = *state;
    forgive(&paused, scene->now);
    /* Nothing is left of a missed period; what stands still is the ladder. */
    if (paused.breached)
        paused.left =
            (struct cm_remainder){.unit = CM_ELAPSED, .amount = scene->now - state->ladder_from};
    else if (!freeze(&paused.left, scene, cm_deadline_unit(scene->deadline), state->due,
                     scene->now))
        return false;
    paused.status = CM_DEADLINE_PAUSED;
    schedule(&paused, scene);
    *state = paused;
    return true;
}

bool cm_deadline_resume(struct cm_deadline_state *state, struct cm_deadline_scene *scene)
{
    if (state->status != CM_DEADLINE_PAUSED)
        return true;
    struct cm_deadline_state running = *state;
    if (state->breached)
        running.ladder_from = scene->now - state->left.amount;
    else if (!thaw(&running.due, scene, &state->left))
        return false;
    else
        running.ladder_from = running.due;
    running.status = CM_DEADLINE_RUNNING;
    running.left = (struct cm_remainder){0};
    schedule(&running, scene);
    *state = running;
    return true;
}

bool cm_deadline_extend(struct cm_deadline_state *state, struct cm_deadline_scene *scene,
                        const struct cm_duration *by)
{
    struct cm_deadline_state longer = *state;
    forgive(&longer, scene->now);
    if (!cm_lifecycle_due(&longer.due, scene->lifecycle, state->due, by, &scene->unknown_year))
        return false;
    int64_t added_ms = 0;
    if (has_percent_warning(scene->deadline) &&
        !length_between(&added_ms, scene, state->due, longer.due))
        return false;
    longer.whole_ms += added_ms;
    longer.extended += by->amount;
    longer.ladder_from = longer.due;
    schedule(&longer, scene);
    *state = longer;
    return true;
}

/* The due time of one that ends while it stands still is what it would have been had it gone on
 * now: the time of a pause is never held against anybody. */
static void catch_up(struct cm_deadline_state *state, struct cm_deadline_scene *scene)
{
    /* A year that the calendar does not know keeps nobody from ending: whatever was left, it was
     * not late. */
    if (!cm_deadline_resume(state, scene) && state->due < scene->now)
        state->due = scene->now;
}

void cm_deadline_end(struct cm_deadline_state *state, struct cm_deadline_scene *scene, bool met)
{
    catch_up(state, scene);
    forgive(state, scene->now);
    state->status = met ? CM_DEADLINE_MET : CM_DEADLINE_ENDED;
    state->ended_at = scene->now;
    state->left = (struct cm_remainder){0};
    state->paused_by_state = false;
    state->paused_by_command = false;
    state->next_kind = CM_TIMER_NONE;
    state->next_index = 0;
    state->next_at = 0;
}

void cm_deadline_go_on(struct cm_deadline_state *state, struct cm_deadline_scene *scene)
{
    state->status = CM_DEADLINE_RUNNING;
    state->ended_at = 0;
    schedule(state, scene);
}

void cm_deadline_fire(struct cm_deadline_state *state, struct cm_deadline_scene *scene)
{
    switch ((enum cm_timer_kind)state->next_kind) {
    case CM_TIMER_WARNING:
        state->warned |= UINT32_C(1) << state->next_index;
        break;
    case CM_TIMER_BREACH:
        state->breached = true;
        break;
    case CM_TIMER_STEP:
        state->stepped++;
        break;
    case CM_TIMER_NONE:
    case CM_TIMER_AFTER:
        break;
    }
    schedule(state, scene);
}
