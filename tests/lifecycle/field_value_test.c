/* SPDX-License-Identifier: Apache-2.0
 *
 * Which values may stand in which fields. */
#include "field_value.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "default_allocator.h"
#include "json.h"
#include "text.h"

/* One row: a field, a value as JSON, and the word of the reason, or "none". */
struct row {
    struct cm_field field;
    const char *json;
    const char *word;
};

static const char *check(const struct cm_field *field, const char *json)
{
    struct cm_arena arena;
    struct cm_value value;
    struct cm_json_limits limits = cm_json_rulebook_limits;
    cm_arena_init(&arena, cm_default_allocator(), 4096);
    cr_assert(cm_json_read(&value, &arena, cm_text(json), &limits, NULL) == COMMUNITY_OK, "%s",
              json);
    const enum cm_code code = cm_field_check(field, &value);
    if (code != CM_CODE_NONE)
        cr_assert(cm_code_kind(code) == CM_KIND_REASON, "%s", cm_code_word(code));
    cm_arena_free(&arena);
    return code == CM_CODE_NONE ? "none" : cm_code_word(code);
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *word = check(&rows[i].field, rows[i].json);
        cr_assert_str_eq(word, rows[i].word, "%s in a %s: %s instead of %s", rows[i].json,
                         cm_field_type_word(rows[i].field.type).data, word, rows[i].word);
    }
}

#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof((rows)[0]))
#define OF(kind)                                                                                   \
    {                                                                                              \
        .type = (kind)                                                                             \
    }

Test(field_value, texts_are_counted_in_characters)
{
    const struct cm_field some = {
        .type = CM_FIELD_TEXT, .has_min = true, .min = 2, .has_max = true, .max = 3};
    const struct row rows[] = {
        {OF(CM_FIELD_TEXT), "\"\"", "none"},    {OF(CM_FIELD_TEXT), "\"a\\nb\"", "none"},
        {OF(CM_FIELD_TEXT), "5", "field-type"}, {OF(CM_FIELD_TEXT), "null", "field-type"},
        {some, "\"一\"", "field-too-short"},    {some, "\"一二\"", "none"},
        {some, "\"一二三\"", "none"},           {some, "\"一二三四\"", "field-too-long"},
        {some, "\"\"", "field-too-short"},
    };
    CHECK_ROWS(rows);
}

Test(field_value, numbers_have_bounds)
{
    const struct cm_field some = {
        .type = CM_FIELD_INT, .has_min = true, .min = -5, .has_max = true, .max = 5};
    const struct row rows[] = {
        {OF(CM_FIELD_INT), "-9007199254740991", "none"},
        {OF(CM_FIELD_INT), "1.5", "field-type"},
        {OF(CM_FIELD_INT), "1e2", "field-type"},
        {OF(CM_FIELD_INT), "\"1\"", "field-type"},
        {OF(CM_FIELD_AMOUNT), "100", "none"},
        {OF(CM_FIELD_AMOUNT), "0.5", "field-type"},
        {some, "-6", "field-too-small"},
        {some, "-5", "none"},
        {some, "5", "none"},
        {some, "6", "field-too-great"},
        {OF(CM_FIELD_RATING), "0", "field-too-small"},
        {OF(CM_FIELD_RATING), "1", "none"},
        {OF(CM_FIELD_RATING), "5", "none"},
        {OF(CM_FIELD_RATING), "6", "field-too-great"},
        {OF(CM_FIELD_RATING), "4.5", "field-type"},
        {OF(CM_FIELD_BOOL), "true", "none"},
        {OF(CM_FIELD_BOOL), "1", "field-type"},
    };
    CHECK_ROWS(rows);
}

Test(field_value, decimals_are_exact_texts)
{
    const struct cm_field unit = {
        .type = CM_FIELD_DECIMAL, .has_min = true, .min = 0, .has_max = true, .max = 1};
    const struct cm_field below = {
        .type = CM_FIELD_DECIMAL, .has_min = true, .min = -2, .has_max = true, .max = -1};
    const struct row rows[] = {
        {OF(CM_FIELD_DECIMAL), "\"0.5\"", "none"},
        {OF(CM_FIELD_DECIMAL), "\"-12.50\"", "none"},
        {OF(CM_FIELD_DECIMAL), "\"7\"", "none"},
        {OF(CM_FIELD_DECIMAL), "0.5", "field-type"},
        {OF(CM_FIELD_DECIMAL), "\"\"", "field-format"},
        {OF(CM_FIELD_DECIMAL), "\"-\"", "field-format"},
        {OF(CM_FIELD_DECIMAL), "\".5\"", "field-format"},
        {OF(CM_FIELD_DECIMAL), "\"5.\"", "field-format"},
        {OF(CM_FIELD_DECIMAL), "\"05\"", "field-format"},
        {OF(CM_FIELD_DECIMAL), "\"+5\"", "field-format"},
        {OF(CM_FIELD_DECIMAL), "\"1e5\"", "field-format"},
        {OF(CM_FIELD_DECIMAL), "\"1.5 \"", "field-format"},
        {OF(CM_FIELD_DECIMAL), "\"99999999999999999999\"", "field-format"},
        {unit, "\"0\"", "none"},
        {unit, "\"-0.0\"", "none"},
        {unit, "\"-0.1\"", "field-too-small"},
        {unit, "\"1.000\"", "none"},
        {unit, "\"1.001\"", "field-too-great"},
        {below, "\"-2.0\"", "none"},
        {below, "\"-2.5\"", "field-too-small"},
        {below, "\"-1.5\"", "none"},
        {below, "\"-0.5\"", "field-too-great"},
    };
    CHECK_ROWS(rows);
}

