/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading rulebooks in tests. */
#include "rulebook_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "default_allocator.h"
#include "digest.h"
#include "failure.h"
#include "text.h"
#include "zone_file.h"

static enum community_status read_zone(void *userdata, const struct cm_zone **out,
                                       struct cm_arena *arena, struct community_text name,
                                       struct community_error *err)
{
    const struct rulebook_fixture *fixture = userdata;
    for (size_t i = 0; i < fixture->filler_count; i++) {
        if (!cm_arena_allocate(arena, 16))
            return cm_fail_memory(err);
    }
    return cm_zone_file_read(out, arena, NULL, name, err);
}

static bool digest_of(void *userdata, uint8_t out[32], struct community_text bytes)
{
    return cm_digest_of(userdata, out, bytes);
}

void fixture_open(struct rulebook_fixture *fixture)
{
    fixture->digest = cm_digest_new(cm_default_allocator());
    if (!fixture->digest) {
        fprintf(stderr, "no digest\n");
        abort();
    }
    fixture->filler_count = 0;
    fixture->needs = (struct cm_rulebook_needs){
        .zones = {.zone = read_zone, .userdata = fixture},
        .digest = digest_of,
        .digest_userdata = fixture->digest,
    };
}

void fixture_close(struct rulebook_fixture *fixture)
{
    cm_digest_free(fixture->digest);
}

enum community_status fixture_load(struct community_rulebook **out,
                                   struct rulebook_fixture *fixture,
                                   const struct community_allocator *allocator,
                                   struct community_text text, struct community_error *err)
{
    return cm_rulebook_load(out, allocator ? allocator : cm_default_allocator(), text,
                            CM_TEXT("test.json"), &fixture->needs, err);
}

struct community_text fixture_read_file(const char *path)
{
    struct community_text none = {NULL, 0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return none;

    char *data = NULL;
    size_t size = 0;
    size_t got;
    do {
        char *grown = realloc(data, size + 4096 + 1);
        if (!grown) {
            free(data);
            data = NULL;
            break;
        }
        data = grown;
        got = fread(data + size, 1, 4096, file);
        size += got;
    } while (got > 0);
    fclose(file);
    if (!data)
        return none;
    data[size] = '\0';
    return (struct community_text){data, size};
}
