/* SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines of a record: beginning, pausing, extending, ending, and what their timers say. Monday,
 * 2026-06-01 is an ordinary week; office hours are 08:00-12:00 and 14:00-17:30 in Shanghai. */
#include "deadline.h"

#include <criterion/criterion.h>

#include "lifecycle_fixture.h"
#include "text.h"

static const char *const work =
    "{'kind': 'ticket', 'calendar': 'office', 'start': 'new',"
    " 'fields': {'target': {'type': 'time'}},"
    " 'states': {'new': {}, 'given': {}, 'taken': {}, 'held': {}, 'handled': {},"
    "            'closed': {'final': true}},"
    " 'transitions': ["
    "  {'name': 'give', 'from': 'new', 'to': 'given'},"
    "  {'name': 'skip', 'from': 'new', 'to': 'taken'},"
    "  {'name': 'take', 'from': 'given', 'to': 'taken'},"
    "  {'name': 'back', 'from': ['given', 'taken', 'handled'], 'to': 'given'},"
    "  {'name': 'hold', 'from': 'taken', 'to': 'held'},"
    "  {'name': 'go-on', 'from': 'held', 'to': 'taken'},"
    "  {'name': 'hear', 'from': ['taken', 'held'], 'pauses': ['resolve']},"
    "  {'name': 'heard', 'from': ['taken', 'held'], 'resumes': ['resolve']},"
    "  {'name': 'extend', 'from': ['new', 'taken', 'held'], 'asks': ['for'], 'extends': 'resolve'},"
    "  {'name': 'plan', 'from': 'new', 'asks': ['target']},"
    "  {'name': 'handle', 'from': ['taken', 'held'], 'to': 'handled'},"
    "  {'name': 'drop', 'from': ['taken', 'held'], 'to': 'closed'},"
    "  {'name': 'close', 'from': 'handled', 'to': 'closed'},"
    "  {'name': 'reopen', 'from': 'closed', 'to': 'given', 'reopen': true}],"
    " 'deadlines': {"
    "  'sign': {'from': 'given', 'until': 'taken', 'allow': '2 hours', 'restart': true},"
    "  'resolve': {'from': ['given', 'taken'], 'until': 'handled', 'pause_in': ['held'],"
    "    'allow': '5 working days', 'extend_at_most': '10 working days',"
    "    'warn_at': ['50%', '1 working day before'],"
    "    'on_breach': [{'do': 'remind'}, {'after': '1 working day', 'do': 'criticise'},"
    "                  {'after': '5 working days', 'do': 'report'}]},"
    "  'meet': {'from': 'taken', 'until': 'handled', 'allow': {'at': 'ticket.target'}}}}";

static struct table desk;

static void begin(void)
{
    table_open(&desk, office_calendar, work);
    cr_assert_str_eq(give(&desk, "open", "p", "2026-06-01 09:00", NULL), "ok");
}

static void end(void)
{
    table_close(&desk);
}

TestSuite(deadline, .init = begin, .fini = end);

#define GIVE(command, at) cr_assert_str_eq(give(&desk, (command), "p", (at), NULL), "ok")
#define GIVE_WITH(command, at, data)                                                               \
    cr_assert_str_eq(give(&desk, (command), "p", (at), (data)), "ok")
#define REFUSED(command, at, data, words)                                                          \
    cr_assert_str_eq(give(&desk, (command), "p", (at), (data)), (words))
#define DUE(name, text) cr_assert_str_eq(clock_text(deadline_of(&desk, (name))->due), (text))
#define STATUS(name, word)                                                                         \
    cr_assert(deadline_of(&desk, (name))->status == (word), "%s is %d", (name),                    \
              deadline_of(&desk, (name))->status)

Test(deadline, nothing_runs_before_the_first_state_of_from)
{
    STATUS("sign", CM_DEADLINE_IDLE);
    STATUS("resolve", CM_DEADLINE_IDLE);
    STATUS("meet", CM_DEADLINE_IDLE);
    cr_assert(cm_record_due(&desk.record) == INT64_MAX);
}

Test(deadline, entering_from_begins_it_and_until_ends_it)
{
    GIVE("give", "2026-06-01 09:00");
    STATUS("sign", CM_DEADLINE_RUNNING);
    DUE("sign", "2026-06-01 11:00:00.000");
    DUE("resolve", "2026-06-08 17:30:00.000");
    cr_assert_str_eq(clock_text(cm_record_due(&desk.record)), "2026-06-01 11:00:00.000");

    GIVE("take", "2026-06-01 10:00");
    STATUS("sign", CM_DEADLINE_MET);
    cr_assert_str_eq(clock_text(deadline_of(&desk, "sign")->ended_at), "2026-06-01 10:00:00.000");
    cr_assert(!deadline_of(&desk, "sign")->breached);
    STATUS("resolve", CM_DEADLINE_RUNNING);
}

