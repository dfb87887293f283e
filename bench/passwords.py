# SPDX-License-Identifier: Apache-2.0
"""What a password costs elsewhere: nginx, Apache and HAProxy, each with the ways they have to keep one."""

import base64
import hashlib
import re
import subprocess

import peers
from load import Case, ratio
from accounts import PASSWORD, USER

KINDS = ["good", "wrong", "missing"]
REALM = "bench"

NGINX = """
worker_processes 1;
pid {folder}/basic.pid;
error_log {folder}/basic.log crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/b1; proxy_temp_path {folder}/b2; fastcgi_temp_path {folder}/b3;
    uwsgi_temp_path {folder}/b4; scgi_temp_path {folder}/b5;
    server {{
        listen 127.0.0.1:{port};
        auth_basic bench;
        location = /plain {{ auth_basic off; empty_gif; }}
        location = /guarded {{ auth_basic_user_file {folder}/passwords-plain; empty_gif; }}
        location = /bcrypt {{ auth_basic_user_file {folder}/passwords-bcrypt; empty_gif; }}
    }}
}}
"""

APACHE = """
Alias /bcrypt {folder}/www/guarded
<Location /bcrypt>
    AuthType Basic
    AuthName bench
    AuthUserFile {folder}/passwords-bcrypt
    Require valid-user
</Location>
<Location /guarded>
    AuthType Digest
    AuthName bench
    AuthUserFile {folder}/passwords-digest
    AuthDigestNonceLifetime -1
    Require valid-user
</Location>
"""

HAPROXY = """
global
    nbthread 1
    log /dev/null local0 emerg
userlist plain
    user {user} insecure-password "{password}"
userlist hashed
    user {user} password {sha512}
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 5s
    timeout http-keep-alive 60s
frontend bench
    bind 127.0.0.1:{port}
    http-request auth realm bench if {{ path /guarded }} !{{ http_auth(plain) }}
    http-request auth realm bench if {{ path /sha512 }} !{{ http_auth(hashed) }}
    http-request return status 200 content-type text/plain string ok
"""


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True).stdout.strip()


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def write_files(folder):
    """htpasswd's own cost of bcrypt, 5."""
    peers.write(folder + "/passwords-plain", "%s:{PLAIN}%s\n" % (USER, PASSWORD))
    peers.write(folder + "/passwords-bcrypt", output_of("htpasswd", "-nbB", USER, PASSWORD) + "\n")
    peers.write(folder + "/passwords-digest",
                "%s:%s:%s\n" % (USER, REALM, md5("%s:%s:%s" % (USER, REALM, PASSWORD))))


def basic(password):
    pair = "%s:%s" % (USER, password)
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def digest(server, path, password):
    """One answer to one challenge, sent again and again: Apache lets its count repeat itself."""
    nonce = re.search('nonce="([^"]+)"', peers.call(server.port, path).headers["WWW-Authenticate"]).group(1)
    secret, asked = md5("%s:%s:%s" % (USER, REALM, password)), md5("GET:" + path)
    response = md5("%s:%s:00000001:0a4f113b:auth:%s" % (secret, nonce, asked))
    return {"Authorization": 'Digest username="%s", realm="%s", nonce="%s", uri="%s", algorithm=MD5, qop=auth, '
                             'nc=00000001, cnonce="0a4f113b", response="%s"'
                             % (USER, REALM, nonce, path, response)}


def start_nginx(folder):
    port = peers.free_port()
    conf = peers.write(folder + "/basic.conf", NGINX.format(folder=folder, port=port))
    return peers.Server("nginx auth_basic",
                        ["nginx", "-c", conf, "-e", folder + "/basic.log", "-g", "daemon off;"], port)


def start_haproxy(folder):
    port = peers.free_port()
    conf = peers.write(folder + "/haproxy-auth.cfg", HAPROXY.format(
        port=port, user=USER, password=PASSWORD, sha512=output_of("openssl", "passwd", "-6", PASSWORD)))
    return peers.Server("haproxy http-auth", ["haproxy", "-db", "-q", "-f", conf], port)


def cases(server, path, fields=basic):
    return {"plain": Case(server, "/plain", 200, fields(PASSWORD)),
            "good": Case(server, path, 200, fields(PASSWORD)),
            "wrong": Case(server, path, 401, fields("wrong")), "missing": Case(server, path, 401)}


def prepare(folder, start):
    """`start` keeps what is started, to stop it."""
    write_files(folder)
    nginx, haproxy = start(start_nginx, folder), start(start_haproxy, folder)
    apache = start(peers.start_apache, folder, "passwords", ["authn_file", "auth_basic", "auth_digest"],
                   APACHE.format(folder=folder))
    return {"nginx auth_basic, plain": cases(nginx, "/guarded"),
            "nginx auth_basic, bcrypt": cases(nginx, "/bcrypt"),
            "Apache auth_basic, bcrypt": cases(apache, "/bcrypt"),
            "Apache auth_digest": cases(apache, "/guarded",
                                        lambda password: digest(apache, "/guarded", password)),
            "HAProxy http-auth, plain": cases(haproxy, "/guarded"),
            "HAProxy http-auth, sha512": cases(haproxy, "/sha512")}


def show(own, others):
    """`own`: the site's cases."""
    first = {"plain": own["plain basic"], "good": own["basic"], "wrong": own["wrong"],
             "missing": own["missing"]}
    rows = {"nginx with Doorward, argon2id": first, **others}
    print("\nCPU us per request with a password (in brackets: Doorward's = 1)")
    print("%-30s%16s%16s%16s%16s" % ("", "unguarded", *KINDS))
    for name, kinds in rows.items():
        cells = ["%s%.1f (%.1f)" % ("!" if kinds[kind].wrong else "", kinds[kind].cost(),
                                    ratio(kinds[kind], first[kind])) for kind in ("plain", *KINDS)]
        print("%-30s%16s%16s%16s%16s" % (name, *cells))
