/* SPDX-License-Identifier: Apache-2.0
 *
 * The store in a SQLite file: opening, transactions, checkpoints of the log, closing. Nothing here
 * opens the file but SQLite: closing any other descriptor of it would drop SQLite's locks. */
#include "sqlite_handle.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "checked.h"
#include "failure.h"
#include "memory.h"
#include "sqlite_errors.h"
#include "sqlite_schema.h"
#include "store_rules.h"
#include "stores.h"
#include "text.h"

#if SQLITE_VERSION_NUMBER < 3037000
#error "STRICT tables need SQLite 3.37 or newer"
#endif

enum {
    BUSY_TIMEOUT_MS_DEFAULT = 10000,
    BUSY_PATIENCE_MS = 200,
    /* Of pages of 4 KB: the log is copied into the database at 64 MB. */
    CHECKPOINT_PAGE_COUNT = 16000,
    /* Readers that overlap without end keep the log from starting over. At 256 MB we wait for them
     * a moment. */
    RESTART_PAGE_COUNT = 4 * CHECKPOINT_PAGE_COUNT,
    RESTART_TIMEOUT_MS = 1000,
};

enum community_status cm_sqlite_enter(const struct cm_sqlite *store, struct community_error *err)
{
    if (store->process == (int64_t)getpid())
        return COMMUNITY_OK;
    return cm_fail_plain(err, COMMUNITY_FORKED, CM_CODE_STORE_FORKED);
}

