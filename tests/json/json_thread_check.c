/* SPDX-License-Identifier: Apache-2.0
 *
 * Many threads read and write at once; meant for ThreadSanitizer, since cJSON keeps a global. */
#include "arena.h"
#include "buffer.h"
#include "default_allocator.h"
#include "json.h"
#include "text.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 2000 };

static void *run(void *userdata)
{
    size_t *wrong = userdata;
    struct cm_arena arena;
    struct cm_buffer out;
    cm_arena_init(&arena, cm_default_allocator(), 512);
    cm_buffer_init(&out, cm_default_allocator());
    for (int i = 0; i < ROUNDS; i++) {
        struct cm_value value;
        struct community_error err = {0};
        cm_arena_reset(&arena);
        cm_buffer_clear(&out);
        *wrong += cm_json_read(&value, &arena, CM_TEXT("{\"b\":[1.5,null],\"a\":\"x\"}"),
                               &cm_json_command_limits, &err) != COMMUNITY_OK;
        cm_json_write(&out, &value);
        *wrong += !cm_text_is(cm_buffer_view(&out), "{\"a\":\"x\",\"b\":[1.5,null]}");
        *wrong += cm_json_read(&value, &arena, CM_TEXT("{\"b\":"), &cm_json_command_limits, &err) !=
                  COMMUNITY_INVALID;
    }
    cm_arena_free(&arena);
    cm_buffer_free(&out);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    size_t wrong[THREADS] = {0};
    unsigned started = 0;
    unsigned passed = 0;
    while (started < THREADS && pthread_create(&threads[started], NULL, run, &wrong[started]) == 0)
        started++;
    for (unsigned i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        passed += wrong[i] == 0;
    }
    printf("%u passed, %u failed, 0 skipped\n", passed, THREADS - passed);
    return passed == THREADS ? 0 : 1;
}
