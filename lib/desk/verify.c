/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading everything again. First the journal in the order of positions: each entry against its
 * hash, its record's chain and its commitments. Then the rows: each against what the outcomes of
 * its entries make of an empty record. */
#include <string.h>

#include "failure.h"
#include "identity.h"
#include "json.h"
#include "packed.h"
#include "plan.h"
#include "text.h"
#include "text_map.h"
#include "view.h"

enum { ARENA_BLOCK = 16 * 1024, PROGRESS_EVERY = 1024 };

static const struct cm_json_limits values_limits = {.size_max = 1u << 24, .depth_max = 64};

/* The end of a record's chain so far. */
struct chain_end {
    struct community_id id;
    int64_t version;
    uint8_t hash[32];
};

struct verifying {
    struct community_desk *desk;
    struct community_verification *result;
    struct cm_arena ends;  /* of the chain ends */
    struct cm_arena entry; /* of what is under the eye */
    struct cm_buffer text;
    struct cm_text_map chains; /* id bytes -> struct chain_end */
    int64_t next_position;
    bool has_caught_up;
    int64_t total;
    int (*progress)(void *userdata, int64_t done, int64_t total);
    void *userdata;
    enum community_status status;
    struct community_error *err;
    /* While one record is built up again: */
    struct cm_record *record;
    const struct cm_lifecycle *lifecycle;
    struct cm_arena *record_arena;
    bool is_off;
};

/* ---- what was found ---- */

static void copy_text(char *out, size_t size, struct community_text text)
{
    const size_t kept = text.size < size - 1 ? text.size : size - 1;
    memcpy(out, text.data != NULL ? text.data : "", kept);
    out[kept] = '\0';
}

static void found(struct verifying *verifying, int64_t position, const struct community_id *record,
                  const char *kind, struct community_text expected, struct community_text actual)
{
    struct community_verification *result = verifying->result;
    result->is_whole = false;
    result->position = position;
    copy_text(result->kind, sizeof(result->kind), cm_text(kind));
    copy_text(result->expected, sizeof(result->expected), expected);
    copy_text(result->found, sizeof(result->found), actual);
    if (record != NULL && !cm_id_is_nil(record))
        cm_id_format(result->record, record);
}

static void found_hash(struct verifying *verifying, const struct community_store_stored *stored,
                       const char *kind, const uint8_t expected[32], const uint8_t actual[32])
{
    char expected_text[65];
    char actual_text[65];
    cm_hex_format(expected_text, expected, 32);
    cm_hex_format(actual_text, actual, 32);
    found(verifying, stored->position, &stored->record, kind, cm_text(expected_text),
          cm_text(actual_text));
}

static void found_number(struct verifying *verifying, int64_t position,
                         const struct community_id *record, const char *kind, int64_t expected,
                         int64_t actual)
{
    struct cm_buffer *text = &verifying->text;
    cm_buffer_clear(text);
    cm_buffer_integer(text, expected);
    cm_buffer_byte(text, ' ');
    const size_t split = text->size;
    cm_buffer_integer(text, actual);
    if (text->failed) {
        verifying->status = cm_fail_memory(verifying->err);
        return;
    }
    found(verifying, position, record, kind, (struct community_text){text->data, split - 1},
          (struct community_text){text->data + split, text->size - split});
}

/* ---- one entry ---- */

/* The bytes against the hash in its own table. */
static bool hash_holds(struct verifying *verifying, const struct community_store_stored *stored)
{
    uint8_t actual[32];
    const struct community_text none = CM_TEXT("");
    if (!cm_digest_of(verifying->desk->digest, actual, stored->body)) {
        verifying->status = cm_fail_memory(verifying->err);
        return false;
    }
    if (!stored->has_hash) {
        found(verifying, stored->position, &stored->record, "missing", CM_TEXT("entry_hash"), none);
        return false;
    }
    if (memcmp(actual, stored->hash, sizeof(actual)) == 0)
        return true;
    found_hash(verifying, stored, "hash", stored->hash, actual);
    return false;
}

