/* SPDX-License-Identifier: Apache-2.0
 *
 * A desk with a clock of its own and people around it. */
#include "desk_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "default_allocator.h"
#include "json.h"
#include "rfc3339.h"
#include "text.h"

const char *const office_rules =
    "{'rulebook': 'office', 'version': '1', 'calendars': {'office': {'zone': 'Asia/Shanghai',"
    "  'hours': {'mon-fri': ['08:00-12:00', '14:00-17:30']},"
    "  'years': {'2026': {'off': ['2026-06-19'], 'work': ['2026-01-04']}}}},"
    " 'lifecycles': {"
    " 'request': {'kind': 'ticket', 'calendar': 'office', 'start': 'new',"
    "  'backdate_at_most': '1 hour',"
    "  'fields': {'subject': {'type': 'text', 'class': 'public', 'required': true, 'max': 20},"
    "   'phone': {'type': 'text', 'max': 20}, 'health': {'type': 'text', 'class': 'sensitive'},"
    "   'lead_unit': {'type': 'unit'}, 'place': {'type': 'unit'}},"
    "  'states': {'new': {}, 'given': {}, 'handled': {}, 'merged': {}, 'closed': {'final': true},"
    "             'lapsed': {'final': true}},"
    "  'transitions': ["
    "   {'name': 'give', 'from': 'new', 'to': 'given', 'by': 'operator', 'asks': ['lead_unit']},"
    "   {'name': 'handle', 'from': 'given', 'to': 'handled', 'by': 'handler of lead_unit'},"
    "   {'name': 'close', 'from': 'handled', 'to': 'closed', 'by': 'operator',"
    "    'effects': [{'notify': 'requester', 'message': 'closed'}]},"
    "   {'name': 'lapse', 'from': 'handled', 'to': 'lapsed', 'by': 'system', 'after': '3 days'},"
    "   {'name': 'reopen', 'from': 'closed', 'to': 'given', 'by': 'operator', 'reopen': true},"
    "   {'name': 'merge', 'from': ['new', 'given'], 'to': 'merged', 'by': 'operator',"
    "    'asks': ['into'], 'merges': true},"
    "   {'name': 'unmerge', 'from': 'merged', 'to': 'new', 'by': 'operator', 'unmerges': true},"
    "   {'name': 'note', 'from': '*', 'by': ['operator', 'requester', 'handler of lead_unit'],"
    "    'asks': ['text']}],"
    "  'deadlines': {'resolve': {'from': 'given', 'until': 'handled', 'allow': '2 working days',"
    "    'warn_at': ['1 working day before'],"
    "    'on_breach': [{'do': 'remind', 'to': 'parent of lead_unit'}]}}},"
    " 'support': {'kind': 'ticket', 'calendar': 'office', 'start': 'asked', 'parent': 'request',"
    "  'fields': {'helper': {'type': 'unit', 'required': true}},"
    "  'states': {'asked': {}, 'done': {'final': true}},"
    "  'transitions': ["
    "   {'name': 'finish', 'from': 'asked', 'to': 'done', 'by': 'handler of helper'},"
    "   {'name': 'lapse', 'from': 'asked', 'to': 'done', 'by': 'system', 'after': '10 days'},"
    "   {'name': 'again', 'from': 'done', 'to': 'asked', 'by': 'operator', 'reopen': true}]},"
    " 'care': {'kind': 'ticket', 'start': 'new',"
    "  'fields': {'phone': {'type': 'text'}, 'health': {'type': 'text', 'class': 'sensitive'},"
    "             'place': {'type': 'unit'}},"
    "  'states': {'new': {}, 'closed': {'final': true}},"
    "  'transitions': [{'name': 'close', 'from': 'new', 'to': 'closed', 'by': 'operator'}],"
    "  'reads': [{'by': 'operator', 'classes': ['personal']},"
    "            {'by': 'nurse', 'classes': ['personal', 'sensitive']}]}}}";

static void give_up(const char *what, const char *detail)
{
    fprintf(stderr, "%s: %s\n", what, detail);
    abort();
}

static struct community_text quoted(struct office *office, const char *text)
{
    const size_t size = strlen(text);
    char *bytes = cm_arena_allocate(&office->arena, size + 1);
    if (bytes == NULL)
        give_up("no memory", text);
    for (size_t i = 0; i <= size; i++)
        bytes[i] = text[i] == '\'' ? '"' : text[i];
    return (struct community_text){bytes, size};
}

