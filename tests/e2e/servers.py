# SPDX-License-Identifier: Apache-2.0
"""Servers for the tests to talk to: an upstream that echoes, and an issuer that misbehaves on demand."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, handler, port=0):
        super().__init__(("127.0.0.1", port), handler)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # clients of tests hang up when they like

    def stop(self):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def reply(self, status, body, **fields):
        if not isinstance(body, bytes):
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        fields.setdefault("Content-Type", "application/json")
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Echo(Handler):
    """Tells who called, as JSON: method, path, fields (a list of pairs), size of the body."""

    def echo(self):
        if self.headers.get("Upgrade", "").lower() == "websocket":
            return self.upgrade()
        size = int(self.headers.get("Content-Length") or 0)
        left = size
        while left > 0:
            left -= len(self.rfile.read(min(left, 65536)))
        self.server.calls += 1
        self.server.paths.append(self.path)
        if self.path.startswith("/accel"):
            return self.reply(200, "", X_Accel_Redirect=self.path.split("to=")[1])
        if self.path.startswith("/status/"):
            return self.reply(int(self.path.split("/")[2]), {"upstream": "says so"},
                              WWW_Authenticate='Upstream realm="its own"')
        self.reply(200, {"method": self.command, "path": self.path, "size": size,
                         "fields": [[name, value] for name, value in self.headers.items()]})

    def upgrade(self):
        """Accepts a WebSocket (RFC 6455) and sends back the bytes it gets, as they are."""
        guid = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(guid.encode()).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.send_header("Subject", self.headers.get("Doorward-Subject", ""))
        self.end_headers()
        self.close_connection = True
        while True:
            data = self.connection.recv(4096)
            if not data:
                return
            self.connection.sendall(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = echo


def echo_server():
    server = Server(Echo)
    server.calls, server.paths = 0, []
    return server


class IssuerHandler(Handler):
    def do_GET(self):
        issuer = self.server.issuer
        if self.path == issuer.jwks_path:
            with issuer.lock:
                issuer.fetches += 1
                delay, status, garbage = issuer.delay, issuer.status, issuer.garbage
            time.sleep(delay)
            body = garbage if garbage is not None else {"keys": issuer.padding + issuer.keys_now()}
            fields = {"Cache_Control": issuer.cache_control} if issuer.cache_control else {}
            self.reply(status, body, **fields)
        elif self.path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
            with issuer.lock:
                issuer.discoveries += 1
            if issuer.garbage_metadata is not None:
                return self.reply(200, issuer.garbage_metadata)
            self.reply(200, {"issuer": issuer.claimed or issuer.url,
                             "jwks_uri": issuer.url + issuer.jwks_path,
                             "token_endpoint": issuer.url + "/token",
                             "authorization_endpoint": issuer.url + "/authorize",
                             "response_types_supported": ["code"],
                             "subject_types_supported": ["public"],
                             "id_token_signing_alg_values_supported": ["RS256"]})
        else:
            self.reply(404, {"error": "not_found"})


class Issuer:
    """A foreign issuer. Set its members at any time; count what was fetched."""

    def __init__(self, *keys, port=0):
        self.keys = list(keys)
        self.lock = threading.Lock()
        self.fetches = self.discoveries = 0
        self.delay = 0           # seconds before the JWKS is answered
        self.status = 200        # of the JWKS
        self.garbage = None      # sent instead of the JWKS
        self.garbage_metadata = None
        self.claimed = None      # another issuer than the true one, in the metadata
        self.cache_control = None
        self.padding = []        # JWKs before the true ones
        self.jwks_path = "/jwks"
        self.server = None
        self.start(port)

    def keys_now(self):
        return [key.jwk() for key in self.keys]

    def start(self, port=0):
        self.server = Server(IssuerHandler, port)
        self.server.issuer = self
        self.port = self.server.port
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self):
        """Goes down; start(port) brings it back under the same name."""
        if self.server is not None:
            self.server.stop()
            self.server = None
