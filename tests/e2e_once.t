#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What is good once, or for a while: proofs, nonces and their counts, certificates. Through both doors, of
which each knows what the other has seen."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from doors import *  # noqa: E402,F403


class Short(Place):
    def policy(self):
        policy = super().policy()
        policy["schemes"]["digest"]["nonce_life"] = "1s"
        return policy


def send(door, path, fields=(), certificate=None):
    """(status, reason, the response)"""
    status, reason, _, response = door.send(path, fields=fields, certificate=certificate)
    if callable(reason):
        door.await_log()
        reason = reason()
    return status, reason, response


def answer(door, password=PASSWORD):
    """To a new challenge."""
    return Digest(door.challenge("/digest/x", "Digest", "SHA-256"), "ann", password).fields("GET", "/digest/x")


def check_twice(first, others, what, path, fields, reason):
    same(f"{what}, for the first time", send(first, path, fields)[:2], (200, ALLOWED[what]))
    for name, door in others.items():
        same(f"{what}, again, {name}", send(door, path, fields)[:2], (401, reason))


def check_stale(name, door):
    good, wrong = answer(door), answer(door, "wrong")
    time.sleep(2.2)
    for what, fields, reason, stale in (("a good", good, "digest.stale_nonce", "true"),
                                        ("a wrong", wrong, "digest.wrong_response", None)):
        status, got, response = send(door, "/digest/x", fields)
        same(f"{what} answer to an old nonce, {name}", (status, got), (401, reason))
        same("and whether the challenge says so",
             [parameters(value).get("stale") for value in response.all("WWW-Authenticate")], [stale, stale])


ALLOWED = {"a proof": "allowed.token", "an answer": "allowed.password"}

with World() as world:
    place = Short(world, log={"allowed": True})
    daemon = world.daemon(data=place.data, config=place.config)
    doors = {"nginx": NginxDoor(place, None, f"{place.data}/run/daemon.sock"),
             "verify": VerifyDoor(place, None, daemon)}
    for name, door in doors.items():
        proof = place.prover.fields("GET", f"{ORIGIN}/dpop/x", place.bound())
        check_twice(door, doors, "a proof", "/dpop/x", proof, "dpop.replayed")
        check_twice(door, doors, "an answer", "/digest/x", answer(door), "digest.replayed")
        check_stale(name, door)

    for name, door in doors.items():
        same(f"a certificate, {name}", send(door, "/certificate/x", certificate=place.agent)[:2],
             (200, "allowed.certificate"))
    place.cli("revoke", "--subject", "agent-7", "-c", place.config)
    time.sleep(1)
    for name, door in doors.items():
        same(f"a certificate of somebody revoked, {name}", send(door, "/certificate/x", certificate=place.agent)[:2],
             (401, "mtls.cert_revoked"))
done()
