#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""proxy.*, cache.*: what stands between a client and the server it means."""

import time

from answers import Answer
from clients import curl, go, httpie, requests, wget, wire
from formats import har
from header import AGENT, good
from jwt_time import bearer
from proxies import apache, caddy, haproxy, htpasswd
from studio import Studio, free_port, mint


CGI = """#!/usr/bin/python3 -B
import os
if "HTTP_AUTHORIZATION" in os.environ:
    print("Content-Type: application/json\\n\\n{}")
else:
    print('Status: 401 Unauthorized\\nContent-Type: application/json\\nWWW-Authenticate: Bearer realm="cgi"\\n\\n'
          '{"error":"Authorization header missing"}')
"""


PHP = """<?php
if (!isset($_SERVER['HTTP_AUTHORIZATION'])) {
    header('HTTP/1.1 401 Unauthorized');
    header('WWW-Authenticate: Basic realm="wp"');
    echo json_encode(['code' => 'rest_not_logged_in', 'message' => 'You are not currently logged in.',
        'data' => ['status' => 401]]);
}
"""


def apaches(studio, at):
    studio.write("cgi/orders", CGI, 0o755)
    studio.write("php/index.php", PHP)
    studio.write("php/run", "#!/bin/sh\nexec /usr/bin/php-cgi\n", 0o755)
    cgi = studio.name(
        "legacy.example.com",
        apache(studio, f"ScriptSock {studio.folder}/cgi.sock\nScriptAlias /cgi/ {studio.folder}/cgi/"),
    )
    php = studio.name(
        "blog.example.com",
        apache(
            studio,
            f"""ScriptSock {studio.folder}/php.sock
        ScriptAlias /run/ {studio.folder}/php/\nAlias /wp-json {studio.folder}/php/index.php
        AddHandler php8 .php\nAction php8 /run/run""",
            "actions",
        ),
    )
    wsgi = studio.name(
        "reports.example.com",
        apache(studio, f"WSGIScriptAlias / {studio.write('app.wsgi', wsgi_app())}\nServerTokens Full", "wsgi"),
    )
    studio.case(
        "proxy/01.curl.txt",
        "proxy.apache_cgi|proxy.strips_authorization",
        "Apache mod_cgid without CGIPassAuth, curl -v",
        curl(studio, cgi + "/cgi/orders", "-v", "-H", "Authorization: " + good(studio)),
    )
    studio.case(
        "proxy/02.har",
        "proxy.apache_cgi|proxy.strips_authorization",
        "Apache and php-cgi, HAR as Insomnia writes it",
        har("insomnia", wire(studio, "GET", php + "/wp-json", [("Authorization", "Basic am9lOmFwcCBwYXNzd29yZA==")])),
    )
    studio.case(
        "proxy/03.httpie.txt",
        "proxy.mod_wsgi|proxy.strips_authorization",
        "Apache and mod_wsgi without WSGIPassAuthorization, httpie",
        httpie(studio, wsgi + "/echo-env", "Authorization:" + good(studio)),
    )


def wsgi_app():
    return """
def application(environ, start):
    if "HTTP_AUTHORIZATION" in environ:
        start("200 OK", [])
        return [b"{}"]
    start("401 Unauthorized", [("Content-Type", "application/json"), ("WWW-Authenticate", 'Bearer realm="api"')])
    return [b'{"detail":"Authentication credentials were not provided."}']
"""


