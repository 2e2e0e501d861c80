/* SPDX-License-Identifier: Apache-2.0
 *
 * The order in which a command is examined. The leaves are in decide_time.c, decide_data.c and
 * decide_deadlines.c. */
#include "decide.h"

#include <assert.h>
#include <string.h>

#include "buffer.h"
#include "deadline.h"
#include "decide_steps.h"
#include "identity.h"
#include "rfc3339.h"
#include "text.h"

#define SYSTEM_ACTOR "system"

void cm_decision_init(struct cm_decision *decision, struct cm_arena *arena)
{
    memset(&decision->outcome, 0, sizeof(decision->outcome));
    decision->outcome.state = CM_NONE;
    decision->arena = arena;
    decision->accepted = false;
    decision->no_memory = false;
    decision->transition = NULL;
    decision->reason_count = 0;
    decision->read_count = 0;
}

bool cm_decision_refuse(struct cm_decision *decision, const struct cm_reason *reason)
{
    /* Past the bound nothing new is learned; the record of a refusal stays small. */
    if (decision->reason_count < CM_REASON_COUNT_MAX)
        decision->reasons[decision->reason_count++] = *reason;
    return false;
}

void cm_decide_no(const struct cm_decide_scene *scene, enum cm_code code,
                  struct community_text first, struct community_text second)
{
    const struct cm_reason reason = {
        .code = code, .argument_count = 2, .arguments = {first, second}, .rule = scene->rule};
    cm_decision_refuse(scene->decision, &reason);
}

/* A refusal may lose its decoration when memory is short, but not its reason. */
struct community_text cm_decide_time_text(const struct cm_decide_scene *scene,
                                          community_time_ms time)
{
    const struct cm_calendar *calendar = scene->record->lifecycle->calendar;
    char text[CM_TIME_TEXT_SIZE];
    cm_time_format(text, time, calendar != NULL ? cm_calendar_offset_minutes(calendar, time) : 0);
    return cm_arena_text(scene->decision->arena, cm_text(text));
}

struct community_text cm_decide_number_text(const struct cm_decide_scene *scene, int64_t number)
{
    struct cm_buffer digits;
    cm_buffer_init(&digits, scene->decision->arena->allocator);
    cm_buffer_integer(&digits, number);
    const struct community_text text =
        cm_arena_text(scene->decision->arena, cm_buffer_view(&digits));
    cm_buffer_free(&digits);
    return text;
}

static void note_one_grant(struct cm_decision *decision, const struct cm_grant *grant)
{
    if (decision->read_count >= CM_READ_COUNT_MAX)
        return;
    decision->reads[decision->read_count++] = (struct cm_read){
        .name = "grant",
        .key = {grant->person, grant->role, grant->unit},
        .key_count = 3,
        .version = grant->version,
    };
}

/* A delegation rests on the own grant of another. */
static void note_grant(struct cm_decision *decision, const struct cm_grant *grant,
                       community_time_ms at, const struct cm_directory *directory)
{
    note_one_grant(decision, grant);
    const struct cm_grant *principal = cm_directory_principal(directory, grant, at);
    if (principal != NULL)
        note_one_grant(decision, principal);
}

static bool fills_role(struct cm_decision *decision, const struct cm_record *record,
                       const struct cm_role *role, struct community_text actor,
                       community_time_ms at, const struct cm_directory *directory)
{
    struct cm_grant_question question = {.person = actor, .role = role->grant, .at = at};
    switch ((enum cm_role_kind)role->kind) {
    case CM_ROLE_REQUESTER:
        return cm_text_equal(actor, record->requester);
    case CM_ROLE_SYSTEM:
        return false; /* timers do not ask */
    case CM_ROLE_GRANT:
        question.place = cm_record_place(record);
        break;
    case CM_ROLE_GRANT_OF:
        if (record->fields[role->field].type != CM_TEXT_VALUE)
            return false;
        question.unit = record->fields[role->field].as.text;
        break;
    }
    const struct cm_grant *grant = cm_directory_grant(directory, &question);
    if (grant == NULL)
        return false;
    note_grant(decision, grant, at, directory);
    return true;
}

bool cm_decide_has_role(struct cm_decision *decision, const struct cm_record *record,
                        const struct cm_role *roles, size_t count, struct community_text actor,
                        community_time_ms at, const struct cm_directory *directory)
{
    for (size_t i = 0; i < count; i++) {
        if (fills_role(decision, record, &roles[i], actor, at, directory))
            return true;
    }
    return count == 0;
}

