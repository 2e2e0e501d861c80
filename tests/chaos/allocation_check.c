/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory runs out: at every allocation of every public call, once and from then on, whether it
 * was the desk's allocator that had none, SQLite, or malloc itself on behalf of cJSON and
 * libcrypto. After each the desk holds what it held before, or, where the call could do without,
 * what it should hold after; nothing has leaked; the journal is whole; the same call made again
 * succeeds.
 *
 * Without arguments a sample of the places is tried, with --all every one. */
#define _GNU_SOURCE
#include "chaos_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

enum { SAMPLE_COUNT = 20 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

/* ---- memory that runs out ---- */

enum source { SOURCE_DESK, SOURCE_SQLITE, SOURCE_MALLOC, SOURCE_COUNT };
static const char *const source_names[] = {"the desk's allocator", "SQLite", "malloc"};

static struct {
    bool is_armed;
    bool for_good; /* once it has failed it goes on failing */
    bool has_failed;
    enum source source;
    size_t count;   /* asked for since it was armed */
    size_t fail_at; /* from 1; 0: never */
} memory;

static long live[SOURCE_COUNT]; /* pieces not yet released */

static bool is_out(enum source source)
{
    if (!memory.is_armed || memory.source != source)
        return false;
    memory.count++;
    if (memory.count != memory.fail_at && !(memory.for_good && memory.has_failed))
        return false;
    memory.has_failed = true;
    return true;
}

#ifdef HAS_SANITIZER
#define base_malloc malloc
#define base_realloc realloc
#define base_free free
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void __libc_free(void *pointer);
#define base_malloc __libc_malloc
#define base_realloc __libc_realloc
#define base_free __libc_free

/* These take the place of the C library's in the whole process, libcjson and libcrypto included. */
void *malloc(size_t size)
{
    if (is_out(SOURCE_MALLOC)) {
        errno = ENOMEM;
        return NULL;
    }
    void *pointer = __libc_malloc(size);
    live[SOURCE_MALLOC] += pointer != NULL;
    return pointer;
}

void *calloc(size_t count, size_t size)
{
    if (is_out(SOURCE_MALLOC)) {
        errno = ENOMEM;
        return NULL;
    }
    void *pointer = __libc_calloc(count, size);
    live[SOURCE_MALLOC] += pointer != NULL;
    return pointer;
}

void *realloc(void *pointer, size_t size)
{
    if (is_out(SOURCE_MALLOC)) {
        errno = ENOMEM;
        return NULL;
    }
    void *grown = __libc_realloc(pointer, size);
    if (pointer == NULL)
        live[SOURCE_MALLOC] += grown != NULL;
    else if (size == 0)
        live[SOURCE_MALLOC]--;
    return grown;
}

void free(void *pointer)
{
    live[SOURCE_MALLOC] -= pointer != NULL;
    __libc_free(pointer);
}
#endif

static void *desk_allocate(void *userdata, size_t size)
{
    (void)userdata;
    void *pointer = is_out(SOURCE_DESK) ? NULL : base_malloc(size);
    live[SOURCE_DESK] += pointer != NULL;
    return pointer;
}

static void *desk_reallocate(void *userdata, void *pointer, size_t size)
{
    (void)userdata;
    if (is_out(SOURCE_DESK))
        return NULL;
    void *grown = base_realloc(pointer, size);
    live[SOURCE_DESK] += pointer == NULL && grown != NULL;
    return grown;
}

static void desk_release(void *userdata, void *pointer)
{
    (void)userdata;
    live[SOURCE_DESK]--;
    base_free(pointer);
}

static const struct community_allocator allocator = {
    .size = sizeof(struct community_allocator),
    .allocate = desk_allocate,
    .reallocate = desk_reallocate,
    .release = desk_release,
};

/* SQLite wants to know how large a piece is: its size stands before it. */
enum { SIZE_PREFIX = 16 };

static void *sqlite_allocate(int size)
{
    char *piece = is_out(SOURCE_SQLITE) ? NULL : base_malloc((size_t)size + SIZE_PREFIX);
    if (piece == NULL)
        return NULL;
    memcpy(piece, &size, sizeof(size));
    live[SOURCE_SQLITE]++;
    return piece + SIZE_PREFIX;
}

static void sqlite_release(void *pointer)
{
    if (pointer == NULL)
        return;
    live[SOURCE_SQLITE]--;
    base_free((char *)pointer - SIZE_PREFIX);
}

static void *sqlite_reallocate(void *pointer, int size)
{
    if (is_out(SOURCE_SQLITE))
        return NULL;
    char *piece = base_realloc((char *)pointer - SIZE_PREFIX, (size_t)size + SIZE_PREFIX);
    if (piece == NULL)
        return NULL;
    memcpy(piece, &size, sizeof(size));
    return piece + SIZE_PREFIX;
}

static int sqlite_size(void *pointer)
{
    int size = 0;
    if (pointer != NULL)
        memcpy(&size, (char *)pointer - SIZE_PREFIX, sizeof(size));
    return size;
}

static int sqlite_round_up(int size)
{
    return (size + 7) & ~7;
}

static int sqlite_begin(void *userdata)
{
    (void)userdata;
    return SQLITE_OK;
}

static void sqlite_end(void *userdata)
{
    (void)userdata;
}

static void give_sqlite_our_memory(void)
{
    static const sqlite3_mem_methods methods = {
        .xMalloc = sqlite_allocate,
        .xFree = sqlite_release,
        .xRealloc = sqlite_reallocate,
        .xSize = sqlite_size,
        .xRoundup = sqlite_round_up,
        .xInit = sqlite_begin,
        .xShutdown = sqlite_end,
    };
    /* Without lookaside every allocation of SQLite is seen. */
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK ||
        sqlite3_initialize() != SQLITE_OK)
        chaos_stop("SQLite does not take our memory", NULL);
}

