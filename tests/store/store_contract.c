/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of include/community/sys/store.h as a suite that runs against every store. */
#include "store_contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_fixture.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct community_text none = {NULL, 0};
static const struct community_store_filter any = {.due_before = COMMUNITY_TIME_NONE};

static bool opened(struct community_store *out, const struct store_kind *kind, bool is_new)
{
    struct community_error err = {0};
    bool done = CHECK(kind->open(out, &fixture_allocator, is_new, &err) == COMMUNITY_OK);
    if (!done)
        printf("%s: %s\n", kind->name, err.message);
    return done && CHECK(out->size == sizeof(*out));
}

static bool begun(struct community_store *store)
{
    bool changed;
    return CHECK(store->begin(store->self, &changed, NULL) == COMMUNITY_OK);
}

static bool committed(struct community_store *store)
{
    struct community_error err = {0};
    bool done = CHECK(store->commit(store->self, &err) == COMMUNITY_OK);
    if (!done)
        printf("%s\n", err.message);
    return done;
}

static bool add_sample(struct community_store *store, uint64_t number, int64_t version)
{
    struct community_error err = {0};
    bool done = CHECK(commit_sample(store, number, version, &err) == COMMUNITY_OK);
    if (!done)
        printf("%s\n", err.message);
    return done;
}

static int64_t last_position(struct community_store *store)
{
    int64_t position = -1;
    community_time_ms recorded_at;
    CHECK(store->tail(store->self, &position, &recorded_at, NULL) == COMMUNITY_OK);
    return position;
}

/* Callbacks that count, and stop at a number. */
struct counter {
    size_t count;
    size_t stop_at; /* 0: never */
};

static int counted(struct counter *counter)
{
    counter->count++;
    return counter->count == counter->stop_at ? 7 : 0;
}

static int count_record(void *userdata, const struct community_store_record *record)
{
    (void)record;
    return counted(userdata);
}

static int count_entry(void *userdata, const struct community_store_stored *entry)
{
    (void)entry;
    return counted(userdata);
}

static int count_effect(void *userdata, const struct community_store_effect *effect)
{
    (void)effect;
    return counted(userdata);
}

static size_t record_count(struct community_store *store,
                           const struct community_store_filter *filter)
{
    struct counter counter = {.count = 0};
    CHECK(store->find(store->self, filter, count_record, &counter, NULL) == COMMUNITY_OK);
    return counter.count;
}

static size_t effect_count(struct community_store *store)
{
    struct counter counter = {.count = 0};
    CHECK(store->outbox(store->self, count_effect, &counter, NULL) == COMMUNITY_OK);
    return counter.count;
}

/* Nothing is there. */

static void check_nothing_found(struct community_store *store)
{
    struct community_error err = {0};
    struct community_error untouched = {0};
    struct community_store_record record;
    struct community_store_key key;
    struct community_text text;
    struct community_id id = id_of(1);

    CHECK(store->load(store->self, &record, &id, &err) == COMMUNITY_NOT_FOUND);
    CHECK(store->load_external(store->self, &record, text_of("ticket"), text_of("A-1"), &err) ==
          COMMUNITY_NOT_FOUND);
    CHECK(store->next_timer(store->self, &record, INT64_MAX, &err) == COMMUNITY_NOT_FOUND);
    CHECK(store->find_key(store->self, &key, text_of("p-1"), text_of("k"), &err) ==
          COMMUNITY_NOT_FOUND);
    CHECK(store->document(store->self, &text, text_of("rulebook"), text_of("x"), &err) ==
          COMMUNITY_NOT_FOUND);
    CHECK(store->setting(store->self, &text, text_of("name"), &err) == COMMUNITY_NOT_FOUND);
    CHECK(memcmp(&err, &untouched, sizeof(err)) == 0);
}

static void check_empty_store(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    struct counter counter = {.count = 0};
    struct community_id id = id_of(1);
    int64_t position = -1;
    community_time_ms recorded_at = -1;

    check_nothing_found(&store);
    CHECK(record_count(&store, &any) == 0);
    CHECK(effect_count(&store) == 0);
    CHECK(store.entries(store.self, 1, count_entry, &counter, NULL) == COMMUNITY_OK);
    CHECK(store.entries(store.self, INT64_MIN, count_entry, &counter, NULL) == COMMUNITY_OK);
    CHECK(store.history(store.self, &id, count_entry, &counter, NULL) == COMMUNITY_OK);
    CHECK(counter.count == 0);
    CHECK(store.tail(store.self, &position, &recorded_at, NULL) == COMMUNITY_OK);
    CHECK(position == 0 && recorded_at == 0);

    store.rollback(store.self);
    bool changed = false;
    CHECK(store.begin(store.self, &changed, NULL) == COMMUNITY_OK && changed);
    check_nothing_found(&store);
    CHECK(store.commit(store.self, NULL) == COMMUNITY_OK);
    store.rollback(store.self);
    CHECK(store.begin(store.self, &changed, NULL) == COMMUNITY_OK && !changed);
    store.rollback(store.self);
    CHECK(store.begin(store.self, &changed, NULL) == COMMUNITY_OK && !changed);
    store.close(store.self);
}

/* Bytes come back as they went in. */

static struct community_store_record full_record(void)
{
    struct community_store_record record = sample_record(77, 1);
    record.external_id = (struct community_text){"A\0-17", 5};
    record.space = (struct community_text){"ti\0cket", 7};
    record.parent = id_of(3);
    record.snapshot = (struct community_text){"\0\xff\x80\0", 4};
    record.due = INT64_MIN;
    record.next_timer = -1;
    return record;
}

static void check_loaded(struct community_store *store,
                         const struct community_store_record *expected)
{
    struct community_store_record record;
    CHECK(store->load(store->self, &record, &expected->id, NULL) == COMMUNITY_OK &&
          records_equal(&record, expected));
    if (expected->external_id.data == NULL)
        return;
    CHECK(store->load_external(store->self, &record, expected->space, expected->external_id,
                               NULL) == COMMUNITY_OK &&
          records_equal(&record, expected));
}

