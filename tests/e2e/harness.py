# SPDX-License-Identifier: Apache-2.0
"""
What end-to-end tests are made of: TAP, temp folders, nginx with the module, the daemon, and a client
that sends exact bytes. Needs python3 and Debian's python3-cryptography. The program under test is in
$B (default: build).

    from harness import *

    with World() as world:
        nginx = world.nginx(http, server)
        response = get(nginx.port, "/")
        check("it is open", response.status == 200, response)
    done()
"""

import atexit
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from policy import *   # noqa: F401,F403 - for the tests
from servers import *  # noqa: F401,F403
from tokens import *   # noqa: F401,F403

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TREE, os.environ.get("B", "build"))
MODULE = os.path.join(BUILD, "nginx", "ngx_http_doorward_module.so")
PROGRAM = os.path.join(BUILD, "doorward")
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

# -- TAP --------------------------------------------------------------------------------------------

counted = failed = 0
finished = False


def check(name, passed, *details):
    """One verdict; the details are shown when it is bad."""
    global counted, failed
    counted += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {counted} - {name}", flush=True)
    if not passed:
        for line in "\n".join(str(detail) for detail in details).splitlines():
            print(f"#   {line[:2000]}", flush=True)
    return passed


def same(name, got, want, *details):
    return check(name, got == want, f"got:  {got!r}", f"want: {want!r}", *details)


def note(text):
    print(f"# {text}", flush=True)


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    finish()


def done():
    print(f"1..{counted}", flush=True)
    finish()


def finish():
    global finished
    finished = True
    sys.exit(1 if failed else 0)


@atexit.register
def report_unfinished():
    if not finished:
        print("Bail out! the test ended before done()", flush=True)


# -- Ports and waiting ------------------------------------------------------------------------------

def take_ports():
    """A thousand ports for this test alone, while it runs: a port that was found free is not taken yet."""
    for first in range(12000, 32000, 1000):
        mine = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            mine.bind(f"\0doorward-test-ports-{first}")
            return mine, list(range(first, first + 1000))
        mine.close()
    raise RuntimeError("too many tests run at once")


ports_lock, ports_left = take_ports()
random.shuffle(ports_left)


def free_port():
    """Below the range that outgoing connections take theirs from: it is still free after a restart."""
    while True:
        port = ports_left.pop()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_for(what, condition, seconds=30):
    """Waits until the condition holds; raises after that many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise TimeoutError(f"waited {seconds} s for {what}")


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


# -- A client that sends exact bytes -----------------------------------------------------------------

class Response:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.head, self.body = head, body
        self.status = int(lines[0].split(" ")[1])
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def json(self):
        return json.loads(self.body)

    def told(self):
        """The request's fields as the echoing upstream saw them, by lower-case name."""
        return {name.lower(): value for name, value in self.json()["fields"]}

    def __str__(self):
        return f"{self.head.decode('latin-1')}\n\n{self.body[:1000].decode('utf-8', 'replace')}"


class Connection:
    """One connection, kept alive. Sends what it is told, reads one response at a time."""

    def __init__(self, port, tls=False, timeout=20, certificate=None):
        """`certificate` is the client's: paths of it and of its key."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl._create_unverified_context()
            if certificate is not None:
                context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def close(self):
        self.socket.close()

    def end(self):
        """Says that nothing more will come, and waits for the other side to hang up: by then it has written its
        log."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(5)
            while self.socket.recv(65536):
                pass
        except OSError:
            pass  # gone already, or in no hurry

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def take(self, n):
        while len(self.buffer) < n:
            if not self.more():
                raise ConnectionError(f"closed after {len(self.buffer)} of {n} bytes")
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def take_until(self, end):
        while end not in self.buffer:
            if not self.more():
                raise ConnectionError(f"closed after {self.buffer[:200]!r}")
        data, self.buffer = self.buffer.split(end, 1)
        return data

    def take_chunks(self):
        body = b""
        while True:
            size = int(self.take_until(b"\r\n").split(b";")[0], 16)
            body += self.take(size)
            self.take(2)
            if size == 0:
                return body

    def receive(self, method="GET"):
        """The next final response."""
        response = Response(self.take_until(b"\r\n\r\n"), b"")
        while response.status in (100, 103):
            response = Response(self.take_until(b"\r\n\r\n"), b"")
        if method == "HEAD" or response.status in (101, 204, 304):
            return response
        if response.get("Transfer-Encoding", "").lower() == "chunked":
            response.body = self.take_chunks()
        elif response.get("Content-Length") is not None:
            response.body = self.take(int(response.get("Content-Length")))
        else:
            while self.more():
                pass
            response.body, self.buffer = self.buffer, b""
        return response

    def call(self, path="/", method="GET", token=None, fields=(), body=b"", version="1.1"):
        """`fields` is a list of whole lines; `token` is shorthand for a Bearer field."""
        lines = [f"{method} {path} HTTP/{version}", "Host: localhost", *fields]
        if token is not None:
            lines.append(f"Authorization: Bearer {token}")
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return self.receive(method)


