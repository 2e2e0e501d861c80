/* SPDX-License-Identifier: Apache-2.0
 *
 * A command as the desk sees it. */
#ifndef CM_COMMAND_H
#define CM_COMMAND_H

#include "arena.h"
#include "community/command.h"
#include "value.h"

struct community_command {
    struct community_allocator allocator;
    struct cm_arena arena;
    struct community_text name;
    struct community_text actor;
    struct community_text record;
    struct community_text lifecycle;
    struct community_text external_id;
    struct community_text parent;
    struct community_text key;
    bool has_at;
    bool has_recorded_at;
    community_time_ms at;
    community_time_ms recorded_at;
    struct cm_value data; /* an object, or null */
    size_t data_capacity;
};

/* The command's content as one value, without its key: what a repeated key is compared by. */
struct cm_value cm_command_to_value(struct cm_arena *arena, const struct community_command *command,
                                    bool *ok_out);

#endif
