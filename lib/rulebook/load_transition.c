/* SPDX-License-Identifier: Apache-2.0
 *
 * Transitions of a lifecycle. */
#include "rulebook_reader.h"

enum transition_key {
    TRANSITION_NAME,
    TRANSITION_TITLE,
    TRANSITION_FROM,
    TRANSITION_TO,
    TRANSITION_BY,
    TRANSITION_ASKS,
    TRANSITION_REQUIRES,
    TRANSITION_WITHIN,
    TRANSITION_AFTER,
    TRANSITION_AT_MOST,
    TRANSITION_EXTENDS,
    TRANSITION_PAUSES,
    TRANSITION_RESUMES,
    TRANSITION_REOPEN,
    TRANSITION_EFFECTS,
    TRANSITION_MERGES,
    TRANSITION_UNMERGES,
    TRANSITION_WAITS_FOR_CHILDREN,
    TRANSITION_GUARD,
    TRANSITION_OTHERWISE,
    TRANSITION_WHEN,
    TRANSITION_WHERE,
    TRANSITION_SET,
    TRANSITION_ADD,
    TRANSITION_SIGNERS,
    TRANSITION_ORDERED,
    TRANSITION_CANDIDATES,
    TRANSITION_KEY_COUNT
};

static const struct cm_key transition_keys[TRANSITION_KEY_COUNT] = {
    [TRANSITION_NAME] = {"name", CM_SHAPE_TEXT | CM_SHAPE_REQUIRED},
    [TRANSITION_TITLE] = {"title", CM_SHAPE_TITLE},
    [TRANSITION_FROM] = {"from", CM_SHAPE_TEXTS | CM_SHAPE_REQUIRED},
    [TRANSITION_TO] = {"to", CM_SHAPE_TEXT},
    [TRANSITION_BY] = {"by", CM_SHAPE_TEXTS},
    [TRANSITION_ASKS] = {"asks", CM_SHAPE_LIST},
    [TRANSITION_REQUIRES] = {"requires", CM_SHAPE_LIST},
    [TRANSITION_WITHIN] = {"within", CM_SHAPE_TEXT},
    [TRANSITION_AFTER] = {"after", CM_SHAPE_TEXT},
    [TRANSITION_AT_MOST] = {"at_most", CM_SHAPE_OBJECT},
    [TRANSITION_EXTENDS] = {"extends", CM_SHAPE_TEXT},
    [TRANSITION_PAUSES] = {"pauses", CM_SHAPE_LIST},
    [TRANSITION_RESUMES] = {"resumes", CM_SHAPE_LIST},
    [TRANSITION_REOPEN] = {"reopen", CM_SHAPE_BOOL},
    [TRANSITION_EFFECTS] = {"effects", CM_SHAPE_LIST},
    [TRANSITION_MERGES] = {"merges", CM_SHAPE_BOOL},
    [TRANSITION_UNMERGES] = {"unmerges", CM_SHAPE_BOOL},
    [TRANSITION_WAITS_FOR_CHILDREN] = {"waits_for_children", CM_SHAPE_BOOL},
    [TRANSITION_GUARD] = {"guard", CM_SHAPE_NOT_YET},
    [TRANSITION_OTHERWISE] = {"otherwise", CM_SHAPE_NOT_YET},
    [TRANSITION_WHEN] = {"when", CM_SHAPE_NOT_YET},
    [TRANSITION_WHERE] = {"where", CM_SHAPE_NOT_YET},
    [TRANSITION_SET] = {"set", CM_SHAPE_NOT_YET},
    [TRANSITION_ADD] = {"add", CM_SHAPE_NOT_YET},
    [TRANSITION_SIGNERS] = {"signers", CM_SHAPE_NOT_YET},
    [TRANSITION_ORDERED] = {"ordered", CM_SHAPE_NOT_YET},
    [TRANSITION_CANDIDATES] = {"candidates", CM_SHAPE_NOT_YET},
};

