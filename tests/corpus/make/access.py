#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The state of tokens; proof of possession, scope and step-up."""

import hashlib
import json
import time

from answers import Answer
from clients import curl, go, httpie, requests, wget, wire
from formats import har, raw
from header import AGENT
from jwt_time import bearer
from studio import Key, Studio, b64, claims, compact, mint


def challenge(text, body="", status=401, *fields, **more):
    return Answer(status, body, ("WWW-Authenticate", text), *fields, **more)


def state(studio):
    key, rs, now = studio.keys.hs, studio.keys.rs, int(time.time())
    drf = studio.name("django.example.com", studio.python("drf_app.py"))
    words = studio.says(
        "accounts.example.com",
        (
            "/revoked",
            challenge('Bearer realm="api", error="invalid_token", error_description="The access token was revoked"'),
        ),
        (
            "/blacklisted",
            Answer(
                401,
                '{"detail":"Token is blacklisted","code":"token_not_valid"}',
                ("WWW-Authenticate", 'Bearer realm="api"'),
            ),
        ),
        (
            "/changed",
            Answer(
                401,
                '{"detail":"The user\'s password has been changed.","code":"password_changed"}',
                ("WWW-Authenticate", 'Bearer realm="api"'),
            ),
        ),
        ("/orders", Answer(401, '{"error":"token_expired"}', ("WWW-Authenticate", 'Bearer error="invalid_token"'))),
        (
            "/token",
            Answer(200, '{"access_token":"at-2","refresh_token":"rt-2","expires_in":300}'),
            Answer(400, '{"error":"invalid_grant","error_description":"Refresh token has already been used"}'),
        ),
        ("/new", Answer(401, '{"error":"unauthorized"}', ("WWW-Authenticate", "Bearer")), Answer(200, '{"ok":true}')),
        (
            "/once",
            Answer(200, '{"downloaded":true}'),
            challenge('Bearer error="invalid_token"', '{"error":"jti already used"}'),
        ),
        (
            "/apis/apps/v1/deployments",
            Answer(
                401,
                compact(
                    {
                        "kind": "Status",
                        "apiVersion": "v1",
                        "metadata": {},
                        "status": "Failure",
                        "message": "Unauthorized",
                        "reason": "Unauthorized",
                        "code": 401,
                    }
                ),
                ("Audit-Id", "4f5b1a2e-6c7d-4e8f-9a0b-1c2d3e4f5a6b"),
                ("Cache-Control", "no-cache, private"),
            ),
        ),
    )
    studio.case(
        "state/01.curl.txt",
        "token.revoked",
        "OAuth's words, curl -v",
        curl(studio, words + "/revoked", "-v", "-H", "Authorization: " + bearer(rs)),
    )
    studio.case(
        "state/02.httpie.txt",
        "token.revoked",
        "SimpleJWT's words, httpie",
        httpie(
            studio, words + "/blacklisted", "Authorization:" + bearer(key, token_type="access", jti="8c2f", user_id=1)
        ),
    )
    studio.case(
        "state/03.curl.txt",
        "token.revoked",
        "Django REST framework's tokens: one nobody has, curl -v",
        curl(studio, drf + "/token/", "-v", "-H", "Authorization: Token 0144b09199c62bcf9418ad846dd0e4bbdfc6ee4b"),
    )
    studio.case(
        "state/04.requests.txt",
        "token.session_ended",
        "SimpleJWT's words, requests with debuglevel 1",
        requests(
            studio,
            "GET",
            words + "/changed",
            f"headers={{'Authorization': {bearer(key, token_type='access', user_id=1)!r}}}",
        ),
    )
    studio.case(
        "state/05.curl.txt",
        "token.user_disabled",
        "Django REST framework's tokens, curl -v",
        curl(studio, drf + "/token/", "-v", "-H", "Authorization: Token 1144b09199c62bcf9418ad846dd0e4bbdfc6ee4b"),
    )
    opaque = ("Authorization", "Bearer mF_9.B5f-4.1JqM")
    form = [AGENT, ("Content-Type", "application/x-www-form-urlencoded")]
    grant = b"grant_type=refresh_token&client_id=spa&refresh_token=rt-1"
    studio.case(
        "state/06.har",
        "token.refresh_race|token.expired",
        "an authorization server's words: two refreshes at once, HAR as Chrome writes it",
        har(
            "chrome",
            *[wire(studio, "GET", words + "/orders", [AGENT, opaque]) for _ in range(2)],
            *[wire(studio, "POST", words + "/token", form, grant) for _ in range(2)],
        ),
    )
    fresh = ("Authorization", bearer(rs, iat=now - 1, exp=now + 3599))
    tries = [wire(studio, "GET", words + "/new", [AGENT, fresh])]
    time.sleep(2)
    tries.append(wire(studio, "GET", words + "/new", [AGENT, fresh]))
    studio.case(
        "state/07.har",
        "token.not_replicated|server.bad_node",
        "an API's words: 401, and 200 two seconds later, HAR as Firefox",
        har("firefox", *tries),
    )
    once = ("Authorization", bearer(rs, jti="5d1c"))
    studio.case(
        "state/08.http.txt",
        "token.replayed",
        "an API's words, the messages themselves",
        raw(*[wire(studio, "GET", words + "/once", [once]) for _ in range(2)]),
    )
    old = bearer(
        rs,
        {"kid": "k8s-signer-1"},
        iss="https://kubernetes.default.svc.cluster.local",
        aud=["https://kubernetes.default.svc.cluster.local"],
        sub="system:serviceaccount:shop:deployer",
        iat=now - 4300,
        exp=now - 690,
        scope=None,
        **{
            "kubernetes.io": {
                "namespace": "shop",
                "pod": {"name": "deployer-5c9f7"},
                "serviceaccount": {"name": "deployer"},
            }
        },
    )
    studio.case(
        "state/09.go.txt",
        "token.k8s_rotated|token.expired",
        "the Kubernetes API server's words, Go's dumps",
        go(studio, "GET", words + "/apis/apps/v1/deployments", "Authorization: " + old),
    )


