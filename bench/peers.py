# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured: nginx with and without Doorward, and the peers. Each is pinned to
one core, runs one worker, answers GET /plain and GET /guarded, and keeps no access log."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from workload import AUDIENCE, ISSUER

SERVER_CORE = 0
BODY = "ok\n"

NGINX = """
load_module {build}/nginx/ngx_http_doorward_module.so;
worker_processes 1;
pid {folder}/{name}.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    large_client_header_buffers 4 32k;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    doorward_policy {folder}/doorward.yaml;
    server {{
        listen 127.0.0.1:{port};
        location = /plain {{ empty_gif; }}
        location = /guarded {{ doorward on; empty_gif; }}
        location = /denied {{ return 401; }}
        location = /plain-file {{ alias {folder}/body; }}
        location = /guarded-file {{ doorward on; alias {folder}/body; }}
    }}
}}
"""

# Nine rules a request passes by, and the tenth that fits.
ROUTES = [
    {"path": "/health", "allow": "anyone"},
    {"path": "/reports/**", "methods": ["POST", "PUT"], "scope": ["write:reports"]},
    {"path": "/reports/*/pages", "scope": ["read:pages"]},
    {"path": "/users/**", "scope": ["read:users"]},
    {"path": "/admin/**", "scope": ["admin"]},
    {"path": "/orders/*", "methods": ["DELETE"], "scope": ["delete:orders"]},
    {"path": "/orders/**", "scope": ["read:orders"]},
    {"path": "/static/**", "allow": "anyone"},
    {"path": "/files/*/versions/*", "scope": ["read:files"]},
    {"path": "/**", "scope": ["read:reports"]},
]

APACHE = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/apache-{name}.pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/apache-{name}.log
LogLevel crit
{modules}
User {user}
Group {user}
StartServers 1
ServerLimit 1
ThreadLimit 320
ThreadsPerChild 320
MinSpareThreads 1
MaxSpareThreads 1024
MaxRequestWorkers 320
MaxRequestsPerChild 0
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
TypesConfig /dev/null
DocumentRoot {folder}/www
<Directory {folder}/www>
    Require all granted
</Directory>
{guard}
"""

MOD_OAUTH2 = """
<Location /guarded>
    AuthType oauth2
    OAuth2TokenVerify jwk "{jwk}" verify.exp=required
    <RequireAll>
        Require oauth2_claim iss:{issuer}
        Require oauth2_claim aud:{audience}
    </RequireAll>
</Location>
"""

MOD_AUTH_OPENIDC = """
OIDCOAuthVerifyCertFiles bench-rs256#{folder}/rs256.crt
OIDCOAuthRemoteUserClaim sub
OIDCCryptoPassphrase benchmark
<Location /guarded>
    AuthType oauth20
    <RequireAll>
        Require claim iss:{issuer}
        Require claim aud:{audience}
    </RequireAll>
</Location>
"""

HAPROXY = """
global
    nbthread 1
    log /dev/null local0 emerg
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 5s
    timeout http-keep-alive 60s
frontend bench
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string ok if {{ path /plain }}
    http-request return status 200 content-type application/json file {folder}/rs256.json if {{ path /keys.json }}
    http-request deny deny_status 401 unless {{ req.hdr(authorization) -m found }}
    http-request set-var(txn.bearer) http_auth_bearer
    http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
    http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
    http-request set-var(txn.aud) var(txn.bearer),jwt_payload_query('$.aud')
    http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
    http-request deny deny_status 401 unless {{ var(txn.alg) -m str RS256 }}
    http-request deny deny_status 401 unless {{ var(txn.iss) -m str {issuer} }}
    http-request deny deny_status 401 unless {{ var(txn.aud) -m str {audience} }}
    http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify(txn.alg,"{folder}/rs256.pem") -m int 1 }}
    http-request set-var(txn.now) date()
    http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
    http-request return status 200 content-type text/plain string ok
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def call(port, path, fields=None, method="GET", body=None):
    """Its answer; the body is not read."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path, headers=fields or {}, body=body)
        return connection.getresponse()
    finally:
        connection.close()


def status_of(port, path, fields=None):
    return call(port, path, fields).status


class Server:
    """A running server and all its processes; `also` is another whose work is for it."""

    def __init__(self, name, command, port, env=None, ready="/plain", also=None):
        self.name, self.port, self.ready, self.also = name, port, ready, also
        self.process = subprocess.Popen(
            command, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}))
        self.wait_until_ready()

    def wait_until_ready(self):
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if status_of(self.port, self.ready) == 200:
                    return
            except OSError:
                time.sleep(0.05)
        self.stop()
        complaint = self.process.stderr.read().decode()[-400:]
        raise RuntimeError("%s does not start: %s" % (self.name, complaint))

    def processes(self):
        """Its process and all below it."""
        children = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % pid) as stat:
                    parent = int(stat.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(pid))
        found = [self.process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def own_cpu_seconds(self):
        """User and system time its threads have run, to the nanosecond."""
        used = 0
        for pid in self.processes():
            for thread in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/schedstat" % (pid, thread)) as schedstat:
                    used += int(schedstat.read().split()[0])
        return used / 1e9

    def cpu_seconds(self):
        return self.own_cpu_seconds() + (self.also.cpu_seconds() if self.also else 0)

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path


def start_nginx(build, folder, name="nginx"):
    port = free_port()
    write(folder + "/doorward.yaml", json.dumps({  # which is YAML too
        "trust": [{"issuer": ISSUER, "audience": AUDIENCE, "jwks_file": folder + "/keys.json"}],
        "routes": ROUTES}))
    conf = write("%s/%s.conf" % (folder, name),
                 NGINX.format(build=os.path.abspath(build), folder=folder, name=name, port=port))
    return Server(name, ["nginx", "-c", conf, "-e", folder + "/nginx.log", "-g", "daemon off;"], port)


def start_apache(folder, name, modules, guard):
    port = free_port()
    lines = ["LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so" % (module, module)
             for module in ["mpm_worker", "authn_core", "authz_core", "authz_user", "alias", "mime"] + modules]
    conf = write("%s/apache-%s.conf" % (folder, name),
                 APACHE.format(folder=folder, name=name, port=port, modules="\n".join(lines),
                               user="www-data", guard=guard))
    return Server(name, ["apache2", "-d", folder, "-f", conf, "-DFOREGROUND"], port)


def start_mod_oauth2(folder, jwk):
    guard = MOD_OAUTH2.format(issuer=ISSUER, audience=AUDIENCE, jwk=jwk.replace('"', '\\"'))
    return start_apache(folder, "mod_oauth2", ["oauth2"], guard)


def start_mod_auth_openidc(folder):
    guard = MOD_AUTH_OPENIDC.format(issuer=ISSUER, audience=AUDIENCE, folder=folder)
    return start_apache(folder, "mod_auth_openidc", ["auth_openidc"], guard)


def start_haproxy(folder):
    port = free_port()
    conf = write(folder + "/haproxy.cfg",
                 HAPROXY.format(folder=folder, port=port, issuer=ISSUER, audience=AUDIENCE))
    return Server("haproxy", ["haproxy", "-db", "-q", "-f", conf], port)


def start_node(name, npm, script, *arguments):
    port = free_port()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", script)
    return Server(name, [shutil.which("node"), path, str(port), *arguments], port,
                  {"NODE_PATH": os.path.abspath(npm) + "/node_modules", "NODE_ENV": "production"})
