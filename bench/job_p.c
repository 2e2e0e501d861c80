/* SPDX-License-Identifier: Apache-2.0
 *
 * Job P on bare SQLite and libcrypto. */
#include "job_p.h"

#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "timing.h"

static const char schema[] =
    "PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA cache_size = -65536;"
    "PRAGMA wal_autocheckpoint = 16000;"
    "CREATE TABLE ticket(id INTEGER PRIMARY KEY, state TEXT NOT NULL, revision INTEGER NOT NULL);"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, ticket INTEGER NOT NULL, revision INTEGER NOT NULL,"
    " name TEXT NOT NULL, at INTEGER NOT NULL, hash BLOB NOT NULL);";

static void run(sqlite3 *database, const char *sql)
{
    bench_require(sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement;
    bench_require(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                                     NULL) == SQLITE_OK,
                  sql);
    return statement;
}

static void finish(sqlite3_stmt *statement)
{
    bench_require(sqlite3_step(statement) == SQLITE_DONE, "a step of job P");
    sqlite3_reset(statement);
}

static void chain(EVP_MD_CTX *context, EVP_MD *algorithm, unsigned char hash[32], int ticket,
                  int revision, const char *state)
{
    char text[160];
    const int size = snprintf(text, sizeof(text),
                              "{\"event\":\"step\",\"ticket\":%d,\"revision\":%d,\"state\":\"%s\"}",
                              ticket, revision, state);
    bench_require(EVP_DigestInit_ex2(context, algorithm, NULL) == 1 &&
                      EVP_DigestUpdate(context, hash, 32) == 1 &&
                      EVP_DigestUpdate(context, text, (size_t)size) == 1 &&
                      EVP_DigestFinal_ex(context, hash, NULL) == 1,
                  "SHA-256");
}

static double time_steps(sqlite3 *database, int tickets, int steps, int batch)
{
    static const char *const states[] = {"new", "triaged", "assigned", "in_progress", "review"};
    EVP_MD *algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    sqlite3_stmt *begin = prepare(database, "BEGIN IMMEDIATE");
    sqlite3_stmt *commit = prepare(database, "COMMIT");
    sqlite3_stmt *update = prepare(
        database,
        "UPDATE ticket SET state = ?, revision = revision + 1 WHERE id = ? AND revision = ?");
    sqlite3_stmt *insert = prepare(
        database, "INSERT INTO event(ticket, revision, name, at, hash) VALUES(?, ?, ?, ?, ?)");
    unsigned char hash[32] = {0};
    const double start = bench_wall_seconds();
    for (int i = 0; i < steps; i++) {
        const int ticket = i % tickets + 1;
        const int revision = i / tickets;
        const char *state = states[(revision + 1) % 5];
        if (i % batch == 0)
            finish(begin);
        chain(context, algorithm, hash, ticket, revision, state);
        sqlite3_bind_text(update, 1, state, -1, SQLITE_STATIC);
        sqlite3_bind_int(update, 2, ticket);
        sqlite3_bind_int(update, 3, revision);
        finish(update);
        bench_require(sqlite3_changes(database) == 1, "the revision matches");
        sqlite3_bind_int(insert, 1, ticket);
        sqlite3_bind_int(insert, 2, revision + 1);
        sqlite3_bind_text(insert, 3, "step", -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 4, 1780272000000 + i);
        sqlite3_bind_blob(insert, 5, hash, sizeof(hash), SQLITE_STATIC);
        finish(insert);
        if ((i + 1) % batch == 0 || i + 1 == steps)
            finish(commit);
    }
    const double spent = bench_wall_seconds() - start;
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    sqlite3_finalize(update);
    sqlite3_finalize(insert);
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
    return spent;
}

double job_p_seconds(const char *path, int tickets, int steps, int batch)
{
    sqlite3 *database;
    unlink(path);
    bench_require(sqlite3_open(path, &database) == SQLITE_OK, path);
    run(database, schema);
    run(database, "BEGIN");
    sqlite3_stmt *insert = prepare(database, "INSERT INTO ticket VALUES(?, 'new', 0)");
    for (int i = 1; i <= tickets; i++) {
        sqlite3_bind_int(insert, 1, i);
        finish(insert);
    }
    sqlite3_finalize(insert);
    run(database, "COMMIT");
    const double spent = time_steps(database, tickets, steps, batch);
    bench_require(sqlite3_close(database) == SQLITE_OK, "closing job P");
    return spent;
}
