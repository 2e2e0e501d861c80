/* SPDX-License-Identifier: Apache-2.0
 *
 * Tickets that know each other. */
#include "ticket.h"

#include "field_value.h"
#include "identity.h"
#include "text.h"

static void refuse(struct cm_decision *decision, enum cm_code code, struct community_text rule,
                   struct community_text first, struct community_text second)
{
    const struct cm_reason reason = {
        .code = code, .argument_count = 2, .arguments = {first, second}, .rule = rule};
    decision->accepted = false;
    cm_decision_refuse(decision, &reason);
}

static bool may_rate(struct cm_decision *decision, const struct cm_record *record,
                     const struct cm_request *request, const struct cm_directory *directory)
{
    const struct cm_role roles[] = {
        {.kind = CM_ROLE_REQUESTER, .field = CM_NONE},
        {.kind = CM_ROLE_GRANT, .field = CM_NONE, .grant = CM_TEXT("operator")},
    };
    return cm_decide_has_role(decision, record, roles, 2, request->actor, request->at, directory);
}

void cm_ticket_rate_option(struct cm_decision *decision, const struct cm_record *record,
                           struct community_text actor, community_time_ms at,
                           const struct cm_directory *directory)
{
    const struct community_text rule = CM_TEXT(CM_COMMAND_RATE);
    const struct cm_request request = {.name = rule, .actor = actor, .at = at};
    if (!may_rate(decision, record, &request, directory))
        refuse(decision, CM_CODE_NOT_PERMITTED, rule, actor, rule);
    if (cm_record_has(record, record->lifecycle->rating_field))
        refuse(decision, CM_CODE_ALREADY_RATED, rule, rule, rule);
    decision->accepted = decision->reason_count == 0;
}

static void take_rating(struct cm_decision *decision, const struct cm_record *record,
                        const struct cm_value *level)
{
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    const struct cm_field *field = &lifecycle->fields[lifecycle->rating_field];
    const struct community_text rule = CM_TEXT(CM_COMMAND_RATE);
    const enum cm_code wrong = cm_field_check(field, level);
    if (wrong != CM_CODE_NONE) {
        refuse(decision, wrong, rule, field->name, cm_field_type_word(field->type));
        return;
    }
    struct cm_outcome *outcome = &decision->outcome;
    outcome->fields = cm_arena_array(decision->arena, 1, sizeof(*outcome->fields));
    if (outcome->fields == NULL) {
        decision->no_memory = true;
        return;
    }
    outcome->fields[0] =
        (struct cm_field_change){.field = lifecycle->rating_field, .value = *level};
    outcome->field_count = 1;
}

static void check_rating_data(struct cm_decision *decision, const struct cm_value *data)
{
    const struct community_text rule = CM_TEXT(CM_COMMAND_RATE);
    for (size_t i = 0; data != NULL && i < data->as.object.count; i++) {
        const struct cm_member *member = &data->as.object.members[i];
        const bool is_remark =
            cm_text_is(member->name, "note") || cm_text_is(member->name, "reason");
        if (cm_text_is(member->name, "rating"))
            continue;
        if (!is_remark || member->value.type != CM_TEXT_VALUE)
            refuse(decision, CM_CODE_UNEXPECTED_DATA, rule, member->name, rule);
    }
}

void cm_ticket_rate(struct cm_decision *decision, const struct cm_record *record,
                    const struct cm_request *request, const struct cm_directory *directory)
{
    const struct community_text rule = CM_TEXT(CM_COMMAND_RATE);
    const struct cm_value *level = cm_value_member(request->data, "rating");
    decision->outcome.occurred_at = request->at;
    cm_decide_when(decision, record, request, directory, rule);
    if (!may_rate(decision, record, request, directory))
        refuse(decision, CM_CODE_NOT_PERMITTED, rule, request->actor, rule);
    check_rating_data(decision, request->data);
    if (level == NULL || level->type == CM_NULL)
        refuse(decision, CM_CODE_MISSING_DATA, rule, CM_TEXT("rating"), rule);
    else if (cm_record_has(record, record->lifecycle->rating_field))
        refuse(decision, CM_CODE_ALREADY_RATED, rule, rule, rule);
    else
        take_rating(decision, record, level);
    decision->accepted = !decision->no_memory && decision->reason_count == 0;
}