/* ---- one run of one scenario ---- */

enum desk_kind { NO_DESK, EMPTY_DESK, FULL_DESK };

struct run {
    bool is_sqlite;
    char path[CHAOS_PATH_SIZE];
    char other_path[CHAOS_PATH_SIZE]; /* where something new may be made */
    struct chaos_world world;
    struct community_desk *desk;
    const struct community_rulebook *rulebook;
    const struct community_rulebook *newer_rulebook;
    uint64_t output; /* a hash over everything that was answered */
    struct community_error err;
};

struct scenario {
    const char *name;
    enum desk_kind needs;
    enum community_status (*act)(struct run *run, const char *json);
    const char *json;
    bool sqlite_only;
    community_time_ms wait;
};

/* FNV-1a: needs no memory. */
static int take_output(void *userdata, struct community_text text)
{
    struct run *run = userdata;
    for (size_t i = 0; i < text.size; i++)
        run->output = (run->output ^ (unsigned char)text.data[i]) * UINT64_C(1099511628211);
    return 0;
}

static void take_number(struct run *run, int64_t number)
{
    (void)take_output(run, (struct community_text){(const char *)&number, sizeof(number)});
}

static struct community_desk_configuration configuration(struct run *run, uint32_t flags)
{
    struct community_desk_configuration made =
        chaos_configuration(&run->world, flags | COMMUNITY_DESK_SYNC_NORMAL);
    made.allocator = &allocator;
    return made;
}

static struct community_text uri(const struct run *run)
{
    return chaos_text(run->is_sqlite ? run->path : "memory:");
}

/* ---- what is done ---- */

static enum community_status load_rulebook(struct run *run, const char *json)
{
    struct community_rulebook *rulebook;
    const char *text = json != NULL ? json : chaos_rules();
    const enum community_status status = community_rulebook_load(
        &rulebook, chaos_text(text), chaos_text("street.json"), &allocator, &run->err);
    if (status != COMMUNITY_OK) {
        CHECK(rulebook == NULL);
        return status;
    }
    take_output(run, community_rulebook_hash(rulebook));
    take_output(run, community_rulebook_name(rulebook));
    take_output(run, community_rulebook_version(rulebook));
    take_output(run, community_rulebook_lifecycle(rulebook, 0));
    take_output(run, community_rulebook_calendar(rulebook, 0));
    community_rulebook_free(rulebook);
    return COMMUNITY_OK;
}

static enum community_status count_days(struct run *run, const char *json)
{
    community_time_ms due;
    int32_t offset;
    (void)json;
    enum community_status status =
        community_calendar_due(&due, &offset, run->rulebook, chaos_text("office"), CHAOS_START,
                               chaos_text("5 working days"), &run->err);
    if (status == COMMUNITY_OK)
        take_number(run, due + offset);
    return status;
}

static enum community_status explain_days(struct run *run, const char *json)
{
    struct community_document *document;
    (void)json;
    const enum community_status status =
        community_calendar_explain(&document, run->rulebook, chaos_text("office"), CHAOS_START,
                                   chaos_text("20 working days"), &run->err);
    if (status == COMMUNITY_OK) {
        take_output(run, community_document_json(document));
        community_document_free(document);
    }
    return status;
}

static enum community_status open_zone(struct run *run, const char *json)
{
    struct community_zone *zone;
    (void)json;
    const enum community_status status =
        community_zone_open(&zone, chaos_text("America/New_York"), &allocator, &run->err);
    if (status == COMMUNITY_OK) {
        take_number(run, community_zone_instant(zone, CHAOS_START));
        community_zone_free(zone);
    }
    return status;
}

