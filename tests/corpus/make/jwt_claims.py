#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""token.*: whose a token is, whom it is for, and which key signed it."""

import time

from clients import curl, go, httpie, requests, wget, wire
from formats import har, raw
from header import AGENT
from jwt_form import words
from jwt_time import bearer
from studio import Studio, b64, claims, compact


def audience(studio, at):
    key, rs = studio.keys.hs, studio.keys.rs
    studio.case(
        "claims/01.curl.txt",
        "token.wrong_aud",
        "Flask with PyJWT, curl -v",
        curl(
            studio,
            at["flask"] + "/me",
            "-v",
            "-H",
            "Authorization: " + bearer(key, aud="https://billing.example.com"),
        ),
    )
    studio.case(
        "claims/02.har",
        "token.wrong_aud",
        "express-oauth2-jwt-bearer, HAR as Chrome writes it, a 404 beside it",
        har(
            "chrome",
            wire(studio, "GET", at["envoy"] + "/favicon.ico", [AGENT]),
            wire(
                studio,
                "GET",
                at["oauth2"] + "/orders",
                [
                    AGENT,
                    (
                        "Authorization",
                        bearer(
                            key,
                            {"typ": "at+jwt"},
                            client_id="shop",
                            jti="9",
                            aud=["mobile", "https://users.example.com"],
                        ),
                    ),
                ],
            ),
        ),
    )
    studio.case(
        "claims/03.curl.txt",
        "token.wrong_aud",
        "Envoy's words, 403, curl -v",
        curl(
            studio,
            at["envoy"] + "/audience",
            "-v",
            "-H",
            "Authorization: " + bearer(rs, aud="https://elsewhere.example.org"),
        ),
    )
    studio.case(
        "claims/04.httpie.txt",
        "token.wrong_aud",
        "AWS HTTP API's words, httpie",
        httpie(studio, at["aws"] + "/audience", "Authorization:" + bearer(rs, aud="7b3kqe1t0b4b8k6c1m2n3o4p5q")),
    )
    studio.case(
        "claims/05.requests.txt",
        "token.aud_missing",
        "Flask with PyJWT, requests with debuglevel 1",
        requests(studio, "GET", at["flask"] + "/me", f"headers={{'Authorization': {bearer(key, aud=None)!r}}}"),
    )
    studio.case(
        "claims/06.curl.txt",
        "token.aud_format|token.wrong_aud",
        "express-oauth2-jwt-bearer's words: a slash too many, curl -v",
        curl(
            studio,
            at["flask"] + "/me",
            "-v",
            "-H",
            "Authorization: " + bearer(key, aud="https://reports.example.com/"),
        ),
    )
    studio.case(
        "claims/07.go.txt",
        "token.aud_format",
        "jsonwebtoken, Go's dumps: Azure's api:// before it",
        go(studio, "GET", at["jsonwebtoken"] + "/aud", "Authorization: " + bearer(key, aud="api://orders-api")),
    )
    studio.case(
        "claims/08.har",
        "token.wrong_graph_audience",
        "ASP.NET Core's words, HAR as Chrome writes it, HTTP/2",
        har(
            "chrome",
            wire(
                studio,
                "GET",
                at["aspnet"] + "/graph",
                [
                    AGENT,
                    (
                        "Authorization",
                        bearer(
                            rs,
                            {"nonce": "7Kq2w9xYtLcB3mPz", "x5t": "nOo3ZDrODXEK1jKWhXslHR_KXEg"},
                            aud="00000003-0000-0000-c000-000000000000",
                            iss="https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
                            appid="66666666-7777-8888-9999-000000000000",
                            ver="1.0",
                        ),
                    ),
                ],
            ),
            http2=True,
        ),
    )