static community_time_ms read_clock(void *userdata)
{
    return ((struct office *)userdata)->now;
}

community_time_ms office_time(const char *text)
{
    char full[64];
    community_time_ms time;
    snprintf(full, sizeof(full), "%.10sT%s%s+08:00", text, text + 11,
             strlen(text) == 16 ? ":00" : "");
    if (!cm_time_parse(cm_text(full), &time, NULL))
        give_up("not a time", text);
    return time;
}

void office_set_clock(struct office *office, const char *text)
{
    office->now = office_time(text);
}

static void open_desk(struct office *office, uint32_t flags)
{
    struct community_error err = {0};
    const struct community_desk_configuration configuration = {.size = sizeof(configuration),
                                                               .flags = flags,
                                                               .allocator = office->allocator,
                                                               .now = read_clock,
                                                               .now_userdata = office};
    if (community_desk_open(&office->desk, cm_text(office->uri), &configuration, &err) !=
        COMMUNITY_OK)
        give_up(office->uri, err.message);
}

void office_open(struct office *office, const char *uri)
{
    memset(office, 0, sizeof(*office));
    office->uri = uri;
    cm_arena_init(&office->arena, cm_default_allocator(), 16 * 1024);
    office_set_clock(office, "2026-06-01 09:00");
    open_desk(office, strcmp(uri, "memory:") == 0 ? 0 : COMMUNITY_DESK_CREATE);
}

void office_install(struct office *office, const char *rules)
{
    struct community_error err = {0};
    struct community_rulebook *rulebook;
    if (community_rulebook_load(&rulebook, quoted(office, rules), CM_TEXT("rules"), NULL, &err) !=
        COMMUNITY_OK)
        give_up("rulebook", err.message);
    if (community_desk_install(office->desk, rulebook, CM_TEXT("root"), &err) != COMMUNITY_OK)
        give_up("install", err.message);
    community_rulebook_free(rulebook);
}

void office_people(struct office *office)
{
    static const char *const commands[] = {
        "'put-unit', 'data': {'id': 'county', 'kind': 'county'}",
        "'put-unit', 'data': {'id': 'street', 'kind': 'street', 'parent': 'county'}",
        "'put-unit', 'data': {'id': 'hall', 'kind': 'community', 'parent': 'street'}",
        "'put-unit', 'data': {'id': 'bureau', 'kind': 'department', 'parent': 'county'}",
        "'put-unit', 'data': {'id': 'works', 'kind': 'department', 'parent': 'county'}",
        "'grant', 'data': {'person': 'op', 'role': 'operator', 'unit': 'county'}",
        "'grant', 'data': {'person': 'far', 'role': 'operator', 'unit': 'works'}",
        "'grant', 'data': {'person': 'hand', 'role': 'handler', 'unit': 'bureau'}",
        "'grant', 'data': {'person': 'hand', 'role': 'handler', 'unit': 'hall'}",
        "'grant', 'data': {'person': 'help', 'role': 'handler', 'unit': 'works'}",
        "'grant', 'data': {'person': 'nurse', 'role': 'nurse', 'unit': 'county'}",
        "'grant', 'data': {'person': 'import', 'role': 'importer', 'unit': 'county'}",
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char json[256];
        snprintf(json, sizeof(json), "{'actor': 'root', 'command': %s}", commands[i]);
        const char *said = office_send(office, json);
        if (strcmp(said, "accepted") != 0)
            give_up(json, said);
    }
}

void office_reopen(struct office *office)
{
    community_desk_close(office->desk);
    open_desk(office, 0);
}

void office_close(struct office *office)
{
    community_desk_close(office->desk);
    cm_arena_free(&office->arena);
}

/* ---- commands ---- */

static const char *error_text(struct office *office, const struct community_error *err)
{
    char text[128];
    snprintf(text, sizeof(text), "error: %s", err->code);
    return cm_arena_text(&office->arena, cm_text(text)).data;
}