enum at_most_key { AT_MOST_TIMES, AT_MOST_PER, AT_MOST_KEY_COUNT };

static const struct cm_key at_most_keys[AT_MOST_KEY_COUNT] = {
    [AT_MOST_TIMES] = {"times", CM_SHAPE_INTEGER | CM_SHAPE_REQUIRED},
    [AT_MOST_PER] = {"per", CM_SHAPE_TEXT},
};

enum effect_key {
    EFFECT_NOTIFY,
    EFFECT_MESSAGE,
    EFFECT_OPEN,
    EFFECT_WITH,
    EFFECT_DUE,
    EFFECT_WHEN,
    EFFECT_KEY_COUNT
};

static const struct cm_key effect_keys[EFFECT_KEY_COUNT] = {
    [EFFECT_NOTIFY] = {"notify", CM_SHAPE_TEXT | CM_SHAPE_REQUIRED},
    [EFFECT_MESSAGE] = {"message", CM_SHAPE_TITLE | CM_SHAPE_REQUIRED},
    [EFFECT_OPEN] = {"open", CM_SHAPE_NOT_YET},
    [EFFECT_WITH] = {"with", CM_SHAPE_NOT_YET},
    [EFFECT_DUE] = {"due", CM_SHAPE_NOT_YET},
    [EFFECT_WHEN] = {"when", CM_SHAPE_NOT_YET},
};

enum { TIMES_MAX = 1000000000 };

/* One transition while it is read. */
struct transition_loader {
    struct cm_lifecycle_draft *draft;
    struct cm_reader *reader;
    struct cm_transition *made;
    const struct cm_value *found[TRANSITION_KEY_COUNT];
};

static bool is_true(const struct cm_value *value)
{
    return value && value->as.boolean;
}

static bool load_states(struct transition_loader *loader)
{
    struct cm_transition *made = loader->made;
    const struct cm_value *from = loader->found[TRANSITION_FROM];
    const struct cm_value *to = loader->found[TRANSITION_TO];
    made->to = CM_NONE;
    made->from_any = from->type == CM_TEXT_VALUE && cm_text_is(from->as.text, "*");
    if (!made->from_any &&
        !cm_load_references(loader->reader, &loader->draft->states, from, CM_CODE_UNKNOWN_STATE,
                            true, &made->from, &made->from_count))
        return false;
    return !to || cm_load_reference(loader->reader, &loader->draft->states, to->as.text, to->offset,
                                    CM_CODE_UNKNOWN_STATE, &made->to);
}

/* The place of the state number `state` in "from". */
static uint32_t from_offset(const struct transition_loader *loader, struct community_text state)
{
    const struct cm_value *from = loader->found[TRANSITION_FROM];
    for (size_t i = 0; i < cm_texts_count(from); i++) {
        const struct cm_value *item = cm_texts_at(from, i);
        if (cm_text_equal(item->as.text, state))
            return item->offset;
    }
    return from->offset;
}

static bool check_reopening(const struct transition_loader *loader)
{
    const struct cm_transition *made = loader->made;
    const struct cm_value *reopen = loader->found[TRANSITION_REOPEN];
    if (made->reopens && made->to == CM_NONE)
        return cm_refuse(loader->reader, reopen->offset, CM_CODE_MISSING_KEY, CM_TEXT("to"));
    if (made->reopens && made->from_any)
        return cm_refuse(loader->reader, reopen->offset, CM_CODE_REOPEN_NOT_FINAL, made->name,
                         CM_TEXT("*"));

    for (size_t i = 0; i < made->from_count; i++) {
        const struct cm_state *state = &loader->draft->made->states[made->from[i]];
        if (made->reopens && !state->is_final)
            return cm_refuse(loader->reader, from_offset(loader, state->name),
                             CM_CODE_REOPEN_NOT_FINAL, made->name, state->name);
        /* A note on a closed matter leaves it closed. */
        if (!made->reopens && state->is_final && made->to != CM_NONE)
            return cm_refuse(loader->reader, from_offset(loader, state->name), CM_CODE_LEAVES_FINAL,
                             made->name, state->name);
    }
    return true;
}

