#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The pages of docs/causes/ are what `make docs` makes of doctor/causes.def today, and whole; and
# `doorward reasons` shows a cause of the doctor like an answer of Doorward's.
. "$(dirname "$0")/tap.sh"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
pages() { "$B/doorward" reasons --cause-pages "$1" 2>&1; }
verdict "the pages can be written" "$(pages "$place/new")"
verdict "docs/causes/ is as doctor/causes.def has it; else: make docs" "$(diff -rq docs/causes "$place/new" 2>&1)"

ids() { sed -n 's/^CAUSE("\(.*\)",$/\1/p' doctor/causes_*.def; }
verdict "the table of causes can be read" "$([ "$(ids | wc -l)" -ge 211 ] || ids)"
verdict "every cause has its page" "$(ids | while read -r id; do
    grep -q '^## The fix' "$place/new/$id.md" || echo "$id"
done)"
verdict "every link leads somewhere" "$(cat "$place"/new/*.md | grep -oE '\]\([a-z0-9_./]+\.md' | sort -u |
    while IFS='(' read -r _ page; do [ -e "docs/causes/$page" ] || echo "$page"; done)"
verdict "every link from docs/reasons/ leads to a cause" "$(grep -ohE '\.\./causes/[a-z0-9_.]+\.md' docs/reasons/*.md |
    sort -u | while read -r page; do [ -e "docs/reasons/$page" ] || echo "$page"; done)"
verdict "the index lists every cause" "$(ids | while read -r id; do
    grep -qF "[$id]($id.md)" "$place/new/README.md" || echo "$id"
done)"

like() { verdict "$1" "$(grep -qE "$2" <<<"$3" || echo "$3")"; }
show() { "$B/doorward" reasons "$@" 2>&1; }
like "a folder that cannot be made" 'no/such: cannot make the folder' "$(pages "$place/no/such")"
like "a file is no folder" 'Not a directory' "$(pages "$place/new/README.md")"
like "a cause alone" '^fix, if you call it +Take the host' "$(show header.netrc_override)"
like "a cause and an answer of one word: the answer" '^answer +401 invalid_token' "$(show token.expired)"
like "a cause and an answer of one word: the cause" '^ruled by +RFC 7519 s4\.1\.4' "$(show token.expired)"
like "what servers say" '^servers say +"Jwt is expired" \(Envoy' "$(show token.expired)"
like "a cause as JSON" '^\{"cause":\{"id":"header.netrc_override".*"visitor":""\}\}\}$' "$(show header.netrc_override --json)"
like "an answer as JSON, with its cause" '^\{"reason":"token.expired".*"cause":\{"id":"token.expired"' \
    "$(show token.expired --json)"
like "a mistyped cause: the nearest" 'did you mean redirect\.to_login$' "$(show redirect.to_logn)"
verdict "the list names every cause" "$(show >"$place/list"; ids | while read -r id; do
    grep -qE "^$id +[A-Za-z_]" "$place/list" || echo "$id"
done)"
words() { # EXPRESSION: of each object, a word or nothing
    show --json | python3 -c "
import json, sys
for object in json.load(sys.stdin):
    cause = object.get('cause', {}).get('id', '')
    print($1)" | grep . | sort
}
verdict "all as JSON is one list, each word once" "$(words "object.get('reason', cause)" | uniq -d)"
verdict "every cause is in it" "$(words cause | diff - <(ids | sort))"
verdict "nothing is wider than 80 columns" "$({ show token.wrong_aud; show header.placeholder; } |
    awk 'length > 80')"
done_testing
