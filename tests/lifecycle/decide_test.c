/* SPDX-License-Identifier: Apache-2.0
 *
 * What may happen, who may do it, and everything that is said when it may not. */
#include "decide.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lifecycle_fixture.h"
#include "text.h"

static const char *const request =
    "{'kind': 'ticket', 'calendar': 'office', 'start': 'new', 'backdate_at_most': '2 hours',"
    " 'fields': {"
    "  'subject': {'type': 'text', 'required': true, 'max': 20},"
    "  'phone': {'type': 'text'},"
    "  'urgency': {'type': 'choice', 'of': ['general', 'danger'], 'default': 'general'},"
    "  'lead_unit': {'type': 'unit'}, 'place': {'type': 'unit'},"
    "  'count': {'type': 'int', 'min': 1, 'max': 5}, 'reply': {'type': 'text', 'min': 2}},"
    " 'states': {'new': {}, 'given': {}, 'taken': {}, 'handled': {},"
    "            'closed': {'final': true}, 'rejected': {'final': true}},"
    " 'transitions': ["
    "  {'name': 'give', 'from': 'new', 'to': 'given', 'by': 'operator', 'asks': ['lead_unit']},"
    "  {'name': 'give', 'from': 'new', 'to': 'taken', 'by': 'supervisor', 'asks': ['lead_unit']},"
    "  {'name': 'give', 'from': 'handled', 'to': 'given', 'by': 'operator'},"
    "  {'name': 'take', 'from': 'given', 'to': 'taken', 'by': 'handler of lead_unit'},"
    "  {'name': 'return', 'from': 'given', 'to': 'new', 'by': 'handler of lead_unit',"
    "   'asks': ['reason'], 'within': '2 working days', 'at_most': {'times': 1, 'per': "
    "'lead_unit'}},"
    "  {'name': 'chase', 'from': 'given', 'by': ['requester', 'operator'],"
    "   'after': '1 working day', 'at_most': {'times': 2}},"
    "  {'name': 'note', 'from': '*', 'asks': ['text']},"
    "  {'name': 'ask', 'from': 'taken', 'asks': ['lead_unit'],"
    "   'at_most': {'times': 1, 'per': 'lead_unit'}},"
    "  {'name': 'handle', 'from': 'taken', 'to': 'handled', 'by': 'handler of lead_unit',"
    "   'asks': ['reply', 'count'], 'requires': ['reply', 'phone']},"
    "  {'name': 'close', 'from': 'handled', 'to': 'closed', 'by': 'operator', 'asks': ['rating'],"
    "   'requires': ['rating'], 'effects': [{'notify': 'requester', 'message': 'closed'},"
    "                                       {'notify': 'handler of lead_unit', 'message': "
    "'done'}]},"
    "  {'name': 'close', 'from': 'handled', 'to': 'rejected', 'by': 'system', 'after': '7 days'},"
    "  {'name': 'reopen', 'from': 'closed', 'to': 'taken', 'by': 'operator', 'reopen': true}],"
    " 'deadlines': {}}";

