#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The fast path makes no system call: a worker makes the same ones as plain nginx does. The daemon is there,
so that workers read an edge and put their denials into the ring."""

import collections
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

REQUESTS = 1000

SERVER = """
    location /plain {{ proxy_pass http://127.0.0.1:{upstream}; }}
    location /guarded {{ doorward on; proxy_pass http://127.0.0.1:{upstream}; }}
    location /plain-401 {{ return 401; }}
    location /guarded-401 {{ doorward on; proxy_pass http://127.0.0.1:{upstream}; }}
"""

HTTP = """
    doorward_policy {policy};
    access_log off;
    upstream pool {{ server 127.0.0.1:{upstream}; keepalive 4; }}
    server {{ listen 127.0.0.1:{upstream}; access_log off; location / {{ return 200 fine; }} }}
"""


def trace(world, nginx, path, tokens):
    """How often the worker makes which system call, over REQUESTS requests on one connection."""
    log = os.path.join(world.path, "strace")
    with Connection(nginx.port) as connection:
        for token in tokens[:3]:
            connection.call(path, token=token)
        tracer = subprocess.Popen(["strace", "-f", "-o", log, "-p", str(nginx.workers()[0])],
                                  stderr=subprocess.PIPE)
        tracer.stderr.readline()
        statuses = collections.Counter(connection.call(path, token=tokens[i % len(tokens)]).status
                                       for i in range(REQUESTS))
        tracer.terminate()
        tracer.wait()
    with open(log) as lines:
        calls = collections.Counter(re.findall(r"^\d+ +([a-z0-9_]+)\(", lines.read(), re.M))
    return statuses, calls


def differing(calls, plain):
    """The calls made more often, but for what a timer does once a second and chance allows."""
    return {name: (count, plain.get(name, 0)) for name, count in calls.items()
            if count > plain.get(name, 0) * 1.02 + 60}


if shutil.which("strace") is None:
    skip_all("strace is not installed")

with World() as world:
    keys = Keys()
    upstream = free_port()
    policy = write_policy(world, keys)
    world.daemon(config=policy, data=world.path)
    nginx = world.nginx(HTTP.format(policy=policy, upstream=upstream), SERVER.format(upstream=upstream))
    good = [keys.good()]
    many = [keys.good("EdDSA", jti=str(i)) for i in range(REQUESTS)]

    _, plain = trace(world, nginx, "/plain", good)
    for name, tokens in (("a token from the cache", good), ("a new token each time", many)):
        statuses, calls = trace(world, nginx, "/guarded", tokens)
        same(f"{name}: all let in", dict(statuses), {200: REQUESTS})
        more = differing(calls, plain)
        check(f"{name}: no system call more than without a guard", not more, f"call: (with, without): {more}")
        check(f"{name}: no memory from the system", calls["brk"] + calls["mmap"] < 20, calls)
    _, plain = trace(world, nginx, "/plain-401", [None])
    for name, tokens in (("no token", [None]), ("an expired token", [keys.good(exp=1)]),
                         ("a bad signature", [keys.good()[:-4] + "AAAA"])):
        statuses, calls = trace(world, nginx, "/guarded-401", tokens)
        same(f"{name}: all turned away", dict(statuses), {401: REQUESTS})
        more = differing(calls, plain)
        check(f"{name}: no system call more than `return 401`", not more, f"call: (with, without): {more}")

    log = f"{world.path}/log/decisions.jsonl"

    def is_logged(id):
        with open(log) as lines:
            return any(json.loads(line).get("id") == id for line in lines)
    last = get(nginx.port, "/guarded-401").get("Doorward-Id")
    wait_for("the decision log", lambda: is_logged(last))
    with open(log) as lines:
        n = sum(json.loads(line).get("source") == "127.0.0.1" for line in lines)
    check("each denial is in the decision log", n >= 3 * REQUESTS + 1, n)
done()
