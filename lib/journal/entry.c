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

static struct cm_value read_to_value(struct cm_arena *arena, const struct cm_read *read,
                                     bool *ok_out)
{
    struct cm_value object = cm_value_new_object(arena, 4);
    struct cm_value key = cm_value_new_list(arena, read->key_count);
    *ok_out &= !cm_value_is_broken(&object) && !cm_value_is_broken(&key);
    for (size_t i = 0; i < read->key_count; i++)
        cm_value_append(&key, cm_value_text(read->key[i]));
    cm_value_put(&object, "name", cm_value_string(read->name));
    cm_value_put(&object, "key", key);
    cm_value_put(&object, "value", cm_value_bool(true));
    cm_value_put(&object, "version", cm_value_integer(read->version));
    return object;
}

static struct cm_value reads_to_value(struct cm_arena *arena, const struct cm_entry *entry,
                                      bool *ok_out)
{
    struct cm_value list = cm_value_new_list(arena, entry->read_count);
    *ok_out &= !cm_value_is_broken(&list);
    for (size_t i = 0; i < entry->read_count; i++)
        cm_value_append(&list, read_to_value(arena, &entry->reads[i], ok_out));
    return list;
}

static struct cm_value command_to_value(struct cm_arena *arena, const struct cm_entry *entry,
                                        bool *ok_out)
{
    struct cm_value object = cm_value_new_object(arena, 3);
    *ok_out &= !cm_value_is_broken(&object);
    cm_value_put(&object, "name", cm_value_text(entry->command_name));
    if (entry->command_data.type != CM_NULL)
        cm_value_put(&object, "data", entry->command_data);
    if (entry->has_source_recorded_at)
        cm_value_put(&object, "recorded_at",
                     cm_time_to_value(arena, entry->source_recorded_at, 0, ok_out));
    return object;
}

void cm_entry_write(struct cm_buffer *body, struct cm_arena *arena, const struct cm_entry *entry,
                    bool *ok_out)
{
    const struct cm_value null = {.type = CM_NULL};
    struct cm_value whole = cm_value_new_object(arena, 12);
    *ok_out = !cm_value_is_broken(&whole);
    struct community_text previous = {0};
    if (entry->has_previous) {
        previous = hex_text(arena, entry->previous, sizeof(entry->previous));
        *ok_out &= previous.data != NULL;
    }
    cm_value_put(&whole, "actor", cm_value_text(entry->actor));
    cm_value_put(&whole, "cause", cm_id_to_value(arena, &entry->cause, ok_out));
    cm_value_put(&whole, "command", command_to_value(arena, entry, ok_out));
    cm_value_put(&whole, "occurred_at", cm_time_to_value(arena, entry->occurred_at, 0, ok_out));
    cm_value_put(&whole, "outcome", entry->outcome);
    cm_value_put(&whole, "previous", entry->has_previous ? cm_value_text(previous) : null);
    cm_value_put(&whole, "reads", reads_to_value(arena, entry, ok_out));
    cm_value_put(&whole, "record", cm_id_to_value(arena, &entry->record, ok_out));
    cm_value_put(&whole, "recorded_at", cm_time_to_value(arena, entry->recorded_at, 0, ok_out));
    cm_value_put(&whole, "rulebook",
                 entry->rulebook.data != NULL ? cm_value_text(entry->rulebook) : null);
    cm_value_put(&whole, "v", cm_value_integer(1));
    cm_value_put(&whole, "version", cm_value_integer(entry->version));
    if (*ok_out)
        cm_json_write(body, &whole);
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
