/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the stores share: counting checks, an allocator that can fail, a directory to
 * work in, and records that are quick to make. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "community/allocator.h"
#include "community/sys/store.h"
#include "store_contract.h"

/* A failed check is printed with its place and what was expected; the rest goes on. */
bool fixture_check(bool is_right, const char *claim, const char *file, int line);
#define CHECK(claim) fixture_check((claim), #claim, __FILE__, __LINE__)
void fixture_skip(const char *reason);
/* Prints the last line; the exit status of the program. */
int fixture_finish(void);
unsigned fixture_failed_count(void);

/* malloc and its friends. */
extern const struct community_allocator fixture_allocator;

struct counting_allocator {
    struct community_allocator allocator;
    size_t live;    /* pieces not yet released */
    size_t calls;   /* allocations and reallocations asked for */
    size_t fail_at; /* the call that fails, from 1; 0: none */
    bool fail_on;   /* and all after it */
};
/* The struct must stay where it is. */
const struct community_allocator *counting_allocator_init(struct counting_allocator *self);

/* A new directory of our own, and its removal with all files in it. */
bool fixture_make_directory(void);
void fixture_remove_directory(void);
const char *fixture_directory(void);
/* "<directory>/<name>" in one of a few static places: good for a handful of calls. */
const char *fixture_path(const char *name);
/* Removes a database and the files SQLite keeps beside it. */
void fixture_remove_database(const char *path);
/* Another way to the bytes of a file: its size, -1 when there is none. */
long fixture_file_size(const char *path);

struct community_text text_of(const char *string);
bool texts_equal(struct community_text a, struct community_text b); /* "none" is not "empty" */
struct community_id id_of(uint64_t number);
uint64_t number_of(const struct community_id *id);
bool ids_equal(const struct community_id *a, const struct community_id *b);

/* The `version` of a ticket with number `number`, the same each time it is made. */
struct community_store_record sample_record(uint64_t number, int64_t version);
struct community_store_entry sample_entry(uint64_t number, int64_t version);
bool records_equal(const struct community_store_record *a, const struct community_store_record *b);

/* One record, one entry. */
enum community_status append_one(struct community_store *store,
                                 const struct community_store_record *record,
                                 const struct community_store_entry *entry, int64_t expected,
                                 int64_t *position_out, struct community_error *err);
/* The sample, in a transaction of its own. */
enum community_status commit_sample(struct community_store *store, uint64_t number, int64_t version,
                                    struct community_error *err);

/* A fingerprint over everything the store holds but keys, documents and settings; false when it
 * could not be read. */
bool fingerprint(struct community_store *store, uint64_t *out);

#endif
