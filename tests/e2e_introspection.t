#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
Opaque tokens through nginx: one question for many, answers remembered as long as they may be, no token and no
secret for anybody else, and an issuer that is slow harms nobody but those who bring a new token of its.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from guarded import *  # noqa: E402,F403

PARALLEL = 50
TTL = 2         # seconds, of the second issuer's answers
UNREACHABLE = "token.introspection_unreachable"
SLOW = 5        # seconds a slow issuer takes
GIVE_UP = 3.5   # it is not waited for so long
AT_ONCE = 0.5
NEGATIVE = 10   # for so long "not active" is believed
PAUSE = 10      # an issuer that has failed is left alone for so long


def questions(server, token):
    return [asked for _, asked in server.asked].count(token)


def ask_at_once(fields, n):
    return statuses(at_once(*[lambda: site.call(fields=fields)] * n))


def second_token(name, **more):
    token = f"two_{name}"
    second.tokens[token] = {"active": True, "sub": "user-2", "aud": AUDIENCE, **more}
    return token


def outcome(fields):
    response = site.call(fields=fields)
    return response.status, site.reason(response) if response.status >= 400 else None


# -- How often one asks -------------------------------------------------------------------------------

def test_once(crowd):
    token = site.opaque("once")
    first.delay = 0.3
    same(f"{PARALLEL} at once", ask_at_once(bearer(token), PARALLEL), [200] * PARALLEL)
    first.delay = 0
    same("one question", questions(first, token), 1)
    for _ in range(20):
        crowd.ask(bearer(token))
    same("and no more, whichever worker is asked", questions(first, token), 1)


def test_ttl(crowd):
    token = second_token("brief")
    begun = time.monotonic()
    same("believed for two seconds", crowd.ask(bearer(token)), [200])
    del second.tokens[token]
    while time.monotonic() - begun < TTL - 1:
        if not same_quietly(crowd.ask(bearer(token)), [200]):
            break
    seconds = time.monotonic() - begun + crowd.until(bearer(token))
    check("and then asked about again", seconds < TTL + 1.5, seconds)
    same("by one question more", questions(second, token), 2)
    ends = site.opaque("ends", exp=int(time.time()) + 2)
    same("a token that ends before its minute is over", crowd.ask(bearer(ends)), [200])
    del first.tokens[ends]
    seconds = crowd.until(bearer(ends))
    check("is not believed any longer than that", seconds < 3, seconds)


def same_quietly(got, want):
    return got == want or same("meanwhile", got, want)


def test_negative(crowd):
    """The beginning; its end is seen later."""
    same("a token nobody knows", crowd.ask(bearer("two_late")), [401])
    for _ in range(10):
        crowd.ask(bearer("two_late"))
    same("is asked about once", questions(second, "two_late"), 1)
    second_token("late")


def test_negative_ends(crowd):
    seconds = crowd.until(bearer("two_late"), [200], NEGATIVE + 3)
    check("and again after a while", seconds < NEGATIVE + 3, seconds)


# -- Whom one asks ------------------------------------------------------------------------------------

def test_whom():
    def secret(client, word):
        return "Basic " + base64.b64encode(f"{client}:{word}".encode()).decode()
    one, two = site.opaque("whose"), second_token("whose")
    same("tokens of two issuers", [site.call(token=token).status for token in (one, two)], [200, 200])
    for name, server, client, begin in (("the first", first, ("door", "s3cret"), "op_"),
                                        ("the second", second, ("gate", "0ther"), "two_")):
        same(f"{name} is shown the secret it has given out, as client_secret_basic, and no other",
             {field for field, _ in server.asked}, {secret(*client)})
        same(f"{name} is asked about tokens of its own alone",
             [token for _, token in server.asked if not token.startswith(begin)], [])
    before = len(first.asked), len(second.asked)
    same("a token of nobody's, and JWTs", [outcome(bearer(token)) for token in ("mystery", site.jwt())],
         [(401, "token.opaque_to_jwt"), (200, None)])
    same("are shown to nobody", (len(first.asked), len(second.asked)), before)


