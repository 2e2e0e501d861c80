/* SPDX-License-Identifier: Apache-2.0
 *
 * A suite without any test, which Criterion calls a success. */
#include <criterion/criterion.h>
