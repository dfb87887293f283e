# SPDX-License-Identifier: Apache-2.0
"""
What bad input gets: each row a request, and the reason and status it must be answered with. The tests
that send them through nginx and through verify share this table; another checks that it, and the
tests beside it, provoke every reason there is.

The policy of policy.py trusts ISSUER with every algorithm's key in one file.
"""

import json
import time

from policy import AUDIENCE, ISSUER
from tokens import Key, assemble, b64, claims, mint

ELEVEN_YEARS = 11 * 366 * 24 * 3600


def bearer(token):
    return [f"Authorization: Bearer {token}"]


def good_claims(**more):
    return claims(ISSUER, AUDIENCE, **more)


def text_claims(member):
    """Good claims as JSON text, with one more member or a replaced one written out."""
    name = json.loads("{" + member + "}").popitem()[0] if not member.count("1e400") else "exp"
    rest = {key: value for key, value in good_claims().items() if key != name}
    return json.dumps(rest)[:-1] + ", " + member + "}"


def tampered(keys):
    head, body, signature = keys.good().split(".")
    forged = json.dumps(good_claims(sub="admin"))
    return f"{head}.{b64(forged)}.{signature}"


def confused(keys):
    """HS256 with the RSA public key's text as the secret."""
    secret = Key("HS256", "rs256-1", secret=keys.rs256.pem())
    return mint(secret, good_claims())


def bit_flipped(keys):
    head, body, signature = keys.good().split(".")
    return f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def stray_bits(keys):
    """The same signature bytes, spelled with bits that base64url leaves unused."""
    token = keys.good("ES256")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) | 1]


def nested(keys):
    deep = "[" * 40 + "]" * 40
    return mint(keys.rs256, text_claims(f'"deep": {deep}'))


def big(keys, size):
    token = keys.good(pad="x" * size)
    assert len(token) > 16 * 1024
    return token


def over_sixteen_kib(keys):
    return big(keys, 13 * 1024)


# (name, reason, status, error, fields of the request)
MISSING = [
    ("no credentials", "header.missing", 401, None, lambda keys: []),
    ("Basic", "scheme.unsupported", 401, None, lambda keys: ["Authorization: Basic dTpw"]),
    ("Digest", "scheme.unsupported", 401, None, lambda keys: ['Authorization: Digest username="u"']),
    ("a bare token", "scheme.unsupported", 401, None, lambda keys: [f"Authorization: {keys.good()}"]),
    ("Token", "scheme.unsupported", 401, None, lambda keys: [f"Authorization: Token {keys.good()}"]),
]

MALFORMED = [
    ("Bearer", "header.empty_token", lambda keys: ["Authorization: Bearer"]),
    ("Bearer and a space", "header.empty_token", lambda keys: ["Authorization: Bearer "]),
    ("an empty field", "header.empty_token", lambda keys: ["Authorization:"]),
    ("Bearer: x", "header.scheme_colon", lambda keys: ["Authorization: Bearer: x"]),
    ("Bearer : x", "header.scheme_colon", lambda keys: ["Authorization: Bearer : x"]),
    ("Bearerx", "header.missing_space", lambda keys: ["Authorization: Bearerx"]),
    ("a tab", "header.extra_whitespace", lambda keys: [f"Authorization: Bearer\t{keys.good()}"]),
    ("a space inside", "header.extra_whitespace", lambda keys: ["Authorization: Bearer abc def"]),
    ("a quoted token", "header.quoted_token", lambda keys: [f'Authorization: Bearer "{keys.good()}"']),
    ("a token in single quotes", "header.quoted_token", lambda keys: [f"Authorization: Bearer '{keys.good()}'"]),
    ("Bearer Bearer", "header.duplicate_scheme", lambda keys: [f"Authorization: Bearer Bearer {keys.good()}"]),
    ("a character outside b64token", "header.illegal_char", lambda keys: ["Authorization: Bearer a{b}c"]),
    ("a comma", "header.illegal_char", lambda keys: ["Authorization: Bearer abc,def"]),
    ("a byte above 127", "header.illegal_char", lambda keys: ["Authorization: Bearer abc\xe9"]),
]
MALFORMED = [(name, reason, 401, "invalid_request", fields) for name, reason, fields in MALFORMED]

