#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Functions of at most 60 lines and 3 levels, files of at most 500.
. "$(dirname "$0")/tap.sh"

mapfile -t code < <(find "${FOLDERS[@]}" nginx tests bench fuzz examples -name '*.[ch]' | sort)
mapfile -t files < <(printf '%s\n' "${code[@]}"
                     find tests bench packaging .ci -type f \( -name '*.t' -o -name '*.sh' -o -name '*.py' -o -perm -u+x \) | sort)

verdict "no function over 60 lines" "$(awk '
    FNR == 1 { open = 0 }
    /^{/ { open = FNR }
    /^}/ && open { if (FNR - open - 1 > 60) print FILENAME ":" open ": " FNR - open - 1 " lines"; open = 0 }
    ' "${code[@]}")"

verdict "no more than 3 levels in a function" "$(awk '
    FNR == 1 || /^}/ { open = 0 }
    /^{/ { open = 1; next }
    open && /^ *(} )?(else|if|for|while|switch|do) .*{$/ {
        match($0, /^ */)
        if (RLENGTH / 4 > 3) print FILENAME ":" FNR ": " $0
    }' "${code[@]}")"

verdict "no file over 500 lines" "$(wc -l "${files[@]}" | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }')"
verdict "no line over 120 columns" "$(awk 'length > 120 { print FILENAME ":" FNR }' "${code[@]}")"
done_testing
