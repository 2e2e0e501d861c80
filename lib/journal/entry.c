/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing and reading entries, and keeping personal values out of them. */
#include "entry.h"

#include <string.h>

#include "identity.h"
#include "json.h"
#include "rfc3339.h"
#include "text.h"

enum { SALT_SIZE = 16, HASH_SIZE = 32 };

/* ---- commitments ---- */

void cm_private_values_init(struct cm_private_values *values, struct cm_arena *arena)
{
    *values = (struct cm_private_values){.arena = arena};
}

static bool grow(struct cm_private_values *values)
{
    if (values->count < values->capacity)
        return true;
    const size_t capacity = values->capacity == 0 ? 8 : values->capacity * 2;
    struct cm_value *items = cm_arena_array(values->arena, capacity, sizeof(*items));
    if (items == NULL)
        return false;
    if (values->count > 0)
        memcpy(items, values->items, values->count * sizeof(*items));
    values->items = items;
    values->capacity = capacity;
    return true;
}

static bool commitment_digest(uint8_t out[HASH_SIZE], const struct cm_journal_tools *tools,
                              const uint8_t salt[SALT_SIZE], const struct cm_value *value)
{
    struct cm_buffer bytes;
    cm_buffer_init(&bytes, tools->allocator);
    cm_buffer_bytes(&bytes, salt, SALT_SIZE);
    cm_json_write(&bytes, value);
    const bool done = !bytes.failed && tools->digest(tools->userdata, out, cm_buffer_view(&bytes));
    cm_buffer_free(&bytes);
    return done;
}

static struct community_text hex_text(struct cm_arena *arena, const uint8_t *bytes, size_t size)
{
    char *hex = cm_arena_allocate(arena, 2 * size + 1);
    if (hex == NULL)
        return (struct community_text){0};
    cm_hex_format(hex, bytes, size);
    return (struct community_text){hex, 2 * size};
}

struct community_text cm_commit(struct cm_private_values *values,
                                const struct cm_journal_tools *tools, const struct cm_value *value)
{
    const struct community_text none = {0};
    uint8_t salt[SALT_SIZE];
    uint8_t digest[HASH_SIZE];
    if (!grow(values) || !tools->random(tools->userdata, salt, sizeof(salt)) ||
        !commitment_digest(digest, tools, salt, value))
        return none;
    const struct community_text commitment = hex_text(values->arena, digest, sizeof(digest));
    const struct community_text salt_text = hex_text(values->arena, salt, sizeof(salt));
    struct cm_value item = cm_value_new_object(values->arena, 3);
    if (commitment.data == NULL || salt_text.data == NULL || cm_value_is_broken(&item))
        return none;
    cm_value_put(&item, "commitment", cm_value_text(commitment));
    cm_value_put(&item, "salt", cm_value_text(salt_text));
    cm_value_put(&item, "value", *value);
    values->items[values->count++] = item;
    return commitment;
}

enum community_status cm_commitment_check(const struct cm_journal_tools *tools,
                                          const struct cm_value *item)
{
    uint8_t salt[SALT_SIZE];
    uint8_t stated[HASH_SIZE];
    uint8_t digest[HASH_SIZE];
    const struct cm_value *value = cm_value_member(item, "value");
    if (value == NULL || !cm_hex_parse(cm_value_member_as_text(item, "salt"), salt, sizeof(salt)) ||
        !cm_hex_parse(cm_value_member_as_text(item, "commitment"), stated, sizeof(stated)))
        return COMMUNITY_CORRUPT;
    if (!commitment_digest(digest, tools, salt, value))
        return COMMUNITY_NO_MEMORY;
    return memcmp(digest, stated, sizeof(digest)) == 0 ? COMMUNITY_OK : COMMUNITY_CORRUPT;
}

bool cm_commitment_holds(const struct cm_journal_tools *tools, const struct cm_value *item)
{
    return cm_commitment_check(tools, item) == COMMUNITY_OK;
}

const struct cm_value *cm_reveal_from_list(void *userdata, struct community_text commitment)
{
    const struct cm_value *list = userdata;
    if (list->type != CM_LIST)
        return NULL;
    for (size_t i = 0; i < list->as.list.count; i++) {
        const struct cm_value *item = &list->as.list.items[i];
        if (cm_text_equal(cm_commitment_text(item), commitment))
            return cm_value_member(item, "value");
    }
    return NULL;
}

