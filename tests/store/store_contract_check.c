/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the contract against every store that comes with the library. */
#include "store_contract.h"
#include "store_fixture.h"
#include "stores.h"

static enum community_status open_memory(struct community_store *out,
                                         const struct community_allocator *allocator, bool is_new,
                                         struct community_error *err)
{
    (void)is_new;
    return cm_store_memory_open(out, allocator, err);
}

static enum community_status open_sqlite(struct community_store *out,
                                         const struct community_allocator *allocator, bool is_new,
                                         struct community_error *err)
{
    const char *path = fixture_path("contract.db");
    if (is_new)
        fixture_remove_database(path);
    struct cm_sqlite_options options = {.flags = is_new ? CM_SQLITE_CREATE : 0};
    return cm_store_sqlite_open(out, allocator, path, &options, err);
}

static void check_memory_has_no_file(void)
{
    struct community_store store;
    struct community_error err = {0};
    CHECK(cm_store_memory_open(&store, &fixture_allocator, &err) == COMMUNITY_OK);
    CHECK(store.backup(store.self, fixture_path("copy.db"), NULL, NULL, &err) ==
          COMMUNITY_UNSUPPORTED);
    CHECK(err.status == COMMUNITY_UNSUPPORTED);
    CHECK(fixture_file_size(fixture_path("copy.db")) == -1);
    store.close(store.self);
}

int main(void)
{
    static const struct store_kind kinds[] = {
        {.name = "memory", .open = open_memory},
        {.name = "sqlite", .open = open_sqlite, .is_lasting = true},
    };
    if (!fixture_make_directory())
        return fixture_finish();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        run_store_contract(&kinds[i]);
    check_memory_has_no_file();
    fixture_remove_directory();
    return fixture_finish();
}
