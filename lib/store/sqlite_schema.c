/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of a desk in SQLite, and how older ones become newer ones. */
#include "sqlite_schema.h"

#include <assert.h>
#include <string.h>

#include "failure.h"
#include "sqlite_errors.h"
#include "store_rules.h"
#include "text.h"

/* Times that are "none" are NULL, so that the partial indexes hold only what can come due. What
 * never changes after a record is opened costs an index nothing later; state has none of its own,
 * because the open records are few and stand in `record_open`. */
static const char first_schema[] =
    "CREATE TABLE record("
    " id INTEGER PRIMARY KEY,"
    " uuid BLOB NOT NULL,"
    " version INTEGER NOT NULL,"
    " hash BLOB NOT NULL,"
    " space TEXT,"
    " external_id TEXT,"
    " lifecycle TEXT,"
    " state TEXT,"
    " unit TEXT,"
    " parent BLOB,"
    " due INTEGER,"
    " next_timer INTEGER,"
    " is_final INTEGER NOT NULL,"
    " last_position INTEGER NOT NULL,"
    " snapshot BLOB) STRICT;"
    "CREATE UNIQUE INDEX record_by_uuid ON record(uuid);"
    "CREATE UNIQUE INDEX record_by_external_id ON record(external_id, space)"
    " WHERE external_id IS NOT NULL;"
    "CREATE INDEX record_by_space ON record(space, uuid);"
    "CREATE INDEX record_by_lifecycle ON record(lifecycle, uuid) WHERE lifecycle IS NOT NULL;"
    "CREATE INDEX record_by_unit ON record(unit, uuid) WHERE unit IS NOT NULL;"
    "CREATE INDEX record_by_parent ON record(parent, uuid) WHERE parent IS NOT NULL;"
    "CREATE INDEX record_by_due ON record(due, uuid) WHERE due IS NOT NULL;"
    "CREATE INDEX record_by_timer ON record(next_timer, uuid) WHERE next_timer IS NOT NULL;"
    "CREATE INDEX record_open ON record(uuid) WHERE is_final = 0;"
    /* `behind` is how far recorded_at lies behind the greatest one so far: nearly always 0, which
     * costs nothing, and the tail is one row. */
    "CREATE TABLE entry("
    " position INTEGER PRIMARY KEY,"
    " record INTEGER NOT NULL REFERENCES record(id),"
    " version INTEGER NOT NULL,"
    " previous_position INTEGER,"
    " recorded_at INTEGER NOT NULL,"
    " behind INTEGER NOT NULL,"
    " body BLOB NOT NULL) STRICT;"
    "CREATE TABLE entry_hash(position INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE private(position INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE outbox("
    " position INTEGER NOT NULL,"
    " number INTEGER NOT NULL,"
    " body BLOB NOT NULL,"
    " PRIMARY KEY(position, number)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE command_key("
    " id INTEGER PRIMARY KEY,"
    " actor TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " digest BLOB NOT NULL,"
    " salt BLOB NOT NULL,"
    " receipt BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX command_key_by_key ON command_key(key, actor);"
    "CREATE TABLE document("
    " id INTEGER PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " body BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX document_by_name ON document(kind, name);"
    "CREATE TABLE setting("
    " name TEXT PRIMARY KEY NOT NULL,"
    " value BLOB NOT NULL) STRICT, WITHOUT ROWID;";

const char *const cm_sqlite_migrations[] = {first_schema};
const size_t cm_sqlite_migration_count =
    sizeof(cm_sqlite_migrations) / sizeof(cm_sqlite_migrations[0]);

enum community_status cm_sqlite_run(sqlite3 *database, const char *sql, struct community_error *err)
{
    int code = sqlite3_exec(database, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? COMMUNITY_OK : cm_sqlite_fail(err, database, code);
}

enum community_status cm_sqlite_query_integer(sqlite3 *database, const char *sql,
                                              int64_t *value_out, struct community_error *err)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v3(database, sql, -1, 0, &statement, NULL);
    if (code != SQLITE_OK)
        return cm_sqlite_fail(err, database, code);
    enum community_status status = COMMUNITY_OK;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *value_out = sqlite3_column_int64(statement, 0);
    else
        status = cm_sqlite_fail(err, database, code == SQLITE_DONE ? SQLITE_CORRUPT : code);
    sqlite3_finalize(statement);
    return status;
}

