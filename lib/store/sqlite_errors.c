/* SPDX-License-Identifier: Apache-2.0
 *
 * What SQLite says, in our words. */
#include "sqlite_errors.h"

#include "failure.h"
#include "text.h"

static enum community_status fail_text(struct community_error *err, enum community_status status,
                                       enum cm_code code, const char *text)
{
    return cm_fail(err, status, code, cm_text(text));
}

enum community_status cm_sqlite_fail(struct community_error *err, sqlite3 *database, int code)
{
    if (code == SQLITE_IOERR_NOMEM)
        return cm_fail_memory(err);
    /* The connection may already hold a later message; then the general one is the true one. */
    const char *text = sqlite3_errstr(code);
    if (database != NULL && sqlite3_extended_errcode(database) == code)
        text = sqlite3_errmsg(database);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return cm_fail_memory(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return fail_text(err, COMMUNITY_BUSY, CM_CODE_STORE_BUSY, text);
    case SQLITE_NOTADB:
        return fail_text(err, COMMUNITY_CORRUPT, CM_CODE_STORE_NOT_A_DESK, text);
    case SQLITE_CORRUPT:
    case SQLITE_CONSTRAINT:
    case SQLITE_ERROR: /* of our own statements: a table or a column is not there */
        return fail_text(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CORRUPT, text);
    case SQLITE_FULL:
        return fail_text(err, COMMUNITY_IO, CM_CODE_STORE_FULL, text);
    default: /* not an enum of ours: SQLite adds codes */
        return fail_text(err, COMMUNITY_IO, CM_CODE_STORE_IO, text);
    }
}
