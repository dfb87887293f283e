#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
Revoked, and in force on every worker of the machine within a second: by jti, subject, client, session, key and
time; known before or not; without the daemon; after kill -9 of everything and the loss of the edge; under load.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from guarded import *  # noqa: E402,F403

TOKENS = 200   # revoked under load
FILLERS = 2000


class Case:
    """Something that is good, and the words that revoke it."""

    def __init__(self, name, reason, fields, *words):
        self.name, self.reason, self.fields, self.words = name, reason, fields, words


def cases(site, n):
    """Of every kind, new ones for each n."""
    whose = ["--issuer", site.jwt_issuer.url]
    keys = [site.add_key(f"owner-{n}-{i}") for i in range(2)]
    site.add_user(f"ann-{n}")
    site.add_user(f"bea-{n}")
    by_id, by_user = site.sign_in(f"ann-{n}"), site.sign_in(f"bea-{n}")
    token, key, cookie = "token.revoked", "apikey.revoked", "cookie.revoked"
    return [
        Case("a JWT, by jti", token, bearer(site.jwt(jti=f"jti-{n}")), "--jti", f"jti-{n}", *whose),
        Case("a JWT, by subject", token, bearer(site.jwt(sub=f"sub-{n}")), "--subject", f"sub-{n}"),
        Case("a JWT, by its issuer's subject", token, bearer(site.jwt(sub=f"his-{n}")), "--subject", f"his-{n}",
             *whose),
        Case("a JWT, by client", token, bearer(site.jwt(client_id=f"app-{n}")), "--client", f"app-{n}"),
        Case("a JWT, by session", token, bearer(site.jwt(sid=f"sid-{n}")), "--session", f"sid-{n}"),
        Case("an opaque token, by jti", token, bearer(site.opaque(f"a-{n}", jti=f"op-{n}")), "--jti", f"op-{n}",
             "--issuer", site.opaque_url),
        Case("an opaque token, by subject", token, bearer(site.opaque(f"b-{n}", sub=f"opa-{n}")), "--subject",
             f"opa-{n}"),
        Case("an API key", key, api_key(keys[0]), "--key", keys[0]["id"]),
        Case("an API key, by its owner", key, api_key(keys[1]), "--subject", f"owner-{n}-1"),
        Case("a session", cookie, session_cookie(by_id[0]), "--session", by_id[1]),
        Case("a session, by its user", cookie, session_cookie(by_user[0]), "--subject", f"bea-{n}"),
    ]


def reason_of(site, case):
    """By the ring of the decisions, which needs no daemon."""
    return site.doorward("why", site.call(fields=case.fields).get("Doorward-Id"))["reason"]


def reasons_of(site, gone):
    return [(case.name, reason_of(site, case)) for case in gone]


def others(site, n):
    """Good, and nobody ever revokes them one by one."""
    key, user = site.add_key(f"other-{n}"), f"other-{n}"
    site.add_user(user)
    return [bearer(site.jwt(jti=f"other-{n}", sub=f"other-{n}", client_id="other", sid="other")),
            bearer(site.opaque(f"other-{n}", jti=f"other-{n}", sub="other")), api_key(key),
            session_cookie(site.sign_in(user)[0]), basic(user, PASSWORD)]


def refused_in_time(site, crowd, case, refusals):
    """Revokes it; every worker must say so within the second, and go on saying so."""
    site.doorward("revoke", *case.words)
    times.append(crowd.until(case.fields, refusals))
    return times[-1] < EDGE_SECONDS and set(crowd.ask(case.fields)) <= set(refusals)


def all_of(crowd, lists):
    return [crowd.ask(fields) for fields in lists]


# -- One after the other ------------------------------------------------------------------------------

