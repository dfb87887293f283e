/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* -- Verifying ----------------------------------------------------------------------------------- */

enum dw_reason jws_verify(const struct dw_jwt *jwt, const struct dw_keys *keys, unsigned algorithms,
                          struct dw_key **key)
{
    struct dw_key *chosen = NULL;
    enum dw_reason reason;

    if (jwt->signature.len == 0) {
        return DW_TOKEN_UNSIGNED;
    }
    reason = keys_choose(keys, jwt, algorithms, &chosen);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    switch (key_handle_verify(chosen->handle, jwt->alg, jwt->signed_part, jwt->signature)) {
    case 0:
        *key = chosen;
        return DW_REASON_NONE;
    case DW_ERR_SYNTAX:
        return DW_TOKEN_SIGNATURE;
    default:
        return DW_GUARD_FAILED;
    }
}

enum dw_reason dw_jwt_verify(const struct dw_jwt *jwt, struct dw_keys *keys, unsigned algorithms)
{
    struct dw_key *key = NULL;

    return jws_verify(jwt, keys, algorithms, &key);
}

/* -- Signing ------------------------------------------------------------------------------------- */

#define HEADER_MAX 2048

static void add_base64url(struct text *text, struct dw_span bytes)
{
    size_t len = 0;

    if (dw_base64url_write(bytes.at, bytes.len, text->at + text->len, text->size - text->len,
                           &len) != 0) {
        text->overflow = true;
        return;
    }
    text->len += len;
}

static void add_header(struct text *text, const struct dw_key *key, const char *typ)
{
    char bytes[HEADER_MAX];
    struct text header;

    text_init(&header, bytes, sizeof(bytes));
    text_char(&header, '{');
    text_json_member(&header, "typ", dw_span_of(typ));
    text_json_member(&header, "alg", dw_span_of(dw_alg_name(dw_key_alg(key))));
    text_json_member(&header, "kid", dw_key_kid(key));
    text_char(&header, '}');
    text->overflow = text->overflow || header.overflow;
    add_base64url(text, text_span(&header));
}

int dw_jws_sign(struct dw_key *key, const char *typ, struct dw_span claims, char *buffer,
                size_t size, size_t *len)
{
    unsigned char signature[SIGNATURE_MAX];
    size_t signature_len = 0;
    struct text text;
    int error;

    text_init(&text, buffer, size);
    add_header(&text, key, typ);
    text_char(&text, '.');
    add_base64url(&text, claims);
    if (text.overflow) {
        return DW_ERR_SIZE;
    }
    error = key_handle_sign(key->handle, dw_key_alg(key), text_span(&text), signature,
                            sizeof(signature), &signature_len);
    if (error != 0) {
        return error;
    }
    text_char(&text, '.');
    add_base64url(&text, (struct dw_span){(const char *)signature, signature_len});
    if (text.overflow) {
        return DW_ERR_SIZE;
    }
    *len = text.len;
    return 0;
}
