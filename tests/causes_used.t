#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Rules and texts name causes by their ids: each id they name is in the catalogue, each of the catalogue
# is named by one of them, and each stands there once.
. "$(dirname "$0")/tap.sh"

# Causes that only somebody who knows the server can tell.
UNSEEN='^server\.case_or_spec$'

catalogue() { grep -hoE '^CAUSE\("[^"]+"' doctor/causes*.def | cut -d'"' -f2 | sort; }

# named FILE...: every id the files name, as FILE:LINE:ID
named() {
    local groups
    groups=$(catalogue | cut -d. -f1 | sort -u | paste -sd'|')
    grep -noHE "\"($groups)\\.[a-z0-9_]{2,}\"" "$@" | tr -d '"'
}

verdict "no cause is in the catalogue twice" "$(catalogue | uniq -d)"

rules=(doctor/*.c doctor/texts*.def)
problems=
while IFS=: read -r file line id; do
    catalogue | grep -qxF "$id" || problems+="$file:$line names $id"$'\n'
done < <(named "${rules[@]}" | sort -t: -k3,3 -u)
verdict "every cause that is named is in the catalogue" "${problems%$'\n'}"

verdict "every cause that can be seen has a rule or a text" \
    "$(comm -23 <(catalogue | grep -vE "$UNSEEN") <(named "${rules[@]}" | cut -d: -f3 | sort -u))"

done_testing
