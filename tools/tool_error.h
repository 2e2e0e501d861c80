/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors that the command itself finds, in the same shape as the library's. */
#ifndef TOOL_TOOL_ERROR_H
#define TOOL_TOOL_ERROR_H

#include <stdint.h>

#include "community/status.h"

/* The first error stands. A sentence that is too long is cut between characters. */
void tool_error_set(struct community_error *err, enum community_status status, const char *code,
                    const char *en, const char *zh);
/* The same, with "%s" in both sentences filled in. */
void tool_error_about(struct community_error *err, enum community_status status, const char *code,
                      const char *en, const char *zh, const char *what);
/* The error's place, unless it has one. `file` may be NULL. */
void tool_error_place(struct community_error *err, const char *file, uint32_t line,
                      uint32_t column);
void tool_error_no_memory(struct community_error *err);
/* What errno says about `file`: COMMUNITY_NOT_FOUND where it does not exist, else COMMUNITY_IO. */
void tool_error_of_file(struct community_error *err, const char *file, int error_number);

#endif
