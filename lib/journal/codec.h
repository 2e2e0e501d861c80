/* SPDX-License-Identifier: Apache-2.0
 *
 * Outcomes and records as plain data and back. What is written here stands in entries for ever:
 * outcome members are part of entry v1. */
#ifndef CM_CODEC_H
#define CM_CODEC_H

#include "community/status.h"
#include "outcome.h"

/* The form {"commitment": "<hex>"} that stands for a personal value. */
struct cm_value cm_commitment_value(struct cm_arena *arena, struct community_text commitment);
/* The hex of such a form, {NULL, 0} for anything else. */
struct community_text cm_commitment_text(const struct cm_value *value);

/* Finds the value behind a commitment; NULL when it was erased. */
typedef const struct cm_value *cm_reveal_fn(void *userdata, struct community_text commitment);

/* A broken value (cm_value_is_broken) or a failed buffer later tells that memory ran out; `ok_out`
 * says it at once. */
struct cm_value cm_outcome_to_value(struct cm_arena *arena, const struct cm_lifecycle *lifecycle,
                                    const struct cm_outcome *outcome, bool *ok_out);
/* COMMUNITY_CORRUPT when it does not fit the lifecycle; COMMUNITY_NO_MEMORY. `reveal` may be NULL:
 * then personal values stay unknown. */
enum community_status cm_outcome_from_value(struct cm_outcome *out, struct cm_arena *arena,
                                            const struct cm_lifecycle *lifecycle,
                                            const struct cm_value *value, cm_reveal_fn *reveal,
                                            void *userdata);

/* The record's row in the store: everything but id, version, hash and lifecycle, which the row has
 * beside it. Personal values stand in it with their commitments, for erasing takes them out. */
struct cm_value cm_record_to_value(struct cm_arena *arena, const struct cm_record *record,
                                   bool *ok_out);
enum community_status cm_record_from_value(struct cm_record *out, struct cm_arena *arena,
                                           const struct cm_lifecycle *lifecycle,
                                           const struct cm_value *value);

/* One deadline as people and entries see it; `offset_minutes` for the times. */
struct cm_value cm_deadline_to_value(struct cm_arena *arena, const struct cm_deadline_state *state,
                                     bool *ok_out);
const char *cm_deadline_status_word(uint8_t status);
const char *cm_effect_word(uint8_t kind);
struct cm_value cm_effect_to_value(struct cm_arena *arena, const struct cm_effect *effect,
                                   bool *ok_out);
/* RFC 3339 text of a time, in the arena; UTC for 0. */
struct cm_value cm_time_to_value(struct cm_arena *arena, community_time_ms time,
                                 int32_t offset_minutes, bool *ok_out);
struct cm_value cm_id_to_value(struct cm_arena *arena, const struct community_id *id, bool *ok_out);

#endif
