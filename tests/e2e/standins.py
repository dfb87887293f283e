# SPDX-License-Identifier: Apache-2.0
"""
Traefik and Envoy, which Debian has not, as far as their documentation says what they do when they ask:
which fields go into the question, what of the answer goes where. Each reads the configuration its page
shows, and knows no more of it than it needs; a key it does not know is an error.
"""

import re
import select

import yaml
from harness import Connection, Response
from servers import Handler, Server

HOP_BY_HOP = {"connection", "keep-alive", "te", "trailers", "transfer-encoding", "upgrade", "proxy-connection"}


def take(mapping, *path, default=None):
    """The value there, taken out, so that what is left over was not understood."""
    for key in path[:-1]:
        mapping = mapping.get(key, {})
    return mapping.pop(path[-1], default)


def refuse_rest(mapping):
    """Everything must have been taken."""
    if mapping:
        raise ValueError(f"not understood: {mapping}")


def ask(address, method, path, fields, timeout):
    """The answer, or None."""
    try:
        with Connection(int(address.rsplit(":", 1)[1]), timeout=timeout) as connection:
            lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
            connection.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
            return connection.receive(method)
    except OSError:
        return None


class Request:
    """What came in; a proxy changes its fields, in small letters, on the way."""

    def __init__(self, handler):
        self.method, self.path = handler.command, re.sub("^http://[^/]*", "", handler.path)
        self.fields = [(name.lower(), value) for name, value in handler.headers.items()]
        self.source = handler.client_address[0]

    def get(self, name):
        return next((value for key, value in self.fields if key == name), None)

    def drop(self, matches):
        self.fields = [(name, value) for name, value in self.fields if not matches(name)]

    def set(self, name, value):
        self.drop(lambda key: key == name.lower())
        if value != "":
            self.fields.append((name.lower(), value))


class StandIn(Handler):
    """One connection of a client's."""

    def handle_one(self):
        proxy, request = self.server.proxy, Request(self)
        refusal, added = proxy.judge(request) if proxy.route(request) else (local_reply(404), [])
        if refusal is not None:
            self.close_connection = True
            return self.send(refusal, [])
        self.pass_on(request, proxy.upstream_of(request), added)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_one

    def body(self):
        size = self.headers.get("Content-Length")
        if size is not None:
            return self.rfile.read(int(size))
        body = b""
        while self.headers.get("Transfer-Encoding") is not None:
            size = int(self.rfile.readline(), 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                break
        return body

    def pass_on(self, request, upstream, added):
        upgrades = request.get("upgrade") is not None
        if not upgrades:
            body = self.body()
            request.drop(lambda name: name in HOP_BY_HOP)
            request.set("content-length", str(len(body)) if body else "")
        with Connection(int(upstream.rsplit(":", 1)[1])) as connection:
            lines = [f"{request.method} {request.path} HTTP/1.1",
                     *(f"{name}: {value}" for name, value in request.fields)]
            connection.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (b"" if upgrades else body))
            response = connection.receive(request.method)
            self.send(response, added)
            if response.status == 101:
                self.tunnel(connection)

    def send(self, response, added):
        head = response.head.decode("latin-1").split("\r\n")[0]
        fields = [field for field in response.fields if field[0].lower() not in ("connection", "transfer-encoding")]
        fields += added
        if response.status == 101:
            fields.append(("Connection", "Upgrade"))
        elif self.close_connection:
            fields.append(("Connection", "close"))
        lines = [head, *(f"{name}: {value}" for name, value in fields)]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def tunnel(self, connection):
        self.close_connection = True
        while True:
            for end, other in ((self.connection, connection.socket), (connection.socket, self.connection)):
                if select.select([end], [], [], 0.02)[0]:
                    data = end.recv(4096)
                    if not data:
                        return
                    other.sendall(data)


def local_reply(status):
    return Response(f"HTTP/1.1 {status} .\r\nContent-Length: 0".encode(), b"")


