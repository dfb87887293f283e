#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Identity fields: what clients send never arrives, what was verified does; the variables."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

FORGED = ["Doorward-Subject: admin", "doorward-scope: all", "DOORWARD-ID: 1", "Doorward_Client: admin",
          "dOORWARD-Issuer: evil", "Doorward-Anything: x", "Doorward-: x", "X-Doorward-Subject: kept"]

SERVER = """
    underscores_in_headers on;
    ignore_invalid_headers off;
    location / {{ doorward on; proxy_pass http://127.0.0.1:{echo}; }}
    location /open {{ proxy_pass http://127.0.0.1:{echo}; }}
    location /health {{ doorward on; proxy_pass http://127.0.0.1:{echo}; }}
    location /variables {{
        doorward on;
        add_header Seen "$doorward_subject|$doorward_client|$doorward_scope|$doorward_issuer|$doorward_reason" always;
        proxy_set_header Doorward-Subject "";
        proxy_set_header Caller $doorward_subject;
        proxy_pass http://127.0.0.1:{echo};
    }}
    location /unguarded-variables {{
        add_header Seen "<$doorward_subject$doorward_reason>" always;
        proxy_pass http://127.0.0.1:{echo};
    }}
"""

OURS = ["doorward-subject", "doorward-client", "doorward-scope", "doorward-issuer", "doorward-scheme",
        "doorward-id"]


def ours(told):
    return {name: value for name, value in told.items()
            if name.replace("_", "-").startswith("doorward-")}


with World() as world:
    keys = Keys()
    echo = world.echo()
    nginx = world.nginx(f"doorward_policy {write_policy(world, keys)};", SERVER.format(echo=echo.port))

    told = get(nginx.port, "/x", token=keys.good(), fields=FORGED).told()
    logged = nginx.reasons(1)[0]
    same("who was let in is told, and nothing the client claims", ours(told),
         {"doorward-subject": "user-1", "doorward-client": "client-1", "doorward-scope": "read write",
          "doorward-issuer": ISSUER, "doorward-scheme": "bearer", "doorward-id": logged[2]})
    same("other fields stay", told.get("x-doorward-subject"), "kept")
    same("a place without a guard is stripped, too", ours(get(nginx.port, "/open", fields=FORGED).told()), {})
    told = get(nginx.port, "/health", fields=FORGED).told()
    same("open to anyone: an id and no identity", list(ours(told)), ["doorward-id"])
    told = get(nginx.port, "/health", fields=FORGED, token=keys.good()).told()
    same("open to anyone: a token is not looked at", list(ours(told)), ["doorward-id"])

    many = [f"Field-{i}: {i}" for i in range(60)]
    told = get(nginx.port, "/x", token=keys.good(), fields=many[:30] + FORGED + many[30:]).told()
    same("many fields: all arrive", sum(name.startswith("field-") for name in told), 60)
    same("many fields: the forged do not", ours(told)["doorward-subject"], "user-1")
    response = get(nginx.port, "/x", token=keys.good(), fields=["Doorward-A: b"] * 80)
    same("80 forged fields", sorted(ours(response.told())), sorted(OURS))
    with Connection(nginx.port) as connection:
        for subject in ("one", "two"):
            told = connection.call("/x", token=keys.good(sub=subject), fields=FORGED).told()
            same(f"on one connection, {subject}", told["doorward-subject"], subject)

    for subject, encoded in (("50%", "50%25"), ("zoë", "zo%C3%AB"), (" admin", "%20admin"),
                             ("admin ", "admin%20"), ("a b", "a b"), ("a,b;c=\"d\"", "a,b;c=\"d\""),
                             ("日本", "%E6%97%A5%E6%9C%AC")):
        told = get(nginx.port, "/x", token=keys.good(sub=subject)).told()
        same(f"the subject {subject!r}", told["doorward-subject"], encoded)
    told = get(nginx.port, "/x", token=keys.good(sub="s" * 6000)).told()
    same("a subject of 6000 bytes", len(told["doorward-subject"]), 6000)
    told = get(nginx.port, "/x", token=keys.good(sub=None, scope=None, client_id=None)).told()
    same("claims that are not there are not told", sorted(ours(told)),
         ["doorward-id", "doorward-issuer", "doorward-scheme"])

    response = get(nginx.port, "/variables", token=keys.good())
    same("the variables", response.get("Seen"), f"user-1|client-1|read write|{ISSUER}|allowed.token")
    same("proxy_set_header renames", response.told()["caller"], "user-1")
    check("and clears", "doorward-subject" not in response.told())
    response = get(nginx.port, "/variables", token=keys.good(exp=1))
    same("the variables of who is turned away", response.get("Seen"), "||||token.expired")
    response = get(nginx.port, "/unguarded-variables", token=keys.good())
    same("without a guard they are empty", response.get("Seen"), "<>")
    ids = {get(nginx.port, "/x").get("Doorward-Id") for _ in range(50)}
    same("each denial has an id of its own", len(ids), 50)
done()
