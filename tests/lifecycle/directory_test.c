/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is who: coverage, validity, delegation. */
#include "directory.h"

#include <criterion/criterion.h>

#include "text.h"

#define ALWAYS .from = INT64_MIN, .to = INT64_MAX
#define UNIT(name, above, territory)                                                               \
    {                                                                                              \
        .id = CM_TEXT(name), .parent = CM_TEXT(above), .area = CM_TEXT(territory), ALWAYS          \
    }

/* A county with two streets; a water bureau beside them whose territory is the county, with a team
 * that belongs to the bureau and works in the east street. Ascending by id. */
static const struct cm_unit units[] = {
    UNIT("bureau", "", "county"),
    UNIT("circle-a", "circle-b", ""),
    UNIT("circle-b", "circle-a", ""),
    {.id = CM_TEXT("closed"), .parent = CM_TEXT("county"), .from = 1000, .to = 2000},
    UNIT("county", "", ""),
    UNIT("east", "county", ""),
    UNIT("east-1", "east", ""),
    UNIT("own-area", "east", "own-area"),
    UNIT("team", "bureau", "east"),
    UNIT("west", "county", ""),
};
static const struct cm_directory directory = {.units = units,
                                              .unit_count = sizeof(units) / sizeof(units[0])};

static bool covers(const char *unit, const char *place)
{
    return cm_directory_covers(&directory, cm_text(unit), cm_text(place));
}

Test(directory, units_are_found_by_id)
{
    for (size_t i = 0; i < directory.unit_count; i++)
        cr_assert(cm_directory_unit(&directory, units[i].id) == &units[i]);
    cr_assert(cm_directory_unit(&directory, CM_TEXT("")) == NULL);
    cr_assert(cm_directory_unit(&directory, CM_TEXT("eas")) == NULL);
    cr_assert(cm_directory_unit(&directory, CM_TEXT("zebra")) == NULL);
    const struct cm_directory empty = {0};
    cr_assert(cm_directory_unit(&empty, CM_TEXT("east")) == NULL);
}

Test(directory, coverage_goes_up_by_area_and_by_parent_where_there_is_none)
{
    cr_assert(covers("east", "east"));
    cr_assert(covers("east", "east-1"));
    cr_assert(covers("county", "east-1"));
    cr_assert(!covers("west", "east-1"));
    cr_assert(!covers("east-1", "east"), "coverage never goes down");

    cr_assert(covers("bureau", "east-1"), "its territory is the county");
    cr_assert(covers("bureau", "county"));
    cr_assert(covers("east", "team"), "the team works in the east street");
    cr_assert(covers("county", "team"));
    cr_assert(covers("team", "east-1"), "the team's territory is the east street");
    cr_assert(!covers("team", "west"));

    cr_assert(covers("east", "own-area"), "a unit that is its own area lies where its parent lies");
}

Test(directory, unknown_units_cover_only_themselves)
{
    cr_assert(covers("nowhere", "nowhere"));
    cr_assert(!covers("nowhere", "east"));
    cr_assert(!covers("county", "nowhere"));
    cr_assert(!covers("county", ""));
}

Test(directory, circles_end)
{
    cr_assert(!covers("county", "circle-a"));
    cr_assert(covers("circle-b", "circle-a"));
    const struct community_text above = cm_directory_above(&directory, CM_TEXT("circle-a"), 1000);
    cr_assert(cm_text_is(above, "circle-a"));
}

Test(directory, above_follows_the_organisation)
{
    cr_assert(cm_text_is(cm_directory_above(&directory, CM_TEXT("team"), 0), "team"));
    cr_assert(cm_text_is(cm_directory_above(&directory, CM_TEXT("team"), 1), "bureau"));
    cr_assert(cm_directory_above(&directory, CM_TEXT("team"), 2).data == NULL);
    cr_assert(cm_directory_above(&directory, CM_TEXT("nowhere"), 1).data == NULL);
    cr_assert(cm_text_is(cm_directory_above(&directory, CM_TEXT("east-1"), 2), "county"));
}

#define GRANT(who, what, where)                                                                    \
    {                                                                                              \
        .person = CM_TEXT(who), .role = CM_TEXT(what), .unit = CM_TEXT(where), ALWAYS              \
    }
#define DELEGATE(who, what, where, of)                                                             \
    {                                                                                              \
        .person = CM_TEXT(who), .role = CM_TEXT(what), .unit = CM_TEXT(where),                     \
        .delegate_of = CM_TEXT(of), ALWAYS                                                         \
    }

