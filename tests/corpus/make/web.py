#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""cors.*, cookie.*, csrf.*, session.*, browser.*, ws.*: Chromium's own traffic with sites that do it wrong."""

import json
import subprocess
import time

from studio import Studio, free_port  # first: it says where browser.py is

from answers import Answer
from chromium import open_browser
from clients import curl, wire
from formats import har, raw
from header import AGENT, good
from jwt_time import bearer

JSON = '{"error":"unauthorized"}'


class Site:
    """Names below .test, each over TLS and HTTP/2: nginx before whoever answers."""

    def __init__(self, studio):
        self.studio, self.port, self.plain, self.servers = studio, free_port(), free_port(), []
        key, certificate = studio.path("tls.key"), studio.path("tls.pem")
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-keyout",
                key,
                "-out",
                certificate,
                "-subj",
                "/CN=app.test",
                "-days",
                "2",
            ],
            check=True,
            capture_output=True,
        )
        self.tls = f"ssl_certificate {certificate}; ssl_certificate_key {key};"

    def add(self, host, port):
        self.servers.append((host, port))
        for scheme, own in (("https", self.port), ("http", self.plain)):
            self.studio.rename(f"{scheme}://{host}.test:{own}", f"{scheme}://{host}.example.com")
        self.studio.rename(f"{host}.test:{self.port}", f"{host}.example.com")
        self.studio.rename(f"{host}.test:{self.plain}", f"{host}.example.com")
        self.studio.rename(f"wss://{host}.test:{self.port}", f"wss://{host}.example.com")
        self.studio.rename(f"{host}.test", f"{host}.example.com")

    def start(self):
        text = "\n".join(
            f"server "
            f"{{ listen 127.0.0.1:{self.port} ssl http2; listen 127.0.0.1:{self.plain}; "
            f"server_name {host}.test; {self.tls} location / {{ "
            f"proxy_pass http://127.0.0.1:{port}; proxy_http_version 1.1; proxy_set_header Host "
            f"$http_host; proxy_pass_header Server; "
            "proxy_pass_header Date; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "
            "$http_connection; } }"
            for host, port in self.servers
        )
        self.studio.nginx("proxy_buffer_size 32k; proxy_buffers 4 32k;" + text, self.port)

    def at(self, host, scheme="https"):
        return f"{scheme}://{host}.test:{self.port if scheme == 'https' else self.plain}"


def allow(self, *fields):
    return [
        ("Access-Control-Allow-Origin", self.headers.get("Origin", "*")),
        ("Access-Control-Allow-Credentials", "true"),
        *fields,
    ]


def preflight(self):
    return Answer(
        204,
        "",
        *allow(
            self,
            ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
            ("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE"),
        ),
    )


def api_words(studio):
    """Each path is an API's own mistake."""
    bearer_field = ("WWW-Authenticate", 'Bearer realm="api"')
    setting = {
        "/lax": "sid=7f3a; Path=/; HttpOnly; SameSite=Lax",
        "/none": "sid=7f3a; Path=/; HttpOnly; Secure; SameSite=None",
        "/path": "sid=7f3a; Path=/auth; HttpOnly",
        "/secure": "sid=7f3a; Path=/; Secure; HttpOnly",
        "/prefix": "__Host-sid=7f3a; Path=/; Secure; HttpOnly; Domain=test",
        "/big": "sid=" + "x" * 4200 + "; Path=/; HttpOnly",
    }
    login = [
        (f"/login{name}", lambda self, value=value: Answer(200, '{"ok":true}', *allow(self, ("Set-Cookie", value))))
        for name, value in setting.items()
    ]

    def needs_cookie(self):
        return Answer(200 if "sid=" in self.headers.get("Cookie", "") else 401, JSON, *allow(self))

    return studio.says(
        "words.example.com",
        *login,
        (
            "OPTIONS /star",
            lambda self: Answer(204, "", *allow(self, ("Access-Control-Allow-Headers", "Content-Type"))),
        ),
        ("/star", Answer(200, "{}")),
        ("OPTIONS /masked", preflight),
        ("/masked", Answer(401, '{"error":"invalid_token"}', ("WWW-Authenticate", 'Bearer error="invalid_token"'))),
        ("OPTIONS /nonce", preflight),
        (
            "/nonce",
            lambda self: Answer(
                401,
                "",
                *allow(self, ("WWW-Authenticate", 'DPoP error="use_dpop_nonce"'), ("DPoP-Nonce", "eyJ7S_zG.eyJH0")),
            ),
        ),
        ("/me", needs_cookie),
        ("/auth/me", needs_cookie),
        ("/events", Answer(401, JSON, bearer_field)),
        ("/socket", Answer(401, "", bearer_field)),
        ("/beacon", Answer(401, JSON, bearer_field)),
        ("/twice", Answer(401, '{"error":"session not found"}')),
        ("/leave", Answer(302, "", ("Location", f"{studio.login}/authorize?client_id=app"))),
        ("/basic", Answer(401, JSON, ("WWW-Authenticate", 'Basic realm="api"'))),
        ("POST /form", Answer(403, '{"detail":"CSRF Failed: CSRF token missing."}')),
        ("POST /rails", Answer(401, '{"error":"Invalid CSRF token. Please reload the page."}')),
        ("/alternate", *[Answer(200, '{"user":"joe"}'), Answer(401, '{"error":"no session"}')] * 3),
        ("/favicon.ico", Answer(404)),
        (
            "/app",
            Answer(200, "<!DOCTYPE html><title>app</title><p>An app.", ("Set-Cookie", "theme=dark; Path=/; Secure")),
        ),
        ("*", Answer(200, "<!DOCTYPE html><title>app</title><p>An app.", ("Cache-Control", "no-store"))),
    )


