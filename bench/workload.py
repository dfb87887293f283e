# SPDX-License-Identifier: Apache-2.0
"""The benchmark's tokens and API keys, and the keys and certificate its servers need."""

import contextlib
import hashlib
import json
import multiprocessing
import os
import sqlite3
import sys
import time
import zlib
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))
import tokens  # noqa: E402

ISSUER = "https://login.example.org"
AUDIENCE = "https://api.example.com"
RS256_SIZE = 690  # bytes of an RS256 token
OVERHEAD = 411  # of which these are signature, header and dots


def make_key(alg):
    return tokens.Key(alg, kid="bench-" + alg.lower())


def as_json(value):
    return json.dumps(value, separators=(",", ":"))


def certificate_pem(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.utcnow()
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
                   .public_key(key.private.public_key()).serial_number(1)
                   .not_valid_before(now - timedelta(days=1))
                   .not_valid_after(now + timedelta(days=2))
                   .sign(key.private, hashes.SHA256()))
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def make_token(key, serial=0, life=7200):
    """A token of RS256_SIZE bytes, less what other algorithms' signatures are shorter."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u-%08d" % serial, "client_id": "bench",
              "scope": "read:reports", "iat": now + min(life, 0) - 60, "exp": now + life,
              "jti": "%08x" % serial}
    claims["jti"] += "x" * ((RS256_SIZE - OVERHEAD) * 3 // 4 - len(as_json(claims)))
    header = {"alg": key.alg, "kid": key.kid, "typ": "at+jwt"}
    return tokens.assemble(key, as_json(header), as_json(claims))


def with_bad_signature(token):
    """The token with one character in the middle of its signature changed."""
    at = token.rindex(".") + 20
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]


def write_tokens(key, count, path):
    """Different, valid tokens, one a line; all processors sign."""
    def write(part, parts):
        with open("%s.%d" % (path, part), "w") as file:
            for serial in range(part, count, parts):
                file.write(make_token(key, serial) + "\n")

    parts = os.cpu_count()
    workers = [multiprocessing.get_context("fork").Process(target=write, args=(part, parts))
               for part in range(parts)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with open(path, "w") as file:
        for part in range(parts):
            with open("%s.%d" % (path, part)) as piece:
                file.write(piece.read())


# -- API keys ------------------------------------------------------------------------------------------

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FACT_APIKEY = b"\x01\0"


def api_key(random):
    """A key of 22 bytes: an id, a secret and the digits that check both."""
    digits = random.hex()
    key = "dw_%s_%s" % (digits[:12], digits[12:])
    check, end = zlib.crc32(key.encode()), ""
    for _ in range(6):
        check, digit = divmod(check, 62)
        end = DIGITS[digit] + end
    return key + end


def fill_store(path, count, used):
    """Puts so many keys into the records, all at once; returns some of them, in no order."""
    keys = sorted(api_key(hashlib.sha256(b"%d" % i).digest()[:22]) for i in range(count))
    rows = ((key[3:15], hashlib.sha256(FACT_APIKEY + key.encode()).digest(), "ci-%06d" % i, "read:reports",
             int(time.time()), 0, 0, 0, "") for i, key in enumerate(keys))
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        store.executemany("INSERT INTO apikey (id, name, owner, scope, created, expires, revoked, used, successor)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    some = keys[::max(1, count // used)][:used]
    return sorted(some, key=lambda key: key[-20:])
