#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""doorward why: one decision told in full, from the ring and from the log, for people and for programs."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

PATH = "/reports/7"


def run(*words, **env):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, env={**os.environ, "TZ": "UTC", **env})


def why(daemon, id, *words):
    return run("why", id, "--data", daemon.data, *words)


def ask(daemon, path=PATH, method="GET", token=None):
    """The id of the decision."""
    fields = [f"X-Original-Method: {method}", f"X-Original-URI: {path}", "X-Real-IP: 203.0.113.7"]
    return call(daemon.port, "/doorward/verify", fields=fields, token=token).get("Doorward-Id")


def told(daemon, id):
    done = why(daemon, id, "--json")
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    story = json.loads(done.stdout)
    same(f"{story['reason']}: what no story is without", {"id", "reason", "status", "route", "scheme", "checks"} - story.keys(),
         set(), story)
    same(f"{story['reason']}: what no check is without", [check.keys() for check in story["checks"]],
         [{"check": 1, "expected": 1, "seen": 1, "ok": 1}.keys()] * len(story["checks"]), story)
    return story


def names(story):
    """The checks in order; a ! before the one that failed."""
    return " ".join(("" if check["ok"] else "!") + check["check"] for check in story["checks"])


def check_json(daemon, keys):
    exp = int(time.time()) - 180
    story = told(daemon, ask(daemon, PATH + "?key=1", token=keys.good(exp=exp, client_id="app")))
    wanted = {"reason": "token.expired", "status": 401, "route": "(none)", "scheme": "bearer", "method": "GET",
              "path": PATH, "source": "203.0.113.7", "issuer": ISSUER, "kid": "rs256-1", "subject": "user-1",
              "client": "app", "public": "The token has expired.", "private": "exp has passed, leeway included."}
    same("what is known of a decision", {name: story.get(name) for name in wanted}, wanted)
    check("its fingerprint", re.fullmatch(r"eyJ.\.\.\.[\w-]{4}", story["token"]), story)
    check("its time", re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", story["time"]), story)
    check("how long it took", story["latency_us"] > 0 and story["cached"] is False, story)
    same("the fix, for whom there is one", sorted(story["fix"]), ["call", "visit"])
    same("the checks, up to the one that failed", names(story),
         "route credentials scheme shape structure algorithm type issuer key signature claims !time")
    failed = story["checks"][-1]
    same("what it saw", failed["seen"], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(exp)))
    check("what it expected", failed["expected"].startswith(story["time"][:16]), failed)
    same("what an earlier one saw", [c["seen"] for c in story["checks"] if c["check"] in ("issuer", "key")],
         [ISSUER, "rs256-1"])
    same("all others hold", [c["ok"] for c in story["checks"]], [True] * 11 + [False])


def check_each(daemon, keys):
    reading = {"path": "/reports/7", "method": "POST"}
    for what, request, reason, checks, values in (
            ("nothing", {}, "header.missing", "route !credentials", None),
            ("scope", {**reading, "token": keys.good(scope="read:reports")}, "scope.insufficient", "!scope",
             ("write:reports", "read:reports")),
            ("no scope at all", {**reading, "token": keys.good(scope="")}, "scope.insufficient", "!scope",
             ("write:reports", None)),
            ("audience", {"token": keys.good(aud="https://elsewhere.test")}, "token.wrong_aud", "!audience",
             ("https://api.test", "https://elsewhere.test")),
            ("issuer", {"token": mint(keys.rs256, claims("https://nobody.test", AUDIENCE))}, "token.wrong_iss",
             "!issuer", ("an issuer that is trusted", "https://nobody.test")),
            ("a strange path", {"path": "/%00"}, "request.path_invalid", "!route", None)):
        story = told(daemon, ask(daemon, **request))
        same(f"{what}: the reason", story["reason"], reason)
        check(f"{what}: the checks", names(story).endswith(checks), names(story))
        if values is not None:
            failed = story["checks"][-1]
            same(f"{what}: the values", (failed["expected"], failed.get("seen")), values)
    same("let in: every check held", [c["ok"] for c in told(daemon, ask(daemon, token=keys.good()))["checks"]],
         [True] * 18)
    same("open to anyone: there is one", names(told(daemon, ask(daemon, "/health"))), "route")