static enum community_status digest(struct run *run, const char *json)
{
    struct community_digest *made;
    uint8_t hash[32];
    (void)json;
    enum community_status status = community_digest_new(&made, &allocator, &run->err);
    if (status != COMMUNITY_OK)
        return status;
    status = community_digest_add(made, chaos_text("abc"), &run->err);
    if (status == COMMUNITY_OK)
        status = community_digest_finish(made, hash, &run->err);
    if (status == COMMUNITY_OK)
        take_output(run, (struct community_text){(const char *)hash, sizeof(hash)});
    community_digest_free(made);
    return status;
}

static enum community_status read_command(struct run *run, const char *json)
{
    struct community_command *command;
    const enum community_status status =
        community_command_from_json(&command, chaos_text(json), &allocator, &run->err);
    if (status == COMMUNITY_OK)
        community_command_free(command);
    return status;
}

static enum community_status fill_command(struct community_command *command,
                                          struct community_error *err)
{
    enum community_status status =
        community_command_set_lifecycle(command, chaos_text("request"), err);
    if (status == COMMUNITY_OK)
        status = community_command_set_external_id(command, chaos_text("B-1"), err);
    if (status == COMMUNITY_OK)
        status = community_command_set_key(command, chaos_text("built"), err);
    if (status == COMMUNITY_OK)
        status =
            community_command_put_text(command, chaos_text("subject"), chaos_text("step"), err);
    if (status == COMMUNITY_OK)
        status = community_command_put_integer(command, chaos_text("pieces"), 7, err);
    if (status == COMMUNITY_OK)
        status = community_command_put_json(command, chaos_text("caller"),
                                            chaos_text("\"Zhao \\u6797\""), err);
    community_command_set_at(command, CHAOS_START + 3 * CHAOS_DAY);
    return status;
}

static void read_receipt(struct run *run, const struct community_receipt *receipt)
{
    const struct community_id id = community_receipt_record(receipt);
    take_output(run, community_receipt_json(receipt));
    take_output(run, (struct community_text){(const char *)id.bytes, sizeof(id.bytes)});
    take_number(run, community_receipt_version(receipt));
    take_number(run, community_receipt_position(receipt));
    take_output(run, community_receipt_state(receipt));
    for (size_t i = 0; i < community_receipt_deadline_count(receipt); i++) {
        take_output(run, community_receipt_deadline_name(receipt, i));
        take_number(run, community_receipt_deadline_due(receipt, i));
    }
    for (size_t i = 0; i < community_receipt_reason_count(receipt); i++) {
        take_output(run, community_receipt_reason_code(receipt, i));
        take_output(run, community_receipt_reason_message(receipt, i));
        take_output(run, community_receipt_reason_message_zh(receipt, i));
    }
}

static enum community_status build_and_submit(struct run *run, const char *json)
{
    struct community_command *command;
    struct community_receipt *receipt = NULL;
    (void)json;
    enum community_status status = community_command_new(
        &command, chaos_text("open"), chaos_text("resident"), &allocator, &run->err);
    if (status != COMMUNITY_OK)
        return status;
    status = fill_command(command, &run->err);
    if (status == COMMUNITY_OK)
        status = community_desk_submit(&receipt, run->desk, command, &run->err);
    if (status == COMMUNITY_OK)
        read_receipt(run, receipt);
    community_receipt_free(receipt);
    community_command_free(command);
    return status;
}

/* The other builders: of a move. */
static enum community_status build_move(struct run *run, const char *json)
{
    struct community_command *command;
    struct community_error *err = &run->err;
    (void)json;
    enum community_status status =
        community_command_new(&command, chaos_text("note"), chaos_text("op"), &allocator, err);
    if (status != COMMUNITY_OK)
        return status;
    status = community_command_set_record(command, chaos_text("@A-1"), err);
    if (status == COMMUNITY_OK)
        status = community_command_set_parent(command, chaos_text("@A-2"), err);
    if (status == COMMUNITY_OK)
        status = community_command_put_boolean(command, chaos_text("yes"), true, err);
    community_command_set_recorded_at(command, CHAOS_START);
    community_command_free(command);
    return status;
}

static enum community_status submit_or_preview(struct run *run, const char *json, bool preview)
{
    struct community_command *command;
    struct community_receipt *receipt = NULL;
    enum community_status status =
        community_command_from_json(&command, chaos_text(json), &allocator, &run->err);
    if (status != COMMUNITY_OK)
        return status;
    status = preview ? community_desk_preview(&receipt, run->desk, command, &run->err)
                     : community_desk_submit(&receipt, run->desk, command, &run->err);
    if (status == COMMUNITY_OK)
        read_receipt(run, receipt);
    else
        CHECK(receipt == NULL);
    community_receipt_free(receipt);
    community_command_free(command);
    return status;
}

