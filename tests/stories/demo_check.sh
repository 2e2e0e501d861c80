#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The month that scripts/demo plays: the same commands on every run, nothing in it that cannot be
# read, hardly anything refused, the same answers whether a desk is ticked daily or not at all, and
# a whole journal at the end.
set -euo pipefail

community=$COMMUNITY_BUILD_DIR/bin/community
demo=$COMMUNITY_SOURCE_DIR/examples/demo
end=2026-02-28T23:59:59+08:00
passed=0
failed=0

# check WHAT COMMAND...
check() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "wrong: $what"
    fi
}

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
for name in en zh again; do
    mkdir "$name"
    language=${name/again/en}
    "${PYTHON:-python3}" "$demo/requests.py" "$demo/scenario.json" "$language" "$name"
done
check "the same scenario gives the same commands" diff -r en again

# play DESK LANGUAGE ticked|unticked
play() {
    "$community" init "$1" --rulebook "$demo/../rulebooks/resident-request.json" \
        --directory "$demo/directory.json" --clock 2026-01-26T00:00:00+08:00 >init.txt
    local file clock status
    for file in "$2"/*.jsonl; do
        clock=$(basename "$file" .jsonl)T23:59:59+08:00
        status=0
        "$community" submit "$1" "$file" --batch 500 --clock "$clock" >>"$1.receipts" || status=$?
        check "$file is taken, or refused in words" [ "$status" -le 1 ]
        if [ "$3" = ticked ]; then
            "$community" tick "$1" --now "$clock" --clock "$clock" >>tick.txt
        fi
    done
    "$community" tick "$1" --now "$end" --clock "$end" >>tick.txt
    "$community" summary "$1" --json --clock "$end" >"$1.summary"
    check "$1 is whole" "$community" verify "$1" --clock "$end" --lang en
}

play ticked en ticked
play unticked en unticked
play chinese zh ticked
check "ticking makes no difference" cmp ticked.summary unticked.summary
check "the language makes no difference" cmp ticked.summary chinese.summary

requests=$(cat en/*.jsonl | grep -c '"lifecycle": "resident-request"')
check "about 300 requests, not $requests" [ $((requests / 50)) -eq 6 ]
refused=$(grep -c '"outcome":"refused"' ticked.receipts || true)
check "hardly anything is refused, not $refused" [ "$refused" -le 5 ]
check "the ticket that is shown is there" \
    "$community" show ticked @R-0900 --as p-liu --explain --clock "$end" --json >page.json
check "its extension over Spring Festival" grep -q '"due":"2026-03-03T17:30:00+08:00"' page.json

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
