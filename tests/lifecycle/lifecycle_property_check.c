/* SPDX-License-Identifier: Apache-2.0
 *
 * Random rulebooks, random histories, and what must hold in every one of them. The first argument,
 * or COMMUNITY_SEED, is the seed. Two parts: records alone, by decide and evolve; and desks, of
 * which one looks at its timers every hour and the other only when a command comes. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "community/desk.h"
#include "default_allocator.h"
#include "digest.h"
#include "entry.h"
#include "json.h"
#include "lifecycle_fixture.h"
#include "text.h"

enum {
    RULEBOOK_COUNT = 500,
    HISTORIES_EACH = 24,
    STEP_COUNT_MAX = 16,
    DESK_PAIR_COUNT = 120,
    DESK_DAY_COUNT = 25,
    RECORD_COUNT = 3,
    TEXT_SIZE_MAX = 32 * 1024,
};

static uint64_t random_state;
static uint64_t rulebook_seed;
static int passed_count;
static int failed_count;
static const char *current_rulebook;

/* What happened, so that a reader sees that something did. */
static struct {
    int accepted;
    int refused;
    int timers;
    int blocked;
    int reopened;
    int extended;
    int desk_accepted;
} happened;

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int below(int bound)
{
    return (int)(next_random() % (uint64_t)bound);
}

static bool one_in(int count)
{
    return below(count) == 0;
}

static bool expect(bool holds, const char *what)
{
    if (holds)
        return true;
    if (failed_count++ < 5)
        printf("FAILED: %s\n  rulebook seed %" PRIu64 ":\n%s\n", what, rulebook_seed,
               current_rulebook);
    return false;
}

/* ---- rulebooks ---- */

static char draft[TEXT_SIZE_MAX];
static size_t draft_size;