#define ALWAYS .from = INT64_MIN, .to = INT64_MAX
static const struct cm_unit units[] = {
    {.id = CM_TEXT("bureau"), .parent = CM_TEXT("county"), ALWAYS},
    {.id = CM_TEXT("county"), ALWAYS},
    {.id = CM_TEXT("gone"), .from = INT64_MIN, .to = 0},
    {.id = CM_TEXT("street"), .parent = CM_TEXT("county"), ALWAYS},
    {.id = CM_TEXT("works"), .parent = CM_TEXT("county"), ALWAYS},
};
static const struct cm_grant grants[] = {
    {.person = CM_TEXT("both"), .role = CM_TEXT("operator"), .unit = CM_TEXT("county"), ALWAYS},
    {.person = CM_TEXT("both"), .role = CM_TEXT("supervisor"), .unit = CM_TEXT("county"), ALWAYS},
    {.person = CM_TEXT("far"), .role = CM_TEXT("operator"), .unit = CM_TEXT("works"), ALWAYS},
    {.person = CM_TEXT("hand"), .role = CM_TEXT("handler"), .unit = CM_TEXT("bureau"), ALWAYS},
    {.person = CM_TEXT("hand"), .role = CM_TEXT("handler"), .unit = CM_TEXT("works"), ALWAYS},
    {.person = CM_TEXT("import"),
     .role = CM_TEXT("importer"),
     .unit = CM_TEXT("county"),
     .version = 7,
     ALWAYS},
    {.person = CM_TEXT("op"),
     .role = CM_TEXT("operator"),
     .unit = CM_TEXT("county"),
     .version = 3,
     ALWAYS},
    {.person = CM_TEXT("stand-in"),
     .role = CM_TEXT("operator"),
     .unit = CM_TEXT("county"),
     .delegate_of = CM_TEXT("op"),
     .version = 5,
     ALWAYS},
    {.person = CM_TEXT("watch"), .role = CM_TEXT("supervisor"), .unit = CM_TEXT("county"), ALWAYS},
};

static struct table desk;

static void begin(void)
{
    table_open(&desk, office_calendar, request);
    desk.directory = (struct cm_directory){.unit_count = sizeof(units) / sizeof(units[0]),
                                           .units = units,
                                           .grant_count = sizeof(grants) / sizeof(grants[0]),
                                           .grants = grants};
}

static void end(void)
{
    table_close(&desk);
}

TestSuite(decide, .init = begin, .fini = end);

#define NINE "2026-06-01 09:00"
#define SAYS(command, actor, at, data, words)                                                      \
    do {                                                                                           \
        const char *said = give(&desk, (command), (actor), (at), (data));                          \
        cr_assert_str_eq(said, (words), "%s by %s with %s: %s", (command), (actor),                \
                         (data) != NULL ? (const char *)(data) : "nothing", said);                 \
    } while (0)

static void open_ticket(void)
{
    SAYS("open", "res", NINE, "{'subject': 'a lamp', 'place': 'street'}", "ok");
}

static void open_and_give(const char *unit)
{
    open_ticket();
    SAYS("give", "op", NINE,
         strcmp(unit, "bureau") == 0 ? "{'lead_unit': 'bureau'}" : "{'lead_unit': 'works'}", "ok");
}

Test(decide, opening_takes_fields_and_defaults)
{
    open_ticket();

    cr_assert(desk.record.version == 1);
    cr_assert_str_eq(state_of(&desk), "new");
    cr_assert(cm_text_is(field_of(&desk, "subject")->as.text, "a lamp"));
    cr_assert(cm_text_is(field_of(&desk, "urgency")->as.text, "general"));
    cr_assert(field_of(&desk, "phone")->type == CM_NULL);
    cr_assert(cm_text_is(desk.record.requester, "res"));
    cr_assert(desk.record.opened_at == clock_at(NINE));
}

