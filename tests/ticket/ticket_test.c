/* SPDX-License-Identifier: Apache-2.0
 *
 * Tickets that know each other: duplicates, children, one rating, who sees what. */
#include "ticket.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "default_allocator.h"
#include "rulebook.h"
#include "text.h"

static const char *const rules =
    "{\"rulebook\": \"t\", \"version\": \"1\", \"lifecycles\": {"
    "\"request\": {\"kind\": \"ticket\", \"start\": \"new\","
    " \"fields\": {\"phone\": {\"type\": \"text\"}, \"lead_unit\": {\"type\": \"unit\"}},"
    " \"states\": {\"new\": {}, \"merged\": {}, \"closed\": {\"final\": true}},"
    " \"transitions\": ["
    "  {\"name\": \"merge\", \"from\": \"new\", \"to\": \"merged\", \"asks\": [\"into\"],"
    "   \"merges\": true},"
    "  {\"name\": \"close\", \"from\": [\"new\", \"merged\"], \"to\": \"closed\","
    "   \"by\": [\"operator\", \"handler of lead_unit\"]}]},"
    "\"support\": {\"kind\": \"ticket\", \"start\": \"new\", \"parent\": \"request\","
    " \"states\": {\"new\": {}, \"closed\": {\"final\": true}},"
    " \"transitions\": [{\"name\": \"close\", \"from\": \"new\", \"to\": \"closed\"}]},"
    "\"guarded\": {\"kind\": \"ticket\", \"start\": \"new\","
    " \"states\": {\"new\": {}, \"closed\": {\"final\": true}},"
    " \"transitions\": [{\"name\": \"close\", \"from\": \"new\", \"to\": \"closed\"}],"
    " \"reads\": [{\"by\": \"operator\", \"classes\": [\"personal\"]},"
    "             {\"by\": \"nurse\", \"classes\": [\"sensitive\"]}]}}}";

#define ALWAYS .from = INT64_MIN, .to = INT64_MAX
static const struct cm_grant grants[] = {
    {.person = CM_TEXT("hand"), .role = CM_TEXT("handler"), .unit = CM_TEXT("bureau"), ALWAYS},
    {.person = CM_TEXT("late"),
     .role = CM_TEXT("operator"),
     .unit = CM_TEXT("hall"),
     .from = 2000,
     .to = INT64_MAX},
    {.person = CM_TEXT("nurse"), .role = CM_TEXT("nurse"), .unit = CM_TEXT("hall"), ALWAYS},
    {.person = CM_TEXT("op"), .role = CM_TEXT("operator"), .unit = CM_TEXT("hall"), ALWAYS},
};
static const struct cm_directory directory = {.grants = grants, .grant_count = 4};
static const struct cm_directory nobody = {0};

static struct community_rulebook *rulebook;
static struct cm_arena arena;
static struct cm_decision decision;

static void begin(void)
{
    struct community_error err = {0};
    cr_assert(community_rulebook_load(&rulebook, cm_text(rules), CM_TEXT("t"), NULL, &err) ==
                  COMMUNITY_OK,
              "%s", err.message);
    cm_arena_init(&arena, cm_default_allocator(), 4096);
    cm_decision_init(&decision, &arena);
}

static void end(void)
{
    cm_arena_free(&arena);
    community_rulebook_free(rulebook);
}

TestSuite(ticket, .init = begin, .fini = end);

/* A ticket that was opened at 1000 by "res". */
static struct cm_record ticket(const char *lifecycle, uint8_t id)
{
    struct cm_record record;
    cr_assert(cm_record_make(&record, &arena, cm_rulebook_lifecycle(rulebook, cm_text(lifecycle))));
    record.id.bytes[0] = id;
    record.version = 1;
    record.state = record.lifecycle->start;
    record.requester = CM_TEXT("res");
    record.changed_at = 1000;
    record.moved_at = 1000;
    return record;
}

static const char *reasons(void)
{
    static char words[256];
    size_t size = 0;
    if (decision.accepted)
        return "ok";
    words[0] = '\0';
    for (size_t i = 0; i < decision.reason_count; i++)
        size += (size_t)snprintf(words + size, sizeof(words) - size, "%s%s", i > 0 ? " " : "",
                                 cm_code_word(decision.reasons[i].code));
    return words;
}

/* ---- rating ---- */

static const char *rate(struct cm_record *record, const char *actor, community_time_ms at,
                        struct cm_value data)
{
    const struct cm_request request = {.name = CM_TEXT("rate"),
                                       .actor = cm_text(actor),
                                       .at = at,
                                       .now = 5000,
                                       .recorded_at = 5000,
                                       .data = data.type == CM_OBJECT ? &data : NULL};
    cm_decision_init(&decision, &arena);
    cm_ticket_rate(&decision, record, &request, &directory);
    if (decision.accepted)
        cr_assert(cm_evolve(record, &arena, &decision.outcome));
    return reasons();
}