bool cm_outcome_protect(struct cm_outcome *outcome, const struct cm_lifecycle *lifecycle,
                        struct cm_private_values *values, const struct cm_journal_tools *tools)
{
    for (size_t i = 0; i < outcome->field_count; i++) {
        struct cm_field_change *change = &outcome->fields[i];
        if (lifecycle->fields[change->field].data_class == CM_PUBLIC)
            continue;
        change->commitment = cm_commit(values, tools, &change->value);
        if (change->commitment.data == NULL)
            return false;
    }
    return true;
}

static bool is_named(struct community_text name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cm_text_is(name, names[i]))
            return true;
    }
    return false;
}

/* The commitment that the outcome holds for a field of this name; {NULL, 0}: it holds none. */
static struct community_text committed(const struct cm_lifecycle *lifecycle,
                                       const struct cm_outcome *outcome, int32_t field)
{
    for (size_t i = 0; lifecycle != NULL && i < outcome->field_count; i++) {
        if (outcome->fields[i].field == field)
            return outcome->fields[i].commitment;
    }
    return (struct community_text){0};
}

bool cm_entry_protect(struct cm_value *out, struct cm_arena *arena,
                      struct cm_private_values *values, const struct cm_journal_tools *tools,
                      const struct cm_value *data, const struct cm_lifecycle *lifecycle,
                      const struct cm_outcome *outcome, const char *const *public_names,
                      size_t public_count)
{
    *out = (struct cm_value){.type = CM_NULL};
    if (data == NULL || data->type != CM_OBJECT || data->as.object.count == 0)
        return true;
    *out = cm_value_new_object(arena, data->as.object.count);
    if (cm_value_is_broken(out))
        return false;
    for (size_t i = 0; i < data->as.object.count; i++) {
        const struct cm_member *member = &data->as.object.members[i];
        const int32_t field =
            lifecycle != NULL ? cm_lifecycle_field(lifecycle, member->name) : CM_NONE;
        const bool is_public = field != CM_NONE
                                   ? lifecycle->fields[field].data_class == CM_PUBLIC
                                   : is_named(member->name, public_names, public_count);
        if (is_public || member->value.type == CM_NULL) {
            cm_value_put_text(out, member->name, member->value);
            continue;
        }
        struct community_text commitment = committed(lifecycle, outcome, field);
        if (commitment.data == NULL)
            commitment = cm_commit(values, tools, &member->value);
        if (commitment.data == NULL)
            return false;
        cm_value_put_text(out, member->name, cm_commitment_value(arena, commitment));
    }
    return true;
}

/* ---- writing ---- */

/* An entry is written straight into its bytes, in the order of RFC 8785: it is the hottest text
 * there is. Only the outcome and the data, whose members vary, go through the general writer. */

static void write_quoted(struct cm_buffer *out, const char *plain)
{
    cm_buffer_byte(out, '"');
    cm_buffer_string(out, plain);
    cm_buffer_byte(out, '"');
}

static void write_time(struct cm_buffer *out, community_time_ms time)
{
    char text[CM_TIME_TEXT_SIZE];
    cm_time_format(text, time, 0);
    write_quoted(out, text);
}

static void write_id(struct cm_buffer *out, const struct community_id *id)
{
    char text[CM_ID_TEXT_SIZE];
    cm_id_format(text, id);
    write_quoted(out, text);
}

static void write_previous(struct cm_buffer *out, const struct cm_entry *entry)
{
    char text[2 * HASH_SIZE + 1];
    if (!entry->has_previous) {
        cm_buffer_string(out, "null");
        return;
    }
    cm_hex_format(text, entry->previous, sizeof(entry->previous));
    write_quoted(out, text);
}

static void write_command(struct cm_buffer *out, const struct cm_entry *entry)
{
    cm_buffer_byte(out, '{');
    if (entry->command_data.type != CM_NULL) {
        cm_buffer_string(out, "\"data\":");
        cm_json_write(out, &entry->command_data);
        cm_buffer_byte(out, ',');
    }
    cm_buffer_string(out, "\"name\":");
    cm_json_write_text(out, entry->command_name);
    if (entry->has_source_recorded_at) {
        cm_buffer_string(out, ",\"recorded_at\":");
        write_time(out, entry->source_recorded_at);
    }
    cm_buffer_byte(out, '}');
}

