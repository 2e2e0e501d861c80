/* SPDX-License-Identifier: Apache-2.0
 *
 * Rulebooks of a desk: kept in the store with the time zones they were installed with, so that a
 * new tzdata never changes what has been decided. */
#include <string.h>

#include "community/rulebook.h"
#include "default_allocator.h"
#include "desk_state.h"
#include "failure.h"
#include "identity.h"
#include "json.h"
#include "memory.h"
#include "plan.h"
#include "text.h"
#include "zone_file.h"

#define DOCUMENT_RULEBOOK "rulebook"
#define DOCUMENT_ZONE "zone"
#define SETTING_CURRENT "rulebook"

static const struct cm_json_limits zone_limits = {.size_max = 1u << 20, .depth_max = 8};

/* ---- zones as documents ---- */

static void write_zone(struct cm_buffer *out, const struct cm_zone *zone)
{
    cm_buffer_string(out, "{\"changes\":[");
    for (size_t i = 0; i < zone->count; i++) {
        cm_buffer_string(out, i == 0 ? "[" : ",[");
        cm_buffer_integer(out, zone->changes[i].at);
        cm_buffer_byte(out, ',');
        cm_buffer_integer(out, zone->changes[i].offset_seconds);
        cm_buffer_byte(out, ']');
    }
    cm_buffer_string(out, "],\"first\":");
    cm_buffer_integer(out, zone->first_offset_seconds);
    cm_buffer_string(out, ",\"name\":");
    cm_json_write_text(out, zone->name);
    cm_buffer_byte(out, '}');
}

static bool is_pair_of_integers(const struct cm_value *item)
{
    return item->type == CM_LIST && item->as.list.count == 2 &&
           item->as.list.items[0].type == CM_INT && item->as.list.items[1].type == CM_INT;
}

static enum community_status read_zone(const struct cm_zone **out, struct cm_arena *arena,
                                       struct community_text text)
{
    struct cm_value value;
    int64_t first;
    const enum community_status status = cm_json_read(&value, arena, text, &zone_limits, NULL);
    if (status != COMMUNITY_OK)
        return status;
    const struct cm_value *list = cm_value_member(&value, "changes");
    struct cm_zone *zone = cm_arena_allocate_zeroed(arena, sizeof(*zone));
    if (list == NULL || list->type != CM_LIST ||
        !cm_value_member_as_integer(&value, "first", &first))
        return COMMUNITY_CORRUPT;
    struct cm_zone_change *changes = cm_arena_array(arena, list->as.list.count, sizeof(*changes));
    if (zone == NULL || changes == NULL)
        return COMMUNITY_NO_MEMORY;
    for (size_t i = 0; i < list->as.list.count; i++) {
        const struct cm_value *item = &list->as.list.items[i];
        if (!is_pair_of_integers(item))
            return COMMUNITY_CORRUPT;
        changes[i] =
            (struct cm_zone_change){.at = item->as.list.items[0].as.integer,
                                    .offset_seconds = (int32_t)item->as.list.items[1].as.integer};
    }
    zone->name = cm_value_member_as_text(&value, "name");
    zone->first_offset_seconds = (int32_t)first;
    zone->count = list->as.list.count;
    zone->changes = changes;
    *out = zone;
    return COMMUNITY_OK;
}

/* "<rulebook hash>/<zone>" names the table that the rulebook was installed with. */
static void zone_document_name(struct cm_buffer *out, struct community_text hash,
                               struct community_text zone)
{
    cm_buffer_text(out, hash);
    cm_buffer_byte(out, '/');
    cm_buffer_text(out, zone);
}

struct pinned_zones {
    struct community_desk *desk;
    struct community_text hash;
};

static enum community_status pinned_zone(void *userdata, const struct cm_zone **out,
                                         struct cm_arena *arena, struct community_text name,
                                         struct community_error *err)
{
    struct pinned_zones *pinned = userdata;
    struct community_desk *desk = pinned->desk;
    struct community_text body;
    struct cm_buffer document;
    cm_buffer_init(&document, &desk->allocator);
    zone_document_name(&document, pinned->hash, name);
    enum community_status status =
        document.failed ? cm_fail_memory(err)
                        : desk->store.document(desk->store.self, &body, CM_TEXT(DOCUMENT_ZONE),
                                               cm_buffer_view(&document), err);
    cm_buffer_free(&document);
    if (status == COMMUNITY_OK)
        status = read_zone(out, arena, body);
    if (status == COMMUNITY_NO_MEMORY)
        return cm_fail_memory(err);
    if (status == COMMUNITY_NOT_FOUND || status == COMMUNITY_CORRUPT)
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, name);
    return status;
}

