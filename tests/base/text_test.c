/* SPDX-License-Identifier: Apache-2.0
 *
 * Comparing, checking and measuring text; arithmetic that does not overflow. */
#include "checked.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(text, compares_by_bytes)
{
    cr_assert(cm_text_equal(CM_TEXT("a"), cm_text("a")));
    cr_assert(cm_text_equal((struct community_text){NULL, 0}, CM_TEXT("")));
    cr_assert_not(cm_text_equal(CM_TEXT("a"), CM_TEXT("ab")));
    cr_assert_null(cm_text(NULL).data);
    cr_assert_lt(cm_text_compare(CM_TEXT("a"), CM_TEXT("b")), 0);
    cr_assert_lt(cm_text_compare(CM_TEXT("a"), CM_TEXT("ab")), 0);
    cr_assert_gt(cm_text_compare(CM_TEXT("\xE4\xB8\xAD"), CM_TEXT("z")), 0);
    cr_assert_eq(cm_text_compare(CM_TEXT(""), (struct community_text){NULL, 0}), 0);
    cr_assert(cm_text_starts_with(CM_TEXT("@A-17"), "@"));
    cr_assert(cm_text_starts_with(CM_TEXT(""), ""));
    cr_assert_not(cm_text_starts_with(CM_TEXT("@"), "@A"));
    cr_assert(cm_text_is(cm_text_from(CM_TEXT("@A-17"), 1), "A-17"));
    cr_assert_eq(cm_text_from(CM_TEXT("x"), 1).size, 0);
}

Test(text, utf8_is_checked_as_rfc_3629_says)
{
    static const char *const good[] = {
        "",
        "plain",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF",
        "12345678\xE4\xB8\xAD"
        "12345678",
    };
    static const struct {
        const char *text;
        size_t bad_offset;
    } bad[] = {
        {"\x80", 0},
        {"\xC0\x80", 0},
        {"\xC1\xBF", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xED\xA0\x80", 0},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xF4\x90\x80\x80", 0},
        {"\xF5\x80\x80\x80", 0},
        {"ab\xE4\xB8", 2},
        {"\xE4\xB8\xAD\xFF", 3},
        {"12345678\xC2", 8},
        {"\xF0\x90\x80", 0},
        {"\xC2\x41", 0},
        {"\xE4\x41\x80", 0},
        {"\xF1\x80\x41\x80", 0},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_assert(cm_utf8_is_valid(cm_text(good[i]), NULL), "row %zu", i);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t offset = 99;
        cr_assert_not(cm_utf8_is_valid(cm_text(bad[i].text), &offset), "row %zu", i);
        cr_assert_eq(offset, bad[i].bad_offset, "row %zu", i);
    }
}

/* Every lead byte with every second byte against the definition, decoded by hand. */
Test(text, utf8_agrees_with_decoding)
{
    for (unsigned lead = 0; lead < 256; lead++) {
        for (unsigned second = 0; second < 256; second++) {
            char bytes[4] = {(char)lead, (char)second, (char)0x80, (char)0x80};
            size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
            uint32_t point = lead < 0x80   ? lead
                             : lead < 0xE0 ? (lead & 0x1F) << 6 | (second & 0x3F)
                             : lead < 0xF0 ? (lead & 0x0F) << 12 | (second & 0x3F) << 6
                                           : (lead & 0x07) << 18 | (second & 0x3F) << 12;
            static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
            bool is_good = lead < 0x80 || (lead >= 0xC0 && lead < 0xF8 && (second & 0xC0) == 0x80 &&
                                           point >= least[size] && point <= 0x10FFFF &&
                                           (point < 0xD800 || point > 0xDFFF));
            struct community_text text = {bytes, size};
            cr_assert_eq(cm_utf8_is_valid(text, NULL), is_good, "%02x %02x", lead, second);
            cr_assert_eq(cm_utf8_first(text), is_good ? size : 0, "%02x %02x", lead, second);
        }
    }
    cr_assert_eq(cm_utf8_count(CM_TEXT("a\xE4\xB8\xAD\xF0\x9F\x98\x80")), 3);
}

