# SPDX-License-Identifier: Apache-2.0
"""What docs/python.md shows is what happens; the examples tell one story in C and Python."""
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys

import pytest

from conftest import BUILD, SOURCE

GUIDE = SOURCE / "docs/python.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def test_every_block_of_the_guide_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    rulebook, = [text for language, text in blocks if language == "json"]
    (tmp_path / "city.json").write_text(rulebook, encoding="utf-8")
    names = {}
    ran = 0
    for index, (language, text) in enumerate(blocks):
        if language != "python":
            continue
        expected = ""
        if index + 1 < len(blocks) and blocks[index + 1][0] == "text":
            expected = blocks[index + 1][1]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(text, f"{GUIDE.name}, block {index}", "exec"), names)
        assert printed.getvalue() == expected, text
        ran += 1
    assert ran >= 8
    assert names["desk"].closed


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_c_example_compiles_against_the_installed_library(tmp_path):
    for tool in ("cmake", "cc", "pkg-config"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool}")
    run("cmake", "--install", BUILD, "--prefix", tmp_path)
    description, = tmp_path.rglob("libcommunity.pc")
    library = description.parent.parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(description.parent)}
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libcommunity"], env=environment,
                           capture_output=True, text=True, check=True).stdout.split()
    run("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
        SOURCE / "examples/c/desk.c", *flags, f"-Wl,-rpath,{library}", "-o", tmp_path / "tour")
    assert "whole, 6 entries" in run(tmp_path / "tour",
                                     SOURCE / "examples/rulebooks/city-311.json")
    # The package that was installed beside it works as well.
    package = tmp_path / "lib/python3/dist-packages"
    program = ("import libcommunity; "
               "print(libcommunity.__file__, libcommunity.open('memory:').now())")
    assert str(package) in run(
        "env", f"PYTHONPATH={package}", sys.executable, "-W", "ignore", "-c", program)


def test_the_examples_write_the_same_journal():
    rulebook = SOURCE / "examples/rulebooks/city-311.json"
    program = BUILD / "examples/desk"
    if not program.exists():
        pytest.skip(f"no {program}")
    in_c = run(program, rulebook)
    in_python = run(sys.executable, SOURCE / "examples/python/desk.py", rulebook)

    hashes_in_c = re.findall(r'"entry":"([0-9a-f]{64})"', in_c)
    hashes_in_python = re.findall(r" entry ([0-9a-f]{64})$", in_python, re.M)
    assert len(hashes_in_c) == 3
    assert hashes_in_c == hashes_in_python

    def told(output):
        return [line for line in output.splitlines()
                if re.match(r"(accepted|refused|whole,| |\d+ timers)", line)]

    assert told(in_c) == told(in_python)
    assert "whole, 6 entries" in told(in_c)
