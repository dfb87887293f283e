#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Sessions: the sign-in page, signing in and out, timeouts; and the metadata of the protected resource."""

import os
import re
import sqlite3
import sys
import threading
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

CONFIG = """
resource: {{url: "https://api.test/v1/", name: Orders, scopes: [read]}}
schemes:
  cookie: {{idle: {idle}, lifetime: {lifetime}}}
routes:
  - {{path: /page, accept: cookie}}
  - {{path: /scope, accept: cookie, scope: admin}}
"""

PAGE = "/doorward/signin"
OUT = "/doorward/signout"
OWN = "Sec-Fetch-Site: same-origin"


def add_user(daemon, name, password, scope="read"):
    subprocess.run([PROGRAM, "user", "add", name, "--password-stdin", "--scope", scope, "--data", daemon.data],
                   input=password, text=True, check=True, capture_output=True)


def post(daemon, path, *fields, **form):
    body = urllib.parse.urlencode(form).encode()
    return get(daemon.port, path, method="POST", body=body,
               fields=["Content-Type: application/x-www-form-urlencoded", "Accept: text/html,*/*;q=0.8", *fields])


def sign_in(daemon, *fields, path=PAGE, username="alice", password="correct horse", **form):
    return post(daemon, path, *(fields or (OWN,)), username=username, password=password, **form)


def cookie_of(response):
    set_cookie = response.get("Set-Cookie")
    return set_cookie and set_cookie.split(";")[0]


def verify(daemon, path, *fields, method="GET"):
    return get(daemon.port, "/doorward/verify",
               fields=[f"X-Original-Method: {method}", f"X-Original-URI: {path}", *fields])


def reason_of(daemon, response):
    log = os.path.join(daemon.data, "log", "decisions.jsonl")

    def find():
        with open(log) as lines:
            return [entry for entry in map(json.loads, lines) if entry.get("id") == response.get("Doorward-Id")]
    wait_for("the decision log", find)
    return find()[0]["reason"]


def returns(page):
    return [urllib.parse.unquote(value) for value in re.findall(r'name="return" value="([^"]*)"', page.body.decode())]


def test_page(daemon):
    denied = verify(daemon, "/page?a=1", "Accept: text/html", "Sec-Fetch-Mode: navigate")
    same("nobody has signed in", (denied.status, reason_of(daemon, denied)), (401, "header.missing"))
    check("the answer is the page with the form", f'action="{PAGE}"' in denied.body.decode(), denied)
    same("which comes back", returns(denied), ["/page?a=1"])
    page = get(daemon.port, PAGE + "?return=%2Forders%3Fa%3D1")
    same("the page alone", (page.status, page.get("Content-Type")), (200, "text/html; charset=utf-8"))
    same("no challenge on 200, and no-store", (page.all("WWW-Authenticate"), page.get("Cache-Control")), ([], "no-store"))
    same("where it leads", returns(page), ["/orders?a=1"])
    same("a return elsewhere is none", returns(get(daemon.port, PAGE + "?return=%2F%2Fevil.test")), ["/"])
    same("other methods", [get(daemon.port, path, method=method).status
                           for path, method in ((PAGE, "DELETE"), (OUT, "GET"))], [405, 405])


def test_senders(daemon):
    host = "Origin: https://localhost"  # where nobody says how it came: a session's cookie is Secure
    for fields, status in (((OWN,), 303), ((OWN, "Origin: https://anything.test"), 303),
                           ((host,), 303), (("Origin: http://localhost",), 403),
                           (("Referer: https://localhost/page",), 303), (("Referer: https://evil.test/page",), 403),
                           (("Origin: http://api.test", "X-Forwarded-Proto: http", "X-Forwarded-Host: api.test"), 303),
                           (("X-Nothing: said",), 403), (("Origin: null",), 403), (("Origin: http://evil.test",), 403),
                           (("Origin: http://localhost.evil.test",), 403), (("Origin: http://evil.localhost",), 403),
                           (("Origin: https://api.test", "X-Forwarded-Proto: http", "X-Forwarded-Host: api.test"), 403),
                           (("Origin: null", "Referer: https://localhost/page"), 403),
                           (("Sec-Fetch-Site: cross-site", host), 403), (("Sec-Fetch-Site: same-site", host), 403),
                           (("Sec-Fetch-Site: none", "Origin: null"), 403), ((OWN, "Sec-Fetch-Site: cross-site"), 403),
                           ((host, "Origin: http://evil.test"), 403)):
        response = sign_in(daemon, *fields)
        same(f"signing in with {fields}", (response.status, bool(response.get("Set-Cookie"))), (status, status == 303))
    denied = sign_in(daemon, "Origin: http://evil.test")
    same("why", reason_of(daemon, denied), "cookie.cross_site")