static int keep_stored(void *userdata, const struct community_store_stored *entry)
{
    const struct community_store_entry *expected = userdata;
    CHECK(ids_equal(&entry->record, &expected->record) && entry->version == expected->version);
    CHECK(entry->has_hash && memcmp(entry->hash, expected->hash, sizeof(entry->hash)) == 0);
    CHECK(entry->recorded_at == expected->recorded_at);
    CHECK(texts_equal(entry->body, expected->body));
    CHECK(texts_equal(entry->values, expected->values));
    CHECK(entry->position == 1);
    return 0;
}

static void check_verbatim(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    struct community_store_record record = full_record();
    struct community_store_entry entry = sample_entry(77, 1);
    entry.body = (struct community_text){"a\0b\xc3\x28", 5};
    entry.values = (struct community_text){"\0", 1};
    int64_t position = 0;

    begun(&store);
    CHECK(append_one(&store, &record, &entry, 0, &position, NULL) == COMMUNITY_OK);
    CHECK(position == 1);
    check_loaded(&store, &record);
    committed(&store);
    check_loaded(&store, &record);
    CHECK(store.entries(store.self, 1, keep_stored, &entry, NULL) == COMMUNITY_OK);
    CHECK(store.history(store.self, &record.id, keep_stored, &entry, NULL) == COMMUNITY_OK);
    if (kind->is_lasting) {
        store.close(store.self);
        if (!opened(&store, kind, false))
            return;
        check_loaded(&store, &record);
        CHECK(store.entries(store.self, 1, keep_stored, &entry, NULL) == COMMUNITY_OK);
    }
    store.close(store.self);
}

/* Every column on its own from something to nothing, to the empty text, and back. */
static void check_every_column(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    struct community_store_record record = sample_record(5, 1);
    record.external_id = text_of("A-5");
    struct community_text *const texts[] = {&record.external_id, &record.lifecycle, &record.state,
                                            &record.unit,        &record.snapshot,  &record.space};
    add_sample(&store, 5, 1);
    for (size_t step = 0; step < 40; step++) {
        struct community_text *text = texts[step % COUNT_OF(texts)];
        const char *const values[] = {NULL, "", "x", "longer than before by some"};
        *text = text_of(values[step / COUNT_OF(texts) % COUNT_OF(values)]);
        if (step == 30)
            record.is_final = !record.is_final;
        if (step == 31)
            record.due = COMMUNITY_TIME_NONE;
        if (step == 32)
            record.next_timer = COMMUNITY_TIME_NONE;
        if (step == 33)
            record.parent = id_of(9);
        if (step == 34)
            record.due = 5;
        if (step == 35)
            record.next_timer = 6;
        if (step == 36)
            record.parent = id_of(0x0102030405060708);
        record.version++;
        struct community_store_entry entry = sample_entry(5, record.version);
        entry.values = step % 3 == 0 ? none : text_of("");
        begun(&store);
        CHECK(append_one(&store, &record, &entry, record.version - 1, NULL, NULL) == COMMUNITY_OK);
        committed(&store);
        check_loaded(&store, &record);
    }
    store.close(store.self);
}

/* Positions. */

struct walk {
    int64_t next; /* the position that must come */
    bool is_gapless;
};

static int walk_entry(void *userdata, const struct community_store_stored *entry)
{
    struct walk *walk = userdata;
    walk->is_gapless = walk->is_gapless && entry->position == walk->next;
    walk->next++;
    return 0;
}

static bool is_gapless(struct community_store *store, int64_t from, int64_t last)
{
    struct walk walk = {.next = from, .is_gapless = true};
    CHECK(store->entries(store->self, from, walk_entry, &walk, NULL) == COMMUNITY_OK);
    return walk.is_gapless && walk.next == last + 1;
}

static void check_positions(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    int64_t position = 0;
    for (uint64_t i = 1; i <= 20; i++) {
        struct community_store_record record = sample_record(i, 1);
        struct community_store_entry entry = sample_entry(i, 1);
        begun(&store);
        CHECK(append_one(&store, &record, &entry, 0, &position, NULL) == COMMUNITY_OK);
        CHECK(position == last_position(&store));
        if (i % 3 == 0) {
            store.rollback(store.self);
            CHECK(last_position(&store) == position - 1);
        } else {
            committed(&store);
        }
    }
    CHECK(last_position(&store) == 14);
    CHECK(is_gapless(&store, 1, 14));
    CHECK(is_gapless(&store, 9, 14));
    CHECK(is_gapless(&store, 15, 14));
    store.close(store.self);
}

static void check_tail(const struct store_kind *kind)
{
    static const community_time_ms times[] = {-50, -90, 700, 300, 700, 699, INT64_MIN, 900, 100};
    static const community_time_ms greatest[] = {-50, -50, 700, 700, 700, 700, 700, 900, 900};
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    int64_t position;
    community_time_ms recorded_at;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        struct community_store_record record = sample_record(i, 1);
        struct community_store_entry entry = sample_entry(i, 1);
        entry.recorded_at = times[i];
        begun(&store);
        CHECK(append_one(&store, &record, &entry, 0, NULL, NULL) == COMMUNITY_OK);
        CHECK(store.tail(store.self, &position, &recorded_at, NULL) == COMMUNITY_OK);
        CHECK(position == (int64_t)i + 1 && recorded_at == greatest[i]);
        committed(&store);
        if (kind->is_lasting && i % 2 == 0) {
            store.close(store.self);
            if (!opened(&store, kind, false))
                return;
        }
        CHECK(store.tail(store.self, &position, &recorded_at, NULL) == COMMUNITY_OK);
        CHECK(position == (int64_t)i + 1 && recorded_at == greatest[i]);
    }
    store.close(store.self);
}

/* Conflicts. */

