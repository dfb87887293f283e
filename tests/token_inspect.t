#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# doorward token inspect: what it prints, and with which status it leaves.
. "$(dirname "$0")/tap.sh"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
unset DOORWARD_DATA NO_COLOR
export TZ=UTC
now=$(date +%s)
SIGNATURE=c2lnbmF0dXJl

base64url() { base64 -w0 | tr '+/' '-_' | tr -d =; }
token() { printf '%s.%s.%s' "$(printf %s "$1" | base64url)" "$(printf %s "$2" | base64url)" "$SIGNATURE"; }
claims() { printf '{"iss":"https://a.example","aud":"api","sub":"u","exp":%s%s}' "$((now + $1))" "$2"; }

# inspect INPUT ARGUMENT...: sets output, errors and status
inspect() {
    local input=$1
    shift
    output=$(printf %s "$input" | "$B/doorward" token inspect "$@" 2>"$place/errors")
    status=$?
    errors=$(<"$place/errors")
}
# expect NAME STATUS PATTERN...
expect() {
    local name=$1 problems="" pattern
    [ "$status" -eq "$2" ] || problems="status $status, expected $2"$'\n'
    shift 2
    for pattern in "$@"; do
        grep -qE -- "$pattern" <<<"$output$errors" || problems+="no line matches $pattern"$'\n'
    done
    [ -z "$problems" ] || problems+="$output"$'\n'"$errors"
    verdict "$name" "$problems"
}

HEADER='{"alg":"ES256","typ":"at+jwt"}'
good=$(token "$HEADER" "$(claims 432 ',"a_long_name":[1,{"b":null}]')")

inspect ""
expect "nothing" 3 'there is no token'
inspect $' \n '
expect "blanks" 3 'there is no token'
inspect "Bearer "
expect "only the scheme" 3 'token\.opaque_to_jwt'
inspect "$(head -c 70000 /dev/zero | tr '\0' a)"
expect "too long" 3 'more than 65536 bytes'
inspect "opaque"
expect "an opaque token" 3 'token\.opaque_to_jwt +The token is not a JWT'
inspect "$good" -c "$place/none.yaml"
expect "a policy that is not there" 3 'none\.yaml'

inspect "$good"
expect "a good token" 0 '^  alg  "ES256"$' '^  iss          "https://a.example"$' \
    '^  a_long_name  \[1, \{"b": null\}\]$' '^  exp          20[0-9-]+ [0-9:]+ UTC \(in 7 min 1[0-2] s\)$' \
    '^No problem was found\.$' '^The signature was not checked\. The token was sent nowhere\.$'
verdict "the signature is not printed" "$(grep -o "$SIGNATURE\|signature\"" <<<"$output")"
verdict "no colour away from a terminal" "$(grep -o $'\e' <<<"$output")"
output=$("$B/doorward" token inspect "$good" 2>&1)
status=$?; errors=""
expect "a token as a word" 0 'https://a\.example'
inspect $'  Bearer \t'"$good"$'\r\n' -
expect "the scheme is left out" 0 'left out the "Bearer" before the token' 'https://a\.example'

inspect "$(token "$HEADER" "$(claims -90000 ',"nbf":'$((now + 1000)))")"
expect "every problem" 1 '1 d 1 h ago' '^  token\.expired        exp has passed' '^  token\.not_yet_valid  nbf'
inspect "$(token '{"alg":"none"}' "$(claims 10)")"
expect "alg none" 1 'token\.alg_none' 'https://a\.example'
inspect "$(token "$HEADER" '{"exp":1e400,"iss":"a"}')"
expect "an exp beyond numbers" 1 'token\.exp_type' '^  exp  1e400$'
inspect "$(token "$HEADER" '{"exp":"soon"}')"
expect "an exp in words" 1 'token\.exp_type' '^  exp  "soon"$'
inspect "$good="
expect "padding: what and where" 1 'token\.base64_standard' \
    "^  character $((${#good} + 1)) of the token: base64url in a token has no padding" 'https://a\.example'
inspect "${good:0:50}*${good:51}"
expect "a bad character: the rest is shown" 1 '^  character 51 of the token: ' '^  alg  "ES256"$' '^  \{"iss'
inspect "$(token "$HEADER" '{"a":1,"a":2}')"
expect "a duplicate member" 1 'token\.duplicate_member' '^  byte [0-9]+ of the decoded claims: ' '"a":1,"a":2'
inspect "$(token "$HEADER" '{"a":1,}')"
expect "broken JSON" 1 'token\.bad_json' '^  byte 8 of the decoded claims: this is not JSON'

inspect "$(token "$HEADER" '{"iss":"\u001b[31m\u009b\u202e","k\u001b":"\udb40\udc41"}')"
verdict "no terminal obeys a claim" "$(LC_ALL=C grep -o $'\e\|\xc2\x9b\|\xe2\x80\xae\|\xf3\xa0\x81\x81' <<<"$output")"
expect "escaped instead" 1 '"\\u001b\[31m\\u009b\\u202e"' '^  k\\u001b  "\\udb40\\udc41"$'
inspect "$(token "$HEADER" $'{"iss":"\e[31m",,')"
verdict "nor what is broken" "$(grep -o $'\e' <<<"$output")"

inspect "$(token "$HEADER" "$(claims -90000)")" --json
expect "--json" 1 '^\{"header": \{"alg": "ES256", "typ": "at\+jwt"\}, "claims": \{"iss": "https://a.example", ' \
    "\"times\": \{\"exp\": \{\"at\": $((now - 90000)), \"local\": \"[^\"]+ UTC\", \"relative\": \"1 d 1 h ago\"\}\}" \
    '"problems": \[\{"reason": "token\.expired", "text": "exp has passed, leeway included\."\}\]'
inspect "opaque" --json
expect "--json of nothing" 3 '^\{"header": null, "claims": null, "times": \{\}, "problems": \[\{"reason": "token\.opaque'

cat >"$place/doorward.yaml" <<'YAML'
trust:
  - issuer: https://a.example
    audience: api
    algorithms: [RS256]
YAML
inspect "$good" -c "$place/doorward.yaml"
expect "with a policy: the algorithm" 1 'token\.alg_mismatch' "were compared with $place/doorward.yaml"
sed -i 's/RS256/ES256/' "$place/doorward.yaml"
inspect "$good" -c "$place/doorward.yaml"
expect "with a policy: good" 0 '^No problem was found'
sed -i 's/audience: api/audience: other/' "$place/doorward.yaml"
inspect "$good" --config="$place/doorward.yaml"
expect "with a policy: the audience" 1 'token\.wrong_aud'
sed -i 's/a.example/b.example/' "$place/doorward.yaml"
inspect "$good" -c "$place/doorward.yaml"
expect "with a policy: the issuer" 1 'token\.wrong_iss'
done_testing
