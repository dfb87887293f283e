/* SPDX-License-Identifier: Apache-2.0 */
#include "minted_case.h"

#define AWS(key, region, date)                                                                   \
    "> Authorization: AWS4-HMAC-SHA256 Credential=" key "/20261121/" region "/s3/aws4_request, " \
    "SignedHeaders=host;x-amz-date, Signature=0011\n> X-Amz-Date: " date "\n"
#define S3 "> GET https://b.s3.eu-west-1.amazonaws.com/k\n"

/* "sk_live_...", in two pieces so that nobody takes it for a key. */
#define LIVE \
    "sk_li"  \
    "ve_abcdefghijklmnopqrstuvwxyz0123"
#define TEST \
    "rzp_te" \
    "st_abcdefghijklmnop"

static const struct sighting KEYS[] = {
    /* what is not to be found */
    {"> GET https://api.stripe.com/v1\n> Authorization: Bearer " LIVE "\n< 401\n", NULL, 0,
     "apikey.wrong_env"},
    {"> GET https://api.stripe.com/v1\n> Authorization: Bearer " LIVE "\n< 401\n", NULL, 0,
     "apikey.partial"},
    {"> GET https://api.example.com/v1\n> X-API-Key: abcdefgh\n< 200\n", NULL, 0, "apikey.rotated"},
    {"> GET https://api.example.com/v1\n< 401\n= {\"error\":\"invalid api key\"}\n", NULL, 0,
     "apikey.rotated"},
    {ASK INVALID, NULL, 0, "account.locked"},
    {ASK INVALID, NULL, 0, "mfa.required"},

    {"> GET https://api.sandbox.example.com/v1\n> Authorization: Bearer " LIVE "\n< 401\n",
     "apikey.wrong_env", 90, NULL},
    {"> GET https://api.example.com/v1\n> Authorization: Bearer " TEST "\n< 401\n",
     "apikey.wrong_env", 75, NULL},
    {"> GET https://api.stripe.com/v1\n> Authorization: Bearer pk_li"
     "ve_abcdefghijklmnopqrstuvwxyz\n< 401\n"
     "= {\"error\":{\"message\":\"This API call cannot be made with a publishable API key.\"}}\n",
     "apikey.publishable_used", 97, NULL},
    {"> GET https://api.github.com/user\n> Authorization: token ghp_abcdefghij\n< 401\n",
     "apikey.partial", 85, NULL},
    {"> GET https://api.github.com/user\n> Authorization: token "
     "abcdefghijklmnopqrstuvwxyz0123456789\n< 401\n",
     "apikey.partial", 75, NULL},
    {"> GET https://api.example.com/v1\n> X-API-Key: dw_abcdefghijkl_short\n< 401\n",
     "apikey.partial", 97, NULL},
    {"> GET https://api.example.com/v1\n> X-API-Key: abcdefgh\n< 401\n= {\"message\":\"Invalid API "
     "key\"}\n",
     "apikey.rotated", 85, NULL},
    {"> GET https://a.example.com/\n> Authorization: ApiKey YTpiY2Q=\n< 401\n< WWW-Authenticate: "
     "ApiKey\n",
     "apikey.rotated", 60, NULL},
    {"> GET https://us7.api.mailchimp.com/3.0\n> Authorization: Basic "
     "dTowMTIzNDU2Nzg5YWJjZGVmLXVzNg==\n< 401\n",
     "apikey.wrong_region", 95, NULL},
    {ASK "> X-API-Key: k\n< 401\n= {\"message\":\"Key belongs to a different region\"}\n",
     "apikey.wrong_region", 90, NULL},

    {ASK "> Authorization: Bearer abc\n< 401\n= {\"ok\":false,\"error\":\"account_inactive\"}\n",
     "account.inactive", 90, NULL},
    {ASK "> Authorization: Basic dTpw\n< 401\n= {\"message\":\"Your account is locked\"}\n",
     "account.locked", 90, NULL},
    {ASK "> Authorization: Basic dTpw\n< 401\n" ASK
         "> Authorization: Basic dTpx\n< 401\n= {\"error\":\"temporarily locked\"}\n",
     "account.locked", 92, NULL},
    {ASK "> X-API-Key: abcdefgh\n< 401\n= {\"error\":\"not on the allow list\"}\n", "ip.allowlist",
     90, NULL},
    {ASK "> Authorization: Basic dTpw\n< 401\n< Retry-After: 900\n", "account.locked", 70, NULL},
    {ASK "> Authorization: Basic dTpw\n< 401\n< X-GitHub-OTP: required; app\n", "mfa.required", 97,
     NULL},
    {ASK "> Authorization: Bearer a\n< 401\n< WWW-Authenticate: OTP\n", "mfa.required", 97, NULL},
    {ASK "> X-API-Key: k\n< 403\n= {\"message\":\"IP address is not allowed\"}\n", "ip.allowlist",
     90, NULL},
};

