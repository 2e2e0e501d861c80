/* SPDX-License-Identifier: Apache-2.0
 *
 * Eight processes share one file: they open and move tickets, read, tick and verify, all at once.
 * Nobody is told that the file is busy, nobody loses a race that deciding again could win, every
 * accepted command is there once, and nobody ever takes what another process is writing for a
 * damage. A desk that was open when its process forked says so in the child and lives on in the
 * parent; what one process writes into the directory the others see. */
#define _GNU_SOURCE
#include "chaos_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITER_COUNT = 5, PROCESS_COUNT = 8, SECONDS_DEFAULT = 8 };

static char desk_path[CHAOS_PATH_SIZE];

/* What a process tells at its end. */
struct report {
    int64_t done;
    int64_t refused;
    int64_t error_count;
    double longest_s;
    char first_error[300];
};

static struct community_desk *open_desk(struct chaos_world *world, uint64_t seed, uint32_t flags)
{
    struct community_error err = {0};
    struct community_desk *desk;
    *world = (struct chaos_world){.now = CHAOS_START + CHAOS_DAY, .random = {seed}};
    struct community_desk_configuration made = chaos_configuration(world, flags);
    if (community_desk_open(&desk, chaos_text(desk_path), &made, &err) != COMMUNITY_OK)
        chaos_stop(desk_path, &err);
    return desk;
}

static void make_desk(void)
{
    struct community_error err = {0};
    struct chaos_world world;
    struct community_rulebook *rulebook = chaos_rulebook(NULL);
    struct community_desk *desk = open_desk(&world, 1, COMMUNITY_DESK_CREATE);
    if (community_desk_install(desk, rulebook, chaos_text("admin"), &err) != COMMUNITY_OK)
        chaos_stop("install", &err);
    chaos_put_directory(desk);
    chaos_accepted(desk, "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"all\","
                         "\"actor\":\"resident\",\"data\":{\"subject\":\"everybody's\"}}");
    community_desk_close(desk);
    community_rulebook_free(rulebook);
}

/* ---- what the processes do ---- */

static void note(struct report *report, const char *what, enum community_status status,
                 const struct community_error *err)
{
    if (status == COMMUNITY_OK) {
        report->done++;
        return;
    }
    if (report->error_count++ == 0)
        snprintf(report->first_error, sizeof(report->first_error), "%s: %d %s %.200s", what, status,
                 err->code, err->message);
}

static void submit(struct report *report, struct community_desk *desk, const char *json)
{
    struct community_error err = {0};
    struct community_receipt *receipt;
    const double started = chaos_seconds();
    const enum community_status status = chaos_submit(&receipt, desk, json, &err);
    const double taken = chaos_seconds() - started;
    if (taken > report->longest_s)
        report->longest_s = taken;
    note(report, json, status, &err);
    if (status == COMMUNITY_OK && !community_receipt_is_accepted(receipt)) {
        report->refused++;
        const struct community_text code = community_receipt_reason_code(receipt, 0);
        err.status = COMMUNITY_INVALID;
        snprintf(err.message, sizeof(err.message), "refused: %.*s", (int)code.size, code.data);
        note(report, json, COMMUNITY_INVALID, &err);
    }
    community_receipt_free(receipt);
}

static void write_some(struct report *report, struct community_desk *desk,
                       struct chaos_world *world, int who, int round)
{
    char json[400];
    const char *unit = who % 2 == 0 ? "water" : "light";
    world->now += CHAOS_MINUTE;
    snprintf(json, sizeof(json),
             "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"%d-%d\","
             "\"actor\":\"resident\",\"key\":\"%d-%d\",\"data\":{\"subject\":\"s\","
             "\"caller\":\"c\"}}",
             who, round, who, round);
    submit(report, desk, json);
    snprintf(json, sizeof(json),
             "{\"command\":\"dispatch\",\"record\":\"@%d-%d\",\"actor\":\"op\","
             "\"data\":{\"lead_unit\":\"%s\"}}",
             who, round, unit);
    submit(report, desk, json);
    /* Everybody fights for this one. */
    submit(report, desk,
           "{\"command\":\"note\",\"record\":\"@all\",\"actor\":\"op\","
           "\"data\":{\"text\":\"me too\"}}");
}

static int ignore(void *userdata, struct community_text json)
{
    (void)userdata;
    (void)json;
    return 0;
}

static void read_some(struct report *report, struct community_desk *desk)
{
    struct community_document *document;
    const struct community_find every = {.size = sizeof(every), .limit = 200};
    struct community_error err = {0};
    note(report, "find", community_desk_find(desk, &every, chaos_text("chief"), ignore, NULL, &err),
         &err);
    const enum community_status got = community_desk_get(
        &document, desk, chaos_text("@all"), chaos_text("op"), COMMUNITY_GET_EXPLAIN, &err);
    note(report, "get", got, &err);
    community_document_free(document);
    const enum community_status summed =
        community_desk_summary(&document, desk, COMMUNITY_TIME_NOW, &err);
    note(report, "summary", summed, &err);
    community_document_free(document);
    note(report, "outbox", community_desk_outbox(desk, ignore, NULL, &err), &err);
}

