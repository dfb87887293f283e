#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2, TLS, WebSocket, large bodies, Expect, pipelining."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

HTTP = """
    doorward_policy {policy};
    map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
    server {{
        listen 127.0.0.1:{h2} http2;
        location / {{ doorward on; proxy_pass http://127.0.0.1:{echo}; }}
    }}
"""

SERVER = """
    location / {{
        doorward on;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_pass http://127.0.0.1:{echo};
    }}
    location /streamed {{
        doorward on;
        proxy_request_buffering off;
        proxy_pass http://127.0.0.1:{echo};
    }}
    location /small {{ doorward on; client_max_body_size 1k; proxy_pass http://127.0.0.1:{echo}; }}
"""

WEBSOCKET = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]


def curl(port, *arguments):
    """Status, fields and body as curl sees them over HTTP/2 with prior knowledge."""
    result = subprocess.run(["curl", "-s", "-i", "-m", "20", "--http2-prior-knowledge", *arguments,
                             f"http://127.0.0.1:{port}/x"], capture_output=True)
    head, _, body = result.stdout.partition(b"\r\n\r\n")
    return Response(head, body)


with World() as world:
    keys = Keys()
    good = keys.good()
    echo = world.echo()
    h2 = free_port()
    http = HTTP.format(policy=write_policy(world, keys), h2=h2, echo=echo.port)
    nginx = world.nginx(http, SERVER.format(echo=echo.port))
    bearer = f"authorization: Bearer {good}"

    response = curl(h2)
    same("HTTP/2: 401", (response.status, len(response.all("www-authenticate")), response.all("cache-control")),
         (401, 1, ["no-store"]), response)
    same("HTTP/2: the body", response.json()["id"], response.get("doorward-id"))
    response = curl(h2, "-I")
    same("HTTP/2: HEAD", (response.status, response.body, int(response.get("content-length")) > 50), (401, b"", True))
    response = curl(h2, "-H", bearer, "-H", "doorward-subject: admin")
    same("HTTP/2: let in, and told who", (response.status, response.told().get("doorward-subject")), (200, "user-1"))
    upload = world.write("upload", b"x" * 10_000_000)
    response = curl(h2, "-H", bearer, "--data-binary", f"@{upload}")
    same("HTTP/2: 10 MB let in", (response.status, response.json().get("size")), (200, 10_000_000))
    # curl takes the end of the stream amid its upload for a fault, from any nginx.
    output = subprocess.run(["nghttp", "-nv", "-d", upload, f"http://127.0.0.1:{h2}/x"],
                            capture_output=True, text=True).stdout
    check("HTTP/2: 10 MB turned away", ":status: 401" in output, output[-2000:])
    many = subprocess.run(["nghttp", "-nv", "-m20", "-H", bearer, f"http://127.0.0.1:{h2}/x"],
                          capture_output=True, text=True).stdout
    same("HTTP/2: 20 streams of one connection", many.count(":status: 200"), 20, many[-2000:])
    many = subprocess.run(["nghttp", "-nv", "-m20", f"http://127.0.0.1:{h2}/x"],
                          capture_output=True, text=True).stdout
    same("HTTP/2: 20 turned away", many.count(":status: 401"), 20, many[-2000:])

    with Connection(nginx.port) as connection:
        response = connection.call("/ws", token=good, fields=WEBSOCKET)
        same("WebSocket: upgraded", (response.status, response.get("Subject")), (101, "user-1"), response)
        connection.send(b"\x81\x02hi")
        same("WebSocket: bytes go through", connection.take(4), b"\x81\x02hi")
    response = get(nginx.port, "/ws", fields=WEBSOCKET)
    same("WebSocket: turned away", (response.status, len(response.all("WWW-Authenticate"))), (401, 1))

    body = b"y" * 10_000_000
    for path in ("/x", "/streamed"):
        with Connection(nginx.port) as connection:
            response = connection.call(path, method="POST", token=good, body=body)
            same(f"{path}: 10 MB let in", (response.status, response.json().get("size")), (200, len(body)))
            same(f"{path}: the connection goes on", connection.call("/x", token=good).status, 200)
    with Connection(nginx.port) as connection:
        same("10 MB turned away", connection.call("/x", method="POST", body=body).status, 401)
        same("what was sent is thrown away, the connection goes on", connection.call("/x", token=good).status, 200)
    same("413 as ever", get(nginx.port, "/small", method="POST", token=good, body=b"z" * 2000).status, 413)

    with Connection(nginx.port) as connection:
        begin = time.monotonic()
        connection.send("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n")
        head = connection.take_until(b"\r\n\r\n")
        check("Expect: turned away at once, without 100", head.startswith(b"HTTP/1.1 401"), head)
        check("Expect: nobody waits", time.monotonic() - begin < 1)
    with Connection(nginx.port) as connection:
        connection.send(f"POST /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {good}\r\n"
                        "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        check("Expect: let in with 100", connection.take_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100"))
        connection.send("abc")
        same("Expect: and the answer", connection.receive().status, 200)
    with Connection(nginx.port) as connection:
        chunked = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n{}\r\n3\r\nabc\r\n0\r\n\r\n"
        connection.send(chunked.format(""))
        same("chunked: turned away", connection.receive().status, 401)
        connection.send(chunked.format(f"Authorization: Bearer {good}\r\n"))
        same("chunked: let in", connection.receive().status, 200)
    with Connection(nginx.port) as connection:
        one = "GET /x HTTP/1.1\r\nHost: a\r\n{}\r\n"
        token = f"Authorization: Bearer {good}\r\n"
        connection.send(one.format("") + one.format(token) + one.format("") + one.format(token))
        same("pipelined", [connection.receive().status for _ in range(4)], [401, 200, 401, 200])
done()