def call(port, path="/", tls=False, certificate=None, **more):
    with Connection(port, tls, certificate=certificate) as connection:
        response = connection.call(path, **more)
        connection.end()
        return response


get = call

# -- Programs ---------------------------------------------------------------------------------------


def preload():
    """Where the module is built with AddressSanitizer, nginx needs its library first."""
    needed = subprocess.run(["ldd", MODULE], capture_output=True, text=True).stdout
    return {"LD_PRELOAD": "libasan.so.8 libubsan.so.1",
            "ASAN_OPTIONS": "detect_leaks=0:quarantine_size_mb=0:thread_local_quarantine_size_kb=0"} if "libasan" in needed else {}


class Process:
    """A program of a test's own, stopped when the world ends."""

    def __init__(self, arguments, log, env=None):
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=output, env={**os.environ, **(env or {})})
        self.pid = self.process.pid

    def runs(self):
        return self.process.poll() is None

    def output(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def kill(self, signum):
        if self.runs():
            self.process.send_signal(signum)

    def wait(self, seconds=10):
        return self.process.wait(seconds)

    def stop(self):
        self.kill(signal.SIGTERM)
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self.kill(signal.SIGKILL)
            self.wait()


class Daemon(Process):
    """`doorward run`, ready."""

    def __init__(self, world, *arguments, port=None, data=None, config=None):
        self.port = port or free_port()
        self.data = data or world.folder("data")
        line = [PROGRAM, "run", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, *arguments]
        if config is not None:
            line += ["-c", config]
        super().__init__(line, os.path.join(world.path, f"daemon-{self.port}.log"))
        wait_for("the daemon's healthz", self.is_healthy, 20)

    def is_healthy(self):
        if not self.runs():
            raise RuntimeError(f"doorward run ended:\n{self.output()}")
        with contextlib.suppress(OSError, ValueError):
            return call(self.port, "/doorward/healthz").status == 200
        return False


MAIN = """
{user}
daemon {daemon};
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log {level};
worker_shutdown_timeout 10s;
load_module {module};
{main}
events {{ worker_connections 1024; }}
http {{
    log_format reasons '$status $doorward_reason $doorward_id $request_uri';
    access_log {folder}/access.log reasons;
    default_type text/plain;
    root {folder}/html;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    large_client_header_buffers 4 64k;
    client_max_body_size 64m;
    {http}
    server {{
        listen 127.0.0.1:{port};
        {server}
    }}
}}
"""


FAULTS = ["AddressSanitizer", "LeakSanitizer", "runtime error:", "exited on signal 6", "exited on signal 11"]


class Nginx(Process):
    """Stock nginx with the module. Its access log holds status, reason, id and URI of each request."""

    def __init__(self, world, http, server, main="", workers=1, level="info", port=None, detached=False):
        self.folder = world.folder("nginx")
        self.detached = detached  # from us: only so it can be upgraded
        self.port = port or free_port()
        main += "".join(f"env {name};" for name in preload())  # kept for an upgraded binary
        self.settings = {"folder": self.folder, "module": MODULE, "workers": workers, "level": level,
                         "user": "user root;" if os.geteuid() == 0 else "", "main": main,
                         "port": self.port, "daemon": "on" if detached else "off"}
        os.makedirs(f"{self.folder}/html", exist_ok=True)
        self.configure(http, server)
        super().__init__(self.line(), f"{self.folder}/output.log", preload())
        wait_for(f"nginx on port {self.port}", self.is_up)

    def line(self, *more):
        return [NGINX, "-p", self.folder, "-c", f"{self.folder}/nginx.conf",
                "-e", f"{self.folder}/error.log", *more]

    def configure(self, http, server):
        with open(f"{self.folder}/nginx.conf", "w") as conf:
            conf.write(MAIN.format(http=http, server=server, **self.settings))

    def stop(self):
        super().stop()
        faults = [line for line in (self.output() + self.errors()).splitlines()
                  if any(word in line for word in FAULTS)]
        if faults:
            check("nginx ran without a fault", False, *faults)
        if self.detached and os.path.exists(f"{self.folder}/nginx.pid"):
            os.kill(self.master(), signal.SIGTERM)
            wait_for("nginx's end", lambda: not os.path.exists(f"{self.folder}/nginx.pid"))

    def is_up(self):
        if self.detached and self.runs():
            return False  # until its launcher has ended, nginx takes itself for an upgrade's and refuses another
        if not self.detached and not self.runs():
            raise RuntimeError(f"nginx ended:\n{self.output()}\n{self.errors()}")
        return os.path.exists(f"{self.folder}/nginx.pid") and listens(self.port)

    def master(self):
        with open(f"{self.folder}/nginx.pid") as pid:
            return int(pid.read())

    def workers(self):
        children = subprocess.run(["pgrep", "-P", str(self.master())], capture_output=True, text=True)
        return [int(pid) for pid in children.stdout.split()]

    def reload(self):
        os.kill(self.master(), signal.SIGHUP)

    def errors(self):
        with open(f"{self.folder}/error.log", errors="replace") as log:
            return log.read()

    def reasons(self, n):
        """The last n lines of the access log, each as [status, reason, id, URI]."""
        def read():
            with open(f"{self.folder}/access.log") as log:
                return [line.split() for line in log][-n:]
        wait_for("the access log", lambda: len(read()) == n)
        time.sleep(0.02)
        return read()

    def page(self, path, text):
        """A file of the document root."""
        full = f"{self.folder}/html/{path}"
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as page:
            page.write(text)


def test_config(world, http, server="location / { return 204; }", main=""):
    """What `nginx -t` says of a configuration: (its exit status, its complaints)."""
    folder = world.folder("test")
    os.makedirs(f"{folder}/html")
    with open(f"{folder}/nginx.conf", "w") as conf:
        conf.write(MAIN.format(folder=folder, module=MODULE, workers=1, level="info", http=http,
                               user="", main=main, port=free_port(), server=server, daemon="off"))
    result = subprocess.run([NGINX, "-t", "-q", "-p", folder, "-c", f"{folder}/nginx.conf",
                             "-e", f"{folder}/error.log"], env={**os.environ, **preload()},
                            capture_output=True, text=True)
    return result.returncode, result.stderr


class World:
    """A temp folder and everything started in it; both are gone at the end."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="doorward-")
        os.chmod(self.path, 0o755)
        self.stack = contextlib.ExitStack()
        self.stack.callback(shutil.rmtree, self.path, ignore_errors=True)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: sys.exit(1))
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def folder(self, name):
        return tempfile.mkdtemp(prefix=f"{name}-", dir=self.path)

    def write(self, name, content):
        path = os.path.join(self.path, name)
        if not isinstance(content, (str, bytes)):
            content = json.dumps(content)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return path

    def keep(self, thing):
        """Stops it when the world ends."""
        self.stack.callback(thing.stop)
        return thing

    def nginx(self, *arguments, **more):
        return self.keep(Nginx(self, *arguments, **more))

    def daemon(self, *arguments, **more):
        return self.keep(Daemon(self, *arguments, **more))

    def issuer(self, *keys, **more):
        return self.keep(Issuer(*keys, **more))  # noqa: F405

    def echo(self):
        return self.keep(echo_server())  # noqa: F405