static struct cm_value data_with(const char *name, struct cm_value value)
{
    struct cm_value data = cm_value_new_object(&arena, 2);
    cm_value_put(&data, name, value);
    return data;
}

static struct cm_value rating(int64_t level)
{
    return data_with("rating", cm_value_integer(level));
}

Test(ticket, a_matter_is_rated_once_by_whoever_asked_or_an_operator)
{
    const struct cm_value nothing = {.type = CM_NULL};
    struct cm_record record = ticket("request", 1);

    cr_assert_str_eq(rate(&record, "res", 5000, nothing), "missing-data");
    cr_assert_str_eq(rate(&record, "hand", 5000, rating(3)), "not-permitted");
    cr_assert_str_eq(rate(&record, "hand", 5000, nothing), "not-permitted missing-data");
    cr_assert_str_eq(rate(&record, "res", 5000, rating(0)), "field-too-small");
    cr_assert_str_eq(rate(&record, "res", 5000, rating(6)), "field-too-great");
    cr_assert_str_eq(rate(&record, "res", 5000, data_with("rating", cm_value_string("5"))),
                     "field-type");
    cr_assert_str_eq(rate(&record, "res", 5001, rating(3)), "in-the-future");
    cr_assert_str_eq(rate(&record, "res", 4999, rating(3)), "backdated");
    cr_assert_str_eq(rate(&record, "res", 999, rating(3)), "backdated before-last-entry");
    struct cm_value more = rating(3);
    cm_value_put(&more, "phone", cm_value_string("1"));
    cr_assert_str_eq(rate(&record, "res", 5000, more), "unexpected-data");
    cr_assert(record.version == 1);

    struct cm_value remark = rating(3);
    cm_value_put(&remark, "note", cm_value_string("thank you"));
    cr_assert_str_eq(rate(&record, "res", 5000, remark), "ok");
    cr_assert(record.version == 2);
    cr_assert(record.fields[record.lifecycle->rating_field].as.integer == 3);
    cr_assert_str_eq(rate(&record, "op", 5000, rating(3)), "already-rated");
}

Test(ticket, a_rating_that_was_erased_was_given_all_the_same)
{
    struct cm_record record = ticket("request", 1);
    record.commitments[record.lifecycle->rating_field] = CM_TEXT("00");
    cr_assert_str_eq(rate(&record, "res", 5000, rating(3)), "already-rated");
    cm_decision_init(&decision, &arena);
    cm_ticket_rate_option(&decision, &record, CM_TEXT("res"), 5000, &directory);
    cr_assert_str_eq(reasons(), "already-rated");
}

Test(ticket, the_option_to_rate_says_who_and_whether)
{
    struct cm_record record = ticket("request", 1);
    const struct {
        const char *actor;
        bool rated;
        const char *words;
    } rows[] = {
        {"res", false, "ok"},
        {"op", false, "ok"},
        {"hand", false, "not-permitted"},
        {"res", true, "already-rated"},
        {"hand", true, "not-permitted already-rated"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].rated)
            record.fields[record.lifecycle->rating_field] = cm_value_integer(5);
        cm_decision_init(&decision, &arena);
        cm_ticket_rate_option(&decision, &record, cm_text(rows[i].actor), 5000, &directory);
        cr_assert_str_eq(reasons(), rows[i].words);
    }
}

/* ---- duplicates ---- */

static const char *merge(const struct cm_record *record, const struct cm_record *target)
{
    cm_decision_init(&decision, &arena);
    decision.accepted = true;
    cm_ticket_check_merge(&decision, record, target, CM_TEXT("@X"));
    return reasons();
}

Test(ticket, chains_and_circles_of_duplicates_are_refused)
{
    struct cm_record a = ticket("request", 1);
    struct cm_record b = ticket("request", 2);
    struct cm_record c = ticket("request", 3);
    const struct cm_record other = ticket("support", 4);

    cr_assert_str_eq(merge(&a, &b), "ok");
    cr_assert_str_eq(merge(&a, NULL), "unknown-record");
    cr_assert_str_eq(merge(&a, &a), "merge-self");
    cr_assert_str_eq(merge(&a, &other), "merge-lifecycle");
    a.merged_into = b.id;
    b.duplicates = 1;
    cr_assert_str_eq(merge(&c, &a), "merge-target", "into a duplicate");
    cr_assert_str_eq(merge(&b, &c), "merge-has-duplicates", "of one that has duplicates");
    cr_assert_str_eq(merge(&b, &a), "merge-target", "round in a circle");
    cr_assert_str_eq(merge(&c, &b), "ok");
}

