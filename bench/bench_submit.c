/* SPDX-License-Identifier: Apache-2.0
 *
 * Durable submits on SQLite at FULL, in batches of 1 and of 1,000, beside two baselines of the same
 * run: the desk's own statements carried out bare, and job P. Then one ticket's ten thousandth step
 * beside its first. Usage: bench-submit RULEBOOK DIRECTORY */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "community.h"
#include "job_p.h"
#include "statement_log.h"
#include "timing.h"

enum { TICKETS = 1000, ROUNDS = 5, LAP = 11, LONG_STEPS = 10000 };

/* The accepted steps of job A's lap: they lead back to the first state. */
static const struct {
    const char *command;
    const char *actor;
} lap[LAP] = {
    {"triage", "dispatcher"}, {"assign", "dispatcher"}, {"start", "worker"},
    {"submit", "worker"},     {"rework", "inspector"},  {"submit", "worker"},
    {"approve", "inspector"}, {"close", "resident"},    {"reopen", "resident"},
    {"reject", "dispatcher"}, {"appeal", "resident"},
};

static struct community_text text(const char *string)
{
    return (struct community_text){string, strlen(string)};
}

static void require(enum community_status status, const struct community_error *err,
                    const char *what)
{
    if (status == COMMUNITY_OK)
        return;
    fprintf(stderr, "bench: %s: %s: %s\n", what, err->code, err->message);
    exit(3);
}

static void submit(struct community_desk *desk, struct community_command *command)
{
    struct community_error err = {0};
    struct community_receipt *receipt;
    require(community_desk_submit(&receipt, desk, command, &err), &err, "submit");
    bench_require(community_receipt_is_accepted(receipt), community_receipt_json(receipt).data);
    community_receipt_free(receipt);
    community_command_free(command);
}

static struct community_command *from_json(const char *json)
{
    struct community_error err = {0};
    struct community_command *command;
    require(community_command_from_json(&command, text(json), NULL, &err), &err, json);
    return command;
}

static struct community_command *step_command(int step, int ticket)
{
    char record[32];
    struct community_error err = {0};
    struct community_command *command;
    snprintf(record, sizeof(record), "@T-%d", ticket);
    require(community_command_new(&command, text(lap[step % LAP].command),
                                  text(lap[step % LAP].actor), NULL, &err),
            &err, "command");
    require(community_command_set_record(command, text(record), &err), &err, "record");
    return command;
}

static struct community_desk *open_desk(const char *path, uint32_t flags)
{
    struct community_error err = {0};
    struct community_desk *desk;
    const struct community_desk_configuration configuration = {.size = sizeof(configuration),
                                                               .flags = flags};
    require(community_desk_open(&desk, text(path), &configuration, &err), &err, path);
    return desk;
}

static void remove_desk(const char *path)
{
    char name[512];
    unlink(path);
    snprintf(name, sizeof(name), "%s-wal", path);
    unlink(name);
    snprintf(name, sizeof(name), "%s-shm", path);
    unlink(name);
}

/* A desk with its people and TICKETS open tickets. */
static void prepare(const char *path, const char *rulebook_path)
{
    static const char *const roles[] = {"dispatcher", "worker", "inspector", "resident"};
    struct community_error err = {0};
    struct community_rulebook *rulebook;
    size_t size;
    remove_desk(path);
    char *source = bench_read_file(rulebook_path, &size);
    require(community_rulebook_load(&rulebook, (struct community_text){source, size},
                                    text(rulebook_path), NULL, &err),
            &err, rulebook_path);
    struct community_desk *desk = open_desk(path, COMMUNITY_DESK_CREATE);
    require(community_desk_install(desk, rulebook, text("bench"), &err), &err, "install");
    require(community_desk_begin(desk, &err), &err, "begin");
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        char json[160];
        snprintf(json, sizeof(json),
                 "{\"command\":\"grant\",\"actor\":\"bench\",\"data\":{\"person\":\"%s\","
                 "\"role\":\"%s\",\"unit\":\"street\"}}",
                 roles[i], roles[i]);
        submit(desk, from_json(json));
    }
    for (int i = 0; i < TICKETS; i++) {
        char json[96];
        snprintf(json, sizeof(json),
                 "{\"command\":\"open\",\"actor\":\"resident\",\"external_id\":\"T-%d\"}", i);
        submit(desk, from_json(json));
    }
    require(community_desk_commit(desk, &err), &err, "commit");
    community_desk_close(desk);
    community_rulebook_free(rulebook);
    free(source);
}

