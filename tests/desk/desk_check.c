/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole scenarios at a desk, each on a memory store and on SQLite: the same expectations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "desk_fixture.h"
#include "text.h"

static int passed_count;
static int failed_count;
static const char *scenario_name;
static const char *store_name;

static void expect_text(int line, const char *found, const char *expected)
{
    if (strcmp(found, expected) == 0) {
        passed_count++;
        return;
    }
    failed_count++;
    printf("desk_check.c:%d: %s on %s: expected \"%s\", found \"%s\"\n", line, scenario_name,
           store_name, expected, found);
}

static void expect_number(int line, int64_t found, int64_t expected)
{
    if (found == expected) {
        passed_count++;
        return;
    }
    failed_count++;
    printf("desk_check.c:%d: %s on %s: expected %lld, found %lld\n", line, scenario_name,
           store_name, (long long)expected, (long long)found);
}

#define TEXT(found, expected) expect_text(__LINE__, (found), (expected))
#define NUMBER(found, expected) expect_number(__LINE__, (found), (expected))
#define SEND(json, expected) TEXT(office_send(office, (json)), (expected))
#define LOOK(record, path, expected) TEXT(office_look(office, (record), "op", (path)), (expected))
#define CLOCK(text) office_set_clock(office, (text))
#define CONTAINS(text, part) NUMBER(strstr((text), (part)) != NULL, 1)
#define LACKS(text, part) NUMBER(strstr((text), (part)) != NULL, 0)

static void open_request(struct office *office, const char *external_id)
{
    char json[256];
    snprintf(json, sizeof(json),
             "{'command': 'open', 'lifecycle': 'request', 'external_id': '%s', 'actor': 'res',"
             " 'data': {'subject': 'a lamp', 'phone': '5550100', 'place': 'hall'}}",
             external_id);
    SEND(json, "accepted");
}

static const char *command_to(struct office *office, const char *command, const char *record,
                              const char *actor, const char *data)
{
    char json[512];
    snprintf(json, sizeof(json), "{'command': '%s', 'record': '%s', 'actor': '%s', 'data': %s}",
             command, record, actor, data);
    return office_send(office, json);
}
#define GIVE(command, record, actor, data, expected)                                               \
    TEXT(command_to(office, (command), (record), (actor), (data)), (expected))

static void give_request(struct office *office, const char *record)
{
    GIVE("give", record, "op", "{'lead_unit': 'bureau'}", "accepted");
}

/* ---- scenarios ---- */

static void a_ticket_goes_its_way(struct office *office)
{
    open_request(office, "A");
    LOOK("@A", "state", "new");
    LOOK("@A", "version", "1");
    LOOK("@A", "requester", "res");
    GIVE("handle", "@A", "hand", "{}", "wrong-state");
    GIVE("give", "@A", "far", "{'lead_unit': 'bureau'}", "not-permitted");
    GIVE("give", "@A", "op", "{'lead_unit': 'nowhere'}", "unknown-unit");
    GIVE("give", "@A", "x", "{'lead_unit': 'nowhere', 'z': 1}",
         "not-permitted unknown-unit unexpected-data");
    LOOK("@A", "version", "1");
    give_request(office, "@A");
    LOOK("@A", "unit", "bureau");
    LOOK("@A", "deadlines.resolve.due", "2026-06-03T17:30:00+08:00");
    CLOCK("2026-06-02 10:00");
    GIVE("handle", "@A", "help", "{}", "not-permitted");
    GIVE("handle", "@A", "hand", "{'note': 'changed the bulb'}", "accepted");
    LOOK("@A", "deadlines.resolve.status", "met");
    GIVE("close", "@A", "op", "{}", "accepted");
    LOOK("@A", "is_final", "true");
    TEXT(office_history(office, "@A", "op"), "open give warn handle close");
    TEXT(office_outbox(office), "warn:1 working day before>- notify:closed>requester");
    TEXT(office_verify(office), "whole");
}

static void nothing_is_known_of_what_is_not_there(struct office *office)
{
    SEND("{'command': 'open', 'lifecycle': 'nonsense', 'actor': 'res'}", "no-such-lifecycle");
    SEND("{'command': 'open', 'actor': 'res', 'data': {'subject': 'a'}}", "no-such-lifecycle");
    SEND("{'command': 'give', 'actor': 'op'}", "record-missing");
    GIVE("give", "@A", "op", "{}", "unknown-record");
    GIVE("give", "nonsense", "op", "{}", "unknown-record");
    GIVE("give", "@", "op", "{}", "unknown-record");
    GIVE("give", "01890a5d-ac96-774b-bcce-b302099a8057", "op", "{}", "unknown-record");
    TEXT(office_look(office, "@A", "op", "state"), "error: record-not-found");
    TEXT(office_history(office, "@A", "op"), "error: record-not-found");
    TEXT(office_options(office, "@A", "op"), "error: record-not-found");
    open_request(office, "A");
    GIVE("dance", "@A", "op", "{}", "unknown-command");
    SEND("{'command': 'open', 'actor': 'res', 'nonsense': 1}", "error: unknown-key");
    SEND("{'command': 'open'}", "error: command-missing");
    SEND("{'actor': 'x'}", "error: command-missing");
    SEND("[]", "error: command-object");
    SEND("{'command': 'give', 'actor': 'op', 'data': 5}", "error: command-data");
    SEND("{'command': 'give', 'actor': 'op', 'at': 'now'}", "error: time-format");
    SEND("{'command': '', 'actor': 'op'}", "error: command-word");
}

