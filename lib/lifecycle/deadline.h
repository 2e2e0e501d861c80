/* SPDX-License-Identifier: Apache-2.0
 *
 * A running deadline: start, pause, resume, extend, end, and its timers. Each function changes a
 * copy of the state; false means that the calendar does not know *unknown_year, and nothing
 * changed. */
#ifndef CM_DEADLINE_H
#define CM_DEADLINE_H

#include "record.h"

/* What every step of a deadline needs to know. */
struct cm_deadline_scene {
    const struct cm_lifecycle *lifecycle;
    const struct cm_deadline *deadline;
    const struct cm_value *at_value; /* of {"at": field}; NULL or null: no value */
    community_time_ms now;
    int32_t unknown_year; /* set on false */
};

/* A deadline bound to an empty time field stays idle. */
bool cm_deadline_start(struct cm_deadline_state *state, struct cm_deadline_scene *scene);
bool cm_deadline_pause(struct cm_deadline_state *state, struct cm_deadline_scene *scene);
bool cm_deadline_resume(struct cm_deadline_state *state, struct cm_deadline_scene *scene);
bool cm_deadline_extend(struct cm_deadline_state *state, struct cm_deadline_scene *scene,
                        const struct cm_duration *by);
void cm_deadline_end(struct cm_deadline_state *state, struct cm_deadline_scene *scene, bool met);
/* Goes on with its old due time after it had ended: rework. */
void cm_deadline_go_on(struct cm_deadline_state *state, struct cm_deadline_scene *scene);

/* What happens when its next timer fires. */
void cm_deadline_fire(struct cm_deadline_state *state, struct cm_deadline_scene *scene);

/* Whether an instant, and the millisecond after it, lies in the years that RFC 3339 can write. */
bool cm_time_is_writable(community_time_ms time);

/* The due time of any duration of the lifecycle; elapsed ones need no calendar. False too when it
 * is not writable: no calendar knows the year 10000. */
bool cm_lifecycle_due(community_time_ms *due_out, const struct cm_lifecycle *lifecycle,
                      community_time_ms start, const struct cm_duration *duration,
                      int32_t *unknown_year_out);

/* The unit in which a deadline counts, as an enum cm_duration_unit: elapsed for {"at": field}. */
uint8_t cm_deadline_unit(const struct cm_deadline *deadline);

#endif
