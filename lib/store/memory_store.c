/* SPDX-License-Identifier: Apache-2.0
 *
 * The store that keeps everything in memory. What a transaction replaces stays aside until commit,
 * so that taking it back is a walk over a log and cannot fail. */
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "checked.h"
#include "failure.h"
#include "identity.h"
#include "memory.h"
#include "ordered_tree.h"
#include "store_rules.h"
#include "stores.h"
#include "text.h"

/* The orders records are found by. A record stands only in those that its row has a key for. */
enum record_order {
    BY_ID,
    BY_EXTERNAL_ID,
    BY_SPACE,
    BY_UNIT,
    BY_PARENT,
    BY_DUE,
    BY_TIMER,
    ORDER_COUNT,
};

struct memory_record {
    struct cm_tree_node nodes[ORDER_COUNT];
    struct community_store_record row; /* its texts lie in `bytes` */
    int64_t last_position;
    char bytes[];
};

struct memory_entry {
    struct community_store_stored stored;
    int64_t previous_position;             /* of the same record; 0: none */
    community_time_ms recorded_at_maximum; /* of all entries up to this one */
    char bytes[];
};

/* A command's key (actor, key, receipt), a document (kind, name, body), a setting
 * (name, value). */
struct memory_item {
    struct cm_tree_node node;
    struct community_text scope;
    struct community_text name;
    struct community_text body;
    uint8_t digest[COMMUNITY_HASH_SIZE];
    uint8_t salt[16];
    char bytes[];
};

struct memory_effect {
    struct cm_tree_node node;
    int64_t position;
    int64_t number; /* within the entry, from 1 */
    struct community_text body;
    char bytes[];
};

enum memory_table { RECORDS, KEYS, DOCUMENTS, SETTINGS, EFFECTS };

/* One step of a transaction; either pointer may be NULL. */
struct memory_step {
    enum memory_table table;
    void *removed;
    void *added;
};

struct memory_store {
    struct community_allocator allocator;
    struct cm_tree orders[ORDER_COUNT];
    struct cm_tree keys;
    struct cm_tree documents;
    struct cm_tree settings;
    struct cm_tree effects;
    struct memory_entry **entries; /* position 1 at index 0 */
    size_t entry_count;
    size_t entry_capacity;
    struct memory_step *steps;
    size_t step_count;
    size_t step_capacity;
    size_t entry_count_at_begin;
    size_t reader_count; /* callbacks that are running */
    bool in_transaction;
    bool has_begun;
};

/* Orders. */

