/* SPDX-License-Identifier: Apache-2.0
 *
 * Building, asking, comparing and copying plain data. */
#include "value.h"

#include "checked.h"
#include "text.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

/* Stands in front of the array of each list and object that is built here, and makes adding past
 * the capacity an assertion instead of a stray write. */
struct array_head {
    alignas(max_align_t) size_t capacity;
};

static void *new_array(struct cm_arena *arena, size_t capacity, size_t size)
{
    size_t total;
    if (!cm_size_multiply(&total, capacity, size) ||
        !cm_size_add(&total, total, sizeof(struct array_head)))
        return NULL;
    struct array_head *head = cm_arena_allocate(arena, total);
    if (head == NULL)
        return NULL;
    head->capacity = capacity;
    return head + 1;
}

static size_t array_capacity(const void *array)
{
    return ((const struct array_head *)array - 1)->capacity;
}

struct cm_value cm_value_bool(bool boolean)
{
    return (struct cm_value){.type = CM_BOOL, .as.boolean = boolean};
}

struct cm_value cm_value_integer(int64_t integer)
{
    return (struct cm_value){.type = CM_INT, .as.integer = integer};
}

struct cm_value cm_value_text(struct community_text text)
{
    return (struct cm_value){.type = CM_TEXT_VALUE, .as.text = text};
}

struct cm_value cm_value_string(const char *string)
{
    if (string == NULL)
        return (struct cm_value){.type = CM_NULL};
    return cm_value_text(cm_text(string));
}

const struct cm_value *cm_value_member_text(const struct cm_value *object,
                                            struct community_text name)
{
    if (object == NULL || object->type != CM_OBJECT)
        return NULL;
    for (size_t i = 0; i < object->as.object.count; i++) {
        const struct cm_member *member = &object->as.object.members[i];
        if (cm_text_equal(member->name, name))
            return &member->value;
    }
    return NULL;
}

const struct cm_value *cm_value_member(const struct cm_value *object, const char *name)
{
    return cm_value_member_text(object, cm_text(name));
}

struct community_text cm_value_member_as_text(const struct cm_value *object, const char *name)
{
    const struct cm_value *value = cm_value_member(object, name);
    if (value == NULL || value->type != CM_TEXT_VALUE)
        return (struct community_text){NULL, 0};
    return value->as.text;
}

bool cm_value_member_as_integer(const struct cm_value *object, const char *name,
                                int64_t *integer_out)
{
    const struct cm_value *value = cm_value_member(object, name);
    if (value == NULL || value->type != CM_INT)
        return false;
    *integer_out = value->as.integer;
    return true;
}

struct cm_value cm_value_new_object(struct cm_arena *arena, size_t capacity)
{
    return (struct cm_value){
        .type = CM_OBJECT,
        .as.object.members = new_array(arena, capacity, sizeof(struct cm_member)),
    };
}

struct cm_value cm_value_new_list(struct cm_arena *arena, size_t capacity)
{
    return (struct cm_value){
        .type = CM_LIST,
        .as.list.items = new_array(arena, capacity, sizeof(struct cm_value)),
    };
}

void cm_value_put(struct cm_value *object, const char *name, struct cm_value value)
{
    cm_value_put_text(object, cm_text(name), value);
}

void cm_value_put_text(struct cm_value *object, struct community_text name, struct cm_value value)
{
    assert(object->type == CM_OBJECT);
    assert(name.data != NULL);
    struct cm_member *members = object->as.object.members;
    if (members == NULL)
        return;
    assert(object->as.object.count < array_capacity(members));
    members[object->as.object.count++] = (struct cm_member){.name = name, .value = value};
}

void cm_value_append(struct cm_value *list, struct cm_value value)
{
    assert(list->type == CM_LIST);
    if (list->as.list.items == NULL)
        return;
    assert(list->as.list.count < array_capacity(list->as.list.items));
    list->as.list.items[list->as.list.count++] = value;
}

bool cm_value_is_broken(const struct cm_value *value)
{
    return (value->type == CM_OBJECT && value->as.object.members == NULL) ||
           (value->type == CM_LIST && value->as.list.items == NULL);
}

static bool equal(const struct cm_value *a, const struct cm_value *b, size_t depth);

