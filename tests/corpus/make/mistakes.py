#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""server.*, soft.*, status.*: servers' own mistakes, and a 401 by other names."""

import os

from answers import Answer
from clients import curl, go, httpie, requests, wire
from formats import har, raw
from header import AGENT, good
from jwt_time import bearer
from proxies import haproxy
from studio import HERE, NODE_MODULES, Studio, b64, compact, free_port


def servers(studio):
    drf = studio.name("django.example.com", studio.python("drf_app.py"))
    rs = studio.keys.rs
    words = studio.says(
        "api.example.com",
        ("/opaque", Answer(401, '{"message":"Unauthorized"}', server="nginx")),
        (
            "/azure",
            Answer(
                401,
                "You do not have permission to view this directory or page.",
                (
                    "WWW-Authenticate",
                    'Bearer realm="api.example.com" '
                    'authorization_uri="https://login.windows.net/1111/oauth2/authorize" '
                    'resource_id="6666-7777"',
                ),
            ),
        ),
        (
            "/quotes",
            Answer(401, '{"error":"unauthorized"}', ("WWW-Authenticate", "Bearer realm='api', error='invalid_token")),
        ),
        (
            "/admin/users",
            Answer(
                401,
                '{"error":"You do not have permission to perform this action. Role admin required."}',
                ("WWW-Authenticate", 'Bearer realm="api"'),
            ),
        ),
        ("/me", Answer(200, '{"id":1815,"role":"viewer"}')),
        ("/projects/17", Answer(404, '{"error":"not found"}'), Answer(200, '{"id":17}')),
        ("/orders/1", Answer(200, '{"id":1}')),
        (
            "/orders/none",
            Answer(
                401,
                "",
                ("WWW-Authenticate", "Bearer"),
                ("X-Content-Type-Options", "nosniff"),
                ("Pragma", "no-cache"),
                ("Expires", "0"),
                ("X-Frame-Options", "DENY"),
                ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
            ),
        ),
        (
            "/ldap",
            Answer(
                401,
                '{"error":"Authentication service unavailable: LDAP connection to ldap.corp.example:636 timed out"}',
                ("WWW-Authenticate", 'Basic realm="corp"'),
            ),
        ),
    )
    studio.case(
        "server/01.curl.txt",
        "server.no_www_authenticate|token.revoked|token.opaque_to_jwt",
        "an API's own words: a bare 401, curl -v",
        curl(studio, words + "/opaque", "-v", "-H", "Authorization: Bearer " + b64(os.urandom(30))),
    )
    studio.case(
        "server/02.requests.txt",
        "header.missing|server.malformed_challenge",
        "Azure Easy Auth's words, requests with debuglevel 1",
        requests(studio, "GET", words + "/azure"),
    )
    studio.case(
        "server/03.http.txt",
        "server.malformed_challenge",
        "an API's own words: single quotes, and one is missing",
        raw(wire(studio, "GET", words + "/quotes", [("Authorization", bearer(rs))])),
    )
    who = ("Authorization", bearer(rs))
    studio.case(
        "server/04.har",
        "server.401_for_403",
        "an API's own words, HAR as Chrome writes it",
        har(
            "chrome",
            wire(studio, "GET", words + "/me", [AGENT, who]),
            wire(studio, "DELETE", words + "/admin/users", [AGENT, who]),
        ),
    )
    studio.case(
        "server/05.httpie.txt",
        "server.403_for_401|header.missing",
        "Django REST framework with sessions only, httpie",
        httpie(studio, drf + "/session/"),
    )
    studio.case(
        "server/06.har",
        "server.404_for_401|git.hidden_404",
        "an API's own words, HAR as Insomnia writes it",
        har(
            "insomnia",
            wire(studio, "GET", words + "/projects/17", [AGENT]),
            wire(studio, "GET", words + "/projects/17", [AGENT, who]),
        ),
    )
    studio.case(
        "server/07.har",
        "server.error_dispatch",
        "Spring's fields: only what does not exist is 401, HAR as Firefox",
        har(
            "firefox",
            wire(studio, "GET", words + "/orders/1", [AGENT, who]),
            wire(studio, "GET", words + "/orders/none", [AGENT, who]),
        ),
    )
    gateway = studio.says(
        "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        (
            "*",
            Answer(
                403,
                '{"message":"Missing Authentication Token"}',
                ("x-amzn-RequestId", "5d1c"),
                ("x-amzn-ErrorType", "MissingAuthenticationTokenException"),
            ),
        ),
    )
    studio.case(
        "server/08.curl.txt",
        "server.route_first",
        "API Gateway's words, curl -v",
        curl(studio, gateway + "/orders", "-v", "-H", "Authorization: " + good(studio)),
    )
    nodes = [studio.node("express-jwt-json"), free_port()]
    studio.process(
        ["node", f"{HERE}/peers/peers.mjs", NODE_MODULES, "express-jwt-json", str(nodes[1]), "last week's secret"],
        nodes[1],
    )
    balanced = studio.name(
        "farm.example.com",
        haproxy(
            studio,
            "",
            "  balance roundrobin\n" + "".join(f"  server n{n} 127.0.0.1:{port}\n" for n, port in enumerate(nodes)),
        ),
    )
    sent = ("Authorization", good(studio))
    studio.case(
        "server/09.har",
        "server.bad_node",
        "HAProxy before two express-jwt, one with an old secret, HAR as Chrome writes it",
        har("chrome", *[wire(studio, "GET", balanced + "/orders", [AGENT, sent]) for _ in range(6)]),
    )
    slow = wire(studio, "GET", words + "/ldap", [("Authorization", "Basic am9lOnJpZ2h0")])
    slow.took_ms = 30041
    studio.case(
        "server/10.har",
        "server.auth_backend_down",
        "an API's own words after 30 s, HAR as mitmproxy writes it",
        har("mitmproxy", slow),
    )


