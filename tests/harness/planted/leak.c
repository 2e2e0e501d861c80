/* SPDX-License-Identifier: Apache-2.0
 *
 * Leaks, and asserts nothing about it. */
#include <criterion/criterion.h>
#include <stdlib.h>

Test(planted, leak)
{
    void *volatile lost = malloc(100);
    cr_assert(lost != NULL);
    lost = NULL;
}
