# SPDX-License-Identifier: Apache-2.0
"""Chromium, recorded through its DevTools protocol as its Network panel exports it."""

import datetime
import json
import os
import time

import browser


class Place:
    """What browser.py wants of a test's world."""

    def __init__(self, studio):
        self.studio, self.kept = studio, []

    def folder(self, name):
        path = self.studio.path(name)
        os.makedirs(path, exist_ok=True)
        return path

    def keep(self, thing):
        self.kept.append(thing)


class Recording(browser.Page):
    """A page whose traffic is kept, from the moment it opens."""

    def __init__(self, *words):
        self.seen, self.order, self.extra = {}, [], {}
        super().__init__(*words)
        self.send("Fetch.disable")

    def take(self, method, params):
        super().take(method, params)
        id, name = params.get("requestId"), method.partition(".")[2]
        if name == "requestWillBeSent":
            self.begin(id, params)
        elif name == "requestWillBeSentExtraInfo":
            self.extra.setdefault(id, {"sent": [], "got": []})["sent"].append(params["headers"])
        elif name == "responseReceivedExtraInfo":
            self.extra.setdefault(id, {"sent": [], "got": []})["got"].append(params)
        elif name == "webSocketWillSendHandshakeRequest":
            self.seen[id].update(started=params["wallTime"], sent=params["request"]["headers"])
        elif name == "webSocketCreated":
            self.seen[id] = entry = {"id": id, "url": params["url"], "method": "GET", "type": "websocket", "hop": 0}
            self.order.append(entry)
        elif name == "webSocketHandshakeResponseReceived":
            self.seen[id]["response"] = params["response"]
        elif name in ("responseReceived", "loadingFailed", "webSocketFrameError") and id in self.seen:
            self.end(self.seen[id], name, params)

    def begin(self, id, params):
        hop = 0
        if id in self.seen and "redirectResponse" in params:
            self.seen[id]["response"], hop = params["redirectResponse"], self.seen[id]["hop"] + 1
        request = params["request"]
        entry = {
            "id": id,
            "url": request["url"],
            "method": request["method"],
            "sent": request["headers"],
            "hop": hop,
            "started": params["wallTime"],
            "type": params.get("type", "Other").lower(),
            "data": request.get("postData"),
        }
        self.seen[id] = entry
        self.order.append(entry)

    def end(self, entry, name, params):
        if name == "responseReceived":
            entry["response"] = params["response"]
        elif name == "webSocketFrameError":
            entry["error"] = params["errorMessage"]
        else:
            entry["error"] = params["errorText"]
            if "blockedReason" in params:
                entry["blocked"] = params["blockedReason"]

    def rest(self, seconds=0.6):
        """Lets what is still on its way come in."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.browser.receive(min(end, time.monotonic() + 0.2))
            except TimeoutError:
                pass

    def answer_dialogs(self):
        """Those for a password are dismissed; without this they stay open."""
        self.send("Fetch.enable", handleAuthRequests=True, patterns=[{"urlPattern": "*"}])

    def forget(self):
        self.order.clear()

    # -- As the panel exports it --

    def har(self):
        self.rest()
        entries = [self.entry(it) for it in self.order if it["url"].startswith(("http", "ws"))]
        return json.dumps(
            {
                "log": {
                    "version": "1.2",
                    "creator": {"name": "WebInspector", "version": "537.36"},
                    "pages": [],
                    "entries": entries,
                }
            },
            indent=2,
            ensure_ascii=False,
        ).encode()

    def entry(self, it):
        extra = self.extra.get(it["id"], {"sent": [], "got": []})
        sent = extra["sent"][it["hop"]] if it["hop"] < len(extra["sent"]) else it.get("sent", {})
        response, got = it.get("response"), extra["got"][it["hop"]] if it["hop"] < len(extra["got"]) else None
        when = datetime.datetime.fromtimestamp(it.get("started", time.time()), datetime.timezone.utc)
        entry = {
            "_connectionId": "41",
            "_initiator": {"type": "script"},
            "_priority": "High",
            "_resourceType": it["type"],
            "cache": {},
            "connection": "443",
            "request": self.request(it, sent),
            "response": self.response(it, response, got),
            "serverIPAddress": "203.0.113.10",
            "startedDateTime": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "time": 12.4,
            "timings": {
                "blocked": 1.2,
                "dns": -1,
                "ssl": -1,
                "connect": -1,
                "send": 0.1,
                "wait": 10.6,
                "receive": 0.5,
            },
        }
        if response and response.get("fromDiskCache"):
            entry["_fromCache"] = "disk"
        if response and response.get("fromServiceWorker"):
            entry["_fetchedViaServiceWorker"] = True
        return entry

    def request(self, it, sent):
        fields = [{"name": name, "value": value} for name, value in sent.items()]
        cookies = [
            dict(zip(("name", "value"), pair.split("=", 1)))
            for name, value in sent.items()
            if name.lower() == "cookie"
            for pair in value.split("; ")
        ]
        request = {
            "method": it["method"],
            "url": it["url"],
            "httpVersion": "http/2.0",
            "headers": fields,
            "queryString": [],
            "cookies": cookies,
            "headersSize": -1,
            "bodySize": 0,
        }
        if it.get("data"):
            request["postData"] = {"mimeType": "application/json", "text": it["data"]}
        return request

    def response(self, it, response, got):
        base = {
            "cookies": [],
            "headersSize": -1,
            "bodySize": -1,
            "redirectURL": "",
            "_transferSize": 0,
            "_error": it.get("error"),
        }
        if response is None and got is None:
            return {
                "status": 0,
                "statusText": "",
                "httpVersion": "",
                "headers": [],
                "content": {"size": 0, "mimeType": "x-unknown"},
                **base,
            }
        fields = (got or response)["headers"]
        lines = [{"name": name, "value": line} for name, value in fields.items() for line in value.split("\n")]
        lower = {name.lower(): value for name, value in fields.items()}
        content = {"size": 0, "mimeType": lower.get("content-type", "x-unknown").partition(";")[0]}
        try:
            content["text"] = self.send("Network.getResponseBody", requestId=it["id"])["body"]
            content["size"] = len(content["text"])
        except RuntimeError:
            pass
        status = got["statusCode"] if got else response["status"]
        return {
            "status": status,
            "statusText": (response or {}).get("statusText", ""),
            "httpVersion": "http/2.0",
            "headers": lines,
            "content": content,
            **base,
            "redirectURL": lower.get("location", ""),
        }


def open_browser(studio):
    browser.Page = Recording
    return browser.Browser(Place(studio))
