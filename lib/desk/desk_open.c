/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening and closing a desk, its transactions, its clock and its randomness. */
#include <string.h>
#include <unistd.h>

#include "deadline.h"
#include "default_allocator.h"
#include "desk_state.h"
#include "failure.h"
#include "identity.h"
#include "machine.h"
#include "memory.h"
#include "stores.h"
#include "text.h"

enum { ARENA_BLOCK = 64 * 1024 };

#define SETTING_DESK "desk"

/* 9999-12-31T00:00:00Z */
#define TIME_LAST INT64_C(253402214400000)

/* ---- services ---- */

bool cm_desk_random(void *userdata, uint8_t *bytes, size_t size)
{
    struct community_desk *desk = userdata;
    while (size > 0) {
        if (desk->random_left == 0) {
            if (!desk->random(desk->random_userdata, desk->random_pool, sizeof(desk->random_pool)))
                return false;
            desk->random_left = sizeof(desk->random_pool);
        }
        const size_t taken = size < desk->random_left ? size : desk->random_left;
        desk->random_left -= taken;
        memcpy(bytes, desk->random_pool + desk->random_left, taken);
        bytes += taken;
        size -= taken;
    }
    return true;
}

bool cm_desk_digest(void *userdata, uint8_t out[32], struct community_text bytes)
{
    struct community_desk *desk = userdata;
    return cm_digest_of(desk->digest, out, bytes);
}

bool cm_desk_new_id(struct community_desk *desk, struct community_id *id_out, community_time_ms now)
{
    uint8_t random[10];
    if (!cm_desk_random(desk, random, sizeof(random)))
        return false;
    *id_out = cm_id_make(now, random);
    return true;
}

community_time_ms cm_desk_now(struct community_desk *desk)
{
    community_time_ms now = desk->clock(desk->clock_userdata);
    if (now < desk->last_recorded_at)
        now = desk->last_recorded_at;
    if (now < desk->moved_to)
        now = desk->moved_to;
    /* A clock that shows a year nobody can write is held at the last one. */
    return cm_time_is_writable(now) ? now : TIME_LAST;
}

/* ---- transactions ---- */

enum community_status cm_desk_enter(struct community_desk *desk, struct community_error *err)
{
    if (getpid() != desk->owner)
        return cm_fail_plain(err, COMMUNITY_FORKED, CM_CODE_DESK_FORKED);
    cm_arena_reset(&desk->arena);
    return COMMUNITY_OK;
}

/* What this desk remembers of the store is worth nothing once somebody else has written. */
static void forget(struct community_desk *desk)
{
    cm_directory_cache_forget(&desk->directory);
    desk->current_is_known = false;
    desk->tail_is_known = false;
}

static enum community_status learn_tail(struct community_desk *desk, struct community_error *err)
{
    if (desk->tail_is_known)
        return COMMUNITY_OK;
    const enum community_status status =
        desk->store.tail(desk->store.self, &desk->last_position, &desk->last_recorded_at, err);
    desk->tail_is_known = status == COMMUNITY_OK;
    return status;
}

enum community_status cm_desk_look(struct community_desk *desk, struct community_error *err)
{
    bool changed = false;
    enum community_status status = cm_desk_enter(desk, err);
    if (status != COMMUNITY_OK || desk->in_transaction)
        return status;
    status = desk->store.look(desk->store.self, &changed, err);
    if (status != COMMUNITY_OK)
        return status;
    if (changed)
        forget(desk);
    return learn_tail(desk, err);
}

enum community_status cm_desk_begin(struct community_desk *desk, struct community_error *err)
{
    if (desk->in_transaction)
        return COMMUNITY_OK;
    bool changed = false;
    enum community_status status = desk->store.begin(desk->store.self, &changed, err);
    if (status != COMMUNITY_OK)
        return status;
    desk->in_transaction = true;
    desk->begun_recorded_at = desk->last_recorded_at;
    if (changed)
        forget(desk);
    status = learn_tail(desk, err);
    desk->begun_recorded_at = desk->last_recorded_at;
    if (status != COMMUNITY_OK)
        cm_desk_rollback(desk);
    return status;
}

enum community_status cm_desk_commit(struct community_desk *desk, struct community_error *err)
{
    const enum community_status status = desk->store.commit(desk->store.self, err);
    if (status != COMMUNITY_OK) {
        cm_desk_rollback(desk);
        return status;
    }
    desk->in_transaction = false;
    desk->in_batch = false;
    return COMMUNITY_OK;
}

void cm_desk_rollback(struct community_desk *desk)
{
    if (!desk->in_transaction)
        return;
    desk->store.rollback(desk->store.self);
    desk->in_transaction = false;
    desk->in_batch = false;
    desk->last_recorded_at = desk->begun_recorded_at;
    forget(desk);
}

