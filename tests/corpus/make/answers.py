# SPDX-License-Identifier: Apache-2.0
"""
A server that says what it is told to say: stands for products that cannot be installed, word for word.
Each path has its answers, in order, the last one for good.
"""

import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer:
    """`fields` is a list of (name, value). Date, Content-Length and Content-Type come by themselves."""

    def __init__(self, status, body="", *fields, server=None, type=None, phrase=None, date=None, length=True):
        self.status, self.phrase, self.server, self.length = status, phrase, server, length
        self.body = body if isinstance(body, bytes) else body.encode()
        self.fields, self.date = list(fields), date
        names = [name.lower() for name, _ in fields]
        if "content-type" not in names and body:
            kind = type or (
                "application/json"
                if self.body[:1] in b"{["
                else "text/html; charset=utf-8"
                if self.body[:1] == b"<"
                else "text/plain"
            )
            self.fields.insert(0, ("Content-Type", kind))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = self.server.told
        key = f"{self.command} {self.path.partition('?')[0]}"
        queue = told.get(key) or told.get(self.path.partition("?")[0]) or told.get("*")
        answer = queue[0] if len(queue) == 1 else queue.pop(0)
        if callable(answer):
            answer = answer(self)
        self.send_response_only(answer.status, answer.phrase)
        if answer.server:
            self.send_header("Server", answer.server)
        now = time.time() + answer.date if answer.date is not None else time.time()
        self.send_header("Date", formatdate(now, usegmt=True))
        for name, value in answer.fields:
            self.send_header(name, value)
        if answer.length and answer.status not in (101, 204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.close_connection = answer.status == 101

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = answer


class Answers(ThreadingHTTPServer):
    """Answers(("/path", Answer(...), ...), ...): a path "*" is every other."""

    daemon_threads = True

    def __init__(self, *told):
        super().__init__(("127.0.0.1", 0), Handler)
        self.told = {path: list(answers) for path, *answers in told}
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
