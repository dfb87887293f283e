#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""basic.*: users, passwords and their base64, against nginx, Apache, Caddy, HAProxy, Flask, Express and Django."""

import base64

from answers import Answer
from clients import curl, go, httpie, requests, wget, wire
from formats import console, har, raw
from header import AGENT, POSTMAN, good
from proxies import apache, caddy, caddy_hash, haproxy, htpasswd
from studio import Studio


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def wrong(studio, at):
    studio.case(
        "basic/01.curl.txt",
        "basic.wrong_password",
        "nginx auth_basic, curl -v",
        curl(studio, at["nginx"] + "/reports/", "-v", "-u", "joe:wrong horse"),
    )
    studio.case(
        "basic/02.wget.txt",
        "basic.wrong_password",
        "Apache mod_auth_basic, wget -d --auth-no-challenge",
        wget(studio, at["apache"] + "/private/", "--user=joe", "--password=Right", "--auth-no-challenge"),
    )
    studio.case(
        "basic/03.httpie.txt",
        "basic.wrong_password",
        "Caddy basic_auth, httpie",
        httpie(studio, "-a", "joe:correct horse", at["caddy"] + "/admin"),
    )
    studio.case(
        "basic/04.har",
        "basic.wrong_password",
        "HAProxy http-auth, HAR as Safari writes it",
        har(
            "safari",
            wire(studio, "GET", at["haproxy"] + "/stats", [AGENT]),
            wire(studio, "GET", at["haproxy"] + "/stats", [AGENT, ("Authorization", "Basic " + b64("joe:letmein"))]),
        ),
    )
    studio.case(
        "basic/05.requests.txt",
        "basic.wrong_password",
        "Django REST framework, requests with debuglevel 1",
        requests(studio, "GET", at["drf"] + "/basic/", "auth=('joe', 'Right!')"),
    )
    studio.case(
        "basic/06.go.txt",
        "basic.wrong_password",
        "doorward's passwords stand in: Express, Go's dumps",
        go(studio, "GET", at["express"] + "/orders", "Authorization: Basic " + b64("joe:RIGHT")),
    )


def base64s(studio, at):
    studio.case(
        "basic/10.httpie.txt",
        "basic.bad_base64",
        "Django REST framework, httpie",
        httpie(studio, at["drf"] + "/basic/", "Authorization:Basic joe:right"),
    )
    studio.case(
        "basic/11.curl.txt",
        "basic.bad_base64",
        "nginx auth_basic, curl -v",
        curl(studio, at["nginx"] + "/reports/", "-v", "-H", "Authorization: Basic am9lO_JpZ2h0-!"),
    )
    studio.case(
        "basic/12.requests.txt",
        "basic.no_colon",
        "Flask-HTTPAuth, requests with debuglevel 1",
        requests(studio, "GET", at["flask"] + "/reports", f"headers={{'Authorization': 'Basic {b64('joe')}'}}"),
    )
    studio.case(
        "basic/13.curl.txt",
        "basic.trailing_newline",
        "nginx auth_basic, curl -v: echo joe:right | base64",
        curl(studio, at["nginx"] + "/reports/", "-v", "-H", "Authorization: Basic " + b64("joe:right\n")),
    )
    studio.case(
        "basic/14.http.txt",
        "basic.trailing_newline",
        "Caddy basic_auth: a Windows file's line end",
        raw(
            wire(
                studio,
                "GET",
                at["caddy"] + "/",
                [("Accept", "*/*"), ("Authorization", "Basic " + b64("joe:right\r\n"))],
            )
        ),
    )
    studio.case(
        "basic/15.postman.txt",
        "basic.double_encoded",
        "Express, Postman's console",
        console(
            wire(
                studio,
                "GET",
                at["express"] + "/orders",
                [("Authorization", "Basic " + b64(b64("joe:right"))), *POSTMAN],
            )
        ),
    )
    studio.case(
        "basic/16.har",
        "basic.double_encoded",
        "Apache mod_auth_basic, HAR as Insomnia writes it",
        har(
            "insomnia",
            wire(
                studio,
                "POST",
                at["apache"] + "/private/",
                [("Authorization", "Basic " + b64(b64("api-user:9f8e7d6c5b"))), ("Content-Type", "text/plain")],
                b"hello",
            ),
        ),
    )


def characters(studio, at):
    studio.case(
        "basic/20.curl.txt",
        "basic.charset",
        "Flask-HTTPAuth, curl -v: the terminal spoke Latin-1",
        curl(
            studio,
            at["flask"] + "/reports",
            "-v",
            "-H",
            "Authorization: Basic " + b64("joe:grüß Gott".encode("latin-1")),
        ),
    )
    studio.case(
        "basic/21.har",
        "basic.charset",
        "Flask-HTTPAuth, HAR as Firefox writes it: decomposed characters",
        har(
            "firefox",
            wire(
                studio,
                "GET",
                at["flask"] + "/reports",
                [AGENT, ("Authorization", "Basic " + b64("joe:gru\u0308ß Gott"))],
            ),
        ),
    )
    studio.case(
        "basic/22.curl.txt",
        "basic.url_userinfo",
        "nginx auth_basic, a script that did not decode the URL",
        curl(studio, at["nginx"] + "/reports/", "-v", "-u", "joe%40example.com:p%40ss%2Fword"),
    )
    studio.case(
        "basic/23.curl.txt",
        "basic.colon_in_user|basic.wrong_password",
        "Apache mod_auth_basic, curl -v",
        curl(studio, at["apache"] + "/private/", "-v", "-u", "tenant:acme:joe:right"),
    )