/* ---- rulebooks in use ---- */

static const struct community_rulebook *find_loaded(const struct community_desk *desk,
                                                    struct community_text hash)
{
    for (size_t i = desk->rulebook_count; i > 0; i--) {
        if (cm_text_is(hash, desk->rulebooks[i - 1]->hash))
            return desk->rulebooks[i - 1];
    }
    return NULL;
}

static enum community_status keep_loaded(struct community_desk *desk,
                                         struct community_rulebook *rulebook,
                                         struct community_error *err)
{
    struct community_rulebook **grown = cm_reallocate_array(
        &desk->allocator, desk->rulebooks, desk->rulebook_count + 1, sizeof(*grown));
    if (grown == NULL) {
        cm_rulebook_free(rulebook);
        return cm_fail_memory(err);
    }
    desk->rulebooks = grown;
    desk->rulebooks[desk->rulebook_count++] = rulebook;
    return COMMUNITY_OK;
}

enum community_status cm_desk_rulebook(const struct community_rulebook **out,
                                       struct community_desk *desk, struct community_text hash,
                                       struct community_error *err)
{
    *out = find_loaded(desk, hash);
    if (*out != NULL)
        return COMMUNITY_OK;
    struct community_text stored;
    enum community_status status =
        desk->store.document(desk->store.self, &stored, CM_TEXT(DOCUMENT_RULEBOOK), hash, err);
    if (status == COMMUNITY_NOT_FOUND)
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, CM_TEXT(DOCUMENT_RULEBOOK));
    if (status != COMMUNITY_OK)
        return status;
    /* Loading asks the store for zones, which ends the borrowing of `stored`. */
    struct cm_buffer text;
    cm_buffer_init(&text, &desk->allocator);
    cm_buffer_text(&text, stored);
    struct pinned_zones pinned = {.desk = desk, .hash = hash};
    const struct cm_rulebook_needs needs = {.zones = {.zone = pinned_zone, .userdata = &pinned},
                                            .digest = cm_desk_digest,
                                            .digest_userdata = desk};
    struct community_rulebook *rulebook = NULL;
    struct community_error own = {0};
    status = text.failed ? cm_fail_memory(&own)
                         : cm_rulebook_load(&rulebook, &desk->allocator, cm_buffer_view(&text),
                                            (struct community_text){0}, &needs, &own);
    cm_buffer_free(&text);
    /* It was read without fault when it was installed. */
    if (status == COMMUNITY_INVALID)
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, CM_TEXT(DOCUMENT_RULEBOOK));
    if (status != COMMUNITY_OK) {
        cm_fail_copy(err, &own);
        return status;
    }
    if (!cm_text_is(hash, rulebook->hash)) {
        cm_rulebook_free(rulebook);
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, CM_TEXT(DOCUMENT_RULEBOOK));
    }
    status = keep_loaded(desk, rulebook, err);
    if (status == COMMUNITY_OK)
        *out = rulebook;
    return status;
}

static enum community_status learn_current(struct community_desk *desk, struct community_error *err)
{
    if (desk->current_is_known)
        return COMMUNITY_OK;
    struct community_text hash;
    const enum community_status status =
        desk->store.setting(desk->store.self, &hash, CM_TEXT(SETTING_CURRENT), err);
    if (status != COMMUNITY_OK && status != COMMUNITY_NOT_FOUND)
        return status;
    memset(desk->current, 0, sizeof(desk->current));
    if (status == COMMUNITY_OK) {
        if (hash.size != sizeof(desk->current) - 1)
            return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, CM_TEXT(SETTING_CURRENT));
        memcpy(desk->current, hash.data, hash.size);
    }
    desk->current_is_known = true;
    return COMMUNITY_OK;
}

enum community_status cm_desk_current_rulebook(const struct community_rulebook **out,
                                               struct community_desk *desk,
                                               struct community_error *err)
{
    *out = NULL;
    const enum community_status status = learn_current(desk, err);
    if (status != COMMUNITY_OK || desk->current[0] == '\0')
        return status;
    return cm_desk_rulebook(out, desk, cm_text(desk->current), err);
}

struct community_text community_desk_rulebook_hash(struct community_desk *desk)
{
    if (cm_desk_enter(desk, NULL) != COMMUNITY_OK || learn_current(desk, NULL) != COMMUNITY_OK ||
        desk->current[0] == '\0')
        return (struct community_text){0};
    return cm_text(desk->current);
}