/* NULL and *error_out when there is no receipt. */
static struct community_receipt *submit(struct office *office, const char *json, bool is_preview,
                                        const char **error_out)
{
    struct community_error err = {0};
    struct community_command *command;
    struct community_receipt *receipt = NULL;
    enum community_status status =
        community_command_from_json(&command, quoted(office, json), NULL, &err);
    if (status == COMMUNITY_OK) {
        status = is_preview ? community_desk_preview(&receipt, office->desk, command, &err)
                            : community_desk_submit(&receipt, office->desk, command, &err);
        community_command_free(command);
    }
    if (status != COMMUNITY_OK)
        *error_out = error_text(office, &err);
    return receipt;
}

static const char *answer(struct office *office, struct community_receipt *receipt)
{
    char words[1024] = "accepted";
    size_t size = 0;
    for (size_t i = 0; i < community_receipt_reason_count(receipt); i++)
        size += (size_t)snprintf(words + size, sizeof(words) - size, "%s%s", i > 0 ? " " : "",
                                 community_receipt_reason_code(receipt, i).data);
    community_receipt_free(receipt);
    return cm_arena_text(&office->arena, cm_text(words)).data;
}

const char *office_send(struct office *office, const char *json)
{
    const char *error = NULL;
    struct community_receipt *receipt = submit(office, json, false, &error);
    return receipt != NULL ? answer(office, receipt) : error;
}

const char *office_preview(struct office *office, const char *json)
{
    const char *error = NULL;
    struct community_receipt *receipt = submit(office, json, true, &error);
    return receipt != NULL ? answer(office, receipt) : error;
}

const char *office_receipt(struct office *office, const char *json)
{
    const char *error = NULL;
    struct community_receipt *receipt = submit(office, json, false, &error);
    if (receipt == NULL)
        return error;
    const char *text = cm_arena_text(&office->arena, community_receipt_json(receipt)).data;
    community_receipt_free(receipt);
    return text;
}

int64_t office_tick(struct office *office, const char *until)
{
    int64_t fired = 0;
    struct community_error err = {0};
    if (community_desk_tick(office->desk, until != NULL ? office_time(until) : COMMUNITY_TIME_NOW,
                            &fired, NULL, NULL, &err) != COMMUNITY_OK)
        give_up("tick", err.message);
    return fired;
}

/* ---- looking ---- */

static struct cm_value parse(struct office *office, struct community_text json)
{
    struct cm_value value;
    if (cm_json_read(&value, &office->arena, json, &cm_json_rulebook_limits, NULL) != COMMUNITY_OK)
        give_up("not JSON", "document");
    return value;
}

static const char *as_text(struct office *office, const struct cm_value *value)
{
    if (value == NULL)
        return "-";
    if (value->type == CM_TEXT_VALUE)
        return value->as.text.data;
    struct cm_buffer buffer;
    cm_buffer_init(&buffer, cm_default_allocator());
    cm_json_write(&buffer, value);
    const char *text = cm_arena_text(&office->arena, cm_buffer_view(&buffer)).data;
    cm_buffer_free(&buffer);
    return text;
}

/* In a list, the item whose "name" it is. */
static const struct cm_value *member(const struct cm_value *value, struct community_text name)
{
    if (value->type != CM_LIST)
        return cm_value_member_text(value, name);
    for (size_t i = 0; i < value->as.list.count; i++) {
        const struct cm_value *item = &value->as.list.items[i];
        if (cm_text_equal(cm_value_member_as_text(item, "name"), name))
            return item;
    }
    return NULL;
}

static const char *follow(struct office *office, const struct cm_value *value, const char *path)
{
    while (value != NULL && *path != '\0') {
        const size_t size = strcspn(path, ".");
        value = member(value, (struct community_text){path, size});
        path += size + (path[size] == '.');
    }
    return as_text(office, value);
}

const char *office_look(struct office *office, const char *record, const char *actor,
                        const char *path)
{
    struct community_error err = {0};
    struct community_document *document;
    if (community_desk_get(&document, office->desk, cm_text(record), cm_text(actor), 0, &err) !=
        COMMUNITY_OK)
        return error_text(office, &err);
    const struct cm_value value = parse(office, community_document_json(document));
    community_document_free(document);
    return follow(office, &value, path);
}

const char *office_summary(struct office *office, const char *at, const char *path)
{
    struct community_error err = {0};
    struct community_document *document;
    if (community_desk_summary(&document, office->desk,
                               at != NULL ? office_time(at) : COMMUNITY_TIME_NOW,
                               &err) != COMMUNITY_OK)
        return error_text(office, &err);
    const struct cm_value value = parse(office, community_document_json(document));
    community_document_free(document);
    return follow(office, &value, path);
}

