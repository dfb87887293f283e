#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 while clients are added: whoever was told "added" is there afterwards, and the file is sound.
. "$(dirname "$0")/tap.sh"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
ROUNDS=12
WRITERS=3

ids() { grep -o '"client_id":"[^"]*"' | cut -d'"' -f4; }
# Adds clients until killed, and writes down the id of each that was reported as added.
add_for_ever() { # round writer
    local i=0 added
    while :; do
        added=$("$B/doorward" client add "n-$1-$2-$((i++))" --scope a --json --data "$place/data") || continue
        ids <<<"$added" >>"$place/told-$2"
    done
}
# Every process of a round is in the group of its leader, and dies with it.
run_round() { # round
    local writer groups=() group
    set -m
    for ((writer = 0; writer < WRITERS; writer++)); do
        add_for_ever "$1" "$writer" &
        groups+=($!)
    done
    set +m
    sleep "0.$((20 + RANDOM % 30))"
    for group in "${groups[@]}"; do
        kill -9 -- "-$group"
    done
    wait "${groups[@]}"
} 2>/dev/null

for ((round = 0; round < ROUNDS; round++)); do
    run_round "$round"
done

"$B/doorward" client list --json --data "$place/data" >"$place/list" 2>"$place/errors"
verdict "the list can be read" "$(cat "$place/errors")"
ids <"$place/list" | sort >"$place/there"
sort "$place"/told-* >"$place/told"
told=$(wc -l <"$place/told")
verdict "some were added ($told)" "$([ "$told" -ge "$ROUNDS" ] || echo "only $told")"
verdict "whoever was told is there" "$(comm -23 "$place/told" "$place/there")"
verdict "no id twice" "$(uniq -d "$place/there")"
verdict "it goes on after that" "$("$B/doorward" client add after --data "$place/data" 2>&1 >/dev/null)"
done_testing
