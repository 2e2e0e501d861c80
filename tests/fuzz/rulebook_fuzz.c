/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a rulebook: loaded or refused with a place, and what is loaded loads again from its
 * own text, to the same hash, with all its indexes in range. Zones and digests are stand-ins, so
 * that nothing but the loader is tried. */
#include "rulebook.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "default_allocator.h"
#include "failure.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static enum community_status stand_in_zone(void *userdata, const struct cm_zone **out,
                                           struct cm_arena *arena, struct community_text name,
                                           struct community_error *err)
{
    (void)userdata;
    if (!cm_text_starts_with(name, "Asia/") && !cm_text_starts_with(name, "Europe/"))
        return cm_fail(err, COMMUNITY_NOT_FOUND, CM_CODE_UNKNOWN_ZONE, name);
    struct cm_zone *zone = cm_arena_allocate_zeroed(arena, sizeof(*zone));
    if (!zone)
        return cm_fail_memory(err);
    zone->name = name;
    zone->first_offset_seconds = 8 * 3600;
    *out = zone;
    return COMMUNITY_OK;
}

/* Mixes well enough to tell two documents apart. */
static bool stand_in_digest(void *userdata, uint8_t out[32], struct community_text bytes)
{
    (void)userdata;
    uint64_t state = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < bytes.size; i++)
        state = (state ^ (unsigned char)bytes.data[i]) * UINT64_C(1099511628211);
    memset(out, 0, 32);
    memcpy(out, &state, sizeof(state));
    return true;
}

static const struct cm_rulebook_needs needs = {
    .zones = {.zone = stand_in_zone},
    .digest = stand_in_digest,
};

static void check_indexes(const int32_t *indexes, size_t count, size_t limit)
{
    for (size_t i = 0; i < count; i++)
        require(indexes[i] >= 0 && (size_t)indexes[i] < limit);
}

static void check_optional(int32_t index, size_t limit)
{
    require(index >= CM_NONE && (index == CM_NONE || (size_t)index < limit));
}

static void check_transition(const struct cm_lifecycle *lifecycle,
                             const struct cm_transition *transition)
{
    check_indexes(transition->from, transition->from_count, lifecycle->state_count);
    check_optional(transition->to, lifecycle->state_count);
    check_indexes(transition->requires, transition->require_count, lifecycle->field_count);
    check_optional(transition->at_most_per, lifecycle->field_count);
    check_optional(transition->extends, lifecycle->deadline_count);
    check_indexes(transition->pauses, transition->pause_count, lifecycle->deadline_count);
    check_indexes(transition->resumes, transition->resume_count, lifecycle->deadline_count);
    for (size_t i = 0; i < transition->role_count; i++)
        check_optional(transition->roles[i].field, lifecycle->field_count);
    for (size_t i = 0; i < transition->ask_count; i++)
        check_optional(transition->asks[i].field, lifecycle->field_count);

    /* A final state is left by what reopens, and by nothing else. */
    for (size_t i = 0; i < transition->from_count && transition->to != CM_NONE; i++)
        require(lifecycle->states[transition->from[i]].is_final == transition->reopens);
}

static void check_deadline(const struct cm_lifecycle *lifecycle, const struct cm_deadline *deadline)
{
    check_indexes(deadline->from, deadline->from_count, lifecycle->state_count);
    check_indexes(deadline->until, deadline->until_count, lifecycle->state_count);
    check_indexes(deadline->pause_in, deadline->pause_in_count, lifecycle->state_count);
    check_optional(deadline->at_field, lifecycle->field_count);
    require(deadline->allows_at == (deadline->at_field != CM_NONE));
    require(deadline->warning_count <= CM_WARNING_COUNT_MAX);
    require(deadline->step_count <= CM_BREACH_STEP_COUNT_MAX);
    for (size_t i = 0; i < deadline->step_count; i++)
        check_optional(deadline->steps[i].to_field, lifecycle->field_count);
}

static void check_lifecycle(const struct cm_lifecycle *lifecycle)
{
    size_t grouped = 0;
    check_indexes(&lifecycle->start, 1, lifecycle->state_count);
    check_optional(lifecycle->place_field, lifecycle->field_count);
    check_optional(lifecycle->unit_field, lifecycle->field_count);
    check_optional(lifecycle->rating_field, lifecycle->field_count);
    for (size_t i = 0; i < lifecycle->transition_count; i++)
        check_transition(lifecycle, &lifecycle->transitions[i]);
    for (size_t i = 0; i < lifecycle->deadline_count; i++)
        check_deadline(lifecycle, &lifecycle->deadlines[i]);
    for (size_t i = 0; i < lifecycle->group_count; i++) {
        require(lifecycle->groups[i].first == grouped);
        grouped += lifecycle->groups[i].count;
        require(cm_lifecycle_group(lifecycle, lifecycle->groups[i].name) == &lifecycle->groups[i]);
    }
    require(grouped == lifecycle->transition_count);
}

static void check_loaded(const struct community_rulebook *rulebook)
{
    struct community_rulebook *again = NULL;
    for (size_t i = 0; i < rulebook->lifecycle_count; i++)
        check_lifecycle(&rulebook->lifecycles[i]);
    require(cm_rulebook_load(&again, cm_default_allocator(), rulebook->source, CM_TEXT("again"),
                             &needs, NULL) == COMMUNITY_OK);
    require(strcmp(again->hash, rulebook->hash) == 0);
    cm_rulebook_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct community_error err = {0};
    struct community_rulebook *rulebook = NULL;
    const struct community_text text = {(const char *)data, size};
    const enum community_status status =
        cm_rulebook_load(&rulebook, cm_default_allocator(), text, CM_TEXT("fuzz"), &needs, &err);
    require((status == COMMUNITY_OK) == (rulebook != NULL));
    if (rulebook) {
        check_loaded(rulebook);
        cm_rulebook_free(rulebook);
        return 0;
    }
    require(err.status == status);
    require(status == COMMUNITY_INVALID || status == COMMUNITY_UNSUPPORTED ||
            status == COMMUNITY_NOT_FOUND);
    require(err.line > 0 && err.column > 0);
    require(cm_code_find(cm_text(err.code)) != CM_CODE_NONE);
    require(cm_utf8_is_valid(cm_text(err.message), NULL));
    require(cm_utf8_is_valid(cm_text(err.message_zh), NULL));
    return 0;
}
