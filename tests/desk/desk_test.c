/* SPDX-License-Identifier: Apache-2.0
 *
 * A desk and the world: files, failing memory, what somebody changed behind its back. The
 * scenarios of casework are in desk_check.c. */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/test_allocator.h"
#include "desk_fixture.h"
#include "text.h"

static char directory[64];
static char path[128];
static char uri[160];

static void make_directory(void)
{
    strcpy(directory, "/tmp/desk_test.XXXXXX");
    cr_assert(mkdtemp(directory) != NULL);
    snprintf(path, sizeof(path), "%s/desk.db", directory);
    snprintf(uri, sizeof(uri), "sqlite:%s", path);
}

static void remove_directory(void)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char name[160];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
    rmdir(directory);
}

TestSuite(desk, .init = make_directory, .fini = remove_directory);

static void fill(struct office *office)
{
    office_install(office, office_rules);
    office_people(office);
    cr_assert_str_eq(office_send(office,
                                 "{'command': 'open', 'lifecycle': 'request', 'external_id': 'A',"
                                 " 'actor': 'res', 'key': 'k', 'data': {'subject': 'a lamp',"
                                 " 'phone': '5550100', 'health': 'poor', 'place': 'hall',"
                                 " 'reason': 'asked by 5550100', 'note': 'call 5550100'}}"),
                     "accepted");
    cr_assert_str_eq(office_send(office, "{'command': 'give', 'record': '@A', 'actor': 'op',"
                                         " 'data': {'lead_unit': 'bureau'}}"),
                     "accepted");
    cr_assert_str_eq(office_send(office, "{'command': 'note', 'record': '@A', 'actor': 'op',"
                                         " 'data': {'text': 'he is 5550100'}}"),
                     "accepted");
    cr_assert_str_eq(office_send(office, "{'command': 'put-person', 'actor': 'root', 'data':"
                                         " {'id': 'p-1', 'name': '5550100'}}"),
                     "accepted");
}