enum community_status community_desk_begin(struct community_desk *desk, struct community_error *err)
{
    enum community_status status = cm_desk_enter(desk, err);
    if (status == COMMUNITY_OK && desk->in_batch)
        return cm_fail_plain(err, COMMUNITY_INVALID, CM_CODE_BATCH_OPEN);
    if (status == COMMUNITY_OK)
        status = cm_desk_begin(desk, err);
    desk->in_batch = status == COMMUNITY_OK;
    return status;
}

enum community_status community_desk_commit(struct community_desk *desk,
                                            struct community_error *err)
{
    const enum community_status status = cm_desk_enter(desk, err);
    if (status != COMMUNITY_OK)
        return status;
    if (!desk->in_batch)
        return cm_fail_plain(err, COMMUNITY_INVALID, CM_CODE_NO_BATCH);
    return cm_desk_commit(desk, err);
}

void community_desk_rollback(struct community_desk *desk)
{
    if (getpid() == desk->owner)
        cm_desk_rollback(desk);
}

community_time_ms community_desk_now(struct community_desk *desk)
{
    return cm_desk_now(desk);
}

/* ---- opening ---- */

static enum community_status open_sqlite(struct community_desk *desk, struct community_text path,
                                         const struct community_desk_configuration *configuration,
                                         struct community_error *err)
{
    struct cm_sqlite_options options = {.busy_timeout_ms = configuration->busy_timeout_ms};
    if ((configuration->flags & COMMUNITY_DESK_CREATE) != 0)
        options.flags |= CM_SQLITE_CREATE;
    if ((configuration->flags & COMMUNITY_DESK_READ_ONLY) != 0)
        options.flags |= CM_SQLITE_READ_ONLY;
    if ((configuration->flags & COMMUNITY_DESK_SYNC_NORMAL) != 0)
        options.flags |= CM_SQLITE_SYNC_NORMAL;
    const struct community_text name = cm_arena_text(&desk->arena, path);
    if (name.data == NULL)
        return cm_fail_memory(err);
    struct community_error own = {0};
    enum community_status status =
        cm_store_sqlite_open(&desk->store, &desk->allocator, name.data, &options, &own);
    if (status == COMMUNITY_EXISTS) {
        /* Perhaps the making of a desk was cut off: its id tells. */
        options.flags &= ~(uint32_t)CM_SQLITE_CREATE;
        const enum community_status again =
            cm_store_sqlite_open(&desk->store, &desk->allocator, name.data, &options, NULL);
        if (again == COMMUNITY_OK || again == COMMUNITY_NO_MEMORY)
            return again == COMMUNITY_OK ? again : cm_fail_memory(err);
    }
    if (status != COMMUNITY_OK)
        cm_fail_copy(err, &own);
    return status;
}

static bool has_scheme(struct community_text uri)
{
    for (size_t i = 0; i < uri.size && uri.data[i] != '/'; i++) {
        if (uri.data[i] == ':')
            return true;
    }
    return false;
}

static enum community_status open_store(struct community_desk *desk, struct community_text uri,
                                        const struct community_desk_configuration *configuration,
                                        struct community_error *err)
{
    if (configuration->store != NULL) {
        desk->store = *configuration->store;
        return COMMUNITY_OK;
    }
    if (uri.size == 0 || !cm_utf8_is_valid(uri, NULL) || memchr(uri.data, 0, uri.size) != NULL)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_DESK_URI, uri);
    if (cm_text_is(uri, "memory:"))
        return cm_store_memory_open(&desk->store, &desk->allocator, err);
    if (cm_text_starts_with(uri, "sqlite:"))
        return open_sqlite(desk, cm_text_from(uri, strlen("sqlite:")), configuration, err);
    if (cm_text_starts_with(uri, "postgresql:"))
        return cm_fail(err, COMMUNITY_UNSUPPORTED, CM_CODE_DESK_STORE, uri);
    if (has_scheme(uri))
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_DESK_URI, uri);
    return open_sqlite(desk, uri, configuration, err);
}

/* COMMUNITY_NOT_FOUND leaves `err` alone: nobody has given it one. */
static enum community_status find_id(struct community_desk *desk, struct community_error *err)
{
    struct community_text text;
    const enum community_status status =
        desk->store.setting(desk->store.self, &text, CM_TEXT(SETTING_DESK), err);
    if (status != COMMUNITY_OK || cm_id_parse(text, &desk->id))
        return status;
    return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, CM_TEXT(SETTING_DESK));
}

static enum community_status give_id(struct community_desk *desk, struct community_error *err)
{
    char id[CM_ID_TEXT_SIZE];
    if (desk->last_position > 0)
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, CM_TEXT(SETTING_DESK));
    if (!cm_desk_new_id(desk, &desk->id, desk->clock(desk->clock_userdata)))
        return cm_fail_plain(err, COMMUNITY_IO, CM_CODE_NO_RANDOM);
    cm_id_format(id, &desk->id);
    return desk->store.put_setting(desk->store.self, CM_TEXT(SETTING_DESK), cm_text(id), err);
}

