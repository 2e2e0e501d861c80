/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold for every start, calendar and option: random starts against a reference that walks
 * from day to day, and the laws of the calculus. COMMUNITY_SEED and COMMUNITY_STARTS set the seed
 * and how many starts. The official lists give their working days per year where they are there. */
#include "calendar_fixture.h"
#include "calendar_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZONES = 4, HOURS = 2, OPTIONS = 24, CALENDARS = ZONES * HOURS * OPTIONS, FAULTS_MAX = 20 };

static const char *const zone_names[ZONES] = {
    "Asia/Shanghai",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
};

/* Office hours, and hours of the night that meet the changes of the clock. */
static const struct cm_span office_spans[] = {{510, 720}, {780, 1020}};
static const struct cm_span night_spans[] = {{0, 45}, {90, 135}, {140, 170}, {1380, 1440}};
static const struct cm_span night_make_up[] = {{100, 160}, {600, 1410}};

struct subject {
    struct cm_calendar_definition definition;
    struct cm_calendar *calendar;
    bool is_office;
};

static struct subject subjects[CALENDARS];
static size_t subject_count;
static struct day_lists lists;
static struct cm_arena arena;

static uint64_t random_state;
static unsigned passed;
static unsigned failed;
static unsigned skipped;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * UINT64_C(2685821657736338717);
}

static int64_t random_below(int64_t bound)
{
    return (int64_t)((next_random() >> 11) % (uint64_t)bound);
}

/* A law, how often it was tried and how often it did not hold. */
struct law {
    const char *name;
    uint64_t tried;
    uint64_t broken;
};

enum {
    LAW_WALK,
    LAW_LATER,
    LAW_IN_WORKING_TIME,
    LAW_ADDS_UP,
    LAW_TIME_ADDS_UP,
    LAW_THAW,
    LAW_BEFORE,
    LAW_EXPLAIN,
    LAW_COUNT_BETWEEN,
    LAWS
};

static struct law laws[LAWS] = {
    {"a walk from day to day finds the same due time or the same unknown year", 0, 0},
    {"the due time is later than the start", 0, 0},
    {"the due time ends working time", 0, 0},
    {"a + b working days are a, then b", 0, 0},
    {"a + b working time are a, then b", 0, 0},
    {"freezing and thawing at once changes nothing", 0, 0},
    {"counting back gives the latest start", 0, 0},
    {"the explanation counts what was asked", 0, 0},
    {"working days between start and due time are those asked", 0, 0},
};

struct trial {
    const struct subject *subject;
    community_time_ms start;
    struct cm_duration duration;
};

static void judge(int law, bool holds, const struct trial *trial, community_time_ms found,
                  community_time_ms expected)
{
    laws[law].tried++;
    if (holds)
        return;
    if (++laws[law].broken > FAULTS_MAX)
        return;
    const struct cm_calendar_definition *definition = &trial->subject->definition;
    char words[CM_DURATION_TEXT_SIZE];
    char texts[3][CM_TIME_TEXT_SIZE];
    const community_time_ms times[3] = {trial->start, found, expected};
    for (int i = 0; i < 3; i++) {
        cm_time_format(texts[i], times[i],
                       cm_calendar_offset_minutes(trial->subject->calendar, times[i]));
    }
    cm_duration_format(words, &trial->duration);
    printf("BROKEN %s: %s %s first_day %u day_ends %u outside %u rest %u: %s + %s: %s, not %s\n",
           laws[law].name, definition->zone->name.data,
           trial->subject->is_office ? "office" : "night", definition->first_day,
           definition->day_ends, definition->outside_hours, definition->rest_day, texts[0], words,
           texts[1], texts[2]);
}

/* Six years with a hole, and lists as wild as no government makes them. */
static void make_lists(void)
{
    static const int32_t years[] = {2018, 2019, 2020, 2021, 2023, 2024};
    bool is_taken[2600] = {false};
    int64_t first = day_of("2018-01-01");
    int64_t span = day_of("2025-01-31") - first;
    memcpy(lists.years, years, sizeof(years));
    lists.year_count = sizeof(years) / sizeof(years[0]);
    while (lists.off_count < 220) {
        int64_t index = random_below(span);
        int64_t length = 1 + random_below(9);
        for (int64_t i = index; i < index + length && i < span; i++) {
            if (!is_taken[i])
                lists.off[lists.off_count++] = first + i;
            is_taken[i] = true;
        }
    }
    while (lists.work_count < 80) {
        int64_t index = random_below(span);
        if (!is_taken[index])
            lists.work[lists.work_count++] = first + index;
        is_taken[index] = true;
    }
    sort_lists(&lists);
}

