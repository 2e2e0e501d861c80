/* SPDX-License-Identifier: Apache-2.0
 *
 * Entry v1: its bytes, frozen; its hash; what never stands in it. */
#include "entry.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "community/rulebook.h"
#include "default_allocator.h"
#include "digest.h"
#include "identity.h"
#include "json.h"
#include "rfc3339.h"
#include "rulebook.h"
#include "text.h"

#define GOLDEN COMMUNITY_SOURCE_DIR "/tests/journal/entry_v1.json"

/* Independent of the library's own digest. */
static bool digest(void *userdata, uint8_t out[32], struct community_text bytes)
{
    (void)userdata;
    unsigned int size = 32;
    return EVP_Digest(bytes.data != NULL ? bytes.data : "", bytes.size, out, &size, EVP_sha256(),
                      NULL) == 1;
}

/* Salts that everybody knows, so that the bytes are the same each time. */
static bool count_up(void *userdata, uint8_t *bytes, size_t size)
{
    uint8_t *next = userdata;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (*next)++;
    return true;
}

static bool nothing_random(void *userdata, uint8_t *bytes, size_t size)
{
    (void)userdata;
    memset(bytes, 0, size);
    return false;
}

static const char *const rules =
    "{\"rulebook\": \"t\", \"version\": \"1\", \"lifecycles\": {\"request\": {"
    " \"kind\": \"ticket\", \"start\": \"new\","
    " \"fields\": {\"subject\": {\"type\": \"text\", \"class\": \"public\"},"
    "  \"phone\": {\"type\": \"text\"}, \"health\": {\"type\": \"text\", \"class\": \"sensitive\"},"
    "  \"lead_unit\": {\"type\": \"unit\"}},"
    " \"states\": {\"new\": {}, \"given\": {}, \"closed\": {\"final\": true}},"
    " \"transitions\": ["
    "  {\"name\": \"give\", \"from\": \"new\", \"to\": \"given\", \"by\": \"operator\","
    "   \"asks\": [\"lead_unit\", \"phone\", \"health\", \"reason\", \"subject\"],"
    "   \"at_most\": {\"times\": 1, \"per\": \"lead_unit\"},"
    "   \"effects\": [{\"notify\": \"requester\", \"message\": \"given\"}]},"
    "  {\"name\": \"lapse\", \"from\": \"given\", \"to\": \"closed\", \"by\": \"system\","
    "   \"after\": \"7 days\"}],"
    " \"deadlines\": {\"resolve\": {\"from\": \"given\", \"until\": \"closed\","
    "  \"allow\": \"2 days\", \"warn_at\": [\"50%\"]}}}}}";

#define SUBJECT "a lamp"
#define PHONE "13900001111"
#define HEALTH "diabetes, \xe7\xb3\x96\xe5\xb0\xbf\xe7\x97\x85"
#define REASON "the old man next door fell over it"

struct desk_top {
    struct community_rulebook *rulebook;
    const struct cm_lifecycle *lifecycle;
    struct cm_arena arena;
    uint8_t next_random;
    struct cm_journal_tools tools;
    struct cm_record record;
    struct cm_decision decision;
    struct cm_private_values values;
    struct cm_entry entry;
    struct cm_buffer body;
};

static struct desk_top top;

static void begin(void)
{
    struct community_error err = {0};
    cr_assert(community_rulebook_load(&top.rulebook, cm_text(rules), CM_TEXT("t"), NULL, &err) ==
                  COMMUNITY_OK,
              "%s", err.message);
    top.lifecycle = &top.rulebook->lifecycles[0];
    cm_arena_init(&top.arena, cm_default_allocator(), 4096);
    cm_buffer_init(&top.body, cm_default_allocator());
    top.tools = (struct cm_journal_tools){.digest = digest,
                                          .random = count_up,
                                          .userdata = &top.next_random,
                                          .allocator = cm_default_allocator()};
    cr_assert(cm_record_make(&top.record, &top.arena, top.lifecycle));
    top.record.version = 1;
    top.record.state = top.lifecycle->start;
    top.record.changed_at = 0;
}

