#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# doorward check: a sound file, the first mistake of one that is not, and the files it names.
. "$(dirname "$0")/tap.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
file=$folder/doorward.yaml

# expect NAME STATUS OUTPUT OPTION...: what is said of the file on stdin, FOLDER for its folder.
expect() {
    local name=$1 status=$2 wanted=$3 output got
    shift 3
    cat >"$file"
    output=$("$B/doorward" check -c "$file" "$@" 2>&1)
    got=$?
    output=${output//$folder/FOLDER}
    verdict "$name" "$([ "$got $output" = "$status $wanted" ] || echo "status $got: $output")"
}

printf '{"keys": [{"kty": "oct", "alg": "HS256", "k": "%043d"}]}' 0 >"$folder/keys.json"
printf 'a secret\n' >"$folder/secret"
printf '\n' >"$folder/empty"

expect "a sound file" 0 'FOLDER/doorward.yaml: ok, 1 route, 2 issuers' <<'END'
verify: {secret_file: secret}
trust:
  - {issuer: a, audience: any, jwks_file: keys.json}
  - issuer: https://b.example
    audience: any
    introspection: {url: https://b.example/i, client_id: c, client_secret_file: secret}
routes: [{path: /**, accept: [basic, digest, apikey, cookie, certificate, dpop]}]
END
expect "the same as JSON" 0 '{"file":"FOLDER/doorward.yaml","ok":true,"routes":1,"issuers":0}' --json \
    <<<'routes: [{path: /}]'
expect "a mistake" 1 'FOLDER/doorward.yaml:1:1: unknown key "rutes": did you mean "routes"?' <<<'rutes: []'
expect "a mistake as JSON" 1 \
    '{"file":"FOLDER/doorward.yaml","ok":false,"error":"FOLDER/doorward.yaml:1:7: data: expected the path of a file or folder"}' \
    --json <<<'data: true'
expect "no keys there" 1 'FOLDER/doorward.yaml:1:47: jwks_file: FOLDER/none.json: No such file or directory' \
    <<<'trust: [{issuer: a, audience: any, jwks_file: none.json}]'
expect "no key to be used" 1 'FOLDER/doorward.yaml:1:47: jwks_file: FOLDER/secret: expected a JWKS: the text breaks its grammar' \
    <<<'trust: [{issuer: a, audience: any, jwks_file: secret}]'
expect "no secret there" 1 'FOLDER/doorward.yaml:1:23: secret_file: FOLDER/none: No such file or directory' <<<'verify: {secret_file: none}'
expect "an empty secret" 1 'FOLDER/doorward.yaml:1:23: secret_file: FOLDER/empty: it holds no secret' <<<'verify: {secret_file: empty}'
expect "no secret to ask an issuer with" 1 'FOLDER/doorward.yaml:4:81: client_secret_file: FOLDER/none: No such file or directory' <<'END'
trust:
  - issuer: https://b.example
    audience: any
    introspection: {url: https://b.example/i, client_id: c, client_secret_file: none}
END
verdict "no file at all" "$("$B/doorward" check 2>&1 | grep -q 'expected -c FILE' || echo "it says nothing of -c")"
done_testing
