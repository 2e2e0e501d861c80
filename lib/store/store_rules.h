/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does the same way. */
#ifndef CM_STORE_RULES_H
#define CM_STORE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "community/status.h"
#include "community/types.h"

enum { CM_EFFECT_ID_SIZE = 42 };

/* "<position>-<number>", both from 1; the text lies in `out`. */
struct community_text cm_effect_id_format(char out[CM_EFFECT_ID_SIZE], int64_t position,
                                          int64_t number);
/* Only the form that is written: no sign, no leading zero. */
bool cm_effect_id_parse(struct community_text text, int64_t *position_out, int64_t *number_out);

/* COMMUNITY_CONFLICT: a record is at `version`, not at `expected`. */
enum community_status cm_fail_conflict(struct community_error *err, int64_t version,
                                       int64_t expected);

/* Decimal, into `out`; the returned text lies there. */
struct community_text cm_decimal_format(char out[21], int64_t value);

#endif
