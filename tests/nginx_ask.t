#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Asking the daemon: one subrequest, whatever it answers, however long it takes, and when it is gone."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403
from known import new_key  # noqa: E402

POLICY_ASKING = """
data: {data}
trust:
  - issuer: https://issuer.test
    audience: https://api.test
routes:
  - path: /keys
    accept: apikey
"""

SERVER = """
    doorward on;
    doorward_ask /ask;
    client_max_body_size 0;
    location / {{ proxy_pass http://127.0.0.1:{echo}; }}
    location = /ask {{
        internal;
        client_max_body_size 1k;
        proxy_pass http://127.0.0.1:{verify}/doorward/verify;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Original-Method $request_method;
        proxy_set_header X-Original-URI $request_uri;
        proxy_read_timeout 2s;
    }}
    location /early {{ return 200 secret; }}
    location /any {{ satisfy any; deny all; proxy_pass http://127.0.0.1:{echo}; }}
    location /page {{ error_page 503 /busy.html; proxy_pass http://127.0.0.1:{echo}; }}
    location = /busy.html {{ doorward off; }}
    location /gone {{ doorward_ask /ask-gone; proxy_pass http://127.0.0.1:{echo}; }}
    location = /ask-gone {{ internal; error_page 502 = /busy.html; proxy_pass http://127.0.0.1:{gone}; }}
    location /ssi {{ doorward off; ssi on; ssi_types text/plain; }}
    location /named {{ try_files /none @named; }}
    location @named {{ proxy_pass http://127.0.0.1:{echo}; }}
"""


class Verify(Handler):
    """Answers as it is told, and remembers what it was asked."""

    def do_GET(self):
        self.server.asked.append((self.command, self.headers.get("X-Original-Method"),
                                  self.headers.get("X-Original-URI"), self.headers.get("Authorization")))
        time.sleep(self.server.delay)
        self.reply(self.server.status, {"n": "x" * self.server.size}, **self.server.fields)

    do_POST = do_PUT = do_HEAD = do_GET