static void check_conflicts(const struct store_kind *kind)
{
    static const struct {
        uint64_t number;
        int64_t expected;
    } wrong[] = {{1, 0}, {1, 1}, {1, 3}, {1, -1}, {2, 1}, {2, 2}, {2, INT64_MAX}};
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    add_sample(&store, 1, 1);
    add_sample(&store, 1, 2);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct community_error err = {0};
        struct community_store_record records[] = {sample_record(9, 1),
                                                   sample_record(wrong[i].number, 3)};
        struct community_store_entry entries[] = {sample_entry(9, 1),
                                                  sample_entry(wrong[i].number, 3)};
        int64_t expected[] = {0, wrong[i].expected};
        struct community_store_change change = {.entry_count = 2,
                                                .entries = entries,
                                                .record_count = 2,
                                                .records = records,
                                                .expected = expected};
        int64_t position = -5;
        uint64_t before;
        uint64_t after;
        begun(&store);
        CHECK(fingerprint(&store, &before));
        CHECK(store.append(store.self, &position, &change, &err) == COMMUNITY_CONFLICT);
        CHECK(err.status == COMMUNITY_CONFLICT && strcmp(err.code, "store-conflict") == 0);
        CHECK(position == -5);
        CHECK(fingerprint(&store, &after) && before == after);
        store.rollback(store.self);
        CHECK(fingerprint(&store, &after) && before == after);
    }
    CHECK(last_position(&store) == 2);
    add_sample(&store, 1, 3);
    store.close(store.self);
}

static void check_conflict_leaves_the_transaction(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    struct community_store_record record = sample_record(1, 1);
    struct community_store_entry entry = sample_entry(1, 1);
    begun(&store);
    CHECK(append_one(&store, &record, &entry, 0, NULL, NULL) == COMMUNITY_OK);
    CHECK(append_one(&store, &record, &entry, 0, NULL, NULL) == COMMUNITY_CONFLICT);
    record = sample_record(1, 2);
    entry = sample_entry(1, 2);
    CHECK(append_one(&store, &record, &entry, 1, NULL, NULL) == COMMUNITY_OK);
    committed(&store);
    CHECK(is_gapless(&store, 1, 2));
    check_loaded(&store, &record);
    store.close(store.self);
}

/* External ids and keys. */

static enum community_status append_external(struct community_store *store, uint64_t number,
                                             int64_t version, const char *space,
                                             const char *external_id, struct community_error *err)
{
    struct community_store_record record = sample_record(number, version);
    struct community_store_entry entry = sample_entry(number, version);
    record.space = text_of(space);
    record.external_id = text_of(external_id);
    return append_one(store, &record, &entry, version - 1, NULL, err);
}

static void check_external_ids(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    struct community_error err = {0};
    struct community_store_record record;
    begun(&store);
    CHECK(append_external(&store, 1, 1, "ticket", "A-1", NULL) == COMMUNITY_OK);
    CHECK(append_external(&store, 2, 1, "unit", "A-1", NULL) == COMMUNITY_OK);
    CHECK(append_external(&store, 3, 1, "ticket", NULL, NULL) == COMMUNITY_OK);
    CHECK(append_external(&store, 4, 1, "ticket", NULL, NULL) == COMMUNITY_OK);
    committed(&store);

    begun(&store);
    CHECK(append_external(&store, 5, 1, "ticket", "A-1", &err) == COMMUNITY_EXISTS);
    CHECK(strcmp(err.code, "external-id-taken") == 0 && strstr(err.message, "A-1") != NULL);
    store.rollback(store.self);
    begun(&store);
    CHECK(append_external(&store, 3, 2, "ticket", "A-1", NULL) == COMMUNITY_EXISTS);
    store.rollback(store.self);
    CHECK(last_position(&store) == 4);

    begun(&store);
    CHECK(append_external(&store, 1, 2, "ticket", "A-2", NULL) == COMMUNITY_OK);
    CHECK(append_external(&store, 3, 2, "ticket", "A-1", NULL) == COMMUNITY_OK);
    committed(&store);
    CHECK(store.load_external(store.self, &record, text_of("ticket"), text_of("A-1"), NULL) ==
              COMMUNITY_OK &&
          number_of(&record.id) == 3);
    CHECK(store.load_external(store.self, &record, text_of("unit"), text_of("A-1"), NULL) ==
              COMMUNITY_OK &&
          number_of(&record.id) == 2);
    CHECK(store.load_external(store.self, &record, text_of("person"), text_of("A-1"), NULL) ==
          COMMUNITY_NOT_FOUND);
    store.close(store.self);
}

static enum community_status append_key(struct community_store *store, uint64_t number,
                                        const struct community_store_key *key,
                                        struct community_error *err)
{
    struct community_store_record record = sample_record(number, 1);
    struct community_store_entry entry = sample_entry(number, 1);
    int64_t expected = 0;
    int64_t position;
    struct community_store_change change = {.entry_count = 1,
                                            .entries = &entry,
                                            .record_count = 1,
                                            .records = &record,
                                            .expected = &expected,
                                            .key = key};
    return store->append(store->self, &position, &change, err);
}

static void check_keys(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    struct community_error err = {0};
    struct community_store_key found;
    struct community_store_key key = {.actor = text_of("p-1"),
                                      .key = {"k\0ey", 4},
                                      .digest = {1, 2, 3},
                                      .salt = {4, 5, 6},
                                      .receipt = {"{\0}", 3}};
    struct community_store_key other = key;
    other.actor = text_of("p-2");
    begun(&store);
    CHECK(append_key(&store, 1, &key, NULL) == COMMUNITY_OK);
    CHECK(append_key(&store, 2, &other, NULL) == COMMUNITY_OK);
    committed(&store);
    begun(&store);
    CHECK(append_key(&store, 3, &key, &err) == COMMUNITY_EXISTS);
    CHECK(strcmp(err.code, "command-key-taken") == 0);
    store.rollback(store.self);
    CHECK(last_position(&store) == 2);

    CHECK(store.find_key(store.self, &found, key.actor, key.key, NULL) == COMMUNITY_OK);
    CHECK(texts_equal(found.actor, key.actor) && texts_equal(found.key, key.key));
    CHECK(texts_equal(found.receipt, key.receipt));
    CHECK(memcmp(found.digest, key.digest, sizeof(key.digest)) == 0);
    CHECK(memcmp(found.salt, key.salt, sizeof(key.salt)) == 0);
    CHECK(store.find_key(store.self, &found, text_of("p-3"), key.key, NULL) == COMMUNITY_NOT_FOUND);
    CHECK(store.find_key(store.self, &found, key.actor, text_of("k"), NULL) == COMMUNITY_NOT_FOUND);
    store.close(store.self);
}

