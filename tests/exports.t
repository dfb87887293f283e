#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the shared library exports is what doorward.h and doorward_parts.h, which it includes, declare
# and what libdoorward(3) describes.
. "$(dirname "$0")/tap.sh"

exported=$(nm -D --defined-only --format=posix "$B/libdoorward.so" | awk '{ print $1 }' | sort -u)
declared=$(gcc -E -P core/doorward.h | tr '\n' ' ' | tr ';' '\n' | grep -F 'visibility("default")' |
           grep -oE '\bdw_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u)
described=$(sed -n '/^\.Sh NAME/,/^\.Sh LIBRARY/s/^\.Nm \(dw_[a-z0-9_]*\).*/\1/p' \
            docs/man/libdoorward.3 | sort -u)
shown=$(sed -n 's/^\.F[no] \(dw_[a-z0-9_]*\).*/\1/p' docs/man/libdoorward.3 | sort -u)

difference() { diff <(echo "$1") <(echo "$2") | sed -n 's/^</only /p; s/^>/lacks /p'; }

verdict "the headers declare functions" "$([ -n "$declared" ] || echo none)"
verdict "the library exports what the headers declare" "$(difference "$exported" "$declared")"
verdict "the manual names what the headers declare" "$(difference "$described" "$declared")"
verdict "the manual shows the prototypes of what it names" "$(difference "$shown" "$declared")"
done_testing
