/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the stores share. */
#include "store_fixture.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned passed;
static unsigned failed;
static unsigned skipped;
static char directory[64];

bool fixture_check(bool is_right, const char *claim, const char *file, int line)
{
    if (is_right) {
        passed++;
        return true;
    }
    failed++;
    printf("%s:%d: not so: %s\n", file, line, claim);
    (void)fflush(stdout);
    return false;
}

void fixture_skip(const char *reason)
{
    skipped++;
    printf("skipped: %s\n", reason);
}

int fixture_finish(void)
{
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed == 0 ? 0 : 1;
}

unsigned fixture_failed_count(void)
{
    return failed;
}

static void *plain_allocate(void *userdata, size_t size)
{
    (void)userdata;
    return malloc(size);
}

static void *plain_reallocate(void *userdata, void *pointer, size_t size)
{
    (void)userdata;
    return realloc(pointer, size);
}

static void plain_release(void *userdata, void *pointer)
{
    (void)userdata;
    free(pointer);
}

const struct community_allocator fixture_allocator = {
    .size = sizeof(fixture_allocator),
    .allocate = plain_allocate,
    .reallocate = plain_reallocate,
    .release = plain_release,
};

static bool call_fails(struct counting_allocator *self)
{
    self->calls++;
    return self->fail_at != 0 &&
           (self->calls == self->fail_at || (self->fail_on && self->calls > self->fail_at));
}

static void *counting_allocate(void *userdata, size_t size)
{
    struct counting_allocator *self = userdata;
    void *pointer = call_fails(self) ? NULL : malloc(size);
    self->live += pointer != NULL;
    return pointer;
}

static void *counting_reallocate(void *userdata, void *pointer, size_t size)
{
    struct counting_allocator *self = userdata;
    void *moved = call_fails(self) ? NULL : realloc(pointer, size);
    self->live += pointer == NULL && moved != NULL;
    return moved;
}

static void counting_release(void *userdata, void *pointer)
{
    struct counting_allocator *self = userdata;
    self->live--;
    free(pointer);
}

const struct community_allocator *counting_allocator_init(struct counting_allocator *self)
{
    *self = (struct counting_allocator){
        .allocator = {.size = sizeof(self->allocator),
                      .userdata = self,
                      .allocate = counting_allocate,
                      .reallocate = counting_reallocate,
                      .release = counting_release},
    };
    return &self->allocator;
}

bool fixture_make_directory(void)
{
    (void)snprintf(directory, sizeof(directory), "/tmp/community-store-XXXXXX");
    return CHECK(mkdtemp(directory) != NULL);
}

const char *fixture_directory(void)
{
    return directory;
}

void fixture_remove_directory(void)
{
    DIR *entries = opendir(directory);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        char path[400];
        (void)snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)remove(path);
    }
    if (entries != NULL)
        (void)closedir(entries);
    (void)rmdir(directory);
}

const char *fixture_path(const char *name)
{
    static char paths[8][128];
    static size_t next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
    return path;
}

void fixture_remove_database(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char file[256];
        (void)snprintf(file, sizeof(file), "%s%s", path, suffixes[i]);
        (void)unlink(file);
    }
}

