/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of codes, and filling in their sentences. */
#include "registry.h"

#include "text.h"

#include <assert.h>
#include <string.h>

struct row {
    const char *word;
    enum cm_code_kind kind;
    const char *sentences[2]; /* by enum cm_language */
};

static const struct row rows[CM_CODE_COUNT] = {
    [CM_CODE_NONE] = {"none", CM_KIND_ERROR, {"", ""}},
#define CM_ROW(name, word, kind, en, zh) [CM_CODE_##name] = {word, kind, {en, zh}},
#include "registry.def"
#undef CM_ROW
};

static const struct row *row_of(enum cm_code code)
{
    assert((unsigned)code < CM_CODE_COUNT);
    return &rows[code];
}

const char *cm_code_word(enum cm_code code)
{
    return row_of(code)->word;
}

enum cm_code cm_code_find(struct community_text word)
{
    for (unsigned i = CM_CODE_NONE + 1; i < CM_CODE_COUNT; i++) {
        if (cm_text_is(word, rows[i].word))
            return (enum cm_code)i;
    }
    return CM_CODE_NONE;
}

enum cm_code_kind cm_code_kind(enum cm_code code)
{
    return row_of(code)->kind;
}

const char *cm_code_template(enum cm_code code, enum cm_language language)
{
    assert(language == CM_ENGLISH || language == CM_CHINESE);
    return row_of(code)->sentences[language];
}

struct sentence {
    char *out;
    size_t room; /* without the NUL */
    size_t size;
    bool is_cut;
};

static void append(struct sentence *sentence, const char *data, size_t size)
{
    if (sentence->is_cut)
        return;
    if (size > sentence->room - sentence->size) {
        size = sentence->room - sentence->size;
        sentence->is_cut = true;
    }
    if (size > 0)
        memcpy(sentence->out + sentence->size, data, size);
    sentence->size += size;
}

/* Takes back the beginning of a character whose end did not fit. */
static void drop_broken_character(struct sentence *sentence)
{
    size_t start = sentence->size;
    while (start > 0 && sentence->size - start < 4) {
        size_t bad_offset = 0;
        unsigned char byte = (unsigned char)sentence->out[--start];
        if ((byte & 0xC0) == 0x80)
            continue;
        struct community_text tail = {sentence->out + start, sentence->size - start};
        if (!cm_utf8_is_valid(tail, &bad_offset))
            sentence->size = start + bad_offset;
        return;
    }
}

/* The index in "{12}" at `place`, or -1; *end_out is behind the brace. More than two digits are no
 * index. */
static int argument_at(const char *place, const char **end_out)
{
    int index = 0;
    const char *next = place + 1;
    while (*next >= '0' && *next <= '9' && next - place <= 2)
        index = index * 10 + (*next++ - '0');
    if (next == place + 1 || *next != '}')
        return -1;
    *end_out = next + 1;
    return index;
}

size_t cm_code_render(char *out, size_t out_size, enum cm_code code, enum cm_language language,
                      const struct community_text *arguments, size_t count)
{
    assert(out_size > 0);
    struct sentence sentence = {.out = out, .room = out_size - 1};
    const char *rest = cm_code_template(code, language);
    const char *brace;
    while ((brace = strchr(rest, '{')) != NULL) {
        const char *end = brace + 1;
        int index = argument_at(brace, &end);
        append(&sentence, rest, (size_t)((index < 0 ? end : brace) - rest));
        if (index >= 0 && (size_t)index < count)
            append(&sentence, arguments[index].data, arguments[index].size);
        rest = end;
    }
    append(&sentence, rest, strlen(rest));
    if (sentence.is_cut)
        drop_broken_character(&sentence);
    out[sentence.size] = '\0';
    return sentence.size;
}