/* What stands in the file: one number. */
static int64_t query(const char *sql)
{
    sqlite3 *database;
    sqlite3_stmt *statement;
    cr_assert(sqlite3_open(path, &database) == SQLITE_OK);
    cr_assert(sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK, "%s",
              sqlite3_errmsg(database));
    cr_assert(sqlite3_step(statement) == SQLITE_ROW, "%s", sql);
    const int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

static void change(const char *sql)
{
    sqlite3 *database;
    cr_assert(sqlite3_open(path, &database) == SQLITE_OK);
    cr_assert(sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
              sqlite3_errmsg(database));
    cr_assert(sqlite3_changes(database) > 0, "%s", sql);
    sqlite3_close(database);
}

Test(desk, personal_values_are_nowhere_but_beside_the_journal)
{
    struct office office;
    office_open(&office, uri);
    fill(&office);
    office_close(&office);

    cr_assert(query("SELECT count(*) FROM entry WHERE instr(body, CAST('lamp' AS BLOB)) > 0") > 0,
              "the bytes can be searched");
    static const char *const places[] = {
        "SELECT count(*) FROM entry WHERE instr(body, CAST('5550100' AS BLOB)) > 0"
        " OR instr(body, CAST('poor' AS BLOB)) > 0",
        "SELECT count(*) FROM outbox WHERE instr(body, CAST('5550100' AS BLOB)) > 0",
        "SELECT count(*) FROM command_key WHERE instr(receipt, CAST('5550100' AS BLOB)) > 0",
        "SELECT count(*) FROM record WHERE instr(unit, '5550100') > 0",
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        cr_assert(query(places[i]) == 0, "%s", places[i]);
    cr_assert(query("SELECT count(*) FROM private WHERE instr(body, CAST('5550100' AS BLOB)) > 0") >
              0);
}

Test(desk, a_record_keeps_the_zone_table_of_its_rulebook)
{
    struct office office;
    office_open(&office, uri);
    fill(&office);
    office_close(&office);

    /* As if this machine had other tables now: nine hours where the system says eight. */
    change("UPDATE document SET body = CAST(replace(CAST(body AS TEXT), '28800', '32400') AS BLOB)"
           " WHERE kind = 'zone'");
    office_open(&office, "memory:");
    community_desk_close(office.desk);
    office.uri = uri;
    struct community_desk_configuration configuration = {.size = sizeof(configuration)};
    cr_assert(community_desk_open(&office.desk, cm_text(uri), &configuration, NULL) ==
              COMMUNITY_OK);
    cr_assert_str_eq(office_look(&office, "@A", "op", "deadlines.resolve.due"),
                     "2026-06-03T18:30:00+09:00", "the stored table is the one that is used");
    cr_assert_str_eq(office_verify(&office), "zone", "and nobody changes it unseen");
    office_close(&office);
}

Test(desk, a_missing_zone_or_rulebook_is_corruption_and_no_guess)
{
    struct office office;
    office_open(&office, uri);
    fill(&office);
    office_close(&office);

    static const char *const losses[] = {"DELETE FROM document WHERE kind = 'zone'",
                                         "DELETE FROM document WHERE kind = 'rulebook'"};
    for (size_t i = 0; i < 2; i++) {
        struct community_error err = {0};
        struct community_document *document;
        struct community_desk *desk;
        change(losses[i]);
        cr_assert(community_desk_open(&desk, cm_text(uri), NULL, NULL) == COMMUNITY_OK);
        cr_assert(community_desk_get(&document, desk, CM_TEXT("@A"), CM_TEXT("op"), 0, &err) ==
                  COMMUNITY_CORRUPT);
        cr_assert_str_eq(err.code, "store-content");
        community_desk_close(desk);
    }
}

/* What find and tick go by is part of a record too. */
Test(desk, verify_sees_a_changed_row)
{
    static const char *const rows[][2] = {
        {"UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'a lamp', 'a lump') AS BLOB)"
         " WHERE instr(body, CAST('a lamp' AS BLOB)) > 0",
         "hash"},
        {"UPDATE record SET state = 'closed' WHERE external_id = 'A'", "record"},
        {"UPDATE record SET unit = 'works' WHERE external_id = 'A'", "record"},
        {"UPDATE record SET due = due + 86400000 WHERE external_id = 'A'", "record"},
        {"UPDATE record SET is_final = 1 WHERE external_id = 'A'", "record"},
        {"UPDATE record SET next_timer = next_timer + 86400000 WHERE external_id = 'A'", "record"},
        {"UPDATE record SET external_id = 'B' WHERE external_id = 'A'", "record"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct office office;
        office_open(&office, uri);
        fill(&office);
        community_desk_close(office.desk);
        change(rows[i][0]);
        cr_assert(community_desk_open(&office.desk, cm_text(uri), NULL, NULL) == COMMUNITY_OK);
        cr_expect_str_eq(office_verify(&office), rows[i][1], "%s", rows[i][0]);
        office_close(&office);
        unlink(path);
    }
}

Test(desk, addresses_are_read_with_care)
{
    const struct {
        const char *uri;
        uint32_t flags;
        enum community_status status;
    } rows[] = {
        {"", 0, COMMUNITY_INVALID},
        {"http://example.org", 0, COMMUNITY_INVALID},
        {"postgresql://host/name", 0, COMMUNITY_UNSUPPORTED},
        {"sqlite:/nonexistent/desk.db", 0, COMMUNITY_NOT_FOUND},
        {uri, 0, COMMUNITY_NOT_FOUND},
        {uri, COMMUNITY_DESK_READ_ONLY, COMMUNITY_NOT_FOUND},
        {uri, COMMUNITY_DESK_CREATE, COMMUNITY_OK},
        {uri, COMMUNITY_DESK_CREATE, COMMUNITY_EXISTS},
        {path, 0, COMMUNITY_OK},
        {"memory:", 0, COMMUNITY_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct community_desk *desk;
        const struct community_desk_configuration configuration = {.size = sizeof(configuration),
                                                                   .flags = rows[i].flags};
        const enum community_status status =
            community_desk_open(&desk, cm_text(rows[i].uri), &configuration, NULL);
        cr_assert(status == rows[i].status, "%s: %d", rows[i].uri, status);
        cr_assert((desk != NULL) == (status == COMMUNITY_OK));
        community_desk_close(desk);
    }
}

Test(desk, a_desk_for_reading_only_writes_nothing)
{
    struct office office;
    office_open(&office, uri);
    fill(&office);
    community_desk_close(office.desk);
    const struct community_desk_configuration configuration = {.size = sizeof(configuration),
                                                               .flags = COMMUNITY_DESK_READ_ONLY};
    cr_assert(community_desk_open(&office.desk, cm_text(uri), &configuration, NULL) ==
              COMMUNITY_OK);
    cr_assert_str_eq(office_look(&office, "@A", "op", "state"), "given");
    cr_assert_str_eq(office_verify(&office), "whole");
    cr_assert_str_eq(office_send(&office, "{'command': 'handle', 'record': '@A', 'actor': 'hand'}"),
                     "error: desk-read-only");
    struct community_error err = {0};
    cr_assert(community_desk_tick(office.desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, &err) ==
              COMMUNITY_UNSUPPORTED);
    office_close(&office);
}

Test(desk, two_desks_on_one_file_see_what_the_other_wrote)
{
    struct office first;
    struct office second;
    office_open(&first, uri);
    fill(&first);
    office_open(&second, "memory:");
    second.uri = uri;
    second.now = first.now;
    office_reopen(&second);

    cr_assert_str_eq(office_send(&second, "{'command': 'put-unit', 'actor': 'root', 'data':"
                                          " {'id': 'new', 'kind': 'k'}}"),
                     "accepted");
    cr_assert_str_eq(office_send(&first, "{'command': 'merge', 'record': '@A', 'actor': 'op',"
                                         " 'data': {'into': '@A'}}"),
                     "merge-self");
    cr_assert_str_eq(office_send(&first, "{'command': 'open', 'lifecycle': 'request', 'actor':"
                                         " 'res', 'external_id': 'B', 'data': {'subject': 'b',"
                                         " 'place': 'new'}}"),
                     "accepted");
    cr_assert_str_eq(office_look(&second, "@B", "op", "state"), "new");
    office_install(&first, "{'rulebook': 'x', 'version': '1', 'lifecycles': {'request': {"
                           " 'kind': 'ticket', 'start': 'begun', 'states': {'begun': {},"
                           " 'over': {'final': true}}, 'transitions': [{'name': 'finish',"
                           " 'from': 'begun', 'to': 'over'}]}}}");
    cr_assert_str_eq(office_send(&second, "{'command': 'open', 'actor': 'res',"
                                          " 'external_id': 'C'}"),
                     "accepted");
    cr_assert_str_eq(office_look(&first, "@C", "op", "state"), "begun");
    cr_assert_str_eq(office_verify(&second), "whole");
    office_close(&second);
    office_close(&first);
}

/* ---- failing memory ---- */

static community_time_ms fixed_clock(void *userdata)
{
    (void)userdata;
    return INT64_C(1780275600000);
}

/* One command; the status, whatever the rules say. */
static enum community_status submit(struct community_desk *desk, const char *json,
                                    const struct community_allocator *allocator)
{
    char text[512];
    struct community_command *command;
    struct community_receipt *receipt;
    snprintf(text, sizeof(text), "%s", json);
    for (char *place = text; *place != '\0'; place++)
        *place = *place == '\'' ? '"' : *place;
    enum community_status status =
        community_command_from_json(&command, cm_text(text), allocator, NULL);
    if (status != COMMUNITY_OK)
        return status;
    status = community_desk_submit(&receipt, desk, command, NULL);
    cr_assert((receipt != NULL) == (status == COMMUNITY_OK));
    community_receipt_free(receipt);
    community_command_free(command);
    return status;
}

static const char *const session[] = {
    "{'command': 'put-unit', 'actor': 'root', 'data': {'id': 'county', 'kind': 'k'}}",
    "{'command': 'grant', 'actor': 'root', 'data': {'person': 'op', 'role': 'operator',"
    " 'unit': 'county'}}",
    "{'command': 'put-person', 'actor': 'root', 'data': {'id': 'p', 'name': 'n'}}",
    "{'command': 'open', 'lifecycle': 'request', 'external_id': 'A', 'actor': 'res', 'key': 'k',"
    " 'data': {'subject': 'a', 'phone': '1'}}",
    "{'command': 'open', 'lifecycle': 'request', 'external_id': 'A', 'actor': 'res', 'key': 'k',"
    " 'data': {'subject': 'a', 'phone': '1'}}",
    "{'command': 'give', 'record': '@A', 'actor': 'op', 'data': {'lead_unit': 'county'}}",
    "{'command': 'give', 'record': '@A', 'actor': 'x', 'data': {'z': 1}}",
    "{'command': 'rate', 'record': '@A', 'actor': 'res', 'data': {'rating': 3}}",
};
enum { SESSION_COUNT = sizeof(session) / sizeof(session[0]) };

static int ignore_json(void *userdata, struct community_text json)
{
    (void)userdata;
    (void)json;
    return 0;
}

/* All of a desk's calls; stops at the first failure. */
static enum community_status look_around(struct community_desk *desk)
{
    struct community_document *document;
    const struct community_text record = CM_TEXT("@A");
    const struct community_text actor = CM_TEXT("op");
    const struct community_find find = {.size = sizeof(find)};
    struct community_verification found = {.size = sizeof(found)};
    enum community_status status = community_desk_get(
        &document, desk, record, actor, COMMUNITY_GET_HISTORY | COMMUNITY_GET_EXPLAIN, NULL);
    community_document_free(document);
    if (status == COMMUNITY_OK) {
        status = community_desk_options(&document, desk, record, actor, NULL);
        community_document_free(document);
    }
    if (status == COMMUNITY_OK) {
        status = community_desk_summary(&document, desk, COMMUNITY_TIME_NOW, NULL);
        community_document_free(document);
    }
    if (status == COMMUNITY_OK)
        status = community_desk_find(desk, &find, actor, ignore_json, NULL, NULL);
    if (status == COMMUNITY_OK)
        status = community_desk_tick(desk, INT64_C(1780880400000), NULL, NULL, NULL, NULL);
    if (status == COMMUNITY_OK)
        status = community_desk_verify(&found, desk, NULL, NULL, NULL);
    return status;
}

static enum community_status live(const struct community_allocator *allocator,
                                  const struct community_rulebook *rulebook)
{
    struct community_desk *desk;
    const struct community_desk_configuration configuration = {
        .size = sizeof(configuration), .allocator = allocator, .now = fixed_clock};
    enum community_status status =
        community_desk_open(&desk, CM_TEXT("memory:"), &configuration, NULL);
    if (status == COMMUNITY_OK)
        status = community_desk_install(desk, rulebook, CM_TEXT("root"), NULL);
    for (size_t i = 0; status == COMMUNITY_OK && i < SESSION_COUNT; i++)
        status = submit(desk, session[i], allocator);
    if (status == COMMUNITY_OK)
        status = look_around(desk);
    community_desk_close(desk);
    return status;
}

Test(desk, every_allocation_may_fail_and_nothing_leaks, .timeout = 120)
{
    struct test_allocator memory;
    struct community_rulebook *rulebook;
    char *rules = strdup(office_rules);
    for (char *place = rules; *place != '\0'; place++)
        *place = *place == '\'' ? '"' : *place;
    cr_assert(community_rulebook_load(&rulebook, cm_text(rules), CM_TEXT("t"), NULL, NULL) ==
              COMMUNITY_OK);
    test_allocator_init(&memory);
    const enum community_status lived = live(&memory.allocator, rulebook);
    cr_assert(lived == COMMUNITY_OK, "%d", lived);
    const size_t calls = memory.calls;
    cr_assert(memory.live == 0);
    cr_assert(calls > 50);
    for (size_t fail_at = 1; fail_at <= calls; fail_at++) {
        test_allocator_init(&memory);
        memory.fail_at = fail_at;
        const enum community_status status = live(&memory.allocator, rulebook);
        cr_assert(status == COMMUNITY_NO_MEMORY || status == COMMUNITY_OK, "call %zu of %zu: %d",
                  fail_at, calls, status);
        cr_assert(memory.live == 0, "call %zu of %zu leaks %zu", fail_at, calls, memory.live);
    }
    community_rulebook_free(rulebook);
    free(rules);
}

/* After a failure the desk is as it was before, and the same command goes through. */
Test(desk, a_desk_goes_on_after_memory_was_short, .timeout = 120)
{
    struct test_allocator memory;
    struct office office;
    test_allocator_init(&memory);
    office_open(&office, "memory:");
    community_desk_close(office.desk);
    office.allocator = &memory.allocator;
    struct community_desk_configuration configuration = {
        .size = sizeof(configuration), .allocator = &memory.allocator, .now = fixed_clock};
    cr_assert(community_desk_open(&office.desk, CM_TEXT("memory:"), &configuration, NULL) ==
              COMMUNITY_OK);
    fill(&office);
    int64_t count = office_entry_count(&office);
    int failures = 0;
    for (size_t i = 1; i < 400; i++) {
        memory.calls = 0;
        memory.fail_at = i;
        const enum community_status status = submit(
            office.desk,
            "{'command': 'note', 'record': '@A', 'actor': 'op', 'data': {'text': 'x'}}", NULL);
        memory.fail_at = 0;
        count += status == COMMUNITY_OK;
        failures += status == COMMUNITY_NO_MEMORY;
        cr_assert(status == COMMUNITY_OK || status == COMMUNITY_NO_MEMORY, "%d", status);
        cr_assert(office_entry_count(&office) == count, "after call %zu", i);
        if (memory.calls < i && status == COMMUNITY_OK)
            break;
    }
    cr_assert(failures > 0);
    cr_assert_str_eq(office_verify(&office), "whole");
    office_close(&office);
    cr_assert(memory.live == 0);
}
