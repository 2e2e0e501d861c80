/* SPDX-License-Identifier: Apache-2.0
 *
 * What a rulebook is compiled to, what is refused as not carried out yet, and what happens when
 * memory runs out at any point. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/test_allocator.h"
#include "duration.h"
#include "rulebook_fixture.h"
#include "text.h"

static struct rulebook_fixture fixture;
static struct community_text street_text;
static struct community_rulebook *street;

static void open_street(void)
{
    struct community_error err = {0};
    fixture_open(&fixture);
    street_text = fixture_read_file(COMMUNITY_SOURCE_DIR "/tests/rulebook/good/street-office.json");
    cr_assert(street_text.data != NULL);
    const enum community_status status = fixture_load(&street, &fixture, NULL, street_text, &err);
    cr_assert(status == COMMUNITY_OK, "%s at %u:%u", err.message, err.line, err.column);
}

static void close_street(void)
{
    cm_rulebook_free(street);
    fixture_close(&fixture);
    free((void *)(uintptr_t)street_text.data);
}

TestSuite(rulebook, .init = open_street, .fini = close_street);

static const struct cm_lifecycle *request(void)
{
    const struct cm_lifecycle *found = cm_rulebook_lifecycle(street, CM_TEXT("resident-request"));
    cr_assert(found != NULL);
    return found;
}

static int32_t state_of(const char *name)
{
    const int32_t state = cm_lifecycle_state(request(), cm_text(name));
    cr_assert(state != CM_NONE, "%s", name);
    return state;
}

static int32_t field_of(const char *name)
{
    const int32_t field = cm_lifecycle_field(request(), cm_text(name));
    cr_assert(field != CM_NONE, "%s", name);
    return field;
}

/* The only transition of that name. */
static const struct cm_transition *transition_of(const char *name)
{
    const struct cm_lifecycle *lifecycle = request();
    const struct cm_transition_group *group = cm_lifecycle_group(lifecycle, cm_text(name));
    cr_assert(group != NULL, "%s", name);
    cr_assert(group->count == 1, "%s", name);
    return &lifecycle->transitions[lifecycle->by_name[group->first]];
}

static const struct cm_deadline *deadline_of(const char *name)
{
    const int32_t deadline = cm_lifecycle_deadline(request(), cm_text(name));
    cr_assert(deadline != CM_NONE, "%s", name);
    return &request()->deadlines[deadline];
}

#define assert_text(text, expected)                                                                \
    cr_assert(cm_text_is((text), (expected)), "%.*s", (int)(text).size, (text).data)

static void assert_duration(const struct cm_duration *duration, const char *words)
{
    char out[CM_DURATION_TEXT_SIZE];
    cm_duration_format(out, duration);
    cr_assert_str_eq(out, words);
}

Test(rulebook, knows_itself)
{
    assert_text(street->name, "street-office");
    assert_text(street->version, "2026.1");
    cr_assert(cm_text_equal(street->source, street_text));
    cr_assert(strlen(street->hash) == 64);
    cr_assert(street->lifecycle_count == 2);
    cr_assert(cm_rulebook_lifecycle(street, CM_TEXT("nothing")) == NULL);
}

Test(rulebook, hash_is_that_of_the_canonical_bytes)
{
    /* printf '%s' '{"rulebook":"smallest","version":"1"}' | sha256sum */
    struct community_rulebook *rulebook = NULL;
    const struct community_text text =
        CM_TEXT("// v\n{ \"version\": \"1\", \"rulebook\":\"smallest\" }");
    cr_assert(fixture_load(&rulebook, &fixture, NULL, text, NULL) == COMMUNITY_OK);
    cr_assert_str_eq(rulebook->hash,
                     "8dc7640e93335d01234597140f251b7cf069b6c9b0fbfe1f8bca5978816ad77b");
    cr_assert(rulebook->lifecycle_count == 0);
    cr_assert(rulebook->calendar_count == 0);
    cr_assert(rulebook->zone_count == 0);
    cm_rulebook_free(rulebook);
}

