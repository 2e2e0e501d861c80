/* SPDX-License-Identifier: Apache-2.0
 *
 * Roles: who may do or see something. */
#include <string.h>

#include "field_value.h"
#include "rulebook_reader.h"

enum { ROLE_COUNT_MAX = 32 };

bool cm_load_unit_field(struct cm_lifecycle_draft *draft, struct community_text name,
                        uint32_t offset, int32_t *out)
{
    if (!cm_load_reference(draft->reader, &draft->fields, name, offset, CM_CODE_UNKNOWN_FIELD, out))
        return false;
    const struct cm_field *field = &draft->made->fields[*out];
    if (field->type != CM_FIELD_UNIT)
        return cm_refuse(draft->reader, offset, CM_CODE_WRONG_FIELD_TYPE, name,
                         cm_field_type_word(field->type), cm_field_type_word(CM_FIELD_UNIT));
    return true;
}

/* "handler of lead_unit" -> "handler", "lead_unit". */
static bool split_of(struct community_text words, struct community_text *before_out,
                     struct community_text *after_out)
{
    static const char of[] = " of ";
    const size_t of_size = sizeof(of) - 1;
    for (size_t at = 0; at + of_size <= words.size; at++) {
        if (memcmp(words.data + at, of, of_size) == 0) {
            *before_out = (struct community_text){words.data, at};
            *after_out = cm_text_from(words, at + of_size);
            return true;
        }
    }
    return false;
}

static uint8_t kind_of(struct community_text word)
{
    if (cm_text_is(word, "requester"))
        return CM_ROLE_REQUESTER;
    if (cm_text_is(word, "system"))
        return CM_ROLE_SYSTEM;
    return CM_ROLE_GRANT;
}

bool cm_load_role(struct cm_lifecycle_draft *draft, const struct cm_value *value,
                  struct cm_role *out)
{
    const struct community_text words = value->as.text;
    struct community_text grant = words;
    struct community_text field = {NULL, 0};
    const bool is_of = split_of(words, &grant, &field);
    if (!cm_shape_is_name(grant) || (is_of && !cm_shape_is_name(field)))
        return cm_refuse(draft->reader, value->offset, CM_CODE_BAD_ROLE, words);

    *out = (struct cm_role){.field = CM_NONE, .words = words};
    if (!is_of) {
        out->kind = kind_of(grant);
        if (out->kind == CM_ROLE_GRANT)
            out->grant = grant;
        return true;
    }
    out->kind = CM_ROLE_GRANT_OF;
    out->grant = grant;
    if (!cm_load_unit_field(draft, field, value->offset, &out->field))
        return false;
    if (draft->first_unit_field == CM_NONE)
        draft->first_unit_field = out->field;
    return true;
}

bool cm_load_roles(struct cm_lifecycle_draft *draft, const struct cm_value *value,
                   bool allows_system, const struct cm_role **out, size_t *count_out)
{
    struct cm_reader *reader = draft->reader;
    if (value->type == CM_LIST && !cm_shape_items(reader, value, CM_SHAPE_TEXT, true))
        return false;

    const size_t count = cm_texts_count(value);
    if (count > ROLE_COUNT_MAX)
        return cm_refuse(reader, value->offset, CM_CODE_TOO_MANY, CM_TEXT("32"));
    struct cm_role *roles =
        (struct cm_role *)cm_arena_array(reader->arena, count, sizeof(struct cm_role));
    if (!roles)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < count; i++) {
        const struct cm_value *item = cm_texts_at(value, i);
        if (!cm_load_role(draft, item, &roles[i]))
            return false;
        if (roles[i].kind == CM_ROLE_SYSTEM && !allows_system)
            return cm_refuse_plain(reader, item->offset, CM_CODE_SYSTEM_ROLE);
        for (size_t j = 0; j < i; j++) {
            if (cm_text_equal(roles[i].words, roles[j].words))
                return cm_refuse(reader, item->offset, CM_CODE_DUPLICATE_ENTRY, item->as.text);
        }
    }
    *out = roles;
    *count_out = count;
    return true;
}