Test(field_value, times_dates_and_durations_have_a_form)
{
    const struct row rows[] = {
        {OF(CM_FIELD_TIME), "\"2026-06-01T09:00:00+08:00\"", "none"},
        {OF(CM_FIELD_TIME), "\"2026-06-01T09:00:00\"", "field-format"},
        {OF(CM_FIELD_TIME), "\"2026-06-01\"", "field-format"},
        {OF(CM_FIELD_TIME), "1780275600000", "field-type"},
        {OF(CM_FIELD_DATE), "\"2024-02-29\"", "none"},
        {OF(CM_FIELD_DATE), "\"2026-02-29\"", "field-format"},
        {OF(CM_FIELD_DURATION), "\"5 working days\"", "none"},
        {OF(CM_FIELD_DURATION), "\"five days\"", "field-format"},
        {OF(CM_FIELD_DURATION), "5", "field-type"},
    };
    CHECK_ROWS(rows);
}

Test(field_value, choices_codes_and_ids_have_a_form)
{
    static const struct community_text words[] = {{"a", 1}, {"二", 3}};
    const struct cm_field choice = {.type = CM_FIELD_CHOICE, .choices = words, .choice_count = 2};
    const struct cm_field brief = {.type = CM_FIELD_CODE, .has_max = true, .max = 3};
    const struct row rows[] = {
        {choice, "\"二\"", "none"},
        {choice, "\"A\"", "field-choice"},
        {choice, "\"\"", "field-choice"},
        {choice, "[\"a\"]", "field-type"},
        {OF(CM_FIELD_CODE), "\"burst-pipe\"", "none"},
        {OF(CM_FIELD_CODE), "\"漏水\"", "none"},
        {OF(CM_FIELD_CODE), "\"burst pipe\"", "field-format"},
        {OF(CM_FIELD_CODE), "\"漏\\u3000水\"", "field-format"},
        {OF(CM_FIELD_CODE), "\"a\\u00a0b\"", "field-format"},
        {OF(CM_FIELD_CODE), "\"a\\u2009b\"", "field-format"},
        {OF(CM_FIELD_CODE), "\"a\\tb\"", "field-format"},
        {OF(CM_FIELD_CODE), "\"\"", "field-format"},
        {brief, "\"abc\"", "none"},
        {brief, "\"abcd\"", "field-too-long"},
        {OF(CM_FIELD_UNIT), "\"water-bureau\"", "none"},
        {OF(CM_FIELD_UNIT), "\"水务局 一队\"", "none"},
        {OF(CM_FIELD_UNIT), "\"\"", "field-format"},
        {OF(CM_FIELD_UNIT), "\"a\\u007fb\"", "field-format"},
        {OF(CM_FIELD_UNIT), "\"a\\u0085b\"", "field-format"},
        {OF(CM_FIELD_PERSON), "\"p-1\"", "none"},
        {OF(CM_FIELD_PERSON), "\"p\\n1\"", "field-format"},
        {OF(CM_FIELD_PERSON), "17", "field-type"},
        {OF(CM_FIELD_RECORD), "\"@A-17\"", "none"},
        {OF(CM_FIELD_RECORD), "\"01890a5d-ac96-774b-bcce-b302099a8057\"", "none"},
        {OF(CM_FIELD_RECORD), "\"@\"", "field-format"},
        {OF(CM_FIELD_RECORD), "\"A-17\"", "field-format"},
        {OF(CM_FIELD_RECORD), "\"\"", "field-format"},
    };
    CHECK_ROWS(rows);
}

Test(field_value, ids_have_at_most_128_bytes)
{
    char longest[CM_FIELD_ID_SIZE_MAX + 1];
    memset(longest, 'a', sizeof(longest));
    cr_assert(cm_field_is_id((struct community_text){longest, CM_FIELD_ID_SIZE_MAX}));
    cr_assert(!cm_field_is_id((struct community_text){longest, CM_FIELD_ID_SIZE_MAX + 1}));
    cr_assert(!cm_field_is_id((struct community_text){longest, 0}));
}

#define DIGEST "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

