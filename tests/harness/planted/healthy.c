/* SPDX-License-Identifier: Apache-2.0
 *
 * The control: nothing is wrong here. */
#include <criterion/criterion.h>

Test(planted, healthy_is_reported_as_passed)
{
    cr_assert_eq(1 + 1, 2);
}
