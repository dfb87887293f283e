#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Foreign issuers: discovery, fetching, rotation, and issuers that are down, slow or wrong."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

AUDIENCE = "https://api.test"


def config(*issuers):
    return {"trust": [{"issuer": issuer, "audience": AUDIENCE} for issuer in issuers]}


def start(world, *issuers, arguments=(), **more):
    return world.daemon(*arguments, config=world.write("doorward.yaml", config(*issuers)), **more)


def token(issuer, key, **header):
    return mint(key, claims(issuer if isinstance(issuer, str) else issuer.url, AUDIENCE), **header)


def verify(daemon, bearer):
    return call(daemon.port, "/doorward/verify", token=bearer,
                fields=["X-Original-Method: GET", "X-Original-URI: /"])


def parallel(daemon, tokens):
    """The statuses of verifies sent all at once."""
    found = []
    threads = [threading.Thread(target=lambda bearer=bearer: found.append(verify(daemon, bearer).status))
               for bearer in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def timed(function, *arguments):
    begun = time.monotonic()
    return function(*arguments), time.monotonic() - begun


def test_cold(world, key):
    issuer = world.issuer(key)
    issuer.delay = 0.2
    daemon = start(world, issuer.url)
    same("20 at once, no keys yet", parallel(daemon, [token(issuer, key)] * 20), [200] * 20)
    same("one fetch for them all", issuer.fetches, 1)
    issuer.delay = 0
    strange = [token(issuer, key, kid=f"random-{i}") for i in range(50)]
    same("50 unknown kids", parallel(daemon, strange), [401] * 50)
    check("at most one fetch for them", issuer.fetches <= 2, issuer.fetches)
    same("good tokens meanwhile", verify(daemon, token(issuer, key)).status, 200)


def test_rotation(world, key):
    issuer = world.issuer(key)
    daemon = start(world, issuer.url)
    same("warm", verify(daemon, token(issuer, key)).status, 200)
    new = Key("ES256", "rotated")
    issuer.keys = [key, new]
    same("the first token with a new kid", verify(daemon, token(issuer, new)).status, 200)
    same("one more fetch", issuer.fetches, 2)


def test_outages(world, key):
    issuer = world.issuer(key)
    daemon = start(world, issuer.url)
    same("warm", verify(daemon, token(issuer, key)).status, 200)
    issuer.garbage = "<html>"
    same("an unknown kid while the issuer serves garbage",
         verify(daemon, token(issuer, key, kid="x")).status, 503)
    same("it was fetched", issuer.fetches, 2)
    same("the old keys stay", verify(daemon, token(issuer, key)).status, 200)
    issuer.stop()
    same("the issuer down", verify(daemon, token(issuer, key)).status, 200)
    daemon.stop()
    again = start(world, issuer.url, data=daemon.data)
    same("the issuer down, and the daemon new", verify(again, token(issuer, key)).status, 200)


def test_never_reached(world, key):
    issuer = world.issuer(key)
    issuer.stop()
    daemon = start(world, issuer.url, "https://no-such-name.invalid")
    for name in (issuer.url, "https://no-such-name.invalid"):
        response, seconds = timed(verify, daemon, token(name, key))
        same(f"never reached: {name}", (response.status, response.get("Retry-After"),
                                        response.all("WWW-Authenticate")), (503, "5", []), response)
        check("soon", seconds < 4, seconds)
    check("it says why", "cannot get its keys" in daemon.output(), daemon.output())
    issuer.start(issuer.port)
    wait_for("the issuer's keys", lambda: verify(daemon, token(issuer, key)).status == 200)
    same("the issuer is back", verify(daemon, token(issuer, key)).status, 200)
    issuer.stop()


def test_hanging(world, key):
    slow, good = world.issuer(key), world.issuer(key)
    slow.delay = 4
    daemon = start(world, slow.url, good.url)
    results = []
    thread = threading.Thread(target=lambda: results.append(timed(verify, daemon, token(slow, key))))
    thread.start()
    time.sleep(0.1)
    other, seconds = timed(verify, daemon, token(good, key))
    same("another issuer's token meanwhile", other.status, 200)
    check("undisturbed", seconds < 1.5, seconds)
    thread.join()
    response, seconds = results[0]
    same("keys that do not come", response.status, 503, response)
    check("within three seconds", seconds < 4, seconds)
    wait_for("the slow keys", lambda: verify(daemon, token(slow, key)).status == 200)
    same("they are taken when they come", verify(daemon, token(slow, key)).status, 200)


def test_sizes(world, key):
    for n, size in ((50, "20 kB"), (500, "200 kB")):
        issuer = world.issuer(key)
        issuer.padding = [{"kty": "oct", "kid": f"p{i}", "k": "A" * 360} for i in range(n)]
        daemon = start(world, issuer.url)
        same(f"a JWKS of {size}", verify(daemon, token(issuer, key)).status, 200)
    issuer = world.issuer(key)
    issuer.padding = [{"kty": "oct", "kid": f"p{i}", "k": "A" * 360} for i in range(700)]
    daemon = start(world, issuer.url)
    same("a JWKS over 256 KiB", verify(daemon, token(issuer, key)).status, 503)


def test_metadata(world, key):
    liar = world.issuer(key)
    liar.claimed = liar.url + "/"
    daemon = start(world, liar.url)
    same("metadata that names another issuer", verify(daemon, token(liar, key)).status, 503)
    same("its keys are not fetched", liar.fetches, 0)
    check("it says so", "exactly" in daemon.output(), daemon.output())
    for what, metadata in (("no JSON", "<html>"), ("no jwks_uri", {"issuer": None}),
                           ("a jwks_uri elsewhere over http", {"jwks_uri": "http://192.0.2.1/jwks"}),
                           ("a jwks_uri that is a file", {"jwks_uri": "file:///etc/passwd"})):
        issuer = world.issuer(key)
        issuer.garbage_metadata = metadata if isinstance(metadata, str) else {"issuer": issuer.url, **metadata}
        daemon = start(world, issuer.url)
        same(f"metadata with {what}", verify(daemon, token(issuer, key)).status, 503)


def test_through_nginx(world, key):
    """The same, asked by nginx's workers: one fetch for the machine."""
    issuer, hanging = world.issuer(key), world.issuer(key)
    issuer.delay, hanging.delay = 0.2, 4
    daemon = start(world, issuer.url, hanging.url, arguments=["--upstream",
                                                              f"http://127.0.0.1:{world.echo().port}"])
    results = []

    def send(bearer):
        results.append(timed(lambda: call(daemon.port, "/", token=bearer)))

    def send_all(tokens):
        results.clear()
        threads = [threading.Thread(target=send, args=[bearer]) for bearer in tokens]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [response.status for response, _ in results]

    same("nginx: 20 at once, no keys yet", send_all([token(issuer, key)] * 20), [200] * 20)
    same("nginx: one fetch", issuer.fetches, 1)
    new = Key("ES256", "rotated")
    issuer.keys = [key, new]
    same("nginx: the first token with a new kid", send_all([token(issuer, new)]), [200])
    same("nginx: 50 unknown kids", send_all([token(issuer, key, kid=f"r{i}") for i in range(50)]), [401] * 50)
    same("nginx: no fetch for them so soon after", issuer.fetches, 2)
    same("nginx: keys that do not come", send_all([token(hanging, key)] * 5), [503] * 5)
    check("nginx: within three seconds", max(seconds for _, seconds in results) < 4, results)


class Redirect(Handler):
    """/0 holds the keys, /1 leads to /0, /2 to /1 and so on; anything else leads out of http."""

    def do_GET(self):
        step = self.path[1:]
        if step == "0":
            return self.reply(200, jwks(self.server.key))
        to = f"/{int(step) - 1}" if step.isdigit() else f"{step}://127.0.0.1:{self.server.port}/0"
        self.reply(302, "", Location=to)


def test_redirects(world, key):
    server = world.keep(Server(Redirect))
    server.key = key
    for path, status in (("/3", 200), ("/4", 503), ("/https", 503), ("/ftp", 503), ("/file", 503)):
        trusted = config("https://issuer.test")
        trusted["trust"][0]["jwks"] = f"http://127.0.0.1:{server.port}{path}"
        daemon = world.daemon(config=world.write("doorward.yaml", trusted))
        same(f"keys behind {path}", verify(daemon, token("https://issuer.test", key)).status, status)
        daemon.stop()


with World() as world:
    key = Key("ES256")
    for test in (test_cold, test_rotation, test_outages, test_never_reached, test_hanging, test_sizes,
                 test_metadata, test_redirects, test_through_nginx):
        test(world, key)
done()
