/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody wants to happen: open a ticket, move it, put a unit into the directory. */
#ifndef COMMUNITY_COMMAND_H
#define COMMUNITY_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "community/allocator.h"
#include "community/export.h"
#include "community/status.h"
#include "community/types.h"

COMMUNITY_BEGIN

/* Owned by its maker, used by one thread at a time, and unchanged by submitting it. */
struct community_command;

/* A command from its JSON form, at most 64 KiB:
 *
 *   {"command": "dispatch", "record": "@A-17", "actor": "p-102",
 *    "at": "2026-06-01T09:00:00+08:00", "data": {"lead_unit": "water-bureau"}, "key": "k-1"}
 *   {"command": "open", "lifecycle": "resident-request", "external_id": "A-17", "parent": "@A-3",
 *    "actor": "p-102", "data": {"subject": "…"}}
 *   {"command": "put-unit" | "put-person" | "grant" | "revoke", "actor": "p-1", "data": {…}}
 *
 * "record" and "parent" are an id or '@' and an external id. "at" is when it happened (default: the
 * desk's now). "key" makes a repeated submit answer with the first receipt. "recorded_at" is when
 * an imported source recorded it. docs/formats.md has every member.
 *
 * Errors: COMMUNITY_INVALID with line and column; COMMUNITY_NO_MEMORY. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_from_json(struct community_command **command_out, struct community_text json,
                            const struct community_allocator *allocator,
                            struct community_error *err);

/* A command built step by step. `name` is the transition's name, "open", or a directory command.
 * Errors: COMMUNITY_INVALID (not UTF-8, too long, empty), COMMUNITY_NO_MEMORY; so with all below.
 */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_new(struct community_command **command_out, struct community_text name,
                      struct community_text actor, const struct community_allocator *allocator,
                      struct community_error *err);
/* NULL is allowed. */
COMMUNITY_EXPORT void community_command_free(struct community_command *command);

COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_set_record(struct community_command *command, struct community_text record,
                             struct community_error *err);
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_set_lifecycle(struct community_command *command, struct community_text lifecycle,
                                struct community_error *err);
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_set_external_id(struct community_command *command,
                                  struct community_text external_id, struct community_error *err);
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_set_parent(struct community_command *command, struct community_text parent,
                             struct community_error *err);
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_set_key(struct community_command *command, struct community_text key,
                          struct community_error *err);
COMMUNITY_EXPORT void community_command_set_at(struct community_command *command,
                                               community_time_ms at);
COMMUNITY_EXPORT void community_command_set_recorded_at(struct community_command *command,
                                                        community_time_ms recorded_at);

/* Members of "data". A name given twice: COMMUNITY_INVALID. Integers beyond plus or minus 2^53-1:
 * COMMUNITY_INVALID. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_put_text(struct community_command *command, struct community_text name,
                           struct community_text value, struct community_error *err);
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_put_integer(struct community_command *command, struct community_text name,
                              int64_t value, struct community_error *err);
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_put_boolean(struct community_command *command, struct community_text name,
                              bool value, struct community_error *err);
/* Any JSON value. */
COMMUNITY_EXPORT COMMUNITY_CHECKED enum community_status
community_command_put_json(struct community_command *command, struct community_text name,
                           struct community_text json, struct community_error *err);

COMMUNITY_END

#endif