def soft(studio):
    page = (
        "<!DOCTYPE html>\n<html><head><title>Log in to Acme</title></head><body><form action='/session' "
        "method='post'><label>User <input name='user'>"
        "</label><label>Password <input type='password' name='password'></label><button>Log "
        "in</button></form></body></html>"
    )
    words = studio.says(
        "app.example.com",
        ("/api/orders", Answer(200, page, ("Cache-Control", "no-store"))),
        ("/api/auth.test", Answer(200, '{"ok":false,"error":"invalid_auth"}', ("x-oauth-scopes", ""))),
        (
            "/graphql",
            Answer(
                200,
                compact(
                    {
                        "errors": [
                            {
                                "message": "You must be signed in",
                                "path": ["viewer"],
                                "extensions": {"code": "UNAUTHENTICATED"},
                            }
                        ],
                        "data": None,
                    }
                ),
            ),
        ),
        ("/arcgis/rest/services", Answer(200, '{"error":{"code":498,"message":"Invalid token.","details":[]}}')),
        (
            "/orders.Orders/List",
            Answer(
                200,
                "",
                ("content-type", "application/grpc"),
                ("grpc-status", "16"),
                ("grpc-message", "invalid token"),
            ),
        ),
        (
            "/profile",
            Answer(
                419,
                "<!DOCTYPE html><html><head><title>Page "
                "Expired</title></head><body><div>419</div><div>Page Expired</div></body></html>",
                phrase="unknown status",
            ),
        ),
        (
            "/owa/service.svc",
            Answer(440, "", ("X-OWA-Version", "15.2.1544.4"), server="Microsoft-IIS/10.0", phrase="Login Timeout"),
        ),
        ("/arcgis/tokens", Answer(498, '{"error":{"code":498,"message":"Invalid Token"}}', phrase="Invalid Token")),
        (
            "/arcgis/admin",
            Answer(499, '{"error":{"code":499,"message":"Token Required","details":[]}}', phrase="Token Required"),
        ),
        (
            "/v1/pay",
            Answer(
                400,
                "",
                (
                    "WWW-Authenticate",
                    'Bearer realm="pay", error="invalid_request", error_description="The request is missing a '
                    'required parameter, includes an invalid parameter or is otherwise malformed"',
                ),
            ),
        ),
    )
    sent = [AGENT, ("Accept", "application/json"), ("Authorization", good(studio))]
    studio.case(
        "soft/01.har",
        "soft.login_page_200",
        "a framework's login page with 200, HAR as Chrome writes it",
        har("chrome", wire(studio, "GET", words + "/api/orders", sent)),
    )
    studio.case(
        "soft/02.curl.txt",
        "soft.body_error_200",
        "Slack's words, curl -v",
        curl(studio, words + "/api/auth.test", "-v", "-H", "Authorization: Bearer xoxb-0000-corpus-corpus"),
    )
    studio.case(
        "soft/03.har",
        "soft.body_error_200",
        "Apollo's words, HAR as Firefox writes it",
        har(
            "firefox",
            wire(
                studio,
                "POST",
                words + "/graphql",
                [*sent, ("Content-Type", "application/json")],
                b'{"query":"{viewer{id}}"}',
            ),
        ),
    )
    studio.case(
        "soft/04.httpie.txt",
        "soft.body_error_200|status.498",
        "ArcGIS' words in a 200, httpie",
        httpie(studio, words + "/arcgis/rest/services", "f==json", "token==abcdefgh"),
    )
    studio.case(
        "soft/05.http.txt",
        "soft.grpc_16",
        "gRPC's words, the messages themselves",
        raw(
            wire(
                studio,
                "POST",
                words + "/orders.Orders/List",
                [("Content-Type", "application/grpc"), ("TE", "trailers"), sent[2]],
            )
        ),
    )
    studio.case(
        "soft/06.har",
        "status.419|csrf.token",
        "Laravel's words, HAR as Safari writes it",
        har(
            "safari",
            wire(
                studio,
                "POST",
                words + "/profile",
                [
                    AGENT,
                    ("Cookie", "laravel_session=eyJpdiI6Ik5jcVZL"),
                    ("Content-Type", "application/x-www-form-urlencoded"),
                ],
                b"name=joe",
            ),
        ),
    )
    studio.case(
        "soft/07.curl.txt",
        "status.440",
        "Exchange's words, curl -v",
        curl(studio, words + "/owa/service.svc", "-v", "-b", "X-OWA-CANARY=a1b2; UserContext=c3d4"),
    )
    studio.case(
        "soft/08.requests.txt",
        "status.498",
        "ArcGIS' words, requests with debuglevel 1",
        requests(studio, "GET", words + "/arcgis/tokens", "params={'token': 'abcdefgh'}"),
    )
    studio.case(
        "soft/09.go.txt", "status.499", "ArcGIS' words, Go's dumps", go(studio, "GET", words + "/arcgis/admin")
    )
    studio.case(
        "soft/10.curl.txt",
        "status.400_invalid_request",
        "RFC 6750's answer, curl -v",
        curl(studio, words + "/v1/pay", "-v", "-H", "Authorization: " + good(studio)),
    )


def main():
    with Studio() as studio:
        for make in (servers, soft):
            make(studio)


if __name__ == "__main__":
    main()