static void set_hours(struct cm_calendar_definition *definition, bool is_office)
{
    for (int weekday = 0; weekday < (is_office ? 5 : 6); weekday++) {
        definition->weekday_hours[weekday] =
            is_office ? (struct cm_hours){2, office_spans} : (struct cm_hours){4, night_spans};
    }
    if (!is_office) {
        definition->weekday_hours[2] = (struct cm_hours){1, night_spans};
        definition->weekday_hours[6] = (struct cm_hours){3, night_spans};
        definition->weekday_hours[3] = (struct cm_hours){0};
        definition->make_up_hours = (struct cm_hours){2, night_make_up};
    }
}

/* Only the changes of the years around: the walk looks at all of them each time. */
static void cut_zone(struct cm_zone *zone)
{
    while (zone->count > 0 && zone->changes[0].at < time_of("2016-01-01T00:00:00Z")) {
        zone->first_offset_seconds = zone->changes[0].offset_seconds;
        zone->changes++;
        zone->count--;
    }
    while (zone->count > 0 && zone->changes[zone->count - 1].at > time_of("2028-01-01T00:00:00Z"))
        zone->count--;
}

static void make_subjects(void)
{
    static struct cm_zone zones[ZONES];
    for (int zone_index = 0; zone_index < ZONES; zone_index++) {
        const struct cm_zone *zone = fixture_zone(&arena, zone_names[zone_index]);
        if (zone != NULL) {
            zones[zone_index] = *zone;
            cut_zone(&zones[zone_index]);
            zone = &zones[zone_index];
        } else {
            printf("skipped: zone %s is not there (package tzdata)\n", zone_names[zone_index]);
            skipped++;
            continue;
        }
        for (int option = 0; option < OPTIONS * HOURS; option++) {
            struct subject *subject = &subjects[subject_count++];
            subject->is_office = option < OPTIONS;
            subject->definition = office_definition(&lists);
            memset(subject->definition.weekday_hours, 0, sizeof(subject->definition.weekday_hours));
            set_hours(&subject->definition, subject->is_office);
            subject->definition.zone = zone;
            subject->definition.first_day = (uint8_t)(option & 1);
            subject->definition.outside_hours = (uint8_t)(option >> 1 & 1);
            subject->definition.rest_day = (uint8_t)(option >> 2 & 1);
            subject->definition.day_ends = (uint8_t)((option >> 3) % 3);
            subject->calendar = fixture_make(&arena, &subject->definition);
        }
    }
}

static int64_t local_ms(const struct subject *subject, community_time_ms time)
{
    return time + walk_offset_seconds(subject->definition.zone, time) * INT64_C(1000);
}

static int64_t local_day(const struct subject *subject, community_time_ms time)
{
    return local_ms(subject, time) / CM_DAY_MS;
}

/* Anywhere in the years, around a change of the clock, or at the edge of a span. */
static community_time_ms random_start(const struct subject *subject)
{
    const struct cm_zone *zone = subject->definition.zone;
    community_time_ms from = time_of("2018-01-01T00:00:00Z");
    community_time_ms time = from + random_below(time_of("2025-01-01T00:00:00Z") - from);
    int64_t choice = random_below(10);
    if (choice < 3 && zone->count > 0) {
        const struct cm_zone_change *change = &zone->changes[random_below((int64_t)zone->count)];
        if (change->at > from && change->at < time_of("2024-12-31T00:00:00Z"))
            return change->at + random_below(4 * CM_HOUR_MS) - 2 * CM_HOUR_MS;
    }
    if (choice >= 8) {
        static const int32_t minutes[] = {0,   45,  90,  135,  140,  170,  510,
                                          720, 780, 600, 1020, 1380, 1410, 1440};
        int64_t day = local_day(subject, time);
        int32_t minute = minutes[random_below(sizeof(minutes) / sizeof(minutes[0]))];
        return walk_instant(zone, day * CM_DAY_MS + minute * CM_MINUTE_MS) + random_below(3) - 1;
    }
    return choice < 5 ? time : time / 60000 * 60000;
}

