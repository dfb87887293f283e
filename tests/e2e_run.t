#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""
`doorward run --example` as somebody meets it first: the commands it prints, a second start, what it says when
it cannot start, clients and their tokens, and where each denial is found again.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from scenario import *  # noqa: E402,F403

LOG_SECONDS = 1  # until a denial is in the log
NOBODY = 65534

# Runs a command where nginx is hidden behind a file that is no program; PATH alone does not hide it.
WITHOUT_NGINX = ["unshare", "--mount", "sh", "-c",
                 'mount --bind /dev/null "$(command -v nginx || echo /usr/sbin/nginx)" && exec "$@"', "sh"]

# Requests that are turned away -> status, reason, and a part of the answer that shows in which form it came.
DENIALS = [
    ({}, 401, "header.missing", b'"status":401'),
    ({"fields": ["Accept: application/json"]}, 401, "header.missing", b'"error"'),
    ({"fields": ["Accept: text/html"]}, 401, "header.missing", b"<html"),
    ({"method": "HEAD"}, 401, "header.missing", b""),
    ({"method": "POST", "body": b"x" * 100_000}, 401, "header.missing", b'"status":401'),
    ({"fields": ["Authorization: Basic dTpw"]}, 401, "scheme.unsupported", b'"status":401'),
    ({"fields": ["Authorization: Bearer"]}, 401, "header.empty_token", b'"status":401'),
    ({"fields": ['Authorization: Bearer "x"']}, 401, "header.quoted_token", b'"status":401'),
    ({"token": "x"}, 401, "token.opaque_to_jwt", b'"status":401'),
    ({"token": "a.b.c"}, 401, "token.base64_standard", b'"status":401'),
    ({"token": "a.b.c", "path": "/?access_token=1"}, 401, "header.multiple_methods", b'"status":401'),
    ({"path": "/" + "x" * 9000}, 400, "request.path_invalid", b'"status":400'),
]


def run(*arguments, wrap=(), seconds=20):
    """(status, standard output, standard error) of a command that ends by itself."""
    ended = subprocess.run([*wrap, PROGRAM, *arguments], capture_output=True, text=True, timeout=seconds,
                           stdin=subprocess.DEVNULL)
    return ended.returncode, ended.stdout, ended.stderr


class Example:
    """`doorward run --example` with nothing but flags."""

    def __init__(self, world, data, port=None, **more):
        self.data = data
        self.daemon = world.daemon("--example", data=data, port=port, **more)
        self.port = self.daemon.port

    def call(self, path="/", **more):
        return call(self.port, path, **more)

    def printed(self):
        """What it prints to paste, of the last start."""
        return re.findall(r"^  ((?:curl|TOKEN=).*)$", self.daemon.output(), re.M)[-3:]

    def stop(self):
        self.daemon.kill(signal.SIGTERM)
        return self.daemon.wait(20)


def paste(commands):
    """What bash prints for each of them, and the token they got."""
    script = "".join(f"{command}\necho; echo =====\n" for command in commands) + 'echo "$TOKEN"\n'
    ended = subprocess.run(["bash"], input=script.encode(), capture_output=True, timeout=30)
    *outputs, token = ended.stdout.split(b"=====\n")
    return [output.strip() for output in outputs], token.decode().strip()


def test_commands(name, example):
    commands = example.printed()
    if not same(f"{name}: it prints three commands", len(commands), 3, example.daemon.output()):
        return None
    (without, got, having), token = paste(commands)
    check(f"{name}: without a token",
          without.startswith(b"HTTP/1.1 401 ") and b"WWW-Authenticate: Bearer" in without, without)
    check(f"{name}: a token", token.count(".") == 2 and got == b"", got, token)
    head, _, body = having.partition(b"\r\n\r\n")
    check(f"{name}: with it", head.startswith(b"HTTP/1.1 200 "), having)
    echoed = json.loads(body or b"{}")
    check(f"{name}: the API is told who calls", all(echoed.get(word) for word in ("subject", "client")), body)
    same(f"{name}: and what they may", (echoed.get("scope"), echoed.get("scheme")), ("read write", "bearer"))
    return token


def read_log(example):
    with open(f"{example.data}/log/decisions.jsonl") as log:
        return [json.loads(line) for line in log.read().split("\n")[:-1]]


