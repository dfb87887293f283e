#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What the daemon looks up for verify: passwords, Digest hashes, API keys; and what was revoked without it."""

import base64
import contextlib
import hashlib
import http.client
import os
import shutil
import sqlite3
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

CONFIG = """
realm: api
trust:
  - issuer: https://issuer.test
    audience: https://api.test
    jwks_file: {jwks}
routes:
  - {{path: /basic, accept: basic, scope: read}}
  - {{path: /digest, accept: digest}}
  - {{path: /key, accept: apikey}}
issuer: {{url: "http://127.0.0.1:{port}"}}
"""


def doorward(daemon, *arguments, stdin=""):
    """What a verb prints as JSON."""
    result = subprocess.run([PROGRAM, *arguments, "--data", daemon.data, "--json"], input=stdin, text=True,
                            capture_output=True)
    if result.returncode != 0:
        raise RuntimeError(f"doorward {' '.join(arguments)}: {result.stderr}")
    return json.loads(result.stdout) if result.stdout else None


def add_user(daemon, name, password, scope="read"):
    doorward(daemon, "user", "add", name, "--password-stdin", "--scope", scope, stdin=password)


def basic(user, password):
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def verify(daemon, path, *fields, source="192.0.2.1", method="GET", **more):
    return get(daemon.port, "/doorward/verify",
               fields=[f"X-Original-Method: {method}", f"X-Original-URI: {path}", f"X-Forwarded-For: {source}",
                       *fields], **more)


def reason_of(daemon, response):
    log = os.path.join(daemon.data, "log", "decisions.jsonl")

    def find():
        with open(log) as lines:
            found = [json.loads(line) for line in lines]
        return [entry["reason"] for entry in found if entry.get("id") == response.get("Doorward-Id")]
    wait_for("the decision log", find)
    return find()[0]


def judged(daemon, *arguments, **more):
    response = verify(daemon, *arguments, **more)
    return response.status, reason_of(daemon, response) if response.status != 200 else response.get("Doorward-Subject")


def timed(function, *arguments, **more):
    begun = time.monotonic()
    function(*arguments, **more)
    return time.monotonic() - begun


def take_the_same(one, other):
    return 0.4 < one / other < 2.5


def test_basic(daemon):
    add_user(daemon, "alice", "correct horse")
    add_user(daemon, "weak", "correct horse", scope="other")
    for i in range(4):
        add_user(daemon, f"known-{i}", "correct horse")
    same("a right password", judged(daemon, "/basic", basic("alice", "correct horse")), (200, "alice"))
    first = verify(daemon, "/basic", basic("alice", "correct horse"))
    same("what the upstream is told", [first.get(f"Doorward-{name}") for name in ("Subject", "Scope", "Scheme")],
         ["alice", "read", "basic"])
    same("a scope too small", judged(daemon, "/basic", basic("weak", "correct horse")), (403, "scope.insufficient"))
    wrong = verify(daemon, "/basic", basic("alice", "wrong horse"))
    unknown = verify(daemon, "/basic", basic("nobody", "wrong horse"))
    same("a wrong password", (wrong.status, reason_of(daemon, wrong)), (401, "basic.wrong_password"))
    same("an unknown user", (unknown.status, reason_of(daemon, unknown)), (401, "basic.unknown_user"))
    told = [response.json() for response in (wrong, unknown)]
    for body in told:
        body.pop("id")
    same("both read the same", told[0], told[1])
    same("both have the same fields", [name for name, _ in wrong.fields], [name for name, _ in unknown.fields])
    slow = [60.0, 60.0]  # the least of some rounds: what else the machine does only ever adds
    for i in range(40):
        for at, user in enumerate((f"known-{i % 4}", f"unknown-{i % 4}")):
            slow[at] = min(slow[at], timed(verify, daemon, "/basic", basic(user, f"guess {i}"),
                                           source=f"198.51.100.{i}"))
        if i > 1 and take_the_same(*slow):
            break
    check("both take the same time", take_the_same(*slow), slow)
    quick = min(timed(verify, daemon, "/basic", basic("alice", "correct horse")) for _ in range(5))
    check("what is known is told at once", quick < slow[0] / 3, quick, slow)


def hash_of(daemon, name):
    with contextlib.closing(sqlite3.connect(f"{daemon.data}/doorward.db")) as store:
        return store.execute("SELECT password FROM user WHERE name = ?", (name,)).fetchone()[0]


