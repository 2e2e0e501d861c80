/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as an entry of the journal, its outcome as one of a small lifecycle. What is accepted
 * is a fact that evolve can take. */
#include <stdlib.h>

#include "default_allocator.h"
#include "entry.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cm_field fields[] = {
    {.name = CM_TEXT("subject"), .type = CM_FIELD_TEXT, .data_class = CM_PERSONAL},
    {.name = CM_TEXT("lead_unit"), .type = CM_FIELD_UNIT},
};
static const struct cm_state states[] = {
    {.name = CM_TEXT("new")},
    {.name = CM_TEXT("done"), .is_final = true},
};
static const int32_t first_state[] = {0};
static const struct cm_transition transitions[] = {
    {.name = CM_TEXT("close"),
     .from_count = 1,
     .from = first_state,
     .to = 1,
     .extends = CM_NONE,
     .at_most_per = CM_NONE},
};
static const struct cm_deadline deadlines[] = {
    {.name = CM_TEXT("resolve"), .from_count = 1, .from = first_state, .at_field = CM_NONE},
};
static const struct cm_lifecycle lifecycle = {
    .name = CM_TEXT("request"),
    .kind = CM_TEXT("ticket"),
    .field_count = 2,
    .fields = fields,
    .state_count = 2,
    .states = states,
    .transition_count = 1,
    .transitions = transitions,
    .deadline_count = 1,
    .deadlines = deadlines,
    .place_field = CM_NONE,
    .unit_field = 1,
    .rating_field = CM_NONE,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cm_arena arena;
    struct cm_entry_view entry;
    struct cm_outcome outcome;
    struct cm_record record;
    cm_arena_init(&arena, cm_default_allocator(), 4096);
    const struct community_text body = {(const char *)data, size};
    if (cm_entry_read(&entry, &arena, body) == COMMUNITY_OK &&
        cm_outcome_from_value(&outcome, &arena, &lifecycle, entry.outcome, NULL, NULL) ==
            COMMUNITY_OK) {
        if (!cm_record_make(&record, &arena, &lifecycle))
            abort();
        outcome.occurred_at = entry.occurred_at;
        if (!cm_evolve(&record, &arena, &outcome) || record.version != 1)
            abort();
        (void)cm_record_due(&record);
    }
    cm_arena_free(&arena);
    return 0;
}