TOKENS = [
    ("expired", "token.expired", lambda keys: keys.good(exp=int(time.time()) - 31)),
    ("expired long ago", "token.expired", lambda keys: keys.good(exp=0)),
    ("exp negative", "token.expired", lambda keys: keys.good(exp=-5)),
    ("not yet valid", "token.not_yet_valid", lambda keys: keys.good(nbf=int(time.time()) + 40)),
    ("wrong iss", "token.wrong_iss", lambda keys: keys.good(iss="https://evil.test")),
    ("iss with a slash more", "token.wrong_iss", lambda keys: keys.good(iss=ISSUER + "/")),
    ("no iss", "token.iss_missing", lambda keys: keys.good(iss=None)),
    ("wrong aud", "token.wrong_aud", lambda keys: keys.good(aud="https://evil.test")),
    ("a list of wrong auds", "token.wrong_aud", lambda keys: keys.good(aud=["a", "b"])),
    ("no aud", "token.aud_missing", lambda keys: keys.good(aud=None)),
    ("an empty list of auds", "token.aud_missing", lambda keys: keys.good(aud=[])),
    ("no exp", "token.exp_missing", lambda keys: keys.good(exp=None)),
    ("exp as a string", "token.exp_type", lambda keys: keys.good(exp=str(int(time.time()) + 60))),
    ("exp null", "token.exp_type", lambda keys: mint(keys.rs256, text_claims('"exp": null'))),
    ("exp true", "token.exp_type", lambda keys: keys.good(exp=True)),
    ("exp 1e400", "token.exp_type", lambda keys: mint(keys.rs256, text_claims('"exp": 1e400'))),
    ("nbf as a string", "token.exp_type", lambda keys: keys.good(nbf="0")),
    ("exp in milliseconds", "token.exp_millis", lambda keys: keys.good(exp=int(time.time() * 1000))),
    ("exp in eleven years", "token.exp_millis", lambda keys: keys.good(exp=int(time.time()) + ELEVEN_YEARS)),
    ("sub as a number", "token.claim_type", lambda keys: keys.good(sub=7)),
    ("scope as a number", "token.claim_type", lambda keys: keys.good(scope=7)),
    ("aud as an object", "token.claim_type", lambda keys: keys.good(aud={"a": 1})),
    ("33 auds", "token.claim_type", lambda keys: keys.good(aud=[AUDIENCE] * 33)),
    ("a line end in sub", "token.claim_type", lambda keys: keys.good(sub="a\r\nX-Admin: 1")),
    ("bad signature", "token.signature_invalid", bit_flipped),
    ("changed claims", "token.signature_invalid", tampered),
    ("another's key", "token.signature_invalid", lambda keys: mint(keys.stranger, good_claims())),
    ("an ES256 signature of zeros", "token.signature_invalid",
     lambda keys: keys.good("ES256").rsplit(".", 1)[0] + "." + b64(bytes(64))),
    ("no signature", "token.signature_stripped", lambda keys: keys.good().rsplit(".", 1)[0] + "."),
    ("alg none", "token.alg_none", lambda keys: mint(keys.rs256, good_claims(), alg="none")),
    ("alg nOnE, unsigned", "token.alg_none",
     lambda keys: mint(keys.rs256, good_claims(), alg="nOnE").rsplit(".", 1)[0] + "."),
    ("HS256 with the public key", "token.alg_mismatch", confused),
    ("alg not the key's", "token.alg_mismatch", lambda keys: mint(keys.rs256, good_claims(), alg="PS256")),
    ("alg of another kind of key", "token.alg_mismatch", lambda keys: mint(keys.rs256, good_claims(), alg="ES256")),
    ("alg unknown", "token.alg_mismatch", lambda keys: mint(keys.rs256, good_claims(), alg="RS1")),
    ("no alg", "token.alg_mismatch", lambda keys: mint(keys.rs256, good_claims(), alg=None)),
    ("an unknown kid", "token.kid_unknown", lambda keys: mint(keys.rs256, good_claims(), kid="who")),
    ("a kid that is a path", "token.kid_unknown",
     lambda keys: mint(keys.rs256, good_claims(), kid="../../../../dev/null")),
    ("no kid, several keys fit", "token.kid_missing", lambda keys: mint(keys.rs256, good_claims(), kid=None)),
    ("crit", "token.crit_unknown", lambda keys: mint(keys.rs256, good_claims(), crit=["exp"], exp=1)),
    ("crit empty", "token.crit_unknown", lambda keys: mint(keys.rs256, good_claims(), crit=[])),
    ("b64 false", "token.crit_unknown", lambda keys: mint(keys.rs256, good_claims(), b64=False)),
    ("a claim twice", "token.duplicate_member", lambda keys: mint(
        keys.rs256, json.dumps(good_claims())[:-1] + ', "sub": "admin"}')),
    ("a claim twice, once escaped", "token.duplicate_member", lambda keys: mint(
        keys.rs256, json.dumps(good_claims())[:-1] + ', "s\\u0075b": "admin"}')),
    ("a header member twice", "token.duplicate_member", lambda keys: assemble(
        keys.rs256, '{"alg": "RS256", "kid": "rs256-1", "alg": "none"}', json.dumps(good_claims()))),
    ("padding", "token.base64_standard", lambda keys: keys.good("ES256") + "=="),
    ("the standard alphabet", "token.base64_standard", lambda keys: "ab+/" + keys.good()),
    ("stray bits", "token.base64_standard", stray_bits),
    ("one letter short", "token.base64_standard", lambda keys: keys.good("ES256")[:-1]),
    ("five parts", "token.jwe_to_jws", lambda keys: keys.good() + ".AAAA.AAAA"),
    ("two parts", "token.segments", lambda keys: keys.good().rsplit(".", 1)[0]),
    ("four parts", "token.segments", lambda keys: keys.good() + ".AAAA"),
    ("no dot", "token.opaque_to_jwt", lambda keys: "abcdefghijklmnop"),
    ("over 16 KiB", "token.too_large", over_sixteen_kib),
    ("nesting", "token.nesting", nested),
    ("a token in a token", "token.nesting", lambda keys: mint(keys.rs256, good_claims(), cty="JWT")),
    ("claims that are no JSON", "token.bad_json", lambda keys: mint(keys.rs256, "{'a': 1}")),
    ("claims that are a list", "token.bad_json", lambda keys: mint(keys.rs256, "[]")),
    ("a header that is no JSON", "token.bad_json", lambda keys: assemble(keys.rs256, "{alg}", "{}")),
    ("claims that are not UTF-8", "token.bad_json", lambda keys: mint(keys.rs256, b'{"sub": "\xff"}')),
    ("a NUL in a claim", "token.bad_json", lambda keys: mint(keys.rs256, '{"sub": "a\\u0000b"}')),
    ("bytes after the claims", "token.bad_json", lambda keys: mint(keys.rs256, json.dumps(good_claims()) + "{}")),
    ("typ of another kind of token", "token.typ_mismatch",
     lambda keys: mint(keys.rs256, good_claims(), typ="logout+jwt")),
    ("bound to a key", "dpop.sent_as_bearer", lambda keys: keys.good(cnf={"jkt": "x"})),
    ("bound to a certificate", "mtls.cert_missing", lambda keys: keys.good(cnf={"x5t#S256": "x"})),
]
TOKENS = [(name, reason, 401, "invalid_token", lambda keys, make=make: bearer(make(keys)))
          for name, reason, make in TOKENS]

