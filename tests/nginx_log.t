#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What the module puts on record: each denial once, and who was let in where that is wanted."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

SERVER = """
    doorward on;
    location / {{ proxy_pass http://127.0.0.1:{echo}; }}
    location /try {{ try_files /none /admin; }}
    location /admin {{ doorward_scope admin; proxy_pass http://127.0.0.1:{echo}; }}
    location /page {{ error_page 401 /page.txt; }}
    location /page.txt {{ }}
    location /early {{ return 200 x; }}
    location /ssi {{ doorward off; ssi on; ssi_types text/plain; }}
"""


def records(world, wanted, allowed, *calls):
    """What the log holds after some calls (path, token), as (status, reason, method, path), in order."""
    policy = write_policy(world, Keys.ours, "log: {allowed: true}" if allowed else "")
    data = world.folder("data")
    with open(policy) as file:
        text = file.read().replace(f"data: {world.path}", f"data: {data}")
    with open(policy, "w") as file:
        file.write(text)
    world.daemon(config=policy, data=data)
    nginx = world.nginx(f"doorward_policy {policy};", SERVER.format(echo=world.echo().port))
    nginx.page("page.txt", "page")
    nginx.page("ssi/page.txt", '<!--# include virtual="/part" -->')
    for path, token in calls:
        get(nginx.port, path, token=token)
    get(nginx.port, "/last")

    def read():
        with open(f"{data}/log/decisions.jsonl") as log:
            return [json.loads(line) for line in log]
    wait_for("the last decision on record", lambda: any(entry["path"] == "/last" for entry in read()))
    entries = read()
    same(f"log.allowed {allowed}: what is on record",
         [(entry["status"], entry["reason"], entry["path"]) for entry in entries[:-1]], wanted)
    return entries


with World() as world:
    keys = Keys.ours = Keys()
    good, bad = keys.good(), keys.good(exp=1)
    calls = [("/x?secret=1", good), ("/x", bad), ("/x", None), ("/try", good), ("/page", None), ("/early", bad),
             ("/early", good), ("/ssi/page.txt", bad), ("/health", None)]
    denials = [(401, "token.expired", "/x"), (401, "header.missing", "/x"), (403, "scope.insufficient", "/try"),
               (401, "header.missing", "/page"), (401, "token.expired", "/early"), (401, "token.expired", "/part")]
    records(world, denials, False, *calls)
    everything = [(200, "allowed.token", "/x"), *denials[:2], (200, "allowed.token", "/try"), *denials[2:5],
                  (200, "allowed.token", "/early"), denials[5], (200, "allowed.anyone", "/health")]
    entries = records(world, everything, True, *calls)
    first = entries[0]
    same("who, where from, how", (first.get("subject"), first.get("client"), first.get("source"), first.get("method")),
         ("user-1", "client-1", "127.0.0.1", "GET"))
    check("the token itself is in no record", not any(good[20:60] in json.dumps(entry) for entry in entries))
    check("nor is the query", not any("secret" in json.dumps(entry) for entry in entries))
    same("let in, then turned away: one id", len({entry["id"] for entry in entries if entry["path"] == "/try"}), 1)
done()
