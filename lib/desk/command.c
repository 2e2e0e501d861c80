/* SPDX-License-Identifier: Apache-2.0
 *
 * Building commands, from JSON or step by step. */
#include "command.h"

#include <string.h>

#include "codec.h"
#include "default_allocator.h"
#include "failure.h"
#include "json.h"
#include "memory.h"
#include "rfc3339.h"
#include "text.h"

enum { ARENA_BLOCK = 1024, WORD_SIZE_MAX = 256, DATA_COUNT_MAX = 256 };
#define INTEGER_MAX INT64_C(9007199254740991) /* 2^53 - 1: what every JSON reader can hold */

static struct community_command *new_command(const struct community_allocator *allocator)
{
    if (allocator == NULL)
        allocator = cm_default_allocator();
    struct community_command *command = cm_allocate_zeroed(allocator, sizeof(*command));
    if (command == NULL)
        return NULL;
    command->allocator = *allocator;
    cm_arena_init(&command->arena, &command->allocator, ARENA_BLOCK);
    return command;
}

void community_command_free(struct community_command *command)
{
    if (command == NULL)
        return;
    cm_arena_free(&command->arena);
    const struct community_allocator allocator = command->allocator;
    cm_release(&allocator, command);
}

static bool has_control(struct community_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x20 || byte == 0x7f)
            return true;
    }
    return false;
}

/* An id or a name: not empty, short, UTF-8, no control characters. */
static bool is_word(struct community_text text)
{
    return text.size > 0 && text.size <= WORD_SIZE_MAX && cm_utf8_is_valid(text, NULL) &&
           !has_control(text);
}

static enum community_status set_word(struct community_command *command,
                                      struct community_text *place, struct community_text word,
                                      const char *member, struct community_error *err)
{
    if (!is_word(word))
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_WORD, cm_text(member));
    const struct community_text kept = cm_arena_text(&command->arena, word);
    if (kept.data == NULL)
        return cm_fail_memory(err);
    *place = kept;
    return COMMUNITY_OK;
}

/* ---- step by step ---- */

enum community_status community_command_new(struct community_command **command_out,
                                            struct community_text name, struct community_text actor,
                                            const struct community_allocator *allocator,
                                            struct community_error *err)
{
    *command_out = NULL;
    struct community_command *command = new_command(allocator);
    if (command == NULL)
        return cm_fail_memory(err);
    enum community_status status = set_word(command, &command->name, name, "command", err);
    if (status == COMMUNITY_OK)
        status = set_word(command, &command->actor, actor, "actor", err);
    if (status == COMMUNITY_OK)
        *command_out = command;
    else
        community_command_free(command);
    return status;
}

enum community_status community_command_set_record(struct community_command *command,
                                                   struct community_text record,
                                                   struct community_error *err)
{
    return set_word(command, &command->record, record, "record", err);
}

enum community_status community_command_set_lifecycle(struct community_command *command,
                                                      struct community_text lifecycle,
                                                      struct community_error *err)
{
    return set_word(command, &command->lifecycle, lifecycle, "lifecycle", err);
}

enum community_status community_command_set_external_id(struct community_command *command,
                                                        struct community_text external_id,
                                                        struct community_error *err)
{
    return set_word(command, &command->external_id, external_id, "external_id", err);
}

enum community_status community_command_set_parent(struct community_command *command,
                                                   struct community_text parent,
                                                   struct community_error *err)
{
    return set_word(command, &command->parent, parent, "parent", err);
}

enum community_status community_command_set_key(struct community_command *command,
                                                struct community_text key,
                                                struct community_error *err)
{
    return set_word(command, &command->key, key, "key", err);
}

void community_command_set_at(struct community_command *command, community_time_ms at)
{
    command->has_at = true;
    command->at = at;
}

void community_command_set_recorded_at(struct community_command *command,
                                       community_time_ms recorded_at)
{
    command->has_recorded_at = true;
    command->recorded_at = recorded_at;
}

