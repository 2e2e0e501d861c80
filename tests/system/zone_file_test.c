/* SPDX-License-Identifier: Apache-2.0
 *
 * What the reader of zone files takes and what it refuses. */
#define _GNU_SOURCE

#include <criterion/criterion.h>

#include "rfc3339.h"
#include "text.h"
#include "zone_file.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fails once `left` allocations have been given; a negative number never fails. */
static long left = -1;
static long live;

static void *allocate(void *userdata, size_t size)
{
    (void)userdata;
    if (left == 0)
        return NULL;
    left -= left > 0 ? 1 : 0;
    live++;
    return malloc(size);
}

static void *reallocate(void *userdata, void *pointer, size_t size)
{
    (void)userdata;
    if (left == 0)
        return NULL;
    left -= left > 0 ? 1 : 0;
    return realloc(pointer, size);
}

static void release(void *userdata, void *pointer)
{
    (void)userdata;
    live--;
    free(pointer);
}

static const struct community_allocator allocator = {
    .size = sizeof(allocator),
    .allocate = allocate,
    .reallocate = reallocate,
    .release = release,
};

static struct cm_arena arena;

static void begin(void)
{
    cm_arena_init(&arena, &allocator, 256);
}

static void end(void)
{
    cm_arena_free(&arena);
}

TestSuite(zone_file, .init = begin, .fini = end);

/* A file under construction. */
struct file {
    char bytes[1024];
    size_t size;
};