/* Rolling back. */

static void write_everything(struct community_store *store)
{
    static const struct community_text effects[] = {{"{1}", 3}, {"{2}", 3}};
    struct community_store_record records[] = {sample_record(1, 2), sample_record(50, 1)};
    struct community_store_entry entries[] = {sample_entry(1, 2), sample_entry(50, 1)};
    struct community_store_key key = {
        .actor = text_of("p"), .key = text_of("k"), .receipt = text_of("r")};
    int64_t expected[] = {1, 0};
    int64_t position;
    entries[1].effects = effects;
    entries[1].effect_count = 2;
    records[1].external_id = text_of("A-50");
    struct community_store_change change = {.entry_count = 2,
                                            .entries = entries,
                                            .record_count = 2,
                                            .records = records,
                                            .expected = expected,
                                            .key = &key};
    CHECK(store->append(store->self, &position, &change, NULL) == COMMUNITY_OK);
    CHECK(store->put_document(store->self, text_of("rulebook"), text_of("h"), text_of("{}"),
                              NULL) == COMMUNITY_OK);
    CHECK(store->put_setting(store->self, text_of("old"), text_of("second"), NULL) == COMMUNITY_OK);
    CHECK(store->put_setting(store->self, text_of("old"), text_of("third"), NULL) == COMMUNITY_OK);
    CHECK(store->put_setting(store->self, text_of("new"), text_of("value"), NULL) == COMMUNITY_OK);
}

static bool setting_is(struct community_store *store, const char *name, const char *value)
{
    struct community_text text;
    enum community_status status = store->setting(store->self, &text, text_of(name), NULL);
    if (value == NULL)
        return status == COMMUNITY_NOT_FOUND;
    return status == COMMUNITY_OK && texts_equal(text, text_of(value));
}

static bool document_is(struct community_store *store, const char *name, const char *body)
{
    struct community_text text;
    enum community_status status =
        store->document(store->self, &text, text_of("rulebook"), text_of(name), NULL);
    if (body == NULL)
        return status == COMMUNITY_NOT_FOUND;
    return status == COMMUNITY_OK && texts_equal(text, text_of(body));
}

static void check_everything(struct community_store *store, bool is_there)
{
    struct community_store_record record;
    struct community_store_key key;
    enum community_status found = is_there ? COMMUNITY_OK : COMMUNITY_NOT_FOUND;
    CHECK(store->find_key(store->self, &key, text_of("p"), text_of("k"), NULL) == found);
    CHECK(store->load_external(store->self, &record, text_of("ticket"), text_of("A-50"), NULL) ==
          found);
    CHECK(document_is(store, "h", is_there ? "{}" : NULL));
    CHECK(setting_is(store, "old", is_there ? "third" : "first"));
    CHECK(setting_is(store, "new", is_there ? "value" : NULL));
    CHECK(effect_count(store) == (is_there ? 2 : 0));
    CHECK(last_position(store) == (is_there ? 4 : 2));
}

static void check_rollback(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    uint64_t before;
    uint64_t after;
    add_sample(&store, 1, 1);
    add_sample(&store, 2, 1);
    begun(&store);
    CHECK(store.put_setting(store.self, text_of("old"), text_of("first"), NULL) == COMMUNITY_OK);
    committed(&store);
    CHECK(fingerprint(&store, &before));
    for (int i = 0; i < 3; i++) {
        begun(&store);
        write_everything(&store);
        check_everything(&store, true);
        store.rollback(store.self);
        check_everything(&store, false);
        CHECK(fingerprint(&store, &after) && before == after);
    }
    begun(&store);
    write_everything(&store);
    if (kind->is_lasting) {
        store.close(store.self); /* rolls back what is open */
        if (!opened(&store, kind, false))
            return;
        CHECK(fingerprint(&store, &after) && before == after);
        begun(&store);
        write_everything(&store);
    }
    committed(&store);
    store.rollback(store.self);
    check_everything(&store, true);
    store.close(store.self);
}

/* Finding. */

enum { SAMPLE_COUNT = 120 };

static struct community_store_record varied_record(uint64_t number)
{
    static const char *const spaces[] = {"ticket", "unit", NULL, ""};
    static const char *const lifecycles[] = {"request", NULL, "visit"};
    static const char *const states[] = {"new", "signed", "closed", NULL, ""};
    static const char *const units[] = {"water", NULL, "road"};
    uint64_t mixed = (number * 2654435761U) >> 3;
    struct community_store_record record = sample_record(mixed % 100000 + number * 100000 % 7, 1);
    record.space = text_of(spaces[mixed % 4]);
    record.lifecycle = text_of(lifecycles[mixed / 4 % 3]);
    record.state = text_of(states[mixed / 12 % 5]);
    record.unit = text_of(units[mixed / 60 % 3]);
    record.parent = mixed / 180 % 3 == 0 ? id_of(number % 4) : (struct community_id){{0}};
    record.due = mixed / 540 % 3 == 0 ? COMMUNITY_TIME_NONE : (int64_t)(mixed % 9) * 100;
    record.is_final = mixed / 1620 % 2 == 0;
    return record;
}

struct found {
    struct community_id ids[SAMPLE_COUNT + 1];
    community_time_ms due[SAMPLE_COUNT + 1];
    size_t count;
    size_t limit;
};

