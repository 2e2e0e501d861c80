/* SPDX-License-Identifier: Apache-2.0
 *
 * Positions and versions that have come far: a desk's file is prepared as if two to the power of
 * 31, 32 or 53 entries, less ten, had gone before, and work goes on across the edge. Verify
 * counts from the first entry and cannot be asked here; everything else can. At the end of what
 * JSON can carry exactly stands a clean error, and nothing is written. */
#define _GNU_SOURCE
#include "chaos_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

enum { STEP_COUNT = 20 };

static char desk_path[CHAOS_PATH_SIZE];

static struct community_desk *open_desk(struct chaos_world *world, uint32_t flags)
{
    struct community_error err = {0};
    struct community_desk *desk;
    *world = (struct chaos_world){.now = CHAOS_START, .random = {flags + 7}};
    struct community_desk_configuration made = chaos_configuration(world, flags);
    if (community_desk_open(&desk, chaos_text(desk_path), &made, &err) != COMMUNITY_OK)
        chaos_stop(desk_path, &err);
    return desk;
}

static void make_desk(void)
{
    struct community_error err = {0};
    struct chaos_world world;
    struct community_rulebook *rulebook = chaos_rulebook(NULL);
    chaos_remove_database(desk_path);
    struct community_desk *desk = open_desk(&world, COMMUNITY_DESK_CREATE);
    if (community_desk_install(desk, rulebook, chaos_text("admin"), &err) != COMMUNITY_OK)
        chaos_stop("install", &err);
    chaos_put_directory(desk);
    chaos_accepted(desk, "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"N\","
                         "\"actor\":\"resident\",\"data\":{\"subject\":\"numbers\"}}");
    community_desk_close(desk);
    community_rulebook_free(rulebook);
}

static void change(const char *format, int64_t number)
{
    char sql[1000];
    char *message = NULL;
    sqlite3 *file;
    snprintf(sql, sizeof(sql), format, (long long)number, (long long)number, (long long)number,
             (long long)number, (long long)number, (long long)number);
    if (sqlite3_open(desk_path, &file) != SQLITE_OK ||
        sqlite3_exec(file, sql, NULL, NULL, &message) != SQLITE_OK)
        chaos_stop(message, NULL);
    sqlite3_close(file);
}

