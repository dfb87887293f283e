#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Python's requests: Basic, Digest, bearer tokens, API keys, sessions."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from scenario import *  # noqa: E402,F403
from foreign import Foreign  # noqa: E402

try:
    import requests
    from requests.auth import HTTPDigestAuth
except ImportError:
    skip_all("python3-requests is not installed")

PASSWORD = "correct horse"
NONCE_LIFE = 3


class Place:
    def __init__(self, world):
        self.issuer = world.keep(Foreign(Key("ES256", "ec")))
        self.site = Site(world, trusted(self.issuer.url),
                         [{"path": f"/{scheme}/**", "accept": [scheme]} for scheme in
                          ("bearer", "basic", "digest", "apikey", "cookie")] +
                         [{"path": "/all/**", "accept": ["bearer", "basic", "digest", "apikey", "cookie"]}],
                         upstream=f"http://127.0.0.1:{world.echo().port}", log={"allowed": True},
                         schemes={"digest": {"nonce_life": f"{NONCE_LIFE}s"}})
        self.site.start()
        for name, password in (("joe", PASSWORD), ("jürgen", "grüß Gott!")):
            self.cli("user", "add", name, "--password-stdin", "--scope", "read", "-c", self.site.config, input=password)
        self.key = json.loads(self.cli("apikey", "add", "--owner", "ci", "--scope", "read", "--json"))["key"]

    def cli(self, *words, input=None):
        return subprocess.run([PROGRAM, *words, "--data", self.site.data], input=input, text=True, check=True,
                              capture_output=True).stdout

    def session(self):
        session = requests.Session()
        session.trust_env = False  # no proxy, no netrc of whoever runs this
        return session

    def url(self, path):
        return f"http://localhost:{self.site.port}{path}"

    def outcome(self, response):
        """The statuses on the way and at the end; and the reason."""
        id = response.headers.get("Doorward-Id") or told(response)["doorward-id"]
        statuses = [one.status_code for one in [*response.history, response]]
        found = []

        def look():
            found[:] = [line["reason"] for line in self.site.log() if line.get("id") == id]
            return found
        wait_for(f"{id} in the decision log", look)
        return [*statuses, found[0]]


def told(response):
    return {name.lower(): value for name, value in response.json()["fields"]}


def test_basic(place):
    session, url = place.session(), place.url("/basic/x")
    same("a user", place.outcome(session.get(url, auth=("joe", PASSWORD))), [200, "allowed.password"])
    same("wrong", place.outcome(session.get(url, auth=("joe", "wrong"))), [401, "basic.wrong_password"])
    good = session.get(url, auth=("jürgen".encode(), "grüß Gott!".encode()))
    same("UTF-8, as bytes", (good.status_code, told(good)["doorward-subject"]), (200, "j%C3%BCrgen"))
    same("what requests makes of text is Latin-1", place.outcome(session.get(url, auth=("jürgen", "grüß Gott!"))),
         [401, "basic.charset"])
    same("no credentials", place.outcome(session.get(url)), [401, "header.missing"])


def test_digest(place):
    """requests takes all challenges for one, and of each parameter the last. It is well with two of Digest
    because each begins with its algorithm: the second's goes by the name of "Digest algorithm"."""
    session, url = place.session(), place.url("/digest/x")
    session.auth = HTTPDigestAuth("joe", PASSWORD)
    same("a user", place.outcome(session.get(url)), [401, 200, "allowed.password"])
    again = session.get(place.url("/digest/y?a=b"))
    same("the second at once", place.outcome(again), [200, "allowed.password"])
    sent = again.request.headers["Authorization"]
    check("with the count it should have", "nc=00000002" in sent, sent)
    check("and SHA-256", 'algorithm="SHA-256"' in sent, sent)
    same("a body", place.outcome(session.post(url, data=b"x" * 100000)), [200, "allowed.password"])
    time.sleep(NONCE_LIFE + 1.2)
    after = session.put(url, data=b"once more")
    same("after its end: silently", place.outcome(after), [401, 200, "allowed.password"])
    told_first = after.history[0].headers["WWW-Authenticate"]
    check("for it was told stale", "stale=true" in told_first, told_first)
    same("the body came along", after.json()["size"], 9)
    session.auth = HTTPDigestAuth("joe", "wrong")
    same("wrong", place.outcome(session.get(url)), [401, 401, "digest.wrong_response"])
    session.auth = HTTPDigestAuth("nobody", PASSWORD)
    same("unknown", place.outcome(session.get(url)), [401, 401, "digest.unknown_user"])
    session.auth = HTTPDigestAuth("jürgen", "grüß Gott!")
    same("UTF-8", place.outcome(session.get(url)), [401, 401, "digest.malformed"])


def test_both(place):
    """Where more is offered, requests finds its scheme among the challenges."""
    session, url = place.session(), place.url("/all/x")
    same("Basic", place.outcome(session.get(url, auth=("joe", PASSWORD))), [200, "allowed.password"])
    same("Digest", place.outcome(session.get(url, auth=HTTPDigestAuth("joe", PASSWORD))),
         [401, 200, "allowed.password"])


def test_others(place):
    session = place.session()
    token = mint(place.issuer.keys[0], claims(place.issuer.url, AUDIENCE))
    bearer = {"Authorization": f"Bearer {token}"}
    same("a bearer token", place.outcome(session.get(place.url("/bearer/x"), headers=bearer)), [200, "allowed.token"])
    same("an API key", place.outcome(session.get(place.url("/apikey/x"), headers={"X-API-Key": place.key})),
         [200, "allowed.apikey"])
    origin = {"Origin": place.url("")}
    form = {"username": "joe", "password": PASSWORD, "return": "/cookie/x"}
    good = session.post(place.url("/doorward/signin"), data=form, headers=origin, allow_redirects=False)
    same("signing in", (good.status_code, good.headers["Location"]), (303, "/cookie/x"))
    kept = {cookie.name: cookie.value for cookie in session.cookies}
    same("its Secure cookie is for https", place.outcome(session.get(place.url("/cookie/x"))), [401, "header.missing"])
    same("the cookie", place.outcome(session.get(place.url("/cookie/x"), cookies=kept)), [200, "allowed.session"])


with World() as world:
    place = Place(world)
    test_basic(place)
    test_digest(place)
    test_both(place)
    test_others(place)
done()
