/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads one byte past an allocation. */
#include <criterion/criterion.h>
#include <stdlib.h>

Test(planted, heap_overflow)
{
    volatile size_t size = 8;
    volatile char *bytes = malloc(size);
    cr_assert(bytes != NULL);
    bytes[0] = bytes[size];
    free((void *)bytes);
}
