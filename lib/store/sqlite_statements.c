/* SPDX-License-Identifier: Apache-2.0
 *
 * Every statement of the SQLite store, each prepared once, at its first use, and kept. */
#include "sqlite_statements.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define RECORD_COLUMNS                                                                             \
    "uuid, version, hash, space, external_id, lifecycle, state, unit, parent, due, next_timer,"    \
    " is_final, snapshot, last_position, id"
#define ENTRY_COLUMNS                                                                              \
    "SELECT e.position, r.uuid, e.version, h.hash, e.recorded_at, e.body, p.body FROM entry e"     \
    " LEFT JOIN record r ON r.id = e.record"                                                       \
    " LEFT JOIN entry_hash h ON h.position = e.position"                                           \
    " LEFT JOIN private p ON p.position = e.position"

static const char *const fixed_texts[CM_SQL_COUNT] = {
    [CM_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [CM_SQL_COMMIT] = "COMMIT",
    [CM_SQL_ROLLBACK] = "ROLLBACK",
    [CM_SQL_SNAPSHOT] = "SELECT 1 FROM sqlite_schema", /* never empty */
    [CM_SQL_DATA_VERSION] = "PRAGMA data_version",
    [CM_SQL_TAIL] =
        "SELECT position, recorded_at, behind FROM entry ORDER BY position DESC LIMIT 1",
    [CM_SQL_LOAD] = "SELECT " RECORD_COLUMNS " FROM record WHERE uuid = ?1",
    [CM_SQL_LOAD_EXTERNAL] =
        "SELECT " RECORD_COLUMNS " FROM record INDEXED BY record_by_external_id"
        " WHERE external_id = ?1 AND space IS ?2",
    [CM_SQL_NEXT_TIMER] = "SELECT " RECORD_COLUMNS " FROM record INDEXED BY record_by_timer"
                          " WHERE next_timer <= ?1 ORDER BY next_timer, uuid LIMIT 1",
    [CM_SQL_TOUCH] = "SELECT " RECORD_COLUMNS " FROM record WHERE uuid = ?1",
    [CM_SQL_INSERT_RECORD] = "INSERT INTO record(" RECORD_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6,"
                             " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    [CM_SQL_INSERT_ENTRY] = "INSERT INTO entry(position, record, version, previous_position,"
                            " recorded_at, behind, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [CM_SQL_INSERT_HASH] = "INSERT INTO entry_hash(position, hash) VALUES(?1, ?2)",
    [CM_SQL_INSERT_VALUES] = "INSERT INTO private(position, body) VALUES(?1, ?2)",
    [CM_SQL_INSERT_EFFECT] = "INSERT INTO outbox(position, number, body) VALUES(?1, ?2, ?3)",
    [CM_SQL_INSERT_KEY] = "INSERT INTO command_key(actor, key, digest, salt, receipt)"
                          " VALUES(?1, ?2, ?3, ?4, ?5)",
    [CM_SQL_FIND_KEY] = "SELECT actor, key, receipt, digest, salt FROM command_key"
                        " WHERE actor = ?1 AND key = ?2",
    [CM_SQL_ENTRIES] = ENTRY_COLUMNS " WHERE e.position >= ?1 ORDER BY e.position",
    [CM_SQL_ENTRY] = ENTRY_COLUMNS " WHERE e.position = ?1",
    [CM_SQL_LAST_POSITION] = "SELECT last_position FROM record WHERE uuid = ?1",
    [CM_SQL_PREVIOUS_POSITION] = "SELECT previous_position FROM entry WHERE position = ?1",
    [CM_SQL_INSERT_DOCUMENT] = "INSERT INTO document(kind, name, body) VALUES(?1, ?2, ?3)",
    [CM_SQL_DOCUMENT] = "SELECT body FROM document WHERE kind = ?1 AND name = ?2",
    [CM_SQL_PUT_SETTING] = "INSERT INTO setting(name, value) VALUES(?1, ?2)"
                           " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
    [CM_SQL_SETTING] = "SELECT value FROM setting WHERE name = ?1",
    [CM_SQL_OUTBOX] = "SELECT position, number, body FROM outbox ORDER BY position, number",
    [CM_SQL_ACKNOWLEDGE] = "DELETE FROM outbox WHERE position = ?1 AND number = ?2",
};

enum { TEXT_SIZE = 1024 };

/* A statement made of literals; the assertion holds for every mask: tests try them all. */
struct sql_text {
    char text[TEXT_SIZE];
    size_t size;
};

static void add(struct sql_text *sql, const char *part)
{
    size_t size = strlen(part);
    assert(sql->size + size < TEXT_SIZE);
    memcpy(sql->text + sql->size, part, size + 1);
    sql->size += size;
}

static int prepare(sqlite3 *database, sqlite3_stmt **out, const char *sql)
{
    return sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
}

int cm_sqlite_take(struct cm_sqlite_statements *statements, sqlite3_stmt **out,
                   enum cm_sqlite_statement which)
{
    sqlite3_stmt **slot = &statements->fixed[which];
    int code = *slot == NULL ? prepare(statements->database, slot, fixed_texts[which]) : SQLITE_OK;
    *out = *slot;
    return code;
}

static void write_update(struct sql_text *sql, uint32_t mask)
{
    static const struct {
        uint32_t bit;
        const char *columns;
    } groups[] = {
        {CM_UPDATE_STATE, ", state = ?7"},
        {CM_UPDATE_FINAL, ", is_final = ?12"},
        {CM_UPDATE_UNIT, ", unit = ?8"},
        {CM_UPDATE_DUE, ", due = ?10"},
        {CM_UPDATE_TIMER, ", next_timer = ?11"},
        {CM_UPDATE_ORIGIN, ", space = ?4, external_id = ?5, lifecycle = ?6, parent = ?9"},
    };
    add(sql, "UPDATE record SET version = ?2, hash = ?3, snapshot = ?13, last_position = ?14");
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if ((mask & groups[i].bit) != 0)
            add(sql, groups[i].columns);
    }
    add(sql, " WHERE id = ?15");
}

int cm_sqlite_take_update(struct cm_sqlite_statements *statements, sqlite3_stmt **out,
                          uint32_t mask)
{
    assert(mask < CM_UPDATE_COUNT);
    sqlite3_stmt **slot = &statements->updates[mask];
    int code = SQLITE_OK;
    if (*slot == NULL) {
        struct sql_text sql = {.size = 0};
        write_update(&sql, mask);
        code = prepare(statements->database, slot, sql.text);
    }
    *out = *slot;
    return code;
}

/* The index is chosen here and not by statistics: the same desk always reads in the same way, and
 * every choice yields the order asked for without sorting. */
static const char *index_for(uint32_t mask)
{
    if ((mask & CM_FIND_DUE) != 0)
        return "record_by_due";
    if ((mask & CM_FIND_PARENT) != 0)
        return "record_by_parent";
    if ((mask & CM_FIND_UNIT) != 0)
        return "record_by_unit";
    if ((mask & CM_FIND_OPEN) != 0 && (mask & (CM_FIND_LIFECYCLE | CM_FIND_STATE)) != 0)
        return "record_open";
    if ((mask & CM_FIND_LIFECYCLE) != 0)
        return "record_by_lifecycle";
    if ((mask & CM_FIND_SPACE) != 0)
        return "record_by_space";
    return (mask & CM_FIND_OPEN) != 0 ? "record_open" : "record_by_uuid";
}

static void write_find(struct sql_text *sql, uint32_t mask)
{
    static const struct {
        uint32_t bit;
        const char *condition;
    } conditions[] = {
        {CM_FIND_SPACE, " AND space = ?1"},   {CM_FIND_LIFECYCLE, " AND lifecycle = ?2"},
        {CM_FIND_STATE, " AND state = ?3"},   {CM_FIND_UNIT, " AND unit = ?4"},
        {CM_FIND_PARENT, " AND parent = ?5"}, {CM_FIND_DUE, " AND due < ?6"},
        {CM_FIND_OPEN, " AND is_final = 0"},
    };
    add(sql, "SELECT " RECORD_COLUMNS " FROM record INDEXED BY ");
    add(sql, index_for(mask));
    add(sql, " WHERE true");
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        if ((mask & conditions[i].bit) != 0)
            add(sql, conditions[i].condition);
    }
    bool by_due = (mask & CM_FIND_DUE) != 0;
    if ((mask & CM_FIND_AFTER) != 0)
        add(sql, by_due ? " AND (due, uuid) > (?8, ?7)" : " AND uuid > ?7");
    add(sql, by_due ? " ORDER BY due, uuid" : " ORDER BY uuid");
}

int cm_sqlite_take_find(struct cm_sqlite_statements *statements, sqlite3_stmt **out, uint32_t mask)
{
    assert(mask < CM_FIND_COUNT);
    sqlite3_stmt **slot = &statements->finds[mask];
    int code = SQLITE_OK;
    if (*slot == NULL) {
        struct sql_text sql = {.size = 0};
        write_find(&sql, mask);
        code = prepare(statements->database, slot, sql.text);
    }
    *out = *slot;
    return code;
}

static void free_all(sqlite3_stmt **list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_finalize(list[i]);
        list[i] = NULL;
    }
}

void cm_sqlite_statements_free(struct cm_sqlite_statements *statements)
{
    free_all(statements->fixed, CM_SQL_COUNT);
    free_all(statements->updates, CM_UPDATE_COUNT);
    free_all(statements->finds, CM_FIND_COUNT);
}
