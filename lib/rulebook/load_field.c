/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of a lifecycle. */
#include "field_value.h"
#include "rulebook_reader.h"

enum field_key {
    FIELD_TYPE,
    FIELD_TITLE,
    FIELD_CLASS,
    FIELD_KEEP,
    FIELD_REQUIRED,
    FIELD_MIN,
    FIELD_MAX,
    FIELD_OF,
    FIELD_DEFAULT,
    FIELD_KEY_COUNT
};

static const struct cm_key field_keys[FIELD_KEY_COUNT] = {
    [FIELD_TYPE] = {"type", CM_SHAPE_TEXT | CM_SHAPE_REQUIRED},
    [FIELD_TITLE] = {"title", CM_SHAPE_TITLE},
    [FIELD_CLASS] = {"class", CM_SHAPE_TEXT},
    [FIELD_KEEP] = {"keep", CM_SHAPE_TEXT},
    [FIELD_REQUIRED] = {"required", CM_SHAPE_BOOL},
    [FIELD_MIN] = {"min", CM_SHAPE_INTEGER},
    [FIELD_MAX] = {"max", CM_SHAPE_INTEGER},
    [FIELD_OF] = {"of", CM_SHAPE_TEXTS},
    [FIELD_DEFAULT] = {"default", CM_SHAPE_ANY},
};

static const struct community_text class_words[] = {
    [CM_PUBLIC] = {"public", 6},
    [CM_PERSONAL] = {"personal", 8},
    [CM_SENSITIVE] = {"sensitive", 9},
};

/* What {"min", "max"} count in a field of this type. */
enum bound_kind { BOUND_NONE, BOUND_NUMBER, BOUND_COUNT };

static enum bound_kind bound_kind_of(uint8_t type)
{
    switch ((enum cm_field_type)type) {
    case CM_FIELD_INT:
    case CM_FIELD_AMOUNT:
    case CM_FIELD_DECIMAL:
        return BOUND_NUMBER;
    case CM_FIELD_TEXT:
    case CM_FIELD_CODE:
    case CM_FIELD_LIST:
        return BOUND_COUNT;
    case CM_FIELD_BOOL:
    case CM_FIELD_TIME:
    case CM_FIELD_DATE:
    case CM_FIELD_DURATION:
    case CM_FIELD_CHOICE:
    case CM_FIELD_UNIT:
    case CM_FIELD_PERSON:
    case CM_FIELD_RECORD:
    case CM_FIELD_OBJECT:
    case CM_FIELD_FILE:
    case CM_FIELD_RATING:
        return BOUND_NONE;
    }
    return BOUND_NONE;
}

static bool load_type_word(struct cm_reader *reader, const struct cm_value *value, uint8_t *out)
{
    struct community_text words[CM_FIELD_TYPE_COUNT];
    for (int type = 0; type < CM_FIELD_TYPE_COUNT; type++)
        words[type] = cm_field_type_word((uint8_t)type);
    return cm_shape_word(reader, value, words, CM_FIELD_TYPE_COUNT, out);
}

static bool load_bound(struct cm_reader *reader, const struct cm_value *value, const char *key,
                       uint8_t type, int64_t *out, bool *has_out)
{
    if (!value)
        return true;
    const enum bound_kind kind = bound_kind_of(type);
    if (kind == BOUND_NONE)
        return cm_refuse(reader, value->offset, CM_CODE_KEY_NOT_FOR_TYPE, cm_text(key),
                         cm_field_type_word(type));
    *has_out = true;
    return cm_shape_integer(reader, value, kind == BOUND_COUNT ? 0 : INT64_MIN, INT64_MAX, out);
}

static bool load_bounds(struct cm_reader *reader, const struct cm_value **found,
                        struct cm_field *field)
{
    if (!load_bound(reader, found[FIELD_MIN], "min", field->type, &field->min, &field->has_min) ||
        !load_bound(reader, found[FIELD_MAX], "max", field->type, &field->max, &field->has_max))
        return false;
    if (field->has_min && field->has_max && field->min > field->max)
        return cm_refuse_plain(reader, found[FIELD_MIN]->offset, CM_CODE_MIN_OVER_MAX);
    return true;
}

