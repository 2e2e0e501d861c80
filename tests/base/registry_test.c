/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry's rows, rendering, and filling a caller's error. */
#include "failure.h"
#include "registry.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The arguments that a sentence names, as bits. */
static unsigned arguments_of(const char *sentence)
{
    unsigned found = 0;
    for (const char *next = sentence; *next != '\0'; next++) {
        int index;
        if (sscanf(next, "{%d}", &index) == 1 && index >= 0 && index < 32)
            found |= 1u << index;
    }
    return found;
}

static bool is_word(const char *word)
{
    size_t size = strlen(word);
    return size > 0 && size < COMMUNITY_ERROR_CODE_SIZE &&
           strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == size && word[0] != '-' &&
           word[size - 1] != '-' && strstr(word, "--") == NULL;
}

Test(registry, every_row_is_in_order)
{
    for (int i = CM_CODE_NONE + 1; i < CM_CODE_COUNT; i++) {
        enum cm_code code = (enum cm_code)i;
        const char *word = cm_code_word(code);
        const char *english = cm_code_template(code, CM_ENGLISH);
        const char *chinese = cm_code_template(code, CM_CHINESE);
        cr_assert(is_word(word), "\"%s\" is no word", word);
        cr_assert_eq(cm_code_find(cm_text(word)), code, "\"%s\" stands twice", word);
        cr_assert(cm_code_kind(code) == CM_KIND_ERROR || cm_code_kind(code) == CM_KIND_REASON);
        cr_assert(cm_utf8_is_valid(cm_text(chinese), NULL), "%s", word);
        cr_assert_neq(cm_utf8_count(cm_text(chinese)), strlen(chinese), "%s: no Chinese", word);
        cr_assert_gt(strlen(english), 5, "%s", word);
        cr_assert_eq(arguments_of(english), arguments_of(chinese), "%s: other arguments", word);
        unsigned arguments = arguments_of(english);
        cr_assert_eq(arguments & (arguments + 1), 0, "%s: an argument is left out", word);
    }
    cr_assert_eq(cm_code_find(CM_TEXT("no-such-word")), CM_CODE_NONE);
    cr_assert_eq(cm_code_find(CM_TEXT("")), CM_CODE_NONE);
}

Test(registry, sentences_are_filled_in)
{
    struct community_text arguments[] = {CM_TEXT("stat"), CM_TEXT("state")};
    char out[200];
    size_t size = cm_code_render(out, sizeof out, CM_CODE_UNKNOWN_KEY, CM_ENGLISH, arguments, 2);
    cr_assert_eq(size, strlen(out));
    cr_assert_not_null(strstr(out, "\"stat\""));
    cr_assert_not_null(strstr(out, "state"));
    cm_code_render(out, sizeof out, CM_CODE_UNKNOWN_KEY, CM_ENGLISH, arguments, 1);
    cr_assert_null(strstr(out, "state"), "a missing argument stands as nothing");
    cr_assert_null(strchr(out, '{'));
    cm_code_render(out, sizeof out, CM_CODE_UNKNOWN_KEY, CM_CHINESE, arguments, 2);
    cr_assert_not_null(strstr(out, "state"));
}

/* Whatever the room, what is written is a beginning of the whole and ends between characters. */
Test(registry, cutting_keeps_characters_whole)
{
    struct community_text arguments[] = {CM_TEXT("\xF0\x9F\x98\x80\xE4\xB8\xAD\xC3\xA9"
                                                 "a"),
                                         CM_TEXT("\xE6\x96\x87\xF0\x9F\x98\x80")};
    char whole[400];
    size_t whole_size =
        cm_code_render(whole, sizeof whole, CM_CODE_UNKNOWN_KEY, CM_CHINESE, arguments, 2);
    for (size_t room = 1; room <= whole_size + 1; room++) {
        char out[400];
        memset(out, 'x', sizeof out);
        size_t size = cm_code_render(out, room, CM_CODE_UNKNOWN_KEY, CM_CHINESE, arguments, 2);
        cr_assert_lt(size, room);
        cr_assert_eq(out[size], '\0');
        cr_assert_eq(out[room], 'x', "written past the room");
        cr_assert_eq(memcmp(out, whole, size), 0);
        cr_assert(cm_utf8_is_valid((struct community_text){out, size}, NULL));
        cr_assert_geq(size + 4, room, "no more than one character is lost");
    }
}