static enum community_status submit(struct run *run, const char *json)
{
    return submit_or_preview(run, json, false);
}

static enum community_status preview(struct run *run, const char *json)
{
    return submit_or_preview(run, json, true);
}

/* JSON lines in one transaction. */
static enum community_status submit_batch(struct run *run, const char *json)
{
    char line[1024];
    enum community_status status = community_desk_begin(run->desk, &run->err);
    if (status != COMMUNITY_OK)
        return status;
    while (status == COMMUNITY_OK && *json != '\0') {
        const size_t size = strcspn(json, "\n");
        memcpy(line, json, size);
        line[size] = '\0';
        json += size + (json[size] == '\n');
        status = submit(run, line);
    }
    if (status == COMMUNITY_OK)
        status = community_desk_commit(run->desk, &run->err);
    else
        community_desk_rollback(run->desk);
    return status;
}

static enum community_status create_desk(struct run *run, const char *json)
{
    struct community_desk *desk;
    struct community_desk_configuration made = configuration(run, COMMUNITY_DESK_CREATE);
    (void)json;
    const enum community_status status = community_desk_open(
        &desk, chaos_text(run->is_sqlite ? run->other_path : "memory:"), &made, &run->err);
    CHECK((desk != NULL) == (status == COMMUNITY_OK));
    if (desk != NULL)
        take_number(run, community_desk_now(desk));
    community_desk_close(desk);
    return status;
}

static enum community_status open_desk(struct run *run, const char *json)
{
    struct community_desk *desk;
    struct community_desk_configuration made = configuration(run, 0);
    (void)json;
    const enum community_status status = community_desk_open(&desk, uri(run), &made, &run->err);
    CHECK((desk != NULL) == (status == COMMUNITY_OK));
    if (desk != NULL)
        take_number(run, community_desk_now(desk));
    community_desk_close(desk);
    return status;
}

static enum community_status install(struct run *run, const char *json)
{
    const struct community_rulebook *rulebook = json != NULL ? run->newer_rulebook : run->rulebook;
    return community_desk_install(run->desk, rulebook, chaos_text("admin"), &run->err);
}

static enum community_status tick(struct run *run, const char *json)
{
    int64_t fired = 0;
    (void)json;
    const enum community_status status =
        community_desk_tick(run->desk, COMMUNITY_TIME_NOW, &fired, NULL, NULL, &run->err);
    if (status == COMMUNITY_OK)
        take_number(run, fired);
    return status;
}

static enum community_status tick_to(struct run *run, const char *json)
{
    (void)json;
    return community_desk_tick(run->desk, CHAOS_START + 30 * CHAOS_DAY, NULL, NULL, NULL,
                               &run->err);
}

static enum community_status find(struct run *run, const char *json)
{
    struct community_find wanted = {.size = sizeof(wanted)};
    if (json != NULL)
        wanted = (struct community_find){.size = sizeof(wanted),
                                         .lifecycle = chaos_text("request"),
                                         .unit = chaos_text("water"),
                                         .open_only = true,
                                         .has_due_before = true,
                                         .due_before = CHAOS_START + 100 * CHAOS_DAY,
                                         .limit = 2};
    return community_desk_find(run->desk, &wanted, chaos_text("chief"), take_output, run,
                               &run->err);
}

static enum community_status history(struct run *run, const char *json)
{
    return community_desk_history(run->desk, chaos_text(json), chaos_text("chief"), take_output,
                                  run, &run->err);
}

static enum community_status take_document(struct run *run, enum community_status status,
                                           struct community_document *document)
{
    CHECK((document != NULL) == (status == COMMUNITY_OK));
    if (document != NULL)
        take_output(run, community_document_json(document));
    community_document_free(document);
    return status;
}

static enum community_status get(struct run *run, const char *json)
{
    struct community_document *document;
    const enum community_status status =
        community_desk_get(&document, run->desk, chaos_text(json), chaos_text("chief"),
                           COMMUNITY_GET_HISTORY | COMMUNITY_GET_EXPLAIN, &run->err);
    return take_document(run, status, document);
}

static enum community_status options(struct run *run, const char *json)
{
    struct community_document *document;
    const enum community_status status =
        community_desk_options(&document, run->desk, chaos_text(json), chaos_text("op"), &run->err);
    return take_document(run, status, document);
}

static enum community_status summary(struct run *run, const char *json)
{
    struct community_document *document;
    (void)json;
    const enum community_status status =
        community_desk_summary(&document, run->desk, COMMUNITY_TIME_NOW, &run->err);
    return take_document(run, status, document);
}