static int keep_found(void *userdata, const struct community_store_record *record)
{
    struct found *found = userdata;
    found->ids[found->count] = record->id;
    found->due[found->count] = record->due;
    found->count++;
    return found->count == found->limit;
}

static bool text_passes(struct community_text text, struct community_text wanted)
{
    return wanted.data == NULL || texts_equal(text, wanted);
}

static bool passes(const struct community_store_record *record,
                   const struct community_store_filter *filter)
{
    static const struct community_id nil;
    return text_passes(record->space, filter->space) &&
           text_passes(record->lifecycle, filter->lifecycle) &&
           text_passes(record->state, filter->state) && text_passes(record->unit, filter->unit) &&
           (ids_equal(&filter->parent, &nil) || ids_equal(&filter->parent, &record->parent)) &&
           (filter->due_before == COMMUNITY_TIME_NONE || record->due < filter->due_before) &&
           (!filter->open_only || !record->is_final);
}

static struct community_store_filter filter_of(unsigned mask)
{
    struct community_store_filter filter = any;
    if ((mask & 1) != 0)
        filter.space = text_of((mask & 128) != 0 ? "ticket" : "");
    if ((mask & 2) != 0)
        filter.lifecycle = text_of("request");
    if ((mask & 4) != 0)
        filter.state = text_of((mask & 128) != 0 ? "new" : "");
    if ((mask & 8) != 0)
        filter.unit = text_of("water");
    if ((mask & 16) != 0)
        filter.parent = id_of(1);
    if ((mask & 32) != 0)
        filter.due_before = 500;
    filter.open_only = (mask & 64) != 0;
    return filter;
}

static bool is_ordered(const struct found *found, bool by_due)
{
    for (size_t i = 1; i < found->count; i++) {
        int order = memcmp(&found->ids[i - 1], &found->ids[i], sizeof(found->ids[0]));
        bool ascending = order < 0;
        if (by_due && found->due[i - 1] != found->due[i])
            ascending = found->due[i - 1] < found->due[i];
        if (!ascending)
            return false;
    }
    return true;
}

/* All pages of a search together. */
static size_t page_through(struct community_store *store, struct community_store_filter filter,
                           const struct found *whole, size_t limit)
{
    size_t seen = 0;
    for (;;) {
        struct found page = {.limit = limit};
        enum community_status status = store->find(store->self, &filter, keep_found, &page, NULL);
        CHECK(status == (page.count == limit ? COMMUNITY_CANCELLED : COMMUNITY_OK));
        for (size_t i = 0; i < page.count; i++) {
            if (seen >= whole->count || !ids_equal(&page.ids[i], &whole->ids[seen]))
                return SIZE_MAX;
            seen++;
        }
        if (status == COMMUNITY_OK)
            return seen;
        filter.after = page.ids[page.count - 1];
    }
}

static void check_one_search(struct community_store *store, unsigned mask)
{
    struct community_store_filter filter = filter_of(mask);
    struct found found = {.count = 0};
    struct community_error err = {0};
    size_t expected = 0;
    for (uint64_t i = 0; i < SAMPLE_COUNT; i++) {
        struct community_store_record record = varied_record(i);
        expected += passes(&record, &filter);
    }
    if (!CHECK(store->find(store->self, &filter, keep_found, &found, &err) == COMMUNITY_OK))
        printf("mask %u: %s\n", mask, err.message);
    if (!CHECK(found.count == expected))
        printf("mask %u: %zu instead of %zu\n", mask, found.count, expected);
    CHECK(is_ordered(&found, (mask & 32) != 0));
    CHECK(page_through(store, filter, &found, 1) == found.count);
    CHECK(page_through(store, filter, &found, 7) == found.count);
}

static void check_find(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    begun(&store);
    for (uint64_t i = 0; i < SAMPLE_COUNT; i++) {
        struct community_store_record record = varied_record(i);
        struct community_store_entry entry = sample_entry(number_of(&record.id), 1);
        CHECK(append_one(&store, &record, &entry, 0, NULL, NULL) == COMMUNITY_OK);
    }
    check_one_search(&store, 0);
    committed(&store);
    CHECK(record_count(&store, &any) == SAMPLE_COUNT);
    for (unsigned mask = 0; mask < 256; mask++)
        check_one_search(&store, mask);

    struct community_store_filter gone = {.due_before = 500, .after = id_of(0xffffffffffff)};
    struct counter counter = {.count = 0};
    CHECK(store.find(store.self, &gone, count_record, &counter, NULL) == COMMUNITY_NOT_FOUND);
    gone.due_before = COMMUNITY_TIME_NONE;
    CHECK(store.find(store.self, &gone, count_record, &counter, NULL) == COMMUNITY_OK);
    CHECK(counter.count == 0);
    store.close(store.self);
}

/* Callbacks that read. */

struct nested {
    struct community_store *store;
    size_t count;
};

static int load_inside(void *userdata, const struct community_store_record *record)
{
    struct nested *nested = userdata;
    struct community_store *store = nested->store;
    struct community_store_record before = *record;
    char unit[32];
    memcpy(unit, record->unit.data, record->unit.size);
    for (uint64_t i = 1; i <= 3; i++) {
        struct community_store_record loaded;
        struct community_id id = id_of(i);
        CHECK(store->load(store->self, &loaded, &id, NULL) == COMMUNITY_OK &&
              number_of(&loaded.id) == i);
    }
    struct counter inner = {.count = 0};
    CHECK(store->find(store->self, &any, count_record, &inner, NULL) == COMMUNITY_OK);
    CHECK(inner.count == 3);
    CHECK(store->history(store->self, &record->id, count_entry, &inner, NULL) == COMMUNITY_OK);
    CHECK(store->entries(store->self, 1, count_entry, &inner, NULL) == COMMUNITY_OK);
    CHECK(records_equal(&before, record));
    CHECK(memcmp(unit, record->unit.data, record->unit.size) == 0);
    nested->count++;
    return 0;
}

