#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""API keys and accounts; signed requests."""

import hashlib
import time

from answers import Answer
from clients import curl, httpie, requests, wire
from formats import console, har, headings, raw
from header import AGENT, POSTMAN
from studio import Studio, compact


def apikeys(studio):
    stripe = studio.says(
        "api.stripe.com",
        (
            "/v1/live",
            Answer(
                401,
                '{\n  "error": {\n    "message": "Invalid API Key provided: sk_test_********0000",\n    '
                '"type": "invalid_request_error"\n  }\n}',
                ("Stripe-Version", "2024-06-20"),
                ("WWW-Authenticate", 'Bearer realm="Stripe"'),
                server="nginx",
            ),
        ),
        (
            "/v1/charges",
            Answer(
                401,
                '{\n  "error": {\n    "code": "secret_key_required",\n    "message": "This API call '
                'cannot be made with a publishable '
                'API key. Please use a secret API key. You can find a list of your API keys at '
                'https://dashboard.stripe.com/account/apikeys.",'
                '\n    "type": "invalid_request_error"\n  }\n}',
                ("WWW-Authenticate", 'Bearer realm="Stripe"'),
                server="nginx",
            ),
        ),
    )
    words = studio.says(
        "api.example.com",
        ("/rotated", Answer(401, '{"message":"Invalid API key in request"}', server="APISIX/3.11.0")),
        ("/inactive", Answer(401, '{"ok":false,"error":"account_inactive"}')),
        (
            "/locked",
            Answer(
                401,
                '{"error":"Too many failed logins. Account locked for 15 minutes."}',
                ("Retry-After", "900"),
                ("WWW-Authenticate", 'Basic realm="api"'),
            ),
        ),
        (
            "/ip",
            Answer(
                401,
                '{"code":"IP_NOT_ALLOWED","message":"IP address 198.51.100.23 is not in the allowlist of this key"}',
            ),
        ),
        (
            "/billing",
            Answer(
                401,
                '{"error":{"message":"Your account is suspended: billing overdue. Visit the billing '
                'page.","code":"account_suspended"}}',
            ),
        ),
    )
    studio.case(
        "apikey/01.curl.txt",
        "apikey.publishable_used",
        "Stripe's words, curl -v",
        curl(studio, stripe + "/v1/charges", "-v", "-u", "pk_live_51NwCorpusCorpusCorpus0000:"),
    )
    production = studio.says(
        "api.live.example.com", ("*", Answer(401, '{"error":"invalid api key"}', ("WWW-Authenticate", "Bearer")))
    )
    studio.case(
        "apikey/02.requests.txt",
        "apikey.wrong_env",
        "an API's own words, requests with debuglevel 1",
        requests(
            studio,
            "GET",
            production + "/v1/payments",
            "headers={'Authorization': 'Bearer sk_test_51NwCorpusCorpusCorpus0000'}",
        ),
    )
    studio.case(
        "apikey/03.httpie.txt",
        "apikey.rotated",
        "APISIX' words, httpie",
        httpie(studio, words + "/rotated", "apikey:3f2504e04f8911d39a0c0305e82c3301"),
    )
    studio.case(
        "apikey/04.har",
        "account.inactive",
        "Slack's words as a 401, HAR as Insomnia writes it",
        har(
            "insomnia",
            wire(studio, "GET", words + "/inactive", [("Authorization", "Bearer xoxb-0000-corpus-corpus")]),
        ),
    )
    studio.case(
        "apikey/05.curl.txt",
        "account.locked",
        "an API's own words, curl -v",
        curl(studio, words + "/locked", "-v", "-u", "joe:right"),
    )
    studio.case(
        "apikey/06.postman.txt",
        "ip.allowlist",
        "an API's own words, Postman's console",
        console(wire(studio, "GET", words + "/ip", [("X-API-Key", "3f2504e04f8911d39a0c0305e82c3301"), *POSTMAN])),
    )
    studio.case(
        "apikey/07.http.txt",
        "account.inactive",
        "an API's own words, the messages themselves",
        raw(wire(studio, "GET", words + "/billing", [("Authorization", "Bearer 3f2504e04f8911d39a0c0305e82c3301")])),
    )
    github = studio.says(
        "api.github.com",
        (
            "/user",
            Answer(
                401,
                '{"message":"Must specify two-factor authentication OTP '
                'code.","documentation_url":"https://docs.github.com/rest"}',
                ("X-GitHub-OTP", "required; app"),
                server="github.com",
            ),
        ),
        (
            "*",
            Answer(
                401,
                '{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}',
                ("X-GitHub-Media-Type", "github.v3; format=json"),
                server="github.com",
            ),
        ),
    )
    studio.case(
        "apikey/08.curl.txt",
        "mfa.required",
        "GitHub's words, curl -v",
        curl(studio, github + "/user", "-v", "-u", "joe:right"),
    )
    studio.case(
        "apikey/09.curl.txt",
        "apikey.partial",
        "GitHub's words: the token was cut, curl -v",
        curl(studio, github + "/repos/acme/site", "-v", "-H", "Authorization: Bearer ghp_0000CorpusCorpus"),
    )
    studio.case(
        "apikey/10.devtools.txt",
        "apikey.wrong_region",
        "an API's own words, the browser's list of headers",
        headings(
            wire(
                studio,
                "GET",
                studio.says(
                    "us.api.example.net",
                    (
                        "*",
                        Answer(
                            401,
                            compact({"error": "API key belongs to another region; use https://eu.api.example.net"}),
                        ),
                    ),
                )
                + "/v2/events",
                [AGENT, ("X-API-Key", "eu-3f2504e04f8911d39a0c")],
            )
        ),
    )


