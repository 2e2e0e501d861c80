/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of a desk in SQLite, and how older ones become newer ones. */
#ifndef CM_SQLITE_SCHEMA_H
#define CM_SQLITE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "community/status.h"

/* "CMTY" in the header of the file. */
enum { CM_SQLITE_APPLICATION_ID = 0x434d5459 };

/* Migration i of a list leads from schema version i to i + 1. Once released it never changes: the
 * text itself is kept in the store and compared, so that two versions of one step cannot hide. */
extern const char *const cm_sqlite_migrations[];
extern const size_t cm_sqlite_migration_count;

enum cm_sqlite_schema_use {
    CM_SQLITE_SCHEMA_CREATE, /* COMMUNITY_EXISTS when the file holds anything */
    CM_SQLITE_SCHEMA_OPEN,
    CM_SQLITE_SCHEMA_READ, /* COMMUNITY_UNSUPPORTED when it would have to be migrated */
};

/* Looks before it writes: a file that is not a desk, or a newer one, is left as it is. */
enum community_status cm_sqlite_schema_check(sqlite3 *database, enum cm_sqlite_schema_use use,
                                             const char *const *migrations, size_t count,
                                             struct community_error *err);
/* Runs what is missing, each step in a transaction of its own: where it stopped, the next open goes
 * on. Another process may be doing the same. */
enum community_status cm_sqlite_schema_migrate(sqlite3 *database, enum cm_sqlite_schema_use use,
                                               const char *const *migrations, size_t count,
                                               struct community_error *err);

/* The first column of the first row, a whole number. */
enum community_status cm_sqlite_query_integer(sqlite3 *database, const char *sql,
                                              int64_t *value_out, struct community_error *err);
/* One statement without rows. */
enum community_status cm_sqlite_run(sqlite3 *database, const char *sql,
                                    struct community_error *err);

#endif