def visit(page, url, *scripts, whole=False):
    """What the scripts do on that page; `whole`: and the page itself."""
    page.go(url)
    if not whole:
        page.forget()
    for script in scripts:
        page.run(script)
        page.rest(0.3)
    return page.har()


def fetch(url, options="{}"):
    return f"fetch({json.dumps(url)}, {options}).then(r => r.text(), String)"


def with_token(token):
    return json.dumps({"headers": {"Authorization": token}})


def cors(studio, site, browser):
    app, express, words = site.at("app"), site.at("express"), site.at("words")
    page = browser.page()
    studio.case(
        "web/01.har",
        "cors.preflight_401",
        "koa-jwt before everything, OPTIONS too, recorded in Chromium",
        visit(page, app, fetch(site.at("koa") + "/orders", with_token(good(studio)))),
    )
    studio.case(
        "web/02.har",
        "cors.allow_headers",
        "Access-Control-Allow-Headers without Authorization, recorded in Chromium",
        visit(page, app, fetch(words + "/star", with_token(good(studio)))),
    )
    studio.case(
        "web/09.har",
        "cors.allow_headers|capture.status_zero",
        "express-jwt lets the preflight pass, and nobody says yes, recorded in Chromium",
        visit(page, app, fetch(express + "/orders", with_token(good(studio)))),
    )
    studio.case(
        "web/03.har",
        "token.expired|cors.masked_401",
        "a 401 without Access-Control-Allow-Origin, recorded in Chromium",
        visit(page, app, fetch(words + "/masked", with_token(bearer(studio.keys.rs, exp=int(time.time()) - 900)))),
    )
    studio.case(
        "web/04.har",
        "cors.masked_401|token.revoked|token.opaque_to_jwt",
        "the same with an opaque token, recorded in Chromium",
        visit(page, app, fetch(words + "/masked", with_token("Bearer mF_9.B5f-4.1JqM"))),
    )
    studio.case(
        "web/05.har",
        "dpop.nonce_required|cors.expose",
        "a nonce no script can read, recorded in Chromium",
        visit(page, app, fetch(words + "/nonce", with_token("DPoP Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"))),
    )
    studio.case(
        "web/06.har",
        "cors.credentials_mode|cookie.not_logged_in",
        "fetch without credentials: 'include', recorded in Chromium",
        visit(
            page, app, fetch(words + "/login/none", "{credentials: 'include', method: 'POST'}"), fetch(words + "/me")
        ),
    )
    studio.case(
        "web/07.har",
        "header.no_cors_mode",
        "fetch in mode no-cors, recorded in Chromium",
        visit(
            page,
            app + "/app",
            fetch(words + "/beacon", json.dumps({"mode": "no-cors", "headers": {"Authorization": good(studio)}})),
            whole=True,
        ),
    )
    studio.case(
        "web/08.har",
        "redirect.idp_cors",
        "fetch follows a redirect to the identity provider, recorded in Chromium",
        visit(page, app, fetch(app + "/leave")),
    )


