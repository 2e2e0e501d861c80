/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing statements down and carrying them out again. */
#include "statement_log.h"

#include <stdlib.h>
#include <string.h>

#include "timing.h"

enum { STATEMENT_COUNT_MAX = 128 };
enum event_kind { BIND_INTEGER, BIND_TEXT, BIND_BLOB, BIND_NULL, STEP, RESET, CHECKPOINT };

struct event {
    unsigned char kind;
    unsigned char statement;
    short index;
    int size;
    union {
        sqlite3_int64 integer;
        size_t place; /* of bytes in the heap below */
    } value;
};

static struct {
    sqlite3 *database; /* opened last */
    const char *sql[STATEMENT_COUNT_MAX];
    sqlite3_stmt *statement[STATEMENT_COUNT_MAX];
    int statement_count;
    struct event *events;
    size_t event_count;
    size_t event_capacity;
    char *heap;
    size_t heap_size;
    size_t heap_capacity;
    size_t step_count;
    int is_on;
} log_state;

static void *grown(void *old, size_t used, size_t *capacity, size_t more, size_t unit)
{
    if (used + more <= *capacity)
        return old;
    *capacity = (used + more) * 2;
    void *bigger = realloc(old, *capacity * unit);
    bench_require(bigger != NULL, "memory");
    return bigger;
}

static unsigned char index_of(sqlite3_stmt *statement)
{
    for (int i = 0; i < log_state.statement_count; i++) {
        if (log_state.statement[i] == statement)
            return (unsigned char)i;
    }
    bench_require(log_state.statement_count < STATEMENT_COUNT_MAX, "so many statements");
    log_state.statement[log_state.statement_count] = statement;
    log_state.sql[log_state.statement_count] = strdup(sqlite3_sql(statement));
    return (unsigned char)log_state.statement_count++;
}

static struct event *note(enum event_kind kind, sqlite3_stmt *statement, int index)
{
    /* A parameter that the statement does not have was refused, and nothing came of it. */
    static struct event refused;
    if (kind <= BIND_NULL && index > sqlite3_bind_parameter_count(statement))
        return &refused;
    log_state.events = grown(log_state.events, log_state.event_count, &log_state.event_capacity, 1,
                             sizeof(*log_state.events));
    struct event *event = &log_state.events[log_state.event_count++];
    *event = (struct event){.kind = (unsigned char)kind, .index = (short)index};
    if (statement != NULL)
        event->statement = index_of(statement);
    return event;
}

static void note_bytes(enum event_kind kind, sqlite3_stmt *statement, int index, const void *bytes,
                       size_t size)
{
    if (bytes == NULL) {
        note(BIND_NULL, statement, index);
        return;
    }
    log_state.heap =
        grown(log_state.heap, log_state.heap_size, &log_state.heap_capacity, size + 1, 1);
    memcpy(log_state.heap + log_state.heap_size, bytes, size);
    struct event *event = note(kind, statement, index);
    event->size = (int)size;
    event->value.place = log_state.heap_size;
    log_state.heap_size += size + 1;
}

void statement_log_start(void)
{
    for (int i = 0; i < log_state.statement_count; i++)
        free((void *)(size_t)log_state.sql[i]);
    log_state.statement_count = 0;
    log_state.event_count = 0;
    log_state.heap_size = 0;
    log_state.step_count = 0;
    log_state.is_on = 1;
}

void statement_log_stop(void)
{
    log_state.is_on = 0;
}

size_t statement_log_step_count(void)
{
    return log_state.step_count;
}

/* ---- between the library and SQLite ---- */

int __real_sqlite3_open_v2(const char *, sqlite3 **, int, const char *);
int __wrap_sqlite3_open_v2(const char *, sqlite3 **, int, const char *);
int __wrap_sqlite3_open_v2(const char *name, sqlite3 **database, int flags, const char *vfs)
{
    const int code = __real_sqlite3_open_v2(name, database, flags, vfs);
    log_state.database = *database;
    return code;
}

int __real_sqlite3_bind_int64(sqlite3_stmt *, int, sqlite3_int64);
int __wrap_sqlite3_bind_int64(sqlite3_stmt *, int, sqlite3_int64);
int __wrap_sqlite3_bind_int64(sqlite3_stmt *statement, int index, sqlite3_int64 value)
{
    if (log_state.is_on)
        note(BIND_INTEGER, statement, index)->value.integer = value;
    return __real_sqlite3_bind_int64(statement, index, value);
}

int __real_sqlite3_bind_int(sqlite3_stmt *, int, int);
int __wrap_sqlite3_bind_int(sqlite3_stmt *, int, int);
int __wrap_sqlite3_bind_int(sqlite3_stmt *statement, int index, int value)
{
    if (log_state.is_on)
        note(BIND_INTEGER, statement, index)->value.integer = value;
    return __real_sqlite3_bind_int(statement, index, value);
}

int __real_sqlite3_bind_null(sqlite3_stmt *, int);
int __wrap_sqlite3_bind_null(sqlite3_stmt *, int);
int __wrap_sqlite3_bind_null(sqlite3_stmt *statement, int index)
{
    if (log_state.is_on)
        note(BIND_NULL, statement, index);
    return __real_sqlite3_bind_null(statement, index);
}

typedef void destructor(void *);