/* A desk says its id. One without is new, or its making was cut off between its tables and its id;
 * it gets one, and whoever gives it has made the desk: of two that try, the other finds it there.
 */
static enum community_status learn_id(struct community_desk *desk, bool shall_be_new,
                                      struct community_error *err)
{
    enum community_status status = find_id(desk, err);
    if (status == COMMUNITY_NOT_FOUND && desk->is_read_only)
        return cm_fail(err, COMMUNITY_CORRUPT, CM_CODE_STORE_CONTENT, CM_TEXT(SETTING_DESK));
    if (status == COMMUNITY_NOT_FOUND) {
        status = cm_desk_begin(desk, err);
        if (status == COMMUNITY_OK)
            status = find_id(desk, err);
        if (status == COMMUNITY_NOT_FOUND) {
            status = give_id(desk, err);
            if (status == COMMUNITY_OK)
                return cm_desk_commit(desk, err);
        }
        cm_desk_rollback(desk);
    }
    return status == COMMUNITY_OK && shall_be_new
               ? cm_fail_plain(err, COMMUNITY_EXISTS, CM_CODE_STORE_EXISTS)
               : status;
}

static struct community_desk *new_desk(const struct community_desk_configuration *configuration)
{
    const struct community_allocator *allocator =
        configuration->allocator != NULL ? configuration->allocator : cm_default_allocator();
    struct community_desk *desk = cm_allocate_zeroed(allocator, sizeof(*desk));
    if (desk == NULL)
        return NULL;
    desk->allocator = *allocator;
    desk->owner = getpid();
    desk->clock = configuration->now != NULL ? configuration->now : cm_machine_now;
    desk->clock_userdata = configuration->now_userdata;
    desk->random = configuration->random != NULL ? configuration->random : cm_machine_random;
    desk->random_userdata = configuration->random_userdata;
    desk->is_read_only = (configuration->flags & COMMUNITY_DESK_READ_ONLY) != 0;
    desk->moved_to = INT64_MIN;
    desk->tools = (struct cm_journal_tools){.digest = cm_desk_digest,
                                            .random = cm_desk_random,
                                            .userdata = desk,
                                            .allocator = &desk->allocator};
    cm_arena_init(&desk->arena, &desk->allocator, ARENA_BLOCK);
    cm_buffer_init(&desk->buffer, &desk->allocator);
    cm_directory_cache_init(&desk->directory, &desk->allocator);
    return desk;
}

/* Reads as many members as an older caller knew. */
static struct community_desk_configuration
full_configuration(const struct community_desk_configuration *given)
{
    struct community_desk_configuration full = {.size = sizeof(full)};
    if (given != NULL)
        memcpy(&full, given, given->size < sizeof(full) ? given->size : sizeof(full));
    return full;
}

enum community_status community_desk_open(struct community_desk **desk_out,
                                          struct community_text uri,
                                          const struct community_desk_configuration *configuration,
                                          struct community_error *err)
{
    *desk_out = NULL;
    const struct community_desk_configuration full = full_configuration(configuration);
    struct community_desk *desk = new_desk(&full);
    if (desk == NULL) {
        if (full.store != NULL)
            full.store->close(full.store->self);
        return cm_fail_memory(err);
    }
    enum community_status status = open_store(desk, uri, &full, err);
    if (status == COMMUNITY_OK) {
        desk->digest = cm_digest_new(&desk->allocator);
        status = desk->digest != NULL ? COMMUNITY_OK : cm_fail_memory(err);
    }
    const bool shall_be_new = full.store == NULL && (full.flags & COMMUNITY_DESK_CREATE) != 0;
    if (status == COMMUNITY_OK)
        status = learn_id(desk, shall_be_new, err);
    if (status == COMMUNITY_OK)
        status = learn_tail(desk, err);
    if (status == COMMUNITY_OK)
        *desk_out = desk;
    else
        community_desk_close(desk);
    return status;
}

void community_desk_close(struct community_desk *desk)
{
    if (desk == NULL)
        return;
    if (desk->store.close != NULL)
        desk->store.close(desk->store.self);
    for (size_t i = 0; i < desk->rulebook_count; i++)
        cm_rulebook_free(desk->rulebooks[i]);
    cm_release(&desk->allocator, desk->rulebooks);
    cm_directory_cache_free(&desk->directory);
    cm_digest_free(desk->digest);
    cm_buffer_free(&desk->buffer);
    cm_arena_free(&desk->arena);
    const struct community_allocator allocator = desk->allocator;
    cm_release(&allocator, desk);
}