static void load_ask(const struct cm_lifecycle_draft *draft, struct community_text name,
                     struct cm_ask *out)
{
    *out = (struct cm_ask){.name = name, .field = cm_name_index_find(&draft->fields, name)};
    if (cm_text_is(name, "for"))
        out->input = CM_INPUT_FOR;
    if (cm_text_is(name, "into"))
        out->input = CM_INPUT_INTO;
}

/* Names that are no field are input for the entry alone, so only their form can be checked. */
static bool check_ask_names(struct cm_reader *reader, const struct cm_value *list,
                            struct community_text *names)
{
    struct cm_name_index index;
    for (size_t i = 0; i < list->as.list.count; i++) {
        const struct cm_value *item = &list->as.list.items[i];
        if (!cm_shape_name(reader, item->as.text, item->offset))
            return false;
        names[i] = item->as.text;
    }
    if (!cm_name_index_make(&index, reader->arena, names, list->as.list.count))
        return cm_refuse_memory(reader);
    const int32_t twin = cm_name_index_repetition(&index);
    if (twin >= 0)
        return cm_refuse(reader, list->as.list.items[twin].offset, CM_CODE_DUPLICATE_ENTRY,
                         names[twin]);
    return true;
}

static bool load_asks(struct transition_loader *loader)
{
    struct cm_reader *reader = loader->reader;
    const struct cm_value *list = loader->found[TRANSITION_ASKS];
    if (!list)
        return true;
    const size_t count = list->as.list.count;
    struct cm_ask *asks =
        (struct cm_ask *)cm_arena_array(reader->arena, count, sizeof(struct cm_ask));
    struct community_text *names = (struct community_text *)cm_arena_array(
        reader->arena, count, sizeof(struct community_text));
    if (!asks || !names)
        return cm_refuse_memory(reader);
    if (!cm_shape_items(reader, list, CM_SHAPE_TEXT, false) ||
        !check_ask_names(reader, list, names))
        return false;
    for (size_t i = 0; i < count; i++)
        load_ask(loader->draft, names[i], &asks[i]);
    loader->made->asks = asks;
    loader->made->ask_count = count;
    return true;
}

static bool asks_input(const struct cm_transition *made, uint8_t input)
{
    for (size_t i = 0; i < made->ask_count; i++) {
        if (made->asks[i].field == CM_NONE && made->asks[i].input == input)
            return true;
    }
    return false;
}

static bool is_system_alone(const struct cm_transition *made)
{
    return made->role_count == 1 && made->roles[0].kind == CM_ROLE_SYSTEM;
}

static bool load_by(struct transition_loader *loader)
{
    const struct cm_value *by = loader->found[TRANSITION_BY];
    const struct cm_value *asks = loader->found[TRANSITION_ASKS];
    struct cm_transition *made = loader->made;
    if (by && !cm_load_roles(loader->draft, by, loader->found[TRANSITION_AFTER] != NULL,
                             &made->roles, &made->role_count))
        return false;
    if (is_system_alone(made) && made->ask_count > 0)
        return cm_refuse_plain(loader->reader, asks->offset, CM_CODE_SYSTEM_ASKS);
    return true;
}

/* A step that happens by itself at once could go round in a circle for ever. */
static bool takes_no_time(const struct cm_duration *after)
{
    switch ((enum cm_duration_unit)after->unit) {
    case CM_ELAPSED:
    case CM_WORKING_TIME:
    case CM_WORKING_DAYS:
    case CM_CALENDAR_DAYS:
    case CM_MONTHS:
        return after->amount == 0;
    case CM_SAME_WORKING_DAY:
    case CM_NEXT_WORKING_DAY:
        return false;
    }
    return false;
}

