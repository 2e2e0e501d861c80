/* SPDX-License-Identifier: Apache-2.0
 *
 * Sorting and the hash map, against the slow and obvious. */
#include "sort.h"
#include "text.h"
#include "text_map.h"

#include "test_allocator.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct counted_item {
    uint32_t key;
    unsigned char rest[97]; /* larger than one step of a swap */
};

static size_t comparisons;

static int compare_items(const void *a, const void *b, void *userdata)
{
    uint32_t left = ((const struct counted_item *)a)->key;
    uint32_t right = ((const struct counted_item *)b)->key;
    cr_assert_eq(userdata, &comparisons);
    comparisons++;
    return (left > right) - (left < right);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

Test(sort, any_order_within_the_bound)
{
    static struct counted_item items[3000];
    uint32_t state = 1;
    for (int kind = 0; kind < 5; kind++) {
        for (size_t count = 0; count < 3000; count = count * 2 + 1) {
            uint64_t sum = 0;
            for (size_t i = 0; i < count; i++) {
                uint32_t keys[] = {next_random(&state), (uint32_t)i, (uint32_t)(count - i),
                                   next_random(&state) % 3, (uint32_t)(i % 2 ? i : count - i)};
                items[i].key = keys[kind];
                memset(items[i].rest, (int)(keys[kind] & 0xFF), sizeof items[i].rest);
                sum += keys[kind];
            }
            comparisons = 0;
            cm_sort(items, count, sizeof items[0], compare_items, &comparisons);
            for (size_t i = 0; i < count; i++) {
                cr_assert(i == 0 || items[i - 1].key <= items[i].key);
                cr_assert_eq(items[i].rest[96], items[i].key & 0xFF);
                sum -= items[i].key;
            }
            cr_assert_eq(sum, 0, "nothing lost");
            size_t bits = 1;
            while ((count >> bits) > 0)
                bits++;
            cr_assert_leq(comparisons, count * (2 * bits + 1));
            if (kind == 1 && count > 0)
                cr_assert_eq(comparisons, count - 1, "in order already");
        }
    }
}

/* SipHash-1-3 of the bytes 00, 01, 02… under the key 00…0f; the same values as the reference
 * implementation prints for 1-3. */
Test(text_map, hash_depends_on_every_part)
{
    const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    const uint64_t other_key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0909)};
    static const uint64_t expected[] = {
        UINT64_C(0xabac0158050fc4dc), UINT64_C(0xc9f49bf37d57ca93), UINT64_C(0x82cb9b024dc7d44d),
        UINT64_C(0x8bf80ab8e7ddf7fb), UINT64_C(0xcf75576088d38328), UINT64_C(0xdef9d52f49533b67),
        UINT64_C(0xc50d2b50c59f22a7), UINT64_C(0xd3927d989bb11140), UINT64_C(0x369095118d299a8e),
    };
    char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t size = 0; size < sizeof expected / sizeof expected[0]; size++)
        cr_assert_eq(cm_text_hash(key, (struct community_text){bytes, size}), expected[size],
                     "size %zu", size);
    cr_assert_neq(cm_text_hash(key, CM_TEXT("a")), cm_text_hash(other_key, CM_TEXT("a")));
}

Test(text_map, behaves_like_an_array)
{
    enum { NAMES = 500 };
    static char names[NAMES][8];
    static int values[NAMES];
    bool is_in[NAMES] = {false};
    static const uint8_t key[16] = {1, 2, 3};
    struct test_allocator counter;
    struct cm_text_map map;
    uint32_t state = 7;
    size_t count = 0;
    cm_text_map_init(&map, test_allocator_init(&counter), key);
    cr_assert_null(cm_text_map_find(&map, CM_TEXT("x")));
    cr_assert_null(cm_text_map_remove(&map, CM_TEXT("x")));

    for (size_t i = 0; i < NAMES; i++)
        snprintf(names[i], sizeof names[i], "n%zu", i);
    for (int step = 0; step < 20000; step++) {
        size_t i = next_random(&state) % NAMES;
        if (next_random(&state) % 2 == 0) {
            cr_assert(cm_text_map_put(&map, cm_text(names[i]), &values[i]));
            count += !is_in[i];
            is_in[i] = true;
        } else {
            void *removed = cm_text_map_remove(&map, cm_text(names[i]));
            cr_assert_eq(removed, is_in[i] ? &values[i] : NULL);
            count -= is_in[i];
            is_in[i] = false;
        }
        cr_assert_eq(map.count, count);
        size_t other = next_random(&state) % NAMES;
        cr_assert_eq(cm_text_map_find(&map, cm_text(names[other])),
                     is_in[other] ? &values[other] : NULL);
    }
    for (size_t i = 0; i < NAMES; i++)
        cr_assert_eq(cm_text_map_find(&map, cm_text(names[i])), is_in[i] ? &values[i] : NULL);

    size_t cursor = 0;
    size_t seen = 0;
    struct community_text text;
    void *value;
    while (cm_text_map_next(&map, &cursor, &text, &value)) {
        size_t i = (size_t)((int *)value - values);
        cr_assert(is_in[i]);
        cr_assert(cm_text_is(text, names[i]));
        is_in[i] = false;
        seen++;
    }
    cr_assert_eq(seen, count);
    cm_text_map_free(&map);
    cr_assert_eq(counter.live, 0);
}

Test(text_map, a_failed_put_changes_nothing)
{
    static char names[100][8];
    static int value;
    static int replaced;
    static const uint8_t key[16] = {0};
    struct test_allocator counter;
    struct cm_text_map map;
    cm_text_map_init(&map, test_allocator_init(&counter), key);
    for (size_t i = 0; i < 100; i++) {
        snprintf(names[i], sizeof names[i], "n%zu", i);
        counter.fail_at = counter.calls + 1;
        bool is_in = cm_text_map_put(&map, cm_text(names[i]), &value);
        cr_assert_eq(map.count, is_in ? i + 1 : i);
        cr_assert_eq(cm_text_map_find(&map, cm_text(names[i])), is_in ? &value : NULL);
        counter.fail_at = 0;
        cr_assert(is_in || cm_text_map_put(&map, cm_text(names[i]), &value));
    }
    cr_assert(cm_text_map_put(&map, CM_TEXT("n7"), &replaced));
    cr_assert_eq(map.count, 100);
    cr_assert_eq(cm_text_map_find(&map, CM_TEXT("n7")), &replaced);

    cr_assert(cm_text_map_reserve(&map, 1000));
    size_t calls = counter.calls;
    static char more[900][8];
    for (size_t i = 0; i < 900; i++) {
        snprintf(more[i], sizeof more[i], "m%zu", i);
        cr_assert(cm_text_map_put(&map, cm_text(more[i]), &value));
    }
    cr_assert_eq(counter.calls, calls);
    cr_assert_not(cm_text_map_reserve(&map, SIZE_MAX));
    cr_assert_eq(map.count, 1000);
    cm_text_map_free(&map);
    cr_assert_eq(counter.live, 0);
}
