/* SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines of a lifecycle: how long, what warns, what follows a breach. */
#include <string.h>

#include "field_value.h"
#include "rulebook_reader.h"

enum deadline_key {
    DEADLINE_TITLE,
    DEADLINE_FROM,
    DEADLINE_UNTIL,
    DEADLINE_ALLOW,
    DEADLINE_PAUSE_IN,
    DEADLINE_RESTART,
    DEADLINE_EXTEND_AT_MOST,
    DEADLINE_WARN_AT,
    DEADLINE_ON_BREACH,
    DEADLINE_STAGES,
    DEADLINE_WHEN,
    DEADLINE_WHERE,
    DEADLINE_KEY_COUNT
};

static const struct cm_key deadline_keys[DEADLINE_KEY_COUNT] = {
    [DEADLINE_TITLE] = {"title", CM_SHAPE_TITLE},
    [DEADLINE_FROM] = {"from", CM_SHAPE_TEXTS | CM_SHAPE_REQUIRED},
    [DEADLINE_UNTIL] = {"until", CM_SHAPE_TEXTS},
    [DEADLINE_ALLOW] = {"allow",
                        CM_SHAPE_TEXT | CM_SHAPE_LIST | CM_SHAPE_OBJECT | CM_SHAPE_REQUIRED},
    [DEADLINE_PAUSE_IN] = {"pause_in", CM_SHAPE_LIST},
    [DEADLINE_RESTART] = {"restart", CM_SHAPE_BOOL},
    [DEADLINE_EXTEND_AT_MOST] = {"extend_at_most", CM_SHAPE_TEXT},
    [DEADLINE_WARN_AT] = {"warn_at", CM_SHAPE_LIST},
    [DEADLINE_ON_BREACH] = {"on_breach", CM_SHAPE_LIST},
    [DEADLINE_STAGES] = {"stages", CM_SHAPE_NOT_YET},
    [DEADLINE_WHEN] = {"when", CM_SHAPE_NOT_YET},
    [DEADLINE_WHERE] = {"where", CM_SHAPE_NOT_YET},
};

enum allow_key { ALLOW_FOR, ALLOW_AT, ALLOW_WHEN, ALLOW_TABLE, ALLOW_KEY_COUNT };

static const struct cm_key allow_keys[ALLOW_KEY_COUNT] = {
    [ALLOW_FOR] = {"for", CM_SHAPE_TEXT},
    [ALLOW_AT] = {"at", CM_SHAPE_TEXT},
    [ALLOW_WHEN] = {"when", CM_SHAPE_NOT_YET},
    [ALLOW_TABLE] = {"table", CM_SHAPE_NOT_YET},
};

enum step_key { STEP_DO, STEP_AFTER, STEP_TO, STEP_WHEN, STEP_KEY_COUNT };

static const struct cm_key step_keys[STEP_KEY_COUNT] = {
    [STEP_DO] = {"do", CM_SHAPE_TEXT | CM_SHAPE_REQUIRED},
    [STEP_AFTER] = {"after", CM_SHAPE_TEXT},
    [STEP_TO] = {"to", CM_SHAPE_TEXT},
    [STEP_WHEN] = {"when", CM_SHAPE_NOT_YET},
};

/* "ticket.target" or "record.target": a field of type time. */
static bool load_at(struct cm_lifecycle_draft *draft, const struct cm_value *value,
                    struct cm_deadline *deadline)
{
    struct cm_reader *reader = draft->reader;
    const struct community_text path = value->as.text;
    const struct community_text kind = draft->made->kind;
    const char *dot = (const char *)memchr(path.data, '.', path.size);
    const size_t size = dot ? (size_t)(dot - path.data) : path.size;
    const struct community_text owner = {path.data, size};
    if (!dot || !(cm_text_equal(owner, kind) || cm_text_is(owner, "record")))
        return cm_refuse(reader, value->offset, CM_CODE_BAD_PATH, path, kind);

    const struct community_text name = cm_text_from(path, size + 1);
    if (!cm_load_reference(reader, &draft->fields, name, value->offset, CM_CODE_UNKNOWN_FIELD,
                           &deadline->at_field))
        return false;
    const struct cm_field *field = &draft->made->fields[deadline->at_field];
    if (field->type != CM_FIELD_TIME)
        return cm_refuse(reader, value->offset, CM_CODE_WRONG_FIELD_TYPE, name,
                         cm_field_type_word(field->type), cm_field_type_word(CM_FIELD_TIME));
    deadline->allows_at = true;
    return true;
}

static bool load_allow_entry(struct cm_lifecycle_draft *draft, const struct cm_value *tree,
                             struct cm_deadline *deadline)
{
    const struct cm_value *found[ALLOW_KEY_COUNT];
    if (!cm_shape_object(draft->reader, tree, allow_keys, ALLOW_KEY_COUNT, found))
        return false;
    if (found[ALLOW_FOR] && found[ALLOW_AT])
        return cm_refuse(draft->reader, found[ALLOW_AT]->offset, CM_CODE_DUPLICATE_ENTRY,
                         CM_TEXT("for / at"));
    if (found[ALLOW_AT])
        return load_at(draft, found[ALLOW_AT], deadline);
    if (found[ALLOW_FOR])
        return cm_load_duration(draft, found[ALLOW_FOR], &deadline->allow);
    return cm_refuse(draft->reader, tree->offset, CM_CODE_MISSING_KEY, CM_TEXT("for"));
}

