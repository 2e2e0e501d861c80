/* SPDX-License-Identifier: Apache-2.0
 *
 * Lifecycles: the frame around fields, states, transitions and deadlines. */
#include "rulebook_reader.h"

enum lifecycle_key {
    LIFECYCLE_KIND,
    LIFECYCLE_TITLE,
    LIFECYCLE_CALENDAR,
    LIFECYCLE_START,
    LIFECYCLE_PARENT,
    LIFECYCLE_FIELDS,
    LIFECYCLE_STATES,
    LIFECYCLE_TRANSITIONS,
    LIFECYCLE_DEADLINES,
    LIFECYCLE_READS,
    LIFECYCLE_BACKDATE_AT_MOST,
    LIFECYCLE_PUBLISH,
    LIFECYCLE_UNIQUE,
    LIFECYCLE_NO_OVERLAP,
    LIFECYCLE_FACTS,
    LIFECYCLE_CANDIDATES,
    LIFECYCLE_KEY_COUNT
};

static const struct cm_key lifecycle_keys[LIFECYCLE_KEY_COUNT] = {
    [LIFECYCLE_KIND] = {"kind", CM_SHAPE_TEXT | CM_SHAPE_REQUIRED},
    [LIFECYCLE_TITLE] = {"title", CM_SHAPE_TITLE},
    [LIFECYCLE_CALENDAR] = {"calendar", CM_SHAPE_TEXT},
    [LIFECYCLE_START] = {"start", CM_SHAPE_TEXT | CM_SHAPE_REQUIRED},
    [LIFECYCLE_PARENT] = {"parent", CM_SHAPE_TEXT},
    [LIFECYCLE_FIELDS] = {"fields", CM_SHAPE_OBJECT},
    [LIFECYCLE_STATES] = {"states", CM_SHAPE_OBJECT | CM_SHAPE_REQUIRED},
    [LIFECYCLE_TRANSITIONS] = {"transitions", CM_SHAPE_LIST},
    [LIFECYCLE_DEADLINES] = {"deadlines", CM_SHAPE_OBJECT},
    [LIFECYCLE_READS] = {"reads", CM_SHAPE_LIST},
    [LIFECYCLE_BACKDATE_AT_MOST] = {"backdate_at_most", CM_SHAPE_TEXT},
    [LIFECYCLE_PUBLISH] = {"publish", CM_SHAPE_NOT_YET},
    [LIFECYCLE_UNIQUE] = {"unique", CM_SHAPE_NOT_YET},
    [LIFECYCLE_NO_OVERLAP] = {"no_overlap", CM_SHAPE_NOT_YET},
    [LIFECYCLE_FACTS] = {"facts", CM_SHAPE_NOT_YET},
    [LIFECYCLE_CANDIDATES] = {"candidates", CM_SHAPE_NOT_YET},
};

enum state_key { STATE_TITLE, STATE_FINAL, STATE_WAITING, STATE_UNBOUNDED, STATE_KEY_COUNT };

static const struct cm_key state_keys[STATE_KEY_COUNT] = {
    [STATE_TITLE] = {"title", CM_SHAPE_TITLE},
    [STATE_FINAL] = {"final", CM_SHAPE_BOOL},
    [STATE_WAITING] = {"waiting", CM_SHAPE_BOOL},
    [STATE_UNBOUNDED] = {"unbounded", CM_SHAPE_BOOL},
};

enum read_key { READ_BY, READ_CLASSES, READ_LOGGED, READ_WHEN, READ_WHERE, READ_KEY_COUNT };

static const struct cm_key read_keys[READ_KEY_COUNT] = {
    [READ_BY] = {"by", CM_SHAPE_TEXTS | CM_SHAPE_REQUIRED},
    [READ_CLASSES] = {"classes", CM_SHAPE_LIST | CM_SHAPE_REQUIRED},
    [READ_LOGGED] = {"logged", CM_SHAPE_BOOL},
    [READ_WHEN] = {"when", CM_SHAPE_NOT_YET},
    [READ_WHERE] = {"where", CM_SHAPE_NOT_YET},
};

static const struct community_text kind_words[] = {
    {"ticket", 6}, {"item", 4}, {"placement", 9}, {"appraisal", 9}};
static const struct community_text read_class_words[] = {{"personal", 8}, {"sensitive", 9}};

/* All lifecycles of a rulebook, and what they may name. */
struct lifecycle_loader {
    struct cm_reader *reader;
    const struct community_rulebook *rulebook;
    struct cm_name_index calendars;
    struct cm_name_index lifecycles;
};

