/* SPDX-License-Identifier: Apache-2.0
 *
 * From a command to a receipt: find the records, decide, gather what is to be written, write it. */
#include <string.h>

#include "deadline.h"
#include "failure.h"
#include "identity.h"
#include "json.h"
#include "plan.h"
#include "receipt.h"
#include "submit_directory.h"
#include "text.h"
#include "ticket.h"

enum { TRY_COUNT_MAX = 5 };

/* One command under way. */
struct submission {
    struct community_desk *desk;
    const struct community_command *command;
    struct cm_plan plan;
    struct cm_decision decision;
    struct community_receipt *receipt;
    size_t main_index; /* which entry of the plan is the command's own */
};

/* ---- reading the command ---- */

static struct cm_request make_request(const struct submission *submission)
{
    const struct community_command *command = submission->command;
    const community_time_ms now = submission->plan.now;
    return (struct cm_request){
        .name = command->name,
        .actor = command->actor,
        .now = now,
        .at = command->has_at ? command->at : now,
        .recorded_at = command->has_recorded_at ? command->recorded_at : now,
        .data = command->data.type == CM_OBJECT ? &command->data : NULL,
        .external_id = command->external_id,
    };
}

static struct cm_plan_step make_step(const struct submission *submission)
{
    const struct community_command *command = submission->command;
    return (struct cm_plan_step){
        .command = command->name,
        .actor = command->actor,
        .data = command->data.type == CM_OBJECT ? &command->data : NULL,
        .has_source_recorded_at = command->has_recorded_at,
        .source_recorded_at = command->recorded_at,
    };
}

/* A refusal for a reason that needs no record. */
static void refuse_two(struct submission *submission, enum cm_code code,
                       struct community_text first, struct community_text second)
{
    const struct cm_reason reason = {.code = code,
                                     .argument_count = 2,
                                     .arguments = {first, second},
                                     .rule = submission->command->name};
    submission->decision.accepted = false;
    cm_decision_refuse(&submission->decision, &reason);
}

static void refuse(struct submission *submission, enum cm_code code, struct community_text first)
{
    refuse_two(submission, code, first, (struct community_text){0});
}

/* Adds the entry of the accepted decision, then whatever follows from it at once. */
static enum community_status carry_out(struct submission *submission, struct cm_plan_record *record,
                                       community_time_ms at, struct community_error *err)
{
    const struct cm_plan_step step = make_step(submission);
    submission->main_index = submission->plan.entry_count;
    enum community_status status =
        cm_plan_entry(&submission->plan, record, &submission->decision, &step, err);
    if (status != COMMUNITY_OK)
        return status;
    if (!cm_receipt_accept(submission->receipt, &record->record, &submission->decision.outcome))
        return cm_fail_memory(err);
    status = cm_plan_timers(&submission->plan, record, at, err);
    return status == COMMUNITY_OK ? cm_plan_settle(&submission->plan, err) : status;
}

/* Up to when a command lets time pass. The future fires nothing: a command that claims it is
 * refused by its time. */
static community_time_ms horizon_of(const struct submission *submission,
                                    const struct cm_request *request)
{
    return request->at < submission->plan.now ? request->at : submission->plan.now;
}

/* ---- opening ---- */

static enum community_status find_parent(struct submission *submission,
                                         const struct cm_lifecycle *lifecycle,
                                         struct cm_request *request, struct community_error *err)
{
    struct cm_plan_record *parent = NULL;
    const struct community_text words = submission->command->parent;
    if (words.size > 0) {
        const enum community_status status = cm_plan_find(&parent, &submission->plan, words, err);
        if (status != COMMUNITY_OK && status != COMMUNITY_NOT_FOUND)
            return status;
    }
    if (parent != NULL) {
        request->parent = parent->record.id;
        const enum community_status status =
            cm_plan_family_timers(&submission->plan, parent, horizon_of(submission, request), err);
        if (status != COMMUNITY_OK)
            return status;
    }
    cm_ticket_check_parent(&submission->decision, lifecycle,
                           parent != NULL ? &parent->record : NULL, words);
    return COMMUNITY_OK;
}

static enum community_status check_external_id(struct submission *submission,
                                               struct community_error *err)
{
    struct community_store_record row;
    const struct community_text external_id = submission->command->external_id;
    if (external_id.data == NULL)
        return COMMUNITY_OK;
    const enum community_status status = submission->desk->store.load_external(
        submission->desk->store.self, &row, CM_TEXT(CM_SPACE_TICKET), external_id, err);
    if (status == COMMUNITY_OK)
        refuse(submission, CM_CODE_EXTERNAL_ID_IN_USE, external_id);
    return status == COMMUNITY_NOT_FOUND ? COMMUNITY_OK : status;
}

