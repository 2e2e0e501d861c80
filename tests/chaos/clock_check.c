/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock jumps, on both stores: an hour or a day back, a year ahead, to 1900, to 2038, over
 * both changes of summer time, or it stands still. The order of the journal is that of writing,
 * the desk's now never runs backwards, no deadline moves without an entry, and a month of work
 * ends in the same records whether tick ran every hour, at odd times or never. */
#define _GNU_SOURCE
#include "chaos_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const store_names[] = {"memory", "sqlite"};

static struct community_rulebook *rulebook;

static struct community_desk *new_desk(struct chaos_world *world, bool is_sqlite,
                                       community_time_ms now)
{
    char path[CHAOS_PATH_SIZE];
    struct community_error err = {0};
    struct community_desk *desk;
    *world = (struct chaos_world){.now = now, .random = {11}};
    struct community_desk_configuration made = chaos_configuration(world, COMMUNITY_DESK_CREATE);
    chaos_path(path, "clock.db");
    chaos_remove_database(path);
    if (community_desk_open(&desk, chaos_text(is_sqlite ? path : "memory:"), &made, &err) !=
            COMMUNITY_OK ||
        community_desk_install(desk, rulebook, chaos_text("admin"), &err) != COMMUNITY_OK)
        chaos_stop("a new desk", &err);
    chaos_put_directory(desk);
    return desk;
}

static void move(struct community_desk *desk, const char *id, const char *name, const char *actor,
                 const char *data)
{
    char json[400];
    snprintf(json, sizeof(json),
             "{\"command\":\"%s\",\"record\":\"@%s\",\"actor\":\"%s\",\"data\":{%s}}", name, id,
             actor, data);
    chaos_accepted(desk, json);
}

static void open_request(struct community_desk *desk, const char *id)
{
    char json[400];
    snprintf(json, sizeof(json),
             "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"%s\","
             "\"actor\":\"resident\",\"data\":{\"subject\":\"s\",\"caller\":\"c\"}}",
             id);
    chaos_accepted(desk, json);
}

static void open_patrol(struct community_desk *desk, const char *id)
{
    char json[400];
    snprintf(json, sizeof(json),
             "{\"command\":\"open\",\"lifecycle\":\"patrol\",\"external_id\":\"%s\","
             "\"actor\":\"op\",\"data\":{\"subject\":\"s\"}}",
             id);
    chaos_accepted(desk, json);
}

static char *get(struct community_desk *desk, const char *id)
{
    char words[64];
    struct community_error err = {0};
    struct community_document *document;
    snprintf(words, sizeof(words), "@%s", id);
    if (!CHECK_SAYING(community_desk_get(&document, desk, chaos_text(words), chaos_text("chief"), 0,
                                         &err) == COMMUNITY_OK,
                      "%s: %s", id, err.message))
        return strdup("");
    const struct community_text json = community_document_json(document);
    char *copy = strndup(json.data, json.size);
    community_document_free(document);
    return copy;
}

/* ---- now never runs backwards ---- */

struct order {
    community_time_ms recorded_at;
    int64_t position;
    int count;
    bool is_broken;
};

static int follow(void *userdata, struct community_text json)
{
    struct order *order = userdata;
    char text[64] = "";
    const char *time = memmem(json.data, json.size, "\"recorded_at\":\"", 15);
    const char *position = memmem(json.data, json.size, "\"position\":", 11);
    if (time == NULL || position == NULL || sscanf(time + 15, "%40[^\"]", text) != 1) {
        order->is_broken = true;
        return 0;
    }
    const community_time_ms recorded_at = chaos_time(text);
    const int64_t number = atoll(position + 11);
    order->is_broken |= recorded_at < order->recorded_at || number <= order->position;
    order->recorded_at = recorded_at;
    order->position = number;
    order->count++;
    return 0;
}

