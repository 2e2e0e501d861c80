/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes that write are killed without a word, again and again, at any moment. Whatever one
 * had acknowledged through its pipe before it died is in the desk, once; what it had not may be
 * there or not, but never in part; a repeated command gets its first receipt; the journal is
 * whole.
 *
 * kill_check [CYCLES]     25 without an argument */
#define _GNU_SOURCE
#include "chaos_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CYCLE_COUNT_DEFAULT = 25,
    WRITER_COUNT = 4,
    CYCLES_PER_DESK = 8, /* so that checking everything stays cheap */
    ALIVE_MS_MIN = 5,
    ALIVE_MS_MAX = 80,
};

static char desk_path[CHAOS_PATH_SIZE];
static struct community_rulebook *rulebook;

/* A writer's commands are numbered from 1 over all its lives on one desk. */
struct stream {
    int64_t acknowledged; /* the last number heard through the pipe */
    int64_t found;        /* the last number in the desk */
};
static struct stream streams[WRITER_COUNT];

/* How many commands go into one transaction: two writers submit singly, one in batches, one as an
 * import does. */
static const int64_t batch_sizes[WRITER_COUNT] = {1, 1, 20, 200};

static int64_t acknowledged_total;
static int64_t survived_total; /* written and not acknowledged before the end */
static int64_t repeated_total;
static int64_t ticks_total;

static struct community_desk *open_desk(struct chaos_world *world, uint64_t seed,
                                        community_time_ms now, uint32_t flags)
{
    struct community_error err = {0};
    struct community_desk *desk;
    *world = (struct chaos_world){.now = now, .random = {seed}};
    struct community_desk_configuration made = chaos_configuration(world, flags);
    if (community_desk_open(&desk, chaos_text(desk_path), &made, &err) != COMMUNITY_OK)
        chaos_stop(desk_path, &err);
    return desk;
}

static void make_desk(uint64_t seed)
{
    struct community_error err = {0};
    struct chaos_world world;
    chaos_remove_database(desk_path);
    struct community_desk *desk = open_desk(&world, seed, CHAOS_START, COMMUNITY_DESK_CREATE);
    if (community_desk_install(desk, rulebook, chaos_text("admin"), &err) != COMMUNITY_OK)
        chaos_stop("install", &err);
    chaos_put_directory(desk);
    community_desk_close(desk);
    memset(streams, 0, sizeof(streams));
}

static void write_command(char *out, size_t size, int who, int64_t number)
{
    snprintf(out, size,
             "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"w%d-%lld\","
             "\"actor\":\"resident\",\"key\":\"w%d-%lld\",\"data\":{\"subject\":\"s\","
             "\"caller\":\"c %lld\"}}",
             who, (long long)number, who, (long long)number, (long long)number);
}

/* ---- those who will be killed ---- */

static void submit_or_die(struct community_desk *desk, int who, int64_t number)
{
    char json[300];
    struct community_error err = {0};
    struct community_receipt *receipt;
    write_command(json, sizeof(json), who, number);
    const enum community_status status = chaos_submit(&receipt, desk, json, &err);
    if (status != COMMUNITY_OK || !community_receipt_is_accepted(receipt)) {
        printf("writer %d: %s %s\n", who, err.code, err.message);
        _exit(3);
    }
    community_receipt_free(receipt);
}

static void run_writer(int who, int64_t first, community_time_ms now, uint64_t seed, int out)
{
    struct chaos_world world;
    struct community_desk *desk = open_desk(&world, seed, now, 0);
    for (int64_t number = first;;) {
        const int64_t count = batch_sizes[who];
        if (count > 1 && community_desk_begin(desk, NULL) != COMMUNITY_OK)
            _exit(4);
        for (int64_t i = 0; i < count; i++)
            submit_or_die(desk, who, number + i);
        if (count > 1 && community_desk_commit(desk, NULL) != COMMUNITY_OK)
            _exit(4);
        number += count;
        const int64_t last = number - 1;
        if (who == 1)
            usleep(300); /* so that some die with more done than said */
        if (write(out, &last, sizeof(last)) != (ssize_t)sizeof(last))
            _exit(5);
        world.now += CHAOS_MINUTE;
    }
}

/* Fires what came due, and keeps doing so as its clock runs ahead. */
static void run_ticker(community_time_ms now, uint64_t seed, int out)
{
    struct chaos_world world;
    struct community_desk *desk = open_desk(&world, seed, now, 0);
    for (;;) {
        int64_t fired;
        if (community_desk_tick(desk, COMMUNITY_TIME_NOW, &fired, NULL, NULL, NULL) != COMMUNITY_OK)
            _exit(4);
        if (write(out, &fired, sizeof(fired)) != (ssize_t)sizeof(fired))
            _exit(5);
        world.now += CHAOS_HOUR;
        usleep(500);
    }
}