static int compare_ids(const struct community_id *a, const struct community_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int compare_integers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

#define RECORD_ROW(node, order) (&CM_TREE_CONST_ITEM(node, struct memory_record, nodes[order])->row)

static int compare_by_id(const struct cm_tree_node *a, const struct cm_tree_node *b)
{
    return compare_ids(&RECORD_ROW(a, BY_ID)->id, &RECORD_ROW(b, BY_ID)->id);
}

static int compare_by_external_id(const struct cm_tree_node *a, const struct cm_tree_node *b)
{
    const struct community_store_record *x = RECORD_ROW(a, BY_EXTERNAL_ID);
    const struct community_store_record *y = RECORD_ROW(b, BY_EXTERNAL_ID);
    int order = cm_text_compare(x->external_id, y->external_id);
    return order != 0 ? order : cm_text_compare(x->space, y->space);
}

static int compare_by_space(const struct cm_tree_node *a, const struct cm_tree_node *b)
{
    const struct community_store_record *x = RECORD_ROW(a, BY_SPACE);
    const struct community_store_record *y = RECORD_ROW(b, BY_SPACE);
    int order = cm_text_compare(x->space, y->space);
    return order != 0 ? order : compare_ids(&x->id, &y->id);
}

static int compare_by_unit(const struct cm_tree_node *a, const struct cm_tree_node *b)
{
    const struct community_store_record *x = RECORD_ROW(a, BY_UNIT);
    const struct community_store_record *y = RECORD_ROW(b, BY_UNIT);
    int order = cm_text_compare(x->unit, y->unit);
    return order != 0 ? order : compare_ids(&x->id, &y->id);
}

static int compare_by_parent(const struct cm_tree_node *a, const struct cm_tree_node *b)
{
    const struct community_store_record *x = RECORD_ROW(a, BY_PARENT);
    const struct community_store_record *y = RECORD_ROW(b, BY_PARENT);
    int order = compare_ids(&x->parent, &y->parent);
    return order != 0 ? order : compare_ids(&x->id, &y->id);
}

static int compare_by_due(const struct cm_tree_node *a, const struct cm_tree_node *b)
{
    const struct community_store_record *x = RECORD_ROW(a, BY_DUE);
    const struct community_store_record *y = RECORD_ROW(b, BY_DUE);
    int order = compare_integers(x->due, y->due);
    return order != 0 ? order : compare_ids(&x->id, &y->id);
}

static int compare_by_timer(const struct cm_tree_node *a, const struct cm_tree_node *b)
{
    const struct community_store_record *x = RECORD_ROW(a, BY_TIMER);
    const struct community_store_record *y = RECORD_ROW(b, BY_TIMER);
    int order = compare_integers(x->next_timer, y->next_timer);
    return order != 0 ? order : compare_ids(&x->id, &y->id);
}

static int compare_items(const struct cm_tree_node *a, const struct cm_tree_node *b)
{
    const struct memory_item *x = CM_TREE_CONST_ITEM(a, struct memory_item, node);
    const struct memory_item *y = CM_TREE_CONST_ITEM(b, struct memory_item, node);
    int order = cm_text_compare(x->scope, y->scope);
    return order != 0 ? order : cm_text_compare(x->name, y->name);
}

static int compare_effects(const struct cm_tree_node *a, const struct cm_tree_node *b)
{
    const struct memory_effect *x = CM_TREE_CONST_ITEM(a, struct memory_effect, node);
    const struct memory_effect *y = CM_TREE_CONST_ITEM(b, struct memory_effect, node);
    int order = compare_integers(x->position, y->position);
    return order != 0 ? order : compare_integers(x->number, y->number);
}

static bool record_stands_in(const struct community_store_record *row, enum record_order order)
{
    switch (order) {
    case BY_ID:
    case BY_SPACE:
        return true;
    case BY_EXTERNAL_ID:
        return row->external_id.data != NULL;
    case BY_UNIT:
        return row->unit.data != NULL;
    case BY_PARENT:
        return !cm_id_is_nil(&row->parent);
    case BY_DUE:
        return row->due != COMMUNITY_TIME_NONE;
    case BY_TIMER:
        return row->next_timer != COMMUNITY_TIME_NONE;
    case ORDER_COUNT:
        break;
    }
    return false;
}

/* Things. */

/* Memory for a thing of `base` bytes with the texts behind it. */
static void *allocate_with(const struct memory_store *store, size_t base,
                           const struct community_text *texts, size_t count)
{
    size_t size = base;
    for (size_t i = 0; i < count; i++) {
        if (!cm_size_add(&size, size, texts[i].size))
            return NULL;
    }
    return cm_allocate(&store->allocator, size);
}

/* Moves a text into the bytes at *cursor; "no text" stays what it is. */
static void keep_text(char **cursor, struct community_text *text)
{
    if (text->data == NULL)
        return;
    if (text->size > 0)
        memcpy(*cursor, text->data, text->size);
    text->data = *cursor;
    *cursor += text->size;
}

static struct memory_record *make_record(const struct memory_store *store,
                                         const struct community_store_record *row)
{
    const struct community_text texts[] = {row->space, row->external_id, row->lifecycle,
                                           row->state, row->unit,        row->snapshot};
    struct memory_record *record =
        allocate_with(store, sizeof(*record), texts, sizeof(texts) / sizeof(texts[0]));
    if (record == NULL)
        return NULL;
    *record = (struct memory_record){.row = *row};
    char *cursor = record->bytes;
    keep_text(&cursor, &record->row.space);
    keep_text(&cursor, &record->row.external_id);
    keep_text(&cursor, &record->row.lifecycle);
    keep_text(&cursor, &record->row.state);
    keep_text(&cursor, &record->row.unit);
    keep_text(&cursor, &record->row.snapshot);
    return record;
}

static struct memory_entry *make_entry(const struct memory_store *store,
                                       const struct community_store_entry *entry, int64_t position)
{
    const struct community_text texts[] = {entry->body, entry->values};
    struct memory_entry *kept = allocate_with(store, sizeof(*kept), texts, 2);
    if (kept == NULL)
        return NULL;
    *kept = (struct memory_entry){
        .stored = {.position = position,
                   .record = entry->record,
                   .version = entry->version,
                   .has_hash = true,
                   .recorded_at = entry->recorded_at,
                   .body = entry->body,
                   .values = entry->values},
        .recorded_at_maximum = entry->recorded_at,
    };
    memcpy(kept->stored.hash, entry->hash, sizeof(kept->stored.hash));
    char *cursor = kept->bytes;
    keep_text(&cursor, &kept->stored.body);
    keep_text(&cursor, &kept->stored.values);
    return kept;
}

static struct memory_item *make_item(const struct memory_store *store, struct community_text scope,
                                     struct community_text name, struct community_text body)
{
    const struct community_text texts[] = {scope, name, body};
    struct memory_item *item = allocate_with(store, sizeof(*item), texts, 3);
    if (item == NULL)
        return NULL;
    *item = (struct memory_item){.scope = scope, .name = name, .body = body};
    char *cursor = item->bytes;
    keep_text(&cursor, &item->scope);
    keep_text(&cursor, &item->name);
    keep_text(&cursor, &item->body);
    return item;
}

static struct memory_effect *make_effect(const struct memory_store *store,
                                         struct community_text body, int64_t position,
                                         int64_t number)
{
    struct memory_effect *effect = allocate_with(store, sizeof(*effect), &body, 1);
    if (effect == NULL)
        return NULL;
    *effect = (struct memory_effect){.position = position, .number = number, .body = body};
    char *cursor = effect->bytes;
    keep_text(&cursor, &effect->body);
    return effect;
}

/* Adding and taking out. */

static struct cm_tree *item_tree(struct memory_store *store, enum memory_table table)
{
    switch (table) {
    case KEYS:
        return &store->keys;
    case DOCUMENTS:
        return &store->documents;
    case SETTINGS:
        return &store->settings;
    case RECORDS:
    case EFFECTS:
        break;
    }
    assert(false);
    return NULL;
}

static void add_thing(struct memory_store *store, enum memory_table table, void *thing)
{
    struct memory_record *record = thing;
    switch (table) {
    case RECORDS:
        for (enum record_order order = BY_ID; order < ORDER_COUNT; order++) {
            if (record_stands_in(&record->row, order))
                cm_tree_insert(&store->orders[order], &record->nodes[order]);
        }
        return;
    case EFFECTS:
        cm_tree_insert(&store->effects, &((struct memory_effect *)thing)->node);
        return;
    case KEYS:
    case DOCUMENTS:
    case SETTINGS:
        cm_tree_insert(item_tree(store, table), &((struct memory_item *)thing)->node);
        return;
    }
}

static void remove_thing(struct memory_store *store, enum memory_table table, void *thing)
{
    struct memory_record *record = thing;
    switch (table) {
    case RECORDS:
        for (enum record_order order = BY_ID; order < ORDER_COUNT; order++) {
            if (record_stands_in(&record->row, order))
                cm_tree_remove(&store->orders[order], &record->nodes[order]);
        }
        return;
    case EFFECTS:
        cm_tree_remove(&store->effects, &((struct memory_effect *)thing)->node);
        return;
    case KEYS:
    case DOCUMENTS:
    case SETTINGS:
        cm_tree_remove(item_tree(store, table), &((struct memory_item *)thing)->node);
        return;
    }
}

/* Makes room for `count` more things of `size` bytes behind *items. */
static bool reserve(const struct memory_store *store, void **items, size_t *capacity, size_t used,
                    size_t count, size_t size)
{
    size_t needed;
    if (!cm_size_add(&needed, used, count))
        return false;
    if (needed <= *capacity)
        return true;
    size_t grown = *capacity < 16 ? 16 : *capacity;
    while (grown < needed) {
        if (!cm_size_multiply(&grown, grown, 2))
            return false;
    }
    void *moved = cm_reallocate_array(&store->allocator, *items, grown, size);
    if (moved == NULL)
        return false;
    *items = moved;
    *capacity = grown;
    return true;
}

static bool reserve_step(struct memory_store *store)
{
    void *steps = store->steps;
    bool done = reserve(store, &steps, &store->step_capacity, store->step_count, 1,
                        sizeof(store->steps[0]));
    store->steps = steps;
    return done;
}

/* The room was reserved. The removed thing must be out of its trees before the new one goes in. */
static void take_step(struct memory_store *store, enum memory_table table, void *removed,
                      void *added)
{
    assert(store->step_count < store->step_capacity);
    store->steps[store->step_count++] =
        (struct memory_step){.table = table, .removed = removed, .added = added};
    if (removed != NULL)
        remove_thing(store, table, removed);
    if (added != NULL)
        add_thing(store, table, added);
}

/* Transactions. */

static enum community_status memory_begin(void *self, bool *changed_out,
                                          struct community_error *err)
{
    struct memory_store *store = self;
    (void)err;
    assert(!store->in_transaction);
    assert(store->reader_count == 0);
    store->in_transaction = true;
    store->entry_count_at_begin = store->entry_count;
    *changed_out = !store->has_begun;
    store->has_begun = true;
    return COMMUNITY_OK;
}

static enum community_status memory_look(void *self, bool *changed_out, struct community_error *err)
{
    struct memory_store *store = self;
    (void)err;
    *changed_out = !store->has_begun;
    store->has_begun = true;
    return COMMUNITY_OK;
}

static enum community_status memory_commit(void *self, struct community_error *err)
{
    struct memory_store *store = self;
    (void)err;
    assert(store->in_transaction);
    for (size_t i = 0; i < store->step_count; i++)
        cm_release(&store->allocator, store->steps[i].removed);
    store->step_count = 0;
    store->in_transaction = false;
    return COMMUNITY_OK;
}

static void memory_rollback(void *self)
{
    struct memory_store *store = self;
    if (!store->in_transaction)
        return;
    while (store->step_count > 0) {
        struct memory_step *step = &store->steps[--store->step_count];
        if (step->added != NULL)
            remove_thing(store, step->table, step->added);
        if (step->removed != NULL)
            add_thing(store, step->table, step->removed);
        cm_release(&store->allocator, step->added);
    }
    while (store->entry_count > store->entry_count_at_begin)
        cm_release(&store->allocator, store->entries[--store->entry_count]);
    store->in_transaction = false;
}

/* Appending. */

static struct memory_record *find_record(const struct memory_store *store,
                                         const struct community_id *id)
{
    struct memory_record probe = {.row = {.id = *id}};
    struct cm_tree_node *node = cm_tree_find(&store->orders[BY_ID], &probe.nodes[BY_ID]);
    return node == NULL ? NULL : CM_TREE_ITEM(node, struct memory_record, nodes[BY_ID]);
}

static struct memory_record *find_external(const struct memory_store *store,
                                           struct community_text space,
                                           struct community_text external_id)
{
    struct memory_record probe = {.row = {.space = space, .external_id = external_id}};
    struct cm_tree_node *node =
        cm_tree_find(&store->orders[BY_EXTERNAL_ID], &probe.nodes[BY_EXTERNAL_ID]);
    return node == NULL ? NULL : CM_TREE_ITEM(node, struct memory_record, nodes[BY_EXTERNAL_ID]);
}

static struct memory_item *find_item(const struct cm_tree *tree, struct community_text scope,
                                     struct community_text name)
{
    struct memory_item probe = {.scope = scope, .name = name};
    struct cm_tree_node *node = cm_tree_find(tree, &probe.node);
    return node == NULL ? NULL : CM_TREE_ITEM(node, struct memory_item, node);
}

static enum community_status check_expected(const struct memory_store *store,
                                            const struct community_store_change *change,
                                            struct community_error *err)
{
    for (size_t i = 0; i < change->record_count; i++) {
        const struct memory_record *record = find_record(store, &change->records[i].id);
        int64_t version = record == NULL ? 0 : record->row.version;
        if (version != change->expected[i])
            return cm_fail_conflict(err, version, change->expected[i]);
    }
    return COMMUNITY_OK;
}

static enum community_status put_record(struct memory_store *store,
                                        const struct community_store_record *row,
                                        struct community_error *err)
{
    struct memory_record *old = find_record(store, &row->id);
    if (row->external_id.data != NULL) {
        const struct memory_record *holder = find_external(store, row->space, row->external_id);
        if (holder != NULL && holder != old) {
            return cm_fail(err, COMMUNITY_EXISTS, CM_CODE_EXTERNAL_ID_TAKEN, row->external_id,
                           row->space);
        }
    }
    if (!reserve_step(store))
        return cm_fail_memory(err);
    struct memory_record *record = make_record(store, row);
    if (record == NULL)
        return cm_fail_memory(err);
    record->last_position = old == NULL ? 0 : old->last_position;
    take_step(store, RECORDS, old, record);
    return COMMUNITY_OK;
}

static enum community_status put_effects(struct memory_store *store,
                                         const struct community_store_entry *entry,
                                         int64_t position, struct community_error *err)
{
    for (size_t i = 0; i < entry->effect_count; i++) {
        if (!reserve_step(store))
            return cm_fail_memory(err);
        struct memory_effect *effect =
            make_effect(store, entry->effects[i], position, (int64_t)i + 1);
        if (effect == NULL)
            return cm_fail_memory(err);
        take_step(store, EFFECTS, NULL, effect);
    }
    return COMMUNITY_OK;
}

static enum community_status put_entry(struct memory_store *store,
                                       const struct community_store_entry *entry,
                                       struct community_error *err)
{
    void *entries = store->entries;
    bool done = reserve(store, &entries, &store->entry_capacity, store->entry_count, 1,
                        sizeof(store->entries[0]));
    store->entries = entries;
    if (!done)
        return cm_fail_memory(err);
    int64_t position = (int64_t)store->entry_count + 1;
    struct memory_entry *kept = make_entry(store, entry, position);
    if (kept == NULL)
        return cm_fail_memory(err);
    if (store->entry_count > 0) {
        community_time_ms before = store->entries[store->entry_count - 1]->recorded_at_maximum;
        if (before > kept->recorded_at_maximum)
            kept->recorded_at_maximum = before;
    }
    struct memory_record *record = find_record(store, &entry->record);
    assert(record != NULL); /* `records` has a row for every record that has an entry */
    kept->previous_position = record->last_position;
    record->last_position = position;
    store->entries[store->entry_count++] = kept;
    return put_effects(store, entry, position, err);
}

static enum community_status put_key(struct memory_store *store,
                                     const struct community_store_key *key,
                                     struct community_error *err)
{
    if (find_item(&store->keys, key->actor, key->key) != NULL)
        return cm_fail(err, COMMUNITY_EXISTS, CM_CODE_COMMAND_KEY_TAKEN, key->key);
    if (!reserve_step(store))
        return cm_fail_memory(err);
    struct memory_item *item = make_item(store, key->actor, key->key, key->receipt);
    if (item == NULL)
        return cm_fail_memory(err);
    memcpy(item->digest, key->digest, sizeof(item->digest));
    memcpy(item->salt, key->salt, sizeof(item->salt));
    take_step(store, KEYS, NULL, item);
    return COMMUNITY_OK;
}

static enum community_status memory_append(void *self, int64_t *position_out,
                                           const struct community_store_change *change,
                                           struct community_error *err)
{
    struct memory_store *store = self;
    assert(store->in_transaction);
    assert(store->reader_count == 0);
    enum community_status status = check_expected(store, change, err);
    if (status != COMMUNITY_OK)
        return status;
    int64_t first = (int64_t)store->entry_count + 1;
    for (size_t i = 0; i < change->record_count && status == COMMUNITY_OK; i++)
        status = put_record(store, &change->records[i], err);
    for (size_t i = 0; i < change->entry_count && status == COMMUNITY_OK; i++)
        status = put_entry(store, &change->entries[i], err);
    if (status == COMMUNITY_OK && change->key != NULL)
        status = put_key(store, change->key, err);
    if (status == COMMUNITY_OK)
        *position_out = first;
    return status;
}

/* Reading. */

static enum community_status memory_load(void *self, struct community_store_record *record_out,
                                         const struct community_id *id, struct community_error *err)
{
    (void)err;
    const struct memory_record *record = find_record(self, id);
    if (record == NULL)
        return COMMUNITY_NOT_FOUND;
    *record_out = record->row;
    return COMMUNITY_OK;
}

static enum community_status memory_load_external(void *self,
                                                  struct community_store_record *record_out,
                                                  struct community_text space,
                                                  struct community_text external_id,
                                                  struct community_error *err)
{
    (void)err;
    const struct memory_record *record = find_external(self, space, external_id);
    if (record == NULL)
        return COMMUNITY_NOT_FOUND;
    *record_out = record->row;
    return COMMUNITY_OK;
}

static enum community_status memory_next_timer(void *self,
                                               struct community_store_record *record_out,
                                               community_time_ms until, struct community_error *err)
{
    const struct memory_store *store = self;
    (void)err;
    struct cm_tree_node *node = cm_tree_first(&store->orders[BY_TIMER]);
    if (node == NULL || RECORD_ROW(node, BY_TIMER)->next_timer > until)
        return COMMUNITY_NOT_FOUND;
    *record_out = *RECORD_ROW(node, BY_TIMER);
    return COMMUNITY_OK;
}

static enum record_order order_for(const struct community_store_filter *filter)
{
    if (filter->due_before != COMMUNITY_TIME_NONE)
        return BY_DUE;
    if (!cm_id_is_nil(&filter->parent))
        return BY_PARENT;
    if (filter->unit.data != NULL)
        return BY_UNIT;
    return filter->space.data != NULL ? BY_SPACE : BY_ID;
}

/* Whether the walk in this order has come to the end of what can match. */
static bool is_past(const struct community_store_record *row, enum record_order order,
                    const struct community_store_filter *filter)
{
    switch (order) {
    case BY_DUE:
        return row->due >= filter->due_before;
    case BY_PARENT:
        return !cm_id_equal(&row->parent, &filter->parent);
    case BY_UNIT:
        return !cm_text_equal(row->unit, filter->unit);
    case BY_SPACE:
        return !cm_text_equal(row->space, filter->space);
    case BY_ID:
    case BY_EXTERNAL_ID:
    case BY_TIMER:
    case ORDER_COUNT:
        break;
    }
    return false;
}

static bool text_matches(struct community_text text, struct community_text wanted)
{
    return wanted.data == NULL || (text.data != NULL && cm_text_equal(text, wanted));
}

static bool record_matches(const struct community_store_record *row,
                           const struct community_store_filter *filter)
{
    if (filter->open_only && row->is_final)
        return false;
    if (!cm_id_is_nil(&filter->parent) && !cm_id_equal(&row->parent, &filter->parent))
        return false;
    return text_matches(row->space, filter->space) &&
           text_matches(row->lifecycle, filter->lifecycle) &&
           text_matches(row->state, filter->state) && text_matches(row->unit, filter->unit);
}

/* Where the walk starts: just before the first record, or at the one to continue after. */
static bool make_start(const struct memory_store *store, struct memory_record *probe_out,
                       const struct community_store_filter *filter)
{
    *probe_out = (struct memory_record){.row = {.id = filter->after,
                                                .space = filter->space,
                                                .unit = filter->unit,
                                                .parent = filter->parent,
                                                .due = INT64_MIN}};
    if (filter->due_before == COMMUNITY_TIME_NONE || cm_id_is_nil(&filter->after))
        return true;
    const struct memory_record *after = find_record(store, &filter->after);
    if (after == NULL)
        return false;
    probe_out->row.due = after->row.due;
    return true;
}

static enum community_status memory_find(void *self, const struct community_store_filter *filter,
                                         community_store_record_fn *callback, void *userdata,
                                         struct community_error *err)
{
    struct memory_store *store = self;
    struct memory_record probe;
    if (!make_start(store, &probe, filter))
        return COMMUNITY_NOT_FOUND;
    enum record_order order = order_for(filter);
    enum community_status status = COMMUNITY_OK;
    struct cm_tree_node *node = &probe.nodes[order];
    store->reader_count++;
    while ((node = cm_tree_after(&store->orders[order], node)) != NULL) {
        const struct memory_record *record =
            CM_TREE_CONST_ITEM(node - order, struct memory_record, nodes[0]);
        if (is_past(&record->row, order, filter))
            break;
        if (record_matches(&record->row, filter) && callback(userdata, &record->row) != 0) {
            status = cm_fail_plain(err, COMMUNITY_CANCELLED, CM_CODE_CANCELLED);
            break;
        }
    }
    store->reader_count--;
    return status;
}

static enum community_status memory_entries(void *self, int64_t from,
                                            community_store_entry_fn *callback, void *userdata,
                                            struct community_error *err)
{
    struct memory_store *store = self;
    enum community_status status = COMMUNITY_OK;
    store->reader_count++;
    for (int64_t position = from < 1 ? 1 : from;
         status == COMMUNITY_OK && position <= (int64_t)store->entry_count; position++) {
        if (callback(userdata, &store->entries[position - 1]->stored) != 0)
            status = cm_fail_plain(err, COMMUNITY_CANCELLED, CM_CODE_CANCELLED);
    }
    store->reader_count--;
    return status;
}

/* Fills `positions`, if it is not NULL, from its end, and counts. */
static size_t trace_history(const struct memory_store *store, int64_t *positions_end,
                            int64_t last_position)
{
    size_t count = 0;
    for (int64_t position = last_position; position != 0;
         position = store->entries[position - 1]->previous_position) {
        count++;
        if (positions_end != NULL)
            *(positions_end - count) = position;
    }
    return count;
}

static enum community_status memory_history(void *self, const struct community_id *id,
                                            community_store_entry_fn *callback, void *userdata,
                                            struct community_error *err)
{
    struct memory_store *store = self;
    const struct memory_record *record = find_record(store, id);
    size_t count = record == NULL ? 0 : trace_history(store, NULL, record->last_position);
    if (count == 0)
        return COMMUNITY_OK;
    int64_t *positions = cm_allocate_array(&store->allocator, count, sizeof(positions[0]));
    if (positions == NULL)
        return cm_fail_memory(err);
    trace_history(store, positions + count, record->last_position);
    enum community_status status = COMMUNITY_OK;
    store->reader_count++;
    for (size_t i = 0; i < count && status == COMMUNITY_OK; i++) {
        if (callback(userdata, &store->entries[positions[i] - 1]->stored) != 0)
            status = cm_fail_plain(err, COMMUNITY_CANCELLED, CM_CODE_CANCELLED);
    }
    store->reader_count--;
    cm_release(&store->allocator, positions);
    return status;
}

static enum community_status memory_tail(void *self, int64_t *position_out,
                                         community_time_ms *recorded_at_out,
                                         struct community_error *err)
{
    const struct memory_store *store = self;
    (void)err;
    *position_out = (int64_t)store->entry_count;
    *recorded_at_out =
        store->entry_count == 0 ? 0 : store->entries[store->entry_count - 1]->recorded_at_maximum;
    return COMMUNITY_OK;
}

static enum community_status memory_find_key(void *self, struct community_store_key *key_out,
                                             struct community_text actor, struct community_text key,
                                             struct community_error *err)
{
    const struct memory_store *store = self;
    (void)err;
    const struct memory_item *item = find_item(&store->keys, actor, key);
    if (item == NULL)
        return COMMUNITY_NOT_FOUND;
    *key_out = (struct community_store_key){
        .actor = item->scope, .key = item->name, .receipt = item->body};
    memcpy(key_out->digest, item->digest, sizeof(key_out->digest));
    memcpy(key_out->salt, item->salt, sizeof(key_out->salt));
    return COMMUNITY_OK;
}

/* Documents and settings. */

static enum community_status put_item(struct memory_store *store, enum memory_table table,
                                      struct memory_item *old, const struct community_text parts[3],
                                      struct community_error *err)
{
    assert(store->in_transaction);
    assert(store->reader_count == 0);
    if (!reserve_step(store))
        return cm_fail_memory(err);
    struct memory_item *item = make_item(store, parts[0], parts[1], parts[2]);
    if (item == NULL)
        return cm_fail_memory(err);
    take_step(store, table, old, item);
    return COMMUNITY_OK;
}

static enum community_status memory_put_document(void *self, struct community_text kind,
                                                 struct community_text name,
                                                 struct community_text body,
                                                 struct community_error *err)
{
    struct memory_store *store = self;
    const struct memory_item *old = find_item(&store->documents, kind, name);
    if (old == NULL) {
        const struct community_text parts[] = {kind, name, body};
        return put_item(store, DOCUMENTS, NULL, parts, err);
    }
    if (cm_text_equal(old->body, body))
        return COMMUNITY_OK;
    return cm_fail(err, COMMUNITY_EXISTS, CM_CODE_DOCUMENT_DIFFERS, name);
}

static enum community_status memory_document(void *self, struct community_text *body_out,
                                             struct community_text kind, struct community_text name,
                                             struct community_error *err)
{
    const struct memory_store *store = self;
    (void)err;
    const struct memory_item *item = find_item(&store->documents, kind, name);
    if (item == NULL)
        return COMMUNITY_NOT_FOUND;
    *body_out = item->body;
    return COMMUNITY_OK;
}

static enum community_status memory_put_setting(void *self, struct community_text name,
                                                struct community_text value,
                                                struct community_error *err)
{
    struct memory_store *store = self;
    const struct community_text parts[] = {{NULL, 0}, name, value};
    return put_item(store, SETTINGS, find_item(&store->settings, parts[0], name), parts, err);
}

static enum community_status memory_setting(void *self, struct community_text *value_out,
                                            struct community_text name, struct community_error *err)
{
    const struct memory_store *store = self;
    (void)err;
    const struct memory_item *item =
        find_item(&store->settings, (struct community_text){NULL, 0}, name);
    if (item == NULL)
        return COMMUNITY_NOT_FOUND;
    *value_out = item->body;
    return COMMUNITY_OK;
}

/* The outbox. */

static enum community_status memory_outbox(void *self, community_store_effect_fn *callback,
                                           void *userdata, struct community_error *err)
{
    struct memory_store *store = self;
    enum community_status status = COMMUNITY_OK;
    store->reader_count++;
    for (struct cm_tree_node *node = cm_tree_first(&store->effects);
         node != NULL && status == COMMUNITY_OK; node = cm_tree_after(&store->effects, node)) {
        const struct memory_effect *kept = CM_TREE_CONST_ITEM(node, struct memory_effect, node);
        char id[CM_EFFECT_ID_SIZE];
        struct community_store_effect effect = {
            .id = cm_effect_id_format(id, kept->position, kept->number),
            .position = kept->position,
            .body = kept->body,
        };
        if (callback(userdata, &effect) != 0)
            status = cm_fail_plain(err, COMMUNITY_CANCELLED, CM_CODE_CANCELLED);
    }
    store->reader_count--;
    return status;
}

static enum community_status memory_acknowledge(void *self, struct community_text effect_id,
                                                struct community_error *err)
{
    struct memory_store *store = self;
    (void)err;
    assert(!store->in_transaction);
    assert(store->reader_count == 0);
    struct memory_effect probe = {.position = 0};
    if (!cm_effect_id_parse(effect_id, &probe.position, &probe.number))
        return COMMUNITY_NOT_FOUND;
    struct cm_tree_node *node = cm_tree_find(&store->effects, &probe.node);
    if (node == NULL)
        return COMMUNITY_NOT_FOUND;
    struct memory_effect *effect = CM_TREE_ITEM(node, struct memory_effect, node);
    cm_tree_remove(&store->effects, node);
    cm_release(&store->allocator, effect);
    return COMMUNITY_OK;
}

/* The whole. */

static enum community_status memory_backup(void *self, const char *path,
                                           community_store_progress_fn *progress, void *userdata,
                                           struct community_error *err)
{
    (void)self;
    (void)path;
    (void)progress;
    (void)userdata;
    return cm_fail_plain(err, COMMUNITY_UNSUPPORTED, CM_CODE_STORE_NO_FILE);
}

static void free_records(struct memory_store *store)
{
    struct cm_tree_node *node;
    while ((node = store->orders[BY_ID].root) != NULL) {
        struct memory_record *record = CM_TREE_ITEM(node, struct memory_record, nodes[BY_ID]);
        cm_tree_remove(&store->orders[BY_ID], node);
        cm_release(&store->allocator, record);
    }
}

static void free_items(struct memory_store *store, struct cm_tree *tree)
{
    struct cm_tree_node *node;
    while ((node = tree->root) != NULL) {
        cm_tree_remove(tree, node);
        cm_release(&store->allocator, CM_TREE_ITEM(node, struct memory_item, node));
    }
}

static void free_effects(struct memory_store *store)
{
    struct cm_tree_node *node;
    while ((node = store->effects.root) != NULL) {
        cm_tree_remove(&store->effects, node);
        cm_release(&store->allocator, CM_TREE_ITEM(node, struct memory_effect, node));
    }
}

static void memory_close(void *self)
{
    struct memory_store *store = self;
    if (store == NULL)
        return;
    assert(store->reader_count == 0);
    memory_rollback(store);
    free_records(store);
    free_items(store, &store->keys);
    free_items(store, &store->documents);
    free_items(store, &store->settings);
    free_effects(store);
    while (store->entry_count > 0)
        cm_release(&store->allocator, store->entries[--store->entry_count]);
    cm_release(&store->allocator, store->entries);
    cm_release(&store->allocator, store->steps);
    struct community_allocator allocator = store->allocator;
    cm_release(&allocator, store);
}

static void init_trees(struct memory_store *store)
{
    static cm_tree_compare_fn *const compare[ORDER_COUNT] = {
        [BY_ID] = compare_by_id,         [BY_EXTERNAL_ID] = compare_by_external_id,
        [BY_SPACE] = compare_by_space,   [BY_UNIT] = compare_by_unit,
        [BY_PARENT] = compare_by_parent, [BY_DUE] = compare_by_due,
        [BY_TIMER] = compare_by_timer,
    };
    for (size_t i = 0; i < ORDER_COUNT; i++)
        cm_tree_init(&store->orders[i], compare[i]);
    cm_tree_init(&store->keys, compare_items);
    cm_tree_init(&store->documents, compare_items);
    cm_tree_init(&store->settings, compare_items);
    cm_tree_init(&store->effects, compare_effects);
}

enum community_status cm_store_memory_open(struct community_store *out,
                                           const struct community_allocator *allocator,
                                           struct community_error *err)
{
    struct memory_store *store = cm_allocate_zeroed(allocator, sizeof(*store));
    if (store == NULL)
        return cm_fail_memory(err);
    store->allocator = *allocator;
    init_trees(store);
    *out = (struct community_store){
        .size = sizeof(*out),
        .self = store,
        .begin = memory_begin,
        .commit = memory_commit,
        .rollback = memory_rollback,
        .append = memory_append,
        .load = memory_load,
        .load_external = memory_load_external,
        .next_timer = memory_next_timer,
        .find = memory_find,
        .entries = memory_entries,
        .history = memory_history,
        .tail = memory_tail,
        .find_key = memory_find_key,
        .put_document = memory_put_document,
        .document = memory_document,
        .put_setting = memory_put_setting,
        .setting = memory_setting,
        .outbox = memory_outbox,
        .acknowledge = memory_acknowledge,
        .backup = memory_backup,
        .look = memory_look,
        .close = memory_close,
    };
    return COMMUNITY_OK;
}
