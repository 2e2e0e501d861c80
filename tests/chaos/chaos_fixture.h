/* SPDX-License-Identifier: Apache-2.0
 *
 * What the reliability tests share: counted checks, a directory to work in, a clock and random
 * bytes that are the test's own, a desk with a story on it, and all that a desk holds as one
 * text. */
#ifndef CHAOS_FIXTURE_H
#define CHAOS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <community.h>

/* A failed check is printed with its place; the rest goes on. Only the first hundred are
 * printed. */
bool chaos_check(bool is_right, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define CHECK(claim) chaos_check((claim), __FILE__, __LINE__, "%s", #claim)
#define CHECK_SAYING(claim, ...) chaos_check((claim), __FILE__, __LINE__, __VA_ARGS__)
void chaos_skip(const char *reason);
/* Prints the last line, removes the directory; the exit status of the program. */
int chaos_finish(void);

/* Ends the program: for what a test cannot go on without. */
void chaos_stop(const char *what, const struct community_error *err) __attribute__((noreturn));

/* A number that does not depend on anything but the one before. */
struct chaos_random {
    uint64_t state;
};
uint64_t chaos_next(struct chaos_random *random);
/* 0 .. bound - 1 */
uint64_t chaos_below(struct chaos_random *random, uint64_t bound);
/* From CHAOS_SEED, else the one that is given; printed, so that a failure can be repeated. */
uint64_t chaos_seed(uint64_t otherwise);
double chaos_seconds(void);

struct community_text chaos_text(const char *string);
community_time_ms chaos_time(const char *rfc3339);

/* A new directory of our own; removed with all files in it at the end. */
const char *chaos_directory(void);
/* "<directory>/<name>" into `out`. */
enum { CHAOS_PATH_SIZE = 512 };
void chaos_path(char out[CHAOS_PATH_SIZE], const char *name);
void chaos_remove_database(const char *path);
/* A byte-wise copy of a database that nobody has open. */
void chaos_copy_file(const char *from, const char *to);

/* The clock and the random bytes of a desk. */
struct chaos_world {
    community_time_ms now;
    struct chaos_random random;
};
community_time_ms chaos_now(void *world);
bool chaos_random_bytes(void *world, uint8_t *bytes, size_t size);
struct community_desk_configuration chaos_configuration(struct chaos_world *world, uint32_t flags);

/* Monday 2026-06-01 08:00 in Shanghai. */
#define CHAOS_START INT64_C(1780272000000)
#define CHAOS_MINUTE INT64_C(60000)
#define CHAOS_HOUR INT64_C(3600000)
#define CHAOS_DAY INT64_C(86400000)

/* The text of street.json, NUL-terminated and kept for ever; the same with another version word. */
const char *chaos_rules(void);
struct community_rulebook *chaos_rulebook(const struct community_allocator *allocator);

/* A command as JSON; the receipt is the caller's, NULL after an error. */
enum community_status chaos_submit(struct community_receipt **receipt_out,
                                   struct community_desk *desk, const char *json,
                                   struct community_error *err);
/* The command is accepted; true also where there was nothing to see. */
bool chaos_accepted(struct community_desk *desk, const char *json);

/* Units, people and grants: "street" over "water" and "light"; "op" operates, "chief" supervises
 * and operates, "w" and "l" handle for the two bureaus. */
void chaos_put_directory(struct community_desk *desk);
/* The story: requests in every state, two with supporting tickets, a duplicate, a
 * patrol. It begins at `world->now` and moves it three days on. */
void chaos_tell_story(struct community_desk *desk, struct chaos_world *world);

/* Everything that can be asked of a desk, as one text to be freed: the summary as of a fixed time,
 * each record as the supervisor sees it, the outbox, and what verify said. */
char *chaos_content(struct community_desk *desk);
/* The journal is whole; otherwise it is said where it is not. */
bool chaos_is_whole(struct community_desk *desk);

/* Growing text, for the tests' own use. */
struct chaos_buffer {
    char *data;
    size_t size;
    size_t capacity;
};
void chaos_add(struct chaos_buffer *buffer, struct community_text text);
void chaos_add_string(struct chaos_buffer *buffer, const char *string);

#endif