class Proxy:
    """Listens; what it does is its kind's `judge` and `upstream_of`."""

    def __init__(self, text):
        self.configure(yaml.safe_load(text))
        self.server = Server(StandIn)
        self.server.proxy = self
        self.port = self.server.port

    def stop(self):
        self.server.stop()


# -- Traefik: middlewares headers and forwardAuth -----------------------------------------------------

class Traefik(Proxy):
    """An entry point that trusts nobody's X-Forwarded-* drops them and X-Real-Ip, and sets its own."""

    def configure(self, config):
        http = take(config, "http")
        refuse_rest(config)
        self.middlewares, self.services = {}, {}
        for name, middleware in take(http, "middlewares").items():
            self.middlewares[name] = self.read_middleware(middleware)
        for name, service in take(http, "services").items():
            self.services[name] = service["loadBalancer"]["servers"][0]["url"]
        self.routers = [self.read_router(router) for router in take(http, "routers").values()]
        self.routers.sort(key=lambda router: -len(router["rule"]))  # as Traefik's priorities
        refuse_rest(http)

    @staticmethod
    def read_router(router):
        rules = re.findall(r"(Path|PathPrefix)\(`([^`]*)`\)", router["rule"])
        return {"rule": router["rule"], "rules": rules, "service": router["service"],
                "middlewares": router.get("middlewares", [])}

    def read_middleware(self, middleware):
        if "headers" in middleware:
            fields = take(middleware, "headers", "customRequestHeaders")
            refuse_rest(middleware.pop("headers"))
            return lambda request: self.change(request, fields)
        forward = take(middleware, "forwardAuth")
        address, pattern = take(forward, "address"), re.compile(take(forward, "authResponseHeadersRegex"))
        refuse_rest(forward)
        return lambda request: self.forward_auth(request, address, pattern)

    def route(self, request):
        path = request.path.split("?")[0]
        for router in self.routers:
            for kind, text in router["rules"]:
                if path == text or kind == "PathPrefix" and path.startswith(text):
                    return router
        return None

    def upstream_of(self, request):
        return self.services[self.route(request)["service"]]

    def judge(self, request):
        request.drop(lambda name: name.startswith("x-forwarded-") or name == "x-real-ip")
        request.set("x-real-ip", request.source)
        request.set("x-forwarded-proto", "http")
        request.set("x-forwarded-host", request.get("host"))
        for name in self.route(request)["middlewares"]:
            refusal = self.middlewares[name](request)
            if refusal is not None:
                return refusal, []
        request.set("x-forwarded-for", request.source)
        return None, []

    @staticmethod
    def change(request, fields):
        for name, value in fields.items():
            request.set(name, value)

    @staticmethod
    def forward_auth(request, address, pattern):
        """pkg/middlewares/auth/forward.go"""
        question = [(name, value) for name, value in request.fields
                    if name not in HOP_BY_HOP and not name.startswith("x-forwarded-")
                    and name not in ("host", "content-length")]
        question += [("host", address.split("/")[2]), ("x-forwarded-for", request.source),
                     ("x-forwarded-method", request.method), ("x-forwarded-proto", "http"),
                     ("x-forwarded-host", request.get("host")), ("x-forwarded-uri", request.path)]
        answer = ask(f"http://{address.split('/')[2]}", "GET", "/" + address.split("/", 3)[3], question, 30)
        if answer is None:
            return local_reply(500)
        if not 200 <= answer.status < 300:
            return answer
        request.drop(lambda name: pattern.search(name.capitalize()))
        request.fields += [(name, value) for name, value in answer.fields if pattern.search(name.capitalize())]
        return None


# -- Envoy: header_mutation and ext_authz with an http_service -----------------------------------------

def matcher(patterns):
    """A ListStringMatcher."""
    def matches(name):
        return any(name == pattern.get("exact") or name.startswith(pattern.get("prefix", "\0"))
                   for pattern in patterns)
    return matches


