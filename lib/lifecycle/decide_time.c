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
    if (to <= from)
        return false;
    if (!cm_lifecycle_due(&limit, lifecycle, from, &lifecycle->backdate_at_most, &unknown_year))
        return true;
    return to > limit;
}

static void refuse_time(const struct cm_decide_scene *scene, enum cm_code code,
                        community_time_ms time)
{
    cm_decide_no(scene, code, cm_decide_time_text(scene, time), (struct community_text){0});
}

/* When its source recorded it; without a source that is now. */
static void check_recorded_at(const struct cm_decide_scene *scene)
{
    const struct cm_request *request = scene->request;
    if (request->recorded_at == request->now)
        return;
    if (!scene->is_importer)
        cm_decide_no(scene, CM_CODE_IMPORTERS_ONLY, request->actor, (struct community_text){0});
    else if (request->recorded_at > request->now)
        refuse_time(scene, CM_CODE_IN_THE_FUTURE, request->recorded_at);
    else if (!cm_time_is_writable(request->recorded_at))
        refuse_time(scene, CM_CODE_BACKDATED, request->recorded_at);
}

/* Nobody, importer or not, can enter what cannot be written down. */
static bool is_backdated(const struct cm_decide_scene *scene)
{
    const struct cm_request *request = scene->request;
    if (request->at >= request->now)
        return false;
    return !cm_time_is_writable(request->at) ||
           (!scene->is_importer &&
            is_later_than_allowed(scene->record->lifecycle, request->at, request->now));
}

void cm_decide_times(const struct cm_decide_scene *scene)
{
    const struct cm_request *request = scene->request;
    struct cm_decision *decision = scene->decision;
    if (request->at > request->now)
        refuse_time(scene, CM_CODE_IN_THE_FUTURE, request->at);
    if (is_backdated(scene))
        refuse_time(scene, CM_CODE_BACKDATED, request->at);
    check_recorded_at(scene);
    if (scene->is_importer &&
        is_later_than_allowed(scene->record->lifecycle, request->at, request->recorded_at))
        decision->outcome.flags |= CM_OUTCOME_FLAG_BACKFILLED;
    /* Timers do not count: whether they have fired yet must not decide what may be entered late. */
    if (request->at >= scene->record->moved_at)
        return;
    if (scene->is_importer)
        decision->outcome.flags |= CM_OUTCOME_FLAG_OUT_OF_ORDER;
    else
        refuse_time(scene, CM_CODE_BEFORE_LAST_ENTRY, scene->record->moved_at);
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
