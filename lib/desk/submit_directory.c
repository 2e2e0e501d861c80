/* SPDX-License-Identifier: Apache-2.0
 *
 * Directory commands: what each may bring, and who may give it. */
#include "submit_directory.h"

#include <string.h>

#include "failure.h"
#include "json.h"
#include "rfc3339.h"
#include "text.h"

enum member_type { MEMBER_ID, MEMBER_TEXT, MEMBER_TITLE, MEMBER_TIME, MEMBER_IDS, MEMBER_HASH };

static const char *const member_type_words[] = {
    [MEMBER_ID] = "id",     [MEMBER_TEXT] = "text",       [MEMBER_TITLE] = "title",
    [MEMBER_TIME] = "time", [MEMBER_IDS] = "list of ids", [MEMBER_HASH] = "SHA-256",
};

struct member_rule {
    const char *name;
    enum member_type type;
    bool required;
};

static const struct member_rule unit_members[] = {
    {"id", MEMBER_ID, true},           {"kind", MEMBER_ID, false},   {"level", MEMBER_ID, false},
    {"title", MEMBER_TITLE, false},    {"parent", MEMBER_ID, false}, {"area", MEMBER_ID, false},
    {"also_under", MEMBER_IDS, false}, {"from", MEMBER_TIME, false}, {"to", MEMBER_TIME, false},
};
static const struct member_rule person_members[] = {
    {"id", MEMBER_ID, true},
    {"name", MEMBER_TEXT, false},
};
static const struct member_rule grant_members[] = {
    {"person", MEMBER_ID, true},       {"role", MEMBER_ID, true},    {"unit", MEMBER_ID, true},
    {"delegate_of", MEMBER_ID, false}, {"from", MEMBER_TIME, false}, {"to", MEMBER_TIME, false},
};
static const struct member_rule revoke_members[] = {
    {"person", MEMBER_ID, true},
    {"role", MEMBER_ID, true},
    {"unit", MEMBER_ID, true},
};
static const struct member_rule import_members[] = {
    {"file", MEMBER_HASH, true},
    {"map", MEMBER_HASH, true},
    {"source", MEMBER_TEXT, false},
};

static const char *const person_personal[] = {"name"};

/* A directory command: its members, where its record lives, and which members name that record. */
struct command_rule {
    const char *name;
    const char *space;
    const struct member_rule *members;
    size_t member_count;
    const char *identity[3];
    size_t identity_count;
    const char *const *personal;
    size_t personal_count;
};

#define MEMBERS(table) (table), sizeof(table) / sizeof((table)[0])
static const struct command_rule command_rules[] = {
    {"put-unit", CM_SPACE_UNIT, MEMBERS(unit_members), {"id"}, 1, NULL, 0},
    {"put-person", CM_SPACE_PERSON, MEMBERS(person_members), {"id"}, 1, person_personal, 1},
    {"grant", CM_SPACE_GRANT, MEMBERS(grant_members), {"person", "role", "unit"}, 3, NULL, 0},
    {"revoke", CM_SPACE_GRANT, MEMBERS(revoke_members), {"person", "role", "unit"}, 3, NULL, 0},
    {"import", CM_SPACE_IMPORT, MEMBERS(import_members), {"file", "map"}, 2, NULL, 0},
};
enum { COMMAND_RULE_COUNT = sizeof(command_rules) / sizeof(command_rules[0]) };

static const struct command_rule *find_rule(struct community_text name)
{
    for (size_t i = 0; i < COMMAND_RULE_COUNT; i++) {
        if (cm_text_is(name, command_rules[i].name))
            return &command_rules[i];
    }
    return NULL;
}

bool cm_is_directory_command(struct community_text name)
{
    return find_rule(name) != NULL;
}

static void refuse(struct cm_decision *decision, const struct command_rule *rule, enum cm_code code,
                   struct community_text first, struct community_text second,
                   struct community_text third)
{
    const struct cm_reason reason = {.code = code,
                                     .argument_count = 3,
                                     .arguments = {first, second, third},
                                     .rule = cm_text(rule->name)};
    cm_decision_refuse(decision, &reason);
}

/* ---- what it brings ---- */

static bool is_id(const struct cm_value *value)
{
    if (value->type != CM_TEXT_VALUE || value->as.text.size == 0 || value->as.text.size > 128)
        return false;
    for (size_t i = 0; i < value->as.text.size; i++) {
        const unsigned char byte = (unsigned char)value->as.text.data[i];
        if (byte < 0x20 || byte == 0x7f)
            return false;
    }
    return true;
}

static bool is_title(const struct cm_value *value)
{
    if (value->type == CM_TEXT_VALUE)
        return true;
    if (value->type != CM_OBJECT || value->as.object.count == 0)
        return false;
    for (size_t i = 0; i < value->as.object.count; i++) {
        const struct cm_member *member = &value->as.object.members[i];
        if (member->value.type != CM_TEXT_VALUE ||
            (!cm_text_is(member->name, "zh") && !cm_text_is(member->name, "en")))
            return false;
    }
    return true;
}

