#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The command line itself: help, mistyped words, options; and the verb reasons.
. "$(dirname "$0")/tap.sh"

# expect NAME STATUS PATTERN ARGUMENT...: the status, and a line of the output that matches.
expect() {
    local name=$1 status=$2 pattern=$3 output got
    shift 3
    output=$("$B/doorward" "$@" 2>&1 </dev/null)
    got=$?
    if [ "$got" -ne "$status" ]; then
        verdict "$name" "status $got, expected $status"$'\n'"$output"
    else
        verdict "$name" "$(grep -qE -- "$pattern" <<<"$output" || echo "no line matches $pattern"$'\n'"$output")"
    fi
}

expect "no verb: the verbs" 2 '^  client '
expect "an unknown verb: the nearest" 2 'has no verb clinet; did you mean client\?' clinet
expect "a far word: where to look" 2 'has no verb frobnicate; see doorward --help' frobnicate
expect "an option is no verb" 2 'has no verb --json' --json
expect "help of an unknown verb" 2 'no verb reason; did you mean reasons\?' help reason
expect "an unknown verb below" 2 'doorward client has no verb ad; did you mean add\?' client ad
expect "--version" 0 '^doorward [0-9]+\.[0-9]+\.[0-9]+$' --version
expect "--help" 0 '^usage: doorward VERB' --help
expect "help" 0 '^usage: doorward VERB' help
for verb in run check client user apikey session revoke token why recent reasons; do
    expect "help $verb" 0 "^usage: doorward $verb" help "$verb"
    expect "$verb --help" 0 "^usage: doorward $verb" "$verb" --help
done
expect "help client add" 0 '^usage: doorward client add NAME' help client add

expect "an unknown option: the nearest" 2 'unknown option --jsn; did you mean --json\?' reasons --jsn
expect "an unknown option: the usage" 2 'unknown option -z; usage: doorward reasons' reasons -z
expect "a flag takes no value" 2 '^doorward: --json takes no value$' reasons --json=yes
expect "an option wants its value" 2 '^doorward: --data needs a value$' client list --data
expect "a word too many" 2 'two is one word too many' reasons one two
expect "a word missing" 2 'usage: doorward client remove NAME\|ID' client remove
expect "after -- all are words" 1 'there is no reason --json' reasons -- --json
expect "no terminal obeys what is quoted" 2 'no verb \\u001b\[31mred' $'\e[31mred'

expect "reasons" 0 '^token\.expired +401  exp has passed' reasons
expect "one reason" 0 '^answer +401 invalid_token$' reasons token.expired
expect "one reason as JSON" 0 '^\{"reason":"token\.expired","status":401,.*\}$' reasons token.expired --json
expect "an unknown reason: the nearest" 1 'did you mean token\.expired$' reasons token.expird
verdict "every reason as JSON" "$(
    want=$(grep -c '^REASON(' core/reasons.def)
    got=$("$B/doorward" reasons --json | grep -o '"reason":"' | wc -l)
    [ "$got" -eq "$want" ] || echo "$got of $want")"
verdict "a full disk is noticed" "$("$B/doorward" reasons 2>/dev/null >/dev/full && echo "status 0")"
done_testing
