/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes into the reader; what it accepts must come back from its canonical form unchanged. */
#include "arena.h"
#include "buffer.h"
#include "default_allocator.h"
#include "json.h"
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int is_true)
{
    if (!is_true)
        abort();
}

static void check_accepted(const struct cm_value *value, struct cm_arena *arena)
{
    struct cm_value again;
    struct cm_value from_pretty;
    struct cm_value copy;
    struct cm_buffer first;
    struct cm_buffer second;
    struct cm_buffer pretty;
    cm_buffer_init(&first, cm_default_allocator());
    cm_buffer_init(&second, cm_default_allocator());
    cm_buffer_init(&pretty, cm_default_allocator());

    require(cm_json_is_writable(value));
    cm_json_write(&first, value);
    require(cm_json_read(&again, arena, cm_buffer_view(&first), &cm_json_rulebook_limits, NULL) ==
            COMMUNITY_OK);
    cm_json_write(&second, &again);
    require(cm_text_equal(cm_buffer_view(&first), cm_buffer_view(&second)));

    cm_json_write_pretty(&pretty, value);
    require(cm_json_read(&from_pretty, arena, cm_buffer_view(&pretty), &cm_json_rulebook_limits,
                         NULL) == COMMUNITY_OK);
    require(cm_value_equal(&again, &from_pretty));
    require(cm_value_copy(&copy, arena, value));
    require(cm_value_equal(&copy, value));

    cm_buffer_free(&first);
    cm_buffer_free(&second);
    cm_buffer_free(&pretty);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cm_json_limits *const limits[] = {&cm_json_command_limits,
                                                   &cm_json_rulebook_limits};
    struct community_text text = {(const char *)data, size};
    for (size_t i = 0; i < 2; i++) {
        struct community_error err = {0};
        struct cm_arena arena;
        struct cm_value value;
        cm_arena_init(&arena, cm_default_allocator(), 256);
        enum community_status status = cm_json_read(&value, &arena, text, limits[i], &err);
        if (status == COMMUNITY_OK) {
            check_accepted(&value, &arena);
        } else {
            require(status == COMMUNITY_INVALID && err.line > 0 && err.column > 0);
            require(cm_utf8_is_valid(cm_text(err.message), NULL));
            require(cm_utf8_is_valid(cm_text(err.message_zh), NULL));
        }
        cm_arena_free(&arena);
    }
    return 0;
}
