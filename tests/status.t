#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# doorward status, and that docs/status/ and its manual are what `make docs` makes of doctor/statuses.def.
. "$(dirname "$0")/tap.sh"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

verdict "the pages can be written" "$("$B/doorward" status --pages "$place/new" 2>&1)"
verdict "docs/status/ is as doctor/statuses.def has it; else: make docs" "$(diff -rq docs/status "$place/new" 2>&1)"
"$B/doorward" status --manual >"$place/manual"
verdict "so is the manual" "$(diff docs/man/doorward-status.7 "$place/manual" 2>&1 | head -5)"

for code in 200 302 400 401 403 404 405 407 408 413 419 422 429 431 440 498 499 500 502 503 511; do
    text=$("$B/doorward" status $code 2>&1)
    verdict "status $code" "$(grep -qE "^$code " <<<"$text" && grep -q '^  who mends it' <<<"$text" || echo "$text")"
done
verdict "nothing is wider than 80 columns" "$(for code in $("$B/doorward" status | grep -oE '^[0-9]+'); do
    "$B/doorward" status "$code" | sed '/^    /d' | awk 'length > 80'; done)"
verdict "all as JSON" "$("$B/doorward" status --json | python3 -c '
import json, sys
for status in json.load(sys.stdin):
    for name in ("name", "means", "header", "cache", "retry", "mends", "beside", "request", "response"):
        assert status[name], (status["code"], name)' 2>&1)"
verdict "one as JSON" "$("$B/doorward" status 401 --json | python3 -c '
import json, sys
assert json.load(sys.stdin)["code"] == 401' 2>&1)"
verdict "an unknown one" "$("$B/doorward" status 299 2>&1 | grep -vF '299 is none of the statuses')"
done_testing
