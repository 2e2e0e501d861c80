/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory in memory: read once from the store, then kept in step with what is written. */
#include <string.h>

#include "desk_state.h"
#include "failure.h"
#include "memory.h"
#include "packed.h"
#include "rfc3339.h"
#include "sort.h"
#include "text.h"

enum { ARENA_BLOCK = 4 * 1024 };

void cm_directory_cache_init(struct cm_directory_cache *cache,
                             const struct community_allocator *allocator)
{
    memset(cache, 0, sizeof(*cache));
    cm_arena_init(&cache->arena, allocator, ARENA_BLOCK);
}

void cm_directory_cache_forget(struct cm_directory_cache *cache)
{
    cm_arena_reset(&cache->arena);
    cache->unit_count = 0;
    cache->grant_count = 0;
    cache->view = (struct cm_directory){0};
    cache->is_loaded = false;
}

void cm_directory_cache_free(struct cm_directory_cache *cache)
{
    cm_release(cache->arena.allocator, cache->units);
    cm_release(cache->arena.allocator, cache->grants);
    cm_arena_free(&cache->arena);
}

static void refresh_view(struct cm_directory_cache *cache)
{
    cache->view = (struct cm_directory){
        .unit_count = cache->unit_count,
        .units = cache->units,
        .grant_count = cache->grant_count,
        .grants = cache->grants,
    };
}

