# SPDX-License-Identifier: Apache-2.0
"""Help, languages, bad usage, exit codes."""
import os
import pty
import subprocess

from harness import COMMAND, RULEBOOK, columns, environment, expect, main, run, write

THERE = ["check", "due", "init", "install", "submit", "preview", "show", "list", "options", "tick",
         "outbox", "summary", "verify", "backup", "import", "story"]
NOT_YET = ["diagram", "fmt", "explain", "diff", "expression", "migrate", "admit", "score",
           "evaluate", "replay", "checkpoint", "proof", "erase", "export", "import-rulebook"]


def test_help_lists_every_verb_of_the_contract():
    for language in ("en", "zh"):
        out = expect(0, "help", "--lang", language).out
        for verb in THERE + NOT_YET:
            assert f"  {verb} " in out, (language, verb)


def test_help_fits_a_terminal():
    for language in ("en", "zh"):
        for arguments in (["help"], *(["help", verb] for verb in THERE + NOT_YET)):
            for line in expect(0, *arguments, "--lang", language).out.splitlines():
                assert columns(line) <= 100, line


def test_help_of_a_verb_is_the_same_both_ways():
    for verb in THERE:
        assert expect(0, "help", verb).out == expect(0, verb, "--help").out


def test_help_tells_of_the_clock_where_a_desk_is_used():
    assert "--clock" in expect(0, "help", "submit").out
    assert "--clock" not in expect(0, "help", "due").out


def test_verbs_that_are_not_there_yet_say_so():
    for verb in NOT_YET:
        result = expect(2, verb, "whatever", "--odd")
        assert result.out == "" and "not-yet" in result.err and verb in result.err, result
    assert "尚不支持" in run("admit", env=environment(LANG="zh_CN.UTF-8")).err
    assert "Not yet" in expect(0, "help", "admit").out


def test_version():
    header = (RULEBOOK.parents[2] / "include/community/version.h").read_text()
    version = header.split('VERSION_STRING "')[1].split('"')[0]
    assert expect(0, "--version").out == f"community {version}\n"


def test_no_verb_is_bad_usage_with_help():
    assert "check" in expect(2).out


def test_bad_usage():
    for arguments in (["bogus"], ["due", "x"], ["due", "a", "b", "c", "d"], ["check"],
                      ["check", "--bogus", "x"], ["check", "-x"], ["show", "d", "@A"],
                      ["list", "d"], ["options", "d", "@A"], ["init", "d"],
                      ["submit", "d", "--batch"], ["submit", "d", "--batch", "0"],
                      ["submit", "d", "--batch", "many"], ["submit", "d", "--batch", "-1"],
                      ["list", "d", "--as", "p", "--limit", "x"],
                      ["tick", "d", "--now", "yesterday"], ["tick", "d", "--clock", "noon"],
                      ["check", "x", "--clock", "2026-01-01T00:00:00Z"],
                      ["check", "x", "--lang", "fr"], ["check", "x", "--json=1"],
                      ["submit", "d", "--batch", "1", "--batch", "2"],
                      ["import", "d", "f"], ["import", "d", "f", "--format", "csv"],
                      ["import", "d", "f", "--format", "xml", "--map", "m"],
                      ["help", "bogus"]):
        result = expect(2, *arguments)
        assert result.out == "" and result.err != "", arguments


def test_missing_files_are_bad_input():
    for arguments in (["check", "none.json"], ["due", "none.json", "2026-01-01T00:00:00Z", "1 day"],
                      ["init", "d", "--rulebook", "none.json"], ["story", "none.json"],
                      ["submit", "none.desk"], ["show", "none.desk", "@A", "--as", "p"],
                      ["summary", "none.desk"], ["verify", "none.desk"]):
        expect(2, *arguments)
    assert os.listdir(".") == []


def test_the_language_follows_the_environment():
    chinese = "没有命令"
    assert chinese in run("bogus", env=environment(LANG="zh_CN.UTF-8")).err
    assert chinese in run("bogus", env=environment(LC_MESSAGES="zh_TW.UTF-8")).err
    assert chinese not in run("bogus", env=environment(LC_ALL="C", LANG="zh_CN.UTF-8")).err
    assert chinese not in run("bogus").err


def test_double_dash_ends_the_options():
    write("--lang", RULEBOOK.read_text())
    expect(0, "check", "--", "--lang")


def on_terminal(*arguments, **extra):
    """What the command writes when stdout is a terminal."""
    leader, follower = pty.openpty()
    env = environment(TERM="xterm", **extra)
    done = subprocess.run([COMMAND, *map(str, arguments)], stdout=follower, env=env, check=False)
    os.close(follower)
    out = b""
    while True:
        try:
            block = os.read(leader, 65536)
        except OSError:
            break
        if not block:
            break
        out += block
    os.close(leader)
    assert done.returncode == 0
    return out


def test_colour_is_for_terminals_only():
    assert b"\033[32m" in on_terminal("check", RULEBOOK)
    assert b"\033" not in on_terminal("check", RULEBOOK, NO_COLOR="1")
    assert "\033" not in expect(0, "check", RULEBOOK).out


main(globals())