def test_each(site, crowd, n, daemon):
    """Known to every worker, and some of them never seen."""
    bystanders = others(site, n)
    known, unseen = cases(site, n), cases(site, f"{n}-unseen")
    same(f"{daemon}: all are good before",
         [case.name for case in known if crowd.ask(case.fields) + crowd.ask(case.fields) != [200, 200]], [])
    same(f"{daemon}: and so are others", all_of(crowd, bystanders), [[200]] * len(bystanders))
    if daemon == "no daemon":
        site.daemon.kill(signal.SIGKILL)
        site.daemon.wait()
    for case in known:
        check(f"{daemon}: {case.name}", refused_in_time(site, crowd, case, [401]), times[-1])
    same(f"{daemon}: each for its reason", reasons_of(site, known), [(case.name, case.reason) for case in known])
    for case in unseen:
        needs_asking = daemon == "no daemon" and not case.name.startswith("a JWT")
        check(f"{daemon}: {case.name}, never seen before",
              refused_in_time(site, crowd, case, [503 if needs_asking else 401]), times[-1])
    same(f"{daemon}: others stay good", all_of(crowd, bystanders), [[200]] * len(bystanders))
    return known + unseen, bystanders


def test_passwords(site, crowd):
    for user in ("eve", "fay"):
        site.add_user(user)
        same(f"{user}'s password is known to every worker", crowd.ask(basic(user, PASSWORD)), [200])
    site.doorward("user", "remove", "eve")
    seconds = crowd.until(basic("eve", PASSWORD), (401, 503))  # busy: not let in either
    check("a removed user's password", seconds < EDGE_SECONDS, seconds)
    site.doorward("revoke", "--subject", "fay")
    same("a revoked user's password is checked again, and good", crowd.ask(basic("fay", PASSWORD)), [200])


def next_second():
    """What is issued in the very second of a revocation is revoked too."""
    now = int(time.time())
    wait_for("the next second", lambda: int(time.time()) > now)


def test_before(site, crowd):
    old = [case.fields for case in cases(site, "old")]
    password = basic("ann-old", PASSWORD)
    same("before", all_of(crowd, old), [[200]] * len(old))
    same("a password before", crowd.ask(password), [200])
    next_second()
    site.doorward("revoke", "--before", "now")
    seconds = max(crowd.until(fields) for fields in old)
    check("everything before now", seconds < EDGE_SECONDS, seconds)
    same("a password is good, as it was not issued", crowd.ask(password), [200])
    next_second()
    new = [case.fields for case in cases(site, "new")]
    same("what is issued later is good", all_of(crowd, new), [[200]] * len(new))
    return old, new


def test_killed(site, gone, good):
    site.kill_all()
    site.lose_edge()
    site.start()
    with Crowd(site) as crowd:
        same("all killed, and the edge lost: the revoked", all_of(crowd, gone), [[401]] * len(gone))
        same("the others", all_of(crowd, good), [[200]] * len(good))


# -- The edge taken from under nginx ------------------------------------------------------------------

def fill_records(site, n):
    """Puts so many revocations on record, of tokens nobody has; ours come after them."""
    now = int(time.time())
    with contextlib.closing(sqlite3.connect(f"{site.data}/doorward.db", timeout=10)) as records, records:
        records.executemany("INSERT INTO revocation (kind, issuer, value, before, until) VALUES (1, 'a', ?, ?, ?)",
                            [(f"filler-{i}", now, now + 9999) for i in range(n)])


def test_edge_lost(site):
    """nginx goes on while the daemon is killed, the edge lost and made again: no worker may forget."""
    token = site.jwt(jti="for-ever")
    site.doorward("revoke", "--jti", "for-ever", "--issuer", site.jwt_issuer.url)
    fill_records(site, FILLERS)
    same("revoked", site.call(token=token).status, 401)
    callers = [Caller(site, token=token) for _ in range(4)]
    site.daemon.kill(signal.SIGKILL)
    site.daemon.wait()
    site.lose_edge()
    site.start()
    time.sleep(1.2)  # every worker looks for another edge once a second
    site.lose_edge()
    wait_for("the running daemon to make another", lambda: os.path.exists(f"{site.data}/edge/recent"))
    time.sleep(1.2)
    seen = [caller.end() for caller in callers]
    same("the edge lost and made again, twice: not good in between", seen, [[401]] * 4)
    with Crowd(site) as crowd:
        case = Case("", "", bearer(site.jwt(jti="after")), "--jti", "after", "--issuer", site.jwt_issuer.url)
        same("every worker looks at the new one", crowd.ask(case.fields), [200])
        check("and what is revoked there is in force", refused_in_time(site, crowd, case, [401]), times[-1])


