#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up what CTest ran: summarise.py [--broken N] JUNIT.xml...

Counts test cases rather than CTest's own tests, from what each of them printed: Criterion's
synthesis, pytest's summary, or the line "N passed, N failed, N skipped". A test that CTest failed
has at least one failed case, and one that printed no count at all has failed too: nobody knows what
it did. --broken adds N failures: builds that never came to their tests. The last line is the sum;
the exit status is 1 if anything failed or nothing passed.
"""
import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree

CRITERION = re.compile(
    r"Synthesis: Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)")
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)
PYTEST = re.compile(r"^(?:=+ )?(?:no tests ran|\d+ \w+(?:, \d+ \w+)*) in [\d.]+s", re.M)
PYTEST_PART = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|deselected)\b")

# Not legal in XML, yet a test may print them.
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Counts:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed = passed
        self.failed = failed
        self.skipped = skipped

    def __eq__(self, other):
        return str(self) == str(other)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def count_criterion(output):
    counts = Counts()
    found = CRITERION.findall(output)
    for row in found:
        tested, passing, failing, crashing = map(int, row)
        failed = max(failing, crashing, 0)
        counts.add(Counts(passing, failed, max(0, tested - passing - failed)))
    return counts if found else None


def count_plain(output):
    found = PLAIN.findall(output)
    # A script may show the lines of what it ran itself; its own is the last.
    return Counts(*map(int, found[-1])) if found else None


def count_pytest(output):
    found = PYTEST.findall(output)
    if not found:
        return None
    by_word = {"passed": "passed", "failed": "failed", "error": "failed", "errors": "failed",
               "xpassed": "failed", "xfailed": "passed", "skipped": "skipped",
               "deselected": "skipped"}
    counts = Counts()
    for number, word in PYTEST_PART.findall(found[-1]):
        field = by_word[word]
        setattr(counts, field, getattr(counts, field) + int(number))
    return counts


def count_case(status, output):
    """The counts of one CTest test, and the reason when it failed without saying so."""
    counts = count_criterion(output) or count_plain(output) or count_pytest(output)
    if counts is None:
        return Counts(failed=1), "printed no count"
    if status != "run" and counts.failed == 0:
        counts.passed = max(0, counts.passed - 1)
        counts.failed = 1
        return counts, "failed, though its own count says otherwise"
    if status == "run" and counts.failed > 0:
        return counts, "exited with 0 although it counted failures"
    return counts, ""


def read_cases(path):
    with open(path, "rb") as file:
        root = ElementTree.fromstring(CONTROL.sub(b"?", file.read()))
    for case in root.iter("testcase"):
        yield case.get("name"), case.get("status"), case.findtext("system-out") or ""


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--broken", type=int, default=0)
    parser.add_argument("reports", nargs="*")
    options = parser.parse_args(arguments)

    total = Counts(failed=options.broken)
    for path in options.reports:
        for name, status, output in read_cases(path):
            counts, remark = count_case(status, output)
            total.add(counts)
            if counts.failed or remark:
                print(f"{path}: {name}: {counts}{'; ' + remark if remark else ''}")
    print(total)
    return 0 if total.failed == 0 and total.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
