#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What the workers read on the edge: keys that come and change, revocations, an edge that is replaced."""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from edge import Edge  # noqa: E402
from harness import *  # noqa: E402,F403

OWN = "http://127.0.0.1:8401"

CONFIG = """
data: {data}
issuer: true
trust:
  - issuer: https://issuer.test
    audience: https://api.test
"""


with World() as world:
    data = f"{world.path}/data"
    os.makedirs(data)
    edge = Edge(world, f"{data}/edge")
    policy = world.write("doorward.yaml", CONFIG.format(data=data))
    nginx = world.nginx(f"doorward_policy {policy};", "location / { doorward on; return 200 $doorward_subject; }",
                        workers=2)
    keys = [Key("ES256", f"key-{i}") for i in range(3)]
    own = Key("ES256", "own")

    def good(key, **more):
        return mint(key, claims(ISSUER, AUDIENCE, **more))

    def outcome(token, n=4):
        """Status and reason, by several connections so that both workers answer."""
        seen = {(get(nginx.port, "/x", token=token).status, nginx.reasons(1)[0][1]) for _ in range(n)}
        return seen.pop() if len(seen) == 1 else seen

    same("no edge yet", outcome(good(keys[0])), (503, "guard.unreachable"))
    edge.publish(ISSUER, keys[0])
    wait_for("the workers to find the edge", lambda: outcome(good(keys[0])) == (200, "allowed.token"))
    check("the workers find it once it is there", True)
    same("a kid it has not, while the keys are fresh", outcome(good(keys[1])), (401, "token.kid_unknown"))
    edge.publish(ISSUER, keys[0], fresh=-1)
    same("the same, once they are stale", outcome(good(keys[1])), (503, "guard.unreachable"))
    edge.publish(ISSUER, keys[0], keys[1])
    same("a new key counts at once", outcome(good(keys[1])), (200, "allowed.token"))
    token = good(keys[0])
    same("the old one, too", outcome(token), (200, "allowed.token"))
    edge.publish(ISSUER, keys[1])
    same("a key that is withdrawn takes its cached tokens along", outcome(token), (401, "token.kid_unknown"))

    token = good(keys[1], jti="one")
    other = good(keys[1], jti="two")
    same("before it is revoked", outcome(token), (200, "allowed.token"))
    edge.revoke(ISSUER, "one")
    same("revoked: at once, though cached", outcome(token), (401, "token.revoked"))
    same("another of the same subject is not", outcome(other), (200, "allowed.token"))
    same("nor one of that id of another issuer", outcome(good(keys[1], jti="one ")), (200, "allowed.token"))

    edge.publish(OWN, own)
    fine = claims(OWN, OWN)
    same("our own issuer's", outcome(mint(own, fine)), (200, "allowed.token"))
    same("RFC 9068: an ID token is no access token", outcome(mint(own, fine, typ="JWT")), (401, "token.typ_mismatch"))
    same("RFC 9068: no sub", outcome(mint(own, claims(OWN, OWN, sub=None))), (401, "token.missing_claim"))
    same("RFC 9068: no client_id", outcome(mint(own, claims(OWN, OWN, client_id=None))), (401, "token.missing_claim"))
    same("its key signs for no other", outcome(mint(own, claims(ISSUER, AUDIENCE))), (401, "token.kid_unknown"))

    edge.publish(ISSUER, keys[1], *[Key("ES256", f"many-{i}") for i in range(300)])
    same("among 300 keys", outcome(good(keys[1])), (200, "allowed.token"))
    os.rename(edge.folder, f"{data}/old")
    same("an edge that is gone goes on being read", outcome(good(keys[1])), (200, "allowed.token"))
    edge.publish(ISSUER, keys[2])
    wait_for("the new edge", lambda: outcome(good(keys[2])) == (200, "allowed.token"))
    same("a new edge is found, and its keys alone count", outcome(good(keys[1])), (401, "token.kid_unknown"))
    shutil.rmtree(f"{data}/old")

    for worker in nginx.workers():
        os.kill(worker, signal.SIGKILL)
    wait_for("new workers", lambda: len(nginx.workers()) == 2)
    edge.publish(ISSUER, keys[0])
    same("killed workers hold up nobody", outcome(good(keys[0])), (200, "allowed.token"))
    for i in range(20):
        before = nginx.workers()
        nginx.reload()
        wait_for("new workers", lambda: set(nginx.workers()) - set(before))
        edge.publish(ISSUER, keys[i % 3])
    same("reloads and new keys", outcome(good(keys[19 % 3])), (200, "allowed.token"))
done()
