/* SPDX-License-Identifier: Apache-2.0
 *
 * Record ids as text and back. */
#include "identity.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(identity, text_and_back)
{
    struct community_id id;
    struct community_id again;
    char text[CM_ID_TEXT_SIZE];
    cr_assert(cm_id_parse(CM_TEXT("017F22E2-79b0-7cc3-98c4-dc0c0c07398f"), &id));
    cm_id_format(text, &id);
    cr_assert_str_eq(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    cr_assert(cm_id_parse(cm_text(text), &again));
    cr_assert(cm_id_equal(&id, &again));
    again.bytes[15] ^= 1;
    cr_assert_not(cm_id_equal(&id, &again));
}

Test(identity, what_is_no_id_is_refused)
{
    static const char *const bad[] = {
        "",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e279b0-7cc3-98c4-dc0c0c07398f-",
        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2+79b0-7cc3-98c4-dc0c0c07398f",
        "00000000-0000-0000-0000-000000000000",
    };
    struct community_id id = {{1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(cm_id_parse(cm_text(bad[i]), &id), "%s", bad[i]);
    cr_assert_eq(id.bytes[0], 1, "untouched");
    cr_assert(cm_id_is_nil(&(struct community_id){{0}}));
    cr_assert_not(cm_id_is_nil(&id));
}

Test(identity, made_ids_are_version_7_and_in_order)
{
    static const uint8_t ones[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t zeros[10] = {0};
    char text[CM_ID_TEXT_SIZE];
    /* The example of RFC 9562, appendix A.6. */
    struct community_id id = cm_id_make(INT64_C(0x017F22E279B0), ones);
    cm_id_format(text, &id);
    cr_assert_str_eq(text, "017f22e2-79b0-7fff-bfff-ffffffffffff");
    id = cm_id_make(INT64_C(0x017F22E279B0), zeros);
    cm_id_format(text, &id);
    cr_assert_str_eq(text, "017f22e2-79b0-7000-8000-000000000000");

    struct community_id earlier = cm_id_make(1000, ones);
    struct community_id later = cm_id_make(1001, zeros);
    cr_assert_lt(memcmp(earlier.bytes, later.bytes, 16), 0);
    struct community_id before_1970 = cm_id_make(-1, zeros);
    cr_assert_eq(before_1970.bytes[0], 0);
    struct community_id far_away = cm_id_make(INT64_MAX, zeros);
    cr_assert_eq(far_away.bytes[0], 255);
}

Test(identity, hexadecimal_text_and_back)
{
    uint8_t bytes[3] = {0};
    char text[7];
    cr_assert(cm_hex_parse(CM_TEXT("00aBfF"), bytes, 3));
    cr_assert_arr_eq(bytes, ((uint8_t[]){0x00, 0xAB, 0xFF}), 3);
    cm_hex_format(text, bytes, 3);
    cr_assert_str_eq(text, "00abff");
    cr_assert_not(cm_hex_parse(CM_TEXT("00abf"), bytes, 3));
    cr_assert_not(cm_hex_parse(CM_TEXT("00abff0"), bytes, 3));
    cr_assert_not(cm_hex_parse(CM_TEXT("00abfg"), bytes, 3));
    cr_assert(cm_hex_parse(CM_TEXT(""), bytes, 0));
}
