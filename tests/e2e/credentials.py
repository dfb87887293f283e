# SPDX-License-Identifier: Apache-2.0
"""
What each credential gets, good and bad: one table for every door. A row is a request and the answer it
must have: status, reason and challenges, in order, each as its scheme and some of its parameters (None:
not there). Rows are made for the door they are sent through: a proof or a nonce is good for one only.
"""

import base64
import datetime
import json
import subprocess
import threading
import time
import urllib.parse

from clients import *  # noqa: F401,F403
from foreign import Foreign
from harness import *  # noqa: F401,F403
from servers import Handler, Server

REALM = "api.test"
ORIGIN = "https://api.test"
PASSWORD = "correct horse"
ALL = ["bearer", "dpop", "basic", "digest", "apikey", "cookie", "certificate"]

# -- The policy -------------------------------------------------------------------------------------


def routes():
    return [
        {"path": "/open", "allow": "anyone"},
        *({"path": f"/{scheme}/**", "accept": [scheme]} for scheme in ALL),
        {"path": "/all/**", "accept": ALL},
        {"path": "/admin/**", "accept": ALL, "scope": ["admin"]},
        {"path": "/page/**", "accept": ["cookie", "basic"]},
        {"path": "/hidden/**", "accept": ["bearer", "basic"], "hide": True},
        {"path": "/tenants/{tenant}/**", "require": {"tenant": "{path.tenant}"}},
        {"path": "/fresh", "max_age": "5m"},
        {"path": "/strong", "acr": ["mfa", "hwk"]},
        {"path": "/reports", "audience": ["https://reports.test"]},
        {"path": "/strict/**", "accept": ["bearer", "basic"], "malformed": 400},
        {"path": "/cors/**", "accept": ["bearer"], "cors": {"origins": ["https://app.test"]}},
    ]


class Introspecting(Handler):
    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        form = urllib.parse.parse_qs(self.rfile.read(size).decode())
        self.server.asked.append((self.headers.get("Authorization"), form.get("token", [""])[0]))
        time.sleep(self.server.delay)
        if self.server.status != 200:
            return self.reply(self.server.status, {})
        self.reply(200, self.server.tokens.get(form.get("token", [""])[0], {"active": False}))


def introspecting_issuer():
    server = Server(Introspecting)
    server.asked, server.tokens, server.status, server.delay = [], {}, 200, 0
    return server


class Place:
    """The records, the issuers and the policy that all doors share."""

    def __init__(self, world, **settings):
        self.world = world
        self.issuer = world.keep(Foreign(Key("ES256", "ec")))
        self.opaque = world.keep(introspecting_issuer())
        self.opaque_url = f"http://127.0.0.1:{self.opaque.port}"
        self.authority = Authority(world.path)
        self.stranger = Authority(world.path, "another CA")
        self.prover = Prover()
        self.data = f"{world.path}/data"
        self.config = world.write("doorward.yaml", {**self.policy(), **settings})
        self.fill()

    def policy(self):
        self.agent = self.authority.issue("agent", dns=["agent.test"])
        self.unknown = self.authority.issue("unknown")
        self.ended = self.authority.issue("ended", dns=["agent.test"], days=(-9, -2))
        return {
            "realm": REALM, "origin": ORIGIN, "data": self.data, "issuer": True,
            "resource": {"url": f"{ORIGIN}/", "name": "A test"},
            "trust": [{"issuer": self.issuer.url, "audience": AUDIENCE},
                      {"issuer": self.opaque_url, "audience": AUDIENCE, "jwks": f"{self.issuer.url}/keys",
                       "introspection": {"url": f"{self.opaque_url}/introspect", "client_id": "door",
                                         "client_secret_file": self.world.write("secret", "s3cret\n"),
                                         "prefix": "op_"}}],
            "schemes": {"digest": {"algorithms": ["SHA-256", "SHA-512-256"], "auth_int": "64k"},
                        "apikey": {"query": "api_key"},
                        "certificate": {"field": "Client-Cert",
                                        "principals": [{"san": "dns:agent.test", "principal": "agent-7",
                                                        "scope": ["read"]}]},
                        "dpop": {"algorithms": ["ES256"]}},
            "routes": routes()}

    # -- Records, made as an operator makes them --

    def cli(self, *words, input=None):
        done = subprocess.run([PROGRAM, *words, "--data", self.data], input=input, text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"doorward {' '.join(words)}: {done.stderr}")
        return done.stdout

    def fill(self):
        for name in ("joe", "ann", "ida"):
            self.cli("user", "add", name, "--password-stdin", "--scope", "read", "-c", self.config,
                     input=PASSWORD)
        self.cli("user", "add", "jürgen", "--password-stdin", "-c", self.config, input="gr\u00fc\u00df Gott!")
        self.key = self.add_key()
        self.revoked_key = self.add_key()
        self.cli("apikey", "revoke", self.revoked_key["id"])
        self.rotated_key = self.add_key()
        self.cli("apikey", "rotate", self.rotated_key["id"], "--overlap", "0s")
        self.ending_key = self.add_key("--expires", "1s")

    def add_key(self, *words):
        return json.loads(self.cli("apikey", "add", "--owner", "ci", "--scope", "read", "--json", *words))

    # -- Tokens --

    def token(self, **more):
        return mint(self.issuer.keys[0], claims(self.issuer.url, AUDIENCE, **more))

    def bound(self, **more):
        return self.token(cnf={"jkt": self.prover.jkt}, **more)

    def opaque_token(self, name, **claims):
        token = f"op_{name}"
        self.opaque.tokens[token] = {"active": True, "sub": "user-9", "scope": "read", "aud": AUDIENCE, **claims}
        return token