struct words {
    struct office *office;
    const char *path;
    char text[8192];
    size_t size;
};

static void add_word(struct words *words, const char *separator, const char *word)
{
    words->size += (size_t)snprintf(words->text + words->size, sizeof(words->text) - words->size,
                                    "%s%s", words->size > 0 ? separator : "", word);
}

static int take_member(void *userdata, struct community_text json)
{
    struct words *words = userdata;
    const struct cm_value value = parse(words->office, json);
    add_word(words, " ", follow(words->office, &value, words->path));
    return 0;
}

static int take_whole(void *userdata, struct community_text json)
{
    struct words *words = userdata;
    add_word(words, ",", cm_arena_text(&words->office->arena, json).data);
    return 0;
}

static const char *kept(struct office *office, const struct words *words)
{
    return cm_arena_text(&office->arena, cm_text(words->text)).data;
}

static const char *read_history(struct office *office, const char *record, const char *actor,
                                community_json_fn *take)
{
    struct words words = {.office = office, .path = "command"};
    struct community_error err = {0};
    if (community_desk_history(office->desk, cm_text(record), cm_text(actor), take, &words, &err) !=
        COMMUNITY_OK)
        return error_text(office, &err);
    return kept(office, &words);
}

const char *office_history(struct office *office, const char *record, const char *actor)
{
    return read_history(office, record, actor, take_member);
}

const char *office_entries(struct office *office, const char *record, const char *actor)
{
    return read_history(office, record, actor, take_whole);
}

const char *office_find(struct office *office, const struct community_find *find)
{
    struct words words = {.office = office, .path = "external_id"};
    struct community_error err = {0};
    struct community_find full = *find;
    full.size = sizeof(full);
    if (community_desk_find(office->desk, &full, CM_TEXT("op"), take_member, &words, &err) !=
        COMMUNITY_OK)
        return error_text(office, &err);
    return kept(office, &words);
}

static int take_effect(void *userdata, struct community_text json)
{
    struct words *words = userdata;
    char word[256];
    const struct cm_value value = parse(words->office, json);
    const struct cm_value *effect = cm_value_member(cm_value_member(&value, "data"), "effect");
    const char *action = follow(words->office, effect, "action");
    snprintf(word, sizeof(word), "%s:%s>%s", follow(words->office, effect, "type"),
             strcmp(action, "-") != 0 ? action : follow(words->office, effect, "message"),
             follow(words->office, effect, "to"));
    add_word(words, " ", word);
    return 0;
}

const char *office_outbox(struct office *office)
{
    struct words words = {.office = office};
    struct community_error err = {0};
    if (community_desk_outbox(office->desk, take_effect, &words, &err) != COMMUNITY_OK)
        return error_text(office, &err);
    return kept(office, &words);
}

const char *office_options(struct office *office, const char *record, const char *actor)
{
    struct words words = {.office = office};
    struct community_error err = {0};
    struct community_document *document;
    if (community_desk_options(&document, office->desk, cm_text(record), cm_text(actor), &err) !=
        COMMUNITY_OK)
        return error_text(office, &err);
    const struct cm_value value = parse(office, community_document_json(document));
    community_document_free(document);
    const struct cm_value *options = cm_value_member(&value, "options");
    for (size_t i = 0; i < options->as.list.count; i++) {
        const struct cm_value *option = &options->as.list.items[i];
        if (cm_value_member(option, "allowed")->as.boolean)
            add_word(&words, " ", follow(office, option, "command"));
    }
    return kept(office, &words);
}

const char *office_verify(struct office *office)
{
    struct community_verification found = {.size = sizeof(found)};
    struct community_error err = {0};
    if (community_desk_verify(&found, office->desk, NULL, NULL, &err) != COMMUNITY_OK)
        return error_text(office, &err);
    return found.is_whole ? "whole" : cm_arena_text(&office->arena, cm_text(found.kind)).data;
}

int64_t office_entry_count(struct office *office)
{
    struct community_verification found = {.size = sizeof(found)};
    struct community_error err = {0};
    if (community_desk_verify(&found, office->desk, NULL, NULL, &err) != COMMUNITY_OK)
        give_up("verify", err.message);
    return found.entry_count;
}
