#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""HAProxy asks verify, configured as docs/behind-haproxy.md shows it, with examples/haproxy-doorward.lua."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from behind import *  # noqa: E402,F403

PAGE = "docs/behind-haproxy.md"


def start(world, place, *pairs, secret=None):
    port, folder = free_port(), world.folder("haproxy")
    text = placed(blocks(PAGE, "haproxy")[0], *pairs, ("bind :80", f"bind 127.0.0.1:{port}"),
                  (SECRET, secret or place.secret),
                  ("/etc/haproxy/haproxy-doorward.lua", f"{TREE}/examples/haproxy-doorward.lua"),
                  ("127.0.0.1:8401", f"127.0.0.1:{place.port}"), ("127.0.0.1:3000", f"127.0.0.1:{place.echo.port}"))
    with open(f"{folder}/haproxy.cfg", "w") as file:
        file.write(text)
    proxy = place.run("haproxy", ["haproxy", "-db", "-f", f"{folder}/haproxy.cfg"], port, folder)
    check("haproxy has nothing to complain of", "ALERT" not in proxy.output() and "WARNING" not in proxy.output(),
          proxy.output())
    return port


def start_socket(world, place):
    return start(world, place, ("lua.doorward 127.0.0.1:8401", f"lua.doorward unix@{place.socket}"))


def start_tls(world, place):
    """The page's second block goes where it says it goes."""
    _, certificate, key = place.authority.issue("localhost", dns=["localhost"])
    both = f"{world.path}/localhost-both.pem"
    with open(both, "w") as file:
        file.write("".join(open(path).read() for path in (certificate, key)))
    bind, field = blocks(PAGE, "haproxy")[1].splitlines()
    bind = placed(bind, (":443", ":80"), ("/etc/haproxy/api.pem", both),
                  ("/etc/haproxy/clients.pem", place.authority.file))
    drop = "    http-request del-header client-cert\n"
    return start(world, place, ("    bind :80\n", f"{bind}\n"), (drop, f"{drop}{field}\n"))


with World() as world:
    place = Ground(world)
    Proxy(place, "HAProxy", start_tls(world, place)).check_certificates()
    Proxy(place, "HAProxy", start_socket(world, place)).check_socket()
    Proxy(place, "HAProxy", start(world, place, secret="wrong")).check_secret()
    Proxy(place, "HAProxy", start(world, place), lacks={"hang"}).check_all()
done()
