/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing into the SQLite store: one command's change, documents, settings. */
#include <assert.h>
#include <string.h>

#include "checked.h"
#include "failure.h"
#include "identity.h"
#include "memory.h"
#include "sqlite_handle.h"
#include "store_rules.h"
#include "text.h"

/* A record of the change as the database has it. */
struct cm_sqlite_touched {
    int64_t row_id; /* 0 until a new record is inserted */
    int64_t last_position;
    uint32_t update; /* enum cm_sqlite_update: what differs */
};

/* An entry of the change and where its record's chain came from. */
struct chained {
    size_t record_index;
    int64_t previous_position; /* 0: none */
};

static bool column_is(sqlite3_stmt *statement, int column, struct community_text text)
{
    struct community_text stored = cm_sqlite_column_text(statement, column);
    return (stored.data == NULL) == (text.data == NULL) && cm_text_equal(stored, text);
}

static bool origin_is(sqlite3_stmt *statement, const struct community_store_record *row)
{
    uint8_t parent[sizeof(row->parent.bytes)];
    return column_is(statement, CM_RECORD_SPACE, row->space) &&
           column_is(statement, CM_RECORD_EXTERNAL_ID, row->external_id) &&
           column_is(statement, CM_RECORD_LIFECYCLE, row->lifecycle) &&
           cm_sqlite_column_bytes(statement, CM_RECORD_PARENT, parent, sizeof(parent)) &&
           memcmp(parent, row->parent.bytes, sizeof(parent)) == 0;
}

static uint32_t compare_row(sqlite3_stmt *statement, const struct community_store_record *row)
{
    uint32_t update = 0;
    if (!column_is(statement, CM_RECORD_STATE, row->state))
        update |= CM_UPDATE_STATE;
    if ((sqlite3_column_int(statement, CM_RECORD_IS_FINAL) != 0) != row->is_final)
        update |= CM_UPDATE_FINAL;
    if (!column_is(statement, CM_RECORD_UNIT, row->unit))
        update |= CM_UPDATE_UNIT;
    if (cm_sqlite_column_time(statement, CM_RECORD_DUE) != row->due)
        update |= CM_UPDATE_DUE;
    if (cm_sqlite_column_time(statement, CM_RECORD_NEXT_TIMER) != row->next_timer)
        update |= CM_UPDATE_TIMER;
    if (!origin_is(statement, row))
        update |= CM_UPDATE_ORIGIN;
    return update;
}

static bool is_same_text(struct community_text a, struct community_text b)
{
    return (a.data == NULL) == (b.data == NULL) && cm_text_equal(a, b);
}

/* The same against the record that was returned last. */
static uint32_t compare_last(const struct community_store_record *last,
                             const struct community_store_record *row)
{
    uint32_t update = 0;
    if (!is_same_text(last->state, row->state))
        update |= CM_UPDATE_STATE;
    if (last->is_final != row->is_final)
        update |= CM_UPDATE_FINAL;
    if (!is_same_text(last->unit, row->unit))
        update |= CM_UPDATE_UNIT;
    if (last->due != row->due)
        update |= CM_UPDATE_DUE;
    if (last->next_timer != row->next_timer)
        update |= CM_UPDATE_TIMER;
    if (!is_same_text(last->space, row->space) ||
        !is_same_text(last->external_id, row->external_id) ||
        !is_same_text(last->lifecycle, row->lifecycle) || !cm_id_equal(&last->parent, &row->parent))
        update |= CM_UPDATE_ORIGIN;
    return update;
}

/* Looks a record up and compares its version; writes nothing. */
static enum community_status touch(struct cm_sqlite *store, struct cm_sqlite_touched *touched_out,
                                   const struct community_store_record *row, int64_t expected,
                                   struct community_error *err)
{
    enum community_status status;
    if (store->last_is_fresh && cm_id_equal(&store->last.id, &row->id)) {
        *touched_out = (struct cm_sqlite_touched){.row_id = store->last_row_id,
                                                  .last_position = store->last_entry_position,
                                                  .update = compare_last(&store->last, row)};
        return store->last.version == expected
                   ? COMMUNITY_OK
                   : cm_fail_conflict(err, store->last.version, expected);
    }
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_TOUCH, &status, err);
    if (statement == NULL)
        return status;
    cm_sqlite_bind_id(statement, 1, &row->id);
    int code = sqlite3_step(statement);
    int64_t version = 0;
    *touched_out = (struct cm_sqlite_touched){.row_id = 0};
    if (code == SQLITE_ROW) {
        version = sqlite3_column_int64(statement, CM_RECORD_VERSION);
        touched_out->row_id = sqlite3_column_int64(statement, CM_RECORD_ROW_ID);
        touched_out->last_position = sqlite3_column_int64(statement, CM_RECORD_LAST_POSITION);
        touched_out->update = compare_row(statement, row);
    } else if (code != SQLITE_DONE) {
        status = cm_sqlite_store_fail(store, code, err);
    }
    (void)sqlite3_reset(statement);
    if (status == COMMUNITY_OK && version != expected)
        return cm_fail_conflict(err, version, expected);
    return status;
}