static bool load_allow(struct cm_lifecycle_draft *draft, const struct cm_value *value,
                       struct cm_deadline *deadline)
{
    deadline->at_field = CM_NONE;
    if (value->type == CM_TEXT_VALUE)
        return cm_load_duration(draft, value, &deadline->allow);
    if (value->type == CM_OBJECT)
        return load_allow_entry(draft, value, deadline);

    if (!cm_shape_items(draft->reader, value, CM_SHAPE_OBJECT, true))
        return false;
    /* All are read, so that what this version lacks is said of the entry that uses it. */
    for (size_t i = 0; i < value->as.list.count; i++) {
        if (!load_allow_entry(draft, &value->as.list.items[i], deadline))
            return false;
    }
    if (value->as.list.count > 1)
        return cm_refuse_plain(draft->reader, value->as.list.items[1].offset,
                               CM_CODE_UNREACHABLE_ENTRY);
    return true;
}

static bool ends_with(struct community_text text, struct community_text end)
{
    return text.size >= end.size &&
           memcmp(text.data + text.size - end.size, end.data, end.size) == 0;
}

/* "50%" or "1 working day before". */
static bool load_warning(struct cm_lifecycle_draft *draft, const struct cm_value *value,
                         struct cm_warning *out)
{
    static const struct community_text before = {" before", 7};
    struct cm_reader *reader = draft->reader;
    const struct community_text words = value->as.text;
    int64_t percent;
    out->words = words;
    if (ends_with(words, before))
        return cm_load_duration_words(draft,
                                      (struct community_text){words.data, words.size - before.size},
                                      value->offset, &out->before);
    if (words.data[words.size - 1] != '%' ||
        !cm_text_to_integer((struct community_text){words.data, words.size - 1}, &percent))
        return cm_refuse(reader, value->offset, CM_CODE_BAD_WARNING, words);
    if (percent < 1 || percent > 99)
        return cm_refuse(reader, value->offset, CM_CODE_BAD_PERCENT, words);
    out->percent = (int32_t)percent;
    return true;
}

static bool is_same_warning(const struct cm_warning *a, const struct cm_warning *b)
{
    return a->percent == b->percent && a->before.unit == b->before.unit &&
           a->before.amount == b->before.amount &&
           a->before.minute_of_day == b->before.minute_of_day;
}

static bool load_warnings(struct cm_lifecycle_draft *draft, const struct cm_value *list,
                          struct cm_deadline *deadline)
{
    struct cm_reader *reader = draft->reader;
    if (!list)
        return true;
    const size_t count = list->as.list.count;
    if (count > CM_WARNING_COUNT_MAX)
        return cm_refuse(reader, list->offset, CM_CODE_TOO_MANY, CM_TEXT("16"));
    struct cm_warning *warnings =
        (struct cm_warning *)cm_arena_array(reader->arena, count, sizeof(struct cm_warning));
    if (!warnings)
        return cm_refuse_memory(reader);
    if (!cm_shape_items(reader, list, CM_SHAPE_TEXT, false))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct cm_value *item = &list->as.list.items[i];
        if (!load_warning(draft, item, &warnings[i]))
            return false;
        for (size_t j = 0; j < i; j++) {
            if (is_same_warning(&warnings[i], &warnings[j]))
                return cm_refuse(reader, item->offset, CM_CODE_DUPLICATE_ENTRY, item->as.text);
        }
    }
    deadline->warnings = warnings;
    deadline->warning_count = count;
    return true;
}

/* "lead_unit", "parent of lead_unit", "parent of parent of lead_unit", or a role. */
static bool load_step_target(struct cm_lifecycle_draft *draft, const struct cm_value *value,
                             struct cm_breach_step *step)
{
    static const char parent_of[] = "parent of ";
    struct community_text rest = value->as.text;
    step->to = rest;
    while (cm_text_starts_with(rest, parent_of)) {
        rest = cm_text_from(rest, sizeof(parent_of) - 1);
        step->to_parents++;
    }
    if (step->to_parents > 0 || cm_name_index_find(&draft->fields, rest) >= 0)
        return cm_load_unit_field(draft, rest, value->offset, &step->to_field);

    struct cm_role role;
    if (!cm_load_role(draft, value, &role))
        return false;
    if (role.kind == CM_ROLE_SYSTEM)
        return cm_refuse_plain(draft->reader, value->offset, CM_CODE_SYSTEM_ROLE);
    return true;
}

