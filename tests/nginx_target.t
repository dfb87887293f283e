#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""An API key in the query: it is judged, and then stands nowhere, neither in a log nor upstream."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403
from known import Known, new_key  # noqa: E402

POLICY = """
data: {data}
edge: {edge}
schemes: {{apikey: {{query: api_key}}}}
routes:
  - path: /open
    allow: anyone
  - path: /**
    accept: apikey
"""

SERVER = """
    doorward on;
    doorward_ask /ask;
    ssi on;
    ssi_types text/plain;
    access_log {log} everything;
    location / {{ proxy_pass http://127.0.0.1:{echo}; }}
    location /replaced {{ proxy_pass http://127.0.0.1:{echo}/other$is_args$args; }}
    location /rewritten {{ rewrite ^ /again?x=1 break; proxy_pass http://127.0.0.1:{echo}; }}
    location /return {{ return 200 "$request_uri|$args|$arg_api_key|$request|$query_string"; }}
    location /away {{ return 302 https://elsewhere.test$request_uri; }}
    location /page {{ }}
    location /part {{ return 200 "part for $doorward_subject"; }}
    location /failing {{ proxy_pass http://127.0.0.1:1; }}
    location = /ask {{
        internal;
        log_subrequest on;
        proxy_pass http://127.0.0.1:{verify}/doorward/verify;
        proxy_pass_request_body off;
        proxy_set_header X-Original-URI $request_uri;
        proxy_set_header X-Known $known;
    }}
"""

HTTP = """
    doorward_policy {policy};
    log_format everything '$request|$request_uri|$args|$query_string|$arg_api_key|$uri|$doorward_reason';
    map $request_uri $known {{ default "$request_uri seen"; }}
    server {{ listen 127.0.0.1:{h2} http2; doorward on; access_log {log} everything;
              location / {{ proxy_pass http://127.0.0.1:{echo}; }} }}
    server {{ listen 127.0.0.1:{plain}; access_log {log} everything;
              location / {{ proxy_pass http://127.0.0.1:{echo}; }} }}
"""


class Verify(Handler):
    def do_GET(self):
        self.server.asked.append(self.headers.get("X-Original-URI"))
        self.reply(401, {}, Doorward_Reason="apikey.unknown")


