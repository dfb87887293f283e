#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""doorward explain: what it takes, says, sends and leaves with."""

import base64
import os
import pty
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

EXP = 1795255200  # 2026-11-21T10:00:00Z
SIGNATURE = "c2lnbmF0dXJlLXRoYXQtbm9ib2R5LW1heS1zZWU" + "A" * 47  # as long as ES256 makes them


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def token_of(**claims):
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "k1"}
    return ".".join((part(header), part({"iss": "https://issuer.test", "aud": "api", "sub": "u", **claims}), SIGNATURE))


EXPIRED = token_of(exp=EXP, iat=EXP - 3600)
TRANSCRIPT = f"""> GET /v1/orders HTTP/1.1
> Host: api.example.com
> User-Agent: curl/7.88.1
> Authorization: Bearer {EXPIRED}
>
< HTTP/1.1 401 Unauthorized
< Date: Sat, 21 Nov 2026 10:07:12 GMT
< WWW-Authenticate: Bearer realm="api", error="invalid_token", error_description="Jwt is expired"
<
Jwt is expired
"""


def run(*words, given=None, **env):
    given = given.encode() if isinstance(given, str) else given
    done = subprocess.run([PROGRAM, "explain", *words], input=given or b"", capture_output=True, timeout=60,
                          env={**os.environ, "TZ": "UTC", **env})
    done.out, done.errors = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    return done


def said(done):
    return f"status {done.returncode}\n{done.out}{done.errors}"


def told(done):
    try:
        return json.loads(done.out)
    except ValueError:
        raise RuntimeError(said(done)) from None


def wanted(name, done, status, *patterns):
    missing = [pattern for pattern in patterns if not re.search(pattern, done.out + done.errors, re.M)]
    check(name, done.returncode == status and not missing, f"wanted {status}", *missing, said(done))


class Lines(Handler):
    """Answers as the path says, and remembers what was asked."""

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(size)
        self.server.asked.append((self.command, self.path, dict(self.headers.items())))
        target = self.server.targets.get(self.path)
        if target:
            return self.reply(target[0], "", Location=target[1])
        if self.path.startswith("/open"):
            return self.reply(200, {"fine": True})
        if self.path.startswith("/big"):
            return self.reply(401, b"x" * 3_000_000, WWW_Authenticate="Bearer")
        if self.path.startswith("/doorward-probe"):
            return self.reply(404, "nobody")
        self.reply(401, "no", WWW_Authenticate='Bearer realm="api", error="invalid_token"')

    do_GET = do_HEAD = do_POST = do_OPTIONS = do_PUT = answer


def serve(world, **targets):
    server = Server(Lines)
    server.asked, server.targets = [], {}
    world.stack.callback(server.stop)
    return server


# -- What it says -------------------------------------------------------------------------------------

def check_verdict(world):
    path = world.write("curl.txt", TRANSCRIPT)
    done = run(path)
    wanted("an expired token", done, 1,
           r"^401 token\.expired {50,}certain$",
           r"^  GET https?://api\.example\.com/v1/orders .*:1$",
           r"^  Authorization: Bearer eyJh\.\.\.c2VV$|^  Authorization: Bearer eyJh\.\.\.\w{4}$",
           r"^                        \^{11} ended 7 min 12 s before the server answered$",
           r"^  evidence  \w+", r"10:00:00Z", r"^  clocks    server 10:07:12Z", r"^  fix +you call it ",
           r"^ +you visit it ", r"^  more      doorward reasons token\.expired$")
    for name in ("builder", "consumer", "visitor"):
        label = {"builder": "build", "consumer": "call", "visitor": "visit"}[name]
        same(f"--for {name}", set(re.findall(r"you (\w+) it ", run(path, "--for", name).out)), {label})
    same("the standard input says the same but for the place",
         re.sub(r" *\S*curl\.txt:|\(\S*curl\.txt:", "", done.out).split()[:4],
         re.sub(r" *line ", "", run("-", given=TRANSCRIPT).out).split()[:4])
    wanted("without a word, the standard input", run(given=TRANSCRIPT), 1, r"^401 token\.expired", r"line 1$")
    wanted("the text itself, as a word", run(f"Authorization: Bearer {EXPIRED}", "--at", str(EXP + 60)), 1,
           r"^token\.expired", r"ended 1 min")
    wanted("a token as a word", run(EXPIRED, "--at", "2026-11-21T10:01:00Z"), 1, r"^token\.expired")
    wanted("a token that is good", run(EXPIRED, "--at", str(EXP - 60)), 0, r"^healthy")
    wanted("nothing failed", run(given="HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhi"), 0, "^200 healthy")