/* Makes room for one more member of "data". */
static bool grow_data(struct community_command *command)
{
    const size_t count = command->data.type == CM_OBJECT ? command->data.as.object.count : 0;
    if (count < command->data_capacity)
        return true;
    const size_t capacity = command->data_capacity == 0 ? 8 : command->data_capacity * 2;
    struct cm_value grown = cm_value_new_object(&command->arena, capacity);
    if (cm_value_is_broken(&grown))
        return false;
    for (size_t i = 0; i < count; i++)
        cm_value_put_text(&grown, command->data.as.object.members[i].name,
                          command->data.as.object.members[i].value);
    command->data = grown;
    command->data_capacity = capacity;
    return true;
}

static enum community_status put(struct community_command *command, struct community_text name,
                                 const struct cm_value *value, struct community_error *err)
{
    if (!is_word(name))
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_WORD, CM_TEXT("data"));
    if (cm_value_member_text(&command->data, name) != NULL)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_TWICE, name);
    if (command->data.type == CM_OBJECT && command->data.as.object.count >= DATA_COUNT_MAX)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_TOO_MUCH, name);
    const struct community_text kept = cm_arena_text(&command->arena, name);
    struct cm_value copy;
    if (kept.data == NULL || !grow_data(command) || !cm_value_copy(&copy, &command->arena, value))
        return cm_fail_memory(err);
    cm_value_put_text(&command->data, kept, copy);
    return COMMUNITY_OK;
}

enum community_status community_command_put_text(struct community_command *command,
                                                 struct community_text name,
                                                 struct community_text value,
                                                 struct community_error *err)
{
    if (!cm_utf8_is_valid(value, NULL) ||
        (value.size > 0 && memchr(value.data, 0, value.size) != NULL))
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_TEXT, name);
    const struct cm_value text =
        cm_value_text((struct community_text){value.data != NULL ? value.data : "", value.size});
    return put(command, name, &text, err);
}

enum community_status community_command_put_integer(struct community_command *command,
                                                    struct community_text name, int64_t value,
                                                    struct community_error *err)
{
    if (value > INTEGER_MAX || value < -INTEGER_MAX)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_INTEGER, name);
    const struct cm_value integer = cm_value_integer(value);
    return put(command, name, &integer, err);
}

enum community_status community_command_put_boolean(struct community_command *command,
                                                    struct community_text name, bool value,
                                                    struct community_error *err)
{
    const struct cm_value boolean = cm_value_bool(value);
    return put(command, name, &boolean, err);
}

enum community_status community_command_put_json(struct community_command *command,
                                                 struct community_text name,
                                                 struct community_text json,
                                                 struct community_error *err)
{
    struct cm_value value;
    const enum community_status status =
        cm_json_read(&value, &command->arena, json, &cm_json_command_limits, err);
    return status == COMMUNITY_OK ? put(command, name, &value, err) : status;
}

/* ---- from JSON ---- */

struct word_member {
    const char *name;
    size_t place; /* of the struct community_text in the command */
};

static const struct word_member word_members[] = {
    {"command", offsetof(struct community_command, name)},
    {"actor", offsetof(struct community_command, actor)},
    {"record", offsetof(struct community_command, record)},
    {"lifecycle", offsetof(struct community_command, lifecycle)},
    {"external_id", offsetof(struct community_command, external_id)},
    {"parent", offsetof(struct community_command, parent)},
    {"key", offsetof(struct community_command, key)},
};
enum { WORD_MEMBER_COUNT = sizeof(word_members) / sizeof(word_members[0]) };

static enum community_status take_time(community_time_ms *time_out, bool *has_out,
                                       const struct cm_member *member, struct community_error *err)
{
    if (member->value.type != CM_TEXT_VALUE ||
        !cm_time_parse(member->value.as.text, time_out, NULL))
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_TIME_FORMAT, member->name);
    *has_out = true;
    return COMMUNITY_OK;
}

static enum community_status take_data(struct community_command *command,
                                       const struct cm_member *member, struct community_error *err)
{
    if (member->value.type != CM_OBJECT)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_DATA, member->name);
    if (member->value.as.object.count > DATA_COUNT_MAX)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_TOO_MUCH, member->name);
    command->data = member->value;
    command->data_capacity = member->value.as.object.count;
    return COMMUNITY_OK;
}

