/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading TZif data (RFC 9636) and writing out the rule of its footer through the year 2100. */
#include "zone_file.h"

#include "failure.h"
#include "memory.h"
#include "rfc3339.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_SIZE_MAX = 256 * 1024, /* the largest of tzdata has 4 KiB */
    PATH_SIZE_MAX = 1024,
    NAME_SIZE_MAX = 255,
    HEADER_SIZE = 44,
    LAST_YEAR = 2100,
    OFFSET_SECONDS_MAX = 26 * 3600, /* RFC 9636: more than -25 and less than 26 hours */
    RULE_HOURS_MAX = 167,
};

/* Changes before the year 1 or after 9999 say nothing that a deadline could meet. */
#define TIME_SECONDS_MIN INT64_C(-62135596800)
#define TIME_SECONDS_MAX INT64_C(253402300799)

static const char default_root[] = "/usr/share/zoneinfo";

/* One failure of the data: what is not sound, in both languages' sentence as an argument. */
static enum community_status fail_broken(struct community_error *err, struct community_text name,
                                         const char *what)
{
    return cm_fail(err, COMMUNITY_INVALID, CM_CODE_ZONE_BROKEN, name, cm_text(what));
}

/* Big-endian bytes, read in order; `failed` when they end too early. */
struct reader {
    const uint8_t *bytes;
    size_t size;
    size_t at;
    bool failed;
};

static const uint8_t *take(struct reader *reader, size_t size)
{
    if (reader->failed || size > reader->size - reader->at) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *bytes = reader->bytes + reader->at;
    reader->at += size;
    return bytes;
}

