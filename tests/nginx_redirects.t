#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Internal redirects: index, try_files, rewrite, X-Accel-Redirect, named locations; place's own demands."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

SERVER = """
    location / {{ doorward on; index index.txt; }}
    location /try {{ doorward on; try_files $uri /fallback.txt; }}
    location /named {{ doorward on; try_files /none @named; }}
    location @named {{ doorward on; proxy_pass http://127.0.0.1:{echo}; }}
    location /open-try {{ try_files $uri /admin/x.txt; }}
    location /open-rewrite {{ rewrite ^/open-rewrite/(.*) /admin/$1 last; }}
    location /open-page {{ error_page 404 = /admin/x.txt; }}
    location /accel {{ doorward on; proxy_pass http://127.0.0.1:{echo}; }}
    location /open-accel {{ proxy_pass http://127.0.0.1:{echo}/accel; }}
    location /admin {{ doorward on; doorward_scope "admin root"; doorward_realm 'the "inner" room'; }}
    location /internal {{ internal; doorward on; }}
    location /nested {{
        doorward on;
        doorward_scope outer;
        location /nested/in {{ proxy_pass http://127.0.0.1:{echo}; }}
        location /nested/other {{ doorward_scope other; proxy_pass http://127.0.0.1:{echo}; }}
        location /nested/off {{ doorward off; proxy_pass http://127.0.0.1:{echo}; }}
    }}
    location /limited {{
        doorward on;
        limit_except GET {{ deny all; }}
        proxy_pass http://127.0.0.1:{echo};
    }}
"""

with World() as world:
    keys = Keys()
    good, admin = keys.good(), keys.good(scope="root x admin")
    echo = world.echo()
    nginx = world.nginx(f"doorward_policy {write_policy(world, keys)};", SERVER.format(echo=echo.port))
    for page in ("index.txt", "fallback.txt", "admin/x.txt", "internal/y.txt", "dir/index.txt"):
        nginx.page(page, page)

    def seen(path, token=None, **more):
        response = get(nginx.port, path, token=token, **more)
        return response.status, len(response.all("WWW-Authenticate"))

    for path in ("/", "/dir/", "/try", "/named"):
        same(f"{path}: 200 without a challenge", seen(path, good), (200, 0))
        same(f"{path}: 401 with one", seen(path), (401, 1))
        same(f"{path}: a scope too small is no matter here", seen(path, keys.good(scope="")), (200, 0))
    told = get(nginx.port, "/named", token=good).json()["fields"]
    same("identity is told once", sum(name.lower() == "doorward-subject" for name, _ in told), 1)

    for path in ("/open-try", "/open-rewrite/x.txt", "/open-page", "/open-accel?to=/admin/x.txt",
                 "/accel?to=/admin/x.txt", "/admin/x.txt"):
        guarded = 401 if path.startswith(("/open", "/accel", "/admin")) else 200
        same(f"{path}: nothing without a token", seen(path), (guarded, 1))
        same(f"{path}: the place's scope is asked for", seen(path, good), (403, 1))
        same(f"{path}: and suffices", seen(path, admin), (200, 0))
    challenge = get(nginx.port, "/admin/x.txt", token=good).get("WWW-Authenticate")
    check("the place's scope and realm are in the challenge",
          'scope="admin root"' in challenge and r'realm="the \"inner\" room"' in challenge, challenge)
    same("the route's and the place's scope are both asked for",
         [seen("/admin/x.txt", keys.good(scope=scope))[0] for scope in ("admin", "root", "admin root")],
         [403, 403, 200])
    same("X-Accel-Redirect inside", seen("/accel?to=/internal/y.txt", good), (200, 0))
    same("internal stays internal", seen("/internal/y.txt", good)[0], 404)
    lines = nginx.reasons(1)
    get(nginx.port, "/accel?to=/admin/x.txt", token=good)
    same("one reason in the log: the last place's", nginx.reasons(1)[0][1], "scope.insufficient")

    same("nested: inherits the scope", seen("/nested/in", good), (403, 1))
    same("nested: meets it", seen("/nested/in", keys.good(scope="outer")), (200, 0))
    same("nested: has its own instead", seen("/nested/other", keys.good(scope="other")), (200, 0))
    same("nested: is off", seen("/nested/off"), (200, 0))
    same("limit_except", [seen("/limited", good)[0], seen("/limited", good, method="POST")[0],
                          seen("/limited")[0]], [200, 403, 401])
done()