def check_text(daemon, keys):
    exp = int(time.time()) - 180
    done = why(daemon, ask(daemon, token=keys.good(exp=exp)))
    seen = time.strftime("%H:%M:%SZ", time.gmtime(exp))
    for what, pattern in (
            ("the headline", r"^401 token\.expired   GET /reports/7   \d\d:\d\d:\d\dZ \([0-2] s ago\)   203\.0\.113\.7$"),
            ("what was presented", r"^scheme +bearer\nfingerprint +eyJ.\.\.\.[\w-]{4}\nissuer +https://issuer\.test$"),
            ("a check that held", r"^  ok  issuer +https://issuer\.test$"),
            ("the one that did not",
             rf"^  no  time\n +expected +later than \d\d:\d\d:\d\dZ\n +seen +(\d+-\d+-\d+ )?{seen}, 3 min( [0-2] s)? earlier$"),
            ("what the clocks said", r"^decided at +\d{4}-\d\d-\d\dT[\d:]{8}Z, in \d+ [um]s\nnow +\d{4}-\d\d-\d\dT"),
            ("what the stranger was told", r"^told +The token has expired\.$"),
            ("the fix", r"^fix: call +Refresh the token and retry once")):
        check(f"for a person: {what}", re.search(pattern, done.stdout, re.M), done.stdout, done.stderr)
    check("in 80 columns", max(map(len, done.stdout.splitlines())) <= 80, done.stdout)
    check("without colour where no terminal is", "\x1b" not in done.stdout, done.stdout)
    long = why(daemon, ask(daemon, "/" + "long/" * 20)).stdout
    check("a long path: on two lines", re.match(r"401 header\.missing   GET /long/.*/\n    \d\d:\d\d:\d\dZ ", long), long)
    turned = why(daemon, ask(daemon, token=keys.good(sub="a\u202eb", exp=1))).stdout
    check("no terminal obeys what is quoted", "subject       a\\u202eb\n" in turned, turned)
    hidden = told(daemon, ask(daemon, "/hidden"))
    same("hidden: what the stranger was told", (hidden["status"], hidden["public"]), (404, "Not Found"))


def check_refused(daemon):
    for what, words, status, pattern in (
            ("no id", (), 2, "something is missing; usage: doorward why ID"),
            ("a word that is no id", ("../../etc",), 2, "no id"),
            ("a word that is too long", ("a" * 14,), 2, "no id"),
            ("an id of nobody's", ("0000000000000",), 1, r"no decision 0000000000000: the ring holds the last 65536"),
            ("two ids", ("a", "b"), 2, "b is one word too many")):
        done = run("why", *words, "--data", daemon.data)
        check(what, done.returncode == status and re.search(pattern, done.stderr) and not done.stdout, done)
    done = run("why", "0000000000000", "--data", f"{daemon.data}/none")
    check("no such data", done.returncode == 1 and "none: No such file" in done.stderr, done)


def check_without_daemon(world, daemon, keys):
    id = ask(daemon, token=keys.good(exp=1))
    before = told(daemon, id)
    passed = ask(daemon, token=keys.good())
    wait_for("the log", lambda: id in open(f"{daemon.data}/log/decisions.jsonl").read())
    daemon.stop()
    same("from the ring, which outlives the daemon", told(daemon, id), before)
    os.remove(f"{daemon.data}/edge/recent")
    same("from the log", told(daemon, id), before)
    done = why(daemon, passed)
    check("whoever was let in is not in it", done.returncode == 1 and "no more than those refused" in done.stderr, done)
    os.rename(f"{daemon.data}/log/decisions.jsonl", f"{daemon.data}/log/decisions.jsonl.1")
    open(f"{daemon.data}/log/decisions.jsonl", "w").close()
    same("from the log that was rotated", told(daemon, id), before)
    os.remove(f"{daemon.data}/log/decisions.jsonl.1")
    os.remove(f"{daemon.data}/log/decisions.jsonl")
    done = why(daemon, id)
    check("neither ring nor log", done.returncode == 1 and "nor is there a decision log" in done.stderr and
          "--data" in done.stderr, done)


with World() as world:
    keys = Keys()
    config = write_policy(world, keys, routes="  - path: /hidden\n    hide: true\n")
    daemon = world.daemon(data=world.folder("data"), config=config)
    check_json(daemon, keys)
    check_each(daemon, keys)
    check_text(daemon, keys)
    check_refused(daemon)
    check_without_daemon(world, daemon, keys)
done()
