/* SPDX-License-Identifier: Apache-2.0
 *
 * Other people's vectors: JSONTestSuite, the canonicalization suite of RFC 8785, and the numbers of
 * its appendix B. */
#include "arena.h"
#include "buffer.h"
#include "default_allocator.h"
#include "json.h"
#include "json_number.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned passed;
static unsigned failed;
static unsigned skipped;

static void verdict(bool is_right, const char *name, const char *remark)
{
    if (is_right) {
        passed++;
        return;
    }
    failed++;
    printf("wrong: %s: %s\n", name, remark);
}

/* What JSONTestSuite wants accepted and we refuse, and why. */
static const struct {
    const char *name;
    const char *code;
} stricter[] = {
    {"y_object_duplicated_key.json", "json-duplicate-name"},           /* readers disagree on it */
    {"y_object_duplicated_key_and_value.json", "json-duplicate-name"}, /* the same */
    {"y_object_escaped_null_in_key.json", "json-nul"},                 /* text ends there in C */
    {"y_string_null_escape.json", "json-nul"},                         /* the same */
};

static const char *refusal_of(const char *name)
{
    for (size_t i = 0; i < sizeof stricter / sizeof stricter[0]; i++) {
        if (strcmp(stricter[i].name, name) == 0)
            return stricter[i].code;
    }
    return NULL;
}

/* Exactly as large as the file, so that a sanitizer sees a read past its end. */
static bool read_file(const char *directory, const char *name, struct community_text *text_out)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return false;
    fseek(stream, 0, SEEK_END);
    size_t size = (size_t)ftell(stream);
    rewind(stream);
    char *data = malloc(size > 0 ? size : 1);
    bool is_read = data != NULL && fread(data, 1, size, stream) == size;
    fclose(stream);
    if (!is_read) {
        free(data);
        return false;
    }
    *text_out = (struct community_text){data, size};
    return true;
}

static void free_text(struct community_text text)
{
    free((void *)(uintptr_t)text.data);
}

/* What was read must survive being written and read again. */
static bool round_trips(const struct cm_value *value, struct cm_arena *arena)
{
    struct cm_value again;
    struct cm_buffer first;
    struct cm_buffer second;
    cm_buffer_init(&first, cm_default_allocator());
    cm_buffer_init(&second, cm_default_allocator());
    cm_json_write(&first, value);
    bool is_same = cm_json_read(&again, arena, cm_buffer_view(&first), &cm_json_rulebook_limits,
                                NULL) == COMMUNITY_OK;
    if (is_same) {
        cm_json_write(&second, &again);
        is_same = first.size == second.size && memcmp(first.data, second.data, first.size) == 0;
    }
    cm_buffer_free(&first);
    cm_buffer_free(&second);
    return is_same;
}

static void check_parsing(const char *directory, const char *name)
{
    static struct cm_json_limits limits = {.size_max = 1 << 24, .depth_max = 64};
    struct community_text text;
    struct community_error err = {0};
    struct cm_arena arena;
    struct cm_value value;
    if (!read_file(directory, name, &text)) {
        verdict(false, name, "cannot be read");
        return;
    }
    cm_arena_init(&arena, cm_default_allocator(), 512);
    enum community_status status = cm_json_read(&value, &arena, text, &limits, &err);
    const char *refusal = refusal_of(name);
    if (name[0] == 'y' && refusal == NULL)
        verdict(status == COMMUNITY_OK, name, err.message);
    else if (name[0] == 'y')
        verdict(status == COMMUNITY_INVALID && strcmp(err.code, refusal) == 0, name, err.code);
    else if (name[0] == 'n')
        verdict(status == COMMUNITY_INVALID, name, "accepted");
    else
        verdict(status == COMMUNITY_OK || status == COMMUNITY_INVALID, name, err.code);
    if (status == COMMUNITY_OK)
        verdict(round_trips(&value, &arena), name, "does not survive writing and reading");
    else
        verdict(err.line > 0 && err.column > 0 && err.message[0] != '\0' &&
                    err.message_zh[0] != '\0' && value.type == CM_NULL,
                name, "refused without place or sentence");
    cm_arena_free(&arena);
    free_text(text);
}

static void check_canonical(const char *base, const char *name)
{
    char directory[3000];
    struct community_text input;
    struct community_text output;
    struct community_error err = {0};
    struct cm_arena arena;
    struct cm_value value;
    struct cm_buffer written;
    snprintf(directory, sizeof directory, "%s/input", base);
    bool has_input = read_file(directory, name, &input);
    snprintf(directory, sizeof directory, "%s/output", base);
    if (!has_input || !read_file(directory, name, &output)) {
        verdict(false, name, "cannot be read");
        return;
    }
    cm_arena_init(&arena, cm_default_allocator(), 512);
    cm_buffer_init(&written, cm_default_allocator());
    if (cm_json_read(&value, &arena, input, &cm_json_command_limits, &err) == COMMUNITY_OK)
        cm_json_write(&written, &value);
    verdict(!written.failed && written.size == output.size &&
                memcmp(written.data, output.data, output.size) == 0,
            name, err.message[0] != '\0' ? err.message : "other bytes than the suite's");
    cm_buffer_free(&written);
    cm_arena_free(&arena);
    free_text(input);
    free_text(output);
}

/* RFC 8785, appendix B, then the edges of shortest printing: powers of two, where the nearest
 * decimal of 16 digits may be wrong and its neighbour right, subnormals, the ends of the range. */