/* The bytes are an entry, in the one form an entry has. */
static bool form_holds(struct verifying *verifying, struct cm_entry_view *entry,
                       const struct community_store_stored *stored)
{
    const struct community_text none = CM_TEXT("");
    const enum community_status status = cm_entry_read(entry, &verifying->entry, stored->body);
    if (status == COMMUNITY_NO_MEMORY) {
        verifying->status = cm_fail_memory(verifying->err);
        return false;
    }
    if (status != COMMUNITY_OK) {
        found(verifying, stored->position, &stored->record, "entry", CM_TEXT("entry v1"), none);
        return false;
    }
    cm_buffer_clear(&verifying->text);
    cm_json_write(&verifying->text, &entry->whole);
    if (verifying->text.failed) {
        verifying->status = cm_fail_memory(verifying->err);
        return false;
    }
    if (cm_text_equal(cm_buffer_view(&verifying->text), stored->body))
        return true;
    found(verifying, stored->position, &stored->record, "canonical", CM_TEXT("RFC 8785"), none);
    return false;
}

/* The columns beside the bytes say what the bytes say. */
static bool columns_hold(struct verifying *verifying, const struct cm_entry_view *entry,
                         const struct community_store_stored *stored)
{
    if (!cm_id_equal(&entry->record, &stored->record)) {
        char expected[CM_ID_TEXT_SIZE];
        char actual[CM_ID_TEXT_SIZE];
        cm_id_format(expected, &entry->record);
        cm_id_format(actual, &stored->record);
        found(verifying, stored->position, &entry->record, "column", cm_text(expected),
              cm_text(actual));
        return false;
    }
    if (entry->version != stored->version) {
        found_number(verifying, stored->position, &entry->record, "version", entry->version,
                     stored->version);
        return false;
    }
    if (entry->recorded_at != stored->recorded_at) {
        found_number(verifying, stored->position, &entry->record, "recorded_at", entry->recorded_at,
                     stored->recorded_at);
        return false;
    }
    return true;
}

static struct chain_end *chain_of(struct verifying *verifying, const struct community_id *id)
{
    const struct community_text key = {(const char *)id->bytes, sizeof(id->bytes)};
    struct chain_end *end = cm_text_map_find(&verifying->chains, key);
    if (end != NULL)
        return end;
    end = cm_arena_allocate_zeroed(&verifying->ends, sizeof(*end));
    if (end == NULL)
        return NULL;
    end->id = *id;
    const struct community_text kept = {(const char *)end->id.bytes, sizeof(end->id.bytes)};
    return cm_text_map_put(&verifying->chains, kept, end) ? end : NULL;
}

/* The entry follows the one before of its record. */
static bool chain_holds(struct verifying *verifying, const struct cm_entry_view *entry,
                        const struct community_store_stored *stored)
{
    struct chain_end *end = chain_of(verifying, &entry->record);
    if (end == NULL) {
        verifying->status = cm_fail_memory(verifying->err);
        return false;
    }
    if (entry->version != end->version + 1) {
        found_number(verifying, stored->position, &entry->record, "version", end->version + 1,
                     entry->version);
        return false;
    }
    if (entry->has_previous != (end->version > 0) ||
        (entry->has_previous && memcmp(entry->previous, end->hash, sizeof(end->hash)) != 0)) {
        found_hash(verifying, stored, "previous", end->hash, entry->previous);
        return false;
    }
    end->version = entry->version;
    memcpy(end->hash, stored->hash, sizeof(end->hash));
    return true;
}

/* How many commitments a tree of plain data holds, and whether one of them is `wanted`. */
static bool mentions(const struct cm_value *value, struct community_text wanted)
{
    if (value->type == CM_LIST) {
        for (size_t i = 0; i < value->as.list.count; i++) {
            if (mentions(&value->as.list.items[i], wanted))
                return true;
        }
    }
    if (value->type != CM_OBJECT)
        return false;
    if (cm_text_equal(cm_commitment_text(value), wanted))
        return true;
    for (size_t i = 0; i < value->as.object.count; i++) {
        if (mentions(&value->as.object.members[i].value, wanted))
            return true;
    }
    return false;
}

/* What lies beside the entry is what the entry committed to. A value that is not there was erased:
 * that is no fault. */
