#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/coverage.md tells the truth: 76 rows in order, each shown by something or named as not yet,
the counts at its head are those of its rows, every file it names is there and every story is
named."""
import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(os.environ["COMMUNITY_SOURCE_DIR"])
STORIES = SOURCE / "examples/stories/resident-request"

passed = 0
failed = 0


def check(is_true, what):
    global passed, failed
    if is_true:
        passed += 1
    else:
        failed += 1
        print(f"wrong: {what}")


def main():
    path = SOURCE / "docs/coverage.md"
    text = path.read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines() if re.match(r"\| A\d+ \|", line)]
    check([row[0] for row in rows] == [f"A{number}" for number in range(1, 77)],
          "the rows are A1 to A76, each once")
    counts = {"shown": 0, "part": 0, "not yet": 0}
    for number, term, english, asks, shown, missing in rows:
        check(term and english and asks, f"{number} has a term in both languages and what it asks")
        if missing.startswith("not yet: "):
            kind = "not yet"
            check(not shown, f"{number} is not yet there, so nothing shows it")
        else:
            kind = "part" if missing.startswith("in part: ") else "shown"
            check("](../examples/stories/" in shown, f"{number} is shown by a story")
            check(kind == "part" or not missing, f"{number} says in which way something is missing")
        counts[kind] += 1
    said = re.search(r"\*\*Now: (\d+) shown, (\d+) shown in part, (\d+) not yet\.\*\*", text)
    check(said and [int(one) for one in said.groups()] == list(counts.values()),
          f"the counts at the head are {counts}")
    for link in sorted(set(re.findall(r"\]\((\.\./[^)]*)\)", text))):
        check((path.parent / link).exists(), f"{link} is there")
    names = sorted(STORIES.glob("*.json"))
    said = re.search(r"with (\d+) stories", text)
    check(said and int(said.group(1)) == len(names), f"there are {len(names)} stories")
    for name in names:
        check(f"/{name.name})" in text, f"{name.name} is named")


main()
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(failed > 0 or passed == 0)