static bool is_true(const struct cm_value *value)
{
    return value && value->as.boolean;
}

static bool load_state(struct cm_reader *reader, const struct cm_member *member,
                       struct cm_state *out)
{
    const struct cm_value *found[STATE_KEY_COUNT];
    if (!cm_shape_name(reader, member->name, member->name_offset) ||
        !cm_shape_object(reader, &member->value, state_keys, STATE_KEY_COUNT, found) ||
        !cm_load_title(reader, found[STATE_TITLE], &out->title))
        return false;
    out->name = member->name;
    out->is_final = is_true(found[STATE_FINAL]);
    out->is_waiting = is_true(found[STATE_WAITING]);
    out->is_unbounded = is_true(found[STATE_UNBOUNDED]);
    return true;
}

bool cm_load_states(struct cm_lifecycle_draft *draft, const struct cm_value *tree)
{
    struct cm_reader *reader = draft->reader;
    const size_t count = tree->as.object.count;
    struct cm_state *states =
        (struct cm_state *)cm_arena_array(reader->arena, count, sizeof(struct cm_state));
    if (!states || !cm_name_index_of(&draft->states, reader->arena, tree))
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < count; i++) {
        if (!load_state(reader, &tree->as.object.members[i], &states[i]))
            return false;
    }
    draft->state_tree = tree;
    draft->made->states = states;
    draft->made->state_count = count;
    return true;
}

static bool load_start(struct cm_lifecycle_draft *draft, const struct cm_value *start)
{
    struct cm_lifecycle *made = draft->made;
    if (!cm_load_reference(draft->reader, &draft->states, start->as.text, start->offset,
                           CM_CODE_UNKNOWN_STATE, &made->start))
        return false;
    if (made->states[made->start].is_final)
        return cm_refuse(draft->reader, start->offset, CM_CODE_START_FINAL, start->as.text);
    return true;
}

static bool load_read(struct cm_lifecycle_draft *draft, const struct cm_value *tree,
                      struct cm_read_rule *out)
{
    struct cm_reader *reader = draft->reader;
    const struct cm_value *found[READ_KEY_COUNT];
    if (!cm_shape_object(reader, tree, read_keys, READ_KEY_COUNT, found) ||
        !cm_load_roles(draft, found[READ_BY], false, &out->roles, &out->role_count) ||
        !cm_shape_items(reader, found[READ_CLASSES], CM_SHAPE_TEXT, true))
        return false;
    for (size_t i = 0; i < found[READ_CLASSES]->as.list.count; i++) {
        uint8_t class_index;
        if (!cm_shape_word(reader, &found[READ_CLASSES]->as.list.items[i], read_class_words, 2,
                           &class_index))
            return false;
        out->personal = out->personal || class_index == 0;
        out->sensitive = out->sensitive || class_index == 1;
    }
    out->logged = is_true(found[READ_LOGGED]);
    return true;
}

bool cm_load_reads(struct cm_lifecycle_draft *draft, const struct cm_value *tree)
{
    if (!tree)
        return true;
    const size_t count = tree->as.list.count;
    struct cm_read_rule *rules = (struct cm_read_rule *)cm_arena_array(draft->reader->arena, count,
                                                                       sizeof(struct cm_read_rule));
    if (!rules)
        return cm_refuse_memory(draft->reader);
    for (size_t i = 0; i < count; i++) {
        if (!load_read(draft, &tree->as.list.items[i], &rules[i]))
            return false;
    }
    draft->made->read_rules = rules;
    draft->made->read_rule_count = count;
    return true;
}

static bool load_kind(struct cm_reader *reader, const struct cm_value *value,
                      struct cm_lifecycle *made)
{
    uint8_t index;
    if (!cm_shape_word(reader, value, kind_words, sizeof(kind_words) / sizeof(kind_words[0]),
                       &index))
        return false;
    made->kind = kind_words[index];
    return true;
}

static bool load_calendar_name(const struct lifecycle_loader *loader, const struct cm_value *value,
                               struct cm_lifecycle *made)
{
    int32_t index;
    if (!value) {
        made->calendar = cm_rulebook_calendar(loader->rulebook, (struct community_text){NULL, 0});
        return true;
    }
    if (!cm_load_reference(loader->reader, &loader->calendars, value->as.text, value->offset,
                           CM_CODE_UNKNOWN_CALENDAR, &index))
        return false;
    made->calendar = loader->rulebook->calendars[index];
    return true;
}

