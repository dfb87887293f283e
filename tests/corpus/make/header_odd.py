#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""header.*: odd bytes, several credentials, hops and clients that change the field."""

import base64
import json

from clients import curl, go, httpie, requests, wire
from formats import console, har, headings, raw
from header import AGENT, POSTMAN, places
from studio import Studio, claims, mint


def placeholders(studio, at):
    studio.case(
        "header/50.curl.txt",
        "header.placeholder",
        "doorward's example, curl -v",
        curl(studio, at["guard"] + "/orders", "-v", "-H", "Authorization: Bearer <your-access-token>"),
    )
    studio.case(
        "header/51.har",
        "header.placeholder",
        "@fastify/jwt, HAR as Safari writes it",
        har("safari", wire(studio, "GET", at["fastify"] + "/orders", [AGENT, ("Authorization", "Bearer undefined")])),
    )
    studio.case(
        "header/52.postman.txt",
        "header.placeholder",
        "express-jwt, Postman's console",
        console(
            wire(
                studio,
                "GET",
                at["express-json"] + "/orders",
                [("Authorization", "Bearer {{access_token}}"), *POSTMAN],
            )
        ),
    )
    studio.case(
        "header/53.curl.txt",
        "header.placeholder|capture.sanitized",
        "koa-jwt, curl -v, single quotes",
        curl(studio, at["koa"] + "/orders", "-v", "-H", "Authorization: Bearer $TOKEN"),
    )
    studio.case(
        "header/54.requests.txt",
        "header.placeholder",
        "passport-jwt, requests with debuglevel 1",
        requests(studio, "GET", at["passport"] + "/jwt", "headers={'Authorization': f'Bearer {None}'}"),
    )
    studio.case(
        "header/55.http.txt",
        "header.placeholder",
        "express-jwt, the messages themselves",
        raw(
            wire(
                studio,
                "POST",
                at["express-json"] + "/orders",
                [("Content-Type", "application/json"), ("Authorization", "Bearer [object Object]")],
                b'{"item":17}',
            )
        ),
    )


def bytes_of_token(studio, at):
    token = mint(studio.keys.hs)
    studio.case(
        "header/60.curl.txt",
        "header.quoted_token",
        "@fastify/jwt, curl -v: jq without -r",
        curl(studio, at["fastify"] + "/orders", "-v", "-H", f'Authorization: Bearer "{token}"'),
    )
    studio.case(
        "header/61.har",
        "header.quoted_token",
        "Spring's words, HAR as Chrome writes it, HTTP/2",
        har(
            "chrome",
            wire(studio, "GET", at["spring"] + "/malformed", [AGENT, ("Authorization", f'Bearer "{token}"')]),
            http2=True,
        ),
    )
    studio.case(
        "header/62.curl.txt",
        "header.smart_quotes",
        "Flask with PyJWT, curl -v",
        curl(studio, at["flask"] + "/me", "-v", "-H", f"Authorization: Bearer “{token}”"),
    )
    studio.case(
        "header/63.trace.txt",
        "header.invisible_unicode|token.segments|header.illegal_char",
        "jsonwebtoken, curl --trace-ascii -",
        curl(
            studio, at["jsonwebtoken"] + "/orders", "--trace-ascii", "-", "-H", f"Authorization: Bearer \u200b{token}"
        ),
    )
    studio.case(
        "header/64.har",
        "header.invisible_unicode",
        "Django REST framework, HAR as mitmproxy writes it",
        har(
            "mitmproxy",
            wire(
                studio,
                "GET",
                at["drf"] + "/token/",
                [("Authorization", "Token 9944b09199c62bcf9418\u00ad846dd0e4bbdfc6ee4b")],
            ),
        ),
    )
    opaque = "8xLOxBtZp8+4mK/2Qy7vR1nW0aT3sD6fG9hJ5kL=="
    studio.case(
        "header/65.curl.txt",
        "header.percent_encoded",
        "passport-http-bearer, curl -v",
        curl(
            studio,
            at["passport"] + "/bearer",
            "-v",
            "-H",
            "Authorization: Bearer " + opaque.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
        ),
    )
    studio.case(
        "header/66.curl.txt",
        "header.not_percent_encoded",
        "passport-http-bearer, curl -v",
        curl(studio, f"{at['passport']}/bearer?access_token={opaque}", "-v"),
    )
    blob = json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 3600})
    studio.case(
        "header/67.httpie.txt",
        "header.json_blob",
        "express-jwt, httpie",
        httpie(studio, at["express-json"] + "/orders", f"Authorization:Bearer {blob}"),
    )
    studio.case(
        "header/68.go.txt",
        "header.illegal_char",
        "passport-http-bearer, Go's dumps",
        go(studio, "GET", at["passport"] + "/bearer", "Authorization: Bearer p4ss#w0rd!{2026}"),
    )
    rs = mint(studio.keys.rs, claims(roles=["orders", "reports", "billing"] * 6))
    studio.case(
        "header/69.curl.txt",
        "header.truncated",
        "jsonwebtoken, curl -v: a column of 255",
        curl(studio, at["jsonwebtoken"] + "/rs", "-v", "-H", f"Authorization: Bearer {rs[:255]}"),
    )
    studio.case(
        "header/70.requests.txt",
        "header.truncated",
        "Flask with PyJWT, requests: the signature is cut",
        requests(studio, "GET", at["flask"] + "/me", f"headers={{'Authorization': 'Bearer {token[:-9]}'}}"),
    )
    studio.case(
        "header/71.har",
        "header.truncated",
        "express-jwt, HAR as Charles writes it: 1024 characters of RS256",
        har(
            "charles",
            wire(
                studio,
                "GET",
                at["express-json"] + "/orders",
                [
                    (
                        "Authorization",
                        "Bearer " + mint(studio.keys.rs, claims(groups=["g%04d" % i for i in range(120)]))[:1024],
                    )
                ],
            ),
        ),
    )