def cookie(value, *more):
    return [f"Cookie: a=b; __Host-doorward={value}; c=d", *more]


SAME_SITE = "Sec-Fetch-Site: same-origin"

# -- The challenges ---------------------------------------------------------------------------------

BEARER = ("Bearer", {"realm": REALM, "error": None})
DPOP = ("DPoP", {"realm": REALM, "error": None, "algs": "ES256"})
BASIC = ("Basic", {"realm": REALM, "charset": "UTF-8"})
DIGEST = [("Digest", {"realm": REALM, "algorithm": "SHA-256", "userhash": "true", "stale": None}),
          ("Digest", {"realm": REALM, "algorithm": "SHA-512-256", "userhash": "true", "stale": None})]
APIKEY = ("Api-Key", {"realm": REALM})
COOKIE = ("Cookie", {"realm": REALM, "cookie-name": "__Host-doorward"})
CERTIFICATE = ("ClientCertificate", {"realm": REALM})
EVERY = [BEARER, DPOP, BASIC, *DIGEST, APIKEY, COOKIE, CERTIFICATE]


def error(scheme, code, **more):
    return [(scheme, {"realm": REALM, "error": code, **more})]


def row(name, path, reason, status, challenges=(), make=lambda place, door: [], method="GET", body=None,
        certificate=None):
    challenges = challenges if isinstance(challenges, list) else [challenges] if challenges else []
    return {"name": name, "path": path, "reason": reason, "status": status, "challenges": challenges,
            "make": make, "method": method, "body": body, "certificate": certificate}


def fixed(*fields):
    return lambda place, door: list(fields)


# -- The rows ---------------------------------------------------------------------------------------