static bool values_hold(struct verifying *verifying, const struct cm_entry_view *entry,
                        const struct community_store_stored *stored)
{
    struct cm_value list;
    const struct community_text none = CM_TEXT("");
    if (stored->values.size == 0)
        return true;
    enum community_status status =
        cm_json_read(&list, &verifying->entry, stored->values, &values_limits, NULL);
    if (status == COMMUNITY_OK && list.type != CM_LIST)
        status = COMMUNITY_CORRUPT;
    for (size_t i = 0; status == COMMUNITY_OK && i < list.as.list.count; i++) {
        const struct cm_value *item = &list.as.list.items[i];
        const struct community_text commitment = cm_commitment_text(item);
        status = commitment.data != NULL && mentions(&entry->whole, commitment)
                     ? cm_commitment_check(&verifying->desk->tools, item)
                     : COMMUNITY_CORRUPT;
    }
    if (status == COMMUNITY_NO_MEMORY) {
        verifying->status = cm_fail_memory(verifying->err);
        return false;
    }
    const bool holds = status == COMMUNITY_OK;
    if (!holds)
        found(verifying, stored->position, &stored->record, "commitment", CM_TEXT("value"), none);
    return holds;
}

/* The rulebook that decided is in the store and is what its hash says. */
static bool rulebook_holds(struct verifying *verifying, const struct cm_entry_view *entry,
                           const struct community_store_stored *stored)
{
    const struct community_rulebook *rulebook;
    if (entry->rulebook.data == NULL)
        return true;
    const enum community_status status =
        cm_desk_rulebook(&rulebook, verifying->desk, entry->rulebook, NULL);
    if (status == COMMUNITY_OK)
        return true;
    if (status == COMMUNITY_CORRUPT)
        found(verifying, stored->position, &stored->record, "rulebook", entry->rulebook,
              CM_TEXT(""));
    else
        verifying->status =
            cm_fail_plain(verifying->err, status,
                          status == COMMUNITY_NO_MEMORY ? CM_CODE_NO_MEMORY : CM_CODE_STORE_IO);
    return false;
}

/* Of an installed rulebook: the zone tables are those it was installed with. */
static bool zones_hold(struct verifying *verifying, const struct cm_entry_view *entry,
                       const struct community_store_stored *stored)
{
    const struct cm_value *put = cm_value_member(entry->outcome, "put");
    const struct cm_value *zones = cm_value_member(put, "zones");
    const struct community_text hash = cm_value_member_as_text(put, "hash");
    if (zones == NULL || zones->type != CM_OBJECT || hash.data == NULL ||
        !cm_text_is(cm_value_member_as_text(entry->outcome, "space"), CM_SPACE_RULEBOOK))
        return true;
    for (size_t i = 0; i < zones->as.object.count; i++) {
        const struct cm_member *zone = &zones->as.object.members[i];
        uint8_t stated[32];
        uint8_t actual[32] = {0};
        const enum community_status status =
            cm_desk_zone_digest(actual, verifying->desk, hash, zone->name, verifying->err);
        if (status != COMMUNITY_OK && status != COMMUNITY_NOT_FOUND) {
            verifying->status = status;
            return false;
        }
        if (zone->value.type == CM_TEXT_VALUE &&
            cm_hex_parse(zone->value.as.text, stated, sizeof(stated)) && status == COMMUNITY_OK &&
            memcmp(stated, actual, sizeof(actual)) == 0)
            continue;
        found(verifying, stored->position, &stored->record, "zone", zone->name, CM_TEXT(""));
        return false;
    }
    return true;
}

static int check_entry(void *userdata, const struct community_store_stored *stored)
{
    struct verifying *verifying = userdata;
    struct cm_entry_view entry;
    cm_arena_reset(&verifying->entry);
    if (stored->position != verifying->next_position) {
        found_number(verifying, stored->position, &stored->record, "position",
                     verifying->next_position, stored->position);
        return 1;
    }
    if (!hash_holds(verifying, stored) || !form_holds(verifying, &entry, stored) ||
        !columns_hold(verifying, &entry, stored) || !chain_holds(verifying, &entry, stored) ||
        !values_hold(verifying, &entry, stored) || !rulebook_holds(verifying, &entry, stored) ||
        !zones_hold(verifying, &entry, stored))
        return 1;
    verifying->next_position++;
    const int64_t count = ++verifying->result->entry_count;
    if (verifying->progress != NULL && count % PROGRESS_EVERY == 0 &&
        verifying->progress(verifying->userdata, count, verifying->total) != 0) {
        verifying->status = cm_fail_plain(verifying->err, COMMUNITY_CANCELLED, CM_CODE_CANCELLED);
        return 1;
    }
    return 0;
}