static void tick_some(struct report *report, struct community_desk *desk, struct chaos_world *world)
{
    struct community_error err = {0};
    world->now += CHAOS_HOUR;
    note(report, "tick", community_desk_tick(desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, &err),
         &err);
    usleep(20000);
}

static void verify_some(struct report *report, struct community_desk *desk)
{
    struct community_error err = {0};
    struct community_verification found = {.size = sizeof(found)};
    const enum community_status status = community_desk_verify(&found, desk, NULL, NULL, &err);
    note(report, "verify", status, &err);
    if (status == COMMUNITY_OK && !found.is_whole) {
        snprintf(err.message, sizeof(err.message), "%s at %lld: expected %s, found %s", found.kind,
                 (long long)found.position, found.expected, found.found);
        note(report, "verify", COMMUNITY_CORRUPT, &err);
    }
}

static void work(int who, double seconds, int out)
{
    struct report report = {0};
    struct chaos_world world;
    struct community_desk *desk = open_desk(&world, 100 + (uint64_t)who, 0);
    const double end = chaos_seconds() + seconds;
    for (int round = 0; chaos_seconds() < end; round++) {
        if (who < WRITER_COUNT)
            write_some(&report, desk, &world, who, round);
        else if (who == WRITER_COUNT)
            read_some(&report, desk);
        else if (who == WRITER_COUNT + 1)
            tick_some(&report, desk, &world);
        else
            verify_some(&report, desk);
    }
    community_desk_close(desk);
    if (write(out, &report, sizeof(report)) != (ssize_t)sizeof(report))
        _exit(1);
    _exit(0);
}

/* ---- counting afterwards ---- */

struct count {
    int64_t records;
    int64_t all_version;
};

static int count_record(void *userdata, struct community_text json)
{
    struct count *count = userdata;
    const char *all = memmem(json.data, json.size, "\"external_id\":\"all\"", 19);
    const char *version = memmem(json.data, json.size, "\"version\":", 10);
    count->records++;
    if (all != NULL && version != NULL)
        count->all_version = atoll(version + 10);
    return 0;
}

static void check_crowd(double seconds)
{
    static const char *const jobs[] = {"write", "write", "write", "write",
                                       "write", "read",  "tick",  "verify"};
    int ends[PROCESS_COUNT];
    pid_t processes[PROCESS_COUNT];
    fflush(stdout);
    for (int who = 0; who < PROCESS_COUNT; who++) {
        int pair[2];
        if (pipe(pair) != 0)
            chaos_stop("pipe", NULL);
        processes[who] = fork();
        if (processes[who] == 0) {
            close(pair[0]);
            work(who, seconds, pair[1]);
        }
        close(pair[1]);
        ends[who] = pair[0];
    }
    int64_t written = 0;
    double longest_s = 0;
    for (int who = 0; who < PROCESS_COUNT; who++) {
        struct report report = {0};
        int status;
        CHECK(read(ends[who], &report, sizeof(report)) == (ssize_t)sizeof(report));
        close(ends[who]);
        CHECK(waitpid(processes[who], &status, 0) == processes[who]);
        CHECK_SAYING(status == 0, "the process that shall %s ends with %d", jobs[who], status);
        CHECK_SAYING(report.error_count == 0, "%s: %lld errors, the first: %s", jobs[who],
                     (long long)report.error_count, report.first_error);
        CHECK_SAYING(report.done > 0, "%s: did nothing", jobs[who]);
        if (who < WRITER_COUNT)
            written += report.done;
        if (report.longest_s > longest_s)
            longest_s = report.longest_s;
        printf("  %s: %lld calls\n", jobs[who], (long long)report.done);
    }
    struct chaos_world world;
    struct community_error err = {0};
    struct count count = {0};
    const struct community_find every = {.size = sizeof(every)};
    struct community_desk *desk = open_desk(&world, 9, 0);
    CHECK(community_desk_find(desk, &every, chaos_text("chief"), count_record, &count, &err) ==
          COMMUNITY_OK);
    /* A third of the commands opened a request, a third went to the one of all. */
    CHECK_SAYING(count.records == written / 3 + 1, "%lld records of %lld commands",
                 (long long)count.records, (long long)written);
    CHECK_SAYING(count.all_version >= written / 3 + 1, "version %lld after %lld notes",
                 (long long)count.all_version, (long long)written / 3);
    CHECK(chaos_is_whole(desk));
    community_desk_close(desk);
    printf("%d processes, %.0f s: %lld commands, %.0f a second, the longest %.0f ms\n",
           PROCESS_COUNT, seconds, (long long)written, (double)written / seconds, longest_s * 1000);
    CHECK_SAYING(longest_s <= 10, "somebody waited %.1f s", longest_s);
}

