#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The library offers what tests/abi/libcommunity.abi says it offered: same functions, same layouts.
# Additions are failures too, until scripts/abi-baseline has recorded them, because a symbol enters
# the promise by a commit that says so. Planted changes show which ones are seen.
set -euo pipefail

baseline=$COMMUNITY_SOURCE_DIR/tests/abi/libcommunity.abi
record=$COMMUNITY_SOURCE_DIR/scripts/abi-baseline
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0
skipped=0

if ! command -v abidiff >/dev/null; then
    echo "There is no abidiff to compare with"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi

# What lies behind an opaque handle is nobody's business: a baseline has no types from outside the
# public headers. (Not abidiff --headers-dir2: it takes every type of a baseline without locations
# for private, and then no layout ever changes.)
is_same() {
    abidiff "$1" "$2" >"$scratch/report" 2>&1
}

# planted NAME MEMBERS HIDDEN_MEMBERS MORE: a library with these in its header and its source.
planted() {
    mkdir -p "$scratch/include"
    {
        printf 'struct options { long size; %s };\nstruct handle;\n' "$2"
        printf 'long planted_first(const struct options *options, struct handle *handle);\n'
    } >"$scratch/include/planted.h"
    {
        printf '#include "include/planted.h"\nstruct handle { long one; %s };\n' "$3"
        printf 'long planted_first(const struct options *options, struct handle *handle)\n'
        printf '{\n    return options->size + handle->one;\n}\n%s\n' "$4"
    } >"$scratch/planted.c"
    "$CC" -g -shared -fPIC -o "$scratch/$1.so" "$scratch/planted.c"
}

# expect NAME yes|no: whether the library NAME is the same as the first.
expect() {
    local same=no
    if is_same "$scratch/planted.abi" "$scratch/$1.so"; then
        same=yes
    fi
    if [ "$same" = "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "wrong: planted change \"$1\": same interface? $same"
        cat "$scratch/report"
    fi
}

planted first "long value;" "" ""
"$record" "$scratch/first.so" "$scratch/include" "$scratch/planted.abi" >/dev/null
planted handle-grew "long value;" "long two;" ""
planted options-grew "long value; long more;" "" ""
planted member-changed "int value;" "" ""
planted function-added "long value;" "" "int planted_second(void) { return 2; }"
expect first yes
expect handle-grew yes
expect options-grew no
expect member-changed no
expect function-added no

if [ ! -f "$baseline" ]; then
    echo "There is no baseline yet: scripts/abi-baseline makes it"
    skipped=1
elif is_same "$baseline" "$COMMUNITY_BUILD_DIR/lib/libcommunity.so"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    cat "$scratch/report"
    echo "wrong: the interface changed. If it was meant to, run scripts/abi-baseline and say why."
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