static struct cm_duration random_duration(void)
{
    struct cm_duration duration = {.unit = (uint8_t)random_below(7), .minute_of_day = -1};
    switch ((enum cm_duration_unit)duration.unit) {
    case CM_ELAPSED:
        duration.amount = random_below(40 * CM_DAY_MS);
        break;
    case CM_WORKING_TIME:
        duration.amount = random_below(3) == 0 ? random_below(80) * 15 * CM_MINUTE_MS
                                               : random_below(100 * CM_HOUR_MS);
        break;
    case CM_WORKING_DAYS:
    case CM_CALENDAR_DAYS:
        duration.amount = random_below(60);
        break;
    case CM_MONTHS:
        duration.amount = random_below(14);
        break;
    case CM_SAME_WORKING_DAY:
    case CM_NEXT_WORKING_DAY:
        if (random_below(2) == 0)
            duration.minute_of_day = (int32_t)random_below(24 * 60);
        break;
    }
    return duration;
}

static void check_additions(const struct trial *trial, community_time_ms due)
{
    const struct subject *subject = trial->subject;
    struct cm_duration b = trial->duration;
    struct cm_duration sum = trial->duration;
    community_time_ms in_steps;
    community_time_ms at_once;
    b.amount = 1 + random_below(trial->duration.unit == CM_WORKING_DAYS ? 20 : 30 * CM_HOUR_MS);
    sum.amount += b.amount;
    if (!cm_calendar_due(&at_once, subject->calendar, trial->start, &sum, NULL))
        return;
    bool found = cm_calendar_due(&in_steps, subject->calendar, due, &b, NULL);
    if (trial->duration.unit == CM_WORKING_TIME) {
        judge(LAW_TIME_ADDS_UP, found && in_steps == at_once, trial, in_steps, at_once);
        return;
    }
    /* The start's own time of day can get lost on the way: in a gap, or outside the hours that
     * another weekday has. */
    bool clock_is_kept =
        local_ms(subject, due) % CM_DAY_MS == local_ms(subject, at_once) % CM_DAY_MS;
    if (subject->definition.day_ends == CM_DAY_ENDS_SAME_TIME &&
        (!clock_is_kept ||
         (!subject->is_office && subject->definition.outside_hours == CM_OUTSIDE_NEXT_OPENING)))
        return;
    judge(LAW_ADDS_UP, found && in_steps == at_once, trial, in_steps, at_once);
}

static void check_working_time_end(const struct trial *trial, community_time_ms due)
{
    bool inside = false;
    bool after = true;
    if (!cm_calendar_is_working_time(&inside, trial->subject->calendar, due - 1, NULL))
        return;
    if (trial->duration.unit == CM_WORKING_DAYS &&
        !cm_calendar_is_working_time(&after, trial->subject->calendar, due, NULL))
        return;
    bool holds = trial->duration.unit == CM_WORKING_DAYS ? inside && !after : inside;
    judge(LAW_IN_WORKING_TIME, holds, trial, due, due);
}

static void check_thaw(const struct trial *trial, community_time_ms due)
{
    const struct cm_calendar *calendar = trial->subject->calendar;
    for (uint8_t unit = CM_ELAPSED; unit <= CM_NEXT_WORKING_DAY; unit++) {
        struct cm_remainder left;
        community_time_ms now = due - random_below(due > trial->start ? due - trial->start + 1 : 1);
        community_time_ms again;
        if (!cm_calendar_freeze(&left, calendar, unit, due, now, NULL))
            continue;
        bool found = cm_calendar_thaw(&again, calendar, &left, now, NULL);
        judge(LAW_THAW, found && again == due && left.amount >= 0, trial, again, due);
    }
}