/* ---- one writes, the other sees ---- */

static void check_sight(void)
{
    static const char move[] = "{\"command\":\"note\",\"record\":\"@all\",\"actor\":\"newcomer\","
                               "\"data\":{\"text\":\"x\"}}";
    struct chaos_world world;
    struct chaos_world other_world;
    struct community_error err = {0};
    struct community_receipt *receipt;
    struct community_desk *desk = open_desk(&world, 31, 0);
    struct community_desk *other = open_desk(&other_world, 32, 0);
    for (int i = 0; i < 3; i++) {
        CHECK(chaos_submit(&receipt, other, move, &err) == COMMUNITY_OK);
        CHECK(!community_receipt_is_accepted(receipt));
        community_receipt_free(receipt);
        chaos_accepted(desk, "{\"command\":\"grant\",\"actor\":\"admin\",\"data\":{\"person\":"
                             "\"newcomer\",\"role\":\"operator\",\"unit\":\"street\"}}");
        chaos_accepted(other, move);
        chaos_accepted(desk, "{\"command\":\"revoke\",\"actor\":\"admin\",\"data\":{\"person\":"
                             "\"newcomer\",\"role\":\"operator\",\"unit\":\"street\"}}");
    }
    community_desk_close(desk);
    community_desk_close(other);
}

/* ---- fork ---- */

#define FORKED(call) (failed |= (call) != COMMUNITY_FORKED)

static int use_inherited(struct community_desk *desk, struct community_command *command,
                         const struct community_rulebook *rulebook)
{
    bool failed = false;
    struct community_document *document;
    struct community_receipt *receipt;
    struct community_verification found = {.size = sizeof(found)};
    const struct community_find every = {.size = sizeof(every)};
    FORKED(community_desk_submit(&receipt, desk, command, NULL));
    FORKED(community_desk_preview(&receipt, desk, command, NULL));
    FORKED(community_desk_begin(desk, NULL));
    FORKED(community_desk_commit(desk, NULL));
    FORKED(community_desk_install(desk, rulebook, chaos_text("admin"), NULL));
    FORKED(community_desk_tick(desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, NULL));
    FORKED(community_desk_get(&document, desk, chaos_text("@all"), chaos_text("op"), 0, NULL));
    FORKED(community_desk_options(&document, desk, chaos_text("@all"), chaos_text("op"), NULL));
    FORKED(community_desk_find(desk, &every, chaos_text("op"), ignore, NULL, NULL));
    FORKED(community_desk_history(desk, chaos_text("@all"), chaos_text("op"), ignore, NULL, NULL));
    FORKED(community_desk_summary(&document, desk, COMMUNITY_TIME_NOW, NULL));
    FORKED(community_desk_outbox(desk, ignore, NULL, NULL));
    FORKED(community_desk_acknowledge(desk, chaos_text("1-1"), NULL));
    FORKED(community_desk_verify(&found, desk, NULL, NULL, NULL));
    FORKED(community_desk_backup(desk, chaos_text("nowhere.db"), NULL, NULL, NULL));
    failed |= community_desk_rulebook_hash(desk).data != NULL;
    community_desk_rollback(desk);
    community_desk_close(desk);
    return failed ? 1 : 0;
}

/* Also with a batch under way: what the child does must not end it. */
static void check_fork(bool in_batch)
{
    struct chaos_world world;
    struct community_error err = {0};
    struct community_command *command;
    struct community_rulebook *rulebook = chaos_rulebook(NULL);
    struct community_desk *desk = open_desk(&world, in_batch ? 41 : 42, 0);
    char json[200];
    snprintf(json, sizeof(json),
             "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"fork-%d\","
             "\"actor\":\"resident\",\"data\":{\"subject\":\"s\"}}",
             in_batch);
    CHECK(community_command_from_json(&command, chaos_text(json), NULL, &err) == COMMUNITY_OK);
    if (in_batch)
        CHECK(community_desk_begin(desk, &err) == COMMUNITY_OK);
    chaos_accepted(desk, json);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0)
        _exit(use_inherited(desk, command, rulebook));
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_SAYING(status == 0, "the child ends with %d", status);
    if (in_batch)
        CHECK(community_desk_commit(desk, &err) == COMMUNITY_OK);
    snprintf(json, sizeof(json),
             "{\"command\":\"dispatch\",\"record\":\"@fork-%d\",\"actor\":\"op\","
             "\"data\":{\"lead_unit\":\"water\"}}",
             in_batch);
    chaos_accepted(desk, json);
    CHECK(chaos_is_whole(desk));
    community_command_free(command);
    community_desk_close(desk);
    community_rulebook_free(rulebook);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    chaos_path(desk_path, "desk.db");
    make_desk();
    check_crowd(argc > 1 ? atof(argv[1]) : SECONDS_DEFAULT);
    check_sight();
    check_fork(false);
    check_fork(true);
    return chaos_finish();
}
