/* SPDX-License-Identifier: Apache-2.0
 *
 * A rulebook from text: read, hashed, compiled, and freed as one. */
#include "rulebook.h"

#include <assert.h>

#include "identity.h"
#include "json.h"
#include "memory.h"
#include "rulebook_reader.h"

enum { BLOCK_SIZE = 16384 };

enum rulebook_key {
    RULEBOOK_NAME,
    RULEBOOK_VERSION,
    RULEBOOK_CALENDARS,
    RULEBOOK_LIFECYCLES,
    RULEBOOK_BASE,
    RULEBOOK_BASE_HASH,
    RULEBOOK_PARAMETERS,
    RULEBOOK_TABLES,
    RULEBOOK_REASONS,
    RULEBOOK_FACTS,
    RULEBOOK_REGISTERS,
    RULEBOOK_DUTIES,
    RULEBOOK_ADMISSION,
    RULEBOOK_EVALUATIONS,
    RULEBOOK_KEY_COUNT
};

static const struct cm_key rulebook_keys[RULEBOOK_KEY_COUNT] = {
    [RULEBOOK_NAME] = {"rulebook", CM_SHAPE_TEXT | CM_SHAPE_REQUIRED},
    [RULEBOOK_VERSION] = {"version", CM_SHAPE_TEXT | CM_SHAPE_REQUIRED},
    [RULEBOOK_CALENDARS] = {"calendars", CM_SHAPE_OBJECT},
    [RULEBOOK_LIFECYCLES] = {"lifecycles", CM_SHAPE_OBJECT},
    [RULEBOOK_BASE] = {"base", CM_SHAPE_NOT_YET},
    [RULEBOOK_BASE_HASH] = {"base_hash", CM_SHAPE_NOT_YET},
    [RULEBOOK_PARAMETERS] = {"parameters", CM_SHAPE_NOT_YET},
    [RULEBOOK_TABLES] = {"tables", CM_SHAPE_NOT_YET},
    [RULEBOOK_REASONS] = {"reasons", CM_SHAPE_NOT_YET},
    [RULEBOOK_FACTS] = {"facts", CM_SHAPE_NOT_YET},
    [RULEBOOK_REGISTERS] = {"registers", CM_SHAPE_NOT_YET},
    [RULEBOOK_DUTIES] = {"duties", CM_SHAPE_NOT_YET},
    [RULEBOOK_ADMISSION] = {"admission", CM_SHAPE_NOT_YET},
    [RULEBOOK_EVALUATIONS] = {"evaluations", CM_SHAPE_NOT_YET},
};

static bool make_hash(struct cm_reader *reader, struct community_rulebook *rulebook,
                      const struct cm_rulebook_needs *needs, const struct cm_value *tree)
{
    uint8_t digest[32];
    struct cm_buffer buffer;
    cm_buffer_init(&buffer, &rulebook->allocator);
    cm_json_write(&buffer, tree);
    const bool is_done =
        !buffer.failed && needs->digest(needs->digest_userdata, digest, cm_buffer_view(&buffer));
    cm_buffer_free(&buffer);
    if (!is_done)
        return cm_refuse_memory(reader);
    cm_hex_format(rulebook->hash, digest, sizeof(digest));
    return true;
}

static bool load_tree(struct cm_reader *reader, struct community_rulebook *rulebook,
                      const struct cm_rulebook_needs *needs, const struct cm_value *tree)
{
    const struct cm_value *found[RULEBOOK_KEY_COUNT];
    if (!cm_shape_object(reader, tree, rulebook_keys, RULEBOOK_KEY_COUNT, found))
        return false;
    rulebook->name = found[RULEBOOK_NAME]->as.text;
    rulebook->version = found[RULEBOOK_VERSION]->as.text;
    if (found[RULEBOOK_CALENDARS] &&
        !cm_load_calendars(reader, rulebook, &needs->zones, found[RULEBOOK_CALENDARS]))
        return false;
    if (found[RULEBOOK_LIFECYCLES] &&
        !cm_load_lifecycles(reader, rulebook, found[RULEBOOK_LIFECYCLES]))
        return false;
    return make_hash(reader, rulebook, needs, tree);
}

static enum community_status load_text(struct community_rulebook *rulebook,
                                       struct community_text text,
                                       const struct cm_rulebook_needs *needs,
                                       struct community_error *err)
{
    struct cm_value tree;
    struct cm_reader reader = {
        .text = text, .arena = &rulebook->arena, .err = err, .status = COMMUNITY_OK};
    const enum community_status status =
        cm_json_read(&tree, &rulebook->arena, text, &cm_json_rulebook_limits, err);
    if (status != COMMUNITY_OK)
        return status;
    rulebook->source = cm_arena_text(&rulebook->arena, text);
    if (!rulebook->source.data)
        return cm_fail_memory(err);
    load_tree(&reader, rulebook, needs, &tree);
    return reader.status;
}

enum community_status
cm_rulebook_load(struct community_rulebook **out, const struct community_allocator *allocator,
                 struct community_text text, struct community_text source_name,
                 const struct cm_rulebook_needs *needs, struct community_error *err)
{
    assert(allocator);
    assert(needs->digest);
    assert(needs->zones.zone);

    *out = NULL;
    struct community_rulebook *rulebook =
        (struct community_rulebook *)cm_allocate_zeroed(allocator, sizeof(*rulebook));
    if (!rulebook)
        return cm_fail_memory(err);
    rulebook->allocator = *allocator;
    cm_arena_init(&rulebook->arena, &rulebook->allocator, BLOCK_SIZE);

    const enum community_status status = load_text(rulebook, text, needs, err);
    if (status != COMMUNITY_OK) {
        cm_fail_in(err, source_name);
        cm_rulebook_free(rulebook);
        return status;
    }
    *out = rulebook;
    return COMMUNITY_OK;
}

void cm_rulebook_free(struct community_rulebook *rulebook)
{
    if (!rulebook)
        return;
    /* The allocator must outlive what it allocated. */
    const struct community_allocator allocator = rulebook->allocator;
    cm_arena_free(&rulebook->arena);
    cm_release(&allocator, rulebook);
}

const struct cm_lifecycle *cm_rulebook_lifecycle(const struct community_rulebook *rulebook,
                                                 struct community_text name)
{
    for (size_t i = 0; i < rulebook->lifecycle_count; i++) {
        if (cm_text_equal(rulebook->lifecycles[i].name, name))
            return &rulebook->lifecycles[i];
    }
    return NULL;
}

const struct cm_calendar *cm_rulebook_calendar(const struct community_rulebook *rulebook,
                                               struct community_text name)
{
    if (!name.data)
        return rulebook->calendar_count == 1 ? rulebook->calendars[0] : NULL;
    for (size_t i = 0; i < rulebook->calendar_count; i++) {
        if (cm_text_equal(cm_calendar_name(rulebook->calendars[i]), name))
            return rulebook->calendars[i];
    }
    return NULL;
}