static bool is_importer(struct cm_decision *decision, const struct cm_directory *directory,
                        const struct cm_request *request)
{
    const struct cm_grant_question question = {
        .person = request->actor, .role = CM_TEXT(CM_ROLE_IMPORTER), .at = request->now};
    const struct cm_grant *grant = cm_directory_grant(directory, &question);
    if (grant != NULL)
        note_grant(decision, grant, request->now, directory);
    return grant != NULL;
}

/* Only importers may bring the past, so the directory is asked only where the past is brought. */
static bool brings_the_past(const struct cm_record *record, const struct cm_request *request)
{
    return request->at < request->now || request->recorded_at != request->now ||
           request->at < record->moved_at;
}

static struct cm_decide_scene make_scene(struct cm_decision *decision,
                                         const struct cm_record *record,
                                         const struct cm_request *request,
                                         const struct cm_directory *directory,
                                         struct community_text rule)
{
    return (struct cm_decide_scene){
        .decision = decision,
        .record = record,
        .request = request,
        .directory = directory,
        .rule = rule,
        .is_importer =
            brings_the_past(record, request) && is_importer(decision, directory, request),
    };
}

void cm_decide_when(struct cm_decision *decision, const struct cm_record *record,
                    const struct cm_request *request, const struct cm_directory *directory,
                    struct community_text rule)
{
    const struct cm_decide_scene scene = make_scene(decision, record, request, directory, rule);
    cm_decide_times(&scene);
}

static void conclude(struct cm_decision *decision)
{
    decision->accepted = !decision->no_memory && decision->reason_count == 0;
}

void cm_decide_open(struct cm_decision *decision, const struct cm_record *record,
                    const struct cm_request *request, const struct cm_directory *directory)
{
    assert(record->version == 0);
    const struct cm_decide_scene scene =
        make_scene(decision, record, request, directory, CM_TEXT("open"));
    struct cm_outcome *outcome = &decision->outcome;
    outcome->opens = true;
    outcome->requester = request->actor;
    outcome->external_id = request->external_id;
    outcome->parent = request->parent;
    outcome->occurred_at = request->at;
    outcome->state = record->lifecycle->start;
    cm_decide_times(&scene);
    cm_decide_opening_data(&scene);
    cm_decide_deadlines(&scene, NULL, outcome->state);
    cm_decide_afters(&scene, outcome->state);
    conclude(decision);
}

static void note_notifications(struct cm_decision *decision, const struct cm_transition *transition)
{
    if (transition->notification_count == 0)
        return;
    struct cm_outcome *outcome = &decision->outcome;
    outcome->effects =
        cm_arena_array(decision->arena, transition->notification_count, sizeof(*outcome->effects));
    if (outcome->effects == NULL) {
        decision->no_memory = true;
        return;
    }
    for (size_t i = 0; i < transition->notification_count; i++)
        outcome->effects[outcome->effect_count++] =
            (struct cm_effect){.kind = CM_EFFECT_NOTIFY,
                               .action = transition->notifications[i].message,
                               .words = &transition->notifications[i].words,
                               .to = transition->notifications[i].to};
}

static void merge(const struct cm_decide_scene *scene, const struct cm_transition *transition)
{
    struct cm_outcome *outcome = &scene->decision->outcome;
    if (transition->merges) {
        outcome->sets_merged_into = true;
        outcome->merged_into = scene->request->into;
    }
    if (transition->unmerges && cm_id_is_nil(&scene->record->merged_into))
        cm_decide_no(scene, CM_CODE_NOT_MERGED, transition->name, (struct community_text){0});
    if (transition->unmerges) {
        outcome->sets_merged_into = true;
        outcome->merged_into = (struct community_id){{0}};
    }
}

/* Everything but who may do it and what it brings: the same for people and for timers. */
static void examine_rest(const struct cm_decide_scene *scene,
                         const struct cm_transition *transition)
{
    struct cm_outcome *outcome = &scene->decision->outcome;
    outcome->occurred_at = scene->request->at;
    outcome->state = transition->to;
    cm_decide_requirements(scene, transition);
    cm_decide_window(scene, transition);
    cm_decide_at_most(scene, transition);
    merge(scene, transition);
    cm_decide_deadlines(scene, transition, transition->to);
    if (transition->to != CM_NONE)
        cm_decide_afters(scene, transition->to);
    note_notifications(scene->decision, transition);
}

static void need_roles(struct cm_decision *decision, struct cm_reason *reason,
                       const struct cm_transition *transition)
{
    struct community_text *needs =
        cm_arena_array(decision->arena, transition->role_count, sizeof(*needs));
    if (needs == NULL)
        return;
    for (size_t i = 0; i < transition->role_count; i++)
        needs[i] = transition->roles[i].words;
    reason->needs = needs;
    reason->need_count = transition->role_count;
}

