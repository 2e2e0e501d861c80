/* SPDX-License-Identifier: Apache-2.0
 *
 * What a step does to the clocks of a record. */
#include "deadline.h"
#include "decide_steps.h"
#include "text.h"

static struct cm_deadline_scene deadline_scene(const struct cm_decide_scene *scene, size_t index)
{
    const struct cm_deadline *deadline = &scene->record->lifecycle->deadlines[index];
    return (struct cm_deadline_scene){
        .lifecycle = scene->record->lifecycle,
        .deadline = deadline,
        .at_value = deadline->allows_at ? cm_decide_field(scene, deadline->at_field) : NULL,
        .now = scene->request->at,
    };
}

/* Begins, begins again, or goes on, by what a state of `from` means for it now. */
static bool enter_from(struct cm_deadline_state *state, struct cm_deadline_scene *deadline)
{
    switch ((enum cm_deadline_status)state->status) {
    case CM_DEADLINE_IDLE:
        return cm_deadline_start(state, deadline);
    case CM_DEADLINE_RUNNING:
    case CM_DEADLINE_PAUSED:
        return !deadline->deadline->restarts || cm_deadline_start(state, deadline);
    case CM_DEADLINE_MET:
    case CM_DEADLINE_ENDED:
        if (deadline->deadline->restarts)
            return cm_deadline_start(state, deadline);
        cm_deadline_go_on(state, deadline);
        return true;
    }
    return true;
}

static bool is_live(const struct cm_deadline_state *state)
{
    return state->status == CM_DEADLINE_RUNNING || state->status == CM_DEADLINE_PAUSED;
}

static bool enter_state(struct cm_deadline_state *state, struct cm_deadline_scene *deadline,
                        int32_t entered)
{
    const struct cm_deadline *rule = deadline->deadline;
    const bool met = cm_index_is_in(entered, rule->until, rule->until_count);
    if (met || deadline->lifecycle->states[entered].is_final) {
        if (is_live(state))
            cm_deadline_end(state, deadline, met);
        return true;
    }
    if (cm_index_is_in(entered, rule->from, rule->from_count) && !enter_from(state, deadline))
        return false;
    if (is_live(state))
        state->paused_by_state = cm_index_is_in(entered, rule->pause_in, rule->pause_in_count);
    return true;
}

/* Freezes or thaws as the two reasons to pause now stand. */
static bool settle_pause(struct cm_deadline_state *state, struct cm_deadline_scene *deadline)
{
    if (!is_live(state))
        return true;
    if (state->paused_by_state || state->paused_by_command)
        return cm_deadline_pause(state, deadline);
    return cm_deadline_resume(state, deadline);
}

static void note_change(const struct cm_decide_scene *scene, size_t index,
                        const struct cm_deadline_state *state)
{
    struct cm_outcome *outcome = &scene->decision->outcome;
    if (outcome->deadlines == NULL)
        outcome->deadlines =
            cm_arena_array(scene->decision->arena, scene->record->lifecycle->deadline_count,
                           sizeof(*outcome->deadlines));
    if (outcome->deadlines == NULL) {
        scene->decision->no_memory = true;
        return;
    }
    outcome->deadlines[outcome->deadline_count++] =
        (struct cm_deadline_change){.deadline = (int32_t)index, .state = *state};
}

static void refuse_extension(const struct cm_decide_scene *scene, enum cm_code code,
                             const struct cm_deadline *deadline, struct community_text detail)
{
    cm_decide_no(scene, code, deadline->name, detail);
}

/* Whether "for" may be added; says why not. */
static bool may_extend(const struct cm_decide_scene *scene, const struct cm_deadline *deadline,
                       const struct cm_deadline_state *state, const struct cm_duration *by)
{
    if (state->status != CM_DEADLINE_RUNNING) {
        refuse_extension(scene, CM_CODE_DEADLINE_NOT_RUNNING, deadline, (struct community_text){0});
        return false;
    }
    if (scene->request->at > state->due) {
        refuse_extension(scene, CM_CODE_DEADLINE_PASSED, deadline,
                         cm_decide_time_text(scene, state->due));
        return false;
    }
    if (by->unit != CM_ELAPSED && scene->record->lifecycle->calendar == NULL) {
        cm_decide_no(scene, CM_CODE_NO_CALENDAR,
                     cm_value_member_as_text(scene->request->data, "for"), deadline->name);
        return false;
    }
    if (!deadline->has_cap)
        return true;
    char words[CM_DURATION_TEXT_SIZE];
    cm_duration_format(words, &deadline->extend_at_most);
    const struct community_text cap = cm_arena_text(scene->decision->arena, cm_text(words));
    if (by->unit != deadline->extend_at_most.unit) {
        refuse_extension(scene, CM_CODE_EXTENSION_UNIT, deadline, cap);
        return false;
    }
    if (by->amount > deadline->extend_at_most.amount - state->extended) {
        refuse_extension(scene, CM_CODE_EXTENSION_CAP, deadline, cap);
        return false;
    }
    return true;
}

