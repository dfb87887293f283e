#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The pages of docs/reasons/ are what `make docs` makes of core/reasons.def today, and whole.
. "$(dirname "$0")/tap.sh"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
pages() { "$B/doorward" reasons --pages "$1" 2>&1; }
verdict "the pages can be written" "$(pages "$place/new")"
verdict "docs/reasons/ is as core/reasons.def has it; else: make docs" "$(diff -rq docs/reasons "$place/new" 2>&1)"

reasons=$(gcc -E -P -D'REASON(name,id,...)=id' -x c core/reasons.def | tr -d '" ' | grep .)
verdict "every reason has its page" "$(while read -r id; do
    [ -s "$place/new/$id.md" ] || echo "$id"
done <<<"$reasons")"
verdict "every link leads somewhere" "$(cat "$place"/new/*.md | grep -oE '\]\([a-z_.]+\.md' | sort -u |
    while IFS='(' read -r _ page; do [ -e "$place/new/$page" ] || echo "$page"; done)"
verdict "every denial is shown as it is sent" "$(cd "$place/new" && grep -LE '^HTTP/1.1 [45]' ./*.md |
    grep -vE '/(README|allowed\.[a-z]+|ask\.[a-z]+)\.md$')"

like() { verdict "$1" "$(grep -qE "$2" <<<"$3" || echo "$3")"; }
like "a folder that cannot be made" 'no/such: cannot make the folder' "$(pages "$place/no/such")"
like "a file is no folder" 'Not a directory' "$(pages "$place/new/README.md")"
done_testing