def basic_rows():
    def shape(name, reason, data):
        return row(f"Basic, {name}", "/basic/x", reason, 401, BASIC, lambda place, door: raw_basic(data))
    bad, wrong = "basic.bad_base64", "basic.wrong_password"
    return [
        row("Basic, none", "/basic/x", "header.missing", 401, BASIC),
        row("Basic, good", "/basic/x", "allowed.password", 200, make=lambda p, d: basic("joe", PASSWORD)),
        row("Basic, good again", "/basic/x", "allowed.password", 200, make=lambda p, d: basic("joe", PASSWORD)),
        row("Basic, UTF-8", "/basic/x", "allowed.password", 200,
            make=lambda p, d: basic("jürgen", "gr\u00fc\u00df Gott!")),
        row("Basic, UTF-8 not composed", "/basic/x", "allowed.password", 200,
            make=lambda p, d: basic("jürgen", "gru\u0308\u00df Gott!")),
        row("Basic, wrong", "/basic/x", wrong, 401, BASIC, lambda p, d: basic("joe", "wrong")),
        row("Basic, unknown user", "/basic/x", "basic.unknown_user", 401, BASIC,
            lambda p, d: basic("nobody", PASSWORD)),
        row("Basic, Latin-1", "/basic/x", "basic.charset", 401, BASIC,
            lambda p, d: raw_basic("jürgen:x".encode("latin-1"))),
        row("Basic, not base64", "/basic/x", bad, 401, BASIC, fixed("Authorization: Basic am9lOnNlY3JldA")),
        row("Basic, nothing", "/basic/x", "header.empty_token", 401, BASIC, fixed("Authorization: Basic ")),
        row("Basic, a colon after the scheme", "/basic/x", "header.scheme_colon", 401, BASIC,
            fixed("Authorization: Basic: am9lOng=")),
        row("Basic, glued", "/basic/x", "header.missing_space", 401, BASIC, fixed("Authorization: Basicam9lOng=")),
        row("Basic, twice", "/basic/x", "header.duplicate_scheme", 401, BASIC,
            fixed("Authorization: Basic Basic am9lOng=")),
        row("Basic, quoted", "/basic/x", "header.quoted_token", 401, BASIC, fixed('Authorization: Basic "am9lOng="')),
        row("Basic, in small letters", "/basic/x", "allowed.password", 200,
            make=lambda p, d: [basic("joe", PASSWORD)[0].replace("Basic", "basic")]),
        shape("no colon", "basic.no_colon", b"joe"),
        shape("a colon alone", "header.empty_token", b":"),
        shape("a newline at its end", "basic.control_char", f"joe:{PASSWORD}\n".encode()),
        shape("encoded twice", "basic.no_colon", base64.b64encode(b"joe:secret")),
        shape("too long", "basic.too_large", b"joe:" + b"x" * 2000),
        row("Basic, malformed where 400 is asked for", "/strict/x", bad, 400, [BEARER, BASIC],
            fixed("Authorization: Basic am9lOnNlY3JldA")),
        row("Basic, wrong where 400 is asked for", "/strict/x", wrong, 401, [BEARER, BASIC],
            lambda p, d: basic("joe", "wrong as well")),
        row("Basic, not accepted", "/bearer/x", "scheme.unsupported", 401, BEARER, lambda p, d: basic("joe", PASSWORD)),
        row("Basic, no scope", "/admin/x", "scope.insufficient", 403, [], lambda p, d: basic("joe", PASSWORD)),
        row("a script without credentials", "/basic/x", "header.missing", 401, [("X-Basic", {"realm": REALM})],
            fixed("Sec-Fetch-Mode: cors")),
        row("a script of old", "/basic/x", "header.missing", 401, [("X-Basic", {"realm": REALM})],
            fixed("X-Requested-With: XMLHttpRequest")),
        row("a page that can sign in", "/page/x", "header.missing", 401, [COOKIE],
            fixed("Sec-Fetch-Mode: navigate", "Accept: text/html")),
        row("no browser", "/page/x", "header.missing", 401, [COOKIE, BASIC]),
    ]


