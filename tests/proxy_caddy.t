#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Caddy asks verify, configured as docs/behind-caddy.md shows it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from behind import *  # noqa: E402,F403

PAGE = "docs/behind-caddy.md"


def start(world, place, *pairs, address="http://:{port}", secret=None):
    port, folder = free_port(), world.folder("caddy")
    site = placed(blocks(PAGE, "caddy")[0], *pairs, ("api.example.com", address.format(port=port)),
                  (SECRET, secret or place.secret), ("127.0.0.1:8401", f"127.0.0.1:{place.port}"),
                  ("127.0.0.1:3000", f"127.0.0.1:{place.echo.port}"))
    with open(f"{folder}/Caddyfile", "w") as file:
        file.write(f"{{\n\tadmin off\n}}\n{site}")
    place.run("caddy", ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"], port, folder,
              HOME=folder, XDG_CONFIG_HOME=folder, XDG_DATA_HOME=folder)
    return port


def start_socket(world, place):
    ask = "reverse_proxy 127.0.0.1:8401 {"
    return start(world, place, (ask, f"reverse_proxy unix/{place.socket} {{"))


def start_tls(world, place):
    """The page's second and third block go where it says they go."""
    _, tls, field = blocks(PAGE, "caddy")
    _, certificate, key = place.authority.issue("localhost", dns=["localhost"])
    tls = placed(tls, ("/etc/caddy/clients.pem", place.authority.file), ("tls {", f"tls {certificate} {key} {{"))
    return start(world, place, ("\troute {\n", f"{tls}\troute {{\n"), ("\t\trequest_header -Client-Cert\n", field),
                 address="https://localhost:{port}")


with World() as world:
    place = Ground(world)
    Proxy(place, "Caddy", start_tls(world, place)).check_certificates()
    Proxy(place, "Caddy", start_socket(world, place)).check_socket()
    Proxy(place, "Caddy", start(world, place, secret="wrong")).check_secret()
    Proxy(place, "Caddy", start(world, place)).check_all()
done()
