/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading from the SQLite store. Single rows are copied, so that no statement stays open and holds
 * a snapshot; callbacks see SQLite's own memory. */
#include <assert.h>
#include <string.h>

#include "checked.h"
#include "failure.h"
#include "identity.h"
#include "memory.h"
#include "sqlite_handle.h"
#include "store_rules.h"
#include "text.h"

/* Copies the texts into the store's row memory and points them there. */
static enum community_status keep_texts(struct cm_sqlite *store,
                                        struct community_text *const *texts, size_t count,
                                        struct community_error *err)
{
    size_t size = 1; /* so that an empty text has somewhere to point */
    store->last_is_fresh = false;
    for (size_t i = 0; i < count; i++) {
        if (!cm_size_add(&size, size, texts[i]->size))
            return cm_fail_memory(err);
    }
    if (size > store->row_capacity) {
        char *grown = cm_reallocate_array(&store->allocator, store->row, 1, size);
        if (grown == NULL)
            return cm_fail_memory(err);
        store->row = grown;
        store->row_capacity = size;
    }
    char *cursor = store->row;
    for (size_t i = 0; i < count; i++) {
        if (texts[i]->data == NULL)
            continue;
        memcpy(cursor, texts[i]->data, texts[i]->size);
        texts[i]->data = cursor;
        cursor += texts[i]->size;
    }
    return COMMUNITY_OK;
}

/* The failure of a step that should have given a row; the end of the rows is "not found". */
static enum community_status no_row(struct cm_sqlite *store, int code, struct community_error *err)
{
    return code == SQLITE_DONE ? COMMUNITY_NOT_FOUND : cm_sqlite_store_fail(store, code, err);
}

/* The append that mostly follows then need not look the record up again. */
static void remember(struct cm_sqlite *store, const struct community_store_record *record,
                     sqlite3_stmt *statement)
{
    store->last = *record;
    store->last_row_id = sqlite3_column_int64(statement, CM_RECORD_ROW_ID);
    store->last_entry_position = sqlite3_column_int64(statement, CM_RECORD_LAST_POSITION);
    store->last_is_fresh = store->in_transaction;
}

static enum community_status keep_record(struct cm_sqlite *store,
                                         struct community_store_record *record_out,
                                         sqlite3_stmt *statement, struct community_error *err)
{
    enum community_status status;
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW) {
        status = no_row(store, code, err);
    } else {
        status = cm_sqlite_column_record(record_out, statement, err);
        struct community_text *texts[] = {&record_out->space,     &record_out->external_id,
                                          &record_out->lifecycle, &record_out->state,
                                          &record_out->unit,      &record_out->snapshot};
        if (status == COMMUNITY_OK)
            status = keep_texts(store, texts, sizeof(texts) / sizeof(texts[0]), err);
        if (status == COMMUNITY_OK)
            remember(store, record_out, statement);
    }
    (void)sqlite3_reset(statement);
    return status;
}

enum community_status cm_sqlite_load(void *self, struct community_store_record *record_out,
                                     const struct community_id *id, struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_LOAD, &status, err);
    if (statement == NULL)
        return status;
    cm_sqlite_bind_id(statement, 1, id);
    return keep_record(store, record_out, statement, err);
}

enum community_status cm_sqlite_load_external(void *self, struct community_store_record *record_out,
                                              struct community_text space,
                                              struct community_text external_id,
                                              struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_LOAD_EXTERNAL, &status, err);
    if (statement == NULL)
        return status;
    cm_sqlite_bind_text(statement, 1, external_id);
    cm_sqlite_bind_text(statement, 2, space);
    return keep_record(store, record_out, statement, err);
}

enum community_status cm_sqlite_next_timer(void *self, struct community_store_record *record_out,
                                           community_time_ms until, struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_NEXT_TIMER, &status, err);
    if (statement == NULL)
        return status;
    (void)sqlite3_bind_int64(statement, 1, until);
    return keep_record(store, record_out, statement, err);
}