void cm_ticket_check_merge(struct cm_decision *decision, const struct cm_record *record,
                           const struct cm_record *target, struct community_text words)
{
    const struct community_text rule =
        decision->transition != NULL ? decision->transition->name : (struct community_text){0};
    const struct community_text none = {0};
    if (target == NULL)
        refuse(decision, CM_CODE_UNKNOWN_RECORD, rule, words, none);
    else if (cm_id_equal(&target->id, &record->id))
        refuse(decision, CM_CODE_MERGE_SELF, rule, words, none);
    else if (!cm_id_is_nil(&target->merged_into))
        refuse(decision, CM_CODE_MERGE_TARGET, rule, words, none);
    else if (!cm_text_equal(target->lifecycle->name, record->lifecycle->name))
        refuse(decision, CM_CODE_MERGE_LIFECYCLE, rule, words, none);
    else if (record->duplicates > 0)
        refuse(decision, CM_CODE_MERGE_HAS_DUPLICATES, rule, words, none);
}

void cm_ticket_check_parent(struct cm_decision *decision, const struct cm_lifecycle *lifecycle,
                            const struct cm_record *parent, struct community_text words)
{
    const struct community_text rule = CM_TEXT("open");
    if (parent == NULL && words.size > 0)
        refuse(decision, CM_CODE_UNKNOWN_RECORD, rule, words, (struct community_text){0});
    else if (parent == NULL && lifecycle->parent.size > 0)
        refuse(decision, CM_CODE_PARENT_MISSING, rule, lifecycle->name, lifecycle->parent);
    else if (parent == NULL)
        return;
    else if (!cm_text_equal(parent->lifecycle->name, lifecycle->parent))
        refuse(decision, CM_CODE_PARENT_LIFECYCLE, rule, lifecycle->name, lifecycle->parent);
    else if (cm_record_is_final(parent))
        refuse(decision, CM_CODE_PARENT_FINAL, rule, words, (struct community_text){0});
}

void cm_ticket_note_duplicate(struct cm_decision *decision, const struct cm_record *target,
                              community_time_ms at, int change)
{
    decision->outcome.occurred_at = at;
    decision->outcome.sets_duplicates = true;
    decision->outcome.duplicates = target->duplicates + change;
    decision->accepted = true;
}

void cm_ticket_note_child(struct cm_decision *decision, const struct cm_record *parent,
                          community_time_ms at, int change)
{
    struct cm_outcome *outcome = &decision->outcome;
    outcome->occurred_at = at;
    outcome->sets_children_open = true;
    outcome->children_open = parent->children_open + change;
    if (change < 0) {
        outcome->effects = cm_arena_array(decision->arena, 1, sizeof(*outcome->effects));
        if (outcome->effects == NULL) {
            decision->no_memory = true;
            return;
        }
        outcome->effects[0] = (struct cm_effect){.kind = CM_EFFECT_CHILD,
                                                 .action = CM_TEXT("child-closed"),
                                                 .to = cm_record_unit(parent)};
        outcome->effect_count = 1;
    }
    decision->accepted = true;
}

/* Whether the actor could at any time take some step of the lifecycle. */
static bool has_a_part(struct cm_decision *scratch, const struct cm_record *record,
                       struct community_text actor, community_time_ms at,
                       const struct cm_directory *directory)
{
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    for (size_t i = 0; i < lifecycle->transition_count; i++) {
        const struct cm_transition *transition = &lifecycle->transitions[i];
        if (transition->role_count > 0 &&
            cm_decide_has_role(scratch, record, transition->roles, transition->role_count, actor,
                               at, directory))
            return true;
    }
    return false;
}

/* Adds what one rule shows; what any rule shows without a trace needs none. */
static void see(bool *sees, bool *is_logged, bool shows, bool logged)
{
    if (!shows)
        return;
    *is_logged = logged && (!*sees || *is_logged);
    *sees = true;
}

struct cm_sight cm_ticket_sight(struct cm_decision *scratch, const struct cm_record *record,
                                struct community_text actor, community_time_ms at,
                                const struct cm_directory *directory)
{
    const struct cm_lifecycle *lifecycle = record->lifecycle;
    const bool is_requester = cm_text_equal(actor, record->requester);
    struct cm_sight sight = {.personal = is_requester, .sensitive = false};
    if (lifecycle->read_rule_count == 0) {
        const bool sees = is_requester || has_a_part(scratch, record, actor, at, directory);
        return (struct cm_sight){.personal = sees, .sensitive = sees};
    }
    for (size_t i = 0; i < lifecycle->read_rule_count; i++) {
        const struct cm_read_rule *rule = &lifecycle->read_rules[i];
        if (!cm_decide_has_role(scratch, record, rule->roles, rule->role_count, actor, at,
                                directory))
            continue;
        see(&sight.personal, &sight.personal_is_logged, rule->personal, rule->logged);
        see(&sight.sensitive, &sight.sensitive_is_logged, rule->sensitive, rule->logged);
    }
    return sight;
}

void cm_ticket_note_reading(struct cm_decision *decision, community_time_ms at)
{
    decision->outcome.occurred_at = at;
    decision->outcome.is_reading = true;
    decision->accepted = true;
}
