# SPDX-License-Identifier: Apache-2.0
"""The package is typed: mypy finds nothing in it, and the stub is the generated layer's."""
import pathlib
import shutil
import subprocess
import sys

import pytest

import libcommunity

PACKAGE = pathlib.Path(libcommunity.__file__).parent

USE = '''
from datetime import datetime, timezone
import libcommunity

with libcommunity.open("memory:", clock=datetime(2026, 1, 1, tzinfo=timezone.utc)) as desk:
    receipt = desk.submit("open", actor="p", lifecycle="x", data={"a": [1, {"b": None}]})
    reveal_type(receipt.deadlines["x"])
    for record in desk.find(actor="p"):
        reveal_type(record.state)
    try:
        desk.submit({"command": "close"})
    except libcommunity.Refused as refused:
        reveal_type(refused.reasons[0].needs)
    reveal_type(next(desk.history("@A", actor="p")).recorded_at)
    desk.get("@A-17")
    desk.submit("open", actor=5)
    desk.tick("tomorrow")
'''


def run(arguments, **options):
    if shutil.which(arguments[0]) is None:
        pytest.skip(f"no {arguments[0]}")
    return subprocess.run(arguments, capture_output=True, text=True, check=False, **options)


def test_mypy_finds_nothing(tmp_path):
    done = run(["mypy", "--strict", "--cache-dir", str(tmp_path), "--python-version",
                f"{sys.version_info.major}.{sys.version_info.minor}", str(PACKAGE)])
    assert done.returncode == 0, done.stdout


def test_the_stub_is_the_generated_layers(tmp_path):
    done = run(["stubtest", "libcommunity.generated"], cwd=tmp_path,
               env={"MYPYPATH": str(PACKAGE.parent), "PYTHONPATH": str(PACKAGE.parent),
                    "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_program_is_checked_against_the_package(tmp_path):
    (tmp_path / "use.py").write_text(USE, encoding="utf-8")
    done = run(["mypy", "--strict", "--cache-dir", str(tmp_path), "use.py"], cwd=tmp_path,
               env={"MYPYPATH": str(PACKAGE.parent), "PATH": "/usr/bin:/bin"})
    for expected in ('"datetime.datetime"', '"builtins.str"',
                     '"builtins.tuple[builtins.str, ...]"',
                     'Missing named argument "actor"',
                     'Argument "actor" to "submit" of "Desk" has incompatible type "int"',
                     'Argument 1 to "tick" of "Desk" has incompatible type "str"'):
        assert expected in done.stdout, done.stdout
    assert "Found 3 errors" in done.stdout, done.stdout


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").exists()


def test_everything_public_is_listed_and_documented():
    for name in libcommunity.__all__:
        value = getattr(libcommunity, name)
        assert name in ("Clock", "Progress") or value.__doc__, name
    for name, member in vars(libcommunity.Desk).items():
        if not name.startswith("_"):
            assert member.__doc__, name
