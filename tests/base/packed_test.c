/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain data as compact bytes: what goes in comes out, and no bytes are dangerous. */
#include "packed.h"

#include <criterion/criterion.h>

#include "default_allocator.h"
#include "text.h"

static struct cm_value sample(struct cm_arena *arena)
{
    struct cm_value object = cm_value_new_object(arena, 9);
    struct cm_value list = cm_value_new_list(arena, 2);
    cm_value_append(&list, cm_value_integer(-1));
    cm_value_append(&list, cm_value_text(CM_TEXT("东湖社区")));
    cm_value_put(&object, "null", (struct cm_value){.type = CM_NULL});
    cm_value_put(&object, "true", cm_value_bool(true));
    cm_value_put(&object, "false", cm_value_bool(false));
    cm_value_put(&object, "least", cm_value_integer(INT64_MIN));
    cm_value_put(&object, "most", cm_value_integer(INT64_MAX));
    cm_value_put(&object, "half", (struct cm_value){.type = CM_DOUBLE, .as.number = 0.5});
    cm_value_put(&object, "empty", cm_value_text(CM_TEXT("")));
    cm_value_put(&object, "list", list);
    cm_value_put(&object, "nothing", cm_value_new_list(arena, 0));
    return object;
}

Test(packed, what_goes_in_comes_out)
{
    struct cm_arena arena;
    struct cm_buffer bytes;
    struct cm_value back;
    cm_arena_init(&arena, cm_default_allocator(), 1024);
    cm_buffer_init(&bytes, cm_default_allocator());
    const struct cm_value value = sample(&arena);

    cm_packed_write(&bytes, &value);

    cr_assert(!bytes.failed);
    cr_assert(cm_packed_read(&back, &arena, cm_buffer_view(&bytes)) == CM_PACKED_READ);
    cr_assert(cm_value_equal(&value, &back));
    cm_buffer_free(&bytes);
    cm_arena_free(&arena);
}

Test(packed, bytes_that_were_cut_or_continued_are_broken)
{
    struct cm_arena arena;
    struct cm_buffer bytes;
    struct cm_value back;
    cm_arena_init(&arena, cm_default_allocator(), 1024);
    cm_buffer_init(&bytes, cm_default_allocator());
    const struct cm_value value = sample(&arena);
    cm_packed_write(&bytes, &value);
    const struct community_text whole = cm_buffer_view(&bytes);

    for (size_t size = 0; size < whole.size; size++) {
        const struct community_text part = {whole.data, size};
        cr_assert(cm_packed_read(&back, &arena, part) == CM_PACKED_BROKEN, "%zu bytes", size);
        cr_assert(back.type == CM_NULL);
    }
    cm_buffer_byte(&bytes, 0);
    cr_assert(cm_packed_read(&back, &arena, cm_buffer_view(&bytes)) == CM_PACKED_BROKEN);
    cm_buffer_free(&bytes);
    cm_arena_free(&arena);
}

Test(packed, another_version_text_that_is_none_and_depth_without_end_are_broken)
{
    struct cm_arena arena;
    struct cm_value back;
    char deep[2 + 2 * (CM_VALUE_DEPTH_MAX + 2)] = {1};
    cm_arena_init(&arena, cm_default_allocator(), 1024);
    for (size_t i = 1; i + 1 < sizeof(deep); i += 2) {
        deep[i] = 6;     /* a list */
        deep[i + 1] = 1; /* of one */
    }

    cr_assert(cm_packed_read(&back, &arena, CM_TEXT("\x02\x00")) == CM_PACKED_BROKEN);
    cr_assert(cm_packed_read(&back, &arena, CM_TEXT("\x01\x05\x01\xff")) == CM_PACKED_BROKEN);
    cr_assert(cm_packed_read(&back, &arena, CM_TEXT("\x01\x09")) == CM_PACKED_BROKEN);
    cr_assert(cm_packed_read(&back, &arena, (struct community_text){deep, sizeof(deep)}) ==
              CM_PACKED_BROKEN);
    cr_assert(cm_packed_read(&back, &arena,
                             CM_TEXT("\x01\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")) ==
              CM_PACKED_BROKEN);
    cm_arena_free(&arena);
}
