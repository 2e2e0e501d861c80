/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing JSON: places, limits, refusals, what is written, memory running out. */
#include "json.h"
#include "json_number.h"
#include "text.h"

#include "../base/test_allocator.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct test_allocator counter;
    struct cm_arena arena;
    struct cm_buffer out;
    struct community_error err;
    struct cm_value value;
};

static void begin(struct bench *bench)
{
    const struct community_allocator *allocator = test_allocator_init(&bench->counter);
    cm_arena_init(&bench->arena, allocator, 256);
    cm_buffer_init(&bench->out, allocator);
    bench->err = (struct community_error){0};
}

static void end(struct bench *bench)
{
    cm_arena_free(&bench->arena);
    cm_buffer_free(&bench->out);
    cr_assert_eq(bench->counter.live, 0);
}

/* The text is given in a piece of memory of exactly its size. */
static enum community_status read_exactly(struct bench *bench, struct community_text text,
                                          const struct cm_json_limits *limits)
{
    char *copy = malloc(text.size > 0 ? text.size : 1);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    bench->err = (struct community_error){0};
    enum community_status status =
        cm_json_read(&bench->value, &bench->arena, (struct community_text){copy, text.size}, limits,
                     &bench->err);
    free(copy);
    return status;
}

static enum community_status read_string(struct bench *bench, const char *text)
{
    return read_exactly(bench, cm_text(text), &cm_json_command_limits);
}

static const char *rewrite(struct bench *bench, const char *text)
{
    cr_assert_eq(read_string(bench, text), COMMUNITY_OK, "%s: %s", text, bench->err.message);
    cm_buffer_clear(&bench->out);
    cm_json_write(&bench->out, &bench->value);
    cm_buffer_byte(&bench->out, '\0');
    cr_assert_not(bench->out.failed);
    return bench->out.data;
}

Test(json, values_are_what_the_text_says)
{
    struct bench bench;
    begin(&bench);
    cr_assert_eq(read_string(&bench,
                             " {\"a\" : [1, -0, -0.0, 2.5, true, false, null, \"\\u00e9\\n\"],"
                             " \"\": {}, \"b\": []} "),
                 COMMUNITY_OK);
    const struct cm_value *list = cm_value_member(&bench.value, "a");
    cr_assert_eq(list->as.list.count, 8);
    const struct cm_value *items = list->as.list.items;
    cr_assert(items[0].type == CM_INT && items[0].as.integer == 1);
    cr_assert(items[1].type == CM_INT && items[1].as.integer == 0);
    cr_assert(items[2].type == CM_DOUBLE && items[2].as.number == 0 && signbit(items[2].as.number));
    cr_assert(items[3].type == CM_DOUBLE && items[3].as.number == 2.5);
    cr_assert(items[4].type == CM_BOOL && items[4].as.boolean);
    cr_assert(items[5].type == CM_BOOL && !items[5].as.boolean);
    cr_assert_eq(items[6].type, CM_NULL);
    cr_assert(items[7].type == CM_TEXT_VALUE && cm_text_is(items[7].as.text, "\xC3\xA9\n"));
    cr_assert_eq(items[7].as.text.data[3], '\0');
    cr_assert_eq(cm_value_member(&bench.value, "")->type, CM_OBJECT);
    cr_assert_eq(cm_value_member(&bench.value, "b")->as.list.count, 0);

    cr_assert_eq(bench.value.offset, 1);
    cr_assert_eq(bench.value.as.object.members[0].name_offset, 2);
    cr_assert_eq(list->offset, 8);
    cr_assert_eq(items[1].offset, 12);
    cr_assert_eq(items[7].offset, 46);
    end(&bench);
}