/* ---- one record ---- */

struct rebuilding {
    struct verifying *verifying;
    struct cm_arena *arena;
    const struct community_store_record *row;
    const struct cm_lifecycle *lifecycle;
    struct cm_record record;
    struct cm_value plain;       /* of a record without lifecycle: its newest data */
    struct community_text space; /* likewise */
    int64_t position;            /* of the newest entry */
};

/* "put" with its commitments answered, as the row has it. */
static enum community_status rebuild_plain(struct rebuilding *rebuilding,
                                           const struct cm_value *outcome, struct cm_value *beside)
{
    const struct cm_value *put = cm_value_member(outcome, "put");
    if (put == NULL || put->type != CM_OBJECT)
        return COMMUNITY_CORRUPT;
    rebuilding->space = cm_value_member_as_text(outcome, "space");
    rebuilding->plain = cm_value_new_object(rebuilding->arena, put->as.object.count);
    if (cm_value_is_broken(&rebuilding->plain))
        return COMMUNITY_NO_MEMORY;
    for (size_t i = 0; i < put->as.object.count; i++) {
        const struct cm_member *member = &put->as.object.members[i];
        const struct community_text commitment = cm_commitment_text(&member->value);
        const struct cm_value *value =
            commitment.data != NULL ? cm_reveal_from_list(beside, commitment) : NULL;
        struct cm_value both = member->value;
        if (value != NULL) {
            both = cm_value_new_object(rebuilding->arena, 2);
            if (cm_value_is_broken(&both))
                return COMMUNITY_NO_MEMORY;
            cm_value_put(&both, "commitment", cm_value_text(commitment));
            cm_value_put(&both, "value", *value);
        }
        cm_value_put_text(&rebuilding->plain, member->name, both);
    }
    return COMMUNITY_OK;
}

static enum community_status rebuild_record(struct rebuilding *rebuilding,
                                            const struct cm_entry_view *entry,
                                            struct cm_value *beside)
{
    struct cm_outcome outcome;
    struct cm_record *record = &rebuilding->record;
    if (record->version == 0) {
        if (!cm_record_make(record, rebuilding->arena, rebuilding->lifecycle))
            return COMMUNITY_NO_MEMORY;
        record->id = entry->record;
        record->rulebook = entry->rulebook;
    }
    const enum community_status status =
        cm_outcome_from_value(&outcome, rebuilding->arena, rebuilding->lifecycle, entry->outcome,
                              cm_reveal_from_list, beside);
    if (status != COMMUNITY_OK)
        return status;
    outcome.occurred_at = entry->occurred_at;
    return cm_evolve(record, rebuilding->arena, &outcome) ? COMMUNITY_OK : COMMUNITY_NO_MEMORY;
}

static int rebuild_entry(void *userdata, const struct community_store_stored *stored)
{
    struct rebuilding *rebuilding = userdata;
    struct cm_entry_view entry;
    struct cm_value beside = {.type = CM_NULL};
    enum community_status status = cm_entry_read(&entry, rebuilding->arena, stored->body);
    rebuilding->position = stored->position;
    if (status == COMMUNITY_OK && stored->values.size > 0)
        status = cm_json_read(&beside, rebuilding->arena, stored->values, &values_limits, NULL);
    /* The list outlives this call in the record: it must lie in the arena too. */
    struct cm_value *kept = cm_arena_allocate(rebuilding->arena, sizeof(*kept));
    if (kept == NULL)
        status = COMMUNITY_NO_MEMORY;
    else
        *kept = beside;
    if (status == COMMUNITY_OK)
        status = rebuilding->lifecycle != NULL ? rebuild_record(rebuilding, &entry, kept)
                                               : rebuild_plain(rebuilding, entry.outcome, kept);
    if (status == COMMUNITY_NO_MEMORY)
        rebuilding->verifying->status = cm_fail_memory(rebuilding->verifying->err);
    else if (status != COMMUNITY_OK)
        found(rebuilding->verifying, stored->position, &stored->record, "outcome",
              CM_TEXT("an outcome of its lifecycle"), CM_TEXT(""));
    return status == COMMUNITY_OK ? 0 : 1;
}

