/* SPDX-License-Identifier: Apache-2.0
 *
 * What a command brings, and what the record must have. */
#include "buffer.h"
#include "decide_steps.h"
#include "field_value.h"
#include "text.h"

/* Words that any step may carry along: they explain the entry and change nothing. */
static bool is_remark(struct community_text name)
{
    return cm_text_is(name, "reason") || cm_text_is(name, "note");
}

const struct cm_value *cm_decide_field(const struct cm_decide_scene *scene, int32_t field)
{
    const struct cm_outcome *outcome = &scene->decision->outcome;
    for (size_t i = 0; i < outcome->field_count; i++) {
        if (outcome->fields[i].field == field)
            return &outcome->fields[i].value;
    }
    return &scene->record->fields[field];
}

bool cm_decide_set_field(struct cm_decision *decision, const struct cm_lifecycle *lifecycle,
                         int32_t field, const struct cm_value *value)
{
    struct cm_outcome *outcome = &decision->outcome;
    if (outcome->fields == NULL)
        outcome->fields =
            cm_arena_array(decision->arena, lifecycle->field_count, sizeof(*outcome->fields));
    if (outcome->fields == NULL) {
        decision->no_memory = true;
        return false;
    }
    outcome->fields[outcome->field_count++] =
        (struct cm_field_change){.field = field, .value = *value};
    return true;
}

/* A unit that is named must exist, where there is a directory to look it up in. */
static bool unit_exists(const struct cm_decide_scene *scene, struct community_text id)
{
    if (scene->directory->unit_count == 0)
        return true;
    const struct cm_unit *unit = cm_directory_unit(scene->directory, id);
    return unit != NULL && unit->from <= scene->request->at && scene->request->at < unit->to;
}

/* Takes one value into the outcome, or says why not. */
static void take_field(const struct cm_decide_scene *scene, int32_t index,
                       const struct cm_value *value)
{
    const struct cm_lifecycle *lifecycle = scene->record->lifecycle;
    const struct cm_field *field = &lifecycle->fields[index];
    const enum cm_code wrong = cm_field_check(field, value);
    if (wrong != CM_CODE_NONE) {
        char detail[CM_FIELD_DETAIL_SIZE];
        const struct community_text words = cm_field_detail(detail, field, wrong);
        cm_decide_no(scene, wrong, field->name, cm_arena_text(scene->decision->arena, words));
        return;
    }
    if (field->type == CM_FIELD_UNIT && !unit_exists(scene, value->as.text)) {
        cm_decide_no(scene, CM_CODE_UNKNOWN_UNIT, value->as.text, field->name);
        return;
    }
    if (field->type == CM_FIELD_RATING && cm_record_has(scene->record, index)) {
        cm_decide_no(scene, CM_CODE_ALREADY_RATED, field->name, scene->rule);
        return;
    }
    cm_decide_set_field(scene->decision, lifecycle, index, value);
}

static void take_opening_field(const struct cm_decide_scene *scene, const struct cm_member *member)
{
    const struct cm_lifecycle *lifecycle = scene->record->lifecycle;
    if (member->value.type == CM_NULL)
        return; /* not given */
    const int32_t field = cm_lifecycle_field(lifecycle, member->name);
    if (field != CM_NONE && field != lifecycle->rating_field)
        take_field(scene, field, &member->value);
    else if (!is_remark(member->name) || member->value.type != CM_TEXT_VALUE)
        cm_decide_no(scene, CM_CODE_UNEXPECTED_DATA, member->name, scene->rule);
}

/* What was given and is wrong has had its reason already. */
static bool is_given(const struct cm_value *data, struct community_text name)
{
    const struct cm_value *value = cm_value_member_text(data, name);
    return value != NULL && value->type != CM_NULL;
}

void cm_decide_opening_data(const struct cm_decide_scene *scene)
{
    const struct cm_lifecycle *lifecycle = scene->record->lifecycle;
    const struct cm_value *data = scene->request->data;
    for (size_t i = 0; data != NULL && i < data->as.object.count; i++)
        take_opening_field(scene, &data->as.object.members[i]);
    for (size_t i = 0; i < lifecycle->field_count; i++) {
        const struct cm_field *field = &lifecycle->fields[i];
        if (cm_decide_field(scene, (int32_t)i)->type != CM_NULL)
            continue;
        if (field->initial.type != CM_NULL)
            cm_decide_set_field(scene->decision, lifecycle, (int32_t)i, &field->initial);
        else if (field->required && !is_given(data, field->name))
            cm_decide_no(scene, CM_CODE_MISSING_DATA, field->name, scene->rule);
    }
}

