#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The shell scripts stop at the first error and give shellcheck nothing to say.
set -euo pipefail

passed=0
failed=0
skipped=0

cd "$COMMUNITY_SOURCE_DIR"
while read -r script; do
    if grep -q '^set -euo pipefail$' "$script"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "wrong: $script lacks \`set -euo pipefail\`"
    fi
    if ! command -v shellcheck >/dev/null; then
        skipped=$((skipped + 1))
    elif shellcheck "$script"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done < <(grep -rlE '^#!.*\b(ba)?sh$' --include='*' scripts .ci tests examples bench bindings |
    LC_ALL=C sort)

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