/* ---- installing ---- */

static enum community_status put_zones(struct community_desk *desk,
                                       const struct community_rulebook *rulebook,
                                       struct community_error *err)
{
    struct cm_buffer name;
    struct cm_buffer body;
    enum community_status status = COMMUNITY_OK;
    cm_buffer_init(&name, &desk->allocator);
    cm_buffer_init(&body, &desk->allocator);
    for (size_t i = 0; status == COMMUNITY_OK && i < rulebook->zone_count; i++) {
        cm_buffer_clear(&name);
        cm_buffer_clear(&body);
        zone_document_name(&name, cm_text(rulebook->hash), rulebook->zones[i]->name);
        write_zone(&body, rulebook->zones[i]);
        struct community_text known;
        if (name.failed || body.failed) {
            status = cm_fail_memory(err);
            break;
        }
        status = desk->store.document(desk->store.self, &known, CM_TEXT(DOCUMENT_ZONE),
                                      cm_buffer_view(&name), err);
        if (status == COMMUNITY_NOT_FOUND)
            status = desk->store.put_document(desk->store.self, CM_TEXT(DOCUMENT_ZONE),
                                              cm_buffer_view(&name), cm_buffer_view(&body), err);
    }
    cm_buffer_free(&name);
    cm_buffer_free(&body);
    return status;
}

/* The same rules in another layout have the same hash: the first text stays. */
static enum community_status put_text(struct community_desk *desk,
                                      const struct community_rulebook *rulebook,
                                      struct community_error *err)
{
    struct community_text known;
    const enum community_status status = desk->store.document(
        desk->store.self, &known, CM_TEXT(DOCUMENT_RULEBOOK), cm_text(rulebook->hash), err);
    if (status != COMMUNITY_NOT_FOUND)
        return status;
    return desk->store.put_document(desk->store.self, CM_TEXT(DOCUMENT_RULEBOOK),
                                    cm_text(rulebook->hash), rulebook->source, err);
}

enum community_status cm_desk_zone_digest(uint8_t out[32], struct community_desk *desk,
                                          struct community_text hash, struct community_text zone,
                                          struct community_error *err)
{
    struct community_text body;
    struct cm_buffer name;
    cm_buffer_init(&name, &desk->allocator);
    zone_document_name(&name, hash, zone);
    enum community_status status =
        name.failed ? cm_fail_memory(err)
                    : desk->store.document(desk->store.self, &body, CM_TEXT(DOCUMENT_ZONE),
                                           cm_buffer_view(&name), err);
    cm_buffer_free(&name);
    if (status == COMMUNITY_OK && !cm_digest_of(desk->digest, out, body))
        return cm_fail_memory(err);
    return status;
}

/* {"Asia/Shanghai": "<SHA-256 of its table>"}: the journal holds the zones as it holds the rules.
 */
static enum community_status zones_value(struct cm_value *out, struct cm_plan *plan,
                                         const struct community_rulebook *rulebook,
                                         struct community_error *err)
{
    *out = cm_value_new_object(plan->arena, rulebook->zone_count);
    if (cm_value_is_broken(out))
        return cm_fail_memory(err);
    for (size_t i = 0; i < rulebook->zone_count; i++) {
        uint8_t digest[32];
        char hex[65];
        const struct community_text zone = rulebook->zones[i]->name;
        const enum community_status status =
            cm_desk_zone_digest(digest, plan->desk, cm_text(rulebook->hash), zone, err);
        if (status != COMMUNITY_OK)
            return status;
        cm_hex_format(hex, digest, sizeof(digest));
        const struct community_text kept = cm_arena_text(plan->arena, cm_text(hex));
        if (kept.data == NULL)
            return cm_fail_memory(err);
        cm_value_put_text(out, zone, cm_value_text(kept));
    }
    return COMMUNITY_OK;
}