static void refuse_role(const struct cm_decide_scene *scene, const struct cm_transition *transition)
{
    struct cm_reason reason = {.code = CM_CODE_NOT_PERMITTED,
                               .argument_count = 2,
                               .arguments = {scene->request->actor, transition->name},
                               .rule = transition->name};
    need_roles(scene->decision, &reason, transition);
    cm_decision_refuse(scene->decision, &reason);
}

/* The states from which the named step is possible, as what the refusal needs. */
static void refuse_state(const struct cm_decide_scene *scene,
                         const struct cm_transition_group *group)
{
    const struct cm_lifecycle *lifecycle = scene->record->lifecycle;
    struct cm_reason reason = {
        .code = CM_CODE_WRONG_STATE,
        .argument_count = 2,
        .arguments = {group->name, lifecycle->states[scene->record->state].name},
        .rule = group->name};
    struct community_text *needs =
        cm_arena_array(scene->decision->arena, lifecycle->state_count, sizeof(*needs));
    for (size_t state = 0; needs != NULL && state < lifecycle->state_count; state++) {
        for (uint32_t i = 0; i < group->count; i++) {
            const struct cm_transition *transition =
                &lifecycle->transitions[lifecycle->by_name[group->first + i]];
            if (!cm_transition_leaves(lifecycle, transition, (int32_t)state))
                continue;
            needs[reason.need_count++] = lifecycle->states[state].name;
            break;
        }
    }
    reason.needs = needs;
    cm_decision_refuse(scene->decision, &reason);
}

/* Of the transitions of that name that leave this state, the first that the actor may take, else
 * the first at all, so that the refusal can say what else is missing. */
static const struct cm_transition *choose(const struct cm_decide_scene *scene,
                                          const struct cm_transition_group *group,
                                          bool *permitted_out)
{
    const struct cm_lifecycle *lifecycle = scene->record->lifecycle;
    const struct cm_transition *nearest = NULL;
    *permitted_out = false;
    for (uint32_t i = 0; i < group->count; i++) {
        const struct cm_transition *transition =
            &lifecycle->transitions[lifecycle->by_name[group->first + i]];
        if (!cm_transition_leaves(lifecycle, transition, scene->record->state))
            continue;
        *permitted_out = cm_decide_has_role(scene->decision, scene->record, transition->roles,
                                            transition->role_count, scene->request->actor,
                                            scene->request->at, scene->directory);
        if (*permitted_out)
            return transition;
        if (nearest == NULL)
            nearest = transition;
    }
    return nearest;
}

void cm_decide_move(struct cm_decision *decision, const struct cm_record *record,
                    const struct cm_request *request, const struct cm_directory *directory)
{
    assert(record->version > 0);
    const struct cm_decide_scene scene =
        make_scene(decision, record, request, directory, request->name);
    const struct cm_transition_group *group = cm_lifecycle_group(record->lifecycle, request->name);
    if (group == NULL) {
        cm_decide_no(&scene, CM_CODE_UNKNOWN_COMMAND, request->name, record->lifecycle->name);
        return;
    }
    bool permitted;
    decision->transition = choose(&scene, group, &permitted);
    if (decision->transition == NULL) {
        refuse_state(&scene, group);
        return;
    }
    if (!permitted)
        refuse_role(&scene, decision->transition);
    cm_decide_times(&scene);
    cm_decide_move_data(&scene, decision->transition);
    examine_rest(&scene, decision->transition);
    conclude(decision);
}

/* The state stays, and so do its other timers; this one has done what it was there for. */
static void disarm(struct cm_decision *decision, const struct cm_record *record, int32_t transition)
{
    struct cm_outcome *outcome = &decision->outcome;
    outcome->sets_afters = true;
    outcome->afters =
        cm_arena_array(decision->arena, record->after_count, sizeof(*outcome->afters));
    if (outcome->afters == NULL) {
        decision->no_memory = true;
        return;
    }
    for (size_t i = 0; i < record->after_count; i++) {
        if (record->afters[i].transition != transition)
            outcome->afters[outcome->after_count++] = record->afters[i];
    }
}

static void fire_after(struct cm_decision *decision, const struct cm_record *record,
                       const struct cm_request *request, const struct cm_timer *timer,
                       const struct cm_directory *directory)
{
    const struct cm_transition *transition = &record->lifecycle->transitions[timer->index];
    const struct cm_decide_scene scene =
        make_scene(decision, record, request, directory, transition->name);
    decision->transition = transition;
    examine_rest(&scene, transition);
    if (transition->to == CM_NONE)
        disarm(decision, record, timer->index);
    conclude(decision);
}

