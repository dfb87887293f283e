#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
kill -9 of the daemon, of nginx's workers and of its master, under load; SIGTERM and SIGHUP: what a client
sees, and what is left behind.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from foreign import *   # noqa: E402,F403
from readers import *   # noqa: E402,F403
from scenario import *  # noqa: E402,F403

KILLS = 5
SLOW = 1.0  # seconds an upstream takes that is in no hurry


def kids():
    n = 0
    while True:
        n += 1
        yield Key("ES256", f"key-{n}")


def rotate(issuer):
    """A new key beside those it has, and its first token."""
    issuer.keys = [next(new_keys), *issuer.keys]
    return issuer.token()


def unharmed(name, load, reloads=0):
    """nginx closes the idle connections of workers that finish, and wrk may just be sending on one then."""
    counted = load.end()
    note(f"{name}: {counted}")
    connect, read, write, timeout = counted["errors"]
    same(f"{name}: no wrong answer", (counted["wrong"], connect, write, timeout, counted["answers"] > 100),
         (0, 0, 0, 0, True))
    check("no connection is broken under a request", read <= reloads * load.connections, counted)


def healthy(site):
    with contextlib.suppress(OSError):
        return site.call("/doorward/healthz").status == 200
    return False


# -- The daemon -------------------------------------------------------------------------------------

def test_daemon_killed(world):
    first, second = Foreign(next(new_keys)), Foreign(next(new_keys))
    for issuer in (first, second):
        world.keep(issuer)
    site = Site(world, trusted(first.url, second.url)).start()
    tokens = [first.token(sub=f"user-{i}") for i in range(50)]
    same("before", site.call(token=tokens[0]).status, 200)
    master = site.master()

    load = Load(site, tokens)
    time.sleep(1)
    site.daemon.kill(signal.SIGKILL)
    site.daemon.wait()
    denied = [site.call(f"/while-it-is-gone/{i}") for i in range(10)]
    same("the daemon killed: who brings no token", statuses(denied), [401] * 10)
    unknown = site.call(token=rotate(first))
    same("what would need asking", (unknown.status, unknown.get("Retry-After"), unknown.all("WWW-Authenticate")),
         (503, "5", []), unknown)
    same("healthz says that it is gone", healthy(site), False)
    time.sleep(1)
    unharmed("JWT traffic meanwhile", load)

    load = Load(site, tokens)
    time.sleep(0.5)
    site.start()
    same("started again: healthz", healthy(site), True)
    same("the first token with a new kid", site.call(token=rotate(second)).status, 200)
    time.sleep(0.5)
    unharmed("JWT traffic meanwhile", load, reloads=1)
    same("nginx is the one that was there", site.master(), master)
    same("the decisions of the time without it are in the log",
         [site.reason(response) for response in (*denied, unknown)],
         ["header.missing"] * 10 + ["guard.unreachable"])
    same("each once, and none was lost",
         (len({line["id"] for line in site.log()}), [line for line in site.log() if "dropped" in line]),
         (len(site.log()), []))
    return site


def test_daemon_killed_again(site, times=3):
    """Whatever it was doing."""
    for i in range(times):
        site.daemon.kill(signal.SIGKILL)
        site.daemon.wait()
        site.start()
    response = site.call("/after")
    same(f"{times} more times: the log goes on", site.reason(response), "header.missing")


# -- nginx ------------------------------------------------------------------------------------------

def test_worker_killed(world):
    issuer = world.keep(Foreign(next(new_keys)))
    site = Site(world, trusted(issuer.url)).start()
    tokens = [issuer.token(sub=f"user-{i}") for i in range(50)]
    site.call(token=tokens[0])
    load = Load(site, tokens)
    dead = []
    for _ in range(KILLS):
        time.sleep(0.3)
        dead.append(site.workers()[0])
        os.kill(dead[-1], signal.SIGKILL)
        wait_for("another worker", lambda: set(site.workers()) - set(dead))
    wait_for("all workers", lambda: len(site.workers()) == len(os.sched_getaffinity(0)))
    time.sleep(0.5)
    same(f"{KILLS} workers killed: others took their place", set(site.workers()) & set(dead), set())
    counted = load.end()
    note(f"while workers were killed: {counted}")
    same("a connection may break, but no answer is wrong", counted["wrong"], 0)
    same("the daemon goes on writing: a new kid", site.call(token=rotate(issuer)).status, 200)
    same("on every worker", [site.call(token=issuer.token()).status for _ in range(8)], [200] * 8)
    same("the ring goes on", [site.outcome(f"/{i}") for i in range(4)], [(401, "header.missing")] * 4)
    wait_for("the readers' slots to be cleared", lambda: not set(readers(f"{site.data}/edge")) & set(dead), 20)
    check("no dead worker holds a reader's slot", True)
    check("the living do", set(site.workers()) <= set(readers(f"{site.data}/edge")),
          site.workers(), readers(f"{site.data}/edge"))
    return site, issuer


