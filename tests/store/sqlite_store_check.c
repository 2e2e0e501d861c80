/* SPDX-License-Identifier: Apache-2.0
 *
 * What only the SQLite store has: a file, other processes, a schema, a log, copies. */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sqlite_schema.h"
#include "store_fixture.h"
#include "stores.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static enum community_status open_at(struct community_store *out, const char *path, uint32_t flags,
                                     struct community_error *err)
{
    struct cm_sqlite_options options = {.flags = flags};
    return cm_store_sqlite_open(out, &fixture_allocator, path, &options, err);
}

static bool created(struct community_store *out, const char *path)
{
    struct community_error err = {0};
    fixture_remove_database(path);
    bool done = CHECK(open_at(out, path, CM_SQLITE_CREATE, &err) == COMMUNITY_OK);
    if (!done)
        printf("%s: %s\n", path, err.message);
    return done;
}

/* The status, and the word of the error with its two sentences and the path. */
static void check_refused(const char *path, uint32_t flags, enum community_status status,
                          const char *code)
{
    struct community_store store;
    struct community_error err = {0};
    enum community_status got = open_at(&store, path, flags, &err);
    bool is_right = CHECK(got == status && err.status == status && strcmp(err.code, code) == 0);
    if (!is_right)
        printf("%s: %d %s: %s\n", path, got, err.code, err.message);
    CHECK(err.message[0] != '\0' && err.message_zh[0] != '\0');
    CHECK(strstr(err.source, path) != NULL || strlen(path) >= sizeof(err.source));
    if (got == COMMUNITY_OK)
        store.close(store.self);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!CHECK(file != NULL))
        return;
    CHECK(fwrite(bytes, 1, size, file) == size);
    CHECK(fclose(file) == 0);
}

static bool run_sql(const char *path, const char *sql)
{
    sqlite3 *database;
    bool done = sqlite3_open(path, &database) == SQLITE_OK &&
                sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK;
    if (!CHECK(done))
        printf("%s: %s\n", sql, sqlite3_errmsg(database));
    (void)sqlite3_close(database);
    return done;
}