/* The row's chain end is the journal's. */
static bool row_ends_right(struct verifying *verifying, const struct community_store_record *row)
{
    const struct community_text key = {(const char *)row->id.bytes, sizeof(row->id.bytes)};
    const struct chain_end *end = cm_text_map_find(&verifying->chains, key);
    if (end == NULL || end->version != row->version) {
        found_number(verifying, 0, &row->id, "missing", row->version,
                     end != NULL ? end->version : 0);
        return false;
    }
    if (memcmp(end->hash, row->hash, sizeof(end->hash)) == 0)
        return true;
    char expected[65];
    char actual[65];
    cm_hex_format(expected, end->hash, 32);
    cm_hex_format(actual, row->hash, 32);
    found(verifying, 0, &row->id, "record", cm_text(expected), cm_text(actual));
    return false;
}

/* The rulebook under which the row's record stands, and its lifecycle; NULL: it has none. */
static enum community_status lifecycle_of(const struct cm_lifecycle **out,
                                          struct verifying *verifying,
                                          const struct community_store_record *row,
                                          const struct cm_value *snapshot)
{
    const struct community_rulebook *rulebook;
    *out = NULL;
    if (row->lifecycle.size == 0)
        return COMMUNITY_OK;
    const enum community_status status = cm_desk_rulebook(
        &rulebook, verifying->desk, cm_value_member_as_text(snapshot, "rulebook"), NULL);
    if (status != COMMUNITY_OK)
        return status;
    *out = cm_rulebook_lifecycle(rulebook, row->lifecycle);
    return *out != NULL ? COMMUNITY_OK : COMMUNITY_CORRUPT;
}

/* The place where two texts part, as the start of what to show. */
static struct community_text from_difference(struct community_text text,
                                             struct community_text other)
{
    size_t place = 0;
    while (place < text.size && place < other.size && text.data[place] == other.data[place])
        place++;
    return cm_text_from(text, place > 16 ? place - 16 : 0);
}

/* Shows both sides as JSON, from where they part. */
static void found_row(struct rebuilding *rebuilding, const struct cm_value *rebuilt,
                      const struct cm_value *snapshot)
{
    struct verifying *verifying = rebuilding->verifying;
    cm_buffer_clear(&verifying->text);
    cm_json_write(&verifying->text, rebuilt);
    const size_t split = verifying->text.size;
    cm_json_write(&verifying->text, snapshot);
    if (verifying->text.failed) {
        verifying->status = cm_fail_memory(verifying->err);
        return;
    }
    const struct community_text both = cm_buffer_view(&verifying->text);
    const struct community_text expected = {both.data, split};
    const struct community_text actual = cm_text_from(both, split);
    found(verifying, rebuilding->position, &rebuilding->row->id, "record",
          from_difference(expected, actual), from_difference(actual, expected));
}

static void compare_row(struct rebuilding *rebuilding, const struct cm_value *snapshot)
{
    bool ok = true;
    struct cm_value rebuilt = rebuilding->plain;
    if (rebuilding->lifecycle != NULL)
        rebuilt = cm_record_to_value(rebuilding->arena, &rebuilding->record, &ok);
    if (!ok)
        rebuilding->verifying->status = cm_fail_memory(rebuilding->verifying->err);
    else if (!cm_value_equal(&rebuilt, snapshot))
        found_row(rebuilding, &rebuilt, snapshot);
}

static bool column_is(struct rebuilding *rebuilding, struct community_text expected,
                      struct community_text actual)
{
    if (cm_text_equal(expected, actual))
        return true;
    found(rebuilding->verifying, rebuilding->position, &rebuilding->row->id, "record", expected,
          actual);
    return false;
}

static bool number_is(struct rebuilding *rebuilding, int64_t expected, int64_t actual)
{
    if (expected == actual)
        return true;
    found_number(rebuilding->verifying, rebuilding->position, &rebuilding->row->id, "record",
                 expected, actual);
    return false;
}

static bool id_is(struct rebuilding *rebuilding, const struct community_id *expected,
                  const struct community_id *actual)
{
    char expected_text[CM_ID_TEXT_SIZE];
    char actual_text[CM_ID_TEXT_SIZE];
    cm_id_format(expected_text, expected);
    cm_id_format(actual_text, actual);
    return column_is(rebuilding, cm_text(expected_text), cm_text(actual_text));
}

