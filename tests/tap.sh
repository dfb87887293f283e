# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# TAP for tests written in shell: source it from the top of the tree, give verdicts, call done_testing.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
B=${B:-build}
n_tests=0

# verdict NAME PROBLEMS: passes when there are none; else each is a line below it.
verdict() {
    n_tests=$((n_tests + 1))
    if [ -z "$2" ]; then
        echo "ok $n_tests - $1"
    else
        echo "not ok $n_tests - $1"
        echo "#   ${2//$'\n'/$'\n'#   }"
    fi
}

done_testing() { echo "1..$n_tests"; }

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

# The folders of the product, and those a folder may include, as the Makefile has them.
# shellcheck disable=SC2034 # FOLDERS is for those who source this
read -ra FOLDERS < <(sed -n 's/^FOLDERS *:= *//p' Makefile)
uses() { sed -n "s/^USES_$1 *:= *//p" Makefile; }