Test(rulebook, calendar_is_found_by_name_and_alone)
{
    const struct cm_calendar *office = cm_rulebook_calendar(street, CM_TEXT("office"));
    cr_assert(office != NULL);
    cr_assert(cm_rulebook_calendar(street, (struct community_text){NULL, 0}) == office);
    cr_assert(cm_rulebook_calendar(street, CM_TEXT("home")) == NULL);
    cr_assert(request()->calendar == office);
    cr_assert(street->zone_count == 1);
    assert_text(street->zones[0]->name, "Asia/Shanghai");
    assert_text(cm_calendar_name(office), "office");

    /* A lifecycle that names none takes the only one. */
    const struct cm_lifecycle *support = cm_rulebook_lifecycle(street, CM_TEXT("support"));
    cr_assert(support->calendar == office);
    assert_text(support->parent, "resident-request");
    cr_assert(request()->parent.data == NULL);
}

static bool is_working(const struct cm_calendar *calendar, const char *words)
{
    bool answer = false;
    community_time_ms time;
    cr_assert(cm_time_parse(cm_text(words), &time, NULL));
    cr_assert(cm_calendar_is_working_time(&answer, calendar, time, NULL), "%s", words);
    return answer;
}

Test(rulebook, calendar_knows_hours_holidays_and_make_up_days)
{
    const struct cm_calendar *office = cm_rulebook_calendar(street, CM_TEXT("office"));
    int32_t unknown_year = 0;
    bool answer;
    community_time_ms next_year;

    cr_assert(is_working(office, "2026-06-01T08:00:00+08:00"));
    cr_assert(!is_working(office, "2026-06-01T12:30:00+08:00"));
    cr_assert(is_working(office, "2026-06-01T17:29:59+08:00"));
    cr_assert(!is_working(office, "2026-06-06T09:00:00+08:00"), "a Saturday");
    cr_assert(!is_working(office, "2026-01-01T09:00:00+08:00"), "listed off");
    cr_assert(is_working(office, "2026-01-04T09:00:00+08:00"), "a Sunday listed as work");
    cr_assert(cm_time_parse(CM_TEXT("2027-01-04T09:00:00+08:00"), &next_year, NULL));
    cr_assert(!cm_calendar_is_working_time(&answer, office, next_year, &unknown_year));
    cr_assert(unknown_year == 2027);
}

Test(rulebook, years_overlap_in_december_and_options_are_kept)
{
    struct community_text text =
        fixture_read_file(COMMUNITY_SOURCE_DIR "/tests/rulebook/good/calendar-only.json");
    struct community_rulebook *rulebook = NULL;
    cr_assert(fixture_load(&rulebook, &fixture, NULL, text, NULL) == COMMUNITY_OK);
    cr_assert(rulebook->calendar_count == 3);
    cr_assert(rulebook->zone_count == 2, "each zone once");
    cr_assert(cm_rulebook_calendar(rulebook, (struct community_text){NULL, 0}) == NULL);

    const struct cm_calendar *court = cm_rulebook_calendar(rulebook, CM_TEXT("court"));
    cr_assert(is_working(court, "2018-12-29T11:00:00+08:00"), "a make-up Saturday");
    cr_assert(!is_working(court, "2018-12-29T14:00:00+08:00"), "make-up hours are shorter");
    cr_assert(!is_working(court, "2018-12-31T11:00:00+08:00"));

    /* first_day: count, day_ends: midnight, outside_hours: next_opening, rest_day: keep. */
    struct cm_duration duration;
    community_time_ms start;
    community_time_ms due;
    community_time_ms expected;
    cr_assert(cm_time_parse(CM_TEXT("2019-05-06T10:00:00+08:00"), &start, NULL));
    cr_assert(cm_time_parse(CM_TEXT("2019-05-06T23:59:59.999+08:00"), &expected, NULL));
    cr_assert(cm_duration_parse(CM_TEXT("1 working day"), &duration));
    cr_assert(cm_calendar_due(&due, court, start, &duration, NULL));
    cr_assert(due == expected);
    cr_assert(cm_duration_parse(CM_TEXT("6 calendar days"), &duration));
    cr_assert(cm_time_parse(CM_TEXT("2019-05-11T23:59:59.999+08:00"), &expected, NULL));
    cr_assert(cm_calendar_due(&due, court, start, &duration, NULL));
    cr_assert(due == expected, "a Saturday, kept");
    cm_rulebook_free(rulebook);
    free((void *)(uintptr_t)text.data);
}