Test(json, integers_reach_to_two_to_the_53)
{
    static const char *const good[] = {
        "9007199254740991", "-9007199254740991", "4503599627370499", "1000000000000000", "0", "-1"};
    static const char *const bad[] = {
        "9007199254740992",
        "-9007199254740992",
        "9007199254740993",
        "10000000000000000",
        "99999999999999999999999999",
        "1e999",
        "-1e999",
        "9007199254740992.0",
        "1e20",
        "-123456789012345678901e0",
        "999999999999999900000.0",
    };
    struct bench bench;
    begin(&bench);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t integer = 0;
        cr_assert_str_eq(rewrite(&bench, good[i]), good[i]);
        cr_assert(cm_text_to_integer(cm_text(good[i]), &integer));
        cr_assert(bench.value.type == CM_INT && bench.value.as.integer == integer);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(read_string(&bench, bad[i]), COMMUNITY_INVALID, "%s", bad[i]);
        cr_assert_str_eq(bench.err.code, "json-number-range");
        cr_assert_not_null(strstr(bench.err.message, bad[i]));
        cr_assert(bench.err.line == 1 && bench.err.column == 1);
    }
    cr_assert_str_eq(rewrite(&bench, "1e21"), "1e+21");
    cr_assert_str_eq(rewrite(&bench, "9007199254740991.0"), "9007199254740991");
    cr_assert_str_eq(rewrite(&bench, "-0"), "0");
    cr_assert_str_eq(rewrite(&bench, "-0.0"), "0");
    cr_assert_str_eq(rewrite(&bench, "1e-400"), "0");
    end(&bench);
}

/* cJSON itself reads no more than 63 bytes of a number. */
Test(json, long_numbers_are_read_whole)
{
    static char text[20000];
    struct bench bench;
    begin(&bench);
    cr_assert_str_eq(
        rewrite(&bench, "[1,0.10000000000000000555111512312578270211815834045410156250000000000,"
                        "\"x\",-1000000000000000000000000000000000000000000000000000000000000000."
                        "5e-63]"),
        "[1,0.1,\"x\",-1]");
    memset(text, '1', sizeof text - 1);
    text[1] = '.';
    cr_assert_str_eq(rewrite(&bench, text), "1.1111111111111112");
    for (size_t size = 55; size < 75; size++) {
        char number[80];
        memset(number, '0', sizeof number);
        memcpy(number, "1.5", 3);
        number[size] = '\0';
        cr_assert_str_eq(rewrite(&bench, number), "1.5", "%zu bytes", size);
    }
    end(&bench);
}

