/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors that the command itself finds. */
#include "tool_error.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static void copy(char *to, size_t capacity, const char *from)
{
    size_t size = strlen(from);
    if (size >= capacity) {
        size = capacity - 1;
        while (size > 0 && ((unsigned char)from[size] & 0xC0) == 0x80) {
            size--;
        }
    }
    memcpy(to, from, size);
    to[size] = '\0';
}

void tool_error_set(struct community_error *err, enum community_status status, const char *code,
                    const char *en, const char *zh)
{
    if (err->status != COMMUNITY_OK) {
        return;
    }
    *err = (struct community_error){.status = status};
    copy(err->code, sizeof err->code, code);
    copy(err->message, sizeof err->message, en);
    copy(err->message_zh, sizeof err->message_zh, zh);
}

/* The sentence with its one "%s" replaced: a format that is not a literal never meets printf. */
static void fill(char *to, size_t capacity, const char *sentence, const char *what)
{
    const char *hole = strstr(sentence, "%s");
    size_t before = hole ? (size_t)(hole - sentence) : strlen(sentence);
    (void)snprintf(to, capacity, "%.*s%.300s%s", (int)before, sentence, hole ? what : "",
                   hole ? hole + 2 : "");
}

void tool_error_about(struct community_error *err, enum community_status status, const char *code,
                      const char *en, const char *zh, const char *what)
{
    char en_filled[2 * COMMUNITY_ERROR_MESSAGE_SIZE];
    char zh_filled[2 * COMMUNITY_ERROR_MESSAGE_SIZE];
    fill(en_filled, sizeof en_filled, en, what);
    fill(zh_filled, sizeof zh_filled, zh, what);
    tool_error_set(err, status, code, en_filled, zh_filled);
}

void tool_error_place(struct community_error *err, const char *file, uint32_t line, uint32_t column)
{
    if (err->line == 0) {
        err->line = line;
        err->column = column;
    }
    if (file && err->source[0] == '\0') {
        copy(err->source, sizeof err->source, file);
    }
}

void tool_error_no_memory(struct community_error *err)
{
    tool_error_set(err, COMMUNITY_NO_MEMORY, "no-memory", "There is not enough memory.",
                   "内存不足。");
}

void tool_error_of_file(struct community_error *err, const char *file, int error_number)
{
    if (error_number == ENOENT || error_number == ENOTDIR) {
        tool_error_set(err, COMMUNITY_NOT_FOUND, "file-not-found", "There is no such file.",
                       "文件不存在。");
    } else if (error_number == ENOMEM) {
        tool_error_no_memory(err);
    } else {
        tool_error_about(err, COMMUNITY_IO, "file-io", "The file cannot be used: %s.",
                         "文件无法使用：%s。", strerror(error_number));
    }
    tool_error_place(err, file, 0, 0);
}
