#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The configurations in the how-to and the manual are right: nginx and the module take them, and they guard."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

HOWTO = "docs/behind-your-own-nginx.md"
MANUAL = "docs/man/ngx_http_doorward_module.8"
OWN = ("/doorward/signin", "/doorward/signout", "/doorward/token", "/.well-known/jwks.json",
       "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
       "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/orders")


def read(path):
    with open(os.path.join(TREE, path)) as file:
        return file.read()


def examples(yaml_blocks):
    """(name, the nginx configuration, the policy it goes with)"""
    configurations = re.findall(r"^```nginx\n(.*?)^```", read(HOWTO), re.M | re.S)
    for number, pair in enumerate(zip(configurations, yaml_blocks), 1):
        yield f"{HOWTO}, configuration {number},", *pair
    shown = read(MANUAL).split(".Sh EXAMPLES")[1]
    http = re.search(r"^\.Bd -literal\n(.*?)^\.Ed", shown, re.M | re.S).group(1)
    yield f"{MANUAL}, its example,", f"load_module x.so;\nevents {{}}\n{http}", yaml_blocks[1]


def placed(world, configuration, policy, keys):
    """The same with paths and ports of this test's own."""
    folder = world.folder("docs")
    key_file = world.write("docs-keys.json", keys.jwks())
    policy = policy.replace("/etc/doorward/keys.json", key_file).replace("/var/lib/doorward", f"{folder}/data")
    policy_file = os.path.join(folder, "doorward.yaml")
    with open(policy_file, "w") as file:
        file.write(policy)
    port, upstream = free_port(), world.echo().port
    rooms = " ".join(f"{room}_temp_path {folder}/{room};" for room in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    log = "" if "access_log" in configuration else "access_log off;"
    for old, new in ((r"load_module .*?;", f"load_module {MODULE};"), (r"/etc/doorward/doorward.yaml", policy_file),
                     (r"/var/log/nginx/access.log", f"{folder}/access.log"), (r"listen 80;", f"listen 127.0.0.1:{port};"),
                     (r"127\.0\.0\.1:3000", f"127.0.0.1:{upstream}"), (r"http \{", f"http {{ {log} {rooms}")):
        configuration = re.sub(old, new, configuration)
    user = "user root;\n" if os.geteuid() == 0 else ""
    with open(f"{folder}/nginx.conf", "w") as file:
        file.write(f"daemon off;\n{user}pid {folder}/nginx.pid;\n{configuration}")
    return folder, port


with World() as world:
    keys = Keys()
    yaml_blocks = re.findall(r"^```yaml\n(.*?)^```", read(HOWTO), re.M | re.S)
    for name, configuration, policy in examples(yaml_blocks):
        folder, port = placed(world, configuration, policy, keys)
        line = [NGINX, "-p", folder, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
        result = subprocess.run(line + ["-t", "-q"], capture_output=True, text=True, env={**os.environ, **preload()})
        check(f"{name} is taken", (result.returncode, result.stderr) == (0, ""), result.stderr)
        world.keep(Process(line, f"{folder}/output", preload()))
        wait_for("nginx", lambda: listens(port))
        same(f"{name} guards", get(port, "/x").status, 401)
        if name.startswith(HOWTO) and "doorward_ask" in configuration:
            # No daemon runs here: what goes to it gets 502.
            same(f"{name} leaves to the daemon what is its own", [get(port, path).status for path in OWN], [502] * len(OWN))
            same(f"{name} lets nobody ask in its place", get(port, "/doorward/verify").status, 401)

    names = set(re.findall(r'ngx_string\("(doorward\w*)"\)', read("nginx/ngx_http_doorward_module.c")))
    told = set(re.findall(r"^\.It Ic (doorward\w*)", read(MANUAL), re.M))
    same("every directive is in the manual", told, names)
    names = set(re.findall(r'ngx_string\("(doorward\w*)"\)', read("nginx/variables.c")))
    told = set(re.findall(r"^\.It Va \$(doorward\w*)", read(MANUAL), re.M))
    same("every variable is in the manual", told, names)
done()