static void write(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void write(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    draft_size +=
        (size_t)vsnprintf(draft + draft_size, sizeof(draft) - draft_size, format, arguments);
    va_end(arguments);
}

struct shape {
    int state_count; /* the last `final_count` are final */
    int final_count;
    int deadline_count;
    bool has_personal; /* some fields are personal */
};

static int open_state(const struct shape *shape)
{
    return below(shape->state_count - shape->final_count);
}

static const char *pick(const char *const *words, size_t count)
{
    return words[below((int)count)];
}
#define PICK(words) pick((words), sizeof(words) / sizeof((words)[0]))

static const char *const lengths[] = {
    "30 minutes",     "5 hours",         "2 days",  "3 working hours",  "1 working day",
    "3 working days", "2 calendar days", "1 month", "next working day", "same working day 16:00"};
static const char *const roles[] = {"", "'by': 'operator', ", "'by': 'requester', ",
                                    "'by': ['handler of place_of_work', 'requester'], "};

static void write_conditions(void)
{
    if (one_in(4))
        write("'at_most': {'times': %d%s}, ", 1 + below(3),
              one_in(2) ? ", 'per': 'place_of_work'" : "");
    if (one_in(6))
        write("'within': '%s', ", PICK(lengths));
    if (one_in(6))
        write("'requires': ['%s'], ", one_in(2) ? "number" : "words");
    if (one_in(5))
        write("'effects': [{'notify': 'requester', 'message': 'm'}], ");
}

static void write_asks(void)
{
    static const char *const asks[] = {"'asks': ['words'], ", "'asks': ['number', 'reason'], ",
                                       "'asks': ['place_of_work'], ", "'asks': ['target'], "};
    if (one_in(3))
        write("%s", PICK(asks));
}

static void write_move(const struct shape *shape, int number, int from, int to)
{
    write("{'name': 't%d', 'from': 's%d', %s", number, from, PICK(roles));
    write_asks();
    write_conditions();
    if (from >= shape->state_count - shape->final_count)
        write("'reopen': true, ");
    write("'to': 's%d'},\n", to);
}

static void write_change(const struct shape *shape, int number)
{
    const int deadline = shape->deadline_count > 0 ? below(shape->deadline_count) : -1;
    write("{'name': 't%d', %s", number, PICK(roles));
    write(one_in(2) ? "'from': '*', " : "'from': 's%d', ", open_state(shape));
    if (deadline >= 0 && one_in(2))
        write("'pauses': ['d%d'], ", deadline);
    write_asks();
    write("'waits_for_children': false},\n");
}

static void write_by_itself(const struct shape *shape, int number)
{
    static const char *const times[] = {"1 hour", "2 days", "1 working day", "3 calendar days"};
    const int from = open_state(shape);
    write("{'name': 't%d', 'from': 's%d', 'by': 'system', 'after': '%s', ", number, from,
          PICK(times));
    write_conditions();
    if (one_in(4))
        write("'waits_for_children': false},\n");
    else
        write("'to': 's%d'},\n", below(shape->state_count));
}

static void write_transitions(const struct shape *shape)
{
    int number = 0;
    write("'transitions': [\n");
    for (int to = 1; to < shape->state_count; to++) {
        const int open_count = shape->state_count - shape->final_count;
        write_move(shape, number++, below(to < open_count ? to : open_count), to);
    }
    for (int i = 3 + below(4); i > 0; i--)
        write_move(shape, number++, open_state(shape), below(shape->state_count));
    if (one_in(2))
        write_move(shape, number++, shape->state_count - 1, open_state(shape));
    for (int i = 1 + below(3); i > 0; i--)
        write_change(shape, number++);
    for (int i = below(3); i > 0; i--)
        write_by_itself(shape, number++);
    for (int i = 0; i < shape->deadline_count; i++) {
        write("{'name': 'extend%d', 'from': '*', 'asks': ['for'], 'extends': 'd%d'},\n", i, i);
        write("{'name': 'pause%d', 'from': '*', 'pauses': ['d%d']},\n", i, i);
        write("{'name': 'resume%d', 'from': '*', 'resumes': ['d%d']},\n", i, i);
    }
    write("{'name': 'note', 'from': '*'}],\n");
}

static void write_deadline(const struct shape *shape, int number)
{
    static const char *const caps[] = {"10 working days", "3 days", "5 working hours"};
    write("%s'd%d': {'from': ['s%d'", number > 0 ? ",\n" : "", number, open_state(shape));
    write("], 'until': 's%d', ", below(shape->state_count));
    if (one_in(5))
        write("'allow': {'at': 'ticket.target'}, ");
    else
        write("'allow': '%s', ", PICK(lengths));
    if (one_in(2))
        write("'restart': true, ");
    if (one_in(2))
        write("'pause_in': ['s%d'], ", open_state(shape));
    if (one_in(2))
        write("'extend_at_most': '%s', ", PICK(caps));
    if (one_in(2))
        write("'warn_at': ['%d%%', '1 hour before'], ", 10 + below(80));
    if (one_in(2))
        write("'on_breach': [{'do': 'a'}, {'do': 'b', 'after': '3 hours'},"
              " {'do': 'c', 'after': '2 working days', 'to': 'parent of place_of_work'}], ");
    write("'title': 'x'}");
}

/* The value of one lifecycle. What it is made from is the random state alone. */
static void write_lifecycle(bool has_personal)
{
    struct shape shape = {.has_personal = has_personal};
    shape.final_count = 1 + below(2);
    shape.state_count = shape.final_count + 2 + below(4);
    shape.deadline_count = below(4);
    draft_size = 0;
    write("{'kind': 'ticket', 'calendar': 'office', 'start': 's0',\n'fields': {"
          "'words': {'type': 'text', 'class': '%s', 'max': 9}, 'number': {'type': 'int'},"
          " 'place_of_work': {'type': 'unit'}, 'target': {'type': 'time'},"
          " 'history': {'type': 'list', 'class': '%s'}},\n'states': {",
          has_personal ? "personal" : "public", has_personal ? "sensitive" : "public");
    for (int i = 0; i < shape.state_count; i++)
        write("%s's%d': {'final': %s}", i > 0 ? ", " : "", i,
              i >= shape.state_count - shape.final_count ? "true" : "false");
    write("},\n");
    write_transitions(&shape);
    write("'deadlines': {");
    for (int i = 0; i < shape.deadline_count; i++)
        write_deadline(&shape, i);
    write("}}");
}

static const char *const calendar =
    "{'office': {'zone': 'Asia/Shanghai', 'hours': {'mon-fri': ['08:00-12:00', '14:00-17:30']},"
    " 'years': {'2026': {'off': ['2026-06-19', '2026-10-01'], 'work': ['2026-10-10']},"
    "           '2027': {'off': ['2027-01-01']}}}}";

/* ---- commands ---- */

#define ALWAYS .from = INT64_MIN, .to = INT64_MAX
static const struct cm_unit units[] = {{.id = CM_TEXT("hall"), ALWAYS},
                                       {.id = CM_TEXT("u1"), .parent = CM_TEXT("hall"), ALWAYS},
                                       {.id = CM_TEXT("u2"), .parent = CM_TEXT("hall"), ALWAYS}};
static const struct cm_grant grants[] = {
    {.person = CM_TEXT("hand"), .role = CM_TEXT("handler"), .unit = CM_TEXT("u1"), ALWAYS},
    {.person = CM_TEXT("op"), .role = CM_TEXT("operator"), .unit = CM_TEXT("hall"), ALWAYS}};
static const struct cm_directory directory = {
    .unit_count = 3, .units = units, .grant_count = 2, .grants = grants};
static const char *const actors[] = {"op", "res", "hand", "x"};

/* Most of what a transition asks for, and now and then something wrong. */
static void write_data(struct cm_value *data, struct cm_arena *arena,
                       const struct cm_transition *transition)
{
    static const char *const fors[] = {"1 working day", "3 working days",  "2 hours",
                                       "1 day",         "2 working hours", "never"};
    static const char *const targets[] = {"2026-03-01T09:00:00+08:00", "2026-09-01T09:00:00+08:00",
                                          "2026-07-01T09:00:00.5Z"};
    *data = cm_value_new_object(arena, transition->ask_count + 2);
    for (size_t i = 0; i < transition->ask_count; i++) {
        const struct community_text name = transition->asks[i].name;
        struct cm_value value = cm_value_string(one_in(8) ? "too long for it" : "words");
        if (one_in(12))
            continue;
        if (cm_text_is(name, "for"))
            value = cm_value_string(PICK(fors));
        else if (cm_text_is(name, "number"))
            value = cm_value_integer(below(100) - 50);
        else if (cm_text_is(name, "place_of_work"))
            value = cm_value_string(one_in(8) ? "u9" : one_in(2) ? "u1" : "u2");
        else if (cm_text_is(name, "target"))
            value = cm_value_string(PICK(targets));
        cm_value_put_text(data, name, value);
    }
    if (one_in(12))
        cm_value_put(data, "nonsense", cm_value_integer(1));
    if (one_in(6))
        cm_value_put(data, "note", cm_value_string("a remark"));
}

/* ---- records alone ---- */

struct history {
    struct table *table;
    struct cm_record shadow; /* made of outcomes that went through bytes */
    struct cm_journal_tools tools;
};

static struct community_text canonical(struct cm_arena *arena, const struct cm_value *value)
{
    struct cm_buffer buffer;
    cm_buffer_init(&buffer, cm_default_allocator());
    cm_json_write(&buffer, value);
    const struct community_text text = cm_arena_text(arena, cm_buffer_view(&buffer));
    cm_buffer_free(&buffer);
    return text;
}

static struct community_text record_bytes(struct cm_arena *arena, const struct cm_record *record)
{
    bool ok;
    if (record->version == 0)
        return CM_TEXT("");
    const struct cm_value value = cm_record_to_value(arena, record, &ok);
    return canonical(arena, &value);
}

static struct community_text outcome_bytes(struct cm_arena *arena,
                                           const struct cm_lifecycle *lifecycle,
                                           const struct cm_outcome *outcome)
{
    bool ok;
    const struct cm_value value = cm_outcome_to_value(arena, lifecycle, outcome, &ok);
    return canonical(arena, &value);
}

static bool tool_digest(void *userdata, uint8_t out[32], struct community_text bytes)
{
    return cm_digest_of(userdata, out, bytes);
}

static bool tool_random(void *userdata, uint8_t *bytes, size_t size)
{
    (void)userdata;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)next_random();
    return true;
}