static void end(void)
{
    cm_buffer_free(&top.body);
    cm_arena_free(&top.arena);
    community_rulebook_free(top.rulebook);
}

TestSuite(entry, .init = begin, .fini = end);

static struct community_id id_of(const char *text)
{
    struct community_id id;
    cr_assert(cm_id_parse(cm_text(text), &id));
    return id;
}

/* A command with something of everything, decided and put into an entry. */
static void write_entry(void)
{
    static const struct cm_grant grants[] = {{.person = CM_TEXT("p-102"),
                                              .role = CM_TEXT("operator"),
                                              .unit = CM_TEXT("street"),
                                              .from = INT64_MIN,
                                              .to = INT64_MAX,
                                              .version = 4}};
    static const char *const public_names[] = {"for", "into"};
    const struct cm_directory directory = {.grants = grants, .grant_count = 1};
    struct cm_value data = cm_value_new_object(&top.arena, 6);
    bool ok;
    cm_value_put(&data, "lead_unit", cm_value_string("water-bureau"));
    cm_value_put(&data, "phone", cm_value_string(PHONE));
    cm_value_put(&data, "health", cm_value_string(HEALTH));
    cm_value_put(&data, "subject", cm_value_string(SUBJECT));
    cm_value_put(&data, "reason", cm_value_string(REASON));
    cm_value_put(&data, "note", cm_value_string("by " PHONE));
    const struct cm_request request = {.name = CM_TEXT("give"),
                                       .actor = CM_TEXT("p-102"),
                                       .at = INT64_C(1780275600123),
                                       .now = INT64_C(1780275600123),
                                       .recorded_at = INT64_C(1780275600123),
                                       .data = &data};
    cm_decision_init(&top.decision, &top.arena);
    cm_decide_move(&top.decision, &top.record, &request, &directory);
    cr_assert(top.decision.accepted);

    cm_private_values_init(&top.values, &top.arena);
    top.entry = (struct cm_entry){.record = id_of("01890a5d-ac96-774b-bcce-b302099a8057"),
                                  .cause = id_of("01890a5d-ac96-774b-bcce-b302099a8058"),
                                  .version = 2,
                                  .has_previous = true,
                                  .actor = request.actor,
                                  .rulebook = CM_TEXT("00000000000000000000000000000000"
                                                      "00000000000000000000000000000abc"),
                                  .occurred_at = request.at,
                                  .recorded_at = INT64_C(1780275601000),
                                  .command_name = request.name,
                                  .has_source_recorded_at = true,
                                  .source_recorded_at = INT64_C(1780275600500),
                                  .read_count = top.decision.read_count,
                                  .reads = top.decision.reads};
    memset(top.entry.previous, 0xab, sizeof(top.entry.previous));
    cr_assert(cm_outcome_protect(&top.decision.outcome, top.lifecycle, &top.values, &top.tools));
    cr_assert(cm_entry_protect(&top.entry.command_data, &top.arena, &top.values, &top.tools, &data,
                               top.lifecycle, &top.decision.outcome, public_names, 2));
    top.entry.outcome = cm_outcome_to_value(&top.arena, top.lifecycle, &top.decision.outcome, &ok);
    cr_assert(ok);
    cm_entry_write(&top.body, &top.entry);
    cr_assert(!top.body.failed);
}

static bool contains(struct community_text text, const char *needle)
{
    const size_t size = strlen(needle);
    for (size_t i = 0; i + size <= text.size; i++) {
        if (memcmp(text.data + i, needle, size) == 0)
            return true;
    }
    return false;
}

/* The golden file has one line: the bytes, and a line feed behind them. It was put together from
 * the contract by other means than this library, and is never made anew. */
