#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""capture.*, and what is healthy; tokens, token answers and curl commands alone."""

import time

from answers import Answer
from clients import curl, wget, wire
from formats import console, har, headings
from header import AGENT, POSTMAN, good
from jwt_time import bearer
from proxies import apache, htpasswd
from studio import Studio, b64, claims, compact, free_port, mint


def healthy(studio):
    api = studio.name("api.example.com", studio.node("express-jwt-json"))
    studio.case(
        "healthy/01.curl.txt",
        "-|capture.not_a_401",
        "express-jwt, curl -v",
        curl(studio, api + "/orders", "-v", "-H", "Authorization: " + good(studio)),
    )
    studio.case(
        "healthy/02.har",
        "-|capture.not_a_401",
        "express-jwt, HAR as Chrome writes it",
        har(
            "chrome",
            *[
                wire(studio, "GET", f"{api}/orders?page={n}", [AGENT, ("Authorization", good(studio))])
                for n in range(4)
            ],
        ),
    )
    users = htpasswd(studio)
    members = studio.name(
        "intranet.example.com",
        apache(
            studio,
            f"""
        <Location />
            AuthType Basic
            AuthName "Members"
            AuthUserFile {users}
            Require valid-user
        </Location>""",
        ),
    )
    studio.case(
        "healthy/03.wget.txt",
        "-|capture.not_a_401",
        "Apache mod_auth_basic: 401, then 200 with the password, wget -d",
        wget(studio, members + "/index.html", "--user=joe", "--password=right"),
    )
    studio.case(
        "healthy/04.curl.txt",
        "-|capture.not_a_401",
        "Apache mod_auth_basic, curl -v --anyauth: 401, then 200",
        curl(studio, members + "/index.html", "-v", "--anyauth", "-u", "joe:right"),
    )
    studio.case(
        "healthy/05.token.txt",
        "-",
        "a token alone, good until 2099",
        mint(studio.keys.es, claims(iat=1704067200, exp=4070908800)) + "\n",
    )
    broken = studio.says(
        "shop.example.com",
        ("/cart", Answer(500, '{"error":"out of memory"}')),
        ("*", Answer(404, '{"error":"no such page"}')),
    )
    studio.case(
        "healthy/06.har",
        "capture.not_a_401",
        "500 and 404, no 401, HAR as Firefox writes it",
        har(
            "firefox",
            wire(studio, "GET", broken + "/cart", [AGENT, ("Authorization", good(studio))]),
            wire(studio, "GET", broken + "/x", [AGENT, ("Authorization", good(studio))]),
        ),
    )


def captures(studio):
    api = studio.name("api.example.com", studio.node("express-jwt-json"))
    sent = [("Accept", "application/json"), AGENT, ("Referer", "https://app.example.com/")]
    cut = [wire(studio, "GET", f"{api}/{path}", sent) for path in ("me", "orders", "basket")]
    for it in cut:
        it.url = it.url.replace("http:", "https:")
    studio.case(
        "capture/01.har",
        "capture.sanitized",
        "express-jwt, HAR as Chrome exports it by default: without credentials and cookies",
        har("chrome", *cut, http2=True),
    )
    studio.case(
        "capture/02.curl.txt",
        "capture.sanitized",
        "express-jwt, curl -v, the token blotted out by hand",
        curl(studio, api + "/orders", "-v", "-H", "Authorization: Bearer [REDACTED]"),
    )
    studio.case(
        "capture/03.har",
        "capture.sanitized",
        "express-jwt, HAR as Insomnia writes it, through a filter",
        har(
            "insomnia",
            wire(studio, "GET", api + "/orders", [("Authorization", "[Filtered]"), ("Cookie", "[Filtered]")]),
        ),
    )
    lost = wire(studio, "GET", api + "/orders", sent)
    lost.status, lost.phrase, lost.answer_fields, lost.answer_body = 0, "", [], b""
    studio.case(
        "capture/04.har",
        "capture.status_zero",
        "no answer came, HAR as Chrome writes it",
        har("chrome", lost).replace(
            b'"_resourceType": "fetch"', b'"_error": "net::ERR_NAME_NOT_RESOLVED", "_resourceType": "fetch"'
        ),
    )
    port = free_port()
    studio.name("down.example.com", port)
    studio.case(
        "capture/05.curl.txt",
        "capture.status_zero",
        "nobody listens, curl -v",
        curl(studio, "http://down.example.com/orders", "-v", "-H", "Authorization: " + good(studio)),
    )
    truncated = har(
        "chrome",
        wire(studio, "GET", api + "/one", [AGENT, ("Authorization", "Bearer undefined")]),
        wire(studio, "GET", api + "/two", [AGENT]),
    )
    studio.case(
        "capture/06.har",
        "header.placeholder",
        "express-jwt, HAR as Chrome writes it, the download broke off",
        truncated[: truncated.index(b"/two")],
    )


