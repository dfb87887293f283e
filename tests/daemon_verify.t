#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The daemon without nginx: verify for other proxies, healthz, the issuer's endpoints, the log."""

import base64
import datetime
import http.client
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403

CONFIG = """
trust:
  - issuer: https://issuer.test
    audience: https://api.test
    jwks_file: {jwks}
routes:
  - path: /open
    allow: anyone
  - path: /admin
    scope: [admin]
  - path: /meter
    accept: certificate
issuer:
  url: http://127.0.0.1:{port}
"""

ORIGINAL = ["X-Original-Method: GET", "X-Original-URI: /a?b=c"]
FORWARDED = ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /a?b=c"]
WHOLE = ["X-Original-Method: GET", "X-Original-Url: https://api.test/a?b=c"]

# What is said of the request to judge -> whether it is clear
DESCRIPTIONS = [
    (ORIGINAL, True),
    (FORWARDED, True),
    (WHOLE, True),
    (ORIGINAL + FORWARDED, True),
    (WHOLE + FORWARDED, True),
    ([], False),
    (["X-Original-Method: GET"], False),
    (["X-Original-URI: /a"], False),
    (["X-Forwarded-Uri: /a"], False),
    (["X-Original-Method: GET", "X-Original-URI:"], False),
    (["X-Original-Method:", "X-Original-URI: /a"], False),
    (["X-Original-Method: GET", "X-Original-URI: a"], False),
    (["X-Original-Method: GET", "X-Original-URI: ftp://api.test/a"], False),
    (["X-Original-Method: GET", "X-Original-Url: https://api.test"], False),
    (["X-Original-Method: GET", "X-Original-Url: https://api.test?/open"], False),
    (["X-Original-Method: GET", "X-Original-Url: https://api.test#/open"], False),
    (ORIGINAL + ["X-Original-URI: /a?b=c"], False),
    (ORIGINAL + ["X-Original-Method: GET"], False),
    (ORIGINAL + ["X-Forwarded-Uri: /open"], False),
    (ORIGINAL + ["X-Forwarded-Method: POST"], False),
    (ORIGINAL + ["X-Original-Url: https://api.test/open"], False),
]


def verify(port, token=None, fields=ORIGINAL, **more):
    return get(port, "/doorward/verify", token=token, fields=list(fields), **more)


def reason_of(daemon, response):
    """What the decision log says of a response."""
    log = os.path.join(daemon.data, "log", "decisions.jsonl")

    def find():
        with open(log) as lines:
            found = [json.loads(line) for line in lines]
        return [entry for entry in found if entry.get("id") == response.get("Doorward-Id")]
    wait_for("the decision log", find)
    return find()[0]


def test_descriptions(daemon, token):
    for fields, clear in DESCRIPTIONS:
        response = verify(daemon.port, token, fields)
        same(f"{'; '.join(fields) or 'nothing said'}: {'clear' if clear else 'refused'}",
             response.status, 200 if clear else 400, response)
    unclear = verify(daemon.port, token, [])
    same("its reason", reason_of(daemon, unclear)["reason"], "verify.target_unclear")
    same("no-store on 400", unclear.get("Cache-Control"), "no-store")