def digest_rows():
    def digest(name, reason, status, user="ann", password=PASSWORD, uri="/digest/x", sent_to="/digest/x", stale=None,
               algorithm="SHA-256", path="/digest/x", offered=None, **other):
        def make(place, door):
            heard = door.challenge(path, "Digest", offered or algorithm.removesuffix("-sess"))
            client = Digest(heard, user, password, algorithm)
            return client.fields("GET", uri, **{name.replace("_", "-"): value for name, value in other.items()})
        challenges = [(scheme, {**want, "stale": stale}) for scheme, want in DIGEST] if status == 401 else []
        return row(f"Digest, {name}", sent_to, reason, status, challenges, make)
    bad, qop = "digest.malformed", "digest.qop_nc"
    return [
        row("Digest, none", "/digest/x", "header.missing", 401, DIGEST),
        digest("good", "allowed.password", 200),
        digest("SHA-512-256", "allowed.password", 200, algorithm="SHA-512-256"),
        digest("a session's hash", "allowed.password", 200, algorithm="SHA-256-sess"),
        digest("the user's name hashed", "allowed.password", 200, userhash="true"),
        digest("a query", "allowed.password", 200, uri="/digest/x?a=b&c", sent_to="/digest/x?a=b&c"),
        digest("wrong", "digest.wrong_response", 401, password="wrong"),
        digest("unknown user", "digest.unknown_user", 401, user="nobody"),
        digest("another address", "digest.uri_mismatch", 401, uri="/digest/y"),
        digest("MD5, which was not offered", "digest.algorithm", 401, algorithm="MD5", offered="SHA-256"),
        digest("no nonce", bad, 401, nonce=None),
        digest("a nonce of nobody's", "digest.nonce_unknown", 401, nonce="bm9ib2R5IG1hZGUgdGhpcyBub25jZQ"),
        digest("no qop", qop, 401, qop=None),
        digest("no cnonce", qop, 401, cnonce=None),
        digest("nc of seven digits", qop, 401, nc="0000001"),
        digest("another realm", "digest.realm", 401, realm="elsewhere"),
        digest("no response", bad, 401, response=None),
        digest("a response too short", bad, 401, response="abc"),
    ]


def key_rows():
    def key(name, reason, status, make, path="/apikey/x"):
        challenges = [APIKEY] if status == 401 else []
        return row(f"a key, {name}", path, reason, status, challenges, make)

    def typo(place, door):
        letter = place.key["key"][-9]
        return [f"X-API-Key: {place.key['key'][:-9]}{'a' if letter != 'a' else 'b'}{place.key['key'][-8:]}"]

    def foreign(place, door):
        """Well formed, of another installation."""
        return [f"X-API-Key: {door.foreign_key}"]
    query = lambda p: "/apikey/x?a=1&api_key=" + p.key["key"]  # noqa: E731
    return [
        key("none", "header.missing", 401, lambda p, d: []),
        key("in its field", "allowed.apikey", 200, lambda p, d: [f"X-API-Key: {p.key['key']}"]),
        key("again", "allowed.apikey", 200, lambda p, d: [f"x-api-key: {p.key['key']}"]),
        key("as Api-Key", "allowed.apikey", 200, lambda p, d: [f"Authorization: Api-Key {p.key['key']}"]),
        key("as Bearer", "allowed.apikey", 200, lambda p, d: [f"Authorization: Bearer {p.key['key']}"]),
        key("in the query", "allowed.apikey", 200, lambda p, d: [], query),
        key("in two places", "header.multiple_methods", 401, lambda p, d: [f"X-API-Key: {p.key['key']}"], query),
        key("in two fields", "header.multiple_methods", 401,
            lambda p, d: [f"X-API-Key: {p.key['key']}", f"X-API-Key: {p.key['key']}"]),
        key("cut", "apikey.partial", 401, lambda p, d: [f"X-API-Key: {p.key['key'][:-5]}"]),
        key("of somebody else's", "apikey.partial", 401, lambda p, d: ["X-API-Key: sk_live_abcdefgh"]),
        key("mistyped", "apikey.checksum", 401, typo),
        key("never issued", "apikey.unknown", 401, foreign),
        key("revoked", "apikey.revoked", 401, lambda p, d: [f"X-API-Key: {p.revoked_key['key']}"]),
        key("rotated", "apikey.rotated", 401, lambda p, d: [f"X-API-Key: {p.rotated_key['key']}"]),
        key("expired", "apikey.expired", 401, lambda p, d: [f"X-API-Key: {p.ending_key['key']}"]),
        key("empty", "header.empty_token", 401, lambda p, d: ["X-API-Key: "]),
        key("not accepted", "scheme.unsupported", 401, lambda p, d: [f"Authorization: Api-Key {p.key['key']}"],
            "/basic/x") | {"challenges": [BASIC]},
        key("scope", "scope.insufficient", 403, lambda p, d: [f"X-API-Key: {p.key['key']}"], "/admin/x"),
        row("a token in the query", "/bearer/x?access_token=abc", "header.wrong_location", 401, BEARER),
        row("a token in two places", "/bearer/x?access_token=abc", "header.multiple_methods", 401,
            error("Bearer", "invalid_request"), lambda p, d: [f"Authorization: Bearer {p.token()}"]),
    ]