# -- How long it is kept ------------------------------------------------------------------------------

def test_ended(site):
    """What is revoked until a time is forgotten then; for a token that is when it has ended."""
    now = int(time.time())
    token = site.jwt(jti="brief")
    for i in range(5):
        site.doorward("revoke", "--jti", f"over-{i}", "--issuer", site.jwt_issuer.url, "--until", str(now - 120))
    site.doorward("revoke", "--jti", "brief", "--issuer", site.jwt_issuer.url, "--until", str(now + 600))
    same("revoked until a time", site.call(token=token).status, 401)
    site.kill_all()
    site.start()
    with contextlib.closing(sqlite3.connect(f"{site.data}/doorward.db", timeout=10)) as records:
        kept = records.execute("SELECT value FROM revocation WHERE value = 'brief' OR value LIKE 'over-%'").fetchall()
    same("the next start forgets what has ended, and keeps the rest", kept, [("brief",)])
    same("which is in force", site.call(token=token).status, 401)


# -- Many ---------------------------------------------------------------------------------------------

def test_load(site):
    issuer = site.jwt_issuer.url
    tokens = [site.jwt(jti=f"many-{i}", sub=f"many-{i}") for i in range(TOKENS)]
    same("200 tokens are good", sorted({site.call(token=token).status for token in tokens}), [200])
    good = [site.jwt(jti=f"stays-{i}", sub=f"stays-{i}") for i in range(50)]
    load = Load(site, good)
    ended = [None] * TOKENS  # when its revocation had returned
    wrong, late, asked = [], [], [0]

    def watch(part):
        with Connection(site.port) as connection:
            while not all(ended):
                for i in range(part, TOKENS, 4):
                    begun, revoked = time.monotonic(), ended[i]
                    status = connection.call(token=tokens[i]).status
                    asked[0] += 1
                    if revoked and begun > revoked and status != 401:
                        late.append(begun - revoked)
                    if status not in (200, 401):
                        wrong.append(status)

    def revoke():
        for i in range(TOKENS):
            site.doorward("revoke", "--jti", f"many-{i}", "--issuer", issuer)
            ended[i] = time.monotonic()
    (_, seconds), *_ = at_once(lambda: timed(revoke), *(lambda part=part: watch(part) for part in range(4)))
    note(f"{TOKENS} revocations under load took {seconds:.1f} s; {asked[0]} answers about them meanwhile, "
         f"latest wrong one after {max(late, default=0) * 1000:.0f} ms")
    same("under load: no answer but 200 and 401", wrong, [])
    check("after a second none is good", max(late, default=0) < EDGE_SECONDS, late)
    same("every one is refused", sorted({site.call(token=token).status for token in tokens}), [401])
    counted = load.end()
    same("and no other token", (counted["wrong"], counted["answers"] > 100), (0, True), counted)


times = []
with World() as world:
    site = Guarded(world).start()
    with Crowd(site) as crowd:
        gone, good = test_each(site, crowd, 1, "daemon")
        same("each for its reason, again", reasons_of(site, gone), [(case.name, case.reason) for case in gone])
        test_passwords(site, crowd)
        test_load(site)
        more, also = test_each(site, crowd, 2, "no daemon")
    gone, good = [case.fields for case in gone + more], good + also
    test_killed(site, gone, good)
    with Crowd(site) as crowd:
        old, new = test_before(site, crowd)
    test_killed(site, gone + old, new)
    test_ended(site)
    test_edge_lost(site)
    note(f"revoked, and refused by every worker after {max(times) * 1000:.1f} ms at most, "
         f"{sorted(times)[len(times) // 2] * 1000:.1f} ms mostly")
done()
