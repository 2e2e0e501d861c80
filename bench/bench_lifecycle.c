/* SPDX-License-Identifier: Apache-2.0
 *
 * Job A: attempts a second of decide and evolve with full refusal reasons, no entry bytes, beside a
 * state table written by hand, in the same run. Usage: bench-lifecycle RULEBOOK */
#include <stdio.h>
#include <stdlib.h>

#include "community/rulebook.h"
#include "decide.h"
#include "default_allocator.h"
#include "rulebook.h"
#include "text.h"
#include "timing.h"

enum { ROUNDS = 7, LAPS = 40000, TABLE_LAPS = 4000000, ATTEMPTS = 13 };

struct attempt {
    const char *name;
    const char *role;
    int accepted;
};

static const struct attempt lap[ATTEMPTS] = {
    {"triage", "resident", 0}, {"triage", "dispatcher", 1}, {"assign", "dispatcher", 1},
    {"start", "worker", 1},    {"submit", "worker", 1},     {"rework", "inspector", 1},
    {"submit", "worker", 1},   {"approve", "worker", 0},    {"approve", "inspector", 1},
    {"close", "resident", 1},  {"reopen", "resident", 1},   {"reject", "dispatcher", 1},
    {"appeal", "resident", 1},
};

/* ---- the library ---- */

static const struct cm_grant grants[] = {
    /* Each role is held by a person of the same name. */
    {.person = CM_TEXT("dispatcher"),
     .role = CM_TEXT("dispatcher"),
     .unit = CM_TEXT("street"),
     .from = INT64_MIN,
     .to = INT64_MAX,
     .version = 1},
    {.person = CM_TEXT("inspector"),
     .role = CM_TEXT("inspector"),
     .unit = CM_TEXT("street"),
     .from = INT64_MIN,
     .to = INT64_MAX,
     .version = 1},
    {.person = CM_TEXT("resident"),
     .role = CM_TEXT("resident"),
     .unit = CM_TEXT("street"),
     .from = INT64_MIN,
     .to = INT64_MAX,
     .version = 1},
    {.person = CM_TEXT("worker"),
     .role = CM_TEXT("worker"),
     .unit = CM_TEXT("street"),
     .from = INT64_MIN,
     .to = INT64_MAX,
     .version = 1},
};
static const struct cm_directory directory = {.grant_count = sizeof(grants) / sizeof(grants[0]),
                                              .grants = grants};

static void open_ticket(struct cm_record *record, struct cm_arena *arena,
                        const struct cm_lifecycle *lifecycle)
{
    struct cm_decision decision;
    const struct cm_request request = {.name = CM_TEXT("open"), .actor = CM_TEXT("resident")};
    bench_require(cm_record_make(record, arena, lifecycle), "memory");
    cm_decision_init(&decision, arena);
    cm_decide_open(&decision, record, &request, &directory);
    bench_require(decision.accepted, "opening");
    bench_require(cm_evolve(record, arena, &decision.outcome), "memory");
}

/* CPU seconds for one attempt of the library. */
static double run_library(const struct cm_lifecycle *lifecycle)
{
    struct cm_arena kept;
    struct cm_arena scratch;
    struct cm_record record;
    cm_arena_init(&kept, cm_default_allocator(), 4096);
    cm_arena_init(&scratch, cm_default_allocator(), 4096);
    open_ticket(&record, &kept, lifecycle);
    const double begin = bench_cpu_seconds();
    for (int i = 0; i < LAPS * ATTEMPTS; i++) {
        const struct attempt *attempt = &lap[i % ATTEMPTS];
        struct cm_decision decision;
        const struct cm_request request = {.name = cm_text(attempt->name),
                                           .actor = cm_text(attempt->role),
                                           .at = i,
                                           .now = i,
                                           .recorded_at = i};
        cm_arena_reset(&scratch);
        cm_decision_init(&decision, &scratch);
        cm_decide_move(&decision, &record, &request, &directory);
        if (decision.accepted)
            bench_require(cm_evolve(&record, &kept, &decision.outcome), "memory");
        bench_require(decision.accepted == attempt->accepted, attempt->name);
        bench_require(decision.accepted || decision.reason_count > 0, "a reason");
    }
    const double spent = bench_cpu_seconds() - begin;
    bench_require(record.state == lifecycle->start, "the lap ends where it began");
    cm_arena_free(&scratch);
    cm_arena_free(&kept);
    return spent / (LAPS * (double)ATTEMPTS);
}

/* ---- the same by hand ---- */