static const struct {
    uint64_t bits;
    const char *text;
} numbers[] = {
    {UINT64_C(0x0000000000000000), "0"},
    {UINT64_C(0x8000000000000000), "0"},
    {UINT64_C(0x0000000000000001), "5e-324"},
    {UINT64_C(0x8000000000000001), "-5e-324"},
    {UINT64_C(0x7fefffffffffffff), "1.7976931348623157e+308"},
    {UINT64_C(0xffefffffffffffff), "-1.7976931348623157e+308"},
    {UINT64_C(0x4340000000000000), "9007199254740992"},
    {UINT64_C(0xc340000000000000), "-9007199254740992"},
    {UINT64_C(0x4430000000000000), "295147905179352830000"},
    {UINT64_C(0x44b52d02c7e14af5), "9.999999999999997e+22"},
    {UINT64_C(0x44b52d02c7e14af6), "1e+23"},
    {UINT64_C(0x44b52d02c7e14af7), "1.0000000000000001e+23"},
    {UINT64_C(0x444b1ae4d6e2ef4e), "999999999999999700000"},
    {UINT64_C(0x444b1ae4d6e2ef4f), "999999999999999900000"},
    {UINT64_C(0x444b1ae4d6e2ef50), "1e+21"},
    {UINT64_C(0x3eb0c6f7a0b5ed8c), "9.999999999999997e-7"},
    {UINT64_C(0x3eb0c6f7a0b5ed8d), "0.000001"},
    {UINT64_C(0x41b3de4355555553), "333333333.3333332"},
    {UINT64_C(0x41b3de4355555554), "333333333.33333325"},
    {UINT64_C(0x41b3de4355555555), "333333333.3333333"},
    {UINT64_C(0x41b3de4355555556), "333333333.3333334"},
    {UINT64_C(0x41b3de4355555557), "333333333.33333343"},
    {UINT64_C(0xbecbf647612f3696), "-0.0000033333333333333333"},
    {UINT64_C(0x43143ff3c1cb0959), "1424953923781206.2"},
    {UINT64_C(0x4340000000000001), "9007199254740994"},
    {UINT64_C(0x4340000000000002), "9007199254740996"},
    {UINT64_C(0x3d30000000000000), "5.684341886080802e-14"}, /* 2^-44 */
    {UINT64_C(0x0010000000000000), "2.2250738585072014e-308"},
    {UINT64_C(0x000fffffffffffff), "2.225073858507201e-308"},
    {UINT64_C(0x0000000000000002), "1e-323"},
    {UINT64_C(0x0000000000000003), "1.5e-323"},
    {UINT64_C(0x3fd3333333333334), "0.30000000000000004"},
    {UINT64_C(0x3fb999999999999a), "0.1"},
    {UINT64_C(0x3ff8000000000000), "1.5"},
};

static void check_numbers(void)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        double number;
        char text[CM_JSON_DOUBLE_SIZE];
        memcpy(&number, &numbers[i].bits, sizeof number);
        size_t size = cm_json_format_double(text, number);
        verdict(size == strlen(text) && strcmp(text, numbers[i].text) == 0, numbers[i].text, text);
    }
}

/* Every power of two and its neighbours: what is printed reads back, and no text that is one digit
 * shorter does. */
static void check_powers_of_two(void)
{
    bool reads_back = true;
    bool is_shortest = true;
    for (uint64_t exponent = 1; exponent < 2047; exponent++) {
        for (int step = -1; step <= 1; step++) {
            uint64_t bits = (exponent << 52) + (uint64_t)(int64_t)step;
            double number;
            char text[CM_JSON_DOUBLE_SIZE];
            char shorter[64];
            memcpy(&number, &bits, sizeof number);
            cm_json_format_double(text, number);
            reads_back = reads_back && strtod(text, NULL) == number;
            int digits = 0;
            int significant = 0;
            for (const char *next = text; *next != '\0' && *next != 'e'; next++) {
                if (*next == '.' || (*next == '0' && digits == 0))
                    continue;
                digits++;
                if (*next != '0')
                    significant = digits;
            }
            if (significant < 2)
                continue;
            snprintf(shorter, sizeof shorter, "%.*e", significant - 2, number);
            is_shortest = is_shortest && strtod(shorter, NULL) != number;
        }
    }
    verdict(reads_back, "powers of two", "one does not read back");
    verdict(is_shortest, "powers of two", "one has a shorter form");
}

static int is_json(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 5 && strcmp(entry->d_name + size - 5, ".json") == 0;
}

static void check_directory(const char *list, const char *base,
                            void (*check)(const char *base, const char *name))
{
    struct dirent **entries = NULL;
    int count = scandir(list, &entries, is_json, alphasort);
    if (count <= 0) {
        printf("skipped: no data in %s\n", list);
        skipped++;
    }
    for (int i = 0; i < count; i++) {
        check(base, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

int main(void)
{
    const char *data = getenv("COMMUNITY_DATA");
    char parsing[2000];
    char canonical[2000];
    char inputs[2100];
    if (data == NULL)
        data = COMMUNITY_DATA_DEFAULT;
    snprintf(parsing, sizeof parsing, "%s/vectors/json-parsing/test_parsing", data);
    snprintf(canonical, sizeof canonical, "%s/vectors/jcs", data);
    snprintf(inputs, sizeof inputs, "%s/input", canonical);
    check_directory(parsing, parsing, check_parsing);
    check_directory(inputs, canonical, check_canonical);
    check_numbers();
    check_powers_of_two();
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed > 0;
}