def alone(studio):
    good_token = mint(studio.keys.es, claims(iat=1704067200, exp=4070908800))
    head, body, signature = good_token.split(".")
    old = mint(studio.keys.rs, claims(iat=1704067200, exp=1704070800))
    for file, cause, how, text in (
        ("alone/01.token.txt", "token.expired", "a token with its scheme before it", f"Bearer {old}"),
        (
            "alone/02.token.txt",
            "token.alg_none",
            "a token alone, unsigned",
            b64(compact({"alg": "none"})) + "." + body + ".",
        ),
        (
            "alone/03.token.txt",
            "header.truncated|token.segments",
            "a token alone, its signature cut",
            f"{head}.{body}.{signature[:40]}",
        ),
        (
            "alone/04.token.txt",
            "header.name_in_value|header.quoted_token|token.expired",
            "a whole field, copied with quotes",
            f'"Authorization: Bearer {old}"',
        ),
        (
            "alone/05.token.txt",
            "token.exp_millis",
            "a token alone, milliseconds",
            mint(studio.keys.hs, claims(iat=1704067200000, exp=4070908800000)),
        ),
        (
            "alone/06.json",
            "-",
            "a token endpoint's answer",
            compact({"access_token": good_token, "token_type": "Bearer", "expires_in": 3600}),
        ),
        (
            "alone/07.json",
            "token.expired",
            "a token endpoint's answer of long ago",
            compact(
                {
                    "access_token": old,
                    "id_token": old,
                    "token_type": "Bearer",
                    "expires_in": 3600,
                    "refresh_token": "8xLOxBtZp8",
                }
            ),
        ),
        (
            "alone/10.command.txt",
            "header.placeholder|capture.sanitized",
            "a curl command in single quotes",
            "curl -s -H 'Authorization: Bearer $ACCESS_TOKEN' https://api.example.com/v1/orders",
        ),
        (
            "alone/11.command.txt",
            "token.expired",
            "a curl command over several lines",
            f"$ curl --location --request POST 'https://api.example.com/v1/orders' \\\n  --header "
            f"'Content-Type: application/json' \\\n"
            f"  --header 'Authorization: Bearer {old}' \\\n  --data-raw '{{\"item\": 17}}'",
        ),
        (
            "alone/12.command.txt",
            "header.missing_space",
            "a curl command",
            f'curl -X GET "https://api.example.com/me" -H "Authorization: Bearer{good_token}"',
        ),
        (
            "alone/13.command.txt",
            "header.duplicate_scheme",
            "a curl command as cmd.exe quotes it, from Chrome",
            f'curl ^"https://api.example.com/me^" ^\n  -H ^"accept: application/json^" ^\n  -H '
            f'^"authorization: Bearer Bearer {good_token}^"',
        ),
        (
            "alone/14.command.txt",
            "header.newline",
            "a curl command with an ANSI-C string",
            f"curl -H $'Authorization: Bearer {good_token}\\n' https://api.example.com/me",
        ),
        (
            "alone/15.command.txt",
            "header.bearer_as_name",
            "a curl command",
            f"curl -H 'Bearer: {good_token}' https://api.example.com/me",
        ),
        (
            "alone/16.command.txt",
            "header.client_override|header.multiple_authorization|header.multiple_methods",
            "a curl command with -u and -H",
            f"curl -u joe:right -H 'Authorization: Bearer {good_token}' https://api.example.com/me",
        ),
    ):
        studio.case(file, cause, how, text + "\n")


def more(studio):
    """Copies of the browser's and Postman's lists, of real answers."""
    api = studio.name("orders.example.com", studio.node("oauth2-bearer"))
    studio.case(
        "header/99.devtools.txt",
        "header.missing",
        "express-oauth2-jwt-bearer, the browser's list of headers",
        headings(wire(studio, "GET", api + "/orders", [AGENT, ("Accept", "application/json")])),
    )
    studio.case(
        "time/40.postman.txt",
        "token.expired",
        "express-oauth2-jwt-bearer, Postman's console",
        console(
            wire(
                studio,
                "GET",
                api + "/orders",
                [
                    (
                        "Authorization",
                        bearer(studio.keys.hs, exp=int(time.time()) - 2000, iat=int(time.time()) - 5600),
                    ),
                    *POSTMAN,
                ],
            )
        ),
    )
    studio.case(
        "proof/12.curl.txt",
        "scope.insufficient",
        "express-oauth2-jwt-bearer's requiredScopes, curl -v",
        curl(
            studio,
            api + "/orders",
            "-v",
            "-X",
            "POST",
            "-H",
            "Authorization: Bearer " + mint(studio.keys.hs, claims(client_id="shop", jti="2"), typ="at+jwt"),
        ),
    )


def main():
    with Studio() as studio:
        for make in (healthy, captures, alone, more):
            make(studio)


if __name__ == "__main__":
    main()