static void decide(struct cm_decision *decision, struct history *history,
                   const struct cm_request *request, const struct cm_timer *timer)
{
    struct table *table = history->table;
    cm_decision_init(decision, &table->arena);
    if (timer != NULL)
        cm_decide_timer(decision, &table->record, timer, &directory);
    else if (cm_text_is(request->name, "open"))
        cm_decide_open(decision, &table->record, request, &directory);
    else
        cm_decide_move(decision, &table->record, request, &directory);
}

/* A second decision on the same record is the same decision. */
static bool is_repeatable(struct history *history, const struct cm_decision *first,
                          const struct cm_request *request, const struct cm_timer *timer)
{
    struct cm_decision second;
    struct cm_arena *arena = &history->table->arena;
    const struct cm_lifecycle *lifecycle = history->table->lifecycle;
    decide(&second, history, request, timer);
    if (first->accepted != second.accepted || first->reason_count != second.reason_count ||
        first->read_count != second.read_count || first->transition != second.transition)
        return false;
    for (size_t i = 0; i < first->reason_count; i++) {
        if (first->reasons[i].code != second.reasons[i].code)
            return false;
    }
    return !first->accepted || cm_text_equal(outcome_bytes(arena, lifecycle, &first->outcome),
                                             outcome_bytes(arena, lifecycle, &second.outcome));
}