BAD = MISSING + MALFORMED + TOKENS

# Odd, and right: (name, fields).
GOOD = [
    ("every letter of bearer in capitals", lambda keys: [f"AUTHORIZATION: BEARER {keys.good()}"]),
    ("three spaces after bearer", lambda keys: [f"authorization: bearer   {keys.good()}"]),
    ("exp as a fraction", lambda keys: bearer(keys.good(exp=time.time() + 60.5))),
    ("exp with an exponent", lambda keys: bearer(mint(keys.rs256, text_claims('"exp": 2e9')))),
    ("exp 29 s ago: the leeway", lambda keys: bearer(keys.good(exp=int(time.time()) - 25))),
    ("one of several audiences", lambda keys: bearer(keys.good(aud=["x", AUDIENCE]))),
    ("the second audience", lambda keys: bearer(keys.good(aud="https://other.test"))),
    ("no typ", lambda keys: bearer(mint(keys.rs256, good_claims(), typ=None))),
    ("no kid, one key fits", lambda keys: bearer(mint(keys.es256, good_claims(), kid=None))),
    ("scope as a list", lambda keys: bearer(keys.good(scope=["a", "b"]))),
    ("jku, x5u and an embedded jwk, ignored", lambda keys: bearer(mint(
        keys.rs256, good_claims(), jku="https://evil.test/keys", x5u="https://evil.test/x5u",
        jwk=keys.second.jwk()))),
]
