#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
No credential is ever written down. Every kind, good and bad, goes through both doors, the token endpoint,
the sign-in form and the command line; then all that was written anywhere is searched for each of them, for
pieces of them, and for what base64, hexadecimal digits and percent signs make of them.

What may be kept: of a password its Argon2 hash and its Digest hashes, of a key, a session or a client's
secret a hash (doorward.db); what is known of those, under hashes again (edge/); of long random credentials
the first and last four characters (the ring and the log). The private keys of our own issuer are in
doorward.db, and a secret a file of the configuration's names is in that file: no others hold any.
"""

import glob
import os
import re
import secrets
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
import credentials  # noqa: E402
from doors import *  # noqa: E402,F403

PIECE = 16  # bytes of a piece; two pieces overlap by half, so that 24 bytes of a credential are never missed


class Loud(World):
    """Its nginx writes the log most people have, too, and its programs have a folder of their own for files
    they may want for a while."""

    def __enter__(self):
        super().__enter__()
        os.environ["TMPDIR"] = self.folder("tmp")
        return self

    def nginx(self, http, server, **more):
        return super().nginx(f"access_log {self.path}/combined.log combined; {http}", server, **more)


# -- What was sent ----------------------------------------------------------------------------------

class Secrets:
    def __init__(self):
        self.of = {}  # what it is, by the credential

    def add(self, what, secret):
        """What is short or has no randomness in it proves nothing where it is found."""
        if secret and len(secret) >= PIECE and len(set(secret)) > 8:
            self.of.setdefault(secret, what)
        return secret

    def add_token(self, what, token):
        """Of a JWT the signature: what it says is no secret."""
        self.add(what, token.rsplit(".", 1)[-1])

    def add_key(self, key):
        """Behind its id."""
        self.add("an API key", key.rsplit("_", 1)[-1])

    def add_fields(self, fields):
        for field in fields:
            name, value = field.split(":", 1)
            scheme, _, rest = value.strip().partition(" ")
            if name.lower() == "authorization":
                self.add_authorization(scheme.lower(), rest.strip())
            elif name.lower() == "x-api-key":
                self.add_key(value.strip())
            elif name.lower() == "dpop":
                self.add_token("a proof", value.strip())
            elif name.lower() == "cookie":
                for cookie in re.findall(r"__Host-doorward=([^;]*)", value):
                    self.add("a session", cookie)

    def add_authorization(self, scheme, rest):
        if scheme == "basic":
            with contextlib.suppress(ValueError):
                user, _, password = base64.b64decode(rest).decode("utf-8", "replace").partition(":")
                self.add("a password", password)
        elif scheme == "digest":
            self.add("a Digest response", parameters(rest).get("response"))
        elif rest.startswith("dw_"):
            self.add_key(rest)
        else:
            self.add_token("a token", rest)

    def needles(self):
        """What to look for: {bytes: what}."""
        found = {}
        for secret, what in self.of.items():
            for spelling in spellings(secret.encode()):
                for at in range(0, max(1, len(spelling) - PIECE + 1), PIECE // 2):
                    found[spelling[at:at + PIECE]] = what
        return found


def spellings(secret):
    yield secret
    for prefix in (b"", b"x", b"xx"):  # wherever in a longer text it stood
        coded = base64.b64encode(prefix + secret)[4 if prefix else 0:-4]
        yield coded
        yield coded.translate(bytes.maketrans(b"+/", b"-_"))
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield urllib.parse.quote(secret, safe="").encode()
    yield urllib.parse.quote_plus(secret).encode()


# -- Where it could be ------------------------------------------------------------------------------

def search(world, needles, *places):
    """Where which needles are: [(file, what)]."""
    list_file = os.path.join(world.path, "needles")
    with open(list_file, "wb") as file:
        file.write(b"\n".join(needles))
    grep = subprocess.run(["grep", "-raoFf", list_file, "--exclude=needles", "--devices=skip", *places],
                          capture_output=True, env={**os.environ, "LC_ALL": "C"})
    os.remove(list_file)
    lines = [line.split(b":", 1) for line in grep.stdout.splitlines()]
    return sorted({(name.decode(), needles.get(found, "part of something")) for name, found in lines})


def command_lines(daemon, nginx):
    """What everybody on the machine may see of our processes, and what their environment holds."""
    text = b""
    for pid in [daemon.pid, nginx.master(), *nginx.workers()]:
        for name in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{name}", "rb") as file:
                text += file.read() + b"\n"
    return text


# -- Feeding ----------------------------------------------------------------------------------------

def listen_to(door, seen):
    """All that goes through a door is noted."""
    send = door.send

    def noting(path, method="GET", fields=(), *rest, **more):
        seen.add_fields(fields)
        for value in re.findall(r"[?&](?:api_key|key|access_token)=([^&]*)", path):
            (seen.add_key if value.startswith("dw_") else lambda v: seen.add_token("a token", v))(value)
        return send(path, method, fields, *rest, **more)
    door.send = noting


def more_rows(place):
    """What the table has no use for: credentials where they do not belong."""
    key, wrong = place.key["key"], secrets.token_urlsafe(24)
    return [("/basic/x", basic("joe", wrong)), ("/basic/x", basic("nobody", wrong)),
            ("/basic/x", basic("", wrong)), ("/basic/x", basic("joe", key)), ("/basic/x", basic(key, "")),
            ("/basic/x", basic(key, "x")), ("/all/x", basic(key[:-1], "x-oauth-basic")),
            ("/bearer/x?access_token=" + place.token(), []), ("/bearer/x?key=" + key, []),
            ("/apikey/x?a=b&api_key=" + key + "&c=d", []), ("/apikey/x?api_key=" + key[:-1] + "x", []),
            ("/apikey/x?api_key=" + urllib.parse.quote(key).replace("_", "%5F"), []),
            ("/bearer/x", [f"Authorization: Bearer {wrong}"]), ("/bearer/x", [f"Authorization: {wrong}"]),
            ("/bearer/x", [f"Authorization: Bearer op_{wrong}"]), ("/bearer/x", [f"Authorization: Token {wrong}"]),
            ("/bearer/x", [f'Authorization: Bearer "{place.token()}"']),
            ("/bearer/x", [f"Authorization: Bearer {place.token()}="]),
            ("/apikey/x", [f"X-API-Key: {wrong}"]), ("/cookie/x", cookie(wrong)),
            ("/cookie/x", cookie(secrets.token_urlsafe(32)))]


def feed_doors(place, doors, seen):
    for door in doors:
        listen_to(door, seen)
        heard = door.challenge("/digest/x", "Digest", "SHA-256")
        door.send("/digest/x", fields=Digest(heard, place.key["key"], secrets.token_urlsafe(24)).fields("GET", "/digest/x"))
        for entry in all_rows():
            door.run(entry)
        for path, fields in more_rows(place):
            door.send(path, fields=fields)


def feed_token_endpoint(place, daemon, seen):
    client = json.loads(place.cli("client", "add", "nightly", "--scope", "read", "--json"))
    secret, wrong = client["client_secret"], secrets.token_urlsafe(32)
    seen.add("a client's secret", secret)
    seen.add("a client's secret", wrong)
    form = "Content-Type: application/x-www-form-urlencoded"
    tokens = 0
    for given in (secret, wrong):
        for fields, body in (
                (basic(client["client_id"], given), "grant_type=client_credentials"),
                ([], f"grant_type=client_credentials&client_id={client['client_id']}&client_secret={given}"),
                ([], f"grant_type=password&username=joe&password={given}")):
            response = call(daemon.port, "/doorward/token", method="POST", fields=[form, *fields], body=body.encode())
            if response.status == 200:
                seen.add_token("an access token of ours", response.json()["access_token"])
                tokens += 1
    same("the token endpoint gave tokens for the right secret alone", tokens, 2)


def feed_sign_in(place, daemon, seen):
    wrong = seen.add("a password", secrets.token_urlsafe(18) + " & more")
    for user, password in (("ann", PASSWORD_NOW), ("ann", wrong), (place.key["key"], wrong)):
        with contextlib.suppress(RuntimeError):
            seen.add("a session", sign_in(daemon.port, user, password))
    call(daemon.port, f"/doorward/signin?password={PASSWORD_NOW.replace(' ', '+')}")


def feed_command_line(place, seen):
    """What the verbs print, but for what is shown once to whom it belongs."""
    password = seen.add("a password", secrets.token_urlsafe(24))
    said = place.cli("user", "add", "eve", "--password-stdin", "-c", place.config, input=password)
    said += place.cli("user", "list") + place.cli("user", "list", "--json")
    said += place.cli("apikey", "list") + place.cli("apikey", "list", "--json")
    said += place.cli("session", "list") + place.cli("session", "list", "--json") + place.cli("client", "list", "--json")
    said += place.cli("recent", "--all", "-n", "65536") + place.cli("recent", "--all", "--json", "-n", "65536")
    said += place.cli("recent", "--all", "--by", "reason")
    with open(f"{place.data}/log/decisions.jsonl") as log:
        ids = {(entry["reason"], entry.get("scheme")): entry["id"] for entry in map(json.loads, log) if "id" in entry}
    for id in ids.values():
        said += place.cli("why", id) + place.cli("why", id, "--json")
    return said, {reason for reason, _ in ids}


# -- All of it --------------------------------------------------------------------------------------

PASSWORD_NOW = credentials.PASSWORD = f"correct horse {secrets.token_urlsafe(12)}"

with Loud() as world:
    seen = Secrets()
    seen.add("a password", PASSWORD_NOW)
    place = Place(world, log={"allowed": True})
    daemon = world.daemon(data=place.data, config=place.config)
    elsewhere = json.loads(subprocess.run([PROGRAM, "apikey", "add", "--owner", "x", "--json", "--data",
                                           f"{world.path}/elsewhere"], capture_output=True, check=True).stdout)["key"]
    for key in (place.key, place.revoked_key, place.rotated_key, place.ending_key):
        seen.add_key(key["key"])
    place.session = seen.add("a session", sign_in(daemon.port, "joe", PASSWORD_NOW))
    place.ended_session = seen.add("a session", sign_in(daemon.port, "ann", PASSWORD_NOW))
    call(daemon.port, "/doorward/signout", method="POST",
         fields=[f"Cookie: __Host-doorward={place.ended_session}", f"Origin: {ORIGIN}"])

    nginx_door = NginxDoor(place, elsewhere, f"{place.data}/run/daemon.sock")
    verify_door = VerifyDoor(place, elsewhere, daemon)
    feed_doors(place, [nginx_door, verify_door], seen)
    feed_token_endpoint(place, daemon, seen)
    feed_sign_in(place, daemon, seen)
    verify_door.send("/open")
    verify_door.await_log()
    said, reasons = feed_command_line(place, seen)
    lines = command_lines(daemon, nginx_door.nginx)

    same("every kind of credential was sent", sorted(set(seen.of.values())),
         ["a Digest response", "a client's secret", "a password", "a proof", "a session", "a token", "an API key",
          "an access token of ours"])
    check(f"and many of them: {len(seen.of)}", len(seen.of) > 100, len(seen.of))
    check(f"for many reasons: {len(reasons)}", len(reasons) > 60, sorted(reasons))

    needles = seen.needles()
    world.write("said", said)
    world.write("command-lines", lines)
    where = [world.path, "/dev/shm", *glob.glob("/run/doorward-*")]

    # The search itself: it finds what is there.
    with open(f"{place.data}/planted", "wb") as file:
        file.write(b"\0\xff" + base64.b64encode(b"joe:" + PASSWORD_NOW.encode())[8:40] + b"\0")
    check("what was planted is found",
          (f"{place.data}/planted", "a password") in search(world, needles, world.path))
    os.remove(f"{place.data}/planted")
    ha1 = hashlib.sha256(f"ann:{REALM}:{PASSWORD_NOW}".encode()).hexdigest().encode()
    hashes = search(world, {ha1: "a Digest hash", b"$argon2id$": "an Argon2 hash"}, world.path)
    kept = {(re.sub(r"-(wal|shm)$", "", os.path.relpath(name, place.data)), what) for name, what in hashes}
    same("hashes are where they are kept, and nowhere else", sorted(kept),
         [("doorward.db", "a Digest hash"), ("doorward.db", "an Argon2 hash"), ("edge/known/data.mdb", "a Digest hash")])

    same("no credential is found anywhere", search(world, needles, *where), [])
    daemon.stop()
    same("nor once the daemon has ended", search(world, needles, world.path), [])
done()