Test(entry, the_bytes_of_version_1_are_frozen)
{
    write_entry();

    char golden[8192];
    FILE *file = fopen(GOLDEN, "rb");
    cr_assert(file != NULL, GOLDEN);
    const size_t size = fread(golden, 1, sizeof(golden), file);
    fclose(file);
    const struct community_text body = cm_buffer_view(&top.body);
    cr_assert(size == body.size + 1 && memcmp(golden, body.data, body.size) == 0,
              "the entry is now\n%.*s", (int)body.size, body.data);
}

Test(entry, its_hash_is_sha256_over_the_bytes)
{
    static const char expected[] =
        "aad6dfa9039e0dd372844b27bbda4fbd63a4239966ad7bc76f7c28d4e1ff87d6";
    uint8_t hash[32];
    char hex[65];
    write_entry();
    struct cm_digest *own = cm_digest_new(cm_default_allocator());
    cr_assert(own != NULL);
    cr_assert(cm_digest_of(own, hash, cm_buffer_view(&top.body)));
    cm_hex_format(hex, hash, 32);
    cr_assert_str_eq(hex, expected);
    cr_assert(digest(NULL, hash, cm_buffer_view(&top.body)));
    cm_hex_format(hex, hash, 32);
    cr_assert_str_eq(hex, expected);
    cm_digest_free(own);
}

Test(entry, it_has_the_members_of_the_contract_and_no_position)
{
    static const char *const names[] = {"actor",       "cause",    "command", "occurred_at",
                                        "outcome",     "previous", "reads",   "record",
                                        "recorded_at", "rulebook", "v",       "version"};
    struct cm_entry_view view;
    write_entry();
    cr_assert(cm_entry_read(&view, &top.arena, cm_buffer_view(&top.body)) == COMMUNITY_OK);
    cr_assert(view.whole.as.object.count == 12);
    for (size_t i = 0; i < 12; i++)
        cr_assert(cm_text_is(view.whole.as.object.members[i].name, names[i]), "%s", names[i]);
    cr_assert(!contains(cm_buffer_view(&top.body), "position"));
}

Test(entry, reading_gives_what_was_written)
{
    struct cm_entry_view view;
    write_entry();
    cr_assert(cm_entry_read(&view, &top.arena, cm_buffer_view(&top.body)) == COMMUNITY_OK);

    cr_assert(cm_id_equal(&view.record, &top.entry.record));
    cr_assert(cm_id_equal(&view.cause, &top.entry.cause));
    cr_assert(view.version == 2);
    cr_assert(view.has_previous);
    cr_assert(memcmp(view.previous, top.entry.previous, 32) == 0);
    cr_assert(cm_text_is(view.actor, "p-102"));
    cr_assert(cm_text_equal(view.rulebook, top.entry.rulebook));
    cr_assert(view.occurred_at == top.entry.occurred_at);
    cr_assert(view.recorded_at == top.entry.recorded_at);
    cr_assert(cm_text_is(view.command_name, "give"));
    cr_assert(cm_value_equal(view.command_data, &top.entry.command_data));
    cr_assert(cm_value_equal(view.outcome, &top.entry.outcome));
    struct cm_buffer again;
    cm_buffer_init(&again, cm_default_allocator());
    cm_json_write(&again, &view.whole);
    cr_assert(cm_text_equal(cm_buffer_view(&again), cm_buffer_view(&top.body)), "RFC 8785");
    cm_buffer_free(&again);
}

Test(entry, personal_values_never_stand_in_it)
{
    write_entry();
    const struct community_text body = cm_buffer_view(&top.body);
    cr_assert(!contains(body, PHONE));
    cr_assert(!contains(body, "diabetes"));
    cr_assert(!contains(body, "\xe7\xb3\x96"));
    cr_assert(!contains(body, "old man"));
    cr_assert(contains(body, SUBJECT), "what is public does");
    cr_assert(contains(body, "water-bureau"));
    /* Salts lie beside, or a short value could be guessed. */
    for (size_t i = 0; i < top.values.count; i++)
        cr_assert(!contains(body, cm_value_member_as_text(&top.values.items[i], "salt").data));
}

