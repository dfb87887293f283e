# SPDX-License-Identifier: Apache-2.0
"""
Where captures are made: servers on free ports of 127.0.0.1, names for them, and a place to write cases to.

    from studio import *

    with Studio() as studio:
        port = studio.process("nginx", [...], port)
        studio.case("basic/wrong.txt", "basic.wrong_password", "nginx auth_basic, curl -v",
                    curl(studio.at("api.example.com", port), "-v", "-u", "joe:wrong"))

A case's bytes are what the client printed; only ports, temporary paths and 127.0.0.1 are named anew.
"""

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.dirname(HERE)
TREE = os.path.dirname(os.path.dirname(CORPUS))
BUILD = os.path.join(TREE, os.environ.get("B", "build"))
NODE_MODULES = os.path.join(TREE, "build", "npm-corpus", "node_modules")
TABLE = os.path.join(CORPUS, "expected.tsv")
sys.path.append(os.path.join(TREE, "tests", "e2e"))
sys.dont_write_bytecode = True

from answers import Answers  # noqa: E402
from tokens import Key, assemble, b64  # noqa: E402,F401

NOW = int(time.time())
SECRET = b"a secret of nobody's, made for captures only, 64 bytes long....!"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port}")


class Keys:
    """Throw-away keys; everything a case needs to mint its token."""

    def __init__(self):
        self.hs = Key("HS256", "hs-1", SECRET)
        self.other_hs = Key("HS256", "hs-1", b"quite another secret, of the staging system, say, 64 bytes long.")
        self.rs = Key("RS256", "2026-10-key")
        self.es = Key("ES256", "2026-11-es")


def claims(**more):
    """Good claims by now; a claim given as None is left out."""
    now = int(time.time())
    every = {
        "iss": "https://login.example.com/",
        "aud": "https://api.example.com",
        "sub": "user-1815",
        "scope": "orders:read",
        "iat": now - 60,
        "exp": now + 3540,
        **more,
    }
    return {name: value for name, value in every.items() if value is not None}


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def mint(key, payload=None, **header):
    """A token; header members given as None are left out. `payload` is claims, or JSON text."""
    every = {"alg": key.alg, "typ": "JWT", "kid": key.kid, **header}
    every = {name: value for name, value in every.items() if value is not None}
    payload = claims() if payload is None else payload
    return assemble(key, compact(every), payload if isinstance(payload, (str, bytes)) else compact(payload))


class Studio:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="corpus-")
        os.chmod(self.folder, 0o755)
        self.running, self.renamed, self.names = [], [], {}
        self.keys = Keys()
        self.n = 0
        atexit.register(self.stop)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.stop()

    def stop(self):
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running = []
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- Servers --

    def path(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path

    def node(self, name):
        """A peer of peers.mjs'. Its port."""
        port = free_port()
        line = ["node", f"{HERE}/peers/peers.mjs", NODE_MODULES, name, str(port), SECRET.decode()]
        return self.process(line, port, {"NODE_ENV": "production"})

    def python(self, script):
        port = free_port()
        line = ["/usr/bin/python3", "-B", f"{HERE}/peers/{script}", str(port), SECRET.decode(), self.folder]
        return self.process(line, port)

    def doorward(self, kind="doorward"):
        """Our own guard in front of the example API."""
        port = free_port()
        program = os.environ.get("DOORWARD", os.path.join(BUILD, "doorward"))
        return self.process(
            [program, "run", "--example", "--listen", f"127.0.0.1:{port}", "--data", self.path("guard/data")], port
        )

    def nginx(self, text, port):
        """`text` is what stands in http { }."""
        rooms = " ".join(
            f"{room}_temp_path {self.folder}/nginx-{room};"
            for room in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        conf = self.write(
            f"nginx-{port}.conf",
            f"daemon off; {user} pid {self.folder}/nginx-{port}.pid; "
            f"events {{}} http {{ access_log off; {rooms}\n{text}\n}}\n",
        )
        return self.process(
            [shutil.which("nginx") or "/usr/sbin/nginx", "-c", conf, "-e", f"{self.folder}/nginx-error.log"], port
        )

    def front(self, text, more=""):
        """nginx with one server of those locations. Its port."""
        port = free_port()
        return self.nginx(f"server {{ listen 127.0.0.1:{port}; {text} }} {more}", port)

    def says(self, host, *told):
        """A server that answers as told, at http://host. The URL."""
        return self.name(host, Answers(*told).port)

    def process(self, line, port, env=None):
        """Starts a program and waits until it listens."""
        self.n += 1
        log = open(self.path(f"log-{self.n}"), "wb")
        self.running.append(
            subprocess.Popen(line, stdout=log, stderr=log, cwd=self.folder, env={**os.environ, **(env or {})})
        )
        try:
            wait_for(port)
        except TimeoutError:
            with open(self.path(f"log-{self.n}"), errors="replace") as file:
                raise RuntimeError(f"{line[0]}: {file.read()[-2000:]}") from None
        return port

    def name(self, host, port, scheme="http"):
        """From now on http://host is that port. The URL."""
        self.names[host] = (port, scheme)
        return f"{scheme}://{host}"

    # -- Cases --

    def rename(self, old, new):
        """In all that is written from now on."""
        self.renamed.append((old.encode(), new.encode()))

    def clean(self, data):
        data = data if isinstance(data, bytes) else data.encode()
        for old, new in self.renamed:
            data = data.replace(old, new)
        data = data.replace(self.folder.encode(), b"/home/joe")
        for host, (port, scheme) in self.names.items():
            standard = b"443" if scheme == "https" else b"80"
            data = data.replace(b"127.0.0.1:%d..." % port, b"203.0.113.10:%s..." % standard)
            data = data.replace(b"http://127.0.0.1:%d" % port, f"{scheme}://{host}".encode())
            data = data.replace(b"127.0.0.1:%d" % port, host.encode())
            data = data.replace(
                b"Connected to %s (127.0.0.1) port %d" % (host.encode(), port),
                b"Connected to %s (203.0.113.10) port %s" % (host.encode(), standard),
            )
            data = data.replace(b"Connection to 127.0.0.1 %d" % port, b"Connection to 203.0.113.10 %s" % standard)
            data = data.replace(b"port %d" % port, b"port %s" % standard)
        return data.replace(b"127.0.0.1", b"203.0.113.10")

    def case(self, file, expected, how, data):
        data = self.clean(data)
        path = os.path.join(CORPUS, file)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(data)
        rows = {}
        if os.path.exists(TABLE):
            with open(TABLE) as table:
                rows = {line.split("\t")[0]: line for line in table if line.strip()}
        rows[file] = f"{file}\t{expected}\t{how}\n"
        with open(TABLE, "w") as table:
            table.writelines(rows[name] for name in sorted(rows))
        return data
