#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
A real foreign issuer, npm's oidc-provider, with RS256 and with ES256: its tokens are let in, and its keys
rotate under load without one wrong answer.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from scenario import *  # noqa: E402,F403

PEERS = os.path.join(TREE, "build", "npm")
SCRIPT = os.path.join(TREE, "tests", "e2e", "provider.mjs")
LOAD_SECONDS = 2  # before and after the rotation


class Provider(Process):
    def __init__(self, world, alg):
        self.alg = alg
        super().__init__(["node", SCRIPT, PEERS, alg], f"{world.path}/provider-{alg}.log")
        world.keep(self)
        wait_for("oidc-provider", self.is_up, 30)
        self.port = int(re.search(r"port=(\d+)", self.output())[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def is_up(self):
        if not self.runs():
            raise RuntimeError(f"oidc-provider ended:\n{self.output()}")
        return "port=" in self.output()

    def token(self):
        response = post_form(self.port, "/token", [basic("robot", "a-secret-for-a-test")],
                             grant_type="client_credentials", resource=AUDIENCE, scope="read")
        if response.status != 200:
            raise RuntimeError(f"no token of oidc-provider:\n{response}\n{self.output()}")
        return response.json()["access_token"]

    def rotate(self):
        call(self.port, "/rotate", method="POST")


def header_of(token):
    part = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def told(response):
    echoed = response.json() if response.status == 200 else {}
    return response.status, *(echoed.get(name) for name in ("subject", "client", "scope", "issuer", "scheme"))


def test_provider(site, provider):
    old = [provider.token() for _ in range(50)]
    same(f"{provider.alg}: it signs with it", header_of(old[0])["alg"], provider.alg)
    same(f"{provider.alg}: its token is let in", told(site.call(token=old[0])),
         (200, "robot", "robot", "read", provider.url, "bearer"))
    same(f"{provider.alg}: where another scope is needed", site.outcome("/write", token=old[0]),
         (403, "scope.insufficient"))

    load = Load(site, old)
    time.sleep(LOAD_SECONDS)
    provider.rotate()
    new = [provider.token() for _ in range(5)]
    check(f"{provider.alg}: the new tokens have another kid", header_of(new[0])["kid"] != header_of(old[0])["kid"])
    answers = at_once(*[lambda token=token: site.call(token=token) for token in new])
    same(f"{provider.alg}: they are let in at once", statuses(answers), [200] * 5)
    fresh = Load(site, new + [provider.token() for _ in range(45)], connections=2)
    time.sleep(LOAD_SECONDS)
    for name, under in (("old", load), ("new", fresh)):
        counted = under.end()
        note(f"{provider.alg}, {name} tokens: {counted}")
        same(f"{provider.alg}: no wrong answer to the {name} tokens",
             (counted["wrong"], counted["errors"], counted["answers"] > 100), (0, [0, 0, 0, 0], True))


if not os.path.isdir(f"{PEERS}/node_modules/oidc-provider"):
    skip_all(f"oidc-provider is not installed under {PEERS}")
with World() as world:
    providers = [Provider(world, alg) for alg in ("RS256", "ES256")]
    site = Site(world, trusted(*[provider.url for provider in providers]),
                [{"path": "/write", "scope": ["write"]}]).start()
    for provider in providers:
        test_provider(site, provider)
done()
