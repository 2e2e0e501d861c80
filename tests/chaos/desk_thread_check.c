/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads, each with a desk of its own on one file and nothing shared but a rulebook, open,
 * move, read, tick and verify. The build with ThreadSanitizer looks for what they share without
 * knowing. */
#include "chaos_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREAD_COUNT = 4, ROUND_COUNT = 30 };

static char desk_path[CHAOS_PATH_SIZE];

struct worker {
    int number;
    const struct community_rulebook *rulebook;
    int done;
    int failed;
    char first_error[300];
};

static void note(struct worker *worker, const char *what, enum community_status status,
                 const struct community_error *err)
{
    if (status == COMMUNITY_OK) {
        worker->done++;
        return;
    }
    if (worker->failed++ == 0)
        snprintf(worker->first_error, sizeof(worker->first_error), "%.80s: %d %s %.150s", what,
                 status, err->code, err->message);
}

static void submit(struct worker *worker, struct community_desk *desk, const char *json)
{
    struct community_error err = {0};
    struct community_receipt *receipt;
    enum community_status status = chaos_submit(&receipt, desk, json, &err);
    if (status == COMMUNITY_OK && !community_receipt_is_accepted(receipt))
        status = COMMUNITY_INVALID;
    note(worker, json, status, &err);
    community_receipt_free(receipt);
}

static int count_size(void *userdata, struct community_text json)
{
    *(size_t *)userdata += json.size;
    return 0;
}

static void look(struct worker *worker, struct community_desk *desk)
{
    size_t size = 0;
    struct community_error err = {0};
    struct community_document *document;
    struct community_verification found = {.size = sizeof(found)};
    const struct community_find every = {.size = sizeof(every), .limit = 20};
    note(worker, "find",
         community_desk_find(desk, &every, chaos_text("op"), count_size, &size, &err), &err);
    enum community_status status =
        community_desk_options(&document, desk, chaos_text("@t0-0"), chaos_text("op"), &err);
    /* The first thread may not have opened it yet. */
    note(worker, "options", status == COMMUNITY_NOT_FOUND ? COMMUNITY_OK : status, &err);
    community_document_free(document);
    err = (struct community_error){0};
    note(worker, "tick", community_desk_tick(desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, &err),
         &err);
    status = community_desk_verify(&found, desk, NULL, NULL, &err);
    note(worker, "verify", status == COMMUNITY_OK && !found.is_whole ? COMMUNITY_CORRUPT : status,
         &err);
}

/* The shared rulebook is read while other threads read it too. */
static void count_days(struct worker *worker)
{
    struct community_error err = {0};
    struct community_document *document;
    community_time_ms due;
    int32_t offset;
    note(worker, "due",
         community_calendar_due(&due, &offset, worker->rulebook, chaos_text("office"), CHAOS_START,
                                chaos_text("5 working days"), &err),
         &err);
    const enum community_status status =
        community_calendar_explain(&document, worker->rulebook, chaos_text("patrol"), CHAOS_START,
                                   chaos_text("9 working hours"), &err);
    note(worker, "explain", status, &err);
    community_document_free(document);
}

static void *work(void *userdata)
{
    struct worker *worker = userdata;
    struct community_error err = {0};
    struct community_desk *desk;
    struct chaos_world world = {.now = CHAOS_START + CHAOS_DAY,
                                .random = {(uint64_t)worker->number + 500}};
    struct community_desk_configuration made = chaos_configuration(&world, 0);
    made.busy_timeout_ms = 60000; /* a sanitizer makes everybody slow */
    const enum community_status status =
        community_desk_open(&desk, chaos_text(desk_path), &made, &err);
    note(worker, "open", status, &err);
    for (int round = 0; status == COMMUNITY_OK && round < ROUND_COUNT; round++) {
        char json[300];
        world.now += CHAOS_HOUR;
        snprintf(json, sizeof(json),
                 "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"t%d-%d\","
                 "\"actor\":\"resident\",\"key\":\"t%d-%d\",\"data\":{\"subject\":\"s\","
                 "\"caller\":\"c\"}}",
                 worker->number, round, worker->number, round);
        submit(worker, desk, json);
        snprintf(json, sizeof(json),
                 "{\"command\":\"dispatch\",\"record\":\"@t%d-%d\",\"actor\":\"op\","
                 "\"data\":{\"lead_unit\":\"water\"}}",
                 worker->number, round);
        submit(worker, desk, json);
        count_days(worker);
        note(worker, "install",
             community_desk_install(desk, worker->rulebook, chaos_text("admin"), &err), &err);
        if (round % 10 == worker->number)
            look(worker, desk);
    }
    community_desk_close(desk);
    return NULL;
}

int main(void)
{
    struct community_error err = {0};
    struct chaos_world world = {.now = CHAOS_START, .random = {1}};
    struct worker workers[THREAD_COUNT];
    pthread_t threads[THREAD_COUNT];
    struct community_desk *desk;
    struct community_rulebook *rulebook = chaos_rulebook(NULL);
    struct community_desk_configuration made = chaos_configuration(&world, COMMUNITY_DESK_CREATE);
    const double started = chaos_seconds();
    chaos_path(desk_path, "desk.db");
    if (community_desk_open(&desk, chaos_text(desk_path), &made, &err) != COMMUNITY_OK ||
        community_desk_install(desk, rulebook, chaos_text("admin"), &err) != COMMUNITY_OK)
        chaos_stop("the desk", &err);
    chaos_put_directory(desk);
    for (int i = 0; i < THREAD_COUNT; i++) {
        workers[i] = (struct worker){.number = i, .rulebook = rulebook};
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            chaos_stop("a thread", NULL);
    }
    int done = 0;
    for (int i = 0; i < THREAD_COUNT; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK_SAYING(workers[i].failed == 0, "thread %d: %d failures, the first: %s", i,
                     workers[i].failed, workers[i].first_error);
        done += workers[i].done;
    }
    size_t size = 0;
    const struct community_find every = {.size = sizeof(every)};
    CHECK(community_desk_find(desk, &every, chaos_text("op"), count_size, &size, &err) ==
          COMMUNITY_OK);
    CHECK(size > 0);
    CHECK(chaos_is_whole(desk));
    community_desk_close(desk);
    community_rulebook_free(rulebook);
    printf("%d threads, %d calls in %.1f s\n", THREAD_COUNT, done, chaos_seconds() - started);
    return chaos_finish();
}
