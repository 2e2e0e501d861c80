/* SPDX-License-Identifier: Apache-2.0
 *
 * A record and its lifecycle on the table. */
#include "lifecycle_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "default_allocator.h"
#include "json.h"
#include "text.h"

enum { TEXT_SIZE_MAX = 64 * 1024, OFFSET_MINUTES = 8 * 60 };

const char *const office_calendar =
    "{'office': {'zone': 'Asia/Shanghai', 'hours': {'mon-fri': ['08:00-12:00', '14:00-17:30']},"
    " 'years': {'2026': {'off': ['2026-01-01', '2026-06-19'], 'work': ['2026-01-04']}}}}";

static void give_up(const char *what, const char *text)
{
    fprintf(stderr, "%s: %s\n", what, text);
    abort();
}

/* With quotation marks. */
static struct community_text quoted(struct cm_arena *arena, const char *text)
{
    const struct community_text copy = cm_arena_text(arena, cm_text(text));
    if (copy.data == NULL)
        give_up("no memory", text);
    char *bytes = cm_arena_allocate(arena, copy.size + 1);
    for (size_t i = 0; i <= copy.size; i++)
        bytes[i] = copy.data[i] == '\'' ? '"' : copy.data[i];
    return (struct community_text){bytes, copy.size};
}

struct cm_value parse_json(struct cm_arena *arena, const char *json)
{
    struct cm_value value;
    if (cm_json_read(&value, arena, quoted(arena, json), &cm_json_command_limits, NULL) !=
        COMMUNITY_OK)
        give_up("not JSON", json);
    return value;
}

void table_open(struct table *table, const char *calendars, const char *lifecycle)
{
    char text[TEXT_SIZE_MAX];
    struct community_error err = {0};
    memset(table, 0, sizeof(*table));
    cm_arena_init(&table->arena, cm_default_allocator(), 4096);
    snprintf(text, sizeof(text),
             "{'rulebook': 't', 'version': '1', %s%s%s 'lifecycles': {'r': %s}}",
             calendars != NULL ? "'calendars': " : "", calendars != NULL ? calendars : "",
             calendars != NULL ? "," : "", lifecycle);
    if (community_rulebook_load(&table->rulebook, quoted(&table->arena, text), CM_TEXT("test"),
                                NULL, &err) != COMMUNITY_OK)
        give_up(err.message, text);
    table->lifecycle = &table->rulebook->lifecycles[0];
    table_clear(table);
}

void table_clear(struct table *table)
{
    if (!cm_record_make(&table->record, &table->arena, table->lifecycle))
        give_up("no memory", "record");
    table->record.id.bytes[0] = 1;
    table->record.rulebook = cm_text(table->rulebook->hash);
}

void table_close(struct table *table)
{
    cm_arena_free(&table->arena);
    community_rulebook_free(table->rulebook);
}

community_time_ms clock_at(const char *text)
{
    char full[64];
    community_time_ms time;
    snprintf(full, sizeof(full), "%.10sT%s%s+08:00", text, text + 11,
             strlen(text) == 16 ? ":00" : "");
    if (!cm_time_parse(cm_text(full), &time, NULL))
        give_up("not a time", text);
    return time;
}

const char *clock_text(community_time_ms time)
{
    static char texts[4][CM_TIME_TEXT_SIZE + 8];
    static size_t next;
    char *out = texts[next++ % 4];
    char rfc[CM_TIME_TEXT_SIZE];
    cm_time_format(rfc, time, OFFSET_MINUTES);
    snprintf(out, sizeof(texts[0]), "%.10s %.8s.%03d", rfc, rfc + 11,
             (int)((time % 1000 + 1000) % 1000));
    return out;
}

const char *reasons(const struct table *table)
{
    static char words[1024];
    size_t size = 0;
    if (table->decision.accepted)
        return "ok";
    words[0] = '\0';
    for (size_t i = 0; i < table->decision.reason_count; i++)
        size += (size_t)snprintf(words + size, sizeof(words) - size, "%s%s", i > 0 ? " " : "",
                                 cm_code_word(table->decision.reasons[i].code));
    return words;
}

static void evolve(struct table *table)
{
    if (!cm_evolve(&table->record, &table->arena, &table->decision.outcome))
        give_up("no memory", "evolve");
}

const char *give_late(struct table *table, const char *command, const char *actor, const char *at,
                      const char *now, const char *recorded_at, const char *data)
{
    struct cm_value value = {.type = CM_NULL};
    if (data != NULL)
        value = parse_json(&table->arena, data);
    const community_time_ms desk_now = clock_at(now != NULL ? now : at);
    const struct cm_request request = {
        .name = cm_arena_text(&table->arena, cm_text(command)),
        .actor = cm_arena_text(&table->arena, cm_text(actor)),
        .at = clock_at(at),
        .now = desk_now,
        .recorded_at = recorded_at != NULL ? clock_at(recorded_at) : desk_now,
        .data = data != NULL ? &value : NULL,
        .into = table->into,
    };
    cm_decision_init(&table->decision, &table->arena);
    if (strcmp(command, "open") == 0)
        cm_decide_open(&table->decision, &table->record, &request, &table->directory);
    else
        cm_decide_move(&table->decision, &table->record, &request, &table->directory);
    if (table->decision.accepted)
        evolve(table);
    return reasons(table);
}

const char *give(struct table *table, const char *command, const char *actor, const char *at,
                 const char *data)
{
    return give_late(table, command, actor, at, NULL, NULL, data);
}

static bool fire_one(struct table *table, community_time_ms until, char *out, size_t size)
{
    static const char *const kinds[] = {"none", "warning", "breach", "step", "after"};
    struct cm_timer timer;
    struct cm_timer blocked;
    bool has_blocked = false;
    while (cm_record_timer(&timer, &table->record, has_blocked ? &blocked : NULL) &&
           timer.at <= until) {
        cm_decision_init(&table->decision, &table->arena);
        cm_decide_timer(&table->decision, &table->record, &timer, &table->directory);
        if (table->decision.accepted) {
            evolve(table);
            snprintf(out, size, "%.*s %s", (int)timer.name.size, timer.name.data,
                     kinds[timer.kind]);
            return true;
        }
        blocked = timer;
        has_blocked = true;
    }
    return false;
}

const char *fire(struct table *table, const char *until)
{
    static char fired[2048];
    size_t size = 0;
    fired[0] = '\0';
    const community_time_ms time = clock_at(until);
    char one[128];
    for (int i = 0; i < 20 && fire_one(table, time, one, sizeof(one)); i++)
        size +=
            (size_t)snprintf(fired + size, sizeof(fired) - size, "%s%s", size > 0 ? "," : "", one);
    return fired;
}

const char *state_of(const struct table *table)
{
    return table->lifecycle->states[table->record.state].name.data;
}

const struct cm_deadline_state *deadline_of(const struct table *table, const char *name)
{
    const int32_t index = cm_lifecycle_deadline(table->lifecycle, cm_text(name));
    if (index == CM_NONE)
        give_up("no deadline", name);
    return &table->record.deadlines[index];
}

const struct cm_value *field_of(const struct table *table, const char *name)
{
    const int32_t index = cm_lifecycle_field(table->lifecycle, cm_text(name));
    if (index == CM_NONE)
        give_up("no field", name);
    return &table->record.fields[index];
}