static const struct sighting SIGNED[] = {
    {S3 AWS("AKIAABCDEFGHIJKLMNOP", "eu-west-1", "20261121T100010Z") "< 403\n" DATE, NULL, 0,
     "sig.clock_skew"},
    {S3 AWS("AKIAABCDEFGHIJKLMNOP", "eu-west-1", "20261121T100010Z") "< 403\n" DATE, NULL, 0,
     "sig.scope"},
    {S3 AWS("AKIAABCDEFGHIJKLMNOP", "eu-west-1", "20261121T100010Z") "< 403\n" DATE, NULL, 0,
     "sig.session_token"},
    {S3 AWS("AKIAABCDEFGHIJKLMNOP", "eu-west-1", "20261121T100010Z") "< 403\n" DATE, NULL, 0,
     "sig.mismatch"},
    {ASK "> Authorization: Bearer abc\n< 401\n= {\"message\":\"invalid signature\"}\n", NULL, 0,
     "sig.mismatch"},

    {S3 AWS("AKIAABCDEFGHIJKLMNOP", "eu-west-1", "20261121T093000Z") "< 403\n" DATE,
     "sig.clock_skew", 97, NULL},
    {S3 AWS("AKIAABCDEFGHIJKLMNOP", "us-east-1", "20261121T100000Z") "< 400\n" DATE, "sig.scope",
     90, NULL},
    {S3 AWS("ASIAABCDEFGHIJKLMNOP", "eu-west-1", "20261121T100000Z") "< 403\n" DATE,
     "sig.session_token", 97, NULL},
    {S3 "> Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20261121/eu-west-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256, Signature=00\n> X-Amz-Date: 20261121T100000Z\n< "
        "403\n" DATE,
     "sig.mismatch", 85, NULL},
    {S3 AWS("AKIAABCDEFGHIJKLMNOP", "eu-west-1",
            "20261121T100000Z") "< 403\n" DATE
                                "= <Error><Code>SignatureDoesNotMatch</Code></Error>\n",
     "sig.mismatch", 90, "sig.clock_skew"},
    {S3 AWS("AKIAABCDEFGHIJKLMNOP", "eu-west-1",
            "20261121T100000Z") "< 403\n" DATE
                                "= <Error><Code>RequestTimeTooSkewed</Code></Error>\n",
     "sig.clock_skew", 90, NULL},
    {"> GET "
     "https://b.s3.amazonaws.com/"
     "k?X-Amz-Credential=AKIA%2F20261121%2Fus-east-1%2Fs3%2Faws4_request&"
     "X-Amz-Date=20261121T080000Z&X-Amz-Expires=3600&X-Amz-Signature=00\n< 403\n" DATE,
     "sig.clock_skew", 95, NULL},
    {"> GET https://b.s3.amazonaws.com/k?X-Amz-Signature=00\n> Authorization: Bearer x\n< "
     "400\n" DATE,
     "sig.double_auth", 97, NULL},
    {ASK "> Authorization: hmac username=\"u\", algorithm=\"hmac-sha256\", headers=\"date\", "
         "signature=\"x\"\n< 401\n"
         "= {\"message\":\"HMAC signature cannot be verified, a valid date or x-date header is "
         "required\"}\n",
     "sig.date_missing", 97, NULL},
    {"> GET http://169.254.169.254/latest/meta-data/\n< 401\n", "aws.imdsv2", 99, NULL},
    {"> GET http://169.254.169.254/latest/meta-data/\n> X-aws-ec2-metadata-token: t\n< 401\n",
     "aws.imdsv2", 70, NULL},
};

#define DANCE                     \
    "< WWW-Authenticate: Bearer " \
    "realm=\"https://auth.example.com/token\",service=\"r\",scope=\"repository:a/b:pull\"\n"
#define PULL  "> GET https://registry.example.com/v2/a/b/manifests/latest\n"
#define ASKED "> GET https://auth.example.com/token?service=r\n"

static const struct sighting REGISTRIES[] = {
    {PULL "< 401\n" DANCE ASKED "< 200\n= {}\n" PULL "> Authorization: Bearer <<" RS
          "|{\"access\":[]}|c2ln>>\n< 401\n" DANCE,
     NULL, 0, "registry.token_dance"},
    {ASK INVALID, NULL, 0, "registry.token_dance"},
    {ASK "> User-Agent: npm/10.2\n> Authorization: Bearer a\n< 401\n", NULL, 0,
     "registry.npmrc_scope"},

    {PULL "< 401\n" DANCE, "registry.token_dance", 95, NULL},
    {PULL "> Authorization: Bearer <<" RS "|{\"access\":[]}|c2ln>>\n< 401\n" DANCE,
     "registry.scope_denied", 97, NULL},
    {ASKED "< 200\n= {}\n" PULL "> Authorization: Bearer abc\n< 401\n" DANCE,
     "registry.private_or_absent", 60, NULL},
    {"> GET https://npm.corp.example/x/-/x-1.0.tgz\n> User-Agent: npm/10.2 node/v20\n< 401\n"
     "< WWW-Authenticate: Basic realm=\"Artifactory Realm\"\n",
     "registry.lockfile_host", 90, NULL},
    {"> GET https://npm.example.org/x\n> User-Agent: npm/10.2\n> Authorization: Bearer npm_a\n< "
     "200\n"
     "> GET https://npm.corp.example/x/-/x-1.0.tgz\n> User-Agent: npm/10.2\n< 401\n",
     "registry.npmrc_scope", 85, NULL},
    {"> POST https://upload.pypi.example/legacy/\n> Authorization: Basic "
     "bWU6cHlwaS1BZ0VJY0hsd2FTNXZjbWM=\n< 403\n",
     "registry.pypi_user", 97, NULL},
    {"> GET https://api.github.com/repos/a/b\n< 404\n", "git.hidden_404", 75, NULL},
    {"> GET https://api.example.com/a\n< 404\n= {\"message\":\"Not Found\"}\n", NULL, 0,
     "git.hidden_404"},
};

static void keys(void **state)
{
    (void)state;
    check_minted(KEYS, COUNT_OF(KEYS), rules_apikey);
}

static void signatures(void **state)
{
    (void)state;
    check_minted(SIGNED, COUNT_OF(SIGNED), rules_signed);
}

static void registries(void **state)
{
    (void)state;
    check_minted(REGISTRIES, COUNT_OF(REGISTRIES), rules_registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys), cmocka_unit_test(signatures),
                                       cmocka_unit_test(registries)};

    return RUN_TAP(tests);
}