def issuer(studio, at):
    key, rs = studio.keys.hs, studio.keys.rs
    studio.case(
        "claims/20.curl.txt",
        "token.wrong_iss",
        "Envoy's words, curl -v",
        curl(
            studio,
            at["envoy"] + "/issuer",
            "-v",
            "-H",
            "Authorization: " + bearer(rs, iss="https://accounts.partner.example"),
        ),
    )
    studio.case(
        "claims/21.wget.txt",
        "token.wrong_iss",
        "Flask with PyJWT, wget -d",
        wget(
            studio,
            at["flask"] + "/me",
            "--header",
            "Authorization: " + bearer(key, iss="https://sso.partner.example"),
        ),
    )
    studio.case(
        "claims/22.httpie.txt",
        "token.iss_format",
        "jsonwebtoken, httpie: a slash too many",
        httpie(studio, at["jsonwebtoken"] + "/iss", "Authorization:" + bearer(key, iss="https://id.example.com/")),
    )
    studio.case(
        "claims/23.http.txt",
        "token.iss_format|token.wrong_iss",
        "ASP.NET Core's words: version 1 of Entra's issuer",
        raw(
            wire(
                studio,
                "GET",
                at["aspnet"] + "/issuer",
                [
                    (
                        "Authorization",
                        bearer(
                            rs,
                            iss="https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
                            aud="api://orders",
                            ver="1.0",
                        ),
                    )
                ],
            )
        ),
    )
    studio.case(
        "claims/24.curl.txt",
        "token.iss_docker_localhost",
        "Spring's words, Keycloak's issuer, curl -v",
        curl(
            studio,
            at["spring"] + "/issuer",
            "-v",
            "-H",
            "Authorization: "
            + bearer(rs, iss="http://localhost:8080/realms/shop", azp="web", typ="Bearer", aud="account"),
        ),
    )
    studio.case(
        "claims/25.requests.txt",
        "token.iss_docker_localhost",
        "jsonwebtoken, requests with debuglevel 1",
        requests(
            studio,
            "GET",
            at["jsonwebtoken"] + "/iss",
            f"headers={{'Authorization': {bearer(key, iss='http://keycloak:8080/realms/shop')!r}}}",
        ),
    )
    studio.case(
        "claims/26.har",
        "token.wrong_env|token.wrong_iss",
        "Flask with PyJWT, HAR as Firefox writes it",
        har(
            "firefox",
            wire(
                studio,
                "GET",
                at["flask"] + "/me",
                [
                    AGENT,
                    (
                        "Authorization",
                        bearer(key, iss="https://login.staging.example.com/", aud="https://api.staging.example.com"),
                    ),
                ],
            ),
        ),
    )