/* What may not happen between two versions of a record. */
static bool step_is_sound(const struct cm_record *before, const struct cm_record *after,
                          const struct cm_decision *decision)
{
    const struct cm_lifecycle *lifecycle = after->lifecycle;
    const struct cm_transition *by = decision->transition;
    bool sound = expect(after->version == before->version + 1, "the version counts");
    if (before->version > 0 && cm_record_is_final(before) && !cm_record_is_final(after))
        sound &= expect(by != NULL && by->reopens, "only reopening leaves a final state");
    for (size_t i = 0; i < lifecycle->deadline_count; i++) {
        const struct cm_deadline *rule = &lifecycle->deadlines[i];
        const struct cm_deadline_state *old = &before->deadlines[i];
        const struct cm_deadline_state *new = &after->deadlines[i];
        const bool has_restarted = rule->restarts && new->started_at >= old->started_at;
        if (old->status != CM_DEADLINE_IDLE && !has_restarted)
            sound &= expect(new->due >= old->due, "due times never move backwards");
        if (rule->has_cap)
            sound &= expect(new->extended <= rule->extend_at_most.amount,
                            "extensions stay within their cap");
        if (new->status == CM_DEADLINE_MET || new->status == CM_DEADLINE_ENDED)
            sound &=
                expect(new->breached || new->ended_at <= new->due || old->status == new->status,
                       "what ends unmissed ends in time");
        sound &= expect(new->next_kind == CM_TIMER_NONE || new->status == CM_DEADLINE_RUNNING,
                        "only what runs has a timer");
    }
    return sound;
}

/* The outcome through values and bytes into the shadow. */
static bool shadow_evolves(struct history *history, struct cm_outcome *outcome)
{
    bool ok;
    struct table *table = history->table;
    struct cm_private_values values;
    struct cm_value read;
    struct cm_outcome *decoded = cm_arena_allocate(&table->arena, sizeof(*decoded));
    cm_private_values_init(&values, &table->arena);
    if (!cm_outcome_protect(outcome, table->lifecycle, &values, &history->tools))
        return false;
    const struct cm_value value =
        cm_outcome_to_value(&table->arena, table->lifecycle, outcome, &ok);
    struct cm_value list = {.type = CM_LIST,
                            .as.list = {.items = values.items, .count = values.count}};
    if (cm_json_read(&read, &table->arena, canonical(&table->arena, &value),
                     &cm_json_command_limits, NULL) != COMMUNITY_OK ||
        cm_outcome_from_value(decoded, &table->arena, table->lifecycle, &read, cm_reveal_from_list,
                              &list) != COMMUNITY_OK)
        return false;
    decoded->occurred_at = outcome->occurred_at;
    return cm_evolve(&history->shadow, &table->arena, decoded);
}

/* The record through value and bytes and back is the same record. */
static bool record_round_trips(struct history *history, bool replaces)
{
    struct table *table = history->table;
    struct cm_value read;
    struct cm_record again;
    const struct community_text bytes = record_bytes(&table->arena, &table->record);
    if (cm_json_read(&read, &table->arena, bytes, &cm_json_command_limits, NULL) != COMMUNITY_OK ||
        cm_record_from_value(&again, &table->arena, table->lifecycle, &read) != COMMUNITY_OK)
        return false;
    again.id = table->record.id;
    again.version = table->record.version;
    const bool same = cm_text_equal(record_bytes(&table->arena, &again), bytes);
    if (replaces)
        table->record = again;
    return same;
}