def test_master_killed(site, issuer):
    master = site.master()
    os.kill(master, signal.SIGKILL)
    wait_for("nginx's end to be seen", lambda: not is_alive(master))
    wait_for("nginx again", lambda: site.master() != master and healthy(site), 20)
    same("nginx's master killed: it is back", site.call(token=issuer.token()).status, 200)
    check("the daemon says so", "nginx was killed by signal 9" in site.daemon.output(), site.daemon.output())
    wait_for("the old workers to go", lambda: all(
        pid in (site.daemon.pid, site.master(), *site.workers()) or b"nginx" not in proc_file(pid, "cmdline")
        for pid in site.processes()), 20)
    check("no worker of the old one is left", True)


# -- Told to end, told to read again ------------------------------------------------------------------

class Slow(Handler):
    def do_GET(self):
        self.server.asked = True
        time.sleep(SLOW)
        self.reply(200, {"slow": True})


def test_term(world, signum):
    name = signal.Signals(signum).name
    issuer = world.keep(Foreign(next(new_keys)))
    upstream = world.keep(Server(Slow))
    upstream.asked = False
    site = Site(world, trusted(issuer.url), upstream=f"http://127.0.0.1:{upstream.port}").start()
    with Connection(site.port) as under_way:
        under_way.send(f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {issuer.token()}\r\n\r\n")
        wait_for("the upstream to be asked", lambda: upstream.asked)
        site.daemon.kill(signum)
        response = under_way.receive()
        same(f"{name}: what was under way is finished", (response.status, response.body), (200, b'{"slow": true}'))
    same("it ends well", site.daemon.wait(20), 0)
    same("no process is left", site.processes(), [])
    check("and nobody listens", not listens(site.port))


def test_term_under_load(world):
    issuer = world.keep(Foreign(next(new_keys)))
    site = Site(world, trusted(issuer.url)).start()
    own = site.processes()
    check("daemon, example API, nginx and its workers run", len(own) >= 4, own)
    load = Load(site, [issuer.token(), issuer.token(sub="user-2")])
    time.sleep(0.5)
    site.daemon.kill(signal.SIGTERM)
    same("SIGTERM: it ends well", site.daemon.wait(20), 0)
    counted = load.end()
    same("to the last answer none is wrong", (counted["wrong"], counted["answers"] > 100), (0, True), counted)
    same("no process is left", [pid for pid in own if is_alive(pid)] + site.processes(), [])


def test_hup(world):
    issuer = world.keep(Foreign(next(new_keys)))
    site = Site(world, trusted(issuer.url)).start()
    token = issuer.token()
    same("before", (site.call("/news").status, site.call("/reports", token=token).status), (401, 200))
    load = Load(site, [token])
    site.configure(trusted(issuer.url), [{"path": "/news", "allow": "anyone"},
                                         {"path": "/reports", "scope": ["reports"]}])
    check("SIGHUP: it says so", "read again" in site.reload(), site.daemon.output())
    wait_for("the new routes", lambda: site.call("/news").status == 200)
    wait_for("the old workers to go", lambda: len(children_of(site.master())) == len(os.sched_getaffinity(0)))
    same("the new routes are in force", [(site.call("/news").status, site.call("/reports", token=token).status)
                                         for _ in range(8)], [(200, 403)] * 8)
    with open(site.config, "w") as file:
        file.write("routes:\n  - path: /news\n    alow: anyone\n")
    said = site.reload()
    check("a mistake: it says where, and what was meant",
          f"{site.config}:3:5" in said and "allow" in said and "as it was" in said, said)
    time.sleep(0.5)
    same("the policy stays", [(site.call("/news").status, site.call("/reports", token=token).status)
                              for _ in range(8)], [(200, 403)] * 8)
    unharmed("JWT traffic meanwhile", load, reloads=1)
    same("healthz", healthy(site), True)


new_keys = kids()
with World() as world:
    test_daemon_killed_again(test_daemon_killed(world))
    test_master_killed(*test_worker_killed(world))
    test_term(world, signal.SIGTERM)
    test_term(world, signal.SIGINT)
    test_term_under_load(world)
    test_hup(world)
done()