def cookie_rows():
    def session(name, reason, status, *fields, method="POST", path="/cookie/x", value=None):
        make = lambda p, d: cookie(value or p.session, *fields)  # noqa: E731
        return row(f"a session, {name}", path, reason, status, [COOKIE] if status == 401 else [], make, method)
    cross = "cookie.cross_site"
    return [
        row("a session, none", "/cookie/x", "header.missing", 401, COOKIE),
        session("good", "allowed.session", 200, method="GET"),
        session("good, and changing things", "allowed.session", 200, SAME_SITE),
        session("its own Origin", "allowed.session", 200, f"Origin: {ORIGIN}"),
        session("its own Referer", "allowed.session", 200, f"Referer: {ORIGIN}/page"),
        session("another site", cross, 403, "Sec-Fetch-Site: cross-site"),
        session("a sister's site", cross, 403, "Sec-Fetch-Site: same-site", "Origin: https://other.api.test"),
        session("another Origin", cross, 403, "Origin: https://evil.test"),
        session("no Origin at all", cross, 403),
        session("Origin null", cross, 403, "Origin: null"),
        session("another site looking", "allowed.session", 200, "Sec-Fetch-Site: cross-site", method="GET"),
        session("a WebSocket from another site", cross, 403, "Origin: https://evil.test", "Upgrade: websocket",
                "Connection: Upgrade", method="GET"),
        session("unknown", "cookie.unknown", 401, method="GET", value="x" * 43),
        session("broken", "cookie.unknown", 401, method="GET", value="short"),
        session("an unknown one from another site", "cookie.unknown", 401, "Origin: https://evil.test",
                value="x" * 43),
        row("two sessions", "/cookie/x", "cookie.duplicate", 401, COOKIE,
            lambda p, d: [f"Cookie: __Host-doorward={p.session}; __Host-doorward={'x' * 43}"]),
        row("a session, and a bad token", "/all/x", "token.expired", 401, None,
            lambda p, d: cookie(p.session, f"Authorization: Bearer {p.token(exp=1)}")),
        row("a session, and a bad key", "/all/x", "apikey.partial", 401, None,
            lambda p, d: cookie(p.session, "X-API-Key: dw_x")),
        row("a session that was ended", "/cookie/x", "cookie.revoked", 401, COOKIE,
            lambda p, d: cookie(p.ended_session)),
    ]


def certificate_rows():
    def cert(name, reason, status, which, path="/certificate/x", challenges=(CERTIFICATE,), make=fixed()):
        return row(f"a certificate, {name}", path, reason, status, list(challenges) if status == 401 else [], make,
                   certificate=which)
    broken = "mtls.cert_malformed"
    invalid = error("Bearer", "invalid_token")
    thumb = lambda p: {"x5t#S256": x5t(p.agent[0])}  # noqa: E731
    return [
        cert("none", "header.missing", 401, None),
        cert("good", "allowed.certificate", 200, "agent"),
        cert("of nobody known", "mtls.cert_unknown", 401, "unknown"),
        cert("expired", "mtls.cert_expired", 401, "ended"),
        cert("not base64", broken, 401, None, make=fixed("Client-Cert: :%%%:")),
        cert("without its colons", broken, 401, None, make=lambda p, d: [client_cert(p.agent[0])[0].replace(":", "")
                                                                         .replace("Client-Cert", "Client-Cert:")]),
        cert("no certificate in it", broken, 401, None, make=fixed("Client-Cert: :aGVsbG8=:")),
        cert("twice", broken, 401, None, make=lambda p, d: client_cert(p.agent[0]) * 2),
        cert("no scope", "scope.insufficient", 403, "agent", "/admin/x"),
        cert("its token", "allowed.token", 200, "agent", "/bearer/x",
             make=lambda p, d: [f"Authorization: Bearer {p.token(cnf=thumb(p))}"]),
        cert("its token without it", "mtls.cert_missing", 401, None, "/bearer/x", invalid,
             lambda p, d: [f"Authorization: Bearer {p.token(cnf=thumb(p))}"]),
        cert("its token with another", "mtls.cert_mismatch", 401, "unknown", "/bearer/x", invalid,
             lambda p, d: [f"Authorization: Bearer {p.token(cnf=thumb(p))}"]),
    ]


