# SPDX-License-Identifier: Apache-2.0
"""Credentials of every kind, made by clients' rules and independently of the code under test."""

import base64
import datetime
import hashlib
import ipaddress
import os
import re
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tokens import Key, assemble, b64, mint
import json

# -- Basic (RFC 7617) -------------------------------------------------------------------------------


def basic(user, password):
    joined = f"{user}:{password}"
    joined = joined.encode() if isinstance(joined, str) else joined
    return [f"Authorization: Basic {base64.b64encode(joined).decode()}"]


def raw_basic(data):
    return [f"Authorization: Basic {base64.b64encode(data).decode()}"]


# -- Digest (RFC 7616) ------------------------------------------------------------------------------

DIGESTS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256,
           "SHA-512-256": lambda data=b"": hashlib.new("sha512_256", data)}


def parameters(challenge):
    """Of one challenge: {name: value}, quotes taken off."""
    found = re.findall(r'([A-Za-z_0-9-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', challenge)
    return {name: quoted or token for name, quoted, token in found}


class Digest:
    """A client that has heard a challenge. Everything it sends can be replaced."""

    def __init__(self, challenge, user, password, algorithm=None):
        self.challenge = parameters(challenge)
        self.user, self.password = user, password
        self.algorithm = algorithm or self.challenge.get("algorithm", "MD5")
        self.nc = 0

    def hash(self, text):
        text = text if isinstance(text, bytes) else text.encode()
        return DIGESTS[self.algorithm.removesuffix("-sess")](text).hexdigest()

    def fields(self, method, uri, body=None, **other):
        """`other` replaces parameters after the response was made; None leaves one out."""
        self.nc += 1
        realm, nonce = self.challenge["realm"], self.challenge["nonce"]
        nc, cnonce, qop = f"{self.nc:08x}", b64(os.urandom(12)), "auth" if body is None else "auth-int"
        ha1 = self.hash(f"{self.user}:{realm}:{self.password}")
        if self.algorithm.endswith("-sess"):
            ha1 = self.hash(f"{ha1}:{nonce}:{cnonce}")
        ha2 = self.hash(f"{method}:{uri}" if body is None else f"{method}:{uri}:{self.hash(body)}")
        response = self.hash(f"{ha1}:{nonce}:{nc}:{cnonce}:{qop}:{ha2}")
        self.rspauth = self.hash(f"{ha1}:{nonce}:{nc}:{cnonce}:{qop}:" + self.hash(f":{uri}"))
        sent = {"username": self.user, "realm": realm, "nonce": nonce, "uri": uri, "response": response,
                "algorithm": self.algorithm, "qop": qop, "nc": nc, "cnonce": cnonce, **other}
        if other.get("userhash") == "true":
            sent["username"] = self.hash(f"{self.user}:{realm}")
        bare = ("algorithm", "qop", "nc", "userhash", "username*")
        return ["Authorization: Digest " + ", ".join(
            f"{name}={value}" if name in bare else f'{name}="{value}"'
            for name, value in sent.items() if value is not None)]


# -- DPoP (RFC 9449) --------------------------------------------------------------------------------


def thumbprint(key):
    """RFC 7638, of an EC key."""
    jwk = {name: key.jwk()[name] for name in ("crv", "kty", "x", "y")}
    return b64(hashlib.sha256(json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()).digest())


class Prover:
    """A key and the proofs made with it. Everything in a proof can be replaced; None leaves it out."""

    def __init__(self, key=None):
        self.key = key or Key("ES256", "prover")
        self.jkt = thumbprint(self.key)

    def public(self):
        return {name: self.key.jwk()[name] for name in ("kty", "crv", "x", "y")}

    def proof(self, method, url, token, header=None, signer=None, **claims):
        every = {"jti": b64(os.urandom(12)), "htm": method, "htu": url, "iat": int(time.time()),
                 "ath": b64(hashlib.sha256(token.encode()).digest()), **claims}
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.public(), **(header or {})}
        return assemble(signer or self.key,
                        json.dumps({k: v for k, v in head.items() if v is not None}),
                        json.dumps({k: v for k, v in every.items() if v is not None}))

    def fields(self, method, url, token, **more):
        return [f"Authorization: DPoP {token}", f"DPoP: {self.proof(method, url, token, **more)}"]


# -- Certificates (RFC 5280) ------------------------------------------------------------------------


class Authority:
    """A certificate authority, and the certificates it gives out as files."""

    def __init__(self, folder, name="test CA"):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = f"{folder}/{name.replace(' ', '-')}.pem"
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        self.certificate = (x509.CertificateBuilder().subject_name(self.name).issuer_name(self.name)
                            .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                            .not_valid_before(now - datetime.timedelta(days=1))
                            .not_valid_after(now + datetime.timedelta(days=30))
                            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                            .sign(self.key, hashes.SHA256()))
        with open(self.file, "wb") as file:
            file.write(self.certificate.public_bytes(Encoding.PEM))

    def issue(self, name, dns=(), days=(-1, 30), ip=()):
        """(certificate, path of it as PEM, path of its key)"""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        builder = (x509.CertificateBuilder()
                   .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
                   .issuer_name(self.name).public_key(key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now + datetime.timedelta(days=days[0]))
                   .not_valid_after(now + datetime.timedelta(days=days[1])))
        alternatives = [x509.DNSName(entry) for entry in dns]
        alternatives += [x509.IPAddress(ipaddress.ip_address(entry)) for entry in ip]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        paths = f"{self.folder}/{name}.pem", f"{self.folder}/{name}.key"
        with open(paths[0], "wb") as file:
            file.write(certificate.public_bytes(Encoding.PEM))
        with open(paths[1], "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return (certificate, *paths)


def der(certificate):
    return certificate.public_bytes(Encoding.DER)


def client_cert(certificate):
    """RFC 9440 s2.2"""
    return [f"Client-Cert: :{base64.b64encode(der(certificate)).decode()}:"]


def x5t(certificate):
    return b64(hashlib.sha256(der(certificate)).digest())
