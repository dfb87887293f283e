#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Opaque tokens: asked about at their issuer (RFC 7662), once for many, briefly remembered, given up on in time."""

import base64
import os
import sys
import threading
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

AUDIENCE = "https://api.test"
ISSUER = "https://opaque.test"
CLIENT = "api client"
SECRET = "s3cret:/+ %"


class Introspection(Handler):
    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = urllib.parse.parse_qs(body)
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        client = base64.b64decode(credentials).decode().split(":") if scheme == "Basic" else []
        server.clients.append([urllib.parse.unquote_plus(part) for part in client])
        server.asked.append(form.get("token", [None])[0])
        time.sleep(server.delay)
        if server.raw is not None:
            return self.reply(server.status, server.raw, **server.fields)
        self.reply(server.status, server.tokens.get(server.asked[-1], {"active": False}))

    def do_GET(self):
        self.reply(200, {"active": True, **claims(ISSUER, AUDIENCE)})


def start(world, ttl="60s", **more):
    server = world.keep(Server(Introspection))
    server.clients, server.asked, server.tokens, server.delay = [], [], {}, 0
    server.raw, server.status, server.fields = None, 200, {}
    introspection = {"url": f"http://127.0.0.1:{server.port}/introspect", "client_id": CLIENT,
                     "client_secret_file": world.write("client-secret", SECRET + "\n"), "ttl": ttl}
    config = world.write("doorward.yaml", {"trust": [
        {"issuer": ISSUER, "audience": AUDIENCE, "introspection": introspection,
         "jwks_file": world.write("keys.json", jwks())}]})
    return server, world.daemon(config=config, **more)


def verify(daemon, token):
    return get(daemon.port, "/doorward/verify", token=token, fields=[
        "X-Original-Method: GET", "X-Original-URI: /", f"X-Forwarded-For: 10.{hash(token) % 200}.0.1"])


def reason_of(daemon, response):
    log = os.path.join(daemon.data, "log", "decisions.jsonl")

    def find():
        with open(log) as lines:
            return [entry for entry in map(json.loads, lines) if entry.get("id") == response.get("Doorward-Id")]
    wait_for("the decision log", find)
    return find()[0]["reason"]


def judged(daemon, token):
    response = verify(daemon, token)
    return response.status, response.get("Doorward-Subject") or reason_of(daemon, response)


def active(**more):
    return {"active": True, "token_type": "Bearer", **claims(ISSUER, AUDIENCE, **more)}


