# SPDX-License-Identifier: Apache-2.0
"""What the checks of the command share: running it, and counting what held.

A check file defines functions named test_*; each gets an empty directory as its working directory.
A function that raises AssertionError has failed, one that raises Skip was skipped.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("COMMUNITY_BUILD_DIR", SOURCE / "build"))
COMMAND = str(BUILD / "bin" / "community")
HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("COMMUNITY_DATA", SOURCE.parent / "shared" / "data"))
RULEBOOK = SOURCE / "examples" / "rulebooks" / "city-311.json"
DIRECTORY = SOURCE / "examples" / "maps" / "boston-311.directory.json"
MAP = SOURCE / "examples" / "maps" / "boston-311.map.json"


class Skip(Exception):
    """The test cannot be done here; the message says why."""


def environment(**extra):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("LC_") and name not in ("LANG", "NO_COLOR")}
    kept["LANG"] = "C.UTF-8"
    kept.update(extra)
    return kept


class Result:
    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    def json(self):
        """Every line of stdout as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out[:3000]}\nstderr: {self.err[:2000]}"


def run(*arguments, stdin="", env=None, timeout=300):
    """Runs the command; text or bytes in, text out."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run([COMMAND, *map(str, arguments)], input=given, capture_output=True,
                          env=env or environment(), timeout=timeout, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def expect(code, *arguments, **options):
    """Runs the command and insists on its exit code."""
    result = run(*arguments, **options)
    assert result.code == code, f"{arguments}: expected exit {code}\n{result!r}"
    return result


def lines(*commands):
    return "".join(json.dumps(command, ensure_ascii=False) + "\n" for command in commands)


def write(name, content):
    path = Path(name)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str)
                        else json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def columns(text):
    """How wide a text stands on a terminal."""
    import unicodedata
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def main(namespace):
    passed = failed = skipped = 0
    for name, test in list(namespace.items()):
        if not name.startswith("test_"):
            continue
        directory = tempfile.mkdtemp(prefix="community-tools-")
        os.chdir(directory)
        try:
            test()
            passed += 1
        except Skip as reason:
            skipped += 1
            print(f"skipped {name}: {reason}")
        except Exception:
            failed += 1
            print(f"FAIL {name}")
            traceback.print_exc(file=sys.stdout)
        finally:
            os.chdir("/")
            shutil.rmtree(directory, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)
