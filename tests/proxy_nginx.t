#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""nginx without the module asks verify, configured as docs/behind-nginx-auth-request.md shows it, both ways."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from behind import *  # noqa: E402,F403

PAGE = "docs/behind-nginx-auth-request.md"
MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_max_body_size 64m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {text}
}}
"""


def start(world, place, text, *pairs, secret=None):
    port, folder = free_port(), world.folder("nginx")
    text = placed(text, *pairs, ("listen 80;", f"listen 127.0.0.1:{port};"), (SECRET, secret or place.secret),
                  ("127.0.0.1:8401", f"127.0.0.1:{place.port}"), ("127.0.0.1:3000", f"127.0.0.1:{place.echo.port}"))
    if "127.0.0.1:8402" in text:
        text = text.replace("127.0.0.1:8402", f"127.0.0.1:{free_port()}")
    with open(f"{folder}/nginx.conf", "w") as file:
        file.write(MAIN.format(folder=folder, text=text, user="user root;" if os.geteuid() == 0 else ""))
    place.run("nginx", [NGINX, "-p", folder, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"], port, folder)
    return port


def check_way(world, name, text, ask, on_socket, lacks):
    place = Ground(world)
    port = start(world, place, text, (ask, on_socket.format(socket=place.socket)))
    Proxy(place, name, port).check_socket()
    Proxy(place, name, start(world, place, text, secret="wrong")).check_secret()
    Proxy(place, name, start(world, place, text), lacks=lacks).check_all()


SHORT, WHOLE = blocks(PAGE, "nginx")
with World() as world:
    check_way(world, "auth_request", SHORT, "http://127.0.0.1:8401/doorward/verify;",
              "http://unix:{socket}:/doorward/verify;", {"challenges", "body"})
with World() as world:
    check_way(world, "the whole answer", WHOLE, "break;\n        proxy_pass http://127.0.0.1:8401;",
              "break;\n        proxy_pass http://unix:{socket};", {"body-first"})
done()
