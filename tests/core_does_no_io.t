#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The core touches nothing but memory and libcrypto, and keeps nothing between two calls. So does the doctor,
# whose only other callee is the core, and who reckons with dates.
. "$(dirname "$0")/tap.sh"

LIBC='mem(cpy|move|set|cmp|chr|rchr|mem)|str(len|cmp|ncmp|chr|rchr|nlen|spn|cspn|str|pbrk)|strn?casecmp
      malloc|calloc|realloc|free|qsort|bsearch|abort|explicit_bzero|vsnprintf
      __(memcpy|memmove|memset|vsnprintf|explicit_bzero)_chk|__assert_fail'
COMPILER='__(stack_chk_fail|popcount[sdt]i2)|_GLOBAL_OFFSET_TABLE_'
CRYPTO='(d2i_|i2d_)?(EVP|ERR|OSSL|BN|OPENSSL|CRYPTO|ECDSA|EC|RSA|SHA256|SHA512|MD5|X509|X509V3|ASN1)(_[A-Za-z0-9_]+)?
        BIO_(new|free|ctrl|s_mem)|GENERAL_NAMES_free|a2i_IPADDRESS'
allowed="^($(xargs <<<"$LIBC" | tr ' ' '|')|$COMPILER|$(xargs <<<"$CRYPTO" | tr ' ' '|'))\$"

# symbols KIND ARCHIVE: what it defines, what it wants
symbols() { nm "$1" --format=posix "$B/lib$2.a" | awk -v least="$3" 'NF >= least { print $1 }' | sort -u; }
lasting() {
    objdump -t "$B/lib$1.a" |
        awk 'NF > 3 && $(NF-2) ~ /^(\.t?data|\.t?bss|\*COM\*)$/ && $NF != $(NF-2) { print $NF, "in", $(NF-2) }'
}

defined=$(symbols --defined-only core 3)
verdict "core was built" "$([ -n "$defined" ] || echo "$B/libcore.a holds nothing")"
verdict "core calls only memory, strings and libcrypto" \
    "$(comm -13 <(echo "$defined") <(symbols -u core 2) | grep -vE "$allowed")"
verdict "core has no variable that lasts" "$(lasting core)"

own=$(cat <(echo "$defined") <(symbols --defined-only doctor 3) | sort -u)
dates="^(timegm|gmtime_r|strftime|strto(l|ll|ul|ull|d)|snprintf|__snprintf_chk|vsnprintf|strcasestr|strncasecmp|__isoc23_strtou?ll?)\$"
verdict "the doctor calls only memory, strings, libcrypto and the core" \
    "$(comm -13 <(echo "$own") <(symbols -u doctor 2) | grep -vE "$allowed" | grep -vE "$dates")"
verdict "the doctor has no variable that lasts" "$(lasting doctor)"
done_testing
