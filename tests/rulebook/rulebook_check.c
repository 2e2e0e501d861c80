/* SPDX-License-Identifier: Apache-2.0
 *
 * Every file of good/ loads, and keeps its hash in any layout; every file of bad/ is refused with
 * the code and at the place that its first line tells: "// expect: code line:column". */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "default_allocator.h"
#include "json.h"
#include "rulebook_fixture.h"
#include "text.h"

enum { BAD_FILE_COUNT_MIN = 60, GOOD_FILE_COUNT_MIN = 5, PATH_SIZE = 1024 };

static unsigned passed;
static unsigned failed;

static void report(bool is_right, const char *path, const char *what)
{
    if (is_right) {
        passed++;
    } else {
        failed++;
        printf("FAILED %s: %s\n", path, what);
    }
}

/* The same document with other white space and no comments. */
static bool reformat(struct cm_buffer *out, struct community_text text)
{
    struct cm_value tree;
    struct cm_arena arena;
    cm_arena_init(&arena, cm_default_allocator(), 4096);
    cm_buffer_init(out, cm_default_allocator());
    const bool is_read =
        cm_json_read(&tree, &arena, text, &cm_json_rulebook_limits, NULL) == COMMUNITY_OK;
    if (is_read)
        cm_json_write_pretty(out, &tree);
    cm_arena_free(&arena);
    return is_read && !out->failed;
}

static void check_good(struct rulebook_fixture *fixture, const char *path,
                       struct community_text text)
{
    struct community_error err = {0};
    struct community_rulebook *first = NULL;
    struct community_rulebook *second = NULL;
    struct cm_buffer pretty;
    const enum community_status status = fixture_load(&first, fixture, NULL, text, &err);
    report(status == COMMUNITY_OK, path, "loads");
    if (status != COMMUNITY_OK) {
        printf("  %s at %u:%u: %s\n", err.code, err.line, err.column, err.message);
        return;
    }

    const bool is_again =
        reformat(&pretty, text) &&
        fixture_load(&second, fixture, NULL, cm_buffer_view(&pretty), NULL) == COMMUNITY_OK;
    report(is_again, path, "loads in another layout");
    report(is_again && strlen(first->hash) == 64 && strcmp(first->hash, second->hash) == 0, path,
           "has one hash in every layout");
    report(cm_text_equal(first->source, text), path, "keeps its own text");
    cm_buffer_free(&pretty);
    cm_rulebook_free(first);
    cm_rulebook_free(second);
}

static void check_error(const struct community_error *err, const char *path)
{
    report(cm_utf8_is_valid(cm_text(err->message), NULL) && err->message[0] != '\0' &&
               cm_utf8_is_valid(cm_text(err->message_zh), NULL) && err->message_zh[0] != '\0',
           path, "has a sentence in both languages");
    report(strcmp(err->source, "test.json") == 0, path, "names its source");
}

static void check_bad(struct rulebook_fixture *fixture, const char *path,
                      struct community_text text)
{
    char code[COMMUNITY_ERROR_CODE_SIZE];
    unsigned line;
    unsigned column;
    if (sscanf(text.data, "// expect: %47s %u:%u", code, &line, &column) != 3) {
        report(false, path, "says what to expect");
        return;
    }

    struct community_error err = {0};
    struct community_rulebook *rulebook = NULL;
    const enum community_status status = fixture_load(&rulebook, fixture, NULL, text, &err);
    const bool is_refused = status != COMMUNITY_OK && !rulebook;
    const bool is_as_told = strcmp(err.code, code) == 0 && err.line == line && err.column == column;
    report(is_refused, path, "is refused");
    report(is_as_told, path, "is refused with that code at that place");
    if (!is_as_told)
        printf("  %s %u:%u: %s\n", err.code, err.line, err.column, err.message);
    report(status == err.status, path, "answers the status of its error");
    report((status == COMMUNITY_UNSUPPORTED) == (strcmp(code, "not-yet") == 0), path,
           "tells \"not yet\" from \"never\"");
    check_error(&err, path);
    cm_rulebook_free(rulebook);
}

typedef void check_fn(struct rulebook_fixture *fixture, const char *path,
                      struct community_text text);

static unsigned check_directory(struct rulebook_fixture *fixture, const char *directory,
                                check_fn *check)
{
    unsigned count = 0;
    char path[PATH_SIZE];
    DIR *stream = opendir(directory);
    if (!stream) {
        report(false, directory, "can be read");
        return 0;
    }
    for (struct dirent *entry = readdir(stream); entry; entry = readdir(stream)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".json") != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        const struct community_text text = fixture_read_file(path);
        report(text.data != NULL, path, "can be read");
        if (text.data)
            check(fixture, path, text);
        free((void *)(uintptr_t)text.data);
        count++;
    }
    closedir(stream);
    return count;
}

int main(void)
{
    struct rulebook_fixture fixture;
    fixture_open(&fixture);
    const unsigned good_count =
        check_directory(&fixture, COMMUNITY_SOURCE_DIR "/tests/rulebook/good", check_good);
    const unsigned bad_count =
        check_directory(&fixture, COMMUNITY_SOURCE_DIR "/tests/rulebook/bad", check_bad);
    fixture_close(&fixture);

    report(good_count >= GOOD_FILE_COUNT_MIN, "good", "has enough files");
    report(bad_count >= BAD_FILE_COUNT_MIN, "bad", "has enough files");
    printf("%u good files, %u bad files\n", good_count, bad_count);
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
