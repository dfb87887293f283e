#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""digest.*, ntlm.*, negotiate.*, iis.*: Apache and HAProxy for Digest; IIS by its words."""

import base64
import hashlib
import re
import time

from answers import Answer
from clients import curl, requests, wire
from formats import har, raw
from header import AGENT
from proxies import apache, haproxy, htdigest
from studio import Studio

LOCATION = """
<Location />
    AuthType Digest
    AuthName "{realm}"
    AuthDigestNonceLifetime {lifetime}
    AuthUserFile {users}
    Require valid-user
    Header always set X-Served-By {node}
</Location>
"""


def hashed(text):
    return hashlib.md5(text.encode()).hexdigest()


def answer_to(challenge, method, uri, password="right", **other):
    """An Authorization field for that challenge; `other` replaces parameters, already quoted or not."""
    told = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', challenge)}
    cnonce, nc = "0a4f113b6c2e9d71", "00000001"
    response = hashed(
        ":".join(
            (hashed(f"joe:{told['realm']}:{password}"), told["nonce"], nc, cnonce, "auth", hashed(f"{method}:{uri}"))
        )
    )
    sent = {
        "username": '"joe"',
        "realm": f'"{told["realm"]}"',
        "nonce": f'"{told["nonce"]}"',
        "uri": f'"{uri}"',
        "algorithm": "MD5",
        "response": f'"{response}"',
        "qop": "auth",
        "nc": nc,
        "cnonce": f'"{cnonce}"',
        **other,
    }
    if "opaque" in told:
        sent["opaque"] = f'"{told["opaque"]}"'
    return "Authorization", "Digest " + ", ".join(f"{name}={value}" for name, value in sent.items())


def digest(studio):
    users = htdigest(studio, "Members")
    one, two = (apache(studio, LOCATION.format(realm="Members", lifetime=1, users=users, node=node)) for node in "ab")
    alone = studio.name("members.example.com", one)
    first = wire(studio, "GET", alone + "/index.html", [AGENT])
    time.sleep(2.2)
    field = answer_to(first.field("WWW-Authenticate"), "GET", "/index.html")
    studio.case(
        "digest/01.har",
        "digest.stale_nonce",
        "Apache mod_auth_digest, nonces that live 1 s, HAR as Chrome writes it",
        har("chrome", first, wire(studio, "GET", alone + "/index.html", [AGENT, field])),
    )
    studio.case(
        "digest/02.curl.txt",
        "basic.wrong_password",
        "Apache mod_auth_digest, curl -v --digest",
        curl(studio, alone + "/index.html", "-v", "--digest", "-u", "joe:Right"),
    )
    balanced = studio.name(
        "farm.example.com",
        haproxy(studio, "", f"  balance roundrobin\n  server a 127.0.0.1:{one}\n  server b 127.0.0.1:{two}"),
    )
    tries = [wire(studio, "GET", balanced + "/index.html", [AGENT])]
    for _ in range(3):
        field = answer_to(tries[-1].field("WWW-Authenticate"), "GET", "/index.html")
        tries.append(wire(studio, "GET", balanced + "/index.html", [AGENT, field]))
    studio.case(
        "digest/03.har",
        "digest.nonce_not_shared|digest.stale_nonce",
        "HAProxy before two Apaches that know their own nonces only, HAR",
        har("firefox", *tries),
    )
    studio.case(
        "digest/04.http.txt",
        "digest.qop_nc|basic.wrong_password",
        "Apache mod_auth_digest, qop quoted and nc too short",
        raw(
            first,
            wire(
                studio,
                "GET",
                alone + "/index.html",
                [
                    answer_to(
                        wire(studio, "GET", alone + "/index.html").field("WWW-Authenticate"),
                        "GET",
                        "/index.html",
                        qop='"auth"',
                        nc="1",
                    )
                ],
            ),
        ),
    )


def digest_words(studio):
    challenge = 'Digest realm="cam", nonce="5b1f0a2c3d4e5f60718293a4b5c6d7e8", qop="auth"'
    camera = studio.says(
        "camera.example.com",
        (
            "*",
            Answer(
                401,
                "<html><body><h2>401 Unauthorized</h2></body></html>",
                ("WWW-Authenticate", challenge),
                server="App-webs/",
            ),
        ),
    )
    target = "/ISAPI/System/deviceInfo?format=json"
    studio.case(
        "digest/05.http.txt",
        "digest.uri_mismatch",
        "an IP camera's words; the client hashed the path without its query",
        raw(wire(studio, "GET", camera + target, [answer_to(challenge, "GET", "/ISAPI/System/deviceInfo")])),
    )
    modern = 'Digest realm="api", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", qop="auth", algorithm=SHA-256'
    strict = studio.says(
        "devices.example.com",
        ("*", Answer(401, "", ("WWW-Authenticate", modern), ("Content-Length", "0"), length=False)),
    )
    studio.case(
        "digest/06.http.txt",
        "digest.algorithm",
        "a device's words: SHA-256 only, an old client answers in MD5",
        raw(wire(studio, "GET", strict + "/status", [answer_to(modern, "GET", "/status")])),
    )
    hashing = modern + ", userhash=true, charset=UTF-8"
    names = studio.says("people.example.com", ("*", Answer(401, "", ("WWW-Authenticate", hashing))))
    studio.case(
        "digest/07.http.txt",
        "digest.userhash_charset",
        "RFC 7616's own example; the client sent the name as it is",
        raw(
            wire(
                studio,
                "GET",
                names + "/doe.json",
                [
                    answer_to(
                        hashing,
                        "GET",
                        "/doe.json",
                        username='"J\u00e4s\u00f8n Doe"',
                        algorithm="SHA-256",
                        response=f'"{hashlib.sha256(b"x").hexdigest()}"',
                    )
                ],
            )
        ),
    )