/* A statement that runs while a callback does is taken out of its slot: a callback that starts the
 * same again then gets one of its own. */
static sqlite3_stmt *hold(struct cm_sqlite *store, sqlite3_stmt **slot)
{
    sqlite3_stmt *statement = *slot;
    *slot = NULL;
    store->reader_count++;
    return statement;
}

static void give_back(struct cm_sqlite *store, sqlite3_stmt **slot, sqlite3_stmt *statement)
{
    store->reader_count--;
    (void)sqlite3_reset(statement);
    if (*slot == NULL)
        *slot = statement;
    else
        (void)sqlite3_finalize(statement);
}

static uint32_t find_mask(const struct community_store_filter *filter)
{
    uint32_t mask = 0;
    mask |= filter->space.data != NULL ? CM_FIND_SPACE : 0U;
    mask |= filter->lifecycle.data != NULL ? CM_FIND_LIFECYCLE : 0U;
    mask |= filter->state.data != NULL ? CM_FIND_STATE : 0U;
    mask |= filter->unit.data != NULL ? CM_FIND_UNIT : 0U;
    mask |= !cm_id_is_nil(&filter->parent) ? CM_FIND_PARENT : 0U;
    mask |= filter->due_before != COMMUNITY_TIME_NONE ? CM_FIND_DUE : 0U;
    mask |= filter->open_only ? CM_FIND_OPEN : 0U;
    mask |= !cm_id_is_nil(&filter->after) ? CM_FIND_AFTER : 0U;
    return mask;
}

static void bind_find(sqlite3_stmt *statement, const struct community_store_filter *filter,
                      community_time_ms after_due)
{
    /* Not every search has every parameter; SQLite refuses the others and nothing is lost. */
    cm_sqlite_bind_text(statement, CM_FIND_SPACE_AT, filter->space);
    cm_sqlite_bind_text(statement, CM_FIND_LIFECYCLE_AT, filter->lifecycle);
    cm_sqlite_bind_text(statement, CM_FIND_STATE_AT, filter->state);
    cm_sqlite_bind_text(statement, CM_FIND_UNIT_AT, filter->unit);
    cm_sqlite_bind_id(statement, CM_FIND_PARENT_AT, &filter->parent);
    cm_sqlite_bind_time(statement, CM_FIND_DUE_AT, filter->due_before);
    cm_sqlite_bind_id(statement, CM_FIND_AFTER_AT, &filter->after);
    (void)sqlite3_bind_int64(statement, CM_FIND_AFTER_DUE_AT, after_due);
}

static enum community_status each_record(struct cm_sqlite *store, sqlite3_stmt *statement,
                                         community_store_record_fn *callback, void *userdata,
                                         struct community_error *err)
{
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct community_store_record record;
        enum community_status status = cm_sqlite_column_record(&record, statement, err);
        if (status != COMMUNITY_OK)
            return status;
        if (callback(userdata, &record) != 0)
            return cm_fail_plain(err, COMMUNITY_CANCELLED, CM_CODE_CANCELLED);
    }
    return code == SQLITE_DONE ? COMMUNITY_OK : cm_sqlite_store_fail(store, code, err);
}

enum community_status cm_sqlite_find(void *self, const struct community_store_filter *filter,
                                     community_store_record_fn *callback, void *userdata,
                                     struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    uint32_t mask = find_mask(filter);
    community_time_ms after_due = 0;
    if ((mask & CM_FIND_DUE) != 0 && (mask & CM_FIND_AFTER) != 0) {
        struct community_store_record after;
        status = cm_sqlite_load(store, &after, &filter->after, err);
        if (status != COMMUNITY_OK)
            return status;
        after_due = after.due;
    }
    sqlite3_stmt *statement;
    int code = cm_sqlite_take_find(&store->statements, &statement, mask);
    if (code != SQLITE_OK)
        return cm_sqlite_store_fail(store, code, err);
    bind_find(statement, filter, after_due);
    sqlite3_stmt **slot = &store->statements.finds[mask];
    statement = hold(store, slot);
    status = each_record(store, statement, callback, userdata, err);
    give_back(store, slot, statement);
    return status;
}

