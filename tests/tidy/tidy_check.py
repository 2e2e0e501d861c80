#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Our style where no compiler looks, with a message that says what to write instead.

Each rule is first shown a planted fault, which it must find, and the nearest innocent line, which
it must let pass; then it reads the tree.
"""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("COMMUNITY_SOURCE_DIR",
                                   pathlib.Path(__file__).resolve().parent.parent.parent))

SKIPPED_FOLDERS = {".git", "build", "__pycache__", "corpus", ".cache", ".hypothesis"}
TEXT_SUFFIXES = {".c", ".h", ".def", ".i", ".py", ".pyi", ".lua", ".sh", ".cmake", ".map", ".in",
                 ".md", ".json", ".jsonl", ".txt", ".toml", ".ini", ""}
CODE_SUFFIXES = {".c", ".h", ".i", ".py", ".pyi", ".lua", ".sh", ".cmake", ""}

COLUMNS_MAX = 100

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
COMMENT_OR_STRING = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|/\*.*?\*/|//[^\n]*', re.S)
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
SYSTEM_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<([^>]+)>", re.M)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.M)


def blank(match):
    """As many lines and columns as before, so that places stay right."""
    return re.sub(r"[^\n]", " ", match.group())


def keep_strings(match):
    return match.group() if match.group()[0] in "\"'" else blank(match)


def code_of(text):
    """The text without its comments and strings."""
    return COMMENT_OR_STRING.sub(blank, text)


def without_comments(text):
    """The text without its comments; what looks like one inside a string stays."""
    return COMMENT_OR_STRING.sub(keep_strings, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def is_c(path):
    return path.endswith((".c", ".h"))


class Rule:
    """One rule: `applies` to a path (relative, with slashes), `find` yields (line, message)."""

    def __init__(self, name, applies, find, planted, innocent):
        self.name = name
        self.applies = applies
        self.find = find
        self.planted = planted    # (path, text) with a fault
        self.innocent = innocent  # (path, text) without

    def faults(self, path, text):
        return list(self.find(path, text)) if self.applies(path) else []


def calls(names, message):
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(")

    def find(_path, text):
        code = code_of(text)
        for match in pattern.finditer(code):
            yield line_of(code, match.start()), message.format(match.group(1))
    return find


def includes(forbidden, message):
    def find(_path, text):
        for match in INCLUDE.finditer(COMMENT.sub(blank, text)):
            if re.search(forbidden, match.group(1)):
                yield line_of(text, match.start()), message.format(match.group(1))
    return find


def find_transactions(_path, text):
    text = without_comments(text)
    for match in STRING.finditer(text):
        if re.match(r"\s*BEGIN\b(?!\s+IMMEDIATE\b)", match.group(1), re.I):
            yield (line_of(text, match.start()),
                   "a transaction that may write starts with BEGIN IMMEDIATE: a deferred one fails "
                   "with SQLITE_BUSY when it first writes, and no timeout helps it")


def find_impure_includes(_path, text):
    for match in SYSTEM_INCLUDE.finditer(COMMENT.sub(blank, text)):
        if not re.fullmatch(PURE_HEADERS, match.group(1)):
            yield (line_of(text, match.start()),
                   f"<{match.group(1)}> in a pure folder: what it needs of the world comes in as "
                   "an argument")


def find_goto(_path, text):
    for match in re.finditer(r"\bgoto\s+(?!out\s*;)\w+", code_of(text)):
        yield line_of(text, match.start()), "goto leads to `out:` and nowhere else"


def find_licence(path, text):
    head = "\n".join(text.splitlines()[:2])
    if "SPDX-License-Identifier: Apache-2.0" not in head:
        yield 1, "the file begins with \"SPDX-License-Identifier: Apache-2.0\" and what it is"


def find_tabs(_path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line:
            yield number, "a tab: write spaces, or \\t in a string"


def find_long_lines(_path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns, and {COLUMNS_MAX} are allowed"


# Taken apart, so that this file does not find itself.
WORKPLACE = re.compile(r"(?<![\w./-])/(?:wo" r"rk|ro" r"ot|ho" r"me|fa" r"rm)/\w+"
                       r"|/tmp/bui" r"ld-|arti" r"fact-?registry", re.I)


def find_workplace(_path, text):
    for match in WORKPLACE.finditer(text):
        yield (line_of(text, match.start()),
               f"\"{match.group()}\" is a place on somebody's machine: the text speaks of the "
               "product alone")


def in_folder(*folders, but=None):
    def applies(path):
        return is_c(path) and path.startswith(folders) and not (but and re.search(but, path))
    return applies


def is_code(path):
    return pathlib.PurePosixPath(path).suffix in CODE_SUFFIXES \
        and not path.startswith(("LICENSE", "docs/"))


def is_licensed(path):
    return path.endswith((".c", ".h", ".def")) \
        and path.startswith(("lib/", "include/", "tools/", "tests/", "examples/", "bench/"))


PURE_FOLDERS = ("lib/base/", "lib/calendar/", "lib/expression/", "lib/lifecycle/", "lib/ticket/",
                "lib/admission/", "lib/evaluation/")
# What a freestanding compiler has, and the part of libc that only looks at memory.
PURE_HEADERS = r"(assert|limits|std(align|arg|bool|def|int|noreturn)|string)\.h"

ALLOCATOR = r"^lib/system/\w*allocator\w*\.c$"

RULES = [
    Rule("no exit in tests and library",
         lambda path: path.startswith("lib/") and is_c(path)
         or re.match(r"tests/.*_test\.c$", path) is not None,
         calls(["exit", "_exit", "_Exit", "quick_exit"],
               "{}() ends the process, and Criterion takes exit(0) for a test that passed: "
               "return a status, or assert"),
         ("tests/base/planted_test.c", "Test(a, b)\n{\n    exit(0);\n}\n"),
         ("tests/base/planted_test.c", "/* exit(0) */ on_exit(\"exit(0)\");\n")),
    Rule("BEGIN IMMEDIATE", in_folder("lib/store/"), find_transactions,
         ("lib/store/planted.c", 'run("BEGIN DEFERRED");\n'),
         ("lib/store/planted.c", '/* "BEGIN" */ run("BEGIN IMMEDIATE"); run("BEGINNING");\n')),
    Rule("allocation by name", in_folder("lib/", but=ALLOCATOR),
         calls(["malloc", "calloc", "realloc", "free", "strdup", "strndup", "aligned_alloc",
                "asprintf"],
               "{}() by name: memory comes from the allocator or arena that was given "
               "(cm_allocate, cm_arena_allocate, cm_release)"),
         ("lib/base/planted.c", "    free(pointer);\n"),
         ("lib/base/planted.c", "    sqlite3_free(pointer); allocator->free(pointer);\n")),
    Rule("unbounded text", in_folder("lib/", "tools/"),
         calls(["sprintf", "vsprintf", "strcpy", "strcat", "gets", "atoi", "atol", "atoll", "atof"],
               "{}() knows no bound and no error: use the buffer and the text of lib/base "
               "(in tools, snprintf)"),
         ("tools/planted.c", "    count = atoi(word);\n"),
         ("tools/planted.c", "    snprintf(out, size, \"atoi(%s)\", word);\n")),
    Rule("state of the whole process", in_folder("lib/", "tools/", "bindings/"),
         calls(["strtok", "gmtime", "localtime", "ctime", "asctime", "setlocale", "rand", "srand"],
               "{}() keeps state for the whole process, which belongs to the program we are in"),
         ("lib/system/planted.c", "    tm = localtime(&now);\n"),
         ("lib/system/planted.c", "    gmtime_r(&now, &tm);\n")),
    Rule("licence line", is_licensed, find_licence,
         ("lib/base/planted.h", "#ifndef CM_PLANTED_H\n"),
         ("lib/base/planted.h", "/* SPDX-License-Identifier: Apache-2.0\n *\n * Planted. */\n")),
    Rule("cJSON is seen by lib/json alone",
         lambda path: is_c(path) and not path.startswith(("lib/json/", "bench/")),
         includes(r"(^|/)cJSON", "<{}> outside lib/json: use json.h, which refuses what cJSON lets "
                                 "through"),
         ("tests/base/planted_test.c", "#include <cjson/cJSON.h>\n"),
         ("lib/base/planted.c", "/* #include <cjson/cJSON.h> */\n#include \"json.h\"\n")),
    Rule("SQLite is seen by lib/store alone",
         lambda path: is_c(path) and not path.startswith(("lib/store/", "tests/", "bench/")),
         includes(r"(^|/)sqlite3", "<{}> outside lib/store: go through the store interface"),
         ("lib/desk/planted.c", "#include <sqlite3.h>\n"),
         ("lib/store/planted.c", "#include <sqlite3.h>\n")),
    Rule("libuuid and libcrypto are seen by lib/system alone",
         lambda path: is_c(path) and path.startswith(("lib/", "tools/"))
         and not path.startswith("lib/system/"),
         includes(r"^(uuid|uuid/.*|openssl/.*)(\.h)?$", "<{}> outside lib/system: ids and digests "
                                                        "come in through its interface"),
         ("lib/journal/planted.c", "#include <openssl/evp.h>\n"),
         ("lib/system/planted.c", "#include <openssl/evp.h>\n")),
    Rule("pure folders see nothing of the world", in_folder(*PURE_FOLDERS), find_impure_includes,
         ("lib/base/planted.c", "#include <stdlib.h>\n"),
         ("lib/base/planted.c", "#include \"text.h\"\n#include <string.h>\n#include <stdint.h>\n")),
    Rule("no include climbs out of its folder", in_folder("lib/", "tools/", "examples/"),
         includes(r"(^|/)\.\.?/|^lib/", "\"{}\": headers are included by bare name, from the "
                                      "folders that CMakeLists.txt allows"),
         ("tools/planted.c", "#include \"../lib/json/json.h\"\n"),
         ("tools/planted.c", "#include \"community/desk.h\"\n#include <sys/stat.h>\n")),
    Rule("goto out", in_folder("lib/", "tools/"), find_goto,
         ("lib/base/planted.c", "    goto retry;\n"),
         ("lib/base/planted.c", "    goto out; /* and not goto retry; */\n")),
    Rule("no tabs", is_code, find_tabs,
         ("lib/base/planted.c", "\treturn 0;\n"),
         ("lib/base/planted.c", "    return '\\t';\n")),
    Rule("line length", is_code, find_long_lines,
         ("lib/base/planted.c", "/* " + "x" * COLUMNS_MAX + " */\n"),
         ("lib/base/planted.c", "x" * COLUMNS_MAX + "\n")),
    Rule("no workplace", lambda path: path != "LICENSE", find_workplace,
         ("docs/planted.md", "Look in /ho" "me/somebody/notes.\n"),
         ("docs/planted.md", "Look in docs/work/notes and ../shared/data and /usr/bin.\n")),
]


def find_doubles(paths):
    """File names of lib/ that are not unique, as (path, message)."""
    seen = {}
    for path in sorted(paths):
        if not path.startswith("lib/") or not is_c(path):
            continue
        name = path.rsplit("/", 1)[1].lower()
        if name in seen:
            yield path, f"{seen[name]} has this name too: headers are included by bare name"
        else:
            seen[name] = path


def allowed_folders(cmake_text):
    """What each folder may include, from the community_folder() lines of CMakeLists.txt."""
    allowed = {}
    for match in re.finditer(r"^community_folder\(([^)]*)\)", cmake_text, re.M):
        words = match.group(1).split()
        used = []
        if "USES" in words:
            used = words[words.index("USES") + 1:]
            used = used[:used.index("SYSTEM")] if "SYSTEM" in used else used
        allowed[words[0]] = {words[0], *used}
    return allowed


def find_forbidden_includes(texts, allowed):
    """Includes of lib/ against the direction, as (path, line, message)."""
    home = {path.rsplit("/", 1)[1]: path.split("/")[1] for path in texts
            if path.startswith("lib/") and path.endswith((".h", ".def"))}
    for path, text in texts.items():
        if not path.startswith("lib/") or path.count("/") != 2:
            continue
        folder = path.split("/")[1]
        for match in INCLUDE.finditer(COMMENT.sub(blank, text)):
            owner = home.get(match.group(1))
            if owner and owner not in allowed.get(folder, {folder}):
                yield (path, line_of(text, match.start()),
                       f"lib/{folder} may not include {match.group(1)} of lib/{owner}: the "
                       "direction is in CMakeLists.txt")


def tree_files():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders
                            if name not in SKIPPED_FOLDERS and not name.startswith("build"))
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if path.suffix in TEXT_SUFFIXES and path.is_file():
                yield path.relative_to(ROOT).as_posix(), path


def main():
    passed = failed = 0

    def verdict(is_right, message):
        nonlocal passed, failed
        if is_right:
            passed += 1
        else:
            failed += 1
            print(message)

    for rule in RULES:
        verdict(rule.faults(*rule.planted), f"the rule \"{rule.name}\" misses its planted fault")
        seen = rule.faults(*rule.innocent)
        verdict(not seen, f"the rule \"{rule.name}\" accuses an innocent line: {seen}")
    verdict(list(find_doubles(["lib/a/x.h", "lib/b/X.h"])), "a planted double name is missed")
    verdict(not list(find_doubles(["lib/a/x.h", "lib/a/x.c", "tests/a/x.h"])),
            "unique names are taken for doubles")

    direction = allowed_folders("community_folder(a)\ncommunity_folder(b USES a\n  SYSTEM x)\n")
    planted = {"lib/a/low.h": '#include "high.h"\n', "lib/b/high.h": '#include "low.h"\n'}
    seen = [path for path, _, _ in find_forbidden_includes(planted, direction)]
    verdict(seen == ["lib/a/low.h"], f"of two planted includes, one is forbidden: found {seen}")

    found = {rule.name: [] for rule in RULES}
    texts = {}
    for path, file in tree_files():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        texts[path] = text
        for rule in RULES:
            for line, message in rule.faults(path, text):
                found[rule.name].append(f"{path}:{line}: {message}")
    for faults in found.values():
        verdict(not faults, "\n".join(faults))

    doubles = [f"{path}: {message}" for path, message in find_doubles(texts)]
    verdict(not doubles, "\n".join(doubles))
    forbidden = [f"{path}:{line}: {message}" for path, line, message in
                 find_forbidden_includes(texts, allowed_folders(texts["CMakeLists.txt"]))]
    verdict(not forbidden, "\n".join(forbidden))

    # A tree that could not be read would pass everything.
    verdict(sum(path.startswith("lib/") for path in texts) > 5, f"there is no tree at {ROOT}")

    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
