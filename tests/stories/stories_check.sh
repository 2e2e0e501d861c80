#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The standard rulebooks are sound, each has stories, and every story goes as it says.
set -euo pipefail

community=$COMMUNITY_BUILD_DIR/bin/community
passed=0
failed=0

# note NAME STATUS
note() {
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "wrong: $1"
    fi
}

cd "$COMMUNITY_SOURCE_DIR/examples"
for rulebook in rulebooks/*.json; do
    status=0
    "$community" check --lang en "$rulebook" || status=$?
    note "$rulebook is not sound" "$status"
    name=$(basename "$rulebook" .json)
    status=0
    compgen -G "stories/$name/*.json" >/dev/null || status=$?
    note "$rulebook has no stories" "$status"
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
mapfile -t stories < <(find stories -name '*.json' | LC_ALL=C sort)
status=0
"$community" story --json --lang en "${stories[@]}" >"$log" || status=$?
if ! [[ $(tail -n 1 "$log") =~ ^\{\"passed\":([0-9]+),\"failed\":([0-9]+), ]]; then
    cat "$log"
    note "no count from the command, which ended with $status" 1
else
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    # Broken files are named on stderr; here are the stories that went another way.
    grep '"outcome":"failed"' "$log" || true
    verdict=0
    [ "$status" -eq 0 ] || [ "${BASH_REMATCH[2]}" -gt 0 ] || verdict=1
    note "all stories passed, and the command ended with $status" "$verdict"
fi

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