/* Ascending by person, role, unit. */
static const struct cm_grant grants[] = {
    GRANT("an", "handler", "east"),
    GRANT("an", "handler", "west"),
    GRANT("an", "operator", "county"),
    DELEGATE("bo", "handler", "east", "an"),
    DELEGATE("bo", "handler", "team", "an"),
    DELEGATE("bo", "supervisor", "east", "an"),
    DELEGATE("cy", "handler", "east", "bo"),
    {.person = CM_TEXT("di"),
     .role = CM_TEXT("handler"),
     .unit = CM_TEXT("east"),
     .from = 100,
     .to = 200},
    DELEGATE("ed", "handler", "east", "di"),
    GRANT("fu", "handler", "closed"),
    GRANT("gu", "handler", "not-in-directory"),
    DELEGATE("hu", "handler", "east", "hu"),
};
static const struct cm_directory full = {.units = units,
                                         .unit_count = sizeof(units) / sizeof(units[0]),
                                         .grants = grants,
                                         .grant_count = sizeof(grants) / sizeof(grants[0])};

static bool holds_at_unit(const char *person, const char *role, const char *unit,
                          community_time_ms at)
{
    const struct cm_grant_question question = {
        .person = cm_text(person), .role = cm_text(role), .unit = cm_text(unit), .at = at};
    return cm_directory_grant(&full, &question) != NULL;
}

static bool holds_for_place(const char *person, const char *role, const char *place)
{
    const struct cm_grant_question question = {
        .person = cm_text(person), .role = cm_text(role), .place = cm_text(place), .at = 0};
    return cm_directory_grant(&full, &question) != NULL;
}

Test(directory, a_grant_is_of_one_person_role_and_unit)
{
    cr_assert(holds_at_unit("an", "handler", "east", 0));
    cr_assert(holds_at_unit("an", "handler", "west", 0));
    cr_assert(!holds_at_unit("an", "handler", "county", 0));
    cr_assert(!holds_at_unit("an", "supervisor", "east", 0));
    cr_assert(!holds_at_unit("a", "handler", "east", 0));
    cr_assert(!holds_at_unit("zo", "handler", "east", 0));

    cr_assert(holds_for_place("an", "operator", "east-1"));
    cr_assert(holds_for_place("an", "handler", "east-1"));
    cr_assert(!holds_for_place("an", "handler", "county"));
    cr_assert(holds_for_place("an", "handler", ""), "no place: any unit will do");
}

Test(directory, a_grant_holds_from_its_first_to_before_its_last_moment)
{
    cr_assert(!holds_at_unit("di", "handler", "east", 99));
    cr_assert(holds_at_unit("di", "handler", "east", 100));
    cr_assert(holds_at_unit("di", "handler", "east", 199));
    cr_assert(!holds_at_unit("di", "handler", "east", 200));

    cr_assert(!holds_at_unit("fu", "handler", "closed", 999), "the unit is not there yet");
    cr_assert(holds_at_unit("fu", "handler", "closed", 1000));
    cr_assert(!holds_at_unit("fu", "handler", "closed", 2000), "the unit is gone");
    cr_assert(holds_at_unit("gu", "handler", "not-in-directory", 0));
}

Test(directory, a_delegation_holds_while_the_own_grant_does)
{
    cr_assert(holds_at_unit("bo", "handler", "east", 0));
    cr_assert(holds_at_unit("bo", "handler", "team", 0), "the other's covers it");
    cr_assert(!holds_at_unit("bo", "supervisor", "east", 0), "the other has none of this role");
    cr_assert(!holds_at_unit("cy", "handler", "east", 0), "a delegation is not passed on");
    cr_assert(!holds_at_unit("ed", "handler", "east", 99));
    cr_assert(holds_at_unit("ed", "handler", "east", 100));
    cr_assert(!holds_at_unit("ed", "handler", "east", 200));
    cr_assert(!holds_at_unit("hu", "handler", "east", 0), "nobody stands in for themselves");
}

Test(directory, a_role_is_held_by_somebody_or_by_nobody)
{
    cr_assert(cm_directory_has_role(&full, CM_TEXT("operator"), 0));
    cr_assert(cm_directory_has_role(&full, CM_TEXT("handler"), 0));
    cr_assert(!cm_directory_has_role(&full, CM_TEXT("administrator"), 0));
    cr_assert(!cm_directory_has_role(&directory, CM_TEXT("operator"), 0));
}
