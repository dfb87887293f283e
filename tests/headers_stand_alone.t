#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every header says itself what it needs; the public ones also to strict C11,
# and to C++ if they say they can.
. "$(dirname "$0")/tap.sh"

compile() { # language, standard, header, flags
    printf '#include "%s"\n' "${3##*/}" |
        gcc -x "$1" -std="$2" -Wall -Wextra -Wpedantic -Werror -fsyntax-only "${@:4}" - 2>&1
}

for folder in "${FOLDERS[@]}"; do
    read -ra flags <<<"$(uses "$folder" | sed 's/[^ ]*/-I&/g')"
    for header in "$folder"/*.h; do
        [ -e "$header" ] || continue
        verdict "$header" "$(compile c c11 "$header" -D_GNU_SOURCE "${flags[@]}")"
    done
done
for header in core/doorward.h core/doorward_parts.h; do
    verdict "$header in C11 without extensions" "$(compile c c11 "$header" -Icore)"
    if grep -qF 'extern "C"' "$header" && command -v g++ >/dev/null; then
        verdict "$header in C++" "$(compile c++ c++17 "$header" -Icore -Wno-pedantic)"
    fi
done
done_testing