Test(deadline, any_state_of_from_begins_it_and_a_second_one_changes_nothing)
{
    GIVE("skip", "2026-06-01 09:00");
    DUE("resolve", "2026-06-08 17:30:00.000");

    table_clear(&desk);
    GIVE("open", "2026-06-01 09:00");
    GIVE("give", "2026-06-02 09:00");
    GIVE("take", "2026-06-03 09:00");
    DUE("resolve", "2026-06-09 17:30:00.000");
    cr_assert_str_eq(clock_text(deadline_of(&desk, "resolve")->started_at),
                     "2026-06-02 09:00:00.000");
}

Test(deadline, a_final_state_ends_it_unmet)
{
    GIVE("skip", "2026-06-01 09:00");
    GIVE("drop", "2026-06-02 09:00");
    STATUS("resolve", CM_DEADLINE_ENDED);
    cr_assert_str_eq(clock_text(deadline_of(&desk, "resolve")->ended_at),
                     "2026-06-02 09:00:00.000");
    cr_assert(!deadline_of(&desk, "resolve")->breached);
    struct cm_timer timer;
    cr_assert(!cm_record_timer(&timer, &desk.record, NULL), "nothing ticks in a closed matter");
}

Test(deadline, rework_goes_on_or_begins_again_as_the_rule_says)
{
    GIVE("give", "2026-06-01 09:00");
    GIVE("take", "2026-06-01 10:00");
    GIVE("handle", "2026-06-03 10:00");
    STATUS("resolve", CM_DEADLINE_MET);
    GIVE("back", "2026-06-04 10:00");
    STATUS("resolve", CM_DEADLINE_RUNNING);
    DUE("resolve", "2026-06-08 17:30:00.000");
    DUE("sign", "2026-06-04 12:00:00.000");
    GIVE("back", "2026-06-04 11:00");
    DUE("sign", "2026-06-04 13:00:00.000");
}

Test(deadline, reopening_goes_on_with_what_had_ended)
{
    GIVE("give", "2026-06-01 09:00");
    GIVE("take", "2026-06-01 10:00");
    GIVE("drop", "2026-06-02 09:00");
    GIVE("reopen", "2026-06-03 09:00");
    STATUS("resolve", CM_DEADLINE_RUNNING);
    DUE("resolve", "2026-06-08 17:30:00.000");
    cr_assert(deadline_of(&desk, "resolve")->ended_at == 0);
    cr_assert_str_eq(fire(&desk, "2026-06-08 17:30"),
                     "sign breach,resolve warning,resolve warning");
}

Test(deadline, a_state_of_pause_in_freezes_what_is_left)
{
    GIVE("skip", "2026-06-01 09:00"); /* due on Monday the 8th */
    GIVE("hold", "2026-06-02 10:00"); /* four working days are left */
    STATUS("resolve", CM_DEADLINE_PAUSED);
    cr_assert(cm_record_due(&desk.record) == INT64_MAX);
    cr_assert_str_eq(fire(&desk, "2026-06-10 09:00"), "");
    GIVE("go-on", "2026-06-10 10:00");
    STATUS("resolve", CM_DEADLINE_RUNNING);
    DUE("resolve", "2026-06-16 17:30:00.000");
}

Test(deadline, it_goes_on_when_both_pauses_are_over)
{
    GIVE("skip", "2026-06-01 09:00");
    GIVE("hear", "2026-06-02 10:00");
    STATUS("resolve", CM_DEADLINE_PAUSED);
    GIVE("hold", "2026-06-03 10:00");
    GIVE("heard", "2026-06-04 10:00");
    STATUS("resolve", CM_DEADLINE_PAUSED);
    cr_assert(deadline_of(&desk, "resolve")->paused_by_state);
    cr_assert(!deadline_of(&desk, "resolve")->paused_by_command);
    GIVE("hear", "2026-06-05 10:00");
    GIVE("go-on", "2026-06-09 10:00");
    STATUS("resolve", CM_DEADLINE_PAUSED);
    GIVE("heard", "2026-06-10 10:00");
    STATUS("resolve", CM_DEADLINE_RUNNING);
    DUE("resolve", "2026-06-16 17:30:00.000");
}

