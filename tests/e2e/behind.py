# SPDX-License-Identifier: Apache-2.0
"""What has to hold behind every proxy that asks PREFIX verify."""

from proxies import *  # noqa: F401,F403

HOST = "http://localhost"       # where the tests' client says it is
FORGED = ["Doorward-Subject: root", "doorward-scope: admin", "Doorward-Client: root", "Doorward-Issuer: root",
          "Doorward-Scheme: root", "Doorward-Id: root", "Doorward-Secret: root", "Doorward_Subject: root"]
# What a client could say in the proxy's place, if that let it.
CLAIMED = [["X-Original-URI: /open", "X-Original-Method: GET"], ["X-Original-Url: http://localhost/open"],
           ["X-Forwarded-Uri: /open", "X-Forwarded-Method: GET"], ["X-Forwarded-Method: OPTIONS"],
           ["X-Original-Method: OPTIONS"], ["Doorward-Ask: 1"], ["Doorward-Source: 192.0.2.1"],
           ["Doorward-Reason: allowed.anyone"]]


def proc_state(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def call_https(port, path, fields=(), certificate=None):
    """With (certificate, path of it as PEM, path of its key)."""
    context = ssl._create_unverified_context()
    if certificate is not None:
        context.load_cert_chain(*certificate[1:])
    with Connection(port) as connection:
        connection.socket = context.wrap_socket(connection.socket, server_hostname="localhost")
        return connection.call(path, fields=fields)


class Proxy:
    """
    What holds behind a proxy. `lacks` names what this one cannot do, as its page says:
      challenges  only the first challenge comes through
      body        the body is the proxy's own
      told        what is let in brings no Authentication-Info
      body-first  a denial waits for the whole body
      come-back   there is no Retry-After where the daemon is gone
      hang        it waits half a minute for a daemon that says nothing
    """

    def __init__(self, place, name, port, lacks=(), gone=503):
        self.place, self.name, self.port, self.lacks, self.gone = place, name, port, lacks, gone

    def call(self, path="/bearer/x", **more):
        return call(self.port, path, **more)

    def same(self, name, got, want, *details):
        return same(f"{self.name}: {name}", got, want, *details)

    def check_all(self):
        self.check_denials()
        self.check_let_in()
        self.check_forgeries()
        self.check_spellings()
        self.check_bodies()
        self.check_schemes()
        self.check_dpop()
        self.check_scripts()
        self.check_websocket()
        self.check_curl()
        self.check_throttle()
        self.check_gone()

    # -- Turned away --

    def check_denials(self):
        good, expired = self.place.token(), self.place.token(exp=1)
        for name, path, fields, status, reason, challenges in (
                ("no credentials", "/all/x", [], 401, "header.missing", EVERY),
                ("a token that has expired", "/bearer/x", [f"Authorization: Bearer {expired}"], 401, "token.expired",
                 error("Bearer", "invalid_token")),
                ("a scope lacking", "/admin/x", [f"Authorization: Bearer {good}"], 403, "scope.insufficient",
                 error("Bearer", "insufficient_scope", scope="admin")),
                ("hidden", "/hidden/x", [], 404, "header.missing", []),
                ("malformed", "/strict/x", ["Authorization: Bearer ?"], 400, "header.illegal_char",
                 [*error("Bearer", "invalid_request"), BASIC])):
            self.check_denial(name, self.call(path, fields=fields), status, reason, challenges)
        response = self.call("/all/x", method="HEAD")
        self.same("HEAD", (response.status, response.body), (401, b""), response)
        response = self.call(fields=[f"Authorization: Bearer {good}", f"Authorization: Bearer {expired}"])
        check(f"{self.name}: two Authorization fields", response.status in (400, 401), response)

    def check_denial(self, name, response, status, reason, challenges):
        if "challenges" in self.lacks:
            challenges = challenges[:1]
        entry = {"status": status, "reason": reason, "challenges": challenges}
        got = self.place.reason(response)
        problems = compare(entry, (response.status, got, challenges_of(response), response))
        if "body" not in self.lacks:
            problems += self.body_problems(response, status)
        check(f"{self.name}: {name}: {status} {reason}", not problems, *problems, response)

    @staticmethod
    def body_problems(response, status):
        if response.get("Content-Type") != "application/problem+json":
            return [f"Content-Type {response.get('Content-Type')}"]
        body = response.json()
        if (body["status"], body["id"]) != (status, response.get("Doorward-Id")):
            return [f"another body: {body}"]
        return []

    # -- Let in --

    def check_let_in(self):
        response = self.call("/bearer/x?a=b%20c", token=self.place.token())
        told = response.told()
        self.same("a token", (response.status, response.json()["path"]), (200, "/bearer/x?a=b%20c"), response)
        self.same("the upstream is told who calls", [told.get(f"doorward-{name}") for name in
                                                    ("subject", "client", "scope", "issuer")],
                  ["user-1", "client-1", "read write", self.place.issuer.url])
        response = self.call(token=self.place.token(padding="x" * 8500))
        self.same("a large token", response.status, 200, response)
        response = self.call(token=self.place.token(sub="\u00e9" * 600, client_id="\u00e9" * 600))
        self.same("a long name", (response.status, response.told().get("doorward-client")), (200, "%C3%A9" * 600),
                  response)
        self.place.issuer.keys.insert(0, Key("ES256", "new"))
        self.same("a token of a key not seen before", self.call(token=self.place.token()).status, 200)
        self.same("HEAD, let in", self.call(method="HEAD", token=self.place.token()).status, 200)
        response = self.call("/open", fields=FORGED)
        self.same("open to anyone", response.status, 200, response)
        self.check_not_forged("a stranger's own identity", response)
        self.same("nobody is told as nobody", self.identity(response), [], response)
        response = self.call(token=self.place.token(client_id=None, scope=None), fields=FORGED)
        self.same("a token that says little", response.told().get("doorward-subject"), "user-1", response)
        self.check_not_forged("the rest of the client's own", response)
        self.same("what is not known is not told", self.identity(response), ["doorward-issuer", "doorward-subject"],
                  response)
        self.same("nothing is told the client that is not there", [value for value in (
            response.get("Authentication-Info"), response.get("DPoP-Nonce")) if value is not None], [], response)

    @staticmethod
    def identity(response):
        return sorted(name for name in response.told()
                      if name.startswith("doorward") and name not in ("doorward-id", "doorward-scheme"))

    def check_not_forged(self, name, response):
        """Nothing the client wrote, nor the secret, gets to the upstream."""
        seen = [f"{field}: {value}" for field, value in response.json()["fields"]
                if value in ("root", "admin", self.place.secret)]
        self.same(f"{name} does not get through", seen, [], response)

    # -- What a client says in the proxy's place --

    def check_forgeries(self):
        for fields in CLAIMED:
            response = self.call("/bearer/x", fields=fields)
            check(f"{self.name}: {'; '.join(fields)}: not let in", response.status in (400, 401), response)
        response = self.call("/certificate/x", fields=client_cert(self.place.agent[0]))
        self.same("a certificate that is only said to be there", response.status, 401, response)
        response = self.call("/bearer/x", fields=[f"Doorward-Secret: {SECRET}"], token=self.place.token())
        self.same("a secret of the client's own", response.status, 200, response)
        self.check_not_forged("it", response)

    def check_spellings(self):
        """However the path is spelt, /admin needs its scope."""
        token = self.place.token()
        for path in ("/admin/x", "/x/../admin/x", "/x/..//%61dmin/x", "/open/../admin/x", "/open/..%2fadmin/x",
                     "/open/%2e%2e/admin/x", "//admin/x", "/./admin/x", "/open/..;/admin/x", "/open/..%5cadmin/x",
                     "/admin%2fx", "/open?/../admin/x", "/open#/../admin/x", "/admin/x?/open", "http://localhost/admin/x",
                     "http://localhost/open/../admin/x", "*"):
            response = self.call(path, token=token)
            seen = response.json()["path"] if response.status == 200 else None
            fine = seen is None or (seen.split("?")[0] == "/open" and path.startswith("/open"))
            check(f"{self.name}: {path}: {response.status}, and no way to /admin", fine, response)

    # -- Bodies --

    def check_bodies(self):
        body = b"x" * 5_000_000
        response = self.call(method="POST", token=self.place.token(), body=body)
        self.same("a large upload", (response.status, response.status == 200 and response.json()["size"]),
                  (200, len(body)), response)
        with Connection(self.port) as connection:
            connection.send("POST /bearer/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                            f"Authorization: Bearer {self.place.token()}\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
            self.same("an upload in chunks", connection.receive().status, 200)
        response = self.call(method="DELETE", token=self.place.token())
        self.same("another method", response.json()["method"], "DELETE", response)
        if "body-first" not in self.lacks:
            with Connection(self.port) as connection:
                connection.send("POST /bearer/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
                self.same("a denial does not wait for the body", connection.receive().status, 401)

    # -- Credentials --

    def check_schemes(self):
        place = self.place
        for name, path, fields, status in (
                ("Basic", "/basic/x", basic("joe", PASSWORD), 200),
                ("Basic, wrong", "/basic/x", basic("joe", "wrong"), 401),
                ("an API key", "/apikey/x", [f"X-API-Key: {place.key['key']}"], 200),
                ("an API key as Api-Key", "/apikey/x", [f"Authorization: Api-Key {place.key['key']}"], 200),
                ("an API key, revoked", "/apikey/x", [f"X-API-Key: {place.revoked_key['key']}"], 401),
                ("an API key in the query", f"/apikey/x?api_key={place.key['key']}", [], 200),
                ("a session", "/cookie/x", cookie(place.session), 200),
                ("a session nobody has", "/cookie/x", cookie("x" * 43), 401),
                ("an opaque token", "/bearer/x", [f"Authorization: Bearer {place.opaque_token('p')}"], 200)):
            response = self.call(path, fields=fields)
            self.same(f"{name}: {status}", response.status, status, response)
        response = self.call("/cookie/x", method="POST", fields=cookie(place.session, f"Origin: {HOST}"))
        self.same("a session changes things from its own page", response.status, 200, response)
        response = self.call("/cookie/x", method="POST", fields=cookie(place.session, "Origin: http://evil.test"))
        self.same("a session of another page's", response.status, 403, response)

    def digest_challenge(self):
        """The first, whether the proxy passes on one or all."""
        return [value for scheme, value in challenges_of(self.call("/digest/x")) if scheme == "Digest"][0]

    def check_dpop(self):
        place, url = self.place, f"{HOST}/dpop/x"
        fields = place.prover.fields("GET", url, place.bound())
        self.same("a proof for this address", self.call("/dpop/x", fields=fields).status, 200)
        self.same("the same proof again", self.call("/dpop/x", fields=fields).status, 401)
        fields = place.prover.fields("GET", "http://evil.test/dpop/x", place.bound())
        response = self.call("/dpop/x", fields=[*fields, "X-Forwarded-Host: evil.test"])
        self.same("a proof for where the client says it is", response.status, 401, response)
        fields = place.prover.fields("POST", url, place.bound())
        self.same("a proof for another method", self.call("/dpop/x", fields=fields).status, 401)
        self.same("for this one", self.call("/dpop/x", method="POST", body=b"x", fields=fields).status, 200)
        fields = Digest(self.digest_challenge(), "joe", PASSWORD).fields("GET", "/digest/x?a=b")
        response = self.call("/digest/x?a=b", fields=fields)
        self.same("Digest", response.status, 200, response)
        if "told" not in self.lacks:
            check(f"{self.name}: Authentication-Info comes through", response.get("Authentication-Info"), response)

    # -- Browsers --

    def check_scripts(self):
        fields = ["Origin: https://app.test", "Access-Control-Request-Method: GET"]
        response = self.call("/cors/x", method="OPTIONS", fields=fields)
        self.same("a preflight is the upstream's to answer", response.status, 200, response)
        self.same("one of a stranger's page", self.call("/cors/x", method="OPTIONS", fields=[
            "Origin: https://evil.test", "Access-Control-Request-Method: GET"]).status, 401)
        response = self.call("/cors/x", fields=["Origin: https://app.test"])
        self.same("a script may read why it was turned away",
                  (response.status, response.get("Access-Control-Allow-Origin")), (401, "https://app.test"), response)
        page = ["Accept: text/html", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"]
        response = self.call("/cookie/x", fields=page)
        if "body" not in self.lacks:
            check(f"{self.name}: a visitor gets a page to sign in on", response.status == 401 and
                  b"<form" in response.body, response)
        self.check_sign_in()

    def check_sign_in(self):
        response = self.call("/doorward/signin", fields=["Accept: text/html"])
        self.same("the page to sign in on", (response.status, b"<form" in response.body), (200, True), response)
        value = sign_in(self.port, "joe", PASSWORD, origin=HOST)
        self.same("a session begun there", self.call("/cookie/x", fields=cookie(value)).status, 200)
        response = self.call("/.well-known/oauth-protected-resource")
        self.same("what the resource says of itself", response.status, 200, response)
        for path in ("/doorward/verify", "/doorward/%76erify", "/doorward//verify", "/doorward/x/../verify"):
            response = self.call(path, fields=["X-Original-Method: GET", "X-Original-URI: /open"])
            check(f"{self.name}: {path} is nobody's to ask", response.status != 200, response)

    def check_websocket(self):
        upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        with Connection(self.port) as connection:
            response = connection.call("/bearer/x", token=self.place.token(), fields=upgrade)
            self.same("a WebSocket", (response.status, response.get("Subject")), (101, "user-1"), response)
            connection.send(b"\x81\x02hi")
            self.same("it carries", connection.take(4), b"\x81\x02hi")
        response = self.call(fields=upgrade)
        self.same("a WebSocket without a token", response.status, 401, response)
        response = self.call("/cookie/x", fields=cookie(self.place.session, "Origin: http://evil.test", *upgrade))
        self.same("a WebSocket of another site's page", response.status, 403, response)

    # -- Real clients --

    def check_curl(self):
        for name, options, path in (("-u", ["-u", f"joe:{PASSWORD}"], "/basic/x"),
                                    ("--digest", ["--digest", "-u", f"joe:{PASSWORD}"], "/digest/x"),
                                    ("--oauth2-bearer", ["--oauth2-bearer", self.place.token()], "/bearer/x")):
            done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *options,
                                   f"http://localhost:{self.port}{path}"], capture_output=True, text=True)
            self.same(f"curl {name}", done.stdout, "200", done.stderr)

    # -- Trouble --

    def check_throttle(self):
        """Whatever address a client says it has."""
        for n in range(40):
            response = self.call("/basic/x", fields=[*basic("joe", f"wrong {n}"), f"X-Forwarded-For: 192.0.2.{n}",
                                                     f"X-Real-IP: 192.0.2.{n}"])
            if response.status != 401:
                break
        self.same("too many guesses", response.status, 429, response)
        check(f"{self.name}: it says until when", (response.get("Retry-After") or "").isdigit(), response)
        self.same("the right password still lets in", self.call("/basic/x", fields=basic("joe", PASSWORD)).status, 200)

    def check_gone(self):
        place = self.place
        if "hang" not in self.lacks:
            place.daemon.kill(signal.SIGSTOP)
            wait_for("the daemon to stand still", lambda: proc_state(place.daemon.pid) == "T")
            response = self.call(token=place.token())
            place.daemon.kill(signal.SIGCONT)
            self.same("the daemon says nothing: not let in", response.status, self.gone, response)
        place.daemon.stop()
        for name, more in (("a good token", {"token": place.token()}), ("nothing", {}),
                           ("the open route", {"path": "/open"})):
            response = self.call(**more)
            self.same(f"the daemon gone, {name}: never let in, never 401", response.status, self.gone, response)
        if "come-back" not in self.lacks:
            check(f"{self.name}: and when to come back", response.get("Retry-After"), response)
        place.start()
        self.same("the daemon back", self.call(token=place.token()).status, 200)
        for status in (401, 429, 500, 503):
            response = self.call(f"/status/{status}", token=place.token())
            self.same(f"the upstream's own {status} stays its own", (response.status, response.body),
                      (status, b'{"upstream": "says so"}'), response)

    # -- Other ways to be set up, as the page says --

    def check_socket(self):
        """The daemon is asked on its unix socket, where no secret is wanted and clients could say more."""
        place, url = self.place, f"{HOST}/dpop/x"
        self.same("over the socket, a token", self.call(token=place.token()).status, 200)
        response = self.call(fields=["Doorward-Source: 192.0.2.1"])
        self.same("over the socket, none", response.status, 401, response)
        fields = [*place.prover.fields("GET", url, place.bound()), "Doorward-Ask: 1"]
        self.same("over the socket, a proof", self.call("/dpop/x", fields=fields).status, 200)
        self.same("over the socket, the same again", self.call("/dpop/x", fields=fields).status, 401)

    def check_secret(self):
        """It sends a secret that is not the daemon's."""
        for path in ("/bearer/x", "/open"):
            response = self.call(path, token=self.place.token())
            self.same(f"another secret, {path}", response.status, 503, response)

    def check_certificates(self):
        """It speaks TLS, and asks clients for certificates."""
        place, forged = self.place, client_cert(self.place.agent[0])

        for name, certificate, fields, status, subject in (
                ("a certificate", place.agent, [], 200, "agent-7"), ("none", None, [], 401, None),
                ("another", place.unknown, [], 401, None), ("none, but said to be there", None, forged, 401, None),
                ("another, but said to be this", place.unknown, forged, 401, None)):
            response = call_https(self.port, "/certificate/x", fields, certificate)
            self.same(name, response.status, status, response)
            if status == 200:
                self.same(f"{name}: who that is", response.told().get("doorward-subject"), subject)
        fields = place.prover.fields("GET", "https://localhost/dpop/x", place.bound())
        self.same("a proof for https", call_https(self.port, "/dpop/x", fields).status, 200)