Test(field_value, files_are_digest_size_and_media_type)
{
    const struct row rows[] = {
        {OF(CM_FIELD_FILE), "{\"sha256\":\"" DIGEST "\",\"size\":0,\"media_type\":\"image/png\"}",
         "none"},
        {OF(CM_FIELD_FILE), "{\"sha256\":\"" DIGEST "\",\"size\":0}", "field-format"},
        {OF(CM_FIELD_FILE), "{\"sha256\":\"ba78\",\"size\":0,\"media_type\":\"image/png\"}",
         "field-format"},
        {OF(CM_FIELD_FILE), "{\"sha256\":\"" DIGEST "\",\"size\":-1,\"media_type\":\"image/png\"}",
         "field-format"},
        {OF(CM_FIELD_FILE), "{\"sha256\":\"" DIGEST "\",\"size\":1,\"media_type\":\"png\"}",
         "field-format"},
        {OF(CM_FIELD_FILE), "{\"sha256\":\"" DIGEST "\",\"size\":1,\"media_type\":\"image/\"}",
         "field-format"},
        {OF(CM_FIELD_FILE),
         "{\"sha256\":\"" DIGEST "\",\"size\":1,\"media_type\":\"a/b\",\"name\":\"x\"}",
         "field-format"},
        {OF(CM_FIELD_FILE), "\"" DIGEST "\"", "field-type"},
    };
    CHECK_ROWS(rows);
}

Test(field_value, lists_have_a_length_and_elements)
{
    static const struct community_text words[] = {{"mon", 3}, {"tue", 3}};
    const struct cm_field pair = {
        .type = CM_FIELD_LIST, .has_min = true, .min = 1, .has_max = true, .max = 2};
    const struct cm_field units = {.type = CM_FIELD_LIST,
                                   .has_element = true,
                                   .element = CM_FIELD_UNIT,
                                   .has_min = true,
                                   .min = 1};
    const struct cm_field days = {.type = CM_FIELD_LIST,
                                  .has_element = true,
                                  .element = CM_FIELD_CHOICE,
                                  .choices = words,
                                  .choice_count = 2};
    const struct cm_field texts = {.type = CM_FIELD_LIST,
                                   .has_element = true,
                                   .element = CM_FIELD_TEXT,
                                   .has_max = true,
                                   .max = 1};
    const struct row rows[] = {
        {OF(CM_FIELD_LIST), "[]", "none"},
        {OF(CM_FIELD_LIST), "[1, null, {\"a\": [0.5]}]", "none"},
        {OF(CM_FIELD_LIST), "{}", "field-type"},
        {pair, "[]", "field-too-short"},
        {pair, "[1, 2]", "none"},
        {pair, "[1, 2, 3]", "field-too-long"},
        {units, "[\"a\", \"\"]", "field-format"},
        {units, "[\"a\", 1]", "field-type"},
        {units, "[\"a\"]", "none"},
        {days, "[\"tue\", \"mon\"]", "none"},
        {days, "[\"wed\"]", "field-choice"},
        {texts, "[\"longer than one\"]", "none"},
        {OF(CM_FIELD_OBJECT), "{}", "none"},
        {OF(CM_FIELD_OBJECT), "[]", "field-type"},
    };
    CHECK_ROWS(rows);
}

Test(field_value, nesting_is_bounded)
{
    char json[2 * (CM_FIELD_DEPTH_MAX + 2) + 1];
    const struct cm_field list = {.type = CM_FIELD_LIST};
    for (size_t depth = CM_FIELD_DEPTH_MAX; depth <= CM_FIELD_DEPTH_MAX + 1; depth++) {
        memset(json, '[', depth);
        memset(json + depth, ']', depth);
        json[2 * depth] = '\0';
        cr_assert_str_eq(check(&list, json), depth <= CM_FIELD_DEPTH_MAX ? "none" : "field-format");
    }

    const struct cm_field object = {.type = CM_FIELD_OBJECT};
    cr_assert_str_eq(check(&object, "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]]]]}"),
                     "field-format", "25 deep");
    cr_assert_str_eq(check(&object, "{\"a\":[[[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]]]}"),
                     "none", "24 deep");
}

Test(field_value, detail_names_the_bound_or_the_type)
{
    char out[CM_FIELD_DETAIL_SIZE];
    const struct cm_field field = {
        .type = CM_FIELD_INT, .has_min = true, .min = INT64_MIN, .has_max = true, .max = 250};
    const struct cm_field rating = {.type = CM_FIELD_RATING};
    cr_assert(cm_text_is(cm_field_detail(out, &field, CM_CODE_FIELD_TOO_GREAT), "250"));
    cr_assert(
        cm_text_is(cm_field_detail(out, &field, CM_CODE_FIELD_TOO_SMALL), "-9223372036854775808"));
    cr_assert(cm_text_is(cm_field_detail(out, &field, CM_CODE_FIELD_TYPE), "int"));
    cr_assert(cm_text_is(cm_field_detail(out, &field, CM_CODE_FIELD_TOO_LONG), "250"));
    cr_assert(cm_text_is(cm_field_detail(out, &rating, CM_CODE_FIELD_TOO_GREAT), "5"));
    cr_assert(cm_text_is(cm_field_detail(out, &rating, CM_CODE_FIELD_TOO_SMALL), "1"));
}

Test(field_value, every_type_has_a_word)
{
    for (uint8_t type = 0; type < CM_FIELD_TYPE_COUNT; type++)
        cr_assert(cm_field_type_word(type).size > 0, "%d", type);
    cr_assert(cm_text_is(cm_field_type_word(CM_FIELD_RATING), "rating"));
}