/* One more place at the end of an array that is kept by doubling. */
static bool reserve(const struct community_allocator *allocator, void **array, size_t count,
                    size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    const size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = cm_reallocate_array(allocator, *array, wanted, size);
    if (grown == NULL)
        return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

static bool keep_text(struct cm_directory_cache *cache, struct community_text *out,
                      const struct cm_value *data, const char *name)
{
    *out = cm_value_member_as_text(data, name);
    if (out->data == NULL)
        return true;
    *out = cm_arena_text(&cache->arena, *out);
    return out->data != NULL;
}

static community_time_ms time_or(const struct cm_value *data, const char *name,
                                 community_time_ms otherwise)
{
    community_time_ms time;
    const struct community_text text = cm_value_member_as_text(data, name);
    return text.data != NULL && cm_time_parse(text, &time, NULL) ? time : otherwise;
}

static bool make_unit(struct cm_directory_cache *cache, struct cm_unit *unit,
                      const struct cm_value *data, int64_t version)
{
    *unit = (struct cm_unit){.from = time_or(data, "from", INT64_MIN),
                             .to = time_or(data, "to", INT64_MAX),
                             .version = version};
    return keep_text(cache, &unit->id, data, "id") && keep_text(cache, &unit->kind, data, "kind") &&
           keep_text(cache, &unit->level, data, "level") &&
           keep_text(cache, &unit->parent, data, "parent") &&
           keep_text(cache, &unit->area, data, "area");
}

static bool make_grant(struct cm_directory_cache *cache, struct cm_grant *grant,
                       const struct cm_value *data, int64_t version)
{
    *grant = (struct cm_grant){.from = time_or(data, "from", INT64_MIN),
                               .to = time_or(data, "to", INT64_MAX),
                               .version = version};
    return keep_text(cache, &grant->person, data, "person") &&
           keep_text(cache, &grant->role, data, "role") &&
           keep_text(cache, &grant->unit, data, "unit") &&
           keep_text(cache, &grant->delegate_of, data, "delegate_of");
}

static bool is_revoked(const struct cm_value *data)
{
    return cm_value_member(data, "revoked") != NULL;
}

static bool add_unit(struct cm_directory_cache *cache, const struct cm_value *data, int64_t version)
{
    void *units = cache->units;
    if (!reserve(cache->arena.allocator, &units, cache->unit_count, &cache->unit_capacity,
                 sizeof(*cache->units)))
        return false;
    cache->units = units;
    return make_unit(cache, &cache->units[cache->unit_count++], data, version);
}

static bool add_grant(struct cm_directory_cache *cache, const struct cm_value *data,
                      int64_t version)
{
    void *grants = cache->grants;
    if (is_revoked(data))
        return true;
    if (!reserve(cache->arena.allocator, &grants, cache->grant_count, &cache->grant_capacity,
                 sizeof(*cache->grants)))
        return false;
    cache->grants = grants;
    return make_grant(cache, &cache->grants[cache->grant_count++], data, version);
}

static int compare_units(const void *a, const void *b, void *userdata)
{
    (void)userdata;
    return cm_text_compare(((const struct cm_unit *)a)->id, ((const struct cm_unit *)b)->id);
}

static int compare_grants(const void *a, const void *b, void *userdata)
{
    (void)userdata;
    return cm_grant_compare(a, b);
}

struct loading {
    struct community_desk *desk;
    bool is_unit;
    enum community_status status;
};

static int take_row(void *userdata, const struct community_store_record *row)
{
    struct loading *loading = userdata;
    struct community_desk *desk = loading->desk;
    struct cm_value data;
    const enum cm_packed_result result =
        cm_packed_read(&data, &desk->directory.arena, row->snapshot);
    if (result != CM_PACKED_READ) {
        loading->status = result == CM_PACKED_NO_MEMORY ? COMMUNITY_NO_MEMORY : COMMUNITY_CORRUPT;
        return 1;
    }
    const bool taken = loading->is_unit ? add_unit(&desk->directory, &data, row->version)
                                        : add_grant(&desk->directory, &data, row->version);
    if (!taken)
        loading->status = COMMUNITY_NO_MEMORY;
    return taken ? 0 : 1;
}

static enum community_status load_space(struct community_desk *desk, const char *space,
                                        struct community_error *err)
{
    struct loading loading = {.desk = desk, .is_unit = strcmp(space, CM_SPACE_UNIT) == 0};
    const struct community_store_filter filter = {.space = cm_text(space),
                                                  .due_before = COMMUNITY_TIME_NONE};
    /* That the walk was stopped is not what went wrong. */
    struct community_error own = {0};
    const enum community_status status =
        desk->store.find(desk->store.self, &filter, take_row, &loading, &own);
    if (loading.status == COMMUNITY_NO_MEMORY)
        return cm_fail_memory(err);
    if (loading.status != COMMUNITY_OK)
        return cm_fail(err, loading.status, CM_CODE_STORE_CONTENT, cm_text(space));
    if (status != COMMUNITY_OK)
        cm_fail_copy(err, &own);
    return status;
}

enum community_status cm_desk_directory(const struct cm_directory **out,
                                        struct community_desk *desk, struct community_error *err)
{
    struct cm_directory_cache *cache = &desk->directory;
    *out = &cache->view;
    if (cache->is_loaded)
        return COMMUNITY_OK;
    enum community_status status = load_space(desk, CM_SPACE_UNIT, err);
    if (status == COMMUNITY_OK)
        status = load_space(desk, CM_SPACE_GRANT, err);
    if (status != COMMUNITY_OK) {
        cm_directory_cache_forget(cache);
        return status;
    }
    if (cache->unit_count > 0)
        cm_sort(cache->units, cache->unit_count, sizeof(*cache->units), compare_units, NULL);
    if (cache->grant_count > 0)
        cm_sort(cache->grants, cache->grant_count, sizeof(*cache->grants), compare_grants, NULL);
    refresh_view(cache);
    cache->is_loaded = true;
    return COMMUNITY_OK;
}

/* Puts the last element of a sorted array where it belongs, replacing an equal one. */
static void settle(void *array, size_t *count, size_t size,
                   int (*compare)(const void *, const void *, void *))
{
    char *items = array;
    const size_t last = *count - 1;
    char *newest = items + last * size;
    size_t place = 0;
    size_t high = last;
    while (place < high) {
        const size_t middle = place + (high - place) / 2;
        if (compare(items + middle * size, newest, NULL) < 0)
            place = middle + 1;
        else
            high = middle;
    }
    union {
        struct cm_unit unit;
        struct cm_grant grant;
    } kept;
    memcpy(&kept, newest, size);
    if (place < last && compare(items + place * size, newest, NULL) == 0)
        (*count)--;
    else
        memmove(items + (place + 1) * size, items + place * size, (last - place) * size);
    memcpy(items + place * size, &kept, size);
}

static bool learn_unit(struct cm_directory_cache *cache, const struct cm_value *data,
                       int64_t version)
{
    if (!add_unit(cache, data, version))
        return false;
    settle(cache->units, &cache->unit_count, sizeof(*cache->units), compare_units);
    return true;
}

static void drop_grant(struct cm_directory_cache *cache, const struct cm_value *data)
{
    const struct cm_grant gone = {.person = cm_value_member_as_text(data, "person"),
                                  .role = cm_value_member_as_text(data, "role"),
                                  .unit = cm_value_member_as_text(data, "unit")};
    for (size_t i = 0; i < cache->grant_count; i++) {
        if (cm_grant_compare(&cache->grants[i], &gone) != 0)
            continue;
        memmove(&cache->grants[i], &cache->grants[i + 1],
                (cache->grant_count - i - 1) * sizeof(*cache->grants));
        cache->grant_count--;
        return;
    }
}

static bool learn_grant(struct cm_directory_cache *cache, const struct cm_value *data,
                        int64_t version)
{
    if (is_revoked(data)) {
        drop_grant(cache, data);
        return true;
    }
    if (!add_grant(cache, data, version))
        return false;
    settle(cache->grants, &cache->grant_count, sizeof(*cache->grants), compare_grants);
    return true;
}

bool cm_desk_directory_learn(struct community_desk *desk, struct community_text space,
                             const struct cm_value *data, int64_t version)
{
    struct cm_directory_cache *cache = &desk->directory;
    if (!cache->is_loaded)
        return true;
    bool learned = true;
    if (cm_text_is(space, CM_SPACE_UNIT))
        learned = learn_unit(cache, data, version);
    else if (cm_text_is(space, CM_SPACE_GRANT))
        learned = learn_grant(cache, data, version);
    if (learned)
        refresh_view(cache);
    else
        cm_directory_cache_forget(cache);
    return learned;
}
