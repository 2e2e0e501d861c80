/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole copy of the store while others go on writing. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failure.h"
#include "memory.h"
#include "sqlite_errors.h"
#include "sqlite_handle.h"
#include "sqlite_schema.h"
#include "text.h"

enum { PAGES_PER_STEP = 1024 };

/* Makes the file, so that nobody else can have made it, and for its owner alone: it holds personal
 * data. SQLite has not seen it yet, so that closing it drops no lock. */
static enum community_status make_file(const char *path, struct community_error *err)
{
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        if (errno == EEXIST)
            return cm_fail_plain(err, COMMUNITY_EXISTS, CM_CODE_STORE_EXISTS);
        return cm_fail(err, COMMUNITY_IO, CM_CODE_STORE_IO, cm_text(strerror(errno)));
    }
    (void)close(file);
    return COMMUNITY_OK;
}

static enum community_status copy_pages(sqlite3 *target, sqlite3_backup *backup,
                                        community_store_progress_fn *progress, void *userdata,
                                        struct community_error *err)
{
    int code;
    do {
        code = sqlite3_backup_step(backup, PAGES_PER_STEP);
        if (code != SQLITE_OK && code != SQLITE_DONE)
            return cm_sqlite_fail(err, target, code);
        int total = sqlite3_backup_pagecount(backup);
        int done = total - sqlite3_backup_remaining(backup);
        if (progress != NULL && progress(userdata, done, total) != 0)
            return cm_fail_plain(err, COMMUNITY_CANCELLED, CM_CODE_CANCELLED);
    } while (code != SQLITE_DONE);
    return COMMUNITY_OK;
}

static enum community_status copy_database(struct cm_sqlite *store, sqlite3 *target,
                                           community_store_progress_fn *progress, void *userdata,
                                           struct community_error *err)
{
    /* What fails halfway is removed, so that the target needs no journal. */
    enum community_status status = cm_sqlite_run(target, "PRAGMA journal_mode = off", err);
    if (status != COMMUNITY_OK)
        return status;
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", store->database, "main");
    if (backup == NULL)
        return cm_sqlite_fail(err, target, sqlite3_extended_errcode(target));
    status = copy_pages(target, backup, progress, userdata, err);
    int code = sqlite3_backup_finish(backup);
    if (status == COMMUNITY_OK && code != SQLITE_OK)
        status = cm_sqlite_fail(err, target, code);
    return status;
}

static enum community_status copy_to(struct cm_sqlite *store, const char *path,
                                     community_store_progress_fn *progress, void *userdata,
                                     struct community_error *err)
{
    sqlite3 *target = NULL;
    int code = sqlite3_open_v2(
        path, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    enum community_status status = code == SQLITE_OK
                                       ? copy_database(store, target, progress, userdata, err)
                                       : cm_sqlite_fail(err, target, code);
    code = sqlite3_close(target);
    if (status == COMMUNITY_OK && code != SQLITE_OK)
        status = cm_sqlite_fail(err, NULL, code);
    return status;
}

enum community_status cm_sqlite_backup(void *self, const char *path,
                                       community_store_progress_fn *progress, void *userdata,
                                       struct community_error *err)
{
    struct cm_sqlite *store = self;
    enum community_status status = cm_sqlite_enter(store, err);
    if (status != COMMUNITY_OK)
        return status;
    assert(!store->in_transaction);
    sqlite3_stmt *snapshot = cm_sqlite_statement(store, CM_SQL_SNAPSHOT, &status, err);
    if (snapshot == NULL)
        return status;
    char *full_path = cm_sqlite_make_path(&store->allocator, path);
    if (full_path == NULL)
        return cm_fail_memory(err);
    store->reader_count++;
    /* A statement that stays on its row holds one snapshot for the whole copy; without it every
     * write of another process would start the copy anew. */
    int code = sqlite3_step(snapshot);
    if (code != SQLITE_ROW)
        status = cm_sqlite_store_fail(store, code, err);
    if (status == COMMUNITY_OK)
        status = make_file(full_path, err);
    if (status == COMMUNITY_OK) {
        status = copy_to(store, full_path, progress, userdata, err);
        if (status != COMMUNITY_OK)
            (void)unlink(full_path);
    }
    (void)sqlite3_reset(snapshot);
    store->reader_count--;
    cm_release(&store->allocator, full_path);
    return status;
}