static enum community_status outbox(struct run *run, const char *json)
{
    (void)json;
    return community_desk_outbox(run->desk, take_output, run, &run->err);
}

static enum community_status acknowledge(struct run *run, const char *json)
{
    return community_desk_acknowledge(run->desk, chaos_text(json), &run->err);
}

static enum community_status verify(struct run *run, const char *json)
{
    struct community_verification found = {.size = sizeof(found)};
    (void)json;
    const enum community_status status =
        community_desk_verify(&found, run->desk, NULL, NULL, &run->err);
    if (status == COMMUNITY_OK) {
        CHECK_SAYING(found.is_whole, "whole: %s at %lld", found.kind, (long long)found.position);
        take_number(run, found.entry_count);
        take_number(run, found.record_count);
    }
    return status;
}

static enum community_status back_up(struct run *run, const char *json)
{
    (void)json;
    return community_desk_backup(run->desk, chaos_text(run->other_path), NULL, NULL, &run->err);
}

#define ON(id, name, actor, data)                                                                  \
    "{\"command\":\"" name "\",\"record\":\"@" id "\",\"actor\":\"" actor "\",\"data\":{" data "}" \
    "}"
#define OPENING(id, key)                                                                           \
    "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"" id                        \
    "\",\"actor\":\"resident\",\"key\":\"" key                                                     \
    "\",\"data\":{\"subject\":\"lamp\",\"caller\":\"Sun\",\"hardship\":\"alone\"}}"