/* One row for each reason, in the order of the registry. */
Test(json, refusals_have_code_and_place)
{
    static const struct {
        const char *text;
        size_t size; /* 0: up to the NUL */
        const char *code;
        uint32_t line;
        uint32_t column;
    } rows[] = {
        {"[1,\n ,2]", 0, "json-syntax", 2, 2},
        {"[1,]", 0, "json-syntax", 1, 4},
        {"nul!", 0, "json-syntax", 1, 1},
        {"[tru]", 0, "json-syntax", 1, 2},
        {"'a'", 0, "json-syntax", 1, 1},
        {"NaN", 0, "json-syntax", 1, 1},
        {"{\"a\":1,}", 0, "json-name-expected", 1, 8},
        {"{a:1}", 0, "json-name-expected", 1, 2},
        {"{\"a\" 1}", 0, "json-colon-expected", 1, 6},
        {"{\"a\":1 \"b\":2}", 0, "json-comma-expected", 1, 8},
        {"[1 2]", 0, "json-comma-expected", 1, 4},
        {"[1}", 0, "json-comma-expected", 1, 3},
        {"{\"a\":1]", 0, "json-comma-expected", 1, 7},
        {"", 0, "json-incomplete", 1, 1},
        {" \n", 0, "json-incomplete", 2, 1},
        {"[1,", 0, "json-incomplete", 1, 4},
        {"{\"a\"", 0, "json-incomplete", 1, 5},
        {"\"a", 0, "json-incomplete", 1, 3},
        {"\"\\", 0, "json-incomplete", 1, 3},
        {"tr", 0, "json-incomplete", 1, 3},
        {"-", 0, "json-incomplete", 1, 2},
        {"1.", 0, "json-incomplete", 1, 3},
        {"1e+", 0, "json-incomplete", 1, 4},
        {"{} x", 0, "json-trailing", 1, 4},
        {"1 2", 0, "json-trailing", 1, 3},
        {"\xEF\xBB\xBF{}", 0, "json-bom", 1, 1},
        {"[\"\xE4\xB8\xAD\xFF\"]", 0, "json-utf8", 1, 4},
        {"[\"\xED\xA0\x80\"]", 0, "json-utf8", 1, 3},
        {"[\xC0\x80]", 0, "json-utf8", 1, 2},
        {"[\"a\0b\"]", 7, "json-nul", 1, 4},
        {"[1\0]", 4, "json-nul", 1, 3},
        {"[\"a\\u0000b\"]", 0, "json-nul", 1, 4},
        {"{\"\\u0000\":1}", 0, "json-nul", 1, 3},
        {"[\"a\tb\"]", 0, "json-control", 1, 4},
        {"[\"a\nb\"]", 0, "json-control", 1, 4},
        {"[\"\\x\"]", 0, "json-escape", 1, 3},
        {"[\"\\u12g4\"]", 0, "json-escape", 1, 3},
        {"[\"\\u12\"]", 0, "json-escape", 1, 3},
        {"[\"\\ud800\"]", 0, "json-surrogate", 1, 3},
        {"[\"\\udc00\"]", 0, "json-surrogate", 1, 3},
        {"[\"\\ud800\\u0041\"]", 0, "json-surrogate", 1, 3},
        {"[\"\\ud800\\ud800\"]", 0, "json-surrogate", 1, 3},
        {"[01]", 0, "json-number", 1, 2},
        {"[-01]", 0, "json-number", 1, 2},
        {"[1.]", 0, "json-number", 1, 4},
        {"[1e]", 0, "json-number", 1, 4},
        {"[-x]", 0, "json-number", 1, 3},
        {"[.5]", 0, "json-syntax", 1, 2},
        {"[+1]", 0, "json-syntax", 1, 2},
        {"[1,\n\n  12345678901234567890]", 0, "json-number-range", 3, 3},
        {"{\"a\":1,\"b\":2,\"a\":3}", 0, "json-duplicate-name", 1, 14},
        {"{\"a\":1,\n\"\\u0061\":3}", 0, "json-duplicate-name", 2, 1},
        {"[{\"\":1,\"\":1}]", 0, "json-duplicate-name", 1, 8},
        {"[1, // no\n2]", 0, "json-comment", 1, 5},
        {"/* no */1", 0, "json-comment", 1, 1},
        {"[1 / 2]", 0, "json-comma-expected", 1, 4},
    };
    struct bench bench;
    begin(&bench);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct community_text text = cm_text(rows[i].text);
        if (rows[i].size > 0)
            text.size = rows[i].size;
        cr_assert_eq(read_exactly(&bench, text, &cm_json_command_limits), COMMUNITY_INVALID,
                     "row %zu", i);
        cr_assert_str_eq(bench.err.code, rows[i].code, "row %zu: %s", i, bench.err.code);
        cr_assert(bench.err.line == rows[i].line && bench.err.column == rows[i].column,
                  "row %zu: %u:%u", i, bench.err.line, bench.err.column);
        cr_assert_eq(bench.value.type, CM_NULL);
        cr_assert(cm_utf8_is_valid(cm_text(bench.err.message), NULL));
        cr_assert_null(strchr(bench.err.message, '{') != NULL && strchr(rows[i].text, '{') == NULL
                           ? bench.err.message
                           : NULL,
                       "row %zu: an argument is left open: %s", i, bench.err.message);
        /* Without an error to fill, the answer is the same. */
        cr_assert_eq(cm_json_read(&bench.value, &bench.arena, text, &cm_json_command_limits, NULL),
                     COMMUNITY_INVALID);
    }
    end(&bench);
}

Test(json, messages_show_what_stood_there)
{
    struct bench bench;
    begin(&bench);
    (void)read_string(&bench, "[\xE4\xB8\xAD]");
    cr_assert_not_null(strstr(bench.err.message, "\"\xE4\xB8\xAD\""));
    cr_assert_not_null(strstr(bench.err.message_zh, "\"\xE4\xB8\xAD\""));
    (void)read_string(&bench, "[\"a\x1F\"]");
    cr_assert_not_null(strstr(bench.err.message, "U+001f"));
    (void)read_string(&bench, "{\"lead\":1,\"lead\":2}");
    cr_assert_not_null(strstr(bench.err.message, "\"lead\""));

    /* The first error stands. */
    struct community_error first = bench.err;
    cr_assert_eq(
        cm_json_read(&bench.value, &bench.arena, CM_TEXT("["), &cm_json_command_limits, &bench.err),
        COMMUNITY_INVALID);
    cr_assert_str_eq(bench.err.message, first.message);
    end(&bench);
}