static int history_inside(void *userdata, const struct community_store_stored *entry)
{
    struct nested *nested = userdata;
    struct community_store *store = nested->store;
    struct counter inner = {.count = 0};
    struct community_text body = entry->body;
    CHECK(store->history(store->self, &entry->record, count_entry, &inner, NULL) == COMMUNITY_OK);
    CHECK(inner.count >= 1);
    CHECK(texts_equal(body, entry->body) && texts_equal(body, text_of("{\"v\":1}")));
    nested->count++;
    return 0;
}

static void check_callbacks_that_read(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    for (uint64_t i = 1; i <= 3; i++)
        add_sample(&store, i, 1);
    add_sample(&store, 1, 2);
    struct nested nested = {.store = &store};
    struct community_id id = id_of(1);
    CHECK(store.find(store.self, &any, load_inside, &nested, NULL) == COMMUNITY_OK);
    CHECK(nested.count == 3);
    CHECK(store.history(store.self, &id, history_inside, &nested, NULL) == COMMUNITY_OK);
    CHECK(nested.count == 5);
    CHECK(store.entries(store.self, 1, history_inside, &nested, NULL) == COMMUNITY_OK);
    CHECK(nested.count == 9);
    add_sample(&store, 2, 2);
    store.close(store.self);
}

static void check_callbacks_that_stop(const struct store_kind *kind)
{
    static const struct community_text effects[] = {{"1", 1}, {"2", 1}, {"3", 1}};
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    for (int64_t version = 1; version <= 3; version++) {
        struct community_store_record record = sample_record(1, version);
        struct community_store_entry entry = sample_entry(1, version);
        entry.effects = effects;
        entry.effect_count = version == 2 ? 3 : 0;
        begun(&store);
        CHECK(append_one(&store, &record, &entry, version - 1, NULL, NULL) == COMMUNITY_OK);
        committed(&store);
    }
    struct community_id id = id_of(1);
    for (size_t stop_at = 1; stop_at <= 3; stop_at++) {
        struct community_error err = {0};
        struct counter counter = {.stop_at = stop_at};
        CHECK(store.entries(store.self, 1, count_entry, &counter, &err) == COMMUNITY_CANCELLED);
        CHECK(counter.count == stop_at && strcmp(err.code, "cancelled") == 0);
        counter.count = 0;
        CHECK(store.history(store.self, &id, count_entry, &counter, NULL) == COMMUNITY_CANCELLED);
        CHECK(counter.count == stop_at);
        counter.count = 0;
        CHECK(store.outbox(store.self, count_effect, &counter, NULL) == COMMUNITY_CANCELLED);
        CHECK(counter.count == stop_at);
    }
    struct counter counter = {.stop_at = 1};
    CHECK(store.find(store.self, &any, count_record, &counter, NULL) == COMMUNITY_CANCELLED);
    add_sample(&store, 2, 1);
    store.close(store.self);
}

/* Timers. */

static void check_timers(const struct store_kind *kind)
{
    static const community_time_ms times[] = {500, 300, COMMUNITY_TIME_NONE, 300, 900, -5, 300};
    static const uint64_t order[] = {6, 2, 4, 7, 1, 5};
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    for (uint64_t i = 0; i < COUNT_OF(times); i++) {
        struct community_store_record record = sample_record(i + 1, 1);
        struct community_store_entry entry = sample_entry(i + 1, 1);
        record.next_timer = times[i];
        begun(&store);
        CHECK(append_one(&store, &record, &entry, 0, NULL, NULL) == COMMUNITY_OK);
        committed(&store);
    }
    struct community_store_record record;
    CHECK(store.next_timer(store.self, &record, -6, NULL) == COMMUNITY_NOT_FOUND);
    CHECK(store.next_timer(store.self, &record, -5, NULL) == COMMUNITY_OK);
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        CHECK(store.next_timer(store.self, &record, 900, NULL) == COMMUNITY_OK &&
              number_of(&record.id) == order[i]);
        struct community_store_record fired = sample_record(order[i], 2);
        struct community_store_entry entry = sample_entry(order[i], 2);
        fired.next_timer = COMMUNITY_TIME_NONE;
        begun(&store);
        CHECK(append_one(&store, &fired, &entry, 1, NULL, NULL) == COMMUNITY_OK);
        committed(&store);
    }
    CHECK(store.next_timer(store.self, &record, INT64_MAX, NULL) == COMMUNITY_NOT_FOUND);
    store.close(store.self);
}

/* History. */

struct versions {
    int64_t next;
    bool is_right;
};

static int follow_version(void *userdata, const struct community_store_stored *entry)
{
    struct versions *versions = userdata;
    versions->is_right = versions->is_right && entry->version == versions->next;
    versions->next++;
    return 0;
}

static bool history_reaches(struct community_store *store, uint64_t number, int64_t version)
{
    struct versions versions = {.next = 1, .is_right = true};
    struct community_id id = id_of(number);
    CHECK(store->history(store->self, &id, follow_version, &versions, NULL) == COMMUNITY_OK);
    return versions.is_right && versions.next == version + 1;
}

static void check_history(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    /* Each change has three entries of 1, one of 2 and two of 3, mixed. */
    for (int64_t round = 0; round < 5; round++) {
        struct community_store_entry entries[] = {
            sample_entry(1, round * 3 + 1), sample_entry(3, round * 2 + 1),
            sample_entry(1, round * 3 + 2), sample_entry(2, round + 1),
            sample_entry(3, round * 2 + 2), sample_entry(1, round * 3 + 3)};
        struct community_store_record records[] = {sample_record(3, round * 2 + 2),
                                                   sample_record(1, round * 3 + 3),
                                                   sample_record(2, round + 1)};
        int64_t expected[] = {round * 2, round * 3, round};
        struct community_store_change change = {.entry_count = COUNT_OF(entries),
                                                .entries = entries,
                                                .record_count = COUNT_OF(records),
                                                .records = records,
                                                .expected = expected};
        int64_t position;
        begun(&store);
        CHECK(store.append(store.self, &position, &change, NULL) == COMMUNITY_OK);
        CHECK(position == round * 6 + 1);
        CHECK(history_reaches(&store, 1, round * 3 + 3));
        committed(&store);
        CHECK(history_reaches(&store, 1, round * 3 + 3));
        CHECK(history_reaches(&store, 2, round + 1));
        CHECK(history_reaches(&store, 3, round * 2 + 2));
    }
    CHECK(history_reaches(&store, 4, 0));
    CHECK(is_gapless(&store, 1, 30));
    store.close(store.self);
}