static const struct scenario scenarios[] = {
    {.name = "load a rulebook", .act = load_rulebook},
    {.name = "load a rulebook with a fault",
     .act = load_rulebook,
     .json = "{\"rulebook\":\"r\",\"version\":\"1\",\"lifecycles\":{\"a\":{\"kind\":\"ticket\","
             "\"start\":\"x\",\"states\":{\"y\":{}},\"transitions\":[]}}}"},
    {.name = "count days", .act = count_days},
    {.name = "explain days", .act = explain_days},
    {.name = "open a zone", .act = open_zone},
    {.name = "digest", .act = digest},
    {.name = "read a command", .act = read_command, .json = OPENING("C-1", "k")},
    {.name = "read a command with a fault",
     .act = read_command,
     .json = "{\"command\":\"open\",\"actor\":\"a\",\"dta\":{\"x\":[1,2,{\"y\":\"z\"}]}}"},
    {.name = "build a command", .act = build_move},
    {.name = "create a desk", .act = create_desk},
    {.name = "open a desk", .needs = FULL_DESK, .act = open_desk},
    {.name = "install the first rulebook", .needs = EMPTY_DESK, .act = install},
    {.name = "install a newer rulebook", .needs = FULL_DESK, .act = install, .json = "newer"},
    {.name = "put a unit",
     .needs = FULL_DESK,
     .act = submit,
     .json = "{\"command\":\"put-unit\",\"actor\":\"admin\",\"data\":{\"id\":\"gas\","
             "\"kind\":\"bureau\",\"parent\":\"street\"}}"},
    {.name = "put a person",
     .needs = FULL_DESK,
     .act = submit,
     .json = "{\"command\":\"put-person\",\"actor\":\"admin\",\"data\":{\"id\":\"op\","
             "\"name\":\"Li Nana\"}}"},
    {.name = "grant",
     .needs = FULL_DESK,
     .act = submit,
     .json = "{\"command\":\"grant\",\"actor\":\"admin\",\"data\":{\"person\":\"x\","
             "\"role\":\"handler\",\"unit\":\"water\"}}"},
    {.name = "revoke",
     .needs = FULL_DESK,
     .act = submit,
     .json = "{\"command\":\"revoke\",\"actor\":\"admin\",\"data\":{\"person\":\"w\","
             "\"role\":\"handler\",\"unit\":\"water\"}}"},
    {.name = "open a request", .needs = FULL_DESK, .act = submit, .json = OPENING("N-1", "n-1")},
    {.name = "build and open a request", .needs = FULL_DESK, .act = build_and_submit},
    {.name = "open a supporting ticket",
     .needs = FULL_DESK,
     .act = submit,
     .json = "{\"command\":\"open\",\"lifecycle\":\"support\",\"parent\":\"@A-1\","
             "\"external_id\":\"S-9\",\"actor\":\"op\",\"data\":{\"subject\":\"van\","
             "\"lead_unit\":\"light\"}}"},
    {.name = "move",
     .needs = FULL_DESK,
     .act = submit,
     .json = ON("A-7", "dispatch", "op", "\"lead_unit\":\"water\"")},
    {.name = "move with a key",
     .needs = FULL_DESK,
     .act = submit,
     .json = "{\"command\":\"note\",\"record\":\"@A-1\",\"actor\":\"op\",\"key\":\"note-1\","
             "\"data\":{\"text\":\"a private word\"}}"},
    {.name = "move after a long time",
     .needs = FULL_DESK,
     .act = submit,
     .wait = 20 * CHAOS_DAY,
     .json = ON("A-1", "note", "op", "\"text\":\"late\"")},
    {.name = "extend",
     .needs = FULL_DESK,
     .act = submit,
     .json = ON("A-1", "extend", "op", "\"for\":\"2 working days\",\"reason\":\"parts\"")},
    {.name = "merge",
     .needs = FULL_DESK,
     .act = submit,
     .json = ON("A-7", "merge", "op", "\"into\":\"@A-1\"")},
    {.name = "unmerge",
     .needs = FULL_DESK,
     .act = submit,
     .json = ON("A-5", "unmerge", "op", "\"reason\":\"two lamps\"")},
    {.name = "close a supporting ticket",
     .needs = FULL_DESK,
     .act = submit,
     .json = ON("S-1", "report", "l", "\"text\":\"done\"")},
    {.name = "the same key again",
     .needs = FULL_DESK,
     .act = submit,
     .json = "{\"command\":\"open\",\"lifecycle\":\"request\",\"external_id\":\"A-3\","
             "\"actor\":\"resident\",\"key\":\"open-A-3\",\"data\":{\"subject\":\"lamp A-3\","
             "\"place\":\"street\"}}"},
    {.name = "the same key for something else",
     .needs = FULL_DESK,
     .act = submit,
     .json = OPENING("N-2", "open-A-3")},
    {.name = "refused for many reasons",
     .needs = FULL_DESK,
     .act = submit,
     .json = ON("A-7", "dispatch", "nobody", "\"lead_unit\":\"fire\",\"z\":1")},
    {.name = "a batch",
     .needs = FULL_DESK,
     .act = submit_batch,
     .json = OPENING("N-1", "n-1") "\n" OPENING("N-2", "n-2") "\n" ON(
         "N-1", "dispatch", "op",
         "\"lead_unit\":\"water\"") "\n" ON("N-1", "dispatch", "op",
                                            "\"lead_unit\":\"water\"") "\n" ON("N-1", "sign", "w",
                                                                               "") "\n" ON("N-2",
                                                                                           "merge",
                                                                                           "op",
                                                                                           "\"into"
                                                                                           "\":\"@"
                                                                                           "N-"
                                                                                           "1\"")},
    {.name = "preview", .needs = FULL_DESK, .act = preview, .json = OPENING("N-1", "n-1")},
    {.name = "tick", .needs = FULL_DESK, .act = tick, .wait = 10 * CHAOS_DAY},
    {.name = "tick to a later time", .needs = FULL_DESK, .act = tick_to},
    {.name = "find everything", .needs = FULL_DESK, .act = find},
    {.name = "find some", .needs = FULL_DESK, .act = find, .json = "some"},
    {.name = "history", .needs = FULL_DESK, .act = history, .json = "@A-2"},
    {.name = "get", .needs = FULL_DESK, .act = get, .json = "@A-1"},
    {.name = "get what is not there", .needs = FULL_DESK, .act = get, .json = "@Z-1"},
    {.name = "options", .needs = FULL_DESK, .act = options, .json = "@A-1"},
    {.name = "summary", .needs = FULL_DESK, .act = summary},
    {.name = "outbox", .needs = FULL_DESK, .act = outbox},
    {.name = "acknowledge", .needs = FULL_DESK, .act = acknowledge, .json = "19-1"},
    {.name = "verify", .needs = FULL_DESK, .act = verify},
    {.name = "back up", .needs = FULL_DESK, .act = back_up, .sqlite_only = true},
};

/* ---- setting up and taking down ---- */

static struct community_rulebook *rulebook;
static struct community_rulebook *newer_rulebook;
static char full_template[CHAOS_PATH_SIZE];
static char empty_template[CHAOS_PATH_SIZE];
static community_time_ms full_time; /* when the story ends */

static void fill(struct community_desk *desk, struct chaos_world *world, enum desk_kind kind)
{
    struct community_error err = {0};
    if (kind != FULL_DESK)
        return;
    if (community_desk_install(desk, rulebook, chaos_text("admin"), &err) != COMMUNITY_OK)
        chaos_stop("install", &err);
    chaos_put_directory(desk);
    chaos_tell_story(desk, world);
    full_time = world->now;
}