def test_denials(example):
    for request, status, reason, form in DENIALS:
        response = example.call(**request)
        answered = time.monotonic()
        id = response.get("Doorward-Id", "none")
        found = []
        while not found and time.monotonic() - answered < LOG_SECONDS:
            found = [line for line in read_log(example) if line.get("id") == id]
            time.sleep(0.01)
        same(f"{reason}: {str(request)[:60]}",
             (response.status, [line["reason"] for line in found]), (status, [reason]), response)
        check("its id is in the body", request.get("method") == "HEAD" or id.encode() in response.body, response)
        check("in the form asked for", form in response.body, response)
        same("the log has its status", [line["status"] for line in found], [status])
    text = json.dumps(read_log(example))
    check("no query is in the log", "access_token" not in text, text)


def token_of(response):
    return response.json().get("access_token") if response.status == 200 else None


def add_client(data, name, scope, env=None):
    line = [PROGRAM, "client", "add", name, "--scope", scope, "--json"]
    added = subprocess.run(line + ([] if env else ["--data", data]), capture_output=True, text=True,
                           env={**os.environ, **(env or {})})
    return json.loads(added.stdout)


def test_clients(example):
    metadata = example.call("/.well-known/oauth-authorization-server").json()
    same("the metadata names its issuer", metadata["issuer"], f"http://127.0.0.1:{example.port}")
    endpoint = urllib.parse.urlsplit(metadata["token_endpoint"])
    same("and an endpoint at this port", endpoint.port, example.port)
    added = add_client(example.data, "robot", "a b")
    id, secret = added["client_id"], added["client_secret"]

    def ask(fields=(), **form):
        return post_form(endpoint.port, endpoint.path, fields, grant_type="client_credentials", **form)

    for name, response in (("client_secret_basic", ask([basic(id, secret)])),
                           ("client_secret_post", ask(client_id=id, client_secret=secret))):
        same(name, (response.status, response.get("Cache-Control"), response.json().get("token_type")),
             (200, "no-store", "Bearer"), response)
        echoed = example.call(token=token_of(response))
        same("its token is let in", (echoed.status, echoed.json().get("client"), echoed.json().get("scope")),
             (200, id, "a b"), echoed)
    narrowed = example.call(token=token_of(ask([basic(id, secret)], scope="b")))
    same("a part of its scope", narrowed.json().get("scope"), "b", narrowed)
    same("more than its scope", (ask([basic(id, secret)], scope="a c").status), 400)

    kept = token_of(ask([basic(id, secret)]))
    wrong = [ask([basic(id, secret + "x")]), ask(client_id="nobody", client_secret="x"), ask(client_id=id), ask()]
    same("client remove", run("client", "remove", "robot", "--data", example.data)[0], 0)
    wrong += [ask([basic(id, secret)]), ask(client_id=id, client_secret=secret)]
    for name, response in zip(("another secret", "unknown", "no secret", "no client", "removed, basic",
                               "removed, post"), wrong):
        challenge = response.get("WWW-Authenticate", "")
        same(f"{name}: invalid_client", (response.status, response.json().get("error"), challenge.split(" ")[0]),
             (401, "invalid_client", "Basic"), response)
    same("the token it holds stays good", example.call(token=kept).status, 200)

    again = add_client(None, "environment", "a", {"DOORWARD_DATA": example.data})
    same("DOORWARD_DATA says where", ask([basic(again["client_id"], again["client_secret"])]).status, 200)


def refused(name, ended, word, status=1):
    code, _, errors = ended
    same(f"{name}: status {status}", code, status, errors)
    check("one clear line", errors.count("\n") == 1 and errors.startswith("doorward: ") and word in errors, errors)