Test(entry, a_value_is_committed_to_once_and_the_commitment_verifies)
{
    struct cm_entry_view view;
    write_entry();
    cr_assert(cm_entry_read(&view, &top.arena, cm_buffer_view(&top.body)) == COMMUNITY_OK);
    cr_assert(top.values.count == 4, "phone, health, reason and note");
    for (size_t i = 0; i < top.values.count; i++)
        cr_assert(cm_commitment_holds(&top.tools, &top.values.items[i]));

    const struct cm_value *fields = cm_value_member(view.outcome, "fields");
    const struct community_text in_outcome = cm_commitment_text(cm_value_member(fields, "phone"));
    const struct community_text in_command =
        cm_commitment_text(cm_value_member(view.command_data, "phone"));
    cr_assert(in_outcome.size == 64);
    cr_assert(cm_text_equal(in_outcome, in_command));
    struct cm_value list = {.type = CM_LIST,
                            .as.list = {.items = top.values.items, .count = top.values.count}};
    const struct cm_value *revealed = cm_reveal_from_list(&list, in_outcome);
    cr_assert(revealed != NULL && cm_text_is(revealed->as.text, PHONE));
    list.as.list.count = 0;
    cr_assert(cm_reveal_from_list(&list, in_outcome) == NULL, "erased");
}

Test(entry, a_commitment_is_sha256_over_salt_and_canonical_value)
{
    uint8_t bytes[64];
    uint8_t expected[32];
    char hex[65];
    const struct cm_value value = cm_value_string("a\"b");
    cm_private_values_init(&top.values, &top.arena);
    const struct community_text commitment = cm_commit(&top.values, &top.tools, &value);
    for (uint8_t i = 0; i < 16; i++)
        bytes[i] = i;
    memcpy(bytes + 16, "\"a\\\"b\"", 6);
    cr_assert(digest(NULL, expected, (struct community_text){(const char *)bytes, 22}));
    cm_hex_format(hex, expected, 32);
    cr_assert(cm_text_is(commitment, hex));
    const struct community_text again = cm_commit(&top.values, &top.tools, &value);
    cr_assert(!cm_text_equal(commitment, again), "equal values do not look equal");
}

Test(entry, a_changed_value_salt_or_commitment_does_not_hold)
{
    write_entry();
    struct cm_value item = cm_value_new_object(&top.arena, 3);
    const struct cm_value *sound = &top.values.items[0];
    cm_value_put(&item, "commitment", *cm_value_member(sound, "commitment"));
    cm_value_put(&item, "salt", *cm_value_member(sound, "salt"));
    cm_value_put(&item, "value", cm_value_string("13900001112"));
    cr_assert(!cm_commitment_holds(&top.tools, &item));
    item.as.object.members[2].value = *cm_value_member(sound, "value");
    cr_assert(cm_commitment_holds(&top.tools, &item));
    item.as.object.members[1].value = cm_value_string("ffffffffffffffffffffffffffffffff");
    cr_assert(!cm_commitment_holds(&top.tools, &item));
    item.as.object.members[1].value = cm_value_string("ff");
    cr_assert(!cm_commitment_holds(&top.tools, &item));
    item.as.object.count = 2;
    cr_assert(!cm_commitment_holds(&top.tools, &item));
}

Test(entry, without_random_bytes_nothing_is_committed)
{
    const struct cm_value value = cm_value_string("x");
    top.tools.random = nothing_random;
    cm_private_values_init(&top.values, &top.arena);
    cr_assert(cm_commit(&top.values, &top.tools, &value).data == NULL);
    cr_assert(top.values.count == 0);
}

static enum community_status read_text(const char *text)
{
    struct cm_entry_view view;
    return cm_entry_read(&view, &top.arena, cm_text(text));
}

