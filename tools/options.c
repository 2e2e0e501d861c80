/* SPDX-License-Identifier: Apache-2.0
 *
 * The arguments of a verb. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "tool_error.h"

static const struct tool_option *look_up(const struct tool_option *options, const char *name,
                                         size_t size)
{
    for (const struct tool_option *option = options; option && option->name; option++) {
        if (strlen(option->name) == size && memcmp(option->name, name, size) == 0) {
            return option;
        }
    }
    return NULL;
}

static bool refuse(struct community_error *err, const char *en, const char *zh, const char *what)
{
    tool_error_about(err, COMMUNITY_INVALID, "bad-usage", en, zh, what);
    return false;
}

/* Reads argv[*index] and, where the option has a value of its own, the word after it. */
static bool read_option(struct tool_arguments *arguments, int argc, char **argv, int *index,
                        const struct tool_option *own, const struct tool_option *common,
                        struct community_error *err)
{
    const char *word = argv[*index];
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const struct tool_option *option = look_up(own, name, size);
    if (!option) {
        option = look_up(common, name, size);
    }
    if (!option) {
        return refuse(err, "There is no option %s here.", "此处没有选项 %s。", word);
    }
    if (tool_arguments_option(arguments, option->name)) {
        return refuse(err, "The option %s is given twice.", "选项 %s 重复出现。", word);
    }
    const char *value = equals ? equals + 1 : "";
    if (!option->value && equals) {
        return refuse(err, "The option %s takes no value.", "选项 %s 不带值。", word);
    }
    if (option->value && !equals) {
        if (*index + 1 >= argc) {
            return refuse(err, "The option %s needs a value.", "选项 %s 缺少值。", word);
        }
        value = argv[++*index];
    }
    arguments->given[arguments->given_count++] =
        (struct tool_given){.option = option, .value = value};
    return true;
}

bool tool_arguments_read(struct tool_arguments *arguments, int argc, char **argv,
                         const struct tool_option *own, const struct tool_option *common,
                         struct community_error *err)
{
    size_t count = (size_t)argc + 1;
    *arguments = (struct tool_arguments){0};
    arguments->positions = calloc(count, sizeof *arguments->positions);
    arguments->given = calloc(count, sizeof *arguments->given);
    if (!arguments->positions || !arguments->given) {
        tool_error_no_memory(err);
        return false;
    }
    bool only_positions = false;
    for (int index = 0; index < argc; index++) {
        const char *word = argv[index];
        if (!only_positions && strcmp(word, "--") == 0) {
            only_positions = true;
        } else if (only_positions || word[0] != '-' || word[1] == '\0') {
            arguments->positions[arguments->position_count++] = word;
        } else if (word[1] != '-') {
            return refuse(err, "There is no option %s here.", "此处没有选项 %s。", word);
        } else if (!read_option(arguments, argc, argv, &index, own, common, err)) {
            return false;
        }
    }
    return true;
}

void tool_arguments_free(struct tool_arguments *arguments)
{
    free(arguments->positions);
    free(arguments->given);
    *arguments = (struct tool_arguments){0};
}

const char *tool_arguments_option(const struct tool_arguments *arguments, const char *name)
{
    for (size_t index = 0; index < arguments->given_count; index++) {
        const struct tool_given *given = &arguments->given[index];
        if (given->option && strcmp(given->option->name, name) == 0) {
            return given->value;
        }
    }
    return NULL;
}
