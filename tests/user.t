#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# doorward user: add, passwd, list, remove, import.
. "$(dirname "$0")/tap.sh"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
unset DOORWARD_DATA
user() { "$B/doorward" user "$@" --data "$place/data"; }
# is NAME GOT WANTED
is() { verdict "$1" "$([ "$2" = "$3" ] || printf 'got    %s\nwanted %s\n' "$2" "$3")"; }
like() { verdict "$1" "$(grep -qE -- "$3" <<<"$2" || echo "$2 does not match $3")"; }
# fails NAME STATUS WHY COMMAND...: the password is on the standard input
fails() {
    local name=$1 status=$2 why=$3
    shift 3
    "$@" >"$place/out" 2>"$place/err"
    is "$name: status" $? "$status"
    like "$name: why" "$(<"$place/err")" "^doorward: .*$why"
    verdict "$name: nothing is printed" "$(<"$place/out")"
}

like "an empty list says how to go on" "$(user list)" '^No users yet'
is "an empty list as JSON" "$(user list --json)" "[]"

# -- add --------------------------------------------------------------------------------------------

fails "no password" 1 'no password' user add alice --password-stdin </dev/null
fails "a newline alone" 1 'no password' user add alice --password-stdin <<<""
fails "a short password" 1 'at least 8 characters' user add alice --password-stdin <<<"seven 7"
fails "no terminal, and not told to read" 2 'password-stdin' user add alice <<<"correct horse"
fails "a colon in the name" 1 'colon' user add al:ice --password-stdin <<<"correct horse"
fails "a bad scope" 1 'no scope' user add alice --scope 'a"b' --password-stdin <<<"correct horse"
fails "no name" 2 'usage' user add --password-stdin <<<"correct horse"
fails "a password in no UTF-8" 1 'UTF-8' user add alice --password-stdin < <(printf 'correct h\xf6rse')
fails "a huge password" 1 'at most 1024 bytes' user add alice --password-stdin < <(printf '%2000s' x)
is "none of these was added" "$(user list --json)" "[]"

is "add" "$(printf 'correct horse\n' | user add alice --password-stdin --scope ' read  write read')" "Added."
is "add --json" "$(printf 'correct horse' | user add 'Jörg "the" door' --password-stdin --json)" \
    '{"added":"Jörg \"the\" door"}'
fails "the same name twice" 1 'there is a user named alice already; see doorward user passwd' \
    user add alice --password-stdin <<<"correct horse"
fails "the same name in another form" 1 'already' \
    user add "$(printf 'Jo\xcc\x88rg "the" door')" --password-stdin <<<"correct horse"
like "list" "$(user list)" '^alice +read write  basic +20[0-9-]{8} [0-9:]{5}$'
like "list --json" "$(user list --json)" \
    '\{"name":"alice","scope":"read write","digest":false,"created":[0-9]+,"changed":[0-9]+\}'
verdict "the password is kept nowhere" "$(grep -la -- 'correct horse' "$place"/data/* 2>/dev/null)"
verdict "no hash is listed" "$(user list --json | grep -o 'argon')"

# What is kept, looked at behind the program's back. The file is read as it is on disk.
hash_of() { "${SQL[@]}" "SELECT password FROM user WHERE name = '$1'"; }
SQL=(python3 -c 'import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone(), sep="|")' "$place/data/doorward.db")
# shellcheck disable=SC2016 # the dollars are the hash's
like "a hash is argon2id" "$(hash_of alice)" '^\$argon2id\$v=19\$m=19456,t=2,p=1\$'

# -- passwd -----------------------------------------------------------------------------------------

before=$(hash_of alice)
fails "passwd of nobody" 1 'there is no user bob; see doorward user list' user passwd bob --password-stdin <<<"correct horse"
fails "passwd, too short" 1 'at least 8' user passwd alice --password-stdin <<<"short"
is "a failed passwd changes nothing" "$(hash_of alice)" "$before"
like "passwd" "$(user passwd alice --password-stdin <<<'battery staple')" '^Changed\.'
verdict "the hash is another" "$([ "$(hash_of alice)" != "$before" ] || echo the same)"
like "the scope stays" "$(user list)" '^alice +read write '

# -- Digest ------------------------------------------------------------------------------------------