static bool lists_equal(const struct cm_value *a, const struct cm_value *b, size_t depth)
{
    if (a->as.list.count != b->as.list.count)
        return false;
    for (size_t i = 0; i < a->as.list.count; i++) {
        if (!equal(&a->as.list.items[i], &b->as.list.items[i], depth))
            return false;
    }
    return true;
}

/* Names are distinct within an object, so equal counts and a partner for each are enough. Members
 * mostly stand in the same order: the search begins behind the last partner found. */
static bool objects_equal(const struct cm_value *a, const struct cm_value *b, size_t depth)
{
    size_t count = a->as.object.count;
    if (count != b->as.object.count)
        return false;
    size_t guess = 0;
    for (size_t i = 0; i < count; i++) {
        const struct cm_member *member = &a->as.object.members[i];
        size_t tried = 0;
        while (tried < count && !cm_text_equal(member->name, b->as.object.members[guess].name)) {
            guess = guess + 1 < count ? guess + 1 : 0;
            tried++;
        }
        if (tried == count || !equal(&member->value, &b->as.object.members[guess].value, depth))
            return false;
        guess = guess + 1 < count ? guess + 1 : 0;
    }
    return true;
}

static bool equal(const struct cm_value *a, const struct cm_value *b, size_t depth)
{
    assert(depth <= CM_VALUE_DEPTH_MAX);
    if (a->type != b->type)
        return false;
    switch ((enum cm_value_type)a->type) {
    case CM_NULL:
        return true;
    case CM_BOOL:
        return a->as.boolean == b->as.boolean;
    case CM_INT:
        return a->as.integer == b->as.integer;
    case CM_DOUBLE:
        return a->as.number == b->as.number;
    case CM_TEXT_VALUE:
        return cm_text_equal(a->as.text, b->as.text);
    case CM_LIST:
        return lists_equal(a, b, depth + 1);
    case CM_OBJECT:
        return objects_equal(a, b, depth + 1);
    }
    return false;
}

bool cm_value_equal(const struct cm_value *a, const struct cm_value *b)
{
    return equal(a, b, 0);
}

static bool copy(struct cm_value *out, struct cm_arena *arena, const struct cm_value *value,
                 size_t depth);

static bool copy_list(struct cm_value *out, struct cm_arena *arena, const struct cm_value *value,
                      size_t depth)
{
    *out = cm_value_new_list(arena, value->as.list.count);
    out->offset = value->offset;
    if (out->as.list.items == NULL)
        return false;
    for (size_t i = 0; i < value->as.list.count; i++) {
        if (!copy(&out->as.list.items[i], arena, &value->as.list.items[i], depth))
            return false;
    }
    out->as.list.count = value->as.list.count;
    return true;
}

static bool copy_object(struct cm_value *out, struct cm_arena *arena, const struct cm_value *value,
                        size_t depth)
{
    *out = cm_value_new_object(arena, value->as.object.count);
    out->offset = value->offset;
    if (out->as.object.members == NULL)
        return false;
    for (size_t i = 0; i < value->as.object.count; i++) {
        const struct cm_member *from = &value->as.object.members[i];
        struct cm_member *to = &out->as.object.members[i];
        to->name_offset = from->name_offset;
        to->name = cm_arena_text(arena, from->name);
        if (to->name.data == NULL || !copy(&to->value, arena, &from->value, depth))
            return false;
    }
    out->as.object.count = value->as.object.count;
    return true;
}

static bool copy(struct cm_value *out, struct cm_arena *arena, const struct cm_value *value,
                 size_t depth)
{
    assert(depth <= CM_VALUE_DEPTH_MAX);
    switch ((enum cm_value_type)value->type) {
    case CM_NULL:
    case CM_BOOL:
    case CM_INT:
    case CM_DOUBLE:
        *out = *value;
        return true;
    case CM_TEXT_VALUE:
        *out = *value;
        out->as.text = cm_arena_text(arena, value->as.text);
        return out->as.text.data != NULL;
    case CM_LIST:
        return copy_list(out, arena, value, depth + 1);
    case CM_OBJECT:
        return copy_object(out, arena, value, depth + 1);
    }
    return false;
}

bool cm_value_copy(struct cm_value *out, struct cm_arena *arena, const struct cm_value *value)
{
    struct cm_value result;
    if (!copy(&result, arena, value, 0)) {
        *out = (struct cm_value){.type = CM_NULL};
        return false;
    }
    *out = result;
    return true;
}