static struct cm_record copy_of(struct cm_arena *arena, const struct cm_record *record)
{
    struct cm_record copy = *record;
    const size_t count = record->lifecycle->deadline_count;
    copy.deadlines = cm_arena_array(arena, count, sizeof(*copy.deadlines));
    if (count > 0)
        memcpy(copy.deadlines, record->deadlines, count * sizeof(*copy.deadlines));
    return copy;
}

static void count_step(const struct cm_decision *decision, const struct cm_record *old,
                       bool is_timer)
{
    const struct cm_transition *by = decision->transition;
    happened.accepted += decision->accepted && !is_timer;
    happened.refused += !decision->accepted && !is_timer;
    happened.timers += decision->accepted && is_timer;
    happened.blocked += !decision->accepted && is_timer;
    happened.reopened += decision->accepted && old->version > 0 && cm_record_is_final(old) &&
                         by != NULL && by->reopens;
    happened.extended += decision->accepted && by != NULL && by->extends != CM_NONE;
}

/* One decision with everything that must hold around it. *accepted_out: whether it was accepted. */
static bool step(struct history *history, const struct cm_request *request,
                 const struct cm_timer *timer, bool *accepted_out)
{
    struct table *table = history->table;
    struct cm_arena *arena = &table->arena;
    struct cm_decision decision;
    const struct community_text before = record_bytes(arena, &table->record);
    const struct cm_record old = copy_of(arena, &table->record);
    decide(&decision, history, request, timer);
    *accepted_out = decision.accepted;
    bool sound = expect(is_repeatable(history, &decision, request, timer), "decide is repeatable");
    sound &= expect(cm_text_equal(before, record_bytes(arena, &table->record)),
                    "deciding changes nothing");
    sound &= expect(decision.accepted == (decision.reason_count == 0), "reasons or acceptance");
    count_step(&decision, &old, timer != NULL);
    if (!decision.accepted)
        return sound;
    if (timer != NULL)
        sound &= expect(decision.outcome.occurred_at >= timer->at, "timers fire at their time");
    sound &= expect(shadow_evolves(history, &decision.outcome), "an outcome can be read back");
    cm_evolve(&table->record, arena, &decision.outcome);
    sound &= step_is_sound(&old, &table->record, &decision);
    sound &= expect(
        cm_text_equal(record_bytes(arena, &table->record), record_bytes(arena, &history->shadow)),
        "outcomes alone make the record");
    return sound & expect(record_round_trips(history, one_in(4)), "a record can be read back");
}

static bool fire_due(struct history *history, community_time_ms until)
{
    struct cm_timer timer;
    struct cm_timer blocked;
    bool has_blocked = false;
    bool sound = true;
    for (int i = 0;
         sound && i < 200 &&
         cm_record_timer(&timer, &history->table->record, has_blocked ? &blocked : NULL) &&
         timer.at <= until;
         i++) {
        bool accepted;
        sound &= step(history, NULL, &timer, &accepted);
        has_blocked = !accepted;
        blocked = timer;
    }
    return sound;
}

/* Mostly one that leaves the state the record is in. */
static const struct cm_transition *likely_transition(const struct cm_record *record)
{
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    const struct cm_transition *transition = NULL;
    for (int i = 0; i < 6; i++) {
        transition = &lifecycle->transitions[below((int)lifecycle->transition_count)];
        if (cm_transition_leaves(lifecycle, transition, record->state))
            break;
    }
    return transition;
}

static bool live(struct history *history)
{
    struct table *table = history->table;
    community_time_ms now =
        clock_at("2026-05-01 00:00") + (int64_t)below(150) * CM_DAY_MS + (int64_t)below(86400000);
    struct cm_request request = {.name = CM_TEXT("open"), .actor = CM_TEXT("res")};
    bool accepted = false;
    bool sound = true;
    request.at = request.now = request.recorded_at = now;
    sound &= step(history, &request, NULL, &accepted);
    for (int i = 0; sound && accepted && i < STEP_COUNT_MAX; i++) {
        bool ignored;
        now += one_in(3) ? 0 : (int64_t)below(one_in(2) ? 7200000 : 300000000);
        sound &= fire_due(history, now);
        const struct cm_transition *transition = likely_transition(&table->record);
        struct cm_value data;
        write_data(&data, &table->arena, transition);
        request = (struct cm_request){.name = transition->name,
                                      .actor = cm_text(PICK(actors)),
                                      .at = now,
                                      .now = now,
                                      .recorded_at = now,
                                      .data = one_in(20) ? NULL : &data};
        sound &= step(history, &request, NULL, &ignored) && fire_due(history, now);
    }
    return sound;
}