Test(json, places_count_characters)
{
    struct community_text text = CM_TEXT("ab\r\n\xE4\xB8\xAD\xF0\x9F\x98\x80z\n");
    static const uint32_t rows[][3] = {{0, 1, 1},  {1, 1, 2},  {3, 1, 4},  {4, 2, 1}, {7, 2, 2},
                                       {11, 2, 3}, {12, 2, 4}, {13, 3, 1}, {99, 3, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t line = 0;
        uint32_t column = 0;
        cm_json_place(text, rows[i][0], &line, &column);
        cr_assert(line == rows[i][1] && column == rows[i][2], "row %zu: %u:%u", i, line, column);
    }
    uint32_t line = 0;
    uint32_t column = 0;
    cm_json_place((struct community_text){NULL, 0}, 0, &line, &column);
    cr_assert(line == 1 && column == 1);
}

Test(json, comments_stand_where_white_space_may)
{
    struct bench bench;
    begin(&bench);
    const char *text = "// first \xE4\xB8\xAD\n{/**/\"a\"/* x * / */:/*\n*/1,// \"b\": 2\n"
                       "\"c\":\"// no /* comment */\"}// last";
    cr_assert_eq(read_exactly(&bench, cm_text(text), &cm_json_rulebook_limits), COMMUNITY_OK, "%s",
                 bench.err.message);
    cm_json_write(&bench.out, &bench.value);
    cr_assert(cm_text_is(cm_buffer_view(&bench.out), "{\"a\":1,\"c\":\"// no /* comment */\"}"));
    uint32_t line;
    uint32_t column;
    cm_json_place(cm_text(text), bench.value.as.object.members[0].value.offset, &line, &column);
    cr_assert(line == 3 && column == 3, "%u:%u", line, column);

    static const struct {
        const char *text;
        const char *code;
    } bad[] = {
        {"/* open", "json-comment-open"},
        {"1 /*/", "json-comment-open"},
        {"/", "json-syntax"},
        {"[1 /x]", "json-comma-expected"},
        {"// \xFF\n1", "json-utf8"},
        {"/*\xE4\xB8*/1", "json-utf8"},
        {"// only", "json-incomplete"},
        {"tr/**/ue", "json-syntax"},
        {"1/**/2", "json-trailing"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(read_exactly(&bench, cm_text(bad[i].text), &cm_json_rulebook_limits),
                     COMMUNITY_INVALID, "row %zu", i);
        cr_assert_str_eq(bench.err.code, bad[i].code, "row %zu: %s", i, bench.err.code);
    }
    end(&bench);
}

Test(json, size_and_depth_are_bounded)
{
    static char text[1 << 20];
    struct bench bench;
    begin(&bench);
    struct cm_json_limits limits = {.size_max = 10, .depth_max = 3};
    cr_assert_eq(read_exactly(&bench, CM_TEXT("[[[]]]    "), &limits), COMMUNITY_OK);
    cr_assert_eq(read_exactly(&bench, CM_TEXT("[[[]]]     "), &limits), COMMUNITY_INVALID);
    cr_assert_str_eq(bench.err.code, "json-size");
    cr_assert_not_null(strstr(bench.err.message, "11"));
    cr_assert_not_null(strstr(bench.err.message, "10"));
    cr_assert_eq(read_exactly(&bench, CM_TEXT("[{\"\":[[]"), &limits), COMMUNITY_INVALID);
    cr_assert_str_eq(bench.err.code, "json-depth");
    cr_assert_eq(bench.err.column, 7);
    limits.depth_max = 0;
    cr_assert_eq(read_exactly(&bench, CM_TEXT("1"), &limits), COMMUNITY_OK);
    cr_assert_eq(read_exactly(&bench, CM_TEXT("[]"), &limits), COMMUNITY_INVALID);

    memset(text, '[', sizeof text);
    cr_assert_eq(
        read_exactly(&bench, (struct community_text){text, sizeof text}, &cm_json_rulebook_limits),
        COMMUNITY_INVALID);
    cr_assert_str_eq(bench.err.code, "json-depth");
    cr_assert_eq(bench.err.column, 65);
    memset(text + 64, ']', 64);
    cr_assert_eq(read_exactly(&bench, (struct community_text){text, 128}, &cm_json_rulebook_limits),
                 COMMUNITY_OK);
    cm_json_write(&bench.out, &bench.value);
    cr_assert(cm_text_equal(cm_buffer_view(&bench.out), (struct community_text){text, 128}));
    struct cm_value copy;
    cr_assert(cm_value_copy(&copy, &bench.arena, &bench.value));
    cr_assert(cm_value_equal(&copy, &bench.value));
    cr_assert(cm_json_is_writable(&bench.value));
    end(&bench);
}

static void write_object_of(struct cm_buffer *out, size_t count, size_t step)
{
    cm_buffer_clear(out);
    cm_buffer_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        cm_buffer_string(out, i == 0 ? "\"n" : ",\"n");
        cm_buffer_integer(out, (int64_t)(i * step % count));
        cm_buffer_string(out, "\":");
        cm_buffer_integer(out, (int64_t)i);
    }
    cm_buffer_byte(out, '}');
}

Test(json, many_members_are_read_sorted_and_compared)
{
    enum { COUNT = 100000 };
    struct bench bench;
    struct cm_buffer text;
    begin(&bench);
    cm_buffer_init(&text, bench.arena.allocator);
    write_object_of(&text, COUNT, 99991);
    cr_assert_eq(read_exactly(&bench, cm_buffer_view(&text), &cm_json_rulebook_limits),
                 COMMUNITY_OK);
    cr_assert_eq(bench.value.as.object.count, COUNT);
    cm_json_write(&bench.out, &bench.value);
    cr_assert_eq(bench.out.size, text.size);
    struct cm_value sorted;
    cr_assert_eq(cm_json_read(&sorted, &bench.arena, cm_buffer_view(&bench.out),
                              &cm_json_rulebook_limits, &bench.err),
                 COMMUNITY_OK);
    for (size_t i = 1; i < COUNT; i++)
        cr_assert_lt(
            cm_text_compare(sorted.as.object.members[i - 1].name, sorted.as.object.members[i].name),
            0);

    /* The last name once more, and the first before it: the earlier fault is told. */
    text.size--;
    cm_buffer_string(&text, ",\"n0\":1,\"n1\":1}");
    cr_assert_eq(read_exactly(&bench, cm_buffer_view(&text), &cm_json_rulebook_limits),
                 COMMUNITY_INVALID);
    cr_assert_str_eq(bench.err.code, "json-duplicate-name");
    cr_assert_not_null(strstr(bench.err.message, "\"n0\""));
    cr_assert_eq(bench.err.column, text.size - 14 + 1);
    cm_buffer_free(&text);
    end(&bench);
}

Test(json, every_count_of_members_is_sorted)
{
    struct bench bench;
    struct cm_buffer text;
    begin(&bench);
    cm_buffer_init(&text, bench.arena.allocator);
    for (size_t count = 0; count < 80; count++) {
        write_object_of(&text, count, 97);
        cr_assert_eq(read_exactly(&bench, cm_buffer_view(&text), &cm_json_command_limits),
                     COMMUNITY_OK);
        cm_buffer_clear(&bench.out);
        cm_json_write(&bench.out, &bench.value);
        struct cm_value sorted;
        cr_assert_eq(cm_json_read(&sorted, &bench.arena, cm_buffer_view(&bench.out),
                                  &cm_json_command_limits, &bench.err),
                     COMMUNITY_OK);
        cr_assert(cm_value_equal(&sorted, &bench.value));
        for (size_t i = 1; i < count; i++)
            cr_assert_lt(cm_text_compare(sorted.as.object.members[i - 1].name,
                                         sorted.as.object.members[i].name),
                         0);
        cm_arena_reset(&bench.arena);
    }
    cm_buffer_free(&text);
    end(&bench);
}

Test(json, huge_strings_go_through_unharmed)
{
    enum { SIZE = 8 << 20 };
    struct bench bench;
    begin(&bench);
    char *text = malloc(SIZE);
    memset(text, 'x', SIZE);
    text[0] = '"';
    text[SIZE - 1] = '"';
    memcpy(text + SIZE / 2, "\xF0\x9F\x98\x80", 4);
    struct community_text whole = {text, SIZE};
    cr_assert_eq(read_exactly(&bench, whole, &cm_json_rulebook_limits), COMMUNITY_OK);
    cr_assert_eq(bench.value.as.text.size, SIZE - 2);
    cm_json_write(&bench.out, &bench.value);
    cr_assert(cm_text_equal(cm_buffer_view(&bench.out), whole));
    for (size_t i = 1; i + 1 < SIZE; i += 2)
        memcpy(text + i, "\\n", 2);
    cr_assert_eq(read_exactly(&bench, whole, &cm_json_rulebook_limits), COMMUNITY_OK);
    cr_assert_eq(bench.value.as.text.size, (SIZE - 2) / 2);
    cm_buffer_clear(&bench.out);
    cm_json_write(&bench.out, &bench.value);
    cr_assert(cm_text_equal(cm_buffer_view(&bench.out), whole));
    free(text);
    end(&bench);
}

Test(json, canonical_form_is_rfc_8785)
{
    struct bench bench;
    begin(&bench);
    /* The names of the RFC's section 3.2.3, and two that only UTF-16 puts in this order. */
    cr_assert_str_eq(rewrite(&bench, "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,"
                                     "\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}"),
                     "{\"\\r\":2,\"1\":4,\"\xC2\x80\":6,\"\xC3\xB6\":7,\"\xE2\x82\xAC\":1,"
                     "\"\xF0\x9F\x98\x80\":5,\"\xEF\xAC\xB3\":3}");
    cr_assert_str_eq(rewrite(&bench, "{\"\\uffff\":1,\"\\ud800\\udc00\":2,\"\\ud7ff\":3,"
                                     "\"\\ue000\":4,\"\\udbff\\udfff\":5}"),
                     "{\"\xED\x9F\xBF\":3,\"\xF0\x90\x80\x80\":2,\"\xF4\x8F\xBF\xBF\":5,"
                     "\"\xEE\x80\x80\":4,\"\xEF\xBF\xBF\":1}");
    cr_assert_str_eq(rewrite(&bench, "{\"ab\":1,\"a\":2,\"\":3,\"b\":4,\"aa\":5}"),
                     "{\"\":3,\"a\":2,\"aa\":5,\"ab\":1,\"b\":4}");
    cr_assert_str_eq(
        rewrite(&bench, "\"\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\\\/\\u007f\\u20ac\""),
        "\"\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\x7F\xE2\x82\xAC\"");
    cr_assert_str_eq(rewrite(&bench, "[ [ ] , { } , [ { } ] ]"), "[[],{},[{}]]");
    end(&bench);
}

/* The eight bytes that are looked at together must not hide one that needs an escape. */
Test(json, an_escape_is_seen_at_every_place)
{
    struct bench bench;
    begin(&bench);
    for (size_t size = 1; size < 40; size++) {
        for (size_t place = 0; place < size; place++) {
            for (int byte = 1; byte < 128; byte++) {
                char text[40];
                char expected[48];
                char escape[8];
                memset(text, '!', sizeof text);
                text[place] = (char)byte;
                if (byte == '"' || byte == '\\')
                    snprintf(escape, sizeof escape, "\\%c", byte);
                else if (byte < 0x20 && strchr("\b\t\n\f\r", byte) != NULL)
                    snprintf(escape, sizeof escape, "\\%c",
                             "btnfr"[strchr("\b\t\n\f\r", byte) - "\b\t\n\f\r"]);
                else if (byte < 0x20)
                    snprintf(escape, sizeof escape, "\\u%04x", (unsigned)byte);
                else
                    snprintf(escape, sizeof escape, "%c", byte);
                int length = snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)place, text,
                                      escape, (int)(size - place - 1), text + place + 1);
                cm_buffer_clear(&bench.out);
                cm_json_write_text(&bench.out, (struct community_text){text, size});
                struct community_text wanted = {expected, (size_t)length};
                if (!cm_text_equal(cm_buffer_view(&bench.out), wanted))
                    cr_assert_fail("byte %d at %zu of %zu", byte, place, size);
                if (read_exactly(&bench, wanted, &cm_json_command_limits) != COMMUNITY_OK ||
                    !cm_text_equal(bench.value.as.text, (struct community_text){text, size}))
                    cr_assert_fail("reading byte %d at %zu of %zu", byte, place, size);
            }
            cm_arena_reset(&bench.arena);
        }
    }
    end(&bench);
}

