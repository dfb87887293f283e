# SPDX-License-Identifier: Apache-2.0
"""Other proxies that ask PREFIX verify: the configuration that a page of docs/ shows, run as it stands there
with ports and paths of the test's own."""

import re
import shutil

from doors import *  # noqa: F401,F403

SECRET = "replace-this-secret"  # as the pages write it


def blocks(page, language):
    """The code blocks of that language on a page."""
    with open(os.path.join(TREE, page)) as file:
        return re.findall(rf"^```{language}\n(.*?)^```", file.read(), re.M | re.S)


def placed(text, *pairs):
    """The text with places of the test's own; each must be named in it."""
    for old, new in pairs:
        if old not in text:
            raise LookupError(f"{old!r} is not on the page")
        text = text.replace(old, str(new))
    return text


class Ground(Place):
    """Every scheme; a daemon that demands a secret of whoever asks; an upstream that echoes."""

    def __init__(self, world):
        self.echo = world.echo()
        super().__init__(world, log={"allowed": True})
        self.port = free_port()
        self.start()
        self.socket = f"{self.data}/run/daemon.sock"
        self.session = sign_in(self.port, "joe", PASSWORD, origin="https://localhost")

    def start(self):
        self.daemon = self.world.daemon(data=self.data, config=self.config, port=self.port)

    def policy(self):
        policy = super().policy()
        del policy["origin"]  # the proxy is to say where it was called
        self.secret = b64(os.urandom(18))
        policy["verify"] = {"secret_file": self.world.write("verify.secret", self.secret)}
        return policy

    def run(self, name, line, port, folder, **env):
        """The proxy, ready."""
        program = shutil.which(line[0], path=f"{os.environ['PATH']}:/usr/sbin")
        proxy = self.world.keep(Process([program, *line[1:]], f"{folder}/output", env))

        def is_up():
            if not proxy.runs():
                raise RuntimeError(f"{name} ended:\n{proxy.output()}")
            return listens(port)
        wait_for(name, is_up, 20)
        return proxy

    def reason(self, response):
        """What the decision log says of an answer."""
        id, found = response.get("Doorward-Id"), []

        def look():
            with open(f"{self.data}/log/decisions.jsonl") as log:
                found[:] = [json.loads(line)["reason"] for line in log if f'"{id}"' in line]
            return found
        wait_for(f"decision {id} in the log", look)
        return found[0] if len(found) == 1 else found