Test(decide, opening_is_refused_with_every_reason)
{
    const struct {
        const char *data;
        const char *words;
    } rows[] = {
        {NULL, "missing-data"},
        {"{}", "missing-data"},
        {"{'subject': null}", "missing-data"},
        {"{'subject': 5}", "field-type"},
        {"{'subject': '123456789012345678901'}", "field-too-long"},
        {"{'subject': 'a', 'nonsense': 1}", "unexpected-data"},
        {"{'subject': 'a', 'rating': 5}", "unexpected-data"},
        {"{'subject': 'a', 'urgency': 'asap'}", "field-choice"},
        {"{'subject': 'a', 'count': 0}", "field-too-small"},
        {"{'subject': 'a', 'count': 6}", "field-too-great"},
        {"{'subject': 'a', 'lead_unit': 'nowhere'}", "unknown-unit"},
        {"{'subject': 'a', 'place': 'gone'}", "unknown-unit"},
        {"{'subject': 'a', 'place': ''}", "field-format"},
        {"{'subject': 'a', 'note': 5}", "unexpected-data"},
        {"{'nonsense': 1, 'count': 9, 'place': 'gone'}",
         "unexpected-data field-too-great unknown-unit missing-data"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        SAYS("open", "res", NINE, rows[i].data, rows[i].words);
        cr_assert(desk.record.version == 0);
    }
    SAYS("open", "res", NINE, "{'subject': 'a', 'reason': 'why', 'note': 'so', 'phone': null}",
         "ok");
}

/* One row for each reason, in the order in which the questions are asked. */
Test(decide, each_question_has_its_refusal)
{
    open_and_give("bureau");
    const struct {
        const char *command;
        const char *actor;
        const char *at;
        const char *data;
        const char *words;
    } rows[] = {
        {"dance", "op", NINE, NULL, "unknown-command"},
        {"dance", "nobody", "2026-05-01 09:00", "{'x': 1}", "unknown-command"},
        {"reopen", "op", NINE, NULL, "wrong-state"},
        {"reopen", "nobody", "2026-05-01 09:00", "{'x': 1}", "wrong-state"},
        {"take", "op", NINE, NULL, "not-permitted"},
        {"take", "res", NINE, NULL, "not-permitted"},
        {"take", "hand", "2026-06-01 08:00", NULL, "before-last-entry"},
        {"take", "hand", NINE, "{'reply': 'x'}", "unexpected-data"},
        {"take", "hand", NINE, "{'reason': 5}", "unexpected-data"},
        {"return", "hand", NINE, NULL, "missing-data"},
        {"return", "hand", NINE, "{'reason': null}", "missing-data"},
        {"return", "hand", NINE, "{'reason': ''}", "field-type"},
        {"return", "hand", NINE, "{'reason': 7}", "field-type"},
        {"return", "hand", "2026-06-05 09:00", "{'reason': 'x'}", "too-late"},
        {"chase", "res", NINE, NULL, "too-early"},
        {"return", "nobody", "2026-06-05 09:00", "{'x': 1}",
         "not-permitted missing-data unexpected-data too-late"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const int64_t version = desk.record.version;
        SAYS(rows[i].command, rows[i].actor, rows[i].at, rows[i].data, rows[i].words);
        cr_assert(desk.record.version == version);
        cr_assert_str_eq(state_of(&desk), "given");
    }
}

Test(decide, a_refusal_says_what_would_have_to_be)
{
    open_and_give("bureau");
    SAYS("give", "op", NINE, NULL, "wrong-state");
    cr_assert(desk.decision.reasons[0].need_count == 2);
    cr_assert(cm_text_is(desk.decision.reasons[0].needs[0], "new"));
    cr_assert(cm_text_is(desk.decision.reasons[0].needs[1], "handled"));
    SAYS("chase", "nobody", "2026-06-05 09:00", NULL, "not-permitted");
    cr_assert(desk.decision.reasons[0].need_count == 2);
    cr_assert(cm_text_is(desk.decision.reasons[0].needs[0], "requester"));
    cr_assert(cm_text_is(desk.decision.reasons[0].needs[1], "operator"));
    cr_assert(cm_text_is(desk.decision.reasons[0].rule, "chase"));
}

Test(decide, times_are_asked_of_everybody_but_importers)
{
    open_ticket();
    cr_assert_str_eq(give_late(&desk, "note", "x", "2026-06-01 12:00", "2026-06-01 11:59", NULL,
                               "{'text': 'a'}"),
                     "in-the-future");
    cr_assert_str_eq(give_late(&desk, "note", "x", "2026-06-01 12:00", "2026-06-01 14:00", NULL,
                               "{'text': 'a'}"),
                     "ok", "two hours ago is the limit");
    cr_assert_str_eq(give_late(&desk, "note", "x", "2026-06-01 12:00", "2026-06-01 14:00:00.001",
                               NULL, "{'text': 'a'}"),
                     "backdated");
    cr_assert_str_eq(give_late(&desk, "note", "x", "2026-06-01 08:00", "2026-06-01 18:00", NULL,
                               "{'text': 'a'}"),
                     "backdated before-last-entry");
    cr_assert(!desk.record.is_backfilled);
    cr_assert_str_eq(give_late(&desk, "note", "import", "2026-06-01 12:00", "2026-06-03 14:00",
                               "2026-06-01 13:00", "{'text': 'a'}"),
                     "ok", "recorded in time at its source");
    cr_assert(!desk.record.is_backfilled);
    cr_assert_str_eq(give_late(&desk, "note", "import", "2026-06-01 12:00", "2026-06-03 14:00",
                               NULL, "{'text': 'a'}"),
                     "ok");
    cr_assert(desk.record.is_backfilled);
    cr_assert(!desk.record.is_out_of_order);
    cr_assert_str_eq(give_late(&desk, "note", "import", "2026-06-01 10:00", "2026-06-03 14:00",
                               NULL, "{'text': 'a'}"),
                     "ok");
    cr_assert(desk.record.is_out_of_order);
    cr_assert_str_eq(clock_text(desk.record.changed_at), "2026-06-01 12:00:00.000");
    cr_assert_str_eq(give_late(&desk, "note", "import", "2026-06-05 12:00", "2026-06-03 14:00",
                               NULL, "{'text': 'a'}"),
                     "in-the-future");
}

Test(decide, only_importers_say_when_a_source_recorded)
{
    open_ticket();
    cr_assert_str_eq(give_late(&desk, "note", "x", NINE, NINE, "2026-05-01 09:00", "{'text': 'a'}"),
                     "importers-only");
    cr_assert_str_eq(
        give_late(&desk, "note", "import", NINE, NINE, "2026-06-01 09:01", "{'text': 'a'}"),
        "in-the-future");
    cr_assert_str_eq(
        give_late(&desk, "note", "import", NINE, NINE, "2026-05-01 09:00", "{'text': 'a'}"), "ok");
    cr_assert(desk.decision.read_count == 1);
    cr_assert(cm_text_is(desk.decision.reads[0].key[1], "importer"));
    cr_assert(desk.decision.reads[0].version == 7);
}

Test(decide, what_happens_now_is_never_backdated)
{
    static const char *const strict =
        "{'kind': 'ticket', 'calendar': 'office', 'start': 'new',"
        " 'backdate_at_most': '1 working day',"
        " 'states': {'new': {}, 'closed': {'final': true}},"
        " 'transitions': [{'name': 'close', 'from': 'new', 'to': 'closed'}]}";
    table_close(&desk);
    table_open(&desk, office_calendar, strict);
    SAYS("open", "res", "2026-12-31 09:00", NULL, "ok");
    SAYS("close", "res", "2027-01-05 09:00", NULL, "ok");
}

Test(decide, transitions_of_one_name_are_told_apart_by_state_and_role)
{
    open_ticket();
    SAYS("give", "op", NINE, "{'lead_unit': 'works'}", "ok");
    cr_assert_str_eq(state_of(&desk), "given");

    table_clear(&desk);
    open_ticket();
    SAYS("give", "watch", NINE, "{'lead_unit': 'works'}", "ok");
    cr_assert_str_eq(state_of(&desk), "taken");

    table_clear(&desk);
    open_ticket();
    SAYS("give", "both", NINE, "{'lead_unit': 'works'}", "ok");
    cr_assert_str_eq(state_of(&desk), "given", "the first that the actor may take");

    table_clear(&desk);
    open_ticket();
    SAYS("give", "nobody", NINE, "{'lead_unit': 'works'}", "not-permitted");
}

Test(decide, who_covers_the_place_is_an_operator_of_it)
{
    open_ticket();
    SAYS("give", "far", NINE, "{'lead_unit': 'works'}", "not-permitted");
    SAYS("give", "stand-in", NINE, "{'lead_unit': 'works'}", "ok");
    cr_assert(desk.decision.read_count == 2, "the delegation and what it stands on");
    cr_assert(desk.decision.reads[0].version == 5);
    cr_assert(cm_text_is(desk.decision.reads[1].key[0], "op"));
    cr_assert(desk.decision.reads[1].version == 3);
    SAYS("take", "hand", NINE, NULL, "ok");
    cr_assert(desk.decision.read_count == 1);
    cr_assert(cm_text_is(desk.decision.reads[0].key[2], "works"));
}

Test(decide, at_most_counts_for_each_value_and_outlives_reopening)
{
    open_and_give("bureau");
    SAYS("return", "hand", NINE, "{'reason': 'not ours'}", "ok");
    SAYS("give", "op", NINE, "{'lead_unit': 'bureau'}", "ok");
    SAYS("return", "hand", NINE, "{'reason': 'not ours'}", "at-most");
    SAYS("take", "hand", NINE, NULL, "ok");

    table_clear(&desk);
    open_and_give("bureau");
    SAYS("return", "hand", NINE, "{'reason': 'not ours'}", "ok");
    SAYS("give", "op", NINE, "{'lead_unit': 'works'}", "ok");
    SAYS("return", "hand", NINE, "{'reason': 'nor ours'}", "ok");
    cr_assert(desk.record.counter_count == 2);
    cr_assert(cm_text_is(desk.record.counters[0].name, "return:bureau"));
    cr_assert(cm_text_is(desk.record.counters[1].name, "return:works"));

    SAYS("give", "op", NINE, "{'lead_unit': 'bureau'}", "ok");
    SAYS("chase", "res", "2026-06-02 17:30", NULL, "ok");
    SAYS("chase", "op", "2026-06-02 17:30", NULL, "ok");
    SAYS("chase", "res", "2026-06-02 17:30", NULL, "at-most");
}

Test(decide, at_most_counts_the_value_that_the_command_brings)
{
    open_and_give("bureau");
    SAYS("take", "hand", NINE, NULL, "ok");
    SAYS("ask", "x", NINE, "{'lead_unit': 'works'}", "ok");
    SAYS("ask", "x", NINE, "{'lead_unit': 'street'}", "ok");
    SAYS("ask", "x", NINE, "{'lead_unit': 'works'}", "at-most");
    SAYS("ask", "x", NINE, "{'lead_unit': 'bureau'}", "ok");
}

Test(decide, within_and_after_include_their_limit)
{
    open_and_give("bureau");
    SAYS("return", "hand", "2026-06-03 17:30:00.001", "{'reason': 'x'}", "too-late");
    SAYS("chase", "res", "2026-06-02 17:29:59.999", NULL, "too-early");
    SAYS("chase", "res", "2026-06-02 17:30", NULL, "ok");
    SAYS("return", "hand", "2026-06-03 17:30", "{'reason': 'x'}", "ok");
}

Test(decide, a_limit_in_an_unknown_year_is_not_guessed)
{
    SAYS("open", "res", "2026-12-31 09:00", "{'subject': 'a'}", "ok");
    SAYS("give", "op", "2026-12-31 09:00", "{'lead_unit': 'bureau'}", "ok");
    SAYS("return", "hand", "2026-12-31 10:00", "{'reason': 'x'}", "calendar-unknown");
    SAYS("chase", "res", "2027-12-31 10:00", NULL, "calendar-unknown");
}

Test(decide, required_fields_may_come_with_the_command)
{
    open_and_give("bureau");
    SAYS("take", "hand", NINE, NULL, "ok");
    SAYS("handle", "hand", NINE, NULL, "missing-data missing-data missing-field missing-field");
    SAYS("handle", "hand", NINE, "{'reply': 'done', 'count': 2}", "missing-field");
    cr_assert(cm_text_is(desk.decision.reasons[0].arguments[0], "phone"));
    SAYS("handle", "hand", NINE, "{'reply': 'x', 'count': 2, 'phone': '1'}",
         "field-too-short unexpected-data missing-field missing-field");
}

static void handle_ticket(void)
{
    SAYS("open", "res", NINE, "{'subject': 'a lamp', 'phone': '5550100'}", "ok");
    SAYS("give", "watch", NINE, "{'lead_unit': 'bureau'}", "ok");
    SAYS("handle", "hand", NINE, "{'reply': 'done', 'count': 2, 'note': 'a remark'}", "ok");
}

Test(decide, one_matter_has_one_rating)
{
    handle_ticket();
    SAYS("close", "op", NINE, "{'rating': 6}", "field-too-great missing-field");
    SAYS("close", "op", NINE, "{'rating': 4}", "ok");
    cr_assert(desk.decision.outcome.effect_count == 2);
    cr_assert(cm_text_is(desk.decision.outcome.effects[0].to, "requester"));
    cr_assert(cm_text_is(desk.decision.outcome.effects[1].action, "done"));
    SAYS("reopen", "op", NINE, NULL, "ok");
    SAYS("handle", "hand", NINE, "{'reply': 'done', 'count': 2}", "ok");
    SAYS("close", "op", NINE, "{'rating': 5}", "already-rated");
}

Test(decide, what_runs_by_itself_waits_for_its_time)
{
    handle_ticket();
    SAYS("close", "system", NINE, NULL, "not-permitted missing-data missing-field");
    cr_assert_str_eq(fire(&desk, "2026-06-08 08:59:59.999"), "");
    cr_assert_str_eq(fire(&desk, "2026-06-08 09:00"), "close after");
    cr_assert_str_eq(state_of(&desk), "rejected");
    cr_assert(desk.record.after_count == 0);
}

Test(decide, leaving_the_state_disarms_what_would_run_by_itself)
{
    handle_ticket();
    SAYS("give", "op", NINE, NULL, "ok");
    cr_assert(desk.record.after_count == 0);
    cr_assert_str_eq(fire(&desk, "2026-07-08 09:00"), "");
}

Test(decide, options_say_everything_but_what_the_command_would_bring)
{
    open_and_give("bureau");
    const struct cm_transition *all = desk.lifecycle->transitions;
    const struct {
        size_t transition;
        const char *actor;
        const char *words;
    } rows[] = {
        {0, "op", "wrong-state"}, {0, "nobody", "wrong-state not-permitted"},
        {3, "hand", "ok"},        {3, "op", "not-permitted"},
        {4, "hand", "ok"},        {5, "res", "too-early"},
        {6, "nobody", "ok"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cm_decision_init(&desk.decision, &desk.arena);
        cm_decide_option(&desk.decision, &desk.record, &all[rows[i].transition],
                         cm_text(rows[i].actor), clock_at(NINE), &desk.directory);
        cr_assert_str_eq(reasons(&desk), rows[i].words, "row %zu: %s", i, reasons(&desk));
    }
}

Test(decide, deciding_again_says_the_same_and_changes_nothing)
{
    open_and_give("bureau");
    struct cm_record before = desk.record;
    for (int i = 0; i < 3; i++) {
        SAYS("return", "nobody", "2026-06-05 09:00", "{'x': 1}",
             "not-permitted missing-data unexpected-data too-late");
        cr_assert(memcmp(&before, &desk.record, sizeof(before)) == 0);
    }
}

Test(decide, the_number_of_reasons_is_bounded)
{
    SAYS("open", "res", NINE,
         "{'a': 1, 'b': 1, 'c': 1, 'd': 1, 'e': 1, 'f': 1, 'g': 1, 'h': 1, 'i': 1, 'j': 1,"
         " 'k': 1, 'l': 1, 'm': 1, 'n': 1, 'o': 1, 'p': 1, 'q': 1, 'r': 1}",
         "unexpected-data unexpected-data unexpected-data unexpected-data unexpected-data "
         "unexpected-data unexpected-data unexpected-data unexpected-data unexpected-data "
         "unexpected-data unexpected-data unexpected-data unexpected-data unexpected-data "
         "unexpected-data");
    cr_assert(!desk.decision.accepted);
}