Test(json, pretty_text_reads_back)
{
    struct bench bench;
    begin(&bench);
    cr_assert_eq(read_string(&bench, "{\"b\":[1,{\"c\":\"x\"}],\"a\":{},\"d\":[]}"), COMMUNITY_OK);
    cm_json_write_pretty(&bench.out, &bench.value);
    cr_assert(cm_text_is(cm_buffer_view(&bench.out), "{\n"
                                                     "  \"b\": [\n"
                                                     "    1,\n"
                                                     "    {\n"
                                                     "      \"c\": \"x\"\n"
                                                     "    }\n"
                                                     "  ],\n"
                                                     "  \"a\": {},\n"
                                                     "  \"d\": []\n"
                                                     "}"));
    struct cm_value again;
    cr_assert_eq(cm_json_read(&again, &bench.arena, cm_buffer_view(&bench.out),
                              &cm_json_command_limits, &bench.err),
                 COMMUNITY_OK);
    cr_assert(cm_value_equal(&again, &bench.value));
    end(&bench);
}

Test(json, computed_values_are_judged_before_writing)
{
    struct cm_value value = {.type = CM_DOUBLE, .as.number = 1e20};
    cr_assert_not(cm_json_is_writable(&value));
    value.as.number = 1e21;
    cr_assert(cm_json_is_writable(&value));
    value.as.number = (double)INFINITY;
    cr_assert_not(cm_json_is_writable(&value));
    value.as.number = (double)NAN;
    cr_assert_not(cm_json_is_writable(&value));
    value = cm_value_integer(INT64_C(9007199254740992));
    struct cm_value list = {.type = CM_LIST, .as.list = {.items = &value, .count = 1}};
    cr_assert_not(cm_json_is_writable(&list));
    value.as.integer--;
    cr_assert(cm_json_is_writable(&list));
}

