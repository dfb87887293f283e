#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Sessions on every worker: used ones live on until their lifetime, idle ones end, and so do those that are ended."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from guarded import *  # noqa: E402,F403

IDLE, LIFETIME = 4, 10
EXPIRED, REVOKED, UNKNOWN = "cookie.expired", "cookie.revoked", "cookie.unknown"


def outcome(fields, **more):
    response = site.call(fields=fields, **more)
    return response.status, site.reason(response) if response.status >= 400 else None


def sign_out(fields, *more):
    return site.call("/doorward/signout", method="POST", fields=[*fields, *(more or [f"Origin: {ORIGIN}"])])


def use(crowd, fields, seconds):
    """Uses it on one worker after the other, for as long; false: it has ended."""
    end, at = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        connection = crowd.connections[at % len(crowd.connections)]
        at += 1
        if connection.call(fields=fields).status != 200:
            return False
        time.sleep(0.1)
    return True


# -- Time ---------------------------------------------------------------------------------------------

def test_times(crowd):
    idle, odd = (session_cookie(site.sign_in(user)[0]) for user in ("bea", "ann"))
    begun = time.monotonic()
    used = session_cookie(site.sign_in("ann")[0])
    signed_in = time.monotonic()
    same("signed in", [crowd.ask(fields) for fields in (used, idle, odd)], [[200]] * 3)
    same("in use for longer than it may be idle: it lives", use(crowd, used, IDLE + 2), True)
    same("meanwhile idle: it has ended on every worker", (crowd.ask(idle), outcome(idle)), ([401], (401, EXPIRED)))
    same("and so has the other one of the same user", outcome(odd), (401, EXPIRED))
    same("once ended it stays so", [crowd.ask(idle) for _ in range(3)], [[401]] * 3)
    same("in use to the end: it ends", use(crowd, used, LIFETIME), False)
    ended = time.monotonic()
    check("after its lifetime", ended - begun >= LIFETIME - 1 and ended - signed_in <= LIFETIME + 2,
          ended - begun, ended - signed_in)
    same("on every worker", (crowd.ask(used), outcome(used)), ([401], (401, EXPIRED)))
    again = session_cookie(site.sign_in("ann")[0])
    same("who signs in again is let in", crowd.ask(again), [200])


# -- Ended by somebody ----------------------------------------------------------------------------------

def test_sign_out(crowd):
    mine, other = (session_cookie(site.sign_in("ann")[0]) for _ in range(2))
    same("two sessions of one user", [crowd.ask(fields) for fields in (mine, other)], [[200]] * 2)
    stranger = sign_out(mine, "Origin: https://evil.test")
    same("another site's page may not sign out", (stranger.status, crowd.ask(mine)), (403, [200]))
    same("signing out", sign_out(mine).status, 303)
    same("it has ended at once, on every worker", (crowd.ask(mine), outcome(mine)), ([401], (401, REVOKED)))
    same("the other lives", crowd.ask(other), [200])
    return other


def test_revoke(crowd):
    (first, id), (second, _) = site.sign_in("ann"), site.sign_in("ann")
    first, second = session_cookie(first), session_cookie(second)
    same("before", [crowd.ask(fields) for fields in (first, second)], [[200]] * 2)
    site.doorward("revoke", "--session", id)
    seconds = crowd.until(first)
    check("--session: every worker refuses within the second", seconds < EDGE_SECONDS, seconds)
    same("and says why", outcome(first), (401, REVOKED))
    same("the other session of that user lives", crowd.ask(second), [200])
    same("an id is no cookie", outcome(session_cookie(id)), (401, UNKNOWN))


def test_user(crowd):
    sessions = {user: session_cookie(site.sign_in(user)[0]) for user in ("ann", "bea", "cat")}
    same("three are signed in", [crowd.ask(fields) for fields in sessions.values()], [[200]] * 3)
    site.passwd("bea", "battery staple")
    site.doorward("user", "remove", "cat")
    seconds = max(crowd.until(sessions[user]) for user in ("bea", "cat"))
    check("a changed password and a removed user end sessions on every worker", seconds < EDGE_SECONDS, seconds)
    same("those of others live", crowd.ask(sessions["ann"]), [200])
    same("no other is listed", {session["user"] for session in site.doorward("session", "list")}, {"ann"})


# -- Killed ---------------------------------------------------------------------------------------------

def test_killed():
    lives, ends = (session_cookie(site.sign_in("ann")[0]) for _ in range(2))
    sign_out(ends)
    site.kill_all()
    site.lose_edge()
    site.start()
    same("all killed, and the edge lost: who was signed in still is", outcome(lives)[0], 200)
    same("and who had signed out is not", outcome(ends), (401, REVOKED))


def start(world, users, **settings):
    site = Guarded(world, **settings).start()
    for user in users:
        site.add_user(user)
    return site


with World() as world:
    site = start(world, ("ann", "bea"), schemes={"cookie": {"idle": f"{IDLE}s", "lifetime": f"{LIFETIME}s"}})
    with Crowd(site) as crowd:
        test_times(crowd)
    site = start(world, ("ann", "bea", "cat"))
    with Crowd(site) as crowd:
        test_sign_out(crowd)
        test_revoke(crowd)
        test_user(crowd)
    test_killed()
done()
