/* SPDX-License-Identifier: Apache-2.0
 *
 * Records and entries as an actor may see them. */
#ifndef CM_VIEW_H
#define CM_VIEW_H

#include "desk_state.h"
#include "ticket.h"

/* One look at one record. */
struct cm_view {
    struct community_desk *desk;
    struct cm_arena *arena;
    const struct cm_record *record;
    struct cm_sight sight;
};

/* Finds out what the actor may see. */
enum community_status cm_view_init(struct cm_view *view, struct community_desk *desk,
                                   struct cm_arena *arena, const struct cm_record *record,
                                   struct community_text actor, struct community_error *err);
/* Whether the actor sees something of this record only on record. */
bool cm_view_is_logged(const struct cm_view *view);
/* Masks what may be seen only on record. */
void cm_view_leave_out_logged(struct cm_view *view);
/* The record as docs/formats.md shows it, without history. `explain`: with the days of each
 * deadline. Two members are left free for the caller. */
struct cm_value cm_view_record(const struct cm_view *view, bool explain, bool *ok_out);
/* One entry of its history. COMMUNITY_CORRUPT when it is not an entry. */
enum community_status cm_view_entry(struct cm_value *out, const struct cm_view *view,
                                    const struct community_store_stored *stored);

#endif