def test_sign_in(daemon):
    response = sign_in(daemon, **{"return": "/page?a=1&b=2"})
    same("signed in: back to where one was going", (response.status, response.get("Location")), (303, "/page?a=1&b=2"))
    check("the cookie", re.fullmatch(r"__Host-doorward=[\w-]{43}; Path=/; Secure; HttpOnly; SameSite=Lax",
                                     response.get("Set-Cookie")), response)
    same("no-store", response.get("Cache-Control"), "no-store")
    session = "Cookie: other=1; " + cookie_of(response)
    good = verify(daemon, "/page", session)
    same("it lets in", (good.status, good.get("Doorward-Subject"), good.get("Doorward-Scope"), good.get("Doorward-Scheme")),
         (200, "alice", "read", "cookie"), good)
    same("what it may not", verify(daemon, "/scope", session).status, 403)
    other = verify(daemon, "/page", session, "Sec-Fetch-Site: cross-site", method="POST")
    same("another site's page may change nothing", (other.status, reason_of(daemon, other)), (403, "cookie.cross_site"))
    same("one of our own may", verify(daemon, "/page", session, OWN, method="POST").status, 200)
    for back in ("//evil.test", "/\\evil.test", "https://evil.test/", "/a\r\nSet-Cookie: x=y", "/" + "a" * 3000, ""):
        same(f"return {back[:20]!r}", sign_in(daemon, **{"return": back}).get("Location"), "/")
    program = sign_in(daemon, OWN, "Accept: application/json")
    same("with Accept for pages and JSON", program.status, 303)
    body = urllib.parse.urlencode({"username": "alice", "password": "correct horse"}).encode()
    program = get(daemon.port, PAGE, method="POST", body=body, fields=[
        "Content-Type: application/x-www-form-urlencoded", "Accept: application/json", OWN])
    same("a program", (program.status, program.json(), bool(program.get("Set-Cookie"))),
         (200, {"status": "signed in"}, True))
    return session


def test_wrong(daemon):
    wrong = sign_in(daemon, password="wrong horse", **{"return": "/page"})
    same("a wrong password", (wrong.status, reason_of(daemon, wrong)), (401, "basic.wrong_password"))
    unknown = sign_in(daemon, username="nobody", **{"return": "/page"})
    same("an unknown user", (unknown.status, reason_of(daemon, unknown)), (401, "basic.unknown_user"))
    check("the page again", f'action="{PAGE}"' in wrong.body.decode() and returns(wrong) == ["/page"], wrong)
    same("one reads as the other, but for the name that was typed",
         wrong.body.replace(wrong.get("Doorward-Id").encode(), b"").replace(b"alice", b"NAME"),
         unknown.body.replace(unknown.get("Doorward-Id").encode(), b"").replace(b"nobody", b"NAME"))
    check("its challenge opens no dialogue", all(line.startswith("Cookie ") for line in wrong.all("WWW-Authenticate")), wrong)
    same("no cookie", wrong.get("Set-Cookie"), None)
    for form in ({}, {"username": "alice"}, {"password": "x"}):
        same(f"a form with {sorted(form)}", post(daemon, PAGE, OWN, **form).status, 400)
    same("no form", get(daemon.port, PAGE, method="POST", body=b'{"username":"alice"}',
                        fields=["Content-Type: application/json", OWN]).status, 400)
    guesses = [sign_in(daemon, OWN, "X-Forwarded-For: 192.0.2.66", password=f"guess {i}", username="bob")
               for i in range(12)]
    same("too many guesses", (guesses[-1].status, reason_of(daemon, guesses[-1])), (429, "attempts.too_many"))
    check("when to come back", int(guesses[-1].get("Retry-After")) > 0, guesses[-1])
    same("from elsewhere one may", sign_in(daemon, OWN, "X-Forwarded-For: 192.0.2.7", username="bob",
                                           password="battery staple").status, 303)


