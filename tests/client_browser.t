#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
Chromium: people sign in at the very address they wanted, other sites' pages can do nothing in their name,
and a script's request never opens the browser's own dialog for a password.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from scenario import *  # noqa: E402,F403
import browser  # noqa: E402
from clients import Authority  # noqa: E402

PASSWORD = "correct horse"
SCREENS = os.path.join(BUILD, "screens")


class Api(Echo):
    """It answers the preflights that come through."""

    def do_OPTIONS(self):
        self.reply(204, "", Access_Control_Allow_Origin=self.headers["Origin"],
                   Access_Control_Allow_Headers="Authorization, DPoP")


def add_users(data, config):
    for name, password in (("joe", PASSWORD), ("jürgen", "grüß Gott!")):
        subprocess.run([PROGRAM, "user", "add", name, "--password-stdin", "--data", data, "-c", config],
                       input=password, text=True, check=True, capture_output=True)


class OwnNginx:
    """What docs/behind-your-own-nginx.md shows for a daemon beside it, with TLS."""

    def __init__(self, world):
        data = f"{world.path}/own"
        config = world.write("own.yaml", {"data": data, "routes": [{"path": "/**", "accept": ["cookie", "basic"]}]})
        world.daemon(data=data, config=config)
        add_users(data, config)
        _, certificate, key = Authority(world.path).issue("localhost", dns=["localhost"])
        with open(os.path.join(TREE, "docs", "behind-your-own-nginx.md")) as page:
            conf = re.findall(r"^```nginx\n(.*?)^```", page.read(), re.M | re.S)[-1]
        self.port = free_port()
        tls = f"listen 127.0.0.1:{self.port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};"
        folder = world.folder("nginx")
        rooms = " ".join(f"{room}_temp_path {folder}/{room};" for room in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        for shown, ours in ((re.search("load_module.*;", conf)[0], f"load_module {MODULE};"), ("listen 80;", tls),
                            ("http {", f"http {{ access_log off; {rooms}"),
                            ("/etc/doorward/doorward.yaml", config), ("/var/lib/doorward", data),
                            ("127.0.0.1:3000", f"127.0.0.1:{world.echo().port}")):
            conf = conf.replace(shown, ours)
        user = "user root;" if os.geteuid() == 0 else ""
        path = world.write("own.conf", f"daemon off; {user} pid {folder}/pid;\n{conf}")
        line = [NGINX, "-p", folder, "-c", path, "-e", f"{folder}/error.log"]
        world.keep(Process(line, f"{folder}/output", preload()))
        wait_for("nginx", lambda: listens(self.port))


class Place:
    """A site, and another server that stands for everybody else's: under any name, for it asks for none."""

    def __init__(self, world):
        self.other = world.echo()
        self.upstream = world.keep(Server(Api))
        self.upstream.calls, self.upstream.paths = 0, []
        self.site = Site(world, routes=self.routes(), upstream=f"http://127.0.0.1:{self.upstream.port}",
                         log={"allowed": True}, schemes={"dpop": {"nonce": True}})
        self.site.start()
        add_users(self.site.data, self.site.config)
        self.url = f"http://localhost:{self.site.port}"

    def routes(self):
        return [{"path": "/page/**", "accept": ["cookie"]},
                {"path": "/both/**", "accept": ["cookie", "basic"]},
                {"path": "/basic/**", "accept": ["basic", "digest"]},
                {"path": "/digest/**", "accept": ["digest"]},
                {"path": "/cors/**", "accept": ["dpop", "bearer"], "cors": {"origins": [self.at("app")]}}]

    def at(self, name):
        return f"http://{name}.test:{self.other.port}"

    def sister(self):
        """Of the same site as browsers see it, and yet of another origin."""
        return f"http://localhost:{self.other.port}"


def sign_in(page, user, password):
    """By keyboard, as the page is meant to be used."""
    page.focus()
    page.type(user)
    page.press("Tab")
    page.type(password)
    return page.loaded(lambda: page.press("Enter"))


def submit(page, url, **fields):
    """A form of the page at hand, sent by a script."""
    page.run(f"""{{
        const form = document.body.appendChild(document.createElement('form'));
        Object.assign(form, {{method: 'post', action: {json.dumps(url)}}});
        for (const [name, value] of Object.entries({json.dumps(fields)}))
            form.appendChild(Object.assign(document.createElement('input'), {{name, value}}));
        setTimeout(() => form.submit());
    }}""")


def reason(place, page):
    """Of the last document."""
    headers = {name.lower(): value for name, value in page.answers[-1]["headers"].items()}
    id, found = headers["doorward-id"], []

    def look():
        found[:] = [line["reason"] for line in place.site.log() if line.get("id") == id]
        return found
    wait_for(f"{id} in the decision log", look)
    return found[0]


def told(page):
    return {name.lower(): value for name, value in json.loads(page.run("document.body.innerText"))["fields"]}


def test_sign_in(place, page):
    url = f"{place.url}/both/report?a=1&b=%3C2%3E"
    same("nobody yet: 401 at the very address, no redirect", page.go(url), [(401, url)])
    same("why", reason(place, page), "header.missing")
    same("it is the page to sign in", (page.run("document.title"), page.focus()), ("Sign in", "username"))
    same("it has nothing to complain of", page.run("document.querySelector('[role=alert]')"), None)
    same("no dialog", page.dialogs, [])
    form = f"{place.url}/doorward/signin"
    same("a wrong password: 401 again", sign_in(page, "joe", "wrong horse"), [(401, form)])
    same("why", reason(place, page), "basic.wrong_password")
    check("it says so", page.run("document.querySelector('[role=alert]').innerText"), page.answers[-1])
    same("no cookie", page.cookies(), [])
    same("and keeps the name", (page.run("document.querySelector('#username').value"), page.focus()),
         ("joe", "password"))
    page.type(PASSWORD)
    same("the right one: back to where one was going, as a GET", page.loaded(lambda: page.press("Enter")),
         [(303, form), (200, url)])
    same("who has come", told(page).get("doorward-subject"), "joe")
    same("no dialog in all that", page.dialogs, [])


def test_cookie(place, page):
    [cookie] = page.cookies()
    wanted = {"name": "__Host-doorward", "domain": "localhost", "path": "/", "secure": True, "httpOnly": True,
              "sameSite": "Lax", "session": True}
    same("the cookie, this host's alone", {name: cookie.get(name) for name in wanted}, wanted)
    same("no script sees it", page.run("document.cookie"), "")
    same("the page's own script calls with it", page.fetch("/page/x"), [200, "basic", []])
    same("and changes things", page.fetch("/page/x", "{method: 'DELETE'}"), [200, "basic", []])


def test_other_sites(place, page):
    """The page is signed in."""
    target = f"{place.url}/page/x"
    for what, path, fields in (("another origin's form", "/page/x", {"a": "b"}),
                               ("its form to sign out", "/doorward/signout", {}),
                               ("its form to sign somebody else in", "/doorward/signin",
                                {"username": "joe", "password": PASSWORD})):
        page.go(f"{place.sister()}/")
        same(what, page.loaded(lambda: submit(page, place.url + path, **fields)), [(403, place.url + path)])
        same("why", reason(place, page), "cookie.cross_site")
    page.go(f"{place.sister()}/")
    calls = place.upstream.calls
    same("its script's POST", page.fetch(target, "{method: 'POST', mode: 'no-cors', credentials: 'include'}"),
         [0, "opaque", []])
    same("has reached nothing", place.upstream.calls, calls)
    check("it may read nothing", str(page.fetch(target, "{credentials: 'include'}")).startswith("TypeError"))
    page.go(f"{place.at('stranger')}/")
    same("another site's form comes without the cookie", page.loaded(lambda: submit(page, target))[-1], (401, target))
    same("why", reason(place, page), "header.missing")
    page.go(f"{place.at('stranger')}/")
    link = f"void(location = {json.dumps(target)})"
    same("another site's link", page.loaded(lambda: page.run(link)), [(200, target)])


def test_sign_out(place, page):
    page.go(f"{place.url}/page/x")
    out = f"{place.url}/doorward/signout"
    answers = page.loaded(lambda: submit(page, out))
    same("signed out", (answers[0], page.cookies()), ((303, out), []))
    same("and asked again", page.go(f"{place.url}/page/x")[0][0], 401)


def test_dialog(place, page):
    basic, digest = f"{place.url}/basic/x", f"{place.url}/digest/x"
    page.go(f"{place.url}/open")
    for path in ("/both/x", "/basic/x", "/digest/x", "/page/x"):
        same(f"a script's request to {path}", page.fetch(path)[0], 401)
    same("one of old", page.run("new Promise(done => { const old = new XMLHttpRequest(); old.open('GET', '/basic/x'); "
                                "old.onload = () => done(old.status); old.send(); })"), 401)
    same("an image", page.run("new Promise(done => { const image = new Image(); image.onload = image.onerror = "
                              "event => done(event.type); image.src = '/basic/x.png'; })"), "error")
    same("none opens a dialog", page.dialogs, [])
    same("where one cannot sign in otherwise", page.go(basic)[-1][0], 401)
    same("it opens", [(dialog["scheme"], dialog["realm"]) for dialog in page.dialogs], [("digest", "api.test")])


def test_native(place, page):
    for path in ("/basic/x", "/digest/x"):
        for user, password in (("joe", PASSWORD), ("jürgen", "grüß Gott!")):
            fresh = page.browser.page()
            fresh.login = (user, password)
            same(f"{user} in the dialog of {path}", fresh.go(place.url + path)[-1], (200, place.url + path))
            same("who has come", urllib.parse.unquote(told(fresh).get("doorward-subject")), user)
    fresh.go(f"{place.url}/digest/y?a=b")
    same("a second page asks nothing", (fresh.answers[-1]["status"], len(fresh.dialogs)), (200, 1))
    fresh.login = ("joe", PASSWORD)
    other = page.browser.page()
    other.login = ("joe", "wrong horse")
    same("a wrong password", (other.go(f"{place.url}/digest/x")[-1][0], len(other.dialogs)), (401, 2))


def test_tls(world, page):
    url = f"https://localhost:{OwnNginx(world).port}/report"
    form = url.replace("report", "doorward/signin")
    same("an nginx of one's own, with TLS", page.go(url), [(401, url)])
    same("wrong there", sign_in(page, "joe", "wrong horse"), [(401, form)])
    page.go(url)
    same("signed in there", sign_in(page, "jürgen", "grüß Gott!"), [(303, form), (200, url)])
    same("who has come", told(page).get("doorward-subject"), "j%C3%BCrgen")
    same("its own script changes things", page.fetch("/x", "{method: 'POST', body: 'x'}"), [200, "basic", []])
    same("no dialog", page.dialogs, [])


def test_cors(place, page):
    page.go(f"{place.at('app')}/")
    target = f"{place.url}/cors/x"
    options = "{headers: {Authorization: 'DPoP x.y.z', DPoP: 'x.y.z'}}"
    status, _, (challenge, nonce, id) = page.fetch(target, options, "WWW-Authenticate", "DPoP-Nonce", "Doorward-Id")
    same("a script of a listed origin", (status, challenge.split(" ")[0]), (401, "DPoP"))
    check("reads the nonce and the id", nonce and id, nonce, id)
    same("without credentials", page.fetch(target)[:2], [401, "cors"])
    page.go(f"{place.at('stranger')}/")
    check("one of another reads nothing", str(page.fetch(target)).startswith("TypeError"))


def test_look(page, place):
    os.makedirs(SCREENS, exist_ok=True)
    url = f"{place.url}/page/x"
    for name, width, height, scheme in (("light", 1200, 800, "light"), ("dark", 1200, 800, "dark"),
                                        ("phone", 320, 640, "light"), ("phone-dark", 390, 844, "dark")):
        page.look(width, height, scheme)
        page.go(url)
        page.picture(f"{SCREENS}/signin-{name}.png")
        same(f"nothing hangs over, {name}", page.run("document.documentElement.scrollWidth"), width)
        sign_in(page, "joe", "wrong horse")
        page.picture(f"{SCREENS}/signin-{name}-wrong.png")
    page.look(1200, 800)


if browser.CHROMIUM is None:
    skip_all("chromium is not installed")
with World() as world:
    place = Place(world)
    chromium = browser.Browser(world)
    page = chromium.page()
    test_sign_in(place, page)
    test_cookie(place, page)
    test_other_sites(place, page)
    test_sign_out(place, page)
    test_dialog(place, chromium.page())
    test_native(place, page)
    test_cors(place, chromium.page())
    test_tls(world, chromium.page())
    test_look(chromium.page(), place)
done()