def keys(studio, at):
    key, rs, now = studio.keys.hs, studio.keys.rs, int(time.time())
    studio.case(
        "claims/30.curl.txt",
        "token.kid_unknown",
        "ASP.NET Core's words, curl -v",
        curl(studio, at["aspnet"] + "/key", "-v", "-H", "Authorization: " + bearer(rs)),
    )
    studio.case(
        "claims/31.trace.txt",
        "token.kid_unknown",
        "Envoy's words, curl --trace-ascii -",
        curl(
            studio,
            at["envoy"] + "/kid",
            "--trace-ascii",
            "-",
            "-H",
            "Authorization: " + bearer(studio.keys.es, {"kid": "rotated-away"}),
        ),
    )
    studio.case(
        "claims/32.curl.txt",
        "token.alg_mismatch",
        "jsonwebtoken for RS256, curl -v",
        curl(studio, at["jsonwebtoken"] + "/rs", "-v", "-H", "Authorization: " + bearer(key)),
    )
    studio.case(
        "claims/33.requests.txt",
        "token.alg_mismatch",
        "Flask with PyJWT, requests with debuglevel 1",
        requests(studio, "GET", at["flask"] + "/me", f"headers={{'Authorization': {bearer(rs)!r}}}"),
    )
    studio.case(
        "claims/34.har",
        "token.alg_none",
        "jsonwebtoken, HAR as Insomnia writes it",
        har(
            "insomnia",
            wire(
                studio,
                "GET",
                at["jsonwebtoken"] + "/orders",
                [
                    (
                        "Authorization",
                        "Bearer "
                        + ".".join((b64(compact({"alg": "none", "typ": "JWT"})), b64(compact(claims())), "")),
                    )
                ],
            ),
        ),
    )
    studio.case(
        "claims/35.httpie.txt",
        "token.jwks_unreachable",
        "Envoy's words, httpie",
        httpie(studio, at["envoy"] + "/jwks", "Authorization:" + bearer(rs)),
    )
    studio.case(
        "claims/36.curl.txt",
        "token.server_key_pem",
        "jsonwebtoken without a key, its words, curl -v",
        curl(studio, at["pyjwt"] + "/pem", "-v", "-H", "Authorization: " + bearer(rs)),
    )
    studio.case(
        "claims/37.har",
        "token.id_token_used",
        "a bare 401, HAR as Safari writes it",
        har(
            "safari",
            wire(
                studio,
                "GET",
                at["envoy"] + "/bare",
                [
                    AGENT,
                    (
                        "Authorization",
                        bearer(
                            rs,
                            aud="spa-client-1",
                            scope=None,
                            nonce="n-0S6_WzA2Mj",
                            at_hash="77QmUPtjPfzWtF2AnpK9RQ",
                            auth_time=now - 70,
                            email="joe@example.com",
                            email_verified=True,
                        ),
                    ),
                ],
            ),
        ),
    )
    studio.case(
        "claims/38.curl.txt",
        "token.id_token_used|token.wrong_aud",
        "Flask with PyJWT: an ID token's aud is the client, curl -v",
        curl(
            studio,
            at["flask"] + "/me",
            "-v",
            "-H",
            "Authorization: "
            + bearer(
                key,
                aud="0oa1b2c3d4e5f6",
                scope=None,
                nonce="af0ifjsldkj",
                auth_time=now - 30,
                at_hash="MTIzNDU2Nzg5MDEyMzQ1Ng",
                amr=["pwd"],
            ),
        ),
    )
    studio.case(
        "claims/39.har",
        "token.refresh_token_used",
        "Django REST framework with SimpleJWT, HAR as Chrome writes it",
        har(
            "chrome",
            wire(
                studio,
                "GET",
                at["drf"] + "/jwt/",
                [AGENT, ("Authorization", bearer(key, token_type="refresh", jti="b0c5", user_id=1, exp=now + 86400))],
            ),
        ),
    )
    studio.case(
        "claims/40.go.txt",
        "token.refresh_token_used",
        "Keycloak's words, Go's dumps",
        go(
            studio,
            "GET",
            at["keycloak"] + "/userinfo",
            "Authorization: "
            + bearer(
                key,
                typ="Refresh",
                iss="https://sso.example.com/realms/shop",
                aud="https://sso.example.com/realms/shop",
                azp="web",
            ),
        ),
    )
    studio.case(
        "claims/41.curl.txt",
        "token.code_or_secret_used",
        "jsonwebtoken, curl -v: a GitHub token at somebody else's API",
        curl(
            studio,
            at["jsonwebtoken"] + "/orders",
            "-v",
            "-H",
            "Authorization: Bearer ghp_0000CorpusCorpusCorpusCorpus00000000",
        ),
    )
    studio.case(
        "claims/42.http.txt",
        "token.client_not_allowed",
        "an API's own words, the messages themselves",
        raw(
            wire(
                studio,
                "POST",
                at["pyjwt"] + "/client",
                [
                    ("Authorization", bearer(rs, azp="mobile-beta", client_id="mobile-beta")),
                    ("Content-Type", "application/json"),
                ],
                b"{}",
            )
        ),
    )


def main():
    with Studio() as studio:
        at = {
            **words(studio),
            "flask": studio.name("reports.example.com", studio.python("flask_app.py")),
            "drf": studio.name("django.example.com", studio.python("drf_app.py")),
            "jsonwebtoken": studio.name("node.example.com", studio.node("jsonwebtoken")),
            "oauth2": studio.name("orders.example.com", studio.node("oauth2-bearer")),
            "fastify": studio.name("fast.example.com", studio.node("fastify")),
        }
        for make in (audience, issuer, keys):
            make(studio, at)


if __name__ == "__main__":
    main()