Test(deadline, pausing_and_resuming_at_one_moment_changes_nothing)
{
    GIVE("skip", "2026-06-01 09:00");
    GIVE("hear", "2026-06-03 11:00");
    GIVE("heard", "2026-06-03 11:00");
    DUE("resolve", "2026-06-08 17:30:00.000");
    GIVE("heard", "2026-06-03 11:00");
    DUE("resolve", "2026-06-08 17:30:00.000");
}

Test(deadline, ending_while_it_is_paused_counts_what_was_left)
{
    GIVE("skip", "2026-06-01 09:00");
    GIVE("hold", "2026-06-02 10:00");
    GIVE("handle", "2026-06-10 10:00"); /* long after the old due time, but it stood still */
    STATUS("resolve", CM_DEADLINE_MET);
    cr_assert(!deadline_of(&desk, "resolve")->breached);
    DUE("resolve", "2026-06-16 17:30:00.000");
    cr_assert(deadline_of(&desk, "resolve")->ended_at <= deadline_of(&desk, "resolve")->due);

    GIVE("back", "2026-06-11 10:00"); /* and rework has it too */
    DUE("resolve", "2026-06-16 17:30:00.000");
    cr_assert_str_eq(fire(&desk, "2026-06-11 11:00"), "");
    cr_assert_str_eq(fire(&desk, "2026-06-11 12:00:00.001"), "sign breach");
}

Test(deadline, a_final_state_while_it_is_paused_is_not_late_either)
{
    GIVE("skip", "2026-06-01 09:00");
    GIVE("hear", "2026-06-02 10:00");
    GIVE("drop", "2026-06-20 10:00");
    STATUS("resolve", CM_DEADLINE_ENDED);
    cr_assert(deadline_of(&desk, "resolve")->ended_at <= deadline_of(&desk, "resolve")->due);
}

Test(deadline, extension_adds_to_the_due_time_and_sums_to_the_cap)
{
    GIVE("skip", "2026-06-01 09:00");
    GIVE_WITH("extend", "2026-06-02 09:00", "{'for': '3 working days'}");
    DUE("resolve", "2026-06-11 17:30:00.000");
    GIVE_WITH("extend", "2026-06-02 09:00", "{'for': '6 working days'}");
    DUE("resolve", "2026-06-22 17:30:00.000"); /* Friday the 19th is off */
    cr_assert(deadline_of(&desk, "resolve")->extended == 9);
    REFUSED("extend", "2026-06-02 09:00", "{'for': '2 working days'}", "extension-cap");
    DUE("resolve", "2026-06-22 17:30:00.000");
    GIVE_WITH("extend", "2026-06-02 09:00", "{'for': '1 working day'}");
    REFUSED("extend", "2026-06-02 09:00", "{'for': '1 working day'}", "extension-cap");
    REFUSED("extend", "2026-06-02 09:00", "{'for': '9223372036854775807 working days'}",
            "extension-cap");
}

Test(deadline, extension_speaks_the_unit_of_its_cap)
{
    GIVE("skip", "2026-06-01 09:00");
    REFUSED("extend", "2026-06-01 09:00", "{'for': '3 calendar days'}", "extension-unit");
    REFUSED("extend", "2026-06-01 09:00", "{'for': '3 working hours'}", "extension-unit");
    REFUSED("extend", "2026-06-01 09:00", "{'for': 'next working day'}", "duration-words");
    REFUSED("extend", "2026-06-01 09:00", "{'for': '0 working days'}", "duration-words");
    REFUSED("extend", "2026-06-01 09:00", "{'for': 'soon'}", "duration-words");
    REFUSED("extend", "2026-06-01 09:00", "{'for': 3}", "field-type");
    REFUSED("extend", "2026-06-01 09:00", NULL, "missing-data");
}

Test(deadline, only_what_runs_and_is_not_past_can_be_extended)
{
    REFUSED("extend", "2026-06-01 09:00", "{'for': '1 working day'}", "deadline-not-running");
    GIVE("skip", "2026-06-01 09:00");
    GIVE("hold", "2026-06-01 09:00");
    REFUSED("extend", "2026-06-01 09:00", "{'for': '1 working day'}", "deadline-not-running");
    GIVE("go-on", "2026-06-01 09:00");
    GIVE_WITH("extend", "2026-06-08 17:30", "{'for': '1 working day'}"); /* at due is on time */
    DUE("resolve", "2026-06-09 17:30:00.000");
    REFUSED("extend", "2026-06-09 17:30:00.001", "{'for': '1 working day'}", "deadline-passed");
    fire(&desk, "2026-06-09 17:30:00.001");
    REFUSED("extend", "2026-06-09 17:30:00.001", "{'for': '1 working day'}", "deadline-passed");
}