static void a_unit_is_not_a_ticket(struct office *office)
{
    const char *receipt = office_receipt(
        office, "{'command': 'put-unit', 'actor': 'root', 'data': {'id': 'new', 'kind': 'k'}}");
    char json[256];
    const char *id = strstr(receipt, "\"record\":\"");
    snprintf(json, sizeof(json), "{'command': 'give', 'actor': 'op', 'record': '%.36s'}",
             id != NULL ? id + 10 : "");
    SEND(json, "unknown-record");
}

static void what_is_too_long_is_refused(struct office *office)
{
    char word[300];
    char json[512];
    memset(word, 'a', sizeof(word));
    word[257] = '\0';
    snprintf(json, sizeof(json), "{'command': 'give', 'actor': '%s'}", word);
    SEND(json, "error: command-word");
    word[256] = '\0';
    snprintf(json, sizeof(json), "{'command': 'give', 'actor': '%s', 'record': '@A'}", word);
    SEND(json, "unknown-record");
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'res',"
         " 'data': {'subject': '123456789012345678901'}}",
         "field-too-long");
    char *large = malloc(80000);
    if (large == NULL)
        abort();
    strcpy(large, "{'command': 'open', 'actor': 'res', 'data': {'subject': '");
    const size_t size = strlen(large);
    memset(large + size, 'x', 70000);
    strcpy(large + size + 70000, "'}}");
    SEND(large, "error: json-size");
    free(large);
}

static void a_key_is_remembered(struct office *office)
{
    const char *const json =
        "{'command': 'open', 'lifecycle': 'request', 'actor': 'res', 'key': 'k',"
        " 'data': {'subject': 'a lamp', 'phone': '5550100'}}";
    const char *first = office_receipt(office, json);
    const int64_t count = office_entry_count(office);
    CLOCK("2026-06-05 09:00");
    TEXT(office_receipt(office, json), first);
    /* Members in another order are the same content; one more is not. */
    TEXT(office_receipt(office, "{'key': 'k', 'lifecycle': 'request', 'actor': 'res',"
                                " 'data': {'phone': '5550100', 'subject': 'a lamp'},"
                                " 'command': 'open'}"),
         first);
    NUMBER(office_entry_count(office), count);
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'res', 'key': 'k',"
         " 'data': {'subject': 'another', 'phone': '5550100'}}",
         "error: key-reused");
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'other', 'key': 'k',"
         " 'data': {'subject': 'another'}}",
         "accepted");
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'res', 'key': 'k2', 'data': {}}",
         "missing-data");
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'res', 'key': 'k2',"
         " 'data': {'subject': 'b'}}",
         "accepted");
}

static void a_preview_writes_nothing(struct office *office)
{
    open_request(office, "A");
    const int64_t count = office_entry_count(office);
    TEXT(office_preview(office, "{'command': 'give', 'record': '@A', 'actor': 'op',"
                                " 'data': {'lead_unit': 'bureau'}}"),
         "accepted");
    TEXT(office_preview(office, "{'command': 'give', 'record': '@A', 'actor': 'x',"
                                " 'data': {'lead_unit': 'bureau'}}"),
         "not-permitted");
    TEXT(office_preview(office, "{'command': 'put-unit', 'actor': 'root',"
                                " 'data': {'id': 'new', 'kind': 'k'}}"),
         "accepted");
    TEXT(office_preview(office, "{'command': 'open', 'lifecycle': 'request', 'actor': 'res',"
                                " 'external_id': 'B', 'key': 'k', 'data': {'subject': 'b'}}"),
         "accepted");
    NUMBER(office_entry_count(office), count);
    LOOK("@A", "state", "new");
    LOOK("@B", "state", "error: record-not-found");
    GIVE("give", "@A", "op", "{'lead_unit': 'new'}", "unknown-unit");
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'res', 'external_id': 'B',"
         " 'key': 'k', 'data': {'subject': 'other content'}}",
         "accepted");
}

static void a_batch_is_whole_or_absent(struct office *office)
{
    struct community_error err = {0};
    NUMBER(community_desk_commit(office->desk, &err), COMMUNITY_INVALID);
    NUMBER(community_desk_begin(office->desk, NULL), COMMUNITY_OK);
    err = (struct community_error){0};
    NUMBER(community_desk_begin(office->desk, &err), COMMUNITY_INVALID);
    TEXT(err.code, "batch-open");
    open_request(office, "A");
    GIVE("close", "@A", "op", "{}", "wrong-state");
    SEND("{'command': 'put-unit', 'actor': 'root', 'data': {'id': 'new', 'kind': 'k'}}",
         "accepted");
    GIVE("give", "@A", "op", "{'lead_unit': 'new'}", "accepted");
    NUMBER(community_desk_commit(office->desk, NULL), COMMUNITY_OK);
    LOOK("@A", "state", "given");

    NUMBER(community_desk_begin(office->desk, NULL), COMMUNITY_OK);
    open_request(office, "B");
    SEND("{'command': 'put-unit', 'actor': 'root', 'data': {'id': 'newer', 'kind': 'k'}}",
         "accepted");
    TEXT(office_preview(office, "{'command': 'note', 'record': '@B', 'actor': 'res',"
                                " 'data': {'text': 'x'}}"),
         "accepted");
    LOOK("@B", "state", "new");
    community_desk_rollback(office->desk);
    LOOK("@B", "state", "error: record-not-found");
    open_request(office, "C");
    GIVE("give", "@C", "op", "{'lead_unit': 'newer'}", "unknown-unit");
    TEXT(office_verify(office), "whole");
}

static void a_reused_key_does_not_end_a_batch(struct office *office)
{
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'res', 'key': 'k',"
         " 'data': {'subject': 'a'}}",
         "accepted");
    NUMBER(community_desk_begin(office->desk, NULL), COMMUNITY_OK);
    open_request(office, "A");
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'res', 'key': 'k',"
         " 'data': {'subject': 'b'}}",
         "error: key-reused");
    open_request(office, "B");
    NUMBER(community_desk_commit(office->desk, NULL), COMMUNITY_OK);
    LOOK("@A", "state", "new");
    LOOK("@B", "state", "new");
}

