#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""doorward explain over the corpus: how often the first cause is the right one, and how sure it is when it is not."""

import os
import re
import sys

TESTS = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(TESTS, "e2e"))
from harness import *  # noqa: E402,F403
sys.path.insert(0, os.path.join(TESTS, "corpus"))
import judge  # noqa: E402

LEAST, FIRST, NEAR = 160, 0.95, 0.99


def known():
    """The catalogue's ids."""
    folder = os.path.join(TREE, "doctor")
    text = "".join(open(os.path.join(folder, name)).read() for name in os.listdir(folder)
                   if name.startswith("causes") and name.endswith(".def"))
    return set(re.findall(r'"([a-z0-9]+\.[a-z0-9_]+)"', text))


def files():
    """Every capture there is."""
    found = []
    for folder, folders, names in os.walk(judge.HERE):
        folders[:] = [name for name in folders if name not in ("make", "__pycache__")]
        if folder != judge.HERE:
            found += [os.path.relpath(os.path.join(folder, name), judge.HERE) for name in names]
    return sorted(found)


def check_table(cases):
    check(f"there are at least {LEAST} cases", len(cases) >= LEAST, len(cases))
    same("each file has a row, and each row a file", sorted(case.file for case in cases), files())
    ids = known() | {"-"}
    same("the catalogue knows every cause", sorted({id for case in cases for id in case.expected} - ids), [])


def share(cases, right):
    return sum(map(right, cases)) / len(cases)


def wanted(case):
    """The exit statuses that are right: what holds no 401 may still hold another failure."""
    if case.first()[0] == "capture.not_a_401":
        return (0, 1)
    if case.first()[0] == "-":
        return (0,)
    return (1,) if case.causes else (2,)


cases = judge.cases()
check_table(cases)
cases = judge.judged(PROGRAM)
same("every one was read", [str(case) for case in cases if case.status not in (0, 1, 2)], [])
same("0 is healthy, 1 a cause, 2 none", [str(case) for case in cases if case.status not in wanted(case)], [])
for case in cases:
    if not case.is_right():
        note(f"{'RASH ' if case.is_rash() else ''}{'' if case.is_near() else 'FAR '}{case}")
first, near = share(cases, judge.Case.is_right), share(cases, judge.Case.is_near)
note(f"{len(cases)} cases: the first cause is right in {first:.1%}, among the first three in {near:.1%}")
check(f"the first cause is right in {FIRST:.0%}", first >= FIRST, first)
check(f"among the first three in {NEAR:.0%}", near >= NEAR, near)
same("never very sure of what is wrong", [str(case) for case in cases if case.is_rash()], [])
done()
