#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The pure folders read no clock, file, environment, locale or random source and allocate only from
# what they are given. The linker knows: an object lists every function it needs from elsewhere, and
# here "elsewhere" may only be the pure folders themselves and a few functions that only look at the
# memory they are handed. Planted calls show that the check sees what it is there for.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

# Not the locale's (strcoll), not an allocator (strdup), not errno's words (strerror), not strtod.
from_libc='mem(cpy|move|set|cmp|chr)|str(len|nlen|cmp|ncmp|chr|rchr|str|spn|cspn|pbrk)'
# Wide division and the like, which the compiler cannot inline.
from_compiler='__u?(div|mod|divmod|mul)(di|ti)[34]|_GLOBAL_OFFSET_TABLE_'
allowed="^($from_libc|$from_compiler|__assert_fail)\$"

# impure_names OBJECT...: what these objects need and may not have.
impure_names() {
    nm --defined-only "$@" | awk 'NF == 3 { print $3 }' | LC_ALL=C sort -u >"$scratch/defined"
    nm --undefined-only "$@" | awk 'NF == 2 { print $2 }' | LC_ALL=C sort -u >"$scratch/needed"
    LC_ALL=C comm -13 "$scratch/defined" "$scratch/needed" | grep -Ev "$allowed" || true
}

expect() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "wrong: $1: expected \"$2\", found \"${3//$'\n'/ }\""
    fi
}

# expect_planted NAME STATEMENT WANTED
expect_planted() {
    {
        printf '#include <%s>\n' stdio.h stdlib.h string.h time.h
        printf 'long cm_planted(const char *text);\n'
        printf 'long cm_planted(const char *text)\n{\n    %s\n}\n' "$2"
    } >"$scratch/planted.c"
    "${CC:-cc}" -O2 -fPIC -D_POSIX_C_SOURCE=200809L -c -o "$scratch/planted.o" "$scratch/planted.c"
    expect "a planted $1" "$3" "$(impure_names "${objects[@]}" "$scratch/planted.o")"
}

mapfile -t objects < <(grep . "$COMMUNITY_BUILD_DIR/pure-objects.txt")
if [ ${#objects[@]} -eq 0 ]; then
    echo "wrong: no objects of pure folders in $COMMUNITY_BUILD_DIR"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

impure=$(impure_names "${objects[@]}")
for object in "${objects[@]}"; do
    culprit=
    if [ -n "$impure" ]; then
        culprit=$(nm --undefined-only "$object" | awk '{ print $2 }' |
            grep -Fx -e "$impure" || true)
    fi
    expect "${object##*/CMakeFiles/}" "" "$culprit"
done

expect_planted "clock" 'return text[0] + time(NULL);' time
expect_planted "allocation" 'char *copy = strdup(text); return copy != NULL;' strdup
expect_planted "environment" 'return getenv(text) != NULL;' getenv
expect_planted "locale" 'return strtol(text, NULL, 10);' strtol
expect_planted "random source" 'return text[0] + rand();' rand
expect_planted "message" 'return puts(text);' puts
expect_planted "name of ours that is not pure" \
    'long cm_clock_now(void); return text[0] + cm_clock_now();' cm_clock_now
expect_planted "pure function" \
    'return memchr(text, 0, 9) != NULL || strlen(text) > 3;' ""

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