def opaque_rows():
    def token(name, reason, status, claims, given=None, path="/bearer/x"):
        make = lambda p, d: [f"Authorization: Bearer {p.opaque_token(name.replace(' ', '_'), **claims)}"]  # noqa: E731
        return row(f"an opaque token, {name}", path, reason, status,
                   error("Bearer", "invalid_token") if status == 401 else [], given or make)
    now = int(time.time())
    return [
        token("good", "allowed.token", 200, {"exp": now + 600}),
        token("without an end", "allowed.token", 200, {}),
        token("ended", "token.expired", 401, {"exp": now - 600}),
        token("for another audience", "token.wrong_aud", 401, {"aud": "https://other"}),
        token("for nobody", "token.aud_missing", 401, {"aud": []}),
        token("of another issuer", "token.wrong_iss", 401, {"iss": "https://other"}),
        token("not active", "token.inactive", 401, {}, fixed("Authorization: Bearer op_unknown")),
        token("bound to a key", "dpop.sent_as_bearer", 401, {"cnf": {"jkt": "x" * 43}}),
        token("that nobody may be asked about", "token.opaque_to_jwt", 401, {}, fixed("Authorization: Bearer other")),
        row("an opaque token, no scope", "/admin/x", "scope.insufficient", 403,
            error("Bearer", "insufficient_scope", scope="admin"),
            lambda p, d: [f"Authorization: Bearer {p.opaque_token('narrow')}"]),
    ]


def dpop_rows():
    def dpop(name, reason, status, code="invalid_dpop_proof", url=f"{ORIGIN}/dpop/x", path="/dpop/x", method="GET",
             htm=None, token=None, **more):
        def make(place, door):
            return place.prover.fields(htm or method, url, token(place) if token else place.bound(),
                                       **{k: v(place) if callable(v) else v for k, v in more.items()})
        return row(f"DPoP, {name}", path, reason, status, error("DPoP", code) if status == 401 else [], make, method)
    bad = "dpop.proof_malformed"
    now = int(time.time())
    return [
        row("DPoP, none", "/dpop/x", "header.missing", 401, DPOP),
        dpop("good", "allowed.token", 200),
        dpop("good, its address spelt otherwise", "allowed.token", 200, url="HTTPS://API.test:443/%64pop/x"),
        dpop("a query is not looked at", "allowed.token", 200, path="/dpop/x?a=b"),
        row("DPoP, no proof", "/dpop/x", "dpop.proof_missing", 401, error("DPoP", "invalid_dpop_proof"),
            lambda p, d: [f"Authorization: DPoP {p.bound()}"]),
        row("DPoP, two proofs", "/dpop/x", "dpop.proof_multiple", 401, error("DPoP", "invalid_dpop_proof"),
            lambda p, d: p.prover.fields("GET", f"{ORIGIN}/dpop/x", p.bound()) +
            [f"DPoP: {p.prover.proof('GET', ORIGIN, 'x')}"]),
        row("DPoP, no JWT", "/dpop/x", bad, 401, error("DPoP", "invalid_dpop_proof"),
            lambda p, d: [f"Authorization: DPoP {p.bound()}", "DPoP: a.b.c"]),
        dpop("another method", "dpop.htm_mismatch", 401, htm="POST"),
        dpop("another address", "dpop.htu_mismatch", 401, url=f"{ORIGIN}/dpop/y"),
        dpop("another host", "dpop.htu_mismatch", 401, url="https://other.test/dpop/x"),
        dpop("another token's", "dpop.ath_mismatch", 401, ath="x" * 43),
        dpop("no ath", "dpop.ath_mismatch", 401, ath=None),
        dpop("old", "dpop.iat_window", 401, iat=now - 3600),
        dpop("from the future", "dpop.iat_window", 401, iat=now + 3600),
        dpop("iat as text", bad, 401, iat="now"),
        dpop("no jti", bad, 401, jti=None),
        dpop("of another type", bad, 401, header={"typ": "JWT"}),
        dpop("alg none", bad, 401, header={"alg": "none"}),
        dpop("no key in it", bad, 401, header={"jwk": None}),
        dpop("signed by somebody else", "dpop.proof_signature", 401, signer=lambda p: Key("ES256", "thief")),
        dpop("of another key", "dpop.key_mismatch", 401, "invalid_token",
             token=lambda p: p.token(cnf={"jkt": "x" * 43})),
        dpop("its token bound to none", "dpop.not_bound", 401, "invalid_token", token=lambda p: p.token()),
        dpop("its token expired", "token.expired", 401, "invalid_token", token=lambda p: p.bound(exp=1)),
        row("DPoP, sent as Bearer", "/bearer/x", "dpop.sent_as_bearer", 401, error("Bearer", "invalid_token"),
            lambda p, d: [f"Authorization: Bearer {p.bound()}"]),
        row("DPoP, no scope", "/admin/x", "scope.insufficient", 403, error("DPoP", "insufficient_scope", scope="admin"),
            lambda p, d: p.prover.fields("GET", f"{ORIGIN}/admin/x", p.bound())),
    ]