def test_answers(daemon, key):
    good = mint(key, claims("https://issuer.test", "https://api.test", sub="user 1", scope="a b"))
    response = verify(daemon.port, good)
    same("let in", response.status, 200, response)
    same("no body", response.body, b"")
    same("subject", response.get("Doorward-Subject"), "user 1")
    same("client", response.get("Doorward-Client"), "client-1")
    same("scope", response.get("Doorward-Scope"), "a b")
    same("issuer", response.get("Doorward-Issuer"), "https://issuer.test")
    same("scheme", response.get("Doorward-Scheme"), "bearer")
    check("an id", response.get("Doorward-Id"), response)
    same("no-store", response.get("Cache-Control"), "no-store")
    same("no challenge", response.all("WWW-Authenticate"), [])

    missing = verify(daemon.port)
    same("no token", missing.status, 401, missing)
    same("its challenge", missing.all("WWW-Authenticate"), ['Bearer realm="api"'])
    same("its type", missing.get("Content-Type"), "application/problem+json")
    same("its id is in the body", missing.json()["id"], missing.get("Doorward-Id"))
    entry = reason_of(daemon, missing)
    same("its reason", entry["reason"], "header.missing")
    same("its path, without the query", entry["path"], "/a")
    head = verify(daemon.port, method="HEAD")
    same("HEAD", (head.status, head.body, head.get("Content-Length")), (401, b"", str(len(missing.body))))

    scope = verify(daemon.port, good, ["X-Original-Method: GET", "X-Original-URI: /admin"])
    same("scope lacking", scope.status, 403, scope)
    check("it is named", 'scope="admin"' in scope.get("WWW-Authenticate"), scope)
    same("open to anyone", verify(daemon.port, None, ["X-Forwarded-Method: GET",
                                                      "X-Forwarded-Uri: /open"]).status, 200)
    twice = verify(daemon.port, good, ORIGINAL + ["Authorization: Bearer x"])
    same("two Authorization fields", twice.status, 401, twice)
    same("their reason", reason_of(daemon, twice)["reason"], "header.multiple_authorization")


def test_identity_is_safe(daemon, key):
    for subject in ("a\r\nDoorward-Scope: admin", "a\x00b"):
        token = mint(key, claims("https://issuer.test", "https://api.test", sub=subject))
        same(f"the subject {subject!r}", verify(daemon.port, token).status, 401)
    hostile = {" root": "%20root", "root ": "root%20", "100%": "100%25", "\u00e9": "%C3%A9"}
    for subject, told in hostile.items():
        token = mint(key, claims("https://issuer.test", "https://api.test", sub=subject))
        response = verify(daemon.port, token)
        same(f"the subject {subject!r}", (response.status, response.all("Doorward-Subject"),
                                          response.all("Doorward-Scope")),
             (200, [told], ["read write"]), response)
    token = mint(key, claims("https://issuer.test", "https://api.test", sub="%" * 4000))
    response = verify(daemon.port, token)
    same("a subject too long to be told", response.status, 503, response)
    same("its reason", reason_of(daemon, response)["reason"], "guard.failed")
    same("nothing of it is told", response.all("Doorward-Client"), [])


def test_sources(daemon):
    cases = [([], "127.0.0.1"), (["X-Real-IP: 192.0.2.7"], "192.0.2.7"),
             (["X-Forwarded-For: 203.0.113.9, 192.0.2.8"], "192.0.2.8"),
             (["Doorward-Source: 192.0.2.9"], "127.0.0.1")]
    for fields, source in cases:
        entry = reason_of(daemon, verify(daemon.port, None, ORIGINAL + fields))
        same(f"the source with {fields}", entry["source"], source)
    asked = verify(daemon.port, None, ORIGINAL + ["Doorward-Ask: 1"])
    same("Doorward-Ask means nothing over TCP", reason_of(daemon, asked)["reason"], "header.missing")


def call_socket(daemon, fields):
    client = http.client.HTTPConnection("localhost")
    client.sock = socket.socket(socket.AF_UNIX)
    client.sock.connect(os.path.join(daemon.data, "run", "daemon.sock"))
    client.request("GET", "/doorward/verify", headers=dict(line.split(": ", 1) for line in fields))
    answer = client.getresponse()
    client.close()
    return answer


def test_socket(daemon):
    asked = call_socket(daemon, ORIGINAL + ["Doorward-Ask: 1"])
    told = call_socket(daemon, ORIGINAL + ["Doorward-Source: 192.0.2.9"])
    same("the socket answers too", (asked.status, told.status), (401, 401))
    same("nginx's source", reason_of(daemon, Answer(told))["source"], "192.0.2.9")
    with open(os.path.join(daemon.data, "log", "decisions.jsonl")) as log:
        check("an ask is not on record", asked.headers["Doorward-Id"] not in log.read())