/* Random bits, as doubles: the text is the same number, and read in as such. */
Test(json, doubles_survive_the_way_out_and_in)
{
    uint64_t state = 88172645463325252u;
    struct bench bench;
    begin(&bench);
    for (int i = 0; i < 20000; i++) {
        double number;
        char text[CM_JSON_DOUBLE_SIZE];
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        /* Every other one near 1, where people's numbers are. */
        uint64_t bits = i % 2 == 0 ? state : UINT64_C(0x3FF0000000000000) | state >> 12;
        memcpy(&number, &bits, sizeof number);
        if (!cm_json_double_is_safe(number))
            continue;
        size_t size = cm_json_format_double(text, number);
        cr_assert_eq(strtod(text, NULL), number, "%s", text);
        cr_assert_eq(cm_json_read(&bench.value, &bench.arena, (struct community_text){text, size},
                                  &cm_json_command_limits, NULL),
                     COMMUNITY_OK);
        if (bench.value.type == CM_DOUBLE)
            cr_assert_eq(bench.value.as.number, number, "%s", text);
        else
            cr_assert_eq((double)bench.value.as.integer, number, "%s", text);
        cm_arena_reset(&bench.arena);
    }
    end(&bench);
}

/* Locales with a decimal comma are not on every machine; where there is one, nothing may change. */
Test(json, a_decimal_comma_changes_nothing)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8",
                                        "C"};
    struct bench bench;
    size_t i = 0;
    while (setlocale(LC_ALL, names[i]) == NULL)
        i++;
    begin(&bench);
    cr_assert_str_eq(
        rewrite(&bench, "[1.5,-2.25e-10,0.1,"
                        "0.1000000000000000000000000000000000000000000000000000000000000000000]"),
        "[1.5,-2.25e-10,0.1,0.1]", "in locale %s", names[i]);
    end(&bench);
}