IIS = (
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" "
    "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\r\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\">\r\n<head>\r\n<title>{title}</title>\r\n</head>\r\n<body>\r\n"
    "<div id=\"header\"><h1>Server Error</h1></div>\r\n<div id=\"content\">\r\n <div "
    "class=\"content-container\"><fieldset>\r\n"
    "  <h2>{title}</h2>\r\n  <h3>{text}</h3>\r\n </fieldset></div>\r\n</div>\r\n</body>\r\n</html>\r\n"
)
CREDENTIALS = "You do not have permission to view this directory or page using the credentials that you supplied."


def iis(title, text, *challenges):
    return Answer(
        401,
        IIS.format(title=title, text=text),
        *[("WWW-Authenticate", c) for c in challenges],
        ("X-Powered-By", "ASP.NET"),
        server="Microsoft-IIS/10.0",
    )


def windows(studio):
    url = studio.says(
        "intranet.corp.example",
        (
            "/reports",
            iis("401 - Unauthorized: Access is denied due to invalid credentials.", CREDENTIALS, "Negotiate", "NTLM"),
        ),
        (
            "/config",
            iis(
                "401.2 - Unauthorized: Access is denied due to server configuration.",
                "You do not have permission to view this directory or page due to the access control list (ACL) "
                "or the authentication method that is not configured.",
            ),
        ),
        (
            "/acl",
            iis(
                "401.3 - Unauthorized: Access is denied due to an ACL set on the requested resource.",
                CREDENTIALS,
                "Negotiate",
                "NTLM",
            ),
        ),
        (
            "/logon",
            iis(
                "401.1 - Unauthorized: Access is denied due to invalid credentials.",
                CREDENTIALS,
                'Basic realm="corp"',
            ),
        ),
    )
    studio.case(
        "windows/01.curl.txt", "negotiate.not_sent", "IIS' words, curl -v", curl(studio, url + "/reports", "-v")
    )
    studio.case(
        "windows/02.requests.txt",
        "negotiate.not_sent",
        "IIS' words, requests with debuglevel 1",
        requests(studio, "GET", url + "/reports"),
    )
    studio.case(
        "windows/03.http.txt",
        "iis.401_2",
        "IIS' words, the messages themselves",
        raw(wire(studio, "GET", url + "/config")),
    )
    studio.case(
        "windows/04.curl.txt",
        "iis.401_3",
        "IIS' words, curl -v",
        curl(
            studio,
            url + "/acl",
            "-v",
            "-H",
            "Authorization: Negotiate YIIGhgYGKwYBBQUCoIIGejCCBnagMDAuBgkqhkiC9xIBAgI=",
        ),
    )
    studio.case(
        "windows/05.har",
        "iis.401_1|basic.wrong_password",
        "IIS' words, HAR as Firefox writes it",
        har(
            "firefox",
            wire(studio, "GET", url + "/logon", [AGENT, ("Authorization", "Basic Y29ycFxqb2U6U3VtbWVyMjAyNg==")]),
        ),
    )
    kerberos = studio.says(
        "portal.corp.example",
        ("*", Answer(401, "", ("WWW-Authenticate", "Negotiate"), server="Microsoft-HTTPAPI/2.0")),
    )
    studio.case(
        "windows/06.har",
        "negotiate.spn",
        "http.sys' words; the browser fell back to NTLM, HAR as Chrome writes it",
        har(
            "chrome",
            wire(studio, "GET", kerberos + "/", [AGENT]),
            wire(
                studio,
                "GET",
                kerberos + "/",
                [AGENT, ("Authorization", "Negotiate TlRMTVNTUAABAAAAl4II4gAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw==")],
            ),
        ),
    )
    studio.case(
        "windows/07.curl.txt",
        "ntlm.connection_broken",
        "IIS behind a proxy that closes, its words, curl -v --ntlm",
        ntlm(studio),
    )


def ntlm(studio):
    type2 = base64.b64encode(
        b"NTLMSSP\0"
        + b"\2\0\0\0"
        + b"\x0c\0\x0c\0\x38\0\0\0"
        + b"\x05\x82\x89\xa2"
        + bytes(range(8))
        + bytes(8)
        + b"\0\0\0\0\x44\0\0\0"
        + b"\x0a\0\x63\x45\0\0\0\x0f"
        + "DOMAIN".encode("utf-16-le")
    ).decode()
    close = [("Connection", "close"), ("Via", "1.1 lb-2 (squid/5.7)")]
    url = studio.says(
        "sharepoint.corp.example",
        (
            "*",
            Answer(401, "", ("WWW-Authenticate", "NTLM " + type2), *close, server="Microsoft-IIS/10.0"),
            Answer(401, "", ("WWW-Authenticate", "NTLM"), *close, server="Microsoft-IIS/10.0"),
        ),
    )
    return curl(studio, url + "/_api/web", "-v", "--ntlm", "-u", "DOMAIN\\joe:Summer2026")


def main():
    with Studio() as studio:
        for make in (digest, digest_words, windows):
            make(studio)


if __name__ == "__main__":
    main()