static bool is_list_of_ids(const struct cm_value *value)
{
    if (value->type != CM_LIST)
        return false;
    for (size_t i = 0; i < value->as.list.count; i++) {
        if (!is_id(&value->as.list.items[i]))
            return false;
    }
    return true;
}

static bool is_hash(const struct cm_value *value)
{
    if (value->type != CM_TEXT_VALUE || value->as.text.size != 64)
        return false;
    for (size_t i = 0; i < 64; i++) {
        const char digit = value->as.text.data[i];
        if (!(digit >= '0' && digit <= '9') && !(digit >= 'a' && digit <= 'f'))
            return false;
    }
    return true;
}

static bool member_fits(const struct cm_value *value, enum member_type type)
{
    community_time_ms time;
    switch (type) {
    case MEMBER_ID:
        return is_id(value);
    case MEMBER_TEXT:
        return value->type == CM_TEXT_VALUE && value->as.text.size <= 1000;
    case MEMBER_TITLE:
        return is_title(value);
    case MEMBER_TIME:
        return value->type == CM_TEXT_VALUE && cm_time_parse(value->as.text, &time, NULL);
    case MEMBER_IDS:
        return is_list_of_ids(value);
    case MEMBER_HASH:
        return is_hash(value);
    }
    return false;
}

static const struct member_rule *find_member(const struct command_rule *rule,
                                             struct community_text name)
{
    for (size_t i = 0; i < rule->member_count; i++) {
        if (cm_text_is(name, rule->members[i].name))
            return &rule->members[i];
    }
    return NULL;
}

static void check_members(struct cm_decision *decision, const struct command_rule *rule,
                          const struct cm_value *data)
{
    const struct community_text name = cm_text(rule->name);
    const struct community_text none = {0};
    for (size_t i = 0; data != NULL && i < data->as.object.count; i++) {
        const struct cm_member *member = &data->as.object.members[i];
        const struct member_rule *known = find_member(rule, member->name);
        if (known == NULL)
            refuse(decision, rule, CM_CODE_UNEXPECTED_DATA, member->name, name, none);
        else if (member->value.type == CM_NULL ? known->required
                                               : !member_fits(&member->value, known->type))
            refuse(decision, rule, CM_CODE_FIELD_FORMAT, member->name,
                   cm_text(member_type_words[known->type]), none);
    }
    for (size_t i = 0; i < rule->member_count; i++) {
        if (rule->members[i].required && cm_value_member(data, rule->members[i].name) == NULL)
            refuse(decision, rule, CM_CODE_MISSING_DATA, cm_text(rule->members[i].name), name,
                   none);
    }
}

/* ---- who may give it ---- */

static bool holds(const struct cm_plan *plan, struct community_text person, const char *role)
{
    const struct cm_grant_question question = {
        .person = person, .role = cm_text(role), .at = plan->now};
    return cm_directory_grant(plan->directory, &question) != NULL;
}

/* The first person to hold the role closes the door behind them; before, a new desk must be able to
 * fill its directory. */
static void check_actor(struct cm_decision *decision, const struct command_rule *rule,
                        const struct cm_plan *plan, const struct cm_request *request)
{
    const struct community_text none = {0};
    if (strcmp(rule->space, CM_SPACE_IMPORT) == 0) {
        if (!holds(plan, request->actor, CM_ROLE_IMPORTER))
            refuse(decision, rule, CM_CODE_IMPORTERS_ONLY, request->actor, none, none);
        return;
    }
    if (cm_directory_has_role(plan->directory, CM_TEXT(CM_ROLE_ADMINISTRATOR), plan->now) &&
        !holds(plan, request->actor, CM_ROLE_ADMINISTRATOR))
        refuse(decision, rule, CM_CODE_ADMINISTRATORS_ONLY, request->actor, none, none);
}

/* ---- the special rules of each ---- */

static void check_circle(struct cm_decision *decision, const struct command_rule *rule,
                         const struct cm_plan *plan, const struct cm_value *data)
{
    const struct community_text id = cm_value_member_as_text(data, "id");
    struct community_text above = cm_value_member_as_text(data, "parent");
    for (size_t steps = 0; above.size > 0 && steps <= plan->directory->unit_count; steps++) {
        if (cm_text_equal(above, id)) {
            refuse(decision, rule, CM_CODE_UNIT_CIRCLE, id, above, above);
            return;
        }
        above = cm_directory_above(plan->directory, above, 1);
    }
}

static void check_grant_exists(struct cm_decision *decision, const struct command_rule *rule,
                               const struct cm_plan *plan, const struct cm_value *data)
{
    const struct cm_grant wanted = {.person = cm_value_member_as_text(data, "person"),
                                    .role = cm_value_member_as_text(data, "role"),
                                    .unit = cm_value_member_as_text(data, "unit")};
    for (size_t i = 0; i < plan->directory->grant_count; i++) {
        if (cm_grant_compare(&plan->directory->grants[i], &wanted) == 0)
            return;
    }
    refuse(decision, rule, CM_CODE_NO_SUCH_GRANT, wanted.person, wanted.role, wanted.unit);
}

