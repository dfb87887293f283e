#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# doorward client: add, list, remove.
. "$(dirname "$0")/tap.sh"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
unset DOORWARD_DATA
client() { "$B/doorward" client "$@" --data "$place/data"; }
# is NAME GOT WANTED
is() { verdict "$1" "$([ "$2" = "$3" ] || printf 'got    %s\nwanted %s\n' "$2" "$3")"; }
like() { verdict "$1" "$(grep -qE -- "$3" <<<"$2" || echo "$2 does not match $3")"; }

like "an empty list says how to go on" "$(client list)" '^No clients yet'
is "an empty list as JSON" "$(client list --json)" "[]"

added=$(client add reports --scope " read  write read" --json)
like "add --json prints one object" "$added" \
    '^\{"client_id":"c_[a-z2-7]{20}","client_secret":"[A-Za-z0-9_-]{43}","name":"reports","scope":"read write"\}$'
member() { grep -o "\"$1\":\"[^\"]*\"" | cut -d'"' -f4; }
id=$(member client_id <<<"$added")
secret=$(member client_secret <<<"$added")
like "add prints id and secret" "$(client add --scope=read 'Jörg "the" \ door')" '^client_secret  [A-Za-z0-9_-]{43}$'

client add reports 2>"$place/err"
is "the same name twice: status" $? 1
is "the same name twice: why" "$(<"$place/err")" "doorward: there is a client named reports already"
client add x --scope 'a"b' 2>"$place/err"
is "a bad scope: status" $? 1
like "a bad scope: why" "$(<"$place/err")" 'no scope: RFC 6749'
client add $'a\tb' 2>/dev/null
is "a control character in a name" $? 1

like "list" "$(client list)" "^reports +$id  read write +20[0-9-]{8} [0-9:]{5}$"
like "list --json" "$(client list --json)" "\"client_id\":\"$id\",\"name\":\"reports\",\"scope\":\"read write\",\"created\":[0-9]+}"
like "names are escaped" "$(client list --json)" '"name":"Jörg \\"the\\" \\\\ door"'
verdict "the secret is kept nowhere" "$(grep -l -- "$secret" "$place"/data/* 2>/dev/null)"

is "the data folder is its owner's" "$(stat -c %a "$place/data" "$place/data/doorward.db" | xargs)" "700 600"
is "\$DOORWARD_DATA" "$(DOORWARD_DATA=$place/data "$B/doorward" client list --json | grep -c client_id)" 2

client remove nobody 2>/dev/null
is "remove who is not there" $? 1
is "remove by id" "$(client remove "$id" --json)" "{\"removed\":\"$id\"}"
like "remove by name" "$(client remove 'Jörg "the" \ door')" '^Removed\.'
is "all are gone" "$(client list --json)" "[]"

echo "no database at all, however long it is, and however often it says so" >"$place/data/doorward.db"
rm -f "$place"/data/*-wal "$place"/data/*-shm
client list 2>"$place/err"
is "a damaged file: status" $? 1
like "a damaged file: why" "$(<"$place/err")" 'doorward\.db: file is not a database'
"$B/doorward" client list --data "$place/no/such" 2>"$place/err"
is "a folder that cannot be made: status" $? 1
is "a folder that cannot be made: why" "$(<"$place/err")" \
    "doorward: cannot make the folder $place/no/such: No such file or directory"
done_testing
