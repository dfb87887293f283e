#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Reloads, a changed policy, a killed worker and a binary upgrade, all under load: no wrong answer."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

RELOADS = 50


class Load:
    """Clients that never stop asking, each with a token and the status it must get."""

    def __init__(self, port, wanted):
        self.port, self.ends = port, False
        self.right, self.wrong = 0, []
        self.broken = 0
        self.threads = [threading.Thread(target=self.run, args=pair, daemon=True) for pair in wanted]
        for thread in self.threads:
            thread.start()

    def run(self, token, status):
        connection = None
        while not self.ends:
            try:
                connection = connection or Connection(self.port)
                response = connection.call("/x", token=token)
                if response.status == status:
                    self.right += 1
                else:
                    self.wrong.append(str(response))
                if response.get("Connection") == "close":
                    connection = connection.close()
            except ConnectionError:
                # A worker that ends closes its idle connections, perhaps as we write.
                self.broken += 1
                connection = connection.close() if connection else None
        if connection:
            connection.close()

    def stop(self):
        self.ends = True
        for thread in self.threads:
            thread.join()


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


with World() as world:
    keys = Keys()
    policy = write_policy(world, keys)
    server = "location / { doorward on; try_files /none @named; } location @named { doorward on; return 204; }"
    nginx = world.nginx(f"doorward_policy {policy};", server, workers=2)
    wanted = [(keys.good(), 204), (keys.good("ES256"), 204), (keys.good(exp=1), 401), (None, 401)]

    load = Load(nginx.port, wanted)
    memory = []
    for i in range(RELOADS):
        before = nginx.workers()
        nginx.reload()
        wait_for("new workers", lambda: set(nginx.workers()) - set(before))
        memory.append(resident(nginx.master()))
    load.stop()
    check(f"{RELOADS} reloads under load: no wrong answer of {load.right}", not load.wrong and load.right > RELOADS,
          *load.wrong[:3])
    check("clients were served", load.broken < load.right / 20 + RELOADS * len(wanted), load.broken)
    grown = memory[-1] - memory[RELOADS // 2]
    check("the master's memory does not grow", grown < 512, f"{memory} kB")
    wait_for("the old workers' end", lambda: len(nginx.workers()) == 2)
    check("old workers end; nothing holds them", True)

    # What changes in the files counts from the reload on; a mistake changes nothing.
    text = open(policy).read()
    with open(policy, "w") as file:
        file.write(text.replace("https://api.test,", "https://renamed.test,"))
    same("a changed file counts only when it is read", get(nginx.port, "/x", token=keys.good()).status, 204)
    nginx.reload()
    wait_for("the new policy", lambda: get(nginx.port, "/x", token=keys.good()).status == 401)
    same("the reason", nginx.reasons(1)[0][1], "token.wrong_aud")
    with open(policy, "w") as file:
        file.write("rotues: []\n")
    nginx.reload()
    wait_for("a complaint", lambda: "rotues" in nginx.errors())
    same("a broken policy leaves the old one in force",
         [get(nginx.port, "/x", token=keys.good(aud="https://renamed.test")).status,
          get(nginx.port, "/x", token=keys.good()).status], [204, 401])
    with open(policy, "w") as file:
        file.write(text)
    nginx.reload()
    wait_for("the first policy", lambda: get(nginx.port, "/x", token=keys.good()).status == 204)
    wait_for("the old workers' end", lambda: len(nginx.workers()) == 2)

    load = Load(nginx.port, wanted)
    for _ in range(5):
        worker = nginx.workers()[0]
        os.kill(worker, signal.SIGKILL)
        wait_for("another worker", lambda: worker not in nginx.workers() and len(nginx.workers()) == 2)
        time.sleep(0.1)
    load.stop()
    check(f"killed workers: no wrong answer of {load.right}", not load.wrong and load.right > 0, *load.wrong[:3])

    nginx.stop()
    check("no worker crashed", "exited on signal 11" not in nginx.errors() and "exited on signal 6" not in nginx.errors())

    nginx = world.nginx(f"doorward_policy {policy};", server, workers=2, detached=True)
    load = Load(nginx.port, wanted)
    old = nginx.master()
    os.kill(old, signal.SIGUSR2)
    wait_for("the new master", lambda: os.path.exists(f"{nginx.folder}/nginx.pid.oldbin")
             and os.path.exists(f"{nginx.folder}/nginx.pid") and nginx.master() != old)
    wait_for("its workers", lambda: len(nginx.workers()) == 2)
    os.kill(old, signal.SIGWINCH)
    time.sleep(0.5)
    os.kill(old, signal.SIGQUIT)
    wait_for("the old master's end", lambda: not os.path.exists(f"{nginx.folder}/nginx.pid.oldbin"))
    time.sleep(0.3)
    load.stop()
    check(f"binary upgrade: no wrong answer of {load.right}", not load.wrong and load.right > 0, *load.wrong[:3])
    same("the new one answers", [get(nginx.port, "/x", token=token).status for token, _ in wanted],
         [status for _, status in wanted])
    nginx.stop()
    check("nothing crashed", "exited on signal" not in nginx.errors(), nginx.errors()[-2000:])
done()