with World() as world:
    keys = Keys()
    good = keys.good()
    echo = world.echo()
    verify = world.keep(Server(Verify))
    verify.asked, verify.status, verify.delay, verify.size = [], 200, 0, 10
    verify.fields = {}
    policy = world.write("doorward.yaml", POLICY_ASKING.format(data=world.path))
    ports = {"echo": echo.port, "verify": verify.port, "gone": free_port()}
    nginx = world.nginx(f"doorward_policy {policy};", SERVER.format(**ports))
    nginx.page("busy.html", "busy")
    nginx.page("ssi/page.txt", '<!--# include virtual="/part" -->')

    def outcome(path="/x?y=1", token=good, **more):
        verify.asked.clear()
        response = get(nginx.port, path, token=token, **more)
        return response.status, response.get("Retry-After"), nginx.reasons(1)[0][1], len(verify.asked)

    unknown = (503, "5", "token.jwks_unreachable", 1)
    for status in (200, 204, 400, 401, 403, 429, 503):
        verify.status = status
        same(f"the daemon says {status}, and the edge nothing: 503, asked once", outcome(), unknown)
    for status in (301, 404, 413, 500, 502, 504):
        verify.status = status
        same(f"a {status} is not the daemon's", outcome(), (503, "5", "guard.unreachable", 1))
    verify.fields = {"Doorward_Id": "abc"}
    verify.status = 404
    same("unless it is the daemon's, which hides a route", outcome(), unknown)
    for status, said in ((401, "token.inactive"), (401, "token.expired"), (200, "allowed.token"), (401, "nonsense"),
                         (401, "ask.keys"), (401, "")):
        verify.fields, verify.status = {"Doorward_Reason": said} if said else {}, status
        same(f"what is known by keys is not taken from the daemon: {said}", outcome(), unknown)
    key = ["X-API-Key: " + new_key()]
    for status, said, wanted in (
            (401, "apikey.unknown", (401, None, "apikey.unknown", 1)),
            (401, "apikey.revoked", (401, None, "apikey.revoked", 1)),
            (503, "guard.busy", (503, "5", "guard.busy", 1)),
            (200, "allowed.apikey", (503, "5", "guard.failed", 1)),
            (401, "ask.apikey", (503, "5", "guard.failed", 1)),
            (401, "nonsense", (503, "5", "guard.failed", 1)),
            (401, None, (503, "5", "guard.failed", 1)),
            (404, "apikey.unknown", (503, "5", "guard.unreachable", 1)),
            (502, "apikey.unknown", (503, "5", "guard.unreachable", 1))):
        verify.fields, verify.status = {"Doorward_Reason": said} if said else {}, status
        same(f"a key: the daemon says {status}, {said}", outcome("/keys", token=None, fields=key), wanted)
    verify.fields, verify.status = {}, 200
    outcome()
    same("it was told of the request", verify.asked, [("GET", "GET", "/x?y=1", f"Bearer {good}")])
    verify.status = 200
    verify.size = 1_000_000
    same("an answer of 1 MB", outcome(), unknown)
    verify.size = 10
    same("a token that needs no asking", outcome(token="x.y"), (401, None, "token.segments", 0))
    same("no token", outcome(token=None), (401, None, "header.missing", 0))
    same("POST", outcome(method="POST", body=b"abc"), unknown)
    same("10 MB", outcome(method="POST", body=b"z" * 10_000_000), unknown)
    same("HEAD", outcome(method="HEAD"), unknown)
    same("under satisfy any", outcome("/any"), unknown)
    same("with an error_page", outcome("/page"), unknown)
    same("and it is shown", get(nginx.port, "/page", token=good).body, b"busy")
    same("a page for a daemon that is gone is not its answer", outcome("/gone"), (503, "5", "guard.unreachable", 0))
    same("a named location behind it", outcome("/named"), unknown)
    same("an answer before the access phase: asked for next time", outcome("/early"),
         (503, "5", "guard.unreachable", 1))
    verify.asked.clear()
    response = get(nginx.port, "/ssi/page.txt", token=good)
    check("a part of a page asks for itself", response.status == 200 and b"503" in response.body, response)
    same("once", [asked[2] for asked in verify.asked], ["/ssi/page.txt"])
    with Connection(nginx.port) as connection:
        seen = [connection.call("/x", token=token, method=method).status
                for token, method in ((good, "GET"), (None, "GET"), (good, "HEAD"), ("x.y", "GET"), (good, "GET"))]
    same("on one connection", seen, [503, 401, 503, 401, 503])

    verify.delay = 0.5
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(get(nginx.port, "/x", token=good).status))
               for _ in range(20)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    others = [get(nginx.port, "/x").status for _ in range(20)]
    undisturbed = time.monotonic() - begin
    for thread in threads:
        thread.join()
    same("20 ask at once", answers, [503] * 20)
    check("others are not disturbed", others == [401] * 20 and undisturbed < 0.4, undisturbed)
    check("nobody waits for another", time.monotonic() - begin < 2, time.monotonic() - begin)
    with Connection(nginx.port) as connection:
        connection.send(f"GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {good}\r\n\r\n")
        time.sleep(0.1)
    time.sleep(0.6)
    same("a client that leaves while nginx asks", get(nginx.port, "/x").status, 401)
    verify.delay = 3
    begin = time.monotonic()
    same("the daemon hangs: cannot ask", outcome(), (503, "5", "guard.unreachable", 1))
    check("not for longer than the location lets it", time.monotonic() - begin < 2.9)
    verify.delay = 0
    verify.stop()
    same("the daemon is gone", outcome(), (503, "5", "guard.unreachable", 0))
    response = get(nginx.port, "/x", token=good)
    same("its 503 is ours, and says nothing of bad gateways",
         (response.get("Content-Type"), b"502" in response.body, len(response.all("WWW-Authenticate"))),
         ("application/problem+json", False, 0))
    check("nothing went wrong inside",
          not any(word in nginx.errors() for word in ("[alert]", "[emerg]", "exited on signal")),
          nginx.errors()[-3000:])
done()