static void check_records(struct cm_digest *digest)
{
    for (int i = 0; i < RULEBOOK_COUNT; i++) {
        struct table table;
        rulebook_seed = random_state;
        write_lifecycle(true);
        current_rulebook = draft;
        table_open(&table, calendar, draft);
        for (int j = 0; j < HISTORIES_EACH; j++) {
            struct history history = {.table = &table,
                                      .tools = {.digest = tool_digest,
                                                .random = tool_random,
                                                .userdata = digest,
                                                .allocator = cm_default_allocator()}};
            cm_arena_reset(&table.arena);
            table_clear(&table);
            history.shadow = table.record;
            struct cm_record *shadow = &history.shadow;
            if (!cm_record_make(shadow, &table.arena, table.lifecycle))
                abort();
            shadow->id = table.record.id;
            shadow->rulebook = table.record.rulebook;
            if (live(&history))
                passed_count++;
        }
        table_close(&table);
    }
}

/* ---- desks ---- */

static community_time_ms read_clock(void *userdata)
{
    return *(community_time_ms *)userdata;
}

static struct community_desk *open_desk(community_time_ms *clock,
                                        const struct community_rulebook *rulebook)
{
    const struct community_desk_configuration configuration = {
        .size = sizeof(configuration), .now = read_clock, .now_userdata = clock};
    struct community_desk *desk;
    if (community_desk_open(&desk, CM_TEXT("memory:"), &configuration, NULL) != COMMUNITY_OK ||
        community_desk_install(desk, rulebook, CM_TEXT("root"), NULL) != COMMUNITY_OK)
        abort();
    return desk;
}

/* The answer: "accepted", or the first reason. */
static const char *submit_json(struct community_desk *desk, const char *json)
{
    static char code[64];
    struct community_error err = {0};
    struct community_command *command;
    struct community_receipt *receipt;
    if (community_command_from_json(&command, cm_text(json), NULL, &err) != COMMUNITY_OK ||
        community_desk_submit(&receipt, desk, command, &err) != COMMUNITY_OK) {
        printf("%s: %s\n", json, err.message);
        abort();
    }
    snprintf(code, sizeof(code), "%s",
             community_receipt_is_accepted(receipt)
                 ? "accepted"
                 : community_receipt_reason_code(receipt, 0).data);
    community_receipt_free(receipt);
    community_command_free(command);
    return code;
}

