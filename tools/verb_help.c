/* SPDX-License-Identifier: Apache-2.0
 *
 * help: what verbs there are, and how each is called. */
#include <string.h>

#include "print_table.h"
#include "verbs.h"

static void add_options(const struct tool *tool, struct tool_table *table,
                        const struct tool_option *options, bool uses_desk)
{
    for (const struct tool_option *option = options; option && option->name; option++) {
        if (option->is_hidden && !uses_desk) {
            continue;
        }
        struct tool_bytes left = {0};
        tool_bytes_format(&left, "--%s%s%s", option->name, option->value ? " " : "",
                          option->value ? option->value : "");
        tool_table_add(table, tool_bytes_text(&left));
        tool_table_add_string(table, tool_say(tool, option->en, option->zh));
        tool_bytes_free(&left);
    }
}

static enum tool_exit print_one(const struct tool *tool, const struct tool_verb *verb)
{
    struct tool_bytes out = {0};
    const char *colon = tool_say(tool, ": ", "：");
    tool_bytes_format(&out, "community %s %s\n\n%s%s%s\n", verb->name, verb->usage, verb->name,
                      colon, tool_say(tool, verb->en, verb->zh));
    if (!verb->run) {
        tool_bytes_format(&out, "%s\n",
                          tool_say(tool, "Not yet in this version.", "本版本尚不支持。"));
        return tool_print(tool, &out, TOOL_EXIT_YES);
    }
    if (verb->more_en) {
        tool_bytes_format(&out, "%s\n", tool_say(tool, verb->more_en, verb->more_zh));
    }
    struct tool_table table;
    tool_table_begin(&table, "ll");
    add_options(tool, &table, verb->options, verb->uses_desk);
    add_options(tool, &table, tool_common_options, verb->uses_desk);
    tool_bytes_add_byte(&out, '\n');
    tool_table_print(&table, &out, "  ");
    tool_table_free(&table);
    return tool_print(tool, &out, TOOL_EXIT_YES);
}

static void add_verbs(const struct tool *tool, struct tool_bytes *out, bool are_there)
{
    struct tool_table table;
    tool_table_begin(&table, "ll");
    for (const struct tool_verb *verb = tool_verbs; verb->name; verb++) {
        if ((verb->run != NULL) == are_there) {
            tool_table_add_string(&table, verb->name);
            tool_table_add_string(&table, tool_say(tool, verb->en, verb->zh));
        }
    }
    tool_table_print(&table, out, "  ");
    tool_table_free(&table);
}

static enum tool_exit print_all(const struct tool *tool)
{
    struct tool_bytes out = {0};
    tool_bytes_add_string(&out, tool_say(tool, "community: the engine for community casework\n\n",
                                         "community：社区事务引擎\n\n"));
    tool_bytes_add_string(&out,
                          tool_say(tool, "usage: community VERB ... [--json] [--lang zh|en]\n\n",
                                   "用法：community 命令 …… [--json] [--lang zh|en]\n\n"));
    add_verbs(tool, &out, true);
    tool_bytes_add_string(
        &out, tool_say(tool, "\nNot yet in this version:\n\n", "\n本版本尚不支持：\n\n"));
    add_verbs(tool, &out, false);
    tool_bytes_add_string(
        &out,
        tool_say(
            tool,
            "\nDESK is a file, or a URI: sqlite:PATH, memory:. `community help VERB` tells more.\n"
            "Exit: 0 yes or done; 1 the answer is no; 2 bad usage or bad input; 3 the world\n"
            "failed. NO_COLOR turns colour off.\n",
            "\nDESK 为文件路径，或 URI：sqlite:PATH、memory:。`community help 命令` 查看详情。\n"
            "退出码：0 是或完成；1 否；2 用法或输入有误；3 外部故障。设置 NO_COLOR "
            "可关闭颜色。\n"));
    return tool_print(tool, &out, TOOL_EXIT_YES);
}

enum tool_exit tool_print_help(const struct tool *tool, const struct tool_verb *verb)
{
    return verb ? print_one(tool, verb) : print_all(tool);
}
