#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
Issuers that are down, slow, hanging, rotating, lying or serving garbage: what a client of the API gets,
through nginx, and how often the issuer is asked.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from foreign import *   # noqa: E402,F403
from scenario import *  # noqa: E402,F403

NOWHERE = "https://no-such-name.invalid"
CROWD = 600  # more than the daemon has connections
UNREACHABLE = "token.jwks_unreachable"

rsa, ec, other = Key("RS256", "rsa"), Key("ES256", "ec"), Key("ES256", "other")
elsewhere = Foreign(ec)  # where redirects lead to

# What an issuer that had good keys serves later.
GARBAGE = {
    "a page of HTML": says(200, "<!doctype html><title>Sign in</title>", Content_Type="text/html"),
    "half a JWKS": says(200, json.dumps(jwks(ec))[:-20]),
    "a JWKS without keys": says(200, {"keys": []}),
    "a JWKS of keys nobody knows": says(200, {"keys": [{"kty": "PQ", "kid": "ec", "x": "AA"}]}),
    "another kind of JSON": says(200, "[1, 2, 3]"),
    "nothing": says(200, ""),
    "status 500": says(500, {"error": "server_error"}),
    "status 404": says(404, "Not Found", Content_Type="text/plain"),
    "a redirect to a page": says(302, "", Location="/sign-in"),
    "more than 256 KiB": says(200, {"keys": filler(ec, 300_000)}),
}

# Where a JWKS may lead to, and where not.
REDIRECTS = {
    "another path": (lambda foreign: "/moved", 200),
    "another issuer's server, same scheme": (lambda foreign: f"http://127.0.0.1:{elsewhere.port}/keys", 200),
    "https": (lambda foreign: f"https://127.0.0.1:{foreign.port}/moved", 503),
    "http on another machine": (lambda foreign: "http://192.0.2.1/keys", 503),
    "a file": (lambda foreign: f"file://{KEY_FILE}", 503),
    "itself, for ever": (lambda foreign: "/keys", 503),
}

# What is wrong with metadata -> what differs in it, given the truth; and what the daemon says.
METADATA = {
    "another issuer": (lambda url: {"issuer": "https://issuer.test"}, "another issuer"),
    "the issuer with a slash more": (lambda url: {"issuer": url + "/"}, "another issuer"),
    "no issuer": (lambda url: {"issuer": None}, "another issuer"),
    "no jwks_uri": (lambda url: {"jwks_uri": None}, "no jwks_uri"),
    "a jwks_uri over http elsewhere": (lambda url: {"jwks_uri": "http://192.0.2.1/keys"}, "not https"),
    "a file as jwks_uri": (lambda url: {"jwks_uri": f"file://{KEY_FILE}"}, "not https"),
}


def denied_503(name, site, **request):
    """Keep your token and come back: no challenge, a time to wait, and soon."""
    response, seconds = timed(lambda: site.call(**request))
    same(name, (response.status, response.get("Retry-After", "").isdigit(), response.all("WWW-Authenticate"),
                response.get("Cache-Control")), (503, True, [], "no-store"), response)
    check("within 3 seconds, give or take one", seconds < 4, seconds)
    same("for the reason", site.reason(response), UNREACHABLE)


def undisturbed(name, caller, broken=0):
    """Whether each was answered; so many connections may have been closed between two requests."""
    for why in caller.why:
        note(f"{name}: {why}")
    same(f"{name}: each is let in", (caller.end(), caller.broken <= broken), ([200], True), caller.why)
    check("at once", caller.usual() < 0.1 and max(caller.seconds) < 2, caller.usual(), max(caller.seconds))


def test_down(site):
    denied_503("an issuer that is down and was never reached", site, token=down.token(ec))
    denied_503("an issuer whose name does not resolve", site, token=mint(ec, claims(NOWHERE, AUDIENCE)))
    same("others are served", site.call(token=steady.token()).status, 200)