/* From Monday 10:00 in Shanghai to `target`. */
static void check_jump(bool is_sqlite, const char *name, community_time_ms target)
{
    /* Beyond 2027 nobody knows the days off. */
    const bool is_known = target < chaos_time("2027-12-01T00:00:00Z");
    struct chaos_world world;
    struct community_error err = {0};
    struct community_desk *desk = new_desk(&world, is_sqlite, CHAOS_START);
    world.now += 2 * CHAOS_HOUR;
    open_request(desk, "J-1");
    move(desk, "J-1", "dispatch", "op", "\"lead_unit\":\"water\"");
    move(desk, "J-1", "sign", "w", "");
    const community_time_ms before = community_desk_now(desk);
    char *record_before = get(desk, "J-1");

    world.now = target;
    const community_time_ms after = community_desk_now(desk);
    CHECK_SAYING(after >= before, "%s: now went from %lld to %lld", name, (long long)before,
                 (long long)after);
    char *record_after = get(desk, "J-1");
    CHECK_SAYING(strcmp(record_before, record_after) == 0, "%s: the record moved by itself\n%s\n%s",
                 name, record_before, record_after);
    free(record_before);
    free(record_after);

    /* Work goes on, in the order of writing. */
    move(desk, "J-1", "note", "op", "\"text\":\"after the jump\"");
    open_request(desk, "J-2");
    if (is_known)
        move(desk, "J-2", "dispatch", "op", "\"lead_unit\":\"light\"");
    CHECK_SAYING(community_desk_tick(desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, &err) ==
                     COMMUNITY_OK,
                 "%s: tick: %s %s", name, err.code, err.message);
    err = (struct community_error){0};
    world.now = CHAOS_START + 3 * CHAOS_HOUR;
    CHECK(community_desk_now(desk) >= after);
    move(desk, "J-1", "note", "op", "\"text\":\"the clock is right again\"");
    struct order order = {0};
    CHECK(community_desk_history(desk, chaos_text("@J-1"), chaos_text("chief"), follow, &order,
                                 &err) == COMMUNITY_OK);
    CHECK_SAYING(!order.is_broken && order.count >= 4, "%s: %d entries are out of order", name,
                 order.count);
    CHECK_SAYING(chaos_is_whole(desk), "%s", name);
    community_desk_close(desk);
}

static const struct {
    const char *name;
    const char *target;
} jumps[] = {
    {"an hour back", "2026-06-01T01:00:00Z"}, {"a day back", "2026-05-31T02:00:00Z"},
    {"nowhere", "2026-06-01T02:00:00Z"},      {"a year ahead", "2027-06-01T02:00:00Z"},
    {"to 1900", "1900-01-01T00:00:00Z"},      {"to 1948", "1948-05-01T00:00:00Z"},
    {"to 1970", "1970-01-01T00:00:00Z"},      {"to 2038", "2038-01-19T03:14:08Z"},
};

/* A desk that was made under a wrong clock, and the clock then put right. */
static void check_beginning(bool is_sqlite, const char *beginning)
{
    struct chaos_world world;
    struct community_error err = {0};
    struct community_desk *desk = new_desk(&world, is_sqlite, chaos_time(beginning));
    open_request(desk, "B-1");
    /* No desk is older than 1970. */
    CHECK(community_desk_now(desk) == (chaos_time(beginning) > 0 ? chaos_time(beginning) : 0));
    CHECK_SAYING(chaos_is_whole(desk), "%s", beginning);
    world.now = CHAOS_START;
    CHECK_SAYING(community_desk_tick(desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, &err) ==
                     COMMUNITY_OK,
                 "%s: tick: %s %s", beginning, err.code, err.message);
    open_request(desk, "B-2");
    move(desk, "B-2", "note", "op", "\"text\":\"the clock is right\"");
    struct order order = {.recorded_at = INT64_MIN};
    CHECK(community_desk_history(desk, chaos_text("@B-2"), chaos_text("chief"), follow, &order,
                                 &err) == COMMUNITY_OK);
    CHECK_SAYING(!order.is_broken && order.count == 2, "%s: %d entries", beginning, order.count);
    CHECK_SAYING(chaos_is_whole(desk), "%s", beginning);
    community_desk_close(desk);
}

/* Times that are equal keep the order of writing. */
static void check_standstill(bool is_sqlite)
{
    struct chaos_world world;
    struct community_error err = {0};
    struct community_desk *desk = new_desk(&world, is_sqlite, CHAOS_START);
    char id[32];
    open_request(desk, "E");
    for (int i = 0; i < 50; i++) {
        snprintf(id, sizeof(id), "E-%d", i);
        open_request(desk, id);
        move(desk, "E", "note", "op", "\"text\":\"again\"");
    }
    struct order order = {0};
    CHECK(community_desk_history(desk, chaos_text("@E"), chaos_text("chief"), follow, &order,
                                 &err) == COMMUNITY_OK);
    CHECK(!order.is_broken && order.count == 51);
    CHECK(chaos_is_whole(desk));
    community_desk_close(desk);
}

/* ---- both changes of summer time in New York ---- */

struct due_case {
    const char *start;
    const char *walk; /* five hours by the clock on the wall, all of them working hours */
};