def policy_rows():
    def token(name, path, reason, status, challenges, **claims):
        return row(name, path, reason, status, challenges,
                   lambda p, d: [f"Authorization: Bearer {p.token(**claims)}"])
    step_up = "insufficient_user_authentication"
    now = int(time.time())
    metadata = f"{ORIGIN}/.well-known/oauth-protected-resource"
    return [
        row("every scheme is offered, in order", "/all/x", "header.missing", 401, EVERY),
        row("and where to read on", "/bearer/x", "header.missing", 401,
            [("Bearer", {"resource_metadata": metadata})]),
        token("a tenant of its own", "/tenants/acme/x", "allowed.token", 200, [], tenant="acme"),
        token("another tenant", "/tenants/acme/x", "claim.mismatch", 403, [], tenant="other"),
        token("no tenant", "/tenants/acme/x", "claim.mismatch", 403, []),
        token("one of its tenants", "/tenants/acme/x", "allowed.token", 200, [], tenant=["a", "acme"]),
        token("signed in just now", "/fresh", "allowed.token", 200, [], auth_time=now - 10),
        token("signed in long ago", "/fresh", "stepup.max_age", 401, error("Bearer", step_up, max_age="300"),
              auth_time=now - 1000),
        token("signed in nobody knows when", "/fresh", "stepup.max_age", 401, error("Bearer", step_up)),
        token("strongly", "/strong", "allowed.token", 200, [], acr="hwk"),
        token("weakly", "/strong", "stepup.acr", 401, error("Bearer", step_up, acr_values="mfa hwk"), acr="pwd"),
        token("a route's own audience", "/reports", "token.wrong_aud", 401, error("Bearer", "invalid_token")),
        token("and it is met", "/reports", "allowed.token", 200, [], aud=[AUDIENCE, "https://reports.test"]),
        row("hidden", "/hidden/x", "header.missing", 404),
        token("hidden, expired", "/hidden/x", "token.expired", 404, [], exp=1),
        token("hidden, found", "/hidden/x", "allowed.token", 200, []),
        row("a preflight", "/cors/x", "allowed.preflight", 200, [],
            fixed("Origin: https://app.test", "Access-Control-Request-Method: GET"), "OPTIONS"),
        row("a preflight of a stranger", "/cors/x", "header.missing", 401, BEARER,
            fixed("Origin: https://evil.test", "Access-Control-Request-Method: GET"), "OPTIONS"),
        row("OPTIONS, no preflight", "/cors/x", "header.missing", 401, BEARER, fixed(), "OPTIONS"),
        row("OPTIONS where no script may call", "/bearer/x", "header.missing", 401, BEARER,
            fixed("Origin: https://app.test", "Access-Control-Request-Method: GET"), "OPTIONS"),
        row("open", "/open", "allowed.anyone", 200, [], lambda p, d: basic("joe", "whatever")),
    ]


def all_rows():
    return (basic_rows() + digest_rows() + key_rows() + cookie_rows() + certificate_rows() + opaque_rows() +
            dpop_rows() + policy_rows())