def test_cold(site):
    """It fails at first, so that no keys are there; then the JWKS is held back while 20 ask."""
    go = threading.Event()
    cold.jwks_answer = waits_for(go, cold.reply_jwks)
    cold.status = 200
    check("the daemon tries again by itself", cold.jwks_came.wait(10))
    connections = [Connection(site.port) for _ in range(20)]
    for i, connection in enumerate(connections):
        connection.send(f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {cold.token(sub=str(i))}\r\n\r\n")
    threading.Timer(0.2, go.set).start()
    same("20 at once, no keys yet, and the JWKS takes 200 ms",
         [connection.receive().status for connection in connections], [200] * 20)
    same("one fetch for the machine", cold.fetches, 1)
    for connection in connections:
        connection.close()


def test_flood(site):
    flood.delay = 0.2
    before = flood.fetches
    callers = [Caller(site, token=flood.token()), Caller(site, token=steady.token())]
    strangers = [lambda i=i: site.call(token=flood.token(kid=f"random-{i}")) for i in range(50)]
    answers = at_once(*strangers[:25]) + at_once(*strangers[25:])
    same("50 tokens with random unknown kids", set(statuses(answers)), {401})
    check("at most one fetch", flood.fetches - before <= 1, flood.fetches - before)
    undisturbed("its valid tokens meanwhile", callers[0])
    undisturbed("another issuer's meanwhile", callers[1])
    same("for the reason", site.reason(answers[-1]), "token.kid_unknown")


def test_garbage(site):
    for name, foreign in garbage.items():
        same(f"warm, before {name}", site.call(token=foreign.token()).status, 200)
        foreign.jwks_answer = GARBAGE[name]
        before = len(foreign.asked)
        same(f"a kid that may be new, and {name}",
             site.call(token=foreign.token(kid="makes-it-fetch")).status, 503)
        check("it was asked again", len(foreign.asked) > before, foreign.asked)
        same(f"warm, and then {name}", site.call(token=foreign.token(sub="user-2")).status, 200)


def test_gone(site):
    same("warm, before it goes", site.call(token=gone.token()).status, 200)
    gone.stop()
    answer = site.call(token=gone.token(kid="makes-it-fetch"))
    same("a kid that may be new, and nobody to ask",
         (answer.status, site.reason(answer)), (503, "token.jwks_unreachable"))
    same("warm, and then the issuer is down", site.call(token=gone.token(sub="user-2")).status, 200)


def test_rotation(site):
    old = rotating.token()
    same("before the rotation", [site.call(token=old).status for _ in range(8)], [200] * 8)
    before = rotating.fetches
    rotating.keys = [other]
    same("the first token with the new kid", site.call(token=rotating.token()).status, 200)
    same("one fetch", rotating.fetches - before, 1)
    same("the withdrawn key's tokens, on every worker",
         [site.call(token=old).status for _ in range(8)], [401] * 8)
    same("the new ones", [site.call(token=rotating.token()).status for _ in range(8)], [200] * 8)


def test_sizes(site):
    for size, foreign in sized.items():
        same(f"a JWKS of {size // 1000} kB", site.call(token=foreign.token()).status, 200)
    denied_503("a JWKS over 256 KiB", site, token=huge.token())
    check("the daemon runs on", site.daemon.is_healthy())


def test_metadata(site):
    for name, foreign in lying.items():
        denied_503(f"metadata with {name}", site, token=foreign.token())
        same("no key is fetched", foreign.fetches, 0)
        wanted = METADATA[name][1]
        check(f"the daemon says: {wanted}",
              any(foreign.url in line and wanted in line for line in site.daemon.output().splitlines()),
              site.daemon.output())


def test_redirects(site):
    for name, foreign in redirecting.items():
        status = REDIRECTS[name][1]
        same(f"a JWKS that redirects to {name}", site.call(token=foreign.token()).status, status)


def test_forms(site):
    for name, foreign in formed.items():
        same(f"discovery: {name}", site.call(token=foreign.token()).status, 200, foreign.asked)


def test_secrets(site):
    """A secret that an issuer publishes is none."""
    same("its other keys are good", site.call(token=octets.token(rsa)).status, 200)
    same("an oct key in a fetched JWKS", site.call(token=octets.token(secret)).status, 401)
    forged = Key("HS256", "rsa", secret=rsa.pem())
    same("HS256 with the public key as its secret", site.outcome(token=octets.token(forged)),
         (401, "token.alg_mismatch"))


def test_hanging(site):
    for name, foreign in (("hangs", hanging), ("comes a byte at a time", trickling)):
        foreign.jwks_came.clear()
        check(f"a JWKS that {name} is asked for again", foreign.jwks_came.wait(30))
        callers = [Caller(site, token=steady.token()), Caller(site, path=OPEN)]
        denied_503(f"a JWKS that {name}, cold", site, token=foreign.token())
        answers, seconds = timed(lambda: at_once(*[lambda: site.call(token=foreign.token())] * 40))
        same("40 more at once", set(statuses(answers)), {503})
        check("within 3 seconds, give or take one", seconds < 4, seconds)
        undisturbed("another issuer's tokens meanwhile", callers[0])
        undisturbed("the open route meanwhile", callers[1])


def test_crowd(site):
    """Without a valid token anybody can ask for what hangs; that must not use the daemon up."""
    hanging.jwks_came.clear()
    check("a JWKS that hangs is asked for again", hanging.jwks_came.wait(30))
    crowd = [Connection(site.port) for _ in range(CROWD)]
    for connection in crowd:
        connection.send(f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {hanging.token()}\r\n\r\n")
    callers = [Caller(site, path="/doorward/healthz"), Caller(site, token=steady.token())]
    same(f"{CROWD} at once", {connection.receive().status for connection in crowd}, {503})
    undisturbed("the daemon's own pages meanwhile", callers[0], broken=1)
    undisturbed("another issuer's tokens meanwhile", callers[1], broken=1)
    for connection in crowd:
        connection.close()


def test_back(site):
    """Whoever does what Retry-After says gets in once the issuer is back."""
    response = site.call(token=down.token())
    down.start(down.port)
    time.sleep(int(response.get("Retry-After")))
    same("an issuer that came back, after Retry-After", site.call(token=down.token()).status, 200)


def test_restart(site):
    for foreign in (steady, cold, rotating, *garbage.values(), *sized.values()):
        foreign.stop()
    site.daemon.stop()
    site.start()
    for name, foreign in (("steady", steady), ("that rotated", rotating), *garbage.items()):
        same(f"a new daemon, and the issuer down: {name}", site.call(token=foreign.token()).status, 200)


with World() as world:
    KEY_FILE = world.write("keys.json", jwks(ec))
    secret = Key("HS256", "secret")
    steady, down, cold, flood, gone, rotating = (Foreign(ec) for _ in range(6))
    hanging, trickling, huge, octets = (Foreign(ec) for _ in range(4))
    garbage = {name: Foreign(ec) for name in GARBAGE}
    redirecting = {name: Foreign(ec) for name in REDIRECTS}
    lying = {name: Foreign(ec) for name in METADATA}
    sized = {size: Foreign(rsa) for size in (20_000, 200_000)}
    formed = {"RFC 8414 alone": Foreign(ec, forms=[OAUTH]),
              "OpenID alone": Foreign(ec, forms=[OPENID]),
              "RFC 8414, an issuer with a path": Foreign(ec, path="/tenant/a", forms=[OAUTH]),
              "OpenID, an issuer with a path": Foreign(ec, path="/tenant/a", forms=[OPENID]),
              "RFC 8414, a path that ends in a slash": Foreign(ec, path="/tenant/", forms=[OAUTH]),
              "OpenID, a path that ends in a slash": Foreign(ec, path="/tenant/", forms=[OPENID])}
    every = [steady, down, cold, flood, gone, rotating, hanging, trickling, huge, octets,
             *garbage.values(), *redirecting.values(), *lying.values(), *sized.values(), *formed.values()]
    for foreign in (elsewhere, *every):
        world.keep(foreign)

    down.stop()
    cold.status = 500
    hanging.jwks_answer, trickling.jwks_answer = hangs, trickles
    huge.padding = filler(ec, 260_000)
    octets.keys = [secret, rsa]
    for size, foreign in sized.items():
        foreign.padding = filler(rsa, size)
    for name, foreign in redirecting.items():
        foreign.jwks_answer = says(302, "", Location=REDIRECTS[name][0](foreign))
    for name, foreign in lying.items():
        foreign.metadata = METADATA[name][0](foreign.url)

    site = Site(world, trusted(*[foreign.url for foreign in every], NOWHERE)).start()
    for test in (test_down, test_cold, test_flood, test_rotation, test_garbage, test_gone, test_sizes,
                 test_metadata, test_redirects, test_forms, test_secrets, test_hanging, test_crowd, test_back,
                 test_restart):
        test(site)
done()