static void write_read(struct cm_buffer *out, const struct cm_read *read)
{
    cm_buffer_string(out, "{\"key\":[");
    for (size_t i = 0; i < read->key_count; i++) {
        if (i > 0)
            cm_buffer_byte(out, ',');
        cm_json_write_text(out, read->key[i]);
    }
    cm_buffer_string(out, "],\"name\":");
    write_quoted(out, read->name);
    cm_buffer_string(out, ",\"value\":true,\"version\":");
    cm_buffer_integer(out, read->version);
    cm_buffer_byte(out, '}');
}

static void write_reads(struct cm_buffer *out, const struct cm_entry *entry)
{
    cm_buffer_byte(out, '[');
    for (size_t i = 0; i < entry->read_count; i++) {
        if (i > 0)
            cm_buffer_byte(out, ',');
        write_read(out, &entry->reads[i]);
    }
    cm_buffer_byte(out, ']');
}

void cm_entry_write(struct cm_buffer *body, const struct cm_entry *entry)
{
    cm_buffer_string(body, "{\"actor\":");
    cm_json_write_text(body, entry->actor);
    cm_buffer_string(body, ",\"cause\":");
    write_id(body, &entry->cause);
    cm_buffer_string(body, ",\"command\":");
    write_command(body, entry);
    cm_buffer_string(body, ",\"occurred_at\":");
    write_time(body, entry->occurred_at);
    cm_buffer_string(body, ",\"outcome\":");
    cm_json_write(body, &entry->outcome);
    cm_buffer_string(body, ",\"previous\":");
    write_previous(body, entry);
    cm_buffer_string(body, ",\"reads\":");
    write_reads(body, entry);
    cm_buffer_string(body, ",\"record\":");
    write_id(body, &entry->record);
    cm_buffer_string(body, ",\"recorded_at\":");
    write_time(body, entry->recorded_at);
    cm_buffer_string(body, ",\"rulebook\":");
    if (entry->rulebook.data != NULL)
        cm_json_write_text(body, entry->rulebook);
    else
        cm_buffer_string(body, "null");
    cm_buffer_string(body, ",\"v\":1,\"version\":");
    cm_buffer_integer(body, entry->version);
    cm_buffer_byte(body, '}');
}

/* ---- reading ---- */

/* Entries are written by this library, and may be as large as the commands and fields allow. */
static const struct cm_json_limits entry_limits = {.size_max = 1u << 24, .depth_max = 64};

static bool view_previous(struct cm_entry_view *out)
{
    const struct cm_value *previous = cm_value_member(&out->whole, "previous");
    if (previous == NULL)
        return false;
    out->has_previous = previous->type != CM_NULL;
    return !out->has_previous ||
           (previous->type == CM_TEXT_VALUE &&
            cm_hex_parse(previous->as.text, out->previous, sizeof(out->previous)));
}

static bool view_members(struct cm_entry_view *out)
{
    const struct cm_value *whole = &out->whole;
    const struct cm_value *command = cm_value_member(whole, "command");
    out->actor = cm_value_member_as_text(whole, "actor");
    out->rulebook = cm_value_member_as_text(whole, "rulebook");
    out->command_name = cm_value_member_as_text(command, "name");
    out->command_data = cm_value_member(command, "data");
    out->outcome = cm_value_member(whole, "outcome");
    return out->actor.data != NULL && out->command_name.data != NULL && out->outcome != NULL &&
           out->outcome->type == CM_OBJECT &&
           cm_value_member_as_integer(whole, "version", &out->version) &&
           cm_id_parse(cm_value_member_as_text(whole, "record"), &out->record) &&
           cm_id_parse(cm_value_member_as_text(whole, "cause"), &out->cause) &&
           cm_time_parse(cm_value_member_as_text(whole, "occurred_at"), &out->occurred_at, NULL) &&
           cm_time_parse(cm_value_member_as_text(whole, "recorded_at"), &out->recorded_at, NULL) &&
           view_previous(out);
}

enum community_status cm_entry_read(struct cm_entry_view *out, struct cm_arena *arena,
                                    struct community_text body)
{
    memset(out, 0, sizeof(*out));
    const enum community_status status =
        cm_json_read(&out->whole, arena, body, &entry_limits, NULL);
    if (status == COMMUNITY_NO_MEMORY)
        return status;
    int64_t v;
    if (status != COMMUNITY_OK || !cm_value_member_as_integer(&out->whole, "v", &v))
        return COMMUNITY_CORRUPT;
    if (v != 1)
        return COMMUNITY_TOO_NEW;
    return view_members(out) ? COMMUNITY_OK : COMMUNITY_CORRUPT;
}
