/* SPDX-License-Identifier: Apache-2.0
 *
 * What can only be judged when all parts of a lifecycle are there: twins among transitions, states
 * that nothing leads to, limits that limit nothing. */
#include "rulebook_reader.h"
#include "sort.h"

enum { GROUP_COUNT_MAX = 64 };

/* Transitions of one name. */

static int compare_transitions(const void *a, const void *b, void *userdata)
{
    const struct cm_transition *transitions = (const struct cm_transition *)userdata;
    const uint16_t left = *(const uint16_t *)a;
    const uint16_t right = *(const uint16_t *)b;
    const int order = cm_text_compare(transitions[left].name, transitions[right].name);
    return order != 0 ? order : (left > right) - (left < right);
}

static uint32_t name_offset(const struct cm_lifecycle_draft *draft, size_t transition)
{
    const struct cm_value *tree = &draft->transition_tree->as.list.items[transition];
    return cm_value_member(tree, "name")->offset;
}

static bool is_same_role(const struct cm_role *a, const struct cm_role *b)
{
    return a->kind == b->kind && a->field == b->field && cm_text_equal(a->grant, b->grant);
}

static bool share_role(const struct cm_transition *a, const struct cm_transition *b)
{
    /* Without "by", everybody. */
    if (a->role_count == 0 || b->role_count == 0)
        return true;
    for (size_t i = 0; i < a->role_count; i++) {
        for (size_t j = 0; j < b->role_count; j++) {
            if (is_same_role(&a->roles[i], &b->roles[j]))
                return true;
        }
    }
    return false;
}

static int32_t first_open_state(const struct cm_lifecycle *made, const struct cm_transition *any,
                                const struct cm_transition *other)
{
    if (other->from_any)
        return made->start;
    for (size_t i = 0; i < other->from_count; i++) {
        if (cm_transition_leaves(made, any, other->from[i]))
            return other->from[i];
    }
    return CM_NONE;
}

/* A state that both leave, or CM_NONE. Their lists ascend. */
static int32_t shared_state(const struct cm_lifecycle *made, const struct cm_transition *a,
                            const struct cm_transition *b)
{
    if (a->from_any)
        return first_open_state(made, a, b);
    if (b->from_any)
        return first_open_state(made, b, a);
    size_t i = 0;
    size_t j = 0;
    while (i < a->from_count && j < b->from_count) {
        if (a->from[i] == b->from[j])
            return a->from[i];
        if (a->from[i] < b->from[j])
            i++;
        else
            j++;
    }
    return CM_NONE;
}

static bool check_group(const struct cm_lifecycle_draft *draft, const uint16_t *indexes,
                        size_t count)
{
    const struct cm_lifecycle *made = draft->made;
    if (count > GROUP_COUNT_MAX)
        return cm_refuse(draft->reader, name_offset(draft, indexes[GROUP_COUNT_MAX]),
                         CM_CODE_TOO_MANY, CM_TEXT("64"));
    for (size_t i = 1; i < count; i++) {
        const struct cm_transition *here = &made->transitions[indexes[i]];
        for (size_t j = 0; j < i; j++) {
            const struct cm_transition *before = &made->transitions[indexes[j]];
            if (!share_role(here, before))
                continue;
            const int32_t state = shared_state(made, here, before);
            if (state != CM_NONE)
                return cm_refuse(draft->reader, name_offset(draft, indexes[i]),
                                 CM_CODE_DUPLICATE_TRANSITION, here->name,
                                 made->states[state].name);
        }
    }
    return true;
}

static size_t group_end(const struct cm_transition *transitions, const uint16_t *indexes,
                        size_t first, size_t count)
{
    size_t end = first + 1;
    while (end < count &&
           cm_text_equal(transitions[indexes[end]].name, transitions[indexes[first]].name))
        end++;
    return end;
}

bool cm_group_transitions(struct cm_lifecycle_draft *draft)
{
    struct cm_reader *reader = draft->reader;
    struct cm_lifecycle *made = draft->made;
    const size_t count = made->transition_count;
    uint16_t *indexes = (uint16_t *)cm_arena_array(reader->arena, count, sizeof(uint16_t));
    struct cm_transition_group *groups = (struct cm_transition_group *)cm_arena_array(
        reader->arena, count, sizeof(struct cm_transition_group));
    if (!indexes || !groups)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < count; i++)
        indexes[i] = (uint16_t)i;
    cm_sort(indexes, count, sizeof(indexes[0]), compare_transitions, draft->transition_list);

    size_t group_count = 0;
    for (size_t first = 0; first < count;) {
        const size_t end = group_end(made->transitions, indexes, first, count);
        groups[group_count++] = (struct cm_transition_group){
            .name = made->transitions[indexes[first]].name,
            .first = (uint32_t)first,
            .count = (uint32_t)(end - first),
        };
        if (!check_group(draft, indexes + first, end - first))
            return false;
        first = end;
    }
    made->by_name = indexes;
    made->groups = groups;
    made->group_count = group_count;
    return true;
}

/* Reachability: a worklist over the edges that leave each state. */

struct edges {
    size_t *first; /* of each state in `targets`; one more at the end */
    int32_t *targets;
};

