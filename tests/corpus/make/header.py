#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""header.*: how the Authorization field is misshapen, as clients send it and servers answer it."""


from answers import Answer, Answers
from clients import curl, go, httpie, requests, wget, wire
from formats import console, har, raw
from studio import Studio, claims, mint


AGENT = (
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " "Chrome/131.0.0.0 Safari/537.36",
)


POSTMAN = [("User-Agent", "PostmanRuntime/7.43.0"), ("Accept", "*/*"), ("Cache-Control", "no-cache")]


def missing(studio, at):
    studio.case(
        "header/01.curl.txt",
        "header.missing",
        "doorward's example, curl -v",
        curl(studio, at["guard"] + "/orders", "-v"),
    )
    studio.case(
        "header/02.wget.txt", "header.missing", "Flask-HTTPAuth, wget -d", wget(studio, at["flask"] + "/reports")
    )
    studio.case(
        "header/03.httpie.txt",
        "header.missing",
        "Django REST framework, httpie",
        httpie(studio, "POST", at["drf"] + "/token/", "item=17", "count=2"),
    )
    studio.case(
        "header/04.har",
        "header.missing",
        "express-jwt with a JSON handler, HAR as Chrome writes it",
        har(
            "chrome",
            wire(studio, "GET", at["express-json"] + "/assets/app.js", [AGENT, ("Authorization", good(studio))]),
            wire(studio, "GET", at["express-json"] + "/orders?page=2", [AGENT, ("Accept", "application/json")]),
        ),
    )
    studio.case(
        "header/05.go.txt",
        "header.missing",
        "express-oauth2-jwt-bearer, Go's httputil dumps",
        go(studio, "GET", at["oauth2"] + "/orders", "Accept: application/json"),
    )


def good(studio, **more):
    return "Bearer " + mint(studio.keys.hs, claims(**more))


def names(studio, at):
    token = good(studio)
    studio.case(
        "header/10.requests.txt",
        "header.name_typo",
        "Flask with PyJWT, requests with debuglevel 1",
        requests(studio, "GET", at["flask"] + "/token", f"headers={{'Authentication': {token!r}}}"),
    )
    studio.case(
        "header/11.curl.txt",
        "header.name_typo",
        "Django REST framework, curl -v",
        curl(studio, at["drf"] + "/jwt/", "-v", "-H", f"Authorisation: {token}"),
    )
    studio.case(
        "header/12.har",
        "header.name_typo",
        "@fastify/jwt, HAR as Insomnia writes it",
        har(
            "insomnia",
            wire(
                studio,
                "GET",
                at["fastify"] + "/orders",
                [("User-Agent", "insomnia/10.1.1"), ("Accept", "*/*"), ("Autorization", token)],
            ),
        ),
    )
    studio.case(
        "header/13.trace.txt",
        "header.bearer_as_name",
        "express-jwt, curl --trace-ascii -",
        curl(studio, at["express"] + "/orders", "--trace-ascii", "-", "-H", token.replace(" ", ": ")),
    )
    studio.case(
        "header/14.http.txt",
        "header.name_typo",
        "koa-jwt, the messages themselves",
        raw(wire(studio, "GET", at["koa"] + "/", [("Accept", "*/*"), ("Auth", token)])),
    )


def schemes(studio, at):
    token = mint(studio.keys.hs)
    studio.case(
        "header/20.httpie.txt",
        "header.missing_scheme",
        "@fastify/jwt, httpie",
        httpie(studio, at["fastify"] + "/orders", f"Authorization:{token}"),
    )
    studio.case(
        "header/21.curl.txt",
        "header.missing_scheme",
        "Django REST framework's tokens, curl -v",
        curl(studio, at["drf"] + "/token/", "-v", "-H", "Authorization: 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"),
    )
    studio.case(
        "header/22.curl.txt",
        "header.missing_space",
        "doorward's example, curl -i -v",
        curl(studio, at["guard"] + "/orders", "-v", "-i", "-H", f"Authorization: Bearer{token}"),
    )
    studio.case(
        "header/23.har",
        "header.missing_space",
        "express-oauth2-jwt-bearer, HAR as Firefox writes it",
        har("firefox", wire(studio, "GET", at["oauth2"] + "/orders", [AGENT, ("Authorization", "bearer" + token)])),
    )
    studio.case(
        "header/24.wget.txt",
        "header.scheme_colon",
        "Django REST framework, wget -d",
        wget(studio, at["drf"] + "/jwt/", "--header", f"Authorization: Bearer: {token}"),
    )
    studio.case(
        "header/25.requests.txt",
        "header.scheme_equals",
        "express-jwt, requests with debuglevel 1",
        requests(studio, "GET", at["express-json"] + "/orders", f"headers={{'Authorization': 'Bearer={token}'}}"),
    )
    studio.case(
        "header/26.har",
        "header.duplicate_scheme",
        "@fastify/jwt, HAR as Chrome writes it, from Swagger UI",
        har(
            "chrome",
            wire(studio, "GET", at["fastify"] + "/openapi.json", [AGENT, ("Authorization", "Bearer " + token)]),
            wire(studio, "GET", at["fastify"] + "/orders", [AGENT, ("Authorization", f"Bearer Bearer {token}")]),
        ),
    )
    studio.case(
        "header/27.postman.txt",
        "header.duplicate_scheme",
        "Django REST framework, Postman's console",
        console(wire(studio, "GET", at["drf"] + "/jwt/", [("Authorization", f"Bearer bearer {token}"), *POSTMAN])),
    )
    studio.case(
        "header/28.curl.txt",
        "header.name_in_value",
        "koa-jwt, curl -v",
        curl(studio, at["koa"] + "/orders", "-v", "-H", f"Authorization: Authorization: Bearer {token}"),
    )
    studio.case(
        "header/29.curl.txt",
        "header.wrong_scheme",
        "doorward's example, curl -v",
        curl(studio, at["guard"] + "/orders", "-v", "-H", f"Authorization: Token {token}"),
    )
    studio.case(
        "header/30.go.txt",
        "header.wrong_scheme",
        "Django REST framework, Go's dumps",
        go(studio, "GET", at["drf"] + "/jwt/", f"Authorization: JWT {token}"),
    )
    studio.case(
        "header/31.httpie.txt",
        "header.wrong_scheme",
        "express-oauth2-jwt-bearer, httpie -a",
        httpie(studio, "-a", "joe:s3cret-enough", at["oauth2"] + "/orders"),
    )