static enum community_status journal_install(struct community_desk *desk,
                                             const struct community_rulebook *rulebook,
                                             struct community_text actor,
                                             struct community_error *err)
{
    struct cm_plan plan;
    enum community_status status = cm_plan_init(&plan, desk, err);
    if (status != COMMUNITY_OK)
        return status;
    struct cm_value zones;
    struct cm_value data = cm_value_new_object(plan.arena, 4);
    if (cm_value_is_broken(&data))
        return cm_fail_memory(err);
    status = zones_value(&zones, &plan, rulebook, err);
    if (status != COMMUNITY_OK)
        return status;
    cm_value_put(&data, "hash", cm_value_text(cm_text(rulebook->hash)));
    cm_value_put(&data, "name", cm_value_text(rulebook->name));
    cm_value_put(&data, "version", cm_value_text(rulebook->version));
    cm_value_put(&data, "zones", zones);
    const struct cm_plain_change change = {
        .space = CM_TEXT(CM_SPACE_RULEBOOK),
        .external_id = cm_text(rulebook->hash),
        .command = CM_TEXT("install"),
        .actor = actor,
        .at = plan.now,
        .data = &data,
    };
    status = cm_plan_plain(&plan, &change, err);
    if (status == COMMUNITY_OK)
        status = cm_plan_append(&plan, NULL, err);
    return status;
}

static enum community_status install(struct community_desk *desk,
                                     const struct community_rulebook *rulebook,
                                     struct community_text actor, struct community_error *err)
{
    enum community_status status = learn_current(desk, err);
    if (status != COMMUNITY_OK || strcmp(desk->current, rulebook->hash) == 0)
        return status;
    status = put_text(desk, rulebook, err);
    if (status == COMMUNITY_OK)
        status = put_zones(desk, rulebook, err);
    if (status == COMMUNITY_OK)
        status = desk->store.put_setting(desk->store.self, CM_TEXT(SETTING_CURRENT),
                                         cm_text(rulebook->hash), err);
    if (status == COMMUNITY_OK)
        status = journal_install(desk, rulebook, actor, err);
    desk->current_is_known = false;
    return status;
}

enum community_status community_desk_install(struct community_desk *desk,
                                             const struct community_rulebook *rulebook,
                                             struct community_text actor,
                                             struct community_error *err)
{
    enum community_status status = cm_desk_enter(desk, err);
    if (status != COMMUNITY_OK)
        return status;
    if (desk->is_read_only)
        return cm_fail_plain(err, COMMUNITY_UNSUPPORTED, CM_CODE_DESK_READ_ONLY);
    const bool was_in_batch = desk->in_batch;
    status = cm_desk_begin(desk, err);
    if (status == COMMUNITY_OK)
        status = install(desk, rulebook, actor, err);
    if (status != COMMUNITY_OK)
        cm_desk_rollback(desk);
    else if (!was_in_batch)
        status = cm_desk_commit(desk, err);
    return status;
}

/* ---- rulebooks without a desk ---- */

static enum community_status system_zone(void *userdata, const struct cm_zone **out,
                                         struct cm_arena *arena, struct community_text name,
                                         struct community_error *err)
{
    (void)userdata;
    return cm_zone_file_read(out, arena, NULL, name, err);
}

static bool digest_once(void *userdata, uint8_t out[32], struct community_text bytes)
{
    return cm_digest_of(userdata, out, bytes);
}

enum community_status community_rulebook_load(struct community_rulebook **rulebook_out,
                                              struct community_text text,
                                              struct community_text source,
                                              const struct community_allocator *allocator,
                                              struct community_error *err)
{
    *rulebook_out = NULL;
    if (allocator == NULL)
        allocator = cm_default_allocator();
    struct cm_digest *digest = cm_digest_new(allocator);
    if (digest == NULL)
        return cm_fail_memory(err);
    const struct cm_rulebook_needs needs = {
        .zones = {.zone = system_zone}, .digest = digest_once, .digest_userdata = digest};
    const enum community_status status =
        cm_rulebook_load(rulebook_out, allocator, text, source, &needs, err);
    cm_digest_free(digest);
    return status;
}

void community_rulebook_free(struct community_rulebook *rulebook)
{
    if (rulebook != NULL)
        cm_rulebook_free(rulebook);
}

struct community_text community_rulebook_hash(const struct community_rulebook *rulebook)
{
    return cm_text(rulebook->hash);
}

struct community_text community_rulebook_name(const struct community_rulebook *rulebook)
{
    return rulebook->name;
}

struct community_text community_rulebook_version(const struct community_rulebook *rulebook)
{
    return rulebook->version;
}

struct community_text community_rulebook_lifecycle(const struct community_rulebook *rulebook,
                                                   size_t index)
{
    return index < rulebook->lifecycle_count ? rulebook->lifecycles[index].name
                                             : (struct community_text){0};
}

struct community_text community_rulebook_calendar(const struct community_rulebook *rulebook,
                                                  size_t index)
{
    return index < rulebook->calendar_count ? cm_calendar_name(rulebook->calendars[index])
                                            : (struct community_text){0};
}
