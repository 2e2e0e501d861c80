/* SPDX-License-Identifier: Apache-2.0
 *
 * Every zone of the system's tzdata, compared with what the C library makes of it. */
#define _GNU_SOURCE

#include "default_allocator.h"
#include "zone_file.h"

#include "rfc3339.h"
#include "text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RANDOM_INSTANTS = 2000, NAMES_MAX = 1024, NAME_SIZE = 64 };

static const char list_path[] = "/usr/share/zoneinfo/tzdata.zi";

static unsigned passed;
static unsigned failed;
static uint64_t instants;
static uint64_t random_state = UINT64_C(20260601);

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* 0 when they agree, else prints the instant. */
static int compare_at(const struct cm_zone *zone, int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm local;
    instants++;
    if (localtime_r(&time, &local) == NULL)
        return 1;
    int32_t ours = cm_zone_offset_seconds(zone, seconds * CM_SECOND_MS);
    if (ours == (int32_t)local.tm_gmtoff)
        return 0;
    printf("%.*s at %" PRId64 ": offset %" PRId32 ", C library %ld\n", (int)zone->name.size,
           zone->name.data, seconds, ours, local.tm_gmtoff);
    return 1;
}

/* Each stretch between two changes must map back: instant to wall time to the same instant, or to
 * the earlier instant that shows the same wall time. */
static int compare_back(const struct cm_zone *zone, int64_t seconds)
{
    community_time_ms time = seconds * CM_SECOND_MS;
    int64_t local = time + (int64_t)cm_zone_offset_seconds(zone, time) * CM_SECOND_MS;
    community_time_ms back = cm_zone_instant(zone, local);
    int64_t again = back + (int64_t)cm_zone_offset_seconds(zone, back) * CM_SECOND_MS;
    return back <= time && again == local ? 0 : 1;
}

static int compare_zone(const struct cm_zone *zone)
{
    const int64_t from = INT64_C(-2208988800); /* 1900 */
    const int64_t to = INT64_C(4102444799);    /* 2099 */
    int wrong = 0;
    for (int i = 0; i < RANDOM_INSTANTS && wrong < 5; i++) {
        int64_t seconds = from + (int64_t)(next_random() % (uint64_t)(to - from + 1));
        wrong += compare_at(zone, seconds) + compare_back(zone, seconds);
    }
    for (size_t i = 0; i < zone->count && wrong < 5; i++) {
        int64_t at = zone->changes[i].at / CM_SECOND_MS;
        if (at <= from || at >= to)
            continue;
        wrong += compare_at(zone, at - 1) + compare_at(zone, at) + compare_back(zone, at - 1) +
                 compare_back(zone, at) + compare_back(zone, at + 1800);
    }
    return wrong;
}

static void check_zone(const char *name)
{
    struct cm_arena arena;
    struct community_error err = {0};
    const struct cm_zone *zone;
    cm_arena_init(&arena, cm_default_allocator(), 4096);
    setenv("TZ", name, 1);
    tzset();
    if (cm_zone_file_read(&zone, &arena, NULL, cm_text(name), &err) != COMMUNITY_OK) {
        printf("%s: %s\n", name, err.message);
        failed++;
    } else if (compare_zone(zone) != 0) {
        failed++;
    } else {
        passed++;
    }
    cm_arena_free(&arena);
}

/* The names of zones and links are in lines "Z name …" and "L target name". */
static size_t read_names(char names[NAMES_MAX][NAME_SIZE])
{
    FILE *file = fopen(list_path, "r");
    if (file == NULL)
        return 0;
    char line[512];
    size_t count = 0;
    while (fgets(line, sizeof(line), file) != NULL && count < NAMES_MAX) {
        char first[NAME_SIZE];
        char second[NAME_SIZE];
        int fields = sscanf(line, "%*[ZL] %63s %63s", first, second);
        if (line[0] == 'Z' && fields >= 1)
            memcpy(names[count++], first, NAME_SIZE);
        else if (line[0] == 'L' && fields == 2)
            memcpy(names[count++], second, NAME_SIZE);
    }
    fclose(file);
    return count;
}

int main(void)
{
    static char names[NAMES_MAX][NAME_SIZE];
    size_t count = read_names(names);
    if (count == 0) {
        printf("skipped: %s is not there (package tzdata)\n", list_path);
        printf("0 passed, 0 failed, 1 skipped\n");
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        check_zone(names[i]);
    printf("%zu zones, %" PRIu64 " instants\n", count, instants);
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed > 0 ? 1 : 0;
}