enum state { NEW, TRIAGED, ASSIGNED, IN_PROGRESS, REVIEW, RESOLVED, CLOSED, REJECTED, STATES };
enum event {
    TRIAGE,
    ASSIGN,
    START,
    SUBMIT,
    REWORK,
    APPROVE,
    CLOSE,
    REOPEN,
    REJECT,
    APPEAL,
    EVENTS
};
enum role { DISPATCHER, WORKER, INSPECTOR, RESIDENT };

struct cell {
    signed char to; /* -1: not possible */
    signed char role;
};

static struct cell table[STATES][EVENTS];

static void allow(enum state from, enum event event, enum state to, enum role role)
{
    table[from][event] = (struct cell){.to = (signed char)to, .role = (signed char)role};
}

static void fill_table(void)
{
    for (int state = 0; state < STATES; state++) {
        for (int event = 0; event < EVENTS; event++)
            table[state][event] = (struct cell){.to = -1};
    }
    allow(NEW, TRIAGE, TRIAGED, DISPATCHER);
    allow(TRIAGED, ASSIGN, ASSIGNED, DISPATCHER);
    allow(ASSIGNED, START, IN_PROGRESS, WORKER);
    allow(IN_PROGRESS, SUBMIT, REVIEW, WORKER);
    allow(REVIEW, REWORK, IN_PROGRESS, INSPECTOR);
    allow(REVIEW, APPROVE, RESOLVED, INSPECTOR);
    allow(RESOLVED, CLOSE, CLOSED, RESIDENT);
    allow(CLOSED, REOPEN, TRIAGED, RESIDENT);
    allow(NEW, REJECT, REJECTED, DISPATCHER);
    allow(TRIAGED, REJECT, REJECTED, DISPATCHER);
    allow(REJECTED, APPEAL, NEW, RESIDENT);
}

static const struct {
    unsigned char event;
    unsigned char role;
} table_lap[ATTEMPTS] = {
    {TRIAGE, RESIDENT},   {TRIAGE, DISPATCHER}, {ASSIGN, DISPATCHER}, {START, WORKER},
    {SUBMIT, WORKER},     {REWORK, INSPECTOR},  {SUBMIT, WORKER},     {APPROVE, WORKER},
    {APPROVE, INSPECTOR}, {CLOSE, RESIDENT},    {REOPEN, RESIDENT},   {REJECT, DISPATCHER},
    {APPEAL, RESIDENT},
};

static double run_table(void)
{
    volatile int seen = 0; /* so that the loop is not computed away */
    int state = NEW;
    long accepted = 0;
    const double begin = bench_cpu_seconds();
    for (int i = 0; i < TABLE_LAPS; i++) {
        for (int j = 0; j < ATTEMPTS; j++) {
            const struct cell cell = table[state][table_lap[j].event];
            if (cell.to >= 0 && cell.role == table_lap[j].role) {
                state = cell.to;
                accepted++;
            }
        }
        seen = state;
    }
    const double spent = bench_cpu_seconds() - begin;
    bench_require(seen == NEW && accepted == 11L * TABLE_LAPS, "the table");
    return spent / (TABLE_LAPS * (double)ATTEMPTS);
}

int main(int argc, char **argv)
{
    struct community_error err = {0};
    struct community_rulebook *rulebook;
    double library[ROUNDS];
    double by_hand[ROUNDS];
    double ratio[ROUNDS];
    size_t size;
    bench_require(argc == 2, "usage: bench-lifecycle RULEBOOK");
    char *text = bench_read_file(argv[1], &size);
    if (community_rulebook_load(&rulebook, (struct community_text){text, size}, cm_text(argv[1]),
                                NULL, &err) != COMMUNITY_OK) {
        fprintf(stderr, "%s:%u:%u: %s\n", argv[1], err.line, err.column, err.message);
        return 2;
    }
    fill_table();
    for (int i = 0; i < ROUNDS; i++) {
        library[i] = run_library(&rulebook->lifecycles[0]);
        by_hand[i] = run_table();
        ratio[i] = by_hand[i] / library[i];
    }
    printf("job A          %10.0f attempts/s   decide + evolve, all reasons\n",
           1 / bench_median(library, ROUNDS));
    printf("table by hand  %10.0f attempts/s\n", 1 / bench_median(by_hand, ROUNDS));
    const double median = bench_median(ratio, ROUNDS);
    printf("ratio          %10.4f             1/%.0f of the table (to reach: 1/100)\n", median,
           1 / median);
    community_rulebook_free(rulebook);
    free(text);
    return 0;
}
