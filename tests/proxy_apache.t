#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Apache asks verify, configured as docs/behind-apache.md shows it, with examples/apache-doorward.lua."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from behind import *  # noqa: E402,F403

PAGE = "docs/behind-apache.md"
MODULES = ["mpm_event", "authz_core", "headers", "lua", "proxy", "proxy_http", "proxy_wstunnel", "socache_shmcb",
           "ssl"]
MAIN = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
ErrorLog {folder}/error.log
Mutex file:{folder}
{modules}
SSLSessionCache none
{user}
Listen 127.0.0.1:{port}
{text}
"""


def start(world, place, *pairs, secret=None, address=None):
    port, folder = free_port(), world.folder("apache")
    lua = placed(blocks(PAGE, "lua")[0], (SECRET, secret or place.secret),
                 ("127.0.0.1:8401", address or f"127.0.0.1:{place.port}"),
                 ("/etc/apache2/apache-doorward.lua", f"{TREE}/examples/apache-doorward.lua"))
    with open(f"{folder}/doorward.lua", "w") as file:
        file.write(lua)
    text = placed(blocks(PAGE, "apache")[0], *pairs, ("*:80", f"127.0.0.1:{port}"), ("/etc/apache2", folder),
                  ("127.0.0.1:8401", f"127.0.0.1:{place.port}"), ("127.0.0.1:3000", f"127.0.0.1:{place.echo.port}"))
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    load = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES)
    with open(f"{folder}/apache.conf", "w") as file:
        file.write(MAIN.format(folder=folder, port=port, text=text, modules=load, user=user))
    os.chmod(folder, 0o755)
    place.run("apache2", ["apache2", "-DFOREGROUND", "-f", f"{folder}/apache.conf"], port, folder)
    return port


def start_tls(world, place):
    """The page's second block goes to the end of the host."""
    _, certificate, key = place.authority.issue("localhost", dns=["localhost"])
    tls = placed(blocks(PAGE, "apache")[1], ("/etc/ssl/api.pem", certificate), ("/etc/ssl/api.key", key),
                 ("/etc/ssl/clients.pem", place.authority.file))
    return start(world, place, ("</VirtualHost>", f"{tls}</VirtualHost>"))


with World() as world:
    place = Ground(world)
    Proxy(place, "Apache", start_tls(world, place)).check_certificates()
    Proxy(place, "Apache", start(world, place, address=f"unix:{place.socket}")).check_socket()
    Proxy(place, "Apache", start(world, place, secret="wrong")).check_secret()
    Proxy(place, "Apache", start(world, place), lacks={"body-first"}).check_all()
done()
