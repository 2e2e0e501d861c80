/* SPDX-License-Identifier: Apache-2.0
 *
 * Every statement of the SQLite store, each prepared once, at its first use, and kept. */
#ifndef CM_SQLITE_STATEMENTS_H
#define CM_SQLITE_STATEMENTS_H

#include <stdint.h>

#include <sqlite3.h>

#include "community/sys/store.h"

enum cm_sqlite_statement {
    CM_SQL_BEGIN,
    CM_SQL_COMMIT,
    CM_SQL_ROLLBACK,
    CM_SQL_SNAPSHOT,
    CM_SQL_DATA_VERSION,
    CM_SQL_TAIL,
    CM_SQL_LOAD,
    CM_SQL_LOAD_EXTERNAL,
    CM_SQL_NEXT_TIMER,
    CM_SQL_TOUCH,
    CM_SQL_INSERT_RECORD,
    CM_SQL_INSERT_ENTRY,
    CM_SQL_INSERT_HASH,
    CM_SQL_INSERT_VALUES,
    CM_SQL_INSERT_EFFECT,
    CM_SQL_INSERT_KEY,
    CM_SQL_FIND_KEY,
    CM_SQL_ENTRIES,
    CM_SQL_ENTRY,
    CM_SQL_LAST_POSITION,
    CM_SQL_PREVIOUS_POSITION,
    CM_SQL_INSERT_DOCUMENT,
    CM_SQL_DOCUMENT,
    CM_SQL_PUT_SETTING,
    CM_SQL_SETTING,
    CM_SQL_OUTBOX,
    CM_SQL_ACKNOWLEDGE,
    CM_SQL_COUNT,
};

/* Which columns of a record an UPDATE writes besides those that always change: a column left out
 * leaves its indexes alone, and each index costs about as much as the row. */
enum cm_sqlite_update {
    CM_UPDATE_STATE = 1 << 0,
    CM_UPDATE_FINAL = 1 << 1,
    CM_UPDATE_UNIT = 1 << 2,
    CM_UPDATE_DUE = 1 << 3,
    CM_UPDATE_TIMER = 1 << 4,
    CM_UPDATE_ORIGIN = 1 << 5, /* space, external id, lifecycle, parent */
    CM_UPDATE_COUNT = 1 << 6,
};

/* Which conditions a search has. */
enum cm_sqlite_find {
    CM_FIND_SPACE = 1 << 0,
    CM_FIND_LIFECYCLE = 1 << 1,
    CM_FIND_STATE = 1 << 2,
    CM_FIND_UNIT = 1 << 3,
    CM_FIND_PARENT = 1 << 4,
    CM_FIND_DUE = 1 << 5,
    CM_FIND_OPEN = 1 << 6,
    CM_FIND_AFTER = 1 << 7,
    CM_FIND_COUNT = 1 << 8,
};

/* The columns of a record as every statement returns them, and one less than the number of their
 * parameter in INSERT and UPDATE. */
enum cm_sqlite_record_column {
    CM_RECORD_UUID,
    CM_RECORD_VERSION,
    CM_RECORD_HASH,
    CM_RECORD_SPACE,
    CM_RECORD_EXTERNAL_ID,
    CM_RECORD_LIFECYCLE,
    CM_RECORD_STATE,
    CM_RECORD_UNIT,
    CM_RECORD_PARENT,
    CM_RECORD_DUE,
    CM_RECORD_NEXT_TIMER,
    CM_RECORD_IS_FINAL,
    CM_RECORD_SNAPSHOT,
    CM_RECORD_LAST_POSITION,
    CM_RECORD_ROW_ID,
};

/* The numbers of the parameters of a search. */
enum cm_sqlite_find_parameter {
    CM_FIND_SPACE_AT = 1,
    CM_FIND_LIFECYCLE_AT,
    CM_FIND_STATE_AT,
    CM_FIND_UNIT_AT,
    CM_FIND_PARENT_AT,
    CM_FIND_DUE_AT,
    CM_FIND_AFTER_AT,
    CM_FIND_AFTER_DUE_AT,
};

struct cm_sqlite_statements {
    sqlite3 *database;
    sqlite3_stmt *fixed[CM_SQL_COUNT];
    sqlite3_stmt *updates[CM_UPDATE_COUNT];
    sqlite3_stmt *finds[CM_FIND_COUNT];
};

/* Each puts a statement that is not running into *out, or answers a code of SQLite. Whoever takes a
 * statement resets it after use. */
int cm_sqlite_take(struct cm_sqlite_statements *statements, sqlite3_stmt **out,
                   enum cm_sqlite_statement which);
int cm_sqlite_take_update(struct cm_sqlite_statements *statements, sqlite3_stmt **out,
                          uint32_t mask);
int cm_sqlite_take_find(struct cm_sqlite_statements *statements, sqlite3_stmt **out, uint32_t mask);
void cm_sqlite_statements_free(struct cm_sqlite_statements *statements);

#endif