static void make_template(const char *path, enum desk_kind kind)
{
    struct community_error err = {0};
    struct community_desk *desk;
    struct chaos_world world = {.now = CHAOS_START, .random = {1}};
    struct community_desk_configuration made = chaos_configuration(&world, COMMUNITY_DESK_CREATE);
    if (community_desk_open(&desk, chaos_text(path), &made, &err) != COMMUNITY_OK)
        chaos_stop(path, &err);
    fill(desk, &world, kind);
    community_desk_close(desk);
}

static void make_newer_rulebook(void)
{
    struct community_error err = {0};
    struct chaos_buffer text = {0};
    const char *rules = chaos_rules();
    const char *version = strstr(rules, "\"version\": \"1\"");
    if (version == NULL)
        chaos_stop("street.json has no version 1", NULL);
    chaos_add(&text, (struct community_text){rules, (size_t)(version - rules)});
    chaos_add_string(&text, "\"version\": \"2\"");
    chaos_add_string(&text, version + strlen("\"version\": \"1\""));
    if (community_rulebook_load(&newer_rulebook, (struct community_text){text.data, text.size},
                                chaos_text("newer"), NULL, &err) != COMMUNITY_OK)
        chaos_stop("the newer rulebook", &err);
    free(text.data);
}

static void set_up(struct run *run, const struct scenario *scenario, bool is_sqlite)
{
    struct community_error err = {0};
    *run = (struct run){.is_sqlite = is_sqlite,
                        .world = {.now = CHAOS_START, .random = {1}},
                        .rulebook = rulebook,
                        .newer_rulebook = newer_rulebook,
                        .output = UINT64_C(14695981039346656037)};
    chaos_path(run->path, "run.db");
    chaos_path(run->other_path, "other.db");
    chaos_remove_database(run->other_path);
    if (scenario->needs == NO_DESK)
        return;
    if (is_sqlite) {
        chaos_remove_database(run->path);
        chaos_copy_file(scenario->needs == FULL_DESK ? full_template : empty_template, run->path);
    }
    struct community_desk_configuration made = configuration(run, 0);
    if (community_desk_open(&run->desk, uri(run), &made, &err) != COMMUNITY_OK)
        chaos_stop("the desk of a run", &err);
    if (!is_sqlite)
        fill(run->desk, &run->world, scenario->needs);
    run->world.now = (scenario->needs == FULL_DESK ? full_time : CHAOS_START) + scenario->wait;
    run->world.random.state = 77;
}

static void take_down(struct run *run)
{
    community_desk_close(run->desk);
    if (run->is_sqlite) {
        chaos_remove_database(run->path);
        chaos_remove_database(run->other_path);
    }
}

static char *content(struct run *run)
{
    return run->desk != NULL ? chaos_content(run->desk) : strdup("");
}

static void arm(enum source source, size_t place, bool for_good)
{
    memory.source = source;
    memory.count = 0;
    memory.fail_at = place;
    memory.for_good = for_good;
    memory.has_failed = false;
    memory.is_armed = true;
}

/* libcrypto notes its last 16 failures for this thread, with copies of words that are released when
 * the note is overwritten. Sixteen failures more, and every note is one of ours. */
static void fill_failure_notes(void)
{
    for (int i = 0; i < 16; i++) {
        struct run run = {.is_sqlite = false};
        arm(SOURCE_MALLOC, 3, false);
        (void)digest(&run, NULL);
        memory.is_armed = false;
    }
}

/* What a scenario does when nothing fails. */
struct expectation {
    enum community_status status;
    uint64_t output;
    size_t allocation_count;
    char *before;
    char *after;
};

static void expect(struct expectation *out, const struct scenario *scenario, bool is_sqlite,
                   enum source source)
{
    struct run run;
    set_up(&run, scenario, is_sqlite);
    out->before = content(&run);
    take_down(&run);
    set_up(&run, scenario, is_sqlite);
    arm(source, 0, false);
    out->status = scenario->act(&run, scenario->json);
    memory.is_armed = false;
    out->allocation_count = memory.count;
    out->output = run.output;
    out->after = content(&run);
    take_down(&run);
}

