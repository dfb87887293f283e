#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
A flood of keys nobody has issued and of wrong passwords, from one source and from many: whoever has good credentials
is let in all the while, token checks never wait for passwords, and the queue of those is bounded.
"""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from guarded import *    # noqa: E402,F403
from doors import ASK    # noqa: E402
from known import new_key  # noqa: E402

FLOODERS = 50      # connections
REST = 20          # milliseconds each of them rests after an answer
SECONDS = 4
LEAST = 0.2        # of the usual throughput: on a machine where all share two processors
BUSY, FRIEND = "guard.busy", "203.0.113.5"
BURST, QUEUE = 10, 32  # doorward's own: guesses of one source, and passwords that wait


class Flood:
    """wrk, sending lists of fields in turn."""

    SCRIPT = os.path.join(TREE, "tests", "e2e", "fields.lua")

    def __init__(self, port, lists, source, connections, rest=0):
        lines = "\n".join("\t".join([*fields, f"X-Test-Source: {source}"]) for fields in lists)
        name = f"flood-{time.monotonic_ns()}"
        line = ["wrk", "-t1", f"-c{connections}", "-d60s", "--timeout", "10s", "--latency", "-s", self.SCRIPT,
                f"http://127.0.0.1:{port}/page", "--", world.write(name, lines), str(rest)]
        self.wrk = world.keep(Process(line, f"{world.path}/{name}.txt"))

    def end(self):
        """Statuses and how often, answers each second, median and 99 % of the times in ms, broken connections."""
        self.wrk.kill(signal.SIGINT)
        self.wrk.wait()
        found = {word: int(n) for word, n in re.findall(r"^(\w+)=(\d+)$", self.wrk.output(), re.M)}
        counts = {int(word[7:]): n for word, n in found.items() if word.startswith("status_")}
        return {"statuses": counts, "rate": sum(counts.values()) * 1e6 / found["us"],
                "half": found["half"] / 1000, "most": found["most"] / 1000,
                "broken": [found[word] for word in ("connect", "read", "write", "timeout")]}


def call_door(fields, source):
    return call(door.port, "/page", fields=[*fields, f"X-Test-Source: {source}"])


def stranger():
    return ".".join(str(random.randrange(1, 255)) for _ in range(4))


def friends():
    return Flood(door.port, [bearer(site.jwt(sub=f"user-{i}")) for i in range(20)], FRIEND, 8)


def run_alone():
    load = friends()
    time.sleep(1.5)
    return load.end()


# -- One source ---------------------------------------------------------------------------------------

def test_one_source(name, lists, refusals, most, source):
    """For some seconds, beside those who have good tokens. At most `most` of the flood are looked at at all."""
    usual = run_alone()
    flood, load, asked = Flood(door.port, lists, source, FLOODERS, REST), friends(), []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for key in (site.key, site.add_key()):  # one that is known, and one of which nobody has heard
            asked.append(timed(lambda: call_door(api_key(key), FRIEND)))
        time.sleep(0.5)
    good = load.end()
    still = call_door(lists[0], source).status
    check(f"{name}: it is still going on, and refused", still in {429, *refusals} - {401}, still)
    bad = flood.end()
    note(f"{name}: {bad['statuses']}; tokens meanwhile {good['rate'] / usual['rate']:.2f} of the usual "
         f"{usual['rate']:.0f}/s, median {usual['half']:.2f} -> {good['half']:.2f} ms, "
         f"99 % {usual['most']:.1f} -> {good['most']:.1f} ms")
    same(f"{name}: every good token is let in", (list(good["statuses"]), good["broken"]), ([200], [0] * 4), good)
    check(f"{name}: not much more slowly", good["rate"] > LEAST * usual["rate"], good, usual)
    check(f"{name}: the flood is refused, and mostly unseen",
          set(bad["statuses"]) <= {*refusals, 429} and bad["statuses"].get(401, 0) <= most, bad)
    slowest = max(seconds for _, seconds in asked)
    same(f"{name}: {len(asked)} good keys, known and new, are let in soon",
         ({answer.status for answer, _ in asked}, slowest < 0.5), ({200}, True), slowest)


# -- Many sources -------------------------------------------------------------------------------------

def test_queue():
    """More passwords at once than can wait, each from somewhere else: no limit of a source's holds them back."""
    token, known = site.jwt(), basic("joe", PASSWORD)
    wait_for("a right password to be known", lambda: call_door(known, FRIEND).status == 200)
    spare = [site.add_key() for _ in range(40)]
    good = {"a JWT": lambda: bearer(token), "a known password": lambda: known,
            "a new key": lambda: api_key(spare.pop()), "a new token": lambda: bearer(site.opaque(f"new-{len(spare)}"))}
    load, stop, waits = friends(), threading.Event(), {name: [] for name in good}

    def keep_asking():
        while not stop.is_set():
            for name, make in good.items():
                answer, seconds = timed(lambda: call_door(make(), FRIEND))
                waits[name].append((answer.status, seconds))
            time.sleep(0.1)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    answers = at_once(*[lambda i=i: call_door(basic(f"user-{i % 7}", f"guess {i}"), stranger()) for i in range(100)])
    stop.set()
    asking.join()
    counted = load.end()
    busy = [answer for answer in answers if answer.status == 503]
    note(f"100 passwords at once: {len(answers) - len(busy)} checked, {len(busy)} too many; tokens meanwhile "
         f"{counted['rate']:.0f}/s, 99 % {counted['most']:.1f} ms")
    same("100 passwords at once: they are checked, or there is no room", sorted(set(statuses(answers))), [401, 503])
    same("who finds no room is told when to come again",
         {(answer.get("Retry-After"), tuple(answer.all("WWW-Authenticate"))) for answer in busy}, {("5", ())})
    same("by the reason", {site.reason(answer) for answer in busy[:5]}, {BUSY})
    same("good tokens do not notice", (list(counted["statuses"]), counted["broken"]), ([200], [0] * 4), counted)
    for name, found in waits.items():
        seconds = sorted(seconds for _, seconds in found)
        same(f"{name} is let in meanwhile, soon", ({status for status, _ in found}, seconds[len(seconds) // 2] < 0.2),
             ({200}, True), len(found), seconds[-3:])
    wait_for("room", lambda: call_door(basic("joe", "wrong"), stranger()).status == 401)
    same("then there is room again", call_door(basic("ann", PASSWORD), FRIEND).status, 200)


with World() as world:
    site = Guarded(world).start()
    for user in ("joe", "ann"):
        site.add_user(user)
    site.key = site.add_key()
    door = world.nginx(
        f"doorward_policy {site.data}/run/doorward.yaml; set_real_ip_from 127.0.0.1; real_ip_header X-Test-Source;",
        "doorward on; doorward_ask /ask;" + ASK.format(socket=f"{site.data}/run/daemon.sock"), workers=2)
    door.page("page", "a page\n")
    keys, passwords = ([make(i) for i in range(5000)] for make in (
        lambda i: api_key({"key": new_key()}), lambda i: basic("joe", f"guess {i}")))
    test_one_source("keys", keys, {401}, BURST + FLOODERS, "198.51.100.66")
    test_one_source("passwords", passwords, {401, 503}, BURST + QUEUE, "198.51.100.67")
    test_queue()
done()