static bool load_choices(struct cm_reader *reader, const struct cm_value *list,
                         struct cm_field *field)
{
    const size_t count = list->as.list.count;
    if (!cm_shape_items(reader, list, CM_SHAPE_TEXT, true))
        return false;
    struct cm_name_index index;
    struct community_text *choices = (struct community_text *)cm_arena_array(
        reader->arena, count, sizeof(struct community_text));
    if (!choices)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < count; i++)
        choices[i] = list->as.list.items[i].as.text;
    if (!cm_name_index_make(&index, reader->arena, choices, count))
        return cm_refuse_memory(reader);

    const int32_t twin = cm_name_index_repetition(&index);
    if (twin >= 0)
        return cm_refuse(reader, list->as.list.items[twin].offset, CM_CODE_DUPLICATE_ENTRY,
                         choices[twin]);
    field->choices = choices;
    field->choice_count = count;
    return true;
}

/* The items of a list: a type, or a list of the words that may stand in it. */
static bool load_element(struct cm_reader *reader, const struct cm_value *of,
                         struct cm_field *field)
{
    field->has_element = true;
    if (of->type == CM_LIST) {
        field->element = CM_FIELD_CHOICE;
        return load_choices(reader, of, field);
    }
    if (!load_type_word(reader, of, &field->element))
        return false;
    if (field->element == CM_FIELD_LIST || field->element == CM_FIELD_CHOICE)
        return cm_refuse(reader, of->offset, CM_CODE_KEY_NOT_FOR_TYPE, of->as.text,
                         cm_field_type_word(CM_FIELD_LIST));
    return true;
}

static bool load_of(struct cm_reader *reader, const struct cm_value *tree,
                    const struct cm_value *of, struct cm_field *field)
{
    if (field->type == CM_FIELD_CHOICE) {
        if (!of)
            return cm_refuse(reader, tree->offset, CM_CODE_MISSING_KEY, CM_TEXT("of"));
        return cm_shape_value(reader, of, CM_SHAPE_LIST) && load_choices(reader, of, field);
    }
    if (!of)
        return true;
    if (field->type == CM_FIELD_LIST)
        return load_element(reader, of, field);
    return cm_refuse(reader, of->offset, CM_CODE_KEY_NOT_FOR_TYPE, CM_TEXT("of"),
                     cm_field_type_word(field->type));
}

static bool load_default(struct cm_reader *reader, const struct cm_value *value,
                         struct cm_field *field)
{
    if (!value)
        return true;
    if (field->required)
        return cm_refuse(reader, value->offset, CM_CODE_REQUIRED_WITH_DEFAULT, field->name);
    const enum cm_code code = cm_field_check(field, value);
    if (code != CM_CODE_NONE)
        return cm_refuse(reader, value->offset, CM_CODE_BAD_DEFAULT, field->name,
                         cm_text(cm_code_word(code)));
    field->initial = *value;
    return true;
}

static uint8_t default_class(uint8_t type)
{
    const bool is_free = type == CM_FIELD_TEXT || type == CM_FIELD_LIST || type == CM_FIELD_OBJECT;
    return is_free ? CM_PERSONAL : CM_PUBLIC;
}

static bool load_class(struct cm_reader *reader, const struct cm_value *value,
                       struct cm_field *field)
{
    field->data_class = default_class(field->type);
    if (value && !cm_shape_word(reader, value, class_words, 3, &field->data_class))
        return false;
    /* Who answers for a record stands in rows, reads and effects as it is. */
    if (field->type == CM_FIELD_UNIT && field->data_class != CM_PUBLIC)
        return cm_refuse(reader, value->offset, CM_CODE_FIELD_NOT_PUBLIC, field->name);
    return true;
}