/* One of everything that allocates: many tokens, a long number, a comment, an object with many
 * names, texts. */
static void write_demanding(struct cm_buffer *out)
{
    write_object_of(out, 40, 7);
    out->size--;
    cm_buffer_string(out, ",/* note */\"list\":[1.500000000000000000000000000000000000000000000000"
                          "0000000000000000000000,\"text \\u4e2d\",{\"a\":null}");
    for (int i = 0; i < 200; i++)
        cm_buffer_string(out, ",[]");
    cm_buffer_string(out, "]}");
}

Test(json, every_failed_allocation_of_reading_is_clean)
{
    struct bench text;
    begin(&text);
    write_demanding(&text.out);
    for (int fail_on = 0; fail_on < 2; fail_on++) {
        size_t fail_at = 1;
        for (;; fail_at++) {
            struct bench bench;
            begin(&bench);
            bench.counter.fail_at = fail_at;
            bench.counter.fail_on = fail_on == 1;
            enum community_status status =
                read_exactly(&bench, cm_buffer_view(&text.out), &cm_json_rulebook_limits);
            bool is_ok = status == COMMUNITY_OK;
            cr_assert_eq(is_ok, bench.counter.calls < fail_at);
            if (!is_ok) {
                cr_assert_eq(status, COMMUNITY_NO_MEMORY);
                cr_assert_str_eq(bench.err.code, "no-memory");
                cr_assert_eq(bench.value.type, CM_NULL);
            }
            end(&bench);
            if (is_ok)
                break;
        }
        cr_assert_gt(fail_at, 6, "the text asks for several allocations");
    }
    end(&text);
}

