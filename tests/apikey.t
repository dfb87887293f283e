#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# doorward apikey: add, list, rotate, revoke.
. "$(dirname "$0")/tap.sh"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
unset DOORWARD_DATA
apikey() { "$B/doorward" apikey "$@" --data "$place/data"; }
# is NAME GOT WANTED
is() { verdict "$1" "$([ "$2" = "$3" ] || printf 'got    %s\nwanted %s\n' "$2" "$3")"; }
like() { verdict "$1" "$(grep -qE -- "$3" <<<"$2" || echo "$2 does not match $3")"; }
fails() { # NAME STATUS WHY COMMAND...
    local name=$1 status=$2 why=$3
    shift 3
    "$@" >"$place/out" 2>"$place/err"
    is "$name: status" $? "$status"
    like "$name: why" "$(<"$place/err")" "^doorward: .*$why"
    verdict "$name: nothing is printed" "$(<"$place/out")"
}
member() { grep -o "\"$1\":\"[^\"]*\"" | cut -d'"' -f4; }
number() { grep -o "\"$1\":[0-9]*" | cut -d: -f2; }
state_of() { apikey list --json | grep -F "\"id\":\"$1\"" | member state; }

like "an empty list says how to go on" "$(apikey list)" '^No keys yet'
is "an empty list as JSON" "$(apikey list --json)" "[]"
fails "no owner" 2 '--owner is missing' apikey add
fails "a bad scope" 1 'no scope' apikey add --owner ci --scope 'a"b'
for bad in 90x '' -1 d 1d1 1.5h 99999999999d; do
    fails "--expires '$bad'" 2 'expected a duration' apikey add --owner ci --expires "$bad"
done

added=$(apikey add --owner ci --scope " read  write read" --json)
like "add --json prints one object" "$added" \
    '^\{"id":"[0-9A-Za-z]{12}","key":"dw_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}","owner":"ci","scope":"read write","expires":null\}$'
id=$(member id <<<"$added")
key=$(member key <<<"$added")
is "the key holds the id" "$(cut -d_ -f2 <<<"$key")" "$id"
verdict "the key is kept nowhere" "$(grep -la -- "${key##*_}" "$place"/data/* 2>/dev/null)"
like "add for a person" "$(apikey add --owner 'Jörg' --expires 90d)" '^key +dw_'
is "none of somebody's" "$(apikey list --owner nobody)" 'No keys of that owner.'
dated=$(apikey list --owner 'Jörg' --json)
is "--expires 90d" "$(($(number expires <<<"$dated") - $(number created <<<"$dated")))" $((90 * 86400))
like "list" "$(apikey list)" "^$id  ci +read write +20[0-9-]{8} [0-9:]{5}  never +never +good$"
like "list --json" "$(apikey list --json)" \
    "\"id\":\"$id\",\"owner\":\"ci\",\"scope\":\"read write\",\"created\":[0-9]+,\"expires\":null,\"used\":null,\"state\":\"good\"}"
is "list of one owner" "$(apikey list --owner ci --json | grep -c '"id"')" 1
is "list of nobody's" "$(apikey list --owner nobody --json)" "[]"

# -- rotate -----------------------------------------------------------------------------------------

fails "rotate none" 1 'there is no API key 000000000000; see doorward apikey list' apikey rotate 000000000000
fails "a bad overlap" 2 'expected a duration' apikey rotate "$id" --overlap soon
rotated=$(apikey rotate "$id" --overlap 1h --json)
like "rotate --json" "$rotated" "^\{\"id\":\"[0-9A-Za-z]{12}\",\"key\":\"dw_.*\",\"owner\":\"ci\",\"scope\":\"read write\",\"expires\":null,\"replaces\":\"$id\",\"until\":[0-9]+\}$"
next=$(member id <<<"$rotated")
is "the old one is ending" "$(state_of "$id")" ending
is "the new one is good" "$(state_of "$next")" good
like "the old one names the new one" "$(apikey list --json)" "\"id\":\"$id\".*\"successor\":\"$next\""
fails "rotate the same again" 1 'it is rotated already' apikey rotate "$id"
like "rotate at once" "$(apikey rotate "$next" --overlap 0)" "^The old key, $next, is good until"
is "then the old one is over" "$(state_of "$next")" rotated

# -- revoke -----------------------------------------------------------------------------------------

fails "revoke none" 1 'there is no API key' apikey revoke 000000000000
is "revoke" "$(apikey revoke "$id" --json)" "{\"revoked\":\"$id\"}"
is "it is revoked" "$(state_of "$id")" revoked
is "revoking it again is no mistake" "$(apikey revoke "$id")" "Revoked."
apikey add --owner late --expires 0 >/dev/null
late=$(apikey list --owner late --json | member id)
is "one that has expired" "$(state_of "$late")" expired
fails "rotate an expired one" 1 'it is expired' apikey rotate "$late"
fails "rotate a revoked one" 1 'it is rotated already' apikey rotate "$id"

# -- prefix -----------------------------------------------------------------------------------------

cat >"$place/doorward.yaml" <<END
data: $place/data
schemes: {apikey: {prefix: acme}}
END
like "the prefix is the configuration's" "$(apikey add --owner ci -c "$place/doorward.yaml" --json)" '"key":"acme_'
done_testing
