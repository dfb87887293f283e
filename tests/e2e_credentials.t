#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Every credential, good and bad, through nginx and through verify: one table, the same answers."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from doors import *  # noqa: E402,F403


def foreign_key(world):
    """A key of another installation."""
    done = subprocess.run([PROGRAM, "apikey", "add", "--owner", "x", "--scope", "read", "--json", "--data",
                           f"{world.path}/elsewhere"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["key"]


with World() as world:
    place = Place(world, log={"allowed": True})
    daemon = world.daemon(data=place.data, config=place.config)
    key = foreign_key(world)
    doors = {"nginx": NginxDoor(place, key, f"{place.data}/run/daemon.sock"),
             "verify": VerifyDoor(place, key, daemon)}
    place.session = sign_in(daemon.port, "joe", PASSWORD)
    place.ended_session = sign_in(daemon.port, "ann", PASSWORD)
    call(daemon.port, "/doorward/signout", method="POST", body=b"",
         fields=[f"Cookie: __Host-doorward={place.ended_session}", f"Origin: {ORIGIN}"])
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    sent = []
    for entry in all_rows():
        for name, door in doors.items():
            if only not in entry["name"]:
                continue
            try:
                sent.append((entry, name, door.run(entry)))
            except Exception as error:  # a verdict, not a stop: the other rows say more
                check(f"{entry['name']}, {name}", False, repr(error))
    for name, door in doors.items():
        proof = place.prover.fields("GET", f"{ORIGIN}/dpop/x", place.bound())
        answer = Digest(door.challenge("/digest/x", "Digest", "SHA-256"), "ann", PASSWORD).fields("GET", "/digest/x")
        for path, fields, reason in (("/dpop/x", proof, "dpop.replayed"), ("/digest/x", answer, "digest.replayed")):
            door.send(path, fields=fields)
            sent.append((row(f"{path} replayed", path, reason, 401, None), name, door.send(path, fields=fields)))
    place.cli("revoke", "--subject", "agent-7")
    for name, door in doors.items():
        entry = row("a certificate, revoked", "/certificate/x", "mtls.cert_revoked", 401, CERTIFICATE,
                    certificate="agent")
        sent.append((entry, name, door.run(entry)))
    nginx = doors["nginx"].nginx
    for what, signed, status in (("the body as it was signed", b"{}", 200), ("another body", b"[]", 401)):
        client = Digest(doors["nginx"].challenge("/digest/x", "Digest", "SHA-256"), "ida", PASSWORD)
        response = call(nginx.port, "/digest/x", method="POST", body=b"{}",
                        fields=client.fields("POST", "/digest/x", signed))
        same(f"auth-int: {what}", response.status, status, response)
    doors["verify"].await_log()
    for entry, name, got in sent:
        problems = compare(entry, got)
        check(f"{entry['name']}, {name}: {entry['status']} {entry['reason']}", not problems, *problems, got[3])
done()
