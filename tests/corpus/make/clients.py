# SPDX-License-Identifier: Apache-2.0
"""Clients whose output people paste: each returns what it printed, as bytes."""

import os
import socket
import subprocess
import sys
import time

WORDS_OF_SHELL = set(" '\"$\\{}<>|&;()*?[]`!#~")


def shown(word):
    return "'" + word.replace("'", "'\\''") + "'" if set(word) & WORDS_OF_SHELL else word


def curl(studio, url, *options, prompt=True, env=None):
    """`$ curl ...` and what it printed: both streams, as a terminal shows them."""
    reach = [
        word
        for host, (port, scheme) in studio.names.items()
        for word in ("--connect-to", f"{host}:{443 if scheme == 'https' else 80}:127.0.0.1:{port}")
    ]
    done = subprocess.run(
        ["curl", "-s", "-m", "20", *reach, *options, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "HOME": studio.folder, **(env or {})},
    )
    lines = [
        line
        for line in done.stdout.split(b"\n")
        if not line.startswith(b"* Connecting to hostname:") and not line.startswith(b"* Connecting to port:")
    ]
    name = url.partition("://")[2].partition("/")[0].rpartition("@")[2].encode()
    lines = [line.replace(b"(nil)", name) for line in lines]
    head = "$ curl " + " ".join(shown(word) for word in (*options, url)) + "\n" if prompt else ""
    return head.encode() + b"\n".join(lines)


def local(studio, url):
    """The URL as clients reach it that cannot be told where a name is."""
    for host, (port, scheme) in studio.names.items():
        if url.startswith(f"{scheme}://{host}/") or url == f"{scheme}://{host}":
            return f"http://127.0.0.1:{port}" + url[len(f"{scheme}://{host}") :]
    return url


def run(line, env=None, input=None, cwd=None):
    return subprocess.run(
        line,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        input=input,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        timeout=60,
    ).stdout


def wget(studio, url, *options, flag="-d"):
    out = run(["wget", flag, "--tries=1", "-O", "-", *options, local(studio, url)], {"HOME": studio.folder})
    return out


def httpie(studio, *words):
    """`http -v` and what it printed."""
    shown_words = " ".join(shown(word) for word in words)
    words = [local(studio, word) for word in words]
    out = run(["http", "--ignore-stdin", "--pretty=none", "-v", *words], {"HOME": studio.folder})
    return f"$ http -v {shown_words}\n".encode() + out


REQUESTS = """
import http.client, requests, sys
http.client.HTTPConnection.debuglevel = 1
answer = requests.request({method!r}, {url!r}, {arguments})
print(answer.status_code, answer.text[:2000])
"""


def requests(studio, method, url, arguments="", env=None):
    script = REQUESTS.format(method=method, url=local(studio, url), arguments=arguments)
    return run(
        [sys.executable, "-B", "-c", script],
        {"HOME": studio.folder, "NETRC": f"{studio.folder}/.netrc", **(env or {})},
    )


GO = """package main

import (
    "fmt"
    "net/http"
    "net/http/httputil"
    "os"
    "strings"
)

type logged struct{}

func (logged) RoundTrip(request *http.Request) (*http.Response, error) {
    out, _ := httputil.DumpRequestOut(request, true)
    fmt.Printf("%s\\n", out)
    response, err := http.DefaultTransport.RoundTrip(request)
    if err != nil {
        return nil, err
    }
    in, _ := httputil.DumpResponse(response, true)
    fmt.Printf("%s\\n", in)
    return response, nil
}

func main() {
    request, _ := http.NewRequest(os.Args[1], os.Args[2], nil)
    for _, field := range os.Args[3:] {
        name, value, _ := strings.Cut(field, ": ")
        request.Header.Set(name, value)
    }
    client := http.Client{Transport: logged{}}
    client.Do(request)
}
"""


def go(studio, method, url, *fields):
    """net/http with httputil's dumps."""
    program = os.path.join(studio.folder, "dump")
    if not os.path.exists(program):
        source = studio.write("dump.go", GO)
        cache = {"GOCACHE": studio.path("go-cache"), "GOFLAGS": "-p=1", "HOME": studio.folder}
        out = run(["go", "build", "-o", program, source], cache)
        if not os.path.exists(program):
            raise RuntimeError(out.decode())
    return run([program, method, local(studio, url), *fields])


class Exchange:
    """One request and its answer, byte for byte, for those formats that no program here writes."""

    def __init__(self, method, url, fields, body, answer, started, took_ms):
        self.method, self.url, self.fields, self.body = method, url, fields, body
        self.started, self.took_ms = started, took_ms
        head, _, self.answer_body = answer.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        parts = lines[0].split(" ", 2) + ["", ""]
        self.version, self.status, self.phrase = parts[0], int(parts[1] or 0), parts[2]
        self.answer_fields = [
            tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "") for line in lines[1:]
        ]
        if ("transfer-encoding", "chunked") in [(n.lower(), v) for n, v in self.answer_fields]:
            self.answer_body = unchunk(self.answer_body)

    def field(self, name):
        return next((value for key, value in self.answer_fields if key.lower() == name.lower()), None)


def unchunk(data):
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        n = int(size.split(b";")[0] or b"0", 16)
        if n == 0:
            break
        body, data = body + data[:n], data[n + 2 :]
    return body


def wire(studio, method, url, fields=(), body=b"", host=None):
    """Sends exactly these fields (name, value), after Host."""
    target = local(studio, url)
    scheme, _, rest = url.partition("://")
    name, slash, path = rest.partition("/")
    name = name.rpartition("@")[2]
    port = int(target.split("/")[2].rpartition(":")[2]) if "127.0.0.1" in target else studio.names[name][0]
    every = [("Host", host or name), *fields]
    if body:
        every.append(("Content-Length", str(len(body))))
    head = f"{method} {slash}{path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in every) + "\r\n"
    started = time.time()
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(head.encode("utf-8", "surrogateescape") + body)
        connection.settimeout(1.5)
        answer = receive(connection)
    return Exchange(method, url, every, body, answer, started, max(1, round((time.time() - started) * 1000)))


def receive(connection):
    """One response: until it is whole, or nothing comes any more."""
    answer = b""
    try:
        while True:
            data = connection.recv(65536)
            if not data:
                return answer
            answer += data
            head, end, body = answer.partition(b"\r\n\r\n")
            lower = head.lower()
            if end and b"content-length:" in lower:
                size = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
                if len(body) >= size:
                    return answer
            elif end and lower.split(b" ")[1:2] in ([b"101"], [b"204"], [b"304"]):
                return answer
            elif end and b"chunked" in lower and answer.endswith(b"0\r\n\r\n"):
                return answer
    except TimeoutError:
        return answer
