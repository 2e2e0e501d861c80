/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers of one record: their order, and those that the rules do not let fire yet. */
#include <criterion/criterion.h>

#include "lifecycle_fixture.h"
#include "text.h"

#define SAYS(command, at, data, words)                                                             \
    cr_assert_str_eq(give(&desk, (command), "p", (at), (data)), (words))

static struct table desk;

Test(timer, they_fire_by_time_and_then_by_name)
{
    table_open(
        &desk, NULL,
        "{'kind': 'ticket', 'start': 'new',"
        " 'states': {'new': {}, 'old': {}, 'closed': {'final': true}},"
        " 'transitions': [{'name': 'b-age', 'from': 'new', 'to': 'old', 'by': 'system',"
        "                  'after': '3600.001 seconds'},"
        "                 {'name': 'close', 'from': 'old', 'to': 'closed', 'by': 'system',"
        "                  'after': '1 hour'}],"
        " 'deadlines': {"
        "  'c': {'from': 'new', 'until': 'closed', 'allow': '1 hour',"
        "        'on_breach': [{'do': 'x'}]},"
        "  'a': {'from': 'new', 'until': 'closed', 'allow': '1 hour',"
        "        'on_breach': [{'do': 'x'}, {'do': 'y'}, {'do': 'z', 'after': '1 hour'}]}}}");
    SAYS("open", "2026-06-01 09:00", NULL, "ok");

    cr_assert_str_eq(fire(&desk, "2026-06-01 10:00"), "");
    cr_assert_str_eq(fire(&desk, "2026-06-01 10:00:00.001"),
                     "a breach,a step,a step,b-age after,c breach,c step");
    cr_assert_str_eq(state_of(&desk), "old");
    cr_assert_str_eq(fire(&desk, "2026-06-02 10:00"), "a step,close after");
    cr_assert_str_eq(state_of(&desk), "closed");
    table_close(&desk);
}

Test(timer, one_that_is_late_fires_at_the_record_s_own_time)
{
    table_open(&desk, NULL,
               "{'kind': 'ticket', 'start': 'new',"
               " 'fields': {'target': {'type': 'time'}},"
               " 'states': {'new': {}, 'closed': {'final': true}},"
               " 'transitions': [{'name': 'close', 'from': 'new', 'to': 'closed'}],"
               " 'deadlines': {'meet': {'from': 'new', 'until': 'closed',"
               "                        'allow': {'at': 'ticket.target'},"
               "                        'warn_at': ['1 hour before']}}}");
    SAYS("open", "2026-06-01 09:00", "{'target': '2026-05-01T09:00:00+08:00'}", "ok");
    cr_assert_str_eq(fire(&desk, "2026-06-01 09:00"), "meet breach");
    cr_assert_str_eq(clock_text(desk.record.changed_at), "2026-06-01 09:00:00.000");
    table_close(&desk);
}

static const char *const family =
    "{'kind': 'ticket', 'start': 'new', 'fields': {'answer': {'type': 'text'}},"
    " 'states': {'new': {}, 'closed': {'final': true}},"
    " 'transitions': [{'name': 'lapse', 'from': 'new', 'to': 'closed', 'by': 'system',"
    "                  'after': '1 hour', 'requires': ['answer']},"
    "                 {'name': 'reply', 'from': 'new', 'asks': ['answer']}],"
    " 'deadlines': {'look': {'from': 'new', 'until': 'closed', 'allow': '2 hours'}}}";

Test(timer, one_that_may_not_fire_stays_armed_and_lets_the_others_pass)
{
    table_open(&desk, NULL, family);
    SAYS("open", "2026-06-01 09:00", NULL, "ok");

    cr_assert_str_eq(fire(&desk, "2026-06-01 12:00"), "look breach");
    cr_assert_str_eq(state_of(&desk), "new");
    cr_assert_str_eq(fire(&desk, "2026-06-01 13:00"), "");

    SAYS("reply", "2026-06-01 14:00", "{'answer': 'yes'}", "ok");
    cr_assert_str_eq(fire(&desk, "2026-06-01 14:00"), "lapse after");
    cr_assert_str_eq(state_of(&desk), "closed");
    cr_assert_str_eq(clock_text(desk.record.changed_at), "2026-06-01 14:00:00.000");
    table_close(&desk);
}

Test(timer, open_children_hold_it_back)
{
    table_open(&desk, NULL, family);
    SAYS("open", "2026-06-01 09:00", "{'answer': 'yes'}", "ok");
    desk.record.children_open = 1;
    cr_assert_str_eq(fire(&desk, "2026-06-01 10:00"), "");
    desk.record.children_open = 0;
    cr_assert_str_eq(fire(&desk, "2026-06-01 10:00"), "lapse after");
    table_close(&desk);
}

Test(timer, one_without_a_new_state_fires_once)
{
    table_open(
        &desk, NULL,
        "{'kind': 'ticket', 'start': 'new', 'states': {'new': {}, 'closed': {'final': true}},"
        " 'transitions': ["
        "  {'name': 'nudge', 'from': 'new', 'by': 'system', 'after': '1 hour',"
        "   'effects': [{'notify': 'requester', 'message': 'still there?'}]},"
        "  {'name': 'lapse', 'from': 'new', 'to': 'closed', 'by': 'system',"
        "   'after': '1 day'}]}");
    SAYS("open", "2026-06-01 09:00", NULL, "ok");
    cr_assert_str_eq(fire(&desk, "2026-06-01 12:00"), "nudge after");
    cr_assert(desk.record.version == 2);
    cr_assert_str_eq(fire(&desk, "2026-06-03 12:00"), "lapse after");
    table_close(&desk);
}

Test(timer, two_of_one_name_and_time_do_not_hide_each_other)
{
    table_open(&desk, NULL,
               "{'kind': 'ticket', 'start': 'new', 'fields': {'answer': {'type': 'text'}},"
               " 'states': {'new': {}, 'closed': {'final': true}},"
               " 'transitions': [{'name': 'look', 'from': 'new', 'to': 'closed', 'by': 'system',"
               "                  'after': '3600.001 seconds', 'requires': ['answer']}],"
               " 'deadlines': {'look': {'from': 'new', 'until': 'closed', 'allow': '1 hour'}}}");
    SAYS("open", "2026-06-01 09:00", NULL, "ok");
    cr_assert_str_eq(fire(&desk, "2026-06-01 12:00"), "look breach");
    table_close(&desk);
}
