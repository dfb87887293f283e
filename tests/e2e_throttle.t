#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
Too many wrong answers: per source and per account, through nginx and through verify, by every scheme that can be
guessed at; nobody is locked out by somebody else; restarts change nothing. And passwords that change.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from guarded import *    # noqa: E402,F403
from known import new_key  # noqa: E402

BURST, EVERY, CLEAN = 10, 10, 3  # doorward's own numbers
LATE = "attempts.too_many"
REMEMBER = 2  # seconds


def by_nginx(source, fields):
    return call_from(source, site.port, fields=fields)


def by_verify(source, fields):
    return verify_from(site, source, fields=fields)


DOORS = {"nginx": by_nginx, "verify": by_verify}


def outcome(response):
    return response.status, site.reason(response) if response.status >= 400 else None


def guess(i, user="nobody"):
    return basic(user, f"guess {i}")


def seconds_of(response):
    return int(response.get("Retry-After", "0"))


def is_late(name, response):
    same(f"{name}: too many", outcome(response), (429, LATE), response)
    check(f"{name}: it says when to come again", 0 < seconds_of(response) <= EVERY, response)
    same(f"{name}: it is no 401", response.all("WWW-Authenticate"), [], response)


def exhaust(source):
    """One more guess may be let in every ten seconds: until none is. How many seconds it has to wait then."""
    for i in range(BURST):
        answer = by_nginx(source, guess(f"more {i}", f"more-{i}"))
        if answer.status == 429:
            return seconds_of(answer)
    raise AssertionError(f"{source} may guess for ever")


# -- Of one source ------------------------------------------------------------------------------------

def test_source(door, source, other):
    """Of many accounts: what is counted here is where they come from."""
    send = DOORS[door]
    answers = [send(source, guess(i, f"nobody-{door}-{i}")) for i in range(BURST)]
    same(f"{door}: ten wrong passwords", statuses(answers), [401] * BURST)
    same(f"{door}: each for its reason", {site.reason(answer) for answer in answers}, {"basic.unknown_user"})
    is_late(f"{door}: the eleventh", send(source, guess("late")))
    for name, again in DOORS.items():
        same(f"{door}: {name} knows", again(source, guess("elsewhere")).status, 429)
        same(f"{name}: another source is not meant", outcome(again(other, guess("other"))),
             (401, "basic.unknown_user"))
    same("it is no use to say that one comes from elsewhere",
         call_from(source, site.port, fields=[*guess("spoofed"), "X-Forwarded-For: 192.0.2.1", "X-Real-IP: 192.0.2.1",
                                              "Doorward-Source: 192.0.2.1"]).status, 429)


def test_not_held_back(source):
    """What is known to be right is let in from where too many wrong ones came."""
    good = {"a password": basic("joe", PASSWORD), "a JWT": bearer(site.jwt()), "an API key": api_key(site.key),
            "a session": session_cookie(site.session), "an opaque token": bearer(site.opaque("known"))}
    for name, fields in good.items():
        same(f"{name}, known", call_from("127.0.0.99", site.port, fields=fields).status, 200)
        for door, send in DOORS.items():
            same(f"{door}: {name} is never held back", send(source, fields).status, 200)
    exhaust(source)
    same("a password nobody has seen yet waits as a wrong one does", by_nginx(source, basic("kim", PASSWORD)).status,
         429)
    same("from elsewhere it does not", by_nginx("127.0.0.98", basic("kim", PASSWORD)).status, 200)


def test_wait(source):
    """After Retry-After there is one more try, and only one."""
    time.sleep(exhaust(source) + 0.1)
    found = [by_nginx(source, guess(f"again {i}", f"again-{i}")).status for i in range(2)]
    same("after that time one more try, and one only", found, [401, 429])


# -- Of one account -----------------------------------------------------------------------------------

def guess_at(account, network):
    """Ten times, from four sources, none of which is at its own limit."""
    return [by_nginx(f"{network}.{i // CLEAN}", guess(i, account)).status for i in range(BURST)]


def test_account():
    same("ten guesses at one account, from four sources", guess_at("ann", "127.0.2"), [401] * BURST)
    dirty = by_nginx("127.0.2.0", guess("more", "ann"))
    is_late("one of them goes on", dirty)
    same("it may guess at others", by_nginx("127.0.2.0", guess("else", "somebody else")).status, 401)
    same("a clean source may try, even after a typing error",
         [by_nginx("127.0.3.1", basic("ann", password)).status for password in ("corect horse", PASSWORD)], [401, 200])
    same("the owner is in, from now on even where others guess",
         by_nginx("127.0.2.0", basic("ann", PASSWORD)).status, 200)
    clean = [by_nginx("127.0.3.2", guess(f"clean {i}", "ann")).status for i in range(CLEAN + 1)]
    same("a clean source that guesses has few tries", clean, [401] * CLEAN + [429])


# -- Other schemes ------------------------------------------------------------------------------------

def test_keys(source):
    answers = [by_nginx(source, api_key({"key": new_key()})) for _ in range(BURST)]
    same("keys that were never issued", {outcome(answer) for answer in answers}, {(401, "apikey.unknown")})
    is_late("one more", by_nginx(source, api_key({"key": new_key()})))
    same("a mistyped key is no guess, and needs no look-up",
         by_nginx(source, api_key({"key": site.key["key"][:-1] + "_"})).status, 401)
    same("a key that is known is let in", by_nginx(source, api_key(site.key)).status, 200)