static bool collect_edges(struct cm_reader *reader, const struct cm_lifecycle *made,
                          struct edges *out)
{
    size_t edge_count = 0;
    out->first = (size_t *)cm_arena_array(reader->arena, made->state_count + 2, sizeof(size_t));
    if (!out->first)
        return cm_refuse_memory(reader);
    /* Counts go two places ahead, so that filling leaves `first` where it belongs. */
    for (size_t i = 0; i < made->transition_count; i++) {
        const struct cm_transition *transition = &made->transitions[i];
        if (transition->to == CM_NONE)
            continue;
        edge_count += transition->from_count;
        for (size_t j = 0; j < transition->from_count; j++)
            out->first[transition->from[j] + 2]++;
    }
    for (size_t state = 2; state < made->state_count + 2; state++)
        out->first[state] += out->first[state - 1];

    out->targets = (int32_t *)cm_arena_array(reader->arena, edge_count, sizeof(int32_t));
    if (!out->targets)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < made->transition_count; i++) {
        const struct cm_transition *transition = &made->transitions[i];
        if (transition->to == CM_NONE)
            continue;
        for (size_t j = 0; j < transition->from_count; j++)
            out->targets[out->first[transition->from[j] + 1]++] = transition->to;
    }
    return true;
}

struct walk {
    bool *reached;
    int32_t *waiting; /* reached, and not yet followed */
    size_t waiting_count;
};

static void walk_to(struct walk *walk, int32_t state)
{
    if (walk->reached[state])
        return;
    walk->reached[state] = true;
    walk->waiting[walk->waiting_count++] = state;
}

static void walk_all(struct walk *walk, const struct cm_lifecycle *made, const struct edges *edges)
{
    walk_to(walk, made->start);
    /* The start is not final, so "*" holds there. */
    for (size_t i = 0; i < made->transition_count; i++) {
        if (made->transitions[i].from_any && made->transitions[i].to != CM_NONE)
            walk_to(walk, made->transitions[i].to);
    }
    while (walk->waiting_count > 0) {
        const int32_t state = walk->waiting[--walk->waiting_count];
        for (size_t edge = edges->first[state]; edge < edges->first[state + 1]; edge++)
            walk_to(walk, edges->targets[edge]);
    }
}

static bool check_reachable(const struct cm_lifecycle_draft *draft)
{
    struct cm_reader *reader = draft->reader;
    const struct cm_lifecycle *made = draft->made;
    struct edges edges;
    struct walk walk = {
        .reached = (bool *)cm_arena_array(reader->arena, made->state_count, sizeof(bool)),
        .waiting = (int32_t *)cm_arena_array(reader->arena, made->state_count, sizeof(int32_t)),
    };
    if (!walk.reached || !walk.waiting)
        return cm_refuse_memory(reader);
    if (!collect_edges(reader, made, &edges))
        return false;
    walk_all(&walk, made, &edges);
    for (size_t i = 0; i < made->state_count; i++) {
        if (!walk.reached[i])
            return cm_refuse(reader, draft->state_tree->as.object.members[i].name_offset,
                             CM_CODE_UNREACHABLE_STATE, made->states[i].name);
    }
    return true;
}

/* Deadlines that transitions extend, pause and resume. */

static uint32_t member_offset(const struct cm_value *tree, const char *key)
{
    return cm_value_member(tree, key)->offset;
}

static bool check_extensions(const struct cm_lifecycle_draft *draft, const bool *extended)
{
    for (size_t i = 0; i < draft->made->deadline_count; i++) {
        const struct cm_value *tree = &draft->deadline_tree->as.object.members[i].value;
        if (draft->made->deadlines[i].has_cap && !extended[i])
            return cm_refuse(draft->reader, member_offset(tree, "extend_at_most"),
                             CM_CODE_NEVER_EXTENDED, draft->made->deadlines[i].name);
    }
    return true;
}

static bool check_resumes(const struct cm_lifecycle_draft *draft, const bool *paused)
{
    const struct cm_lifecycle *made = draft->made;
    for (size_t i = 0; i < made->transition_count; i++) {
        const struct cm_transition *transition = &made->transitions[i];
        for (size_t j = 0; j < transition->resume_count; j++) {
            const int32_t deadline = transition->resumes[j];
            const struct cm_value *tree = &draft->transition_tree->as.list.items[i];
            if (!paused[deadline])
                return cm_refuse(draft->reader, member_offset(tree, "resumes"),
                                 CM_CODE_NEVER_PAUSED, made->deadlines[deadline].name);
        }
    }
    return true;
}

static bool check_deadline_changes(const struct cm_lifecycle_draft *draft)
{
    const struct cm_lifecycle *made = draft->made;
    struct cm_arena *arena = draft->reader->arena;
    bool *extended = (bool *)cm_arena_array(arena, made->deadline_count, sizeof(bool));
    bool *paused = (bool *)cm_arena_array(arena, made->deadline_count, sizeof(bool));
    if (!extended || !paused)
        return cm_refuse_memory(draft->reader);
    for (size_t i = 0; i < made->transition_count; i++) {
        const struct cm_transition *transition = &made->transitions[i];
        if (transition->extends != CM_NONE)
            extended[transition->extends] = true;
        for (size_t j = 0; j < transition->pause_count; j++)
            paused[transition->pauses[j]] = true;
    }
    return check_extensions(draft, extended) && check_resumes(draft, paused);
}

bool cm_check_lifecycle(struct cm_lifecycle_draft *draft)
{
    return check_reachable(draft) && check_deadline_changes(draft);
}