static int64_t ask(const char *sql)
{
    sqlite3 *file;
    sqlite3_stmt *statement;
    if (sqlite3_open(desk_path, &file) != SQLITE_OK ||
        sqlite3_prepare_v2(file, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        chaos_stop(sql, NULL);
    const int64_t answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(file);
    return answer;
}

struct seen {
    int count;
    char last[2000];
};

static int see(void *userdata, struct community_text json)
{
    struct seen *seen = userdata;
    seen->count++;
    snprintf(seen->last, sizeof(seen->last), "%.*s", (int)json.size, json.data);
    return 0;
}

static enum community_status note(struct community_receipt **receipt_out,
                                  struct community_desk *desk, int number,
                                  struct community_error *err)
{
    char json[300];
    snprintf(json, sizeof(json),
             "{\"command\":\"note\",\"record\":\"@N\",\"actor\":\"op\",\"key\":\"k%d\","
             "\"data\":{\"text\":\"t\"}}",
             number);
    return chaos_submit(receipt_out, desk, json, err);
}

/* Goes on until the first error; how many notes were taken. */
static int take_notes(struct community_desk *desk, int64_t first_position, int64_t first_version)
{
    for (int i = 0; i < STEP_COUNT; i++) {
        struct community_error err = {0};
        struct community_receipt *receipt;
        struct community_receipt *again = NULL;
        const enum community_status status = note(&receipt, desk, i, &err);
        if (status != COMMUNITY_OK) {
            CHECK_SAYING(err.status == status && err.message[0] != '\0', "status %d: %s", status,
                         err.message);
            printf("  ends after %d: %d %s %s\n", i, status, err.code, err.message);
            return i;
        }
        CHECK(community_receipt_is_accepted(receipt));
        CHECK_SAYING(community_receipt_position(receipt) == first_position + i,
                     "position %lld and not %lld", (long long)community_receipt_position(receipt),
                     (long long)(first_position + i));
        CHECK_SAYING(community_receipt_version(receipt) == first_version + i,
                     "version %lld and not %lld", (long long)community_receipt_version(receipt),
                     (long long)(first_version + i));
        /* The same key gives the same numbers, read back from the store. */
        CHECK_SAYING(note(&again, desk, i, &err) == COMMUNITY_OK, "again: %s", err.message);
        if (again != NULL) {
            CHECK(community_receipt_position(again) == first_position + i);
            CHECK(community_receipt_version(again) == first_version + i);
        }
        community_receipt_free(again);
        community_receipt_free(receipt);
    }
    return STEP_COUNT;
}

static void check_reading(struct community_desk *desk, int64_t last_version)
{
    char version[64];
    struct seen seen = {0};
    struct community_error err = {0};
    struct community_document *document;
    snprintf(version, sizeof(version), "\"version\":%lld", (long long)last_version);
    CHECK_SAYING(community_desk_get(&document, desk, chaos_text("@N"), chaos_text("op"), 0, &err) ==
                     COMMUNITY_OK,
                 "get: %s", err.message);
    if (document != NULL) {
        const struct community_text json = community_document_json(document);
        CHECK_SAYING(memmem(json.data, json.size, version, strlen(version)) != NULL, "%s in %.*s",
                     version, (int)json.size, json.data);
    }
    community_document_free(document);
    CHECK_SAYING(community_desk_history(desk, chaos_text("@N"), chaos_text("op"), see, &seen,
                                        &err) == COMMUNITY_OK,
                 "history: %s", err.message);
    CHECK_SAYING(strstr(seen.last, version) != NULL, "%s in %s", version, seen.last);
}

static void check_effects(struct community_desk *desk)
{
    struct seen seen = {0};
    struct community_error err = {0};
    char id[64] = "";
    chaos_accepted(desk, "{\"command\":\"dispatch\",\"record\":\"@N\",\"actor\":\"op\","
                         "\"data\":{\"lead_unit\":\"water\"}}");
    CHECK(community_desk_outbox(desk, see, &seen, &err) == COMMUNITY_OK);
    CHECK(seen.count > 0 && sscanf(seen.last, "{\"id\":\"%60[^\"]", id) == 1);
    CHECK_SAYING(community_desk_acknowledge(desk, chaos_text(id), &err) == COMMUNITY_OK, "%s: %s",
                 id, err.message);
}

static void check_positions(int64_t base, int expected_count)
{
    struct chaos_world world;
    make_desk();
    change("UPDATE entry SET position = -position;"
           "UPDATE entry SET position = %lld - position - 100,"
           " previous_position = previous_position + %lld - 100;"
           "UPDATE entry_hash SET position = -position;"
           "UPDATE entry_hash SET position = %lld - position - 100;"
           "UPDATE private SET position = -position;"
           "UPDATE private SET position = %lld - position - 100;"
           "UPDATE record SET last_position = last_position + %lld - 100",
           base);
    const int64_t last = ask("SELECT max(position) FROM entry");
    change("UPDATE entry SET position = -position;"
           "UPDATE entry SET position = -position + (%lld),"
           " previous_position = previous_position + (%lld);"
           "UPDATE entry_hash SET position = -position;"
           "UPDATE entry_hash SET position = -position + (%lld);"
           "UPDATE private SET position = -position;"
           "UPDATE private SET position = -position + (%lld);"
           "UPDATE record SET last_position = last_position + (%lld)",
           base - last);
    CHECK(ask("SELECT max(position) FROM entry") == base);
    printf("positions from %lld\n", (long long)base);
    struct community_desk *desk = open_desk(&world, 0);
    const int taken = take_notes(desk, base + 1, 2);
    CHECK_SAYING(taken == expected_count, "%d and not %d", taken, expected_count);
    check_reading(desk, 1 + taken);
    if (expected_count == STEP_COUNT)
        check_effects(desk);
    community_desk_close(desk);
    CHECK(ask("SELECT max(position) FROM entry") ==
          base + taken + (expected_count == STEP_COUNT ? 1 : 0));
}

static void check_versions(int64_t base, int expected_count)
{
    struct chaos_world world;
    make_desk();
    change("UPDATE record SET version = %lld WHERE external_id = 'N';"
           "UPDATE entry SET version = %lld WHERE record ="
           " (SELECT id FROM record WHERE external_id = 'N')",
           base);
    const int64_t position = ask("SELECT max(position) FROM entry");
    printf("versions from %lld\n", (long long)base);
    struct community_desk *desk = open_desk(&world, 0);
    const int taken = take_notes(desk, position + 1, base + 1);
    CHECK_SAYING(taken == expected_count, "%d and not %d", taken, expected_count);
    check_reading(desk, base + taken);
    community_desk_close(desk);
    CHECK(ask("SELECT max(position) FROM entry") == position + taken);
    CHECK(ask("SELECT version FROM record WHERE external_id = 'N'") == base + taken);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    chaos_path(desk_path, "desk.db");
    check_positions((INT64_C(1) << 31) - 10, STEP_COUNT);
    check_positions((INT64_C(1) << 32) - 10, STEP_COUNT);
    check_versions((INT64_C(1) << 31) - 10, STEP_COUNT);
    check_versions((INT64_C(1) << 32) - 10, STEP_COUNT);
    /* The greatest integer that JSON carries exactly is 2^53 - 1. */
    check_positions((INT64_C(1) << 53) - 10, 9);
    check_versions((INT64_C(1) << 53) - 10, 9);
    return chaos_finish();
}