long fixture_file_size(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

struct community_text text_of(const char *string)
{
    return (struct community_text){string, string == NULL ? 0 : strlen(string)};
}

bool texts_equal(struct community_text a, struct community_text b)
{
    return (a.data == NULL) == (b.data == NULL) && a.size == b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

struct community_id id_of(uint64_t number)
{
    struct community_id id = {{1}};
    for (size_t i = 0; i < 8; i++)
        id.bytes[15 - i] = (uint8_t)(number >> (8 * i));
    return id;
}

uint64_t number_of(const struct community_id *id)
{
    uint64_t number = 0;
    for (size_t i = 8; i < 16; i++)
        number = number << 8 | id->bytes[i];
    return number;
}

bool ids_equal(const struct community_id *a, const struct community_id *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static void fill_hash(uint8_t hash[COMMUNITY_HASH_SIZE], uint64_t number, int64_t version)
{
    for (size_t i = 0; i < COMMUNITY_HASH_SIZE; i++)
        hash[i] = (uint8_t)(number * 31 + (uint64_t)version * 7 + i);
}

struct community_store_record sample_record(uint64_t number, int64_t version)
{
    static const char *const states[] = {"new", "dispatched", "signed", "closed"};
    struct community_store_record record = {
        .id = id_of(number),
        .version = version,
        .space = text_of("ticket"),
        .lifecycle = text_of("resident-request"),
        .state = text_of(states[version % 4]),
        .unit = text_of(number % 2 == 0 ? "water-bureau" : "road-office"),
        .due = version % 4 == 3 ? COMMUNITY_TIME_NONE : (int64_t)(number * 1000) + version,
        .next_timer = version % 2 == 1 ? (int64_t)(number * 500) : COMMUNITY_TIME_NONE,
        .is_final = version % 4 == 3,
        .snapshot = text_of("{\"subject\":\"burst pipe\"}"),
    };
    fill_hash(record.hash, number, version);
    return record;
}

struct community_store_entry sample_entry(uint64_t number, int64_t version)
{
    struct community_store_entry entry = {
        .record = id_of(number),
        .version = version,
        .recorded_at = INT64_C(1780000000000) + (int64_t)number * 10 + version,
        .body = text_of("{\"v\":1}"),
        .values = text_of("{\"phone\":\"13800000000\"}"),
    };
    fill_hash(entry.hash, number, version);
    return entry;
}

bool records_equal(const struct community_store_record *a, const struct community_store_record *b)
{
    return ids_equal(&a->id, &b->id) && a->version == b->version &&
           memcmp(a->hash, b->hash, sizeof(a->hash)) == 0 && texts_equal(a->space, b->space) &&
           texts_equal(a->external_id, b->external_id) && texts_equal(a->lifecycle, b->lifecycle) &&
           texts_equal(a->state, b->state) && texts_equal(a->unit, b->unit) &&
           ids_equal(&a->parent, &b->parent) && a->due == b->due &&
           a->next_timer == b->next_timer && a->is_final == b->is_final &&
           texts_equal(a->snapshot, b->snapshot);
}

enum community_status append_one(struct community_store *store,
                                 const struct community_store_record *record,
                                 const struct community_store_entry *entry, int64_t expected,
                                 int64_t *position_out, struct community_error *err)
{
    int64_t position;
    struct community_store_change change = {
        .entry_count = 1,
        .entries = entry,
        .record_count = 1,
        .records = record,
        .expected = &expected,
    };
    enum community_status status = store->append(store->self, &position, &change, err);
    if (status == COMMUNITY_OK && position_out != NULL)
        *position_out = position;
    return status;
}

enum community_status commit_sample(struct community_store *store, uint64_t number, int64_t version,
                                    struct community_error *err)
{
    bool changed;
    enum community_status status = store->begin(store->self, &changed, err);
    if (status != COMMUNITY_OK)
        return status;
    struct community_store_record record = sample_record(number, version);
    struct community_store_entry entry = sample_entry(number, version);
    status = append_one(store, &record, &entry, version - 1, NULL, err);
    if (status == COMMUNITY_OK)
        return store->commit(store->self, err);
    store->rollback(store->self);
    return status;
}

/* FNV-1a: good enough to tell two states apart. */
static void mix(uint64_t *hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        *hash = (*hash ^ bytes[i]) * UINT64_C(1099511628211);
}

static void mix_text(uint64_t *hash, struct community_text text)
{
    uint64_t size = text.data == NULL ? UINT64_MAX : text.size;
    mix(hash, &size, sizeof(size));
    mix(hash, text.data, text.size);
}

static int mix_record(void *userdata, const struct community_store_record *record)
{
    uint64_t *hash = userdata;
    mix(hash, &record->id, sizeof(record->id));
    mix(hash, &record->version, sizeof(record->version));
    mix(hash, record->hash, sizeof(record->hash));
    mix_text(hash, record->space);
    mix_text(hash, record->external_id);
    mix_text(hash, record->lifecycle);
    mix_text(hash, record->state);
    mix_text(hash, record->unit);
    mix(hash, &record->parent, sizeof(record->parent));
    mix(hash, &record->due, sizeof(record->due));
    mix(hash, &record->next_timer, sizeof(record->next_timer));
    mix(hash, &record->is_final, sizeof(record->is_final));
    mix_text(hash, record->snapshot);
    return 0;
}

static int mix_entry(void *userdata, const struct community_store_stored *entry)
{
    uint64_t *hash = userdata;
    mix(hash, &entry->position, sizeof(entry->position));
    mix(hash, &entry->record, sizeof(entry->record));
    mix(hash, &entry->version, sizeof(entry->version));
    mix(hash, entry->hash, sizeof(entry->hash));
    mix(hash, &entry->has_hash, sizeof(entry->has_hash));
    mix(hash, &entry->recorded_at, sizeof(entry->recorded_at));
    mix_text(hash, entry->body);
    mix_text(hash, entry->values);
    return 0;
}

static int mix_effect(void *userdata, const struct community_store_effect *effect)
{
    uint64_t *hash = userdata;
    mix_text(hash, effect->id);
    mix(hash, &effect->position, sizeof(effect->position));
    mix_text(hash, effect->body);
    return 0;
}

bool fingerprint(struct community_store *store, uint64_t *out)
{
    struct community_store_filter all = {.due_before = COMMUNITY_TIME_NONE};
    struct community_store_filter by_due = {.due_before = COMMUNITY_TIME_NONE - 1};
    uint64_t hash = UINT64_C(14695981039346656037);
    bool done = store->find(store->self, &all, mix_record, &hash, NULL) == COMMUNITY_OK &&
                store->find(store->self, &by_due, mix_record, &hash, NULL) == COMMUNITY_OK &&
                store->entries(store->self, 1, mix_entry, &hash, NULL) == COMMUNITY_OK &&
                store->outbox(store->self, mix_effect, &hash, NULL) == COMMUNITY_OK;
    *out = hash;
    return done;
}
