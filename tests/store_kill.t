#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 while records are made, rotated and revoked: whatever was reported as done is done afterwards,
# and the file is sound.
. "$(dirname "$0")/tap.sh"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
ROUNDS=12
WRITERS=(clients users keys revocations)

doorward() { "$B/doorward" "$@" --data "$place/data"; }
member() { grep -o "\"$1\":\"[^\"]*\"" | cut -d'"' -f4; }
told() { cat >>"$place/told-$1"; }
# Each does one thing, and writes down what was reported as done.
add_client() { # number
    local said
    said=$(doorward client add "n-$1" --scope a --json) && member client_id <<<"$said" | told clients
}
add_user() {
    local said
    said=$(doorward user add "n-$1" --password-stdin --json <<<"correct horse") && member added <<<"$said" | told users
}
add_key() {
    local said id
    said=$(doorward apikey add --owner "n-$1" --json) && id=$(member id <<<"$said") || return
    told keys <<<"$id"
    said=$(doorward apikey rotate "$id" --json) || return
    told rotated <<<"$(member replaces <<<"$said") $(member id <<<"$said")"
    doorward apikey revoke "$id" >/dev/null && told revoked <<<"$id"
}
revoke() { doorward revoke --jti "n-$1" --issuer i >/dev/null && told revocations <<<"n-$1"; }

do_for_ever() { # what round
    local i=0
    while :; do
        case $1 in
        clients) add_client "$2-$((i++))" ;;
        users) add_user "$2-$((i++))" ;;
        keys) add_key "$2-$((i++))" ;;
        revocations) revoke "$2-$((i++))" ;;
        esac
    done
}
# Every process of a round is in the group of its leader, and dies with it.
run_round() { # round
    local writer groups=() group
    set -m
    for writer in "${WRITERS[@]}"; do
        do_for_ever "$writer" "$1" &
        groups+=($!)
    done
    set +m
    sleep "0.$((30 + RANDOM % 40))"
    for group in "${groups[@]}"; do
        kill -9 -- "-$group"
    done
    wait "${groups[@]}"
} 2>/dev/null

for ((round = 0; round < ROUNDS; round++)); do
    run_round "$round"
done

# What is there, each in the words in which it was told.
find_all() {
    doorward client list --json | member client_id >"$place/found-clients"
    doorward user list --json | member name >"$place/found-users"
    doorward apikey list --json >"$place/keys"
    member id <"$place/keys" >"$place/found-keys"
    grep -F '"successor"' "$place/keys" | sed 's/.*"id":"\([^"]*\)".*"successor":"\([^"]*\)".*/\1 \2/' >"$place/found-rotated"
    grep -F '"state":"revoked"' "$place/keys" | member id >"$place/found-revoked"
    python3 - "$place/data/doorward.db" >"$place/found-revocations" <<'END'
import sqlite3, sys
store = sqlite3.connect(sys.argv[1])
for kind, value in store.execute("SELECT kind, value FROM revocation WHERE issuer = 'i'"):
    print(value)
print("the file:", *store.execute("PRAGMA integrity_check").fetchone(), file=sys.stderr)
END
}
find_all 2>"$place/errors"
verdict "all can be read, and the file is sound" "$(grep -vx 'the file: ok' "$place/errors")"
for what in clients users keys rotated revoked revocations; do
    touch "$place/told-$what"
    n=$(wc -l <"$place/told-$what")
    verdict "some were told: $what ($n)" "$([ "$n" -ge 3 ] || echo "only $n")"
    verdict "what was told is so: $what" \
        "$(comm -23 <(sort "$place/told-$what") <(sort "$place/found-$what"))"
    verdict "nothing is there twice: $what" "$(sort "$place/found-$what" | uniq -d)"
done
verdict "every successor is there" \
    "$(comm -13 <(sort "$place/found-keys") <(cut -d' ' -f2 "$place/found-rotated" | sort))"
verdict "it goes on after that" "$(doorward client add after 2>&1 >/dev/null)"
done_testing