/* ---- one cycle ---- */

static void take_acknowledgements(int in, int64_t *last_out, int64_t *count_out)
{
    int64_t number;
    *count_out = 0;
    while (read(in, &number, sizeof(number)) == (ssize_t)sizeof(number)) {
        *last_out = number;
        (*count_out)++;
    }
}

static void kill_at_random(struct chaos_random *random, community_time_ms now)
{
    pid_t processes[WRITER_COUNT + 1];
    int ins[WRITER_COUNT + 1];
    const bool has_ticker = chaos_below(random, 2) == 0;
    const int count = WRITER_COUNT + (has_ticker ? 1 : 0);
    fflush(stdout);
    for (int who = 0; who < count; who++) {
        int pair[2];
        const uint64_t seed = chaos_next(random);
        if (pipe2(pair, O_CLOEXEC) != 0)
            chaos_stop("pipe", NULL);
        processes[who] = fork();
        if (processes[who] == 0) {
            if (who < WRITER_COUNT)
                run_writer(who, streams[who].found + 1, now, seed, pair[1]);
            run_ticker(now, seed, pair[1]);
        }
        close(pair[1]);
        ins[who] = pair[0];
    }
    /* Not before somebody has something to lose, and then at any moment. */
    struct pollfd first = {.fd = ins[chaos_below(random, WRITER_COUNT)], .events = POLLIN};
    (void)poll(&first, 1, 10000);
    usleep((useconds_t)(1000 * (ALIVE_MS_MIN + chaos_below(random, ALIVE_MS_MAX - ALIVE_MS_MIN))));
    for (int who = 0; who < count; who++) {
        kill(processes[who], SIGKILL);
        if (chaos_below(random, 2) == 0)
            usleep((useconds_t)chaos_below(random, 3000));
    }
    for (int who = 0; who < count; who++) {
        int status;
        int64_t heard;
        int64_t last = who < WRITER_COUNT ? streams[who].acknowledged : 0;
        CHECK(waitpid(processes[who], &status, 0) == processes[who]);
        CHECK_SAYING(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
                     "process %d ended by itself: %d", who, status);
        take_acknowledgements(ins[who], &last, &heard);
        close(ins[who]);
        if (who < WRITER_COUNT) {
            acknowledged_total += heard * batch_sizes[who];
            streams[who].acknowledged = last;
        } else {
            ticks_total += heard;
        }
    }
}

/* ---- what is left ---- */

/* Which numbers of each stream are there. */
struct tally {
    int64_t counts[WRITER_COUNT];
    int64_t greatest[WRITER_COUNT];
    int64_t others;
};

static int tally_record(void *userdata, struct community_text json)
{
    static const char member[] = "\"external_id\":\"w";
    struct tally *tally = userdata;
    const char *place = memmem(json.data, json.size, member, sizeof(member) - 1);
    int who;
    long long number;
    if (place == NULL || sscanf(place + sizeof(member) - 1, "%d-%lld", &who, &number) != 2 ||
        who < 0 || who >= WRITER_COUNT) {
        tally->others++;
        return 0;
    }
    tally->counts[who]++;
    if (number > tally->greatest[who])
        tally->greatest[who] = number;
    return 0;
}

/* The same command again: the first receipt, and nothing new. */
static void repeat(struct community_desk *desk, int who, int64_t number)
{
    char json[300];
    char id[40];
    struct community_error err = {0};
    struct community_receipt *receipt;
    struct community_document *document = NULL;
    write_command(json, sizeof(json), who, number);
    CHECK(chaos_submit(&receipt, desk, json, &err) == COMMUNITY_OK);
    snprintf(id, sizeof(id), "@w%d-%lld", who, (long long)number);
    CHECK_SAYING(community_desk_get(&document, desk, chaos_text(id), chaos_text("op"), 0, &err) ==
                     COMMUNITY_OK,
                 "%s: %s", id, err.message);
    if (receipt != NULL && document != NULL) {
        /* "record":"…" of the receipt stands in the document too. */
        const struct community_text text = community_receipt_json(receipt);
        const struct community_text whole = community_document_json(document);
        const char *record = memmem(text.data, text.size, "\"record\":\"", 10);
        CHECK_SAYING(record != NULL && memmem(whole.data, whole.size, record, 10 + 36) != NULL,
                     "%s has another record than its receipt", id);
    }
    community_document_free(document);
    community_receipt_free(receipt);
    repeated_total++;
}