def at_once(daemon, tokens):
    found = []
    threads = [threading.Thread(target=lambda token=token: found.append(verify(daemon, token).status)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def timed(function, *arguments):
    begun = time.monotonic()
    return function(*arguments), time.monotonic() - begun


def test_answers(world):
    server, daemon = start(world)
    server.tokens["good-1"] = active(sub="user 7", scope="a b")
    first = verify(daemon, "good-1")
    same("an active token", [first.status] + [first.get(f"Doorward-{name}") for name in ("Subject", "Scope", "Issuer")],
         [200, "user 7", "a b", ISSUER], first)
    same("the client says who it is", server.clients[0], [CLIENT, SECRET])
    same("known from then on", ([judged(daemon, "good-1") for _ in range(5)], server.asked),
         ([(200, "user 7")] * 5, ["good-1"]))
    same("one that is not active", [judged(daemon, "bad-1") for _ in range(3)], [(401, "token.inactive")] * 3)
    same("asked once, too", server.asked.count("bad-1"), 1)
    server.tokens["bad-1"] = active()
    same("and for a while not again", judged(daemon, "bad-1"), (401, "token.inactive"))
    odd = "a/b+c~d_e-f="
    server.tokens[odd] = active()
    same("every character arrives", (judged(daemon, odd), server.asked[-1]), ((200, "user-1"), odd))
    for name, said, why in (("another audience", active(aud="https://other.test"), "token.audience_mismatch"),
                            ("one that has expired", active(exp=int(time.time()) - 600), "token.expired")):
        server.tokens[name.replace(" ", "-")] = said
        status, reason = judged(daemon, name.replace(" ", "-"))
        same(f"{name}, though active", (status, reason.split(".")[0]), (401, "token"), reason, why)


def test_many(world):
    server, daemon = start(world)
    server.delay = 0.3
    server.tokens["good-2"] = active()
    same("30 with one token at once", at_once(daemon, ["good-2"] * 30), [200] * 30)
    same("one question", server.asked, ["good-2"])
    server.delay = 0.05
    server.tokens.update({f"many-{i}": active() for i in range(150)})
    same("150 tokens at once", at_once(daemon, [f"many-{i}" for i in range(150)]), [200] * 150)
    same("a question for each", len(server.asked), 151)


def test_ttl(world):
    server, daemon = start(world, ttl="1s")
    server.tokens["good-3"] = active()
    same("before", judged(daemon, "good-3")[0], 200)
    server.tokens.clear()
    wait_for("the end of its time", lambda: judged(daemon, "good-3")[0] == 401)
    same("asked again after a second", judged(daemon, "good-3"), (401, "token.inactive"))


def test_faults(world):
    server, daemon = start(world)
    faults = [("no JSON", 200, "<html>", {}), ("a list", 200, "[true]", {}), ("no active", 200, "{}", {}),
              ("a string", 200, '{"active":"true"}', {}), ("too long", 200, '{"active":true,"x":"' + "x" * 9000 + '"}', {}),
              ("its 500", 500, "{}", {}), ("its 401", 401, "{}", {}),
              ("a redirect", 302, "", {"Location": f"http://127.0.0.1:{server.port}/elsewhere"})]
    for number, (name, status, body, fields) in enumerate(faults):
        server.status, server.raw, server.fields = status, body, fields
        response = verify(daemon, f"fault-{number}")
        same(f"the issuer answers with {name}", (response.status, response.get("Retry-After"), response.all("WWW-Authenticate"),
                                                reason_of(daemon, response)),
             (503, "5", [], "token.introspection_unreachable"))
        if number % 3 == 2:  # or it would be left alone
            server.raw, server.status = '{"active":false}', 200
            verify(daemon, f"between-{number}")
    said = daemon.output()
    check("the operator is told", said.count("cannot introspect at") == 1 and "answers again" in said, said)
    check("and no secret with it", "fault-" not in said and SECRET not in said, said)


def test_slow(world):
    server, daemon = start(world)
    server.delay = 4
    response, seconds = timed(verify, daemon, "slow-0")
    same("an issuer that does not answer", (response.status, reason_of(daemon, response)),
         (503, "token.introspection_unreachable"))
    check("is not waited for too long", 2 < seconds < 4, seconds)
    same("nor by many", set(at_once(daemon, [f"slow-{i}" for i in range(1, 20)])), {503})
    response, seconds = timed(verify, daemon, "slow-20")
    check("then it is left alone", response.status == 503 and seconds < 1, seconds)
    server.delay = 0
    server.tokens["slow-21"] = active()
    wait_for("it to be asked again", lambda: judged(daemon, "slow-21")[0] == 200, 15)
    same("and tried again later", judged(daemon, "slow-21")[0], 200)


def test_reload(world):
    server, daemon = start(world)
    server.delay = 1
    server.tokens["good-4"] = active()
    found = []
    thread = threading.Thread(target=lambda: found.append(judged(daemon, "good-4")[0]))
    thread.start()
    time.sleep(0.3)
    daemon.kill(signal.SIGHUP)
    thread.join()
    same("the configuration read anew meanwhile", found, [200])
    check("it was", "was read again" in daemon.output(), daemon.output())
    server.delay = 5
    threading.Thread(target=at_once, args=[daemon, ["good-5"]], daemon=True).start()
    time.sleep(0.2)
    daemon.kill(signal.SIGTERM)
    same("SIGTERM ends it meanwhile", daemon.wait(), 0)


with World() as world:
    for test in (test_answers, test_many, test_ttl, test_faults, test_slow, test_reload):
        test(world)
done()
