/* SPDX-License-Identifier: Apache-2.0
 *
 * A tour of libcommunity: a city request is opened, refused a step, overdue, closed and checked.
 * examples/python/desk.py tells the same story. Both have a clock and a random source that repeat,
 * so both write the same journal, byte for byte: compare the hashes they print.
 *
 *     cc desk.c $(pkg-config --cflags --libs libcommunity) && ./a.out city-311.json */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "community.h"

#define TEXT(literal) ((struct community_text){literal, sizeof(literal) - 1})
#define SHOWN(text) (int)(text).size, (text).data /* for "%.*s" */

static struct community_error error; /* the first error stands */

static void check(enum community_status status)
{
    if (status == COMMUNITY_OK)
        return;
    fprintf(stderr, "%s: %s\n%s\n", error.code, error.message, error.message_zh);
    exit(3);
}

static community_time_ms now;

static community_time_ms tell_time(void *userdata)
{
    (void)userdata;
    return now;
}

static void set_time(struct community_text text)
{
    check(community_time_parse(&now, text, &error));
}

/* A linear congruence: good enough for a tour, for nothing else. */
static bool fill_random(void *userdata, uint8_t *bytes, size_t size)
{
    uint32_t *state = userdata;
    for (size_t i = 0; i < size; i++) {
        *state = *state * 1103515245u + 12345u;
        bytes[i] = (uint8_t)(*state >> 16);
    }
    return true;
}

/* A yes shows the new state and what is due; a no shows every reason. */
static void show(const struct community_receipt *receipt)
{
    if (community_receipt_is_accepted(receipt))
        printf("accepted %.*s\n", SHOWN(community_receipt_state(receipt)));
    for (size_t i = 0; i < community_receipt_deadline_count(receipt); i++) {
        char due[COMMUNITY_TIME_TEXT_SIZE];
        community_time_format(due, community_receipt_deadline_due(receipt, i), -5 * 60);
        printf("  %.*s is due %s\n", SHOWN(community_receipt_deadline_name(receipt, i)), due);
    }
    for (size_t i = 0; i < community_receipt_reason_count(receipt); i++)
        printf("refused %.*s\n  %.*s\n  %.*s\n", SHOWN(community_receipt_reason_code(receipt, i)),
               SHOWN(community_receipt_reason_message(receipt, i)),
               SHOWN(community_receipt_reason_message_zh(receipt, i)));
}

static void submit(struct community_desk *desk, struct community_text json)
{
    struct community_command *command = NULL;
    struct community_receipt *receipt = NULL;
    check(community_command_from_json(&command, json, NULL, &error));
    check(community_desk_submit(&receipt, desk, command, &error));
    show(receipt);
    community_receipt_free(receipt);
    community_command_free(command);
}

static int print_line(void *userdata, struct community_text json)
{
    (void)userdata;
    printf("%.*s\n", SHOWN(json));
    return 0;
}

static struct community_rulebook *load(const char *path)
{
    static char bytes[1 << 16];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    const size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    struct community_rulebook *rulebook = NULL;
    check(community_rulebook_load(&rulebook, (struct community_text){bytes, size},
                                  (struct community_text){path, strlen(path)}, NULL, &error));
    return rulebook;
}

int main(int argument_count, char **arguments)
{
    uint32_t seed = 1;
    const struct community_desk_configuration configuration = {
        .size = sizeof(configuration),
        .now = tell_time,
        .random = fill_random,
        .random_userdata = &seed,
    };
    struct community_desk *desk = NULL;
    struct community_verification verification = {.size = sizeof(verification)};
    int64_t fired = 0;
    if (argument_count != 2) {
        fprintf(stderr, "usage: %s examples/rulebooks/city-311.json\n", arguments[0]);
        return 2;
    }

    set_time(TEXT("2015-03-02T08:00:00-05:00"));
    struct community_rulebook *rulebook = load(arguments[1]);
    check(community_desk_open(&desk, TEXT("memory:"), &configuration, &error));
    check(community_desk_install(desk, rulebook, TEXT("installer"), &error));
    submit(desk, TEXT("{\"command\": \"put-unit\", \"actor\": \"installer\", \"data\": {\"id\": "
                      "\"city\", \"kind\": \"city\", \"title\": \"City\"}}"));
    submit(desk, TEXT("{\"command\": \"grant\", \"actor\": \"installer\", \"data\": {\"person\": "
                      "\"p-311\", \"role\": \"operator\", \"unit\": \"city\"}}"));

    set_time(TEXT("2015-03-02T09:00:00-05:00"));
    submit(desk, TEXT("{\"command\": \"open\", \"lifecycle\": \"city-311\", \"external_id\": "
                      "\"B-1\", \"actor\": \"caller\", \"data\": {\"case_type\": \"Pothole\", "
                      "\"target\": \"2015-03-05T16:30:00-05:00\"}}"));
    submit(desk, TEXT("{\"command\": \"close\", \"record\": \"@B-1\", \"actor\": \"caller\"}"));

    set_time(TEXT("2015-03-06T09:00:00-05:00"));
    check(community_desk_tick(desk, COMMUNITY_TIME_NOW, &fired, NULL, NULL, &error));
    printf("%" PRId64 " timers fired\n", fired);
    submit(desk, TEXT("{\"command\": \"close\", \"record\": \"@B-1\", \"actor\": \"p-311\"}"));

    check(community_desk_history(desk, TEXT("@B-1"), TEXT("p-311"), print_line, NULL, &error));
    check(community_desk_outbox(desk, print_line, NULL, &error));
    check(community_desk_verify(&verification, desk, NULL, NULL, &error));
    printf("%s, %" PRId64 " entries\n", verification.is_whole ? "whole" : "tampered",
           verification.entry_count);

    community_desk_close(desk);
    community_rulebook_free(rulebook);
    return 0;
}