int __real_sqlite3_bind_text(sqlite3_stmt *, int, const char *, int, destructor *);
int __wrap_sqlite3_bind_text(sqlite3_stmt *, int, const char *, int, destructor *);
int __wrap_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *text, int size,
                             destructor *end)
{
    if (log_state.is_on)
        note_bytes(BIND_TEXT, statement, index, text, size < 0 ? strlen(text) : (size_t)size);
    return __real_sqlite3_bind_text(statement, index, text, size, end);
}

int __real_sqlite3_bind_text64(sqlite3_stmt *, int, const char *, sqlite3_uint64, destructor *,
                               unsigned char);
int __wrap_sqlite3_bind_text64(sqlite3_stmt *, int, const char *, sqlite3_uint64, destructor *,
                               unsigned char);
int __wrap_sqlite3_bind_text64(sqlite3_stmt *statement, int index, const char *text,
                               sqlite3_uint64 size, destructor *end, unsigned char encoding)
{
    if (log_state.is_on)
        note_bytes(BIND_TEXT, statement, index, text, (size_t)size);
    return __real_sqlite3_bind_text64(statement, index, text, size, end, encoding);
}

int __real_sqlite3_bind_blob(sqlite3_stmt *, int, const void *, int, destructor *);
int __wrap_sqlite3_bind_blob(sqlite3_stmt *, int, const void *, int, destructor *);
int __wrap_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *blob, int size,
                             destructor *end)
{
    if (log_state.is_on)
        note_bytes(BIND_BLOB, statement, index, blob, (size_t)size);
    return __real_sqlite3_bind_blob(statement, index, blob, size, end);
}

int __real_sqlite3_bind_blob64(sqlite3_stmt *, int, const void *, sqlite3_uint64, destructor *);
int __wrap_sqlite3_bind_blob64(sqlite3_stmt *, int, const void *, sqlite3_uint64, destructor *);
int __wrap_sqlite3_bind_blob64(sqlite3_stmt *statement, int index, const void *blob,
                               sqlite3_uint64 size, destructor *end)
{
    if (log_state.is_on)
        note_bytes(BIND_BLOB, statement, index, blob, (size_t)size);
    return __real_sqlite3_bind_blob64(statement, index, blob, size, end);
}

int __real_sqlite3_step(sqlite3_stmt *);
int __wrap_sqlite3_step(sqlite3_stmt *);
int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    if (log_state.is_on) {
        note(STEP, statement, 0);
        log_state.step_count++;
    }
    return __real_sqlite3_step(statement);
}

int __real_sqlite3_reset(sqlite3_stmt *);
int __wrap_sqlite3_reset(sqlite3_stmt *);
int __wrap_sqlite3_reset(sqlite3_stmt *statement)
{
    if (log_state.is_on)
        note(RESET, statement, 0);
    return __real_sqlite3_reset(statement);
}

/* A new statement may come to lie where an ended one lay. */
int __real_sqlite3_finalize(sqlite3_stmt *);
int __wrap_sqlite3_finalize(sqlite3_stmt *);
int __wrap_sqlite3_finalize(sqlite3_stmt *statement)
{
    for (int i = 0; i < log_state.statement_count; i++) {
        if (log_state.statement[i] == statement)
            log_state.statement[i] = NULL;
    }
    return __real_sqlite3_finalize(statement);
}

int __real_sqlite3_wal_checkpoint_v2(sqlite3 *, const char *, int, int *, int *);
int __wrap_sqlite3_wal_checkpoint_v2(sqlite3 *, const char *, int, int *, int *);
int __wrap_sqlite3_wal_checkpoint_v2(sqlite3 *database, const char *name, int mode, int *log,
                                     int *done)
{
    if (log_state.is_on)
        note(CHECKPOINT, NULL, mode);
    return __real_sqlite3_wal_checkpoint_v2(database, name, mode, log, done);
}

/* ---- bare ---- */

static void carry_out(const struct event *event, sqlite3_stmt *statement)
{
    const char *bytes = log_state.heap + event->value.place;
    int code = SQLITE_OK;
    switch ((enum event_kind)event->kind) {
    case BIND_INTEGER:
        code = __real_sqlite3_bind_int64(statement, event->index, event->value.integer);
        break;
    case BIND_TEXT:
        code = __real_sqlite3_bind_text(statement, event->index, bytes, event->size, SQLITE_STATIC);
        break;
    case BIND_BLOB:
        code = __real_sqlite3_bind_blob(statement, event->index, bytes, event->size, SQLITE_STATIC);
        break;
    case BIND_NULL:
        code = __real_sqlite3_bind_null(statement, event->index);
        break;
    case STEP:
        code = __real_sqlite3_step(statement);
        break;
    case RESET:
        code = __real_sqlite3_reset(statement);
        break;
    case CHECKPOINT:
        code = __real_sqlite3_wal_checkpoint_v2(log_state.database, NULL, event->index, NULL, NULL);
        break;
    }
    bench_require(code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE,
                  statement != NULL ? sqlite3_sql(statement) : "a checkpoint");
}

void statement_log_replay(void)
{
    sqlite3_stmt *statements[STATEMENT_COUNT_MAX];
    for (int i = 0; i < log_state.statement_count; i++)
        bench_require(sqlite3_prepare_v3(log_state.database, log_state.sql[i], -1,
                                         SQLITE_PREPARE_PERSISTENT, &statements[i],
                                         NULL) == SQLITE_OK,
                      log_state.sql[i]);
    for (size_t i = 0; i < log_state.event_count; i++)
        carry_out(&log_state.events[i], statements[log_state.events[i].statement]);
    for (int i = 0; i < log_state.statement_count; i++)
        __real_sqlite3_finalize(statements[i]);
}
