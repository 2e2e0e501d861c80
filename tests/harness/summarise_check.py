#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""summarise.py counts what tests print, and distrusts what does not add up."""
import contextlib
import io
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import summarise

SYNTHESIS = "[====] Synthesis: Tested: {} | Passing: {} | Failing: {} | Crashing: {} \n"

# What CTest said, what the test printed, what is to be counted.
ROWS = [
    ("Criterion, all well", "run", SYNTHESIS.format(12, 12, 0, 0), (12, 0, 0)),
    ("Criterion, a crash counts once", "fail", SYNTHESIS.format(4, 3, 1, 1), (3, 1, 0)),
    ("Criterion, a leak that it missed", "fail", SYNTHESIS.format(1, 1, 0, 0), (0, 1, 0)),
    ("Criterion, skipped", "run", SYNTHESIS.format(5, 3, 0, 0), (3, 0, 2)),
    ("an empty suite", "fail", SYNTHESIS.format(0, 0, 0, 0), (0, 1, 0)),
    ("plain, all well", "run", "noise\n7 passed, 0 failed, 2 skipped\n", (7, 0, 2)),
    ("plain, the last line is its own", "run",
     "1 passed, 1 failed, 0 skipped\n3 passed, 0 failed, 0 skipped\n", (3, 0, 0)),
    ("plain, failures but exit 0", "run", "3 passed, 2 failed, 0 skipped\n", (3, 2, 0)),
    ("plain, died before counting", "fail", "Segmentation fault\n", (0, 1, 0)),
    ("plain, says nothing", "run", "ok\n", (0, 1, 0)),
    ("not run at all", "notrun", "", (0, 1, 0)),
    ("pytest, all well", "run", "....\n4 passed in 0.02s\n", (4, 0, 0)),
    ("pytest, of all kinds", "fail",
     "===== 1 failed, 2 passed, 3 skipped, 1 xfailed, 1 error in 1.20s =====\n", (3, 2, 3)),
    ("pytest, nothing collected", "fail", "no tests ran in 0.01s\n", (0, 1, 0)),
]

REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="planted"><testcase name="one" status="{}"><system-out>{}</system-out></testcase>
</testsuite>
"""


def run_main(status, output, *options):
    with tempfile.NamedTemporaryFile("w", suffix=".xml", encoding="utf-8") as file:
        file.write(REPORT.format(status, output))
        file.flush()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            result = summarise.main([*options, file.name])
    return result, printed.getvalue().splitlines()[-1]


def main():
    passed = failed = 0

    def check(name, is_right, seen):
        nonlocal passed, failed
        if is_right:
            passed += 1
        else:
            failed += 1
            print(f"wrong: {name}: {seen}")

    for name, status, output, wanted in ROWS:
        counts, _ = summarise.count_case(status, output)
        check(name, counts == summarise.Counts(*wanted), counts)

    seen = run_main("run", "2 passed, 0 failed, 1 skipped")
    check("a good run is 0", seen == (0, "2 passed, 0 failed, 1 skipped"), seen)
    seen = run_main("run", "0 passed, 0 failed, 9 skipped")
    check("nothing but skips is 1", seen == (1, "0 passed, 0 failed, 9 skipped"), seen)
    seen = run_main("run", "2 passed, 0 failed, 1 skipped", "--broken", "1")
    check("a broken build is a failure", seen == (1, "2 passed, 1 failed, 1 skipped"), seen)
    seen = run_main("fail", "2 passed, 0 failed, 0 skipped\x07")
    check("a control character is survived", seen[0] == 1, seen)

    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