/* The lifecycle that is named, or the only one that needs no naming. */
static const struct cm_lifecycle *find_lifecycle(const struct community_rulebook *rulebook,
                                                 struct community_text name)
{
    if (name.size == 0 && rulebook->lifecycle_count == 1)
        return &rulebook->lifecycles[0];
    return cm_rulebook_lifecycle(rulebook, name);
}

/* A member that means nothing here was meant for something: it is not passed over. */
static void refuse_member(struct submission *submission, const char *name,
                          struct community_text value)
{
    if (value.data != NULL)
        refuse_two(submission, CM_CODE_UNEXPECTED_DATA, cm_text(name), submission->command->name);
}

static enum community_status open_record(struct submission *submission, struct community_error *err)
{
    const struct community_rulebook *rulebook;
    enum community_status status = cm_desk_current_rulebook(&rulebook, submission->desk, err);
    if (status != COMMUNITY_OK)
        return status;
    const struct community_text name = submission->command->lifecycle;
    const struct cm_lifecycle *lifecycle = rulebook != NULL ? find_lifecycle(rulebook, name) : NULL;
    if (lifecycle == NULL) {
        refuse(submission, rulebook == NULL ? CM_CODE_NO_RULEBOOK : CM_CODE_NO_SUCH_LIFECYCLE,
               name);
        return COMMUNITY_OK;
    }
    struct cm_plan_record *record;
    struct cm_request request = make_request(submission);
    status = cm_plan_new(&record, &submission->plan, rulebook, lifecycle, err);
    if (status == COMMUNITY_OK)
        status = find_parent(submission, lifecycle, &request, err);
    if (status == COMMUNITY_OK)
        status = check_external_id(submission, err);
    if (status != COMMUNITY_OK)
        return status;
    refuse_member(submission, "record", submission->command->record);
    cm_decide_open(&submission->decision, &record->record, &request, submission->plan.directory);
    if (submission->decision.no_memory)
        return cm_fail_memory(err);
    if (!submission->decision.accepted)
        return COMMUNITY_OK;
    return carry_out(submission, record, request.at, err);
}

/* ---- moving ---- */

/* Whether the command is one of a transition that merges. */
static bool asks_into(const struct cm_lifecycle *lifecycle, struct community_text name)
{
    const struct cm_transition_group *group = cm_lifecycle_group(lifecycle, name);
    for (uint32_t i = 0; group != NULL && i < group->count; i++) {
        if (lifecycle->transitions[lifecycle->by_name[group->first + i]].merges)
            return true;
    }
    return false;
}

static enum community_status find_target(struct cm_plan_record **target_out,
                                         struct submission *submission, struct cm_request *request,
                                         struct community_error *err)
{
    const struct community_text words = cm_value_member_as_text(request->data, "into");
    *target_out = NULL;
    if (words.data == NULL)
        return COMMUNITY_OK;
    const enum community_status status = cm_plan_find(target_out, &submission->plan, words, err);
    if (*target_out != NULL)
        request->into = (*target_out)->record.id;
    return status == COMMUNITY_NOT_FOUND ? COMMUNITY_OK : status;
}

static bool is_rating(const struct cm_record *record, struct community_text name)
{
    return record->lifecycle->rating_field != CM_NONE && cm_text_is(name, CM_COMMAND_RATE) &&
           cm_lifecycle_group(record->lifecycle, name) == NULL;
}

static enum community_status decide_move(struct submission *submission,
                                         const struct cm_record *record, struct cm_request *request,
                                         struct community_error *err)
{
    struct cm_plan_record *target = NULL;
    const bool merges = asks_into(record->lifecycle, request->name);
    if (merges) {
        const enum community_status status = find_target(&target, submission, request, err);
        if (status != COMMUNITY_OK)
            return status;
    }
    struct cm_decision *decision = &submission->decision;
    refuse_member(submission, "lifecycle", submission->command->lifecycle);
    refuse_member(submission, "external_id", submission->command->external_id);
    refuse_member(submission, "parent", submission->command->parent);
    if (is_rating(record, request->name))
        cm_ticket_rate(decision, record, request, submission->plan.directory);
    else
        cm_decide_move(decision, record, request, submission->plan.directory);
    if (decision->no_memory)
        return cm_fail_memory(err);
    const struct community_text words = cm_value_member_as_text(request->data, "into");
    if (decision->transition != NULL && decision->transition->merges && words.data != NULL)
        cm_ticket_check_merge(decision, record, target != NULL ? &target->record : NULL, words);
    return COMMUNITY_OK;
}