static void duplicates_are_merged_and_taken_apart(struct office *office)
{
    open_request(office, "A");
    open_request(office, "B");
    open_request(office, "C");
    GIVE("merge", "@B", "op", "{}", "missing-data");
    GIVE("merge", "@B", "op", "{'into': '@B'}", "merge-self");
    GIVE("merge", "@B", "op", "{'into': '@nowhere'}", "unknown-record");
    GIVE("merge", "@B", "op", "{'into': 5}", "field-type");
    GIVE("merge", "@B", "op", "{'into': '@A'}", "accepted");
    LOOK("@A", "duplicates", "1");
    TEXT(office_history(office, "@A", "op"), "open duplicate-added");
    GIVE("merge", "@C", "op", "{'into': '@B'}", "merge-target");
    GIVE("merge", "@A", "op", "{'into': '@C'}", "merge-has-duplicates");
    GIVE("unmerge", "@A", "op", "{}", "wrong-state");
    GIVE("merge", "@C", "op", "{'into': '@A'}", "accepted");
    LOOK("@A", "duplicates", "2");
    GIVE("unmerge", "@B", "op", "{}", "accepted");
    LOOK("@A", "duplicates", "1");
    LOOK("@B", "merged_into", "null");
    GIVE("merge", "@B", "op", "{'into': '@C'}", "merge-target");
    GIVE("unmerge", "@C", "op", "{}", "accepted");
    GIVE("merge", "@A", "op", "{'into': '@C'}", "accepted");
    LOOK("@C", "duplicates", "1");
    TEXT(office_verify(office), "whole");
}

static void open_support(struct office *office, const char *external_id, const char *parent,
                         const char *expected)
{
    char json[256];
    snprintf(json, sizeof(json),
             "{'command': 'open', 'lifecycle': 'support', 'external_id': '%s', 'actor': 'hand',"
             " 'parent': '%s', 'data': {'helper': 'works'}}",
             external_id, parent);
    SEND(json, expected);
}

static void a_parent_waits_for_its_children(struct office *office)
{
    open_request(office, "A");
    give_request(office, "@A");
    open_support(office, "A-1", "@A", "accepted");
    open_support(office, "A-2", "@A", "accepted");
    open_support(office, "X", "@nowhere", "unknown-record");
    open_support(office, "X", "@A-1", "parent-lifecycle");
    SEND("{'command': 'open', 'lifecycle': 'support', 'actor': 'hand',"
         " 'data': {'helper': 'works'}}",
         "parent-missing");
    LOOK("@A", "children_open", "2");
    GIVE("handle", "@A", "hand", "{}", "accepted");
    GIVE("close", "@A", "op", "{}", "children-open");
    GIVE("finish", "@A-1", "help", "{}", "accepted");
    LOOK("@A", "children_open", "1");
    TEXT(office_outbox(office), "child:child-closed>bureau");
    GIVE("finish", "@A-2", "help", "{}", "accepted");
    GIVE("again", "@A-1", "op", "{}", "accepted");
    LOOK("@A", "children_open", "1");
    GIVE("close", "@A", "op", "{}", "children-open");
    GIVE("finish", "@A-1", "help", "{}", "accepted");
    GIVE("close", "@A", "op", "{}", "accepted");
    TEXT(office_history(office, "@A", "op"),
         "open give child-opened child-opened handle child-closed child-closed child-opened "
         "child-closed close");
    open_support(office, "A-3", "@A", "parent-final");
    TEXT(office_verify(office), "whole");
}

static void a_child_that_ends_by_itself_lets_its_parent_go_on(struct office *office)
{
    open_request(office, "A");
    give_request(office, "@A");
    open_support(office, "A-1", "@A", "accepted");
    GIVE("handle", "@A", "hand", "{}", "accepted");
    CLOCK("2026-06-20 09:00");
    office_tick(office, NULL);
    LOOK("@A-1", "state", "done");
    LOOK("@A", "state", "lapsed");
    /* The request may lapse after 3 days, but had to wait for its child. */
    CONTAINS(office_entries(office, "@A", "op"), "\"occurred_at\":\"2026-06-11T09:00:00+08:00\"");
    TEXT(office_verify(office), "whole");
}

static void a_command_sees_children_that_have_ended_by_then(struct office *office)
{
    open_request(office, "A");
    give_request(office, "@A");
    open_support(office, "A-1", "@A", "accepted");
    CLOCK("2026-06-20 09:00"); /* nobody ticks: the child's ten days are over */
    GIVE("handle", "@A", "hand", "{}", "accepted");
    GIVE("close", "@A", "op", "{}", "accepted");
}

static void opening_in_the_future_fires_nothing(struct office *office)
{
    open_request(office, "A");
    give_request(office, "@A");
    SEND("{'command': 'open', 'lifecycle': 'support', 'actor': 'x', 'parent': '@A',"
         " 'at': '2027-01-01T00:00:00Z', 'data': {'helper': 'works'}}",
         "in-the-future");
    GIVE("handle", "@A", "hand", "{}", "accepted");
    LOOK("@A", "deadlines.resolve.breached", "false");
    TEXT(office_history(office, "@A", "op"), "open give handle");
}