Test(rulebook, lifecycle_frame_is_compiled)
{
    const struct cm_lifecycle *lifecycle = request();
    assert_text(lifecycle->kind, "ticket");
    assert_text(lifecycle->title.zh, "居民诉求");
    assert_text(lifecycle->title.en, "Resident request");
    cr_assert(lifecycle->start == state_of("new"));
    assert_duration(&lifecycle->backdate_at_most, "2 hours");
    cr_assert(lifecycle->state_count == 9);
    cr_assert(lifecycle->states[state_of("suspended")].is_waiting);
    cr_assert(lifecycle->states[state_of("verifying")].is_unbounded);
    cr_assert(lifecycle->states[state_of("closed")].is_final);
    cr_assert(!lifecycle->states[state_of("new")].is_final);
    assert_text(lifecycle->states[state_of("new")].title.zh, "待派单");
    cr_assert(cm_lifecycle_state(lifecycle, CM_TEXT("nowhere")) == CM_NONE);
    cr_assert(cm_lifecycle_field(lifecycle, CM_TEXT("nothing")) == CM_NONE);
    cr_assert(cm_lifecycle_deadline(lifecycle, CM_TEXT("never")) == CM_NONE);

    const struct cm_lifecycle *support = cm_rulebook_lifecycle(street, CM_TEXT("support"));
    cr_assert(support->backdate_at_most.unit == CM_ELAPSED);
    cr_assert(support->backdate_at_most.amount == 0);
}

Test(rulebook, fields_are_compiled)
{
    const struct cm_lifecycle *lifecycle = request();
    cr_assert(lifecycle->field_count == 9, "eight declared, and the rating");

    const struct cm_field *subject = &lifecycle->fields[field_of("subject")];
    cr_assert(subject->type == CM_FIELD_TEXT);
    cr_assert(subject->data_class == CM_PUBLIC);
    cr_assert(subject->required);
    cr_assert(subject->has_max);
    cr_assert(subject->max == 200);
    cr_assert(!subject->has_min);
    cr_assert(subject->initial.type == CM_NULL);

    const struct cm_field *phone = &lifecycle->fields[field_of("phone")];
    cr_assert(phone->data_class == CM_PERSONAL);
    assert_text(phone->keep, "3 years after final");
    cr_assert(!phone->required);

    const struct cm_field *urgency = &lifecycle->fields[field_of("urgency")];
    cr_assert(urgency->type == CM_FIELD_CHOICE);
    cr_assert(urgency->choice_count == 3);
    assert_text(urgency->choices[2], "danger");
    assert_text(urgency->initial.as.text, "general");

    const struct cm_field *photos = &lifecycle->fields[field_of("photos")];
    cr_assert(photos->data_class == CM_PERSONAL, "a list may hold anything");
    cr_assert(photos->has_element);
    cr_assert(photos->element == CM_FIELD_FILE);
    cr_assert(photos->initial.type == CM_LIST);

    cr_assert(lifecycle->place_field == field_of("place"));
    cr_assert(lifecycle->unit_field == field_of("lead_unit"));
    cr_assert(lifecycle->rating_field == field_of("rating"));
    cr_assert(lifecycle->fields[lifecycle->rating_field].type == CM_FIELD_RATING);
    cr_assert(lifecycle->fields[lifecycle->rating_field].data_class == CM_PUBLIC);
}