def certificate(name):
    """One that nobody vouches for, DER, as a byte sequence of RFC 8941."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
            .serial_number(7).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
            .sign(key, hashes.SHA256()))
    return ":" + base64.b64encode(made.public_bytes(Encoding.DER)).decode() + ":"


def test_certificate(daemon):
    """What the TLS layer has verified comes from our own nginx alone."""
    shown = ["X-Original-Method: GET", "X-Original-URI: /meter", "Doorward-Certificate: " + certificate("meter 7")]
    asked = call_socket(daemon, shown + ["Doorward-Ask: 1"])
    same("a certificate our module has seen", (asked.status, asked.headers["Doorward-Subject"]), (200, "meter 7"))
    same("told by anybody else", [call_socket(daemon, shown).status, verify(daemon.port, None, shown).status,
                                  verify(daemon.port, None, shown + ["Doorward-Ask: 1"]).status], [401] * 3)
    for value in ("", ":", "::", ":A:", ":====:", ":" + "A" * 40000 + ":", "MIIB"):
        broken = shown[:2] + ["Doorward-Certificate: " + value, "Doorward-Ask: 1"]
        same(f"broken: {value[:9]!r}", call_socket(daemon, broken).status, 401)


class Answer:
    def __init__(self, answer):
        self.get = answer.headers.get


def test_endpoints(daemon):
    health = get(daemon.port, "/doorward/healthz")
    same("healthz", (health.status, health.json()), (200, {"status": "ok"}))
    same("POST healthz", get(daemon.port, "/doorward/healthz", method="POST", body=b"x").status, 405)
    for path in ("/", "/doorward/", "/doorward/verify/", "/doorward/%76erify", "/doorwardverify"):
        same(f"{path} is nobody's", get(daemon.port, path).status, 404)
    metadata = get(daemon.port, "/.well-known/oauth-authorization-server").json()
    same("the issuer", metadata["issuer"], f"http://127.0.0.1:{daemon.port}")
    path = metadata["token_endpoint"].split(str(daemon.port))[1]
    large = get(daemon.port, path, method="POST", body=b"x" * 20000)
    same("a body too large", large.status, 413, large)
    many = get(daemon.port, "/doorward/healthz", fields=[f"X-{i}: y" for i in range(200)])
    same("too many fields", many.status, 431)
    return path


def test_token(daemon, path):
    added = subprocess.run([PROGRAM, "client", "add", "tester", "--scope", "read", "--json",
                            "--data", daemon.data], capture_output=True, text=True)
    client = json.loads(added.stdout)
    body = (f"grant_type=client_credentials&client_id={client['client_id']}"
            f"&client_secret={client['client_secret']}").encode()
    form = ["Content-Type: application/x-www-form-urlencoded"]
    response = get(daemon.port, path, method="POST", fields=form, body=body)
    same("a token", response.status, 200, response)
    ours = verify(daemon.port, response.json()["access_token"])
    same("it lets in", (ours.status, ours.get("Doorward-Client")), (200, client["client_id"]), ours)
    wrong = get(daemon.port, path, method="POST", fields=form, body=body + b"x")
    same("a wrong secret", (wrong.status, wrong.json()["error"]), (401, "invalid_client"))


with World() as world:
    key = Key("ES256")
    port = free_port()
    files = {"jwks": world.write("keys.json", jwks(key)), "port": port}
    daemon = world.daemon(port=port, config=world.write("doorward.yaml", CONFIG.format(**files)))
    good = mint(key, claims("https://issuer.test", "https://api.test"))
    test_descriptions(daemon, good)
    test_answers(daemon, key)
    test_identity_is_safe(daemon, key)
    test_sources(daemon)
    test_socket(daemon)
    test_certificate(daemon)
    test_token(daemon, test_endpoints(daemon))
    daemon.kill(signal.SIGTERM)
    same("SIGTERM ends it", daemon.wait(), 0)
    same("it had nothing to complain of", daemon.output().count("doorward: "), 0, daemon.output())
done()
