# SPDX-License-Identifier: Apache-2.0
"""nginx with Doorward and its daemon: users, sessions, opaque tokens and a million API keys. What the daemon
uses is counted as nginx's own."""

import base64
import copy
import http.server
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import urllib.parse

import peers
import workload
from load import HERE, Case, Pair, bearer, patient, ratio, show_row, verdict

USER, PASSWORD = "joe", "correct horse battery staple"
OPAQUE = "op_0123456789abcdefghijklmnopqrstuvwxyzABCD"
STRANGER = {"X-Source": "192.0.2.1"}  # who guesses wrong must not hold back who does not
EDGE_MOST = 256 << 20
NO_SLOWER = 1.05  # times as much, of what is measured to a few hundredths
FLOOD_RATE = 2000  # guesses a second
FLOOD_MOST = 0.10  # of the core, which valid traffic has else

NGINX = """
load_module {build}/nginx/ngx_http_doorward_module.so;
worker_processes 1;
{user}
pid {folder}/{name}.pid;
error_log {folder}/site.log crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/s1; proxy_temp_path {folder}/s2; fastcgi_temp_path {folder}/s3;
    uwsgi_temp_path {folder}/s4; scgi_temp_path {folder}/s5;
    doorward_policy {folder}/site.yaml;
    upstream daemon {{ server unix:{folder}/data/run/daemon.sock; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Source;
        location = /plain {{ empty_gif; }}
        location = /denied {{ return 401; }}
        location = /guarded {{ doorward on; doorward_ask /ask; empty_gif; }}
        location = /ask {{
            internal;
            proxy_pass http://daemon/doorward/verify;
            proxy_http_version 1.1;
            proxy_method GET;
            proxy_pass_request_body off;
            proxy_set_header Connection "";
            proxy_set_header Content-Length "";
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Original-URI $request_uri;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header Doorward-Ask 1;
            proxy_set_header Doorward-Source $remote_addr;
        }}
    }}
}}
"""


class Introspection(http.server.BaseHTTPRequestHandler):
    """An issuer of opaque tokens (RFC 7662) that knows one."""

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        known = form.get("token") == [OPAQUE]
        body = json.dumps({"active": True, "sub": "u-1", "scope": "read:reports", "aud": workload.AUDIENCE}
                          if known else {"active": False}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def start_introspection():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Introspection)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_address[1]


def write_policy(folder, jwks_file, opaque_url):
    """The routes of peers.POLICY, whose last one takes every scheme here. JSON is YAML too."""
    peers.write(folder + "/client-secret", "s3cret\n")
    policy = {
        "realm": "bench", "origin": workload.AUDIENCE, "data": folder + "/data",
        "trust": [{"issuer": workload.ISSUER, "audience": workload.AUDIENCE, "jwks_file": jwks_file},
                  {"issuer": opaque_url, "audience": workload.AUDIENCE, "jwks_file": jwks_file,
                   "introspection": {"url": opaque_url + "/introspect", "client_id": "bench", "prefix": "op_",
                                     "client_secret_file": folder + "/client-secret"}}],
        "schemes": {"basic": {"remember": "1h"}},
        "routes": [*peers.ROUTES[:-1], {**peers.ROUTES[-1], "accept": ["bearer", "basic", "digest", "apikey",
                                                                       "cookie"]}]}
    return peers.write(folder + "/site.yaml", json.dumps(policy))


