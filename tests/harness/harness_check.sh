#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves that our set-up reports what Criterion by itself would pass over: a leak, an overflow seen
# only by a sanitizer, an empty suite. Each planted fault must be failed by CTest, for its own
# reason, and counted as failed by summarise.py; the control must pass.
set -euo pipefail

here=$COMMUNITY_SOURCE_DIR/tests/harness
build=$COMMUNITY_BUILD_DIR/harness
log=$build/log.txt
passed=0
failed=0

verdict() {
    if [ "$1" = yes ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "wrong: $2"
    fi
}

# expect NAME STATUS PATTERN: CTest says STATUS ("run" or "fail") and the test printed PATTERN.
expect() {
    local name=planted_$1 wanted=$2 pattern=$3 output
    verdict "$(grep -q "<testcase name=\"$name\" .*status=\"$wanted\"" "$build/tests.xml" \
        && echo yes)" "$name is not reported as \"$wanted\""
    # The report closes its text elements; everything between two cases belongs to the first.
    output=$(sed -n "/<testcase name=\"$name\" /,/<\/testcase>/p" "$build/tests.xml")
    verdict "$(grep -Eq "$pattern" <<<"$output" && echo yes)" "$name did not print /$pattern/"
}

mkdir -p "$build"
if ! { cmake -S "$here/planted" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_COMPILER="$CC" && cmake --build "$build"; } >"$log" 2>&1; then
    cat "$log"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
if (cd "$build" && ctest --output-junit "$build/tests.xml" --test-output-size-failed 1000000) \
    >"$log" 2>&1; then
    verdict no "ctest succeeded on planted faults"
else
    verdict yes
fi

expect healthy run 'Synthesis: Tested: 1 \| Passing: 1 '
expect leak fail 'LeakSanitizer: detected memory leaks'
expect heap_overflow fail 'AddressSanitizer: heap-buffer-overflow'
expect integer_overflow fail 'runtime error: signed integer overflow'
expect assertion fail 'Failing: 1 '
expect empty fail 'Tested: 0 '

# It exits with 1, as it should; the count is what we look at.
summary=$("$PYTHON" "$here/summarise.py" "$build/tests.xml" | tail -n 1) || true
if [ "$summary" = "1 passed, 5 failed, 0 skipped" ]; then
    verdict yes
else
    verdict no "summarise.py says: $summary"
fi

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