static enum community_status column_entry(struct community_store_stored *entry_out,
                                          sqlite3_stmt *statement, struct community_error *err)
{
    *entry_out = (struct community_store_stored){
        .position = sqlite3_column_int64(statement, 0),
        .version = sqlite3_column_int64(statement, 2),
        .recorded_at = sqlite3_column_int64(statement, 4),
        .body = cm_sqlite_column_text(statement, 5),
        .values = cm_sqlite_column_text(statement, 6),
    };
    /* A hash of a wrong size is as good as none, and a record that is gone leaves the nil id: the
     * verifier of the journal sees both and says where. */
    entry_out->has_hash =
        sqlite3_column_bytes(statement, 3) == (int)sizeof(entry_out->hash) &&
        cm_sqlite_column_bytes(statement, 3, entry_out->hash, sizeof(entry_out->hash));
    if (cm_sqlite_column_bytes(statement, 1, entry_out->record.bytes,
                               sizeof(entry_out->record.bytes)))
        return COMMUNITY_OK;
    return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CORRUPT,
                   CM_TEXT("a record has an id of a wrong size"));
}

static enum community_status each_entry(struct cm_sqlite *store, sqlite3_stmt *statement,
                                        community_store_entry_fn *callback, void *userdata,
                                        struct community_error *err)
{
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct community_store_stored entry;
        enum community_status status = column_entry(&entry, statement, err);
        if (status != COMMUNITY_OK)
            return status;
        if (callback(userdata, &entry) != 0)
            return cm_fail_plain(err, COMMUNITY_CANCELLED, CM_CODE_CANCELLED);
    }
    return code == SQLITE_DONE ? COMMUNITY_OK : cm_sqlite_store_fail(store, code, err);
}

enum community_status cm_sqlite_entries(void *self, int64_t from,
                                        community_store_entry_fn *callback, void *userdata,
                                        struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    if (cm_sqlite_statement(store, CM_SQL_ENTRIES, &status, err) == NULL)
        return status;
    sqlite3_stmt **slot = &store->statements.fixed[CM_SQL_ENTRIES];
    sqlite3_stmt *statement = hold(store, slot);
    (void)sqlite3_bind_int64(statement, 1, from);
    status = each_entry(store, statement, callback, userdata, err);
    give_back(store, slot, statement);
    return status;
}

/* The positions of one record's entries, newest first. */
struct trace {
    int64_t *positions;
    size_t count;
    size_t capacity;
};

static bool trace_add(const struct cm_sqlite *store, struct trace *trace, int64_t position)
{
    if (trace->count == trace->capacity) {
        size_t capacity = trace->capacity == 0 ? 32 : trace->capacity * 2;
        int64_t *grown = cm_reallocate_array(&store->allocator, trace->positions, capacity,
                                             sizeof(trace->positions[0]));
        if (grown == NULL)
            return false;
        trace->positions = grown;
        trace->capacity = capacity;
    }
    trace->positions[trace->count++] = position;
    return true;
}

static enum community_status fail_chain(struct community_error *err, int64_t position)
{
    char digits[21];
    return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CHAIN,
                   cm_decimal_format(digits, position));
}

/* The position before; 0 at the first entry. A chain only leads back, so that it must end. */
static enum community_status step_back(struct cm_sqlite *store, sqlite3_stmt *statement,
                                       int64_t *position, struct community_error *err)
{
    enum community_status status = COMMUNITY_OK;
    (void)sqlite3_bind_int64(statement, 1, *position);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        int64_t previous = sqlite3_column_int64(statement, 0); /* NULL reads as 0 */
        if (previous >= *position || previous < 0)
            status = fail_chain(err, *position);
        *position = previous;
    } else if (code == SQLITE_DONE) {
        status = fail_chain(err, *position);
    } else {
        status = cm_sqlite_store_fail(store, code, err);
    }
    (void)sqlite3_reset(statement);
    return status;
}