def proxies(studio, at):
    behind = studio.node("oauth2-bearer")
    strip = studio.name(
        "cdn.example.com",
        studio.front(
            f'location / '
            f'{{ proxy_pass http://127.0.0.1:{behind}; '
            f'proxy_set_header Authorization ""; proxy_set_header Host $host; add_header Via "1.1 cdn"; }}'
        ),
    )
    studio.case(
        "proxy/10.curl.txt",
        "proxy.strips_authorization",
        "nginx that forwards no Authorization, express-oauth2-jwt-bearer, curl -v",
        curl(studio, strip + "/orders", "-v", "-H", "Authorization: Bearer " + mint(studio.keys.hs, typ="at+jwt")),
    )
    check = studio.python("flask_app.py")
    asked = studio.name(
        "wiki.example.com",
        studio.front(
            f"location / {{ auth_request /check; empty_gif; }} location = /check "
            f"{{ internal; proxy_pass http://127.0.0.1:{check}/apikey; }}"
            f"location /moved {{ auth_request /away; empty_gif; }} location = /away "
            f"{{ internal; return 302 https://login.example.com/; }}"
        ),
    )
    studio.case(
        "proxy/11.curl.txt",
        "proxy.auth_request|server.no_www_authenticate",
        "nginx auth_request, curl -v",
        curl(studio, asked + "/page", "-v", "-H", "Authorization: " + good(studio)),
    )
    forward = studio.name(
        "home.example.com", caddy(studio, f"forward_auth 127.0.0.1:{check} {{\n uri /me\n}}\nrespond ok")
    )
    studio.case(
        "proxy/12.go.txt",
        "token.expired",
        "Caddy forward_auth to Flask with PyJWT, Go's dumps",
        go(
            studio,
            "GET",
            forward + "/",
            "Authorization: " + bearer(studio.keys.hs, exp=int(time.time()) - 600, iat=int(time.time()) - 4200),
        ),
    )
    old = bearer(studio.keys.hs, exp=int(time.time()) - 5000, iat=int(time.time()) - 8600)
    lb = studio.name(
        "lb.example.com",
        haproxy(
            studio,
            "  http-request set-var(txn.t) http_auth_bearer\n  http-request deny deny_status 401 unless "
            "{ var(txn.t),jwt_verify(\"HS256\","
            "\"another secret\") -m int 1 }",
            "  http-request return status 200",
        ),
    )
    studio.case(
        "proxy/13.requests.txt",
        "token.expired",
        "HAProxy jwt_verify, requests with debuglevel 1: its page says nothing",
        requests(
            studio,
            "GET",
            lb + "/orders",
            f"headers={{'Authorization': {old!r}}}",
        ),
    )
    oauth = studio.name(
        "intranet.example.com",
        apache(
            studio,
            f"""
        OIDCOAuthVerifySharedKeys plain##{'k' * 32}
        <Location /api>
            AuthType oauth20
            Require valid-user
        </Location>""",
            "auth_openidc",
        ),
    )
    studio.case(
        "proxy/14.curl.txt",
        "token.expired",
        "Apache mod_auth_openidc as a resource server, curl -v",
        curl(
            studio,
            oauth + "/api/",
            "-v",
            "-H",
            "Authorization: " + bearer(studio.keys.hs, exp=int(time.time()) - 60, iat=int(time.time()) - 3660),
        ),
    )
    folder = studio.folder
    studio.write(
        "tinyproxy.conf",
        f"Port {(port := free_port())}\nListen 127.0.0.1\nBasicAuth joe right\nLogLevel Critical\nPidFile "
        f"\"{folder}/tp.pid\"\n",
    )
    studio.process(["tinyproxy", "-d", "-c", f"{folder}/tinyproxy.conf"], port)
    studio.rename(f"127.0.0.1:{port}", "proxy.corp.example:8888")
    studio.rename(f"port {port}", "port 8888")
    studio.case(
        "proxy/15.curl.txt",
        "proxy.407",
        "tinyproxy, curl -v -x",
        curl(studio, "http://www.example.com/", "-v", "-x", f"http://127.0.0.1:{port}"),
    )


