/* SPDX-License-Identifier: Apache-2.0
 *
 * A small declarative reader over a JSON tree: each object has a table of its known keys, and this
 * folder's one way of refusing gives every fault its place and its nearest known word. */
#ifndef CM_SHAPE_H
#define CM_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "community/status.h"
#include "failure.h"
#include "text.h"
#include "value.h"

enum {
    CM_RULEBOOK_COUNT_MAX = 65000,    /* of anything: entries of a list, members of an object */
    CM_RULEBOOK_TEXT_SIZE_MAX = 1000, /* bytes of a title, a role, a duration… */
    CM_RULEBOOK_NAME_SIZE_MAX = 64,
};

/* One reading of one document. `status` is the first failure; all readers below answer false once
 * it is set, and nothing may be read after that. */
struct cm_reader {
    struct community_text text; /* the document, for lines and columns */
    struct cm_arena *arena;
    struct community_error *err; /* may be NULL */
    enum community_status status;
};

/* What a value may be. A set. */
enum cm_shape {
    CM_SHAPE_TEXT = 1 << 0, /* not empty, not too long */
    CM_SHAPE_INTEGER = 1 << 1,
    CM_SHAPE_BOOL = 1 << 2,
    CM_SHAPE_LIST = 1 << 3,
    CM_SHAPE_OBJECT = 1 << 4,
    CM_SHAPE_ANY = 1 << 5,      /* not looked at */
    CM_SHAPE_REQUIRED = 1 << 6, /* of a key */
    CM_SHAPE_NOT_YET = 1 << 7,  /* of a key: known to the language, unknown to this version */
    CM_SHAPE_TITLE = CM_SHAPE_TEXT | CM_SHAPE_OBJECT,
    CM_SHAPE_TEXTS = CM_SHAPE_TEXT | CM_SHAPE_LIST,
};

struct cm_key {
    const char *name;
    uint32_t shape; /* enum cm_shape */
};

/* Checks that `object` is one, that its keys are known and hold what they may, and that none is
 * missing. found[i] is then the value of keys[i], or NULL. */
bool cm_shape_object(struct cm_reader *reader, const struct cm_value *object,
                     const struct cm_key *keys, size_t key_count, const struct cm_value **found);
bool cm_shape_value(struct cm_reader *reader, const struct cm_value *value, uint32_t shape);
/* Every item of a list, and that there is one where `is_filled`. */
bool cm_shape_items(struct cm_reader *reader, const struct cm_value *list, uint32_t shape,
                    bool is_filled);
bool cm_shape_integer(struct cm_reader *reader, const struct cm_value *value, int64_t min,
                      int64_t max, int64_t *out);
/* [a-z][a-z0-9_-]{0,63}. */
bool cm_shape_is_name(struct community_text text);
bool cm_shape_name(struct cm_reader *reader, struct community_text text, uint32_t offset);
/* One of `words`: its index. */
bool cm_shape_word(struct cm_reader *reader, const struct cm_value *value,
                   const struct community_text *words, size_t count, uint8_t *index_out);

/* A text or a list of texts, seen as a list. */
size_t cm_texts_count(const struct cm_value *value);
const struct cm_value *cm_texts_at(const struct cm_value *value, size_t index);

/* All of these return false, so that `return cm_refuse(…)` reads well. */
bool cm_refuse_with(struct cm_reader *reader, uint32_t offset, enum community_status status,
                    enum cm_code code, const struct community_text *arguments, size_t count);
#define cm_refuse(reader, offset, code, ...)                                                       \
    cm_refuse_with((reader), (offset), COMMUNITY_INVALID, (code), CM_FAIL_ARGUMENTS(__VA_ARGS__),  \
                   sizeof(CM_FAIL_ARGUMENTS(__VA_ARGS__)) / sizeof(struct community_text))
bool cm_refuse_plain(struct cm_reader *reader, uint32_t offset, enum cm_code code);
/* {0} is `wanted`, {1} the nearest of `names`, or the first few of them when none is near. */
bool cm_refuse_unknown(struct cm_reader *reader, uint32_t offset, enum community_status status,
                       enum cm_code code, struct community_text wanted,
                       const struct community_text *names, size_t count);
bool cm_refuse_not_yet(struct cm_reader *reader, uint32_t offset, struct community_text key);
bool cm_refuse_memory(struct cm_reader *reader);
/* Hands on what another folder refused, with a place. */
bool cm_refuse_foreign(struct cm_reader *reader, uint32_t offset,
                       const struct community_error *from);

#endif
