#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# include/community/version.h is written by hand; it says what CMake's project version says, and so
# do the file name of the library and libcommunity.pc.
set -euo pipefail

passed=0
failed=0

expect() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "wrong: $1: \"$2\", and the project's version is \"$3\""
    fi
}

project=$(sed -n 's/^CMAKE_PROJECT_VERSION:.*=//p' "$COMMUNITY_BUILD_DIR/CMakeCache.txt")

# What the preprocessor makes of the macros: "0.1.0" 0 1 0 1000
read -r string major minor patch number < <(
    printf '%s\n' '#include "community/version.h"' \
        'COMMUNITY_VERSION_STRING COMMUNITY_VERSION_MAJOR COMMUNITY_VERSION_MINOR' \
        'COMMUNITY_VERSION_PATCH COMMUNITY_VERSION' |
        "$CC" -E -P -I"$COMMUNITY_SOURCE_DIR/include" -x c - | tr '\n' ' '
    echo
)

expect "COMMUNITY_VERSION_STRING" "${string//\"/}" "$project"
expect "the three numbers" "$major.$minor.$patch" "$project"
expect "COMMUNITY_VERSION" "$((number))" "$((major * 1000000 + minor * 1000 + patch))"
expect "libcommunity.pc" \
    "$(sed -n 's/^Version: //p' "$COMMUNITY_BUILD_DIR/pkgconfig/libcommunity.pc")" "$project"
expect "the library's file" \
    "$(basename "$(readlink -f "$COMMUNITY_BUILD_DIR/lib/libcommunity.so")")" \
    "libcommunity.so.$project"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
