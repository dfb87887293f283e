# SPDX-License-Identifier: Apache-2.0
"""Leaves on an edge what the daemon would have found out about credentials."""

import json
import os
import secrets
import string
import subprocess
import zlib

from harness import BUILD, TREE, preload


DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def new_key(prefix="dw"):
    """An API key: an id, a secret and six digits that check them."""
    key = f"{prefix}_{''.join(secrets.choice(DIGITS) for _ in range(12))}_" \
          f"{''.join(secrets.choice(DIGITS) for _ in range(32))}"
    check, digits = zlib.crc32(key.encode()), ""
    for _ in range(6):
        check, digit = divmod(check, 62)
        digits = DIGITS[digit] + digits
    return key + digits


class Known:
    def __init__(self, world, folder):
        self.folder = folder
        self.program = os.path.join(world.path, "known_put")
        os.makedirs(folder, exist_ok=True)
        sanitized = ["-fsanitize=address,undefined"] if preload() else []
        subprocess.run(["gcc", "-D_GNU_SOURCE", *sanitized, f"-I{TREE}/core", f"-I{TREE}/edge",
                        f"{TREE}/tests/e2e/known_put.c", f"{BUILD}/libedge.a", f"{BUILD}/libcore.a",
                        "-llmdb", "-lcrypto", "-o", self.program], check=True)
        self.put()

    def put(self, *words):
        subprocess.run([self.program, self.folder, *words], check=True)

    def put_claims(self, fact, claims, *names):
        self.put(fact, json.dumps(claims), *names)