static bool load_name(struct cm_reader *reader, const struct cm_member *member)
{
    if (!cm_shape_name(reader, member->name, member->name_offset))
        return false;
    /* They are what extending and merging ask for. */
    if (cm_text_is(member->name, "for") || cm_text_is(member->name, "into"))
        return cm_refuse(reader, member->name_offset, CM_CODE_RESERVED_NAME, member->name);
    return true;
}

static bool load_field(struct cm_reader *reader, const struct cm_member *member,
                       struct cm_field *field)
{
    const struct cm_value *tree = &member->value;
    const struct cm_value *found[FIELD_KEY_COUNT];
    if (!load_name(reader, member) ||
        !cm_shape_object(reader, tree, field_keys, FIELD_KEY_COUNT, found) ||
        !load_type_word(reader, found[FIELD_TYPE], &field->type) ||
        !cm_load_title(reader, found[FIELD_TITLE], &field->title) ||
        !load_class(reader, found[FIELD_CLASS], field) || !load_bounds(reader, found, field) ||
        !load_of(reader, tree, found[FIELD_OF], field))
        return false;

    field->name = member->name;
    field->required = found[FIELD_REQUIRED] && found[FIELD_REQUIRED]->as.boolean;
    if (found[FIELD_KEEP])
        field->keep = found[FIELD_KEEP]->as.text;
    return load_default(reader, found[FIELD_DEFAULT], field);
}

static bool index_fields(struct cm_lifecycle_draft *draft, const struct cm_field *fields,
                         size_t count)
{
    struct cm_arena *arena = draft->reader->arena;
    struct community_text *names =
        (struct community_text *)cm_arena_array(arena, count, sizeof(struct community_text));
    if (!names)
        return cm_refuse_memory(draft->reader);
    for (size_t i = 0; i < count; i++)
        names[i] = fields[i].name;
    if (!cm_name_index_make(&draft->fields, arena, names, count))
        return cm_refuse_memory(draft->reader);
    return true;
}

static int32_t find_type(const struct cm_field *fields, size_t count, uint8_t type)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].type == type)
            return (int32_t)i;
    }
    return CM_NONE;
}

/* The field of that name if it has that type. */
static int32_t find_typed(const struct cm_lifecycle_draft *draft, const char *name, uint8_t type)
{
    const int32_t index = cm_name_index_find(&draft->fields, cm_text(name));
    return index >= 0 && draft->made->fields[index].type == type ? index : CM_NONE;
}

static void find_known_fields(struct cm_lifecycle_draft *draft)
{
    struct cm_lifecycle *made = draft->made;
    made->place_field = find_typed(draft, "place", CM_FIELD_UNIT);
    made->unit_field = find_typed(draft, "lead_unit", CM_FIELD_UNIT);
    made->rating_field = find_typed(draft, "rating", CM_FIELD_RATING);
    if (made->rating_field == CM_NONE)
        made->rating_field = find_type(made->fields, made->field_count, CM_FIELD_RATING);
}

bool cm_load_fields(struct cm_lifecycle_draft *draft, const struct cm_value *tree)
{
    struct cm_reader *reader = draft->reader;
    const size_t declared_count = tree ? tree->as.object.count : 0;
    struct cm_field *fields = (struct cm_field *)cm_arena_array(reader->arena, declared_count + 1,
                                                                sizeof(struct cm_field));
    if (!fields)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < declared_count; i++) {
        if (!load_field(reader, &tree->as.object.members[i], &fields[i]))
            return false;
    }

    size_t count = declared_count;
    const bool has_rating = tree && cm_value_member(tree, "rating");
    if (cm_text_is(draft->made->kind, "ticket") && !has_rating)
        fields[count++] = (struct cm_field){.name = CM_TEXT("rating"), .type = CM_FIELD_RATING};
    draft->made->fields = fields;
    draft->made->field_count = count;
    if (!index_fields(draft, fields, count))
        return false;
    find_known_fields(draft);
    return true;
}
