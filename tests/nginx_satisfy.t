#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""satisfy any and all, error_page, and what nginx answers before the access phase."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

ROUTES = """
  - path: /hidden/**
    hide: true
"""

SERVER = """
    doorward on;
    location / {{ proxy_pass http://127.0.0.1:{echo}; }}
    location /any-address {{ satisfy any; allow 127.0.0.1; deny all; proxy_pass http://127.0.0.1:{echo}; }}
    location /any-denied {{ satisfy any; deny all; proxy_pass http://127.0.0.1:{echo}; }}
    location /any-basic {{
        satisfy any;
        auth_basic basic;
        auth_basic_user_file {users};
        proxy_pass http://127.0.0.1:{echo};
    }}
    location /any-request {{ satisfy any; auth_request /never; proxy_pass http://127.0.0.1:{echo}; }}
    location = /never {{ internal; doorward off; return 403; }}
    location /all-denied {{ deny all; proxy_pass http://127.0.0.1:{echo}; }}
    location /any-scope {{
        satisfy any; deny all; doorward_scope admin; proxy_pass http://127.0.0.1:{echo};
    }}

    location /page {{ error_page 401 403 /denied.html; proxy_pass http://127.0.0.1:{echo}; }}
    location /page-200 {{ error_page 401 =200 /denied.html; proxy_pass http://127.0.0.1:{echo}; }}
    location /page-named {{ error_page 401 = @login; proxy_pass http://127.0.0.1:{echo}; }}
    location /page-away {{ error_page 401 http://login.test/; proxy_pass http://127.0.0.1:{echo}; }}
    location /page-guarded {{ error_page 401 /guarded.html; proxy_pass http://127.0.0.1:{echo}; }}
    location /page-any {{
        satisfy any; deny all; error_page 401 /denied.html; proxy_pass http://127.0.0.1:{echo};
    }}
    location /page-explain {{
        doorward_scope admin; error_page 403 /explain; proxy_pass http://127.0.0.1:{echo};
    }}
    location = /explain {{ proxy_pass http://127.0.0.1:{echo}; }}
    location = /denied.html {{ doorward off; }}
    location @login {{ doorward off; proxy_pass http://127.0.0.1:{echo}; }}
    location /upstream {{ proxy_pass http://127.0.0.1:{echo}/status/401; }}
    location /not-found {{ error_page 404 = @login; }}
    location /hidden/page {{ error_page 404 /denied.html; proxy_pass http://127.0.0.1:{echo}; }}
    location /hidden/any {{ satisfy any; deny all; proxy_pass http://127.0.0.1:{echo}; }}
"""

EARLY = """
    location / {{ return 404; }}
    location /return {{ doorward on; return 200 "secret $doorward_subject"; }}
    location /return-any {{ satisfy any; allow 127.0.0.1; doorward on; return 200 "secret"; }}
    location /if {{ doorward on; if ($arg_x) {{ return 200 "secret"; }} proxy_pass http://127.0.0.1:{echo}; }}
    location /away {{ doorward on; return 302 http://elsewhere.test/secret; }}
    location /rewritten {{ doorward on; rewrite ^ http://elsewhere.test/secret redirect; }}
    location /directory/ {{ doorward on; proxy_pass http://127.0.0.1:{echo}; }}
    location /missing {{ doorward on; return 404; }}
    location /page {{ doorward on; error_page 401 =200 /fine.html; return 200 "secret"; }}
    location /fine.html {{ }}
"""


def outcome(response):
    """The status, and the schemes it asks for."""
    return response.status, [challenge.split()[0] for challenge in response.all("WWW-Authenticate")]


