#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
#
# doorward watch: what it says of a site's 401s, once and from one round to the next.
import email.utils
import http.server
import json
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

os.chdir(TREE)
LOGIN = (b"<!doctype html><title>Sign in</title><form method=post action=/login><input name=user>"
         b"<input type=password name=password><button>Log in</button></form>")
BEARER = {"WWW-Authenticate": 'Bearer realm="api"', "Cache-Control": "no-store"}

# path: status, fields, body
ANSWERS = {
    "/good": (401, BEARER, b""),
    "/ok": (200, {"Content-Type": "application/json"}, b"{}"),
    "/bare": (401, {}, b""),
    "/broken": (401, {"WWW-Authenticate": 'Bearer scope="a" error="x"'}, b""),
    "/kept": (401, {**BEARER, "Cache-Control": "public, max-age=60"}, b""),
    "/login-page": (200, {"Content-Type": "text/html"}, LOGIN),
    "/graphql": (200, {"Content-Type": "application/json"},
                 b'{"errors":[{"message":"no","extensions":{"code":"UNAUTHENTICATED"}}]}'),
    "/loop": (302, {"Location": "/loop2"}, b""),
    "/loop2": (302, {"Location": "/loop"}, b""),
    "/late": (200, {"Date": email.utils.formatdate(time.time() - 4000, usegmt=True)}, b"ok"),
    "/changing": (200, {}, b"ok"),
}


class Site(http.server.BaseHTTPRequestHandler):
    seen = []

    def do_GET(self):
        Site.seen.append((self.path, self.headers.get("Authorization")))
        status, fields, body = ANSWERS[self.path]
        self.send_response_only(status)
        if "Date" not in fields:
            self.send_header("Date", self.date_time_string())
        for name, value in {**fields, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def watch(*arguments):
    result = subprocess.run([f"{BUILD}/doorward", "watch", "--once", *arguments], capture_output=True, text=True,
                            timeout=60)
    return result.returncode, result.stdout, result.stderr


def ids_of(line):
    return [finding["id"] for finding in json.loads(line)["now"]["findings"]]


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_address[1]}"

for path, wanted in (("/bare", "server.no_www_authenticate"), ("/broken", "server.malformed_challenge"),
                     ("/kept", "cache.stored_401"), ("/login-page", "soft.login_page_200"),
                     ("/graphql", "soft.body_error_200"), ("/loop", "watch.login_loop"),
                     ("/late", "server.clock_wrong")):
    status, output, errors = watch("--json", base + path)
    check(f"{path}: {wanted}", status == 1 and wanted in ids_of(output), status, output, errors)
for path, code in (("/good", 401), ("/ok", 200)):
    status, output, errors = watch("--json", base + path)
    answer = json.loads(output)
    check(f"{path} is fine", status == 0 and answer["fine"] and answer["now"]["status"] == code, output, errors)
status, output, _ = watch(base + "/good", base + "/bare")
check("a line for each", len(output.splitlines()) == 2 and "fine" in output and "no_www_auth" in output, output)

status, output, _ = watch("--json", "http://127.0.0.1:1/")
check("nobody there", status == 1 and ids_of(output) == ["watch.unreachable"], output)
Site.seen.clear()
watch(base + "/good", "-H", "Authorization: Bearer abc")
same("a field of one's own is sent", Site.seen, [("/good", "Bearer abc")])
for arguments, said in (([], "URL"), (["ftp://x/"], "http or https"), ([base, "--every", "x"], "1s to 1d"),
                        ([base, "-H", "nothing"], "Name: value")):
    status, _, errors = watch(*arguments)
    check(f"refused: {arguments}", status == 2 and said in errors, status, errors)

process = subprocess.Popen([f"{BUILD}/doorward", "watch", base + "/changing", "--every", "1s", "--json"],
                           stdout=subprocess.PIPE, text=True)
first = json.loads(process.stdout.readline())
time.sleep(2.5)
ANSWERS["/changing"] = (200, {"Content-Type": "text/html"}, LOGIN)
second = json.loads(process.stdout.readline())
ANSWERS["/changing"] = (401, BEARER, b"")
third = json.loads(process.stdout.readline())
process.terminate()
process.wait(10)
same("only changes are told", [entry["now"]["status"] for entry in (first, second, third)], [200, 200, 401])
check("with what was before", first["was"] is None and third["was"]["findings"][0]["id"] == "soft.login_page_200",
      second, third)
done()