with World() as world:
    known = Known(world, f"{world.path}/edge")
    key, stranger = new_key(), new_key()
    known.put_claims("apikey", {"sub": "ci", "jti": key.split("_")[1]}, key)
    echo = world.echo()
    verify = world.keep(Server(Verify))
    verify.asked = []
    log = f"{world.path}/everything.log"
    policy = world.write("doorward.yaml", POLICY.format(data=world.path, edge=known.folder))
    ports = {"echo": echo.port, "verify": verify.port, "log": log, "h2": free_port(), "plain": free_port()}
    nginx = world.nginx(HTTP.format(policy=policy, **ports), SERVER.format(**ports))
    nginx.page("page/one.txt", '<!--# include virtual="/part" -->')

    for target, upstream in ((f"/x?api_key={key}", "/x"), (f"/x?a=1&api_key={key}", "/x?a=1"),
                             (f"/x?api_key={key}&a=1", "/x?a=1"), (f"/x?a=1&api_key={key}&b=%26", "/x?a=1&b=%26"),
                             (f"/x?&api_key={key}&", "/x?&"), (f"/x%2Fy?api_key={key}&a", "/x%2Fy?a"),
                             (f"http://localhost/x?api_key={key}&b=2", "/x?b=2"),
                             (f"/x?my_api_key=1&api_key={key}&api_key2=2", "/x?my_api_key=1&api_key2=2")):
        response = get(nginx.port, target)
        same(f"{target.replace(key, 'KEY')}: let in", response.status, 200, response)
        same("the upstream sees the rest", response.json()["path"] if response.status == 200 else None, upstream)
    same("proxy_pass with a path of its own", get(nginx.port, f"/replaced?a=1&api_key={key}").json()["path"],
         "/other?a=1")
    same("after a rewrite", get(nginx.port, f"/rewritten?api_key={key}").json()["path"], "/again?x=1")
    same("nginx's own variables", get(nginx.port, f"/return?api_key={key}&b=2").body,
         b"/return?b=2|b=2||GET /return?b=2 HTTP/1.1|b=2")
    same("a redirect", get(nginx.port, f"/away?api_key={key}&b=2").get("Location"),
         "https://elsewhere.test/away?b=2")
    same("a part of a page", get(nginx.port, f"/page/one.txt?api_key={key}").body, b"part for ci")
    same("no key", get(nginx.port, "/x?api_keys=1").status, 401)
    same("two keys", get(nginx.port, f"/x?api_key={key}&api_key={key}").status, 401)
    same("a key in a field, too", get(nginx.port, f"/x?api_key={key}", fields=[f"X-API-Key: {key}"]).status, 401)
    same("an empty one", get(nginx.port, "/x?api_key=").status, 401)
    same("open to anyone: it goes no further", get(nginx.port, f"/open?api_key={key}").json()["path"], "/open")
    same("where nothing is guarded, neither", get(ports["plain"], f"/z?api_key={key}&b").json()["path"], "/z?b")
    same("the upstream is down", get(nginx.port, f"/failing?api_key={key}").status, 502)

    target = f"/x?api_key={stranger}&b=2"
    response = get(nginx.port, target)
    same("a key that is not known: the daemon is asked, and says so",
         (response.status, verify.asked), (401, [target]), response)
    for broken in (f"GET /x?api_key={key} HTTP/1.1\r\n\r\n", f"GET /x?api_key={key} HTTP/1.1\r\nHost: a b\r\n\r\n",
                   f"GET /x?api_key={key}&{'a' * 300000} HTTP/1.1\r\n\r\n",
                   f"GET /x?api_key={key} HTTP/1.1\r\nHost: a\r\nX: {'a' * 300000}\r\n\r\n",
                   f"BREW /x?api_key={key} HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"):
        with Connection(nginx.port) as connection:
            try:
                connection.send(broken)
                data = connection.socket.recv(4096)
            except ConnectionError:
                data = b""
        check(f"{broken[:6]}... {len(broken)} bytes: refused", data[:10] in (b"HTTP/1.1 4", b""), data[:200])
    result = subprocess.run(["curl", "-s", "-m", "20", "--http2-prior-knowledge",
                             f"http://127.0.0.1:{ports['h2']}/h2?api_key={key}&c=3"], capture_output=True)
    same("HTTP/2", json.loads(result.stdout)["path"], "/h2?c=3")
    with Connection(nginx.port) as connection:
        seen = [connection.call(path).json().get("path") for path in
                (f"/1?api_key={key}", f"/2?api_key={key}&b", f"/3?b&api_key={key}")]
    same("on one connection", seen, ["/1", "/2?b", "/3?b"])

    time.sleep(0.2)
    with open(log) as file:
        text = file.read()
    check("every request is in the log", text.count("\n") > 25, text[-2000:])
    check("its question to the daemon, too", "|/ask|ask.apikey" in text, text)
    for name, secret in (("the key", key), ("a stranger's", stranger)):
        check(f"{name} is not in the access log", secret not in text,
              *[line for line in text.splitlines() if secret in line])
        text_of_upstream = "\n".join(echo.paths)
        check(f"{name} has not gone upstream", secret not in text_of_upstream, text_of_upstream)
        bad = [line for line in nginx.errors().splitlines() if secret in line and "[info]" not in line]
        check(f"{name} is not in the error log", not bad, *bad)
    check("nothing went wrong inside",
          not any(word in nginx.errors() for word in ("[alert]", "[emerg]", "exited on signal")),
          nginx.errors()[-3000:])
done()
