# SPDX-License-Identifier: Apache-2.0
"""Exchanges as browsers, proxies and API clients export them."""

import datetime
import json
from urllib.parse import parse_qsl, urlsplit


def raw(*exchanges, request=True, response=True, end="\r\n"):
    """Messages as they go over the wire."""
    out = []
    for it in exchanges:
        path = it.url.partition("://")[2].partition("/")[2]
        if request:
            head = [f"{it.method} /{path} HTTP/1.1"] + [f"{n}: {v}" for n, v in it.fields]
            out.append(end.join(head + ["", ""]) + it.body.decode("utf-8", "replace"))
            if it.body:
                out.append(end)
        if response:
            head = [f"{it.version} {it.status} {it.phrase}"] + [f"{n}: {v}" for n, v in it.answer_fields]
            out.append(end.join(head + ["", ""]) + it.answer_body.decode("utf-8", "replace") + end)
    return "".join(out).encode("utf-8", "surrogateescape")


def console(*exchanges):
    """Postman's console, copied."""
    out = []
    for it in exchanges:
        out.append(f"{it.method} {it.url}\n{it.status} {it.took_ms} ms\n")
        out.append(f"{it.method} {urlsplit(it.url).path} HTTP/1.1\n")
        out += [f"{name}: {value}\n" for name, value in it.fields]
        out.append(f"\n{it.version} {it.status} {it.phrase}\n")
        out += [f"{name}: {value}\n" for name, value in it.answer_fields]
        out.append("\n" + it.answer_body.decode("utf-8", "replace") + "\n")
    return "".join(out).encode("utf-8", "surrogateescape")


def headings(*exchanges):
    """Browsers' and Postman's lists: Name: value under headings."""
    out = []
    for it in exchanges:
        out.append(
            f"General\nRequest URL: {it.url}\nRequest Method: {it.method}\n"
            f"Status Code: {it.status} {it.phrase}\nReferrer Policy: strict-origin-when-cross-origin\n"
        )
        out.append("Response Headers\n" + "".join(f"{n}: {v}\n" for n, v in it.answer_fields))
        out.append("Request Headers\n" + "".join(f"{n}: {v}\n" for n, v in it.fields))
        if it.answer_body:
            out.append("Response Body\n" + it.answer_body.decode("utf-8", "replace") + "\n")
    return "".join(out).encode("utf-8", "surrogateescape")


# -- HAR 1.2, as each writer has it ------------------------------------------------------------------

CREATORS = {
    "chrome": ("WebInspector", "537.36"),
    "firefox": ("Firefox", "133.0.3"),
    "safari": ("WebKit Web Inspector", "1.0"),
    "charles": ("Charles Proxy", "4.6.7"),
    "mitmproxy": ("mitmproxy", "11.0.2"),
    "insomnia": ("Insomnia REST Client", "insomnia.desktop.app:v10.1.1"),
}


def instant(seconds, flavour):
    when = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    if flavour == "firefox":
        local = when.astimezone(datetime.timezone(datetime.timedelta(hours=1)))
        return local.isoformat(timespec="milliseconds")
    if flavour == "mitmproxy":
        return when.isoformat(timespec="microseconds")
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pairs(fields, lower=False):
    return [{"name": name.lower() if lower else name, "value": value} for name, value in fields]


def cookies(fields, name):
    return [
        dict(zip(("name", "value"), part.strip().split("=", 1)))
        for key, value in fields
        if key.lower() == name
        for part in value.split(";")[: None if name == "cookie" else 1]
        if "=" in part
    ]


def har_request(it, flavour, http2):
    version = "http/2.0" if http2 else "HTTP/1.1"
    fields = list(it.fields)
    if http2:
        parts = urlsplit(it.url)
        fields = [
            (":authority", parts.hostname),
            (":method", it.method),
            (":path", parts.path or "/"),
            (":scheme", parts.scheme),
        ] + [f for f in fields if f[0].lower() != "host"]
    request = {
        "method": it.method,
        "url": it.url,
        "httpVersion": version,
        "headers": pairs(fields, http2),
        "queryString": pairs(parse_qsl(urlsplit(it.url).query)),
        "cookies": cookies(it.fields, "cookie"),
        "headersSize": -1,
        "bodySize": len(it.body),
    }
    if it.body:
        kind = next((v for n, v in it.fields if n.lower() == "content-type"), "")
        request["postData"] = {"mimeType": kind, "text": it.body.decode("utf-8", "replace")}
    return request


def har_response(it, flavour, http2):
    content = {"size": len(it.answer_body), "mimeType": it.field("Content-Type") or "x-unknown"}
    if it.answer_body:
        content["text"] = it.answer_body.decode("utf-8", "replace")
    return {
        "status": it.status,
        "statusText": "" if http2 else it.phrase,
        "httpVersion": "http/2.0" if http2 else "HTTP/1.1",
        "headers": pairs(it.answer_fields, http2),
        "cookies": cookies(it.answer_fields, "set-cookie"),
        "content": content,
        "redirectURL": it.field("Location") or "",
        "headersSize": -1,
        "bodySize": len(it.answer_body),
    }


EXTRAS = {
    "chrome": lambda it: {
        "_initiator": {"type": "script"},
        "_priority": "High",
        "_resourceType": "fetch",
        "connection": "443",
        "pageref": "page_1",
    },
    "firefox": lambda it: {
        "pageref": "page_1",
        "serverIPAddress": "203.0.113.10",
        "connection": "443",
        "_securityState": "secure",
    },
    "safari": lambda it: {"pageref": "page_0", "_fetchType": "Network Load", "_priority": "medium"},
    "charles": lambda it: {"serverIPAddress": "203.0.113.10"},
    "mitmproxy": lambda it: {"serverIPAddress": "203.0.113.10"},
    "insomnia": lambda it: {"comment": "GET orders"},
}


def har(flavour, *exchanges, http2=False, indent=2, **more):
    """`more` goes into every entry that fails."""
    name, version = CREATORS[flavour]
    entries = []
    for it in exchanges:
        entry = {
            "startedDateTime": instant(it.started, flavour),
            "time": it.took_ms,
            "request": har_request(it, flavour, http2),
            "response": har_response(it, flavour, http2),
            "cache": {},
            "timings": {
                "blocked": -1,
                "dns": -1,
                "connect": -1,
                "ssl": -1,
                "send": 0,
                "wait": it.took_ms,
                "receive": 0,
            },
        }
        entry.update(EXTRAS[flavour](it))
        if it.status >= 400:
            entry.update(more)
        entries.append(entry)
    log = {"version": "1.2", "creator": {"name": name, "version": version}, "pages": [], "entries": entries}
    if flavour == "firefox":
        log["browser"] = {"name": "Firefox", "version": "133.0.3"}
    if flavour in ("mitmproxy", "insomnia"):
        del log["pages"]
    text = json.dumps({"log": log}, indent=indent, ensure_ascii=flavour == "mitmproxy")
    return (b"\xef\xbb\xbf" if flavour == "charles" else b"") + text.encode("utf-8", "surrogateescape")