static bool load_parent(const struct lifecycle_loader *loader, const struct cm_value *value,
                        struct cm_lifecycle *made)
{
    int32_t index;
    if (!value)
        return true;
    made->parent = value->as.text;
    return cm_load_reference(loader->reader, &loader->lifecycles, value->as.text, value->offset,
                             CM_CODE_UNKNOWN_LIFECYCLE, &index);
}

static bool load_backdate(struct cm_lifecycle_draft *draft, const struct cm_value *value)
{
    draft->made->backdate_at_most = (struct cm_duration){.unit = CM_ELAPSED, .minute_of_day = -1};
    return !value || cm_load_duration(draft, value, &draft->made->backdate_at_most);
}

/* The names come before the parts, which may name each other in any order. */
static bool index_deadlines(struct cm_lifecycle_draft *draft, const struct cm_value *tree)
{
    draft->deadline_tree = tree;
    if (tree && !cm_name_index_of(&draft->deadlines, draft->reader->arena, tree))
        return cm_refuse_memory(draft->reader);
    return true;
}

static bool load_frame(const struct lifecycle_loader *loader, struct cm_lifecycle_draft *draft,
                       const struct cm_value **found)
{
    struct cm_reader *reader = draft->reader;
    struct cm_lifecycle *made = draft->made;
    return load_kind(reader, found[LIFECYCLE_KIND], made) &&
           cm_load_title(reader, found[LIFECYCLE_TITLE], &made->title) &&
           load_calendar_name(loader, found[LIFECYCLE_CALENDAR], made) &&
           load_parent(loader, found[LIFECYCLE_PARENT], made) &&
           load_backdate(draft, found[LIFECYCLE_BACKDATE_AT_MOST]);
}

static bool load_parts(struct cm_lifecycle_draft *draft, const struct cm_value **found)
{
    return cm_load_fields(draft, found[LIFECYCLE_FIELDS]) &&
           cm_load_states(draft, found[LIFECYCLE_STATES]) &&
           load_start(draft, found[LIFECYCLE_START]) &&
           index_deadlines(draft, found[LIFECYCLE_DEADLINES]) && cm_load_transitions(draft) &&
           cm_load_deadlines(draft) && cm_load_reads(draft, found[LIFECYCLE_READS]);
}

static bool load_lifecycle(const struct lifecycle_loader *loader, const struct cm_member *member,
                           struct cm_lifecycle *made)
{
    const struct cm_value *found[LIFECYCLE_KEY_COUNT];
    struct cm_lifecycle_draft draft = {
        .reader = loader->reader, .made = made, .first_unit_field = CM_NONE};
    if (!cm_shape_object(loader->reader, &member->value, lifecycle_keys, LIFECYCLE_KEY_COUNT,
                         found))
        return false;
    draft.transition_tree = found[LIFECYCLE_TRANSITIONS];
    if (!load_frame(loader, &draft, found) || !load_parts(&draft, found))
        return false;
    if (made->unit_field == CM_NONE)
        made->unit_field = draft.first_unit_field;
    return cm_group_transitions(&draft) && cm_check_lifecycle(&draft);
}

static bool index_calendars(struct lifecycle_loader *loader)
{
    const struct community_rulebook *rulebook = loader->rulebook;
    struct cm_arena *arena = loader->reader->arena;
    struct community_text *names = (struct community_text *)cm_arena_array(
        arena, rulebook->calendar_count, sizeof(struct community_text));
    if (!names)
        return false;
    for (size_t i = 0; i < rulebook->calendar_count; i++)
        names[i] = cm_calendar_name(rulebook->calendars[i]);
    return cm_name_index_make(&loader->calendars, arena, names, rulebook->calendar_count);
}

bool cm_load_lifecycles(struct cm_reader *reader, struct community_rulebook *rulebook,
                        const struct cm_value *tree)
{
    const size_t count = tree->as.object.count;
    struct lifecycle_loader loader = {.reader = reader, .rulebook = rulebook};
    struct cm_lifecycle *lifecycles =
        (struct cm_lifecycle *)cm_arena_array(reader->arena, count, sizeof(struct cm_lifecycle));
    if (!lifecycles || !index_calendars(&loader) ||
        !cm_name_index_of(&loader.lifecycles, reader->arena, tree))
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < count; i++) {
        const struct cm_member *member = &tree->as.object.members[i];
        if (!cm_shape_name(reader, member->name, member->name_offset))
            return false;
        lifecycles[i].name = member->name;
    }
    for (size_t i = 0; i < count; i++) {
        if (!load_lifecycle(&loader, &tree->as.object.members[i], &lifecycles[i]))
            return false;
    }
    rulebook->lifecycles = lifecycles;
    rulebook->lifecycle_count = count;
    return true;
}
