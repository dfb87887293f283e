#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
`doorward revoke`, and what else takes something back: its command line, what it leaves on record, and that
a daemon and the nginx it started go by it at once: also when they were killed in between.
"""

import glob
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from scenario import *  # noqa: E402,F403

PASSWORD = "correct horse"
SIGN_IN = "/doorward/signin"
IN_FORCE = 1  # second


def run(*arguments, data, stdin="", **more):
    return subprocess.run([PROGRAM, *arguments, "--data", data], capture_output=True, text=True,
                          timeout=30, input=stdin, **more)


# -- The command line --------------------------------------------------------------------------------

REFUSED = [
    ([], 2, "expected one of --jti"),
    (["--json"], 2, "expected one of --jti"),
    (["--jti", "a", "--subject", "b"], 2, "expected one of --jti"),
    (["--session", "a", "--issuer", "https://i.example"], 2, "--issuer has no meaning beside --session"),
    (["--before", "now", "--issuer", "https://i.example"], 2, "--issuer has no meaning beside --before"),
    (["--jti", ""], 2, "--jti: expected 1 to 512 bytes"),
    (["--subject", "x" * 513], 2, "--subject: expected 1 to 512 bytes"),
    (["--before", "tomorrow"], 2, "--before tomorrow: expected now"),
    (["--before", "2026-02-31T00:00:00Z"], 2, "expected now, seconds"),
    (["--before", "2026-02-28T00:00:00"], 2, "expected now, seconds"),
    (["--before", "2099-01-01T00:00:00Z"], 2, "lies ahead"),
    (["--client", "c", "--until", "later"], 2, "--until later"),
    (["--key", "000000000000"], 1, "there is no API key 000000000000"),
    (["--jti", "a", "b"], 2, "one word too many"),
]

# Arguments -> members of the JSON printed, and the record (kind, issuer, value).
TAKEN = [
    (["--jti", "a1"], {"revoked": "jti", "value": "a1", "issuer": "http://127.0.0.1:8401"},
     (1, "http://127.0.0.1:8401", "a1")),
    (["--jti", "a1", "--issuer", "https://i.example"], {"issuer": "https://i.example"},
     (1, "https://i.example", "a1")),
    (["--subject", 'J\u00f6rg "x"'], {"revoked": "subject", "value": 'J\u00f6rg "x"', "sessions": 0},
     (2, "", 'J\u00f6rg "x"')),
    (["--subject", "s", "--issuer", "https://i.example"], {"value": "s"}, (2, "https://i.example", "s")),
    (["--client", "c"], {"revoked": "client"}, (3, "", "c")),
    (["--session", "sid"], {"revoked": "session", "sessions": 0}, (4, "", "sid")),
    (["--before", "1700000000"], {"revoked": "before", "before": 1700000000}, (6, "", "")),
    (["--before", "2023-11-14T22:13:21Z"], {"before": 1700000001}, (6, "", "")),
    (["--before", "2023-11-15T00:13:22+02:00"], {"before": 1700000002}, (6, "", "")),
    (["--client", "d", "--until", "4000000000"], {"until": 4000000000}, (3, "", "d")),
]


def seconds_kept(data, *arguments):
    return json.loads(run("revoke", *arguments, "--json", data=data).stdout)["until"] - time.time()


def check_command_line(world):
    data = f"{world.folder('records')}/data"
    for arguments, status, why in REFUSED:
        result = run("revoke", *arguments, data=data)
        check(f"revoke {' '.join(arguments)[:40]} is refused",
              result.returncode == status and why in result.stderr and not result.stdout,
              result.returncode, result.stderr, result.stdout)
    for arguments, members, record in TAKEN:
        result = run("revoke", *arguments, "--json", data=data)
        shown = json.loads(result.stdout) if result.returncode == 0 else {}
        same(f"revoke {' '.join(arguments)}", {name: shown.get(name) for name in members}, members,
             result.stderr)
        with contextlib.closing(sqlite3.connect(f"{data}/doorward.db")) as store:
            kept = store.execute("SELECT before, until FROM revocation WHERE (kind, issuer, value) = (?, ?, ?)",
                                 record).fetchone()
        same("it is on record", kept, (shown.get("before"), shown.get("until")))
    ten_years, day = 3650 * 86400, 86400
    lasting = [seconds_kept(data, *arguments) for arguments in (
        ["--jti", "x", "--issuer", "https://i.example"], ["--subject", "x"], ["--client", "x"], ["--session", "x"],
        ["--before", "now"])]
    check("without --until it is remembered for longer than any token lasts", min(lasting) > ten_years, lasting)
    own = [seconds_kept(data, "--jti", "x", *issuer) for issuer in ([], ["--issuer", "http://127.0.0.1:8401"])]
    check("one of our own: for longer than those last", all(day + 50 <= seconds <= day + 60 for seconds in own), own)
    result = run("revoke", "--client", "c", data=data)
    check("for a person it says what, and until when",
          re.fullmatch(r"Revoked: whatever was issued to the client c up to 20.*\.\nRemembered until 20.*\.\n",
                       result.stdout), result.stdout)
    check("no edge is made where there was none", not os.path.exists(f"{data}/edge"))


def check_nowhere(world):
    """In a folder without data, and told nothing, nothing is revoked or listed."""
    folder = world.folder("nowhere")
    env = {name: value for name, value in os.environ.items() if name != "DOORWARD_DATA"}
    for words in (["revoke", "--subject", "mary"], ["user", "list"], ["apikey", "list"], ["session", "list", "--json"]):
        result = subprocess.run([PROGRAM, *words], capture_output=True, text=True, cwd=folder, env=env)
        check(f"{words[0]}: without data it says where to look",
              result.returncode == 1 and "--data" in result.stderr and not result.stdout,
              result.returncode, result.stderr, result.stdout)
    same("and makes none", os.listdir(folder), [])
    same("where it is named it is made", run("revoke", "--subject", "mary", data=f"{folder}/var").returncode, 0)
    result = subprocess.run([PROGRAM, "revoke", "--subject", "mary"], capture_output=True, text=True, cwd=folder, env=env)
    same("in a folder with data it goes by that", (result.returncode, result.stderr), (0, ""))


# -- In force -----------------------------------------------------------------------------------------

class House:
    """A site, and credentials of every kind for it."""

    def __init__(self, world, private=False):
        self.site = Site(world, issuer={"access_token_ttl": "1h"}, routes=[
            {"path": "/**", "accept": ["bearer", "basic", "apikey", "digest", "cookie"]}])
        os.chmod(self.site.base, 0o700 if private else 0o755)
        self.site.start()

    def run(self, *arguments, stdin=""):
        result = run(*arguments, data=self.site.data, stdin=stdin)
        if result.returncode != 0:
            raise RuntimeError(f"doorward {' '.join(arguments)}: {result.stderr}")
        return result.stdout

    def ask(self, *fields):
        return self.site.call("/", fields=list(fields))

    def basic(self, name, password=PASSWORD):
        return "Authorization: Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()

    def new_user(self, name):
        self.run("user", "add", name, "--password-stdin", stdin=PASSWORD)
        return self.basic(name)

    def sign_in(self, name):
        answer = self.site.call(SIGN_IN, method="POST", body=urllib.parse.urlencode(
            {"username": name, "password": PASSWORD}).encode(),
            fields=["Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin",
                    "Accept: application/json"])
        return "Cookie: " + answer.get("Set-Cookie").split(";")[0]

    def sessions(self, *arguments):
        return json.loads(self.run("session", "list", "--json", *arguments))

    def new_key(self):
        key = json.loads(self.run("apikey", "add", "--owner", "ci", "--json"))
        return key["id"], f"X-API-Key: {key['key']}"

    def new_token(self, name):
        """The client's id, the token's jti and the field."""
        client = json.loads(self.run("client", "add", name, "--json"))
        secret = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
        answer = self.site.call("/doorward/token", method="POST", body=b"grant_type=client_credentials",
                                fields=[f"Authorization: Basic {secret}",
                                        "Content-Type: application/x-www-form-urlencoded"])
        token = answer.json()["access_token"]
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return client["client_id"], claims["jti"], f"Authorization: Bearer {token}"


def check_in_force(house, what, field, reason, *arguments, stdin=""):
    """Good before, twice, so that whoever can remember it does; refused right after."""
    before = [house.ask(field).status for _ in range(3)]
    same(f"{what}: let in before", before, [200] * 3)
    house.run(*arguments, stdin=stdin)
    end = time.monotonic() + IN_FORCE
    answer = house.ask(field)
    while answer.status == 200 and time.monotonic() < end:
        answer = house.ask(field)
    same(f"{what}: refused after", answer.status, 401, answer)
    same(f"{what}: for that reason", house.site.reason(answer), reason)


def check_all_kinds(house):
    client, jti, token = house.new_token("one")
    check_in_force(house, "a token, by jti", token, "token.revoked", "revoke", "--jti", jti)
    client, _, token = house.new_token("two")
    check_in_force(house, "a token, by client", token, "token.revoked", "revoke", "--client", client)
    client, _, token = house.new_token("three")
    check_in_force(house, "a token, by subject", token, "token.revoked", "revoke", "--subject", client)
    id, key = house.new_key()
    check_in_force(house, "a key, by revoke", key, "apikey.revoked", "revoke", "--key", id)
    id, key = house.new_key()
    check_in_force(house, "a key, by apikey revoke", key, "apikey.revoked", "apikey", "revoke", id)
    id, key = house.new_key()
    check_in_force(house, "a key, not remembered", key, "apikey.revoked", "revoke", "--key", id, "--until", "1")
    id, key = house.new_key()
    check_in_force(house, "a key that was rotated", key, "apikey.rotated", "apikey", "rotate", id, "--overlap", "0")
    alice = house.new_user("alice")
    check_in_force(house, "a password that was changed", alice, "basic.wrong_password",
                   "user", "passwd", "alice", "--password-stdin", stdin="battery staple")
    same("the new password is good", house.ask(house.basic("alice", "battery staple")).status, 200)
    bob = house.new_user("b\u00f6b")
    check_in_force(house, "a user who was removed", bob, "basic.unknown_user", "user", "remove", "b\u00f6b")


def check_sessions(house):
    for name in ("carol", "dave", "erin"):
        house.new_user(name)
    cookies = {name: house.sign_in(name) for name in ("carol", "dave", "erin")}
    same("session list", sorted(session["user"] for session in house.sessions()), ["carol", "dave", "erin"])
    carol = house.sessions("--user", "carol")
    same("session list of one user", [session["user"] for session in carol], ["carol"])
    check("session list for a person", re.search(rf"^{carol[0]['id']}  carol  20", house.run("session", "list"), re.M))
    check_in_force(house, "a session", cookies["carol"], "cookie.revoked", "revoke", "--session", carol[0]["id"])
    with contextlib.closing(sqlite3.connect(f"{house.site.data}/doorward.db")) as store:
        kept = store.execute("SELECT until, expires FROM revocation JOIN session ON value = id WHERE user = 'carol'")
        same("which is remembered until its end", [until - end for until, end in kept], [0])
    check_in_force(house, "the sessions of a subject", cookies["dave"], "cookie.revoked", "revoke", "--subject", "dave")
    check_in_force(house, "the sessions of who has a new password", cookies["erin"], "cookie.revoked",
                   "user", "passwd", "erin", "--password-stdin", stdin=PASSWORD)
    same("none is listed any more", house.sessions(), [])
    same("who signs in again is let in", house.ask(house.sign_in("erin")).status, 200)


def check_overlap(house):
    id, old = house.new_key()
    same("a key about to be rotated", house.ask(old).status, 200)
    new = json.loads(house.run("apikey", "rotate", id, "--overlap", "1h", "--json"))
    same("both are good while they overlap",
         [house.ask(old).status, house.ask(f"X-API-Key: {new['key']}").status], [200, 200])


def check_after_a_kill(world, house):
    """Revoked while nobody runs, and once more with the edge gone: it holds after the next start."""
    _, jti, first = house.new_token("four")
    _, other, second = house.new_token("five")
    id, key = house.new_key()
    same("good before", [house.ask(field).status for field in (first, second, key)], [200] * 3)
    house.run("revoke", "--jti", jti)
    for pid in house.site.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    house.site.daemon.wait()
    house.run("revoke", "--jti", other)
    house.run("revoke", "--key", id)
    shutil.rmtree(f"{house.site.data}/edge")
    house.site.start()
    same("refused after all was killed and the edge lost",
         [house.ask(field).status for field in (first, second, key)], [401] * 3)


def check_everything_before(house):
    _, _, token = house.new_token("six")
    id, key = house.new_key()
    same("good before", [house.ask(field).status for field in (token, key)], [200] * 2)
    house.run("revoke", "--before", "now")
    same("everything before now", [house.ask(field).status for field in (token, key)], [401] * 2)
    time.sleep(1.1)
    _, _, token = house.new_token("seven")
    same("what is issued afterwards is good", house.ask(token).status, 200)


def check_unwritable(world):
    """Whoever cannot reach the edge is told what holds."""
    data = world.folder("records")
    with open(f"{data}/edge", "w") as file:
        file.write("this is no folder")
    result = run("revoke", "--jti", "x", data=data)
    check("an edge that cannot be written", result.returncode == 1 and "is on record" in result.stderr
          and not result.stdout, result.returncode, result.stderr)


def far_folders():
    return set(glob.glob("/run/doorward-*"))


def check_far_edge(world):
    """As root, with data where nginx's workers cannot go, the edge is under /run: it is found there."""
    if os.geteuid() != 0:
        note("not root: the edge is in the data folder")
        return
    before = far_folders()
    world.stack.callback(lambda: [shutil.rmtree(folder) for folder in far_folders() - before])
    house = House(world, private=True)
    check("the edge is under /run",
          far_folders() - before and not os.path.exists(f"{house.site.data}/edge"))
    id, key = house.new_key()
    check_in_force(house, "a key, with the edge under /run", key, "apikey.revoked", "revoke", "--key", id)


with World() as world:
    check_command_line(world)
    check_nowhere(world)
    house = House(world)
    check_all_kinds(house)
    check_sessions(house)
    check_overlap(house)
    check_after_a_kill(world, house)
    check_everything_before(house)
    check_unwritable(world)
    check_far_edge(world)
done()
