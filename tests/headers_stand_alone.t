#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every header says itself what it needs; the public one also to strict C11,
# and to C++ if it says it can.
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
verdict "core/doorward.h in C11 without extensions" "$(compile c c11 core/doorward.h -Icore)"
if grep -qF 'extern "C"' core/doorward.h && command -v g++ >/dev/null; then
    verdict "core/doorward.h in C++" "$(compile c++ c++17 core/doorward.h -Icore -Wno-pedantic)"
fi
done_testing