static const struct cm_ask *find_ask(const struct cm_transition *transition,
                                     struct community_text name)
{
    for (size_t i = 0; i < transition->ask_count; i++) {
        if (cm_text_equal(transition->asks[i].name, name))
            return &transition->asks[i];
    }
    return NULL;
}

static void take_input(const struct cm_decide_scene *scene, const struct cm_ask *ask,
                       const struct cm_value *value)
{
    if (ask->field != CM_NONE)
        take_field(scene, ask->field, value);
    else if (value->type != CM_TEXT_VALUE || value->as.text.size == 0)
        cm_decide_no(scene, CM_CODE_FIELD_TYPE, ask->name, cm_field_type_word(CM_FIELD_TEXT));
}

static void refuse_unexpected(const struct cm_decide_scene *scene,
                              const struct cm_transition *transition,
                              const struct cm_member *member)
{
    if (find_ask(transition, member->name) != NULL)
        return;
    if (is_remark(member->name) && member->value.type == CM_TEXT_VALUE)
        return;
    cm_decide_no(scene, CM_CODE_UNEXPECTED_DATA, member->name, scene->rule);
}

void cm_decide_move_data(const struct cm_decide_scene *scene,
                         const struct cm_transition *transition)
{
    const struct cm_value *data = scene->request->data;
    for (size_t i = 0; i < transition->ask_count; i++) {
        const struct cm_ask *ask = &transition->asks[i];
        if (!is_given(data, ask->name))
            cm_decide_no(scene, CM_CODE_MISSING_DATA, ask->name, scene->rule);
        else
            take_input(scene, ask, cm_value_member_text(data, ask->name));
    }
    for (size_t i = 0; data != NULL && i < data->as.object.count; i++)
        refuse_unexpected(scene, transition, &data->as.object.members[i]);
}

void cm_decide_requirements(const struct cm_decide_scene *scene,
                            const struct cm_transition *transition)
{
    const struct cm_lifecycle *lifecycle = scene->record->lifecycle;
    for (size_t i = 0; i < transition->require_count; i++) {
        const int32_t field = transition->requires[i];
        if (cm_decide_field(scene, field)->type == CM_NULL)
            cm_decide_no(scene, CM_CODE_MISSING_FIELD, lifecycle->fields[field].name, scene->rule);
    }
    if (transition->waits_for_children && scene->record->children_open > 0)
        cm_decide_no(scene, CM_CODE_CHILDREN_OPEN, scene->rule,
                     cm_decide_number_text(scene, scene->record->children_open));
}

/* "return", or "return:water-bureau" where the limit is per value of a field: the value that the
 * command brings, if it brings one. */
static struct community_text counter_name(const struct cm_decide_scene *scene,
                                          const struct cm_transition *transition)
{
    if (transition->at_most_per == CM_NONE)
        return transition->name;
    struct cm_buffer name;
    cm_buffer_init(&name, scene->decision->arena->allocator);
    cm_buffer_text(&name, transition->name);
    cm_buffer_byte(&name, ':');
    const struct cm_value *value = cm_decide_field(scene, transition->at_most_per);
    if (value->type == CM_TEXT_VALUE)
        cm_buffer_text(&name, value->as.text);
    else if (value->type == CM_INT)
        cm_buffer_integer(&name, value->as.integer);
    const struct community_text kept = cm_arena_text(scene->decision->arena, cm_buffer_view(&name));
    if (name.failed || kept.data == NULL)
        scene->decision->no_memory = true;
    cm_buffer_free(&name);
    return kept;
}

void cm_decide_at_most(const struct cm_decide_scene *scene, const struct cm_transition *transition)
{
    if (transition->at_most == 0)
        return;
    const struct community_text name = counter_name(scene, transition);
    if (scene->decision->no_memory)
        return;
    const int64_t count = cm_record_count(scene->record, name);
    if (count >= transition->at_most) {
        cm_decide_no(scene, CM_CODE_AT_MOST, scene->rule, cm_decide_number_text(scene, count));
        return;
    }
    struct cm_outcome *outcome = &scene->decision->outcome;
    outcome->counters = cm_arena_array(scene->decision->arena, 1, sizeof(*outcome->counters));
    if (outcome->counters == NULL) {
        scene->decision->no_memory = true;
        return;
    }
    outcome->counters[0] = (struct cm_counter){.name = name, .count = count + 1};
    outcome->counter_count = 1;
}