static bool extend(const struct cm_decide_scene *scene, struct cm_deadline_state *state,
                   struct cm_deadline_scene *deadline)
{
    const struct community_text words = cm_value_member_as_text(scene->request->data, "for");
    struct cm_duration by;
    if (words.data == NULL)
        return true; /* the missing "for" has been said already */
    if (!cm_duration_parse(words, &by) || by.amount <= 0) {
        cm_decide_no(scene, CM_CODE_DURATION_WORDS, words, (struct community_text){0});
        return true;
    }
    if (!may_extend(scene, deadline->deadline, state, &by))
        return true;
    return cm_deadline_extend(state, deadline, &by);
}

static bool change_deadline(const struct cm_decide_scene *scene,
                            const struct cm_transition *transition, int32_t entered, size_t index,
                            struct cm_deadline_state *state, struct cm_deadline_scene *deadline)
{
    if (entered != CM_NONE && !enter_state(state, deadline, entered))
        return false;
    if (transition == NULL)
        return settle_pause(state, deadline);
    const int32_t self = (int32_t)index;
    if (is_live(state) && cm_index_is_in(self, transition->pauses, transition->pause_count))
        state->paused_by_command = true;
    if (is_live(state) && cm_index_is_in(self, transition->resumes, transition->resume_count))
        state->paused_by_command = false;
    if (!settle_pause(state, deadline))
        return false;
    return transition->extends != self || extend(scene, state, deadline);
}

static bool is_same(const struct cm_deadline_state *a, const struct cm_deadline_state *b)
{
    return a->status == b->status && a->paused_by_state == b->paused_by_state &&
           a->paused_by_command == b->paused_by_command && a->started_at == b->started_at &&
           a->due == b->due && a->extended == b->extended && a->breached == b->breached;
}

void cm_decide_deadlines(const struct cm_decide_scene *scene,
                         const struct cm_transition *transition, int32_t entered)
{
    for (size_t i = 0; i < scene->record->lifecycle->deadline_count; i++) {
        struct cm_deadline_scene deadline = deadline_scene(scene, i);
        struct cm_deadline_state state = scene->record->deadlines[i];
        if (!change_deadline(scene, transition, entered, i, &state, &deadline))
            cm_decide_no(scene, CM_CODE_CALENDAR_UNKNOWN, deadline.deadline->name,
                         cm_decide_number_text(scene, deadline.unknown_year));
        else if (!is_same(&state, &scene->record->deadlines[i]))
            note_change(scene, i, &state);
    }
}

static bool runs_by_itself(const struct cm_transition *transition)
{
    for (size_t i = 0; i < transition->role_count; i++) {
        if (transition->roles[i].kind == CM_ROLE_SYSTEM)
            return transition->has_after;
    }
    return false;
}

void cm_decide_afters(const struct cm_decide_scene *scene, int32_t entered)
{
    const struct cm_lifecycle *lifecycle = scene->record->lifecycle;
    struct cm_outcome *outcome = &scene->decision->outcome;
    outcome->sets_afters = scene->record->after_count > 0;
    for (size_t i = 0; i < lifecycle->transition_count; i++) {
        const struct cm_transition *transition = &lifecycle->transitions[i];
        if (!runs_by_itself(transition) || !cm_transition_leaves(lifecycle, transition, entered))
            continue;
        community_time_ms at;
        int32_t year;
        if (!cm_lifecycle_due(&at, lifecycle, scene->request->at, &transition->after, &year)) {
            cm_decide_no(scene, CM_CODE_CALENDAR_UNKNOWN, transition->name,
                         cm_decide_number_text(scene, year));
            continue;
        }
        if (outcome->afters == NULL)
            outcome->afters = cm_arena_array(scene->decision->arena, lifecycle->transition_count,
                                             sizeof(*outcome->afters));
        if (outcome->afters == NULL) {
            scene->decision->no_memory = true;
            return;
        }
        outcome->afters[outcome->after_count++] =
            (struct cm_after){.transition = (int32_t)i, .at = at};
        outcome->sets_afters = true;
    }
}