/* Documents and settings. */

static void check_documents(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    struct community_error err = {0};
    struct community_text body = {"{\0 }", 4};
    struct community_text kept;
    begun(&store);
    for (int i = 0; i < 2; i++) {
        CHECK(store.put_document(store.self, text_of("rulebook"), text_of("h1"), body, NULL) ==
              COMMUNITY_OK);
    }
    CHECK(store.put_document(store.self, text_of("rulebook"), text_of("h1"), text_of("{}"), &err) ==
          COMMUNITY_EXISTS);
    CHECK(strcmp(err.code, "document-differs") == 0);
    CHECK(store.put_document(store.self, text_of("zone"), text_of("h1"), text_of(""), NULL) ==
          COMMUNITY_OK);
    committed(&store);
    CHECK(store.document(store.self, &kept, text_of("rulebook"), text_of("h1"), NULL) ==
              COMMUNITY_OK &&
          texts_equal(kept, body));
    CHECK(store.document(store.self, &kept, text_of("zone"), text_of("h1"), NULL) == COMMUNITY_OK &&
          texts_equal(kept, text_of("")));
    CHECK(store.document(store.self, &kept, text_of("zone"), text_of("h2"), NULL) ==
          COMMUNITY_NOT_FOUND);
    store.close(store.self);
}

static void check_settings(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    static const char *const values[] = {"first", "", "a longer one than the first"};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        begun(&store);
        CHECK(store.put_setting(store.self, text_of("rulebook"), text_of(values[i]), NULL) ==
              COMMUNITY_OK);
        CHECK(setting_is(&store, "rulebook", values[i]));
        committed(&store);
        CHECK(setting_is(&store, "rulebook", values[i]));
    }
    CHECK(setting_is(&store, "Rulebook", NULL));
    store.close(store.self);
}

/* The outbox. */

struct effects_seen {
    char ids[16][48];
    int64_t positions[16];
    char bodies[16][8];
    size_t count;
};

static int keep_effect(void *userdata, const struct community_store_effect *effect)
{
    struct effects_seen *seen = userdata;
    if (seen->count == 16 || effect->body.size > 7)
        return 1;
    memcpy(seen->ids[seen->count], effect->id.data, effect->id.size);
    memcpy(seen->bodies[seen->count], effect->body.data, effect->body.size);
    seen->positions[seen->count] = effect->position;
    seen->count++;
    return 0;
}

static void fill_outbox(struct community_store *store)
{
    static const struct community_text effects[] = {{"a", 1}, {"b", 1}, {"c", 1}};
    for (uint64_t i = 1; i <= 4; i++) {
        struct community_store_record record = sample_record(i, 1);
        struct community_store_entry entry = sample_entry(i, 1);
        entry.effects = effects;
        entry.effect_count = i % 2 == 0 ? i - 1 : 0;
        begun(store);
        CHECK(append_one(store, &record, &entry, 0, NULL, NULL) == COMMUNITY_OK);
        committed(store);
    }
}

static void check_outbox(const struct store_kind *kind)
{
    static const char *const wrong[] = {"",      "-",    "2",    "2-",   "-1",
                                        "2-2",   "02-1", "2-01", "+2-1", "2-+1",
                                        "2-1 ",  "3-1",  "x-1",  "2--1", "9223372036854775808-1",
                                        "2-1-1", "0-0"};
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    fill_outbox(&store);
    struct effects_seen seen = {.count = 0};
    CHECK(store.outbox(store.self, keep_effect, &seen, NULL) == COMMUNITY_OK);
    CHECK(seen.count == 4);
    CHECK(strcmp(seen.ids[0], "2-1") == 0 && seen.positions[0] == 2);
    CHECK(strcmp(seen.ids[3], "4-3") == 0 && strcmp(seen.bodies[3], "c") == 0);
    CHECK(strcmp(seen.ids[1], "4-1") == 0 && strcmp(seen.ids[2], "4-2") == 0);

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK(store.acknowledge(store.self, text_of(wrong[i]), NULL) == COMMUNITY_NOT_FOUND);
    CHECK(store.acknowledge(store.self, none, NULL) == COMMUNITY_NOT_FOUND);
    CHECK(effect_count(&store) == 4);
    CHECK(store.acknowledge(store.self, text_of("4-2"), NULL) == COMMUNITY_OK);
    CHECK(store.acknowledge(store.self, text_of("4-2"), NULL) == COMMUNITY_NOT_FOUND);
    CHECK(store.acknowledge(store.self, text_of("2-1"), NULL) == COMMUNITY_OK);
    seen = (struct effects_seen){.count = 0};
    CHECK(store.outbox(store.self, keep_effect, &seen, NULL) == COMMUNITY_OK);
    CHECK(seen.count == 2 && strcmp(seen.ids[0], "4-1") == 0 && strcmp(seen.ids[1], "4-3") == 0);
    CHECK(is_gapless(&store, 1, 4));
    store.close(store.self);
}

/* Much at once. */

