/* SPDX-License-Identifier: Apache-2.0
 *
 * The `community` command: finds the verb, reads its arguments, runs it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs.h"

enum { MANY = 1 << 20 };

static const struct tool_option due_options[] = {
    {"explain", NULL, "with every day that was counted or passed over", "逐日说明计算过程", false},
    {0},
};

static const struct tool_option init_options[] = {
    {"rulebook", "FILE", "the rules of the new desk", "新工作台的规则手册", false},
    {"directory", "FILE", "its units, people and grants", "单位、人员与授权", false},
    {"actor", "ID", "who does it (default: installer)", "操作人（默认 installer）", false},
    {0},
};

static const struct tool_option install_options[] = {
    {"actor", "ID", "who does it (default: installer)", "操作人（默认 installer）", false},
    {0},
};

static const struct tool_option submit_options[] = {
    {"batch", "N", "commands per transaction (default: 1)", "每个事务的命令数（默认 1）", false},
    {0},
};

static const struct tool_option show_options[] = {
    {"as", "ACTOR", "who is looking: what they may not read is masked",
     "查看人：无权查看的内容会被遮盖", false},
    {"history", NULL, "with every step", "附全部办理过程", false},
    {"explain", NULL, "with the days behind each deadline", "附每个期限的逐日说明", false},
    {0},
};

static const struct tool_option list_options[] = {
    {"as", "ACTOR", "who is looking", "查看人", false},
    {"lifecycle", "L", "only of this lifecycle", "只看该流程", false},
    {"state", "S", "only in this state", "只看该状态", false},
    {"unit", "U", "only of this unit", "只看该单位", false},
    {"due-before", "T", "only with a deadline before this time, earliest first",
     "只看在此时间之前到期的，先到期者在前", false},
    {"limit", "N", "at most so many", "最多列出的条数", false},
    {0},
};

static const struct tool_option options_options[] = {
    {"as", "ACTOR", "who asks", "询问人", false},
    {0},
};

static const struct tool_option now_options[] = {
    {"now", "T", "as if it were this time", "视为当前时间", false},
    {0},
};

static const struct tool_option outbox_options[] = {
    {"ack", "ID", "strike out the effect with this id", "确认并移除该编号的事项", false},
    {0},
};

static const struct tool_option verify_options[] = {
    {"checkpoint", "FILE", "not in this version", "本版本尚不支持", false},
    {0},
};

static const struct tool_option import_options[] = {
    {"format", "F", "csv", "csv", false},
    {"map", "FILE", "which column becomes what (docs/formats.md)", "列的对应关系", false},
    {"rejects", "FILE", "where bad rows go (default: FILE.rejects.csv)",
     "问题行的输出文件（默认 FILE.rejects.csv）", false},
    {0},
};

const struct tool_verb tool_verbs[] = {
    {"check", "RULEBOOK...", "say what is wrong with a rulebook, with its place",
     "检查规则手册，指出问题所在", NULL, NULL, 1, MANY, false, NULL, tool_verb_check},
    {"diagram", "RULEBOOK LIFECYCLE [--format dot|mermaid]", "draw a lifecycle", "绘制流程图", NULL,
     NULL, 0, MANY, false, NULL, NULL},
    {"fmt", "RULEBOOK", "print a rulebook in its canonical layout", "以标准版式输出规则手册", NULL,
     NULL, 0, MANY, false, NULL, NULL},
    {"explain", "RULEBOOK", "the rules as text with clause numbers", "以条文形式说明规则", NULL,
     NULL, 0, MANY, false, NULL, NULL},
    {"diff", "OLD NEW", "what changed between two rulebooks, in words", "说明两版规则的差异", NULL,
     NULL, 0, MANY, false, NULL, NULL},
    {"due", "RULEBOOK[#CALENDAR] START DURATION [--explain]", "when a period ends",
     "计算期限的届满时间",
     "START is RFC 3339, DURATION words such as \"5 working days\".\n"
     "Exits with 1 where the count enters a year that the calendar does not know.",
     "START 为 RFC 3339 时间，DURATION 如 \"5 working days\"。\n"
     "若计算进入日历未载明的年份，以 1 退出。",
     3, 3, false, due_options, tool_verb_due},
    {"expression", "EXPR [--facts FILE]", "evaluate a condition", "求条件表达式的值", NULL, NULL, 0,
     MANY, false, NULL, NULL},
    {"init", "DESK --rulebook FILE [--directory FILE] [--actor ID]", "make a new desk",
     "新建工作台", "Nothing is left behind when it fails.", "失败时不留下任何文件。", 1, 1, true,
     init_options, tool_verb_init},
    {"install", "DESK RULEBOOK [--actor ID]", "put new records under another rulebook",
     "为新事项启用另一版规则手册", NULL, NULL, 2, 2, true, install_options, tool_verb_install},
    {"migrate", "DESK --to HASH [--dry-run]", "move records to another rulebook",
     "将已有事项迁移到另一版规则", NULL, NULL, 0, MANY, false, NULL, NULL},
    {"submit", "DESK [FILE|-] [--batch N]", "do commands: JSON lines in, receipts out, in order",
     "提交命令：逐行读入 JSON，依次输出回执",
     "A receipt that is printed is durable: with --batch N it comes after the commit of its\n"
     "batch. A line that cannot be read gives {\"outcome\": \"error\", ...} and the next one is\n"
     "read. Exits with 3 if the world failed, else 2 after any such line, else 1 after any\n"
     "refusal, else 0; with 3 and no word when the reader of stdout has gone.",
     "已输出的回执即已落盘：使用 --batch N 时，在该批提交之后输出。无法读取的行输出\n"
     "{\"outcome\": \"error\", ...} 并继续。退出码：存储等外部故障为 3，有无法读取的行为 2，\n"
     "有被拒绝的命令为 1，其余为 0；标准输出的读取方已离开时，静默以 3 退出。",
     1, 2, true, submit_options, tool_verb_submit},
    {"preview", "DESK [FILE|-]", "the receipts that submit would give; nothing is written",
     "预演提交结果，不写入任何内容", NULL, NULL, 1, 2, true, NULL, tool_verb_preview},
    {"show", "DESK RECORD --as ACTOR [--history] [--explain]", "one record, as this actor sees it",
     "查看一个事项", "RECORD is an id or @ and an external id.",
     "RECORD 为事项编号，或 @ 加外部编号。", 2, 2, true, show_options, tool_verb_show},
    {"list", "DESK --as ACTOR [--lifecycle L] [--state S] [--unit U] [--due-before T] [--limit N]",
     "records, one a line", "列出事项", NULL, NULL, 1, 1, true, list_options, tool_verb_list},
    {"options", "DESK RECORD --as ACTOR", "what may be done now, and why not the rest",
     "当前可办理的操作，以及不可办理的原因", NULL, NULL, 2, 2, true, options_options,
     tool_verb_options},
    {"tick", "DESK [--now T]", "do what is due by now", "处理到期事项", NULL, NULL, 1, 1, true,
     now_options, tool_verb_tick},
    {"outbox", "DESK [--ack ID]", "what waits to be told or done outside", "查看待外发的通知与任务",
     NULL, NULL, 1, 1, true, outbox_options, tool_verb_outbox},
    {"summary", "DESK [--now T]", "counts by lifecycle and unit: open, overdue, on time",
     "按流程与单位汇总：在办、超期、按时", NULL, NULL, 1, 1, true, now_options, tool_verb_summary},
    {"admit", "RULEBOOK REQUEST.json [--explain]", "decide an admission", "作出准入决定", NULL,
     NULL, 0, MANY, false, NULL, NULL},
    {"score", "RULEBOOK SCHEME FACTS.json [--explain]", "score a scheme", "计算评价得分", NULL,
     NULL, 0, MANY, false, NULL, NULL},
    {"evaluate", "DESK SCHEME --period P", "evaluate a period", "开展周期评价", NULL, NULL, 0, MANY,
     false, NULL, NULL},
    {"replay", "DESK --with RULEBOOK", "what old requests would meet under new rules",
     "以新规则重放既往事项", NULL, NULL, 0, MANY, false, NULL, NULL},
    {"verify", "DESK [--checkpoint FILE]",
     "read the whole journal again; 1 where it was tampered with",
     "重新核验全部日志；被篡改时以 1 退出", NULL, NULL, 1, 1, true, verify_options,
     tool_verb_verify},
    {"checkpoint", "DESK --key FILE", "sign the journal as it stands", "签署日志检查点", NULL, NULL,
     0, MANY, false, NULL, NULL},
    {"proof", "DESK RECORD", "prove that a record is in the journal", "出具事项在日志中的证明",
     NULL, NULL, 0, MANY, false, NULL, NULL},
    {"erase", "DESK --person ID", "erase a person's data", "删除个人信息", NULL, NULL, 0, MANY,
     false, NULL, NULL},
    {"backup", "DESK FILE", "copy the desk while others go on working", "在线备份工作台", NULL,
     NULL, 2, 2, true, NULL, tool_verb_backup},
    {"import", "DESK --format csv --map FILE FILE [--rejects FILE]", "bring in records of old",
     "导入历史数据",
     "May be interrupted and repeated: what is there already is passed over. Rows that cannot\n"
     "be taken go to FILE.rejects.csv with line, code and reason; the others land. Exits with\n"
     "1 if there were such rows.",
     "可中断后重复执行：已导入的内容会跳过。无法导入的行连同行号、代码和原因写入\n"
     "FILE.rejects.csv，其余照常导入。有此类行时以 1 退出。",
     2, 2, true, import_options, tool_verb_import},
    {"export", "DESK --format F", "take records out", "导出数据", NULL, NULL, 0, MANY, false, NULL,
     NULL},
    {"import-rulebook", "--format digit FILE", "a rulebook from another system",
     "从其他系统导入规则手册", NULL, NULL, 0, MANY, false, NULL, NULL},
    {"story", "FILE...", "play stories against their rulebook; 1 if any fails",
     "按剧本检验规则手册；有失败时以 1 退出", NULL, NULL, 1, MANY, false, NULL, tool_verb_story},
    {0},
};

const struct tool_option tool_common_options[] = {
    {"json", NULL, "JSON lines instead of people's text", "以 JSON 行输出", false},
    {"lang", "zh|en", "the language of people's text", "文字的语言", false},
    {"help", NULL, "this help", "显示帮助", false},
    {"clock", "T", "what the machine's clock is said to show (verbs with a desk)",
     "替代本机时钟（用于涉及工作台的命令）", true},
    {0},
};

static bool starts_with_zh(const char *value)
{
    return value && strncmp(value, "zh", 2) == 0;
}

static bool wants_chinese(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        const char *value = getenv(names[index]);
        if (value && value[0] != '\0') {
            return starts_with_zh(value);
        }
    }
    return false;
}

static bool wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no_colour && no_colour[0] != '\0') && terminal &&
           strcmp(terminal, "dumb") != 0;
}

static const struct tool_verb *find_verb(const char *name)
{
    for (const struct tool_verb *verb = tool_verbs; verb->name; verb++) {
        if (strcmp(verb->name, name) == 0) {
            return verb;
        }
    }
    return NULL;
}

static enum tool_exit fail_unknown_verb(const struct tool *tool, const char *name)
{
    struct community_error err = {0};
    tool_error_about(&err, COMMUNITY_INVALID, "bad-usage",
                     "There is no verb %s; `community help` lists them.",
                     "没有命令 %s；`community help` 列出全部命令。", name);
    return tool_fail(tool, &err);
}

static enum tool_exit fail_not_yet(const struct tool *tool, const struct tool_verb *verb)
{
    struct community_error err = {0};
    tool_error_about(&err, COMMUNITY_UNSUPPORTED, "not-yet",
                     "The verb %s is not yet in this version.", "本版本尚不支持命令 %s。",
                     verb->name);
    return tool_fail(tool, &err);
}

/* Takes the options that every verb understands. */
static bool apply_common(struct tool *tool, struct community_error *err)
{
    tool->is_json = tool_is_given(tool, "json");
    const char *language = tool_option_value(tool, "lang");
    if (language) {
        if (strcmp(language, "zh") != 0 && strcmp(language, "en") != 0) {
            tool_error_about(err, COMMUNITY_INVALID, "bad-usage", "--lang is zh or en, not %s.",
                             "--lang 只能是 zh 或 en，不能是 %s。", language);
            return false;
        }
        tool->is_chinese = starts_with_zh(language);
    }
    tool->has_clock = tool_is_given(tool, "clock");
    if (tool->has_clock && tool->verb && !tool->verb->uses_desk) {
        tool_error_set(err, COMMUNITY_INVALID, "bad-usage", "This verb asks no clock.",
                       "该命令不使用时钟。");
        return false;
    }
    return !tool->has_clock || tool_option_time(tool, "clock", &tool->clock, err);
}