def aws(code, message, *more, status=403):
    return Answer(
        status,
        f'<?xml version="1.0" '
        f'encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{"".join(more)}'
        '<RequestId>TX4Z0M1N2B3V4C5X</RequestId><HostId>Zm9yIHRoZSBjb3JwdXM=</HostId></Error>',
        server="AmazonS3",
        type="application/xml",
    )


def sigv4(date, region="eu-west-1", service="s3", key="AKIAIOSFODNN7EXAMPLE"):
    return (
        "Authorization",
        f"AWS4-HMAC-SHA256 Credential={key}/{date[:8]}/{region}/{service}/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + hashlib.sha256(date.encode()).hexdigest(),
    )


def signed(studio):
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    late = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - 1500))
    server_time = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    empty = ("X-Amz-Content-Sha256", hashlib.sha256(b"").hexdigest())
    url = studio.says(
        "pictures.s3.eu-west-1.amazonaws.com",
        (
            "/skew.png",
            aws(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                f"<RequestTime>{late}</RequestTime><ServerTime>{server_time}</ServerTime>",
            ),
        ),
        (
            "/mismatch%20me.png",
            aws(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your "
                "key and signing method.",
                "<CanonicalRequest>GET\n/mismatch%2520me.png</CanonicalRequest>",
            ),
        ),
        (
            "/double.png",
            aws(
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                "parameter or the Authorization header should be specified",
                status=400,
            ),
        ),
        (
            "/token.png",
            aws("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
        ),
    )
    studio.case(
        "signed/01.curl.txt",
        "sig.clock_skew",
        "S3's words, curl -v",
        curl(
            studio,
            url + "/skew.png",
            "-v",
            "-H",
            ": ".join(sigv4(late)),
            "-H",
            f"X-Amz-Date: {late}",
            "-H",
            ": ".join(empty),
        ),
    )
    studio.case(
        "signed/02.http.txt",
        "sig.mismatch",
        "S3's words, the messages themselves",
        raw(wire(studio, "GET", url + "/mismatch%20me.png", [sigv4(date), ("X-Amz-Date", date), empty])),
    )
    api = studio.says(
        "q1w2e3r4t5.execute-api.eu-west-1.amazonaws.com",
        (
            "/prod/orders",
            Answer(
                403,
                '{"message":"Credential should be scoped to a valid region, not \'us-east-1\'. "}',
                ("x-amzn-ErrorType", "InvalidSignatureException"),
                ("x-amzn-RequestId", "1b2c3d4e"),
            ),
        ),
    )
    studio.case(
        "signed/03.requests.txt",
        "sig.scope",
        "API Gateway's words, requests with debuglevel 1",
        requests(
            studio,
            "GET",
            api + "/prod/orders",
            f"headers={dict([sigv4(date, 'us-east-1', 'execute-api'), ('X-Amz-Date', date)])!r}",
        ),
    )
    studio.case(
        "signed/04.curl.txt",
        "sig.session_token",
        "S3's words, curl -v",
        curl(
            studio,
            url + "/token.png",
            "-v",
            "-H",
            ": ".join(sigv4(date, key="ASIAIOSFODNN7EXAMPLE")),
            "-H",
            f"X-Amz-Date: {date}",
        ),
    )
    presigned = f"/double.png?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={date}" \
        f"&X-Amz-Expires=300&X-Amz-Signature={'ab' * 32}"
    studio.case(
        "signed/05.har",
        "sig.double_auth",
        "S3's words, HAR as Firefox writes it",
        har(
            "firefox",
            wire(
                studio, "GET", url + presigned, [AGENT, ("Authorization", "Bearer 3f2504e04f8911d39a0c0305e82c3301")]
            ),
        ),
    )
    kong = studio.says(
        "gateway.example.com",
        (
            "*",
            Answer(
                401,
                '{"message":"HMAC signature cannot be verified, a valid date or x-date header is '
                'required for HMAC Authentication"}',
                ("WWW-Authenticate", "hmac"),
                server="kong/3.8.0",
            ),
        ),
    )
    studio.case(
        "signed/06.httpie.txt",
        "sig.date_missing",
        "Kong's words, httpie",
        httpie(
            studio,
            kong + "/orders",
            'Authorization:hmac username="joe", algorithm="hmac-sha256", headers="x-date", signature="cFc4"',
        ),
    )
    metadata = studio.says(
        "169.254.169.254",
        (
            "*",
            Answer(
                401,
                '<?xml version="1.0" encoding="iso-8859-1"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML '
                '1.0 Transitional//EN">\n<html><head><title>401 - '
                'Unauthorized</title></head><body><h1>401 - Unauthorized</h1></body></html>',
                server="EC2ws",
                type="text/html",
            ),
        ),
    )
    studio.case(
        "signed/07.curl.txt",
        "aws.imdsv2",
        "EC2's metadata service's words, curl -v",
        curl(studio, metadata + "/latest/meta-data/", "-v"),
    )


def main():
    with Studio() as studio:
        for make in (apikeys, signed):
            make(studio)


if __name__ == "__main__":
    main()