Test(failure, the_first_error_stands)
{
    struct community_error err = {0};
    cm_fail_at(&err, 9, 9);
    cr_assert_eq(err.line, 0, "no error, no place");
    cr_assert_eq(cm_fail(&err, COMMUNITY_INVALID, CM_CODE_UNKNOWN_KEY, CM_TEXT("a"), CM_TEXT("b")),
                 COMMUNITY_INVALID);
    cr_assert_eq(cm_fail_memory(&err), COMMUNITY_NO_MEMORY);
    cr_assert_eq(err.status, COMMUNITY_INVALID);
    cr_assert_str_eq(err.code, "unknown-key");
    cr_assert_not_null(strstr(err.message, "\"a\""));
    cr_assert_not_null(strstr(err.message_zh, "a"));

    cm_fail_at(&err, 3, 4);
    cm_fail_at(&err, 5, 6);
    cr_assert(err.line == 3 && err.column == 4);
    cm_fail_in(&err, CM_TEXT("rules.json"));
    cm_fail_in(&err, CM_TEXT("other.json"));
    cr_assert_str_eq(err.source, "rules.json");

    struct community_error other = {0};
    cm_fail_copy(&other, &err);
    cr_assert_str_eq(other.code, "unknown-key");
    cm_fail_copy(&other, &(struct community_error){0});
    cr_assert_eq(other.status, COMMUNITY_INVALID);
}

Test(failure, nobody_need_listen)
{
    cr_assert_eq(cm_fail_plain(NULL, COMMUNITY_CANCELLED, CM_CODE_CANCELLED), COMMUNITY_CANCELLED);
    cr_assert_eq(cm_fail_memory(NULL), COMMUNITY_NO_MEMORY);
    cm_fail_at(NULL, 1, 1);
    cm_fail_in(NULL, CM_TEXT("x"));
    cm_fail_copy(NULL, &(struct community_error){0});
}

Test(failure, long_sources_and_messages_are_cut_between_characters)
{
    struct community_error err = {0};
    char name[1000];
    for (size_t i = 0; i + 3 <= sizeof name; i += 3)
        memcpy(name + i, "\xE4\xB8\xAD", 3);
    struct community_text text = {name, 999};
    cr_assert_eq(cm_fail(&err, COMMUNITY_INVALID, CM_CODE_UNKNOWN_KEY, text, text),
                 COMMUNITY_INVALID);
    cm_fail_in(&err, text);
    cr_assert(cm_utf8_is_valid(cm_text(err.message), NULL));
    cr_assert(cm_utf8_is_valid(cm_text(err.message_zh), NULL));
    cr_assert(cm_utf8_is_valid(cm_text(err.source), NULL));
    cr_assert_eq(strlen(err.source), 159);
    cr_assert_geq(strlen(err.message), COMMUNITY_ERROR_MESSAGE_SIZE - 4);
}

Test(failure, every_status_has_its_word)
{
    for (int32_t i = COMMUNITY_EXISTS; i <= COMMUNITY_OK; i++) {
        cr_assert(is_word(community_status_name(i)));
        cr_assert_str_neq(community_status_name(i), "unknown");
        for (int32_t j = i + 1; j <= COMMUNITY_OK; j++)
            cr_assert_str_neq(community_status_name(i), community_status_name(j));
    }
    cr_assert_str_eq(community_status_name(COMMUNITY_NO_MEMORY), "no-memory");
    cr_assert_str_eq(community_status_name(-1000), "unknown");
    cr_assert_str_eq(community_status_name(1), "unknown");
}