static void fill_directory(struct community_desk *desk)
{
    static const char *const commands[] = {
        "{\"command\":\"put-unit\",\"actor\":\"a\",\"data\":{\"id\":\"hall\",\"kind\":\"k\"}}",
        "{\"command\":\"put-unit\",\"actor\":\"a\",\"data\":{\"id\":\"u1\",\"kind\":\"k\","
        "\"parent\":\"hall\"}}",
        "{\"command\":\"put-unit\",\"actor\":\"a\",\"data\":{\"id\":\"u2\",\"kind\":\"k\","
        "\"parent\":\"hall\"}}",
        "{\"command\":\"grant\",\"actor\":\"a\",\"data\":{\"person\":\"op\","
        "\"role\":\"operator\",\"unit\":\"hall\"}}",
        "{\"command\":\"grant\",\"actor\":\"a\",\"data\":{\"person\":\"hand\","
        "\"role\":\"handler\",\"unit\":\"u1\"}}",
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        submit_json(desk, commands[i]);
}

static void tick(struct community_desk *desk)
{
    if (community_desk_tick(desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, NULL) != COMMUNITY_OK)
        abort();
}

/* A record as it is shown, without the id that its desk gave it. */
static struct community_text shown(struct cm_arena *arena, struct community_desk *desk, int number)
{
    char name[16];
    struct community_document *document;
    struct cm_value value;
    snprintf(name, sizeof(name), "@r%d", number);
    if (community_desk_get(&document, desk, cm_text(name), CM_TEXT("op"), 0, NULL) != COMMUNITY_OK)
        return CM_TEXT("none");
    if (cm_json_read(&value, arena, community_document_json(document), &cm_json_command_limits,
                     NULL) != COMMUNITY_OK)
        abort();
    community_document_free(document);
    struct cm_value *id = (struct cm_value *)cm_value_member(&value, "record");
    *id = (struct cm_value){.type = CM_NULL};
    return canonical(arena, &value);
}

static int64_t whole_entries(struct community_desk *desk)
{
    struct community_verification found = {.size = sizeof(found)};
    if (community_desk_verify(&found, desk, NULL, NULL, NULL) != COMMUNITY_OK || !found.is_whole)
        return -1;
    return found.entry_count;
}

static bool send_random_command(struct community_desk *const desks[2], struct cm_arena *arena,
                                const struct cm_lifecycle *lifecycle)
{
    char text[1024];
    struct cm_value data;
    const struct cm_transition *transition =
        &lifecycle->transitions[below((int)lifecycle->transition_count)];
    write_data(&data, arena, transition);
    snprintf(
        text, sizeof(text), "{\"command\":\"%s\",\"actor\":\"%s\",\"record\":\"@r%d\",\"data\":%s}",
        transition->name.data, PICK(actors), below(RECORD_COUNT), canonical(arena, &data).data);
    char first[64];
    snprintf(first, sizeof(first), "%s", submit_json(desks[0], text));
    happened.desk_accepted += strcmp(first, "accepted") == 0;
    return expect(strcmp(first, submit_json(desks[1], text)) == 0,
                  "the answer does not depend on ticks");
}

static bool compare_desks(struct community_desk *const desks[2], struct cm_arena *arena)
{
    bool same = true;
    tick(desks[0]);
    tick(desks[1]);
    for (int i = 0; i < RECORD_COUNT; i++)
        same &= expect(cm_text_equal(shown(arena, desks[0], i), shown(arena, desks[1], i)),
                       "the record does not depend on ticks");
    const int64_t count = whole_entries(desks[0]);
    return same & expect(count > 0 && whole_entries(desks[1]) == count,
                         "both journals are whole and equally long");
}

/* desks[0] ticks every hour, desks[1] when everything is over. */
static bool live_twice(struct community_desk *const desks[2], community_time_ms *clock,
                       struct cm_arena *arena, const struct cm_lifecycle *lifecycle)
{
    bool sound = true;
    for (int i = 0; i < RECORD_COUNT; i++) {
        char text[256];
        snprintf(text, sizeof(text),
                 "{\"command\":\"open\",\"actor\":\"res\",\"external_id\":\"r%d\"}", i);
        submit_json(desks[0], text);
        submit_json(desks[1], text);
    }
    for (int hour = 0; sound && hour < DESK_DAY_COUNT * 24; hour++) {
        *clock += CM_HOUR_MS - below(2);
        tick(desks[0]);
        if (one_in(8))
            sound = send_random_command(desks, arena, lifecycle);
    }
    return sound && compare_desks(desks, arena);
}

static void check_desks(void)
{
    for (int i = 0; i < DESK_PAIR_COUNT; i++) {
        struct table table;
        rulebook_seed = random_state;
        write_lifecycle(false);
        current_rulebook = draft;
        table_open(&table, calendar, draft);
        community_time_ms clock =
            clock_at("2026-05-01 00:00") + (int64_t)below(150) * CM_DAY_MS + below(86400000);
        struct community_desk *const desks[2] = {open_desk(&clock, table.rulebook),
                                                 open_desk(&clock, table.rulebook)};
        fill_directory(desks[0]);
        fill_directory(desks[1]);
        if (live_twice(desks, &clock, &table.arena, table.lifecycle))
            passed_count++;
        community_desk_close(desks[0]);
        community_desk_close(desks[1]);
        table_close(&table);
    }
}

int main(int argc, char **argv)
{
    const char *seed = argc > 1 ? argv[1] : getenv("COMMUNITY_SEED");
    random_state = seed != NULL ? strtoull(seed, NULL, 10) : 20260601;
    printf("seed %" PRIu64 "\n", random_state);
    struct cm_digest *digest = cm_digest_new(cm_default_allocator());
    if (digest == NULL)
        return 1;
    check_records(digest);
    check_desks();
    cm_digest_free(digest);
    printf("%d commands accepted and %d refused, %d timers fired and %d held back, %d reopenings, "
           "%d extensions; %d commands accepted by desks\n",
           happened.accepted, happened.refused, happened.timers, happened.blocked,
           happened.reopened, happened.extended, happened.desk_accepted);
    printf("%d passed, %d failed, 0 skipped\n", passed_count, failed_count);
    return failed_count == 0 ? 0 : 1;
}
