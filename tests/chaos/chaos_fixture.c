/* SPDX-License-Identifier: Apache-2.0
 *
 * What the reliability tests share. */
#define _GNU_SOURCE
#include "chaos_fixture.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PRINTED_MAX = 100 };

static unsigned passed_count;
static unsigned failed_count;
static unsigned skipped_count;

bool chaos_check(bool is_right, const char *file, int line, const char *format, ...)
{
    if (is_right) {
        passed_count++;
        return true;
    }
    if (failed_count++ < PRINTED_MAX) {
        va_list arguments;
        va_start(arguments, format);
        printf("%s:%d: not so: ", file, line);
        vprintf(format, arguments);
        printf("\n");
        fflush(stdout);
        va_end(arguments);
    }
    return false;
}

void chaos_skip(const char *reason)
{
    skipped_count++;
    printf("skipped: %s\n", reason);
}

void chaos_stop(const char *what, const struct community_error *err)
{
    printf("cannot go on: %s: %s %s\n", what, err != NULL ? err->code : "",
           err != NULL ? err->message : "");
    exit(1);
}

/* ---- numbers and time ---- */

uint64_t chaos_next(struct chaos_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t chaos_below(struct chaos_random *random, uint64_t bound)
{
    return chaos_next(random) % bound;
}

uint64_t chaos_seed(uint64_t otherwise)
{
    const char *given = getenv("CHAOS_SEED");
    const uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : otherwise;
    printf("seed %llu (CHAOS_SEED repeats it)\n", (unsigned long long)seed);
    return seed;
}

double chaos_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct community_text chaos_text(const char *string)
{
    return (struct community_text){string, string != NULL ? strlen(string) : 0};
}

community_time_ms chaos_time(const char *rfc3339)
{
    struct community_error err = {0};
    community_time_ms time = 0;
    if (community_time_parse(&time, chaos_text(rfc3339), &err) != COMMUNITY_OK)
        chaos_stop(rfc3339, &err);
    return time;
}

/* ---- files ---- */

static char directory[256];
static pid_t directory_owner;

const char *chaos_directory(void)
{
    if (directory[0] != '\0')
        return directory;
    /* What is killed here is a process, never the machine: memory does for a disk, and is
     * faster. */
    const char *parent = getenv("TMPDIR");
    if (parent == NULL)
        parent = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(directory, sizeof(directory), "%s/community-chaos-XXXXXX", parent);
    if (mkdtemp(directory) == NULL)
        chaos_stop("no directory to work in", NULL);
    directory_owner = getpid();
    return directory;
}

static void remove_directory(void)
{
    if (directory[0] == '\0' || getpid() != directory_owner)
        return;
    DIR *files = opendir(directory);
    for (struct dirent *file; files != NULL && (file = readdir(files)) != NULL;) {
        char path[sizeof(directory) + sizeof(file->d_name) + 1];
        snprintf(path, sizeof(path), "%s/%s", directory, file->d_name);
        if (file->d_name[0] != '.')
            unlink(path);
    }
    if (files != NULL)
        closedir(files);
    rmdir(directory);
}

int chaos_finish(void)
{
    remove_directory();
    printf("%u passed, %u failed, %u skipped\n", passed_count, failed_count, skipped_count);
    return failed_count == 0 && passed_count > 0 ? 0 : 1;
}

void chaos_path(char out[CHAOS_PATH_SIZE], const char *name)
{
    snprintf(out, CHAOS_PATH_SIZE, "%s/%s", chaos_directory(), name);
}

void chaos_remove_database(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char name[CHAOS_PATH_SIZE + 16];
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

void chaos_copy_file(const char *from, const char *to)
{
    char bytes[16384];
    size_t size;
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    if (in == NULL || out == NULL)
        chaos_stop(to, NULL);
    while ((size = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        if (fwrite(bytes, 1, size, out) != size)
            chaos_stop(to, NULL);
    }
    fclose(in);
    if (fclose(out) != 0)
        chaos_stop(to, NULL);
}

/* ---- the world ---- */

community_time_ms chaos_now(void *world)
{
    return ((const struct chaos_world *)world)->now;
}

bool chaos_random_bytes(void *world, uint8_t *bytes, size_t size)
{
    struct chaos_random *random = &((struct chaos_world *)world)->random;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)chaos_next(random);
    return true;
}

struct community_desk_configuration chaos_configuration(struct chaos_world *world, uint32_t flags)
{
    return (struct community_desk_configuration){
        .size = sizeof(struct community_desk_configuration),
        .flags = flags,
        .now = chaos_now,
        .now_userdata = world,
        .random = chaos_random_bytes,
        .random_userdata = world,
    };
}

const char *chaos_rules(void)
{
    static char *rules;
    if (rules != NULL)
        return rules;
    FILE *file = fopen(COMMUNITY_SOURCE_DIR "/tests/chaos/street.json", "rb");
    if (file == NULL)
        chaos_stop("tests/chaos/street.json cannot be read", NULL);
    static char text[32768];
    const size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    rules = text;
    return rules;
}

struct community_rulebook *chaos_rulebook(const struct community_allocator *allocator)
{
    struct community_error err = {0};
    struct community_rulebook *rulebook;
    if (community_rulebook_load(&rulebook, chaos_text(chaos_rules()), chaos_text("street.json"),
                                allocator, &err) != COMMUNITY_OK) {
        printf("line %u, column %u\n", err.line, err.column);
        chaos_stop("street.json", &err);
    }
    return rulebook;
}

/* ---- the story ---- */

enum community_status chaos_submit(struct community_receipt **receipt_out,
                                   struct community_desk *desk, const char *json,
                                   struct community_error *err)
{
    struct community_command *command;
    *receipt_out = NULL;
    enum community_status status =
        community_command_from_json(&command, chaos_text(json), NULL, err);
    if (status == COMMUNITY_OK)
        status = community_desk_submit(receipt_out, desk, command, err);
    community_command_free(command);
    return status;
}

bool chaos_accepted(struct community_desk *desk, const char *json)
{
    struct community_error err = {0};
    struct community_receipt *receipt;
    const enum community_status status = chaos_submit(&receipt, desk, json, &err);
    const bool accepted = status == COMMUNITY_OK && community_receipt_is_accepted(receipt);
    if (status != COMMUNITY_OK) {
        CHECK_SAYING(false, "%s: %s %s", json, err.code, err.message);
    } else {
        const struct community_text text = community_receipt_json(receipt);
        CHECK_SAYING(accepted, "%s: %.*s", json, (int)text.size, text.data);
    }
    community_receipt_free(receipt);
    return accepted;
}

void chaos_put_directory(struct community_desk *desk)
{
    static const char *const commands[] = {
        "{\"command\":\"put-unit\",\"actor\":\"admin\",\"data\":{\"id\":\"street\","
        "\"kind\":\"street\",\"title\":{\"zh\":\"街道\",\"en\":\"Street office\"}}}",
        "{\"command\":\"put-unit\",\"actor\":\"admin\",\"data\":{\"id\":\"water\","
        "\"kind\":\"bureau\",\"parent\":\"street\"}}",
        "{\"command\":\"put-unit\",\"actor\":\"admin\",\"data\":{\"id\":\"light\","
        "\"kind\":\"bureau\",\"parent\":\"street\"}}",
        "{\"command\":\"put-person\",\"actor\":\"admin\",\"data\":{\"id\":\"op\","
        "\"name\":\"Li Na\"}}",
        "{\"command\":\"grant\",\"actor\":\"admin\",\"data\":{\"person\":\"op\","
        "\"role\":\"operator\",\"unit\":\"street\"}}",
        "{\"command\":\"grant\",\"actor\":\"admin\",\"data\":{\"person\":\"chief\","
        "\"role\":\"operator\",\"unit\":\"street\"}}",
        "{\"command\":\"grant\",\"actor\":\"admin\",\"data\":{\"person\":\"chief\","
        "\"role\":\"supervisor\",\"unit\":\"street\"}}",
        "{\"command\":\"grant\",\"actor\":\"admin\",\"data\":{\"person\":\"w\","
        "\"role\":\"handler\",\"unit\":\"water\"}}",
        "{\"command\":\"grant\",\"actor\":\"admin\",\"data\":{\"person\":\"l\","
        "\"role\":\"handler\",\"unit\":\"light\"}}",
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        (void)chaos_accepted(desk, commands[i]);
}

#define OPEN(id, more)                                                                             \
    "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"" id                        \
    "\",\"actor\":\"resident\",\"key\":\"open-" id "\",\"data\":{\"subject\":\"lamp " id           \
    "\",\"place\":\"street\"" more "}}"
#define MOVE(id, name, actor, data)                                                                \
    "{\"command\":\"" name "\",\"record\":\"@" id "\",\"actor\":\"" actor "\",\"data\":{" data "}" \
    "}"
#define DISPATCH(id, unit) MOVE(id, "dispatch", "op", "\"lead_unit\":\"" unit "\"")
#define SUPPORT(parent, id)                                                                        \
    "{\"command\":\"open\",\"lifecycle\":\"support\",\"parent\":\"@" parent                        \
    "\",\"external_id\":\"" id "\",\"actor\":\"op\",\"data\":{\"subject\":\"ladder\","             \
    "\"lead_unit\":\"light\"}}"

void chaos_tell_story(struct community_desk *desk, struct chaos_world *world)
{
    static const struct {
        community_time_ms wait;
        const char *command;
    } steps[] = {
        {0, OPEN("A-1", ",\"caller\":\"Wang Fang\",\"hardship\":\"lives alone\",\"pieces\":3")},
        {CHAOS_MINUTE, OPEN("A-2", ",\"urgency\":\"urgent\"")},
        {0, OPEN("A-3", "")},
        {0, OPEN("A-4", ",\"caller\":\"张伟\"")},
        {CHAOS_HOUR, OPEN("A-5", "")},
        {0, OPEN("A-6", "")},
        {0, OPEN("A-7", "")},
        {0, OPEN("A-8", ",\"hardship\":\"ill\"")},
        {CHAOS_HOUR, DISPATCH("A-1", "water")},
        {0, DISPATCH("A-2", "light")},
        {0, DISPATCH("A-3", "water")},
        {0, DISPATCH("A-4", "water")},
        {0, MOVE("A-5", "merge", "op", "\"into\":\"@A-1\"")},
        {CHAOS_HOUR, MOVE("A-1", "sign", "w", "")},
        {0, MOVE("A-2", "sign", "l", "")},
        {0, MOVE("A-4", "sign", "w", "")},
        {0, MOVE("A-3", "return", "w", "\"reason\":\"not our lamp\"")},
        {CHAOS_MINUTE, SUPPORT("A-1", "S-1")},
        {0, SUPPORT("A-2", "S-2")},
        {CHAOS_HOUR, MOVE("A-4", "suspend", "op",
                          "\"review_at\":\"2026-06-20T09:00:00+08:00\",\"reason\":\"rain\"")},
        {0, MOVE("A-2", "extend", "op", "\"for\":\"2 working days\",\"reason\":\"parts\"")},
        {CHAOS_MINUTE, MOVE("S-2", "report", "l", "\"text\":\"ladder brought\"")},
        {0, MOVE("A-1", "note", "op", "\"text\":\"asked twice\"")},
        {CHAOS_DAY, MOVE("A-2", "handle", "l", "\"reply\":\"new bulb\"")},
        {0, "{\"command\":\"open\",\"lifecycle\":\"patrol\",\"external_id\":\"P-1\","
            "\"actor\":\"op\",\"data\":{\"subject\":\"the river\"}}"},
        {CHAOS_HOUR, MOVE("P-1", "leave", "op", "")},
        {CHAOS_DAY, MOVE("A-2", "close", "op", "")},
        {0, DISPATCH("A-6", "light")},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        world->now += steps[i].wait;
        (void)chaos_accepted(desk, steps[i].command);
    }
    world->now += 20 * CHAOS_HOUR;
}

/* ---- what a desk holds ---- */

void chaos_add(struct chaos_buffer *buffer, struct community_text text)
{
    if (buffer->capacity < buffer->size + text.size + 1) {
        buffer->capacity = (buffer->size + text.size + 1) * 2;
        buffer->data = realloc(buffer->data, buffer->capacity);
        if (buffer->data == NULL)
            chaos_stop("out of memory", NULL);
    }
    if (text.size > 0)
        memcpy(buffer->data + buffer->size, text.data, text.size);
    buffer->size += text.size;
    buffer->data[buffer->size] = '\0';
}

void chaos_add_string(struct chaos_buffer *buffer, const char *string)
{
    chaos_add(buffer, chaos_text(string));
}

static int add_line(void *userdata, struct community_text json)
{
    chaos_add(userdata, json);
    chaos_add_string(userdata, "\n");
    return 0;
}

static void add_verification(struct chaos_buffer *buffer, struct community_desk *desk)
{
    struct community_error err = {0};
    struct community_verification found = {.size = sizeof(found)};
    char line[512];
    const enum community_status status = community_desk_verify(&found, desk, NULL, NULL, &err);
    snprintf(line, sizeof(line), "verify %d %d %lld entries %lld records %s %lld %s %s %s\n",
             status, found.is_whole, (long long)found.entry_count, (long long)found.record_count,
             found.kind, (long long)found.position, found.record, found.expected, found.found);
    chaos_add_string(buffer, line);
    CHECK_SAYING(status == COMMUNITY_OK && found.is_whole, "%s", line);
}

char *chaos_content(struct community_desk *desk)
{
    struct community_error err = {0};
    struct chaos_buffer buffer = {0};
    struct community_document *summary;
    const struct community_find every = {.size = sizeof(every)};
    if (!CHECK_SAYING(community_desk_summary(&summary, desk, CHAOS_START + 10 * CHAOS_DAY, &err) ==
                          COMMUNITY_OK,
                      "summary: %s", err.message))
        err = (struct community_error){0};
    else
        (void)add_line(&buffer, community_document_json(summary));
    community_document_free(summary);
    CHECK_SAYING(community_desk_find(desk, &every, chaos_text("chief"), add_line, &buffer, &err) ==
                     COMMUNITY_OK,
                 "find: %s", err.message);
    err = (struct community_error){0};
    CHECK_SAYING(community_desk_outbox(desk, add_line, &buffer, &err) == COMMUNITY_OK, "outbox: %s",
                 err.message);
    (void)add_line(&buffer, community_desk_rulebook_hash(desk));
    add_verification(&buffer, desk);
    return buffer.data;
}

bool chaos_is_whole(struct community_desk *desk)
{
    struct community_error err = {0};
    struct community_verification found = {.size = sizeof(found)};
    const enum community_status status = community_desk_verify(&found, desk, NULL, NULL, &err);
    return CHECK_SAYING(status == COMMUNITY_OK && found.is_whole,
                        "whole: %s %s; %s at %lld of %s: expected %s, found %s", err.code,
                        err.message, found.kind, (long long)found.position, found.record,
                        found.expected, found.found);
}