/* When tick will look at the record: at a timer of its own, and not after that of a deadline, which
 * always fires. One that waits for its rules may have been looked at already and is passed over. */
static bool timer_holds(struct rebuilding *rebuilding)
{
    const community_time_ms stored = rebuilding->row->next_timer;
    struct cm_timer timer;
    struct cm_timer before;
    bool has_before = false;
    while (cm_record_timer(&timer, &rebuilding->record, has_before ? &before : NULL)) {
        if (timer.at == stored)
            return true;
        if (timer.kind != CM_TIMER_AFTER)
            return number_is(rebuilding, timer.at, stored);
        before = timer;
        has_before = true;
    }
    return number_is(rebuilding, COMMUNITY_TIME_NONE, stored);
}

/* What lists and searches go by. */
static bool columns_are_rebuilt(struct rebuilding *rebuilding)
{
    const struct community_store_record *row = rebuilding->row;
    /* What a record without lifecycle is called by is a matter of its command. */
    struct community_store_record expected = {.space = rebuilding->space,
                                              .external_id = row->external_id,
                                              .due = COMMUNITY_TIME_NONE,
                                              .next_timer = COMMUNITY_TIME_NONE};
    if (rebuilding->lifecycle != NULL)
        expected = cm_plan_columns(&rebuilding->record);
    return column_is(rebuilding, expected.space, row->space) &&
           column_is(rebuilding, expected.external_id, row->external_id) &&
           column_is(rebuilding, expected.state, row->state) &&
           column_is(rebuilding, expected.unit, row->unit) &&
           id_is(rebuilding, &expected.parent, &row->parent) &&
           number_is(rebuilding, expected.due, row->due) &&
           number_is(rebuilding, expected.is_final, row->is_final) &&
           (rebuilding->lifecycle != NULL
                ? timer_holds(rebuilding)
                : number_is(rebuilding, expected.next_timer, row->next_timer));
}

static void check_snapshot(struct rebuilding *rebuilding)
{
    struct cm_value snapshot;
    struct verifying *verifying = rebuilding->verifying;
    struct community_desk *desk = verifying->desk;
    const struct community_id *id = &rebuilding->row->id;
    const enum cm_packed_result result =
        cm_packed_read(&snapshot, rebuilding->arena, rebuilding->row->snapshot);
    enum community_status status = result == CM_PACKED_READ     ? COMMUNITY_OK
                                   : result == CM_PACKED_BROKEN ? COMMUNITY_CORRUPT
                                                                : COMMUNITY_NO_MEMORY;
    if (status == COMMUNITY_OK)
        status = lifecycle_of(&rebuilding->lifecycle, verifying, rebuilding->row, &snapshot);
    if (status == COMMUNITY_OK)
        status = desk->store.history(desk->store.self, id, rebuild_entry, rebuilding, NULL);
    if (verifying->status != COMMUNITY_OK || !verifying->result->is_whole)
        return;
    if (status == COMMUNITY_OK) {
        compare_row(rebuilding, &snapshot);
        if (verifying->status == COMMUNITY_OK && verifying->result->is_whole)
            (void)columns_are_rebuilt(rebuilding);
    } else if (status == COMMUNITY_CORRUPT)
        found(verifying, 0, id, "record", CM_TEXT("a record of its rulebook"), CM_TEXT(""));
    else
        verifying->status =
            cm_fail_plain(verifying->err, status,
                          status == COMMUNITY_NO_MEMORY ? CM_CODE_NO_MEMORY : CM_CODE_STORE_IO);
}

/* Callbacks stop the store's walk when they have found something or failed; otherwise its own
 * failure counts. */
static enum community_status conclude(struct verifying *verifying, enum community_status status,
                                      const struct community_error *own)
{
    if (verifying->status != COMMUNITY_OK)
        return verifying->status;
    if (status == COMMUNITY_OK || !verifying->result->is_whole)
        return COMMUNITY_OK;
    cm_fail_copy(verifying->err, own);
    return status;
}

/* While the journal was read others went on writing. The walk over the rows holds the store
 * still as it is now, so that what has come since is read before the first row is compared. */