static void put(struct file *file, const void *bytes, size_t size)
{
    cr_assert(file->size + size <= sizeof(file->bytes));
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

static void put_number(struct file *file, int64_t value, size_t size)
{
    for (size_t i = size; i-- > 0;) {
        char byte = (char)((uint64_t)value >> (8 * i) & 0xff);
        put(file, &byte, 1);
    }
}

static void put_header(struct file *file, char version, int leaps, int times, int types,
                       int characters)
{
    put(file, "TZif", 4);
    put(file, &version, 1);
    put(file, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    put_number(file, 0, 4);
    put_number(file, 0, 4);
    put_number(file, leaps, 4);
    put_number(file, times, 4);
    put_number(file, types, 4);
    put_number(file, characters, 4);
}

static void put_type(struct file *file, int32_t offset_seconds)
{
    put_number(file, offset_seconds, 4);
    put_number(file, 0, 2);
}

/* Version 2: one type of that offset, no change, and a footer. */
static struct file file_with_footer(int32_t offset_seconds, const char *footer)
{
    struct file file = {.size = 0};
    put_header(&file, '2', 0, 0, 1, 4);
    put_type(&file, 0);
    put(&file, "UTC", 4);
    put_header(&file, '2', 0, 0, 1, 4);
    put_type(&file, offset_seconds);
    put(&file, "UTC", 4);
    put(&file, "\n", 1);
    put(&file, footer, strlen(footer));
    put(&file, "\n", 1);
    return file;
}

static enum community_status parse(const struct cm_zone **zone, const struct file *file,
                                   struct community_error *err)
{
    return cm_zone_file_parse(zone, &arena, CM_TEXT("Test/Zone"),
                              (struct community_text){file->bytes, file->size}, err);
}

static int32_t offset_at(const struct cm_zone *zone, const char *text)
{
    community_time_ms time;
    cr_assert(cm_time_parse(cm_text(text), &time, NULL));
    return cm_zone_offset_seconds(zone, time);
}

static const struct cm_zone *zone_of_footer(const char *footer)
{
    struct file file = file_with_footer(0, footer);
    struct community_error err = {0};
    const struct cm_zone *zone = NULL;
    cr_assert_eq(parse(&zone, &file, &err), COMMUNITY_OK, "%s: %s", footer, err.message);
    return zone;
}

Test(zone_file, names_that_could_leave_the_directory_are_refused)
{
    static const char *const names[] = {
        "",  "/",  "/etc/passwd",    "../../etc/passwd", "Asia/../../x", "Asia//Shanghai",  "Asia/",
        ".", "..", "Asia/Shang hai", "Asia\\Shanghai",   "tzdata.zi",    "Asia/Shanghai\n",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct community_error err = {0};
        const struct cm_zone *zone = NULL;
        cr_assert_eq(cm_zone_file_read(&zone, &arena, NULL, cm_text(names[i]), &err),
                     COMMUNITY_INVALID, "%s", names[i]);
        cr_assert_str_eq(err.code, "zone-name");
        cr_assert_null(zone);
    }
    char long_name[400];
    memset(long_name, 'a', sizeof(long_name));
    const struct cm_zone *zone = NULL;
    cr_assert_eq(cm_zone_file_read(&zone, &arena, NULL,
                                   (struct community_text){long_name, sizeof(long_name)}, NULL),
                 COMMUNITY_INVALID);
}

Test(zone_file, only_a_regular_file_is_read)
{
    char root[] = "/tmp/community-zones-XXXXXX";
    char path[128];
    struct community_error err = {0};
    const struct cm_zone *zone = NULL;
    cr_assert_not_null(mkdtemp(root));
    snprintf(path, sizeof(path), "%s/Pipe", root);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(cm_zone_file_read(&zone, &arena, root, CM_TEXT("Absent"), &err),
                 COMMUNITY_NOT_FOUND);
    cr_assert_str_eq(err.code, "zone-not-found");
    cr_assert_eq(cm_zone_file_read(&zone, &arena, root, CM_TEXT("Pipe"), NULL),
                 COMMUNITY_NOT_FOUND);
    cr_assert_eq(cm_zone_file_read(&zone, &arena, "/usr/share", CM_TEXT("zoneinfo"), NULL),
                 COMMUNITY_NOT_FOUND);
    unlink(path);

    snprintf(path, sizeof(path), "%s/Fine", root);
    struct file file = file_with_footer(3600, "CET-1");
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream);
    cr_assert_eq(fwrite(file.bytes, 1, file.size, stream), file.size);
    fclose(stream);
    cr_assert_eq(cm_zone_file_read(&zone, &arena, root, CM_TEXT("Fine"), NULL), COMMUNITY_OK);
    cr_assert(cm_text_is(zone->name, "Fine"));
    cr_assert_eq(zone->first_offset_seconds, 3600);
    cr_assert_eq(zone->count, 0);
    cr_assert_eq(truncate(path, 512L * 1024), 0);
    cr_assert_eq(cm_zone_file_read(&zone, &arena, root, CM_TEXT("Fine"), NULL), COMMUNITY_INVALID);
    unlink(path);
    rmdir(root);
}

Test(zone_file, every_shape_of_footer)
{
    const struct cm_zone *zone = zone_of_footer("<+0330>-3:30<+0430>,J79/24,J263/24");
    cr_assert_eq(offset_at(zone, "2020-03-20T20:29:59Z"), 12600);
    cr_assert_eq(offset_at(zone, "2020-03-20T20:30:00Z"), 16200);
    cr_assert_eq(offset_at(zone, "2021-09-20T19:29:59Z"), 16200);
    cr_assert_eq(offset_at(zone, "2021-09-20T19:30:00Z"), 12600);

    /* The day of the year counts February 29th, the Julian day does not. */
    zone = zone_of_footer("AAA0BBB,59/0,J60/3");
    cr_assert_eq(offset_at(zone, "2020-02-28T23:59:59Z"), 0);
    cr_assert_eq(offset_at(zone, "2020-02-29T00:00:00Z"), 3600);
    cr_assert_eq(offset_at(zone, "2020-03-01T01:59:59Z"), 3600);
    cr_assert_eq(offset_at(zone, "2020-03-01T02:00:00Z"), 0);

    /* Hours before the day and beyond it. */
    zone = zone_of_footer("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    cr_assert_eq(offset_at(zone, "2024-03-31T00:59:59Z"), -7200);
    cr_assert_eq(offset_at(zone, "2024-03-31T01:00:00Z"), -3600);
    zone = zone_of_footer("IST-2IDT,M3.4.4/26,M10.5.0");
    cr_assert_eq(offset_at(zone, "2024-03-28T23:59:59Z"), 7200);
    cr_assert_eq(offset_at(zone, "2024-03-29T00:00:00Z"), 10800);

    /* Daylight saving all the year, and a negative one as in Ireland. */
    zone = zone_of_footer("EST5EDT,0/0,J365/25");
    cr_assert_eq(offset_at(zone, "2024-01-01T04:59:59Z"), -14400);
    cr_assert_eq(offset_at(zone, "2024-01-01T05:00:00Z"), -14400);
    cr_assert_eq(offset_at(zone, "2024-07-01T00:00:00Z"), -14400);
    zone = zone_of_footer("IST-1GMT0,M10.5.0,M3.5.0/1");
    cr_assert_eq(offset_at(zone, "2024-01-15T00:00:00Z"), 0);
    cr_assert_eq(offset_at(zone, "2024-07-15T00:00:00Z"), 3600);
    cr_assert_eq(offset_at(zone, "2100-07-15T00:00:00Z"), 3600);

    zone = zone_of_footer("LMT-1:02:03");
    cr_assert_eq(offset_at(zone, "2024-01-15T00:00:00Z"), 3723);
    zone = zone_of_footer("");
    cr_assert_eq(offset_at(zone, "2024-01-15T00:00:00Z"), 0);
}

Test(zone_file, what_is_not_a_footer_is_refused)
{
    static const char *const footers[] = {
        "X0",
        "UTC",
        "UTC25",
        "<UT>0",
        "<UTC0",
        "UTC0 ",
        "EST5EDT",
        "EST5EDT,M3.2.0",
        "EST5EDT,M3.2.0,M11.1.0,",
        "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.0.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0",
        "EST5EDT,J0,J10",
        "EST5EDT,J366,J10",
        "EST5EDT,366,10",
        "EST5EDT,M3.2.0/168,M11.1.0",
        "EST5EDT,M3.2.0/2:60,M11.1.0",
        "EST5EDT,M3.2.0/,M11.1.0",
        "EST5:EDT,M3.2.0,M11.1.0",
        "EST99999EDT,M3.2.0,M11.1.0",
    };
    for (size_t i = 0; i < sizeof(footers) / sizeof(footers[0]); i++) {
        struct file file = file_with_footer(0, footers[i]);
        struct community_error err = {0};
        const struct cm_zone *zone = NULL;
        cr_assert_eq(parse(&zone, &file, &err), COMMUNITY_INVALID, "%s", footers[i]);
        cr_assert_str_eq(err.code, "zone-broken");
        cr_assert_null(zone);
    }
}

Test(zone_file, version_1_has_no_footer)
{
    struct file file = {.size = 0};
    const struct cm_zone *zone = NULL;
    put_header(&file, '\0', 0, 2, 2, 4);
    put_number(&file, -100, 4);
    put_number(&file, 100, 4);
    put(&file, "\1\0", 2);
    put_type(&file, 3600);
    put_type(&file, 7200);
    put(&file, "CET", 4);
    cr_assert_eq(parse(&zone, &file, NULL), COMMUNITY_OK);
    cr_assert_eq(zone->count, 2);
    cr_assert_eq(cm_zone_offset_seconds(zone, -100001), 3600);
    cr_assert_eq(cm_zone_offset_seconds(zone, -100000), 7200);
    cr_assert_eq(cm_zone_offset_seconds(zone, 100000), 3600);
    file.bytes[4] = '1';
    cr_assert_eq(parse(&zone, &file, NULL), COMMUNITY_INVALID);
}

Test(zone_file, leap_seconds_are_refused)
{
    struct file file = {.size = 0};
    struct community_error err = {0};
    const struct cm_zone *zone = NULL;
    put_header(&file, '\0', 1, 0, 1, 4);
    put_type(&file, 0);
    put(&file, "UTC", 4);
    put_number(&file, 78796800, 4);
    put_number(&file, 1, 4);
    cr_assert_eq(parse(&zone, &file, &err), COMMUNITY_INVALID);
    cr_assert_str_eq(err.code, "zone-leap-seconds");
}

Test(zone_file, every_cut_and_every_flipped_byte_is_met)
{
    struct file whole = file_with_footer(3600, "CET-1CEST,M3.5.0,M10.5.0/3");
    const struct cm_zone *zone = NULL;
    cr_assert_eq(parse(&zone, &whole, NULL), COMMUNITY_OK);
    cr_assert_eq(offset_at(zone, "2026-07-01T00:00:00Z"), 7200);
    for (size_t size = 0; size < whole.size; size++) {
        struct file file = whole;
        file.size = size;
        cr_assert_eq(parse(&zone, &file, NULL), COMMUNITY_INVALID, "cut at %zu", size);
        cr_assert_null(zone);
    }
    for (size_t i = 0; i < whole.size * 8; i++) {
        struct file file = whole;
        file.bytes[i / 8] = (char)(file.bytes[i / 8] ^ (1 << i % 8));
        enum community_status status = parse(&zone, &file, NULL);
        cr_assert(status == COMMUNITY_OK ? zone != NULL : status == COMMUNITY_INVALID);
    }
}

Test(zone_file, running_out_of_memory_is_survived_at_every_step)
{
    char root[] = "/tmp/community-zones-XXXXXX";
    char path[128];
    cr_assert_not_null(mkdtemp(root));
    snprintf(path, sizeof(path), "%s/Fine", root);
    struct file file = file_with_footer(3600, "CET-1CEST,M3.5.0,M10.5.0/3");
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream);
    cr_assert_eq(fwrite(file.bytes, 1, file.size, stream), file.size);
    fclose(stream);
    long steps = 0;
    enum community_status status = COMMUNITY_NO_MEMORY;
    while (status == COMMUNITY_NO_MEMORY && steps < 100) {
        struct community_error err = {0};
        const struct cm_zone *zone = NULL;
        left = steps++;
        status = cm_zone_file_read(&zone, &arena, root, CM_TEXT("Fine"), &err);
        cr_assert(status == COMMUNITY_OK || status == COMMUNITY_NO_MEMORY);
        cr_assert_eq(err.status, status);
        cr_assert((zone != NULL) == (status == COMMUNITY_OK));
        cm_arena_free(&arena);
        cm_arena_init(&arena, &allocator, 256);
        cr_assert_eq(live, 0, "%ld blocks are left over", live);
    }
    cr_assert_eq(status, COMMUNITY_OK);
    cr_assert_gt(steps, 2);
    left = -1;
    unlink(path);
    rmdir(root);
}