class Elsewhere(Handler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.to is not None:
            return self.reply(307, "", Location=f"http://127.0.0.1:{self.server.to.port}/introspect")
        self.server.asked += 1
        self.reply(200, {"active": True, "sub": "thief", "aud": AUDIENCE})

    do_GET = do_POST


def test_redirect():
    away.to, there.to, there.asked = there, None, 0
    same("an issuer that sends elsewhere", outcome(bearer("away_x")), (503, UNREACHABLE))
    same("is not followed", there.asked, 0)


# -- An issuer that is slow -----------------------------------------------------------------------------

def test_slow(crowd):
    known = site.opaque("known")
    same("a token known before", crowd.ask(bearer(known)), [200])
    load = Load(site, [site.jwt(sub=f"user-{i}") for i in range(20)])
    caller = Caller(site, token=site.jwt())
    first.delay = SLOW
    response, seconds = timed(lambda: site.call(token=site.opaque("slow")))
    same("a slow issuer", (response.status, site.reason(response), response.get("Retry-After"),
                           response.all("WWW-Authenticate")), (503, UNREACHABLE, "5", []), response)
    note(f"given up on after {seconds:.2f} s")
    check("is not waited for longer than about three seconds", 1 < seconds < GIVE_UP, seconds)
    works = [lambda i=i: timed(lambda: site.call(token=site.opaque(f"slow-{i}"))) for i in range(8)]
    works += [lambda: timed(lambda: site.call(fields=api_key(site.add_key()))),
              lambda: timed(lambda: site.call(token=second_token("quick"))),
              lambda: timed(lambda: site.call(token=known))]
    answers = at_once(*works)
    same("so it is for many", ([answer.status for answer, _ in answers[:8]],
                               max(seconds for _, seconds in answers[:8]) < GIVE_UP), ([503] * 8, True), answers[:8])
    same("nobody else waits: a new API key, another issuer's token, a token known before",
         [(answer.status, seconds < 1) for answer, seconds in answers[8:]], [(200, True)] * 3, answers[8:])
    answers = [timed(lambda: site.call(token=site.opaque(f"more-{i}"))) for i in range(5)]
    check("and then it is left alone: 503 at once",
          all(answer.status == 503 and seconds < AT_ONCE for answer, seconds in answers), answers)
    same("the token known before stays good", crowd.ask(bearer(known)), [200])
    counted = load.end()
    same("JWT traffic meanwhile: no wrong answer", (counted["wrong"], counted["errors"], counted["answers"] > 1000),
         (0, [0, 0, 0, 0], True), counted)
    same("and none that waits", (caller.end(), max(caller.seconds) < AT_ONCE), ([200], True), max(caller.seconds))
    note(f"JWTs meanwhile: {counted['answers']} answers, {caller.usual() * 1000:.1f} ms mostly, "
         f"{max(caller.seconds) * 1000:.0f} ms at most")


def test_recovery(crowd):
    first.delay = 0
    token = site.opaque("again")
    seconds = crowd.until(bearer(token), [200], PAUSE + 3)
    check("it is quick again: that is found out without help", seconds < PAUSE + 3, seconds)
    same("and all its tokens are good", ask_at_once(bearer(site.opaque("after")), 20), [200] * 20)


def test_killed():
    """The daemon dies while somebody waits for its answer."""
    second.delay = 2
    token = second_token("killed")
    before = len(second.asked)
    works = [lambda: timed(lambda: site.call(token=token)), lambda: (
        wait_for("the question", lambda: len(second.asked) > before), site.daemon.kill(signal.SIGKILL))]
    answer, _ = at_once(*works)
    response, _ = answer
    same("the daemon killed meanwhile: come again", (response.status, response.get("Retry-After")), (503, "5"), answer)
    site.daemon.wait()
    second.delay = 0
    site.start()
    same("and then it is good", site.call(token=token).status, 200)


with World() as world:
    second = world.keep(introspecting_issuer())
    away, there = (world.keep(Server(Elsewhere)) for _ in range(2))
    site = Guarded(world, also=[introspected(world, second, "two_", "gate", "0ther", f"{TTL}s"),
                                introspected(world, away, "away_")]).start()
    first = site.opaque_issuer
    with Crowd(site) as crowd:
        test_negative(crowd)
        test_once(crowd)
        test_ttl(crowd)
        test_whom()
        test_redirect()
        test_slow(crowd)
        test_recovery(crowd)
        test_negative_ends(crowd)
    test_killed()
done()
