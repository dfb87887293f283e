# SPDX-License-Identifier: Apache-2.0
"""The two doors: the nginx module, and the verify endpoint that other proxies ask. Rows of credentials.py
are sent through either; what comes back is (status, reason, challenges)."""

import http.cookies
import re
import urllib.parse

from credentials import *  # noqa: F401,F403

ASK = """
        location = /ask {{
            internal;
            proxy_pass http://unix:{socket}:/doorward/verify;
            proxy_http_version 1.1;
            proxy_method GET;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Original-URI $request_uri;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header Doorward-Ask 1;
            proxy_set_header Doorward-Source $remote_addr;
            proxy_set_header Doorward-Certificate $doorward_certificate;
        }}
"""

SERVER = """
        doorward on;
        doorward_ask /ask;
        location / {{ proxy_pass http://127.0.0.1:{echo}; }}
"""

TLS = """
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_client_certificate {authority};
    ssl_verify_client optional;
"""


def call_tls(port, certificate, path, method="GET", fields=()):
    """As curl's --cert: (certificate, PEM, key) or None."""
    context = ssl._create_unverified_context()
    if certificate is not None:
        context.load_cert_chain(certificate[1], certificate[2])
    connection = Connection(port)
    connection.socket = context.wrap_socket(connection.socket)
    with connection:
        return connection.call(path, method=method, fields=fields)


def challenges_of(response):
    return [(value.split(" ", 1)[0], value) for value in response.all("WWW-Authenticate")]


class Door:
    def __init__(self, place, foreign_key):
        self.place, self.foreign_key = place, foreign_key
        self.n = 0

    def source(self):
        """Every request comes from somewhere else: nobody is to be throttled here."""
        self.n += 1
        return f"198.51.{self.n // 250 + 1}.{self.n % 250 + 1}"

    def challenge(self, path, scheme, algorithm=None):
        """The challenge of that scheme a request without credentials gets."""
        response = self.send(path)[3]
        for name, value in challenges_of(response):
            if name == scheme and (algorithm is None or f"algorithm={algorithm}" in value):
                return value
        raise LookupError(f"{path}: no {scheme} challenge in {response}")

    def run(self, entry):
        certificate = getattr(self.place, entry["certificate"]) if entry["certificate"] else None
        path = entry["path"](self.place) if callable(entry["path"]) else entry["path"]
        fields = entry["make"](self.place, self)
        return self.send(path, entry["method"], fields, certificate)


class NginxDoor(Door):
    def __init__(self, place, foreign_key, socket):
        super().__init__(place, foreign_key)
        world = place.world
        self.tls_port = free_port()
        self.echo = world.echo()
        inner = SERVER.format(echo=self.echo.port) + ASK.format(socket=socket)
        host = place.authority.issue("localhost", dns=["localhost"], ip=["127.0.0.1"])
        tls = TLS.format(certificate=host[1], key=host[2], authority=place.authority.file)
        self.nginx = world.nginx(
            f"doorward_policy {place.config}; set_real_ip_from 127.0.0.1; real_ip_header X-Test-Source; "
            f"server {{ listen 127.0.0.1:{self.tls_port} ssl; {tls} {inner} }}", inner, workers=2)

    def send(self, path, method="GET", fields=(), certificate=None):
        fields = [*fields, f"X-Test-Source: {self.source()}"]
        if certificate is None:
            response = call(self.nginx.port, path, method=method, fields=fields)
        elif certificate is self.place.ended:  # TLS itself would refuse it
            response = call(self.nginx.port, path, method=method, fields=[*fields, *client_cert(certificate[0])])
        else:
            response = call_tls(self.tls_port, certificate, path, method, fields)
        status, reason, id, _ = self.nginx.reasons(1)[0][:4]
        return response.status, reason, challenges_of(response), response


class VerifyDoor(Door):
    """As a proxy asks that sets all it should, and leaves the rest of the request as it is."""

    def __init__(self, place, foreign_key, daemon):
        super().__init__(place, foreign_key)
        self.daemon = daemon

    def send(self, path, method="GET", fields=(), certificate=None):
        fields = [f"X-Original-Method: {method}", f"X-Original-URI: {path}",
                  f"X-Real-IP: {self.source()}", *fields]
        if certificate is not None:
            fields += client_cert(certificate[0])
        response = call(self.daemon.port, "/doorward/verify", fields=fields)
        self.last = response.get("Doorward-Id")
        return response.status, lambda: self.reason(response.get("Doorward-Id")), challenges_of(response), response

    def await_log(self):
        """Until the last decision is in the log: all before it are, too."""
        wait_for(f"decision {self.last} in the log", lambda: self.reason(self.last) is not None)

    def reason(self, id):
        with open(f"{self.place.data}/log/decisions.jsonl") as log:
            found = [json.loads(line)["reason"] for line in log if f'"{id}"' in line]
        return found[0] if len(found) == 1 else found or None


def sign_in(port, user, password, prefix="/doorward/", origin=ORIGIN):
    """The cookie's value."""
    form = urllib.parse.urlencode({"username": user, "password": password, "return": "/"})
    response = call(port, f"{prefix}signin", method="POST", body=form.encode(),
                    fields=["Content-Type: application/x-www-form-urlencoded", f"Origin: {origin}"])
    jar = http.cookies.SimpleCookie(response.get("Set-Cookie", ""))
    if "__Host-doorward" not in jar:
        raise RuntimeError(f"no session: {response}")
    return jar["__Host-doorward"].value


def compare(entry, got):
    """What differs between a row and what came back."""
    status, reason, challenges, response = got
    reason = reason() if callable(reason) else reason
    problems = []
    if status != entry["status"]:
        problems.append(f"status {status}, not {entry['status']}")
    if reason != entry["reason"]:
        problems.append(f"reason {reason}, not {entry['reason']}")
    if entry["challenges"] == [] and status not in (401,) and challenges:
        problems.append(f"challenges where none should be: {challenges}")
    if entry["challenges"] and [name for name, _ in challenges] != [name for name, _ in entry["challenges"]]:
        problems.append(f"challenges {[name for name, _ in challenges]}")
        return problems
    for (name, text), (_, wanted) in zip(challenges, entry["challenges"]):
        found = parameters(text)
        problems += [f"{name}: {key} is {found.get(key)!r}, not {value!r} in: {text}"
                     for key, value in wanted.items() if found.get(key) != value]
    if status >= 400 and response.all("Cache-Control") != ["no-store"]:
        problems.append(f"Cache-Control {response.all('Cache-Control')}")
    return problems