with World() as world:
    keys = Keys()
    good, bad = keys.good(), keys.good(exp=1)
    echo = world.echo()
    users = world.write("users", "ann:{PLAIN}secret\n")
    http = f"doorward_policy {write_policy(world, keys, routes=ROUTES)};"
    nginx = world.nginx(http, SERVER.format(echo=echo.port, users=users))
    nginx.page("denied.html", "our own page")
    nginx.page("guarded.html", "guarded page")

    def ask(path, **more):
        return get(nginx.port, path, **more)

    same("any, by address: 200 without a challenge", outcome(ask("/any-address")), (200, []))
    same("any, by address, with a bad token", outcome(ask("/any-address", token=bad)), (200, []))
    check("and it is no identity", "doorward-subject" not in ask("/any-address", token=bad).told())
    same("any, by token", outcome(ask("/any-denied", token=good)), (200, []))
    same("any, by none: 401, not deny's 403", outcome(ask("/any-denied")), (401, ["Bearer"]))
    same("any: its body is ours", ask("/any-denied").get("Content-Type"), "application/problem+json")
    same("any, scope lacking", outcome(ask("/any-scope", token=good)), (403, ["Bearer"]))
    same("any, by password", outcome(ask("/any-basic", fields=["Authorization: Basic YW5uOnNlY3JldA=="])),
         (200, []))
    same("any, by token beside a password", outcome(ask("/any-basic", token=good)), (200, []))
    same("any, neither: both challenges", outcome(ask("/any-basic")), (401, ["Basic", "Bearer"]))
    same("any, auth_request says no, token says yes", outcome(ask("/any-request", token=good)), (200, []))
    same("any, auth_request says no, no token", outcome(ask("/any-request")), (401, ["Bearer"]))
    same("all: deny wins over a good token", ask("/all-denied", token=good).status, 403)

    response = ask("/page")
    same("error_page keeps status and challenge", outcome(response), (401, ["Bearer"]))
    same("error_page: the page", response.body, b"our own page")
    same("error_page: no-store", response.all("Cache-Control"), ["no-store"])
    same("error_page: the id", len(response.all("Doorward-Id")), 1)
    same("error_page for POST", outcome(ask("/page", method="POST", body=b"x" * 100000)), (401, ["Bearer"]))
    same("error_page =200 shows no challenge", outcome(ask("/page-200")), (200, []))
    check("and no id", ask("/page-200").get("Doorward-Id") is None)
    same("error_page = @named: its own status", outcome(ask("/page-named")), (200, []))
    same("error_page elsewhere: a redirect", outcome(ask("/page-away")), (302, []))
    same("error_page to a guarded page: one challenge", outcome(ask("/page-guarded")), (401, ["Bearer"]))
    same("and our body", ask("/page-guarded").get("Content-Type"), "application/problem+json")
    same("error_page under satisfy any", (outcome(ask("/page-any")), ask("/page-any").body),
         ((401, ["Bearer"]), b"our own page"))
    response = ask("/page-explain", token=good)
    same("a guarded page for 403", outcome(response), (403, ["Bearer"]))
    same("it was shown", response.json()["path"], "/explain")
    same("the log names the denial", nginx.reasons(1)[0][1], "scope.insufficient")
    same("an upstream's 401 stays its own", outcome(ask("/upstream", token=good)), (401, ["Upstream"]))
    same("a 404 behind the guard", ask("/not-found", token=good).status, 200)
    same("a 404 in front of it", outcome(ask("/not-found")), (401, ["Bearer"]))
    response = ask("/page", fields=["Accept: text/html"])
    same("what was made for our page does not go with another", response.get("Content-Security-Policy"), None)
    check("but goes with ours", ask("/x", fields=["Accept: text/html"]).get("Content-Security-Policy"))
    response = ask("/hidden/x")
    same("hidden: 404 without a challenge", outcome(response), (404, []))
    same("and it is ours", (response.get("Content-Type"), len(response.all("Doorward-Id"))),
         ("application/problem+json", 1), response)
    same("hidden: let in", ask("/hidden/x", token=good).status, 200)
    response = ask("/hidden/page", token=bad)
    same("hidden: error_page 404", (outcome(response), response.body), ((404, []), b"our own page"))
    same("hidden under satisfy any", outcome(ask("/hidden/any")), (404, []))
    same("the log knows", nginx.reasons(1)[0][1], "header.missing")
    with Connection(nginx.port) as connection:
        seen = [outcome(connection.call(path, token=token)) for path, token in
                (("/x", None), ("/x", good), ("/page", None), ("/x", good), ("/any-denied", bad))]
    same("on one connection", seen, [(401, ["Bearer"]), (200, []), (401, ["Bearer"]), (200, []),
                                     (401, ["Bearer"])])

    early = world.nginx(http, EARLY.format(echo=echo.port))
    early.page("fine.html", "fine")
    for path in ("/return", "/return-any", "/if?x=1", "/away", "/rewritten", "/directory", "/page"):
        response = get(early.port, path)
        same(f"{path}: guarded though nginx answers early", outcome(response), (401, ["Bearer"]), response)
        same(f"{path}: our answer", (response.get("Content-Type"), response.get("Location"),
                                     b"secret" in response.body), ("application/problem+json", None, False))
        same(f"{path}: HEAD", get(early.port, path, method="HEAD").status, 401)
        same(f"{path}: open with a token", get(early.port, path, token=good).status < 400, True)
    same("what is returned knows the caller", get(early.port, "/return", token=good).body, b"secret user-1")
    same("an error is nobody's secret", get(early.port, "/missing").status, 404)
    with Connection(early.port) as connection:
        seen = [connection.call("/return", token=token, method=method, body=body).status
                for token, method, body in ((None, "GET", b""), (good, "GET", b""), (None, "HEAD", b""),
                                            (None, "POST", b"x" * 5000), (good, "GET", b""))]
    same("and the connection stays usable", seen, [401, 200, 401, 401, 200])
    same("one line of the log each", [line[1] for line in early.reasons(5)],
         ["header.missing", "allowed.token", "header.missing", "header.missing", "allowed.token"])
done()