static enum community_status touch_all(struct cm_sqlite *store, struct cm_sqlite_touched *touched,
                                       const struct community_store_change *change,
                                       struct community_error *err)
{
    enum community_status status = COMMUNITY_OK;
    for (size_t i = 0; i < change->record_count && status == COMMUNITY_OK; i++)
        status = touch(store, &touched[i], &change->records[i], change->expected[i], err);
    return status;
}

/* Entries come mostly in the order of their records, so the search starts where the last ended. */
static size_t record_index_of(const struct community_store_change *change,
                              const struct community_id *id, size_t start)
{
    for (size_t i = 0; i < change->record_count; i++) {
        size_t index = (start + i) % change->record_count;
        if (cm_id_equal(&change->records[index].id, id))
            return index;
    }
    assert(false); /* `records` has a row for every record that has an entry */
    return 0;
}

/* Gives the entries their positions and links each to the one before of the same record. */
static void chain_entries(struct chained *chained, struct cm_sqlite_touched *touched,
                          const struct community_store_change *change, int64_t first_position)
{
    size_t index = 0;
    for (size_t i = 0; i < change->entry_count; i++) {
        index = record_index_of(change, &change->entries[i].record, index);
        chained[i] = (struct chained){.record_index = index,
                                      .previous_position = touched[index].last_position};
        touched[index].last_position = first_position + (int64_t)i;
    }
}

static void bind_record(sqlite3_stmt *statement, const struct community_store_record *row,
                        const struct cm_sqlite_touched *touched)
{
    cm_sqlite_bind_id(statement, CM_RECORD_UUID + 1, &row->id);
    (void)sqlite3_bind_int64(statement, CM_RECORD_VERSION + 1, row->version);
    cm_sqlite_bind_hash(statement, CM_RECORD_HASH + 1, row->hash, sizeof(row->hash));
    cm_sqlite_bind_text(statement, CM_RECORD_SPACE + 1, row->space);
    cm_sqlite_bind_text(statement, CM_RECORD_EXTERNAL_ID + 1, row->external_id);
    cm_sqlite_bind_text(statement, CM_RECORD_LIFECYCLE + 1, row->lifecycle);
    cm_sqlite_bind_text(statement, CM_RECORD_STATE + 1, row->state);
    cm_sqlite_bind_text(statement, CM_RECORD_UNIT + 1, row->unit);
    cm_sqlite_bind_id(statement, CM_RECORD_PARENT + 1, &row->parent);
    cm_sqlite_bind_time(statement, CM_RECORD_DUE + 1, row->due);
    cm_sqlite_bind_time(statement, CM_RECORD_NEXT_TIMER + 1, row->next_timer);
    (void)sqlite3_bind_int(statement, CM_RECORD_IS_FINAL + 1, row->is_final);
    cm_sqlite_bind_bytes(statement, CM_RECORD_SNAPSHOT + 1, row->snapshot);
    (void)sqlite3_bind_int64(statement, CM_RECORD_LAST_POSITION + 1, touched->last_position);
    if (touched->row_id == 0)
        (void)sqlite3_bind_null(statement, CM_RECORD_ROW_ID + 1);
    else
        (void)sqlite3_bind_int64(statement, CM_RECORD_ROW_ID + 1, touched->row_id);
}

static enum community_status write_record(struct cm_sqlite *store,
                                          struct cm_sqlite_touched *touched,
                                          const struct community_store_record *row,
                                          struct community_error *err)
{
    sqlite3_stmt *statement;
    int code = touched->row_id == 0
                   ? cm_sqlite_take(&store->statements, &statement, CM_SQL_INSERT_RECORD)
                   : cm_sqlite_take_update(&store->statements, &statement, touched->update);
    if (code != SQLITE_OK)
        return cm_sqlite_store_fail(store, code, err);
    bind_record(statement, row, touched);
    code = cm_sqlite_finish(statement);
    /* The uuid was looked up in this transaction: only the external id can be taken. */
    if (code == SQLITE_CONSTRAINT_UNIQUE) {
        return cm_fail(err, COMMUNITY_EXISTS, CM_CODE_EXTERNAL_ID_TAKEN, row->external_id,
                       row->space);
    }
    if (code != SQLITE_OK)
        return cm_sqlite_store_fail(store, code, err);
    if (touched->row_id == 0)
        touched->row_id = sqlite3_last_insert_rowid(store->database);
    return COMMUNITY_OK;
}

