/* SPDX-License-Identifier: Apache-2.0
 *
 * Local times of a source by a format: %Y %m %d %H %I %M %S %p %%, and everything else as it is. */
#ifndef TOOL_IMPORT_TIME_H
#define TOOL_IMPORT_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "community/types.h"

/* Whether the format has a year, a month and a day, an hour or none, and nothing unknown. */
bool tool_import_format_is_good(struct community_text format);
/* The wall time as milliseconds, as if it were UTC. */
bool tool_import_time_read(struct community_text text, struct community_text format,
                           int64_t *local_out);

#endif
