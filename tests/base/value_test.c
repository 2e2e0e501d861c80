/* SPDX-License-Identifier: Apache-2.0
 *
 * Building, asking, comparing and copying plain data. */
#include "text.h"
#include "value.h"

#include "test_allocator.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>

static struct cm_value sample(struct cm_arena *arena, bool is_turned)
{
    struct cm_value list = cm_value_new_list(arena, 3);
    cm_value_append(&list, cm_value_integer(1));
    cm_value_append(&list, (struct cm_value){.type = CM_DOUBLE, .as.number = 0.5});
    cm_value_append(&list, cm_value_string(NULL));
    struct cm_value object = cm_value_new_object(arena, 3);
    if (is_turned)
        cm_value_put(&object, "list", list);
    cm_value_put(&object, "name", cm_value_string("\xE4\xB8\xAD"));
    cm_value_put_text(&object, CM_TEXT("open"), cm_value_bool(true));
    if (!is_turned)
        cm_value_put(&object, "list", list);
    return object;
}

Test(value, members_are_found_or_absent)
{
    struct test_allocator counter;
    struct cm_arena arena;
    cm_arena_init(&arena, test_allocator_init(&counter), 256);
    struct cm_value object = sample(&arena, false);
    int64_t integer = 9;

    cr_assert_not(cm_value_is_broken(&object));
    cr_assert(cm_text_is(cm_value_member_as_text(&object, "name"), "\xE4\xB8\xAD"));
    cr_assert_null(cm_value_member_as_text(&object, "open").data, "of another type");
    cr_assert_null(cm_value_member(&object, "nam"));
    cr_assert_null(cm_value_member(NULL, "name"));
    cr_assert_null(cm_value_member(cm_value_member(&object, "name"), "name"), "not an object");
    cr_assert(cm_value_member_text(&object, CM_TEXT("open"))->as.boolean);
    const struct cm_value *list = cm_value_member(&object, "list");
    cr_assert_eq(list->as.list.count, 3);
    cr_assert_eq(list->as.list.items[2].type, CM_NULL);
    cr_assert_not(cm_value_member_as_integer(&object, "name", &integer));
    cr_assert_eq(integer, 9);

    cm_arena_free(&arena);
    cr_assert_eq(counter.live, 0);
}

Test(value, adding_past_the_capacity_is_an_assertion, .signal = SIGABRT)
{
    struct test_allocator counter;
    struct cm_arena arena;
    cm_arena_init(&arena, test_allocator_init(&counter), 256);
    struct cm_value list = cm_value_new_list(&arena, 1);
    cm_value_append(&list, cm_value_integer(1));
    cm_value_append(&list, cm_value_integer(2));
}

Test(value, equality_is_deep_and_blind_to_order)
{
    struct test_allocator counter;
    struct cm_arena arena;
    cm_arena_init(&arena, test_allocator_init(&counter), 256);
    struct cm_value one = sample(&arena, false);
    struct cm_value other = sample(&arena, true);
    cr_assert(cm_value_equal(&one, &other));
    cr_assert(cm_value_equal(&other, &one));

    other.as.object.members[0].value.as.list.items[0].as.integer = 2;
    cr_assert_not(cm_value_equal(&one, &other));
    other.as.object.members[0].value.as.list.items[0].as.integer = 1;
    other.as.object.members[1].name = CM_TEXT("nome");
    cr_assert_not(cm_value_equal(&one, &other));
    other.as.object.count = 2;
    cr_assert_not(cm_value_equal(&one, &other));

    struct cm_value integer = cm_value_integer(1);
    struct cm_value number = {.type = CM_DOUBLE, .as.number = 1};
    cr_assert_not(cm_value_equal(&integer, &number));
    cm_arena_free(&arena);
}

Test(value, copies_live_on_their_own)
{
    struct test_allocator counter;
    struct cm_arena arena;
    struct cm_arena second;
    struct cm_value copy;
    const struct community_allocator *allocator = test_allocator_init(&counter);
    cm_arena_init(&arena, allocator, 256);
    cm_arena_init(&second, allocator, 256);
    struct cm_value object = sample(&arena, false);
    object.as.object.members[0].name_offset = 7;
    object.as.object.members[0].value.offset = 11;
    cr_assert(cm_value_copy(&copy, &second, &object));
    cr_assert(cm_value_equal(&copy, &object));
    cm_arena_free(&arena);

    struct cm_arena third;
    cm_arena_init(&third, allocator, 256);
    struct cm_value again = sample(&third, true);
    cr_assert(cm_value_equal(&copy, &again), "the copy does not look into the freed arena");
    cr_assert_eq(copy.as.object.members[0].name_offset, 7);
    cr_assert_eq(copy.as.object.members[0].value.offset, 11);
    cm_arena_free(&second);
    cm_arena_free(&third);
    cr_assert_eq(counter.live, 0);
}

Test(value, every_failed_allocation_is_noticed)
{
    for (int fail_on = 0; fail_on < 2; fail_on++) {
        bool is_built = false;
        for (size_t fail_at = 1; !is_built; fail_at++) {
            struct test_allocator counter;
            struct cm_arena arena;
            struct cm_value copy;
            cm_arena_init(&arena, test_allocator_init(&counter), 16);
            counter.fail_at = fail_at;
            counter.fail_on = fail_on == 1;
            struct cm_value object = sample(&arena, false);
            bool is_whole = !cm_value_is_broken(&object) && object.as.object.count == 3 &&
                            !cm_value_is_broken(&object.as.object.members[2].value);
            bool is_copied = is_whole && cm_value_copy(&copy, &arena, &object);
            cr_assert(!is_copied || cm_value_equal(&copy, &object));
            is_built = is_copied;
            cr_assert_eq(is_built, counter.calls < fail_at);
            cm_arena_free(&arena);
            cr_assert_eq(counter.live, 0);
        }
    }
}