Test(text, distance_counts_edits)
{
    static const struct {
        const char *a;
        const char *b;
        size_t limit;
        size_t distance;
    } rows[] = {
        {"", "", 3, 0},
        {"", "abc", 3, 3},
        {"kitten", "sitting", 9, 3},
        {"state", "sttae", 3, 1},
        {"from", "form", 3, 1},
        {"abc", "acb", 3, 1},
        {"abcdef", "uvwxyz", 3, 4},
        {"ca", "abc", 9, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(cm_text_distance(cm_text(rows[i].a), cm_text(rows[i].b), rows[i].limit),
                     rows[i].distance, "row %zu", i);
        cr_assert_eq(cm_text_distance(cm_text(rows[i].b), cm_text(rows[i].a), rows[i].limit),
                     rows[i].distance, "row %zu, swapped", i);
    }
    char long_name[65];
    memset(long_name, 'x', sizeof long_name);
    struct community_text text = {long_name, 65};
    cr_assert_eq(cm_text_distance(text, text, 3), 4);
    text.size = 64;
    cr_assert_eq(cm_text_distance(text, text, 3), 0);
}

Test(text, nearest_is_the_first_of_the_nearest)
{
    const struct community_text names[] = {CM_TEXT("states"), CM_TEXT("start"), CM_TEXT("stats"),
                                           CM_TEXT("x")};
    cr_assert(cm_text_is(cm_text_nearest(CM_TEXT("state"), names, 4), "states"));
    cr_assert(cm_text_is(cm_text_nearest(CM_TEXT("start"), names, 4), "start"));
    cr_assert(cm_text_is(cm_text_nearest(CM_TEXT("sttart"), names, 4), "start"));
    cr_assert(cm_text_is(cm_text_nearest(CM_TEXT("y"), names, 4), "x"));
    cr_assert_null(cm_text_nearest(CM_TEXT("deadlines"), names, 4).data);
    cr_assert_null(cm_text_nearest(CM_TEXT("state"), names, 0).data);
}

Test(text, integers_are_read_to_the_last_one)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x1",
                                      "--1",
                                      "1-",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999"};
    int64_t value = 7;
    cr_assert(cm_text_to_integer(CM_TEXT("9223372036854775807"), &value));
    cr_assert_eq(value, INT64_MAX);
    cr_assert(cm_text_to_integer(CM_TEXT("-9223372036854775808"), &value));
    cr_assert_eq(value, INT64_MIN);
    cr_assert(cm_text_to_integer(CM_TEXT("-0"), &value));
    cr_assert_eq(value, 0);
    cr_assert(cm_text_to_integer(CM_TEXT("0017"), &value));
    cr_assert_eq(value, 17);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(cm_text_to_integer(cm_text(bad[i]), &value), "row %zu", i);
    cr_assert_eq(value, 17, "untouched");
}

Test(checked, overflow_leaves_the_result_alone)
{
    size_t size = 5;
    int64_t number = 5;
    cr_assert(cm_size_add(&size, SIZE_MAX - 1, 1));
    cr_assert_eq(size, SIZE_MAX);
    cr_assert_not(cm_size_add(&size, SIZE_MAX, 1));
    cr_assert_not(cm_size_multiply(&size, SIZE_MAX, 2));
    cr_assert_eq(size, SIZE_MAX);
    cr_assert(cm_size_multiply(&size, 0, SIZE_MAX));
    cr_assert_eq(size, 0);
    cr_assert_not(cm_int64_add(&number, INT64_MAX, 1));
    cr_assert_not(cm_int64_subtract(&number, INT64_MIN, 1));
    cr_assert_not(cm_int64_multiply(&number, INT64_MIN, -1));
    cr_assert_eq(number, 5);
    cr_assert(cm_int64_subtract(&number, -1, INT64_MAX));
    cr_assert_eq(number, INT64_MIN);
}