static void check_summer_time(bool is_sqlite)
{
    static const struct due_case cases[] = {
        /* 02:00 to 03:00 does not exist on 8 March 2026 */
        {"2026-03-08T00:30:00-05:00", "2026-03-08T06:30:00-04:00"},
        /* 01:00 to 02:00 comes twice on 1 November 2026 */
        {"2026-11-01T00:30:00-04:00", "2026-11-01T04:30:00-05:00"},
        {"2026-06-01T00:30:00-04:00", "2026-06-01T05:30:00-04:00"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chaos_world world;
        struct community_desk *desk = new_desk(&world, is_sqlite, chaos_time(cases[i].start));
        open_patrol(desk, "N-1");
        move(desk, "N-1", "leave", "op", "");
        char *record = get(desk, "N-1");
        char due[100];
        snprintf(due, sizeof(due), "\"due\":\"%s\"", cases[i].walk);
        CHECK_SAYING(strstr(record, due) != NULL, "%s: no %s in %s", cases[i].start, due, record);
        free(record);
        /* Not a millisecond early, and not late. */
        world.now = chaos_time(cases[i].walk);
        CHECK(community_desk_tick(desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, NULL) ==
              COMMUNITY_OK);
        record = get(desk, "N-1");
        CHECK_SAYING(strstr(record, "\"breached\":true") == NULL, "%s: early", cases[i].start);
        free(record);
        world.now++;
        CHECK(community_desk_tick(desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, NULL) ==
              COMMUNITY_OK);
        record = get(desk, "N-1");
        CHECK_SAYING(strstr(record, "\"breached\":true") != NULL, "%s: not breached",
                     cases[i].start);
        free(record);
        CHECK(chaos_is_whole(desk));
        community_desk_close(desk);
    }
}

/* ---- a month, ticked or not ---- */

enum ticking { NEVER, HOURLY, AT_RANDOM, TICKING_COUNT };
static const char *const ticking_names[] = {"never", "every hour", "at odd times"};

struct month {
    struct community_desk *desk;
    struct chaos_world world;
    enum ticking ticking;
    struct chaos_random random;
};

/* Time goes on, with the ticks that fall into it. */
static void wait_until(struct month *month, community_time_ms until)
{
    struct community_error err = {0};
    while (month->ticking != NEVER && month->world.now < until) {
        community_time_ms step =
            month->ticking == HOURLY
                ? CHAOS_HOUR
                : 1 + (community_time_ms)chaos_below(&month->random, 3 * CHAOS_DAY);
        if (month->world.now + step >= until)
            break;
        month->world.now += step;
        CHECK_SAYING(community_desk_tick(month->desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, &err) ==
                         COMMUNITY_OK,
                     "tick: %s", err.message);
    }
    month->world.now = until;
}

struct step {
    int hour; /* since the beginning */
    const char *id;
    const char *name;
    const char *actor;
    const char *data;
};

static const struct step steps[] = {
    {0, "M-1", "open", NULL, NULL},
    {0, "M-2", "open", NULL, NULL},
    {1, "M-3", "open", NULL, NULL},
    {1, "M-4", "open", NULL, NULL},
    {2, "M-5", "open", NULL, NULL},
    {2, "M-1", "dispatch", "op", "\"lead_unit\":\"water\""},
    {3, "M-2", "dispatch", "op", "\"lead_unit\":\"light\""},
    {5, "M-1", "sign", "w", ""},
    {6, "M-4", "merge", "op", "\"into\":\"@M-1\""},
    {27, "M-3", "dispatch", "op", "\"lead_unit\":\"water\""}, /* accept was breached meanwhile */
    {30, "M-1", "suspend", "op", "\"review_at\":\"2026-06-05T10:00:00+08:00\",\"reason\":\"rain\""},
    {50, "P-1", "patrol", NULL, NULL},
    {51, "P-1", "leave", "op", ""},
    {75, "M-3", "return", "w", "\"reason\":\"not ours\""},
    {99, "M-3", "dispatch", "op", "\"lead_unit\":\"light\""},
    {150, "M-1", "resume", "op", ""},
    {170, "M-2", "sign", "l", ""}, /* two warnings later */
    {172, "M-2", "extend", "op", "\"for\":\"2 working days\",\"reason\":\"parts\""},
    {215, "M-2", "handle", "l", "\"reply\":\"done\""}, /* then nobody closes it: lapse, archive */
    {240, "M-4", "unmerge", "op", "\"reason\":\"two lamps\""},
    {300, "M-1", "hear", "op", ""},
    {400, "M-1", "heard", "op", ""},
    {500, "M-3", "note", "op", "\"text\":\"still there\""},
    {640, "M-1", "handle", "w", "\"reply\":\"late\""},
    {700, "M-1", "close", "op", ""},
};

static void play(struct month *month)
{
    struct community_error err = {0};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        wait_until(month, CHAOS_START + steps[i].hour * CHAOS_HOUR);
        if (strcmp(steps[i].name, "open") == 0)
            open_request(month->desk, steps[i].id);
        else if (strcmp(steps[i].name, "patrol") == 0)
            open_patrol(month->desk, steps[i].id);
        else
            move(month->desk, steps[i].id, steps[i].name, steps[i].actor, steps[i].data);
    }
    wait_until(month, CHAOS_START + 60 * CHAOS_DAY);
    CHECK(community_desk_tick(month->desk, COMMUNITY_TIME_NOW, NULL, NULL, NULL, &err) ==
          COMMUNITY_OK);
}