def test_import(daemon):
    doorward(daemon, "user", "import", "/dev/stdin", "--scope", "read",
             stdin="carl:$apr1$mysalt12$85FOF3Za72NHfLAEeu69h1\n")  # an old one
    same("imported: a wrong password", judged(daemon, "/basic", basic("carl", "another"), source="192.0.2.3")[0], 401)
    check("leaves the hash alone", hash_of(daemon, "carl").startswith("$apr1$"))
    same("imported: the right one", judged(daemon, "/basic", basic("carl", "an old one")), (200, "carl"))
    check("from then on it is argon2id", hash_of(daemon, "carl").startswith("$argon2id$"))
    same("it is still the right one", judged(daemon, "/basic", basic("carl", "an old one")), (200, "carl"))


def test_change(daemon):
    add_user(daemon, "bob", "the old one", scope="read")
    same("the old password", judged(daemon, "/basic", basic("bob", "the old one"))[0], 200)
    doorward(daemon, "user", "passwd", "bob", "--password-stdin", stdin="the new one")
    same("changed: the old one is refused at once", judged(daemon, "/basic", basic("bob", "the old one")),
         (401, "basic.wrong_password"))
    same("and the new one is good", judged(daemon, "/basic", basic("bob", "the new one")), (200, "bob"))
    doorward(daemon, "user", "remove", "bob")
    same("removed", judged(daemon, "/basic", basic("bob", "the new one"), source="192.0.2.2"),
         (401, "basic.unknown_user"))


def test_spelling(daemon):
    composed, apart = "zo\u00eb", "zoe\u0308"
    add_user(daemon, composed, "pass " + composed * 3)
    for name in (composed, apart):
        same(f"the name {name!r}", judged(daemon, "/basic", basic(name, "pass " + apart * 3), source="192.0.2.3")[0], 200)
    doorward(daemon, "user", "passwd", composed, "--password-stdin", stdin="another password")
    time.sleep(2.1)
    same("changed: the other spelling soon knows", judged(daemon, "/basic", basic(apart, "pass " + apart * 3),
                                                          source="192.0.2.3")[0], 401)


def test_throttle(daemon):
    add_user(daemon, "carol", "correct horse")
    same("known before", judged(daemon, "/basic", basic("carol", "correct horse"), source="192.0.2.9")[0], 200)
    found = [judged(daemon, "/basic", basic("carol", f"guess {i}"), source="192.0.2.9")[1] for i in range(12)]
    same("ten guesses", found[:10], ["basic.wrong_password"] * 10)
    late = verify(daemon, "/basic", basic("carol", "guess 13"), source="192.0.2.9")
    same("and one more", (late.status, reason_of(daemon, late)), (429, "attempts.too_many"))
    check("Retry-After", 0 < int(late.get("Retry-After")) <= 10, late)
    same("what is known to be right is let in", judged(daemon, "/basic", basic("carol", "correct horse"),
                                                       source="192.0.2.9")[0], 200)
    same("the owner, from elsewhere, with a typing error first",
         [judged(daemon, "/basic", basic("carol", password), source="203.0.113.5")[0]
          for password in ("corect horse", "correct horse")], [401, 200])


def flood(daemon, n):
    """The statuses of so many guesses, each of another source, and how long JWTs took meanwhile."""
    found = []
    threads = [threading.Thread(target=lambda i=i: found.append(
        verify(daemon, "/basic", basic("alice", f"flood {i}"), source=f"198.18.{i}.1"))) for i in range(n)]
    for thread in threads:
        thread.start()
    good = mint(KEY, claims("https://issuer.test", "https://api.test"))
    waits = []
    while any(thread.is_alive() for thread in threads):
        waits.append(timed(verify, daemon, "/", token=good))
        time.sleep(0.01)
    return found, waits