static bool is_sync_failure(int code)
{
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

enum community_status cm_sqlite_store_fail(struct cm_sqlite *store, int code,
                                           struct community_error *err)
{
    if (is_sync_failure(code))
        store->sync_failed = true;
    return cm_sqlite_fail(err, store->database, code);
}

sqlite3_stmt *cm_sqlite_statement(struct cm_sqlite *store, enum cm_sqlite_statement which,
                                  enum community_status *status_out, struct community_error *err)
{
    sqlite3_stmt *statement;
    int code = cm_sqlite_take(&store->statements, &statement, which);
    *status_out = code == SQLITE_OK ? COMMUNITY_OK : cm_sqlite_store_fail(store, code, err);
    return code == SQLITE_OK ? statement : NULL;
}

int cm_sqlite_finish(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    int reset = sqlite3_reset(statement);
    if (code == SQLITE_DONE || code == SQLITE_ROW)
        return reset;
    return code;
}

/* Waiting. */

static int64_t now_ns(void)
{
    struct timespec time = {.tv_sec = 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* SQLite's own handler soon asks only ten times a second: beside a writer that commits without a
 * pause it never meets the moment in which the lock is free. Ours asks about every millisecond, and
 * more often the longer it has waited. */
static int wait_for_lock(void *self, int count)
{
    struct cm_sqlite *store = self;
    int64_t now = now_ns();
    if (count == 0)
        store->busy_since_ns = now;
    int64_t waited_ms = (now - store->busy_since_ns) / 1000000;
    if (waited_ms >= store->busy_timeout_ms)
        return 0;
    uint32_t pause_us = waited_ms < BUSY_PATIENCE_MS ? 1000 : 250;
    store->busy_jitter = store->busy_jitter * 1664525U + 1013904223U;
    pause_us = pause_us / 2 + (store->busy_jitter >> 16) % pause_us;
    struct timespec pause = {.tv_nsec = (long)pause_us * 1000};
    (void)nanosleep(&pause, NULL);
    return 1;
}

/* Transactions. */

static int run(struct cm_sqlite *store, enum cm_sqlite_statement which)
{
    sqlite3_stmt *statement;
    int code = cm_sqlite_take(&store->statements, &statement, which);
    return code == SQLITE_OK ? cm_sqlite_finish(statement) : code;
}

/* Inside a transaction nobody else can write between this answer and our commit. */
static enum community_status see_changes(struct cm_sqlite *store, bool *changed_out,
                                         struct community_error *err)
{
    enum community_status status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_DATA_VERSION, &status, err);
    if (statement == NULL)
        return status;
    int code = sqlite3_step(statement);
    int64_t data_version = sqlite3_column_int64(statement, 0);
    if (code != SQLITE_ROW)
        status = cm_sqlite_store_fail(store, code, err);
    (void)sqlite3_reset(statement);
    if (status != COMMUNITY_OK)
        return status;
    *changed_out = !store->has_begun || data_version != store->data_version;
    if (*changed_out)
        store->tail_is_known = false;
    store->data_version = data_version;
    store->has_begun = true;
    return COMMUNITY_OK;
}

static enum community_status sqlite_look(void *self, bool *changed_out, struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    return status == COMMUNITY_OK ? see_changes(store, changed_out, err) : status;
}

enum community_status cm_sqlite_begin(void *self, bool *changed_out, struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    assert(!store->in_transaction);
    assert(store->reader_count == 0);
    if (store->sync_failed)
        return cm_fail_plain(err, COMMUNITY_IO, CM_CODE_STORE_SYNC_FAILED);
    /* SQLite would begin all the same and fail at the first write. */
    int code = sqlite3_db_readonly(store->database, "main") != 0 ? SQLITE_READONLY
                                                                 : run(store, CM_SQL_BEGIN);
    if (code != SQLITE_OK)
        return cm_sqlite_store_fail(store, code, err);
    store->in_transaction = true;
    store->last_is_fresh = false;
    status = see_changes(store, changed_out, err);
    if (status != COMMUNITY_OK)
        cm_sqlite_rollback(store);
    return status;
}

/* Copies the log into the database. That it fails takes nothing back: the log keeps everything and
 * the next commit tries again. Only a failed sync must stop us. */
static void checkpoint(struct cm_sqlite *store)
{
    bool starts_over = store->wal_page_count >= RESTART_PAGE_COUNT;
    int mode = starts_over ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    int32_t busy_timeout_ms = store->busy_timeout_ms;
    if (starts_over && busy_timeout_ms > RESTART_TIMEOUT_MS)
        store->busy_timeout_ms = RESTART_TIMEOUT_MS;
    int code = sqlite3_wal_checkpoint_v2(store->database, "main", mode, NULL, NULL);
    store->busy_timeout_ms = busy_timeout_ms;
    if (is_sync_failure(code))
        store->sync_failed = true;
    store->wal_page_count_for_checkpoint = store->wal_page_count + CHECKPOINT_PAGE_COUNT;
}

/* Called by SQLite after each commit with the size of the log. */
static int note_wal(void *self, sqlite3 *database, const char *name, int page_count)
{
    struct cm_sqlite *store = self;
    (void)database;
    (void)name;
    if (page_count < store->wal_page_count)
        store->wal_page_count_for_checkpoint = CHECKPOINT_PAGE_COUNT; /* it started over */
    store->wal_page_count = page_count;
    return SQLITE_OK;
}

enum community_status cm_sqlite_commit(void *self, struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    assert(store->in_transaction);
    assert(store->reader_count == 0);
    /* After an error SQLite may have rolled back by itself; COMMIT then fails, as it must. */
    int code = run(store, CM_SQL_COMMIT);
    if (code != SQLITE_OK) {
        status = cm_sqlite_store_fail(store, code, err);
        cm_sqlite_rollback(store);
        return status;
    }
    store->in_transaction = false;
    store->last_is_fresh = false;
    if (store->wal_page_count >= store->wal_page_count_for_checkpoint)
        checkpoint(store);
    return COMMUNITY_OK;
}

void cm_sqlite_rollback(void *self)
{
    struct cm_sqlite *store = self;
    if (!store->in_transaction || cm_sqlite_enter(store, NULL) != COMMUNITY_OK)
        return;
    /* Without memory to prepare the statement, sqlite3_exec has a chance of its own; SQLite rolls
     * back on close in any case. */
    if (!sqlite3_get_autocommit(store->database) && run(store, CM_SQL_ROLLBACK) != SQLITE_OK)
        (void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    store->in_transaction = false;
    store->last_is_fresh = false;
    store->tail_is_known = false;
}

enum community_status cm_sqlite_acknowledge(void *self, struct community_text effect_id,
                                            struct community_error *err)
{
    struct cm_sqlite *store = self;
    int64_t position;
    int64_t number;
    bool changed;
    if (!cm_effect_id_parse(effect_id, &position, &number))
        return COMMUNITY_NOT_FOUND;
    bool had_begun = store->has_begun;
    int64_t data_version = store->data_version;
    enum community_status status = cm_sqlite_begin(store, &changed, err);
    if (status != COMMUNITY_OK)
        return status;
    /* Whoever begins next still has to hear of what others wrote before this. */
    store->has_begun = had_begun;
    store->data_version = data_version;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_ACKNOWLEDGE, &status, err);
    if (statement != NULL) {
        (void)sqlite3_bind_int64(statement, 1, position);
        (void)sqlite3_bind_int64(statement, 2, number);
        int code = cm_sqlite_finish(statement);
        if (code != SQLITE_OK)
            status = cm_sqlite_store_fail(store, code, err);
        else if (sqlite3_changes(store->database) == 0)
            status = COMMUNITY_NOT_FOUND;
    }
    if (status == COMMUNITY_OK)
        return cm_sqlite_commit(store, err);
    cm_sqlite_rollback(store);
    return status;
}

/* Opening and closing. */

static void release_store(struct cm_sqlite *store)
{
    struct community_allocator allocator = store->allocator;
    cm_release(&allocator, store->row);
    cm_release(&allocator, store->scratch);
    cm_release(&allocator, store);
}

static void sqlite_close(void *self)
{
    struct cm_sqlite *store = self;
    if (store == NULL)
        return;
    /* In a forked child the connection is the parent's: even closing it would hurt, so that what it
     * holds is left to the end of the process. */
    if (cm_sqlite_enter(store, NULL) == COMMUNITY_OK) {
        assert(store->reader_count == 0);
        cm_sqlite_rollback(store);
        cm_sqlite_statements_free(&store->statements);
        int code = sqlite3_close(store->database);
        assert(code == SQLITE_OK);
        (void)code;
    }
    release_store(store);
}

char *cm_sqlite_make_path(const struct community_allocator *allocator, const char *path)
{
    const char *prefix = path[0] == '/' ? "" : "./";
    size_t prefix_size = strlen(prefix);
    size_t size;
    if (!cm_size_add(&size, strlen(path), prefix_size + 1))
        return NULL;
    char *copy = cm_allocate(allocator, size);
    if (copy == NULL)
        return NULL;
    memcpy(copy, prefix, prefix_size);
    memcpy(copy + prefix_size, path, size - prefix_size);
    return copy;
}

static enum community_status connect(struct cm_sqlite *store, const char *path, uint32_t flags,
                                     struct community_error *err)
{
    char *full_path = cm_sqlite_make_path(&store->allocator, path);
    if (full_path == NULL)
        return cm_fail_memory(err);
    int open_flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
    open_flags |= (flags & CM_SQLITE_READ_ONLY) != 0 ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if ((flags & CM_SQLITE_CREATE) != 0)
        open_flags |= SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(full_path, &store->database, open_flags, NULL);
    cm_release(&store->allocator, full_path);
    if (code == SQLITE_OK)
        return COMMUNITY_OK;
    if ((code & 0xff) == SQLITE_CANTOPEN && store->database != NULL &&
        (flags & CM_SQLITE_CREATE) == 0 && sqlite3_system_errno(store->database) == ENOENT)
        return cm_fail_plain(err, COMMUNITY_NOT_FOUND, CM_CODE_STORE_NOT_FOUND);
    return cm_sqlite_fail(err, store->database, code);
}

/* What SQLite should never do with this file, whoever wrote it. */
static enum community_status harden(sqlite3 *database, struct community_error *err)
{
    static const struct {
        int option;
        int value;
    } options[] = {
        {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        int code = sqlite3_db_config(database, options[i].option, options[i].value, NULL);
        if (code != SQLITE_OK)
            return cm_sqlite_fail(err, database, code);
    }
    return cm_sqlite_run(database, "PRAGMA cell_size_check = on", err);
}

/* After the file is known to be ours, or empty: some of this writes to it. */
static enum community_status configure(sqlite3 *database, uint32_t flags,
                                       struct community_error *err)
{
    const char *const pragmas[] = {
        (flags & CM_SQLITE_READ_ONLY) != 0 ? NULL : "PRAGMA journal_mode = wal",
        (flags & CM_SQLITE_SYNC_NORMAL) != 0 ? "PRAGMA synchronous = normal"
                                             : "PRAGMA synchronous = full",
        "PRAGMA secure_delete = on",
        "PRAGMA cache_size = -65536",
        "PRAGMA journal_size_limit = 67108864",
        "PRAGMA temp_store = memory",
    };
    for (size_t i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++) {
        enum community_status status =
            pragmas[i] == NULL ? COMMUNITY_OK : cm_sqlite_run(database, pragmas[i], err);
        if (status != COMMUNITY_OK)
            return status;
    }
    return COMMUNITY_OK;
}

static enum cm_sqlite_schema_use schema_use(uint32_t flags)
{
    if ((flags & CM_SQLITE_CREATE) != 0)
        return CM_SQLITE_SCHEMA_CREATE;
    return (flags & CM_SQLITE_READ_ONLY) != 0 ? CM_SQLITE_SCHEMA_READ : CM_SQLITE_SCHEMA_OPEN;
}

static enum community_status prepare_store(struct cm_sqlite *store, uint32_t flags,
                                           struct community_error *err)
{
    sqlite3 *database = store->database;
    enum cm_sqlite_schema_use use = schema_use(flags);
    (void)sqlite3_busy_handler(database, wait_for_lock, store);
    (void)sqlite3_wal_hook(database, note_wal, store);
    enum community_status status = harden(database, err);
    if (status == COMMUNITY_OK) {
        status = cm_sqlite_schema_check(database, use, cm_sqlite_migrations,
                                        cm_sqlite_migration_count, err);
    }
    if (status == COMMUNITY_OK)
        status = configure(database, flags, err);
    if (status == COMMUNITY_OK && use != CM_SQLITE_SCHEMA_READ) {
        status = cm_sqlite_schema_migrate(database, use, cm_sqlite_migrations,
                                          cm_sqlite_migration_count, err);
    }
    /* The way back must be there when memory is not: a transaction that cannot be taken back would
     * show what nobody has committed. */
    if (status == COMMUNITY_OK)
        (void)cm_sqlite_statement(store, CM_SQL_ROLLBACK, &status, err);
    return status;
}

static const struct community_store functions = {
    .size = sizeof(struct community_store),
    .begin = cm_sqlite_begin,
    .commit = cm_sqlite_commit,
    .rollback = cm_sqlite_rollback,
    .append = cm_sqlite_append,
    .load = cm_sqlite_load,
    .load_external = cm_sqlite_load_external,
    .next_timer = cm_sqlite_next_timer,
    .find = cm_sqlite_find,
    .entries = cm_sqlite_entries,
    .history = cm_sqlite_history,
    .tail = cm_sqlite_tail,
    .find_key = cm_sqlite_find_key,
    .put_document = cm_sqlite_put_document,
    .document = cm_sqlite_document,
    .put_setting = cm_sqlite_put_setting,
    .setting = cm_sqlite_setting,
    .outbox = cm_sqlite_outbox,
    .acknowledge = cm_sqlite_acknowledge,
    .backup = cm_sqlite_backup,
    .look = sqlite_look,
    .close = sqlite_close,
};

enum community_status cm_store_sqlite_open(struct community_store *out,
                                           const struct community_allocator *allocator,
                                           const char *path,
                                           const struct cm_sqlite_options *options,
                                           struct community_error *err)
{
    struct cm_sqlite *store = cm_allocate_zeroed(allocator, sizeof(*store));
    if (store == NULL)
        return cm_fail_memory(err);
    store->allocator = *allocator;
    store->process = (int64_t)getpid();
    store->busy_timeout_ms =
        options->busy_timeout_ms > 0 ? options->busy_timeout_ms : BUSY_TIMEOUT_MS_DEFAULT;
    store->busy_jitter = (uint32_t)store->process;
    store->wal_page_count_for_checkpoint = CHECKPOINT_PAGE_COUNT;
    enum community_status status = connect(store, path, options->flags, err);
    store->statements.database = store->database;
    if (status == COMMUNITY_OK)
        status = prepare_store(store, options->flags, err);
    if (status != COMMUNITY_OK) {
        cm_fail_in(err, cm_text(path));
        (void)sqlite3_close(store->database);
        release_store(store);
        return status;
    }
    *out = functions;
    out->self = store;
    return COMMUNITY_OK;
}