def check_json(world):
    document = told(run("--json", given=TRANSCRIPT))
    same("--json: its members", sorted(document), sorted(
        ["input", "status", "verdict", "causes", "ruled_out", "exchange", "caret", "clocks", "hops", "token",
         "challenges", "healthy"]))
    same("the input", document["input"], {"kind": "curl", "name": "-", "exchanges": 1, "shown": 1, "cut": False})
    first = document["causes"][0]
    same("the first cause", (first["id"], first["word"], document["status"], document["verdict"]),
         ("token.expired", "certain", 401, "token.expired"))
    same("a cause's members", sorted(first), sorted(
        ["id", "title", "confidence", "word", "evidence", "against", "fix", "repaired", "confirm", "reference"]))
    check("at most three, best first", len(document["causes"]) <= 3 and
          [c["confidence"] for c in document["causes"]] == sorted((c["confidence"] for c in document["causes"]),
                                                                  reverse=True), document["causes"])
    check("the evidence has a source, a place and words",
          all(e["source"] and e["what"] and set(e) == {"source", "where", "line", "entry", "what"}
              for e in first["evidence"]), first["evidence"])
    same("three fixes", sorted(first["fix"]), ["builder", "consumer", "visitor"])
    same("the clocks", (document["clocks"]["server"], document["clocks"]["judged"]), (EXP + 432, EXP + 432))
    same("what is marked", (document["caret"]["name"], document["caret"]["before"]), ("Authorization", "Bearer "))
    check("ruled out", all(set(r) == {"id", "why"} for r in document["ruled_out"]), document["ruled_out"])


def check_secrets(world):
    page = os.path.join(world.folder("pages"), "page.html")
    password, cookie = "correct-horse-battery", "s3ss10n-c00k13-value"
    basic = base64.b64encode(f"alice:{password}".encode()).decode()
    inputs = {
        "a token": (TRANSCRIPT, SIGNATURE),
        "a password": (TRANSCRIPT.replace(f"Bearer {EXPIRED}", f"Basic {basic}"), basic),
        "a cookie": (TRANSCRIPT.replace(f"Authorization: Bearer {EXPIRED}", f"Cookie: a=b; session={cookie}"), cookie),
        "a key": (TRANSCRIPT.replace(f"Authorization: Bearer {EXPIRED}", f"X-Api-Key: {cookie}"), cookie),
        "a token in the URL": (TRANSCRIPT.replace("/v1/orders", f"/v1/orders?access_token={EXPIRED}"), SIGNATURE),
        "a token the server repeats": (TRANSCRIPT + EXPIRED, SIGNATURE),
        "a token with a blank behind it": (TRANSCRIPT.replace(EXPIRED, EXPIRED + " "), SIGNATURE),
        "a token in quotes": (TRANSCRIPT.replace(EXPIRED, f'"{EXPIRED}"'), SIGNATURE),
        "a token without its scheme": (TRANSCRIPT.replace("Bearer ey", "ey"), SIGNATURE),
        "a scheme twice": (TRANSCRIPT.replace("Bearer ey", "Bearer Bearer ey"), SIGNATURE),
    }
    for name, (text, secret) in inputs.items():
        outputs = {"for a person": run(given=text).out, "--json": run("--json", given=text).out,
                   "--json --show-secrets": run("--json", "--show-secrets", given=text).out}
        done = run("--html", page, "--show-secrets", given=text)
        check(f"{name}: a page is written", done.returncode in (0, 1, 2) and os.path.getsize(page) > 500, said(done))
        with open(page) as file:
            outputs["--html"] = file.read()
        for form, output in outputs.items():
            check(f"{name}: covered {form}", output and secret not in output and password not in output, output)
    check("--show-secrets", EXPIRED[:40] in run("--show-secrets", given=TRANSCRIPT).out or
          "..." in run("--show-secrets", given=TRANSCRIPT).out)


