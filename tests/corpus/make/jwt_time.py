#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""token.*: what exp, nbf and iat say, and which clock they are held against."""

import time

from answers import Answer
from clients import curl, go, httpie, requests, wget, wire
from formats import har, headings, raw
from header import AGENT
from studio import Studio, claims, mint


def bearer(key, header=None, **more):
    return "Bearer " + mint(key, claims(**more), **(header or {}))


def expired(studio, at):
    key, now = studio.keys.hs, int(time.time())
    late = bearer(key, iat=now - 4032, exp=now - 432)
    studio.case(
        "time/01.curl.txt",
        "token.expired",
        "express-oauth2-jwt-bearer, curl -v",
        curl(studio, at["oauth2"] + "/orders", "-v", "-H", "Authorization: " + late),
    )
    studio.case(
        "time/02.har",
        "token.expired",
        "jsonwebtoken, HAR as Chrome writes it, a good request before it",
        har(
            "chrome",
            wire(studio, "GET", at["jsonwebtoken"] + "/me", [AGENT, ("Authorization", bearer(key))]),
            wire(studio, "GET", at["jsonwebtoken"] + "/orders", [AGENT, ("Authorization", late)]),
            wire(studio, "GET", at["jsonwebtoken"] + "/me", [AGENT, ("Authorization", bearer(key))]),
        ),
    )
    studio.case(
        "time/03.httpie.txt",
        "token.expired",
        "@fastify/jwt, httpie",
        httpie(studio, at["fastify"] + "/orders", "Authorization:" + late),
    )
    studio.case(
        "time/04.curl.txt",
        "token.expired",
        "Envoy's words, curl -v",
        curl(
            studio,
            at["envoy"] + "/expired",
            "-v",
            "-H",
            "Authorization: " + bearer(studio.keys.rs, exp=now - 86400, iat=now - 90000),
        ),
    )
    studio.case(
        "time/05.go.txt",
        "token.expired",
        "Spring's words, Go's dumps",
        go(
            studio,
            "GET",
            at["spring"] + "/expired",
            "Authorization: " + bearer(studio.keys.rs, exp=now - 75, iat=now - 375),
        ),
    )
    studio.case(
        "time/06.requests.txt",
        "token.expired",
        "Authlib, requests with debuglevel 1",
        requests(studio, "GET", at["flask"] + "/authlib", f"headers={{'Authorization': {late!r}}}"),
    )
    studio.case(
        "time/07.token.txt",
        "token.expired",
        "a token alone",
        mint(key, claims(iat=1704067200, exp=1704070800)) + "\n",
    )
    studio.case(
        "time/08.http.txt",
        "token.expired",
        "a bare 401 without a body; the token alone tells",
        raw(
            wire(
                studio,
                "GET",
                at["envoy"] + "/bare",
                [("Authorization", bearer(studio.keys.es, exp=now - 1800, iat=now - 5400))],
            )
        ),
    )
    studio.case(
        "time/09.har",
        "token.expired",
        "ASP.NET Core's words, HAR as Firefox writes it, HTTP/2",
        har(
            "firefox",
            wire(
                studio,
                "GET",
                at["aspnet"] + "/expired",
                [AGENT, ("Authorization", bearer(studio.keys.rs, exp=now - 301, iat=now - 3901))],
            ),
            http2=True,
        ),
    )


