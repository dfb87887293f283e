#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Configuration: every mistake is named at `nginx -t`, and no process needs a daemon to start."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

with World() as world:
    keys = Keys()
    policy = write_policy(world, keys)
    http = f"doorward_policy {policy};"

    def trust(jwks_file):
        return world.write(f"trust-{os.path.basename(jwks_file)}.yaml",
                           f"trust: [{{issuer: i, audience: a, jwks_file: {jwks_file}}}]\n")

    misspelt = world.write("misspelt.yaml", "realm: x\nroute:\n  - path: /\n")
    empty = world.write("empty.json", {"keys": []})
    text = world.write("text.json", "keys")
    huge = world.write("huge.json", "[" + " " * 300_000 + "]")
    MISTAKES = [
        ("an unknown key, with its place and the nearest", f"doorward_policy {misspelt};", "",
         [f"{misspelt}:2:1", "routes"]),
        ("no such file", f"doorward_policy {world.path}/none.yaml;", "", ["none.yaml"]),
        ("no such keys", f"doorward_policy {trust('/nowhere/keys.json')};", "", ["/nowhere/keys.json"]),
        ("an empty JWKS", f"doorward_policy {trust(empty)};", "", [empty, "no usable key"]),
        ("no JWKS", f"doorward_policy {trust(text)};", "", [text, "no JWKS"]),
        ("a JWKS of 300 kB", f"doorward_policy {trust(huge)};", "", [huge]),
        ("the policy twice", f"{http} {http}", "", ["doorward_policy", "duplicate"]),
        ("on without a policy", "", "doorward on;", ["doorward_policy"]),
        ("neither on nor off", http, "doorward yes;", ["doorward", "on", "off"]),
        ("a policy in a server", "", f"doorward_policy {policy};", ["doorward_policy", "not allowed here"]),
        ("an ask without a slash", http, "doorward_ask verify;", ["doorward_ask", "slash"]),
        ("a scope with a quote", http, "doorward_scope 'a\"b';", ["doorward_scope", "scopes"]),
        ("a scope too long", http, f"doorward_scope {'a' * 2100};", ["doorward_scope", "2048"]),
        ("a realm with a control character", http, "doorward_realm 'a\x01b';", ["doorward_realm", "printable"]),
        ("a cache too large", f"{http} doorward_cache 1000001;", "", ["doorward_cache", "1000000"]),
        ("a cache that is no number", f"{http} doorward_cache many;", "", ["doorward_cache", "number"]),
        ("two edges", f"{http} doorward_edge a; doorward_edge b;", "", ["doorward_edge", "duplicate"]),
    ]
    for name, main, server, said in MISTAKES:
        status, output = test_config(world, main, server + " location / { return 204; }")
        check(name, status != 0 and all(word in output for word in said), status, output)

    status, output = test_config(world, http, "doorward on; doorward_scope 'a b'; doorward_realm r;"
                                 " doorward_ask /ask; location / { return 204; }")
    same("a good one says nothing", (status, output), (0, ""))
    status, output = test_config(world, "", "location / { return 204; }")
    same("the module does nothing without a policy", (status, output), (0, ""))

    server = "location / { doorward on; return 200 $doorward_subject; }"
    single = world.nginx(http, server, main="master_process off;")
    same("a single process: let in", get(single.port, "/", token=keys.good()).body, b"user-1")
    same("a single process: turned away", get(single.port, "/").status, 401)
    same("a single process ends well", (single.kill(signal.SIGQUIT), single.wait())[1], 0)

    for directives in ("doorward_cache 1;", "doorward_cache 0;", f"doorward_edge {world.path}/no/edge;"):
        nginx = world.nginx(f"{http} {directives}", server)
        same(directives, [get(nginx.port, "/", token=keys.good()).status,
                          get(nginx.port, "/").status], [200, 401])
    plain = world.nginx("", "location / { return 200 <$doorward_subject>; }")
    same("without a policy nothing is stripped or told", get(plain.port, "/").body, b"<>")

    nginx = world.nginx("doorward_policy ../doorward.yaml;", server)
    same("a relative name", get(nginx.port, "/").status, 401)
    nginx.stop()
    same("SIGTERM ends it with 0", nginx.process.returncode, 0)
done()