static bool load_times(struct transition_loader *loader)
{
    struct cm_transition *made = loader->made;
    const struct cm_value *within = loader->found[TRANSITION_WITHIN];
    const struct cm_value *after = loader->found[TRANSITION_AFTER];
    made->has_within = within != NULL;
    made->has_after = after != NULL;
    if ((within && !cm_load_duration(loader->draft, within, &made->within)) ||
        (after && !cm_load_duration(loader->draft, after, &made->after)))
        return false;
    if (after && takes_no_time(&made->after))
        return cm_refuse_plain(loader->reader, after->offset, CM_CODE_AFTER_NOTHING);
    return true;
}

static bool load_at_most(struct transition_loader *loader)
{
    struct cm_reader *reader = loader->reader;
    const struct cm_value *tree = loader->found[TRANSITION_AT_MOST];
    const struct cm_value *found[AT_MOST_KEY_COUNT];
    loader->made->at_most_per = CM_NONE;
    if (!tree)
        return true;
    if (!cm_shape_object(reader, tree, at_most_keys, AT_MOST_KEY_COUNT, found) ||
        !cm_shape_integer(reader, found[AT_MOST_TIMES], 1, TIMES_MAX, &loader->made->at_most))
        return false;
    const struct cm_value *per = found[AT_MOST_PER];
    if (!per)
        return true;
    if (!cm_load_reference(reader, &loader->draft->fields, per->as.text, per->offset,
                           CM_CODE_UNKNOWN_FIELD, &loader->made->at_most_per))
        return false;
    /* The value becomes part of a counter's name. */
    if (loader->draft->made->fields[loader->made->at_most_per].data_class != CM_PUBLIC)
        return cm_refuse(reader, per->offset, CM_CODE_FIELD_NOT_PUBLIC, per->as.text);
    return true;
}

static bool load_extends(struct transition_loader *loader)
{
    const struct cm_value *extends = loader->found[TRANSITION_EXTENDS];
    loader->made->extends = CM_NONE;
    if (!extends)
        return true;
    if (!cm_load_reference(loader->reader, &loader->draft->deadlines, extends->as.text,
                           extends->offset, CM_CODE_UNKNOWN_DEADLINE, &loader->made->extends))
        return false;
    if (!asks_input(loader->made, CM_INPUT_FOR))
        return cm_refuse(loader->reader, extends->offset, CM_CODE_EXTEND_NEEDS_FOR,
                         loader->made->name);
    return true;
}

static bool load_deadline_changes(struct transition_loader *loader)
{
    const struct cm_name_index *deadlines = &loader->draft->deadlines;
    struct cm_transition *made = loader->made;
    return load_extends(loader) &&
           cm_load_references(loader->reader, deadlines, loader->found[TRANSITION_PAUSES],
                              CM_CODE_UNKNOWN_DEADLINE, true, &made->pauses, &made->pause_count) &&
           cm_load_references(loader->reader, deadlines, loader->found[TRANSITION_RESUMES],
                              CM_CODE_UNKNOWN_DEADLINE, true, &made->resumes, &made->resume_count);
}

static bool load_merging(struct transition_loader *loader)
{
    const struct cm_value *merges = loader->found[TRANSITION_MERGES];
    const struct cm_value *unmerges = loader->found[TRANSITION_UNMERGES];
    struct cm_transition *made = loader->made;
    made->merges = is_true(merges);
    made->unmerges = is_true(unmerges);
    if (made->merges && made->unmerges)
        return cm_refuse(loader->reader, unmerges->offset, CM_CODE_MERGE_AND_UNMERGE, made->name);
    if (made->merges && !asks_input(made, CM_INPUT_INTO))
        return cm_refuse(loader->reader, merges->offset, CM_CODE_MERGE_NEEDS_INTO, made->name);
    return true;
}

