/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer to a command: accepted with what came of it, or refused with every reason. */
#ifndef COMMUNITY_RECEIPT_H
#define COMMUNITY_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "community/export.h"
#include "community/types.h"

COMMUNITY_BEGIN

/* Owned by the caller, immutable, independent of the desk. Everything it returns is borrowed. */
struct community_receipt;

/* NULL is allowed. */
COMMUNITY_EXPORT void community_receipt_free(struct community_receipt *receipt);

COMMUNITY_EXPORT bool community_receipt_is_accepted(const struct community_receipt *receipt);
/* The whole receipt as one line of JSON:
 *   {"outcome": "accepted", "record": "<id>", "version": 3, "state": "dispatched",
 *    "deadlines": [{"name": "resolve", "due": "…"}], "effects": […], "position": 12}
 *   {"outcome": "refused", "reasons": [{"code": "…", "message": {"zh": "…", "en": "…"},
 *    "rule": "…", "needs": […]}]} */
COMMUNITY_EXPORT struct community_text
community_receipt_json(const struct community_receipt *receipt);

/* Of an accepted command; nil, 0 or {NULL, 0} of a refused one. */
COMMUNITY_EXPORT struct community_id
community_receipt_record(const struct community_receipt *receipt);
COMMUNITY_EXPORT int64_t community_receipt_version(const struct community_receipt *receipt);
COMMUNITY_EXPORT struct community_text
community_receipt_state(const struct community_receipt *receipt);
/* 0 where the store gives positions after the commit. */
COMMUNITY_EXPORT int64_t community_receipt_position(const struct community_receipt *receipt);
COMMUNITY_EXPORT size_t community_receipt_deadline_count(const struct community_receipt *receipt);
COMMUNITY_EXPORT struct community_text
community_receipt_deadline_name(const struct community_receipt *receipt, size_t index);
COMMUNITY_EXPORT community_time_ms
community_receipt_deadline_due(const struct community_receipt *receipt, size_t index);

/* Of a refused command. The codes are those of the error registry; messages are sentences. */
COMMUNITY_EXPORT size_t community_receipt_reason_count(const struct community_receipt *receipt);
COMMUNITY_EXPORT struct community_text
community_receipt_reason_code(const struct community_receipt *receipt, size_t index);
COMMUNITY_EXPORT struct community_text
community_receipt_reason_message(const struct community_receipt *receipt, size_t index);
COMMUNITY_EXPORT struct community_text
community_receipt_reason_message_zh(const struct community_receipt *receipt, size_t index);

COMMUNITY_END

#endif