static bool load_step(struct cm_lifecycle_draft *draft, const struct cm_value *tree,
                      struct cm_breach_step *out)
{
    const struct cm_value *found[STEP_KEY_COUNT];
    out->to_field = CM_NONE;
    if (!cm_shape_object(draft->reader, tree, step_keys, STEP_KEY_COUNT, found) ||
        !cm_shape_name(draft->reader, found[STEP_DO]->as.text, found[STEP_DO]->offset))
        return false;
    out->action = found[STEP_DO]->as.text;
    out->has_after = found[STEP_AFTER] != NULL;
    if (found[STEP_AFTER] && !cm_load_duration(draft, found[STEP_AFTER], &out->after))
        return false;
    return !found[STEP_TO] || load_step_target(draft, found[STEP_TO], out);
}

static bool is_at_once(const struct cm_breach_step *step)
{
    const bool counts =
        step->after.unit != CM_SAME_WORKING_DAY && step->after.unit != CM_NEXT_WORKING_DAY;
    return !step->has_after || (counts && step->after.amount == 0);
}

/* Whether `here` is certain to come before `before`. Different units cannot be compared without a
 * date, and "same working day" not even then. */
static bool is_earlier(const struct cm_breach_step *here, const struct cm_breach_step *before)
{
    if (is_at_once(before))
        return false;
    if (is_at_once(here))
        return true;
    return here->after.unit == before->after.unit && here->after.amount < before->after.amount;
}

static bool load_steps(struct cm_lifecycle_draft *draft, const struct cm_value *list,
                       struct cm_deadline *deadline)
{
    struct cm_reader *reader = draft->reader;
    if (!list)
        return true;
    const size_t count = list->as.list.count;
    if (count > CM_BREACH_STEP_COUNT_MAX)
        return cm_refuse(reader, list->offset, CM_CODE_TOO_MANY, CM_TEXT("16"));
    struct cm_breach_step *steps = (struct cm_breach_step *)cm_arena_array(
        reader->arena, count, sizeof(struct cm_breach_step));
    if (!steps)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < count; i++) {
        const struct cm_value *item = &list->as.list.items[i];
        if (!load_step(draft, item, &steps[i]))
            return false;
        if (i > 0 && is_earlier(&steps[i], &steps[i - 1]))
            return cm_refuse_plain(reader, item->offset, CM_CODE_STEPS_OUT_OF_ORDER);
    }
    deadline->steps = steps;
    deadline->step_count = count;
    return true;
}

static bool load_spans(struct cm_lifecycle_draft *draft, const struct cm_value **found,
                       struct cm_deadline *deadline)
{
    struct cm_reader *reader = draft->reader;
    const struct cm_name_index *states = &draft->states;
    return cm_load_references(reader, states, found[DEADLINE_FROM], CM_CODE_UNKNOWN_STATE, true,
                              &deadline->from, &deadline->from_count) &&
           cm_load_references(reader, states, found[DEADLINE_UNTIL], CM_CODE_UNKNOWN_STATE, true,
                              &deadline->until, &deadline->until_count) &&
           cm_load_references(reader, states, found[DEADLINE_PAUSE_IN], CM_CODE_UNKNOWN_STATE,
                              false, &deadline->pause_in, &deadline->pause_in_count);
}

static bool load_deadline(struct cm_lifecycle_draft *draft, const struct cm_member *member,
                          struct cm_deadline *deadline)
{
    struct cm_reader *reader = draft->reader;
    const struct cm_value *found[DEADLINE_KEY_COUNT];
    if (!cm_shape_name(reader, member->name, member->name_offset) ||
        !cm_shape_object(reader, &member->value, deadline_keys, DEADLINE_KEY_COUNT, found) ||
        !cm_load_title(reader, found[DEADLINE_TITLE], &deadline->title) ||
        !load_spans(draft, found, deadline) || !load_allow(draft, found[DEADLINE_ALLOW], deadline))
        return false;

    const struct cm_value *cap = found[DEADLINE_EXTEND_AT_MOST];
    deadline->name = member->name;
    deadline->restarts = found[DEADLINE_RESTART] && found[DEADLINE_RESTART]->as.boolean;
    deadline->has_cap = cap != NULL;
    if (cap && !cm_load_duration(draft, cap, &deadline->extend_at_most))
        return false;
    return load_warnings(draft, found[DEADLINE_WARN_AT], deadline) &&
           load_steps(draft, found[DEADLINE_ON_BREACH], deadline);
}

bool cm_load_deadlines(struct cm_lifecycle_draft *draft)
{
    const struct cm_value *tree = draft->deadline_tree;
    const size_t count = tree ? tree->as.object.count : 0;
    struct cm_deadline *deadlines = (struct cm_deadline *)cm_arena_array(
        draft->reader->arena, count, sizeof(struct cm_deadline));
    if (!deadlines)
        return cm_refuse_memory(draft->reader);
    for (size_t i = 0; i < count; i++) {
        if (!load_deadline(draft, &tree->as.object.members[i], &deadlines[i]))
            return false;
    }
    draft->made->deadlines = deadlines;
    draft->made->deadline_count = count;
    return true;
}
