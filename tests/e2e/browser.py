# SPDX-License-Identifier: Apache-2.0
"""
Chromium without a screen, driven through its DevTools protocol over two pipes. It finds localhost and all
names below .test on this machine, and nothing else.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

FLAGS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-extensions", "--disable-default-apps", "--metrics-recording-only", "--no-proxy-server",
         "--password-store=basic", "--ignore-certificate-errors", "--remote-debugging-pipe",
         "--host-resolver-rules=MAP localhost 127.0.0.1, MAP *.test 127.0.0.1, MAP * ~NOTFOUND"]

KEYS = {"Tab": 9, "Enter": 13}


class Browser:
    """The program, and the conversation with it: commands, and the events that come between."""

    def __init__(self, world):
        home = world.folder("chromium")
        ours, theirs = os.pipe(), os.pipe()
        line = [CHROMIUM, *FLAGS, f"--user-data-dir={home}", "about:blank"]
        self.log = f"{home}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", f'exec "$@" 3<&{ours[0]} 4>&{theirs[1]}', "chromium", *line],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(ours[0], theirs[1]),
                start_new_session=True, env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": home,
                                             "XDG_CACHE_HOME": home})
        os.close(ours[0])
        os.close(theirs[1])
        self.to, self.come = ours[1], theirs[0]
        self.buffer, self.n = b"", 0
        self.pages = {}
        world.keep(self)
        self.send("Browser.getVersion")

    def post(self, method, session=None, **params):
        self.n += 1
        message = {"id": self.n, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        return self.n

    def send(self, method, session=None, seconds=30, **params):
        id, end = self.post(method, session, **params), time.monotonic() + seconds
        while True:
            answer = self.receive(end)
            if answer.get("id") == id and "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            if answer.get("id") == id:
                return answer["result"]

    def receive(self, end):
        """The next message; events have gone to their page."""
        while b"\0" not in self.buffer:
            if not select.select([self.come], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser says nothing")
            data = os.read(self.come, 1 << 16)
            if not data:
                raise ConnectionError(f"the browser has ended:\n{self.output()}")
            self.buffer += data
        data, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(data)
        page = self.pages.get(message.get("sessionId"))
        if page is not None and "method" in message:
            page.take(message["method"], message["params"])
        return message

    def output(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def page(self):
        """A page in a context of its own: no cookie of others."""
        context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session, context)

    def stop(self):
        for pipe in (self.to, self.come):
            os.close(pipe)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Page:
    """One tab. `answers` has the documents it got, in order, and `dialogs` what the native dialog for a
    password was wanted for. The dialog is answered with `login`, (user, password), or dismissed."""

    def __init__(self, browser, session, context):
        self.browser, self.session, self.context = browser, session, context
        self.answers, self.dialogs, self.login = [], [], None
        self.loads, self.fields = 0, {}
        browser.pages[session] = self
        for method in ("Page.enable", "Network.enable", "Runtime.enable"):
            self.send(method)
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        self.send("Fetch.enable", handleAuthRequests=True, patterns=[{"urlPattern": "*"}])

    def send(self, method, **params):
        return self.browser.send(method, self.session, **params)

    def post(self, method, **params):
        self.browser.post(method, self.session, **params)

    # -- What it tells --

    def take(self, method, params):
        if method == "Fetch.requestPaused":
            self.post("Fetch.continueRequest", requestId=params["requestId"])
        elif method == "Fetch.authRequired":
            self.take_dialog(params)
        elif method == "Network.requestWillBeSent" and params["type"] == "Document" and "redirectResponse" in params:
            self.answers.append(params["redirectResponse"])
        elif method == "Network.responseReceived" and params["type"] == "Document":
            self.answers.append(params["response"])
        elif method == "Network.responseReceivedExtraInfo":
            self.fields[params["requestId"]] = params["headers"]
        elif method == "Page.loadEventFired":
            self.loads += 1

    def take_dialog(self, params):
        self.dialogs.append(params["authChallenge"])
        login = self.login
        self.login = None  # once: what was wrong is wrong again
        answer = {"response": "CancelAuth"} if login is None else {
            "response": "ProvideCredentials", "username": login[0], "password": login[1]}
        self.post("Fetch.continueWithAuth", requestId=params["requestId"], authChallengeResponse=answer)

    # -- What one does with it --

    def loaded(self, act, seconds=20):
        """Does something that leads to another page; what was answered on the way there."""
        before, n, end = self.loads, len(self.answers), time.monotonic() + seconds
        act()
        while self.loads == before:
            self.browser.receive(end)
        return [(answer["status"], answer["url"]) for answer in self.answers[n:]]

    def go(self, url):
        return self.loaded(lambda: self.send("Page.navigate", url=url))

    def run(self, script):
        """The value of a JavaScript expression, or of what it promises."""
        found = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def fetch(self, url, options="{}", *fields):
        """[status, type, the fields a script may read] as a script of this page sees it; or the error."""
        return self.run(f"fetch({json.dumps(url)}, {options}).then(r => [r.status, r.type, "
                        f"{json.dumps(fields)}.map(name => r.headers.get(name))], error => String(error))")

    def focus(self, seconds=10):
        """The id of the element that has it. A page is drawn before `autofocus` gives it away, and may be later
        than loaded."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            id = self.run("document.activeElement.id")
            if id:
                return id
            time.sleep(0.02)
        raise TimeoutError("nothing has the focus")

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=KEYS[key], **text)

    def type(self, text):
        self.send("Input.insertText", text=text)

    def cookies(self):
        return self.browser.send("Storage.getCookies", browserContextId=self.context)["cookies"]

    def look(self, width, height, scheme="light"):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))