/* The latest start: it is in time, and a later one is not. */
static void check_before(const struct trial *trial, community_time_ms end)
{
    const struct subject *subject = trial->subject;
    community_time_ms start;
    community_time_ms due;
    community_time_ms later_due;
    if (!cm_calendar_before(&start, subject->calendar, end, &trial->duration, NULL))
        return;
    switch ((enum cm_duration_unit)trial->duration.unit) {
    case CM_ELAPSED:
    case CM_SAME_WORKING_DAY:
    case CM_NEXT_WORKING_DAY:
        return;
    case CM_WORKING_TIME:
        if (trial->duration.amount == 0 ||
            !cm_calendar_due(&due, subject->calendar, start, &trial->duration, NULL))
            return;
        judge(LAW_BEFORE,
              due <= end && (!cm_calendar_due(&later_due, subject->calendar, start + 1,
                                              &trial->duration, NULL) ||
                             later_due > end),
              trial, due, end);
        return;
    case CM_WORKING_DAYS:
        /* The night shift opens at any hour, even twice or never; the day's opening then says
         * little about its date. */
        if (!subject->is_office || trial->duration.amount == 0 ||
            !cm_calendar_due(&due, subject->calendar, start, &trial->duration, NULL))
            return;
        break;
    case CM_CALENDAR_DAYS:
    case CM_MONTHS:
        if (subject->definition.rest_day == CM_REST_DAY_MOVE || trial->duration.amount == 0 ||
            !cm_calendar_due(&due, subject->calendar, start, &trial->duration, NULL))
            return;
        break;
    }
    /* The next day, by half a day more, since a day may have 25 hours; the next working day. */
    static const struct cm_duration to_next = {CM_NEXT_WORKING_DAY, 0, 9 * 60};
    community_time_ms later = start + CM_DAY_MS + CM_DAY_MS / 2;
    if (trial->duration.unit == CM_WORKING_DAYS &&
        !cm_calendar_due(&later, subject->calendar, start, &to_next, NULL))
        return;
    bool later_is_late =
        !cm_calendar_due(&later_due, subject->calendar, later, &trial->duration, NULL) ||
        local_day(subject, later_due) > local_day(subject, end);
    judge(LAW_BEFORE, local_day(subject, due) <= local_day(subject, end) && later_is_late, trial,
          due, end);
}

struct told {
    int64_t counted;
    int64_t counted_ms;
    int64_t last_day;
    bool in_order;
};

static void tell(void *userdata, const struct cm_day_step *step)
{
    struct told *told = userdata;
    told->in_order = told->in_order && (told->last_day == 0 || step->day == told->last_day + 1);
    told->counted += step->reason == CM_DAY_COUNTED || step->reason == CM_DAY_MAKE_UP ? 1 : 0;
    told->counted_ms += step->counted_ms;
    told->last_day = step->day;
}

static void check_explanation(const struct trial *trial, community_time_ms due)
{
    struct told told = {.in_order = true};
    bool found = cm_calendar_explain(trial->subject->calendar, trial->start, &trial->duration, tell,
                                     &told, NULL);
    bool holds = found && told.in_order;
    switch ((enum cm_duration_unit)trial->duration.unit) {
    case CM_ELAPSED:
        break;
    case CM_WORKING_TIME:
        holds = holds && told.counted_ms == trial->duration.amount;
        break;
    case CM_WORKING_DAYS:
    case CM_CALENDAR_DAYS:
        holds = holds && told.last_day == local_day(trial->subject, due) &&
                told.counted == (trial->duration.amount > 0 ? trial->duration.amount : 1);
        break;
    case CM_SAME_WORKING_DAY:
    case CM_NEXT_WORKING_DAY:
        holds = holds && told.counted == 1;
        break;
    case CM_MONTHS:
        holds = holds && told.last_day == local_day(trial->subject, due);
        break;
    }
    judge(LAW_EXPLAIN, holds, trial, told.counted, trial->duration.amount);
}

static void check_count_between(const struct trial *trial, community_time_ms due)
{
    const struct cm_calendar_definition *definition = &trial->subject->definition;
    int64_t count = -1;
    if (definition->first_day == CM_FIRST_DAY_COUNT ||
        definition->outside_hours == CM_OUTSIDE_NEXT_OPENING)
        return;
    bool found =
        cm_calendar_working_days(&count, trial->subject->calendar, trial->start, due, NULL);
    judge(LAW_COUNT_BETWEEN, found && count == trial->duration.amount, trial, count,
          trial->duration.amount);
}

