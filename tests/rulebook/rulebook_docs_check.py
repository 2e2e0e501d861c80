#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/rulebook.md tells of every key that the loader knows, and of every word it chooses from."""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("COMMUNITY_SOURCE_DIR",
                                   pathlib.Path(__file__).resolve().parent.parent.parent))

KEY = re.compile(r'\{"(\w+)",\s*CM_SHAPE_(NOT_YET)?')
WORD = re.compile(r'\{"([a-z_]+)", \d+\}')


def main():
    guide = (ROOT / "docs/rulebook.md").read_text(encoding="utf-8")
    told, _, not_yet = guide.partition("## Not yet")
    sources = [path.read_text(encoding="utf-8") for path in
               [*sorted((ROOT / "lib/rulebook").glob("*.c")), ROOT / "lib/lifecycle/field_value.c"]]

    passed = failed = 0
    seen = set()
    for source in sources:
        for name, is_not_yet in KEY.findall(source):
            seen.add(name)
            place = not_yet if is_not_yet else told
            if f"`{name}`" in place or f'"{name}"' in place:
                passed += 1
            else:
                failed += 1
                print(f"FAILED docs/rulebook.md does not tell of the key \"{name}\"")
        for word in WORD.findall(source):
            if word in told:
                passed += 1
            else:
                failed += 1
                print(f"FAILED docs/rulebook.md does not tell of the word \"{word}\"")
    if len(seen) < 60:
        failed += 1
        print(f"FAILED only {len(seen)} keys were found in the loader: the pattern is out of date")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
