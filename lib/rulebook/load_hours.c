/* SPDX-License-Identifier: Apache-2.0
 *
 * Office hours of a calendar: {"mon-fri": ["08:00-12:00", "14:00-17:30"], "make-up": […]}. */
#include <string.h>

#include "rulebook_reader.h"

enum { WEEKDAY_COUNT = 7, DAY_MINUTES = 24 * 60, HOURS_TEXT_SIZE = 11 };

static const char weekday_words[WEEKDAY_COUNT][4] = {
    "mon", "tue", "wed", "thu", "fri", "sat", "sun",
};

static int weekday_of(struct community_text word)
{
    for (int day = 0; day < WEEKDAY_COUNT; day++) {
        if (cm_text_is(word, weekday_words[day]))
            return day;
    }
    return -1;
}

/* "mon" or "mon-fri" as a set of bits; 0 when it is neither. */
static uint32_t days_of_item(struct community_text item)
{
    if (item.size == 3) {
        const int day = weekday_of(item);
        return day < 0 ? 0 : UINT32_C(1) << day;
    }
    if (item.size != 7 || item.data[3] != '-')
        return 0;
    const int first = weekday_of((struct community_text){item.data, 3});
    const int last = weekday_of(cm_text_from(item, 4));
    if (first < 0 || last <= first)
        return 0;
    uint32_t days = 0;
    for (int day = first; day <= last; day++)
        days |= UINT32_C(1) << day;
    return days;
}

/* "mon,wed-fri": every day named, each once. */
static bool days_of_key(struct cm_reader *reader, const struct cm_member *member, uint32_t *out)
{
    struct community_text rest = member->name;
    *out = 0;
    for (;;) {
        const char *comma = rest.size > 0 ? (const char *)memchr(rest.data, ',', rest.size) : NULL;
        const size_t size = comma ? (size_t)(comma - rest.data) : rest.size;
        const uint32_t days = days_of_item((struct community_text){rest.data, size});
        if (days == 0)
            return cm_refuse(reader, member->name_offset, CM_CODE_BAD_WEEKDAY, member->name);
        if (*out & days)
            return cm_refuse(reader, member->name_offset, CM_CODE_WEEKDAY_TWICE, member->name);
        *out |= days;
        if (!comma)
            return true;
        rest = cm_text_from(rest, size + 1);
    }
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* "08:00" of five bytes as minutes, or -1. */
static int32_t minute_of(const char *words)
{
    if (!is_digit(words[0]) || !is_digit(words[1]) || words[2] != ':' || !is_digit(words[3]) ||
        !is_digit(words[4]))
        return -1;
    const int32_t hour = (words[0] - '0') * 10 + (words[1] - '0');
    const int32_t minute = (words[3] - '0') * 10 + (words[4] - '0');
    return minute > 59 || hour * 60 + minute > DAY_MINUTES ? -1 : hour * 60 + minute;
}

static bool parse_span(struct community_text words, struct cm_span *out)
{
    if (words.size != HOURS_TEXT_SIZE || words.data[5] != '-')
        return false;
    out->from_minute = minute_of(words.data);
    out->to_minute = minute_of(words.data + 6);
    return out->from_minute >= 0 && out->to_minute > out->from_minute;
}

static bool load_spans(struct cm_reader *reader, const struct cm_value *list, struct cm_hours *out)
{
    if (!cm_shape_value(reader, list, CM_SHAPE_LIST) ||
        !cm_shape_items(reader, list, CM_SHAPE_TEXT, false))
        return false;

    const size_t count = list->as.list.count;
    struct cm_span *spans =
        (struct cm_span *)cm_arena_array(reader->arena, count, sizeof(struct cm_span));
    if (!spans)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < count; i++) {
        const struct cm_value *item = &list->as.list.items[i];
        if (!parse_span(item->as.text, &spans[i]))
            return cm_refuse(reader, item->offset, CM_CODE_BAD_HOURS, item->as.text);
        if (i > 0 && spans[i].from_minute < spans[i - 1].to_minute)
            return cm_refuse(reader, item->offset, CM_CODE_HOURS_OVERLAP, item->as.text);
    }
    *out = (struct cm_hours){.count = count, .spans = spans};
    return true;
}

bool cm_load_hours(struct cm_reader *reader, struct cm_calendar_definition *definition,
                   const struct cm_value *tree)
{
    uint32_t given = 0;
    bool has_any = false;
    for (size_t i = 0; i < tree->as.object.count; i++) {
        const struct cm_member *member = &tree->as.object.members[i];
        if (cm_text_is(member->name, "make-up")) {
            if (!load_spans(reader, &member->value, &definition->make_up_hours))
                return false;
            if (definition->make_up_hours.count == 0)
                return cm_refuse_plain(reader, member->value.offset, CM_CODE_EMPTY_LIST);
            continue;
        }

        uint32_t days;
        struct cm_hours hours = {.count = 0};
        if (!days_of_key(reader, member, &days))
            return false;
        if (given & days)
            return cm_refuse(reader, member->name_offset, CM_CODE_WEEKDAY_TWICE, member->name);
        given |= days;
        if (!load_spans(reader, &member->value, &hours))
            return false;
        has_any = has_any || hours.count > 0;
        for (int day = 0; day < WEEKDAY_COUNT; day++) {
            if (days & (UINT32_C(1) << day))
                definition->weekday_hours[day] = hours;
        }
    }
    if (!has_any)
        return cm_refuse_plain(reader, tree->offset, CM_CODE_NO_HOURS);
    return true;
}