def services(studio, at):
    studio.case(
        "basic/30.curl.txt",
        "basic.password_disabled",
        "GitHub's words, curl -v",
        curl(studio, at["github"] + "/user", "-v", "-u", "joe:my-github-password"),
    )
    studio.case(
        "basic/31.curl.txt",
        "basic.password_disabled",
        "Bitbucket's words, git's trace",
        curl(
            studio,
            at["bitbucket"] + "/acme/site.git/info/refs?service=git-upload-pack",
            "-v",
            "-u",
            "joe:hunter2hunter2",
            "-A",
            "git/2.47.0",
        ),
    )
    studio.case(
        "basic/32.httpie.txt",
        "basic.key_position",
        "Stripe's words, httpie: the key is the password",
        httpie(studio, "-a", ":sk_test_51NwCorpusCorpusCorpus0000", at["stripe"] + "/v1/charges"),
    )
    studio.case(
        "basic/33.curl.txt",
        "basic.two_layers",
        "nginx auth_basic before express-jwt, curl -v",
        curl(studio, at["staging"] + "/orders", "-v", "-H", "Authorization: " + good(studio)),
    )
    studio.case(
        "basic/34.har",
        "basic.two_layers|header.wrong_scheme",
        "the same with the password right: now the API complains, HAR as Chrome",
        har(
            "chrome",
            wire(studio, "GET", at["staging"] + "/orders", [AGENT, ("Authorization", "Basic " + b64("joe:right"))]),
        ),
    )


def words(studio):
    return {
        "github": studio.says(
            "api.github.com",
            (
                "/user",
                Answer(
                    401,
                    '{"message":"Support for password authentication was removed. Please use a personal access '
                    'token instead.","documentation_url":"https://docs.github.com/rest","status":"401"}',
                    ("X-GitHub-Media-Type", "github.v3; format=json"),
                    ("X-GitHub-Request-Id", "8D1C:2A4F:19E:2B7:674A"),
                    server="github.com",
                ),
            ),
        ),
        "bitbucket": studio.says(
            "bitbucket.org",
            (
                "/acme/site.git/info/refs",
                Answer(
                    401,
                    "Bitbucket Cloud recently stopped supporting account passwords for Git "
                    "authentication. Use an app password or API token.",
                    ("WWW-Authenticate", 'Basic realm="Bitbucket.org HTTP"'),
                    server="AtlassianEdge",
                ),
            ),
        ),
        "stripe": studio.says(
            "api.stripe.com",
            (
                "/v1/charges",
                Answer(
                    401,
                    '{\n  "error": {\n    "message": "You did not provide an API key. You need to '
                    'provide your API key '
                    "in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                    "YOUR_SECRET_KEY'), or as "
                    'the username with basic auth.",\n    "type": "invalid_request_error"\n  }\n}',
                    ("WWW-Authenticate", 'Bearer realm="Stripe"'),
                    server="nginx",
                ),
            ),
        ),
    }


def main():
    with Studio() as studio:
        users = htpasswd(studio)
        api = studio.node("express-jwt-json")
        at = {
            "nginx": studio.name(
                "files.example.com",
                studio.front(f'location / {{ auth_basic "Reports"; auth_basic_user_file {users}; empty_gif; }}'),
            ),
            "staging": studio.name(
                "staging.example.com",
                studio.front(
                    f'location / '
                    f'{{ auth_basic "Staging"; auth_basic_user_file {users}; proxy_pass http://127.0.0.1:{api}; }}'
                ),
            ),
            "apache": studio.name(
                "intranet.example.com",
                apache(
                    studio,
                    f"""
                  <Location /private>
                      AuthType Basic
                      AuthName "Members only"
                      AuthUserFile {users}
                      Require valid-user
                  </Location>""",
                ),
            ),
            "caddy": studio.name(
                "home.example.com", caddy(studio, f"basicauth {{\n joe {caddy_hash()}\n}}\nrespond ok")
            ),
            "haproxy": studio.name(
                "lb.example.com",
                haproxy(
                    studio,
                    "  acl known http_auth(people)\n  http-request auth realm stats unless known",
                    "  http-request return status 200",
                    "userlist people\n  user joe insecure-password right",
                ),
            ),
            "flask": studio.name("reports.example.com", studio.python("flask_app.py")),
            "drf": studio.name("django.example.com", studio.python("drf_app.py")),
            "express": studio.name("api.example.com", studio.node("basic-express")),
            **words(studio),
        }
        for make in (wrong, base64s, characters, services):
            make(studio, at)


if __name__ == "__main__":
    main()
