/* SPDX-License-Identifier: Apache-2.0
 *
 * Somebody writes into the file behind the library's back. What verify must find it finds at the
 * right place, with the right word and with what was expected and found; what nobody can find
 * without a checkpoint kept elsewhere is pinned here, so that nothing else is ever claimed. */
#include "chaos_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

enum { FLIP_COUNT = 1000, REQUEST_COUNT = 60 };

static char desk_path[CHAOS_PATH_SIZE];
static char work_path[CHAOS_PATH_SIZE];
static community_time_ms desk_time;

/* ---- the file, by our own way ---- */

static sqlite3 *open_file(const char *path)
{
    sqlite3 *file;
    if (sqlite3_open(path, &file) != SQLITE_OK)
        chaos_stop(sqlite3_errmsg(file), NULL);
    return file;
}

static void change(sqlite3 *file, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(file, sql, NULL, NULL, &message) != SQLITE_OK)
        chaos_stop(message, NULL);
}

static int64_t ask(sqlite3 *file, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(file, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        chaos_stop(sql, NULL);
    const int64_t answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return answer;
}

static void ask_text(char *out, size_t size, sqlite3 *file, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(file, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        chaos_stop(sql, NULL);
    snprintf(out, size, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
}

/* The bytes of a row of `table`, in memory of their own. */
static unsigned char *read_bytes(size_t *size_out, sqlite3 *file, const char *table,
                                 const char *column, int64_t position)
{
    char sql[200];
    sqlite3_stmt *statement;
    snprintf(sql, sizeof(sql), "SELECT %s FROM %s WHERE position = %lld", column, table,
             (long long)position);
    if (sqlite3_prepare_v2(file, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        chaos_stop(sql, NULL);
    *size_out = (size_t)sqlite3_column_bytes(statement, 0);
    unsigned char *bytes = malloc(*size_out + 1);
    memcpy(bytes, sqlite3_column_blob(statement, 0), *size_out);
    bytes[*size_out] = 0;
    sqlite3_finalize(statement);
    return bytes;
}

static void write_bytes(sqlite3 *file, const char *table, const char *column, int64_t position,
                        const unsigned char *bytes, size_t size)
{
    char sql[200];
    sqlite3_stmt *statement;
    snprintf(sql, sizeof(sql), "UPDATE %s SET %s = ?1 WHERE position = %lld", table, column,
             (long long)position);
    if (sqlite3_prepare_v2(file, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_bind_blob(statement, 1, bytes, (int)size, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_DONE)
        chaos_stop(sqlite3_errmsg(file), NULL);
    sqlite3_finalize(statement);
}

static void hex(char out[65], const unsigned char *bytes)
{
    for (int i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static void sha256(unsigned char out[32], const unsigned char *bytes, size_t size)
{
    struct community_error err = {0};
    struct community_digest *digest;
    if (community_digest_new(&digest, NULL, &err) != COMMUNITY_OK ||
        community_digest_add(digest, (struct community_text){(const char *)bytes, size}, &err) !=
            COMMUNITY_OK ||
        community_digest_finish(digest, out, &err) != COMMUNITY_OK)
        chaos_stop("digest", &err);
    community_digest_free(digest);
}

/* ---- the desk ---- */

static struct community_desk *open_desk(const char *path, struct chaos_world *world, uint32_t flags)
{
    struct community_error err = {0};
    struct community_desk *desk;
    *world = (struct chaos_world){.now = desk_time != 0 ? desk_time : CHAOS_START, .random = {3}};
    struct community_desk_configuration made = chaos_configuration(world, flags);
    if (community_desk_open(&desk, chaos_text(path), &made, &err) != COMMUNITY_OK)
        chaos_stop(path, &err);
    return desk;
}

/* Some hundred entries: the story, its timers, and requests that come and are dispatched. */
static void make_desk(void)
{
    struct community_error err = {0};
    struct chaos_world world;
    struct community_rulebook *rulebook = chaos_rulebook(NULL);
    struct community_desk *desk = open_desk(desk_path, &world, COMMUNITY_DESK_CREATE);
    if (community_desk_install(desk, rulebook, chaos_text("admin"), &err) != COMMUNITY_OK)
        chaos_stop("install", &err);
    chaos_put_directory(desk);
    chaos_tell_story(desk, &world);
    for (int i = 0; i < REQUEST_COUNT; i++) {
        char json[400];
        world.now += CHAOS_HOUR;
        snprintf(json, sizeof(json),
                 "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"T-%d\","
                 "\"actor\":\"resident\",\"data\":{\"subject\":\"tree %d\",\"caller\":\"Li %d\"}}",
                 i, i, i);
        chaos_accepted(desk, json);
        snprintf(json, sizeof(json),
                 "{\"command\":\"dispatch\",\"record\":\"@T-%d\",\"actor\":\"op\","
                 "\"data\":{\"lead_unit\":\"%s\"}}",
                 i, i % 2 == 0 ? "water" : "light");
        chaos_accepted(desk, json);
    }
    world.now += 5 * CHAOS_DAY;
    if (community_desk_tick(desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, &err) != COMMUNITY_OK)
        chaos_stop("tick", &err);
    /* Nobody refers to this one: it is what a cut tail takes along. */
    chaos_accepted(desk, "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"last\","
                         "\"actor\":\"resident\",\"data\":{\"subject\":\"the last\"}}");
    CHECK(chaos_is_whole(desk));
    desk_time = world.now;
    community_desk_close(desk);
    community_rulebook_free(rulebook);
}

static void verify(struct community_verification *found, struct community_desk *desk)
{
    struct community_error err = {0};
    *found = (struct community_verification){.size = sizeof(*found)};
    CHECK_SAYING(community_desk_verify(found, desk, NULL, NULL, &err) == COMMUNITY_OK,
                 "verify: %s %s", err.code, err.message);
}

/* ---- one byte ---- */

static void flip(sqlite3 *file, struct community_desk *desk, struct chaos_random *random,
                 int64_t entry_count, bool in_hash)
{
    const int64_t position = 1 + (int64_t)chaos_below(random, (uint64_t)entry_count);
    const char *table = in_hash ? "entry_hash" : "entry";
    const char *column = in_hash ? "hash" : "body";
    size_t size;
    unsigned char *bytes = read_bytes(&size, file, table, column, position);
    size_t body_size;
    unsigned char *body = read_bytes(&body_size, file, "entry", "body", position);
    size_t hash_size;
    unsigned char *hash = read_bytes(&hash_size, file, "entry_hash", "hash", position);
    const size_t place = (size_t)chaos_below(random, size);
    const unsigned char mask = (unsigned char)(1 + chaos_below(random, 255));

    bytes[place] ^= mask;
    (in_hash ? hash : body)[place] ^= mask;
    write_bytes(file, table, column, position, bytes, size);
    struct community_verification found;
    verify(&found, desk);

    unsigned char digest[32];
    char expected_text[65];
    char found_text[65];
    sha256(digest, body, body_size);
    hex(expected_text, hash);
    hex(found_text, digest);
    CHECK_SAYING(
        !found.is_whole && found.position == position && strcmp(found.kind, "hash") == 0 &&
            strcmp(found.expected, expected_text) == 0 && strcmp(found.found, found_text) == 0,
        "byte %zu of %s %lld: %s at %lld, expected %s, found %s", place, column,
        (long long)position, found.kind, (long long)found.position, found.expected, found.found);
    bytes[place] ^= mask;
    write_bytes(file, table, column, position, bytes, size);
    free(bytes);
    free(body);
    free(hash);
}

static void check_flips(struct chaos_random *random)
{
    struct chaos_world world;
    const double started = chaos_seconds();
    struct community_desk *desk = open_desk(desk_path, &world, 0);
    sqlite3 *file = open_file(desk_path);
    change(file, "PRAGMA synchronous = off");
    const int64_t entry_count = ask(file, "SELECT count(*) FROM entry");
    for (int i = 0; i < FLIP_COUNT; i++)
        flip(file, desk, random, entry_count, i % 4 == 0);
    CHECK(chaos_is_whole(desk));
    sqlite3_close(file);
    community_desk_close(desk);
    printf("%d bytes flipped among %lld entries in %.1f s\n", FLIP_COUNT, (long long)entry_count,
           chaos_seconds() - started);
}

/* ---- everything else ---- */

struct tampering {
    const char *name;
    const char *sql;
    const char *kind;     /* "" where nobody can find it */
    const char *position; /* a question to the untouched file; NULL: 0 */
    const char *expected; /* likewise, as text; NULL: not compared */
    const char *found;
};

#define A_1 "(SELECT id FROM record WHERE external_id = 'A-1')"
#define T_5 "external_id = 'T-5'"
#define LAST_OF_T_5 "SELECT last_position FROM record WHERE " T_5
#define POSITION(version)                                                                          \
    "(SELECT position FROM entry WHERE record = " A_1 " AND version = " #version ")"
#define END "(SELECT max(position) FROM entry)"

#define TO_THE_OTHER(table)                                                                        \
    "UPDATE " table " SET position = -position WHERE position IN (SELECT a FROM two"               \
    " UNION SELECT b FROM two);"                                                                   \
    "UPDATE " table " SET position = CASE WHEN position = -(SELECT a FROM two)"                    \
    " THEN (SELECT b FROM two) ELSE (SELECT a FROM two) END WHERE position < 0;"

static const struct tampering tamperings[] = {
    /* the journal */
    {"an entry is deleted", "DELETE FROM entry WHERE position = " POSITION(3), "position",
     "SELECT 1 + " POSITION(3), "SELECT " POSITION(3), "SELECT 1 + " POSITION(3)},
    {"an entry and its hash are deleted",
     "DELETE FROM entry_hash WHERE position = " POSITION(
         3) "; DELETE FROM entry WHERE position = " POSITION(3),
     "position", "SELECT 1 + " POSITION(3), "SELECT " POSITION(3), "SELECT 1 + " POSITION(3)},
    {"a hash is deleted", "DELETE FROM entry_hash WHERE position = 7", "missing", "SELECT 7",
     "SELECT 'entry_hash'", "SELECT ''"},
    {"a hash is cut short", "UPDATE entry_hash SET hash = substr(hash, 1, 31) WHERE position = 7",
     "missing", "SELECT 7", NULL, NULL},
    {"an entry is copied to the end",
     "INSERT INTO entry SELECT " END " + 1, record, version, previous_position, recorded_at,"
     " behind, body FROM entry WHERE position = " POSITION(
         2) ";"
            "INSERT INTO entry_hash SELECT " END
            ", hash FROM entry_hash WHERE position = " POSITION(2),
     "version", "SELECT 1 + " END, "SELECT version + 1 FROM record WHERE external_id = 'A-1'",
     "SELECT 2"},
    {"an entry is put over another",
     "UPDATE entry SET body = (SELECT body FROM entry WHERE position = " POSITION(
         2) ")"
            " WHERE position = " POSITION(3) ";"
                                             "UPDATE entry_hash SET hash = (SELECT hash FROM "
                                             "entry_hash WHERE position = " POSITION(
                                                 2) ")"
                                                    " WHERE position = " POSITION(3),
     "version", "SELECT " POSITION(3), "SELECT 2", "SELECT 3"},
    {"two entries of a record change places",
     "CREATE TEMP TABLE two AS SELECT " POSITION(2) " AS a, " POSITION(3) " AS b;" TO_THE_OTHER(
         "entry") TO_THE_OTHER("entry_hash"),
     "version", "SELECT " POSITION(2), "SELECT 2", "SELECT 3"},
    {"the bodies of two records change places",
     "CREATE TEMP TABLE t AS SELECT body, (SELECT hash FROM entry_hash WHERE position = 12) AS hash"
     " FROM entry WHERE position = 12;"
     "UPDATE entry SET body = (SELECT body FROM entry WHERE position = 14) WHERE position = 12;"
     "UPDATE entry_hash SET hash = (SELECT hash FROM entry_hash WHERE position = 14)"
     " WHERE position = 12;"
     "UPDATE entry SET body = (SELECT body FROM t) WHERE position = 14;"
     "UPDATE entry_hash SET hash = (SELECT hash FROM t) WHERE position = 14;",
     "column", "SELECT 12", NULL, NULL},
    {"the versions beside two entries change places",
     "UPDATE entry SET version = 9 WHERE position = " POSITION(3), "version", "SELECT " POSITION(3),
     "SELECT 3", "SELECT 9"},
    {"an entry is given to another record",
     "UPDATE entry SET record = (SELECT id FROM record WHERE external_id = 'A-2')"
     " WHERE position = " POSITION(3),
     "column", "SELECT " POSITION(3), NULL, NULL},
    {"the time beside an entry is changed",
     "UPDATE entry SET recorded_at = recorded_at - 1 WHERE position = 20", "recorded_at",
     "SELECT 20", "SELECT recorded_at FROM entry WHERE position = 20",
     "SELECT recorded_at - 1 FROM entry WHERE position = 20"},
    {"the tail is cut, the rows stay",
     "DELETE FROM entry_hash WHERE position = " END "; DELETE FROM entry WHERE position = " END,
     "missing", NULL, "SELECT 1", "SELECT 0"},
    {"a whole record is dropped, the entries stay", "DELETE FROM record WHERE external_id = 'last'",
     "column", "SELECT " END, NULL, NULL},
    /* rows */
    {"a state is changed", "UPDATE record SET state = 'closed' WHERE " T_5, "record", LAST_OF_T_5,
     "SELECT state FROM record WHERE " T_5, "SELECT 'closed'"},
    {"a due time is moved", "UPDATE record SET due = due + 1 WHERE external_id = 'last'", "record",
     "SELECT last_position FROM record WHERE external_id = 'last'", NULL, NULL},
    {"a due time is dropped", "UPDATE record SET due = NULL WHERE external_id = 'last'", "record",
     "SELECT last_position FROM record WHERE external_id = 'last'", NULL, NULL},
    {"a timer is moved", "UPDATE record SET next_timer = next_timer + 1 WHERE " T_5, "record",
     LAST_OF_T_5, NULL, NULL},
    {"a unit is changed", "UPDATE record SET unit = 'street' WHERE " T_5, "record", LAST_OF_T_5,
     "SELECT unit FROM record WHERE " T_5, "SELECT 'street'"},
    {"a unit is dropped", "UPDATE record SET unit = NULL WHERE " T_5, "record", LAST_OF_T_5, NULL,
     NULL},
    {"a matter is made final", "UPDATE record SET is_final = 1 WHERE " T_5, "record", LAST_OF_T_5,
     NULL, NULL},
    {"an external id is changed", "UPDATE record SET external_id = 'X-5' WHERE " T_5, "record",
     LAST_OF_T_5, "SELECT 'T-5'", "SELECT 'X-5'"},
    {"a parent is dropped", "UPDATE record SET parent = NULL WHERE external_id = 'S-1'", "record",
     "SELECT last_position FROM record WHERE external_id = 'S-1'", NULL, NULL},
    {"a record moves to another space", "UPDATE record SET space = 'unit' WHERE " T_5, "record",
     LAST_OF_T_5, NULL, NULL},
    {"a unit of the directory moves to another space",
     "UPDATE record SET space = 'person' WHERE external_id = 'water'", "record",
     "SELECT last_position FROM record WHERE external_id = 'water'", NULL, NULL},
    {"a lifecycle is changed", "UPDATE record SET lifecycle = 'patrol' WHERE " T_5, "outcome", NULL,
     NULL, NULL},
    {"a version is changed", "UPDATE record SET version = version + 1 WHERE " T_5, "missing", NULL,
     "SELECT version + 1 FROM record WHERE " T_5, "SELECT version FROM record WHERE " T_5},
    {"a row's hash is changed", "UPDATE record SET hash = zeroblob(32) WHERE " T_5, "record", NULL,
     NULL, NULL},
    {"a snapshot is put over another",
     "UPDATE record SET snapshot = (SELECT snapshot FROM record WHERE external_id = 'T-7')"
     " WHERE " T_5,
     "record", LAST_OF_T_5, NULL, NULL},
    {"a unit's data are put over another's",
     "UPDATE record SET snapshot = (SELECT snapshot FROM record WHERE external_id = 'light')"
     " WHERE external_id = 'water'",
     "record", "SELECT last_position FROM record WHERE external_id = 'water'", NULL, NULL},
    {"a snapshot is emptied", "UPDATE record SET snapshot = x'' WHERE " T_5, "record", NULL, NULL,
     NULL},
    /* what lies beside */
    {"a private value is changed",
     "UPDATE private SET body = CAST(replace(CAST(body AS TEXT), 'Wang Fang', 'Wang Gang') AS BLOB)"
     " WHERE position = (SELECT position FROM entry WHERE record = " A_1 " AND version = 1)",
     "commitment", "SELECT " POSITION(1), NULL, NULL},
    {"a private value is taken from another entry",
     "UPDATE private SET body = (SELECT p.body FROM private p JOIN entry e USING(position)"
     " JOIN record r ON r.id = e.record WHERE r.external_id = 'T-1' AND e.version = 1)"
     " WHERE position = " POSITION(1),
     "commitment", "SELECT " POSITION(1), NULL, NULL},
    {"a rulebook is changed",
     "UPDATE document SET body = CAST(replace(CAST(body AS TEXT), '5 working days',"
     " '9 working days') AS BLOB) WHERE kind = 'rulebook'",
     "rulebook",
     "SELECT min(e.position) FROM entry e JOIN record r ON r.id = e.record WHERE r.space = "
     "'ticket'",
     NULL, NULL},
    {"a rulebook is spoiled",
     "UPDATE document SET body = CAST(substr(CAST(body AS TEXT), 1, 900) AS BLOB)"
     " WHERE kind = 'rulebook'",
     "rulebook", NULL, NULL, NULL},
    {"a rulebook is dropped", "DELETE FROM document WHERE kind = 'rulebook'", "rulebook", NULL,
     NULL, NULL},
    {"a zone is dropped", "DELETE FROM document WHERE kind = 'zone'", "zone", NULL, NULL, NULL},
    {"a zone is moved by an hour",
     "UPDATE document SET body = cast(replace(cast(body AS text), '28800', '32400') AS blob)"
     " WHERE kind = 'zone'",
     "zone", NULL, NULL, NULL},
    /* Nobody can find these without a checkpoint kept elsewhere. */
    {"the tail is cut with its rows",
     "DELETE FROM entry_hash WHERE position = " END "; DELETE FROM entry WHERE position = " END ";"
     "DELETE FROM record WHERE external_id = 'last'",
     "", NULL, NULL, NULL},
    /* Erasing is not a fault. */
    {"the values beside an entry are gone",
     "DELETE FROM private WHERE position = (SELECT last_position FROM record"
     " WHERE external_id = 'op' AND space = 'person')",
     NULL, NULL, NULL, NULL},
};

static void compare(const struct tampering *tampering, const char *what, sqlite3 *untouched,
                    const char *question, const char *answer)
{
    char wanted[200];
    if (question == NULL)
        return;
    ask_text(wanted, sizeof(wanted), untouched, question);
    CHECK_SAYING(strcmp(wanted, answer) == 0, "%s: %s \"%s\" and not \"%s\"", tampering->name, what,
                 answer, wanted);
}

static void check_tampering(const struct tampering *tampering, sqlite3 *untouched)
{
    struct chaos_world world;
    struct community_verification found;
    chaos_remove_database(work_path);
    chaos_copy_file(desk_path, work_path);
    sqlite3 *file = open_file(work_path);
    change(file, tampering->sql);
    CHECK_SAYING(sqlite3_total_changes(file) > 0, "%s: nothing was changed", tampering->name);
    sqlite3_close(file);
    struct community_desk *desk = open_desk(work_path, &world, 0);
    verify(&found, desk);
    community_desk_close(desk);
    if (tampering->kind == NULL)
        return;
    CHECK_SAYING(found.is_whole == (tampering->kind[0] == '\0') &&
                     strcmp(found.kind, tampering->kind) == 0,
                 "%s: \"%s\" at %lld of %s, expected \"%s\", found \"%s\"", tampering->name,
                 found.kind, (long long)found.position, found.record, found.expected, found.found);
    char position[32];
    snprintf(position, sizeof(position), "%lld", (long long)found.position);
    compare(tampering, "position", untouched, tampering->position, position);
    compare(tampering, "expected", untouched, tampering->expected, found.expected);
    compare(tampering, "found", untouched, tampering->found, found.found);
}

static void check_tamperings(void)
{
    sqlite3 *untouched = open_file(desk_path);
    for (size_t i = 0; i < sizeof(tamperings) / sizeof(tamperings[0]); i++)
        check_tampering(&tamperings[i], untouched);
    sqlite3_close(untouched);
}

/* Who edits an entry and hashes everything again, row and all, cannot be found from inside. */
static void check_full_rehash(void)
{
    struct chaos_world world;
    struct community_verification found;
    chaos_remove_database(work_path);
    chaos_copy_file(desk_path, work_path);
    sqlite3 *file = open_file(work_path);
    const int64_t position =
        ask(file, "SELECT last_position FROM record WHERE external_id = 'A-2'");
    size_t size;
    unsigned char *body = read_bytes(&size, file, "entry", "body", position);
    unsigned char *actor = (unsigned char *)strstr((char *)body, "\"actor\":\"op\"");
    if (CHECK(actor != NULL)) {
        memcpy(actor, "\"actor\":\"ox\"", strlen("\"actor\":\"ox\""));
        unsigned char digest[32];
        sha256(digest, body, size);
        write_bytes(file, "entry", "body", position, body, size);
        write_bytes(file, "entry_hash", "hash", position, digest, sizeof(digest));
        change(file, "UPDATE record SET hash = (SELECT hash FROM entry_hash"
                     " WHERE entry_hash.position = record.last_position)"
                     " WHERE external_id = 'A-2'");
    }
    free(body);
    sqlite3_close(file);
    struct community_desk *desk = open_desk(work_path, &world, 0);
    verify(&found, desk);
    CHECK_SAYING(found.is_whole, "full re-hash: %s at %lld", found.kind, (long long)found.position);
    community_desk_close(desk);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct chaos_random random = {chaos_seed(20260602)};
    chaos_path(desk_path, "desk.db");
    chaos_path(work_path, "work.db");
    make_desk();
    check_tamperings();
    check_full_rehash();
    check_flips(&random);
    return chaos_finish();
}
