# SPDX-License-Identifier: Apache-2.0
"""Apache, Caddy and HAProxy, as small as they go."""

import hashlib
import os
import subprocess

from studio import free_port

APACHE = """
ServerRoot {folder}
ServerName localhost
ServerTokens Prod
Listen 127.0.0.1:{port}
PidFile {folder}/apache-{port}.pid
ErrorLog {folder}/apache-{port}.log
Mutex file:{folder}
User {user}
Group {group}
{modules}
DocumentRoot {folder}/www
<Directory />
    Require all granted
</Directory>
TypesConfig /etc/mime.types
{text}
"""
MODULES = [
    "mpm_event",
    "authn_core",
    "authz_core",
    "authn_file",
    "authz_user",
    "auth_basic",
    "auth_digest",
    "cgid",
    "alias",
    "mime",
    "dir",
    "headers",
    "proxy",
    "proxy_http",
    "rewrite",
    "env",
    "setenvif",
]
PASSWORD = "right"


def modules(*more):
    return "\n".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
        for name in (*MODULES, *more)
    )


def htpasswd(studio, name="htpasswd", user="joe", password=PASSWORD):
    done = subprocess.run(["openssl", "passwd", "-apr1", password], capture_output=True, text=True, check=True)
    return studio.write(name, f"{user}:{done.stdout}")


def htdigest(studio, realm):
    hashed = hashlib.md5(f"joe:{realm}:{PASSWORD}".encode()).hexdigest()
    return studio.write("htdigest", f"joe:{realm}:{hashed}\n")


def apache(studio, text, *more):
    port = free_port()
    studio.write("www/index.html", "<h1>It works</h1>\n")
    root = os.geteuid() == 0
    conf = studio.write(
        f"apache-{port}.conf",
        APACHE.format(
            folder=studio.folder,
            port=port,
            modules=modules(*more),
            text=text,
            user="www-data" if root else os.getlogin(),
            group="www-data" if root else "users",
        ),
    )
    return studio.process(["apache2", "-X", "-f", conf], port)


def caddy(studio, text):
    port = free_port()
    conf = studio.write(
        f"Caddyfile-{port}", f"{{\n admin off\n auto_https off\n}}\nhttp://:{port} {{\n bind 127.0.0.1\n{text}\n}}\n"
    )
    return studio.process(
        ["caddy", "run", "--config", conf, "--adapter", "caddyfile"],
        port,
        {"HOME": studio.folder, "XDG_DATA_HOME": studio.folder},
    )


def caddy_hash(password=PASSWORD):
    done = subprocess.run(
        ["caddy", "hash-password", "--plaintext", password], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def haproxy(studio, front, back, more=""):
    port = free_port()
    conf = studio.write(
        f"haproxy-{port}.cfg",
        f"""
global
  maxconn 64
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
{more}
frontend f
  bind 127.0.0.1:{port}
{front}
  default_backend b
backend b
{back}
""",
    )
    return studio.process(["haproxy", "-db", "-f", conf], port)
