/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions to the directory: binary searches and short walks upwards. */
#include "directory.h"

#include "text.h"

/* No organisation is this deep; a longer walk is a circle. */
enum { HEIGHT_MAX = 64 };

const struct cm_unit *cm_directory_unit(const struct cm_directory *directory,
                                        struct community_text id)
{
    size_t low = 0;
    size_t high = directory->unit_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = cm_text_compare(directory->units[middle].id, id);
        if (order == 0)
            return &directory->units[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int cm_grant_compare(const struct cm_grant *a, const struct cm_grant *b)
{
    const int by_person = cm_text_compare(a->person, b->person);
    if (by_person != 0)
        return by_person;
    const int by_role = cm_text_compare(a->role, b->role);
    if (by_role != 0)
        return by_role;
    return cm_text_compare(a->unit, b->unit);
}

/* The first grant that is not before (person, role). */
static size_t grant_lower_bound(const struct cm_directory *directory, struct community_text person,
                                struct community_text role)
{
    const struct cm_grant wanted = {.person = person, .role = role};
    size_t low = 0;
    size_t high = directory->grant_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (cm_grant_compare(&directory->grants[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where one comes going up by area, and by parent where a unit names no area of its own. */
static struct community_text territory_above(const struct cm_unit *unit)
{
    if (unit->area.size > 0 && !cm_text_equal(unit->area, unit->id))
        return unit->area;
    return unit->parent;
}

bool cm_directory_covers(const struct cm_directory *directory, struct community_text unit,
                         struct community_text place)
{
    const struct cm_unit *granted = cm_directory_unit(directory, unit);
    const struct community_text area = granted != NULL ? granted->area : (struct community_text){0};
    struct community_text here = place;
    for (int height = 0; height < HEIGHT_MAX && here.size > 0; height++) {
        if (cm_text_equal(here, unit))
            return true;
        if (area.size > 0 && cm_text_equal(here, area))
            return true;
        const struct cm_unit *standing = cm_directory_unit(directory, here);
        if (standing == NULL)
            return false;
        here = territory_above(standing);
    }
    return false;
}

static bool unit_is_valid(const struct cm_directory *directory, struct community_text id,
                          community_time_ms at)
{
    const struct cm_unit *unit = cm_directory_unit(directory, id);
    return unit == NULL || (unit->from <= at && at < unit->to);
}

static bool grant_holds(const struct cm_directory *directory, const struct cm_grant *grant,
                        const struct cm_grant_question *question)
{
    if (question->at < grant->from || question->at >= grant->to)
        return false;
    if (question->unit.data != NULL && !cm_text_equal(grant->unit, question->unit))
        return false;
    if (question->place.size > 0 && !cm_directory_covers(directory, grant->unit, question->place))
        return false;
    return unit_is_valid(directory, grant->unit, question->at);
}

/* Their own grant must be at the same unit or at one that covers it; a delegation of a delegation
 * does not count. */
const struct cm_grant *cm_directory_principal(const struct cm_directory *directory,
                                              const struct cm_grant *grant, community_time_ms at)
{
    if (grant->delegate_of.size == 0)
        return NULL;
    const struct cm_grant_question question = {.place = grant->unit, .at = at};
    size_t index = grant_lower_bound(directory, grant->delegate_of, grant->role);
    for (; index < directory->grant_count; index++) {
        const struct cm_grant *own = &directory->grants[index];
        if (!cm_text_equal(own->person, grant->delegate_of) ||
            !cm_text_equal(own->role, grant->role))
            return NULL;
        if (own->delegate_of.size == 0 && grant_holds(directory, own, &question))
            return own;
    }
    return NULL;
}

const struct cm_grant *cm_directory_grant(const struct cm_directory *directory,
                                          const struct cm_grant_question *question)
{
    size_t index = grant_lower_bound(directory, question->person, question->role);
    for (; index < directory->grant_count; index++) {
        const struct cm_grant *grant = &directory->grants[index];
        if (!cm_text_equal(grant->person, question->person) ||
            !cm_text_equal(grant->role, question->role))
            return NULL;
        if (grant_holds(directory, grant, question) &&
            (grant->delegate_of.size == 0 ||
             cm_directory_principal(directory, grant, question->at) != NULL))
            return grant;
    }
    return NULL;
}

bool cm_directory_has_role(const struct cm_directory *directory, struct community_text role,
                           community_time_ms at)
{
    for (size_t i = 0; i < directory->grant_count; i++) {
        const struct cm_grant *grant = &directory->grants[i];
        if (cm_text_equal(grant->role, role) && grant->from <= at)
            return true;
    }
    return false;
}

struct community_text cm_directory_above(const struct cm_directory *directory,
                                         struct community_text unit, int32_t steps)
{
    struct community_text here = unit;
    for (int32_t i = 0; i < steps; i++) {
        const struct cm_unit *standing = cm_directory_unit(directory, here);
        if (standing == NULL || standing->parent.size == 0)
            return (struct community_text){0};
        here = standing->parent;
    }
    return here;
}