#define SOUND_HEAD "{\"actor\":\"a\",\"cause\":\"01890a5d-ac96-774b-bcce-b302099a8058\","
#define SOUND_TIMES "\"command\":{\"name\":\"give\"},\"occurred_at\":\"2026-06-01T01:00:00Z\","
#define SOUND_MIDDLE                                                                               \
    "\"reads\":[],\"record\":\"01890a5d-ac96-774b-bcce-b302099a8057\","                            \
    "\"recorded_at\":\"2026-06-01T01:00:00Z\",\"rulebook\":null,"

Test(entry, other_versions_are_too_new_and_anything_else_is_corrupt)
{
    const struct {
        const char *text;
        enum community_status status;
    } rows[] = {
        {SOUND_HEAD SOUND_TIMES "\"outcome\":{},\"previous\":null," SOUND_MIDDLE
                                "\"v\":1,\"version\":1}",
         COMMUNITY_OK},
        {SOUND_HEAD SOUND_TIMES "\"outcome\":{},\"previous\":null," SOUND_MIDDLE
                                "\"v\":2,\"version\":1}",
         COMMUNITY_TOO_NEW},
        {"{\"v\":7}", COMMUNITY_TOO_NEW},
        {"{\"v\":\"1\"}", COMMUNITY_CORRUPT},
        {"{\"v\":1}", COMMUNITY_CORRUPT},
        {"{}", COMMUNITY_CORRUPT},
        {"[]", COMMUNITY_CORRUPT},
        {"", COMMUNITY_CORRUPT},
        {"{\"v\":1", COMMUNITY_CORRUPT},
        {SOUND_HEAD SOUND_TIMES "\"outcome\":[],\"previous\":null," SOUND_MIDDLE
                                "\"v\":1,\"version\":1}",
         COMMUNITY_CORRUPT},
        {SOUND_HEAD SOUND_TIMES "\"outcome\":{}," SOUND_MIDDLE "\"v\":1,\"version\":1}",
         COMMUNITY_CORRUPT},
        {SOUND_HEAD SOUND_TIMES "\"outcome\":{},\"previous\":\"abc\"," SOUND_MIDDLE
                                "\"v\":1,\"version\":1}",
         COMMUNITY_CORRUPT},
        {SOUND_HEAD SOUND_TIMES "\"outcome\":{},\"previous\":null," SOUND_MIDDLE
                                "\"v\":1,\"version\":\"1\"}",
         COMMUNITY_CORRUPT},
        {SOUND_HEAD "\"command\":{\"name\":\"give\"},\"occurred_at\":\"yesterday\","
                    "\"outcome\":{},\"previous\":null," SOUND_MIDDLE "\"v\":1,\"version\":1}",
         COMMUNITY_CORRUPT},
        {SOUND_HEAD "\"command\":\"give\",\"occurred_at\":\"2026-06-01T01:00:00Z\","
                    "\"outcome\":{},\"previous\":null," SOUND_MIDDLE "\"v\":1,\"version\":1}",
         COMMUNITY_CORRUPT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_assert(read_text(rows[i].text) == rows[i].status, "row %zu", i);
}

/* With bytes cut off its end it is no entry; with one changed it is one or none, and no crash. */
Test(entry, broken_bytes_are_refused_or_read_as_what_they_say)
{
    write_entry();
    const struct community_text body = cm_buffer_view(&top.body);
    char *copy = malloc(body.size);
    cr_assert(copy != NULL);
    for (size_t size = 0; size < body.size; size++) {
        struct cm_entry_view view;
        cr_assert(cm_entry_read(&view, &top.arena, (struct community_text){body.data, size}) ==
                  COMMUNITY_CORRUPT);
    }
    for (size_t i = 0; i < body.size; i++) {
        struct cm_entry_view view;
        memcpy(copy, body.data, body.size);
        copy[i] ^= 1;
        const enum community_status status =
            cm_entry_read(&view, &top.arena, (struct community_text){copy, body.size});
        cr_assert(status == COMMUNITY_OK || status == COMMUNITY_CORRUPT ||
                  status == COMMUNITY_TOO_NEW);
    }
    free(copy);
}

Test(entry, an_outcome_of_another_lifecycle_is_corrupt)
{
    static const char *const rows[] = {
        "{\"state\":\"nowhere\"}",
        "{\"state\":5}",
        "{\"fields\":{\"nonsense\":1}}",
        "{\"fields\":{\"phone\":\"13900001111\"}}",
        "{\"fields\":[]}",
        "{\"deadlines\":{\"nonsense\":{}}}",
        "{\"deadlines\":{\"resolve\":{\"status\":\"asleep\"}}}",
        "{\"deadlines\":{\"resolve\":{\"status\":\"running\",\"started_at\":\"x\"}}}",
        "{\"deadlines\":{\"resolve\":{\"status\":\"running\",\"due\":\"2026-06-01T01:00:00Z\","
        "\"started_at\":\"2026-06-01T01:00:00Z\",\"stepped\":1}}}",
        "{\"deadlines\":{\"resolve\":{\"status\":\"running\",\"due\":\"2026-06-01T01:00:00Z\","
        "\"started_at\":\"2026-06-01T01:00:00Z\",\"next\":{\"kind\":\"warning\",\"index\":1,"
        "\"at\":\"2026-06-01T01:00:00Z\"}}}}",
        "{\"deadlines\":{\"resolve\":{\"status\":\"running\",\"due\":\"2026-06-01T01:00:00Z\","
        "\"started_at\":\"2026-06-01T01:00:00Z\",\"next\":{\"kind\":\"after\","
        "\"at\":\"2026-06-01T01:00:00Z\"}}}}",
        "{\"deadlines\":{\"resolve\":{\"status\":\"paused\",\"due\":\"2026-06-01T01:00:00Z\","
        "\"started_at\":\"2026-06-01T01:00:00Z\"}}}",
        "{\"after\":{}}",
        "{\"after\":[{\"index\":2,\"at\":\"2026-06-01T01:00:00Z\"}]}",
        "{\"after\":[{\"index\":-1,\"at\":\"2026-06-01T01:00:00Z\"}]}",
        "{\"after\":[{\"index\":0}]}",
        "{\"counters\":{\"give\":\"1\"}}",
        "{\"flags\":[\"nice\"]}",
        "{\"flags\":true}",
        "{\"merged_into\":\"x\"}",
        "{\"children_open\":-1}",
        "{\"duplicates\":\"1\"}",
        "{\"opened\":{}}",
        "{\"opened\":{\"lifecycle\":\"other\",\"requester\":\"r\"}}",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cm_value value;
        struct cm_outcome outcome;
        cr_assert(cm_json_read(&value, &top.arena, cm_text(rows[i]), &cm_json_command_limits,
                               NULL) == COMMUNITY_OK);
        cr_assert(cm_outcome_from_value(&outcome, &top.arena, top.lifecycle, &value, NULL, NULL) ==
                      COMMUNITY_CORRUPT,
                  "%s", rows[i]);
    }
}

Test(entry, an_erased_value_stays_unknown_and_keeps_its_commitment)
{
    struct cm_outcome outcome;
    write_entry();
    cr_assert(cm_outcome_from_value(&outcome, &top.arena, top.lifecycle, &top.entry.outcome, NULL,
                                    NULL) == COMMUNITY_OK);
    const int32_t phone = cm_lifecycle_field(top.lifecycle, CM_TEXT("phone"));
    cr_assert(cm_evolve(&top.record, &top.arena, &outcome));
    cr_assert(top.record.fields[phone].type == CM_NULL);
    cr_assert(top.record.commitments[phone].size == 64);
    cr_assert(top.record.version == 2);
}
