/* SPDX-License-Identifier: Apache-2.0
 *
 * Fails an assertion. */
#include <criterion/criterion.h>

Test(planted, assertion)
{
    cr_assert_eq(1 + 1, 3);
}