static int64_t query(const char *path, const char *sql)
{
    sqlite3 *database;
    sqlite3_stmt *statement = NULL;
    int64_t value = INT64_MIN;
    if (sqlite3_open(path, &database) == SQLITE_OK &&
        sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(database);
    return value;
}

static bool is_whole(const char *path)
{
    return query(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1 &&
           query(path, "SELECT count(*) = ifnull(max(position), 0) FROM entry") == 1 &&
           query(path, "SELECT count(*) FROM entry") ==
               query(path, "SELECT count(*) FROM entry_hash");
}

static void pause_ms(long count)
{
    struct timespec time = {.tv_sec = count / 1000, .tv_nsec = count % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

static bool child_succeeded(pid_t child)
{
    int status;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Files that are not desks stay as they are. */

static void check_files_of_others(void)
{
    static const char garbage[] = "This is a letter to the street office, not a database. ";
    const char *letter = fixture_path("letter.txt");
    const char *other = fixture_path("other.db");
    const char *empty = fixture_path("empty.db");
    write_file(letter, garbage, sizeof(garbage));
    write_file(empty, "", 0);
    CHECK(run_sql(other, "CREATE TABLE t(x); INSERT INTO t VALUES(1);"));
    long other_size = fixture_file_size(other);

    check_refused(fixture_path("absent.db"), 0, COMMUNITY_NOT_FOUND, "store-not-found");
    check_refused(fixture_path("absent.db"), CM_SQLITE_READ_ONLY, COMMUNITY_NOT_FOUND,
                  "store-not-found");
    CHECK(fixture_file_size(fixture_path("absent.db")) == -1);
    check_refused(fixture_path("no/such/folder.db"), CM_SQLITE_CREATE, COMMUNITY_IO, "store-io");
    check_refused(fixture_directory(), 0, COMMUNITY_IO, "store-io");
    check_refused(letter, 0, COMMUNITY_CORRUPT, "store-not-a-desk");
    check_refused(letter, CM_SQLITE_CREATE, COMMUNITY_EXISTS, "store-exists");
    check_refused(other, 0, COMMUNITY_CORRUPT, "store-not-a-desk");
    check_refused(other, CM_SQLITE_CREATE, COMMUNITY_EXISTS, "store-exists");
    check_refused(empty, 0, COMMUNITY_CORRUPT, "store-not-a-desk");
    check_refused(empty, CM_SQLITE_READ_ONLY, COMMUNITY_CORRUPT, "store-not-a-desk");
    CHECK(fixture_file_size(letter) == (long)sizeof(garbage));
    CHECK(fixture_file_size(other) == other_size);
    CHECK(fixture_file_size(empty) == 0);
    CHECK(query(other, "SELECT journal_mode = 'delete' FROM pragma_journal_mode") == 1);

    struct community_store store;
    CHECK(open_at(&store, empty, CM_SQLITE_CREATE, NULL) == COMMUNITY_OK);
    CHECK(commit_sample(&store, 1, 1, NULL) == COMMUNITY_OK);
    store.close(store.self);
    check_refused(empty, CM_SQLITE_CREATE, COMMUNITY_EXISTS, "store-exists");
    CHECK(query(empty, "SELECT count(*) FROM entry") == 1);
}

/* Names that mean something to SQLite are files to us. */
static void check_names(void)
{
    static const char *const names[] = {":memory:", "file:x.db?mode=memory", "a b'c\".db"};
    char before[400];
    CHECK(getcwd(before, sizeof(before)) != NULL);
    CHECK(chdir(fixture_directory()) == 0);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct community_store store;
        if (created(&store, names[i])) {
            CHECK(commit_sample(&store, 1, 1, NULL) == COMMUNITY_OK);
            store.close(store.self);
        }
        CHECK(fixture_file_size(names[i]) > 0);
    }
    CHECK(chdir(before) == 0);
    check_refused("", 0, COMMUNITY_IO, "store-io");
}

/* Schema. */

static void check_versions(void)
{
    const char *path = fixture_path("versions.db");
    struct community_store store;
    if (!created(&store, path))
        return;
    CHECK(commit_sample(&store, 1, 1, NULL) == COMMUNITY_OK);
    store.close(store.self);
    CHECK(query(path, "PRAGMA application_id") == CM_SQLITE_APPLICATION_ID);
    CHECK(query(path, "PRAGMA user_version") == (int64_t)cm_sqlite_migration_count);
    CHECK(query(path, "SELECT journal_mode = 'wal' FROM pragma_journal_mode") == 1);

    CHECK(run_sql(path, "PRAGMA user_version = 99"));
    check_refused(path, 0, COMMUNITY_TOO_NEW, "store-too-new");
    check_refused(path, CM_SQLITE_READ_ONLY, COMMUNITY_TOO_NEW, "store-too-new");
    CHECK(query(path, "PRAGMA user_version") == 99);
    CHECK(run_sql(path, "PRAGMA user_version = 1; UPDATE migration SET sql = sql || ' '"));
    check_refused(path, 0, COMMUNITY_CORRUPT, "store-corrupt");
    CHECK(run_sql(path, "DELETE FROM migration"));
    check_refused(path, 0, COMMUNITY_CORRUPT, "store-corrupt");
    CHECK(run_sql(path, "DROP TABLE migration"));
    check_refused(path, 0, COMMUNITY_CORRUPT, "store-corrupt");
}

static enum community_status migrate(const char *path, enum cm_sqlite_schema_use use,
                                     const char *const *steps, size_t count,
                                     struct community_error *err)
{
    sqlite3 *database;
    CHECK(sqlite3_open(path, &database) == SQLITE_OK);
    enum community_status status = cm_sqlite_schema_check(database, use, steps, count, err);
    if (status == COMMUNITY_OK)
        status = cm_sqlite_schema_migrate(database, use, steps, count, err);
    CHECK(sqlite3_get_autocommit(database) != 0);
    (void)sqlite3_close(database);
    return status;
}

static void check_migrations(void)
{
    static const char *const steps[] = {
        "CREATE TABLE one(x); INSERT INTO one VALUES(1)",
        "ALTER TABLE one ADD COLUMN y; UPDATE one SET y = 2",
        "CREATE TABLE three(x); INSERT INTO three SELECT y + 1 FROM one",
    };
    const char *const broken[] = {steps[0], steps[1],
                                  "CREATE TABLE three(x); INSERT INTO nowhere VALUES(1)"};
    const char *path = fixture_path("migrations.db");
    struct community_error err = {0};
    CHECK(migrate(path, CM_SQLITE_SCHEMA_CREATE, steps, 1, NULL) == COMMUNITY_OK);
    CHECK(migrate(path, CM_SQLITE_SCHEMA_CREATE, steps, 1, NULL) == COMMUNITY_EXISTS);
    CHECK(migrate(path, CM_SQLITE_SCHEMA_READ, steps, 3, &err) == COMMUNITY_UNSUPPORTED);
    CHECK(strcmp(err.code, "store-too-old") == 0);
    CHECK(query(path, "PRAGMA user_version") == 1);

    CHECK(migrate(path, CM_SQLITE_SCHEMA_OPEN, broken, 3, NULL) == COMMUNITY_CORRUPT);
    CHECK(query(path, "PRAGMA user_version") == 2);
    CHECK(query(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'three'") == 0);
    CHECK(migrate(path, CM_SQLITE_SCHEMA_OPEN, steps, 3, NULL) == COMMUNITY_OK);
    CHECK(query(path, "PRAGMA user_version") == 3);
    CHECK(query(path, "SELECT x FROM three") == 3);
    CHECK(migrate(path, CM_SQLITE_SCHEMA_OPEN, steps, 3, NULL) == COMMUNITY_OK);
    CHECK(query(path, "SELECT count(*) FROM migration") == 3);
    CHECK(migrate(path, CM_SQLITE_SCHEMA_OPEN, steps, 2, NULL) == COMMUNITY_TOO_NEW);
}

/* Damage. */

static int count_entry(void *userdata, const struct community_store_stored *entry)
{
    size_t *without_hash = userdata;
    *without_hash += !entry->has_hash;
    return 0;
}

static size_t copy_file(const char *from, const char *to, long size)
{
    char *bytes = malloc((size_t)size);
    FILE *file = fopen(from, "rb");
    size_t read = file == NULL ? 0 : fread(bytes, 1, (size_t)size, file);
    if (file != NULL)
        (void)fclose(file);
    fixture_remove_database(to);
    write_file(to, bytes, read);
    free(bytes);
    return read;
}

static void check_truncated(void)
{
    const char *path = fixture_path("whole.db");
    const char *cut = fixture_path("cut.db");
    struct community_store store;
    size_t without_hash = 0;
    if (!created(&store, path))
        return;
    for (uint64_t i = 1; i <= 200; i++)
        CHECK(commit_sample(&store, i, 1, NULL) == COMMUNITY_OK);
    store.close(store.self);
    long size = fixture_file_size(path);
    size_t refused = 0;
    for (long kept = 100; kept < size; kept += 3517) {
        copy_file(path, cut, kept);
        struct community_error err = {0};
        enum community_status status = open_at(&store, cut, 0, &err);
        if (status == COMMUNITY_OK) {
            status = store.entries(store.self, 1, count_entry, &without_hash, &err);
            if (status == COMMUNITY_OK)
                status = commit_sample(&store, 300, 1, &err);
            store.close(store.self);
        }
        CHECK(status == COMMUNITY_OK || status == COMMUNITY_CORRUPT || status == COMMUNITY_IO);
        refused += status != COMMUNITY_OK;
    }
    CHECK(refused > 0);
}

static void check_damaged_rows(void)
{
    const char *path = fixture_path("damaged.db");
    struct community_store store;
    struct community_error err = {0};
    struct community_id id = id_of(1);
    size_t without_hash = 0;
    if (!created(&store, path))
        return;
    for (int64_t version = 1; version <= 4; version++)
        CHECK(commit_sample(&store, 1, version, NULL) == COMMUNITY_OK);
    CHECK(run_sql(path, "DELETE FROM entry_hash WHERE position = 2"));
    CHECK(store.entries(store.self, 1, count_entry, &without_hash, NULL) == COMMUNITY_OK);
    CHECK(without_hash == 1);
    CHECK(run_sql(path, "UPDATE entry SET previous_position = 4 WHERE position = 2"));
    CHECK(store.history(store.self, &id, count_entry, &without_hash, &err) == COMMUNITY_CORRUPT);
    CHECK(strcmp(err.code, "store-chain") == 0 && strstr(err.message, "2") != NULL);
    CHECK(run_sql(path, "DELETE FROM entry WHERE position = 2"));
    CHECK(store.history(store.self, &id, count_entry, &without_hash, NULL) == COMMUNITY_CORRUPT);
    CHECK(run_sql(path, "UPDATE record SET hash = x'00'"));
    struct community_store_record record;
    CHECK(store.load(store.self, &record, &id, NULL) == COMMUNITY_CORRUPT);
    store.close(store.self);
}

/* At the end of the numbers there is a clean error and nothing written. */
static void check_last_position(void)
{
    const char *path = fixture_path("last.db");
    struct community_store store;
    struct community_error err = {0};
    if (!created(&store, path))
        return;
    CHECK(commit_sample(&store, 1, 1, NULL) == COMMUNITY_OK);
    CHECK(run_sql(path, "UPDATE entry SET position = 9223372036854775806"));
    CHECK(commit_sample(&store, 2, 1, NULL) == COMMUNITY_OK);
    CHECK(commit_sample(&store, 3, 1, &err) == COMMUNITY_IO && strcmp(err.code, "store-full") == 0);
    CHECK(query(path, "SELECT count(*) FROM entry") == 2);
    CHECK(query(path, "SELECT max(position) FROM entry") == INT64_MAX);
    CHECK(query(path, "SELECT count(*) FROM record") == 2);
    store.close(store.self);
}

/* Others. */

static void check_changed(void)
{
    const char *path = fixture_path("changed.db");
    struct community_store one;
    struct community_store two;
    bool changed = false;
    if (!created(&one, path))
        return;
    CHECK(open_at(&two, path, 0, NULL) == COMMUNITY_OK);
    CHECK(one.begin(one.self, &changed, NULL) == COMMUNITY_OK && changed);
    CHECK(one.commit(one.self, NULL) == COMMUNITY_OK);
    CHECK(commit_sample(&one, 1, 1, NULL) == COMMUNITY_OK);
    CHECK(one.begin(one.self, &changed, NULL) == COMMUNITY_OK && !changed);
    one.rollback(one.self);
    CHECK(one.begin(one.self, &changed, NULL) == COMMUNITY_OK && !changed);
    one.rollback(one.self);
    CHECK(commit_sample(&two, 2, 1, NULL) == COMMUNITY_OK);
    /* Neither a read nor an acknowledgement hides it from the next transaction. */
    struct community_store_record record;
    struct community_id id = id_of(2);
    CHECK(one.load(one.self, &record, &id, NULL) == COMMUNITY_OK);
    CHECK(one.acknowledge(one.self, text_of("1-1"), NULL) == COMMUNITY_NOT_FOUND);
    CHECK(one.begin(one.self, &changed, NULL) == COMMUNITY_OK && changed);
    one.rollback(one.self);
    CHECK(one.begin(one.self, &changed, NULL) == COMMUNITY_OK && !changed);
    one.rollback(one.self);
    CHECK(commit_sample(&one, 3, 1, NULL) == COMMUNITY_OK);
    CHECK(commit_sample(&one, 2, 1, NULL) == COMMUNITY_CONFLICT);
    CHECK(query(path, "SELECT max(position) FROM entry") == 3);
    one.close(one.self);
    two.close(two.self);
    CHECK(is_whole(path));
}

static void check_busy(void)
{
    const char *path = fixture_path("busy.db");
    struct community_store one;
    struct community_store two;
    struct community_error err = {0};
    struct cm_sqlite_options hasty = {.busy_timeout_ms = 50};
    bool changed;
    if (!created(&one, path))
        return;
    CHECK(cm_store_sqlite_open(&two, &fixture_allocator, path, &hasty, NULL) == COMMUNITY_OK);
    CHECK(one.begin(one.self, &changed, NULL) == COMMUNITY_OK);
    CHECK(two.begin(two.self, &changed, &err) == COMMUNITY_BUSY);
    CHECK(strcmp(err.code, "store-busy") == 0);
    struct community_store_record record;
    struct community_id id = id_of(1);
    CHECK(two.load(two.self, &record, &id, NULL) == COMMUNITY_NOT_FOUND);
    one.rollback(one.self);
    CHECK(commit_sample(&two, 1, 1, NULL) == COMMUNITY_OK);
    one.close(one.self);
    two.close(two.self);
}

/* Commits `count` records from `first` on; a child's whole work. */
static int write_records(const char *path, uint64_t first, uint64_t count)
{
    struct community_store store;
    struct community_error err = {0};
    if (open_at(&store, path, 0, &err) != COMMUNITY_OK)
        return 2;
    for (uint64_t i = 0; i < count; i++) {
        enum community_status status = commit_sample(&store, first + i, 1, &err);
        if (status != COMMUNITY_OK) {
            printf("writer: %d %s\n", status, err.message);
            (void)fflush(stdout);
            return 1;
        }
    }
    store.close(store.self);
    return 0;
}

static pid_t start_writer(const char *path, uint64_t first, uint64_t count)
{
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(write_records(path, first, count));
    return child;
}

static void check_writers(void)
{
    enum { WRITER_COUNT = 4, EACH = 150 };
    const char *path = fixture_path("writers.db");
    struct community_store store;
    pid_t children[WRITER_COUNT];
    if (!created(&store, path))
        return;
    store.close(store.self);
    for (uint64_t i = 0; i < WRITER_COUNT; i++)
        children[i] = start_writer(path, (i + 1) * 1000, EACH);
    for (int i = 0; i < 40; i++) { /* somebody who opens and closes the file beside us */
        int file = open(path, O_RDONLY);
        char byte;
        CHECK(file >= 0 && read(file, &byte, 1) == 1);
        (void)close(file);
        pause_ms(5);
    }
    for (size_t i = 0; i < WRITER_COUNT; i++)
        CHECK(child_succeeded(children[i]));
    CHECK(query(path, "SELECT count(*) FROM entry") == WRITER_COUNT * EACH);
    CHECK(is_whole(path));
}

/* Commits without a pause for a second: nobody may be left standing. */
static int write_without_pause(const char *path, uint64_t first)
{
    struct cm_sqlite_options options = {.busy_timeout_ms = 5000};
    struct community_store store;
    struct community_error err = {0};
    struct timespec now;
    if (cm_store_sqlite_open(&store, &fixture_allocator, path, &options, &err) != COMMUNITY_OK)
        return 2;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t end = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + 1500;
    uint64_t count = 0;
    while ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 < end) {
        if (commit_sample(&store, first + count, 1, &err) != COMMUNITY_OK)
            return 3;
        count++;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    }
    store.close(store.self);
    return count >= 5 ? 0 : 4;
}

static void check_writers_without_pause(void)
{
    enum { WRITER_COUNT = 3 };
    const char *path = fixture_path("pauseless.db");
    struct community_store store;
    pid_t children[WRITER_COUNT];
    if (!created(&store, path))
        return;
    store.close(store.self);
    (void)fflush(stdout);
    for (uint64_t i = 0; i < WRITER_COUNT; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(write_without_pause(path, (i + 1) * 1000000));
    }
    for (size_t i = 0; i < WRITER_COUNT; i++)
        CHECK(child_succeeded(children[i]));
    CHECK(is_whole(path));
}

/* After a fork. */

static int refuse_all(struct community_store *store)
{
    struct community_store_filter filter = {.due_before = COMMUNITY_TIME_NONE};
    struct community_store_record record;
    struct community_store_key key;
    struct community_store_change change = {.entry_count = 0};
    struct community_text text = text_of("1-1");
    struct community_error err = {0};
    struct community_id id = id_of(1);
    community_time_ms time;
    int64_t position;
    bool changed;
    void *self = store->self;
    const enum community_status answers[] = {
        store->begin(self, &changed, &err),
        store->commit(self, NULL),
        store->append(self, &position, &change, NULL),
        store->load(self, &record, &id, NULL),
        store->load_external(self, &record, text, text, NULL),
        store->next_timer(self, &record, 0, NULL),
        store->find(self, &filter, NULL, NULL, NULL),
        store->entries(self, 1, NULL, NULL, NULL),
        store->history(self, &id, NULL, NULL, NULL),
        store->tail(self, &position, &time, NULL),
        store->find_key(self, &key, text, text, NULL),
        store->put_document(self, text, text, text, NULL),
        store->document(self, &text, text, text, NULL),
        store->put_setting(self, text, text, NULL),
        store->setting(self, &text, text, NULL),
        store->outbox(self, NULL, NULL, NULL),
        store->acknowledge(self, text_of("1-1"), NULL),
        store->backup(self, fixture_path("forked.db"), NULL, NULL, NULL),
    };
    int wrong = strcmp(err.code, "store-forked") != 0;
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        wrong += answers[i] != COMMUNITY_FORKED;
    store->rollback(self);
    store->close(self);
    return wrong;
}

static void check_fork(void)
{
    const char *path = fixture_path("fork.db");
    struct community_store store;
    bool changed;
    if (!created(&store, path))
        return;
    CHECK(commit_sample(&store, 1, 1, NULL) == COMMUNITY_OK);
    CHECK(store.begin(store.self, &changed, NULL) == COMMUNITY_OK);
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(refuse_all(&store));
    CHECK(child_succeeded(child));
    /* The child's close has not let go of our lock. */
    struct community_store other;
    struct cm_sqlite_options hasty = {.busy_timeout_ms = 50};
    CHECK(cm_store_sqlite_open(&other, &fixture_allocator, path, &hasty, NULL) == COMMUNITY_OK);
    CHECK(other.begin(other.self, &changed, NULL) == COMMUNITY_BUSY);
    other.close(other.self);
    store.rollback(store.self);
    CHECK(commit_sample(&store, 1, 2, NULL) == COMMUNITY_OK);
    store.close(store.self);
    CHECK(is_whole(path));
}

/* Copies. */

struct progress {
    int64_t done;
    int64_t total;
    size_t count;
    size_t stop_at;
};

static int note_progress(void *userdata, int64_t done, int64_t total)
{
    struct progress *progress = userdata;
    progress->done = done;
    progress->total = total;
    progress->count++;
    pause_ms(2);
    return progress->count == progress->stop_at;
}

static void check_backup_of(struct community_store *store, int64_t least)
{
    const char *copy = fixture_path("copy.db");
    struct progress progress = {.count = 0};
    struct community_error err = {0};
    CHECK(store->backup(store->self, copy, note_progress, &progress, &err) == COMMUNITY_OK);
    CHECK(progress.count > 1 && progress.done == progress.total && progress.total > 1024);
    CHECK(is_whole(copy));
    CHECK(query(copy, "SELECT count(*) FROM entry") >= least);
    struct community_store again;
    if (CHECK(open_at(&again, copy, 0, &err) == COMMUNITY_OK)) {
        CHECK(commit_sample(&again, 900000, 1, NULL) == COMMUNITY_OK);
        again.close(again.self);
    }
    CHECK(store->backup(store->self, copy, NULL, NULL, &err) == COMMUNITY_EXISTS);
    CHECK(query(copy, "SELECT count(*) FROM record") > 0);

    const char *stopped = fixture_path("stopped.db");
    progress = (struct progress){.stop_at = 2};
    CHECK(store->backup(store->self, stopped, note_progress, &progress, NULL) ==
          COMMUNITY_CANCELLED);
    CHECK(fixture_file_size(stopped) == -1);
    CHECK(fixture_file_size(fixture_path("stopped.db-journal")) == -1);
    CHECK(store->backup(store->self, fixture_path("no/copy.db"), NULL, NULL, NULL) == COMMUNITY_IO);
}

/* Writes from elsewhere between the steps of a copy; each would start it anew if it held no
 * snapshot. */
struct interruption {
    struct community_store *writer;
    uint64_t count;
};

static int interrupt(void *userdata, int64_t done, int64_t total)
{
    struct interruption *interruption = userdata;
    (void)done;
    (void)total;
    interruption->count++;
    CHECK(commit_sample(interruption->writer, 100000 + interruption->count, 1, NULL) ==
          COMMUNITY_OK);
    return interruption->count == 50;
}

static void check_backup_is_of_one_moment(struct community_store *store, const char *path)
{
    const char *copy = fixture_path("moment.db");
    struct community_store writer;
    struct interruption interruption = {.writer = &writer};
    int64_t before = query(path, "SELECT count(*) FROM entry");
    CHECK(open_at(&writer, path, 0, NULL) == COMMUNITY_OK);
    CHECK(store->backup(store->self, copy, interrupt, &interruption, NULL) == COMMUNITY_OK);
    CHECK(interruption.count > 1 && interruption.count < 10);
    CHECK(query(copy, "SELECT count(*) FROM entry") == before);
    CHECK(is_whole(copy));
    writer.close(writer.self);
}

static void check_backup(void)
{
    const char *path = fixture_path("original.db");
    struct community_store store;
    bool changed;
    if (!created(&store, path))
        return;
    char *large = calloc(1, 10000);
    CHECK(store.begin(store.self, &changed, NULL) == COMMUNITY_OK);
    for (uint64_t i = 1; i <= 800; i++) {
        struct community_store_record record = sample_record(i, 1);
        struct community_store_entry entry = sample_entry(i, 1);
        entry.body = (struct community_text){large, 10000};
        CHECK(append_one(&store, &record, &entry, 0, NULL, NULL) == COMMUNITY_OK);
    }
    CHECK(store.commit(store.self, NULL) == COMMUNITY_OK);
    free(large);
    pid_t writer = start_writer(path, 5000, 200);
    check_backup_of(&store, 800);
    CHECK(child_succeeded(writer));
    check_backup_is_of_one_moment(&store, path);
    CHECK(commit_sample(&store, 1, 2, NULL) == COMMUNITY_OK);
    store.close(store.self);
    CHECK(is_whole(path));
}

/* Sudden ends. */

/* Commits until it is killed and says after each commit which one it was. */
static void write_and_tell(const char *path, int out, int64_t first_version)
{
    struct community_store store;
    bool changed;
    if (open_at(&store, path, 0, NULL) != COMMUNITY_OK)
        _exit(2);
    for (int64_t version = first_version;; version++) {
        if (store.begin(store.self, &changed, NULL) != COMMUNITY_OK)
            _exit(3);
        for (uint64_t number = 1; number <= 3; number++) {
            struct community_store_record record = sample_record(number, version);
            struct community_store_entry entry = sample_entry(number, version);
            if (append_one(&store, &record, &entry, version - 1, NULL, NULL) != COMMUNITY_OK)
                _exit(4);
        }
        if (store.commit(store.self, NULL) != COMMUNITY_OK)
            _exit(5);
        if (write(out, &version, sizeof(version)) != sizeof(version))
            _exit(6);
    }
}

static int64_t last_told(int in, int64_t before)
{
    int64_t version = before;
    while (read(in, &version, sizeof(version)) == sizeof(version))
        ;
    return version;
}

static void check_kill(void)
{
    const char *path = fixture_path("kill.db");
    struct community_store store;
    int64_t version = 0;
    if (!created(&store, path))
        return;
    store.close(store.self);
    for (int round = 0; round < 12; round++) {
        int pipe_ends[2];
        CHECK(pipe(pipe_ends) == 0);
        (void)fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            write_and_tell(path, pipe_ends[1], version + 1);
        (void)close(pipe_ends[1]);
        pause_ms(15 + round * 7);
        (void)kill(child, SIGKILL);
        int status;
        CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        int64_t told = last_told(pipe_ends[0], version);
        (void)close(pipe_ends[0]);
        CHECK(is_whole(path));
        version = query(path, "SELECT ifnull(max(version), 0) FROM record");
        CHECK(version == told || version == told + 1);
        CHECK(query(path, "SELECT count(DISTINCT version) <= 1 FROM record") == 1);
        CHECK(query(path, "SELECT count(*) FROM entry") == version * 3);
    }
    CHECK(version > 0);
}

/* No room and no right. */

static int fill_until_full(const char *path)
{
    struct rlimit limit = {.rlim_cur = 400000, .rlim_max = RLIM_INFINITY};
    struct community_store store;
    struct community_error err = {0};
    uint64_t before = 0;
    uint64_t after = 1;
    (void)signal(SIGXFSZ, SIG_IGN);
    if (open_at(&store, path, 0, NULL) != COMMUNITY_OK || setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 2;
    uint64_t number = 1;
    enum community_status status = COMMUNITY_OK;
    for (; number < 5000 && status == COMMUNITY_OK; number++) {
        (void)fingerprint(&store, &before);
        status = commit_sample(&store, number, 1, &err);
    }
    if (status != COMMUNITY_IO || strncmp(err.code, "store-", 6) != 0)
        return 3;
    if (!fingerprint(&store, &after) || before != after)
        return 4;
    limit.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 5;
    if (commit_sample(&store, number - 1, 1, NULL) != COMMUNITY_OK)
        return 6;
    store.close(store.self);
    return 0;
}

static void check_full(void)
{
    const char *path = fixture_path("full.db");
    struct community_store store;
    if (!created(&store, path))
        return;
    store.close(store.self);
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(fill_until_full(path));
    CHECK(child_succeeded(child));
    CHECK(is_whole(path));
}

static void check_read_only(void)
{
    const char *path = fixture_path("read.db");
    struct community_store store;
    struct community_store_record record;
    struct community_id id = id_of(1);
    struct community_error err = {0};
    bool changed;
    if (!created(&store, path))
        return;
    CHECK(commit_sample(&store, 1, 1, NULL) == COMMUNITY_OK);
    store.close(store.self);
    if (!CHECK(open_at(&store, path, CM_SQLITE_READ_ONLY, NULL) == COMMUNITY_OK))
        return;
    CHECK(store.load(store.self, &record, &id, NULL) == COMMUNITY_OK);
    CHECK(store.begin(store.self, &changed, &err) == COMMUNITY_IO);
    CHECK(strcmp(err.code, "store-io") == 0 && strstr(err.message, "readonly") != NULL);
    CHECK(store.load(store.self, &record, &id, NULL) == COMMUNITY_OK);
    store.close(store.self);
}

static void check_read_only_directory(void)
{
    char folder[160];
    char path[200];
    if (geteuid() == 0) {
        fixture_skip("a read-only directory does not stop the superuser");
        return;
    }
    (void)snprintf(folder, sizeof(folder), "%s/locked", fixture_directory());
    (void)snprintf(path, sizeof(path), "%s/desk.db", folder);
    CHECK(mkdir(folder, S_IRWXU) == 0 && chmod(folder, S_IRUSR | S_IXUSR) == 0);
    check_refused(path, CM_SQLITE_CREATE, COMMUNITY_IO, "store-io");
    CHECK(chmod(folder, S_IRWXU) == 0 && rmdir(folder) == 0);
}

/* The log is bounded although somebody reads all the time. */

static void check_log_starts_over(void)
{
    const char *path = fixture_path("log.db");
    const char *log = fixture_path("log.db-wal");
    struct community_store store;
    bool changed;
    enum { BODY_SIZE = 200000, ENTRY_COUNT = 900 };
    if (!created(&store, path))
        return;
    char *large = calloc(1, BODY_SIZE);
    for (uint64_t i = 1; i <= ENTRY_COUNT; i++) {
        struct community_store_record record = sample_record(i, 1);
        struct community_store_entry entry = sample_entry(i, 1);
        entry.body = (struct community_text){large, BODY_SIZE};
        CHECK(store.begin(store.self, &changed, NULL) == COMMUNITY_OK);
        CHECK(append_one(&store, &record, &entry, 0, NULL, NULL) == COMMUNITY_OK);
        CHECK(store.commit(store.self, NULL) == COMMUNITY_OK);
    }
    free(large);
    CHECK(fixture_file_size(path) > 60L << 20);
    CHECK(fixture_file_size(log) < 100L << 20);
    store.close(store.self);
    CHECK(fixture_file_size(log) == -1);
    fixture_remove_database(path);
}

int main(void)
{
    if (!fixture_make_directory())
        return fixture_finish();
    check_files_of_others();
    check_names();
    check_versions();
    check_migrations();
    check_truncated();
    check_damaged_rows();
    check_last_position();
    check_changed();
    check_busy();
    check_writers();
    check_writers_without_pause();
    check_fork();
    check_backup();
    check_kill();
    check_full();
    check_read_only();
    check_read_only_directory();
    check_log_starts_over();
    fixture_remove_directory();
    return fixture_finish();
}