def check_page(world):
    hostile = TRANSCRIPT.replace("/v1/orders", "/<script>alert(1)</script>\"'><img").replace(
        "Jwt is expired\"", "<b>\x1b[31mbold\"")
    page = run("--html", "-", given=hostile).out
    check("one whole page", page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>"), page)
    check("with a policy", "default-src 'none'" in page, page)
    check("no script, no element of the input's", not re.search(r"<script|<img|<b>|\x1b", page), page)
    check("nothing from outside", not re.search(r"""(src|href|action)=|@import|url\(""", page), page)
    check("for the dark, and for a phone", "prefers-color-scheme:dark" in page and "viewport" in page, page)
    wanted("a page that cannot be written", run("--html", "/nowhere/page.html", given=TRANSCRIPT), 3, "/nowhere/page.html")


def on_terminal(text, **env):
    master, slave = pty.openpty()
    with open(world_file(text), "rb") as given:
        process = subprocess.Popen([PROGRAM, "explain"], stdin=given, stdout=slave, stderr=slave,
                                   env={**os.environ, "TZ": "UTC", "TERM": "xterm", **env})
    os.close(slave)
    output = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        output += piece
    process.wait()
    os.close(master)
    return output.decode().replace("\r\n", "\n")


def check_terminal(world):
    global world_file
    world_file = lambda text: world.write("given.txt", text)  # noqa: E731
    plain = run("--at", "now", given=TRANSCRIPT).out
    check("no colour away from a terminal", "\x1b" not in plain, plain)
    coloured = on_terminal(TRANSCRIPT, NO_COLOR="")
    check("colour on a terminal", "\x1b[31m" in coloured, coloured)
    strip = re.compile(r"\x1b\[\d*m|this machine [\d:Z -]*")
    same("and nothing else differs", strip.sub("", coloured), strip.sub("", plain))
    check("NO_COLOR", "\x1b" not in on_terminal(TRANSCRIPT, NO_COLOR="1"))
    for name, text in (
            ("a long URL", TRANSCRIPT.replace("/v1/orders", "/" + "long/" * 200)),
            ("a long field", TRANSCRIPT.replace("error_description=\"", "error_description=\"" + "word " * 300)),
            ("a long name", TRANSCRIPT.replace("Authorization:", "X-" + "A" * 300 + "-Token:")),
            ("a caret far away", TRANSCRIPT.replace("Bearer realm", "Bearer " + "a=b, " * 100 + "b realm")),
            ("other writings", TRANSCRIPT.replace("/v1/orders", "/" + "ü漢" * 60))):
        lines = run(given=text).out.splitlines()
        check(f"80 columns: {name}", all(len(line) <= 80 for line in lines), *[line for line in lines if len(line) > 80])
    for what in ("\x1b[31m", "\x07", "\u202e", "\x9b"):
        text = TRANSCRIPT.replace("/v1/orders", f"/{what}x").replace("Jwt is", f"Jwt {what} is")
        text = text.replace("Bearer ey", f"Bearer {what}ey")
        for words in ((), ("--json",), ("--show-secrets",), ("--html", "-")):
            out = run(*words, given=text).out
            check(f"no terminal obeys {what!r} {' '.join(words)}", what not in out, repr(out))


# -- What it takes ------------------------------------------------------------------------------------

def check_input(world):
    for name, done, status, pattern in (
            ("no such file", run("none.har"), 3, r"none\.har: No such file"),
            ("a folder", run("/"), 3, "/: Is a directory"),
            ("nothing", run(given=""), 3, "empty"),
            ("a picture", run(given=b"\x89PNG\r\n\x1a\n\x00\x00\x00"), 3, "^doorward: .+"),
            ("zeros", run(given=bytes(100000)), 3, "^doorward: .+"),
            ("prose", run(given="All happy families are alike.\n"), 3, "^doorward: .+"),
            ("an option that is none", run("--prob"), 2, r"did you mean --probe\?"),
            ("nobody's fix", run("--for", "me", given=TRANSCRIPT), 2, "--for me: it takes builder"),
            ("no time", run("--at", "later", given=TRANSCRIPT), 2, "--at later"),
            ("no seconds", run("-m", "0", given=TRANSCRIPT), 2, "-m 0"),
            ("two inputs", run("x", "--", "curl", "http://127.0.0.1/"), 2, "two inputs"),
            ("two files", run("x", "y"), 2, "one word too many"),
            ("an id that nobody knows", run("0123456789abc", "--data", world.folder("data")), 3, "^doorward: .+"),
            ("a command without a URL", run("--", "curl", "-s"), 3, "^doorward: .+"),
            ("a file, not a URL", run("--", "curl", "file:///etc/passwd"), 3, "^doorward: .+"),
            ("a HAR that breaks off", run(given='{"log":{"version":"1.2","entries":['), None, "."),
            ("a HAR without entries", run(given='{"log":{"version":"1.2","entries":[]}}'), None, ".")):
        check(name, (done.returncode == status if status is not None else done.returncode in (2, 3)) and
              re.search(pattern, done.out + done.errors, re.M) and done.errors.count("\n") <= 1, said(done))
    wanted("--help", run("--help"), 0, "^usage: doorward explain", "--probe", "--html")


def check_truncated(world):
    """Cut anywhere, it ends, and says something."""
    bad = []
    for size in range(1, len(TRANSCRIPT), 37):
        done = run(given=TRANSCRIPT[:size])
        if done.returncode not in (0, 1, 2, 3) or not done.out + done.errors:
            bad.append((size, said(done)))
    check("cut anywhere", not bad, *bad[:3])


# -- What it sends ------------------------------------------------------------------------------------

def check_replay(world):
    first, second = serve(world), serve(world)
    base, other = f"http://127.0.0.1:{first.port}", f"http://127.0.0.1:{second.port}"
    first.targets = {"/away": (302, f"{other}/x"), "/here": (301, "/x"), "/round": (302, "/round"),
                     "/out": (302, "myapp://callback"), "/post": (303, "/x")}
    wanted("a URL", run(f"{base}/x"), 1, r"^401 \S+", f"GET {base}/x")
    same("is asked once, without credentials", [(m, p, "Authorization" in f) for m, p, f in first.asked],
         [("GET", "/x", False)])
    wanted("a URL that is fine", run(f"{base}/open"), 0, "^200 healthy")
    first.asked.clear()
    fields = ["-H", f"Authorization: Bearer {EXPIRED}", "-H", "X-Odd:  two  blanks "]
    done = run("--", "curl", *fields, f"{base}/x")
    wanted("a command", done, 1, r"^401 token\.expired")
    same("is sent as it stands", [(m, f.get("Authorization"), f.get("X-Odd").strip()) for m, _, f in first.asked],
         [("GET", f"Bearer {EXPIRED}", "two  blanks")], said(done))
    wanted("without --, by its first word", run("curl", *fields, f"{base}/x"), 1, r"^401 token\.expired")
    first.asked.clear()
    done = run("--", "curl", "-L", *fields, f"{base}/away")
    wanted("a redirect elsewhere", done, 1, r"301|302", "Authorization lost here")
    same("takes no credentials there", ["Authorization" in f for _, _, f in second.asked], [False])
    first.asked.clear()
    run("--", "curl", "-L", *fields, f"{base}/here")
    same("a redirect here does", ["Authorization" in f for _, _, f in first.asked], [True, True])
    first.asked.clear()
    run("--", "curl", "-L", "-d", "a=b", *fields, f"{base}/post")
    same("a POST becomes a GET", [m for m, _, _ in first.asked], ["POST", "GET"])
    wanted("a circle ends", run("--", "curl", "-L", f"{base}/round"), 4, "redirects do not end")
    check("another protocol is not followed", run("--", "curl", "-L", f"{base}/out").returncode in (0, 1, 2))
    check("a large answer is cut", run(f"{base}/big").returncode == 1)
    first.asked.clear()
    command = f"curl -H 'Authorization: Bearer {EXPIRED}' '{base}/x?$(id)'"
    run(given=command)
    same("a command that is read is not run", first.asked, [])
    run("--replay", given=command)
    same("but with --replay", [p.split("?")[0] for _, p, _ in first.asked], ["/x"])
    first.asked.clear()
    captured = TRANSCRIPT.replace("api.example.com", f"127.0.0.1:{first.port}")
    done = run("--replay", given=captured.replace("> GET", "> DELETE"))
    check("a captured DELETE is not replayed", done.returncode == 3 and not first.asked, said(done))
    check("no proxy of the environment", run(f"{base}/x", http_proxy="http://127.0.0.1:1").returncode == 1)


def check_network(world):
    port = free_port()
    wanted("nobody there", run(f"http://127.0.0.1:{port}/"), 4, "^doorward: 127.0.0.1: ")
    server = serve(world)
    wanted("no TLS there", run(f"https://127.0.0.1:{server.port}/", "-m", "5"), 4, "^doorward: .*TLS")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        wanted("silence", run(f"http://127.0.0.1:{silent.getsockname()[1]}/", "-m", "1"), 4, "in time")
        check("ends in time", time.monotonic() - began < 5)


def check_probe(world):
    server, other = serve(world), serve(world)
    base = f"http://127.0.0.1:{server.port}"
    server.targets = {"/away": (302, f"http://127.0.0.1:{other.port}/x")}
    issuer = f"http://127.0.0.1:{other.port}"
    token = token_of(iss=issuer, exp=EXP)
    done = run("--probe", "--", "curl", "-H", f"Authorization: Bearer {token}", "-H", "X-Api-Key: k", f"{base}/x")
    lines = re.findall(r"^probe (\w+) +(\w+) ", done.errors, re.M)
    check("each request is told of", len(lines) == len(server.asked) - 1 + len(other.asked) and done.returncode == 1,
          said(done))
    same("which are made", [role for role, _ in lines],
         ["none", "garbage", "yours", "repeated", "nowhere", "preflight", "metadata", "metadata"], lines)
    check("the issuer gets no credentials", other.asked and not any("Authorization" in f or "X-Api-Key" in f
                                                                    for _, _, f in other.asked), other.asked)
    other.asked.clear()
    same("only such as change nothing", {m for m, _, _ in server.asked} - {"GET", "HEAD", "OPTIONS"}, set())
    none, garbage = server.asked[1][2], server.asked[2][2]
    check("none has none", "Authorization" not in none and "X-Api-Key" not in none, none)
    check("garbage is other", garbage["Authorization"] not in (None, f"Bearer {token}"), garbage)
    check("a secret is not told", SIGNATURE not in done.errors + done.out, said(done))
    server.asked.clear()
    captured = TRANSCRIPT.replace(EXPIRED, token).replace("api.example.com", f"127.0.0.1:{server.port}")
    captured = captured.replace("/v1/orders", "/x")
    run("--probe", given=captured.replace("> GET", "> POST"))
    check("a captured POST is asked with nothing of yours",
          server.asked and all(m in ("GET", "OPTIONS") and "Authorization" not in f for m, _, f in server.asked),
          server.asked)
    other.asked.clear()
    run("--probe", given=captured.replace("/x", "/away"))
    check("redirects are not followed", all(p.startswith("/.well-known/") for _, p, _ in other.asked), other.asked)
    dead = TRANSCRIPT.replace(EXPIRED, token_of(exp=EXP, iss="none")).replace("api.example.com", f"127.0.0.1:{free_port()}")
    wanted("nobody there: the capture alone", run("--probe", given=dead), 1, r"^401 token\.expired", "^probe none")


with World() as world:
    check_verdict(world)
    check_json(world)
    check_secrets(world)
    check_page(world)
    check_terminal(world)
    check_input(world)
    check_truncated(world)
    check_replay(world)
    check_network(world)
    check_probe(world)
done()