/* "parent of lead_unit" as the unit that it is now; a role's words stay words. */
static struct community_text step_addressee(const struct cm_record *record,
                                            const struct cm_breach_step *step,
                                            const struct cm_directory *directory)
{
    if (step->to_field == CM_NONE)
        return step->to;
    const struct cm_value *unit = &record->fields[step->to_field];
    if (unit->type != CM_TEXT_VALUE)
        return (struct community_text){0};
    return cm_directory_above(directory, unit->as.text, step->to_parents);
}

static struct cm_effect deadline_effect(const struct cm_record *record,
                                        const struct cm_timer *timer,
                                        const struct cm_directory *directory)
{
    const struct cm_deadline *deadline = &record->lifecycle->deadlines[timer->index];
    const uint16_t index = record->deadlines[timer->index].next_index;
    struct cm_effect effect = {.deadline = deadline->name, .kind = CM_EFFECT_BREACH};
    if (timer->kind == CM_TIMER_WARNING) {
        effect.kind = CM_EFFECT_WARN;
        effect.action = deadline->warnings[index].words;
    } else if (timer->kind == CM_TIMER_STEP) {
        effect.kind = CM_EFFECT_STEP;
        effect.action = deadline->steps[index].action;
        effect.to = step_addressee(record, &deadline->steps[index], directory);
    }
    return effect;
}

static void fire_deadline(struct cm_decision *decision, const struct cm_record *record,
                          const struct cm_request *request, const struct cm_timer *timer,
                          const struct cm_directory *directory)
{
    struct cm_outcome *outcome = &decision->outcome;
    outcome->occurred_at = request->at;
    outcome->deadlines = cm_arena_array(decision->arena, 1, sizeof(*outcome->deadlines));
    outcome->effects = cm_arena_array(decision->arena, 1, sizeof(*outcome->effects));
    if (outcome->deadlines == NULL || outcome->effects == NULL) {
        decision->no_memory = true;
        return;
    }
    const struct cm_deadline *rule = &record->lifecycle->deadlines[timer->index];
    struct cm_deadline_scene scene = {
        .lifecycle = record->lifecycle, .deadline = rule, .now = request->at};
    struct cm_deadline_state state = record->deadlines[timer->index];
    outcome->effects[0] = deadline_effect(record, timer, directory);
    outcome->effect_count = 1;
    cm_deadline_fire(&state, &scene);
    outcome->deadlines[0] = (struct cm_deadline_change){.deadline = timer->index, .state = state};
    outcome->deadline_count = 1;
    conclude(decision);
}

void cm_decide_timer(struct cm_decision *decision, const struct cm_record *record,
                     const struct cm_timer *timer, const struct cm_directory *directory)
{
    assert(timer->kind != CM_TIMER_NONE);
    /* A timer that was due before the record's last entry could only fire after it. */
    const community_time_ms at = timer->at > record->changed_at ? timer->at : record->changed_at;
    const struct cm_request request = {.name = timer->name,
                                       .actor = CM_TEXT(SYSTEM_ACTOR),
                                       .at = at,
                                       .now = at,
                                       .recorded_at = at};
    decision->outcome.is_timer = true;
    if (timer->kind == CM_TIMER_AFTER)
        fire_after(decision, record, &request, timer, directory);
    else
        fire_deadline(decision, record, &request, timer, directory);
}

void cm_decide_option(struct cm_decision *decision, const struct cm_record *record,
                      const struct cm_transition *transition, struct community_text actor,
                      community_time_ms at, const struct cm_directory *directory)
{
    const struct cm_request request = {
        .name = transition->name, .actor = actor, .at = at, .now = at, .recorded_at = at};
    const struct cm_decide_scene scene =
        make_scene(decision, record, &request, directory, transition->name);
    decision->transition = transition;
    if (!cm_transition_leaves(record->lifecycle, transition, record->state)) {
        const struct cm_transition_group *group =
            cm_lifecycle_group(record->lifecycle, transition->name);
        assert(group != NULL);
        refuse_state(&scene, group);
    }
    if (!cm_decide_has_role(decision, record, transition->roles, transition->role_count, actor, at,
                            directory))
        refuse_role(&scene, transition);
    if (cm_transition_leaves(record->lifecycle, transition, record->state))
        examine_rest(&scene, transition);
    conclude(decision);
}
