/* SPDX-License-Identifier: Apache-2.0
 *
 * Filling a caller's error. The first error stands. */
#ifndef CM_FAILURE_H
#define CM_FAILURE_H

#include "community/status.h"
#include "registry.h"
#include "text.h"

/* Sets status, code and both sentences; returns `status`, so that `return cm_fail(…)` reads well.
 * `err` may be NULL. */
enum community_status cm_fail_with(struct community_error *err, enum community_status status,
                                   enum cm_code code, const struct community_text *arguments,
                                   size_t count);
#define CM_FAIL_ARGUMENTS(...) ((const struct community_text[]){__VA_ARGS__})
/* cm_fail(err, COMMUNITY_INVALID, CM_CODE_UNKNOWN_KEY, name, nearest): arguments are texts. */
#define cm_fail(err, status, code, ...)                                                            \
    cm_fail_with((err), (status), (code), CM_FAIL_ARGUMENTS(__VA_ARGS__),                          \
                 sizeof(CM_FAIL_ARGUMENTS(__VA_ARGS__)) / sizeof(struct community_text))
enum community_status cm_fail_plain(struct community_error *err, enum community_status status,
                                    enum cm_code code);
enum community_status cm_fail_memory(struct community_error *err);
/* Gives the error a place (a source) unless it has one. Does nothing while there is no error. */
void cm_fail_at(struct community_error *err, uint32_t line, uint32_t column);
void cm_fail_in(struct community_error *err, struct community_text source);
/* For the sole use of a failure path: copies `from` into `err` if that is still empty. */
void cm_fail_copy(struct community_error *err, const struct community_error *from);

#endif
