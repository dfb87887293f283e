#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Subrequests, for which nginx runs no access phase: SSI, mirror, auth_request, slice."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

ROUTES = """
  - path: /open/**
    allow: anyone
  - path: /inner/admin/**
    scope: [admin]
"""

SERVER = """
    ssi on;
    ssi_types text/plain;
    location /open {{ doorward on; }}
    location /plain {{ }}
    location /inner {{ doorward on; }}
    location /scoped {{ doorward on; doorward_scope admin; }}
    location /told {{ doorward on; proxy_pass http://127.0.0.1:{echo}; }}
    location /early {{ doorward on; return 200 secret; }}
    location /mirrored {{ mirror /mirror; proxy_pass http://127.0.0.1:{echo}; }}
    location /mirror {{ internal; doorward on; proxy_pass http://127.0.0.1:{echo}/mirror$request_uri; }}
    location /by-request {{ auth_request /judge; proxy_pass http://127.0.0.1:{echo}; }}
    location /both {{ doorward on; auth_request /fine; proxy_pass http://127.0.0.1:{echo}; }}
    location = /judge {{ internal; doorward on; return 204; }}
    location = /fine {{ internal; return 204; }}
    location /cached {{
        doorward on;
        proxy_cache cache;
        proxy_cache_valid 1s;
        proxy_cache_use_stale updating;
        proxy_cache_background_update on;
        proxy_pass http://127.0.0.1:{echo};
    }}
    location /cached-any {{
        doorward on;
        satisfy any;
        allow 127.0.0.1;
        deny all;
        proxy_cache cache;
        proxy_cache_valid 1s;
        proxy_cache_use_stale updating;
        proxy_cache_background_update on;
        proxy_pass http://127.0.0.1:{echo};
    }}
    location /sliced {{
        doorward on;
        slice 1k;
        proxy_set_header Range $slice_range;
        proxy_pass http://127.0.0.1:{static}/big.bin;
    }}
"""


def page(*paths):
    return "<" + "".join(f'<!--# include virtual="{path}" -->' for path in paths) + ">"


with World() as world:
    keys = Keys()
    good, admin = keys.good(), keys.good(scope="admin")
    echo = world.echo()
    static = free_port()
    policy = write_policy(world, keys, routes=ROUTES)
    http = f"""
        doorward_policy {policy};
        proxy_cache_path {world.path}/cache keys_zone=cache:1m;
        server {{ listen 127.0.0.1:{static}; }}
    """
    nginx = world.nginx(http, SERVER.format(echo=echo.port, static=static))
    nginx.page("inner/part.txt", "secret")
    nginx.page("inner/admin/part.txt", "secret")
    nginx.page("scoped/part.txt", "secret")
    nginx.page("big.bin", "0123456789abcdef" * 1024)
    for name, path in (("inner", "/inner/part.txt"), ("admin", "/inner/admin/part.txt"),
                       ("scoped", "/scoped/part.txt"), ("early", "/early"), ("told", "/told/x")):
        nginx.page(f"plain/{name}.txt", page(path))
        nginx.page(f"open/{name}.txt", page(path))
    nginx.page("plain/two.txt", page("/inner/part.txt", "/inner/admin/part.txt"))

    for outer in ("/plain", "/open"):
        for name in ("inner", "admin", "scoped", "early"):
            needs_scope = name in ("admin", "scoped")
            for who, token, let_in in (("nobody", None, False), ("a caller", good, not needs_scope),
                                       ("an admin", admin, True)):
                response = get(nginx.port, f"{outer}/{name}.txt", token=token)
                same(f"SSI in {outer}, {name} part, for {who}",
                     (response.status, b"secret" in response.body, response.all("WWW-Authenticate")),
                     (200, let_in, []), response)
    body = get(nginx.port, "/plain/two.txt", token=good).body
    check("parts are judged one by one", body.count(b"secret") == 1, body)
    body = get(nginx.port, "/plain/told.txt", token=good, fields=["Doorward-Subject: admin"]).body
    told = {name.lower(): value for name, value in json.loads(body[1:-1])["fields"]}
    same("a part's upstream is told who is calling", told.get("doorward-subject"), "user-1")

    def mirrors():
        return [path for path in echo.paths if path.startswith("/mirror/")]

    for token, n in ((None, 0), (good, 1)):
        echo.paths.clear()
        same("mirror: the request itself", get(nginx.port, "/mirrored", token=token).status, 200)
        time.sleep(0.2)
        same(f"mirror: copies for {'a caller' if token else 'nobody'}", len(mirrors()), n, echo.paths)

    for token, status in ((None, 401), (keys.good(exp=1), 401), (good, 200)):
        response = get(nginx.port, "/by-request", token=token)
        same("auth_request to a guarded place", response.status, status)
    same("guarded, and auth_request beside", get(nginx.port, "/both", token=good).status, 200)
    same("guarded, and auth_request beside, no token", get(nginx.port, "/both").status, 401)

    same("slice", len(get(nginx.port, "/sliced", token=good).body), 16384)
    same("slice, no token", get(nginx.port, "/sliced").status, 401)
    for path, without in (("/cached", 401), ("/cached-any", 200)):
        echo.paths.clear()
        seen, rounds = [], 0
        while len(echo.paths) < 2 and rounds < 30:
            seen += [get(nginx.port, path, token=good).status, get(nginx.port, path).status]
            rounds += 1
            time.sleep(0.3)
        same(f"{path}, updated in the background", seen, [200, without] * rounds)
        check("and the update comes through", len(echo.paths) > 1, echo.paths)
    check("nothing went wrong inside", "[alert]" not in nginx.errors() and "[emerg]" not in nginx.errors(),
          nginx.errors()[-3000:])
done()
