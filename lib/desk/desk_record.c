/* SPDX-License-Identifier: Apache-2.0
 *
 * Records from their rows. */
#include <string.h>

#include "desk_state.h"
#include "failure.h"
#include "identity.h"
#include "packed.h"
#include "text.h"

enum community_status cm_desk_read_record(struct cm_record *out, struct cm_arena *arena,
                                          struct community_desk *desk,
                                          const struct community_store_record *row,
                                          struct community_error *err)
{
    const struct community_store_record kept = *row;
    const struct community_text lifecycle_name = cm_arena_text(arena, row->lifecycle);
    struct cm_value value;
    const enum cm_packed_result result = cm_packed_read(&value, arena, row->snapshot);
    if (result == CM_PACKED_NO_MEMORY || lifecycle_name.data == NULL)
        return cm_fail_memory(err);
    const struct community_rulebook *rulebook = NULL;
    enum community_status status = COMMUNITY_CORRUPT;
    if (result == CM_PACKED_READ)
        status =
            cm_desk_rulebook(&rulebook, desk, cm_value_member_as_text(&value, "rulebook"), err);
    if (status != COMMUNITY_OK && status != COMMUNITY_CORRUPT)
        return status;
    const struct cm_lifecycle *lifecycle =
        rulebook != NULL ? cm_rulebook_lifecycle(rulebook, lifecycle_name) : NULL;
    if (lifecycle != NULL)
        status = cm_record_from_value(out, arena, lifecycle, &value);
    if (status == COMMUNITY_NO_MEMORY)
        return cm_fail_memory(err);
    if (status != COMMUNITY_OK || lifecycle == NULL) {
        char id[CM_ID_TEXT_SIZE];
        cm_id_format(id, &kept.id);
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, cm_text(id));
    }
    out->id = kept.id;
    out->version = kept.version;
    memcpy(out->hash, kept.hash, sizeof(out->hash));
    return COMMUNITY_OK;
}

enum community_status cm_desk_find_row(struct community_store_record *out,
                                       struct community_desk *desk, struct community_text words,
                                       struct community_error *err)
{
    struct community_id id;
    if (cm_text_starts_with(words, "@"))
        return desk->store.load_external(desk->store.self, out, CM_TEXT(CM_SPACE_TICKET),
                                         cm_text_from(words, 1), err);
    if (!cm_id_parse(words, &id))
        return COMMUNITY_NOT_FOUND;
    const enum community_status status = desk->store.load(desk->store.self, out, &id, err);
    /* Units, people and grants are records too, but not matters that one can move. */
    if (status == COMMUNITY_OK && out->lifecycle.size == 0)
        return COMMUNITY_NOT_FOUND;
    return status;
}

enum community_status cm_desk_load(struct cm_record *out, struct cm_arena *arena,
                                   struct community_desk *desk, struct community_text words,
                                   struct community_error *err)
{
    struct community_store_record row;
    const enum community_status status = cm_desk_find_row(&row, desk, words, err);
    if (status == COMMUNITY_NOT_FOUND)
        return cm_fail(err, status, CM_CODE_RECORD_NOT_FOUND, words);
    if (status != COMMUNITY_OK)
        return status;
    return cm_desk_read_record(out, arena, desk, &row, err);
}
