# SPDX-License-Identifier: Apache-2.0
"""Writes to an edge what the daemon would, by a small program linked with the code under test."""

import os
import subprocess

from harness import BUILD, TREE, preload
from tokens import jwks


class Edge:
    def __init__(self, world, folder):
        self.world, self.folder = world, folder
        self.program = os.path.join(world.path, "edge_put")
        sanitized = ["-fsanitize=address,undefined"] if preload() else []
        subprocess.run(["gcc", "-D_GNU_SOURCE", *sanitized, f"-I{TREE}/core", f"-I{TREE}/edge",
                        f"{TREE}/tests/e2e/edge_put.c", f"{BUILD}/libedge.a", f"{BUILD}/libcore.a",
                        "-llmdb", "-lcrypto", "-o", self.program], check=True)

    def put(self, *words):
        subprocess.run([self.program, self.folder, *words], check=True)

    def publish(self, issuer, *keys, fresh=600):
        """An issuer's keys; for that many seconds nobody need ask for others."""
        self.put("keys", issuer, self.world.write("published.json", jwks(*keys)), str(fresh))

    def revoke(self, issuer, jti):
        self.put("revoke", issuer, jti)
