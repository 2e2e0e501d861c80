/* SPDX-License-Identifier: Apache-2.0
 *
 * Overflows a signed integer, which only UndefinedBehaviorSanitizer sees. */
#include <criterion/criterion.h>
#include <limits.h>

Test(planted, integer_overflow)
{
    volatile int value = INT_MAX;
    value = value + 1;
}
