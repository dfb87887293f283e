#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""curl, with each option it has to say who one is. Its Digest is not ours: RFC 7616 read by somebody else."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from doors import *  # noqa: E402,F403

CURL = shutil.which("curl")
UTF8_PASSWORD = "grüß Gott!"
NONCE_LIFE = 3


class Patient(Place):
    """Its nonces end soon."""

    def policy(self):
        policy = super().policy()
        policy["schemes"]["digest"]["nonce_life"] = f"{NONCE_LIFE}s"
        return policy


class Slow(Echo):
    """/digest/on?SECONDS/PATH leads on to that path, after a while."""

    def do_GET(self):
        way = re.fullmatch(r"/digest/on\?([\d.]+)(/.*)", self.path)
        if way is None:
            return self.echo()
        time.sleep(float(way[1]))
        self.reply(303, "", Location=way[2])


class Curl:
    """Runs curl for a path. `sent` and `got` are what it says of each request: its Authorization, and the status."""

    def __init__(self, world, port):
        self.world, self.port = world, port

    def __call__(self, *words, scheme="http"):
        *options, path = words
        line = [CURL, "-q", "-sv", "--noproxy", "*", "-4", "--max-time", "20", "-w", "\n%{num_connects} made\n",
                *options, f"{scheme}://localhost:{self.port}{path}"]
        done = subprocess.run(line, capture_output=True, text=True, cwd=self.world.path, timeout=60)
        self.said, self.out = done.stderr, done.stdout
        self.got = [int(status) for status in re.findall(r"^< HTTP/1\.1 (\d+)", done.stderr, re.M)]
        self.ids = re.findall(r"^< Doorward-Id: (\S+)", done.stderr, re.M)
        self.sent = re.findall(r"^> Authorization: (.*?)\r?$", done.stderr, re.M)
        self.connects = sum(map(int, re.findall(r"^(\d+) made$", done.stdout, re.M)))
        return self.got

    def echoed(self):
        """What the upstream was told, in the last answer."""
        return json.loads((re.findall(r"^\{.*\}$", self.out, re.M) or ['{"fields": []}'])[-1])

    def told(self, name):
        return {name.lower(): value for name, value in self.echoed()["fields"]}.get(name, "")

    def who(self):
        return urllib.parse.unquote(self.told("doorward-subject"))

    def all(self):
        return f"{self.said}\n{self.out}"


def names(sent):
    return [value.split(" ")[0] for value in sent]


def test_basic(curl):
    same("-u", (curl("-u", f"joe:{PASSWORD}", "/basic/x"), curl.who(), names(curl.sent)), ([200], "joe", ["Basic"]))
    same("-u, the password with colons is another", curl("-u", f"joe:{PASSWORD}:", "/basic/x"), [401])
    same("-u, wrong", curl("-u", "joe:wrong", "/basic/x"), [401])
    same("-u, UTF-8", (curl("-u", f"jürgen:{UTF8_PASSWORD}", "/basic/x"), curl.who()), ([200], "jürgen"))
    same("a user without a scope", curl("-u", f"jürgen:{UTF8_PASSWORD}", "/admin/x"), [403])


def test_digest(curl):
    joe = ["--digest", "-u", f"joe:{PASSWORD}"]
    same("--digest", (curl(*joe, "/digest/x?a=b,c"), curl.who()), ([401, 200], "joe"), curl.all())
    same("it takes SHA-256, the first", re.findall(r"algorithm=([\w-]+)", curl.sent[-1]), ["SHA-256"])
    same("on one connection", curl.connects, 1, curl.out)
    check("the server's proof comes back",
          re.search(r'^< Authentication-Info: .*rspauth="[0-9a-f]{64}"', curl.said, re.M), curl.said)
    same("on its way it uses the nonce again", curl(*joe, "-L", "/digest/on?0/digest/on?0/digest/x"),
         [401, 303, 303, 200], curl.all())
    same("and counts", [re.search(r"nc=(\d+)", value)[1] for value in curl.sent],
         ["00000001", "00000002", "00000003"])
    same("wrong", curl("--digest", "-u", "joe:wrong", "/digest/x"), [401, 401])
    same("unknown", curl("--digest", "-u", "nobody:wrong", "/digest/x"), [401, 401])
    same("UTF-8", (curl("--digest", "-u", f"jürgen:{UTF8_PASSWORD}", "/digest/x"), curl.who()),
         ([401, 200], "jürgen"))
    same("POST", (curl(*joe, "-d", "some=body", "/digest/x"), curl.echoed()["size"]),
         ([401, 200], 9), curl.all())
    same("HEAD", curl(*joe, "-I", "/digest/x"), [401, 200])
    same("quotes and spaces in the address", curl(*joe, "/digest/a%20b%22c?d=%2F"), [401, 200], curl.all())