static enum community_status refuse_member(const struct cm_member *member,
                                           struct community_error *err)
{
    struct community_text known[WORD_MEMBER_COUNT + 3];
    for (size_t i = 0; i < WORD_MEMBER_COUNT; i++)
        known[i] = cm_text(word_members[i].name);
    known[WORD_MEMBER_COUNT] = CM_TEXT("at");
    known[WORD_MEMBER_COUNT + 1] = CM_TEXT("recorded_at");
    known[WORD_MEMBER_COUNT + 2] = CM_TEXT("data");
    const struct community_text nearest =
        cm_text_nearest(member->name, known, WORD_MEMBER_COUNT + 3);
    return cm_fail(err, COMMUNITY_INVALID, CM_CODE_UNKNOWN_KEY, member->name,
                   nearest.data != NULL ? nearest : CM_TEXT("-"));
}

static enum community_status take_member(struct community_command *command,
                                         const struct cm_member *member,
                                         struct community_error *err)
{
    for (size_t i = 0; i < WORD_MEMBER_COUNT; i++) {
        if (!cm_text_is(member->name, word_members[i].name))
            continue;
        if (member->value.type != CM_TEXT_VALUE)
            return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_WORD, member->name);
        struct community_text *place =
            (struct community_text *)(void *)((char *)command + word_members[i].place);
        return set_word(command, place, member->value.as.text, word_members[i].name, err);
    }
    if (cm_text_is(member->name, "at"))
        return take_time(&command->at, &command->has_at, member, err);
    if (cm_text_is(member->name, "recorded_at"))
        return take_time(&command->recorded_at, &command->has_recorded_at, member, err);
    if (cm_text_is(member->name, "data"))
        return take_data(command, member, err);
    return refuse_member(member, err);
}

static enum community_status take_members(struct community_command *command,
                                          struct community_text json, struct cm_value *whole,
                                          struct community_error *err)
{
    if (whole->type != CM_OBJECT)
        return cm_fail_plain(err, COMMUNITY_INVALID, CM_CODE_COMMAND_OBJECT);
    for (size_t i = 0; i < whole->as.object.count; i++) {
        const struct cm_member *member = &whole->as.object.members[i];
        const enum community_status status = take_member(command, member, err);
        if (status == COMMUNITY_OK)
            continue;
        uint32_t line;
        uint32_t column;
        cm_json_place(json, member->value.offset, &line, &column);
        cm_fail_at(err, line, column);
        return status;
    }
    if (command->name.data == NULL)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_MISSING, CM_TEXT("command"));
    if (command->actor.data == NULL)
        return cm_fail(err, COMMUNITY_INVALID, CM_CODE_COMMAND_MISSING, CM_TEXT("actor"));
    return COMMUNITY_OK;
}

enum community_status community_command_from_json(struct community_command **command_out,
                                                  struct community_text json,
                                                  const struct community_allocator *allocator,
                                                  struct community_error *err)
{
    *command_out = NULL;
    struct community_command *command = new_command(allocator);
    if (command == NULL)
        return cm_fail_memory(err);
    struct cm_value whole;
    enum community_status status =
        cm_json_read(&whole, &command->arena, json, &cm_json_command_limits, err);
    if (status == COMMUNITY_OK)
        status = take_members(command, json, &whole, err);
    if (status == COMMUNITY_OK)
        *command_out = command;
    else
        community_command_free(command);
    return status;
}

static void put_word(struct cm_value *object, const char *name, struct community_text word)
{
    if (word.data != NULL)
        cm_value_put(object, name, cm_value_text(word));
}

struct cm_value cm_command_to_value(struct cm_arena *arena, const struct community_command *command,
                                    bool *ok_out)
{
    struct cm_value object = cm_value_new_object(arena, 9);
    *ok_out = !cm_value_is_broken(&object);
    if (!*ok_out)
        return object;
    put_word(&object, "command", command->name);
    put_word(&object, "actor", command->actor);
    put_word(&object, "record", command->record);
    put_word(&object, "lifecycle", command->lifecycle);
    put_word(&object, "external_id", command->external_id);
    put_word(&object, "parent", command->parent);
    if (command->has_at)
        cm_value_put(&object, "at", cm_time_to_value(arena, command->at, 0, ok_out));
    if (command->has_recorded_at)
        cm_value_put(&object, "recorded_at",
                     cm_time_to_value(arena, command->recorded_at, 0, ok_out));
    if (command->data.type == CM_OBJECT)
        cm_value_put(&object, "data", command->data);
    return object;
}