static void check_many(const struct store_kind *kind)
{
    enum { ENTRY_COUNT = 10000, RECORD_COUNT = 2500, BATCH = 1000 };
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    for (uint64_t i = 0; i < ENTRY_COUNT;) {
        begun(&store);
        for (size_t batch = 0; batch < BATCH; batch++, i++) {
            uint64_t number = i % RECORD_COUNT * 7919 % RECORD_COUNT;
            int64_t version = (int64_t)(i / RECORD_COUNT) + 1;
            struct community_store_record record = sample_record(number, version);
            struct community_store_entry entry = sample_entry(number, version);
            if (append_one(&store, &record, &entry, version - 1, NULL, NULL) != COMMUNITY_OK)
                CHECK(false);
        }
        committed(&store);
    }
    CHECK(is_gapless(&store, 1, ENTRY_COUNT));
    CHECK(record_count(&store, &any) == RECORD_COUNT);
    CHECK(history_reaches(&store, 1234, ENTRY_COUNT / RECORD_COUNT));
    uint64_t before;
    uint64_t after;
    CHECK(fingerprint(&store, &before));
    if (kind->is_lasting) {
        store.close(store.self);
        if (!opened(&store, kind, false))
            return;
        CHECK(fingerprint(&store, &after) && before == after);
    }
    store.close(store.self);
}

static void check_large_texts(const struct store_kind *kind)
{
    struct community_store store;
    if (!opened(&store, kind, true))
        return;
    enum { LARGE = 3000000 };
    char *large = malloc(LARGE);
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i * 31 % 251);
    struct community_store_record record = sample_record(1, 1);
    struct community_store_entry entry = sample_entry(1, 1);
    record.snapshot = (struct community_text){large, LARGE};
    entry.body = (struct community_text){large, LARGE - 1};
    entry.values = (struct community_text){large, LARGE - 2};
    begun(&store);
    CHECK(append_one(&store, &record, &entry, 0, NULL, NULL) == COMMUNITY_OK);
    committed(&store);
    check_loaded(&store, &record);
    CHECK(store.entries(store.self, 1, keep_stored, &entry, NULL) == COMMUNITY_OK);
    store.close(store.self);
    free(large);
}

/* Memory runs out at every allocation in turn, once and from then on. */

static enum community_status change_twice(struct community_store *store)
{
    static const struct community_text effects[] = {{"{}", 2}};
    struct community_store_record record = sample_record(1, 2);
    struct community_store_entry entry = sample_entry(1, 2);
    struct community_text body;
    bool changed;
    record.unit = text_of("another-office");
    entry.effects = effects;
    entry.effect_count = 1;
    enum community_status status = store->begin(store->self, &changed, NULL);
    if (status != COMMUNITY_OK)
        return status;
    status = append_one(store, &record, &entry, 1, NULL, NULL);
    record = sample_record(2, 1);
    entry = sample_entry(2, 1);
    if (status == COMMUNITY_OK)
        status = append_one(store, &record, &entry, 0, NULL, NULL);
    if (status == COMMUNITY_OK) {
        status = store->put_document(store->self, text_of("rulebook"), text_of("h"), text_of("{}"),
                                     NULL);
    }
    if (status == COMMUNITY_OK)
        status = store->document(store->self, &body, text_of("rulebook"), text_of("h"), NULL);
    if (status == COMMUNITY_OK)
        status = store->put_setting(store->self, text_of("name"), text_of("value"), NULL);
    if (status == COMMUNITY_OK)
        return store->commit(store->self, NULL);
    store->rollback(store->self);
    return status;
}

/* False when nothing failed any more. */
static bool check_failing_allocation(const struct store_kind *kind, size_t fail_at, bool fail_on)
{
    struct counting_allocator counting;
    const struct community_allocator *allocator = counting_allocator_init(&counting);
    struct community_store store;
    struct community_id id = id_of(1);
    struct counter counter = {.count = 0};
    uint64_t before = 0;
    uint64_t after = 0;
    counting.fail_at = fail_at;
    counting.fail_on = fail_on;
    enum community_status status = kind->open(&store, allocator, true, NULL);
    if (status == COMMUNITY_OK) {
        status = commit_sample(&store, 1, 1, NULL);
        if (status == COMMUNITY_OK) {
            CHECK(fingerprint(&store, &before));
            status = change_twice(&store);
        }
        if (status == COMMUNITY_OK)
            status = store.history(store.self, &id, count_entry, &counter, NULL);
        else if (before != 0)
            CHECK(fingerprint(&store, &after) && before == after);
        counting.fail_at = 0;
        if (before == 0)
            CHECK(commit_sample(&store, 1, 1, NULL) == COMMUNITY_OK);
        else if (status != COMMUNITY_OK && after == before)
            CHECK(change_twice(&store) == COMMUNITY_OK);
        store.close(store.self);
    }
    CHECK(status == COMMUNITY_OK || status == COMMUNITY_NO_MEMORY);
    CHECK(counting.live == 0);
    return status != COMMUNITY_OK;
}

static void check_allocation_failures(const struct store_kind *kind)
{
    for (int fail_on = 0; fail_on < 2; fail_on++) {
        size_t fail_at = 1;
        while (check_failing_allocation(kind, fail_at, fail_on != 0) && fail_at < 1000)
            fail_at++;
        CHECK(fail_at > 2 && fail_at < 1000);
    }
}

void run_store_contract(const struct store_kind *kind)
{
    static const struct {
        const char *name;
        void (*run)(const struct store_kind *kind);
    } parts[] = {
        {"an empty store", check_empty_store},
        {"bytes come back", check_verbatim},
        {"every column", check_every_column},
        {"positions", check_positions},
        {"the tail", check_tail},
        {"conflicts", check_conflicts},
        {"a conflict changes nothing", check_conflict_leaves_the_transaction},
        {"external ids", check_external_ids},
        {"keys", check_keys},
        {"rollback", check_rollback},
        {"find", check_find},
        {"callbacks that read", check_callbacks_that_read},
        {"callbacks that stop", check_callbacks_that_stop},
        {"timers", check_timers},
        {"history", check_history},
        {"documents", check_documents},
        {"settings", check_settings},
        {"the outbox", check_outbox},
        {"10,000 entries", check_many},
        {"large texts", check_large_texts},
        {"allocation failures", check_allocation_failures},
    };
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        unsigned failed_before = fixture_failed_count();
        parts[i].run(kind);
        if (fixture_failed_count() != failed_before)
            printf("%s: %s: failed\n", kind->name, parts[i].name);
    }
}