cat >"$place/doorward.yaml" <<END
data: $place/data
realm: http-auth@example.org
routes:
  - path: /**
    accept: [digest]
END
printf 'Circle of Life' | user add Mufasa --password-stdin -c "$place/doorward.yaml" >/dev/null
is "Digest hashes are made where a route accepts Digest" \
    "$("${SQL[@]}" "SELECT realm, ha1_md5, ha1_sha256 FROM user WHERE name = 'Mufasa'")" \
    "http-auth@example.org||7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"
like "list says so" "$(user list --json)" '"name":"Mufasa","scope":"","digest":true'
fails "a configuration that is none" 1 'nowhere.yaml' user list -c "$place/nowhere.yaml"

# -- remove -----------------------------------------------------------------------------------------

fails "remove nobody" 1 'there is no user bob' user remove bob
is "remove" "$(user remove alice --json)" '{"removed":"alice"}'
is "remove by another form of the name" "$(user remove "$(printf 'Jo\xcc\x88rg "the" door')")" "Removed."
user remove Mufasa >/dev/null
is "all are gone" "$(user list --json)" "[]"

# -- import -----------------------------------------------------------------------------------------

cat >"$place/htpasswd" <<'END'
# users of the old server

apache:$apr1$xxxxxxxx$dxHfLAsjHkDRmG83UXe8K0
bcrypt:$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e
plain:hunter2 and more
sha1:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=
des:rl.3StKT.4T8M
crypt:$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1
a line of none
END
# shellcheck disable=SC2016 # and so they are here; no newline ends the file
printf 'last:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5' >>"$place/htpasswd"
user import "$place/htpasswd" --scope read >"$place/out" 2>"$place/err"
is "import with bad lines: status" $? 1
is "import: what was done" "$(<"$place/out")" "4 imported, 4 refused."
like "a plain password is refused by line" "$(<"$place/err")" \
    "^doorward: $place/htpasswd:5: the password of plain is there as it is.*htpasswd -B"
like "SHA-1 is refused by line" "$(<"$place/err")" "^doorward: $place/htpasswd:6: .*sha1 is a SHA-1 without a salt"
like "DES crypt is refused by line" "$(<"$place/err")" "^doorward: $place/htpasswd:7: .*DES crypt"
like "what is no line is refused by line" "$(<"$place/err")" "^doorward: $place/htpasswd:9: expected NAME:HASH"
verdict "no password or hash is shown" "$(grep -F -e hunter2 -e '5en6G6' -e 'rl.3St' "$place/err" "$place/out")"
is "who was imported" "$(user list --json | grep -o '"name":"[^"]*","scope":"[^"]*"' | cut -d'"' -f4,8 | tr '"\n' ': ')" \
    'apache:read bcrypt:read crypt:read last:read '
is "import --json" "$(head -n 4 "$place/htpasswd" | user import /dev/stdin --json)" '{"imported":2,"refused":0}'
fails "a file that is not there" 3 'No such file' user import "$place/no"

# -- At a terminal ------------------------------------------------------------------------------------

# terminal COMMAND...: runs it at a terminal of its own; each line of the standard input is typed when
# it asks. Prints what the terminal showed, and how the command ended.
terminal() {
    python3 - "$@" 3<&0 <<'END'
import os, pty, signal, sys

lines = os.fdopen(3).read().split("\n")[:-1]
child, terminal = pty.fork()
if child == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who runs this in the background ignores it
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    shown += data
    if data.rstrip(b" ").endswith(b":") and lines:
        line = lines.pop(0)
        os.write(terminal, b"\x03" if line == "^C" else line.encode() + b"\n")
status = os.waitpid(child, 0)[1]
print(shown.decode().replace("\r", ""), end="")
print("killed by", os.WTERMSIG(status)) if os.WIFSIGNALED(status) else print("ended with", os.WEXITSTATUS(status))
END
}
shown=$(printf 'correct horse\ncorrect horse\n' | terminal "$B/doorward" user add dora --data "$place/data")
is "at a terminal it is asked for twice, and not shown" "$(tr '\n' '|' <<<"$shown")" \
    'Password for dora: |The same again for dora: |Added.|ended with 0|'
shown=$(printf 'correct horse\ncorrect house\n' | terminal "$B/doorward" user add dan --data "$place/data")
is "two that differ" "$(tr '\n' '|' <<<"$shown")" \
    'Password for dan: |The same again for dan: |doorward: the two are not the same|ended with 1|'
like "Ctrl-C ends it" "$(printf '^C\n' | terminal "$B/doorward" user add dan --data "$place/data")" 'killed by 2$'
verdict "neither was added" "$(user list --json | grep '"dan"')"
done_testing