static void load_children(struct transition_loader *loader)
{
    const struct cm_value *waits = loader->found[TRANSITION_WAITS_FOR_CHILDREN];
    struct cm_transition *made = loader->made;
    made->waits_for_children =
        waits ? waits->as.boolean
              : made->to != CM_NONE && loader->draft->made->states[made->to].is_final;
}

static bool load_effect(struct transition_loader *loader, const struct cm_value *tree,
                        struct cm_notification *out)
{
    struct cm_role role;
    const struct cm_value *found[EFFECT_KEY_COUNT];
    if (!cm_shape_object(loader->reader, tree, effect_keys, EFFECT_KEY_COUNT, found) ||
        !cm_load_role(loader->draft, found[EFFECT_NOTIFY], &role))
        return false;
    if (role.kind == CM_ROLE_SYSTEM)
        return cm_refuse_plain(loader->reader, found[EFFECT_NOTIFY]->offset, CM_CODE_SYSTEM_ROLE);
    if (!cm_load_title(loader->reader, found[EFFECT_MESSAGE], &out->words))
        return false;
    out->to = role.words;
    out->message = out->words.en.data ? out->words.en : out->words.zh;
    return true;
}

static bool load_effects(struct transition_loader *loader)
{
    const struct cm_value *list = loader->found[TRANSITION_EFFECTS];
    if (!list)
        return true;
    const size_t count = list->as.list.count;
    struct cm_notification *notifications = (struct cm_notification *)cm_arena_array(
        loader->reader->arena, count, sizeof(struct cm_notification));
    if (!notifications)
        return cm_refuse_memory(loader->reader);
    for (size_t i = 0; i < count; i++) {
        if (!load_effect(loader, &list->as.list.items[i], &notifications[i]))
            return false;
    }
    loader->made->notifications = notifications;
    loader->made->notification_count = count;
    return true;
}

static bool load_transition(struct transition_loader *loader, const struct cm_value *tree)
{
    struct cm_reader *reader = loader->reader;
    struct cm_transition *made = loader->made;
    const struct cm_value **found = loader->found;
    if (!cm_shape_object(reader, tree, transition_keys, TRANSITION_KEY_COUNT, found) ||
        !cm_shape_name(reader, found[TRANSITION_NAME]->as.text, found[TRANSITION_NAME]->offset))
        return false;
    made->name = found[TRANSITION_NAME]->as.text;
    made->reopens = is_true(found[TRANSITION_REOPEN]);
    if (!cm_load_title(reader, found[TRANSITION_TITLE], &made->title) || !load_states(loader) ||
        !check_reopening(loader) || !load_asks(loader) || !load_by(loader))
        return false;
    load_children(loader);
    return cm_load_references(reader, &loader->draft->fields, found[TRANSITION_REQUIRES],
                              CM_CODE_UNKNOWN_FIELD, false, &made->requires,
                              &made->require_count) &&
           load_times(loader) && load_at_most(loader) && load_deadline_changes(loader) &&
           load_merging(loader) && load_effects(loader);
}

bool cm_load_transitions(struct cm_lifecycle_draft *draft)
{
    const struct cm_value *tree = draft->transition_tree;
    const size_t count = tree ? tree->as.list.count : 0;
    struct cm_transition *transitions = (struct cm_transition *)cm_arena_array(
        draft->reader->arena, count, sizeof(struct cm_transition));
    if (!transitions)
        return cm_refuse_memory(draft->reader);
    for (size_t i = 0; i < count; i++) {
        struct transition_loader loader = {
            .draft = draft, .reader = draft->reader, .made = &transitions[i]};
        if (!load_transition(&loader, &tree->as.list.items[i]))
            return false;
    }
    draft->transition_list = transitions;
    draft->made->transitions = transitions;
    draft->made->transition_count = count;
    return true;
}
