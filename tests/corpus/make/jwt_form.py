#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""token.*: the structure of a token."""

import base64
import json
import os

from answers import Answer
from clients import curl, go, httpie, requests, wire
from formats import console, har, raw
from header import AGENT, POSTMAN
from jwt_time import bearer
from studio import Studio, assemble, b64, claims, compact, mint


def structure(studio, at):
    key = studio.keys.hs
    good = mint(key)
    head, body, signature = good.split(".")
    studio.case(
        "form/01.curl.txt",
        "token.segments|header.truncated",
        "jsonwebtoken, curl -v: the signature is missing",
        curl(studio, at["jsonwebtoken"] + "/orders", "-v", "-H", f"Authorization: Bearer {head}.{body}"),
    )
    studio.case(
        "form/02.requests.txt",
        "token.segments",
        "Flask with PyJWT, requests with debuglevel 1: four parts",
        requests(studio, "GET", at["flask"] + "/me", f"headers={{'Authorization': 'Bearer {good}.AAAA'}}"),
    )
    standard = (
        b64(json.dumps({"alg": "HS256", "typ": "JWT"}))
        + "."
        + base64.b64encode(json.dumps(claims(name="Zoë ÿ?>~ Müller ????")).encode()).decode()
    )
    studio.case(
        "form/03.curl.txt",
        "token.base64_standard",
        "jsonwebtoken, curl -v",
        curl(
            studio,
            at["jsonwebtoken"] + "/orders",
            "-v",
            "-H",
            "Authorization: Bearer " + standard + "." + base64.b64encode(key.sign(standard)).decode(),
        ),
    )
    studio.case(
        "form/04.http.txt",
        "token.base64_standard",
        "Envoy's words, the messages themselves",
        raw(
            wire(studio, "GET", at["envoy"] + "/base64", [("Authorization", "Bearer " + standard + "." + signature)])
        ),
    )
    studio.case(
        "form/05.httpie.txt",
        "token.bad_json",
        "@fastify/jwt, httpie: Python's repr in place of JSON",
        httpie(
            studio,
            at["fastify"] + "/x",
            "Authorization:Bearer " + assemble(key, compact({"alg": "HS256", "typ": "JWT"}), str(claims())),
        ),
    )
    studio.case(
        "form/06.har",
        "token.signature_stripped",
        "jsonwebtoken, HAR as Chrome writes it",
        har(
            "chrome",
            wire(studio, "GET", at["jsonwebtoken"] + "/orders", [AGENT, ("Authorization", f"Bearer {head}.{body}.")]),
        ),
    )
    studio.case(
        "form/07.curl.txt",
        "token.signature_invalid",
        "jsonwebtoken, curl -v: claims were edited",
        curl(
            studio,
            at["jsonwebtoken"] + "/orders",
            "-v",
            "-H",
            "Authorization: Bearer " + ".".join((head, b64(compact(claims(scope="admin"))), signature)),
        ),
    )
    studio.case(
        "form/08.har",
        "token.signature_invalid",
        "Flask with PyJWT, HAR as Firefox writes it: another system's secret",
        har(
            "firefox",
            wire(studio, "GET", at["flask"] + "/me", [AGENT, ("Authorization", bearer(studio.keys.other_hs))]),
        ),
    )
    studio.case(
        "form/09.go.txt",
        "token.signature_invalid",
        "Envoy's words, Go's dumps",
        go(studio, "GET", at["envoy"] + "/fails", "Authorization: " + bearer(studio.keys.rs)),
    )
    jwe = ".".join(
        (
            b64(compact({"alg": "dir", "enc": "A256GCM", "iss": "https://login.example.com/"})),
            "",
            b64(os.urandom(12)),
            b64(os.urandom(96)),
            b64(os.urandom(16)),
        )
    )
    studio.case(
        "form/10.curl.txt",
        "token.jwe_to_jws",
        "jsonwebtoken, curl -v: no audience was asked for",
        curl(studio, at["jsonwebtoken"] + "/orders", "-v", "-H", f"Authorization: Bearer {jwe}"),
    )
    studio.case(
        "form/11.requests.txt",
        "token.opaque_to_jwt",
        "jsonwebtoken, requests with debuglevel 1",
        requests(
            studio,
            "GET",
            at["jsonwebtoken"] + "/orders",
            "headers={'Authorization': 'Bearer " + b64(os.urandom(32)) + "'}",
        ),
    )
    studio.case(
        "form/12.har",
        "token.opaque_to_jwt",
        "Spring's words, HAR as mitmproxy writes it",
        har(
            "mitmproxy",
            wire(
                studio, "GET", at["spring"] + "/opaque", [AGENT, ("Authorization", "Bearer " + b64(os.urandom(24)))]
            ),
        ),
    )
    studio.case(
        "form/13.httpie.txt",
        "token.typ_mismatch",
        "express-oauth2-jwt-bearer, strict, httpie",
        httpie(
            studio, at["oauth2"] + "/orders", "Authorization:Bearer " + mint(key, claims(client_id="shop", jti="1"))
        ),
    )
    studio.case(
        "form/14.curl.txt",
        "token.crit_unknown",
        "Flask's words by PyJWT, curl -v",
        curl(
            studio,
            at["pyjwt"] + "/crit",
            "-v",
            "-H",
            "Authorization: " + bearer(key, {"crit": ["exp-policy"], "exp-policy": 1}),
        ),
    )
    studio.case(
        "form/15.postman.txt",
        "token.missing_claim",
        "Django REST framework with SimpleJWT, Postman's console",
        console(
            wire(
                studio,
                "GET",
                at["drf"] + "/jwt/",
                [("Authorization", bearer(key, token_type="access", jti="5f1d")), *POSTMAN],
            )
        ),
    )


