#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Each public header compiles alone, in C99, C11 and C++17, with every warning an error. Twice in
# one file, too: its guard works.
set -euo pipefail

include=$COMMUNITY_SOURCE_DIR/include
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0
skipped=0

strict=(-Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only "-I$include")
have_cxx=no
if command -v c++ >/dev/null; then
    have_cxx=yes
fi

# compiles NAME COMPILER_AND_FLAGS...
compiles() {
    local name=$1
    shift
    # The last line is there because C forbids an empty file, and some headers only define macros.
    if printf '#include "%s"\n#include "%s"\ntypedef int a_declaration;\n' "$header" "$header" |
        "$@" "${strict[@]}" - >"$log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "wrong: $header does not compile alone as $name"
        cat "$log"
    fi
}

while read -r header; do
    compiles C99 "$CC" -x c -std=c99 -Wstrict-prototypes
    compiles C11 "$CC" -x c -std=c11 -Wstrict-prototypes
    if [ "$have_cxx" = yes ]; then
        compiles C++17 c++ -x c++ -std=c++17
    else
        skipped=$((skipped + 1))
    fi
done < <(cd "$include" && find . -name '*.h' -printf '%P\n' | LC_ALL=C sort)

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
