/* SPDX-License-Identifier: Apache-2.0
 *
 * Our types in and out of SQLite's parameters and columns. */
#include <assert.h>
#include <string.h>

#include "failure.h"
#include "identity.h"
#include "sqlite_handle.h"
#include "text.h"

void cm_sqlite_bind_text(sqlite3_stmt *statement, int parameter, struct community_text text)
{
    (void)sqlite3_bind_text64(statement, parameter, text.data, text.size, SQLITE_STATIC,
                              SQLITE_UTF8);
}

void cm_sqlite_bind_bytes(sqlite3_stmt *statement, int parameter, struct community_text bytes)
{
    (void)sqlite3_bind_blob64(statement, parameter, bytes.data, bytes.size, SQLITE_STATIC);
}

void cm_sqlite_bind_hash(sqlite3_stmt *statement, int parameter, const uint8_t *hash, int size)
{
    (void)sqlite3_bind_blob(statement, parameter, hash, size, SQLITE_STATIC);
}

void cm_sqlite_bind_id(sqlite3_stmt *statement, int parameter, const struct community_id *id)
{
    if (cm_id_is_nil(id))
        (void)sqlite3_bind_null(statement, parameter);
    else
        (void)sqlite3_bind_blob(statement, parameter, id->bytes, sizeof(id->bytes), SQLITE_STATIC);
}

void cm_sqlite_bind_time(sqlite3_stmt *statement, int parameter, community_time_ms time)
{
    if (time == COMMUNITY_TIME_NONE)
        (void)sqlite3_bind_null(statement, parameter);
    else
        (void)sqlite3_bind_int64(statement, parameter, time);
}

struct community_text cm_sqlite_column_text(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return (struct community_text){NULL, 0};
    /* As a blob: the bytes as they are stored, no conversion and no NUL to add. */
    const char *data = sqlite3_column_blob(statement, column);
    size_t size = (size_t)sqlite3_column_bytes(statement, column);
    return data == NULL ? CM_TEXT("") : (struct community_text){data, size};
}

community_time_ms cm_sqlite_column_time(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return COMMUNITY_TIME_NONE;
    return sqlite3_column_int64(statement, column);
}

bool cm_sqlite_column_bytes(sqlite3_stmt *statement, int column, uint8_t *out, size_t size)
{
    struct community_text bytes = cm_sqlite_column_text(statement, column);
    memset(out, 0, size);
    if (bytes.data == NULL)
        return true;
    if (bytes.size != size)
        return false;
    memcpy(out, bytes.data, size);
    return true;
}

enum community_status cm_sqlite_column_record(struct community_store_record *record_out,
                                              sqlite3_stmt *statement, struct community_error *err)
{
    *record_out = (struct community_store_record){
        .version = sqlite3_column_int64(statement, CM_RECORD_VERSION),
        .space = cm_sqlite_column_text(statement, CM_RECORD_SPACE),
        .external_id = cm_sqlite_column_text(statement, CM_RECORD_EXTERNAL_ID),
        .lifecycle = cm_sqlite_column_text(statement, CM_RECORD_LIFECYCLE),
        .state = cm_sqlite_column_text(statement, CM_RECORD_STATE),
        .unit = cm_sqlite_column_text(statement, CM_RECORD_UNIT),
        .due = cm_sqlite_column_time(statement, CM_RECORD_DUE),
        .next_timer = cm_sqlite_column_time(statement, CM_RECORD_NEXT_TIMER),
        .is_final = sqlite3_column_int(statement, CM_RECORD_IS_FINAL) != 0,
        .snapshot = cm_sqlite_column_text(statement, CM_RECORD_SNAPSHOT),
    };
    struct community_store_record *row = record_out;
    if (cm_sqlite_column_bytes(statement, CM_RECORD_UUID, row->id.bytes, sizeof(row->id.bytes)) &&
        cm_sqlite_column_bytes(statement, CM_RECORD_HASH, row->hash, sizeof(row->hash)) &&
        cm_sqlite_column_bytes(statement, CM_RECORD_PARENT, row->parent.bytes,
                               sizeof(row->parent.bytes)))
        return COMMUNITY_OK;
    return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CORRUPT,
                   CM_TEXT("a record has an id or a hash of a wrong size"));
}