def platforms(studio, at):
    cloudfront = studio.says(
        "d111111abcdef8.cloudfront.net",
        (
            "*",
            Answer(
                401,
                '{"message":"No Authorization header"}',
                ("WWW-Authenticate", 'Bearer realm="api"'),
                ("X-Cache", "Error from cloudfront"),
                ("Via", "1.1 9c6a8d2e.cloudfront.net (CloudFront)"),
                ("X-Amz-Cf-Pop", "FRA56-P8"),
                ("X-Amz-Cf-Id", "q7Yx0uCorpus=="),
            ),
        ),
    )
    studio.case(
        "proxy/20.curl.txt",
        "proxy.cloudfront",
        "CloudFront's words, curl -v",
        curl(studio, cloudfront + "/api/orders", "-v", "-H", "Authorization: " + good(studio)),
    )
    swa = studio.says(
        "happy-sea-0a1b2c3d4.5.azurestaticapps.net",
        (
            "*",
            Answer(
                401,
                '{"error":"invalid token"}',
                (
                    "WWW-Authenticate",
                    'Bearer error="invalid_token", error_description="The issuer '
                    "'https://3b0c.scm.azurewebsites.net' is invalid\"",
                ),
            ),
        ),
    )
    studio.case(
        "proxy/21.har",
        "proxy.platform_overwrites",
        "Azure Static Web Apps' words, HAR as Chrome writes it",
        har("chrome", wire(studio, "GET", swa + "/api/me", [AGENT, ("Authorization", bearer(studio.keys.rs))])),
    )
    gateway = studio.says(
        "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        (
            "*",
            Answer(
                401,
                '{"message":"Unauthorized"}',
                ("x-amzn-Remapped-WWW-Authenticate", 'Bearer realm="orders"'),
                ("x-amzn-RequestId", "8d1c"),
                ("x-amz-apigw-id", "Xy1ZgjYCFiAEPkA="),
            ),
        ),
    )
    studio.case(
        "proxy/22.httpie.txt",
        "proxy.www_auth_remapped|header.missing",
        "API Gateway's words, httpie",
        httpie(studio, gateway + "/prod/orders"),
    )
    portal = studio.says(
        "example.com",
        (
            "*",
            Answer(
                511,
                "<html><head><title>Network Authentication Required</title><meta http-equiv='refresh' "
                "content='0; url=https://login.wifi.example/'></head><body>You need to authenticate with "
                "the local network</body></html>",
            ),
        ),
    )
    studio.case(
        "proxy/23.wget.txt", "proxy.captive_portal", "RFC 6585's answer, wget -d", wget(studio, portal + "/api/ping")
    )
    edge = studio.says(
        "www.example.com",
        (
            "*",
            Answer(
                403,
                "<!DOCTYPE html><html lang=\"en-US\"><head><title>Just a "
                "moment...</title></head><body><script>(function(){window._cf_chl_opt={cvId:'3'};"
                "})();</script></body></html>",
                ("cf-mitigated", "challenge"),
                ("CF-RAY", "8e5f1a2b3c4d5e6f-FRA"),
                ("Cache-Control", "private, max-age=0, no-store"),
                server="cloudflare",
            ),
        ),
    )
    studio.case(
        "proxy/24.requests.txt",
        "proxy.edge_challenge",
        "Cloudflare's words, requests with debuglevel 1",
        requests(studio, "GET", edge + "/api/orders", f"headers={{'Authorization': {good(studio)!r}}}"),
    )
    mesh = studio.says(
        "mesh.example.com",
        (
            "*",
            Answer(
                401,
                "Jwt is missing",
                ("WWW-Authenticate", 'Bearer realm="http://mesh.example.com/"'),
                server="istio-envoy",
            ),
        ),
    )
    studio.case(
        "proxy/25.curl.txt",
        "header.missing|proxy.mesh_rejected",
        "Envoy's words, curl -v",
        curl(studio, mesh + "/orders", "-v"),
    )
    users = htpasswd(studio)
    router = studio.name(
        "nas.example.com",
        studio.front(f'location / {{ auth_basic "DSL-Router"; auth_basic_user_file {users}; empty_gif; }}'),
    )
    studio.case(
        "proxy/26.curl.txt",
        "proxy.vhost|basic.two_layers|header.wrong_scheme",
        "nginx auth_basic: a router answered for the API, curl -v",
        curl(studio, router + "/api/v1/files", "-v", "-H", "Authorization: " + good(studio)),
    )


def caches(studio, at):
    stored = studio.says(
        "static.example.com",
        (
            "*",
            Answer(
                401,
                '{"error":"unauthorized"}',
                ("WWW-Authenticate", "Bearer"),
                ("Age", "412"),
                ("X-Cache", "HIT"),
                ("Cache-Control", "public, max-age=600"),
                ("Via", "1.1 varnish"),
                date=-412,
            ),
        ),
    )
    studio.case(
        "cache/01.curl.txt",
        "cache.stored_401",
        "Varnish' words, curl -v",
        curl(studio, stored + "/api/prices", "-v", "-H", "Authorization: " + good(studio)),
    )
    cached = at["cached"]
    anonymous = wire(studio, "GET", cached + "/orders", [AGENT])
    time.sleep(1)
    studio.case(
        "cache/02.har",
        "cache.stored_401",
        "nginx proxy_cache keeps a 401, HAR as Chrome writes it",
        har(
            "chrome",
            anonymous,
            *[wire(studio, "GET", cached + "/orders", [AGENT, ("Authorization", good(studio))]) for _ in range(2)],
        ),
    )
    worker = studio.says(
        "pwa.example.com", ("*", Answer(401, '{"error":"unauthorized"}', ("WWW-Authenticate", "Bearer")))
    )
    studio.case(
        "cache/03.har",
        "cache.browser_or_sw",
        "a service worker's answer, HAR as Chrome writes it",
        har(
            "chrome",
            wire(studio, "GET", worker + "/api/me", [AGENT, ("Authorization", good(studio))]),
            _fetchedViaServiceWorker=True,
        ),
    )
    studio.case(
        "cache/04.har",
        "cache.browser_or_sw",
        "the disk cache's answer, HAR as Chrome writes it",
        har(
            "chrome",
            wire(studio, "GET", worker + "/api/settings", [AGENT, ("Authorization", good(studio))]),
            _fromCache="disk",
        ),
    )


def main():
    with Studio() as studio:
        origin, port = studio.node("express-jwt-json"), free_port()
        studio.nginx(
            f"proxy_cache_path {studio.folder}/cache keys_zone=c:1m; server "
            f"{{ listen 127.0.0.1:{port}; location / {{ "
            f"proxy_pass http://127.0.0.1:{origin}; proxy_cache c; proxy_cache_key $uri; proxy_cache_valid any 5m; "
            "add_header X-Cache $upstream_cache_status always; } }",
            port,
        )
        at = {"cached": studio.name("cached.example.com", port)}
        for make in (apaches, proxies, platforms, caches):
            make(studio, at)


if __name__ == "__main__":
    main()
