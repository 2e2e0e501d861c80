/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation, arenas and buffers. */
#include "arena.h"
#include "buffer.h"
#include "memory.h"
#include "text.h"

#include "test_allocator.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

Test(memory, sizes_that_overflow_are_no_memory)
{
    struct test_allocator counter;
    const struct community_allocator *allocator = test_allocator_init(&counter);

    cr_assert_null(cm_allocate_array(allocator, SIZE_MAX / 2, 3));
    cr_assert_null(cm_reallocate_array(allocator, NULL, SIZE_MAX / 2, 3));
    cr_assert_eq(counter.calls, 0, "the allocator must not even be asked");

    char *pointer = cm_allocate_zeroed(allocator, 100);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(pointer[i], 0);
    pointer = cm_reallocate_array(allocator, pointer, 50, 4);
    cr_assert_eq(pointer[99], 0);
    cr_assert_eq(counter.live, 1);
    cm_release(allocator, pointer);
    cm_release(allocator, NULL);
    cr_assert_eq(counter.live, 0);
}

Test(memory, a_size_of_zero_is_an_assertion, .signal = SIGABRT)
{
    struct test_allocator counter;
    cm_allocate(test_allocator_init(&counter), 0);
}

Test(arena, pieces_are_aligned_and_apart)
{
    struct test_allocator counter;
    struct cm_arena arena;
    unsigned char *pieces[200];
    cm_arena_init(&arena, test_allocator_init(&counter), 256);
    cr_assert_eq(counter.calls, 0);

    for (size_t i = 0; i < 200; i++) {
        size_t size = 1 + i * 7 % 300;
        pieces[i] = cm_arena_allocate(&arena, size);
        cr_assert_not_null(pieces[i]);
        cr_assert_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)i, size);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < 1 + i * 7 % 300; j++)
            cr_assert_eq(pieces[i][j], (unsigned char)i);
    }

    cm_arena_free(&arena);
    cr_assert_eq(counter.live, 0);
}

Test(arena, large_pieces_do_not_end_the_block)
{
    struct test_allocator counter;
    struct cm_arena arena;
    cm_arena_init(&arena, test_allocator_init(&counter), 1024);

    char *first = cm_arena_allocate(&arena, 16);
    cr_assert_not_null(cm_arena_allocate(&arena, 100000));
    char *second = cm_arena_allocate(&arena, 16);
    cr_assert_eq(second - first, 16);
    cr_assert_eq(counter.live, 2);

    cm_arena_free(&arena);
    cr_assert_eq(counter.live, 0);
}

Test(arena, reset_keeps_the_largest_block)
{
    struct test_allocator counter;
    struct cm_arena arena;
    cm_arena_init(&arena, test_allocator_init(&counter), 64);
    for (int i = 0; i < 100; i++)
        cr_assert_not_null(cm_arena_allocate(&arena, 60));
    cr_assert_not_null(cm_arena_allocate(&arena, 10000));
    cr_assert_gt(counter.live, 2);

    cm_arena_reset(&arena);
    cr_assert_eq(counter.live, 1);
    size_t calls = counter.calls;
    cr_assert_not_null(cm_arena_allocate(&arena, 10000));
    cr_assert_eq(counter.calls, calls, "the kept block serves it");

    cm_arena_free(&arena);
    cm_arena_reset(&arena);
    cr_assert_eq(counter.live, 0);
}

Test(arena, stays_usable_when_memory_was_short)
{
    struct test_allocator counter;
    struct cm_arena arena;
    cm_arena_init(&arena, test_allocator_init(&counter), 64);

    counter.fail_at = 1;
    cr_assert_null(cm_arena_allocate(&arena, 8));
    cr_assert_not_null(cm_arena_allocate(&arena, 8));
    cr_assert_null(cm_arena_allocate(&arena, SIZE_MAX));
    cr_assert_null(cm_arena_array(&arena, SIZE_MAX / 2, 4));
    cr_assert_not_null(cm_arena_array(&arena, 0, 4));
    int *zeros = cm_arena_array(&arena, 10, sizeof *zeros);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(zeros[i], 0);

    struct community_text copy = cm_arena_text(&arena, CM_TEXT("word"));
    cr_assert(cm_text_is(copy, "word"));
    cr_assert_eq(copy.data[4], '\0');
    counter.fail_at = counter.calls + 1;
    char large[5000] = {0};
    copy = cm_arena_text(&arena, (struct community_text){large, sizeof large});
    cr_assert_null(copy.data);

    cm_arena_free(&arena);
    cr_assert_eq(counter.live, 0);
}

Test(buffer, writes_what_it_is_given)
{
    struct test_allocator counter;
    struct cm_buffer buffer;
    cm_buffer_init(&buffer, test_allocator_init(&counter));
    cr_assert_not_null(cm_buffer_view(&buffer).data, "empty, not absent");
    cr_assert_eq(cm_buffer_view(&buffer).size, 0);

    cm_buffer_string(&buffer, "a");
    cm_buffer_byte(&buffer, ' ');
    cm_buffer_integer(&buffer, INT64_MIN);
    cm_buffer_byte(&buffer, ' ');
    cm_buffer_integer(&buffer, INT64_MAX);
    cm_buffer_byte(&buffer, ' ');
    cm_buffer_integer(&buffer, 0);
    cm_buffer_byte(&buffer, ' ');
    cm_buffer_hex(&buffer, (const uint8_t[]){0x00, 0xAB, 0x9F}, 3);
    cm_buffer_text(&buffer, (struct community_text){NULL, 0});
    cr_assert(
        cm_text_is(cm_buffer_view(&buffer), "a -9223372036854775808 9223372036854775807 0 00ab9f"));

    size_t capacity = buffer.capacity;
    cm_buffer_clear(&buffer);
    cr_assert_eq(buffer.size, 0);
    cr_assert_eq(buffer.capacity, capacity);
    cm_buffer_free(&buffer);
    cr_assert_eq(counter.live, 0);
}

Test(buffer, grows_without_losing_bytes)
{
    struct test_allocator counter;
    struct cm_buffer buffer;
    cm_buffer_init(&buffer, test_allocator_init(&counter));
    for (int i = 0; i < 100000; i++)
        cm_buffer_byte(&buffer, (char)(i % 127));
    cr_assert_eq(buffer.size, 100000);
    for (int i = 0; i < 100000; i++)
        cr_assert_eq(buffer.data[i], (char)(i % 127));
    cr_assert_lt(counter.calls, 20, "it doubles");
    cm_buffer_free(&buffer);
}

Test(buffer, remembers_that_memory_was_short)
{
    struct test_allocator counter;
    struct cm_buffer buffer;
    cm_buffer_init(&buffer, test_allocator_init(&counter));
    cm_buffer_string(&buffer, "kept");
    counter.fail_at = counter.calls + 1;
    char large[500] = {0};
    cm_buffer_bytes(&buffer, large, sizeof large);
    cr_assert(buffer.failed);
    cm_buffer_string(&buffer, "later");
    cr_assert(cm_text_is(cm_buffer_view(&buffer), "kept"));
    cr_assert_null(cm_buffer_reserve(&buffer, 1));

    cm_buffer_clear(&buffer);
    cr_assert_not(buffer.failed);
    cr_assert_null(cm_buffer_reserve(&buffer, SIZE_MAX));
    cr_assert(buffer.failed);
    cm_buffer_free(&buffer);
    cr_assert_eq(counter.live, 0);
}