Test(deadline, the_calendar_must_know_the_year)
{
    REFUSED("give", "2026-12-28 09:00", NULL, "calendar-unknown");
    cr_assert(desk.record.version == 1);
    GIVE("give", "2026-12-24 09:00"); /* Thursday; five working days end on the 31st */
    DUE("resolve", "2026-12-31 17:30:00.000");
    GIVE("take", "2026-12-25 09:00");
    REFUSED("extend", "2026-12-25 09:00", "{'for': '1 working day'}", "calendar-unknown");
    DUE("resolve", "2026-12-31 17:30:00.000");
    GIVE("hold", "2026-12-25 09:00");
    REFUSED("go-on", "2026-12-31 09:00", NULL, "calendar-unknown");
    GIVE("drop", "2027-01-30 09:00"); /* but it can be closed, and is not late */
    DUE("resolve", "2027-01-30 09:00:00.000");
}

Test(deadline, a_ladder_takes_each_step_once_and_in_order)
{
    GIVE("skip", "2026-06-01 09:00");
    cr_assert_str_eq(fire(&desk, "2026-06-08 17:30"), "resolve warning,resolve warning");
    cr_assert_str_eq(fire(&desk, "2026-06-08 17:30"), "");
    cr_assert_str_eq(fire(&desk, "2026-06-08 17:30:00.001"), "resolve breach,resolve step");
    cr_assert(deadline_of(&desk, "resolve")->breached);
    cr_assert_str_eq(clock_text(desk.record.changed_at), "2026-06-08 17:30:00.001");
    cr_assert_str_eq(fire(&desk, "2026-06-09 17:29"), "");
    cr_assert_str_eq(fire(&desk, "2026-06-30 00:00"), "resolve step,resolve step");
    cr_assert_str_eq(clock_text(desk.record.changed_at), "2026-06-15 17:30:00.000");
    cr_assert_str_eq(fire(&desk, "2026-12-31 00:00"), "");
    cr_assert(deadline_of(&desk, "resolve")->stepped == 3);
    cr_assert(desk.record.version == 8);
}

static void begin_at(const char *at)
{
    table_clear(&desk);
    GIVE("open", at);
    GIVE("skip", at);
}

Test(deadline, warnings_come_at_a_share_of_the_period_and_before_its_end)
{
    begin_at("2026-06-01 08:00");
    struct cm_timer timer;
    cr_assert(cm_record_timer(&timer, &desk.record, NULL));
    /* From Monday 08:00 to the next Monday 17:30 are 45 working hours; half of them end here. */
    cr_assert_str_eq(clock_text(timer.at), "2026-06-04 08:00:00.000");
    cr_assert_str_eq(fire(&desk, "2026-06-04 08:00"), "resolve warning");
    cr_assert(cm_text_is(desk.decision.outcome.effects[0].action, "50%"));
    cr_assert(cm_record_timer(&timer, &desk.record, NULL));
    cr_assert_str_eq(clock_text(timer.at), "2026-06-05 08:00:00.000");
}

Test(deadline, a_pause_moves_the_warnings_that_are_still_to_come)
{
    begin_at("2026-06-01 08:00");
    GIVE("hold", "2026-06-02 10:00");
    GIVE("go-on", "2026-06-10 10:00"); /* due on the 16th */
    cr_assert_str_eq(fire(&desk, "2026-06-16 17:30"), "resolve warning,resolve warning");
    cr_assert_str_eq(clock_text(desk.record.changed_at), "2026-06-15 08:00:00.000");
}

Test(deadline, a_breach_during_a_pause_is_not_possible)
{
    GIVE("skip", "2026-06-01 09:00");
    fire(&desk, "2026-06-08 17:30");
    GIVE("hold", "2026-06-08 17:30"); /* at the very end: nothing is left */
    cr_assert_str_eq(fire(&desk, "2026-07-01 09:00"), "");
    GIVE("go-on", "2026-07-01 09:00");
    DUE("resolve", "2026-07-01 09:00:00.000");
    cr_assert_str_eq(fire(&desk, "2026-07-01 09:00:00.001"), "resolve breach,resolve step");
}

