# SPDX-License-Identifier: Apache-2.0
"""The cases of the corpus, and what doorward explain says to them: for tests/corpus.t and bench/doctor.py."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(HERE, "expected.tsv")
SHOWN = 3
VERY_LIKELY = 90


class Case:
    """`expected` is every cause that is right as the first; "-": healthy."""

    def __init__(self, file, expected, how):
        self.file, self.expected, self.how = file, expected.split("|"), how
        self.status, self.causes, self.error, self.text = None, [], "", ""

    def ask(self, program):
        done = subprocess.run(
            [program, "explain", "--json", os.path.join(HERE, self.file)],
            capture_output=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        self.status, self.error = done.returncode, done.stderr.decode("utf-8", "replace").strip()
        self.text = done.stdout.decode("utf-8", "replace")
        if self.status in (0, 1, 2):
            self.causes = [(cause["id"], cause["confidence"]) for cause in json.loads(self.text)["causes"]]
        return self

    def first(self):
        """(id, confidence) of the first cause; "-" is what is healthy."""
        return self.causes[0] if self.causes else ("-" if self.status == 0 else "undiagnosed", 0)

    def is_right(self):
        return self.first()[0] in self.expected

    def is_near(self):
        return self.is_right() or any(id in self.expected for id, _ in self.causes[:SHOWN])

    def is_rash(self):
        """Wrong, and very sure of it."""
        return not self.is_right() and self.first()[1] >= VERY_LIKELY

    def __str__(self):
        got = ", ".join(f"{id} {confidence}" for id, confidence in self.causes[:SHOWN]) or self.first()[0]
        return f"{self.file}: expected {'|'.join(self.expected)}, got {got} {self.error}".rstrip()


def cases():
    with open(TABLE, encoding="utf-8") as table:
        return [Case(*line.rstrip("\n").split("\t")) for line in table]


def judged(program):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda case: case.ask(program), cases()))