class Site:
    """`keys` are in its records, `used` of them in use. `start` keeps what is started, to stop it."""

    def __init__(self, build, folder, jwks_file, keys, used, start):
        self.folder, self.keys, self.used = folder, keys, used
        os.mkdir(folder)
        self.program = os.path.join(build, "doorward")
        self.policy = write_policy(folder, jwks_file, start_introspection())
        self.fill()
        port = peers.free_port()
        self.daemon = start(
            peers.Server, "daemon", [self.program, "run", "-c", self.policy, "--listen", "127.0.0.1:%d" % port], port,
            None, "/doorward/healthz")
        self.nginx, self.twin = (self.start_nginx(build, name, start) for name in ("site", "twin"))

    def start_nginx(self, build, name, start):
        port = peers.free_port()
        conf = peers.write("%s/%s.conf" % (self.folder, name), NGINX.format(
            build=os.path.abspath(build), folder=self.folder, name=name, port=port,
            user="user root;" if os.geteuid() == 0 else ""))
        return start(
            peers.Server, "nginx and daemon", ["nginx", "-c", conf, "-e", self.folder + "/site.log", "-g", "daemon off;"],
            port, None, "/plain", self.daemon)

    def fill(self):
        subprocess.run([self.program, "user", "add", USER, "--password-stdin", "--scope", "read:reports", "-c",
                        self.policy], input=PASSWORD, text=True, check=True, stdout=subprocess.DEVNULL)
        print("putting %d API keys into the records" % self.keys, file=sys.stderr)
        some = workload.fill_store(self.folder + "/data/doorward.db", self.keys, self.used)
        self.key = some[0]
        peers.write(self.folder + "/api-keys", "\n".join(some) + "\n")

    def sign_in(self):
        form = urllib.parse.urlencode({"username": USER, "password": PASSWORD, "return": "/"})
        answer = peers.call(self.daemon.port, "/doorward/signin", {
            "Content-Type": "application/x-www-form-urlencoded", "Origin": workload.AUDIENCE}, "POST", form)
        return re.search(r"__Host-doorward=[^;]+", answer.headers["Set-Cookie"]).group()

    def cases(self, token):
        """Each with the same request to a place that is not guarded."""
        basic = {"Authorization": "Basic " + base64.b64encode(("%s:%s" % (USER, PASSWORD)).encode()).decode()}
        wrong = {"Authorization": "Basic " + base64.b64encode(("%s:wrong" % USER).encode()).decode()}
        wrong.update(STRANGER)
        made = {**self.rotation(),
                "missing": Case(self.nginx, "/guarded", 401), "plain missing": Case(self.nginx, "/denied", 401),
                "wrong": Case(self.nginx, "/guarded", 429, wrong),
                "plain wrong": Case(self.nginx, "/denied", 401, wrong)}
        for name, fields in (("token", bearer(token)), ("key", {"X-API-Key": self.key}),
                             ("session", {"Cookie": self.sign_in()}), ("basic", basic), ("opaque", bearer(OPAQUE))):
            made[name] = Case(self.nginx, "/guarded", 200, fields)
            made["plain " + name] = Case(self.nginx, "/plain", 200, fields)
        return made

    def rotation(self):
        """All the keys in use, one after the other, and the same where nothing is guarded."""
        some = {"file": self.folder + "/api-keys", "name": "X-API-Key", "begin": ""}
        return {"keys": Case(self.nginx, "/guarded", 200, **some),
                "plain keys": Case(self.nginx, "/plain", 200, **some)}

    def pairs(self, cases):
        return [Pair(case, cases["plain " + name], self.twin) for name, case in cases.items()
                if "plain " + name in cases]

    def warm(self, cases):
        """Until all that is asked about once has been, and who guesses has had their guesses."""
        for _ in range(2 * 10 if "wrong" in cases else 0):
            peers.status_of(self.nginx.port, "/guarded", cases["wrong"].fields)
        asked = 1
        while asked > 0.1:  # seconds of the daemon's in two
            before = self.daemon.cpu_seconds()
            cases["keys"].load(2)
            asked = self.daemon.cpu_seconds() - before

    def edge_size(self):
        return sum(os.stat(os.path.join(folder, name)).st_blocks * 512
                   for folder, _, names in os.walk(self.folder + "/data/edge") for name in names)

    # -- Who guesses ---------------------------------------------------------------------------------

    def start_flood(self, server, kind, seconds):
        return subprocess.Popen(
            [sys.executable, "-B", HERE + "/flood.py", str(server.port), "/guarded", kind, str(FLOOD_RATE),
             str(seconds)], preexec_fn=patient, stdout=subprocess.PIPE, text=True)

    def flood(self, case, rounds, seconds):
        """The share of the core that guesses take from valid traffic, and what they were answered: that traffic
        goes to two servers at once, and at one of them somebody guesses. Its cost there is the other's."""
        lost, answers = {}, {}
        pair = Pair(case, copy.copy(case), self.twin)
        for kind in ("keys", "passwords"):
            shares = []
            for _ in range(rounds):
                (used, answered), (plain, others), answers[kind] = pair.race(
                    seconds, lambda server: self.start_flood(server, kind, seconds))
                shares.append((used - answered * plain / others) / (2 * seconds))
            lost[kind] = statistics.median(shares)
        return lost, answers


def show(site, cases, few, flooded):
    """`few` are the cases of a site that has no more API keys than are used."""
    print("\ncredentials that are known          CPU us    nginx alone    ratio    at most")
    for text, name, limit in (
            ("one token, daemon and edge there", "token", 1.25), ("one API key of %d" % site.keys, "key", 1.25),
            ("a session", "session", 1.25), ("Basic", "basic", 1.35), ("an opaque token", "opaque", 1.35)):
        show_row(text, cases[name], cases["plain " + name], limit)
    show_row("%d API keys in turn, of %d" % (site.used, site.used), few["keys"], few["plain keys"])
    show_row("the same, of %d" % site.keys, cases["keys"], cases["plain keys"],
             NO_SLOWER * ratio(few["keys"], few["plain keys"]))
    show_row("none, of five schemes", cases["missing"], cases["plain missing"])
    show_row("one guess too many", cases["wrong"], cases["plain wrong"])
    size = site.edge_size()
    print("%-34s %5d MiB %38d  %s" % ("the edge", size >> 20, EDGE_MOST >> 20, verdict(size, EDGE_MOST)))
    for kind, lost in flooded[0].items():
        print("%-34s %8.1f%% %38s  %s  (answers: %s)" % (
            "%d wrong %s a second cost" % (FLOOD_RATE, kind), lost * 100, "10%", verdict(lost, FLOOD_MOST),
            flooded[1][kind]))
