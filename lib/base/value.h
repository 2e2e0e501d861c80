/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain data: what JSON can say. The values of fields, the input of commands, the content of
 * entries. Trees live in an arena and are never freed one by one. */
#ifndef CM_VALUE_H
#define CM_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "community/types.h"

enum cm_value_type {
    CM_NULL, /* zero, so that zeroed memory is a null value */
    CM_BOOL,
    CM_INT,
    CM_DOUBLE,
    CM_TEXT_VALUE,
    CM_LIST,
    CM_OBJECT,
};

/* Lists and objects in one another; a deeper tree is an assertion where trees are walked. */
enum { CM_VALUE_DEPTH_MAX = 64 };

struct cm_member;

struct cm_value {
    uint8_t type;    /* enum cm_value_type */
    uint32_t offset; /* where it began in the text it was read from, in bytes; 0 otherwise */
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct community_text text;
        struct {
            struct cm_value *items;
            size_t count;
        } list;
        struct {
            struct cm_member *members; /* in the order of the text, names distinct */
            size_t count;
        } object;
    } as;
};

struct cm_member {
    struct community_text name;
    uint32_t name_offset;
    struct cm_value value;
};

struct cm_value cm_value_bool(bool boolean);
struct cm_value cm_value_integer(int64_t integer);
struct cm_value cm_value_text(struct community_text text); /* borrows */
struct cm_value cm_value_string(const char *string);       /* borrows; NULL gives a null value */

/* The member's value, or NULL when it is absent or `object` is not an object. */
const struct cm_value *cm_value_member(const struct cm_value *object, const char *name);
const struct cm_value *cm_value_member_text(const struct cm_value *object,
                                            struct community_text name);
/* The member as text or integer; {NULL, 0} or false when absent or of another type. */
struct community_text cm_value_member_as_text(const struct cm_value *object, const char *name);
bool cm_value_member_as_integer(const struct cm_value *object, const char *name,
                                int64_t *integer_out);

/* An object or list under construction, with a capacity fixed at the start: adding past it is an
 * assertion, and so is adding to a tree that was read or copied. A hand-made array must not be
 * added to. NULL members array when there is no memory; adding then does nothing. */
struct cm_value cm_value_new_object(struct cm_arena *arena, size_t capacity);
struct cm_value cm_value_new_list(struct cm_arena *arena, size_t capacity);
/* `name` is borrowed. */
void cm_value_put(struct cm_value *object, const char *name, struct cm_value value);
void cm_value_put_text(struct cm_value *object, struct community_text name, struct cm_value value);
void cm_value_append(struct cm_value *list, struct cm_value value);
/* Whether construction ran out of memory: an object or list with a NULL array. */
bool cm_value_is_broken(const struct cm_value *value);

/* Deep equality; objects compare regardless of member order (in linear time when it is the same);
 * an int never equals a double. */
bool cm_value_equal(const struct cm_value *a, const struct cm_value *b);
/* A deep copy into another arena; false when there is no memory. */
bool cm_value_copy(struct cm_value *out, struct cm_arena *arena, const struct cm_value *value);

#endif