def digest(user, password):
    """The fields of an answer to a challenge of its own."""
    heard = next(value for value in site.call().all("WWW-Authenticate")
                 if value.startswith("Digest ") and "algorithm=SHA-256," in value)
    return Digest(heard, user, password).fields("GET", "/")


def test_digest(source):
    same("Digest: right", by_nginx(source, digest("joe", PASSWORD)).status, 200)
    answers = [by_nginx(source, digest("joe", f"guess {i}")) for i in range(BURST)]
    same("wrong answers of Digest", {outcome(answer) for answer in answers}, {(401, "digest.wrong_response")})
    is_late("one more", by_nginx(source, digest("joe", "guess 11")))
    same("Basic is meant as well", by_nginx(source, guess("basic")).status, 429)
    same("from elsewhere the right answer is let in", by_nginx("127.0.0.97", digest("joe", PASSWORD)).status, 200)


def test_sign_in(source):
    form = {"username": "kim", "password": "guess", "return": "/"}

    def post(**more):
        body = urllib.parse.urlencode({**form, **more}).encode()
        return call_from(source, site.port, "/doorward/signin", method="POST", body=body, fields=[
            "Content-Type: application/x-www-form-urlencoded", f"Origin: {ORIGIN}"])
    same("the sign-in page: ten", {post(username=f"kim-{i}").status for i in range(BURST)}, {401})
    is_late_page = post()
    same("and one more", outcome(is_late_page), (429, LATE), is_late_page)
    check("when to come again", 0 < seconds_of(is_late_page) <= EVERY, is_late_page)
    same("the right one has to wait, too", post(password=PASSWORD).status, 429)


def test_restart(source):
    """kill -9 of everything, then a start: the counters go on."""
    same("before: ten of one source", [by_nginx(source, guess(i, f"before-{i}")).status for i in range(BURST)],
         [401] * BURST)
    same("before: ten at one account", guess_at("kim", "127.0.6"), [401] * BURST)
    site.kill_all()
    site.start()
    for name, where, account in (("the source", source, None), ("who guessed at the account", "127.0.6.0", "kim")):
        found = [by_nginx(where, guess("after", account or f"after-{i}")).status for i in range(CLEAN)]
        check(f"all killed and started again: {name} still has to wait", 429 in found, found)
    same("who had none may still guess", by_nginx("127.0.0.96", guess("after")).status, 401)
    same("and the owner is let in", by_nginx("127.0.0.95", basic("kim", PASSWORD)).status, 200)


# -- Passwords that change ----------------------------------------------------------------------------

def test_change(crowd):
    site.add_user("pat")
    same("a password, known to every worker", crowd.ask(basic("pat", PASSWORD)), [200])
    same("by Digest, too", by_nginx("127.0.4.9", digest("pat", PASSWORD)).status, 200)
    site.passwd("pat", "battery staple")
    seconds = crowd.until(basic("pat", "battery staple"), [200])
    note(f"a new password is good on every worker after {seconds * 1000:.0f} ms")
    same("the old one is refused at once", by_nginx("127.0.4.1", basic("pat", PASSWORD)).status, 401)
    same("by every worker", {call_from(f"127.0.4.{i + 2}", site.port, fields=basic("pat", PASSWORD)).status
                             for i in range(6)}, {401})
    same("by Digest, too: the old one and the new one",
         [by_nginx("127.0.4.9", digest("pat", password)).status for password in (PASSWORD, "battery staple")],
         [401, 200])
    site.doorward("user", "remove", "pat")
    same("removed: by Digest", by_nginx("127.0.4.9", digest("pat", "battery staple")).status, 401)
    same("removed: at once", {call_from(f"127.0.5.{i + 2}", site.port, fields=basic("pat", "battery staple")).status
                              for i in range(6)}, {401})
    same("by its reason", outcome(by_nginx("127.0.5.1", basic("pat", "battery staple"))), (401, "basic.unknown_user"))


def test_remember(world):
    """A right password is known for as long as the policy says, and no longer."""
    brief = Guarded(world, schemes={"basic": {"remember": f"{REMEMBER}s"}}).start()
    brief.add_user("joe")
    with Crowd(brief) as crowd:
        same("known for two seconds", crowd.ask(basic("joe", PASSWORD)), [200])
        brief.daemon.kill(signal.SIGKILL)
        brief.daemon.wait()
        same("without the daemon, too", crowd.ask(basic("joe", PASSWORD)), [200])
        seconds = crowd.until(basic("joe", PASSWORD), [503])
        check("then it has to be checked again, which nobody can", seconds <= REMEMBER + 1, seconds)


with World() as world:
    site = Guarded(world).start()
    for user in ("joe", "ann", "kim"):
        site.add_user(user)
    site.key, site.session = site.add_key(), site.sign_in("joe")[0]
    test_source("nginx", "127.0.0.11", "127.0.0.21")
    test_source("verify", "127.0.0.12", "127.0.0.22")
    test_not_held_back("127.0.0.11")
    test_account()
    test_keys("127.0.0.13")
    test_digest("127.0.0.14")
    test_sign_in("127.0.0.15")
    with Crowd(site) as crowd:
        test_change(crowd)
    test_wait("127.0.0.11")
    test_restart("127.0.0.16")
    test_remember(world)
done()