Test(rulebook, transitions_are_compiled)
{
    const struct cm_lifecycle *lifecycle = request();
    const struct cm_transition *dispatch = transition_of("dispatch");
    cr_assert(dispatch->from_count == 1);
    cr_assert(dispatch->from[0] == state_of("new"));
    cr_assert(dispatch->to == state_of("dispatched"));
    cr_assert(dispatch->role_count == 1);
    cr_assert(dispatch->roles[0].kind == CM_ROLE_GRANT);
    assert_text(dispatch->roles[0].grant, "operator");
    cr_assert(dispatch->ask_count == 1);
    cr_assert(dispatch->asks[0].field == field_of("lead_unit"));
    cr_assert(dispatch->extends == CM_NONE);
    cr_assert(dispatch->at_most == 0);
    cr_assert(dispatch->at_most_per == CM_NONE);

    const struct cm_transition *back = transition_of("return");
    cr_assert(back->roles[0].kind == CM_ROLE_GRANT_OF);
    assert_text(back->roles[0].grant, "handler");
    assert_text(back->roles[0].words, "handler of lead_unit");
    cr_assert(back->roles[0].field == field_of("lead_unit"));
    cr_assert(back->has_within);
    cr_assert(!back->has_after);
    assert_duration(&back->within, "2 working days");
    cr_assert(back->at_most == 1);
    cr_assert(back->at_most_per == field_of("lead_unit"));
    cr_assert(back->asks[0].field == CM_NONE);
    cr_assert(back->asks[0].input == CM_INPUT_TEXT);

    const struct cm_transition *note = transition_of("note");
    cr_assert(note->from_any);
    cr_assert(note->to == CM_NONE);
    cr_assert(note->role_count == 2);
    cr_assert(cm_transition_leaves(lifecycle, note, state_of("signed")));
    cr_assert(!cm_transition_leaves(lifecycle, note, state_of("closed")));

    const struct cm_transition *rate = transition_of("rate");
    cr_assert(rate->roles[0].kind == CM_ROLE_REQUESTER);
    cr_assert(cm_transition_leaves(lifecycle, rate, state_of("closed")));
    cr_assert(!cm_transition_leaves(lifecycle, rate, state_of("new")));
}

Test(rulebook, transitions_touch_deadlines_children_and_merges)
{
    const struct cm_lifecycle *lifecycle = request();
    const int32_t resolve = cm_lifecycle_deadline(lifecycle, CM_TEXT("resolve"));
    const struct cm_transition *extend = transition_of("extend");
    cr_assert(extend->extends == resolve);
    cr_assert(extend->asks[0].input == CM_INPUT_FOR);
    cr_assert(transition_of("hear")->pause_count == 1);
    cr_assert(transition_of("hear")->pauses[0] == resolve);
    cr_assert(transition_of("heard")->resumes[0] == resolve);

    const struct cm_transition *close = transition_of("close");
    cr_assert(close->require_count == 1);
    cr_assert(close->requires[0] == field_of("rating"));
    cr_assert(close->waits_for_children, "it ends the matter");
    cr_assert(close->notification_count == 2);
    assert_text(close->notifications[0].to, "requester");
    assert_text(close->notifications[0].message, "closed");
    assert_text(close->notifications[0].words.zh, "closed");
    assert_text(close->notifications[1].message, "It is closed");
    assert_text(close->notifications[1].words.zh, "已办结");
    cr_assert(!transition_of("reject")->waits_for_children, "the rulebook says no");
    cr_assert(!transition_of("verify")->waits_for_children, "it does not end the matter");

    const struct cm_transition *lapse = transition_of("lapse");
    cr_assert(lapse->roles[0].kind == CM_ROLE_SYSTEM);
    assert_duration(&lapse->after, "7 calendar days");

    cr_assert(transition_of("merge")->merges);
    cr_assert(transition_of("merge")->asks[0].input == CM_INPUT_INTO);
    cr_assert(transition_of("unmerge")->unmerges);
    cr_assert(transition_of("unmerge")->reopens);
    cr_assert(transition_of("reopen")->reopens);
    cr_assert(transition_of("reopen")->at_most == 2);
}

Test(rulebook, transitions_are_grouped_by_name)
{
    struct community_text text =
        fixture_read_file(COMMUNITY_SOURCE_DIR "/tests/rulebook/good/same-name-apart.json");
    struct community_rulebook *rulebook = NULL;
    cr_assert(fixture_load(&rulebook, &fixture, NULL, text, NULL) == COMMUNITY_OK);
    const struct cm_lifecycle *lifecycle = &rulebook->lifecycles[0];
    const struct cm_transition_group *go = cm_lifecycle_group(lifecycle, CM_TEXT("go"));
    const struct cm_transition_group *back = cm_lifecycle_group(lifecycle, CM_TEXT("back"));

    cr_assert(lifecycle->group_count == 2);
    cr_assert(go->count == 3);
    cr_assert(back->count == 2);
    cr_assert(cm_lifecycle_group(lifecycle, CM_TEXT("gone")) == NULL);
    cr_assert(cm_lifecycle_group(lifecycle, CM_TEXT("a")) == NULL);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert(lifecycle->by_name[go->first + i] == i, "in their own order");
    cr_assert(lifecycle->by_name[back->first] == 3);
    cr_assert(lifecycle->unit_field == 0, "the field of the first \"of\" role");
    cr_assert(lifecycle->place_field == CM_NONE);
    cr_assert(lifecycle->rating_field == CM_NONE, "only tickets are rated by themselves");
    cm_rulebook_free(rulebook);
    free((void *)(uintptr_t)text.data);
}

