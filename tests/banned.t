#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Functions and habits that have no place here.
. "$(dirname "$0")/tap.sh"

FUNCTIONS='strcpy|strcat|strncpy|strncat|stpcpy|v?sprintf|v?s?scanf|fscanf|ato[ilf]|atoll|strtok(_r)?|gets
           alloca|system|popen|tmpnam|mktemp|rand|srand|random|asctime|ctime|gmtime|localtime'
functions="\\b($(xargs <<<"$FUNCTIONS" | tr ' ' '|')) *\\("

mapfile -t sources < <(find "${FOLDERS[@]}" nginx -name '*.[ch]' | sort)
mapfile -t own < <(find "${FOLDERS[@]}" -name '*.[ch]' | sort)
mapfile -t files < <(find "${FOLDERS[@]}" nginx tests bench fuzz examples packaging .ci -type f \
    \( -name '*.[chts]' -o -name '*.sh' -o -name '*.py' -o -name '*.def' -o -name '*.mk' -o -perm -u+x \) | sort)

# code FILES: each line with its file's name, comments gone.
code() {
    local file
    for file in "$@"; do
        gcc -fpreprocessed -dD -E -P "$file" 2>/dev/null | sed "s|^|$file: |"
    done
}

verdict "no banned function" "$(code "${sources[@]}" | grep -E "$functions")"
verdict "no struct hides behind a typedef" "$(code "${own[@]}" | grep -E '\btypedef +(struct|union|enum)\b')"
verdict "no goto that goes back or out of the line" "$(code "${own[@]}" | grep -E '\bgoto\b' | grep -vE '\bgoto out;')"
verdict "every file names its licence" \
    "$(for file in "${files[@]}"; do head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"; done)"
verdict "nothing is left to be done" "$(grep -nE '\b(TODO|FIXME|XXX|HACK)\b' "${files[@]}" | grep -v '^tests/banned.t:')"
done_testing
