#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a stranger gets: install into a fresh prefix, then build the same small program against it by
# pkg-config and by find_package(community), shared and static, in C and in C++, and run it.
set -euo pipefail

here=$COMMUNITY_SOURCE_DIR/tests/consumer/project
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/prefix
log=$scratch/log
passed=0
failed=0
skipped=0

# attempt NAME COMMAND...
attempt() {
    local name=$1
    shift
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "wrong: $name"
        cat "$log"
    fi
}

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

attempt "installs" cmake --install "$COMMUNITY_BUILD_DIR" --prefix "$prefix"
[ "$failed" -eq 0 ] || finish

# Found wherever the multiarch layout of this system put it; and found by its own place, so a prefix
# that was moved works too.
mv "$prefix" "$scratch/moved"
prefix=$scratch/moved
pkgconfig_dir=$(dirname "$(find "$prefix" -name libcommunity.pc)")
library_dir=$(dirname "$pkgconfig_dir")
export PKG_CONFIG_PATH=$pkgconfig_dir
export LD_LIBRARY_PATH=$library_dir

strict=(-Wall -Wextra -Wpedantic -Werror)
read -ra flags <<<"$(pkg-config --cflags libcommunity)"
read -ra libraries <<<"$(pkg-config --libs libcommunity)"
read -ra private <<<"$(pkg-config --static --libs libcommunity | sed 's/-lcommunity\b//')"

attempt "pkg-config, C, shared" \
    "$CC" -std=c11 "${strict[@]}" "$here/consumer.c" "${flags[@]}" "${libraries[@]}" \
    -o "$scratch/c_shared"
attempt "pkg-config, C, static" \
    "$CC" -std=c11 "${strict[@]}" "$here/consumer.c" "${flags[@]}" \
    "$library_dir/libcommunity.a" "${private[@]}" -o "$scratch/c_static"
attempt "runs: C, shared" "$scratch/c_shared"
attempt "runs: C, static" env -u LD_LIBRARY_PATH "$scratch/c_static"
attempt "is linked to libcommunity.so.0" \
    bash -c "objdump -p '$scratch/c_shared' | grep -q 'NEEDED *libcommunity.so.0'"
attempt "the static program is not" \
    bash -c "! objdump -p '$scratch/c_static' | grep -q libcommunity"

if command -v c++ >/dev/null; then
    attempt "pkg-config, C++, shared" \
        c++ -std=c++17 "${strict[@]}" -x c++ "$here/consumer.c" -x none "${flags[@]}" \
        "${libraries[@]}" -o "$scratch/cxx_shared"
    attempt "runs: C++, shared" "$scratch/cxx_shared"
    languages="C;CXX"
else
    skipped=$((skipped + 2))
    languages=C
fi

unset LD_LIBRARY_PATH
attempt "find_package: configures" cmake -S "$here" -B "$scratch/build" -G Ninja \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" "-DCONSUMER_LANGUAGES=$languages"
attempt "find_package: builds" cmake --build "$scratch/build"
attempt "find_package: runs" cmake --build "$scratch/build" --target run
attempt "find_package: another major version is refused" \
    bash -c "! cmake -S '$here' -B '$scratch/build-9' -G Ninja \
        -DCMAKE_PREFIX_PATH='$prefix' -DCONSUMER_VERSION=9 2>/dev/null"

# Its own, by its own place, and not one that the system may have too.
if [ -x "$prefix/bin/community" ]; then
    found=$(ldd "$prefix/bin/community" | awk '$1 == "libcommunity.so.0" { print $3 }')
    attempt "the installed command finds its library (found \"$found\")" \
        test "$(readlink -f "$found")" = "$(readlink -f "$library_dir/libcommunity.so.0")"
fi

finish