/* Ids, hashes, positions and the time of recording differ between runs; nothing else may. */
static void blank_member(char *json, const char *member)
{
    for (char *place = strstr(json, member); place != NULL; place = strstr(place + 1, member)) {
        char *value = place + strlen(member);
        const size_t size = strcspn(value, ",}]");
        memmove(value, value + size, strlen(value + size) + 1);
    }
}

static int add_entry(void *userdata, struct community_text json)
{
    char *copy = strndup(json.data, json.size);
    static const char *const members[] = {
        "\"entry\":",  "\"position\":",    "\"recorded_at\":", "\"previous\":",
        "\"record\":", "\"merged_into\":", "\"into\":",        "\"parent\":",
        "\"cause\":",  "\"commitment\":"};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        blank_member(copy, members[i]);
    chaos_add_string(userdata, copy);
    chaos_add_string(userdata, "\n");
    free(copy);
    return 0;
}

static char *month_result(bool is_sqlite, enum ticking ticking)
{
    static const char *const ids[] = {"M-1", "M-2", "M-3", "M-4", "M-5", "P-1"};
    struct community_error err = {0};
    struct chaos_buffer result = {0};
    struct month month = {.ticking = ticking, .random = {99}};
    month.desk = new_desk(&month.world, is_sqlite, CHAOS_START);
    play(&month);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char words[16];
        snprintf(words, sizeof(words), "@%s", ids[i]);
        char *record = get(month.desk, ids[i]);
        (void)add_entry(&result, chaos_text(record));
        free(record);
        CHECK(community_desk_history(month.desk, chaos_text(words), chaos_text("chief"), add_entry,
                                     &result, &err) == COMMUNITY_OK);
    }
    CHECK(chaos_is_whole(month.desk));
    community_desk_close(month.desk);
    return result.data;
}

/* The first line that differs. */
static void say_difference(const char *name, const char *wanted, const char *found)
{
    while (*wanted != '\0' && *found != '\0') {
        const size_t wanted_size = strcspn(wanted, "\n");
        const size_t found_size = strcspn(found, "\n");
        if (wanted_size != found_size || strncmp(wanted, found, wanted_size) != 0)
            break;
        wanted += wanted_size + (wanted[wanted_size] == '\n');
        found += found_size + (found[found_size] == '\n');
    }
    CHECK_SAYING(false, "%s\n--- wanted\n%.*s\n--- found\n%.*s", name, (int)strcspn(wanted, "\n"),
                 wanted, (int)strcspn(found, "\n"), found);
}

static void check_month(void)
{
    char *first = month_result(false, NEVER);
    for (int is_sqlite = 0; is_sqlite < 2; is_sqlite++) {
        for (int ticking = 0; ticking < TICKING_COUNT; ticking++) {
            char name[100];
            char *result = month_result(is_sqlite != 0, (enum ticking)ticking);
            snprintf(name, sizeof(name), "%s, ticked %s", store_names[is_sqlite],
                     ticking_names[ticking]);
            if (strcmp(first, result) == 0)
                CHECK(strlen(result) > 10000);
            else
                say_difference(name, first, result);
            free(result);
        }
    }
    free(first);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    rulebook = chaos_rulebook(NULL);
    for (int is_sqlite = 0; is_sqlite < 2; is_sqlite++) {
        for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++)
            check_jump(is_sqlite != 0, jumps[i].name, chaos_time(jumps[i].target));
        check_beginning(is_sqlite != 0, "1900-01-01T00:00:00Z");
        check_beginning(is_sqlite != 0, "1948-05-01T00:00:00Z");
        check_beginning(is_sqlite != 0, "1970-01-01T00:00:00Z");
        check_beginning(is_sqlite != 0, "2038-01-19T03:14:07Z");
        check_standstill(is_sqlite != 0);
        check_summer_time(is_sqlite != 0);
    }
    check_month();
    community_rulebook_free(rulebook);
    return chaos_finish();
}