def test_sign_out(daemon, session):
    same("signing out from another site's page", post(daemon, OUT, session, "Sec-Fetch-Site: cross-site").status, 403)
    same("nothing has happened", verify(daemon, "/page", session).status, 200)
    out = post(daemon, OUT, session, OWN)
    same("signed out", (out.status, out.get("Location")), (303, "/"))
    same("the cookie goes", out.get("Set-Cookie"),
         "__Host-doorward=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
    denied = verify(daemon, "/page", session)
    same("the session has ended", (denied.status, reason_of(daemon, denied)), (401, "cookie.revoked"))
    same("signing out again", post(daemon, OUT, session, OWN).status, 303)
    same("without a session", post(daemon, OUT, OWN).status, 303)


def change(daemon, *words, **more):
    return subprocess.run([PROGRAM, "user", *words, "--data", daemon.data], text=True, capture_output=True, **more)


def test_changed(daemon):
    """Somebody signs in all the time, and is to be stopped."""
    def keep_on():
        while True:
            response = sign_in(daemon, OWN, "X-Forwarded-For: 192.0.2.9", username="carol")
            if response.status != 303:
                return
            sessions.append("Cookie: " + cookie_of(response))
    add_user(daemon, "carol", "correct horse")
    sessions = []
    thread = threading.Thread(target=keep_on)
    thread.start()
    wait_for("some sessions", lambda: len(sessions) > 20)
    changed = change(daemon, "passwd", "carol", "--password-stdin", input="another password")
    thread.join()
    same("somebody who signs in all the time gets another password", (changed.returncode, changed.stderr), (0, ""))
    good = [session for session in sessions if verify(daemon, "/page", session).status == 200]
    same(f"and no session is left of {len(sessions)}", len(good), 0)


def test_removed_by_halves(daemon):
    add_user(daemon, "dave", "correct horse")
    session = "Cookie: " + cookie_of(sign_in(daemon, username="dave"))
    same("before", verify(daemon, "/page", session).status, 200)
    with contextlib.closing(sqlite3.connect(os.path.join(daemon.data, "doorward.db"))) as records:
        records.execute("DELETE FROM user WHERE name = 'dave'")  # and killed
        records.commit()
    same("whoever was killed while removing can do it again", change(daemon, "remove", "dave").returncode, 0)
    same("and the sessions end", verify(daemon, "/page", session).status, 401)
    again = change(daemon, "remove", "dave")
    same("once", (again.returncode, "there is no user dave" in again.stderr), (1, True), again.stderr)


def test_killed(world, daemon, config):
    ended = "Cookie: " + cookie_of(sign_in(daemon, OWN, "X-Forwarded-For: 192.0.2.8"))
    alive = "Cookie: " + cookie_of(sign_in(daemon, OWN, "X-Forwarded-For: 192.0.2.8"))
    post(daemon, OUT, ended, OWN)
    daemon.kill(signal.SIGKILL)
    daemon.wait()
    shutil.rmtree(os.path.join(daemon.data, "edge"))
    again = world.daemon(port=daemon.port, data=daemon.data, config=config)
    same("killed, and the edge lost: who has signed in stays so", verify(again, "/page", alive).status, 200)
    denied = verify(again, "/page", ended)
    same("and who has signed out, too", (denied.status, reason_of(again, denied)), (401, "cookie.revoked"))
    unknown = verify(again, "/page", "Cookie: __Host-doorward=" + "A" * 43)
    same("an invented session", (unknown.status, reason_of(again, unknown)), (401, "cookie.unknown"))
    return again


def test_timeouts(world):
    config = world.write("short.yaml", CONFIG.format(idle="60s", lifetime="61s"))
    daemon = world.daemon(config=config)
    add_user(daemon, "alice", "correct horse")
    session = "Cookie: " + cookie_of(sign_in(daemon))
    same("a short session", verify(daemon, "/page", session).status, 200)
    database = os.path.join(daemon.data, "doorward.db")
    daemon.stop()
    shutil.rmtree(os.path.join(daemon.data, "edge"))
    ago = int(time.time()) - 59
    with contextlib.closing(sqlite3.connect(database)) as records:
        records.execute("UPDATE session SET used = ?, created = ?", (ago, ago))
        records.commit()
    again = world.daemon(port=daemon.port, data=daemon.data, config=config)
    time.sleep(1.1)
    denied = verify(again, "/page", session)
    same("left alone for too long", (denied.status, reason_of(again, denied)), (401, "cookie.expired"))


def test_none(world):
    daemon = world.daemon(config=world.write("none.yaml", "routes: [{path: /, allow: anyone}]\n"))
    same("no route takes a session: no page", [get(daemon.port, path).status for path in (PAGE, OUT)], [404, 404])
    same("no resource: no metadata", get(daemon.port, "/.well-known/oauth-protected-resource").status, 404)


def test_through_nginx(world):
    daemon = world.daemon("--upstream", f"http://127.0.0.1:{world.echo().port}",
                          config=world.write("nginx.yaml", CONFIG.format(idle="30m", lifetime="12h")))
    add_user(daemon, "alice", "correct horse")
    for host, status in (("localhost", 303), (f"localhost:{daemon.port}", 403)):
        same(f"nginx: signing in from a page of {host}", sign_in(daemon, f"Origin: http://{host}").status, status)
    session = "Cookie: " + cookie_of(sign_in(daemon, **{"return": "/page"}))
    page = get(daemon.port, "/page", fields=[session])
    same("nginx: the session lets in", (page.status, page.told()["doorward-subject"]), (200, "alice"))
    other = get(daemon.port, "/page", method="POST", fields=[session, "Origin: http://evil.test"])
    same("nginx: not for another site", (other.status, reason_of(daemon, other)), (403, "cookie.cross_site"))
    same("nginx: for our own", get(daemon.port, "/page", method="POST",
                                   fields=[session, "Origin: http://localhost"]).status, 200)
    post(daemon, OUT, session, OWN)
    out = get(daemon.port, "/page", fields=[session])
    same("nginx: signed out", (out.status, reason_of(daemon, out)), (401, "cookie.revoked"))
    for path in ("", "/v1"):
        same(f"nginx: resource metadata {path}",
             get(daemon.port, "/.well-known/oauth-protected-resource" + path).status, 200)
    same("nginx: and no other", get(daemon.port, "/.well-known/oauth-protected-resource/v2").status, 401)


def test_resource(daemon):
    for path in ("", "/v1"):
        response = get(daemon.port, "/.well-known/oauth-protected-resource" + path)
        same(f"resource metadata {path}", (response.status, response.json()["resource"]), (200, "https://api.test/v1/"))
    same("for any page", (response.get("Access-Control-Allow-Origin"), response.get("Cache-Control"),
                          response.get("Content-Type")), ("*", "public, max-age=3600", "application/json"))
    same("of another resource", get(daemon.port, "/.well-known/oauth-protected-resource/v2").status, 404)
    same("not to be changed", get(daemon.port, "/.well-known/oauth-protected-resource", method="POST").status, 405)


with World() as world:
    config = world.write("doorward.yaml", CONFIG.format(idle="30m", lifetime="12h"))
    daemon = world.daemon(data=os.path.join(world.path, "data"), config=config)
    add_user(daemon, "alice", "correct horse")
    add_user(daemon, "bob", "battery staple")
    test_page(daemon)
    test_senders(daemon)
    session = test_sign_in(daemon)
    test_wrong(daemon)
    test_sign_out(daemon, session)
    test_changed(daemon)
    test_removed_by_halves(daemon)
    test_resource(daemon)
    daemon = test_killed(world, daemon, config)
    same("it had nothing to complain of", daemon.output().count("doorward: "), 0, daemon.output())
    test_through_nginx(world)
    test_timeouts(world)
    test_none(world)
done()