Test(rulebook, deadlines_are_compiled)
{
    const struct cm_deadline *resolve = deadline_of("resolve");
    assert_text(resolve->title.zh, "办结时限");
    cr_assert(resolve->from[0] == state_of("dispatched"));
    cr_assert(resolve->until[0] == state_of("handled"));
    cr_assert(resolve->pause_in_count == 1);
    cr_assert(resolve->pause_in[0] == state_of("suspended"));
    cr_assert(!resolve->allows_at);
    assert_duration(&resolve->allow, "5 working days");
    cr_assert(resolve->has_cap);
    assert_duration(&resolve->extend_at_most, "10 working days");
    cr_assert(!resolve->restarts);

    cr_assert(resolve->warning_count == 2);
    cr_assert(resolve->warnings[0].percent == 50);
    cr_assert(resolve->warnings[1].percent == 0);
    assert_duration(&resolve->warnings[1].before, "1 working day");
    assert_text(resolve->warnings[1].words, "1 working day before");

    const struct cm_deadline *target = deadline_of("target");
    cr_assert(target->allows_at);
    cr_assert(target->at_field == field_of("target"));
    cr_assert(target->restarts);
    cr_assert(target->from_count == 2);
    cr_assert(target->until_count == 2);
    cr_assert(cm_index_is_in(state_of("verifying"), target->until, target->until_count));
    cr_assert(!cm_index_is_in(state_of("new"), target->until, target->until_count));
}

Test(rulebook, ladder_of_a_breach_is_compiled)
{
    const struct cm_deadline *resolve = deadline_of("resolve");
    const struct cm_breach_step *steps = resolve->steps;
    const int32_t lead_unit = field_of("lead_unit");
    const struct {
        const char *action;
        int32_t to_field;
        int32_t to_parents;
    } expected[] = {
        {"remind", CM_NONE, 0},   {"notice", lead_unit, 0},   {"criticise", lead_unit, 1},
        {"report", lead_unit, 2}, {"discipline", CM_NONE, 0},
    };

    cr_assert(resolve->step_count == 5);
    for (size_t i = 0; i < 5; i++) {
        assert_text(steps[i].action, expected[i].action);
        cr_assert(steps[i].to_field == expected[i].to_field, "%zu", i);
        cr_assert(steps[i].to_parents == expected[i].to_parents, "%zu", i);
    }
    cr_assert(!steps[0].has_after);
    assert_text(steps[0].to, "handler of lead_unit");
    assert_duration(&steps[3].after, "10 working days");
    assert_text(steps[3].to, "parent of parent of lead_unit");
    assert_text(steps[4].to, "supervisor");
}

Test(rulebook, reads_are_compiled)
{
    const struct cm_lifecycle *lifecycle = request();
    cr_assert(lifecycle->read_rule_count == 2);
    cr_assert(lifecycle->read_rules[0].personal);
    cr_assert(!lifecycle->read_rules[0].sensitive);
    cr_assert(!lifecycle->read_rules[0].logged);
    cr_assert(lifecycle->read_rules[1].role_count == 2);
    cr_assert(lifecycle->read_rules[1].personal);
    cr_assert(lifecycle->read_rules[1].sensitive);
    cr_assert(lifecycle->read_rules[1].logged);
}