def cookies(studio, site, browser):
    app, words, session, other = (site.at(name) for name in ("app", "words", "session", "other"))
    for file, cause, how, page_at, name, target in (
        (
            "web/20.har",
            "cookie.samesite",
            "a cookie with SameSite=Lax, another site's script",
            other,
            "lax",
            words + "/me",
        ),
        ("web/21.har", "cookie.domain_path", "a cookie for /auth", words, "path", words + "/me"),
        ("web/22.har", "cookie.prefix", "a __Host- cookie with a Domain", words, "prefix", words + "/me"),
        ("web/23.har", "cookie.too_big", "a cookie of 4200 bytes", words, "big", words + "/me"),
        (
            "web/24.har",
            "cookie.secure_http",
            "a Secure cookie over http://",
            site.at("words", "http"),
            "secure",
            site.at("words", "http") + "/me",
        ),
    ):
        base = target.rpartition("/")[0]
        studio.case(
            file,
            cause,
            how + ", recorded in Chromium",
            visit(
                browser.page(),
                page_at,
                fetch(f"{base}/login/{name}", "{credentials: 'include', method: 'POST'}"),
                fetch(target, "{credentials: 'include'}"),
            ),
        )
    studio.case(
        "web/25.har",
        "cookie.not_logged_in|header.missing|capture.sanitized",
        "an API's own words, recorded in Chromium",
        visit(browser.page(), app, fetch(app + "/me")),
    )
    page = browser.page()
    page.send("Network.setCookie", name="connect.sid", value="s%3Alast-weeks-session.Y29ycHVz", url=session)
    page.forget()
    page.go(session + "/api/orders")
    studio.case(
        "web/26.har", "cookie.expired", "express-session that has forgotten, recorded in Chromium", page.har()
    )
    page = browser.page()
    studio.case(
        "web/27.har",
        "cookie.duplicate",
        "two cookies of one name, recorded in Chromium",
        visit(
            page,
            app,
            "document.cookie = 'sid=new; path=/'; document.cookie = 'sid=old; path=/twice'",
            fetch(app + "/twice"),
        ),
    )
    page = browser.page()
    page.go(app)
    page.run("document.cookie = 'sid=7f3a; path=/'")
    studio.case(
        "web/28.har",
        "session.store_lost|server.bad_node",
        "a session only one node knows, recorded in Chromium",
        visit(page, app, *[fetch(app + "/alternate")] * 4),
    )
    studio.case(
        "web/29.har",
        "csrf.token",
        "Django REST framework's words, recorded in Chromium",
        visit(page, app, fetch(app + "/form", "{method: 'POST', body: '{}'}")),
    )
    studio.case(
        "web/30.har",
        "csrf.token",
        "an API's own words, recorded in Chromium",
        visit(page, app, fetch(app + "/rails", "{method: 'POST', body: '{}'}")),
    )


def streams(studio, site, browser):
    app = site.at("app")
    page = browser.page()
    studio.case(
        "web/40.har",
        "header.js_cannot_set",
        "EventSource, recorded in Chromium",
        visit(
            page,
            app + "/app",
            f"new Promise(done => {{ const e = new EventSource('{app}/events'); e.onerror = () => done(1) }})",
            whole=True,
        ),
    )
    socket = app.replace("https", "wss") + "/socket"
    studio.case(
        "web/41.har",
        "ws.upgrade_401|header.js_cannot_set|capture.status_zero",
        "a WebSocket, recorded in Chromium",
        visit(
            page, app, f"new Promise(done => {{ const s = new WebSocket('{socket}'); s.onerror = () => done(1) }})"
        ),
    )
    page.answer_dialogs()
    studio.case(
        "web/42.har",
        "browser.basic_popup|header.missing",
        "fetch meets Basic, recorded in Chromium",
        visit(page, app, fetch(app + "/basic")),
    )
    page = browser.page()
    page.go(site.at("guard") + "/orders")
    studio.case(
        "web/43.har",
        "header.missing|cookie.not_logged_in|capture.sanitized",
        "doorward's example, its address opened in Chromium",
        page.har(),
    )


def by_hand(studio, site):
    """What Chromium does not tell, and other clients."""
    words = studio.says("live.example.com", ("*", Answer(401, "", ("WWW-Authenticate", 'Bearer realm="live"'))))
    upgrade = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    studio.case(
        "web/50.curl.txt",
        "ws.upgrade_401|header.missing",
        "an API's own words, curl -v as a WebSocket client asks",
        curl(studio, words + "/socket", "-v", *[word for field in upgrade for word in ("-H", ": ".join(field))]),
    )
    slow = wire(studio, "GET", words + "/me", [AGENT, ("Authorization", bearer(studio.keys.rs))])
    slow.started -= 86400 * 3
    studio.case(
        "web/51.har",
        "browser.clock|token.clock_skew",
        "the visitor's clock is three days slow, HAR as Safari writes it",
        har("safari", slow),
    )
    studio.case(
        "web/52.http.txt",
        "header.http2_case",
        "an app that looks for Authorization by its case: HTTP/2 fails, HTTP/1.1 does not",
        two_versions(studio),
    )


def two_versions(studio):
    words = studio.says(
        "old.example.com",
        (
            "*",
            Answer(401, '{"error":"Authorization header missing"}', ("WWW-Authenticate", "Bearer")),
            Answer(200, '{"ok":true}'),
        ),
    )
    token = good(studio)
    first = wire(studio, "GET", words + "/orders", [("accept", "*/*"), ("authorization", token)])
    second = wire(studio, "GET", words + "/orders", [("Accept", "*/*"), ("Authorization", token)])
    return raw(first).replace(b"HTTP/1.1", b"HTTP/2") + raw(second)


def main():
    with Studio() as studio:
        site = Site(studio)
        studio.login = site.at("login")
        words = api_words(studio)
        port = studio.names.pop(words.partition("://")[2])[0]
        for host in ("app", "words", "api", "other", "login"):
            site.add(host, port)
        site.add("express", studio.node("express-jwt-json"))
        site.add("koa", studio.node("koa-debug"))
        site.add("session", studio.node("session"))
        site.add("guard", studio.doorward())
        site.start()
        browser = open_browser(studio)
        try:
            for make in (cors, cookies, streams):
                make(studio, site, browser)
        finally:
            browser.stop()
        by_hand(studio, site)


if __name__ == "__main__":
    main()
