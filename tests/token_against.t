#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
#
# doorward token inspect against keys, a secret and what is expected: what holds, and which step fails.
import base64
import http.server
import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from harness import *  # noqa: E402,F403
from tokens import Key, b64, claims, jwks, mint  # noqa: E402

os.chdir(TREE)
ISS, AUD = "https://issuer.example", "https://api.example"


def inspect(token, *options):
    result = subprocess.run([f"{BUILD}/doorward", "token", "inspect", "--json", *options], input=token, text=True,
                            capture_output=True, timeout=20)
    return result.returncode, json.loads(result.stdout) if result.stdout else None, result.stderr


def expect_step(name, token, options, step):
    status, answer, errors = inspect(token, *options)
    got = answer and (answer["signature"]["step"] or "holds")
    same(name, (got, status), (step, 0 if step == "holds" else 1), errors, answer)


with World() as world:
    folder = world.folder("material")

    def file(name, content):
        path = f"{folder}/{name}"
        with open(path, "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode())
        return path

    keys = {alg: Key(alg) for alg in ("RS256", "ES256", "EdDSA")}
    other = Key("RS256", kid="rs256-1")
    all_keys = file("keys.json", json.dumps(jwks(*keys.values())))
    for alg, key in keys.items():
        good = mint(key, claims(ISS, AUD))
        expect_step(f"{alg} verifies", good, ["--jwks", all_keys], "holds")
    good = mint(keys["RS256"], claims(ISS, AUD))
    expect_step("another key of that name", good, ["--jwks", file("other.json", json.dumps(jwks(other)))],
                "signature")
    expect_step("a kid that is not there", mint(Key("RS256", kid="gone"), claims(ISS, AUD)), ["--jwks", all_keys],
                "key")
    head, payload, signature = good.split(".")
    changed = f"{head}.{b64(json.dumps(claims(ISS, AUD, admin=True)))}.{signature}"
    expect_step("claims that were changed", changed, ["--jwks", all_keys], "signature")
    expect_step("no JWKS", good, ["--jwks", file("none.json", "<html>")], "key")
    expect_step("an encrypted token", "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AA.AA.AA.AA",
                ["--jwks", all_keys], "structure")
    status, _, errors = inspect(good, "--jwks", f"{folder}/missing")
    check("a file that is not there", status == 3 and "missing: No such file" in errors, errors)

    class Issuer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(jwks(*keys.values())).encode()
            self.send_response(200 if self.path == "/jwks" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Issuer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    expect_step("keys from a URL", good, ["--jwks", url + "/jwks"], "holds")
    status, _, errors = inspect(good, "--jwks", url + "/elsewhere")
    check("a URL without keys", status == 3 and "answers 404" in errors, errors)
    status, _, errors = inspect(good, "--jwks", "http://issuer.example/jwks")
    check("a URL that is not https", status == 3 and "not https" in errors, errors)

    raw = b"a secret of more than thirty-two bytes, in plain letters"
    token = mint(Key("HS256", secret=raw), claims(ISS, AUD))
    for way, written, said in (
            ("raw", raw, "as it stands"), ("a newline", raw + b"\n", "without the newline"),
            ("base64", base64.b64encode(raw), "base64 "), ("base64url", b64(raw).replace("=", ""), "base64"),
            ("hexadecimal", raw.hex(), "hexadecimal")):
        secret = file("secret", written)
        expect_step(f"a secret as {way}", token, ["--secret-file", secret], "holds")
        text = inspect(token, "--secret-file", secret)[1]["signature"]["text"]
        check(f"a secret as {way} is named", said.strip() in text, text)
    echoed = mint(Key("HS256", secret=raw + b"\n"), claims(ISS, AUD))
    expect_step("a newline went into the key", echoed, ["--secret-file", file("secret", raw)], "holds")
    short = mint(Key("HS256", secret=b"short"), claims(ISS, AUD))
    expect_step("a secret the guard would not take", short, ["--secret-file", file("secret", "short")], "holds")
    expect_step("another secret", token, ["--secret-file", file("secret", "another")], "signature")
    expect_step("no HMAC", good, ["--secret-file", file("secret", raw)], "algorithm")
    status, answer, _ = inspect("opaque", "--secret-file", file("secret", raw))
    same("no JWT", (status, answer["signature"]["step"]), (3, "structure"), answer)

    status, answer, _ = inspect(good, "--expect", f"aud={AUD},iss={ISS},header.alg=RS256")
    same("all that is expected", ([e["holds"] for e in answer["expected"]], status), ([True] * 3, 0), answer)
    status, answer, _ = inspect(good, "--expect", f"aud={AUD}/,nonce=1")
    same("what is not as expected", [(e["holds"], e["seen"] == AUD or e["seen"]) for e in answer["expected"]],
         [(False, True), (False, None)], answer)
    same("it fails", status, 1)
    for name, options in (("a claim is another", ["--expect", "nonce=1"]),
                          ("no signature holds", ["--jwks", file("other.json", json.dumps(jwks(other)))])):
        told = subprocess.run([PROGRAM, "token", "inspect", *options], input=good, text=True, capture_output=True)
        check(f"{name}: it is not told that all is well", "fails" in told.stdout and "No problem" not in told.stdout,
              told.stdout)
    listed = mint(keys["RS256"], claims(ISS, ["x", AUD], scope="read write"))
    status, answer, _ = inspect(listed, "--expect", f"aud={AUD},scope=write")
    same("one of a list, a word of a scope", [e["holds"] for e in answer["expected"]], [True, True], answer)
    status, _, errors = inspect(good, "--expect", "aud")
    check("no value", status == 2 and "NAME=VALUE" in errors, errors)

    for kind, text in (("jwe", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AA.AA.AA"), ("paseto", "v4.public." + "A" * 90),
                       ("vendor", "ghp_" + "a" * 36), ("opaque", "mF_9.B5f-4.1JqM"), ("jws", good)):
        same(f"the kind of {kind}", (inspect(text)[1] or {}).get("kind"), kind)
done()
