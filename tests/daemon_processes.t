#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The daemon and what it starts: nginx, the example API; killed, restarted, reloaded, stopped."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403


def left_running(folder):
    """The command lines that still name the folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                words = line.read().replace(b"\0", b" ").decode(errors="replace")
            if folder in words and int(pid) != os.getpid():
                found.append(words)
    return found


def pid_of(daemon, name):
    with open(os.path.join(daemon.data, "run", f"{name}.pid")) as file:
        return int(file.read())


def commands(daemon, start):
    """The three commands of the banner of that start, counted from 1."""
    def printed():
        return re.findall(r"^  ((?:curl|TOKEN).*)$", daemon.output(), re.MULTILINE)
    wait_for("the banner", lambda: len(printed()) == 3 * start)
    return printed()[-3:]


def paste(lines):
    return subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True).stdout


def stays(status, port, bearer, seconds):
    """Every answer in that time."""
    end, found = time.monotonic() + seconds, set()
    while time.monotonic() < end:
        found.add(call(port, "/hello", token=bearer).status)
        time.sleep(0.01)
    return found == {status} or found


def refused(*arguments):
    """The exit status and what `doorward run` says when it cannot start."""
    result = subprocess.run([PROGRAM, "run", *arguments], capture_output=True, text=True, timeout=20)
    return result.returncode, result.stderr


def test_commands(daemon, start):
    without, fetch, again = commands(daemon, start)
    first = paste([without])
    check("the first command is a 401", first.startswith("HTTP/1.1 401"), first)
    last = paste([fetch, again])
    check("the other two are a 200", last.startswith("HTTP/1.1 200"), last)
    told = json.loads(last.split("\n\n")[1])
    same("the API was told", (told["client"], told["scheme"], told["path"]),
         (told["subject"], "bearer", "/hello"))
    return paste([fetch, 'echo "$TOKEN"']).strip()


def test_refusals(world, daemon):
    port, data = str(daemon.port), daemon.data
    status, said = refused("--listen", f"127.0.0.1:{port}", "--data", world.folder("other"))
    same("a port in use", (status, said.count("\n")), (1, 1), said)
    check("it says so", "is in use" in said, said)
    status, said = refused("--listen", f"127.0.0.1:{free_port()}", "--data", data)
    same("the same data", (status, said.count("\n")), (1, 1), said)
    check("it says so", "another doorward" in said, said)
    status, said = refused("--example", "--upstream", "http://127.0.0.1:1")
    same("two upstreams", (status, said.count("\n")), (2, 1), said)
    status, said = refused("-c", world.write("bad.yaml", "listn: 1\n"))
    same("a bad file", (status, said.count("\n")), (1, 1), said)
    check("it says where", "bad.yaml:1:1" in said, said)


def test_killed(world, daemon, bearer):
    nginx = pid_of(daemon, "nginx")
    daemon.kill(signal.SIGKILL)
    same("the daemon killed: tokens are still good", stays(200, daemon.port, bearer, 0.5), True)
    same("and none is a 401", call(daemon.port, "/hello").status, 401)
    same("our own endpoints are down", call(daemon.port, "/doorward/healthz").status, 502)
    again = world.daemon("--example", port=daemon.port, data=daemon.data)
    same("started again: the same nginx", pid_of(again, "nginx"), nginx)
    same("tokens are good", stays(200, again.port, bearer, 0.5), True)
    log = os.path.join(again.data, "log", "decisions.jsonl")
    denied = call(again.port, "/hello").get("Doorward-Id")
    wait_for("the decision log", lambda: denied in open(log).read())
    test_commands(again, 2)
    return again


def test_children_killed(daemon, bearer):
    for name in ("nginx", "example"):
        before = pid_of(daemon, name)
        os.kill(before, signal.SIGKILL)
        wait_for(f"another {name}", lambda: pid_of(daemon, name) != before)

        def is_back():
            with contextlib.suppress(OSError):
                return call(daemon.port, "/hello", token=bearer).status == 200
        wait_for(f"{name} to work", is_back)
        same(f"{name} killed: it is back", is_back(), True)


def test_reload(world):
    echo = world.echo()
    path = world.write("reload.yaml", f"upstream: http://127.0.0.1:{echo.port}\n")
    daemon = world.daemon(config=path)
    same("before", call(daemon.port, "/open").status, 401)
    world.write("reload.yaml", f"upstream: http://127.0.0.1:{echo.port}\nnonsense: 1\n")
    daemon.kill(signal.SIGHUP)
    wait_for("the complaint", lambda: "reload.yaml:2:1" in daemon.output())
    same("a mistake changes nothing", call(daemon.port, "/open").status, 401)
    world.write("reload.yaml", f"upstream: http://127.0.0.1:{echo.port}\n"
                               "routes: [{path: /open, allow: anyone}]\n")
    daemon.kill(signal.SIGHUP)
    wait_for("the new policy", lambda: call(daemon.port, "/open").status == 200)
    same("SIGHUP reads the policy again", call(daemon.port, "/open").status, 200)
    described = ["X-Original-Method: GET", "X-Original-URI: /open"]
    same("verify too", call(daemon.port, "/doorward/verify", fields=described).status, 200)
    os.rename(f"{daemon.data}/edge", f"{daemon.data}/edge.gone")
    wait_for("the edge", lambda: os.path.exists(f"{daemon.data}/edge/data.mdb"))
    same("the edge taken away: it is made again", daemon.is_healthy(), True)
    daemon.kill(signal.SIGINT)
    same("SIGINT ends it", daemon.wait(20), 0)


def test_upstream_name(world):
    daemon = world.daemon("--upstream", "http://no-such-name.invalid:80")
    same("an upstream that does not resolve: it starts", call(daemon.port, "/").status, 401)


with World() as world:
    daemon = world.daemon("--example")
    bearer = test_commands(daemon, 1)
    test_refusals(world, daemon)
    daemon = test_killed(world, daemon, bearer)
    test_children_killed(daemon, bearer)
    daemon.kill(signal.SIGTERM)
    same("SIGTERM ends it", daemon.wait(20), 0)
    same("nothing is left running", left_running(daemon.data), [])
    test_reload(world)
    test_upstream_name(world)
    path = world.path
same("nothing at all is left running", left_running(path), [])
done()
