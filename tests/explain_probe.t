#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
#
# doorward explain --probe against a live issuer and API: what the differential requests add to the verdict.
import http.server
import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403
from tokens import Key, claims, jwks, mint  # noqa: E402

os.chdir(TREE)
GOOD = "Bearer good-token-1234567890"
current, retired = Key("RS256"), Key("RS256", kid="retired")


class Site(http.server.BaseHTTPRequestHandler):
    """An API that takes one token, and the issuer beside it."""

    protocol_version = "HTTP/1.1"
    seen = []

    def answer(self):
        base = f"http://127.0.0.1:{self.server.server_address[1]}"
        sent = self.headers.get("Authorization")
        Site.seen.append((self.command, self.path, sent))
        if self.path == "/.well-known/openid-configuration":
            return 200, {"issuer": base, "jwks_uri": base + "/jwks"}, None
        if self.path == "/jwks":
            return 200, jwks(current), None
        if self.path.startswith("/api") and sent == GOOD:
            return 200, {}, None
        return 401, {}, 'Bearer error="invalid_token"' if sent else "Bearer"

    def do_GET(self):
        status, body, challenge = self.answer()
        body = json.dumps(body).encode()
        self.send_response(status)
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_OPTIONS = do_POST = do_GET

    def log_message(self, *_):
        pass


def explain(*arguments):
    result = subprocess.run([f"{BUILD}/doorward", "explain", "--json", "--probe", "--", "curl", *arguments],
                            capture_output=True, text=True, timeout=60)
    return json.loads(result.stdout), result.stderr


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_address[1]}"

answer, errors = explain("-H", "Authorization: Bearer: good-token-1234567890", base + "/api/x")
cause = answer["causes"][0]
same("what is mended passes", (cause["id"], cause["word"]), ("header.scheme_colon", "certain"), answer)
check("and that shows it", any("200" in evidence["what"] for evidence in cause["evidence"]
                               if evidence["source"] == "probe"), cause)
check("each request is told", all(f"probe {role}" in errors for role in (
    "none", "garbage", "yours", "repeated", "repaired", "nowhere", "preflight")), errors)

answer, errors = explain("-H", "Authorization: Bearer " + mint(retired, claims(base, "api")), base + "/api/x")
same("a kid the issuer does not have", (answer["causes"][0]["id"], answer["causes"][0]["word"]),
     ("token.kid_unknown", "certain"), answer)
check("its keys were fetched", "probe jwks" in errors, errors)
check("without the token", all(sent is None for _, path, sent in Site.seen
                               if path in ("/jwks", "/.well-known/openid-configuration")), Site.seen)

answer, _ = explain("-H", "Authorization: Bearer " + mint(current, claims(base, "api")), base + "/api/x")
check("a kid it has is ruled out", "token.kid_unknown" in [out["id"] for out in answer["ruled_out"]], answer)

Site.seen.clear()
answer, _ = explain("-X", "POST", "-d", "a=1", "-H", "Authorization: Bearer abc", base + "/api/x")
same("what changes something is sent once, as asked", [path for method, path, _ in Site.seen if method == "POST"],
     ["/api/x"])
check("and else only what is safe", {method for method, _, _ in Site.seen} <= {"POST", "GET", "HEAD", "OPTIONS"},
      Site.seen)
done()
