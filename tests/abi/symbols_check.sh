#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Three lists are one: the COMMUNITY_EXPORTed names of the headers, the names in the version map,
# and the symbols that the library defines. Nothing else is visible, and all of it in its node.
set -euo pipefail

library=$COMMUNITY_BUILD_DIR/lib/libcommunity.so
map=$COMMUNITY_SOURCE_DIR/lib/libcommunity.map
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

expect_same() {
    if diff -u --label "$2" --label "$3" "$scratch/$2" "$scratch/$3"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "wrong: $1"
    fi
}

"$COMMUNITY_SOURCE_DIR/scripts/public-symbols" | LC_ALL=C sort >"$scratch/headers"

# Comments go, and so does everything between `local:` and the end of a node.
sed -e 's|/\*.*\*/||' -e '/\/\*/,/\*\//d' "$map" | sed -e '/local:/,/}/d' |
    sed -n 's/^ *\([A-Za-z_][A-Za-z_0-9]*\);.*/\1/p' | LC_ALL=C sort >"$scratch/map"

# A version node is itself an absolute symbol (A).
nm --dynamic --defined-only "$library" | awk '$2 != "A" { print $3 }' >"$scratch/versioned"
sed 's/@.*//' "$scratch/versioned" | LC_ALL=C sort >"$scratch/library"

grep -o '@.*' "$scratch/versioned" | LC_ALL=C sort -u >"$scratch/nodes-seen" || true
sed -n 's/^\(COMMUNITY_[0-9]*\) {.*/@@\1/p' "$map" | LC_ALL=C sort >"$scratch/nodes-declared"

objdump -p "$library" | awk '$1 == "SONAME" { print $2 }' >"$scratch/soname-seen"
echo libcommunity.so.0 >"$scratch/soname-declared"

expect_same "the map lists what the headers export (see scripts/public-symbols)" headers map
expect_same "the library defines what the map lists" map library
expect_same "every symbol stands in a version node of the map" nodes-declared nodes-seen
expect_same "the SONAME" soname-declared soname-seen

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
