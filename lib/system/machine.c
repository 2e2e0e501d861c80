/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's clock and its random bits. */
#include "machine.h"

#include <limits.h>
#include <openssl/rand.h>
#include <time.h>

community_time_ms cm_machine_now(void *userdata)
{
    (void)userdata;
    struct timespec now;
    /* CLOCK_REALTIME cannot fail with a valid pointer; a zero time would only be held at the desk's
     * last recorded time. */
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return 0;
    return (community_time_ms)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool cm_machine_random(void *userdata, uint8_t *bytes, size_t size)
{
    (void)userdata;
    return size <= INT_MAX && RAND_bytes(bytes, (int)size) == 1;
}