static enum community_status write_entry_row(struct cm_sqlite *store,
                                             const struct community_store_entry *entry,
                                             const struct chained *chained, int64_t row_id,
                                             int64_t position, struct community_error *err)
{
    enum community_status status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_INSERT_ENTRY, &status, err);
    if (statement == NULL)
        return status;
    if (position == 1 || entry->recorded_at > store->recorded_at_maximum)
        store->recorded_at_maximum = entry->recorded_at;
    (void)sqlite3_bind_int64(statement, 1, position);
    (void)sqlite3_bind_int64(statement, 2, row_id);
    (void)sqlite3_bind_int64(statement, 3, entry->version);
    if (chained->previous_position == 0)
        (void)sqlite3_bind_null(statement, 4);
    else
        (void)sqlite3_bind_int64(statement, 4, chained->previous_position);
    (void)sqlite3_bind_int64(statement, 5, entry->recorded_at);
    /* Wraps, as reading the tail does: the sum is right for any two times. */
    uint64_t behind = (uint64_t)store->recorded_at_maximum - (uint64_t)entry->recorded_at;
    (void)sqlite3_bind_int64(statement, 6, (int64_t)behind);
    cm_sqlite_bind_bytes(statement, 7, entry->body);
    int code = cm_sqlite_finish(statement);
    return code == SQLITE_OK ? COMMUNITY_OK : cm_sqlite_store_fail(store, code, err);
}

/* A row of position and bytes. */
static enum community_status write_beside(struct cm_sqlite *store, enum cm_sqlite_statement which,
                                          int64_t position, struct community_text bytes,
                                          struct community_error *err)
{
    enum community_status status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, which, &status, err);
    if (statement == NULL)
        return status;
    (void)sqlite3_bind_int64(statement, 1, position);
    cm_sqlite_bind_bytes(statement, 2, bytes);
    int code = cm_sqlite_finish(statement);
    return code == SQLITE_OK ? COMMUNITY_OK : cm_sqlite_store_fail(store, code, err);
}

static enum community_status write_effects(struct cm_sqlite *store,
                                           const struct community_store_entry *entry,
                                           int64_t position, struct community_error *err)
{
    enum community_status status = COMMUNITY_OK;
    for (size_t i = 0; i < entry->effect_count && status == COMMUNITY_OK; i++) {
        sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_INSERT_EFFECT, &status, err);
        if (statement == NULL)
            break;
        (void)sqlite3_bind_int64(statement, 1, position);
        (void)sqlite3_bind_int64(statement, 2, (int64_t)i + 1);
        cm_sqlite_bind_bytes(statement, 3, entry->effects[i]);
        int code = cm_sqlite_finish(statement);
        if (code != SQLITE_OK)
            status = cm_sqlite_store_fail(store, code, err);
    }
    return status;
}

static enum community_status write_entry(struct cm_sqlite *store,
                                         const struct community_store_entry *entry,
                                         const struct chained *chained, int64_t row_id,
                                         struct community_error *err)
{
    int64_t position = store->position + 1;
    enum community_status status = write_entry_row(store, entry, chained, row_id, position, err);
    if (status != COMMUNITY_OK)
        return status;
    struct community_text hash = {(const char *)entry->hash, sizeof(entry->hash)};
    status = write_beside(store, CM_SQL_INSERT_HASH, position, hash, err);
    if (status == COMMUNITY_OK && entry->values.data != NULL)
        status = write_beside(store, CM_SQL_INSERT_VALUES, position, entry->values, err);
    if (status == COMMUNITY_OK)
        status = write_effects(store, entry, position, err);
    store->position = position;
    return status;
}

static enum community_status write_key(struct cm_sqlite *store,
                                       const struct community_store_key *key,
                                       struct community_error *err)
{
    enum community_status status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_INSERT_KEY, &status, err);
    if (statement == NULL)
        return status;
    cm_sqlite_bind_text(statement, 1, key->actor);
    cm_sqlite_bind_text(statement, 2, key->key);
    cm_sqlite_bind_hash(statement, 3, key->digest, sizeof(key->digest));
    cm_sqlite_bind_hash(statement, 4, key->salt, sizeof(key->salt));
    cm_sqlite_bind_bytes(statement, 5, key->receipt);
    int code = cm_sqlite_finish(statement);
    if (code == SQLITE_CONSTRAINT_UNIQUE)
        return cm_fail(err, COMMUNITY_EXISTS, CM_CODE_COMMAND_KEY_TAKEN, key->key);
    return code == SQLITE_OK ? COMMUNITY_OK : cm_sqlite_store_fail(store, code, err);
}