static enum community_status trace_back(struct cm_sqlite *store, struct trace *trace,
                                        int64_t last_position, struct community_error *err)
{
    enum community_status status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_PREVIOUS_POSITION, &status, err);
    int64_t position = last_position;
    while (status == COMMUNITY_OK && position != 0) {
        if (!trace_add(store, trace, position))
            return cm_fail_memory(err);
        status = step_back(store, statement, &position, err);
    }
    return status;
}

static enum community_status each_traced(struct cm_sqlite *store, const struct trace *trace,
                                         community_store_entry_fn *callback, void *userdata,
                                         struct community_error *err)
{
    enum community_status status;
    if (cm_sqlite_statement(store, CM_SQL_ENTRY, &status, err) == NULL)
        return status;
    sqlite3_stmt **slot = &store->statements.fixed[CM_SQL_ENTRY];
    sqlite3_stmt *statement = hold(store, slot);
    for (size_t i = trace->count; i > 0 && status == COMMUNITY_OK; i--) {
        (void)sqlite3_bind_int64(statement, 1, trace->positions[i - 1]);
        status = each_entry(store, statement, callback, userdata, err);
        (void)sqlite3_reset(statement);
    }
    give_back(store, slot, statement);
    return status;
}

enum community_status cm_sqlite_history(void *self, const struct community_id *id,
                                        community_store_entry_fn *callback, void *userdata,
                                        struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    if (cm_sqlite_statement(store, CM_SQL_LAST_POSITION, &status, err) == NULL)
        return status;
    /* The record's statement stays on its row until the end: it holds the snapshot that all the
     * small reads below share. */
    sqlite3_stmt **slot = &store->statements.fixed[CM_SQL_LAST_POSITION];
    sqlite3_stmt *statement = hold(store, slot);
    cm_sqlite_bind_id(statement, 1, id);
    struct trace trace = {.positions = NULL};
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        status = trace_back(store, &trace, sqlite3_column_int64(statement, 0), err);
        if (status == COMMUNITY_OK)
            status = each_traced(store, &trace, callback, userdata, err);
    } else if (code != SQLITE_DONE) {
        status = cm_sqlite_store_fail(store, code, err);
    }
    give_back(store, slot, statement);
    cm_release(&store->allocator, trace.positions);
    return status;
}

enum community_status cm_sqlite_read_tail(struct cm_sqlite *store, struct community_error *err)
{
    enum community_status status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_TAIL, &status, err);
    if (statement == NULL)
        return status;
    int code = sqlite3_step(statement);
    store->position = 0;
    store->recorded_at_maximum = 0;
    if (code == SQLITE_ROW) {
        store->position = sqlite3_column_int64(statement, 0);
        store->recorded_at_maximum =
            (community_time_ms)((uint64_t)sqlite3_column_int64(statement, 1) +
                                (uint64_t)sqlite3_column_int64(statement, 2));
    } else if (code != SQLITE_DONE) {
        status = cm_sqlite_store_fail(store, code, err);
    }
    (void)sqlite3_reset(statement);
    /* Outside a transaction others may write at any moment. */
    store->tail_is_known = status == COMMUNITY_OK && store->in_transaction;
    return status;
}

enum community_status cm_sqlite_tail(void *self, int64_t *position_out,
                                     community_time_ms *recorded_at_out,
                                     struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status == COMMUNITY_OK && !(store->in_transaction && store->tail_is_known))
        status = cm_sqlite_read_tail(store, err);
    if (status != COMMUNITY_OK)
        return status;
    *position_out = store->position;
    *recorded_at_out = store->recorded_at_maximum;
    return COMMUNITY_OK;
}

