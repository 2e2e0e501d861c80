/* SPDX-License-Identifier: Apache-2.0
 *
 * The years a calendar knows: {"2026": {"off": ["2026-01-01"], "work": ["2026-01-04"]}}. */
#include "rulebook_reader.h"
#include "sort.h"

enum year_key { YEAR_OFF, YEAR_WORK, YEAR_KEY_COUNT };

static const struct cm_key year_keys[YEAR_KEY_COUNT] = {
    [YEAR_OFF] = {"off", CM_SHAPE_LIST},
    [YEAR_WORK] = {"work", CM_SHAPE_LIST},
};

/* One date as it was listed. */
struct listed_day {
    int64_t day;
    int32_t year; /* under which it was listed */
    bool is_work;
    const struct cm_value *value;
};

struct day_list {
    struct listed_day *days;
    size_t count;
};

static bool parse_year(struct community_text words, int32_t *out)
{
    int64_t year;
    if (words.size != 4 || !cm_text_to_integer(words, &year) || year < 1)
        return false;
    *out = (int32_t)year;
    return true;
}

static bool load_date(struct cm_reader *reader, const struct cm_value *value, int32_t year,
                      struct community_text year_words, int64_t *day_out)
{
    struct cm_date date;
    if (!cm_date_parse(value->as.text, &date))
        return cm_refuse(reader, value->offset, CM_CODE_BAD_DATE, value->as.text);
    /* Arrangements for New Year reach into the December before. */
    if (date.year != year && !(date.year == year - 1 && date.month == 12))
        return cm_refuse(reader, value->offset, CM_CODE_DATE_OUTSIDE_YEAR, value->as.text,
                         year_words);
    *day_out = cm_days_from_date(date);
    return true;
}

static bool load_dates(struct cm_reader *reader, struct day_list *out, const struct cm_value *list,
                       int32_t year, struct community_text year_words, bool is_work)
{
    if (!list)
        return true;
    for (size_t i = 0; i < list->as.list.count; i++) {
        const struct cm_value *value = &list->as.list.items[i];
        struct listed_day *day = &out->days[out->count];
        *day = (struct listed_day){.year = year, .is_work = is_work, .value = value};
        if (!load_date(reader, value, year, year_words, &day->day))
            return false;
        out->count++;
    }
    return true;
}

static bool load_year(struct cm_reader *reader, struct day_list *out,
                      const struct cm_member *member, int32_t *year_out)
{
    const struct cm_value *found[YEAR_KEY_COUNT];
    if (!parse_year(member->name, year_out))
        return cm_refuse(reader, member->name_offset, CM_CODE_BAD_YEAR, member->name);
    if (!cm_shape_object(reader, &member->value, year_keys, YEAR_KEY_COUNT, found))
        return false;
    return load_dates(reader, out, found[YEAR_OFF], *year_out, member->name, false) &&
           load_dates(reader, out, found[YEAR_WORK], *year_out, member->name, true);
}

/* How many dates there are, having checked that they are texts in lists: room for all at once. */
static bool count_dates(struct cm_reader *reader, const struct cm_value *tree, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < tree->as.object.count; i++) {
        const struct cm_value *year = &tree->as.object.members[i].value;
        if (!cm_shape_value(reader, year, CM_SHAPE_OBJECT))
            return false;
        for (size_t j = 0; j < year->as.object.count; j++) {
            const struct cm_value *list = &year->as.object.members[j].value;
            if (list->type != CM_LIST)
                continue;
            if (!cm_shape_value(reader, list, CM_SHAPE_LIST) ||
                !cm_shape_items(reader, list, CM_SHAPE_TEXT, false))
                return false;
            *out += list->as.list.count;
        }
    }
    if (*out > CM_RULEBOOK_COUNT_MAX)
        return cm_refuse(reader, tree->offset, CM_CODE_TOO_MANY, CM_TEXT("65000"));
    return true;
}

static int compare_days(const void *a, const void *b, void *userdata)
{
    (void)userdata;
    const struct listed_day *left = (const struct listed_day *)a;
    const struct listed_day *right = (const struct listed_day *)b;
    if (left->day != right->day)
        return left->day < right->day ? -1 : 1;
    const uint32_t left_offset = left->value->offset;
    const uint32_t right_offset = right->value->offset;
    return (left_offset > right_offset) - (left_offset < right_offset);
}

static int compare_years(const void *a, const void *b, void *userdata)
{
    (void)userdata;
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

/* Two years may both list a day of the December between them, if they agree. */
static bool check_twins(struct cm_reader *reader, const struct day_list *list)
{
    for (size_t i = 1; i < list->count; i++) {
        const struct listed_day *before = &list->days[i - 1];
        const struct listed_day *here = &list->days[i];
        if (before->day != here->day)
            continue;
        if (before->is_work != here->is_work)
            return cm_refuse(reader, here->value->offset, CM_CODE_DATE_OFF_AND_WORK,
                             here->value->as.text);
        if (before->year == here->year)
            return cm_refuse(reader, here->value->offset, CM_CODE_DUPLICATE_ENTRY,
                             here->value->as.text);
    }
    return true;
}

/* The days of one sort, ascending, each once. */
static bool pick_days(struct cm_reader *reader, const struct day_list *list, bool is_work,
                      const int64_t **out, size_t *count_out)
{
    size_t count = 0;
    int64_t *days = (int64_t *)cm_arena_array(reader->arena, list->count, sizeof(int64_t));
    if (!days)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < list->count; i++) {
        const struct listed_day *here = &list->days[i];
        if (here->is_work == is_work && (count == 0 || days[count - 1] != here->day))
            days[count++] = here->day;
    }
    *out = days;
    *count_out = count;
    return true;
}

bool cm_load_years(struct cm_reader *reader, struct cm_calendar_definition *definition,
                   const struct cm_value *tree)
{
    const size_t year_count = tree->as.object.count;
    size_t day_count;
    if (!count_dates(reader, tree, &day_count))
        return false;

    int32_t *years = (int32_t *)cm_arena_array(reader->arena, year_count, sizeof(int32_t));
    struct day_list list = {
        .days = (struct listed_day *)cm_arena_array(reader->arena, day_count,
                                                    sizeof(struct listed_day)),
    };
    if (!years || !list.days)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < year_count; i++) {
        if (!load_year(reader, &list, &tree->as.object.members[i], &years[i]))
            return false;
    }
    cm_sort(years, year_count, sizeof(years[0]), compare_years, NULL);
    cm_sort(list.days, list.count, sizeof(list.days[0]), compare_days, NULL);
    if (!check_twins(reader, &list))
        return false;

    definition->years = years;
    definition->year_count = year_count;
    return pick_days(reader, &list, false, &definition->off_days, &definition->off_count) &&
           pick_days(reader, &list, true, &definition->work_days, &definition->work_count);
}
