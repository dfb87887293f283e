# SPDX-License-Identifier: Apache-2.0
"""The policy most tests of the nginx module use, and the keys it trusts. No daemon, no network."""

from tokens import ALGS, Key, claims, jwks, mint

ISSUER = "https://issuer.test"
AUDIENCE = "https://api.test"

POLICY = """
realm: api.test
data: {data}
{more}
trust:
  - issuer: https://issuer.test
    audience: [https://api.test, https://other.test]
    jwks_file: {keys}
routes:
  - path: /health
    allow: anyone
  - path: /reports/**
    methods: [POST, PUT]
    scope: [write:reports]
"""


class Keys:
    """One key of each algorithm, a second of RS256, and one nobody publishes."""

    def __init__(self):
        self.by_alg = {alg: Key(alg) for alg in ALGS}
        self.rs256 = self.by_alg["RS256"]
        self.es256 = self.by_alg["ES256"]
        self.second = Key("RS256", "rs256-2")
        self.stranger = Key("RS256", "rs256-1")

    def jwks(self):
        return jwks(*self.by_alg.values(), self.second)

    def good(self, alg="RS256", **more):
        return mint(self.by_alg[alg], claims(ISSUER, AUDIENCE, **more))


def write_policy(world, keys, more="", routes=""):
    """The policy as a file, its keys beside it; `routes` come before those it has."""
    key_file = world.write("keys.json", keys.jwks())
    text = POLICY.format(keys=key_file, data=world.path, more=more)
    return world.write("doorward.yaml", text.replace("routes:\n", "routes:\n" + routes))
