/* SPDX-License-Identifier: Apache-2.0
 *
 * Every call of SQLite to the file system, and every allocation of SQLite and of ours, fails in
 * turn, once and from then on. Afterwards what was acknowledged is there, what was not is whole or
 * absent, and the file is sound. Without an argument a sample; with "all" every point. */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "faulty_vfs.h"
#include "store_fixture.h"
#include "stores.h"

enum { STAGE_COUNT = 5, BASE = 100, POINTS_PER_SAMPLE = 90 };

/* What one run of the scenario was told. */
struct outcome {
    enum community_status open;
    enum community_status stages[STAGE_COUNT];
    enum community_status reading;
    enum community_status backup;
    bool backup_exists;
    bool refused_after_sync; /* or there was no failed sync to refuse after */
};

static enum community_status write_stage(struct community_store *store, uint64_t stage)
{
    static const struct community_text effects[] = {{"{}", 2}};
    bool changed;
    enum community_status status = store->begin(store->self, &changed, NULL);
    if (status != COMMUNITY_OK)
        return status;
    for (uint64_t i = 0; i < 3 && status == COMMUNITY_OK; i++) {
        struct community_store_record record = sample_record(BASE + stage * 3 + i, 1);
        struct community_store_entry entry = sample_entry(BASE + stage * 3 + i, 1);
        entry.effects = effects;
        entry.effect_count = 1;
        status = append_one(store, &record, &entry, 0, NULL, NULL);
    }
    if (status == COMMUNITY_OK)
        status = store->put_setting(store->self, text_of("stage"), text_of("done"), NULL);
    if (status == COMMUNITY_OK)
        return store->commit(store->self, NULL);
    store->rollback(store->self);
    return status;
}

static int look_at(void *userdata, const struct community_store_stored *entry)
{
    (void)userdata;
    (void)entry;
    return 0;
}

static enum community_status read_around(struct community_store *store)
{
    struct community_store_record record;
    struct community_id id = id_of(1);
    uint64_t hash;
    if (!fingerprint(store, &hash))
        return COMMUNITY_IO;
    enum community_status status = store->load(store->self, &record, &id, NULL);
    if (status == COMMUNITY_OK)
        status = store->history(store->self, &id, look_at, NULL, NULL);
    return status;
}

static const char *desk_path(void)
{
    return fixture_path("desk.db");
}

static const char *copy_path(void)
{
    return fixture_path("copy.db");
}

static struct outcome run_scenario(const struct community_allocator *allocator)
{
    struct outcome outcome = {.refused_after_sync = true};
    struct community_store store;
    struct cm_sqlite_options options = {.busy_timeout_ms = 20};
    outcome.open = cm_store_sqlite_open(&store, allocator, desk_path(), &options, NULL);
    if (outcome.open != COMMUNITY_OK)
        return outcome;
    for (uint64_t stage = 0; stage < STAGE_COUNT; stage++) {
        size_t syncs_failed = faulty_files.syncs_failed;
        outcome.stages[stage] = write_stage(&store, stage);
        bool changed;
        if (faulty_files.syncs_failed > syncs_failed) {
            outcome.refused_after_sync = store.begin(store.self, &changed, NULL) == COMMUNITY_IO;
            store.rollback(store.self);
        }
        if (stage == 1)
            outcome.reading = read_around(&store);
        if (stage == 2) {
            outcome.backup = store.backup(store.self, copy_path(), NULL, NULL, NULL);
            outcome.backup_exists = fixture_file_size(copy_path()) >= 0;
        }
    }
    store.close(store.self);
    return outcome;
}

static int64_t query(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = INT64_MIN;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return value;
}