Test(ticket, the_target_counts_its_duplicates)
{
    struct cm_record b = ticket("request", 2);
    for (int expected = 1; expected <= 2; expected++) {
        cm_decision_init(&decision, &arena);
        cm_ticket_note_duplicate(&decision, &b, 2000, 1);
        cr_assert(decision.accepted);
        cr_assert(cm_evolve(&b, &arena, &decision.outcome));
        cr_assert(b.duplicates == expected);
    }
    cm_decision_init(&decision, &arena);
    cm_ticket_note_duplicate(&decision, &b, 1500, -1);
    cr_assert(cm_evolve(&b, &arena, &decision.outcome));
    cr_assert(b.duplicates == 1);
    cr_assert(b.version == 4);
    cr_assert(b.changed_at == 2000, "time does not run backwards");
}

/* ---- children ---- */

static const char *adopt(const char *lifecycle, const struct cm_record *parent, const char *words)
{
    cm_decision_init(&decision, &arena);
    decision.accepted = true;
    cm_ticket_check_parent(&decision, cm_rulebook_lifecycle(rulebook, cm_text(lifecycle)), parent,
                           cm_text(words));
    return reasons();
}

Test(ticket, a_child_belongs_under_an_open_parent_of_its_lifecycle)
{
    struct cm_record request = ticket("request", 1);
    const struct cm_record support = ticket("support", 2);

    cr_assert_str_eq(adopt("support", &request, "@A"), "ok");
    cr_assert_str_eq(adopt("request", NULL, NULL), "ok");
    cr_assert_str_eq(adopt("support", NULL, NULL), "parent-missing");
    cr_assert_str_eq(adopt("support", NULL, "@nowhere"), "unknown-record");
    cr_assert_str_eq(adopt("support", &support, "@B"), "parent-lifecycle");
    cr_assert_str_eq(adopt("request", &request, "@A"), "parent-lifecycle");
    request.state = cm_lifecycle_state(request.lifecycle, CM_TEXT("closed"));
    cr_assert_str_eq(adopt("support", &request, "@A"), "parent-final");
}

Test(ticket, the_parent_counts_its_children_and_its_handler_is_told_of_their_end)
{
    struct cm_record request = ticket("request", 1);
    request.fields[request.lifecycle->unit_field] = cm_value_string("bureau");

    cm_decision_init(&decision, &arena);
    cm_ticket_note_child(&decision, &request, 2000, 1);
    cr_assert(decision.accepted);
    cr_assert(decision.outcome.effect_count == 0);
    cr_assert(cm_evolve(&request, &arena, &decision.outcome));
    cr_assert(request.children_open == 1);

    cm_decision_init(&decision, &arena);
    cm_ticket_note_child(&decision, &request, 3000, -1);
    cr_assert(decision.outcome.effect_count == 1);
    cr_assert(decision.outcome.effects[0].kind == CM_EFFECT_CHILD);
    cr_assert(cm_text_is(decision.outcome.effects[0].to, "bureau"));
    cr_assert(cm_evolve(&request, &arena, &decision.outcome));
    cr_assert(request.children_open == 0);
}

/* ---- who sees what ---- */

struct sight_row {
    const char *lifecycle;
    const char *actor;
    community_time_ms at;
    bool personal;
    bool sensitive;
};

static void check_sight(const struct cm_record *record, const struct sight_row *row,
                        const struct cm_directory *who)
{
    cm_decision_init(&decision, &arena);
    const struct cm_sight sight =
        cm_ticket_sight(&decision, record, cm_text(row->actor), row->at, who);
    cr_assert(sight.personal == row->personal && sight.sensitive == row->sensitive,
              "%s of a %s at %ld", row->actor, row->lifecycle, (long)row->at);
}

Test(ticket, without_read_rules_those_with_a_part_in_it_see_all)
{
    static const struct sight_row rows[] = {
        {"request", "res", 1000, true, true},      {"request", "op", 1000, true, true},
        {"request", "hand", 1000, true, true},     {"request", "nurse", 1000, false, false},
        {"request", "nobody", 1000, false, false}, {"request", "late", 1999, false, false},
        {"request", "late", 2000, true, true},     {"request", "system", 1000, false, false},
    };
    struct cm_record record = ticket("request", 1);
    record.fields[record.lifecycle->unit_field] = cm_value_string("bureau");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_sight(&record, &rows[i], &directory);

    record.fields[record.lifecycle->unit_field] = cm_value_string("another");
    check_sight(&record, &(struct sight_row){"request", "hand", 1000, false, false}, &directory);
    check_sight(&record, &(struct sight_row){"request", "op", 1000, false, false}, &nobody);
}

Test(ticket, with_read_rules_only_those_named_do)
{
    static const struct sight_row rows[] = {
        {"guarded", "op", 1000, true, false},    {"guarded", "nurse", 1000, false, true},
        {"guarded", "hand", 1000, false, false}, {"guarded", "res", 1000, true, false},
        {"guarded", "late", 1999, false, false}, {"guarded", "late", 2000, true, false},
    };
    const struct cm_record record = ticket("guarded", 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_sight(&record, &rows[i], &directory);
}
