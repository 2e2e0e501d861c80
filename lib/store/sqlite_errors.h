/* SPDX-License-Identifier: Apache-2.0
 *
 * What SQLite says, in our words. */
#ifndef CM_SQLITE_ERRORS_H
#define CM_SQLITE_ERRORS_H

#include <sqlite3.h>

#include "community/status.h"

/* The failure `code` (an extended result code) on this connection, with SQLite's own sentence. The
 * connection may be NULL when it could not be opened. */
enum community_status cm_sqlite_fail(struct community_error *err, sqlite3 *database, int code);

#endif
