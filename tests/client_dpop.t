#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""npm's dpop and oauth4webapi: they find the issuer, prove their keys, and read what they are told."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from scenario import *  # noqa: E402,F403
from foreign import Foreign  # noqa: E402

PEERS = os.path.join(TREE, "build", "npm")
SCRIPT = os.path.join(TREE, "tests", "e2e", "dpop.mjs")


class Minting(Handler):
    """GET /?jkt=THUMBPRINT[&exp=TIME]"""

    def do_GET(self):
        asked = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
        bound = {"cnf": {"jkt": asked["jkt"]}} if "jkt" in asked else {}
        ends = {"exp": int(asked["exp"])} if "exp" in asked else {}
        issuer = self.server.issuer
        self.reply(200, mint(issuer.keys[0], claims(issuer.url, AUDIENCE, **bound, **ends)))


def site_of(world, issuer):
    site = Site(world, upstream=f"http://127.0.0.1:{world.echo().port}")
    every = ["bearer", "dpop", "basic", "digest", "apikey", "cookie", "certificate"]
    site.configure(trusted(issuer.url),
                   [{"path": f"/{scheme}/**", "accept": [scheme]} for scheme in ("bearer", "dpop")] +
                   [{"path": "/all/**", "accept": every},
                    {"path": "/admin/**", "accept": ["bearer", "dpop"], "scope": ["admin"]}],
                   schemes={"dpop": {"nonce": True}},
                   resource={"url": f"http://localhost:{site.port}/", "name": "A test"})
    return site.start()


for peer in ("dpop", "oauth4webapi"):
    if not os.path.isdir(f"{PEERS}/node_modules/{peer}"):
        skip_all(f"{peer} is not installed under {PEERS}")
with World() as world:
    issuer = world.keep(Foreign(Key("ES256", "ec")))
    minting = world.keep(Server(Minting))
    minting.issuer = issuer
    site = site_of(world, issuer)
    client = subprocess.run(["node", SCRIPT, PEERS, f"http://localhost:{site.port}",
                             f"http://127.0.0.1:{minting.port}/"], capture_output=True, text=True, timeout=120)
    for line in client.stdout.splitlines():
        seen = json.loads(line)
        same(seen["name"], seen.get("got"), seen["want"])
    same("it came to its end", client.returncode, 0, client.stderr)
done()
