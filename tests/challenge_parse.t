#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# doorward challenge parse: what it reads, where it finds a fault, and with which status it leaves.
. "$(dirname "$0")/tap.sh"

# parse STATUS NAME WANTED ARGUMENT...: WANTED is what the JSON comes down to
parse() {
    local want_status=$1 name=$2 want=$3 got status
    shift 3
    got=$("$B/doorward" challenge parse --json "$@" 2>&1)
    status=$?
    got=$(python3 -c '
import json, sys
answer = json.loads(sys.argv[1])
print(" ".join("%s(%s)" % (c["scheme"], ",".join("%s=%s" % p for p in c["params"].items()) or c["token68"] or "")
               for c in answer["challenges"]), [f["at"] for f in answer["faults"]])' "$got" 2>&1)
    verdict "$name" "$([ "$got" = "$want" ] && [ "$status" = "$want_status" ] || echo "$status: $got")"
}

parse 0 "one" 'Bearer(realm=a b,error=invalid_token) []' 'Bearer realm="a b", error="invalid_token"'
parse 0 "two in one field" 'Basic(realm=a) Bearer() []' 'Basic realm="a", Bearer'
parse 0 "two fields" 'Negotiate() Basic(realm=a) []' 'Negotiate' 'Basic realm="a"'
parse 0 "a token68" 'NTLM(TlRMTVNTUAAC=) []' 'NTLM TlRMTVNTUAAC='
parse 0 "with the field's name" 'Bearer() []' 'WWW-Authenticate: Bearer'
parse 0 "escapes are taken off" 'Basic(realm=a "b") []' 'Basic realm="a \"b\""'
parse 1 "parameters separated by spaces" 'Bearer(scope=a b,error=invalid_token) [19]' \
    'Bearer scope="a b" error="invalid_token"'
parse 1 "as Azure writes it" \
    'Bearer(authorization_uri=https://login.example.com/common/oauth2/authorize,resource_id=https://api.example.com) [77]' \
    'Bearer authorization_uri="https://login.example.com/common/oauth2/authorize" resource_id="https://api.example.com"'
parse 1 "a closing quote is missing" 'Basic(realm=a) [14]' 'Basic realm="a'
parse 1 "single quotes" "Basic(realm=a b) [15]" "Basic realm='a b'"
parse 3 "nothing" ' [0]' ''
parse 3 "no scheme" ' [0]' '"quoted"'

text=$("$B/doorward" challenge parse 'Bearer scope="a b" error="x"')
verdict "a person sees where" "$(grep -qF 'breaks RFC 9110 s11.6.1 at byte' <<<"$text" && grep -qE '^ +\^$' <<<"$text" ||
    echo "$text")"
text=$("$B/doorward" challenge parse $'Basic realm="\e[31m"')
verdict "no terminal is steered" "$(grep -o $'\e' <<<"$text")"
"$B/doorward" challenge parse >/dev/null 2>&1
verdict "without a value" "$([ $? = 2 ] || echo "another status")"
done_testing