def test_full(daemon):
    found, waits = flood(daemon, 100)
    statuses = {response.status for response in found}
    same("more than can wait: some are told so", statuses, {401, 503})
    busy = [response for response in found if response.status == 503]
    same("why", {reason_of(daemon, response) for response in busy[:5]}, {"guard.busy"})
    check("when to come back", busy[0].get("Retry-After") == "5" and busy[0].all("WWW-Authenticate") == [], busy[0])
    wait_for("room", lambda: verify(daemon, "/basic", basic("nobody", "room"), source="203.0.113.6").status != 503)
    check("tokens do not wait for passwords", sorted(waits)[len(waits) // 2] < 0.05, sorted(waits)[-5:])


def answer_digest(challenge, user, password, path, userhash=False):
    """RFC 7616 s3.4.1, from the letter of it."""
    params = dict(part.split("=", 1) for part in challenge[len("Digest "):].split(", "))
    params = {name: value.strip('"') for name, value in params.items()}
    algorithm = {"SHA-256": hashlib.sha256, "SHA-512-256": lambda data: hashlib.new("sha512_256", data)}

    def h(text):
        return algorithm[params["algorithm"]](text.encode()).hexdigest()
    a1, a2 = h(f"{user}:{params['realm']}:{password}"), h(f"GET:{path}")
    cnonce = os.urandom(8).hex()
    response = h(f"{a1}:{params['nonce']}:00000001:{cnonce}:auth:{a2}")
    name = h(f"{user}:{params['realm']}") if userhash else user
    return (f'Authorization: Digest username="{name}", realm="{params["realm"]}", nonce="{params["nonce"]}", '
            f'uri="{path}", response="{response}", algorithm={params["algorithm"]}, qop=auth, nc=00000001, '
            f'cnonce="{cnonce}"' + (", userhash=true" if userhash else ""))


def offered(daemon, algorithm="SHA-256"):
    challenges = verify(daemon, "/digest").all("WWW-Authenticate")
    return next(challenge for challenge in challenges if f"algorithm={algorithm}," in challenge)


def test_digest(daemon):
    add_user(daemon, "dora", "correct horse")
    for userhash in (False, True):
        for algorithm in ("SHA-256", "SHA-512-256"):
            challenge = offered(daemon, algorithm)
            right = answer_digest(challenge, "dora", "correct horse", "/digest", userhash)
            response = verify(daemon, "/digest", right)
            same(f"{algorithm}, userhash {userhash}", (response.status, response.get("Doorward-Subject")),
                 (200, "dora"), response)
            check("it is told so", "rspauth=" in response.get("Authentication-Info", ""), response)
            same("once only", judged(daemon, "/digest", right), (401, "digest.replayed"))
        challenge = offered(daemon)
        wrong = answer_digest(challenge, "dora", "wrong horse", "/digest", userhash)
        same("a wrong password", judged(daemon, "/digest", wrong), (401, "digest.wrong_response"))
        unknown = answer_digest(challenge, "nobody", "wrong horse", "/digest", userhash)
        same("an unknown user", judged(daemon, "/digest", unknown), (401, "digest.unknown_user"))
    challenge = offered(daemon)
    doorward(daemon, "user", "passwd", "dora", "--password-stdin", stdin="another horse")
    for userhash in (False, True):
        old = answer_digest(challenge, "dora", "correct horse", "/digest", userhash)
        same(f"changed: the old password, userhash {userhash}", judged(daemon, "/digest", old, source="192.0.2.77"),
             (401, "digest.wrong_response"))


def test_apikeys(daemon):
    made = doorward(daemon, "apikey", "add", "--owner", "reports", "--scope", "read")
    field = f"X-API-Key: {made['key']}"
    same("an API key", judged(daemon, "/key", field), (200, "reports"))
    last = made["key"][-1]
    mistyped = made["key"][:-1] + ("a" if last != "a" else "b")
    same("mistyped", judged(daemon, "/key", f"X-API-Key: {mistyped}"), (401, "apikey.checksum"))
    doorward(daemon, "apikey", "revoke", made["id"])
    same("revoked: at once", judged(daemon, "/key", field), (401, "apikey.revoked"))
    old = doorward(daemon, "apikey", "add", "--owner", "reports")
    same("another", judged(daemon, "/key", f"X-API-Key: {old['key']}")[0], 200)
    new = doorward(daemon, "apikey", "rotate", old["id"], "--overlap", "0")
    same("rotated: the new one", judged(daemon, "/key", f"X-API-Key: {new['key']}")[0], 200)
    same("the old one", judged(daemon, "/key", f"X-API-Key: {old['key']}"), (401, "apikey.rotated"))


def ask(daemon, path, *fields):
    """A question as our own module asks it."""
    client = http.client.HTTPConnection("localhost")
    client.sock = socket.socket(socket.AF_UNIX)
    client.sock.connect(os.path.join(daemon.data, "run", "daemon.sock"))
    lines = ["X-Original-Method: GET", f"X-Original-URI: {path}", "Doorward-Ask: 1",
             "Doorward-Source: 192.0.2.50", *fields]
    client.request("GET", "/doorward/verify", headers=dict(line.split(": ", 1) for line in lines))
    answer = client.getresponse()
    client.close()
    return answer.status, answer.headers.get("Doorward-Reason"), answer.headers.get("Doorward-Id")


def test_ask(daemon):
    same("our module asks: right", ask(daemon, "/basic", basic("alice", "correct horse"))[:2], (200, None))
    asked = [ask(daemon, "/basic", basic("alice", f"asked {i}")) for i in range(12)]
    same("wrong: it is told why", {answer[:2] for answer in asked}, {(401, "basic.wrong_password")})
    with open(os.path.join(daemon.data, "log", "decisions.jsonl")) as log:
        check("it is for the module to put on record", asked[0][2] not in log.read())
    challenge = offered(daemon)
    right = answer_digest(challenge, "alice", "correct horse", "/digest")
    same("asked twice: nothing is used up", [ask(daemon, "/digest", right)[0] for _ in range(2)], [200, 200])
    same("over TCP it is an ordinary question", judged(daemon, "/digest", right, "Doorward-Ask: 1", source="192.0.2.51")[0], 200)
    same("which is answered once", judged(daemon, "/digest", right, "Doorward-Ask: 1", source="192.0.2.51")[0], 401)


def test_secret(world):
    secret = world.write("verify-secret", "s3cret-between-us\n")
    config = world.write("secret.yaml", f"verify: {{secret_file: {secret}}}\nroutes: [{{path: /, allow: anyone}}]\n")
    daemon = world.daemon(config=config)
    same("no secret", judged(daemon, "/"), (503, "verify.secret_wrong"))
    same("a wrong one", judged(daemon, "/", "Doorward-Secret: s3cret-between-them"), (503, "verify.secret_wrong"))
    same("the secret", verify(daemon, "/", "Doorward-Secret: s3cret-between-us").status, 200)
    same("over the socket none is needed", ask(daemon, "/")[0], 200)
    daemon.stop()


def test_through_nginx(world):
    """The same, asked by nginx's workers, who decide by themselves."""
    config = world.write("nginx.yaml", CONFIG.format(jwks=world.write("keys.json", jwks(KEY)), port=free_port()))
    daemon = world.daemon("--upstream", f"http://127.0.0.1:{world.echo().port}", config=config)
    add_user(daemon, "alice", "correct horse")
    key = doorward(daemon, "apikey", "add", "--owner", "reports")

    def call(path, *fields):
        response = get(daemon.port, path, fields=fields)
        return response.status, response.told()["doorward-subject"] if response.status == 200 else reason_of(daemon, response)
    same("nginx: a right password", [call("/basic", basic("alice", "correct horse")) for _ in range(3)], [(200, "alice")] * 3)
    same("nginx: a wrong one", call("/basic", basic("alice", "wrong horse")), (401, "basic.wrong_password"))
    same("nginx: an unknown user", call("/basic", basic("nobody", "wrong horse")), (401, "basic.unknown_user"))
    same("nginx: an API key", call("/key", f"X-API-Key: {key['key']}"), (200, "reports"))
    challenge = next(line for line in get(daemon.port, "/digest").all("WWW-Authenticate") if "SHA-256," in line)
    right = answer_digest(challenge, "alice", "correct horse", "/digest")
    same("nginx: Digest, and once only", [call("/digest", right) for _ in range(2)], [(200, "alice"), (401, "digest.replayed")])
    doorward(daemon, "user", "passwd", "alice", "--password-stdin", stdin="another horse")
    same("nginx: changed", [call("/basic", basic("alice", password))[0] for password in ("correct horse", "another horse")],
         [401, 200])
    guesses = []
    wait_for("too many guesses", lambda: guesses.append(call("/basic", basic("carol", f"guess {len(guesses)}")))
             or guesses[-1] == (429, "attempts.too_many"))
    check("nginx: too many guesses, after some", len(guesses) > 5, guesses)
    daemon.kill(signal.SIGKILL)
    daemon.wait()
    same("nginx, without the daemon: what is known", get(daemon.port, "/basic", fields=[basic("alice", "another horse")]).status, 200)
    same("nginx, without the daemon: what is not", get(daemon.port, "/key", fields=["X-API-Key: " + key["key"][::-1]]).status, 401)
    world.daemon("--upstream", "http://127.0.0.1:1", data=daemon.data, port=daemon.port, config=config)


def test_revoked_while_down(daemon, world, config):
    token = mint(KEY, claims("https://issuer.test", "https://api.test", jti="t-1"))
    other = mint(KEY, claims("https://issuer.test", "https://api.test", jti="t-2"))
    same("before", verify(daemon, "/", token=token).status, 200)
    daemon.stop()
    doorward(daemon, "revoke", "--jti", "t-1", "--issuer", "https://issuer.test")
    shutil.rmtree(os.path.join(daemon.data, "edge"))
    again = world.daemon(port=daemon.port, data=daemon.data, config=config)
    same("revoked while the daemon was down, and the edge lost", judged(again, "/", token=token),
         (401, "token.revoked"))
    same("the other token", verify(again, "/", token=other).status, 200)
    same("the daemons had nothing to complain of", again.output().count("doorward: "), 0, again.output())


with World() as world:
    KEY = Key("ES256")
    port = free_port()
    files = {"jwks": world.write("keys.json", jwks(KEY)), "port": port}
    config = world.write("doorward.yaml", CONFIG.format(**files))
    daemon = world.daemon(port=port, data=os.path.join(world.path, "data"), config=config)
    for test in (test_basic, test_import, test_change, test_spelling, test_throttle, test_full, test_digest, test_apikeys, test_ask):
        test(daemon)
    test_secret(world)
    test_through_nginx(world)
    test_revoked_while_down(daemon, world, config)
done()