static void count_word(int64_t *counts, struct community_text json)
{
    static const char *const words[] = {"\"command\":\"breach\"", "\"command\":\"step\""};
    for (size_t i = 0; i < 2; i++)
        counts[i] += memmem(json.data, json.size, words[i], strlen(words[i])) != NULL;
}

static int count_timers(void *userdata, struct community_text json)
{
    count_word(userdata, json);
    return 0;
}

/* A request that only waits is breached once and reminded of once, however often tick was
 * killed. */
static void check_timers(struct community_desk *desk, int who, int64_t number)
{
    char id[40];
    int64_t counts[2] = {0};
    struct community_error err = {0};
    snprintf(id, sizeof(id), "@w%d-%lld", who, (long long)number);
    CHECK(community_desk_history(desk, chaos_text(id), chaos_text("op"), count_timers, counts,
                                 &err) == COMMUNITY_OK);
    CHECK_SAYING(counts[0] <= 1 && counts[1] <= 1, "%s: breached %lld times, reminded %lld times",
                 id, (long long)counts[0], (long long)counts[1]);
}

static void check_desk(struct chaos_random *random, community_time_ms now)
{
    struct chaos_world world;
    struct community_error err = {0};
    struct tally tally = {0};
    const struct community_find every = {.size = sizeof(every)};
    struct community_desk *desk = open_desk(&world, chaos_next(random), now, 0);
    CHECK(chaos_is_whole(desk));
    CHECK_SAYING(community_desk_find(desk, &every, chaos_text("op"), tally_record, &tally, &err) ==
                     COMMUNITY_OK,
                 "find: %s", err.message);
    CHECK(tally.others == 0);
    for (int who = 0; who < WRITER_COUNT; who++) {
        struct stream *stream = &streams[who];
        /* As many as the greatest number says: none is missing and none is there twice. */
        CHECK_SAYING(tally.counts[who] == tally.greatest[who],
                     "writer %d: %lld records, the last is number %lld", who,
                     (long long)tally.counts[who], (long long)tally.greatest[who]);
        CHECK_SAYING(tally.greatest[who] >= stream->acknowledged,
                     "writer %d: %lld was acknowledged and only %lld are there", who,
                     (long long)stream->acknowledged, (long long)tally.greatest[who]);
        CHECK_SAYING(tally.greatest[who] % batch_sizes[who] == 0, "writer %d: half a batch, %lld",
                     who, (long long)tally.greatest[who]);
        survived_total += tally.greatest[who] - stream->acknowledged;
        stream->found = tally.greatest[who];
        stream->acknowledged = tally.greatest[who];
        if (stream->found == 0)
            continue;
        repeat(desk, who, stream->found);
        repeat(desk, who, 1 + (int64_t)chaos_below(random, (uint64_t)stream->found));
        check_timers(desk, who, 1 + (int64_t)chaos_below(random, (uint64_t)stream->found));
    }
    struct tally again = {0};
    CHECK(community_desk_find(desk, &every, chaos_text("op"), tally_record, &again, &err) ==
          COMMUNITY_OK);
    CHECK_SAYING(memcmp(&again, &tally, sizeof(tally)) == 0, "repeating made something new");
    community_desk_close(desk);
}

int main(int argc, char **argv)
{
    const int cycle_count = argc > 1 ? atoi(argv[1]) : CYCLE_COUNT_DEFAULT;
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct chaos_random random = {chaos_seed(20260603)};
    const double started = chaos_seconds();
    community_time_ms now = CHAOS_START;
    rulebook = chaos_rulebook(NULL);
    chaos_path(desk_path, "desk.db");
    for (int i = 0; i < cycle_count; i++) {
        if (i % CYCLES_PER_DESK == 0) {
            now = CHAOS_START;
            make_desk(chaos_next(&random));
        }
        now += 6 * CHAOS_HOUR;
        kill_at_random(&random, now);
        check_desk(&random, now);
    }
    community_rulebook_free(rulebook);
    printf("%d cycles in %.1f s: %lld commands acknowledged, %lld more had been written, "
           "%lld ticks, %lld repeated\n",
           cycle_count, chaos_seconds() - started, (long long)acknowledged_total,
           (long long)survived_total, (long long)ticks_total, (long long)repeated_total);
    CHECK(acknowledged_total > 0);
    return chaos_finish();
}
