#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""doorward recent: what is being refused, listed, followed and counted."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403


def recent(daemon, *words):
    return subprocess.run([PROGRAM, "recent", *words, "--data", daemon.data], capture_output=True, text=True)


def listed(daemon, *words):
    done = recent(daemon, "--json", *words)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def ask(daemon, path, token=None, source="203.0.113.7"):
    fields = ["X-Original-Method: GET", f"X-Original-URI: {path}", f"X-Real-IP: {source}"]
    return call(daemon.port, "/doorward/verify", fields=fields, token=token).get("Doorward-Id")


def paths(entries):
    return [entry["path"] for entry in entries]


def check_choices(daemon, keys):
    ids = [ask(daemon, "/a"), ask(daemon, "/b", keys.good(exp=1)), ask(daemon, "/c", keys.good()),
           ask(daemon, "/health"), ask(daemon, "/d", keys.good(aud="https://x.test")),
           ask(daemon, "/e", "a b"), ask(daemon, "/%00")]
    entries = listed(daemon)
    same("what was refused, the newest last", paths(entries), ["/a", "/b", "/d", "/e", "/%00"])
    same("each with its id", [entry["id"] for entry in entries], [ids[i] for i in (0, 1, 4, 5, 6)])
    first = entries[1]
    same("what is known of one", [first.get(name) for name in ("reason", "status", "scheme", "source", "issuer",
                                                               "kid", "subject", "seen")],
         ["token.expired", 401, "bearer", "203.0.113.7", ISSUER, "rs256-1", "user-1", "1"])
    for words, wanted in ((("--all",), ["/a", "/b", "/c", "/health", "/d", "/e", "/%00"]),
                          (("-n", "2"), ["/e", "/%00"]),
                          (("--n=0",), []),
                          (("--all", "-n3"), None),
                          (("--reason", "token."), ["/b", "/d"]),
                          (("--reason", "token.expired"), ["/b"]),
                          (("--reason", "header.missing"), ["/a"]),
                          (("--reason", "allowed."), ["/c", "/health"]),
                          (("--status", "400"), ["/%00"]),
                          (("--status", "200"), ["/c", "/health"]),
                          (("--status", "401", "--reason", "token.", "-n", "1"), ["/d"])):
        if wanted is None:
            same(" ".join(words), recent(daemon, *words).returncode, 2)
        else:
            same(" ".join(words), paths(listed(daemon, *words)), wanted)


def check_text(daemon):
    done = recent(daemon)
    lines = done.stdout.splitlines()
    same("a line each", len(lines), 5, done.stdout)
    check("time, status, reason, request, source, who, id",
          re.fullmatch(r"\d\d:\d\d:\d\dZ  401  token\.expired +GET /b +203\.0\.113\.7 +user-1 +[0-9a-z]{13}", lines[1]),
          lines[1])
    same("nothing of that kind", recent(daemon, "--status", "599").stdout,
         "Nothing of that kind among the decisions of late.\n")
    same("nothing, as JSON", recent(daemon, "--status", "599", "--json").stdout, "[]\n")


def check_counts(daemon, keys):
    for source in ("198.51.100.1", "198.51.100.1", "198.51.100.2"):
        ask(daemon, "/counted", source=source)
    same("by reason", listed(daemon, "--by", "reason", "-n", "2"),
         [{"reason": "header.missing", "n": 4}, {"reason": "header.extra_whitespace", "n": 1}])
    same("by source", listed(daemon, "--by", "source"),
         [{"source": "203.0.113.7", "n": 5}, {"source": "198.51.100.1", "n": 2}, {"source": "198.51.100.2", "n": 1}])
    same("by route", listed(daemon, "--by", "route", "--all", "--reason", "allowed."),
         [{"route": "(none)", "n": 1}, {"route": "/health", "n": 1}])
    same("for a person", recent(daemon, "--by", "source", "-n", "1").stdout, "      5  203.0.113.7\n")


def check_words(daemon):
    for words, status, pattern in ((("--status", "abc"), 2, "--status abc: expected a status"),
                                   (("--status", "99"), 2, "--status 99"),
                                   (("--n", "-1"), 2, "--n -1: expected a number"),
                                   (("--n", "1000000"), 2, "--n 1000000"),
                                   (("--reason", "tokn."), 2, "no reason begins with tokn\\.; all of them: doorward reasons"),
                                   (("--by", "colour"), 2, "--by: expected reason, source or route"),
                                   (("--by", "reason", "--follow"), 2, "without --follow"),
                                   (("word",), 2, "one word too many")):
        done = recent(daemon, *words)
        check(" ".join(words), done.returncode == status and re.search(pattern, done.stderr) and not done.stdout, done)


class Follower:
    def __init__(self, world, daemon, *words):
        self.process = subprocess.Popen([PROGRAM, "recent", "--follow", *words, "--data", daemon.data], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        world.stack.callback(self.process.kill)

    def lines(self, n):
        return [self.process.stdout.readline() for _ in range(n)]


def check_follow(world, daemon, keys, config):
    follower = Follower(world, daemon, "-n", "1", "--json")
    same("what is there already", json.loads(follower.lines(1)[0])["path"], "/counted")
    begun = time.monotonic()
    id = ask(daemon, "/followed", keys.good(exp=1))
    same("what comes", json.loads(follower.lines(1)[0])["id"], id)
    check("within a second", time.monotonic() - begun < 1, time.monotonic() - begun)
    for i in range(300):
        ask(daemon, f"/many/{i}")
    same("all of it, in order", paths(map(json.loads, follower.lines(300))), [f"/many/{i}" for i in range(300)])
    daemon.stop()
    os.remove(f"{daemon.data}/edge/recent")
    again = world.daemon(data=daemon.data, config=config)
    ask(again, "/anew")
    same("through a new daemon with a new ring", json.loads(follower.lines(1)[0])["path"], "/anew")
    follower.process.send_signal(2)
    same("until Ctrl-C", follower.process.wait(5), -2)
    return again


def check_around(daemon):
    """More than the ring holds."""
    with Connection(daemon.port) as connection:
        for i in range(66000):
            connection.send("GET /doorward/verify HTTP/1.1\r\nHost: x\r\nX-Original-Method: GET\r\n"
                            f"X-Original-URI: /n/{i}\r\n\r\n")
            connection.receive()
    same("the ring has come round: the last", paths(listed(daemon, "-n", "2")), ["/n/65998", "/n/65999"])
    same("and the first", paths(listed(daemon, "-n", "65536"))[:1], ["/n/464"])


with World() as world:
    keys = Keys()
    config = write_policy(world, keys)
    daemon = world.daemon(data=world.folder("data"), config=config)
    check_choices(daemon, keys)
    check_text(daemon)
    check_counts(daemon, keys)
    check_words(daemon)
    daemon = check_follow(world, daemon, keys, config)
    check_around(daemon)
    daemon.stop()
    os.remove(f"{daemon.data}/edge/recent")
    gone = recent(daemon)
    check("no ring: where to look", gone.returncode == 1 and "decisions.jsonl" in gone.stderr, gone)
done()