def proof(studio):
    rs, now = studio.keys.rs, int(time.time())
    device = Key("ES256")
    public = device.jwk()
    members = json.dumps({name: public[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    bound = mint(rs, claims(cnf={"jkt": b64(hashlib.sha256(members.encode()).digest())}))

    def dpop(url, token, method="GET", **more):
        hashed = b64(hashlib.sha256(token.encode()).digest())
        jwk = {name: value for name, value in device.jwk().items() if name in ("kty", "crv", "x", "y")}
        return "DPoP", mint(
            device,
            {"htm": method, "htu": url, "iat": now, "jti": "e1j3V_bKic8-LAEB", "ath": hashed, **more},
            typ="dpop+jwt",
            jwk=jwk,
            kid=None,
        )

    words = studio.says(
        "bank.example.com",
        (
            "/bearer",
            challenge(
                'DPoP realm="bank", error="invalid_token", error_description="Bound tokens must be sent '
                'with DPoP", algs="ES256"'
            ),
        ),
        ("/plain", challenge('Bearer error="invalid_token"')),
        (
            "/nonce",
            challenge(
                'DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof"',
                "",
                401,
                ("DPoP-Nonce", "eyJ7S_zG.eyJH0-Z.HX4w-7v"),
            ),
        ),
        ("/proof", challenge('DPoP error="invalid_dpop_proof", error_description="htm does not match"')),
        (
            "/v1/proxied",
            challenge(
                'DPoP error="invalid_dpop_proof", error_description="htu mismatch: expected '
                'http://10.0.3.7:8080/proxied"',
                "",
                401,
                ("Via", "1.1 gw-4"),
            ),
        ),
        (
            "/cert",
            challenge('Bearer error="invalid_token", error_description="Certificate thumbprint does not match"'),
        ),
        (
            "/nocert",
            Answer(
                400,
                "<html>\r\n<head><title>400 No required SSL certificate was "
                "sent</title></head>\r\n<body>\r\n<center><h1>400 Bad "
                "Request</h1></center>\r\n<center>No required SSL certificate was "
                "sent</center>\r\n<hr><center>nginx</center>\r\n"
                "</body>\r\n</html>\r\n",
                server="nginx",
            ),
        ),
        (
            "/scope",
            challenge(
                'Bearer realm="bank", error="insufficient_scope", scope="payments:write"',
                '{"error":"insufficient_scope"}',
                403,
            ),
        ),
        (
            "/stepup",
            challenge(
                'Bearer error="insufficient_user_authentication", error_description="A different '
                'authentication level is required", '
                'acr_values="urn:bank:mfa", max_age="300"'
            ),
        ),
        ("/rbac", Answer(403, "RBAC: access denied", server="istio-envoy")),
    )
    studio.case(
        "proof/01.curl.txt",
        "dpop.sent_as_bearer",
        "a DPoP server's words, curl -v",
        curl(studio, words + "/bearer", "-v", "-H", "Authorization: Bearer " + bound),
    )
    studio.case(
        "proof/02.har",
        "dpop.sent_as_bearer",
        "a Bearer server's words, HAR as Chrome writes it",
        har("chrome", wire(studio, "GET", words + "/plain", [AGENT, ("Authorization", "Bearer " + bound)])),
    )
    studio.case(
        "proof/03.http.txt",
        "dpop.nonce_required",
        "RFC 9449's answer, the messages themselves",
        raw(
            wire(studio, "GET", words + "/nonce", [("Authorization", "DPoP " + bound), dpop(words + "/nonce", bound)])
        ),
    )
    studio.case(
        "proof/04.go.txt",
        "dpop.proof_invalid",
        "a DPoP server's words: the proof is for GET, Go's dumps",
        go(
            studio, "POST", words + "/proof", "Authorization: DPoP " + bound, ": ".join(dpop(words + "/proof", bound))
        ),
    )
    studio.case(
        "proof/05.curl.txt",
        "dpop.htu_proxy",
        "a DPoP server behind a gateway, its words, curl -v",
        curl(
            studio,
            words + "/v1/proxied",
            "-v",
            "-H",
            "Authorization: DPoP " + bound,
            "-H",
            ": ".join(dpop(words + "/v1/proxied", bound)),
        ),
    )
    studio.case(
        "proof/06.curl.txt",
        "mtls.cert_mismatch",
        "a bank's words, curl -v",
        curl(
            studio,
            words + "/cert",
            "-v",
            "-H",
            "Authorization: " + bearer(rs, cnf={"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}),
        ),
    )
    studio.case("proof/07.wget.txt", "mtls.cert_missing", "nginx's words, wget -d", wget(studio, words + "/nocert"))
    studio.case(
        "proof/08.har",
        "scope.insufficient",
        "RFC 6750's answer, HAR as Safari writes it",
        har(
            "safari",
            wire(
                studio, "POST", words + "/scope", [AGENT, ("Authorization", bearer(rs, scope="payments:read"))], b"{}"
            ),
        ),
    )
    studio.case(
        "proof/09.httpie.txt",
        "stepup.required",
        "RFC 9470's answer, httpie",
        httpie(studio, words + "/stepup", "Authorization:" + bearer(rs, acr="urn:bank:pwd", auth_time=now - 4000)),
    )
    studio.case(
        "proof/10.curl.txt",
        "scope.insufficient|proxy.mesh_rejected",
        "Istio's words, curl -v",
        curl(studio, words + "/rbac", "-v", "-H", "Authorization: " + bearer(rs)),
    )
    sso = studio.says(
        "api.github.com",
        (
            "*",
            Answer(
                403,
                '{"message":"Resource protected by organization SAML enforcement. You must grant your '
                'Personal Access token access to this organization.",'
                '"documentation_url":"https://docs.github.com/articles/'
                'authenticating-to-a-github-organization-with-saml-single-sign-on/"}',
                (
                    "X-GitHub-SSO",
                    "required; "
                    "url=https://github.com/orgs/acme/sso?authorization_request=AZSCKtL4U8yX1H3sCQIVnVgmjmon5fWx",
                ),
                ("X-GitHub-Request-Id", "8D1C:2A4F"),
                server="github.com",
            ),
        ),
    )
    studio.case(
        "proof/11.curl.txt",
        "sso.required",
        "GitHub's words, curl -i",
        curl(
            studio,
            sso + "/orgs/acme/repos",
            "-i",
            "-v",
            "-H",
            "Authorization: Bearer ghp_0000CorpusCorpusCorpusCorpus00000000",
        ),
    )


def main():
    with Studio() as studio:
        for make in (state, proof):
            make(studio)


if __name__ == "__main__":
    main()
