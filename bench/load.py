# SPDX-License-Identifier: Apache-2.0
"""One kind of request to one server: sent by wrk, and what it costs the server."""

import os
import re
import statistics
import subprocess
import sys
import time

import peers

WRK_CORE = 1
CONNECTIONS = 256  # so that the server never waits for wrk
HERE = os.path.dirname(os.path.abspath(__file__))


def patient():
    """Puts wrk on its core, where it takes turns and is not woken for every single answer."""
    os.sched_setaffinity(0, {WRK_CORE})
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def keep_awake():
    """A busy neighbour for wrk. Waking a sleeping core is an interrupt, on a virtual machine a dear one,
    and it is paid by who sends the answer: a slow server would seem slower than it is."""
    def politely():
        os.sched_setaffinity(0, {WRK_CORE})
        os.nice(10)
    return subprocess.Popen([sys.executable, "-c", "while True: pass"], preexec_fn=politely)


def bearer(token):
    return {"Authorization": "Bearer " + token} if token else {}


class Case:
    """With `file` each request carries the next of its lines, behind `begin`, as the field of that name."""

    def __init__(self, server, path, status, fields=None, file=None, name="Authorization",
                 begin="Bearer "):
        self.server, self.path, self.status = server, path, status
        self.fields, self.file, self.name, self.begin = fields or {}, file, name, begin
        self.costs = []  # microseconds of CPU per request, one for each round
        self.wrong = False

    def first(self):
        """The fields of its first request."""
        if self.file is None:
            return self.fields
        with open(self.file) as file:
            return {**self.fields, self.name: self.begin + file.readline().strip()}

    def check(self, server=None):
        """Whether the server answers as it should; a peer that does not is measured all the same."""
        answers = (401, 429) if self.status == 429 else (self.status,)  # a guess now and then is looked at
        port = (server or self.server).port
        self.wrong = peers.status_of(port, self.path, self.first()) not in answers

    def start(self, seconds, server=None, connections=CONNECTIONS):
        """Lets wrk loose, on this server or one like it."""
        env = dict(os.environ)
        env.pop("LINES", None)
        command = ["wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, "--timeout", "10s",
                   "-s", HERE + "/wrk.lua"]
        for name, value in self.fields.items():
            command += ["-H", "%s: %s" % (name, value)]
        if self.file:
            env.update(LINES=self.file, NAME=self.name, BEGIN=self.begin)
        return subprocess.Popen(
            command + ["http://127.0.0.1:%d%s" % ((server or self.server).port, self.path)], env=env,
            preexec_fn=patient, stdout=subprocess.PIPE, text=True)

    def finish(self, wrk):
        """How many requests were answered."""
        output = wrk.communicate()[0]
        requests, refused, broken = map(int, re.search(r"RESULT (\d+) (\d+) (\d+)", output).groups())
        expected = requests if (self.status >= 400) != self.wrong else 0
        if broken or refused != expected:
            raise RuntimeError("%s %s %s: %d requests, %d refused, %d broken" % (
                self.server.name, self.path, self.fields, requests, refused, broken))
        return requests

    def load(self, seconds, server=None):
        return self.finish(self.start(seconds, server))

    def settle(self):
        """Until the server has done what wrk did not wait for: a queue of passwords takes its time."""
        used = [None, self.server.cpu_seconds()]
        while used[-1] != used[-2] and len(used) < 100:
            time.sleep(0.05)
            used.append(self.server.cpu_seconds())

    def measure(self, seconds):
        self.settle()
        before = self.server.cpu_seconds()
        requests = self.load(seconds)
        while requests < CONNECTIONS:  # one that hashes slowly answers none for a while
            requests += self.load(2 * seconds)
        self.costs.append((self.server.cpu_seconds() - before) * 1e6 / requests)

    def cost(self):
        return statistics.median(self.costs)


class Pair:
    """A case and what it is held against, at the same time and on the same core: the machine's clock, and
    whatever else runs there, are the same for both. Two servers alike change roles in each round: where in
    memory a process happens to lie makes a difference of a tenth. What a daemon does is the case's."""

    def __init__(self, case, reference, twin):
        self.case, self.reference, self.servers = case, reference, [case.server, twin]

    def warm(self):
        for server in self.servers:
            self.case.check(server)
            self.case.load(1, server)
        self.reference.check()

    def used(self):
        daemon = self.servers[0].also
        return [server.own_cpu_seconds() for server in self.servers] + [daemon.cpu_seconds() if daemon else 0]

    def lap(self, seconds, beside):
        self.case.settle()
        self.servers.reverse()
        before = self.used()
        running = [case.start(seconds, server, CONNECTIONS // 2)
                   for case, server in zip((self.case, self.reference), self.servers)]
        other = beside(self.servers[0]) if beside else None
        answered = [case.finish(wrk) for case, wrk in zip((self.case, self.reference), running)]
        printed = other.communicate()[0].strip() if other else ""
        case, reference, daemon = (b - a for a, b in zip(before, self.used()))
        return (case + daemon, answered[0]), (reference, answered[1]), printed

    def race(self, seconds, beside=None):
        """What each has used, in seconds, and how many it has answered, in both roles together; and what `beside`
        printed last, a process started to trouble the case's server."""
        laps = [self.lap(seconds, beside) for _ in self.servers]
        case, reference = ([sum(lap[side][figure] for lap in laps) for figure in (0, 1)] for side in (0, 1))
        return case, reference, laps[-1][2]

    def note(self, *figures):
        for case, (used, answered) in zip((self.case, self.reference), figures):
            case.costs.append(used * 1e6 / answered)

    def measure(self, seconds):
        self.note(*self.race(seconds)[:2])


def ratio(case, reference):
    return statistics.median(a / b for a, b in zip(case.costs, reference.costs))


def verdict(value, limit):
    return "met" if value <= limit else "MISSED"


def show_row(name, case, reference, limit=None):
    value = ratio(case, reference)
    target = "" if limit is None else "%10.2f  %s" % (limit, verdict(value, limit))
    print("%-34s %9.2f %14.2f %8.2f %s" % (name, case.cost(), reference.cost(), value, target))