static bool catch_up(struct verifying *verifying)
{
    struct community_desk *desk = verifying->desk;
    struct community_error own = {0};
    if (verifying->has_caught_up)
        return true;
    const enum community_status status = desk->store.entries(
        desk->store.self, verifying->next_position, check_entry, verifying, &own);
    verifying->has_caught_up = true;
    verifying->status = conclude(verifying, status, &own);
    return verifying->status == COMMUNITY_OK && verifying->result->is_whole;
}

static int check_row(void *userdata, const struct community_store_record *row)
{
    struct verifying *verifying = userdata;
    if (!catch_up(verifying))
        return 1;
    cm_arena_reset(&verifying->entry);
    if (!row_ends_right(verifying, row))
        return 1;
    /* What the row borrows ends with the next question to the store. */
    struct community_store_record kept = *row;
    kept.snapshot = cm_arena_text(&verifying->entry, row->snapshot);
    kept.lifecycle = cm_arena_text(&verifying->entry, row->lifecycle);
    kept.space = cm_arena_text(&verifying->entry, row->space);
    kept.external_id = cm_arena_text(&verifying->entry, row->external_id);
    kept.state = cm_arena_text(&verifying->entry, row->state);
    kept.unit = cm_arena_text(&verifying->entry, row->unit);
    if (kept.snapshot.data == NULL || kept.lifecycle.data == NULL || kept.space.data == NULL ||
        kept.external_id.data == NULL || kept.state.data == NULL || kept.unit.data == NULL) {
        verifying->status = cm_fail_memory(verifying->err);
        return 1;
    }
    struct rebuilding rebuilding = {
        .verifying = verifying, .arena = &verifying->entry, .row = &kept};
    check_snapshot(&rebuilding);
    verifying->result->record_count++;
    return verifying->status == COMMUNITY_OK && verifying->result->is_whole ? 0 : 1;
}

/* ---- everything ---- */

static enum community_status verify_all(struct verifying *verifying)
{
    struct community_desk *desk = verifying->desk;
    struct community_error own = {0};
    enum community_status status =
        desk->store.entries(desk->store.self, 1, check_entry, verifying, &own);
    status = conclude(verifying, status, &own);
    if (status != COMMUNITY_OK || !verifying->result->is_whole)
        return status;
    const struct community_store_filter every = {.due_before = COMMUNITY_TIME_NONE};
    status = desk->store.find(desk->store.self, &every, check_row, verifying, &own);
    status = conclude(verifying, status, &own);
    if (status != COMMUNITY_OK || !verifying->result->is_whole)
        return status;
    /* A record of the journal without a row would be missing from every list. */
    if (verifying->result->record_count != (int64_t)verifying->chains.count)
        found_number(verifying, 0, NULL, "missing", (int64_t)verifying->chains.count,
                     verifying->result->record_count);
    return verifying->status;
}

enum community_status
community_desk_verify(struct community_verification *verification_out, struct community_desk *desk,
                      int (*progress)(void *userdata, int64_t done, int64_t total), void *userdata,
                      struct community_error *err)
{
    uint8_t hash_key[CM_TEXT_MAP_KEY_SIZE];
    struct community_verification result = {.size = sizeof(result), .is_whole = true};
    enum community_status status = cm_desk_look(desk, err);
    if (status != COMMUNITY_OK)
        return status;
    if (!cm_desk_random(desk, hash_key, sizeof(hash_key)))
        return cm_fail_plain(err, COMMUNITY_IO, CM_CODE_NO_RANDOM);
    struct verifying verifying = {.desk = desk,
                                  .result = &result,
                                  .next_position = 1,
                                  .total = desk->last_position,
                                  .progress = progress,
                                  .userdata = userdata,
                                  .err = err};
    cm_arena_init(&verifying.ends, &desk->allocator, ARENA_BLOCK);
    cm_arena_init(&verifying.entry, &desk->allocator, ARENA_BLOCK);
    cm_buffer_init(&verifying.text, &desk->allocator);
    cm_text_map_init(&verifying.chains, &desk->allocator, hash_key);
    status = verify_all(&verifying);
    cm_text_map_free(&verifying.chains);
    cm_buffer_free(&verifying.text);
    cm_arena_free(&verifying.entry);
    cm_arena_free(&verifying.ends);
    const size_t known = verification_out->size;
    if (status == COMMUNITY_OK)
        memcpy(verification_out, &result, known < sizeof(result) ? known : sizeof(result));
    verification_out->size = known;
    return status;
}