def several(studio, at):
    token = mint(studio.keys.hs)
    basic = base64.b64encode(b"joe:right").decode()
    studio.case(
        "header/80.curl.txt",
        "header.multiple_authorization",
        "passport-jwt, curl -v, two -H",
        curl(
            studio,
            at["passport"] + "/jwt",
            "-v",
            "-H",
            f"Authorization: Basic {basic}",
            "-H",
            f"authorization: Bearer {token}",
        ),
    )
    studio.case(
        "header/81.http.txt",
        "header.multiple_authorization",
        "express-oauth2-jwt-bearer, joined by a comma",
        raw(wire(studio, "GET", at["oauth2"] + "/orders", [("Authorization", f"Basic {basic}, Bearer {token}")])),
    )
    studio.case(
        "header/82.curl.txt",
        "header.multiple_methods",
        "express-oauth2-jwt-bearer, curl -v",
        curl(studio, f"{at['oauth2']}/orders?access_token={token}", "-v", "-H", f"Authorization: Bearer {token}"),
    )
    studio.case(
        "header/83.httpie.txt",
        "header.wrong_location",
        "Kong's words, httpie",
        httpie(studio, at["kong"] + "/keys", "Authorization:Bearer kx81mYb0Q2hZ7"),
    )
    studio.case(
        "header/84.requests.txt",
        "header.wrong_location",
        "Flask, requests with debuglevel 1",
        requests(studio, "GET", at["flask"] + "/apikey", "headers={'Authorization': 'ApiKey k-right'}"),
    )
    studio.case(
        "header/85.har",
        "header.wrong_location",
        "AWS API Gateway's words, the key in the query, HAR as Firefox",
        har("firefox", wire(studio, "GET", at["kong"] + "/found?api_key=kx81mYb0Q2hZ7", [AGENT])),
    )


def hops(studio, at):
    token = mint(studio.keys.hs)
    studio.case(
        "header/90.curl.txt",
        "header.underscore_dropped",
        "nginx before Flask, curl -v",
        curl(studio, at["front"] + "/apikey", "-v", "-H", "x_api_key: k-right"),
    )
    studio.case(
        "header/91.curl.txt",
        "header.too_large",
        "nginx, curl -v",
        curl(
            studio,
            at["front"] + "/me",
            "-v",
            "-H",
            "Authorization: Bearer "
            + mint(studio.keys.hs, claims(groups=["S-1-5-21-%010d" % i for i in range(420)])),
        ),
    )
    studio.case(
        "header/92.http.txt",
        "header.too_large",
        "Node's own 431, the messages themselves",
        raw(
            wire(
                studio,
                "GET",
                at["jsonwebtoken"] + "/orders",
                [("Cookie", "; ".join(f"pref{i}={'x' * 900}" for i in range(20)))],
            )
        ),
    )
    studio.case(
        "header/93.http.txt",
        "header.hop_by_hop",
        "a hop that honours Connection, the messages themselves",
        raw(
            wire(
                studio,
                "GET",
                at["kong"] + "/none",
                [("Connection", "close, Authorization"), ("Authorization", f"Bearer {token}")],
            )
        ),
    )


def of_clients(studio, at):
    token = mint(studio.keys.hs)
    studio.write(".netrc", "machine 127.0.0.1 login joe password from-netrc\n", 0o600)
    studio.case(
        "header/95.requests.txt",
        "header.netrc_override|header.wrong_scheme",
        "express-oauth2-jwt-bearer, requests: ~/.netrc beats the field",
        requests(studio, "GET", at["oauth2"] + "/orders", f"headers={{'Authorization': 'Bearer {token}'}}"),
    )
    studio.write(".netrc", "", 0o600)
    studio.case(
        "header/96.http.txt",
        "header.proxy_confusion",
        "Flask, the messages themselves",
        raw(wire(studio, "GET", at["flask"] + "/reports", [("Proxy-Authorization", "Basic am9lOnJpZ2h0")])),
    )
    studio.case(
        "header/97.curl.txt",
        "header.proxy_confusion|proxy.407",
        "a proxy's 407, curl -v",
        curl(studio, at["kong"] + "/proxy", "-v", "-H", "Authorization: Basic am9lOnJpZ2h0"),
    )
    studio.case(
        "header/98.devtools.txt",
        "header.wrong_scheme",
        "doorward's example, the browser's list of headers",
        headings(wire(studio, "GET", at["guard"] + "/orders", [AGENT, ("Authorization", "ApiKey 7c9e6679f7425ab1")])),
    )


def main():
    with Studio() as studio:
        at = places(studio)
        for make in (placeholders, bytes_of_token, several, hops, of_clients):
            make(studio, at)


if __name__ == "__main__":
    main()
