# SPDX-License-Identifier: Apache-2.0
"""A foreign issuer that misbehaves on demand: every document can be replaced, delayed or held back."""

import threading
import time

from policy import AUDIENCE
from servers import Handler, Server
from tokens import claims, jwks, mint

OAUTH, OPENID = "oauth-authorization-server", "openid-configuration"


class ForeignHandler(Handler):
    def do_GET(self):
        self.server.foreign.answer(self)

    do_HEAD = do_GET


class Foreign:
    """Change its members at any time; `fetches` counts the JWKS, `asked` lists every path in order."""

    def __init__(self, *keys, path="", forms=(OAUTH, OPENID)):
        self.keys = list(keys)
        self.padding = []        # JWKs before its own
        self.forms = forms       # the metadata it has
        self.metadata = {}       # what differs from the truth in it
        self.status = 200        # of everything
        self.delay = 0           # seconds until the JWKS is answered
        self.jwks_answer = None  # called with the handler, instead of answering with the JWKS
        self.fetches, self.asked = 0, []
        self.lock = threading.Lock()
        self.jwks_came = threading.Event()  # somebody is waiting for the JWKS
        self.path = path
        self.server = None
        self.start()
        self.url = f"http://127.0.0.1:{self.port}{path}"

    def start(self, port=0):
        self.server = Server(ForeignHandler, port)
        self.server.foreign = self
        self.port = self.server.port

    def stop(self):
        """Goes down; start(self.port) brings it back."""
        if self.server is not None:
            self.server.stop()
            self.server = None

    def token(self, key=None, sub="user-1", **header):
        return mint(key or self.keys[0], claims(self.url, AUDIENCE, sub=sub), **header)

    # -- Its documents --

    def where(self, form):
        """RFC 8414 s3.1 puts the well-known part before the issuer's path, OpenID Discovery s4 behind."""
        path = self.path.rstrip("/")
        return f"/.well-known/{form}{path}" if form == OAUTH else f"{path}/.well-known/{form}"

    def answer(self, handler):
        if self.server is None:  # a connection kept alive from before
            handler.close_connection = True
            return None
        with self.lock:
            self.asked.append(handler.path)
            self.fetches += handler.path == "/keys"
        if self.status != 200:
            return handler.reply(self.status, {"error": "server_error"})
        if handler.path == "/keys":
            return self.answer_jwks(handler)
        if handler.path == "/moved":
            return self.reply_jwks(handler)
        if handler.path in [self.where(form) for form in self.forms]:
            return handler.reply(200, {"issuer": self.url, "jwks_uri": f"http://127.0.0.1:{self.port}/keys",
                                       "response_types_supported": ["code"], **self.metadata})
        handler.reply(404, {"error": "not_found"})

    def answer_jwks(self, handler):
        self.jwks_came.set()
        time.sleep(self.delay)
        (self.jwks_answer or self.reply_jwks)(handler)

    def reply_jwks(self, handler):
        handler.reply(200, {"keys": self.padding + jwks(*self.keys)["keys"]})


# -- Answers to use as `jwks_answer` ----------------------------------------------------------------

def says(status, body, **fields):
    return lambda handler: handler.reply(status, body, **fields)


def hangs(handler):
    """Says nothing until the client has had enough."""
    handler.close_connection = True
    handler.rfile.read(1)


def waits_for(event, then):
    """Holds the answer back until somebody lets it go."""
    def answer(handler):
        event.wait(10)
        then(handler)
    return answer


def trickles(handler):
    """A byte now and then, for ever."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.1)


def filler(key, size):
    """About that many bytes of other keys."""
    jwk = key.jwk()
    each = len(str(jwk)) + 10
    return [{**jwk, "kid": f"filler-{i:05}"} for i in range(size // each)]
