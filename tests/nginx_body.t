#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Digest with auth-int: the body is read before it is judged, and the upstream still gets it."""

import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from clients import Digest  # noqa: E402
from harness import *  # noqa: E402,F403
from known import Known  # noqa: E402

POLICY = """
data: {data}
edge: {edge}
realm: api.test
schemes: {{digest: {{algorithms: SHA-256, auth_int: 64k}}}}
routes:
  - path: /**
    accept: digest
"""

SERVER = """
    doorward on;
    client_body_buffer_size {buffer};
    location / {{ proxy_pass http://127.0.0.1:{echo}; }}
    location /streamed {{ proxy_request_buffering off; proxy_pass http://127.0.0.1:{echo}; }}
    location /any {{ satisfy any; deny all; proxy_pass http://127.0.0.1:{echo}; }}
    location /early {{ set $early $doorward_subject; proxy_pass http://127.0.0.1:{echo}; }}
    location /small {{ client_max_body_size 1k; proxy_pass http://127.0.0.1:{echo}; }}
    location /page {{ error_page 401 = /told; proxy_pass http://127.0.0.1:{echo}; }}
    location /told {{ doorward off; proxy_pass http://127.0.0.1:{echo}; }}
    location /mirrored {{ mirror /mirror; proxy_pass http://127.0.0.1:{echo}; }}
    location /mirror {{ internal; doorward off; proxy_pass http://127.0.0.1:{echo}; }}
"""


def ha1(user, password):
    return hashlib.sha256(f"{user}:api.test:{password}".encode()).hexdigest()


with World() as world:
    known = Known(world, f"{world.path}/edge")
    known.put_claims("digest", {"sub": "joe", "ha1": {"SHA-256": ha1("joe", "secret")}}, "joe")
    echo = world.echo()
    policy = world.write("doorward.yaml", POLICY.format(data=world.path, edge=known.folder))
    for buffer in ("128k", "1k"):
        nginx = world.nginx(f"doorward_policy {policy};", SERVER.format(echo=echo.port, buffer=buffer))
        where = "in memory" if buffer == "128k" else "in a file"

        def client(password="secret"):
            return Digest(get(nginx.port, "/x").get("WWW-Authenticate"), "joe", password)

        def send(path="/x", body=b"", signed=None, method="PUT", password="secret", more=()):
            fields = client(password).fields(method, path, body if signed is None else signed)
            response = get(nginx.port, path, method=method, fields=[*fields, *more], body=body)
            return response.status, nginx.reasons(1)[0][1], response

        challenge = get(nginx.port, "/x", method="PUT", body=b"x" * 100).get("WWW-Authenticate")
        check(f"{where}: offered for a small body", "auth-int" in challenge, challenge)
        challenge = get(nginx.port, "/x", method="PUT", body=b"x" * 65537).get("WWW-Authenticate")
        check(f"{where}: not for a large one", challenge and "auth-int" not in challenge, challenge)
        for path in ("/x", "/streamed", "/any", "/early", "/mirrored"):
            for size in (1, 1000, 5000, 65536):
                status, reason, response = send(path, os.urandom(size))
                same(f"{where}, {path}: {size} bytes",
                     (status, reason, response.json().get("size") if status == 200 else None),
                     (200, "allowed.password", size), response)
        same(f"{where}: another body", send("/x", b"a" * 500, b"b" * 500)[:2], (401, "digest.wrong_response"))
        same(f"{where}: another password", send("/x", b"a" * 500, password="x")[:2], (401, "digest.wrong_response"))
        same(f"{where}: a body too large", send("/x", b"a" * 65537)[:2], (401, "digest.qop_nc"))
        same(f"{where}: 413 as ever", send("/small", b"a" * 2000)[0], 413)
        status, _, response = send("/page", b"a" * 500, b"b" * 500)
        same(f"{where}: a page for who is turned away", (status, response.json().get("path")), (200, "/told"))
        info = send("/x", b"abc")[2].get("Authentication-Info")
        check(f"{where}: who was let in is told so", info and "rspauth=" in info, info)
        joe = client()
        with Connection(nginx.port) as connection:
            fields = joe.fields("PUT", "/x", b"abc")
            seen = [connection.call("/x", method="PUT", fields=fields, body=b"abc").status,
                    connection.call("/x", method="PUT", fields=fields, body=b"abc").status,
                    connection.call("/x", method="PUT", fields=joe.fields("PUT", "/x", b"xyz"), body=b"xyz").status,
                    connection.call("/x", fields=joe.fields("GET", "/x")).status]
        same(f"{where}: on one connection, one of them again", seen, [200, 401, 200, 200])
        with Connection(nginx.port) as connection:
            head = "\r\n".join(["PUT /x HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 3",
                                *joe.fields("PUT", "/x", b"abc")])
            connection.send(head + "\r\n\r\n")
            check(f"{where}: Expect: 100 first", connection.take_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100"))
            connection.send(b"abc")
            same(f"{where}: Expect: and then the answer", connection.receive().status, 200)
        with Connection(nginx.port) as connection:
            head = "\r\n".join(["PUT /x HTTP/1.1", "Host: a", "Content-Length: 3",
                                *joe.fields("PUT", "/x", b"abc")])
            connection.send(head + "\r\n\r\n")
            time.sleep(0.1)
            connection.send(b"abc")
            same(f"{where}: a body that comes late", connection.receive().status, 200)
        with Connection(nginx.port) as connection:
            connection.send(head + "\r\n\r\nab")
        same(f"{where}: nobody minds who leaves", get(nginx.port, "/x").status, 401)
        check("nothing went wrong inside",
              not any(word in nginx.errors() for word in ("[alert]", "[emerg]", "exited on signal")),
              nginx.errors()[-3000:])
        nginx.stop()
done()
