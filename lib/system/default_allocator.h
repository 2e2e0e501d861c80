/* SPDX-License-Identifier: Apache-2.0
 *
 * The C library's allocator: the only place that calls malloc. */
#ifndef CM_DEFAULT_ALLOCATOR_H
#define CM_DEFAULT_ALLOCATOR_H

#include "community/allocator.h"

const struct community_allocator *cm_default_allocator(void);

#endif