static enum community_status column_key(struct cm_sqlite *store,
                                        struct community_store_key *key_out,
                                        sqlite3_stmt *statement, struct community_error *err)
{
    *key_out = (struct community_store_key){
        .actor = cm_sqlite_column_text(statement, 0),
        .key = cm_sqlite_column_text(statement, 1),
        .receipt = cm_sqlite_column_text(statement, 2),
    };
    if (!cm_sqlite_column_bytes(statement, 3, key_out->digest, sizeof(key_out->digest)) ||
        !cm_sqlite_column_bytes(statement, 4, key_out->salt, sizeof(key_out->salt))) {
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CORRUPT,
                       CM_TEXT("a key has a digest or a salt of a wrong size"));
    }
    struct community_text *texts[] = {&key_out->actor, &key_out->key, &key_out->receipt};
    return keep_texts(store, texts, 3, err);
}

enum community_status cm_sqlite_find_key(void *self, struct community_store_key *key_out,
                                         struct community_text actor, struct community_text key,
                                         struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_FIND_KEY, &status, err);
    if (statement == NULL)
        return status;
    cm_sqlite_bind_text(statement, 1, actor);
    cm_sqlite_bind_text(statement, 2, key);
    int code = sqlite3_step(statement);
    status =
        code == SQLITE_ROW ? column_key(store, key_out, statement, err) : no_row(store, code, err);
    (void)sqlite3_reset(statement);
    return status;
}

/* The one text of a one-row statement. */
static enum community_status keep_text(struct cm_sqlite *store, struct community_text *text_out,
                                       sqlite3_stmt *statement, struct community_error *err)
{
    int code = sqlite3_step(statement);
    enum community_status status;
    if (code == SQLITE_ROW) {
        *text_out = cm_sqlite_column_text(statement, 0);
        status = keep_texts(store, &text_out, 1, err);
    } else {
        status = no_row(store, code, err);
    }
    (void)sqlite3_reset(statement);
    return status;
}

enum community_status cm_sqlite_document(void *self, struct community_text *body_out,
                                         struct community_text kind, struct community_text name,
                                         struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_DOCUMENT, &status, err);
    if (statement == NULL)
        return status;
    cm_sqlite_bind_text(statement, 1, kind);
    cm_sqlite_bind_text(statement, 2, name);
    return keep_text(store, body_out, statement, err);
}

enum community_status cm_sqlite_setting(void *self, struct community_text *value_out,
                                        struct community_text name, struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    sqlite3_stmt *statement = cm_sqlite_statement(store, CM_SQL_SETTING, &status, err);
    if (statement == NULL)
        return status;
    cm_sqlite_bind_text(statement, 1, name);
    return keep_text(store, value_out, statement, err);
}

static enum community_status each_effect(struct cm_sqlite *store, sqlite3_stmt *statement,
                                         community_store_effect_fn *callback, void *userdata,
                                         struct community_error *err)
{
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        char id[CM_EFFECT_ID_SIZE];
        int64_t position = sqlite3_column_int64(statement, 0);
        struct community_store_effect effect = {
            .id = cm_effect_id_format(id, position, sqlite3_column_int64(statement, 1)),
            .position = position,
            .body = cm_sqlite_column_text(statement, 2),
        };
        if (callback(userdata, &effect) != 0)
            return cm_fail_plain(err, COMMUNITY_CANCELLED, CM_CODE_CANCELLED);
    }
    return code == SQLITE_DONE ? COMMUNITY_OK : cm_sqlite_store_fail(store, code, err);
}

enum community_status cm_sqlite_outbox(void *self, community_store_effect_fn *callback,
                                       void *userdata, struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    if (cm_sqlite_statement(store, CM_SQL_OUTBOX, &status, err) == NULL)
        return status;
    sqlite3_stmt **slot = &store->statements.fixed[CM_SQL_OUTBOX];
    sqlite3_stmt *statement = hold(store, slot);
    status = each_effect(store, statement, callback, userdata, err);
    give_back(store, slot, statement);
    return status;
}
