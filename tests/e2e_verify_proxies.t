#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Other proxies that ask PREFIX verify: stock nginx with auth_request."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from foreign import *   # noqa: E402,F403
from scenario import *  # noqa: E402,F403

SERVER = """
    location = /verify {{
        internal;
        proxy_pass http://127.0.0.1:{verify}/doorward/verify;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Original-Method $request_method;
        proxy_set_header X-Original-URI $request_uri;
        proxy_set_header X-Forwarded-Method "";
        proxy_set_header X-Forwarded-Uri "";
        proxy_set_header X-Original-Url "";
    }}
    location / {{
        auth_request /verify;
        auth_request_set $who $upstream_http_doorward_subject;
        auth_request_set $id $upstream_http_doorward_id;
        proxy_set_header Subject $who;
        add_header Decision $id always;
        proxy_pass http://127.0.0.1:{echo};
    }}
"""


def write_config(world, issuer):
    return world.write("doorward.yaml", {
        "realm": "api.test", "trust": trusted(issuer.url),
        "routes": [{"path": OPEN, "allow": "anyone"}, {"path": "/admin/**", "scope": ["admin"]}]})


def reason(daemon, id):
    found = []

    def look():
        with open(f"{daemon.data}/log/decisions.jsonl") as log:
            found[:] = [json.loads(line) for line in log if f'"{id}"' in line]
        return found
    wait_for(f"{id} in the decision log", look)
    return found[0]["reason"]


with World() as world:
    key = Key("ES256", "ec")
    issuer = world.keep(Foreign(key))
    echo = world.echo()
    config = write_config(world, issuer)
    daemon = world.daemon(data=f"{world.path}/data", config=config)
    nginx = world.nginx("", SERVER.format(verify=daemon.port, echo=echo.port))
    good = issuer.token()

    response = get(nginx.port, "/x?y=1", token=good)
    same("a token: let in, and the upstream is told who calls", (response.status, response.told().get("subject")),
         (200, "user-1"), response)
    same("the open route", get(nginx.port, OPEN).status, 200)
    for name, request, status, why in (
            ("no token", {}, 401, "header.missing"),
            ("a token that has expired",
             {"token": mint(key, claims(issuer.url, AUDIENCE, exp=1))}, 401, "token.expired"),
            ("scope lacking", {"path": "/admin/x", "token": good}, 403, "scope.insufficient"),
            ("scope lacking, spelt otherwise", {"path": "/x/..//%61dmin/x", "token": good}, 403, "scope.insufficient"),
            ("fields of the client's own", {"fields": [f"X-Original-URI: {OPEN}", f"X-Forwarded-Uri: {OPEN}",
                                                       "X-Forwarded-Method: GET", "Doorward-Ask: 1"]},
             401, "header.missing"),
            ("POST", {"method": "POST", "body": b"x" * 1_000_000}, 401, "header.missing")):
        response = get(nginx.port, **request)
        same(name, (response.status, reason(daemon, response.get("Decision"))), (status, why), response)
        if status == 401:
            check("the challenge comes through", response.get("WWW-Authenticate", "").startswith("Bearer realm="),
                  response)
    issuer.keys = [Key("ES256", "new"), key]
    same("a new kid", get(nginx.port, token=issuer.token()).status, 200)
    same("a large upload", get(nginx.port, method="POST", body=b"x" * 5_000_000, token=good).json()["size"], 5_000_000)
    daemon.stop()
    check("the daemon gone: never let in, and never 401", get(nginx.port, token=good).status >= 500)
done()
