#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Client certificates: what nginx has verified is who is calling; tokens bound to one; the variable."""

import base64
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from clients import Authority, client_cert, der, x5t  # noqa: E402
from harness import *  # noqa: E402,F403

SCHEMES = """
schemes:
  certificate:
    principals:
      - {san: "dns:agent.test", principal: agent-7, scope: [read]}
"""

ROUTES = """
  - path: /certificate/**
    accept: [certificate, bearer]
  - path: /admin/**
    accept: certificate
    scope: admin
"""

TLS = """
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate {chain};
    ssl_certificate_key {key};
    ssl_client_certificate {ca};
    ssl_verify_client {verify};
    doorward on;
    add_header Shown $doorward_certificate always;
    location / {{ proxy_pass http://127.0.0.1:{echo}; }}
    location /ssi {{ ssi on; ssi_types text/plain; }}
    location /certificate/part {{ return 200 "part for $doorward_subject"; }}
"""

with World() as world:
    keys = Keys()
    echo = world.echo()
    authority, stranger = Authority(world.path), Authority(world.path, "another CA")
    agent, other = authority.issue("agent", dns=["agent.test"]), authority.issue("other")
    foreign = stranger.issue("foreign", dns=["agent.test"])
    ended = authority.issue("ended", dns=["agent.test"], days=(-9, -2))
    server = authority.issue("server", dns=["localhost"])
    ports = {verify: free_port() for verify in ("optional", "on", "optional_no_ca")}
    policy = write_policy(world, keys, more=SCHEMES, routes=ROUTES)
    http = f"doorward_policy {policy};" + "".join(
        "server {" + TLS.format(tls=port, verify=verify, chain=server[1], key=server[2], ca=authority.file,
                                echo=echo.port) + "}" for verify, port in ports.items())
    nginx = world.nginx(http, f"doorward on; location / {{ proxy_pass http://127.0.0.1:{echo.port}; }}")
    nginx.page("ssi/page.txt", '<!--# include virtual="/certificate/part" -->')

    def ask(path="/certificate/x", who=None, verify="optional", **more):
        return call(ports[verify], path, tls=True, certificate=who and who[1:], **more)

    def outcome(*arguments, **more):
        response = ask(*arguments, **more)
        return response.status, nginx.reasons(1)[0][1]

    for verify in ports:
        response = ask(who=agent, verify=verify)
        told = response.told() if response.status == 200 else {}
        same(f"ssl_verify_client {verify}: let in", (response.status, told.get("doorward-subject"),
                                                    told.get("doorward-scheme")),
             (200, "agent-7", "certificate"), response)
    same("the variable", ask(who=agent).get("Shown"), f":{base64.b64encode(der(agent[0])).decode()}:")
    same("and its scope", ask(who=agent).told().get("doorward-scope"), "read")
    same("none", outcome(), (401, "header.missing"))
    same("the variable without one", ask().get("Shown"), None)
    same("of nobody known", outcome(who=other), (401, "mtls.cert_unknown"))
    same("its scope does not suffice", outcome("/admin/x", who=agent), (403, "scope.insufficient"))
    same("not verified: another CA's", outcome(who=foreign, verify="optional_no_ca"), (401, "header.missing"))
    same("not verified: the variable", ask(who=foreign, verify="optional_no_ca").get("Shown"), None)
    same("nginx refuses by itself what does not verify", [ask(who=foreign).status, ask(who=ended).status], [400, 400])
    forged = ["Doorward-Certificate: " + client_cert(agent[0])[0].split(" ")[1], *client_cert(agent[0])]
    same("what a client writes into fields is none", outcome(fields=forged), (401, "header.missing"))
    same("nor without TLS", get(nginx.port, "/certificate/x", fields=forged).status, 401)
    same("a part of a page", ask("/ssi/page.txt", who=agent, token=keys.good()).body, b"part for user-1")
    same("a bad token beside it is answered as bad", outcome(who=agent, token="x.y"), (401, "token.segments"))

    bound = keys.good(cnf={"x5t#S256": x5t(agent[0])})
    same("a token bound to it", outcome("/x", who=agent, token=bound), (200, "allowed.token"))
    same("and another one shown", outcome("/x", who=other, token=bound), (401, "mtls.cert_mismatch"))
    same("and none shown", outcome("/x", token=bound), (401, "mtls.cert_missing"))
    same("and one that is not verified", outcome("/x", who=foreign, verify="optional_no_ca", token=bound),
         (401, "mtls.cert_missing"))
    same("and no TLS", get(nginx.port, "/x", token=bound).status, 401)
    with Connection(ports["on"], tls=True, certificate=agent[1:]) as connection:
        seen = [connection.call(path).status for path in ("/certificate/x", "/x", "/certificate/y", "/admin/z")]
    same("on one connection", seen, [200, 401, 200, 403])
done()