static enum community_status move_record(struct submission *submission, struct community_error *err)
{
    const struct community_text words = submission->command->record;
    struct cm_plan_record *record = NULL;
    struct cm_request request = make_request(submission);
    if (words.size == 0) {
        refuse(submission, CM_CODE_RECORD_MISSING, request.name);
        return COMMUNITY_OK;
    }
    enum community_status status = cm_plan_find(&record, &submission->plan, words, err);
    if (status == COMMUNITY_NOT_FOUND) {
        refuse(submission, CM_CODE_UNKNOWN_RECORD, words);
        return COMMUNITY_OK;
    }
    const community_time_ms until = horizon_of(submission, &request);
    if (status == COMMUNITY_OK)
        status = cm_plan_family_timers(&submission->plan, record, until, err);
    if (status == COMMUNITY_OK)
        status = decide_move(submission, &record->record, &request, err);
    if (status != COMMUNITY_OK || !submission->decision.accepted)
        return status;
    return carry_out(submission, record, until, err);
}

/* ---- directory ---- */

static enum community_status change_directory(struct submission *submission,
                                              struct community_error *err)
{
    struct cm_plan *plan = &submission->plan;
    const struct cm_request request = make_request(submission);
    struct cm_plain_change change;
    const enum community_status found =
        cm_directory_command(&change, plan, &submission->decision, &request, err);
    if (found != COMMUNITY_OK || !submission->decision.accepted)
        return found;
    const enum community_status status = cm_plan_plain(plan, &change, err);
    if (status != COMMUNITY_OK)
        return status;
    if (!cm_receipt_accept_plain(submission->receipt, &plan->plain_rows[0].id,
                                 plan->plain_rows[0].version))
        return cm_fail_memory(err);
    return COMMUNITY_OK;
}

/* ---- keys ---- */

static bool key_digest(struct submission *submission, const uint8_t salt[16], uint8_t out[32])
{
    bool ok;
    struct cm_buffer *buffer = &submission->desk->buffer;
    const struct cm_value value =
        cm_command_to_value(&submission->desk->arena, submission->command, &ok);
    cm_buffer_clear(buffer);
    cm_buffer_bytes(buffer, salt, 16);
    if (ok)
        cm_json_write(buffer, &value);
    return ok && !buffer->failed &&
           cm_digest_of(submission->desk->digest, out, cm_buffer_view(buffer));
}

/* The receipt of the first time, if there was one. */
static enum community_status recall(struct submission *submission, bool *known_out,
                                    struct community_error *err)
{
    struct community_desk *desk = submission->desk;
    struct community_store_key known;
    uint8_t digest[32];
    *known_out = false;
    if (submission->command->key.data == NULL)
        return COMMUNITY_OK;
    enum community_status status = desk->store.find_key(
        desk->store.self, &known, submission->command->actor, submission->command->key, err);
    if (status == COMMUNITY_NOT_FOUND)
        return COMMUNITY_OK;
    if (status != COMMUNITY_OK)
        return status;
    if (!key_digest(submission, known.salt, digest))
        return cm_fail_memory(err);
    if (memcmp(digest, known.digest, sizeof(digest)) != 0)
        return cm_fail(err, COMMUNITY_KEY_REUSED, CM_CODE_KEY_REUSED, submission->command->key);
    *known_out = true;
    status = cm_receipt_restore(submission->receipt, known.receipt);
    if (status == COMMUNITY_CORRUPT)
        return cm_fail(err, status, CM_CODE_STORE_CONTENT, submission->command->key);
    return status == COMMUNITY_OK ? status : cm_fail_memory(err);
}

static enum community_status make_key(struct submission *submission,
                                      struct community_store_key *key, struct community_error *err)
{
    *key = (struct community_store_key){.actor = submission->command->actor,
                                        .key = submission->command->key,
                                        .receipt = submission->receipt->json};
    if (!cm_desk_random(submission->desk, key->salt, sizeof(key->salt)))
        return cm_fail_plain(err, COMMUNITY_IO, CM_CODE_NO_RANDOM);
    return key_digest(submission, key->salt, key->digest) ? COMMUNITY_OK : cm_fail_memory(err);
}

/* ---- all of it ---- */

static enum community_status decide(struct submission *submission, struct community_error *err)
{
    const struct community_text name = submission->command->name;
    if (cm_text_is(name, "open"))
        return open_record(submission, err);
    if (cm_is_directory_command(name))
        return change_directory(submission, err);
    return move_record(submission, err);
}

/* The position that the command's entry will get: within a transaction they have no gaps. */
static int64_t expected_position(const struct submission *submission)
{
    return submission->desk->last_position + 1 + (int64_t)submission->main_index;
}

/* What was written becomes what the next decision sees. */
static enum community_status learn_directory(struct submission *submission,
                                             struct community_error *err)
{
    const struct cm_plan *plan = &submission->plan;
    if (plan->plain_count == 0)
        return COMMUNITY_OK;
    return cm_desk_directory_learn(submission->desk, plan->plain_rows[0].space, &plan->plain_data,
                                   plan->plain_rows[0].version)
               ? COMMUNITY_OK
               : cm_fail_memory(err);
}