/* How many of a stage's records there are; 3 or 0, or it is torn. */
static int64_t count_of_stage(sqlite3 *database, uint64_t stage)
{
    char sql[300];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM record r JOIN entry e ON e.record = r.id"
                   " JOIN entry_hash USING(position) JOIN private USING(position)"
                   " JOIN outbox USING(position) WHERE hex(r.uuid) BETWEEN"
                   " '0100000000000000%016" PRIX64 "' AND '0100000000000000%016" PRIX64 "'",
                   BASE + stage * 3, BASE + stage * 3 + 2);
    return query(database, sql);
}

static void describe(const struct outcome *outcome, const char *what)
{
    printf("  %s at call %zu (%s)%s%s: open %d, stages", what,
           faulty_files.fail_at + faulty_memory.fail_at, faulty_last_call,
           faulty_files.fail_on || faulty_memory.fail_on ? " and on" : "",
           faulty_files.is_full ? " full" : "", outcome->open);
    for (size_t i = 0; i < STAGE_COUNT; i++)
        printf(" %d", outcome->stages[i]);
    printf(", reading %d, backup %d\n", outcome->reading, outcome->backup);
}

/* The file as the next process finds it. */
static bool is_sound(const struct outcome *outcome)
{
    sqlite3 *database;
    bool sound = sqlite3_open(desk_path(), &database) == SQLITE_OK &&
                 query(database, "SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1;
    size_t resurrected = 0;
    int64_t total = query(database, "SELECT count(*) FROM entry");
    for (uint64_t stage = 0; stage < STAGE_COUNT; stage++) {
        int64_t count = count_of_stage(database, stage);
        bool acknowledged = outcome->open == COMMUNITY_OK && outcome->stages[stage] == COMMUNITY_OK;
        sound = sound && (count == 3 || (count == 0 && !acknowledged));
        resurrected += count == 3 && !acknowledged;
        total -= count;
    }
    /* A commit that could not be secured may come back once, as a whole; nothing else may. */
    sound = sound && resurrected <= 1 && total == 2 &&
            query(database, "SELECT max(position) = count(*) FROM entry") == 1 &&
            query(database, "SELECT count(*) FROM record") ==
                query(database, "SELECT count(*) FROM entry") - 1;
    (void)sqlite3_close(database);
    return sound;
}

static bool goes_on(void)
{
    struct community_store store;
    struct community_error err = {0};
    struct cm_sqlite_options options = {.flags = 0};
    enum community_status status =
        cm_store_sqlite_open(&store, &fixture_allocator, desk_path(), &options, &err);
    if (status == COMMUNITY_OK) {
        status = commit_sample(&store, 5000, 1, &err);
        store.close(store.self);
    }
    if (status != COMMUNITY_OK)
        printf("  afterwards: %s\n", err.message);
    return status == COMMUNITY_OK;
}

static void make_desk(void)
{
    struct community_store store;
    struct cm_sqlite_options options = {.flags = CM_SQLITE_CREATE};
    fixture_remove_database(desk_path());
    fixture_remove_database(copy_path());
    CHECK(cm_store_sqlite_open(&store, &fixture_allocator, desk_path(), &options, NULL) ==
          COMMUNITY_OK);
    CHECK(commit_sample(&store, 1, 1, NULL) == COMMUNITY_OK);
    CHECK(commit_sample(&store, 1, 2, NULL) == COMMUNITY_OK);
    store.close(store.self);
}

static bool is_memory(enum community_status status)
{
    return status == COMMUNITY_OK || status == COMMUNITY_NO_MEMORY;
}

/* One run with a fault; false when the fault lay beyond the end of it. */
static bool check_point(const struct fault_plan *files, const struct fault_plan *memory,
                        struct counting_allocator *counting)
{
    make_desk();
    faulty_files = *files;
    faulty_memory = *memory;
    struct outcome outcome = run_scenario(&counting->allocator);
    size_t failed = faulty_files.failed + faulty_memory.failed +
                    (counting->fail_at != 0 && counting->calls >= counting->fail_at);
    struct fault_plan files_after = faulty_files;
    faulty_files.fail_at = 0;
    faulty_memory.fail_at = 0;
    bool right = CHECK(is_sound(&outcome));
    right = CHECK(goes_on()) && right;
    right = CHECK(outcome.refused_after_sync) && right;
    right = CHECK(outcome.backup_exists ==
                  (outcome.open == COMMUNITY_OK && outcome.backup == COMMUNITY_OK)) &&
            right;
    right = CHECK(counting->live == 0) && right;
    if (files->fail_at == 0) {
        for (size_t i = 0; i < STAGE_COUNT; i++)
            right = CHECK(is_memory(outcome.stages[i])) && right;
        right = CHECK(is_memory(outcome.open) && is_memory(outcome.backup)) && right;
    }
    if (!right) {
        faulty_files = files_after;
        faulty_memory.fail_at = memory->fail_at;
        describe(&outcome, files->fail_at != 0 ? "file" : "memory");
        faulty_files.fail_at = 0;
        faulty_memory.fail_at = 0;
    }
    return failed > 0;
}

enum fault_kind { FILE_FAULT, FULL_FAULT, SQLITE_MEMORY_FAULT, OWN_MEMORY_FAULT };

static bool check_fault(enum fault_kind kind, size_t fail_at, bool fail_on)
{
    struct counting_allocator counting;
    struct fault_plan files = {.fail_on = fail_on};
    struct fault_plan memory = {.fail_on = fail_on};
    (void)counting_allocator_init(&counting);
    counting.fail_on = fail_on;
    switch (kind) {
    case FULL_FAULT:
        files.is_full = true;
        files.fail_at = fail_at;
        break;
    case FILE_FAULT:
        files.fail_at = fail_at;
        break;
    case SQLITE_MEMORY_FAULT:
        memory.fail_at = fail_at;
        break;
    case OWN_MEMORY_FAULT:
        counting.fail_at = fail_at;
        break;
    }
    return check_point(&files, &memory, &counting);
}

/* The calls of a run in which nothing fails. */
static size_t call_count(enum fault_kind kind)
{
    struct counting_allocator counting;
    (void)counting_allocator_init(&counting);
    make_desk();
    faulty_files = (struct fault_plan){.calls = 0};
    faulty_memory = (struct fault_plan){.calls = 0};
    struct outcome outcome = run_scenario(&counting.allocator);
    CHECK(outcome.open == COMMUNITY_OK && outcome.stages[STAGE_COUNT - 1] == COMMUNITY_OK);
    CHECK(outcome.reading == COMMUNITY_OK && outcome.backup == COMMUNITY_OK);
    switch (kind) {
    case FILE_FAULT:
    case FULL_FAULT:
        return faulty_files.calls;
    case SQLITE_MEMORY_FAULT:
        return faulty_memory.calls;
    case OWN_MEMORY_FAULT:
        break;
    }
    return counting.calls;
}

static void check_kind(enum fault_kind kind, const char *name, bool all)
{
    size_t count = call_count(kind);
    size_t step = all || count < POINTS_PER_SAMPLE ? 1 : count / POINTS_PER_SAMPLE;
    size_t points = 0;
    for (int fail_on = 0; fail_on < 2; fail_on++) {
        for (size_t fail_at = 1 + (fail_on != 0) * (step / 2); fail_at <= count; fail_at += step)
            points += check_fault(kind, fail_at, fail_on != 0);
    }
    CHECK(points > 0);
    printf("%s: %zu calls, %zu faults\n", name, count, points);
}

int main(int argc, char **argv)
{
    bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    if (!CHECK(faulty_install()) || !fixture_make_directory())
        return fixture_finish();
    check_kind(FILE_FAULT, "the file system fails", all);
    check_kind(FULL_FAULT, "the disk is full", all);
    check_kind(SQLITE_MEMORY_FAULT, "SQLite has no memory", all);
    check_kind(OWN_MEMORY_FAULT, "we have no memory", all);
    fixture_remove_directory();
    return fixture_finish();
}