static void a_refused_opening_leaves_no_news_unsaid(struct office *office)
{
    static const char *const rules =
        "{'rulebook': 'deep', 'version': '1', 'lifecycles': {"
        " 'top': {'kind': 'ticket', 'start': 'new',"
        "  'states': {'new': {}, 'closed': {'final': true}},"
        "  'transitions': [{'name': 'close', 'from': 'new', 'to': 'closed'}]},"
        " 'middle': {'kind': 'ticket', 'start': 'new', 'parent': 'top',"
        "  'states': {'new': {}, 'closed': {'final': true}},"
        "  'transitions': [{'name': 'lapse', 'from': 'new', 'to': 'closed', 'by': 'system',"
        "                   'after': '1 day'}]},"
        " 'low': {'kind': 'ticket', 'start': 'new', 'parent': 'middle',"
        "  'states': {'new': {}, 'closed': {'final': true}},"
        "  'transitions': [{'name': 'close', 'from': 'new', 'to': 'closed'}]}}}";
    office_install(office, rules);
    SEND("{'command': 'open', 'lifecycle': 'top', 'external_id': 'T', 'actor': 'a'}", "accepted");
    SEND("{'command': 'open', 'lifecycle': 'middle', 'external_id': 'M', 'actor': 'a',"
         " 'parent': '@T'}",
         "accepted");
    CLOCK("2026-06-10 09:00");
    SEND("{'command': 'open', 'lifecycle': 'low', 'actor': 'a', 'parent': '@M'}", "parent-final");
    LOOK("@M", "state", "closed");
    LOOK("@T", "children_open", "0");
    GIVE("close", "@T", "a", "{}", "accepted");
    TEXT(office_verify(office), "whole");
}

static void a_matter_is_rated_once(struct office *office)
{
    open_request(office, "A");
    GIVE("rate", "@A", "hand", "{'rating': 5}", "not-permitted");
    GIVE("rate", "@A", "res", "{'rating': 9}", "field-too-great");
    GIVE("rate", "@A", "res", "{'rating': 2, 'note': 'slow'}", "accepted");
    GIVE("rate", "@A", "res", "{'rating': 5}", "already-rated");
    GIVE("rate", "@A", "op", "{'rating': 5}", "already-rated");
    LOOK("@A", "fields.rating", "2");
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'res',"
         " 'data': {'subject': 'a', 'rating': 5}}",
         "unexpected-data");
}

static void a_closed_matter_is_reopened_with_its_old_deadline(struct office *office)
{
    open_request(office, "A");
    give_request(office, "@A");
    GIVE("handle", "@A", "hand", "{}", "accepted");
    GIVE("close", "@A", "op", "{}", "accepted");
    GIVE("note", "@A", "op", "{'text': 'x'}", "wrong-state");
    GIVE("reopen", "@A", "res", "{}", "not-permitted");
    CLOCK("2026-06-08 09:00");
    GIVE("reopen", "@A", "op", "{}", "accepted");
    LOOK("@A", "deadlines.resolve.due", "2026-06-03T17:30:00+08:00");
    LOOK("@A", "deadlines.resolve.breached", "true");
    TEXT(office_history(office, "@A", "op"), "open give handle close reopen warn breach step");
}

static void late_and_past_entries(struct office *office)
{
    open_request(office, "A");
    CLOCK("2026-06-01 12:00");
    SEND("{'command': 'note', 'record': '@A', 'actor': 'op', 'at': '2026-06-01T11:00:00+08:00',"
         " 'data': {'text': 'x'}}",
         "accepted");
    LOOK("@A", "flags", "[]");
    SEND("{'command': 'note', 'record': '@A', 'actor': 'op', 'at': '2026-06-01T10:59:00+08:00',"
         " 'data': {'text': 'x'}}",
         "backdated before-last-entry");
    SEND("{'command': 'note', 'record': '@A', 'actor': 'op', 'at': '2026-06-01T12:00:00.001+08:00',"
         " 'data': {'text': 'x'}}",
         "in-the-future");
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'op', 'external_id': 'O',"
         " 'at': '2026-05-01T10:00:00+08:00', 'data': {'subject': 'old'}}",
         "backdated");
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'import', 'external_id': 'O',"
         " 'at': '2026-05-01T10:00:00+08:00', 'data': {'subject': 'old'}}",
         "accepted");
    LOOK("@O", "flags", "[\"backfilled\"]");
    SEND("{'command': 'open', 'lifecycle': 'request', 'actor': 'import', 'external_id': 'P',"
         " 'at': '2026-05-01T10:00:00+08:00', 'recorded_at': '2026-05-01T10:30:00+08:00',"
         " 'data': {'subject': 'old'}}",
         "accepted");
    LOOK("@P", "flags", "[]");
    SEND("{'command': 'rate', 'record': '@P', 'actor': 'import',"
         " 'at': '2026-04-30T10:00:00+08:00', 'recorded_at': '2026-04-30T10:30:00+08:00',"
         " 'data': {'rating': 4}}",
         "accepted");
    LOOK("@P", "flags", "[\"out_of_order\"]");
    LOOK("@P", "fields.rating", "4");
    TEXT(office_summary(office, NULL, "set_apart"), "2");
    SEND("{'command': 'note', 'record': '@A', 'actor': 'op', 'data': {'text': 'x'},"
         " 'recorded_at': '2026-05-01T10:30:00+08:00'}",
         "importers-only");
    TEXT(office_verify(office), "whole");
}

static void an_external_id_is_taken_once(struct office *office)
{
    open_request(office, "A");
    SEND("{'command': 'open', 'lifecycle': 'request', 'external_id': 'A', 'actor': 'res',"
         " 'data': {'subject': 'b'}}",
         "external-id-in-use");
    SEND("{'command': 'open', 'lifecycle': 'request', 'external_id': 'A', 'actor': 'res'}",
         "external-id-in-use missing-data");
    open_request(office, "\xe4\xb8\x80 2");
    LOOK("@\xe4\xb8\x80 2", "state", "new");
}

