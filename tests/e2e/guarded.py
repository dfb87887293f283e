# SPDX-License-Identifier: Apache-2.0
"""A site that takes every kind of credentials, somebody who has some of each, and connections to each worker."""

import sqlite3

from foreign import *      # noqa: F401,F403
from scenario import *     # noqa: F401,F403
from credentials import *  # noqa: F401,F403
from doors import sign_in  # noqa: F401

ACCEPT = ["bearer", "basic", "digest", "apikey", "cookie"]
EDGE_SECONDS = 1  # until a revocation is in force everywhere
KEPT_ALIVE = 900  # requests on one connection, of which nginx allows 1000


def introspected(world, server, prefix, client="door", secret="s3cret", ttl="60s"):
    """Trust in an issuer whose tokens begin so, and are asked about (RFC 7662)."""
    url = f"http://127.0.0.1:{server.port}"
    keys = world.write("unused-keys.json", jwks(Key("ES256", "unused")))
    return {"issuer": url, "audience": AUDIENCE, "jwks_file": keys,
            "introspection": {"url": f"{url}/introspect", "client_id": client, "ttl": ttl, "prefix": prefix,
                              "client_secret_file": world.write(f"client-secret-{prefix}", f"{secret}\n")}}


class Guarded(Site):
    """`doorward run` in front of the example API, with an issuer of JWTs and one of opaque tokens."""

    def __init__(self, world, routes=(), ttl="60s", also=(), **settings):
        """`also` are further entries of `trust`."""
        self.jwt_issuer = world.keep(Foreign(Key("ES256", "ec")))
        self.opaque_issuer = world.keep(introspecting_issuer())
        self.opaque_url = f"http://127.0.0.1:{self.opaque_issuer.port}"
        trust = [*trusted(self.jwt_issuer.url), introspected(world, self.opaque_issuer, "op_", ttl=ttl), *also]
        super().__init__(world, trust, [*routes, {"path": "/**", "accept": ACCEPT}], origin=ORIGIN, **settings)

    def doorward(self, *words, input=None):
        """What a verb prints, as JSON."""
        done = subprocess.run([PROGRAM, *words, "--data", self.data, "--json"], input=input, text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"doorward {' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def kill_all(self):
        """kill -9 of whatever runs here."""
        self.daemon.kill(signal.SIGKILL)
        self.daemon.wait()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for("the end of all", lambda: not any(map(is_alive, self.processes())))

    def lose_edge(self):
        shutil.rmtree(f"{self.data}/edge")

    # -- Credentials: each as the fields of a request --

    def jwt(self, **more):
        return mint(self.jwt_issuer.keys[0], claims(self.jwt_issuer.url, AUDIENCE, **more))

    def opaque(self, name, **more):
        token = f"op_{name}"
        self.opaque_issuer.tokens[token] = {"active": True, "sub": "user-9", "aud": AUDIENCE,
                                            "iat": int(time.time()), **more}
        return token

    def add_key(self, owner="ci", *words):
        """{"id": ..., "key": ...}"""
        return self.doorward("apikey", "add", "--owner", owner, *words)

    def add_user(self, name, password=PASSWORD):
        self.doorward("user", "add", name, "--password-stdin", "-c", self.config, input=password)

    def passwd(self, name, password):
        self.doorward("user", "passwd", name, "--password-stdin", "-c", self.config, input=password)

    def sign_in(self, name, password=PASSWORD):
        """(the cookie's value, the session's id)"""
        before = {session["id"] for session in self.doorward("session", "list")}
        value = sign_in(self.port, name, password)
        id, = {session["id"] for session in self.doorward("session", "list")} - before
        return value, id


def bearer(token):
    return [f"Authorization: Bearer {token}"]


def api_key(key):
    return [f"X-API-Key: {key['key']}"]


def session_cookie(value):
    return [f"Cookie: __Host-doorward={value}"]


# -- Connections ------------------------------------------------------------------------------------

class From(Connection):
    """A connection from another address of this machine: 127.0.0.N."""

    def __init__(self, port, source, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""


def call_from(source, port, path="/", **more):
    with From(port, source) as connection:
        return connection.call(path, **more)


class Crowd:
    """Kept-alive connections, some to each worker of a site."""

    def __init__(self, site, each=3):
        self.site, self.each = site, each
        self.open()

    def open(self):
        self.connections, self.times = [], 0
        workers = self.site.workers()
        for worker in workers:
            others = [pid for pid in workers if pid != worker]
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            mine = [Connection(self.site.port) for _ in range(self.each)]
            answers = statuses(connection.call(OPEN) for connection in mine)
            for pid in others:
                os.kill(pid, signal.SIGCONT)
            if answers != [200] * self.each:
                raise RuntimeError(f"worker {worker} answers {answers}")
            self.connections += mine

    def close(self):
        for connection in self.connections:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def ask(self, fields, path="/"):
        """Each status seen, once."""
        self.times += 1
        if self.times > KEPT_ALIVE:
            self.close()
            self.open()
        return sorted({connection.call(path, fields=fields).status for connection in self.connections})

    def until(self, fields, wanted=(401,), seconds=5):
        """Seconds until every worker had said one of these; a day: they never did."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if set(self.ask(fields)) <= set(wanted):
                return time.monotonic() - begun
            time.sleep(0.005)
        return 86400


class OnSocket(Connection):
    """A connection to the daemon itself, as another proxy of this machine may have."""

    def __init__(self, site, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(f"{site.data}/run/daemon.sock")
        self.buffer = b""


def verify_from(site, source, path="/", fields=(), **more):
    """What another proxy is told of such a request."""
    with OnSocket(site) as connection:
        return connection.call("/doorward/verify", fields=[
            "X-Original-Method: GET", f"X-Original-URI: {path}", f"X-Forwarded-For: {source}", *fields], **more)