static void check_laws(const struct trial *trial, community_time_ms due)
{
    uint8_t unit = trial->duration.unit;
    bool is_positive = trial->duration.amount > 0;
    if (is_positive)
        judge(LAW_LATER, due > trial->start, trial, due, trial->start);
    if (is_positive && (unit == CM_WORKING_DAYS || unit == CM_WORKING_TIME))
        check_additions(trial, due);
    if (is_positive && trial->subject->is_office &&
        (unit == CM_WORKING_TIME ||
         (unit == CM_WORKING_DAYS && trial->subject->definition.day_ends == CM_DAY_ENDS_CLOSE)))
        check_working_time_end(trial, due);
    if (is_positive && unit == CM_WORKING_DAYS)
        check_count_between(trial, due);
    check_thaw(trial, due);
    check_before(trial, due);
    check_explanation(trial, due);
}

static void check_one(const struct trial *trial)
{
    community_time_ms due = 0;
    community_time_ms expected = 0;
    int32_t year = 0;
    int32_t expected_year = 0;
    bool found =
        cm_calendar_due(&due, trial->subject->calendar, trial->start, &trial->duration, &year);
    bool walked = walk_due(&expected, &trial->subject->definition, trial->start, &trial->duration,
                           &expected_year);
    judge(LAW_WALK, found == walked && (found ? due == expected : year == expected_year), trial,
          found ? due : year, walked ? expected : expected_year);
    if (found)
        check_laws(trial, due);
}

static int64_t setting(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

static void check_random_starts(void)
{
    int64_t seed = setting("COMMUNITY_SEED", 20260601);
    int64_t starts = setting("COMMUNITY_STARTS", 100000);
    printf("COMMUNITY_SEED=%" PRId64 " COMMUNITY_STARTS=%" PRId64 "\n", seed, starts);
    random_state = (uint64_t)seed * 2 + 1;
    make_lists();
    make_subjects();
    for (int64_t i = 0; i < starts && subject_count > 0; i++) {
        struct trial trial = {.subject = &subjects[random_below((int64_t)subject_count)]};
        trial.start = random_start(trial.subject);
        trial.duration = random_duration();
        check_one(&trial);
    }
    for (int law = 0; law < LAWS && subject_count > 0; law++) {
        bool holds = laws[law].broken == 0 && laws[law].tried > 0;
        printf("%-6s %s: %" PRIu64 " tried, %" PRIu64 " broken\n", holds ? "ok" : "FAILED",
               laws[law].name, laws[law].tried, laws[law].broken);
        if (holds)
            passed++;
        else
            failed++;
    }
}

/* Working days of one year of a calendar; -1 when it does not know the year. */
static int64_t working_days_of(const struct cm_calendar *calendar, int32_t year)
{
    community_time_ms before = (cm_days_from_date((struct cm_date){year, 1, 1}) - 1) * CM_DAY_MS;
    community_time_ms last = cm_days_from_date((struct cm_date){year, 12, 31}) * CM_DAY_MS;
    int64_t count;
    return cm_calendar_working_days(&count, calendar, before, last, NULL) ? count : -1;
}

static void check_years_of_data(void)
{
    static const int64_t expected[] = {249, 251, 250, 250, 250, 249, 250, 250, 249, 250, 249,
                                       250, 250, 249, 250, 249, 249, 251, 248, 248, -1};
    static struct day_lists official;
    for (int32_t year = 2007; year <= 2027; year++) {
        if (!list_year_of_data(&official, year)) {
            printf("skipped: no holiday lists in %s\n", data_directory());
            skipped++;
            return;
        }
    }
    sort_lists(&official);
    struct cm_calendar_definition definition = office_definition(&official);
    const struct cm_calendar *calendar = fixture_make(&arena, &definition);
    for (int32_t year = 2007; year <= 2027; year++) {
        int64_t count = working_days_of(calendar, year);
        if (count == expected[year - 2007]) {
            passed++;
            continue;
        }
        printf("%d has %" PRId64 " working days, not %" PRId64 "\n", (int)year, count,
               expected[year - 2007]);
        failed++;
    }
}

int main(void)
{
    fixture_arena(&arena);
    check_years_of_data();
    check_random_starts();
    cm_arena_free(&arena);
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed > 0 ? 1 : 0;
}
