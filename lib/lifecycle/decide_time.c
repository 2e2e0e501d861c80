/* SPDX-License-Identifier: Apache-2.0
 *
 * When a thing happened, and whether it may be entered now. */
#include "deadline.h"
#include "decide_steps.h"

/* Whether [from, to] is longer than the lifecycle lets people enter things late. A limit that the
 * calendar cannot count is no limit that was kept. */
static bool is_later_than_allowed(const struct cm_lifecycle *lifecycle, community_time_ms from,
                                  community_time_ms to)
{
    community_time_ms limit;
    int32_t unknown_year;
    if (!cm_lifecycle_due(&limit, lifecycle, from, &lifecycle->backdate_at_most, &unknown_year))
        return true;
    return to > limit;
}

static void refuse_time(const struct cm_decide_scene *scene, enum cm_code code,
                        community_time_ms time)
{
    cm_decide_no(scene, code, cm_decide_time_text(scene, time), (struct community_text){0});
}

void cm_decide_times(const struct cm_decide_scene *scene)
{
    const struct cm_request *request = scene->request;
    struct cm_decision *decision = scene->decision;
    if (request->at > request->now)
        refuse_time(scene, CM_CODE_IN_THE_FUTURE, request->at);
    if (request->at < request->now && !scene->is_importer &&
        is_later_than_allowed(scene->record->lifecycle, request->at, request->now))
        refuse_time(scene, CM_CODE_BACKDATED, request->at);
    if (scene->is_importer &&
        is_later_than_allowed(scene->record->lifecycle, request->at, request->recorded_at))
        decision->outcome.flags |= CM_OUTCOME_FLAG_BACKFILLED;
    if (request->at >= scene->record->changed_at)
        return;
    if (scene->is_importer)
        decision->outcome.flags |= CM_OUTCOME_FLAG_OUT_OF_ORDER;
    else
        refuse_time(scene, CM_CODE_BEFORE_LAST_ENTRY, scene->record->changed_at);
}

static void refuse_unknown_year(const struct cm_decide_scene *scene, int32_t year)
{
    cm_decide_no(scene, CM_CODE_CALENDAR_UNKNOWN, scene->rule, cm_decide_number_text(scene, year));
}

void cm_decide_window(const struct cm_decide_scene *scene, const struct cm_transition *transition)
{
    const struct cm_record *record = scene->record;
    community_time_ms bound;
    int32_t year;
    if (transition->has_within) {
        if (!cm_lifecycle_due(&bound, record->lifecycle, record->entered_at, &transition->within,
                              &year))
            refuse_unknown_year(scene, year);
        else if (scene->request->at > bound)
            cm_decide_no(scene, CM_CODE_TOO_LATE, scene->rule, cm_decide_time_text(scene, bound));
    }
    if (transition->has_after) {
        if (!cm_lifecycle_due(&bound, record->lifecycle, record->entered_at, &transition->after,
                              &year))
            refuse_unknown_year(scene, year);
        else if (scene->request->at < bound)
            cm_decide_no(scene, CM_CODE_TOO_EARLY, scene->rule, cm_decide_time_text(scene, bound));
    }
}