static uint64_t unsigned_from(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* Two's complement without relying on conversions the language leaves open. */
static int64_t signed_from(const uint8_t *bytes, size_t size)
{
    uint64_t value = unsigned_from(bytes, size);
    uint64_t sign = UINT64_C(1) << (size * 8 - 1);
    if ((value & sign) == 0)
        return (int64_t)value;
    return -(int64_t)(sign - 1 - (value & (sign - 1))) - 1;
}

struct header {
    uint8_t version;
    size_t utc_count;
    size_t standard_count;
    size_t leap_count;
    size_t time_count;
    size_t type_count;
    size_t character_count;
};

static bool read_header(struct header *header, struct reader *reader)
{
    const uint8_t *bytes = take(reader, HEADER_SIZE);
    if (bytes == NULL || memcmp(bytes, "TZif", 4) != 0)
        return false;
    *header = (struct header){
        .version = bytes[4],
        .utc_count = (size_t)unsigned_from(bytes + 20, 4),
        .standard_count = (size_t)unsigned_from(bytes + 24, 4),
        .leap_count = (size_t)unsigned_from(bytes + 28, 4),
        .time_count = (size_t)unsigned_from(bytes + 32, 4),
        .type_count = (size_t)unsigned_from(bytes + 36, 4),
        .character_count = (size_t)unsigned_from(bytes + 40, 4),
    };
    return true;
}

/* The parts of a data block, borrowed from the bytes. */
struct block {
    struct header header;
    size_t time_size; /* 4 or 8 */
    const uint8_t *times;
    const uint8_t *type_indices;
    const uint8_t *types;
};

static bool read_block(struct block *block, struct reader *reader)
{
    const struct header *header = &block->header;
    /* A count is at most 2^32 - 1 and a size_t has 64 bits or the file is smaller than the count:
     * divide rather than multiply. */
    size_t left = reader->size - reader->at;
    if (header->time_count > left / block->time_size || header->type_count > left / 6 ||
        header->leap_count > left / (block->time_size + 4))
        return false;
    block->times = take(reader, header->time_count * block->time_size);
    block->type_indices = take(reader, header->time_count);
    block->types = take(reader, header->type_count * 6);
    (void)take(reader, header->character_count);
    (void)take(reader, header->leap_count * (block->time_size + 4));
    (void)take(reader, header->standard_count);
    (void)take(reader, header->utc_count);
    return !reader->failed;
}

static int64_t offset_of_type(const struct block *block, size_t type)
{
    return signed_from(block->types + type * 6, 4);
}

/* NULL when the block is sound, else what is not. */
static const char *find_flaw(const struct block *block)
{
    const struct header *header = &block->header;
    if (header->type_count == 0 || header->type_count > 256 || header->character_count == 0)
        return "no local time types";
    if ((header->utc_count != 0 && header->utc_count != header->type_count) ||
        (header->standard_count != 0 && header->standard_count != header->type_count))
        return "counts that contradict each other";
    for (size_t i = 0; i < header->type_count; i++) {
        const uint8_t *type = block->types + i * 6;
        int64_t offset = offset_of_type(block, i);
        if (offset <= -OFFSET_SECONDS_MAX || offset >= OFFSET_SECONDS_MAX)
            return "an offset of more than a day";
        if (type[4] > 1 || type[5] >= header->character_count)
            return "a local time type out of range";
    }
    for (size_t i = 0; i < header->time_count; i++) {
        if (block->type_indices[i] >= header->type_count)
            return "a change to an unknown type";
        if (i > 0 && signed_from(block->times + (i - 1) * block->time_size, block->time_size) >=
                         signed_from(block->times + i * block->time_size, block->time_size))
            return "changes out of order";
    }
    return NULL;
}

/* A day of the year as the footer names it. */
enum rule_form { RULE_MONTH_WEEK_DAY, RULE_JULIAN, RULE_DAY_OF_YEAR };

struct rule {
    enum rule_form form;
    int32_t month;   /* 1 to 12 */
    int32_t week;    /* 1 to 5, 5 the last */
    int32_t weekday; /* 0 Sunday to 6 */
    int32_t day;     /* J1 to J365 without February 29th, or 0 to 365 with it */
    int32_t seconds; /* local, may be negative or beyond the day */
};

struct footer {
    int32_t standard_offset_seconds;
    bool has_daylight;
    int32_t daylight_offset_seconds;
    struct rule begin;
    struct rule end;
};

static bool at_end(const struct reader *reader)
{
    return reader->at == reader->size;
}

static bool next_is(const struct reader *reader, char byte)
{
    return !at_end(reader) && reader->bytes[reader->at] == (uint8_t)byte;
}

static bool skip(struct reader *reader, char byte)
{
    if (!next_is(reader, byte))
        return false;
    reader->at++;
    return true;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(uint8_t byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool read_number(int32_t *value_out, struct reader *reader, int32_t least, int32_t greatest)
{
    int32_t value = 0;
    size_t count = 0;
    while (!at_end(reader) && is_digit(reader->bytes[reader->at]) && count < 4) {
        value = value * 10 + (reader->bytes[reader->at++] - '0');
        count++;
    }
    *value_out = value;
    return count > 0 && value >= least && value <= greatest;
}

/* An abbreviation: three letters or more, or anything of letters, digits and signs in angles. */
static bool skip_abbreviation(struct reader *reader)
{
    size_t count = 0;
    if (skip(reader, '<')) {
        while (!at_end(reader) &&
               (is_letter(reader->bytes[reader->at]) || is_digit(reader->bytes[reader->at]) ||
                next_is(reader, '+') || next_is(reader, '-'))) {
            reader->at++;
            count++;
        }
        return count >= 3 && skip(reader, '>');
    }
    while (!at_end(reader) && is_letter(reader->bytes[reader->at])) {
        reader->at++;
        count++;
    }
    return count >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool read_clock(int32_t *seconds_out, struct reader *reader, int32_t hours_max)
{
    int32_t hours;
    int32_t minutes = 0;
    int32_t seconds = 0;
    bool is_negative = skip(reader, '-');
    if (!is_negative)
        (void)skip(reader, '+');
    if (!read_number(&hours, reader, 0, hours_max))
        return false;
    if (skip(reader, ':')) {
        if (!read_number(&minutes, reader, 0, 59))
            return false;
        if (skip(reader, ':') && !read_number(&seconds, reader, 0, 59))
            return false;
    }
    int32_t sum = hours * 3600 + minutes * 60 + seconds;
    *seconds_out = is_negative ? -sum : sum;
    return true;
}

/* POSIX counts offsets westward. */
static bool read_offset(int32_t *offset_out, struct reader *reader)
{
    int32_t west;
    if (!read_clock(&west, reader, 24))
        return false;
    *offset_out = -west;
    return true;
}

static bool read_rule_day(struct rule *rule, struct reader *reader)
{
    if (skip(reader, 'M')) {
        rule->form = RULE_MONTH_WEEK_DAY;
        return read_number(&rule->month, reader, 1, 12) && skip(reader, '.') &&
               read_number(&rule->week, reader, 1, 5) && skip(reader, '.') &&
               read_number(&rule->weekday, reader, 0, 6);
    }
    if (skip(reader, 'J')) {
        rule->form = RULE_JULIAN;
        return read_number(&rule->day, reader, 1, 365);
    }
    rule->form = RULE_DAY_OF_YEAR;
    return read_number(&rule->day, reader, 0, 365);
}

static bool read_rule(struct rule *rule, struct reader *reader)
{
    if (!skip(reader, ',') || !read_rule_day(rule, reader))
        return false;
    rule->seconds = 2 * 3600;
    return !skip(reader, '/') || read_clock(&rule->seconds, reader, RULE_HOURS_MAX);
}

static bool read_footer(struct footer *footer, struct reader *reader)
{
    *footer = (struct footer){0};
    if (!skip_abbreviation(reader) || !read_offset(&footer->standard_offset_seconds, reader))
        return false;
    if (at_end(reader))
        return true;
    footer->has_daylight = true;
    footer->daylight_offset_seconds = footer->standard_offset_seconds + 3600;
    if (!skip_abbreviation(reader))
        return false;
    if (!next_is(reader, ',') && !read_offset(&footer->daylight_offset_seconds, reader))
        return false;
    return read_rule(&footer->begin, reader) && read_rule(&footer->end, reader) && at_end(reader);
}

/* The day that a rule names in a year, counted from 1970-01-01. */
static int64_t day_of_rule(const struct rule *rule, int32_t year)
{
    int64_t new_year = cm_days_from_date((struct cm_date){.year = year, .month = 1, .day = 1});
    switch (rule->form) {
    case RULE_DAY_OF_YEAR:
        return new_year + rule->day;
    case RULE_JULIAN:
        return new_year + rule->day - 1 + (rule->day >= 60 && cm_year_is_leap(year) ? 1 : 0);
    case RULE_MONTH_WEEK_DAY:
        break;
    }
    int64_t first =
        cm_days_from_date((struct cm_date){.year = year, .month = rule->month, .day = 1});
    int32_t first_weekday = (cm_weekday(first) + 1) % 7; /* from Sunday, as the footer counts */
    int32_t day = 1 + (rule->weekday - first_weekday + 7) % 7 + (rule->week - 1) * 7;
    if (day > cm_month_length(year, rule->month))
        day -= 7;
    return first + day - 1;
}

static community_time_ms time_of_rule(const struct rule *rule, int32_t year, int32_t offset_seconds)
{
    int64_t seconds = day_of_rule(rule, year) * 86400 + rule->seconds - offset_seconds;
    return seconds * CM_SECOND_MS;
}

/* The table being made: room for every change is reserved before. */
struct table {
    struct cm_zone *zone;
    struct cm_zone_change *changes;
    size_t count;
    size_t capacity;
};

static int32_t last_offset(const struct table *table)
{
    return table->count == 0 ? table->zone->first_offset_seconds
                             : table->changes[table->count - 1].offset_seconds;
}

static void add_change(struct table *table, community_time_ms at, int32_t offset_seconds)
{
    if (offset_seconds == last_offset(table))
        return;
    assert(table->count < table->capacity);
    table->changes[table->count++] =
        (struct cm_zone_change){.at = at, .offset_seconds = offset_seconds};
}

static void add_block(struct table *table, const struct block *block)
{
    table->zone->first_offset_seconds = (int32_t)offset_of_type(block, 0);
    for (size_t i = 0; i < block->header.time_count; i++) {
        int64_t seconds = signed_from(block->times + i * block->time_size, block->time_size);
        int32_t offset = (int32_t)offset_of_type(block, block->type_indices[i]);
        if (seconds < TIME_SECONDS_MIN)
            table->zone->first_offset_seconds = offset;
        else if (seconds <= TIME_SECONDS_MAX)
            add_change(table, seconds * CM_SECOND_MS, offset);
    }
}

/* When the rule takes over: after the last change of the data, whatever that changed. */
static community_time_ms rule_begins(const struct block *block)
{
    size_t count = block->header.time_count;
    if (count == 0)
        return TIME_SECONDS_MIN * CM_SECOND_MS;
    int64_t seconds = signed_from(block->times + (count - 1) * block->time_size, block->time_size);
    if (seconds < TIME_SECONDS_MIN)
        seconds = TIME_SECONDS_MIN;
    return (seconds < TIME_SECONDS_MAX ? seconds : TIME_SECONDS_MAX) * CM_SECOND_MS;
}

static int32_t first_rule_year(const struct block *block)
{
    int64_t day = rule_begins(block) / CM_DAY_MS;
    int32_t year = cm_date_from_days(day).year - 1;
    return year < 1 ? 1 : year;
}

/* How many changes the rule may add. */
static size_t rule_capacity(const struct block *block, const struct footer *footer)
{
    int32_t year = first_rule_year(block);
    if (!footer->has_daylight || year > LAST_YEAR)
        return 1;
    return ((size_t)(LAST_YEAR - year) + 1) * 2;
}

/* Puts a change of the rule in its place behind `floor`; those of two years may overlap, and of two
 * at one instant the one to daylight saving time holds (RFC 9636: daylight saving all the year). */
static void put_rule_change(struct table *table, size_t floor, struct cm_zone_change change)
{
    size_t at = table->count++;
    assert(table->count <= table->capacity);
    while (at > floor && table->changes[at - 1].at > change.at) {
        table->changes[at] = table->changes[at - 1];
        at--;
    }
    table->changes[at] = change;
}

/* Leaves one change at an instant, and only those that change the offset. */
static void tidy_rule_changes(struct table *table, size_t floor)
{
    size_t end = table->count;
    table->count = floor;
    for (size_t i = floor; i < end; i++) {
        bool is_superseded = i + 1 < end && table->changes[i + 1].at == table->changes[i].at;
        if (!is_superseded)
            add_change(table, table->changes[i].at, table->changes[i].offset_seconds);
    }
}

static void add_footer(struct table *table, const struct block *block, const struct footer *footer)
{
    community_time_ms after = rule_begins(block);
    if (!footer->has_daylight) {
        if (block->header.time_count == 0)
            table->zone->first_offset_seconds = footer->standard_offset_seconds;
        return;
    }
    size_t floor = table->count;
    for (int32_t year = first_rule_year(block); year <= LAST_YEAR; year++) {
        struct cm_zone_change begin = {
            .at = time_of_rule(&footer->begin, year, footer->standard_offset_seconds),
            .offset_seconds = footer->daylight_offset_seconds,
        };
        struct cm_zone_change end = {
            .at = time_of_rule(&footer->end, year, footer->daylight_offset_seconds),
            .offset_seconds = footer->standard_offset_seconds,
        };
        /* The end of daylight saving goes first, so that at one instant the begin holds. */
        if (end.at > after)
            put_rule_change(table, floor, end);
        if (begin.at > after)
            put_rule_change(table, floor, begin);
    }
    tidy_rule_changes(table, floor);
}

static enum community_status build(const struct cm_zone **out, struct cm_arena *arena,
                                   struct community_text name, const struct block *block,
                                   const struct footer *footer, struct community_error *err)
{
    struct cm_zone *zone = cm_arena_allocate_zeroed(arena, sizeof(*zone));
    struct table table = {.zone = zone, .capacity = block->header.time_count};
    if (footer != NULL)
        table.capacity += rule_capacity(block, footer);
    table.changes = cm_arena_array(arena, table.capacity, sizeof(*table.changes));
    struct community_text own_name = cm_arena_text(arena, name);
    if (zone == NULL || table.changes == NULL || own_name.data == NULL)
        return cm_fail_memory(err);
    add_block(&table, block);
    if (footer != NULL)
        add_footer(&table, block, footer);
    zone->name = own_name;
    zone->count = table.count;
    zone->changes = table.changes;
    *out = zone;
    return COMMUNITY_OK;
}

/* The line between the two newlines that follow the second block. */
static bool find_footer(struct reader *line_out, struct reader *reader)
{
    if (!skip(reader, '\n'))
        return false;
    const uint8_t *begin = reader->bytes + reader->at;
    const uint8_t *end = memchr(begin, '\n', reader->size - reader->at);
    if (end == NULL)
        return false;
    *line_out = (struct reader){.bytes = begin, .size = (size_t)(end - begin)};
    return true;
}

static enum community_status parse_block(struct block *block, struct reader *reader,
                                         struct community_text name, struct community_error *err)
{
    if (!read_block(block, reader))
        return fail_broken(err, name, "it ends too early");
    if (block->header.leap_count > 0)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_ZONE_LEAP_SECONDS, name);
    const char *flaw = find_flaw(block);
    return flaw == NULL ? COMMUNITY_OK : fail_broken(err, name, flaw);
}

/* Version 2 and later: a second block with times of 64 bits, and the footer. */
static enum community_status parse_second(const struct cm_zone **out, struct cm_arena *arena,
                                          struct reader *reader, struct community_text name,
                                          struct community_error *err)
{
    struct block block = {.time_size = 8};
    if (!read_header(&block.header, reader) || block.header.version < '2')
        return fail_broken(err, name, "the second header is missing");
    enum community_status status = parse_block(&block, reader, name, err);
    if (status != COMMUNITY_OK)
        return status;
    struct reader line;
    struct footer footer;
    if (!find_footer(&line, reader))
        return fail_broken(err, name, "the footer is missing");
    if (line.size == 0)
        return build(out, arena, name, &block, NULL, err);
    if (!read_footer(&footer, &line))
        return fail_broken(err, name, "the footer cannot be read");
    return build(out, arena, name, &block, &footer, err);
}

enum community_status cm_zone_file_parse(const struct cm_zone **out, struct cm_arena *arena,
                                         struct community_text name, struct community_text bytes,
                                         struct community_error *err)
{
    *out = NULL;
    struct reader reader = {.bytes = (const uint8_t *)bytes.data, .size = bytes.size};
    struct block first = {.time_size = 4};
    if (!read_header(&first.header, &reader))
        return fail_broken(err, name, "the header is missing");
    if (first.header.version >= '2') {
        /* The first block is there for readers of old; all it must do is end. */
        if (!read_block(&first, &reader))
            return fail_broken(err, name, "it ends too early");
        return parse_second(out, arena, &reader, name, err);
    }
    if (first.header.version != 0)
        return fail_broken(err, name, "an unknown version");
    enum community_status status = parse_block(&first, &reader, name, err);
    if (status != COMMUNITY_OK)
        return status;
    return build(out, arena, name, &first, NULL, err);
}

static bool is_name_byte(char byte)
{
    return is_letter((uint8_t)byte) || is_digit((uint8_t)byte) || byte == '_' || byte == '+' ||
           byte == '-';
}

/* Parts of letters, digits, '_', '+' and '-' with single slashes between: without a dot and without
 * an empty part no name leads out of its directory. */
static bool name_is_sound(struct community_text name)
{
    if (name.size == 0 || name.size > NAME_SIZE_MAX)
        return false;
    bool part_is_empty = true;
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '/' && part_is_empty)
            return false;
        if (name.data[i] != '/' && !is_name_byte(name.data[i]))
            return false;
        part_is_empty = name.data[i] == '/';
    }
    return !part_is_empty;
}

static bool join(char path[PATH_SIZE_MAX], const char *root, struct community_text name)
{
    size_t root_size = strlen(root);
    if (root_size + 1 + name.size + 1 > PATH_SIZE_MAX)
        return false;
    memcpy(path, root, root_size);
    path[root_size] = '/';
    memcpy(path + root_size + 1, name.data, name.size);
    path[root_size + 1 + name.size] = '\0';
    return true;
}

static enum community_status fail_open(struct community_error *err, struct community_text name,
                                       int error_number)
{
    bool is_absent = error_number == ENOENT || error_number == ENOTDIR || error_number == EISDIR ||
                     error_number == ENAMETOOLONG;
    if (is_absent)
        return cm_fail(err, COMMUNITY_NOT_FOUND, CM_CODE_ZONE_NOT_FOUND, name);
    return cm_fail(err, COMMUNITY_IO, CM_CODE_ZONE_UNREADABLE, name);
}

/* Reads until the end or until the buffer is full. */
static bool read_all(size_t *size_out, int descriptor, char *buffer, size_t capacity)
{
    size_t size = 0;
    while (size < capacity) {
        ssize_t count = read(descriptor, buffer + size, capacity - size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        if (count == 0)
            break;
        size += (size_t)count;
    }
    *size_out = size;
    return true;
}

static enum community_status parse_open_file(const struct cm_zone **out, struct cm_arena *arena,
                                             int descriptor, struct community_text name,
                                             struct community_error *err)
{
    struct stat about;
    if (fstat(descriptor, &about) != 0)
        return cm_fail(err, COMMUNITY_IO, CM_CODE_ZONE_UNREADABLE, name);
    if (!S_ISREG(about.st_mode))
        return cm_fail(err, COMMUNITY_NOT_FOUND, CM_CODE_ZONE_NOT_FOUND, name);
    if (about.st_size > FILE_SIZE_MAX)
        return fail_broken(err, name, "it is far too large");

    /* The file may change its size while it is read: the buffer is what bounds it. */
    size_t capacity = (size_t)about.st_size + 1;
    size_t size;
    char *buffer = cm_allocate(arena->allocator, capacity);
    if (buffer == NULL)
        return cm_fail_memory(err);
    enum community_status status;
    if (!read_all(&size, descriptor, buffer, capacity))
        status = cm_fail(err, COMMUNITY_IO, CM_CODE_ZONE_UNREADABLE, name);
    else
        status = cm_zone_file_parse(out, arena, name, (struct community_text){buffer, size}, err);
    cm_release(arena->allocator, buffer);
    return status;
}

enum community_status cm_zone_file_read(const struct cm_zone **out, struct cm_arena *arena,
                                        const char *root, struct community_text name,
                                        struct community_error *err)
{
    *out = NULL;
    char path[PATH_SIZE_MAX];
    if (!name_is_sound(name) || !join(path, root != NULL ? root : default_root, name))
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_ZONE_NAME, name);
    /* Opened once and asked through the descriptor; a pipe of that name must not make us wait. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0)
        return fail_open(err, name, errno);
    enum community_status status = parse_open_file(out, arena, descriptor, name, err);
    (void)close(descriptor);
    return status;
}
