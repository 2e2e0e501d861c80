/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a zone file. What is accepted must be a table in order. */
#include "default_allocator.h"
#include "text.h"
#include "zone_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition)
        abort();
}

static void check_table(const struct cm_zone *zone)
{
    for (size_t i = 0; i < zone->count; i++) {
        const struct cm_zone_change *change = &zone->changes[i];
        require(i == 0 || zone->changes[i - 1].at < change->at);
        require(change->offset_seconds > -26 * 3600 && change->offset_seconds < 26 * 3600);
        require(cm_zone_offset_seconds(zone, change->at) == change->offset_seconds);
    }
    for (size_t i = 0; i < zone->count && i < 200; i++) {
        int64_t local_ms = zone->changes[i].at + zone->changes[i].offset_seconds * INT64_C(1000);
        require(cm_zone_instant(zone, local_ms) <= zone->changes[i].at);
        require(cm_zone_last_instant(zone, local_ms) >= cm_zone_instant(zone, local_ms));
        (void)cm_zone_edge(zone, local_ms - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cm_arena arena;
    struct community_error err = {0};
    const struct cm_zone *zone = NULL;
    struct community_text bytes = {(const char *)data, size};
    cm_arena_init(&arena, cm_default_allocator(), 1024);
    enum community_status status =
        cm_zone_file_parse(&zone, &arena, CM_TEXT("Test/Zone"), bytes, &err);
    if (status == COMMUNITY_OK)
        check_table(zone);
    else
        require(status == COMMUNITY_INVALID && err.code[0] != '\0' && zone == NULL);
    cm_arena_free(&arena);
    return 0;
}