def test_stale(curl):
    same("a nonce that ends on the way", curl("--digest", "-u", f"joe:{PASSWORD}", "-L",
                                              f"/digest/on?{NONCE_LIFE + 1.2}/digest/x"),
         [401, 303, 401, 200], curl.all())
    challenges = re.findall(r"^< WWW-Authenticate: (Digest .*)", curl.said, re.M | re.I)
    same("the first challenges are not stale, the second are",
         [parameters(value).get("stale") for value in challenges], [None, None, "true", "true"])
    same("all on one connection", curl.connects, 1)


def test_any(curl):
    def any_auth(path):
        return curl("--anyauth", "-u", f"joe:{PASSWORD}", path), names(curl.sent)[-1:]
    same("--anyauth where all is offered takes Digest", any_auth("/all/x"), ([401, 200], ["Digest"]), curl.all())
    same("--anyauth where Basic is", any_auth("/page/x"), ([401, 200], ["Basic"]), curl.all())
    same("--anyauth where neither is", any_auth("/apikey/x"), ([401], []), curl.all())
    same("--anyauth where one may just come in", any_auth("/open"), ([200], []), curl.all())


def test_others(curl, place):
    good = place.token()
    same("--oauth2-bearer", (curl("--oauth2-bearer", good, "/bearer/x"), names(curl.sent)), ([200], ["Bearer"]))
    same("--oauth2-bearer, expired", curl("--oauth2-bearer", place.token(exp=1), "/bearer/x"), [401])
    same("-H X-API-Key", (curl("-H", f"X-API-Key: {place.key['key']}", "/apikey/x"), curl.told("doorward-scope")),
         ([200], "read"))
    same("-H X-API-Key, revoked", curl("-H", f"X-API-Key: {place.revoked_key['key']}", "/apikey/x"), [401])
    same("-u as a key's field cannot be", curl("-u", f"{place.key['key']}:", "/apikey/x"), [401])
    same("a key in the query", curl(f"/apikey/x?b=1&api_key={place.key['key']}"), [200])
    same("is not told on", curl.echoed()["path"], "/apikey/x?b=1")


def test_jar(curl):
    """curl keeps a Secure cookie of http://localhost."""
    form = ["--data-urlencode", "username=joe", "--data-urlencode", "return=/cookie/x?a=b", "-H", f"Origin: {ORIGIN}"]
    same("signing in, wrong", curl("-c", "jar", *form, "--data-urlencode", "password=wrong", "/doorward/signin"), [401])
    same("signing in, and on to where it leads",
         curl("-L", "-c", "jar", *form, "--data-urlencode", f"password={PASSWORD}", "/doorward/signin"), [303, 200],
         curl.all())
    same("--cookie", (curl("-b", "jar", "/cookie/x"), curl.who()), ([200], "joe"))
    same("--cookie, to change things", curl("-b", "jar", "-X", "DELETE", "-H", f"Origin: {ORIGIN}", "/cookie/x"), [200])
    same("--cookie, not saying whence", curl("-b", "jar", "-X", "DELETE", "/cookie/x"), [403])
    same("signing out", curl("-b", "jar", "-c", "jar2", "-d", "", "-H", f"Origin: {ORIGIN}", "/doorward/signout"),
         [303])
    same("the jar is empty", curl("-b", "jar2", "/cookie/x"), [401])
    same("the old one is of no use", curl("-b", "jar", "/cookie/x"), [401])


def test_certificate(curl, place):
    def with_certificate(certificate, path, *more):
        return curl("--cacert", place.authority.file, "--cert", certificate[1], "--key", certificate[2], *more, path,
                    scheme="https")
    same("--cert", (with_certificate(place.agent, "/certificate/x"), curl.who()), ([200], "agent-7"), curl.all())
    same("--cert of nobody known", with_certificate(place.unknown, "/certificate/x"), [401])
    same("none", curl("--cacert", place.authority.file, "/certificate/x", scheme="https"), [401])
    bound = place.token(cnf={"x5t#S256": x5t(place.agent[0])})
    same("a token bound to it", with_certificate(place.agent, "/bearer/x", "--oauth2-bearer", bound), [200])
    same("with another", with_certificate(place.unknown, "/bearer/x", "--oauth2-bearer", bound), [401])
    same("--digest over TLS", curl("--cacert", place.authority.file, "--digest", "-u", f"joe:{PASSWORD}", "/digest/x",
                                   scheme="https"), [401, 200])


if CURL is None:
    skip_all("curl is not installed")
with World() as world:
    place = Patient(world)
    upstream = world.keep(Server(Slow))
    upstream.calls, upstream.paths = 0, []
    daemon = world.daemon("--upstream", f"http://127.0.0.1:{upstream.port}", data=place.data, config=place.config)
    secured = NginxDoor(place, "", f"{place.data}/run/daemon.sock")
    curl = Curl(world, daemon.port)
    test_basic(curl)
    test_digest(curl)
    test_stale(curl)
    test_any(curl)
    test_others(curl, place)
    test_jar(curl)
    test_certificate(Curl(world, secured.tls_port), place)
done()