def test_refusals(world, example):
    fresh = iter(f"{world.path}/never-{i}" for i in range(100))
    port = free_port()
    listen = ["--listen", f"127.0.0.1:{port}"]
    taken = ["--listen", f"127.0.0.1:{example.port}"]
    broken = world.write("broken.yaml", "listen: 127.0.0.1:1\nupsteam: http://127.0.0.1:1\n")
    file = world.write("a-file", "")

    refused("a port in use", run("run", "--example", *taken, "--data", next(fresh)), "in use")
    refused("a port in use, no upstream", run("run", *taken, "--data", next(fresh)), "in use")
    refused("another daemon on the data", run("run", "--example", *listen, "--data", example.data),
            "another doorward")
    refused("an unknown flag", run("run", "--exmple"), "--example", 2)
    refused("a flag without its value", run("run", "--listen"), "--listen", 2)
    refused("a listen that is none", run("run", "--listen", "nowhere", "--data", next(fresh)), "HOST:PORT", 2)
    refused("an upstream that is none", run("run", "--upstream", "ftp://x", *listen, "--data", next(fresh)),
            "http://", 2)
    refused("--example and --upstream", run("run", "--example", "--upstream", "http://127.0.0.1:1"),
            "--upstream", 2)
    refused("a configuration that is not there", run("run", "-c", f"{file}-not", *listen), f"{file}-not")
    refused("a configuration with a mistake", run("run", "-c", broken, "--data", next(fresh)), f"{broken}:2:1")
    refused("data in a file", run("run", *listen, "--data", file), file)
    if subprocess.run([*WITHOUT_NGINX, "true"], capture_output=True).returncode == 0:
        refused("no nginx", run("run", "--example", *listen, "--data", next(fresh), wrap=WITHOUT_NGINX),
                "apt-get install nginx")
    else:
        note("no nginx: cannot be tried here, as it needs a mount namespace")
    check("nothing of all that listens", not listens(port))
    same("and the first goes on", example.call("/doorward/healthz").status, 200)


def test_unknown_upstream(world):
    """nginx alone would not start."""
    daemon = world.daemon("--upstream", "http://no-such-name.invalid", data=f"{world.path}/unknown-upstream")
    same("an upstream whose name does not resolve: it starts", call(daemon.port).status, 401)


def test_ordinary_user(world):
    """Without root nginx runs as who started it."""
    home = world.folder("home")
    os.chown(home, NOBODY, NOBODY)
    wrap = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    module = os.path.join(os.path.dirname(PROGRAM), "nginx", "ngx_http_doorward_module.so")
    if subprocess.run([*wrap, "test", "-r", module]).returncode != 0:
        return note("an ordinary user cannot read this build")
    port = free_port()
    daemon = world.keep(Process([*wrap, PROGRAM, "run", "--example", "--listen", f"127.0.0.1:{port}",
                                 "--data", f"{home}/data"], f"{world.path}/nobody.log"))
    try:
        wait_for("its healthz", lambda: listens(port) and call(port, "/doorward/healthz").status == 200, 20)
    except TimeoutError:
        return check("an ordinary user", False, daemon.output())
    same("an ordinary user: no token", call(port).status, 401)
    commands = re.findall(r"^  ((?:curl|TOKEN=).*)$", daemon.output(), re.M)
    check("an ordinary user: a token", paste(commands)[0][2].startswith(b"HTTP/1.1 200 "), daemon.output())
    daemon.kill(signal.SIGTERM)
    same("an ordinary user: it ends well", daemon.wait(20), 0)


def test_plain_folder(world):
    """A folder that is there already, for its owner alone, as mktemp makes it."""
    others = set(os.listdir("/run"))
    example = Example(world, tempfile.mkdtemp(prefix="mktemp-", dir=world.path))
    same("DATA as mktemp makes it", example.call().status, 401)
    same("its parts are in it", sorted(os.listdir(example.data)) > ["doorward.db"], True)
    same("it ends well", example.stop(), 0)
    left = [name for name in set(os.listdir("/run")) - others if name.startswith("doorward-")]
    same("nothing is left elsewhere", left, [])


def test_folder_in_path(world):
    """A folder named nginx in PATH, such as there is in build/, is no nginx."""
    path = os.environ["PATH"]
    os.makedirs(f"{world.path}/path/nginx")
    os.environ["PATH"] = f"{world.path}/path:{path}"
    try:
        example = Example(world, f"{world.path}/folder-in-path")
        same("a folder named nginx in PATH: it starts", example.call().status, 401)
        example.stop()
    finally:
        os.environ["PATH"] = path


with World() as world:
    first = Example(world, f"{world.path}/data")
    token = test_commands("the first start", first)
    test_denials(first)
    test_clients(first)
    test_refusals(world, first)
    same("it ends well", first.stop(), 0)

    second = Example(world, first.data, port=first.port)
    same("a second start: the token of the first is good", second.call(token=token).status, 200)
    test_commands("a second start", second)
    same("it ends well", second.stop(), 0)
    test_plain_folder(world)
    test_folder_in_path(world)
    test_unknown_upstream(world)
    if os.geteuid() == 0:
        test_ordinary_user(world)
done()