class Envoy(Proxy):
    ALWAYS_ASKED = ("host", "authorization")  # beside method, path and an empty Content-Length

    def configure(self, config):
        listener = config["static_resources"]["listeners"][0]
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        if not manager["use_remote_address"] or manager["normalize_path"] is not True:
            raise ValueError("then a client could write X-Forwarded-For, and paths would not be normal")
        self.clusters = {}
        for cluster in config["static_resources"]["clusters"]:
            endpoint = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
            self.clusters[cluster["name"]] = f"http://127.0.0.1:{endpoint['address']['socket_address']['port_value']}"
        host = manager["route_config"]["virtual_hosts"][0]
        self.routes, self.removed = host["routes"], host["request_headers_to_remove"]
        filters = {entry["name"].rsplit(".", 1)[1]: entry.get("typed_config") for entry in manager["http_filters"]}
        if list(filters) != ["header_mutation", "ext_authz", "router"]:
            raise ValueError(f"filters {list(filters)}")
        self.mutations = filters["header_mutation"]["mutations"]["request_mutations"]
        self.read_ext_authz(filters["ext_authz"])

    def read_ext_authz(self, config):
        take(config, "@type"), take(config, "transport_api_version"), take(config, "failure_mode_allow")
        self.error = {"ServiceUnavailable": 503}[take(config, "status_on_error")["code"]]
        self.allowed = matcher(take(config, "allowed_headers")["patterns"])
        service = take(config, "http_service")
        refuse_rest(config)
        uri, self.prefix = take(service, "server_uri"), take(service, "path_prefix")
        self.address, self.timeout = self.clusters[uri["cluster"]], float(uri["timeout"].rstrip("s"))
        self.added = take(service, "authorization_request")["headers_to_add"]
        response = take(service, "authorization_response")
        refuse_rest(service)
        self.to_upstream = matcher(take(response, "allowed_upstream_headers")["patterns"])
        self.to_client = matcher(take(response, "allowed_client_headers_on_success")["patterns"])
        refuse_rest(response)

    def route(self, request):
        path = request.path.split("?")[0]
        for route in self.routes:
            match = route["match"]
            if "prefix" in match and path.startswith(match["prefix"]):
                return route
            if "safe_regex" in match and re.fullmatch(match["safe_regex"]["regex"], path):
                return route
        return None

    def upstream_of(self, request):
        request.drop(lambda name: name in self.removed)
        return self.clusters[self.route(request)["route"]["cluster"]]

    @staticmethod
    def value_of(request, format):
        return {"%REQ(:METHOD)%": request.method, "%REQ(:PATH)%": request.path}[format]

    def judge(self, request):
        request.drop(lambda name: "_" in name)  # headers_with_underscores_action
        request.set("x-forwarded-for", request.source)
        request.set("x-forwarded-proto", "http")
        for mutation in self.mutations:
            if "remove" in mutation:
                request.set(mutation["remove"], "")
            else:
                header = mutation["append"]["header"]
                request.set(header["key"], self.value_of(request, header["value"]))
        if "typed_per_filter_config" in self.route(request):
            return None, []
        return self.ext_authz(request)

    def ext_authz(self, request):
        """source/extensions/filters/common/ext_authz/ext_authz_http_impl.cc"""
        question = [(name, value) for name, value in request.fields
                    if name in self.ALWAYS_ASKED or self.allowed(name)]
        question += [("content-length", "0"), *((entry["key"], entry["value"]) for entry in self.added)]
        answer = ask(self.address, request.method, self.prefix + request.path, question, self.timeout)
        if answer is None or answer.status >= 500:
            return local_reply(self.error), []
        if answer.status != 200:
            return answer, []
        for name, value in answer.fields:
            if self.to_upstream(name.lower()):
                request.set(name, value)
        return None, [(name, value) for name, value in answer.fields if self.to_client(name.lower())]