def odd(studio, at):
    key, now = studio.keys.hs, int(time.time())
    studio.case(
        "time/20.curl.txt",
        "token.not_yet_valid",
        "Flask with PyJWT, curl -v",
        curl(studio, at["flask"] + "/me", "-v", "-H", "Authorization: " + bearer(key, nbf=now + 900)),
    )
    studio.case(
        "time/21.har",
        "token.not_yet_valid",
        "jsonwebtoken, HAR as Charles writes it",
        har(
            "charles",
            wire(studio, "GET", at["jsonwebtoken"] + "/orders", [("Authorization", bearer(key, nbf=now + 120))]),
        ),
    )
    studio.case(
        "time/22.requests.txt",
        "token.iat_future|token.clock_skew",
        "Flask with PyJWT, requests with debuglevel 1",
        requests(studio, "GET", at["flask"] + "/me", f"headers={{'Authorization': {bearer(key, iat=now + 40)!r}}}"),
    )
    studio.case(
        "time/23.wget.txt",
        "token.exp_millis",
        "a bare 401, wget -d",
        wget(
            studio,
            at["envoy"] + "/bare",
            "--header",
            "Authorization: " + bearer(key, iat=now * 1000, exp=now * 1000 + 3600000),
        ),
    )
    studio.case(
        "time/24.curl.txt",
        "token.exp_type",
        "jsonwebtoken, curl -v",
        curl(
            studio, at["jsonwebtoken"] + "/orders", "-v", "-H", "Authorization: " + bearer(key, exp=str(now + 3600))
        ),
    )
    studio.case(
        "time/25.postman.txt",
        "token.exp_missing",
        "Flask with PyJWT that requires exp, a list of headers",
        headings(wire(studio, "GET", at["flask"] + "/me?strict=1", [("Authorization", bearer(key, exp=None))])),
    )
    tiny = bearer(key, iat=now - 20, exp=now - 10)
    studio.case(
        "time/26.http.txt",
        "token.lifetime_tiny|token.expired",
        "koa-jwt, a token that lived 10 s",
        raw(wire(studio, "GET", at["koa"] + "/orders", [("Authorization", tiny)])),
    )
    studio.case(
        "time/27.httpie.txt",
        "token.max_age",
        "jsonwebtoken with maxAge, httpie",
        httpie(studio, at["jsonwebtoken"] + "/aged", "Authorization:" + bearer(key, iat=now - 9000, exp=now + 9000)),
    )
    studio.case(
        "time/28.curl.txt",
        "token.exp_missing",
        "ASP.NET Core's words, curl -v",
        curl(studio, at["aspnet"] + "/endless", "-v", "-H", "Authorization: " + bearer(studio.keys.rs, exp=None)),
    )


def clocks(studio, at):
    """The client's clock is ten minutes fast: it mints tokens that begin in the server's future."""
    now = int(time.time())
    ahead = wire(
        studio,
        "GET",
        at["jsonwebtoken"] + "/orders",
        [("Authorization", bearer(studio.keys.hs, iat=now + 600, nbf=now + 600, exp=now + 900))],
    )
    ahead.started += 600
    studio.case(
        "time/30.har",
        "token.clock_skew|token.not_yet_valid",
        "jsonwebtoken; the client's clock is ten minutes fast, HAR as Insomnia",
        har("insomnia", ahead),
    )
    slow = wire(
        studio,
        "GET",
        at["slow"] + "/orders",
        [AGENT, ("Authorization", bearer(studio.keys.rs, iat=now - 60, nbf=now - 60, exp=now + 3540))],
    )
    studio.case(
        "time/31.har",
        "token.clock_skew|token.not_yet_valid|server.clock_wrong",
        "Spring's words; the server's clock is an hour slow, HAR as Chrome",
        har("chrome", slow),
    )


def main():
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 75))
    dotnet = time.strftime("%m/%d/%Y %H:%M:%S", time.gmtime(time.time() - 301))

    def spring(description, **more):
        return Answer(
            401,
            "",
            (
                "WWW-Authenticate",
                f'Bearer error="invalid_token", error_description="{description}", '
                'error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"',
            ),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
            **more,
        )

    def aspnet(description):
        return Answer(
            401,
            "",
            ("WWW-Authenticate", f'Bearer error="invalid_token", error_description="{description}"'),
            server="Kestrel",
        )

    with Studio() as studio:
        at = {
            "envoy": studio.says(
                "mesh.example.com",
                (
                    "/expired",
                    Answer(
                        401,
                        "Jwt is expired",
                        ("WWW-Authenticate", 'Bearer realm="http://mesh.example.com/expired", error="invalid_token"'),
                        server="istio-envoy",
                    ),
                ),
                ("/bare", Answer(401)),
            ),
            "spring": studio.says(
                "orders.example.net",
                ("/expired", spring(f"An error occurred while attempting to decode the Jwt: Jwt expired at {when}")),
            ),
            "slow": studio.says(
                "late.example.net",
                (
                    "*",
                    spring(
                        "An error occurred while attempting to decode the Jwt: Jwt used before "
                        + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60)),
                        date=-3600,
                    ),
                ),
            ),
            "aspnet": studio.says(
                "dotnet.example.net",
                ("/expired", aspnet(f"The token expired at '{dotnet}'")),
                ("/endless", aspnet("The token has no expiration")),
            ),
            "flask": studio.name("reports.example.com", studio.python("flask_app.py")),
            "jsonwebtoken": studio.name("node.example.com", studio.node("jsonwebtoken")),
            "oauth2": studio.name("orders.example.com", studio.node("oauth2-bearer")),
            "fastify": studio.name("fast.example.com", studio.node("fastify")),
            "koa": studio.name("koa.example.com", studio.node("koa-debug")),
        }
        for make in (expired, odd, clocks):
            make(studio, at)


if __name__ == "__main__":
    main()
