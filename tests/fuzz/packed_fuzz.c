/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as packed data. What is accepted is written and read back the same. */
#include <stdlib.h>

#include "default_allocator.h"
#include "packed.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cm_arena arena;
    struct cm_buffer bytes;
    struct cm_value value;
    struct cm_value back;
    cm_arena_init(&arena, cm_default_allocator(), 4096);
    cm_buffer_init(&bytes, cm_default_allocator());
    if (cm_packed_read(&value, &arena, (struct community_text){(const char *)data, size}) ==
        CM_PACKED_READ) {
        cm_packed_write(&bytes, &value);
        if (cm_packed_read(&back, &arena, cm_buffer_view(&bytes)) != CM_PACKED_READ)
            abort();
        struct cm_buffer again;
        cm_buffer_init(&again, cm_default_allocator());
        cm_packed_write(&again, &back);
        if (!cm_text_equal(cm_buffer_view(&bytes), cm_buffer_view(&again)))
            abort();
        cm_buffer_free(&again);
    }
    cm_buffer_free(&bytes);
    cm_arena_free(&arena);
    return 0;
}
