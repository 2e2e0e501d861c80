/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a decision, each a question of its own. Private to decide. Each adds its reasons or
 * its changes to the decision and goes on, so that a refusal names everything that is wrong. */
#ifndef CM_DECIDE_STEPS_H
#define CM_DECIDE_STEPS_H

#include "decide.h"

/* What all parts look at. */
struct cm_decide_scene {
    struct cm_decision *decision;
    const struct cm_record *record;
    const struct cm_request *request;
    const struct cm_directory *directory;
    struct community_text rule; /* the transition's name, or "open" */
    bool is_importer;
};

/* One argument reasons; `rule` is the scene's. */
void cm_decide_no(const struct cm_decide_scene *scene, enum cm_code code,
                  struct community_text first, struct community_text second);
struct community_text cm_decide_time_text(const struct cm_decide_scene *scene,
                                          community_time_ms time);
struct community_text cm_decide_number_text(const struct cm_decide_scene *scene, int64_t number);

/* decide_time.c: is `at` allowed at all; sets the flags of the outcome. */
void cm_decide_times(const struct cm_decide_scene *scene);
void cm_decide_window(const struct cm_decide_scene *scene, const struct cm_transition *transition);

/* decide_data.c: what the command brings. */
void cm_decide_opening_data(const struct cm_decide_scene *scene);
void cm_decide_move_data(const struct cm_decide_scene *scene,
                         const struct cm_transition *transition);
void cm_decide_requirements(const struct cm_decide_scene *scene,
                            const struct cm_transition *transition);
void cm_decide_at_most(const struct cm_decide_scene *scene, const struct cm_transition *transition);
/* The value a field will have after the outcome. */
const struct cm_value *cm_decide_field(const struct cm_decide_scene *scene, int32_t field);
/* Notes a change of a field; false when there is no memory. */
bool cm_decide_set_field(struct cm_decision *decision, const struct cm_lifecycle *lifecycle,
                         int32_t field, const struct cm_value *value);

/* decide_deadlines.c: what entering a state and the transition's own words do to the clocks. */
void cm_decide_deadlines(const struct cm_decide_scene *scene,
                         const struct cm_transition *transition, int32_t entered);
void cm_decide_afters(const struct cm_decide_scene *scene, int32_t entered);

#endif