def said(description, status=401, **more):
    return Answer(
        status, "", ("WWW-Authenticate", f'Bearer error="invalid_token", error_description="{description}"'), **more
    )


def envoy(text, status=401):
    fields = (
        [("WWW-Authenticate", 'Bearer realm="http://mesh.example.com/orders", error="invalid_token"')]
        if status == 401
        else []
    )
    return Answer(status, text, *fields, ("X-Envoy-Upstream-Service-Time", "1"), server="envoy")


def words(studio):
    return {
        "envoy": studio.says(
            "mesh.example.com",
            ("/base64", envoy("Jwt payload is an invalid Base64url encoded")),
            ("/fails", envoy("Jwt verification fails")),
            ("/audience", envoy("Audiences in Jwt are not allowed", 403)),
            ("/issuer", envoy("Jwt issuer is not configured")),
            ("/jwks", envoy("Jwks remote fetch is failed")),
            ("/kid", envoy("Jwks doesn't have key to match kid or alg from Jwt")),
            ("/favicon.ico", Answer(404)),
            ("/bare", Answer(401)),
        ),
        "spring": studio.says(
            "orders.example.net",
            (
                "/opaque",
                said(
                    "An error occurred while attempting to decode the Jwt: "
                    "Invalid JWT serialization: Missing dot delimiter(s)"
                ),
            ),
            ("/issuer", said("An error occurred while attempting to decode the Jwt: The iss claim is not valid")),
        ),
        "pyjwt": studio.says(
            "py.example.net",
            ("/crit", Answer(401, '{"detail":"Unsupported critical extension: exp-policy"}')),
            ("/pem", Answer(401, '{"name":"JsonWebTokenError","message":"secret or public key must be provided"}')),
            ("/client", Answer(401, '{"error":"unauthorized","message":"client not allowed: mobile-beta"}')),
        ),
        "aspnet": studio.says(
            "dotnet.example.net",
            ("/key", said("The signature key was not found", server="Kestrel")),
            ("/graph", said("The signature is invalid", server="Kestrel")),
            (
                "/issuer",
                said(
                    "The issuer 'https://sts.windows.net/11111111-2222-3333-4444-555555555555/' is invalid",
                    server="Kestrel",
                ),
            ),
        ),
        "aws": studio.says(
            "q1w2e3r4t5.execute-api.eu-west-1.amazonaws.com",
            (
                "/audience",
                Answer(
                    401,
                    '{"message":"Unauthorized"}',
                    (
                        "WWW-Authenticate",
                        'Bearer scope="" error="invalid_token" error_description='
                        '"the token does not have a valid audience"',
                    ),
                    ("Apigw-Requestid", "Xy1ZgjYCFiAEPkA="),
                ),
            ),
        ),
        "keycloak": studio.says(
            "sso.example.com",
            (
                "/userinfo",
                Answer(
                    401,
                    '{"error":"invalid_token","error_description":"Token verification failed"}',
                    (
                        "WWW-Authenticate",
                        'Bearer realm="shop", error="invalid_token", error_description="Token verification failed"',
                    ),
                ),
            ),
        ),
    }


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
        for make in (structure,):
            make(studio, at)


if __name__ == "__main__":
    main()
