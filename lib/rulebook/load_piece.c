/* SPDX-License-Identifier: Apache-2.0
 *
 * The pieces that many parts of a rulebook have: titles, durations, references by name. */
#include "rulebook_reader.h"
#include "sort.h"

enum title_key { TITLE_ZH, TITLE_EN, TITLE_KEY_COUNT };

static const struct cm_key title_keys[TITLE_KEY_COUNT] = {
    [TITLE_ZH] = {"zh", CM_SHAPE_TEXT},
    [TITLE_EN] = {"en", CM_SHAPE_TEXT},
};

bool cm_load_title(struct cm_reader *reader, const struct cm_value *value, struct cm_title *out)
{
    const struct cm_value *found[TITLE_KEY_COUNT];
    if (!value)
        return true;
    if (value->type == CM_TEXT_VALUE) {
        *out = (struct cm_title){.zh = value->as.text, .en = value->as.text};
        return true;
    }
    if (!cm_shape_object(reader, value, title_keys, TITLE_KEY_COUNT, found))
        return false;
    if (value->as.object.count == 0)
        return cm_refuse(reader, value->offset, CM_CODE_MISSING_KEY, CM_TEXT("zh"));
    if (found[TITLE_ZH])
        out->zh = found[TITLE_ZH]->as.text;
    if (found[TITLE_EN])
        out->en = found[TITLE_EN]->as.text;
    return true;
}

bool cm_load_duration_words(struct cm_lifecycle_draft *draft, struct community_text words,
                            uint32_t offset, struct cm_duration *out)
{
    if (!cm_duration_parse(words, out))
        return cm_refuse(draft->reader, offset, CM_CODE_BAD_DURATION, words);
    /* Even a calendar day begins at somebody's midnight. */
    if (out->unit != CM_ELAPSED && !draft->made->calendar)
        return cm_refuse(draft->reader, offset, CM_CODE_CALENDAR_NEEDED, words);
    return true;
}

bool cm_load_duration(struct cm_lifecycle_draft *draft, const struct cm_value *value,
                      struct cm_duration *out)
{
    return cm_load_duration_words(draft, value->as.text, value->offset, out);
}

bool cm_load_reference(struct cm_reader *reader, const struct cm_name_index *names,
                       struct community_text name, uint32_t offset, enum cm_code code, int32_t *out)
{
    *out = cm_name_index_find(names, name);
    if (*out < 0)
        return cm_refuse_unknown(reader, offset, COMMUNITY_INVALID, code, name, names->names,
                                 names->count);
    return true;
}

static int compare_indexes(const void *a, const void *b, void *userdata)
{
    (void)userdata;
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

static bool has_twins(const int32_t *sorted, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (sorted[i] == sorted[i - 1])
            return true;
    }
    return false;
}

/* Only when it is known that there is one: names the second of two equal entries. */
static bool refuse_repetition(struct cm_reader *reader, const struct cm_value *value)
{
    const size_t count = cm_texts_count(value);
    struct cm_name_index index;
    struct community_text *names = (struct community_text *)cm_arena_array(
        reader->arena, count, sizeof(struct community_text));
    if (!names)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < count; i++)
        names[i] = cm_texts_at(value, i)->as.text;
    if (!cm_name_index_make(&index, reader->arena, names, count))
        return cm_refuse_memory(reader);

    const struct cm_value *twin = cm_texts_at(value, (size_t)cm_name_index_repetition(&index));
    return cm_refuse(reader, twin->offset, CM_CODE_DUPLICATE_ENTRY, twin->as.text);
}

bool cm_load_references(struct cm_reader *reader, const struct cm_name_index *names,
                        const struct cm_value *value, enum cm_code code, bool is_filled,
                        const int32_t **out, size_t *count_out)
{
    *count_out = 0;
    if (!value)
        return true;
    if (value->type == CM_LIST && !cm_shape_items(reader, value, CM_SHAPE_TEXT, is_filled))
        return false;

    const size_t count = cm_texts_count(value);
    int32_t *indexes = (int32_t *)cm_arena_array(reader->arena, count, sizeof(int32_t));
    if (!indexes)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < count; i++) {
        const struct cm_value *item = cm_texts_at(value, i);
        if (!cm_load_reference(reader, names, item->as.text, item->offset, code, &indexes[i]))
            return false;
    }
    cm_sort(indexes, count, sizeof(indexes[0]), compare_indexes, NULL);
    if (has_twins(indexes, count))
        return refuse_repetition(reader, value);
    *out = indexes;
    *count_out = count;
    return true;
}