static enum tool_exit run_verb(struct tool *tool)
{
    const struct tool_verb *verb = tool->verb;
    if (tool_is_given(tool, "help")) {
        return tool_print_help(tool, verb);
    }
    if (tool->arguments.position_count < verb->position_count_min) {
        return tool_misused(tool, "Something is missing.", "参数不足。");
    }
    if (tool->arguments.position_count > verb->position_count_max) {
        return tool_misused(tool, "There is a word too many.", "参数过多。");
    }
    return verb->run(tool);
}

static enum tool_exit run_help(struct tool *tool, const char *name)
{
    if (!name) {
        return tool_print_help(tool, NULL);
    }
    const struct tool_verb *verb = find_verb(name);
    return verb ? tool_print_help(tool, verb) : fail_unknown_verb(tool, name);
}

/* `argv` begins with the verb. */
static enum tool_exit run(struct tool *tool, int argc, char **argv)
{
    struct community_error err = {0};
    const char *name = argc > 0 ? argv[0] : "help";
    bool is_help = strcmp(name, "help") == 0 || strcmp(name, "--help") == 0;
    tool->verb = is_help ? NULL : find_verb(name);
    if (!is_help && !tool->verb) {
        return fail_unknown_verb(tool, name);
    }
    if (!is_help && !tool->verb->run) {
        bool asks_help = argc > 1 && strcmp(argv[1], "--help") == 0;
        return asks_help ? tool_print_help(tool, tool->verb) : fail_not_yet(tool, tool->verb);
    }
    int rest = argc > 0 ? argc - 1 : 0;
    const struct tool_option *own = tool->verb ? tool->verb->options : NULL;
    bool is_read = tool_arguments_read(&tool->arguments, rest, argv + (argc - rest), own,
                                       tool_common_options, &err) &&
                   apply_common(tool, &err);
    enum tool_exit code = TOOL_EXIT_YES;
    if (!is_read) {
        code = tool_fail(tool, &err);
    } else if (is_help) {
        code = run_help(tool, tool_position(tool, 0));
    } else {
        code = run_verb(tool);
    }
    tool_arguments_free(&tool->arguments);
    return code;
}

int main(int argc, char **argv)
{
    /* A reader that has gone is seen at the next write. */
    (void)signal(SIGPIPE, SIG_IGN);
    struct tool tool = {.is_chinese = wants_chinese(), .has_colour = wants_colour()};
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("community %s\n", COMMUNITY_VERSION_STRING);
        return fflush(stdout) == 0 ? TOOL_EXIT_YES : (int)tool_fail_output(&tool);
    }
    if (argc < 2) {
        tool_print_help(&tool, NULL);
        return TOOL_EXIT_INPUT;
    }
    return (int)run(&tool, argc - 1, argv + 1);
}