Test(rulebook, error_names_the_key_in_both_languages)
{
    struct community_error err = {0};
    struct community_rulebook *rulebook = (struct community_rulebook *)&err;
    const struct community_text text =
        CM_TEXT("{\n \"rulebook\": \"x\", \"version\": \"1\",\n \"duties\": {} }");
    cr_assert(fixture_load(&rulebook, &fixture, NULL, text, &err) == COMMUNITY_UNSUPPORTED);
    cr_assert(rulebook == NULL);
    cr_assert(err.status == COMMUNITY_UNSUPPORTED);
    cr_assert_str_eq(err.code, "not-yet");
    cr_assert(err.line == 3);
    cr_assert(err.column == 2);
    cr_assert(strstr(err.message, "\"duties\"") != NULL, "%s", err.message);
    cr_assert(strstr(err.message_zh, "“duties”") != NULL, "%s", err.message_zh);
}

Test(rulebook, unknown_key_tells_the_nearest)
{
    struct community_error err = {0};
    struct community_rulebook *rulebook = NULL;
    const struct community_text near =
        CM_TEXT("{ \"rulebook\": \"x\", \"version\": \"1\", \"lifecicles\": {} }");
    const struct community_text far =
        CM_TEXT("{ \"rulebook\": \"x\", \"version\": \"1\", \"automobile\": {} }");
    cr_assert(fixture_load(&rulebook, &fixture, NULL, near, &err) == COMMUNITY_INVALID);
    cr_assert(strstr(err.message, "nearest known: \"lifecycles\"") != NULL, "%s", err.message);

    err = (struct community_error){0};
    cr_assert(fixture_load(&rulebook, &fixture, NULL, far, &err) == COMMUNITY_INVALID);
    cr_assert(strstr(err.message, "\"rulebook\", \"version\", \"calendars\"") != NULL, "%s",
              err.message);
    cr_assert(fixture_load(&rulebook, &fixture, NULL, far, NULL) == COMMUNITY_INVALID,
              "without an error to fill");
}

/* A lifecycle of `count` states in a row, the last first: each is reached through the next. */
static char *chain_text(size_t count, size_t *size_out)
{
    char *text = malloc(count * 80 + 400);
    cr_assert(text != NULL);
    size_t size = (size_t)sprintf(
        text, "{\"rulebook\":\"r\",\"version\":\"1\",\"lifecycles\":{\"c\":{\"kind\":\"item\","
              "\"start\":\"s0\",\"states\":{");
    for (size_t i = 0; i < count; i++)
        size += (size_t)sprintf(text + size, "%s\"s%zu\":{}", i ? "," : "", i);
    size += (size_t)sprintf(text + size, "},\"transitions\":[");
    for (size_t i = count - 1; i > 0; i--)
        size +=
            (size_t)sprintf(text + size, "{\"name\":\"t%zu\",\"from\":\"s%zu\",\"to\":\"s%zu\"}%s",
                            i, i - 1, i, i > 1 ? "," : "");
    size += (size_t)sprintf(text + size, "]}}}");
    *size_out = size;
    return text;
}

Test(rulebook, large_is_read_and_too_large_is_refused, .timeout = 60)
{
    struct community_error err = {0};
    struct community_rulebook *rulebook = NULL;
    size_t size;
    char *text = chain_text(65000, &size);
    enum community_status status =
        fixture_load(&rulebook, &fixture, NULL, (struct community_text){text, size}, &err);
    cr_assert(status == COMMUNITY_OK, "%s", err.message);
    cr_assert(rulebook->lifecycles[0].state_count == 65000);
    cr_assert(rulebook->lifecycles[0].transition_count == 64999);
    cm_rulebook_free(rulebook);
    free(text);

    text = chain_text(65001, &size);
    status = fixture_load(&rulebook, &fixture, NULL, (struct community_text){text, size}, &err);
    cr_assert(status == COMMUNITY_INVALID);
    cr_assert_str_eq(err.code, "too-many");
    free(text);
}

/* Fails one allocation after another, once or from then on, until loading succeeds. */
static size_t count_failures(struct community_text text, bool fail_on)
{
    for (size_t at = 1;; at++) {
        struct test_allocator allocator;
        struct community_error err = {0};
        struct community_rulebook *rulebook = NULL;
        const struct community_allocator *used = test_allocator_init(&allocator);
        allocator.fail_at = at;
        allocator.fail_on = fail_on;
        const enum community_status status = fixture_load(&rulebook, &fixture, used, text, &err);
        if (status == COMMUNITY_OK) {
            cr_assert(allocator.calls < at || !fail_on);
            cm_rulebook_free(rulebook);
            cr_assert(allocator.live == 0);
            if (allocator.calls < at)
                return at - 1;
            continue;
        }
        cr_assert(status == COMMUNITY_NO_MEMORY, "%zu: %s", at, err.code);
        cr_assert_str_eq(err.code, "no-memory");
        cr_assert(rulebook == NULL);
        cr_assert(allocator.live == 0, "%zu", at);
    }
}