def spaces(studio, at):
    token = mint(studio.keys.hs)
    studio.case(
        "header/40.curl.txt",
        "header.extra_whitespace",
        "express-jwt, curl -v",
        curl(studio, at["express-json"] + "/orders", "-v", "-H", f"Authorization: Bearer  {token}"),
    )
    studio.case(
        "header/41.http.txt",
        "header.extra_whitespace",
        "Flask with PyJWT, a TAB, the messages themselves",
        raw(wire(studio, "GET", at["flask"] + "/me", [("Authorization", f"Bearer\t{token}")])),
    )
    studio.case(
        "header/42.http.txt",
        "header.empty_token",
        "passport-http-bearer, the messages themselves",
        raw(wire(studio, "GET", at["passport"] + "/bearer", [("Accept", "*/*"), ("Authorization", "Bearer ")])),
    )
    studio.case(
        "header/43.curl.txt",
        "header.empty_token",
        "Flask-HTTPAuth, curl -v -u :",
        curl(studio, at["flask"] + "/reports", "-v", "-u", ":"),
    )
    studio.case(
        "header/44.har",
        "header.newline",
        "a Bearer API, HAR as Insomnia writes it: the secret came from echo",
        har(
            "insomnia", newline(wire(studio, "GET", at["oauth2"] + "/orders", [("Authorization", "Bearer ")]), token)
        ),
    )


def newline(exchange, token):
    """What the client meant to send; it cut the line's end off itself."""
    exchange.fields[-1] = ("Authorization", f"Bearer {token}\n")
    return exchange


def places(studio):
    """Who is asked."""
    words = Answers(
        (
            "/malformed",
            Answer(
                401,
                "",
                (
                    "WWW-Authenticate",
                    'Bearer error="invalid_token", error_description="Bearer token '
                    'is malformed", error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"',
                ),
                ("X-Content-Type-Options", "nosniff"),
                ("X-XSS-Protection", "0"),
                ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
                ("Pragma", "no-cache"),
                ("Expires", "0"),
                ("X-Frame-Options", "DENY"),
            ),
        ),
        (
            "/keys",
            Answer(
                401,
                '{\n  "message":"No API key found in request",\n  "request_id":"5f2d8b7a"\n}',
                ("WWW-Authenticate", 'Key realm="kong"'),
                server="kong/3.8.0",
            ),
        ),
        ("/found", Answer(401, '{"message":"Missing API key found in request"}', server="APISIX/3.11.0")),
        (
            "/none",
            Answer(
                401, '{"error":"unauthorized"}', ("WWW-Authenticate", 'Bearer realm="orders"'), ("Via", "1.1 edge-3")
            ),
        ),
        (
            "/proxy",
            Answer(
                407,
                "<html><body><h1>407 Proxy Authentication Required</h1></body></html>",
                ("Proxy-Authenticate", 'Basic realm="Corporate proxy"'),
                ("Via", "1.1 proxy.corp.example (squid/5.7)"),
                server="squid/5.7",
            ),
        ),
    )
    at = {
        "kong": studio.name("gateway.example.com", words.port),
        "spring": studio.name("orders.example.net", words.port),
        "guard": studio.name("shop.example.com", studio.doorward()),
        "flask": studio.name("reports.example.com", studio.python("flask_app.py")),
        "drf": studio.name("django.example.com", studio.python("drf_app.py")),
        "express": studio.name("web.example.com", studio.node("express-jwt")),
        "express-json": studio.name("api.example.com", studio.node("express-jwt-json")),
        "jsonwebtoken": studio.name("node.example.com", studio.node("jsonwebtoken")),
        "oauth2": studio.name("orders.example.com", studio.node("oauth2-bearer")),
        "passport": studio.name("passport.example.com", studio.node("passport")),
        "fastify": studio.name("fast.example.com", studio.node("fastify")),
        "koa": studio.name("koa.example.com", studio.node("koa-debug")),
    }
    flask = studio.names["reports.example.com"][0]
    at["front"] = studio.name(
        "edge.example.com", studio.front(f"location / {{ proxy_pass http://127.0.0.1:{flask}; }}")
    )
    return at


def main():
    with Studio() as studio:
        at = places(studio)
        for make in (missing, names, schemes, spaces):
            make(studio, at)


if __name__ == "__main__":
    main()
