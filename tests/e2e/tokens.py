# SPDX-License-Identifier: Apache-2.0
"""Keys and JWTs, made with python3-cryptography and independently of the code under test."""

import base64
import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
CURVES = {"ES256": (ec.SECP256R1, "P-256", 32), "ES384": (ec.SECP384R1, "P-384", 48),
          "ES512": (ec.SECP521R1, "P-521", 66)}
ALGS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
        "HS256", "HS384", "HS512"]


def b64(data):
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_number(number, size=None):
    size = size or (number.bit_length() + 7) // 8
    return b64(number.to_bytes(size, "big"))


class Key:
    """A key of one algorithm: signs, and shows itself as a JWK."""

    def __init__(self, alg, kid=None, secret=None):
        self.alg, self.kid = alg, kid or f"{alg.lower()}-1"
        if alg[:2] in ("RS", "PS"):
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        elif alg in CURVES:
            self.private = ec.generate_private_key(CURVES[alg][0]())
        elif alg == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = secret or hashlib.sha512(self.kid.encode()).digest()

    def pem(self):
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def jwk(self):
        common = {"kid": self.kid, "alg": self.alg, "use": "sig"}
        if self.alg[:2] == "HS":
            return {"kty": "oct", "k": b64(self.private), **common}
        public = self.private.public_key()
        if self.alg == "EdDSA":
            raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
            return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw), **common}
        numbers = public.public_numbers()
        if self.alg in CURVES:
            _, name, size = CURVES[self.alg]
            return {"kty": "EC", "crv": name, "x": b64_number(numbers.x, size),
                    "y": b64_number(numbers.y, size), **common}
        return {"kty": "RSA", "n": b64_number(numbers.n), "e": b64_number(numbers.e), **common}

    def sign(self, message):
        if isinstance(message, str):
            message = message.encode()
        if self.alg == "EdDSA":
            return self.private.sign(message)
        digest = HASHES[self.alg[2:]]
        if self.alg[:2] == "HS":
            return hmac.new(self.private, message, digest.name).digest()
        if self.alg in CURVES:
            r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(digest())))
            size = CURVES[self.alg][2]
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if self.alg[:2] == "RS":
            return self.private.sign(message, padding.PKCS1v15(), digest())
        return self.private.sign(message, padding.PSS(padding.MGF1(digest()), digest.digest_size), digest())


def jwks(*keys):
    return {"keys": [key.jwk() for key in keys]}


def claims(iss, aud, /, **more):
    """Good claims; a claim given as None is left out."""
    now = int(time.time())
    every = {"iss": iss, "aud": aud, "sub": "user-1", "client_id": "client-1", "scope": "read write",
             "iat": now, "exp": now + 600, **more}
    return {name: value for name, value in every.items() if value is not None}


def assemble(key, header, payload):
    """Signs two texts as they are, however broken."""
    signed = f"{b64(header)}.{b64(payload)}"
    return f"{signed}.{b64(key.sign(signed))}"


def mint(key, payload, **header):
    """A token; header members given as None are left out. `payload` is claims, or JSON text."""
    every = {"alg": key.alg, "typ": "at+jwt", "kid": key.kid, **header}
    every = {name: value for name, value in every.items() if value is not None}
    if not isinstance(payload, (str, bytes)):
        payload = json.dumps(payload)
    return assemble(key, json.dumps(every), payload)
