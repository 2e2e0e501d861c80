/* SPDX-License-Identifier: Apache-2.0
 *
 * Firing what is due, whether anybody looked at the record or not. */
#include "deadline.h"
#include "failure.h"
#include "plan.h"

/* So many timers share a transaction; between two of them a caller may stop. */
enum { BATCH_SIZE = 500 };

/* Fires the one timer that is first among all records. *count_out: entries written; *done_out:
 * there is none. */
static enum community_status fire_first(struct community_desk *desk, community_time_ms now,
                                        int64_t *count_out, bool *done_out,
                                        struct community_error *err)
{
    struct community_store_record row;
    struct cm_plan plan;
    struct cm_plan_record *record;
    bool fired;
    cm_arena_reset(&desk->arena);
    enum community_status status = cm_plan_init(&plan, desk, err);
    if (status != COMMUNITY_OK)
        return status;
    status = desk->store.next_timer(desk->store.self, &row, now, err);
    *done_out = status == COMMUNITY_NOT_FOUND;
    if (*done_out)
        return COMMUNITY_OK;
    if (status == COMMUNITY_OK)
        status = cm_plan_take(&record, &plan, &row, err);
    if (status == COMMUNITY_OK)
        status = cm_plan_first_timer(&plan, record, now, &fired, err);
    if (status == COMMUNITY_OK)
        status = cm_plan_settle(&plan, err);
    if (status != COMMUNITY_OK)
        return status;
    /* Where the rules let nothing fire yet, the row still learns that it was looked at. */
    record->is_touched = true;
    *count_out += (int64_t)plan.entry_count;
    return cm_plan_append(&plan, NULL, err);
}

static enum community_status fire_batch(struct community_desk *desk, community_time_ms now,
                                        int64_t *count_out, bool *done_out,
                                        struct community_error *err)
{
    enum community_status status = cm_desk_begin(desk, err);
    int64_t count = 0;
    *done_out = false;
    for (int i = 0; status == COMMUNITY_OK && !*done_out && i < BATCH_SIZE; i++)
        status = fire_first(desk, now, &count, done_out, err);
    if (status != COMMUNITY_OK) {
        cm_desk_rollback(desk);
        return status;
    }
    status = cm_desk_commit(desk, err);
    if (status == COMMUNITY_OK)
        *count_out += count;
    return status;
}

enum community_status
community_desk_tick(struct community_desk *desk, community_time_ms now, int64_t *fired_out,
                    int (*progress)(void *userdata, int64_t done, int64_t total), void *userdata,
                    struct community_error *err)
{
    int64_t fired = 0;
    bool done = false;
    enum community_status status = cm_desk_enter(desk, err);
    if (fired_out != NULL)
        *fired_out = 0;
    if (status != COMMUNITY_OK)
        return status;
    if (desk->is_read_only)
        return cm_fail_plain(err, COMMUNITY_UNSUPPORTED, CM_CODE_DESK_READ_ONLY);
    if (desk->in_batch)
        return cm_fail_plain(err, COMMUNITY_INVALID, CM_CODE_BATCH_OPEN);
    if (now != COMMUNITY_TIME_NOW && !cm_time_is_writable(now))
        return cm_fail_plain(err, COMMUNITY_INVALID, CM_CODE_TIME_RANGE);
    const community_time_ms moved_to = desk->moved_to;
    if (now != COMMUNITY_TIME_NOW && now > moved_to)
        desk->moved_to = now;
    const community_time_ms until = now != COMMUNITY_TIME_NOW ? now : cm_desk_now(desk);
    while (status == COMMUNITY_OK && !done) {
        status = fire_batch(desk, until, &fired, &done, err);
        if (status == COMMUNITY_OK && !done && progress != NULL &&
            progress(userdata, fired, 0) != 0)
            status = cm_fail_plain(err, COMMUNITY_CANCELLED, CM_CODE_CANCELLED);
    }
    /* What was written holds the desk's now where it was written; the rest did not happen. */
    if (status != COMMUNITY_OK)
        desk->moved_to = moved_to;
    if (fired_out != NULL)
        *fired_out = fired;
    return status;
}