static void without_read_rules_those_with_a_part_see_all(struct office *office)
{
    open_request(office, "A");
    give_request(office, "@A");
    GIVE("note", "@A", "op", "{'text': 'spoke with 5550100'}", "accepted");
    TEXT(office_look(office, "@A", "res", "fields.phone"), "5550100");
    TEXT(office_look(office, "@A", "op", "fields.phone"), "5550100");
    TEXT(office_look(office, "@A", "hand", "fields.phone"), "5550100");
    TEXT(office_look(office, "@A", "help", "fields.phone"), "{\"masked\":\"personal\"}");
    TEXT(office_look(office, "@A", "help", "fields.subject"), "a lamp");
    CONTAINS(office_entries(office, "@A", "res"), "spoke with");
    LACKS(office_entries(office, "@A", "help"), "5550100");
    LACKS(office_entries(office, "@A", "nobody"), "5550100");
    CONTAINS(office_entries(office, "@A", "nobody"), "a lamp");
    /* The unit changes hands, and with it who may see. */
    GIVE("merge", "@A", "op", "{'into': '@A'}", "merge-self");
    SEND("{'command': 'revoke', 'actor': 'root', 'data': {'person': 'hand', 'role': 'handler',"
         " 'unit': 'bureau'}}",
         "accepted");
    TEXT(office_look(office, "@A", "hand", "fields.phone"), "{\"masked\":\"personal\"}");
}