/* Room for the bookkeeping of one change, kept from one append to the next. */
static bool reserve_scratch(struct cm_sqlite *store, const struct community_store_change *change,
                            struct cm_sqlite_touched **touched_out, struct chained **chained_out)
{
    size_t touched_size;
    size_t chained_size;
    size_t size;
    if (!cm_size_multiply(&touched_size, change->record_count + 1, sizeof(**touched_out)) ||
        !cm_size_multiply(&chained_size, change->entry_count + 1, sizeof(**chained_out)) ||
        !cm_size_add(&size, touched_size, chained_size))
        return false;
    if (size > store->scratch_capacity) {
        void *grown = cm_reallocate_array(&store->allocator, store->scratch, 1, size);
        if (grown == NULL)
            return false;
        store->scratch = grown;
        store->scratch_capacity = size;
    }
    *touched_out = store->scratch;
    *chained_out = (struct chained *)(void *)((char *)store->scratch + touched_size);
    return true;
}

/* Whether there are positions left for the change; they are given as its entries are written. */
static enum community_status reserve_positions(struct cm_sqlite *store,
                                               const struct community_store_change *change,
                                               struct community_error *err)
{
    if (!store->tail_is_known) {
        enum community_status status = cm_sqlite_read_tail(store, err);
        if (status != COMMUNITY_OK)
            return status;
    }
    int64_t last;
    if (cm_int64_add(&last, store->position, (int64_t)change->entry_count))
        return COMMUNITY_OK;
    return cm_fail(err, COMMUNITY_IO, CM_CODE_STORE_FULL,
                   CM_TEXT("it has given away its last position"));
}

static enum community_status write_change(struct cm_sqlite *store,
                                          const struct community_store_change *change,
                                          struct cm_sqlite_touched *touched,
                                          const struct chained *chained,
                                          struct community_error *err)
{
    enum community_status status = COMMUNITY_OK;
    for (size_t i = 0; i < change->record_count && status == COMMUNITY_OK; i++)
        status = write_record(store, &touched[i], &change->records[i], err);
    for (size_t i = 0; i < change->entry_count && status == COMMUNITY_OK; i++) {
        int64_t row_id = touched[chained[i].record_index].row_id;
        status = write_entry(store, &change->entries[i], &chained[i], row_id, err);
    }
    if (status == COMMUNITY_OK && change->key != NULL)
        status = write_key(store, change->key, err);
    return status;
}

enum community_status cm_sqlite_append(void *self, int64_t *position_out,
                                       const struct community_store_change *change,
                                       struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    assert(store->in_transaction);
    assert(store->reader_count == 0);
    struct cm_sqlite_touched *touched = NULL;
    struct chained *chained = NULL;
    if (!reserve_scratch(store, change, &touched, &chained))
        return cm_fail_memory(err);
    status = reserve_positions(store, change, err);
    if (status == COMMUNITY_OK)
        status = touch_all(store, touched, change, err);
    if (status != COMMUNITY_OK)
        return status;
    int64_t first = store->position + 1;
    chain_entries(chained, touched, change, first);
    store->last_is_fresh = false;
    status = write_change(store, change, touched, chained, err);
    if (status == COMMUNITY_OK)
        *position_out = first;
    return status;
}

static enum community_status compare_document(struct cm_sqlite *store, struct community_text kind,
                                              struct community_text name,
                                              struct community_text body,
                                              struct community_error *err)
{
    struct community_text stored;
    enum community_status status = cm_sqlite_document(store, &stored, kind, name, err);
    if (status != COMMUNITY_OK || cm_text_equal(stored, body))
        return status;
    return cm_fail(err, COMMUNITY_EXISTS, CM_CODE_DOCUMENT_DIFFERS, name);
}

enum community_status cm_sqlite_put_document(void *self, struct community_text kind,
                                             struct community_text name, struct community_text body,
                                             struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = compare_document(store, kind, name, body, err);
    if (status != COMMUNITY_NOT_FOUND)
        return status;
    assert(store->in_transaction);
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_INSERT_DOCUMENT, &status, err);
    if (statement == NULL)
        return status;
    cm_sqlite_bind_text(statement, 1, kind);
    cm_sqlite_bind_text(statement, 2, name);
    cm_sqlite_bind_bytes(statement, 3, body);
    int code = cm_sqlite_finish(statement);
    return code == SQLITE_OK ? COMMUNITY_OK : cm_sqlite_store_fail(store, code, err);
}

enum community_status cm_sqlite_put_setting(void *self, struct community_text name,
                                            struct community_text value,
                                            struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    assert(store->in_transaction);
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_PUT_SETTING, &status, err);
    if (statement == NULL)
        return status;
    cm_sqlite_bind_text(statement, 1, name);
    cm_sqlite_bind_bytes(statement, 2, value);
    int code = cm_sqlite_finish(statement);
    return code == SQLITE_OK ? COMMUNITY_OK : cm_sqlite_store_fail(store, code, err);
}
