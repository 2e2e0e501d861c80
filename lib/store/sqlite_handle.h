/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQLite store from inside: one connection, what is known about it, and the functions its files
 * share. */
#ifndef CM_SQLITE_HANDLE_H
#define CM_SQLITE_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "community/allocator.h"
#include "community/sys/store.h"
#include "sqlite_statements.h"

struct cm_sqlite_touched;

struct cm_sqlite {
    struct community_allocator allocator;
    sqlite3 *database;
    struct cm_sqlite_statements statements;
    int64_t process; /* that opened the store; no other may use it */
    int32_t busy_timeout_ms;
    int64_t busy_since_ns; /* when the lock that is waited for was first refused */
    uint32_t busy_jitter;  /* so that those who wait do not ask in step */
    bool in_transaction;
    bool sync_failed;   /* what was acknowledged may not be on the disk: no more is */
    bool has_begun;     /* data_version is known */
    bool tail_is_known; /* position and recorded_at_maximum are those of the database */
    int64_t data_version;
    int64_t position; /* of the last entry */
    community_time_ms recorded_at_maximum;
    size_t reader_count; /* callbacks that are running */
    int wal_page_count;
    int wal_page_count_for_checkpoint; /* the next one is due when the log has grown to this */
    char *row;                         /* the texts of the row that was returned last */
    size_t row_capacity;
    struct community_store_record last; /* the record that was returned last, texts in `row` */
    int64_t last_row_id;
    int64_t last_entry_position;
    bool last_is_fresh; /* it was read in this transaction, and nothing was written since */
    void *scratch;      /* of an append */
    size_t scratch_capacity;
};

/* COMMUNITY_FORKED in another process than the one that opened the store. Every function begins
 * with it. */
enum community_status cm_sqlite_enter(const struct cm_sqlite *store, struct community_error *err);
/* The failure of the call that just gave `code`; also remembers a failed sync. */
enum community_status cm_sqlite_store_fail(struct cm_sqlite *store, int code,
                                           struct community_error *err);
/* Takes a kept statement; NULL after a failure, which is then in *status_out. */
sqlite3_stmt *cm_sqlite_statement(struct cm_sqlite *store, enum cm_sqlite_statement which,
                                  enum community_status *status_out, struct community_error *err);
/* Runs a statement to its end, expecting no row, and resets it. A code of SQLite. */
int cm_sqlite_finish(sqlite3_stmt *statement);
/* Reads position and recorded_at_maximum. */
enum community_status cm_sqlite_read_tail(struct cm_sqlite *store, struct community_error *err);

/* The path as SQLite shall have it, to be released: "./" before a relative one keeps SQLite from
 * taking it for a URI or a name of its own. NULL when there is no memory. */
char *cm_sqlite_make_path(const struct community_allocator *allocator, const char *path);

/* Binding; "no text", the nil id and "no time" are NULL. Data is borrowed until the statement is
 * reset. The parameters exist and the sizes fit, so what can go wrong shows in the next step. */
void cm_sqlite_bind_text(sqlite3_stmt *statement, int parameter, struct community_text text);
void cm_sqlite_bind_bytes(sqlite3_stmt *statement, int parameter, struct community_text bytes);
void cm_sqlite_bind_hash(sqlite3_stmt *statement, int parameter, const uint8_t *hash, int size);
void cm_sqlite_bind_id(sqlite3_stmt *statement, int parameter, const struct community_id *id);
void cm_sqlite_bind_time(sqlite3_stmt *statement, int parameter, community_time_ms time);

/* Columns, borrowed until the statement is stepped or reset. */
struct community_text cm_sqlite_column_text(sqlite3_stmt *statement, int column);
community_time_ms cm_sqlite_column_time(sqlite3_stmt *statement, int column);
/* NULL in the column gives zeros; false when it holds bytes of another size. */
bool cm_sqlite_column_bytes(sqlite3_stmt *statement, int column, uint8_t *out, size_t size);
/* The record in the row; COMMUNITY_CORRUPT when it cannot be one. */
enum community_status cm_sqlite_column_record(struct community_store_record *record_out,
                                              sqlite3_stmt *statement, struct community_error *err);

/* The functions of the table. */
enum community_status cm_sqlite_append(void *self, int64_t *position_out,
                                       const struct community_store_change *change,
                                       struct community_error *err);
enum community_status cm_sqlite_put_document(void *self, struct community_text kind,
                                             struct community_text name, struct community_text body,
                                             struct community_error *err);
enum community_status cm_sqlite_put_setting(void *self, struct community_text name,
                                            struct community_text value,
                                            struct community_error *err);
enum community_status cm_sqlite_load(void *self, struct community_store_record *record_out,
                                     const struct community_id *id, struct community_error *err);
enum community_status cm_sqlite_load_external(void *self, struct community_store_record *record_out,
                                              struct community_text space,
                                              struct community_text external_id,
                                              struct community_error *err);
enum community_status cm_sqlite_next_timer(void *self, struct community_store_record *record_out,
                                           community_time_ms until, struct community_error *err);
enum community_status cm_sqlite_find(void *self, const struct community_store_filter *filter,
                                     community_store_record_fn *callback, void *userdata,
                                     struct community_error *err);
enum community_status cm_sqlite_entries(void *self, int64_t from,
                                        community_store_entry_fn *callback, void *userdata,
                                        struct community_error *err);
enum community_status cm_sqlite_history(void *self, const struct community_id *id,
                                        community_store_entry_fn *callback, void *userdata,
                                        struct community_error *err);
enum community_status cm_sqlite_tail(void *self, int64_t *position_out,
                                     community_time_ms *recorded_at_out,
                                     struct community_error *err);
enum community_status cm_sqlite_find_key(void *self, struct community_store_key *key_out,
                                         struct community_text actor, struct community_text key,
                                         struct community_error *err);
enum community_status cm_sqlite_document(void *self, struct community_text *body_out,
                                         struct community_text kind, struct community_text name,
                                         struct community_error *err);
enum community_status cm_sqlite_setting(void *self, struct community_text *value_out,
                                        struct community_text name, struct community_error *err);
enum community_status cm_sqlite_outbox(void *self, community_store_effect_fn *callback,
                                       void *userdata, struct community_error *err);
enum community_status cm_sqlite_acknowledge(void *self, struct community_text effect_id,
                                            struct community_error *err);
enum community_status cm_sqlite_backup(void *self, const char *path,
                                       community_store_progress_fn *progress, void *userdata,
                                       struct community_error *err);

/* Transactions, for acknowledge too. */
enum community_status cm_sqlite_begin(void *self, bool *changed_out, struct community_error *err);
enum community_status cm_sqlite_commit(void *self, struct community_error *err);
void cm_sqlite_rollback(void *self);

#endif
