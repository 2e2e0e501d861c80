/* SPDX-License-Identifier: Apache-2.0
 *
 * Every code the library can answer with, and its sentences. registry.def has one row per code; the
 * messages, docs/errors.md and the tests come from it. */
#ifndef CM_REGISTRY_H
#define CM_REGISTRY_H

#include <stddef.h>

#include "community/types.h"

enum cm_code_kind {
    CM_KIND_ERROR,  /* bad input or a failing world: struct community_error */
    CM_KIND_REASON, /* the rules say no: a receipt's reason */
};

enum cm_code {
    CM_CODE_NONE,
#define CM_ROW(name, word, kind, en, zh) CM_CODE_##name,
#include "registry.def"
#undef CM_ROW
    CM_CODE_COUNT
};

enum cm_language { CM_ENGLISH, CM_CHINESE };

/* "unknown-key"; never NULL. */
const char *cm_code_word(enum cm_code code);
enum cm_code cm_code_find(struct community_text word); /* CM_CODE_NONE when there is none */
enum cm_code_kind cm_code_kind(enum cm_code code);
const char *cm_code_template(enum cm_code code, enum cm_language language);
/* The sentence with {0}, {1}… replaced; an argument that is missing stands as nothing. Always
 * NUL-terminated, cut at a character boundary when it does not fit. Returns its size. */
size_t cm_code_render(char *out, size_t out_size, enum cm_code code, enum cm_language language,
                      const struct community_text *arguments, size_t count);

#endif
