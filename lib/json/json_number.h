/* SPDX-License-Identifier: Apache-2.0
 *
 * Doubles as text and back, whatever the locale. */
#ifndef CM_JSON_NUMBER_H
#define CM_JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "community/allocator.h"
#include "community/types.h"

enum { CM_JSON_DOUBLE_SIZE = 32 };

/* The digits that ECMAScript, and so RFC 8785, prints for a finite double. NUL-terminated; returns
 * the size. */
size_t cm_json_format_double(char out[CM_JSON_DOUBLE_SIZE], double number);
/* A number that the scan let through. False when there is no memory for a very long one. */
bool cm_json_parse_double(struct community_text text, double *number_out,
                          const struct community_allocator *allocator);
/* Finite, and not printed as an integer that is too great to be read. */
bool cm_json_double_is_safe(double number);

#endif
