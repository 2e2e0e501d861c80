/* SPDX-License-Identifier: Apache-2.0
 *
 * Calendars and the zones they name. */
#include "rulebook_reader.h"

enum calendar_key {
    CALENDAR_ZONE,
    CALENDAR_HOURS,
    CALENDAR_YEARS,
    CALENDAR_FIRST_DAY,
    CALENDAR_DAY_ENDS,
    CALENDAR_OUTSIDE_HOURS,
    CALENDAR_REST_DAY,
    CALENDAR_KEY_COUNT
};

static const struct cm_key calendar_keys[CALENDAR_KEY_COUNT] = {
    [CALENDAR_ZONE] = {"zone", CM_SHAPE_TEXT | CM_SHAPE_REQUIRED},
    [CALENDAR_HOURS] = {"hours", CM_SHAPE_OBJECT | CM_SHAPE_REQUIRED},
    [CALENDAR_YEARS] = {"years", CM_SHAPE_OBJECT},
    [CALENDAR_FIRST_DAY] = {"first_day", CM_SHAPE_TEXT},
    [CALENDAR_DAY_ENDS] = {"day_ends", CM_SHAPE_TEXT},
    [CALENDAR_OUTSIDE_HOURS] = {"outside_hours", CM_SHAPE_TEXT},
    [CALENDAR_REST_DAY] = {"rest_day", CM_SHAPE_TEXT},
};

/* In the order of the enums of working_calendar.h. */
static const struct community_text first_day_words[] = {{"skip", 4}, {"count", 5}};
static const struct community_text day_ends_words[] = {
    {"close", 5}, {"midnight", 8}, {"same_time", 9}};
static const struct community_text outside_hours_words[] = {{"from_start", 10},
                                                            {"next_opening", 12}};
static const struct community_text rest_day_words[] = {{"move", 4}, {"keep", 4}};

/* What a misspelt zone is most likely to have meant. */
static const struct community_text usual_zones[] = {
    {"Asia/Shanghai", 13},
    {"Asia/Urumqi", 11},
    {"Asia/Hong_Kong", 14},
    {"Asia/Macau", 10},
    {"Asia/Taipei", 11},
    {"Asia/Singapore", 14},
    {"Asia/Tokyo", 10},
    {"Europe/London", 13},
    {"Europe/Berlin", 13},
    {"America/New_York", 16},
    {"UTC", 3},
};

struct calendar_loader {
    struct cm_reader *reader;
    const struct cm_zone_source *source;
    const struct cm_zone **zones;
    size_t zone_count;
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool load_option(struct cm_reader *reader, const struct cm_value *value,
                        const struct community_text *words, size_t count, uint8_t *out)
{
    return !value || cm_shape_word(reader, value, words, count, out);
}

static bool refuse_zone(struct cm_reader *reader, const struct cm_value *value,
                        const struct community_error *from)
{
    if (from->status != COMMUNITY_NOT_FOUND)
        return cm_refuse_foreign(reader, value->offset, from);
    return cm_refuse_unknown(reader, value->offset, COMMUNITY_NOT_FOUND, CM_CODE_UNKNOWN_ZONE,
                             value->as.text, usual_zones, COUNT_OF(usual_zones));
}

static bool load_zone(struct calendar_loader *loader, const struct cm_value *value,
                      const struct cm_zone **out)
{
    for (size_t i = 0; i < loader->zone_count; i++) {
        if (cm_text_equal(loader->zones[i]->name, value->as.text)) {
            *out = loader->zones[i];
            return true;
        }
    }

    struct community_error error = {.status = COMMUNITY_OK};
    const enum community_status status = loader->source->zone(
        loader->source->userdata, out, loader->reader->arena, value->as.text, &error);
    if (status != COMMUNITY_OK) {
        error.status = status;
        return refuse_zone(loader->reader, value, &error);
    }
    loader->zones[loader->zone_count++] = *out;
    return true;
}

static bool load_options(struct cm_reader *reader, struct cm_calendar_definition *definition,
                         const struct cm_value **found)
{
    return load_option(reader, found[CALENDAR_FIRST_DAY], first_day_words,
                       COUNT_OF(first_day_words), &definition->first_day) &&
           load_option(reader, found[CALENDAR_DAY_ENDS], day_ends_words, COUNT_OF(day_ends_words),
                       &definition->day_ends) &&
           load_option(reader, found[CALENDAR_OUTSIDE_HOURS], outside_hours_words,
                       COUNT_OF(outside_hours_words), &definition->outside_hours) &&
           load_option(reader, found[CALENDAR_REST_DAY], rest_day_words, COUNT_OF(rest_day_words),
                       &definition->rest_day);
}

static bool load_calendar(struct calendar_loader *loader, const struct cm_member *member,
                          struct cm_calendar **out)
{
    struct cm_reader *reader = loader->reader;
    const struct cm_value *found[CALENDAR_KEY_COUNT];
    struct cm_calendar_definition definition = {.name = member->name};
    if (!cm_shape_name(reader, member->name, member->name_offset) ||
        !cm_shape_object(reader, &member->value, calendar_keys, CALENDAR_KEY_COUNT, found) ||
        !load_zone(loader, found[CALENDAR_ZONE], &definition.zone) ||
        !cm_load_hours(reader, &definition, found[CALENDAR_HOURS]) ||
        !load_options(reader, &definition, found))
        return false;
    if (found[CALENDAR_YEARS] && !cm_load_years(reader, &definition, found[CALENDAR_YEARS]))
        return false;

    struct community_error error = {.status = COMMUNITY_OK};
    const enum community_status status = cm_calendar_make(out, reader->arena, &definition, &error);
    if (status != COMMUNITY_OK) {
        error.status = status;
        return cm_refuse_foreign(reader, member->value.offset, &error);
    }
    return true;
}

bool cm_load_calendars(struct cm_reader *reader, struct community_rulebook *rulebook,
                       const struct cm_zone_source *source, const struct cm_value *tree)
{
    const size_t count = tree->as.object.count;
    struct cm_calendar **calendars =
        (struct cm_calendar **)cm_arena_array(reader->arena, count, sizeof(struct cm_calendar *));
    struct calendar_loader loader = {
        .reader = reader,
        .source = source,
        .zones =
            (const struct cm_zone **)cm_arena_array(reader->arena, count, sizeof(struct cm_zone *)),
    };
    if (!calendars || !loader.zones)
        return cm_refuse_memory(reader);
    for (size_t i = 0; i < count; i++) {
        if (!load_calendar(&loader, &tree->as.object.members[i], &calendars[i]))
            return false;
    }
    rulebook->calendars = calendars;
    rulebook->calendar_count = count;
    rulebook->zones = loader.zones;
    rulebook->zone_count = loader.zone_count;
    return true;
}
