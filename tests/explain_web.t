#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
doorward explain --web: who may open the page, what it shows in Chromium for what is pasted and dropped, and
that neither it nor the program talks to anybody else.
"""

import base64
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403
import browser  # noqa: E402

SCREENS = os.path.join(BUILD, "screens")
NOW = 1795255632  # 2026-11-21T10:07:12Z


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


TOKEN = ".".join((part({"alg": "RS256", "typ": "JWT", "kid": "2026-10"}),
                  part({"iss": "https://id.example.com", "aud": "https://api.example.com", "sub": "joe",
                        "iat": NOW - 4032, "nbf": NOW - 4032, "exp": NOW - 432, "scope": "orders:read"}),
                  "c2lnbmF0dXJlLXRoYXQtaXMtYS1zZWNyZXQtYW5kLW5vdC10by1iZS1zaG93bg"))

CURL = f"""* Connected to api.example.com (192.0.2.7) port 443 (#0)
> GET /v1/orders HTTP/1.1
> Host: api.example.com
> User-Agent: curl/7.88.1
> Accept: */*
> Authorization: Bearer {TOKEN}
>
< HTTP/1.1 401 Unauthorized
< Date: Sat, 21 Nov 2026 10:07:12 GMT
< WWW-Authenticate: Bearer realm="api", error="invalid_token", error_description="Jwt is expired"
< Content-Type: text/plain
< Content-Length: 14
<
Jwt is expired
"""

HOSTILE = '{"log":{"entries":[' + '[' * 500


def entry(method, url, status, request=(), response=(), body=""):
    fields = [[{"name": name, "value": value} for name, value in pairs] for pairs in (request, response)]
    return {"startedDateTime": "2026-11-21T10:07:11.000Z", "time": 12,
            "request": {"method": method, "url": url, "httpVersion": "HTTP/1.1", "headers": fields[0],
                        "queryString": [], "cookies": [], "headersSize": -1, "bodySize": 0},
            "response": {"status": status, "statusText": "", "httpVersion": "HTTP/1.1", "headers": fields[1],
                         "cookies": [], "content": {"size": len(body), "mimeType": "text/plain", "text": body},
                         "redirectURL": dict(response).get("Location", ""), "headersSize": -1, "bodySize": -1}}


def har(filler=0):
    """A redirect to another host, where the credential is lost; behind `filler` bytes of something else."""
    key = [("Authorization", f"Bearer {TOKEN}")]
    date = ("Date", "Sat, 21 Nov 2026 09:30:00 GMT")
    entries = [entry("GET", "https://cdn.example.com/app.js", 200, body="x" * 65536)] * (filler // 65536)
    entries += [entry("GET", "https://api.example.com/v1/orders", 302, key,
                      [date, ("Location", "https://eu.example.net/v1/orders")]),
                entry("GET", "https://eu.example.net/v1/orders", 401, [],
                      [date, ("WWW-Authenticate", 'Bearer realm="api"')], "no credentials")]
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": entries}})


class Web(Process):
    """The program, ready, with everything it asks the network for noted."""

    def __init__(self, world):
        self.calls = f"{world.path}/calls"
        line = [PROGRAM, "explain", "--web", "--at", str(NOW + 1)]
        if shutil.which("strace"):
            line = ["strace", "-f", "-qq", "-e", "trace=%network", "-o", self.calls, *line]
        super().__init__(line, f"{world.path}/web.log", {"DISPLAY": "", "WAYLAND_DISPLAY": ""})
        wait_for("its address", lambda: re.search("/[0-9a-f]{32}/", self.output()))
        self.url = re.search(r"http://127\.0\.0\.1:\d+/[0-9a-f]{32}/", self.output())[0]
        self.port, self.path = int(self.url.split(":")[2].split("/")[0]), "/" + self.url.split("/", 3)[3]
        self.host = f"127.0.0.1:{self.port}"
        self.local = f"http://localhost:{self.port}{self.path}"  # the test's browser knows no other name

    def ask(self, path, method="GET", host=None, origin=None, body=""):
        with Connection(self.port) as connection:
            fields = f"Origin: {origin}\r\n" if origin else ""
            connection.send(f"{method} {path} HTTP/1.1\r\nHost: {host or self.host}\r\n{fields}"
                            f"Content-Length: {len(body)}\r\n\r\n{body}")
            return connection.receive(method)


# -- Who may ask -----------------------------------------------------------------------------------------

def test_guard(web):
    own = f"http://{web.host}"
    wrong = web.path[:-2] + ("0" if web.path[-2] != "0" else "1") + "/"
    for what, path, more in (("no token", "/", {}), ("a wrong one", wrong, {}),
                             ("half of one", web.path[:17] + "/", {}),
                             ("without the slash", web.path[:-1], {}), ("as a query", "/?" + web.path[1:-1], {}),
                             ("another site's name", web.path, {"host": f"evil.example:{web.port}"}),
                             ("another port", web.path, {"host": "127.0.0.1:1"}),
                             ("a POST from nowhere", f"{web.path}begin", {"method": "POST"}),
                             ("from another port's page", f"{web.path}begin",
                              {"method": "POST", "origin": "http://127.0.0.1:1"}),
                             ("from a page without origin", f"{web.path}begin", {"method": "POST", "origin": "null"}),
                             ("from another site", f"{web.path}begin",
                              {"method": "POST", "origin": "https://evil.example"})):
        response = web.ask(path, **more)
        same(f"{what}: 403", response.status, 403)
        check("with nothing in it", TOKEN[:8] not in str(response) and web.path[1:-1] not in str(response), response)
    page = web.ask(web.path)
    same("with the token", (page.status, page.get("Content-Type")), (200, "text/html; charset=utf-8"))
    policy = page.get("Content-Security-Policy")
    nonce = re.search("'nonce-([0-9a-f]{32})'", policy)[1]
    same("its policy", policy.replace(nonce, "N"),
         "default-src 'none'; style-src 'nonce-N'; script-src 'nonce-N'; connect-src 'self'; img-src data:; "
         "form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
    check("every time another nonce", nonce not in web.ask(web.path).get("Content-Security-Policy"))
    same("no trace", [page.get(name) for name in ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options")],
         ["no-store", "no-referrer", "nosniff"])
    same("it names nothing outside", re.findall(r"(?:src|href|action)=\"(?!data:,)|url\(|@import|https?://[a-z]",
                                                page.body.decode()), [])
    same("localhost is this machine", web.ask(web.path, host=f"localhost:{web.port}").status, 200)
    same("nothing else is there", web.ask(f"{web.path}etc/passwd").status, 404)
    same("nor for the page", web.ask(f"{web.path}etc", "POST", origin=own).status, 404)
    same("a piece of nothing", web.ask(f"{web.path}piece/{'0' * 32}", "POST", origin=own, body="x").status, 409)


def test_calls(web):
    def post(path, body=""):
        return web.ask(web.path + path, "POST", origin=f"http://{web.host}", body=body)

    first, second = (post("begin").json()["id"] for _ in range(2))
    same("the one before is gone", post(f"piece/{first}", "x").status, 409)
    for i in range(0, len(CURL), 100):
        post(f"piece/{second}", CURL[i:i + 100])
    answer = post(f"end/{second}")
    same("in pieces of 100 bytes", (answer.status, answer.json()["verdict"]), (200, "token.expired"))
    check("no secret comes back", TOKEN.split(".")[2] not in str(answer.body), answer)
    same("once is enough", post(f"end/{second}").status, 409)
    for what, body in (("nothing", ""), ("bytes", "\0\1\2\3" * 100), ("a broken HAR", HOSTILE)):
        id = post("begin", what).json()["id"]
        answers = [post(f"piece/{id}", body), post(f"end/{id}")]
        told = next((answer for answer in answers if answer.status == 422), answers[-1])
        check(f"{what}: it says what is wrong", told.status == 422 and told.json()["error"], *answers)
    id = post("begin").json()["id"]
    same("a piece too large", post(f"piece/{id}", "x" * (1 << 20) + "x").status, 413)


# -- What it shows ---------------------------------------------------------------------------------------

class Watched(browser.Page):
    """A page that notes what it asked for, and what it complained of."""

    def __init__(self, *arguments):
        self.asked, self.complaints = [], []
        super().__init__(*arguments)
        self.send("Log.enable")
        self.send("DOM.enable")

    def take(self, method, params):
        super().take(method, params)
        if method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        elif method in ("Runtime.exceptionThrown", "Log.entryAdded"):
            self.complaints.append(params)
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append(params)

    def verdict(self):
        """What is shown, once it is."""
        wait_for("the verdict", lambda: self.run("!document.querySelector('#explain').disabled"), 30)
        return self.run("document.querySelector('#verdict').innerText")

    def ask(self, text):
        self.run(f"document.querySelector('#text').value = {json.dumps(text)}")
        self.run("document.querySelector('#ask').requestSubmit()")
        return self.verdict()

    def choose(self, path):
        node = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=node, selector="#file")["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=node, files=[path])
        return self.verdict()

    def drop(self, path):
        data = {"items": [], "files": [path], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.send("Input.dispatchDragEvent", type=kind, x=200, y=200, data=data)
        return self.verdict()


def open_page(chromium):
    context = chromium.send("Target.createBrowserContext")["browserContextId"]
    target = chromium.send("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
    session = chromium.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    return Watched(chromium, session, context)


def shows(what, shown, *texts):
    check(what, all(text.lower() in shown.lower() for text in texts), f"want: {texts}", shown)


def test_page(page, web):
    same("the page", page.go(web.local), [(200, web.local)])
    same("one can begin to type", page.focus(), "text")
    shows("it says that nothing leaves", page.run("document.body.innerText"), "Nothing leaves this machine",
          f"localhost:{web.port}")
    page.run("document.querySelector('#ask').requestSubmit()")
    shows("nothing given", page.run("document.querySelector('#state').innerText"), "nothing to explain yet")


def test_token(page):
    shown = page.ask(TOKEN)
    shows("an expired token", shown, "token.expired", "2026-11-21 10:00:00Z", "7 min", "it has ended")
    shows("its claims, with what they mean", shown, "orders:read", "what it permits", "who issued it")
    shows("the fixes", shown, "You call it", "What to do")
    check("no signature is shown", TOKEN.split(".")[2] not in shown, shown)
    same("the reader is led to it", page.run("document.activeElement.id"), "verdict")


def test_transcript(page):
    shown = page.ask(CURL)
    shows("a transcript", shown, "401 token.expired", "certain", "https://api.example.com/v1/orders",
          "Authorization: Bearer", "Jwt is expired", "with Authorization")
    shows("the three clocks", shown, "the server’s Date: judged by this", "this machine, now")
    shows("the challenge", shown, "error_description", "realm")
    check("no token is shown", TOKEN not in page.run("document.querySelector('#verdict').innerHTML"))


def test_command(page):
    shown = page.ask(f"curl -H 'Authorization: Bearer \"{TOKEN}\"' https://api.example.com/x")
    shows("a command", shown, "header.quoted_token", "not sent")
    same("mended", page.run("document.querySelector('#repaired').innerText"),
         'curl -i -H "Authorization: Bearer $TOKEN" https://api.example.com/x')
    shows("a URL is not fetched", page.ask("https://api.example.com/x"), "It was not sent", "not sent")


def test_har(page, world):
    shown = page.drop(world.write("lost.har", har()))
    shows("a HAR dropped", shown, "redirect.", "Authorization lost here", "302", "entry 2")
    large = world.write("large.har", har(20 << 20))
    shows("a large one chosen", page.choose(large), "redirect.", "Authorization lost here")


def test_bad(page):
    page.ask("\1\2\3" * 50)
    shows("what cannot be read", page.run("document.querySelector('#state').innerText"), "cannot be read")
    same("and no verdict", page.run("document.querySelector('#verdict').hidden"), True)
    markup = CURL.replace("Jwt is expired", "<img src=x onerror=alert(1)>").replace("api.example", "<b>api</b>.example")
    page.ask(markup)
    same("markup stays text", page.run("document.querySelectorAll('#verdict img, #verdict b').length"), 0)


def test_keyboard(page, web):
    page.go(web.local)
    page.focus()
    page.type(TOKEN)
    seen = []
    for _ in range(2):
        page.press("Tab")
        seen.append(page.run("document.activeElement.id"))
    same("the order of the keyboard", seen, ["explain", "file"])
    page.run("document.querySelector('#explain').focus()")
    page.press("Enter")
    shows("by keyboard alone", page.verdict(), "token.expired")
    names = page.send("Accessibility.getFullAXTree")["nodes"]
    nameless = [node["role"]["value"] for node in names if not node.get("ignored") and
                node["role"]["value"] in ("textbox", "button") and not node.get("name", {}).get("value")]
    same("everything to press has a name", nameless, [])


def test_look(page, web, world):
    os.makedirs(SCREENS, exist_ok=True)
    lost = world.write("lost.har", har())
    for name, width, scheme in (("light", 1100, "light"), ("dark", 1100, "dark"), ("phone", 360, "light"),
                                ("phone-dark", 360, "dark")):
        page.look(width, 800, scheme)
        page.go(web.local)
        for what, act in (("empty", lambda: None), ("token", lambda: page.ask(CURL)),
                          ("hops", lambda: page.choose(lost))):
            act()
            size = page.send("Page.getLayoutMetrics")["cssContentSize"]
            picture = page.send("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                                clip={"x": 0, "y": 0, "width": width, "height": size["height"], "scale": 1})
            with open(f"{SCREENS}/explain-{what}-{name}.png", "wb") as file:
                file.write(base64.b64decode(picture["data"]))
            same(f"nothing hangs over, {what}, {name}", page.run("document.documentElement.scrollWidth"), width)


# -- Nobody else hears of it -------------------------------------------------------------------------------

def test_alone(page, web):
    told = [it for it in page.complaints if "status of 422" not in str(it)]  # that is how it is told of bad input
    same("no other complaint of the browser's", told, [])
    own = f"http://localhost:{web.port}/"
    same("it asked this program alone", [url for url in page.asked if not url.startswith((own, "data:"))], [])


def test_end(web):
    # strace hands no signal on: its child is the program.
    children = subprocess.run(["pgrep", "-P", str(web.pid)], capture_output=True, text=True).stdout.split()
    os.kill(int(children[0]) if children else web.pid, signal.SIGINT)
    same("it stops when it is told to", web.wait(), 0)
    same("it said one line", len(web.output().splitlines()), 1, web.output())
    if not os.path.exists(web.calls):
        return
    with open(web.calls) as file:
        calls = [line.split(None, 1)[1] for line in file.read().splitlines()]
    check("the kernel was asked for a place to listen", any(call.startswith("listen(") for call in calls), *calls[:20])
    bound = [call for call in calls if call.startswith("bind(")]
    check("on loopback alone", bound and all('inet_addr("127.0.0.1")' in call for call in bound), *bound)
    named = re.compile(r"connect\(|sendmmsg\(|sendto\((?!.*NULL, 0\))|sendmsg\((?!.*msg_name=NULL)")
    same("and never to connect, nor to send to anybody by name", [call for call in calls if named.match(call)], [])


with World() as world:
    web = world.keep(Web(world))
    test_guard(web)
    test_calls(web)
    if browser.CHROMIUM is not None:
        page = open_page(browser.Browser(world))
        test_page(page, web)
        test_token(page)
        test_transcript(page)
        test_command(page)
        test_har(page, world)
        test_bad(page)
        test_keyboard(page, web)
        test_look(page, web, world)
        test_alone(page, web)
    test_end(web)
done()