/* cJSON's own declarations stay in lib/json. */
struct cJSON_Hooks {
    void *(*malloc_fn)(size_t size);
    void (*free_fn)(void *pointer);
};
void cJSON_InitHooks(struct cJSON_Hooks *hooks);

static size_t cjson_calls;
static size_t cjson_fail_at;

static void *cjson_allocate(size_t size)
{
    return ++cjson_calls == cjson_fail_at ? NULL : malloc(size);
}

/* cJSON allocates by itself, so its shortage is made here: each test is a process of its own. */
Test(json, every_failed_allocation_of_cjson_is_clean)
{
    struct bench bench;
    struct cm_buffer text;
    bool is_read = false;
    begin(&bench);
    cm_buffer_init(&text, bench.arena.allocator);
    write_demanding(&text);
    cJSON_InitHooks(&(struct cJSON_Hooks){.malloc_fn = cjson_allocate, .free_fn = free});
    for (cjson_fail_at = 1; !is_read; cjson_fail_at++) {
        cjson_calls = 0;
        enum community_status status =
            read_exactly(&bench, cm_buffer_view(&text), &cm_json_rulebook_limits);
        is_read = status == COMMUNITY_OK;
        cr_assert_eq(is_read, cjson_calls < cjson_fail_at);
        cr_assert(is_read || status == COMMUNITY_NO_MEMORY);
        cm_arena_reset(&bench.arena);
    }
    cr_assert_gt(cjson_fail_at, 200);
    cm_buffer_free(&text);
    end(&bench);
}

Test(json, every_failed_allocation_of_writing_is_remembered)
{
    struct bench text;
    begin(&text);
    write_demanding(&text.out);
    cr_assert_eq(read_exactly(&text, cm_buffer_view(&text.out), &cm_json_rulebook_limits),
                 COMMUNITY_OK);
    for (int kind = 0; kind < 4; kind++) {
        bool is_written = false;
        for (size_t fail_at = 1; !is_written; fail_at++) {
            struct bench bench;
            begin(&bench);
            bench.counter.fail_at = fail_at;
            bench.counter.fail_on = kind % 2 == 1;
            if (kind < 2)
                cm_json_write(&bench.out, &text.value);
            else
                cm_json_write_pretty(&bench.out, &text.value);
            is_written = !bench.out.failed;
            cr_assert_eq(is_written, bench.counter.calls < fail_at);
            end(&bench);
        }
    }
    end(&text);
}
