#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The core touches nothing but memory and libcrypto, and keeps nothing between two calls.
. "$(dirname "$0")/tap.sh"

LIBC='mem(cpy|move|set|cmp|chr|rchr|mem)|str(len|cmp|ncmp|chr|rchr|nlen|spn|cspn|str|pbrk)|strn?casecmp
      malloc|calloc|realloc|free|qsort|bsearch|abort|explicit_bzero|vsnprintf
      __(memcpy|memmove|memset|vsnprintf|explicit_bzero)_chk|__assert_fail'
COMPILER='__(stack_chk_fail|popcount[sdt]i2)|_GLOBAL_OFFSET_TABLE_'
CRYPTO='(d2i_|i2d_)?(EVP|ERR|OSSL|BN|OPENSSL|CRYPTO|ECDSA|EC|RSA|SHA256|SHA512|MD5|X509|X509V3|ASN1)(_[A-Za-z0-9_]+)?
        BIO_(new|free|ctrl|s_mem)|GENERAL_NAMES_free|a2i_IPADDRESS'
allowed="^($(xargs <<<"$LIBC" | tr ' ' '|')|$COMPILER|$(xargs <<<"$CRYPTO" | tr ' ' '|'))\$"

defined=$(nm --defined-only --format=posix "$B/libcore.a" | awk 'NF >= 3 { print $1 }' | sort -u)
undefined=$(nm -u --format=posix "$B/libcore.a" | awk 'NF >= 2 { print $1 }' | sort -u)

verdict "core was built" "$([ -n "$defined" ] || echo "$B/libcore.a holds nothing")"
verdict "core calls only memory, strings and libcrypto" \
    "$(comm -13 <(echo "$defined") <(echo "$undefined") | grep -vE "$allowed")"
verdict "core has no variable that lasts" \
    "$(objdump -t "$B/libcore.a" |
       awk 'NF > 3 && $(NF-2) ~ /^(\.t?data|\.t?bss|\*COM\*)$/ && $NF != $(NF-2) { print $NF, "in", $(NF-2) }')"
done_testing
