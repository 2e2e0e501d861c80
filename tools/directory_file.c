/* SPDX-License-Identifier: Apache-2.0
 *
 * A directory file, put into a desk. */
#include "directory_file.h"

#include "json_output.h"
#include "tool_error.h"

static const char *const members[] = {"units", "people", "grants", NULL};

static bool is_list_of_objects(const struct tool_json_input *input,
                               const struct tool_json_node *list, struct community_error *err)
{
    if (list->kind != TOOL_JSON_ARRAY) {
        tool_json_complain(input, list, err, "wrong-type", "This must be a list.",
                           "此处须为列表。");
        return false;
    }
    for (const struct tool_json_node *item = list->first; item; item = item->next) {
        if (item->kind != TOOL_JSON_OBJECT) {
            tool_json_complain(input, item, err, "wrong-type", "This must be an object.",
                               "此处须为对象。");
            return false;
        }
    }
    return true;
}

bool tool_directory_read(struct tool_json_input *input, struct community_text document,
                         const char *path, struct community_error *err)
{
    if (!tool_json_read(input, document, path, err) ||
        !tool_json_expect_object(input, input->root, members, err)) {
        return false;
    }
    for (const struct tool_json_node *list = input->root->first; list; list = list->next) {
        if (!is_list_of_objects(input, list, err)) {
            return false;
        }
    }
    return true;
}

/* The refusal's first reason, with the place of the item that met it. */
static void complain_refused(const struct tool_json_input *input, const struct tool_json_node *item,
                             const struct community_receipt *receipt, struct community_error *err)
{
    struct tool_bytes texts = {0};
    tool_bytes_add(&texts, community_receipt_reason_code(receipt, 0));
    tool_bytes_add_byte(&texts, '\0');
    size_t en = texts.size;
    tool_bytes_add(&texts, community_receipt_reason_message(receipt, 0));
    tool_bytes_add_byte(&texts, '\0');
    size_t zh = texts.size;
    tool_bytes_add(&texts, community_receipt_reason_message_zh(receipt, 0));
    tool_bytes_add_byte(&texts, '\0');
    if (texts.failed) {
        tool_error_no_memory(err);
    } else {
        tool_json_complain(input, item, err, texts.data, texts.data + en, texts.data + zh);
    }
    tool_bytes_free(&texts);
}

static bool submit_json(struct community_desk *desk, const struct tool_json_input *input,
                        const struct tool_json_node *item, struct community_text json,
                        struct community_error *err)
{
    struct community_command *command = NULL;
    struct community_receipt *receipt = NULL;
    struct community_error found = {0};
    bool is_done = community_command_from_json(&command, json, NULL, &found) == COMMUNITY_OK &&
                   community_desk_submit(&receipt, desk, command, &found) == COMMUNITY_OK;
    if (!is_done && found.status == COMMUNITY_INVALID) {
        tool_json_complain(input, item, err, found.code, found.message, found.message_zh);
    } else if (!is_done) {
        *err = found;
    } else if (!community_receipt_is_accepted(receipt)) {
        complain_refused(input, item, receipt, err);
        is_done = false;
    }
    community_receipt_free(receipt);
    community_command_free(command);
    return is_done;
}

static bool put_item(struct community_desk *desk, const struct tool_json_input *input,
                     const char *name, const struct tool_json_node *item,
                     struct community_text actor, struct community_error *err)
{
    struct tool_bytes json = {0};
    tool_json_open_object(&json, NULL);
    tool_json_put_text(&json, "command", tool_text(name));
    tool_json_put_text(&json, "actor", actor);
    tool_json_put_raw(&json, "data", item->source);
    tool_json_close_object(&json);
    bool is_put = false;
    if (json.failed) {
        tool_error_no_memory(err);
    } else {
        is_put = submit_json(desk, input, item, tool_bytes_text(&json), err);
    }
    tool_bytes_free(&json);
    return is_put;
}

static const struct tool_json_node *first_of(const struct tool_json_input *input, const char *name)
{
    const struct tool_json_node *list = tool_json_member(input->root, name);
    return list ? list->first : NULL;
}

static bool put_list(struct community_desk *desk, const struct tool_json_input *input,
                     const char *member, const char *name, struct community_text actor,
                     struct community_error *err)
{
    for (const struct tool_json_node *item = first_of(input, member); item; item = item->next) {
        if (!put_item(desk, input, name, item, actor, err)) {
            return false;
        }
    }
    return true;
}

/* Once there is an administrator only administrators may grant: so theirs come last, and each after
 * the first is given by the first. */
static bool put_grants(struct community_desk *desk, const struct tool_json_input *input,
                       struct community_text actor, struct community_error *err)
{
    for (int round = 0; round < 2; round++) {
        for (const struct tool_json_node *item = first_of(input, "grants"); item;
             item = item->next) {
            bool is_last = tool_text_is(tool_json_text(item, "role"), "administrator");
            if (is_last != (round == 1)) {
                continue;
            }
            if (!put_item(desk, input, "grant", item, actor, err)) {
                return false;
            }
            struct community_text person = tool_json_text(item, "person");
            if (is_last && person.size > 0) {
                actor = person;
            }
        }
    }
    return true;
}

bool tool_directory_put(struct community_desk *desk, const struct tool_json_input *input,
                        struct community_text actor, struct community_error *err)
{
    if (community_desk_begin(desk, err) != COMMUNITY_OK) {
        return false;
    }
    bool is_put = put_list(desk, input, "units", "put-unit", actor, err) &&
                  put_list(desk, input, "people", "put-person", actor, err) &&
                  put_grants(desk, input, actor, err);
    if (!is_put) {
        community_desk_rollback(desk);
        return false;
    }
    return community_desk_commit(desk, err) == COMMUNITY_OK;
}