static void copy_file(const char *from, const char *to)
{
    char command[1200];
    remove_desk(to);
    snprintf(command, sizeof(command), "cp '%s' '%s' && sync '%s'", from, to, to);
    bench_require(system(command) == 0, command);
}

/* Wall seconds for `steps` submits of commands that were parsed beforehand or are parsed on the
 * way: parsing belongs to the job. */
static double time_desk(struct community_desk *desk, int steps, int batch)
{
    struct community_error err = {0};
    const double begin = bench_wall_seconds();
    for (int i = 0; i < steps; i++) {
        if (batch > 1 && i % batch == 0)
            require(community_desk_begin(desk, &err), &err, "begin");
        submit(desk, step_command(i / TICKETS, i % TICKETS));
        if (batch > 1 && ((i + 1) % batch == 0 || i + 1 == steps))
            require(community_desk_commit(desk, &err), &err, "commit");
    }
    return bench_wall_seconds() - begin;
}

struct paths {
    char prepared[256];
    char desk[256];
    char bare[256];
    char yardstick[256];
};

static void compare(const struct paths *paths, int steps, int batch)
{
    double desk_seconds[ROUNDS];
    double of_bare[ROUNDS];
    double of_p[ROUNDS];
    double p_seconds[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        copy_file(paths->prepared, paths->desk);
        struct community_desk *desk = open_desk(paths->desk, 0);
        desk_seconds[round] = time_desk(desk, steps, batch);
        community_desk_close(desk);

        copy_file(paths->prepared, paths->desk);
        desk = open_desk(paths->desk, 0);
        statement_log_start();
        time_desk(desk, steps, batch);
        statement_log_stop();
        community_desk_close(desk);

        copy_file(paths->prepared, paths->bare);
        desk = open_desk(paths->bare, 0);
        const double begin = bench_wall_seconds();
        statement_log_replay();
        of_bare[round] = (bench_wall_seconds() - begin) / desk_seconds[round];
        community_desk_close(desk);

        p_seconds[round] = job_p_seconds(paths->yardstick, TICKETS, steps, batch);
        of_p[round] = p_seconds[round] / desk_seconds[round];
    }
    printf("submits, batches of %-5d %8.0f /s   job P %8.0f /s\n", batch,
           steps / bench_median(desk_seconds, ROUNDS), steps / bench_median(p_seconds, ROUNDS));
    printf("  of its own statements bare  %.3f   (to reach: 0.6; %.1f statements a submit)\n",
           bench_median(of_bare, ROUNDS), (double)statement_log_step_count() / steps);
    printf("  of job P                    %.3f   (to reach: %s)\n", bench_median(of_p, ROUNDS),
           batch == 1 ? "0.45" : "0.2");
}

/* One ticket, step after step: what the last thousand cost beside the first. */
static void flatness(const struct paths *paths)
{
    enum { PART = 1000 };
    double first = 0;
    double last = 0;
    struct community_error err = {0};
    copy_file(paths->prepared, paths->desk);
    struct community_desk *desk = open_desk(paths->desk, 0);
    for (int part = 0; part < LONG_STEPS / PART; part++) {
        const double begin = bench_wall_seconds();
        require(community_desk_begin(desk, &err), &err, "begin");
        for (int i = 0; i < PART; i++)
            submit(desk, step_command(part * PART + i, 0));
        require(community_desk_commit(desk, &err), &err, "commit");
        last = bench_wall_seconds() - begin;
        if (part == 0)
            first = last;
    }
    community_desk_close(desk);
    printf("one ticket, steps 1-1000: %.1f us each; 9001-10000: %.1f us each; ratio %.2f\n",
           first / PART * 1e6, last / PART * 1e6, last / first);
}

int main(int argc, char **argv)
{
    struct paths paths;
    bench_require(argc == 3, "usage: bench-submit RULEBOOK DIRECTORY");
    snprintf(paths.prepared, sizeof(paths.prepared), "%s/prepared.db", argv[2]);
    snprintf(paths.desk, sizeof(paths.desk), "%s/desk.db", argv[2]);
    snprintf(paths.bare, sizeof(paths.bare), "%s/bare.db", argv[2]);
    snprintf(paths.yardstick, sizeof(paths.yardstick), "%s/job-p.db", argv[2]);
    prepare(paths.prepared, argv[1]);
    compare(&paths, 2000, 1);
    compare(&paths, 33000, 1000);
    flatness(&paths);
    remove_desk(paths.prepared);
    remove_desk(paths.desk);
    remove_desk(paths.bare);
    remove_desk(paths.yardstick);
    return 0;
}
