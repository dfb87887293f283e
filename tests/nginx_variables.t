#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Variables before the access phase: limit_req, set, map, if; and what is counted once."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

HTTP = """
    doorward_policy {policy};
    limit_req_zone $doorward_subject zone=subject:1m rate=1r/m;
    limit_req_zone $binary_remote_addr zone=address:1m rate=1r/m;
    map $doorward_client $kind {{ default other; client-1 known; }}
"""

SERVER = """
    location / {{ doorward on; limit_req zone=subject burst=2 nodelay; proxy_pass http://127.0.0.1:{echo}; }}
    location /address {{ doorward on; limit_req zone=address nodelay; proxy_pass http://127.0.0.1:{echo}; }}
    location /set {{
        doorward on;
        set $early "$doorward_subject-$doorward_reason";
        add_header Early $early always;
        add_header Late "$doorward_subject-$doorward_reason" always;
        add_header Kind $kind always;
        proxy_pass http://127.0.0.1:{echo};
    }}
    location /any {{
        doorward on;
        satisfy any;
        allow 127.0.0.1;
        deny all;
        proxy_set_header Caller "<$doorward_subject>";
        proxy_pass http://127.0.0.1:{echo};
    }}
"""

with World() as world:
    keys = Keys()
    echo = world.echo()
    nginx = world.nginx(HTTP.format(policy=write_policy(world, keys)), SERVER.format(echo=echo.port))

    ann, bob = keys.good(sub="ann"), keys.good(sub="bob")
    same("limit_req by subject: ann", [get(nginx.port, "/", token=ann).status for _ in range(5)],
         [200, 200, 200, 503, 503])
    same("limit_req by subject: bob is another", get(nginx.port, "/", token=bob).status, 200)
    response = get(nginx.port, "/", token=ann)
    same("limit_req's 503 is its own", (response.get("Doorward-Id"), response.get("Retry-After")), (None, None))
    same("nobody is never limited, but turned away",
         [get(nginx.port, "/").status for _ in range(5)], [401] * 5)
    same("a bad token does not use up ann's share",
         [get(nginx.port, "/", token=keys.good(sub="carl", exp=1)).status for _ in range(5)]
         + [get(nginx.port, "/", token=keys.good(sub="carl")).status], [401] * 5 + [200])
    same("limit_req by address comes before the guard",
         [get(nginx.port, "/address").status for _ in range(3)], [401, 503, 503])

    response = get(nginx.port, "/set", token=ann)
    same("set sees the caller", (response.get("Early"), response.get("Late"), response.get("Kind")),
         ("ann-allowed.token", "ann-allowed.token", "known"))
    response = get(nginx.port, "/set", token=keys.good(exp=1))
    same("and the reason of a denial", (response.status, response.get("Early"), response.get("Late")),
         (401, "-token.expired", "-token.expired"))
    same("one id", response.get("Doorward-Id"), nginx.reasons(1)[0][2])

    for token, caller in ((ann, "<ann>"), (keys.good(exp=1), "<>"), (keys.good(aud="x"), "<>"), ("x", "<>")):
        response = get(nginx.port, "/any", token=token)
        same(f"let in by address: only a good token has a name ({caller})",
             (response.status, response.told().get("caller")), (200, caller))
    for broken in (b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                   b"GET / HTTP/1.1\r\nHost: a\r\nbad header\x00: 1\r\n\r\n"):
        with Connection(nginx.port) as connection:
            connection.send(broken)
            data = connection.socket.recv(4096)
        check(f"{broken[:12]!r} is nginx's to refuse", data.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")), data)
    check("no crash", "exited on signal" not in nginx.errors(), nginx.errors()[-2000:])
done()