static void check_failed_run(const struct scenario *scenario, bool is_sqlite, enum source source,
                             bool for_good, size_t place, const struct expectation *expected)
{
    struct run run;
    long before[SOURCE_COUNT];
    char where[200];
    snprintf(where, sizeof(where), "%s, %s, %s, allocation %zu of %zu%s", scenario->name,
             is_sqlite ? "sqlite" : "memory", source_names[source], place,
             expected->allocation_count, for_good ? " and all after it" : "");
    if (source == SOURCE_MALLOC)
        fill_failure_notes();
    memcpy(before, live, sizeof(before));
    set_up(&run, scenario, is_sqlite);

    const community_time_ms now = run.desk != NULL ? community_desk_now(run.desk) : 0;
    arm(source, place, for_good);
    const enum community_status status = scenario->act(&run, scenario->json);
    memory.is_armed = false;

    CHECK_SAYING(memory.has_failed, "%s: it was never reached", where);
    CHECK_SAYING(status == COMMUNITY_NO_MEMORY || status == expected->status,
                 "%s: status %d (%s: %s)", where, status, run.err.code, run.err.message);
    if (status == COMMUNITY_OK) {
        CHECK_SAYING(run.output == expected->output, "%s: another answer", where);
    } else {
        CHECK_SAYING(run.err.status == status && run.err.code[0] != '\0' &&
                         run.err.message[0] != '\0',
                     "%s: the error says %d (%s)", where, run.err.status, run.err.code);
    }
    CHECK_SAYING(status == COMMUNITY_OK || run.desk == NULL || community_desk_now(run.desk) == now,
                 "%s: now moved on", where);
    char *found = content(&run);
    const char *wanted = status == expected->status ? expected->after : expected->before;
    CHECK_SAYING(strcmp(found, wanted) == 0,
                 "%s: the desk changed\n--- wanted\n%.600s\n--- found\n%.600s", where, wanted,
                 found);
    free(found);

    run.err = (struct community_error){0};
    const enum community_status again = scenario->act(&run, scenario->json);
    CHECK_SAYING(
        again == expected->status ||
            (status == COMMUNITY_OK && scenario->act == back_up && again == COMMUNITY_EXISTS) ||
            (status == COMMUNITY_OK && scenario->act == create_desk && again == COMMUNITY_EXISTS) ||
            (status == COMMUNITY_OK && scenario->act == acknowledge &&
             again == COMMUNITY_NOT_FOUND),
        "%s: the next call answers %d (%s: %s)", where, again, run.err.code, run.err.message);
    if (run.desk != NULL)
        CHECK_SAYING(chaos_is_whole(run.desk), "%s: whole at the end", where);
    take_down(&run);
    if (source == SOURCE_MALLOC)
        fill_failure_notes();
    for (int i = 0; i < SOURCE_COUNT; i++)
        CHECK_SAYING(live[i] == before[i], "%s: %ld pieces of %s are left", where,
                     live[i] - before[i], source_names[i]);
}

static size_t run_count;

static void check_scenario(const struct scenario *scenario, bool is_sqlite, enum source source,
                           bool all, struct chaos_random *random)
{
    struct expectation expected;
    expect(&expected, scenario, is_sqlite, source);
    const size_t count = expected.allocation_count;
    const size_t step_count = all || count <= SAMPLE_COUNT ? count : SAMPLE_COUNT;
    for (size_t i = 0; i < step_count; i++) {
        /* One place out of each of twenty equal stretches. */
        const size_t first = i * count / step_count;
        const size_t end = (i + 1) * count / step_count;
        const size_t place = first + (size_t)chaos_below(random, end - first) + 1;
        for (int for_good = 0; for_good < 2; for_good++) {
            check_failed_run(scenario, is_sqlite, source, for_good != 0, place, &expected);
            run_count++;
        }
    }
    free(expected.before);
    free(expected.after);
}

static void check_source(enum source source, bool all, struct chaos_random *random)
{
    const size_t first = run_count;
    const double started = chaos_seconds();
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        for (int is_sqlite = 0; is_sqlite < 2; is_sqlite++) {
            const bool is_there =
                is_sqlite != 0 || (source != SOURCE_SQLITE && !scenarios[i].sqlite_only);
            const bool has_store = scenarios[i].needs != NO_DESK || scenarios[i].act == create_desk;
            const bool is_useful = has_store || is_sqlite == (source == SOURCE_SQLITE);
            if (is_there && is_useful)
                check_scenario(&scenarios[i], is_sqlite != 0, source, all, random);
        }
    }
    printf("%s: %zu failures in %.1f s\n", source_names[source], run_count - first,
           chaos_seconds() - started);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
    if (argc > 1 && !all) {
        fprintf(stderr, "usage: allocation_check [--all]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    give_sqlite_our_memory();
    struct chaos_random random = {chaos_seed(20260601)};
    rulebook = chaos_rulebook(NULL);
    make_newer_rulebook();
    chaos_path(full_template, "full.db");
    chaos_path(empty_template, "empty.db");
    make_template(full_template, FULL_DESK);
    make_template(empty_template, EMPTY_DESK);
    check_source(SOURCE_DESK, all, &random);
    check_source(SOURCE_SQLITE, all, &random);
#ifdef HAS_SANITIZER
    chaos_skip("malloc belongs to the sanitizer: the build without one lets it fail");
#else
    check_source(SOURCE_MALLOC, all, &random);
#endif
    community_rulebook_free(rulebook);
    community_rulebook_free(newer_rulebook);
    return chaos_finish();
}