static enum community_status write_down(struct submission *submission, bool is_preview,
                                        struct community_error *err)
{
    struct community_store_key key;
    const bool accepted = submission->decision.accepted;
    const bool has_key = accepted && submission->command->key.data != NULL;
    const bool has_position = accepted && !is_preview;
    if (!accepted && !cm_receipt_refuse(submission->receipt, &submission->decision))
        return cm_fail_memory(err);
    if (!cm_receipt_finish(submission->receipt, has_position ? expected_position(submission) : 0,
                           &submission->desk->buffer))
        return cm_fail_memory(err);
    if (is_preview)
        return COMMUNITY_OK;
    enum community_status status = has_key ? make_key(submission, &key, err) : COMMUNITY_OK;
    if (status == COMMUNITY_OK)
        status = cm_plan_append(&submission->plan, has_key ? &key : NULL, err);
    return status == COMMUNITY_OK ? learn_directory(submission, err) : status;
}

static enum community_status run(struct submission *submission, bool is_preview,
                                 struct community_error *err)
{
    bool known;
    enum community_status status = cm_plan_init(&submission->plan, submission->desk, err);
    if (status == COMMUNITY_OK)
        status = recall(submission, &known, err);
    if (status != COMMUNITY_OK || known)
        return status;
    cm_decision_init(&submission->decision, &submission->desk->arena);
    status = decide(submission, err);
    return status == COMMUNITY_OK ? write_down(submission, is_preview, err) : status;
}

/* Ends the transaction unless it is a batch's. An error that says that the world failed ends the
 * batch too: part of the command may have been written. */
static enum community_status end_transaction(struct community_desk *desk,
                                             enum community_status status, bool is_preview,
                                             struct community_error *err)
{
    if (status == COMMUNITY_KEY_REUSED && desk->in_batch)
        return status;
    if (status != COMMUNITY_OK) {
        cm_desk_rollback(desk);
        return status;
    }
    if (desk->in_batch)
        return status;
    if (!is_preview)
        return cm_desk_commit(desk, err);
    cm_desk_rollback(desk);
    return status;
}

static enum community_status attempt(struct community_receipt **receipt_out,
                                     struct community_desk *desk,
                                     const struct community_command *command, bool is_preview,
                                     struct community_error *err)
{
    struct submission submission = {.desk = desk, .command = command};
    cm_arena_reset(&desk->arena);
    enum community_status status = cm_desk_begin(desk, err);
    if (status != COMMUNITY_OK)
        return status;
    submission.receipt = cm_receipt_new(&desk->allocator);
    status = submission.receipt != NULL ? run(&submission, is_preview, err) : cm_fail_memory(err);
    status = end_transaction(desk, status, is_preview, err);
    if (status == COMMUNITY_OK)
        *receipt_out = submission.receipt;
    else
        community_receipt_free(submission.receipt);
    return status;
}

static enum community_status submit(struct community_receipt **receipt_out,
                                    struct community_desk *desk,
                                    const struct community_command *command, bool is_preview,
                                    struct community_error *err)
{
    *receipt_out = NULL;
    enum community_status status = cm_desk_enter(desk, err);
    if (status != COMMUNITY_OK)
        return status;
    if (desk->is_read_only)
        return cm_fail_plain(err, COMMUNITY_UNSUPPORTED, CM_CODE_DESK_READ_ONLY);
    if ((command->has_at && !cm_time_is_writable(command->at)) ||
        (command->has_recorded_at && !cm_time_is_writable(command->recorded_at)))
        return cm_fail_plain(err, COMMUNITY_INVALID, CM_CODE_TIME_RANGE);
    const bool in_batch = desk->in_batch;
    /* A lost race is decided again with what the winner left, unless a batch was lost with it. */
    for (int try = 0; try < TRY_COUNT_MAX; try++) {
        struct community_error own = {0};
        status = attempt(receipt_out, desk, command, is_preview, &own);
        if (status == COMMUNITY_CONFLICT && !in_batch)
            continue;
        if (status != COMMUNITY_OK)
            cm_fail_copy(err, &own);
        return status;
    }
    return cm_fail_plain(err, COMMUNITY_CONFLICT, CM_CODE_CONFLICT);
}

enum community_status community_desk_submit(struct community_receipt **receipt_out,
                                            struct community_desk *desk,
                                            const struct community_command *command,
                                            struct community_error *err)
{
    return submit(receipt_out, desk, command, false, err);
}

enum community_status community_desk_preview(struct community_receipt **receipt_out,
                                             struct community_desk *desk,
                                             const struct community_command *command,
                                             struct community_error *err)
{
    return submit(receipt_out, desk, command, true, err);
}
