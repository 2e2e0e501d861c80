/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's clock and its random bits. Everything that needs them can be given others. */
#ifndef CM_MACHINE_H
#define CM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/types.h"

community_time_ms cm_machine_now(void *userdata); /* `userdata` is not used */
/* Random bytes from libcrypto, whose generator reseeds itself also after a fork. One call costs
 * about a microsecond whatever the size, so ask for many at a time. False: the machine has none. */
bool cm_machine_random(void *userdata, uint8_t *bytes, size_t size);

#endif