static enum community_status fail_version(struct community_error *err, enum community_status status,
                                          enum cm_code code, int64_t found, size_t known)
{
    char found_digits[21];
    char known_digits[21];
    return cm_fail(err, status, code, cm_decimal_format(found_digits, found),
                   cm_decimal_format(known_digits, (int64_t)known));
}

static enum community_status check_version(int64_t version, enum cm_sqlite_schema_use use,
                                           size_t count, struct community_error *err)
{
    if (version > (int64_t)count)
        return fail_version(err, COMMUNITY_TOO_NEW, CM_CODE_STORE_TOO_NEW, version, count);
    if (version < 1) {
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_NOT_A_DESK,
                       CM_TEXT("it has no schema version"));
    }
    if (version < (int64_t)count && use == CM_SQLITE_SCHEMA_READ)
        return fail_version(err, COMMUNITY_UNSUPPORTED, CM_CODE_STORE_TOO_OLD, version, count);
    return COMMUNITY_OK;
}

/* An application id, a version or a table: each of them is somebody's. */
static enum community_status check_empty(sqlite3 *database, int64_t application_id, int64_t version,
                                         struct community_error *err)
{
    int64_t table_count;
    enum community_status status =
        cm_sqlite_query_integer(database, "SELECT count(*) FROM sqlite_schema", &table_count, err);
    if (status != COMMUNITY_OK)
        return status;
    if (application_id == 0 && version == 0 && table_count == 0)
        return COMMUNITY_OK;
    return cm_fail_plain(err, COMMUNITY_EXISTS, CM_CODE_STORE_EXISTS);
}

static bool text_column_is(sqlite3_stmt *statement, int column, const char *text)
{
    size_t size = strlen(text);
    const void *bytes = sqlite3_column_blob(statement, column);
    return (size_t)sqlite3_column_bytes(statement, column) == size && bytes != NULL &&
           memcmp(bytes, text, size) == 0;
}

/* What was run to get here is what we would have run. */
static enum community_status check_steps(sqlite3 *database, int64_t version,
                                         const char *const *migrations, struct community_error *err)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v3(database, "SELECT version, sql FROM migration ORDER BY version",
                                  -1, 0, &statement, NULL);
    if (code != SQLITE_OK)
        return cm_sqlite_fail(err, database, code);
    enum community_status status = COMMUNITY_OK;
    int64_t seen = 0;
    while (status == COMMUNITY_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        bool matches = seen < version && sqlite3_column_int64(statement, 0) == seen + 1 &&
                       text_column_is(statement, 1, migrations[seen]);
        if (!matches) {
            status = cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CORRUPT,
                             CM_TEXT("its schema was made by steps unknown to this library"));
        }
        seen++;
    }
    if (status == COMMUNITY_OK && code != SQLITE_DONE)
        status = cm_sqlite_fail(err, database, code);
    if (status == COMMUNITY_OK && seen != version) {
        status = cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CORRUPT,
                         CM_TEXT("its table of migrations is not complete"));
    }
    sqlite3_finalize(statement);
    return status;
}

static enum community_status read_header(sqlite3 *database, int64_t *application_id_out,
                                         int64_t *version_out, struct community_error *err)
{
    enum community_status status =
        cm_sqlite_query_integer(database, "PRAGMA application_id", application_id_out, err);
    if (status != COMMUNITY_OK)
        return status;
    return cm_sqlite_query_integer(database, "PRAGMA user_version", version_out, err);
}

enum community_status cm_sqlite_schema_check(sqlite3 *database, enum cm_sqlite_schema_use use,
                                             const char *const *migrations, size_t count,
                                             struct community_error *err)
{
    int64_t application_id;
    int64_t version;
    struct community_error header_err = {.status = COMMUNITY_OK};
    enum community_status status = read_header(database, &application_id, &version, &header_err);
    /* What is no database at all is something all the same. */
    if (status == COMMUNITY_CORRUPT && use == CM_SQLITE_SCHEMA_CREATE)
        return cm_fail_plain(err, COMMUNITY_EXISTS, CM_CODE_STORE_EXISTS);
    if (status != COMMUNITY_OK) {
        cm_fail_copy(err, &header_err);
        return status;
    }
    if (use == CM_SQLITE_SCHEMA_CREATE)
        return check_empty(database, application_id, version, err);
    if (application_id != CM_SQLITE_APPLICATION_ID) {
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_NOT_A_DESK,
                       CM_TEXT("it carries the mark of another application"));
    }
    status = check_version(version, use, count, err);
    return status == COMMUNITY_OK ? check_steps(database, version, migrations, err) : status;
}

