#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
kill -9 of everything, at any instant, while keys are made, rotated and revoked, passwords changed and tokens
revoked: what was reported as done is in force after the restart, and nothing is half done.
"""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from guarded import *  # noqa: E402,F403

ROUNDS = 6


class Verbs:
    """Runs one verb after the other, until killed with whatever it runs."""

    def __init__(self, site, work):
        self.site, self.work = site, work
        self.killed, self.process = False, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with contextlib.suppress(ChildProcessError):
            while True:
                self.work(self.do)

    def do(self, *words, input=""):
        """What it reports; ChildProcessError if it was killed before."""
        if self.killed:
            raise ChildProcessError
        self.process = subprocess.Popen([PROGRAM, *words, "--data", self.site.data, "--json"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if self.killed:
            self.process.kill()
        said, why = self.process.communicate(input)
        if self.process.returncode == -signal.SIGKILL:
            raise ChildProcessError
        if self.process.returncode != 0:
            failures.append(f"{words}: {why}")
        return json.loads(said) if said.strip() else None

    def kill(self):
        self.killed = True
        if self.process is not None:
            self.process.kill()

    def wait(self):
        self.thread.join()


class Told:
    """What was reported as done, and what may have been."""

    def __init__(self):
        self.good, self.ended, self.tokens = {}, {}, []  # keys by id, jtis
        self.passwords, self.maybe = [PASSWORD], None
        self.doubt = None  # a key that was being changed
        self.n = 0

    def use_keys(self, do):
        made = do("apikey", "add", "--owner", "ci")
        self.good[made["id"]] = made["key"]
        self.doubt = made["id"]
        new = do("apikey", "rotate", made["id"], "--overlap", "0s")
        self.good[new["id"]] = new["key"]
        self.ended[made["id"]] = self.good.pop(made["id"])
        if len(self.ended) % 2 == 0:
            self.doubt = new["id"]
            do("apikey", "revoke", new["id"])
            self.ended[new["id"]] = self.good.pop(new["id"])
        self.doubt = None

    def use_passwords(self, do):
        self.maybe = f"{PASSWORD} {len(self.passwords)}"
        do("user", "passwd", "joe", "--password-stdin", input=self.maybe)
        self.passwords.append(self.maybe)
        self.maybe = None

    def use_tokens(self, do):
        self.n += 1
        do("revoke", "--jti", f"jti-{self.n}", "--issuer", site.jwt_issuer.url)
        self.tokens.append(f"jti-{self.n}")


def run_round(told):
    told.doubt = None
    verbs = [Verbs(site, work) for work in (told.use_keys, told.use_passwords, told.use_tokens)]
    time.sleep(random.uniform(0.1, 0.7))
    for verb in verbs:
        verb.kill()
    site.kill_all()
    for verb in verbs:
        verb.wait()


def source():
    sources[0] += 1
    return f"127.0.{sources[0] // 250 + 1}.{sources[0] % 250 + 1}"


def status(fields):
    """Each from an address of its own, or wrong ones would be too many. A busy machine may say: not now."""
    def ask():
        found[0] = call_from(source(), site.port, fields=fields).status
        return found[0] != 503
    found = [None]
    wait_for("an answer that is not 503", ask)
    return found[0]


def check_keys(name, told):
    listed = {key["id"]: key for key in site.doorward("apikey", "list")}
    certain = {id: key for id, key in told.good.items() if id != told.doubt}
    same(f"{name}: {len(certain)} keys are good",
         [id for id, key in certain.items() if status(api_key({"key": key})) != 200], [])
    same(f"{name}: {len(told.ended)} rotated and revoked ones are not",
         [id for id, key in told.ended.items() if status(api_key({"key": key})) != 401], [])
    same(f"{name}: every successor is there, and rotated keys have one",
         [key for key in listed.values() if key.get("successor", key["id"]) not in listed
          or key["state"] == "rotated" and "successor" not in key], [])
    if told.doubt is not None:
        found, key = listed[told.doubt], told.good.pop(told.doubt)
        same(f"{name}: one was being changed: it is {found['state']}, and so it is treated",
             status(api_key({"key": key})), 200 if found["state"] == "good" else 401)
        (told.good if found["state"] == "good" else told.ended)[told.doubt] = key


def check_password(name, told):
    new = [told.passwords[-1]] + ([told.maybe] if told.maybe else [])
    good = [password for password in new if status(basic("joe", password)) == 200]
    same(f"{name}: of {len(new)} passwords one is good", len(good), 1, new, good)
    old = told.passwords[-4:-1] + [password for password in new if password not in good]
    same(f"{name}: and none of before", [password for password in old if status(basic("joe", password)) != 401], [])
    told.passwords += good if good == [told.maybe] else []
    told.maybe = None


def check_tokens(name, told):
    same(f"{name}: {len(told.tokens)} tokens are revoked",
         [jti for jti in told.tokens if status(bearer(site.jwt(jti=jti))) != 401], [])
    same(f"{name}: and no other", status(bearer(site.jwt(jti="other"))), 200)


failures, sources = [], [0]
with World() as world:
    site = Guarded(world).start()
    site.add_user("joe")
    told = Told()
    for number in range(ROUNDS):
        run_round(told)
        if number % 2:
            site.lose_edge()
        site.start()
        name = f"round {number}{', the edge lost' if number % 2 else ''}"
        check_keys(name, told)
        check_password(name, told)
        check_tokens(name, told)
    same("no verb failed", failures, [])
    done_of_each = [len(told.good), len(told.ended), len(told.passwords) - 1, len(told.tokens)]
    check("some of each was done", min(done_of_each) >= 3, done_of_each)
done()
