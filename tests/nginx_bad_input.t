#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What bad input gets, through stock nginx, with keys from a file and no daemon."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from bad_input import BAD, GOOD, MALFORMED, bearer  # noqa: E402
from harness import *  # noqa: E402,F403

CHALLENGE = re.compile(r'Bearer( [a-z_]+="[^"\\]*"(,\s*[a-z_]+="[^"\\]*")*)?$')


def parameters(challenge):
    return dict(re.findall(r'([a-z_]+)="([^"]*)"', challenge))


def judge(name, nginx, response, reason, status, error, n_challenges=1):
    """Everything a denial must be, as one verdict."""
    logged = nginx.reasons(1)[0]
    challenges = response.all("WWW-Authenticate")
    problems = []

    def want(what, got, wanted):
        if got != wanted:
            problems.append(f"{what}: {got!r}, not {wanted!r}")

    want("status", response.status, status)
    want("reason", logged[1], reason)
    want("status in the log", logged[0], str(status))
    want("Cache-Control", response.all("Cache-Control"), ["no-store"])
    want("Doorward-Id", response.all("Doorward-Id"), [logged[2]])
    want("challenges", len(challenges), n_challenges)
    for challenge in challenges:
        want("a challenge that parses", bool(CHALLENGE.match(challenge)), True)
        want("realm", parameters(challenge).get("realm"), "api.test")
        want("error", parameters(challenge).get("error"), error)
    if response.body:
        body = response.json()
        want("the body's type", response.get("Content-Type"), "application/problem+json")
        want("the body's id", body.get("id"), logged[2])
        want("the body's status", body.get("status"), status)
        want("reasons in public", reason in str(response), False)
    check(f"{name}: {status} {reason}", not problems, *problems, response)


with World() as world:
    keys = Keys()
    policy = write_policy(world, keys)
    echo = world.echo()
    http = f"doorward_policy {policy};"
    server = f"doorward on; location / {{ proxy_pass http://127.0.0.1:{echo.port}; }}"
    nginx = world.nginx(http, server)

    for name, reason, status, error, fields in BAD:
        judge(name, nginx, get(nginx.port, "/x", fields=fields(keys)), reason, status, error)
    same("nothing bad reached the upstream", echo.calls, 0)

    response = get(nginx.port, "/x", fields=["Authorization: Bearer a", "Authorization: Bearer b"])
    same("two Authorization fields: nginx itself says 400", response.status, 400)
    same("and did not ask the upstream", echo.calls, 0)

    for name, fields in GOOD:
        response = get(nginx.port, "/x", fields=fields(keys))
        same(f"{name}: 200", response.status, 200, response)
    for alg in keys.by_alg:
        with Connection(nginx.port) as connection:
            token = keys.good(alg)
            answers = [connection.call("/x", token=token).status for _ in range(2)]
        same(f"{alg}: 200, and from the cache", answers, [200, 200])

    response = get(nginx.port, "/reports/7", method="POST", token=keys.good(), body=b"{}")
    judge("a scope is lacking", nginx, response, "scope.insufficient", 403, "insufficient_scope")
    same("the challenge names the scope", parameters(response.get("WWW-Authenticate")).get("scope"),
         "write:reports")
    response = get(nginx.port, "/reports/7", method="POST", token=keys.good(exp=1), body=b"{}")
    judge("401 before 403", nginx, response, "token.expired", 401, "invalid_token")
    token = keys.good(scope="read write:reports")
    same("with the scope: 200", get(nginx.port, "/reports/7", method="POST", token=token).status, 200)
    for spelling in ("//reports/7", "/./reports/7", "/%72eports/7", "/x/../reports/7", "/reports/7/"):
        response = get(nginx.port, spelling, method="POST", token=keys.good())
        same(f"{spelling} is no way around", response.status, 403)
    response = get(nginx.port, "/a%zz")
    check("a broken path never reaches the upstream", response.status in (400, 401), response)
    response = get(nginx.port, "/" + "a" * 9000)
    judge("a path too long", nginx, response, "request.path_invalid", 400, None, 0)
    same("open to anyone", get(nginx.port, "/health").status, 200)
    same("its reason", nginx.reasons(1)[0][1], "allowed.anyone")
    get(nginx.port, "/x", token=keys.good())
    same("the reason of who is let in", nginx.reasons(1)[0][1], "allowed.token")

    # The body, as Accept prefers; HEAD has none.
    for accept, content_type in (("application/json", "application/json"), ("text/html", "text/html; charset=utf-8"),
                                 ("*/*", "application/problem+json"), ("image/png", "application/problem+json"),
                                 ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8")):
        response = get(nginx.port, "/x", fields=[f"Accept: {accept}"])
        same(f"Accept: {accept}", (response.status, response.get("Content-Type")), (401, content_type), response)
        check("and its body holds the id", response.get("Doorward-Id").encode() in response.body)
    with Connection(nginx.port) as connection:
        head = connection.call("/x", method="HEAD", token="x")
        whole = connection.call("/x", token="x")
    same("HEAD: the same length, no body", (head.status, head.get("Content-Length"), head.body),
         (401, whole.get("Content-Length"), b""))
    same("HEAD: the same challenge", head.all("WWW-Authenticate"), whole.all("WWW-Authenticate"))
    response = get(nginx.port, "/x", version="1.0")
    same("HTTP/1.0", response.status, 401)
    response = get(nginx.port, "/x", method="OPTIONS")
    same("OPTIONS is guarded like the rest", response.status, 401)

    policy = write_policy(world, keys, "malformed: 400")
    strict = world.nginx(f"doorward_policy {policy};", server)
    for name, reason, status, error, fields in MALFORMED:
        judge(f"malformed: 400, {name}", strict, get(strict.port, "/x", fields=fields(keys)), reason, 400, error)
    same("malformed: 400, no credentials", get(strict.port, "/x").status, 401)

    # An issuer whose keys were never had, and nobody to ask.
    policy = world.write("foreign.yaml", f"data: {world.path}/none\ntrust:\n  - issuer: {ISSUER}\n"
                         f"    audience: {AUDIENCE}\n")
    foreign = world.nginx(f"doorward_policy {policy};", server)
    response = get(foreign.port, "/x", fields=bearer(keys.good()))
    judge("keys never had, no daemon", foreign, response, "guard.unreachable", 503, None, 0)
    same("Retry-After", response.get("Retry-After"), "5")
    same("no credentials: still 401", get(foreign.port, "/x").status, 401)
done()