static enum community_status record_step(sqlite3 *database, int64_t version, const char *sql,
                                         struct community_error *err)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v3(database, "INSERT INTO migration(version, sql) VALUES(?1, ?2)",
                                  -1, 0, &statement, NULL);
    if (code != SQLITE_OK)
        return cm_sqlite_fail(err, database, code);
    code = sqlite3_bind_int64(statement, 1, version);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 2, sql, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    enum community_status status =
        code == SQLITE_DONE ? COMMUNITY_OK : cm_sqlite_fail(err, database, code);
    sqlite3_finalize(statement);
    return status;
}

static enum community_status set_version(sqlite3 *database, int64_t version,
                                         struct community_error *err)
{
    char sql[64] = "PRAGMA user_version = ";
    char digits[21];
    struct community_text text = cm_decimal_format(digits, version);
    size_t size = strlen(sql);
    memcpy(sql + size, text.data, text.size); /* the rest is zero */
    return cm_sqlite_run(database, sql, err);
}

static enum community_status found_store(sqlite3 *database, struct community_error *err)
{
    enum community_status status =
        cm_sqlite_run(database, "PRAGMA application_id = 1129141337", err);
    if (status != COMMUNITY_OK)
        return status;
    return cm_sqlite_run(
        database, "CREATE TABLE migration(version INTEGER PRIMARY KEY, sql TEXT NOT NULL) STRICT",
        err);
}

/* Inside a write transaction, so that what is read here is what will be changed. */
static enum community_status take_next_step(sqlite3 *database, enum cm_sqlite_schema_use use,
                                            const char *const *migrations, size_t count,
                                            bool *done_out, struct community_error *err)
{
    int64_t application_id;
    int64_t version;
    enum community_status status = read_header(database, &application_id, &version, err);
    if (status != COMMUNITY_OK)
        return status;
    if (version == 0) {
        status = check_empty(database, application_id, version, err);
        if (status == COMMUNITY_OK)
            status = found_store(database, err);
    } else if (use == CM_SQLITE_SCHEMA_CREATE) {
        return cm_fail_plain(err, COMMUNITY_EXISTS, CM_CODE_STORE_EXISTS);
    } else {
        status = check_version(version, use, count, err);
    }
    *done_out = version == (int64_t)count;
    if (status != COMMUNITY_OK || *done_out)
        return status;
    status = cm_sqlite_run(database, migrations[version], err);
    if (status == COMMUNITY_OK)
        status = record_step(database, version + 1, migrations[version], err);
    return status == COMMUNITY_OK ? set_version(database, version + 1, err) : status;
}

/* One step in a transaction of its own, or none when another process was first. */
static enum community_status commit_next_step(sqlite3 *database, enum cm_sqlite_schema_use use,
                                              const char *const *migrations, size_t count,
                                              bool *done_out, struct community_error *err)
{
    enum community_status status = cm_sqlite_run(database, "BEGIN IMMEDIATE", err);
    if (status != COMMUNITY_OK)
        return status;
    status = take_next_step(database, use, migrations, count, done_out, err);
    if (status == COMMUNITY_OK)
        status = cm_sqlite_run(database, "COMMIT", err);
    if (status != COMMUNITY_OK && !sqlite3_get_autocommit(database))
        (void)sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

enum community_status cm_sqlite_schema_migrate(sqlite3 *database, enum cm_sqlite_schema_use use,
                                               const char *const *migrations, size_t count,
                                               struct community_error *err)
{
    /* A store that is up to date opens while others write: it asks for no lock. */
    int64_t version;
    enum community_status status =
        cm_sqlite_query_integer(database, "PRAGMA user_version", &version, err);
    bool done = use != CM_SQLITE_SCHEMA_CREATE && version == (int64_t)count;
    while (status == COMMUNITY_OK && !done) {
        status = commit_next_step(database, use, migrations, count, &done, err);
        use = CM_SQLITE_SCHEMA_OPEN; /* what was created now belongs to us */
    }
    return status;
}