Test(deadline, a_breach_stays_through_pause_end_and_rework)
{
    GIVE("skip", "2026-06-01 09:00");
    fire(&desk, "2026-06-08 17:30:00.001");
    GIVE("hold", "2026-06-09 09:00");
    cr_assert_str_eq(fire(&desk, "2026-06-20 09:00"), "", "the ladder waits");
    GIVE("go-on", "2026-06-22 09:00");
    DUE("resolve", "2026-06-08 17:30:00.000");
    cr_assert_str_eq(fire(&desk, "2026-06-22 09:00"), "", "it goes on where it stood");
    GIVE("handle", "2026-06-22 10:00");
    cr_assert(deadline_of(&desk, "resolve")->breached);
    GIVE("back", "2026-06-22 11:00");
    cr_assert(deadline_of(&desk, "resolve")->breached);
    cr_assert_str_eq(fire(&desk, "2026-06-22 13:00"), "");
}

Test(deadline, a_time_in_a_field_is_a_due_time)
{
    GIVE_WITH("plan", "2026-06-01 09:00", "{'target': '2026-06-03T10:00:00+08:00'}");
    GIVE("skip", "2026-06-01 09:00");
    STATUS("meet", CM_DEADLINE_RUNNING);
    DUE("meet", "2026-06-03 10:00:00.000");
    cr_assert_str_eq(fire(&desk, "2026-06-03 10:00"), "");
    cr_assert_str_eq(fire(&desk, "2026-06-03 11:00"), "meet breach");
}

Test(deadline, an_empty_time_field_begins_nothing)
{
    GIVE("skip", "2026-06-01 09:00");
    STATUS("meet", CM_DEADLINE_IDLE);
    GIVE("hold", "2026-06-01 10:00");
    GIVE("go-on", "2026-06-01 10:00");
    STATUS("meet", CM_DEADLINE_IDLE);
}

Test(deadline, a_time_that_has_passed_is_missed_at_once)
{
    GIVE_WITH("plan", "2026-06-01 09:00", "{'target': '2026-05-03T10:00:00+08:00'}");
    GIVE("skip", "2026-06-01 09:00");
    DUE("meet", "2026-05-03 10:00:00.000");
    cr_assert_str_eq(fire(&desk, "2026-06-01 09:00"), "meet breach");
    cr_assert_str_eq(clock_text(desk.record.changed_at), "2026-06-01 09:00:00.000");
}

Test(deadline, a_due_time_leaves_room_for_missing_it)
{
    GIVE_WITH("plan", "2026-06-01 09:00", "{'target': '9999-12-31T23:59:59.999Z'}");
    REFUSED("skip", "2026-06-01 09:00", NULL, "calendar-unknown");
}

static const char *const plain =
    "{'kind': 'ticket', 'start': 'new', 'states': {'new': {}, 'closed': {'final': true}},"
    " 'transitions': [{'name': 'extend', 'from': 'new', 'asks': ['for'], 'extends': 'answer'},"
    "                 {'name': 'close', 'from': 'new', 'to': 'closed'}],"
    " 'deadlines': {'answer': {'from': 'new', 'until': 'closed', 'allow': '1 hour'}}}";

Test(deadline, without_a_calendar_nobody_can_ask_for_working_days)
{
    table_close(&desk);
    table_open(&desk, NULL, plain);
    GIVE("open", "2026-06-01 09:00");
    DUE("answer", "2026-06-01 10:00:00.000");
    REFUSED("extend", "2026-06-01 09:00", "{'for': '1 working day'}", "no-calendar");
    REFUSED("extend", "2026-06-01 09:00", "{'for': '1 month'}", "no-calendar");
    GIVE_WITH("extend", "2026-06-01 09:00", "{'for': '30 minutes'}");
    DUE("answer", "2026-06-01 10:30:00.000");
}

Test(deadline, no_due_time_leaves_the_years_that_can_be_written)
{
    table_close(&desk);
    table_open(&desk, NULL, plain);
    GIVE("open", "2026-06-01 09:00");
    REFUSED("extend", "2026-06-01 09:00", "{'for': '4000000 days'}", "calendar-unknown");
    REFUSED("extend", "2026-06-01 09:00", "{'for': '106000000000 days'}", "calendar-unknown");
    GIVE_WITH("extend", "2026-06-01 09:00", "{'for': '2900000 days'}");
    REFUSED("extend", "2026-06-01 09:00", "{'for': '2900000 days'}", "calendar-unknown");
}
