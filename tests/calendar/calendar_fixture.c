/* SPDX-License-Identifier: Apache-2.0
 *
 * Calendars for the tests. */
#include "calendar_fixture.h"

#include "default_allocator.h"
#include "text.h"
#include "zone_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct cm_zone china_zone = {
    .name = {"Asia/Shanghai", 13},
    .first_offset_seconds = 8 * 3600,
};

static void require(bool condition, const char *what, const char *detail)
{
    if (condition)
        return;
    fprintf(stderr, "the test itself is wrong: %s: %s\n", what, detail);
    abort();
}

void fixture_arena(struct cm_arena *arena)
{
    cm_arena_init(arena, cm_default_allocator(), 4096);
}

const struct cm_zone *fixture_zone(struct cm_arena *arena, const char *name)
{
    const struct cm_zone *zone = NULL;
    if (cm_zone_file_read(&zone, arena, NULL, cm_text(name), NULL) != COMMUNITY_OK)
        return NULL;
    return zone;
}

int64_t day_of(const char *date)
{
    struct cm_date parsed = {0};
    require(cm_date_parse(cm_text(date), &parsed), "not a date", date);
    return cm_days_from_date(parsed);
}

community_time_ms time_of(const char *text)
{
    community_time_ms time = 0;
    require(cm_time_parse(cm_text(text), &time, NULL), "not a time", text);
    return time;
}

struct cm_duration duration_of(const char *words)
{
    struct cm_duration duration = {0};
    require(cm_duration_parse(cm_text(words), &duration), "not a duration", words);
    return duration;
}

static void add_off(struct day_lists *lists, const char *from, const char *to)
{
    for (int64_t day = day_of(from); day <= day_of(to); day++) {
        require(lists->off_count < LISTED_DAYS_MAX, "too many days", from);
        lists->off[lists->off_count++] = day;
    }
}

static void add_work(struct day_lists *lists, const char *date)
{
    require(lists->work_count < LISTED_DAYS_MAX, "too many days", date);
    lists->work[lists->work_count++] = day_of(date);
}

static void add_year(struct day_lists *lists, int32_t year)
{
    require(lists->year_count < LISTED_YEARS_MAX, "too many years", "");
    lists->years[lists->year_count++] = year;
}

void list_2025_and_2026(struct day_lists *lists)
{
    static const struct {
        const char *from;
        const char *to;
    } off[] = {
        {"2025-01-01", "2025-01-01"}, {"2025-01-28", "2025-02-04"}, {"2025-04-04", "2025-04-06"},
        {"2025-05-01", "2025-05-05"}, {"2025-05-31", "2025-06-02"}, {"2025-10-01", "2025-10-08"},
        {"2026-01-01", "2026-01-03"}, {"2026-02-15", "2026-02-23"}, {"2026-04-04", "2026-04-06"},
        {"2026-05-01", "2026-05-05"}, {"2026-06-19", "2026-06-21"}, {"2026-09-25", "2026-09-27"},
        {"2026-10-01", "2026-10-07"},
    };
    static const char *const work[] = {
        "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11", "2026-01-04",
        "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
    };
    memset(lists, 0, sizeof(*lists));
    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
        add_off(lists, off[i].from, off[i].to);
    for (size_t i = 0; i < sizeof(work) / sizeof(work[0]); i++)
        add_work(lists, work[i]);
    add_year(lists, 2025);
    add_year(lists, 2026);
}

const char *data_directory(void)
{
    const char *named = getenv("COMMUNITY_DATA");
    return named != NULL ? named : COMMUNITY_DATA_DEFAULT;
}

/* The files have one member a line: a date, and on the line after it whether it is off. */
bool list_year_of_data(struct day_lists *lists, int32_t year)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/holiday-cn/%d.json", data_directory(), (int)year);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    char line[512];
    char date[11] = "";
    bool has_days = false;
    while (fgets(line, sizeof(line), file) != NULL) {
        const char *at = strstr(line, "\"date\": \"");
        if (at != NULL)
            snprintf(date, sizeof(date), "%.10s", at + strlen("\"date\": \""));
        at = strstr(line, "\"isOffDay\": ");
        if (at == NULL)
            continue;
        has_days = true;
        if (strncmp(at + strlen("\"isOffDay\": "), "true", 4) == 0)
            add_off(lists, date, date);
        else
            add_work(lists, date);
    }
    fclose(file);
    if (has_days)
        add_year(lists, year);
    return true;
}

static int compare_days(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

void sort_lists(struct day_lists *lists)
{
    qsort(lists->off, lists->off_count, sizeof(lists->off[0]), compare_days);
    qsort(lists->work, lists->work_count, sizeof(lists->work[0]), compare_days);
}

struct cm_calendar_definition office_definition(const struct day_lists *lists)
{
    static const struct cm_span spans[] = {{8 * 60, 12 * 60}, {14 * 60, 17 * 60 + 30}};
    struct cm_calendar_definition definition = {
        .name = {"office", 6},
        .zone = &china_zone,
        .year_count = lists->year_count,
        .years = lists->years,
        .off_count = lists->off_count,
        .off_days = lists->off,
        .work_count = lists->work_count,
        .work_days = lists->work,
    };
    for (int weekday = 0; weekday < 5; weekday++)
        definition.weekday_hours[weekday] = (struct cm_hours){2, spans};
    return definition;
}

struct cm_calendar *fixture_make(struct cm_arena *arena,
                                 const struct cm_calendar_definition *definition)
{
    struct cm_calendar *calendar = NULL;
    struct community_error err = {0};
    if (cm_calendar_make(&calendar, arena, definition, &err) != COMMUNITY_OK)
        require(false, "no calendar", err.message);
    return calendar;
}
