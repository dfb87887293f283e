# SPDX-License-Identifier: Apache-2.0
"""The whole thing as an operator runs it: a daemon that starts nginx, load on it, and what both left."""

import base64
import re
import threading
import urllib.parse

from harness import *  # noqa: F401,F403

OPEN = "/open"  # the one route that asks for nothing


def trusted(*issuers):
    return [{"issuer": issuer, "audience": AUDIENCE} for issuer in issuers]


class Site:
    """A daemon with nginx in front of the example API, or of an upstream of the test's own."""

    def __init__(self, world, trust=(), routes=(), upstream=None, **settings):
        self.world = world
        self.base = world.folder("site")
        os.chmod(self.base, 0o755)
        self.data, self.config = f"{self.base}/data", f"{self.base}/doorward.yaml"
        self.arguments = ["--upstream", upstream] if upstream else ["--example"]
        self.port = free_port()
        self.daemon = None
        world.stack.callback(self.sweep)
        self.configure(trust, routes, **settings)

    def configure(self, trust=(), routes=(), **settings):
        """JSON is YAML too."""
        whole = {"realm": "api.test", "trust": list(trust), **settings,
                 "routes": [{"path": OPEN, "allow": "anyone"}, *routes]}
        with open(self.config, "w") as file:
            json.dump(whole, file)

    def start(self):
        self.daemon = Daemon(self.world, *self.arguments, port=self.port, data=self.data,
                             config=self.config)
        return self

    def call(self, path="/", **more):
        return call(self.port, path, **more)

    def reload(self):
        """SIGHUP; returns what the daemon says to it."""
        before = len(self.daemon.output())
        self.daemon.kill(signal.SIGHUP)
        wait_for("an answer to SIGHUP", lambda: self.daemon.output()[before:].endswith("\n"))
        return self.daemon.output()[before:]

    # -- What it left --

    def log(self):
        path = f"{self.data}/log/decisions.jsonl"
        with open(path) as file:
            return [json.loads(line) for line in file.read().split("\n")[:-1]]

    def reason(self, response, seconds=10):
        """The reason the decision log gives for an answer."""
        id = response.get("Doorward-Id")
        found = []

        def look():
            found[:] = [line["reason"] for line in self.log() if line.get("id") == id]
            return found
        wait_for(f"{id} in the decision log", look, seconds)
        return found[0] if len(found) == 1 else found

    def outcome(self, path="/", **more):
        response = self.call(path, **more)
        return response.status, self.reason(response)

    def processes(self):
        """Every process of this site: it has the folder in its command line, or a file of it in memory."""
        own = self.base.encode()
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
                if pid != os.getpid() and own in proc_file(pid, "cmdline") + proc_file(pid, "maps")]

    def master(self):
        with open(f"{self.data}/run/nginx.pid") as pid:
            return int(pid.read())

    def workers(self):
        """Those that take requests: a worker that is told to finish says so in its name."""
        return [pid for pid in children_of(self.master()) if b"shutting down" not in proc_file(pid, "cmdline")]

    def sweep(self):
        if self.daemon is not None:
            self.daemon.stop()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


# -- Processes --------------------------------------------------------------------------------------

def proc_file(pid, name):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    return b""


def children_of(pid):
    return [int(child) for child in proc_file(pid, f"task/{pid}/children").split()]


def is_alive(pid):
    """Also not when it has ended and nobody has asked how."""
    stat = proc_file(pid, "stat")
    return stat != b"" and stat.rsplit(b")", 1)[1].split()[0] != b"Z"


# -- Many at once -----------------------------------------------------------------------------------

def at_once(*works):
    """Does all of them in parallel; returns what they returned, in order."""
    results = [None] * len(works)

    def do(i):
        try:
            results[i] = works[i]()
        except Exception as error:  # a verdict, not a stop: the test looks at the results
            results[i] = error
    threads = [threading.Thread(target=do, args=(i,)) for i in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def statuses(responses):
    return [getattr(response, "status", response) for response in responses]


def timed(work):
    begun = time.monotonic()
    return work(), time.monotonic() - begun


class Load:
    """wrk with these tokens in turn, until told to end. Then: how many answers, and what was wrong."""

    SCRIPT = os.path.join(TREE, "tests", "e2e", "load.lua")

    def __init__(self, site, tokens, connections=8, path="/", seconds=60):
        self.connections = connections
        self.log = site.world.write(f"wrk-{time.monotonic_ns()}.txt", "")
        file = site.world.write(f"tokens-{time.monotonic_ns()}.txt", "\n".join(tokens))
        line = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", self.SCRIPT,
                f"http://127.0.0.1:{site.port}{path}", "--", file]
        self.wrk = site.world.keep(Process(line, self.log))

    def end(self):
        """{"answers": N, "wrong": M, "errors": [connect, read, write, timeout]}"""
        self.wrk.kill(signal.SIGINT)
        self.wrk.wait()
        text = self.wrk.output()
        counted = {word: int(n) for word, n in re.findall(r"^(\w+)=(\d+)$", text, re.M)}
        return {"answers": counted["answers"], "wrong": counted["wrong"],
                "errors": [counted[word] for word in ("connect", "read", "write", "timeout")]}


class Caller:
    """Calls again and again on a connection of its own until told to end, and keeps every outcome."""

    def __init__(self, site, **request):
        self.site, self.request = site, request
        self.outcomes, self.seconds, self.broken, self.why = [], [], 0, []
        self.go_on = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.go_on:
            try:
                with Connection(self.site.port) as connection:
                    self.use(connection)
            except OSError as error:
                self.broken += 1
                self.why.append(repr(error))
                time.sleep(0.01)

    def use(self, connection):
        while self.go_on:
            response, seconds = timed(lambda: connection.call(**self.request))
            self.outcomes.append(response.status)
            self.seconds.append(seconds)
            if response.get("Connection", "").lower() == "close":
                return

    def end(self):
        """The statuses seen, each once."""
        self.go_on = False
        self.thread.join()
        return sorted(set(self.outcomes))

    def usual(self):
        """The median time of an answer."""
        return sorted(self.seconds)[len(self.seconds) // 2]


# -- Asking an issuer -------------------------------------------------------------------------------

def post_form(port, path, fields=(), **form):
    return call(port, path, method="POST", body=urllib.parse.urlencode(form).encode(),
                fields=["Content-Type: application/x-www-form-urlencoded", *fields])


def basic(id, secret):
    joined = f"{urllib.parse.quote(id, safe='')}:{urllib.parse.quote(secret, safe='')}"
    return f"Authorization: Basic {base64.b64encode(joined.encode()).decode()}"