static void read_rules_mask_by_class(struct office *office)
{
    SEND("{'command': 'open', 'lifecycle': 'care', 'external_id': 'A', 'actor': 'res',"
         " 'data': {'phone': '5550100', 'health': 'poor', 'place': 'hall'}}",
         "accepted");
    static const char *const rows[][3] = {
        {"op", "5550100", "{\"masked\":\"sensitive\"}"},
        {"nurse", "5550100", "poor"},
        {"res", "5550100", "{\"masked\":\"sensitive\"}"},
        {"far", "{\"masked\":\"personal\"}", "{\"masked\":\"sensitive\"}"},
        {"nobody", "{\"masked\":\"personal\"}", "{\"masked\":\"sensitive\"}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEXT(office_look(office, "@A", rows[i][0], "fields.phone"), rows[i][1]);
        TEXT(office_look(office, "@A", rows[i][0], "fields.health"), rows[i][2]);
        const char *entries = office_entries(office, "@A", rows[i][0]);
        NUMBER(strstr(entries, "5550100") != NULL, rows[i][1][0] == '5');
        NUMBER(strstr(entries, "poor") != NULL, rows[i][2][0] == 'p');
    }
}

static void options_are_what_submit_would_say(struct office *office)
{
    open_request(office, "A");
    TEXT(office_options(office, "@A", "op"), "give merge note rate");
    TEXT(office_options(office, "@A", "res"), "note rate");
    TEXT(office_options(office, "@A", "hand"), "");
    give_request(office, "@A");
    TEXT(office_options(office, "@A", "hand"), "handle note");
    GIVE("rate", "@A", "res", "{'rating': 3}", "accepted");
    TEXT(office_options(office, "@A", "res"), "note");
}

static void find_filters_and_stops(struct office *office)
{
    open_request(office, "A");
    CLOCK("2026-06-01 09:01");
    open_request(office, "B");
    CLOCK("2026-06-01 09:02");
    open_request(office, "C");
    CLOCK("2026-06-01 09:03"); /* ids follow the clock */
    SEND("{'command': 'open', 'lifecycle': 'care', 'external_id': 'D', 'actor': 'res'}",
         "accepted");
    give_request(office, "@B");
    CLOCK("2026-06-04 09:00");
    GIVE("give", "@C", "op", "{'lead_unit': 'works'}", "accepted");
    GIVE("handle", "@C", "help", "{}", "accepted");
    GIVE("close", "@C", "op", "{}", "accepted");

    struct community_find find = {0};
    TEXT(office_find(office, &find), "A B C D");
    find.limit = 2;
    TEXT(office_find(office, &find), "A B");
    find.limit = 4;
    TEXT(office_find(office, &find), "A B C D");
    find = (struct community_find){.lifecycle = CM_TEXT("request")};
    TEXT(office_find(office, &find), "A B C");
    find.open_only = true;
    TEXT(office_find(office, &find), "A B");
    find = (struct community_find){.state = CM_TEXT("given")};
    TEXT(office_find(office, &find), "B");
    find = (struct community_find){.unit = CM_TEXT("works")};
    TEXT(office_find(office, &find), "C");
    find = (struct community_find){.unit = CM_TEXT("nowhere")};
    TEXT(office_find(office, &find), "");
    find = (struct community_find){.has_due_before = true,
                                   .due_before = office_time("2026-06-03 17:30:00.001")};
    TEXT(office_find(office, &find), "B");
}

static void the_summary_counts_as_of_a_time(struct office *office)
{
    open_request(office, "A");
    open_request(office, "B");
    open_request(office, "C");
    give_request(office, "@A");
    give_request(office, "@B");
    CLOCK("2026-06-02 09:00");
    GIVE("handle", "@A", "hand", "{}", "accepted");
    GIVE("close", "@A", "op", "{}", "accepted");
    CLOCK("2026-06-08 09:00");
    office_tick(office, NULL);

    TEXT(office_summary(office, NULL, "total"), "3");
    TEXT(office_summary(office, NULL, "open"), "2");
    TEXT(office_summary(office, NULL, "final"), "1");
    TEXT(office_summary(office, NULL, "overdue"), "1");
    TEXT(office_summary(office, NULL, "on_time"), "1");
    TEXT(office_summary(office, NULL, "late"), "0");
    TEXT(office_summary(office, NULL, "without_deadline"), "1");
    TEXT(office_summary(office, NULL, "units.bureau.overdue"), "1");
    TEXT(office_summary(office, NULL, "lifecycles.request.states.given"), "1");
    TEXT(office_summary(office, "2026-06-03 17:30", "overdue"), "0");
    TEXT(office_summary(office, "2026-06-03 17:30:00.001", "overdue"), "1");
    TEXT(office_summary(office, "2026-05-31 09:00", "total"), "0");

    CLOCK("2026-06-09 09:00");
    GIVE("handle", "@B", "hand", "{}", "accepted");
    GIVE("close", "@B", "op", "{}", "accepted");
    TEXT(office_summary(office, NULL, "late"), "1");
    TEXT(office_summary(office, NULL, "overdue"), "0");
}

static void tick_fires_across_records_in_the_order_of_time(struct office *office)
{
    open_request(office, "A");
    open_request(office, "B");
    give_request(office, "@B");
    CLOCK("2026-06-02 09:00");
    give_request(office, "@A"); /* due a day later */
    TEXT(office_outbox(office), "");
    NUMBER(office_tick(office, "2026-06-30 09:00"), 6);
    TEXT(office_outbox(office),
         "warn:1 working day before>- warn:1 working day before>- breach:->- step:remind>county "
         "breach:->- step:remind>county");
    NUMBER(office_tick(office, NULL), 0);
    /* Ticking forward moved the desk's own time. */
    NUMBER(community_desk_now(office->desk) >= office_time("2026-06-30 09:00"), 1);
    GIVE("note", "@A", "op", "{'text': 'x'}", "accepted");
    CONTAINS(office_entries(office, "@A", "op"), "\"recorded_at\":\"2026-06-30T09:00:00+08:00\"");
    TEXT(office_verify(office), "whole");
}

struct first_effect {
    char id[64];
};

static int take_id(void *userdata, struct community_text json)
{
    struct first_effect *first = userdata;
    const char *start = strstr(json.data, "\"id\":\"");
    if (start == NULL)
        return 1;
    snprintf(first->id, sizeof(first->id), "%.*s", (int)strcspn(start + 6, "\""), start + 6);
    return 1;
}

static void an_effect_waits_until_it_is_acknowledged(struct office *office)
{
    struct first_effect first = {""};
    open_request(office, "A");
    give_request(office, "@A");
    CLOCK("2026-06-08 09:00");
    NUMBER(office_tick(office, NULL), 3);
    NUMBER(community_desk_outbox(office->desk, take_id, &first, NULL), COMMUNITY_CANCELLED);
    TEXT(office_outbox(office), "warn:1 working day before>- breach:->- step:remind>county");
    NUMBER(community_desk_acknowledge(office->desk, cm_text(first.id), NULL), COMMUNITY_OK);
    TEXT(office_outbox(office), "breach:->- step:remind>county");
    NUMBER(community_desk_acknowledge(office->desk, cm_text(first.id), NULL), COMMUNITY_NOT_FOUND);
    NUMBER(community_desk_acknowledge(office->desk, CM_TEXT("x"), NULL), COMMUNITY_NOT_FOUND);
}

static void now_never_runs_backwards(struct office *office)
{
    open_request(office, "A");
    CLOCK("2020-01-01 00:00");
    NUMBER(community_desk_now(office->desk), office_time("2026-06-01 09:00"));
    GIVE("note", "@A", "op", "{'text': 'x'}", "accepted");
    CONTAINS(office_entries(office, "@A", "op"), "\"recorded_at\":\"2026-06-01T09:00:00+08:00\"");
    SEND("{'command': 'note', 'record': '@A', 'actor': 'op', 'at': '2026-06-01T09:00:00.001+08:00',"
         " 'data': {'text': 'x'}}",
         "in-the-future");
}

static void records_keep_the_rulebook_they_were_opened_under(struct office *office)
{
    static const char *const newer =
        "{'rulebook': 'office', 'version': '2', 'lifecycles': {"
        " 'request': {'kind': 'ticket', 'start': 'begun',"
        "  'states': {'begun': {}, 'over': {'final': true}},"
        "  'transitions': [{'name': 'finish', 'from': 'begun', 'to': 'over'}]}}}";
    open_request(office, "A");
    office_install(office, newer);
    SEND("{'command': 'open', 'external_id': 'B', 'actor': 'res'}", "accepted");
    LOOK("@A", "state", "new");
    LOOK("@B", "state", "begun");
    give_request(office, "@A");
    GIVE("finish", "@A", "op", "{}", "unknown-command");
    GIVE("finish", "@B", "op", "{}", "accepted");
    GIVE("merge", "@A", "op", "{'into': '@B'}", "accepted");
    TEXT(office_verify(office), "whole");
    const int64_t count = office_entry_count(office);
    office_install(office, newer);
    NUMBER(office_entry_count(office), count);
    office_install(office, office_rules);
    NUMBER(office_entry_count(office), count + 1);
    SEND("{'command': 'open', 'external_id': 'C', 'lifecycle': 'request', 'actor': 'res',"
         " 'data': {'subject': 'x'}}",
         "accepted");
    LOOK("@C", "state", "new");
    LOOK("@B", "state", "over");
}

static void a_desk_without_rules_opens_nothing(struct office *office)
{
    (void)office;
    struct office bare;
    office_open(&bare, "memory:");
    TEXT(office_send(&bare, "{'command': 'open', 'actor': 'res'}"), "no-rulebook");
    NUMBER(community_desk_rulebook_hash(bare.desk).size, 0);
    office_close(&bare);
}

static void the_first_administrator_closes_the_door(struct office *office)
{
    SEND("{'command': 'grant', 'actor': 'x', 'data': {'person': 'chief',"
         " 'role': 'administrator', 'unit': 'county'}}",
         "accepted");
    SEND("{'command': 'put-unit', 'actor': 'x', 'data': {'id': 'n', 'kind': 'k'}}",
         "administrators-only");
    SEND("{'command': 'grant', 'actor': 'x', 'data': {'person': 'x',"
         " 'role': 'administrator', 'unit': 'county'}}",
         "administrators-only");
    SEND("{'command': 'put-unit', 'actor': 'chief', 'data': {'id': 'n', 'kind': 'k'}}", "accepted");
}

static void directory_commands_say_what_is_wrong(struct office *office)
{
    const struct {
        const char *json;
        const char *words;
    } rows[] = {
        {"{'command': 'put-unit', 'actor': 'root'}", "missing-data"},
        {"{'command': 'put-unit', 'actor': 'root', 'data': {'id': 5, 'kind': 'k'}}",
         "field-format"},
        {"{'command': 'put-unit', 'actor': 'root', 'data': {'id': 'a', 'kind': 'k', 'x': 1}}",
         "unexpected-data"},
        {"{'command': 'put-unit', 'actor': 'root', 'data': {'id': 'county', 'kind': 'k',"
         " 'parent': 'hall'}}",
         "unit-circle"},
        {"{'command': 'put-unit', 'actor': 'root', 'data': {'id': 'a', 'kind': 'k',"
         " 'parent': 'a'}}",
         "unit-circle"},
        {"{'command': 'put-unit', 'actor': 'root', 'data': {'id': 'a', 'kind': 'k',"
         " 'from': 'yesterday'}}",
         "field-format"},
        {"{'command': 'grant', 'actor': 'root', 'data': {'person': 'p', 'role': 'r',"
         " 'unit': 'nowhere'}}",
         "unknown-unit"},
        {"{'command': 'revoke', 'actor': 'root', 'data': {'person': 'p', 'role': 'r',"
         " 'unit': 'county'}}",
         "no-such-grant"},
        {"{'command': 'import', 'actor': 'op', 'data': {'file': 'x', 'map': 'y'}}",
         "field-format field-format importers-only"},
        {"{'command': 'grant', 'actor': 'root', 'at': '2030-01-01T00:00:00Z', 'data':"
         " {'person': 'p', 'role': 'r', 'unit': 'county'}}",
         "in-the-future"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        SEND(rows[i].json, rows[i].words);
}

static void a_grant_ends_and_comes_back(struct office *office)
{
    open_request(office, "A");
    SEND("{'command': 'revoke', 'actor': 'root', 'data': {'person': 'op', 'role': 'operator',"
         " 'unit': 'county'}}",
         "accepted");
    GIVE("give", "@A", "op", "{'lead_unit': 'bureau'}", "not-permitted");
    SEND("{'command': 'revoke', 'actor': 'root', 'data': {'person': 'op', 'role': 'operator',"
         " 'unit': 'county'}}",
         "no-such-grant");
    SEND("{'command': 'grant', 'actor': 'root', 'data': {'person': 'op', 'role': 'operator',"
         " 'unit': 'county', 'to': '2026-06-02T00:00:00+08:00'}}",
         "accepted");
    give_request(office, "@A");
    CLOCK("2026-06-02 00:00");
    GIVE("note", "@A", "op", "{'text': 'x'}", "not-permitted");
    SEND("{'command': 'grant', 'actor': 'root', 'data': {'person': 'deputy',"
         " 'role': 'handler', 'unit': 'bureau', 'delegate_of': 'hand'}}",
         "accepted");
    GIVE("handle", "@A", "deputy", "{}", "accepted");
}

static void personal_values_stand_beside_the_journal(struct office *office)
{
    SEND("{'command': 'put-person', 'actor': 'root', 'data': {'id': 'p-1', 'name': 'Li Na'}}",
         "accepted");
    open_request(office, "A");
    GIVE("note", "@A", "op", "{'text': 'he is 5550100', 'reason': 'asked'}", "accepted");
    TEXT(office_verify(office), "whole");
    LACKS(office_outbox(office), "5550100");
    const char *receipt =
        office_receipt(office, "{'command': 'note', 'record': '@A', 'actor': 'op', 'key': 'k',"
                               " 'data': {'text': 'he is 5550100'}}");
    LACKS(receipt, "5550100");
}

static void a_desk_on_disk_is_found_as_it_was_left(struct office *office)
{
    open_request(office, "A");
    give_request(office, "@A");
    open_support(office, "A-1", "@A", "accepted");
    if (strcmp(office->uri, "memory:") == 0)
        return;
    const char *const json = "{'command': 'note', 'record': '@A', 'actor': 'op', 'key': 'k',"
                             " 'data': {'text': 'x'}}";
    const char *receipt = office_receipt(office, json);
    const char *before = office_look(office, "@A", "op", "");
    const char *entries = office_entries(office, "@A", "op");
    const int64_t count = office_entry_count(office);
    office_reopen(office);
    TEXT(office_look(office, "@A", "op", ""), before);
    TEXT(office_entries(office, "@A", "op"), entries);
    NUMBER(office_entry_count(office), count);
    TEXT(office_receipt(office, json), receipt);
    CLOCK("2026-06-08 09:00");
    NUMBER(office_tick(office, NULL), 3);
    CLOCK("2020-01-01 09:00");
    office_reopen(office);
    NUMBER(community_desk_now(office->desk), office_time("2026-06-08 09:00"));
    TEXT(office_verify(office), "whole");
}

static void blocked_timers_are_tested_after_each_entry(struct office *office)
{
    static const char *const rules =
        "{'rulebook': 'b', 'version': '1', 'lifecycles': {"
        " 'request': {'kind': 'ticket', 'start': 'new', 'fields': {'answer': {'type': 'text'}},"
        "  'states': {'new': {}, 'closed': {'final': true}},"
        "  'transitions': [{'name': 'lapse', 'from': 'new', 'to': 'closed', 'by': 'system',"
        "                   'after': '1 hour', 'requires': ['answer']},"
        "                  {'name': 'reply', 'from': 'new', 'asks': ['answer']},"
        "                  {'name': 'note', 'from': 'new'}],"
        "  'deadlines': {'look': {'from': 'new', 'until': 'closed', 'allow': '2 hours'}}}}}";
    office_install(office, rules);
    SEND("{'command': 'open', 'external_id': 'A', 'actor': 'res'}", "accepted");
    NUMBER(office_tick(office, "2026-06-01 10:30"), 0);
    NUMBER(office_tick(office, "2026-06-01 12:30"), 1);
    NUMBER(office_tick(office, "2026-06-02 12:30"), 0);
    GIVE("note", "@A", "x", "{}", "accepted");
    LOOK("@A", "state", "new");
    GIVE("reply", "@A", "x", "{'answer': 'yes'}", "accepted");
    LOOK("@A", "state", "closed");
    TEXT(office_history(office, "@A", "x"), "open breach note reply lapse");
}

/* Entries of the clock do not keep a person from saying, in time, what had happened before them. */
static void a_late_command_is_taken_although_somebody_ticked(struct office *office)
{
    open_request(office, "A");
    give_request(office, "@A");
    office_tick(office, "2026-06-03 18:00");
    LOOK("@A", "deadlines.resolve.breached", "true");
    SEND("{'command': 'handle', 'record': '@A', 'actor': 'hand',"
         " 'at': '2026-06-03T17:20:00+08:00'}",
         "accepted");
    LOOK("@A", "state", "handled");
    LOOK("@A", "deadlines.resolve.ended_at", "2026-06-03T17:20:00+08:00");
    TEXT(office_history(office, "@A", "op"), "open give warn breach step handle");
    TEXT(office_verify(office), "whole");
}

static void a_desk_that_was_forked_answers_so(struct office *office)
{
    int status = 0;
    open_request(office, "A");
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0)
        _exit(strcmp(command_to(office, "note", "@A", "op", "{'text': 'x'}"),
                     "error: desk-forked") == 0
                  ? 7
                  : 1);
    NUMBER(waitpid(child, &status, 0), child);
    NUMBER(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 7);
    LOOK("@A", "version", "1");
}

struct scenario {
    const char *name;
    void (*play)(struct office *office);
};

#define SCENARIO(function)                                                                         \
    {                                                                                              \
#function, function                                                                        \
    }
static const struct scenario scenarios[] = {
    SCENARIO(a_ticket_goes_its_way),
    SCENARIO(nothing_is_known_of_what_is_not_there),
    SCENARIO(a_unit_is_not_a_ticket),
    SCENARIO(what_is_too_long_is_refused),
    SCENARIO(a_key_is_remembered),
    SCENARIO(a_preview_writes_nothing),
    SCENARIO(a_batch_is_whole_or_absent),
    SCENARIO(a_reused_key_does_not_end_a_batch),
    SCENARIO(duplicates_are_merged_and_taken_apart),
    SCENARIO(a_parent_waits_for_its_children),
    SCENARIO(a_child_that_ends_by_itself_lets_its_parent_go_on),
    SCENARIO(a_command_sees_children_that_have_ended_by_then),
    SCENARIO(opening_in_the_future_fires_nothing),
    SCENARIO(a_refused_opening_leaves_no_news_unsaid),
    SCENARIO(a_matter_is_rated_once),
    SCENARIO(a_closed_matter_is_reopened_with_its_old_deadline),
    SCENARIO(late_and_past_entries),
    SCENARIO(an_external_id_is_taken_once),
    SCENARIO(without_read_rules_those_with_a_part_see_all),
    SCENARIO(read_rules_mask_by_class),
    SCENARIO(options_are_what_submit_would_say),
    SCENARIO(find_filters_and_stops),
    SCENARIO(the_summary_counts_as_of_a_time),
    SCENARIO(tick_fires_across_records_in_the_order_of_time),
    SCENARIO(an_effect_waits_until_it_is_acknowledged),
    SCENARIO(now_never_runs_backwards),
    SCENARIO(records_keep_the_rulebook_they_were_opened_under),
    SCENARIO(a_desk_without_rules_opens_nothing),
    SCENARIO(the_first_administrator_closes_the_door),
    SCENARIO(directory_commands_say_what_is_wrong),
    SCENARIO(a_grant_ends_and_comes_back),
    SCENARIO(personal_values_stand_beside_the_journal),
    SCENARIO(a_desk_on_disk_is_found_as_it_was_left),
    SCENARIO(blocked_timers_are_tested_after_each_entry),
    SCENARIO(a_late_command_is_taken_although_somebody_ticked),
    SCENARIO(a_desk_that_was_forked_answers_so),
};

static void play(const struct scenario *scenario, const char *uri)
{
    struct office office;
    scenario_name = scenario->name;
    office_open(&office, uri);
    office_install(&office, office_rules);
    office_people(&office);
    scenario->play(&office);
    office_close(&office);
}

static void remove_desk(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char name[300];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
}

int main(void)
{
    char directory[] = "/tmp/desk_check.XXXXXX";
    char path[300];
    char uri[320];
    if (mkdtemp(directory) == NULL)
        return 1;
    snprintf(path, sizeof(path), "%s/desk.db", directory);
    snprintf(uri, sizeof(uri), "sqlite:%s", path);
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        store_name = "memory";
        play(&scenarios[i], "memory:");
        store_name = "sqlite";
        play(&scenarios[i], uri);
        remove_desk(path);
    }
    rmdir(directory);
    printf("%d passed, %d failed, 0 skipped\n", passed_count, failed_count);
    return failed_count == 0 ? 0 : 1;
}
