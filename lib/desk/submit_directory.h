/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that change the directory: units, people, grants; and the notice of an import. */
#ifndef CM_SUBMIT_DIRECTORY_H
#define CM_SUBMIT_DIRECTORY_H

#include "plan.h"

bool cm_is_directory_command(struct community_text name);
/* Examines the command: decision->accepted and the change to plan, or reasons. */
enum community_status cm_directory_command(struct cm_plain_change *change_out, struct cm_plan *plan,
                                           struct cm_decision *decision,
                                           const struct cm_request *request,
                                           struct community_error *err);

#endif