/* Nobody could open the door again. */
static void check_last_administrator(struct cm_decision *decision, const struct command_rule *rule,
                                     const struct cm_plan *plan, const struct cm_value *data)
{
    const struct community_text role = CM_TEXT(CM_ROLE_ADMINISTRATOR);
    size_t left = 0;
    if (!cm_text_equal(cm_value_member_as_text(data, "role"), role))
        return;
    for (size_t i = 0; i < plan->directory->grant_count; i++) {
        const struct cm_grant *grant = &plan->directory->grants[i];
        left +=
            cm_text_equal(grant->role, role) && grant->from <= plan->now && plan->now < grant->to;
    }
    if (left == 1)
        refuse(decision, rule, CM_CODE_LAST_ADMINISTRATOR, cm_value_member_as_text(data, "person"),
               role, role);
}

static void check_revocation(struct cm_decision *decision, const struct command_rule *rule,
                             const struct cm_plan *plan, const struct cm_value *data)
{
    check_grant_exists(decision, rule, plan, data);
    if (decision->reason_count == 0)
        check_last_administrator(decision, rule, plan, data);
}

static void check_special(struct cm_decision *decision, const struct command_rule *rule,
                          const struct cm_plan *plan, const struct cm_value *data)
{
    if (strcmp(rule->name, "put-unit") == 0)
        check_circle(decision, rule, plan, data);
    if (strcmp(rule->name, "revoke") == 0)
        check_revocation(decision, rule, plan, data);
    if (strcmp(rule->name, "grant") != 0 || plan->directory->unit_count == 0)
        return;
    const struct community_text unit = cm_value_member_as_text(data, "unit");
    if (cm_directory_unit(plan->directory, unit) == NULL)
        refuse(decision, rule, CM_CODE_UNKNOWN_UNIT, unit, unit, unit);
}

/* ---- the change ---- */

/* One member is the identity as it is; several are a JSON list of texts, which no text can forge.
 */
static bool make_identity(struct community_text *out, struct cm_plan *plan,
                          const struct command_rule *rule, const struct cm_value *data)
{
    if (rule->identity_count == 1) {
        *out = cm_value_member_as_text(data, rule->identity[0]);
        return true;
    }
    struct cm_value list = cm_value_new_list(plan->arena, rule->identity_count);
    if (cm_value_is_broken(&list))
        return false;
    for (size_t i = 0; i < rule->identity_count; i++)
        cm_value_append(&list, cm_value_text(cm_value_member_as_text(data, rule->identity[i])));
    struct cm_buffer *buffer = &plan->desk->buffer;
    cm_buffer_clear(buffer);
    cm_json_write(buffer, &list);
    *out = cm_arena_text(plan->arena, cm_buffer_view(buffer));
    return !buffer->failed && out->data != NULL;
}

/* A revocation is the grant with a mark: the chain of its record goes on. */
static bool make_data(struct cm_value *out, struct cm_plan *plan, const struct command_rule *rule,
                      const struct cm_value *data)
{
    *out = cm_value_new_object(plan->arena, data->as.object.count + 1);
    if (cm_value_is_broken(out))
        return false;
    for (size_t i = 0; i < data->as.object.count; i++) {
        if (data->as.object.members[i].value.type != CM_NULL)
            cm_value_put_text(out, data->as.object.members[i].name,
                              data->as.object.members[i].value);
    }
    if (strcmp(rule->name, "revoke") == 0)
        cm_value_put(out, "revoked", cm_value_bool(true));
    return true;
}

enum community_status cm_directory_command(struct cm_plain_change *change_out, struct cm_plan *plan,
                                           struct cm_decision *decision,
                                           const struct cm_request *request,
                                           struct community_error *err)
{
    const struct command_rule *rule = find_rule(request->name);
    check_members(decision, rule, request->data);
    check_actor(decision, rule, plan, request);
    if (request->at > plan->now)
        refuse(decision, rule, CM_CODE_IN_THE_FUTURE, CM_TEXT("at"), CM_TEXT(""), CM_TEXT(""));
    if (decision->reason_count == 0)
        check_special(decision, rule, plan, request->data);
    decision->accepted = decision->reason_count == 0;
    if (!decision->accepted)
        return COMMUNITY_OK;
    struct community_text identity;
    if (!make_identity(&identity, plan, rule, request->data) ||
        !make_data(&plan->plain_data, plan, rule, request->data))
        return cm_fail_memory(err);
    *change_out = (struct cm_plain_change){
        .space = cm_text(rule->space),
        .external_id = identity,
        .command = request->name,
        .actor = request->actor,
        .at = request->at,
        .data = &plan->plain_data,
        .personal = rule->personal,
        .personal_count = rule->personal_count,
    };
    return COMMUNITY_OK;
}