Test(rulebook, running_out_of_memory_anywhere_is_clean, .timeout = 120)
{
    const size_t once = count_failures(street_text, false);
    const size_t always = count_failures(street_text, true);
    cr_assert(once > 10, "%zu", once);
    cr_assert(once == always);
}

/* How many allocations a whole loading makes with so much filler where the first zone is found. */
static size_t count_calls(struct community_text text, size_t filler_count)
{
    struct test_allocator allocator;
    struct community_rulebook *rulebook = NULL;
    const struct community_allocator *used = test_allocator_init(&allocator);
    fixture.filler_count = filler_count;
    cr_assert(fixture_load(&rulebook, &fixture, used, text, NULL) == COMMUNITY_OK);
    cm_rulebook_free(rulebook);
    cr_assert(allocator.live == 0);
    return allocator.calls;
}

/* Memory comes in blocks, so only the piece that begins a block can fail. Filler moves that border,
 * from the last piece of all to the first after the zone. */
Test(rulebook, running_out_of_memory_at_any_piece_is_clean, .timeout = 300)
{
    enum { FILLER_COUNT_MAX = 20000, PIECE_COUNT = 2400, STEP = 5 };
    const size_t calls_without = count_calls(street_text, 0);
    size_t last = 0;
    while (last < FILLER_COUNT_MAX && count_calls(street_text, last) == calls_without)
        last += 64;
    cr_assert(last < FILLER_COUNT_MAX, "the border never moved");

    for (size_t i = 0; i < PIECE_COUNT; i += STEP) {
        const bool fail_on = i % 2 == 0;
        const size_t calls = count_calls(street_text, last + i - (last >= 64 ? 64 : last));
        for (size_t at = 4; at <= calls; at++) {
            struct test_allocator allocator;
            struct community_rulebook *rulebook = NULL;
            const struct community_allocator *used = test_allocator_init(&allocator);
            allocator.fail_at = at;
            allocator.fail_on = fail_on;
            cr_assert(fixture_load(&rulebook, &fixture, used, street_text, NULL) ==
                          COMMUNITY_NO_MEMORY,
                      "%zu of %zu, %zu", at, calls, i);
            cr_assert(rulebook == NULL);
            cr_assert(allocator.live == 0);
        }
    }
    fixture.filler_count = 0;
}

/* One list over many years: each list is short enough, all together are not. */
Test(rulebook, dates_are_counted_over_all_years)
{
    enum { YEAR_COUNT = 7, DATES_SIZE = 10000 * 13 };
    struct community_error err = {0};
    struct community_rulebook *rulebook = NULL;
    char *text = malloc(YEAR_COUNT * (DATES_SIZE + 64) + 256);
    cr_assert(text != NULL);
    size_t size =
        (size_t)sprintf(text, "{\"rulebook\":\"r\",\"version\":\"1\",\"calendars\":{\"c\":"
                              "{\"zone\":\"UTC\",\"hours\":{\"mon\":[\"09:00-10:00\"]},"
                              "\"years\":{");
    for (int year = 0; year < YEAR_COUNT; year++) {
        size += (size_t)sprintf(text + size, "%s\"202%d\":{\"off\":[", year ? "," : "", year);
        for (int i = 0; i < 10000; i++)
            size += (size_t)sprintf(text + size, "%s\"2020-01-01\"", i ? "," : "");
        size += (size_t)sprintf(text + size, "]}");
    }
    size += (size_t)sprintf(text + size, "}}}}");
    cr_assert(fixture_load(&rulebook, &fixture, NULL, (struct community_text){text, size}, &err) ==
              COMMUNITY_INVALID);
    cr_assert_str_eq(err.code, "too-many");
    free(text);
}
