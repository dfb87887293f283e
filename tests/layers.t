#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Arrows point down only: a folder includes what the Makefile lets it use, and nobody but core and
# its tests looks inside core.
. "$(dirname "$0")/tap.sh"

# includes FOLDER: its files, and what each includes of ours
includes() { grep -noHE '^#include "[^"]+"' "$1"/*.[ch] 2>/dev/null | sed 's/#include "\(.*\)"/\1/'; }

allowed() { # folder
    if [ "$1" = nginx ]; then
        echo "core edge config nginx"
    else
        uses "$1"
    fi
}

for folder in "${FOLDERS[@]}" nginx; do
    problems=
    while IFS=: read -r file line header; do
        found=
        for used in $(allowed "$folder"); do
            [ -e "$used/$header" ] && found=yes
        done
        [ -n "$found" ] || problems+="$file:$line includes $header"$'\n'
    done < <(includes "$folder")
    verdict "$folder includes only: $(allowed "$folder")" "${problems%$'\n'}"
done

others=$(find "${FOLDERS[@]}" nginx -name '*.[ch]' -not -path 'core/*' \
         -exec grep -nE '#include "(core/)?(internal|schemes|digest|x509)\.h"' /dev/null {} +)
verdict "core's internal headers are core's own" "$others"

others=$(find "${FOLDERS[@]}" nginx -name '*.[ch]' -not -path core/signature.c -not -path 'core/key_*.c' \
         -exec grep -nE '#include <openssl/(ec|ecdsa|rsa|param_build|core_names)\.h' /dev/null {} +)
verdict "libcrypto's keys are known to core's signature.c and key_*.c alone" "$others"
others=$(find "${FOLDERS[@]}" nginx -name '*.[ch]' -not -path core/x509.c \
         -exec grep -nE '#include <openssl/x509' /dev/null {} +)
verdict "X.509 is known to core's x509.c alone" "$others"

only() { # what, header's pattern, who may
    others=$(find "${FOLDERS[@]}" nginx -name '*.[ch]' -exec grep -lE "#include <$2>" {} + | grep -vE "$3")
    verdict "$1 is known to few" "$others"
}
only LMDB 'lmdb\.h' '^edge/'
only SQLite 'sqlite3\.h' '^store/'
only "libmicrohttpd" 'microhttpd\.h' '^server/http\.c$'
only "libcurl" 'curl/.*' '^server/|^cli/replay\.c$'
only "argon2" 'argon2\.h' '^issuer/password\.c$'
done_testing
