/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/*
 * A token; or, where a NUL stands in the input, a header and claims to make one of. What is read lies
 * inside the token or the work, is the same each time, and can be verified and judged at any time.
 */

static const char JWKS[] = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
                           "7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
                           "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"ec\",\"x\":"
                           "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                           "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
                           "{\"kty\":\"oct\",\"kid\":\"hs\",\"k\":"
                           "\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0"
                           "iPS4hcgUuTwjAzZr1Z9CAow\"}]}";

static struct dw_keys *keys;
static struct dw_work work;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_span(struct dw_span span, struct dw_span token)
{
    const char *start = (const char *)work.bytes;
    const bool in_work = span.at >= start && span.at + span.len <= start + sizeof(work.bytes);
    const bool in_token = span.at >= token.at && span.at + span.len <= token.at + token.len;

    require((span.at == NULL && span.len == 0) || in_work || in_token);
}

static void check_spans(const struct dw_jwt *jwt)
{
    const struct dw_span spans[] = {
        jwt->signed_part, jwt->signature, jwt->kid,       jwt->typ,   jwt->iss, jwt->sub, jwt->jti,
        jwt->sid,         jwt->acr,       jwt->client_id, jwt->scope, jwt->jkt, jwt->x5t};

    require(jwt->alg > DW_ALG_NONE && jwt->alg < DW_ALGS_END && jwt->signature.len > 0);
    require(jwt->n_aud <= DW_AUD_MAX);
    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        check_span(spans[i], jwt->token);
    }
    for (size_t i = 0; i < jwt->n_aud; i++) {
        check_span(jwt->aud[i], jwt->token);
    }
}

static void check_judgement(const struct dw_jwt *jwt)
{
    static const int64_t TIMES[] = {0, 1700000000, INT64_MAX, INT64_MIN};
    const struct dw_trust trusts[] = {{.any_audience = true}, {.access_tokens_only = true}};

    for (size_t i = 0; i < sizeof(TIMES) / sizeof(TIMES[0]); i++) {
        const enum dw_reason reason =
            dw_jwt_judge(jwt, &trusts[i % 2], DW_LEEWAY, TIMES[i], DW_REASON_NONE);

        require(reason != DW_REASON_NONE || (jwt->has_exp && jwt->exp > TIMES[i] - DW_LEEWAY));
    }
}

static void check_token(struct dw_span token)
{
    struct dw_jwt jwt;
    const enum dw_reason reason = dw_jwt_parse(token, &work, &jwt);

    require(dw_jwt_parse(token, &work, &jwt) == reason);
    if (reason != DW_REASON_NONE) {
        return;
    }
    check_spans(&jwt);
    check_judgement(&jwt);
    require(dw_jwt_verify(&jwt, keys, 0) != DW_GUARD_FAILED);
}

static size_t add_part(char *to, const char *bytes, size_t len)
{
    size_t written = 0;

    require(dw_base64url_write(bytes, len, to, DW_BASE64URL_SIZE(len), &written) == 0);
    return written;
}

static void check_parts(const char *text, size_t header_len, size_t size)
{
    char *token = malloc(2 * size + 16);
    size_t len;

    require(token != NULL);
    len = add_part(token, text, header_len);
    token[len++] = '.';
    len += add_part(token + len, text + header_len + 1, size - header_len - 1);
    memcpy(token + len, ".AAAA", 5);
    check_token((struct dw_span){token, len + 5});
    free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = size > 0 ? memchr(text, '\0', size) : NULL;

    if (keys == NULL) {
        require(dw_keys_parse(dw_span_of(JWKS), true, &keys) == 0 && dw_keys_count(keys) == 3);
    }
    if (end != NULL) {
        check_parts(text, (size_t)(end - text), size);
    } else {
        check_token((struct dw_span){text, size});
    }
    return 0;
}
