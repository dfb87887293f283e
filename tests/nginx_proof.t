#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Proofs and nonces are good once for a request, however often nginx has it judged; what is sent along."""

import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from clients import Digest, Prover  # noqa: E402
from harness import *  # noqa: E402,F403
from known import Known  # noqa: E402

POLICY = """
data: {data}
edge: {edge}
realm: api.test
schemes: {{dpop: {{nonce: true}}}}
trust:
  - issuer: https://issuer.test
    audience: https://api.test
    jwks_file: {keys}
routes:
  - path: /**
    accept: [dpop, digest]
    cors: [https://app.test]
"""

SERVER = """
    doorward on;
    ssi on;
    ssi_types text/plain;
    location / {{ proxy_pass http://127.0.0.1:{echo}; }}
    location /try {{ try_files /none @named; }}
    location @named {{ doorward_scope write; proxy_pass http://127.0.0.1:{echo}; }}
    location /accel {{ proxy_pass http://127.0.0.1:{echo}; }}
    location /inner {{ internal; doorward_scope read; }}
    location /early {{ set $early $doorward_subject; add_header Early $early always;
                       proxy_pass http://127.0.0.1:{echo}; }}
    location /return {{ return 200 fine; }}
    location /status {{ proxy_pass http://127.0.0.1:{echo}; }}
    location /missing {{ error_page 404 /inner/page.txt; root /nowhere; }}
    location /explained {{ error_page 401 403 /explain; doorward_scope admin; proxy_pass http://127.0.0.1:{echo}; }}
    location /explain {{ doorward_scope read; proxy_pass http://127.0.0.1:{echo}; }}
    location /sliced {{
        slice 1k;
        proxy_set_header Range $slice_range;
        proxy_pass http://127.0.0.1:{static}/big.bin;
    }}
    location /page {{ doorward off; }}
"""

with World() as world:
    keys = Keys()
    known = Known(world, f"{world.path}/edge")
    ha1 = hashlib.sha256(b"joe:api.test:secret").hexdigest()
    known.put_claims("digest", {"sub": "joe", "scope": "read write", "ha1": {"SHA-256": ha1}}, "joe")
    echo = world.echo()
    static = free_port()
    policy = world.write("doorward.yaml", POLICY.format(data=world.path, edge=known.folder,
                                                        keys=world.write("keys.json", keys.jwks())))
    http = f"doorward_policy {policy}; server {{ listen 127.0.0.1:{static}; }}"
    nginx = world.nginx(http, SERVER.format(echo=echo.port, static=static))
    nginx.page("inner/page.txt", "inner")
    nginx.page("big.bin", "x" * 16384)
    prover = Prover()
    token = keys.good(cnf={"jkt": prover.jkt})

    def fresh_nonce():
        return get(nginx.port, "/x").get("DPoP-Nonce")

    nonce = fresh_nonce()
    check("a challenge brings a nonce", nonce)

    def fields(path, host="localhost", **more):
        more = {"nonce": nonce, **more}
        return prover.fields("GET", f"http://{host}{path.split('?')[0]}", token, **more)

    def outcome(path, **more):
        response = get(nginx.port, path, fields=fields(path, **more))
        return response.status, nginx.reasons(1)[0][1]

    challenge = next(value for value in get(nginx.port, "/x").all("WWW-Authenticate") if "SHA-256" in value)
    joe = Digest(challenge, "joe", "secret")
    for path in ("/x", "/try", "/accel?to=/inner/page.txt", "/early", "/return", "/status/404", "/missing",
                 "/status/401", "/status/204"):
        wanted = int(path.split("/")[2]) if path.startswith("/status") else 404 if path == "/missing" else 200
        for scheme, sent, n in (("DPoP", fields(path), 0), ("Digest", joe.fields("GET", path), 1)):
            first, again = get(nginx.port, path, fields=sent), get(nginx.port, path, fields=sent)
            same(f"{path}, {scheme}: let in", first.status, wanted, first)
            same(f"{path}, {scheme}: what is sent along", len(first.all("Authentication-Info")), n, first)
            same(f"{path}, {scheme}: not again", (again.status, nginx.reasons(1)[0][1].split(".")[1]),
                 (401, "replayed"))
            same(f"{path}, {scheme}: and told the next nonce, once", len(again.all("DPoP-Nonce")), 1)
            same(f"{path}, {scheme}: and nothing else", again.all("Authentication-Info"), [])
    same("the server's side of it", get(nginx.port, "/x", fields=joe.fields("GET", "/x"))
         .get("Authentication-Info").split('rspauth="')[1].split('"')[0], joe.rspauth)
    same("a proof for another place", outcome("/x", host="other.test"), (401, "dpop.htu_mismatch"))
    same("no nonce", outcome("/x", nonce=None), (401, "dpop.nonce_required"))
    absolute = "http://elsewhere.test:8080/x"
    response = get(nginx.port, absolute, fields=prover.fields("GET", absolute, token, nonce=nonce))
    same("an absolute target says where it is", response.status, 200, response)
    same("a page for who lacks a scope", (outcome("/explained"), nginx.reasons(1)[0][3]),
         ((403, "scope.insufficient"), "/explained"))
    sent = fields("/explained")
    get(nginx.port, "/explained", fields=sent)
    response = get(nginx.port, "/explained", fields=sent)
    same("not for who shows a used proof", (response.status, b"path" in response.body), (401, False), response)
    response = get(nginx.port, "/sliced", fields=fields("/sliced"))
    same("slice", (response.status, len(response.body)), (200, 16384), response)

    response = get(nginx.port, "/x", fields=["Origin: https://app.test"])
    same("a script may read the denial", (response.status, response.get("Access-Control-Allow-Origin")),
         (401, "https://app.test"), response)
    check("and its challenge", "WWW-Authenticate" in (response.get("Access-Control-Expose-Headers") or ""), response)
    response = get(nginx.port, "/x", method="OPTIONS",
                   fields=["Origin: https://app.test", "Access-Control-Request-Method: PUT"])
    same("a preflight goes upstream", (response.status, nginx.reasons(1)[0][1]), (200, "allowed.preflight"))
    same("and nobody is told to it", response.told().get("doorward-subject"), None)
    check("nothing went wrong inside",
          not any(word in nginx.errors() for word in ("[alert]", "[emerg]", "exited on signal")),
          nginx.errors()[-3000:])
done()
