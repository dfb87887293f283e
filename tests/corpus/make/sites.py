#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""registry.*, git.*, redirect.*: registries, and where clients are sent on."""

from answers import Answer
from clients import curl, go, httpie, requests, wget, wire
from formats import har, raw
from header import AGENT
from studio import Studio, claims, compact, mint


def registries(studio):
    challenge = 'Bearer realm="https://auth.registry.example.com/token",service="registry.example.com",' \
        'scope="repository:acme/shop:pull"'
    denied = compact(
        {
            "errors": [
                {
                    "code": "UNAUTHORIZED",
                    "message": "authentication required",
                    "detail": [{"Type": "repository", "Class": "", "Name": "acme/shop", "Action": "pull"}],
                }
            ]
        }
    )
    refused = compact({"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]})
    version = ("Docker-Distribution-Api-Version", "registry/2.0")
    url = studio.says(
        "registry.example.com",
        ("/v2/acme/shop/manifests/latest", Answer(401, denied, ("WWW-Authenticate", challenge), version)),
        (
            "/v2/acme/secret/manifests/1",
            Answer(
                401,
                refused,
                ("WWW-Authenticate", challenge.replace("shop", "secret") + ',error="insufficient_scope"'),
                version,
            ),
        ),
    )
    token = mint(
        studio.keys.es,
        claims(aud="registry.example.com", iss="https://auth.registry.example.com", access=[], scope=None),
    )
    studio.case(
        "registry/01.curl.txt",
        "registry.token_dance",
        "the distribution specification's words, curl -v",
        curl(
            studio,
            url + "/v2/acme/shop/manifests/latest",
            "-v",
            "-H",
            "Accept: application/vnd.oci.image.manifest.v1+json",
        ),
    )
    studio.case(
        "registry/02.http.txt",
        "registry.scope_denied",
        "the distribution specification's words, the messages themselves",
        raw(
            wire(
                studio,
                "GET",
                url + "/v2/acme/secret/manifests/1",
                [("User-Agent", "docker/27.3.1"), ("Authorization", "Bearer " + token)],
            )
        ),
    )
    artifactory = studio.says(
        "artifactory.corp.example",
        (
            "*",
            Answer(
                401,
                '{\n  "errors" : [ {\n    "status" : 401,\n    "message" : "Authentication is required"\n  } ]\n}',
                ("WWW-Authenticate", 'Basic realm="Artifactory Realm"'),
                ("X-JFrog-Version", "Artifactory/7.98.9"),
                server="Artifactory/7.98.9",
            ),
        ),
    )
    studio.case(
        "registry/03.curl.txt",
        "registry.lockfile_host|registry.npmrc_scope",
        "Artifactory's words, curl -v as npm asks",
        curl(
            studio,
            artifactory + "/artifactory/api/npm/npm-virtual/left-pad/-/left-pad-1.3.0.tgz",
            "-v",
            "-A",
            "npm/10.8.2 node/v20.20.2 linux x64 workspaces/false",
        ),
    )
    pypi = studio.says(
        "upload.pypi.example",
        (
            "*",
            Answer(
                403,
                "<html>\n <head>\n  <title>403 Invalid or non-existent authentication information. See "
                "https://pypi.example/help/#invalid-auth for more information."
                "</title>\n </head>\n <body>\n  <h1>403 Invalid or non-existent authentication "
                "information.</h1>\n </body>\n</html>",
            ),
        ),
    )
    studio.case(
        "registry/04.requests.txt",
        "registry.pypi_user",
        "PyPI's words, requests with debuglevel 1",
        requests(
            studio,
            "POST",
            pypi + "/legacy/",
            "auth=('joe', 'pypi-AgEIcHlwaS5vcmcCorpusCorpusCorpus'), data={':action': 'file_upload'}",
        ),
    )
    github = studio.says(
        "api.github.com",
        (
            "*",
            Answer(
                404,
                '{"message":"Not '
                'Found","documentation_url":'
                '"https://docs.github.com/rest/repos/repos#get-a-repository","status":"404"}',
                ("X-GitHub-Media-Type", "github.v3; format=json"),
                ("x-ratelimit-limit", "60"),
                server="github.com",
            ),
        ),
    )
    studio.case(
        "registry/05.httpie.txt",
        "git.hidden_404",
        "GitHub's words, httpie",
        httpie(studio, github + "/repos/acme/private-site"),
    )
    gitlab = studio.says(
        "gitlab.example.com",
        (
            "*",
            Answer(
                401,
                "HTTP Basic: Access denied. If a password was provided for Git authentication, the "
                "password was incorrect or you're required to use a token "
                "instead of a password. If a token was provided, it was either incorrect, expired, or "
                "improperly scoped.\n",
                ("WWW-Authenticate", 'Basic realm="GitLab"'),
                server="nginx",
            ),
        ),
    )
    studio.case(
        "registry/06.curl.txt",
        "basic.password_disabled|basic.wrong_password",
        "GitLab's words, curl -v as git asks",
        curl(
            studio,
            gitlab + "/acme/shop.git/info/refs?service=git-upload-pack",
            "-v",
            "-u",
            "joe:hunter2hunter2",
            "-A",
            "git/2.47.0",
        ),
    )


def moved(where, status=302):
    return Answer(status, "", ("Location", where))


def redirects(studio):
    guarded = studio.name("files.example.net", studio.node("oauth2-bearer"))
    token = mint(studio.keys.hs, typ="at+jwt")
    api = studio.says("api.example.com", ("/download", moved(guarded + "/orders")))
    field = f"Authorization: Bearer {token}"
    studio.case(
        "redirect/01.curl.txt",
        "redirect.cross_origin_drop",
        "a redirect to express-oauth2-jwt-bearer at another host, curl -v -L",
        curl(studio, api + "/download", "-v", "-L", "-H", field),
    )
    port = studio.names["files.example.net"][0]
    near = studio.says("gate.example.com", ("/download", moved(f"http://127.0.0.1:{port}/orders")))
    studio.case(
        "redirect/02.requests.txt",
        "redirect.cross_origin_drop",
        "the same, requests with debuglevel 1",
        requests(studio, "GET", near + "/download", f"headers={{'Authorization': 'Bearer {token}'}}"),
    )
    studio.case(
        "redirect/03.go.txt",
        "redirect.cross_origin_drop",
        "the same, Go's dumps",
        go(studio, "GET", near + "/download", field),
    )
    bearer_401 = Answer(
        401, '{"error":"unauthorized"}', ("WWW-Authenticate", 'Bearer realm="orders"'), server="Kestrel"
    )
    app = studio.says(
        "orders.example.com",
        ("/orders", moved("/v2/orders", 307)),
        ("/v2/orders", bearer_401),
        ("/items", moved("/items/", 308)),
        ("/items/", bearer_401),
        ("/up", moved("https://orders.example.com/secure", 301)),
    )
    sent, plain = ("Authorization", f"Bearer {token}"), ("Accept", "application/json")
    studio.case(
        "redirect/04.http.txt",
        "redirect.same_origin_drop",
        "Kestrel's words; .NET's HttpClient follows without the field",
        raw(wire(studio, "GET", app + "/orders", [plain, sent]), wire(studio, "GET", app + "/v2/orders", [plain])),
    )
    studio.case(
        "redirect/05.har",
        "redirect.trailing_slash|redirect.same_origin_drop",
        "a slash is added, the client follows without the field, HAR as Charles",
        har(
            "charles",
            wire(studio, "GET", app + "/items", [plain, sent]),
            wire(studio, "GET", app + "/items/", [plain]),
        ),
    )
    upgraded = wire(studio, "GET", app + "/v2/orders", [plain])
    upgraded.url = "https://orders.example.com/secure"
    studio.case(
        "redirect/06.har",
        "redirect.http_to_https|redirect.cross_origin_drop",
        "http:// to https://, the field is lost, HAR as mitmproxy",
        har("mitmproxy", wire(studio, "GET", app + "/up", [plain, sent]), upgraded),
    )
    down = studio.says(
        "shop.example.com", ("/api/cart", moved("http://shop.example.com/api/cart/", 301)), ("/api/cart/", bearer_401)
    )
    first = wire(studio, "GET", down + "/api/cart", [AGENT, sent])
    first.url = "https://shop.example.com/api/cart"
    studio.case(
        "redirect/07.har",
        "redirect.scheme_downgrade|redirect.trailing_slash",
        "an app behind TLS redirects to http://, HAR as Firefox",
        har("firefox", first, wire(studio, "GET", down + "/api/cart/", [AGENT])),
    )
    page = (
        "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method='post' "
        "action='/login'><input name='user'>"
        "<input type='password' name='password'><button>Sign in</button></form></body></html>"
    )
    site = studio.says(
        "portal.example.com", ("/api/me", moved("/login?next=%2Fapi%2Fme")), ("/login", Answer(200, page))
    )
    studio.case(
        "redirect/08.curl.txt",
        "redirect.to_login|soft.login_page_200",
        "a framework's redirect to its login page, curl -v -L",
        curl(studio, site + "/api/me", "-v", "-L", "-H", "Accept: application/json", "-H", field),
    )
    access = studio.says(
        "wiki.example.com",
        ("*", moved("https://acme.cloudflareaccess.com/cdn-cgi/access/login/wiki.example.com?kid=3f", 302)),
    )
    studio.case(
        "redirect/09.wget.txt",
        "redirect.to_login",
        "Cloudflare Access' words, wget -d",
        wget(studio, access + "/api/pages", "--max-redirect=0"),
    )
    idp = studio.says(
        "app.example.com", ("*", moved("https://login.example.com/authorize?client_id=app&response_type=code", 302))
    )
    entry = wire(
        studio,
        "GET",
        idp + "/api/profile",
        [AGENT, ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "same-origin"), ("Accept", "application/json")],
    )
    blocked = wire(studio, "GET", idp + "/authorize", [AGENT, ("Origin", "null"), ("Sec-Fetch-Mode", "cors")])
    blocked.url, blocked.status, blocked.phrase = (
        "https://login.example.com/authorize?client_id=app&response_type=code",
        0,
        "",
    )
    blocked.answer_fields, blocked.answer_body = [], b""
    text = har("chrome", entry, blocked).replace(
        b'"_resourceType": "fetch"', b'"_error": "net::ERR_FAILED", "_resourceType": "fetch"'
    )
    studio.case(
        "redirect/10.har", "redirect.idp_cors", "fetch follows a 302 to the identity provider, HAR as Chrome", text
    )


def main():
    with Studio() as studio:
        for make in (registries, redirects):
            make(studio)


if __name__ == "__main__":
    main()
