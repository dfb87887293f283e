#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Building and testing leave nothing in the tree but build/ and var/.
. "$(dirname "$0")/tap.sh"

[ -e "$B/tree" ] || skip_all "make test did not note how the tree was before"
verdict "no new file since make test began" \
    "$(git status --porcelain --untracked-files=all | comm -13 <(sort "$B/tree") <(sort))"
done_testing
