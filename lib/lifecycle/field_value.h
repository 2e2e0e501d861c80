/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a value may stand in a field: its form alone. Whether a unit, person or record that it
 * names exists is somebody else's question. */
#ifndef CM_FIELD_VALUE_H
#define CM_FIELD_VALUE_H

#include "definition.h"
#include "registry.h"

enum {
    CM_FIELD_ID_SIZE_MAX = 128, /* bytes of a unit's, person's or external id, and of a code */
    CM_FIELD_DEPTH_MAX = 24,    /* nested lists and objects within one value */
    CM_FIELD_DETAIL_SIZE = 24,
};

/* CM_CODE_NONE, or the reason against it: field-type, field-too-long, field-too-short,
 * field-too-great, field-too-small, field-choice, field-format. A null value is field-type:
 * emptying a field is not a value. Any thread. */
enum cm_code cm_field_check(const struct cm_field *field, const struct cm_value *value);

/* What stands for {1} in the sentence of `code` ({0} is the field's name): the bound that was
 * passed, or the word of the field's type. Written to `out` or a constant. */
struct community_text cm_field_detail(char out[CM_FIELD_DETAIL_SIZE], const struct cm_field *field,
                                      enum cm_code code);

/* "text", "int", … as rulebooks write it. */
struct community_text cm_field_type_word(uint8_t type);
enum { CM_FIELD_TYPE_COUNT = CM_FIELD_RATING + 1 };

/* Non-empty, at most CM_FIELD_ID_SIZE_MAX bytes, no control characters. */
bool cm_field_is_id(struct community_text text);

#endif
