#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every reason that turns a request away is provoked, by name, by a test that goes through the
# running program.
. "$(dirname "$0")/tap.sh"

reasons=$(gcc -E -P -D'REASON(name,id,status,...)=id status' -x c core/reasons.def |
          sed -n 's/^ *"\([a-z_.]*\)" \([0-9]*\)$/\1 \2/p')
mapfile -t tests < <(find tests -type f \( -name '*.t' -o -path 'tests/e2e/*' \) -not -name reasons.t)

missing() {
    while read -r id status; do
        if [ "$status" -ge 400 ] && ! grep -qwF -- "$id" "${tests[@]}"; then
            echo "$id"
        fi
    done <<<"$reasons"
}

verdict "the table of reasons can be read" "$([ "$(wc -l <<<"$reasons")" -gt 40 ] || echo "$reasons")"
verdict "every reason is provoked by a test" "$(missing)"
done_testing
