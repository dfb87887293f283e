/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A proof; or, where a NUL stands in the input, a header and claims, which are signed with the private key
 * of RFC 8037 A.1. What is read lies in the room and is the same each time. And an address: its one
 * spelling has no dot segments, and is no longer than it was.
 */
#include <stdlib.h>
#include <string.h>

#include "schemes.h"

static const char KEY[] = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                          "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","
                          "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";

static struct dw_work work;
static struct dw_key *key;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_span(struct dw_span span)
{
    const char *start = (const char *)work.bytes + WORK_CLAIMS;

    require((span.at == NULL && span.len == 0) ||
            (span.at >= start && span.at + span.len <= start + WORK_ROOM));
}

static void check_proof(struct dw_span text)
{
    struct dpop_proof proof;
    const enum dw_reason reason = dpop_proof_read(text, ~0u, work.bytes + WORK_CLAIMS, &proof);

    require(dpop_proof_read(text, ~0u, work.bytes + WORK_CLAIMS, &proof) == reason);
    require(reason == DW_REASON_NONE || reason == DW_DPOP_PROOF_MALFORMED ||
            reason == DW_DPOP_PROOF_SIGNATURE);
    if (reason != DW_REASON_NONE) {
        return;
    }
    check_span(proof.jkt);
    check_span(proof.jti);
    check_span(proof.htm);
    check_span(proof.htu);
    check_span(proof.ath);
    check_span(proof.nonce);
    require(proof.jkt.len == DPOP_JKT_LEN && proof.jti.len > 0 && proof.jti.len <= 512);
}

static void check_address(struct dw_span uri)
{
    char *buffer = malloc(uri.len + 1);
    struct dw_span origin, path, rest, segment;
    struct text text;

    require(buffer != NULL);
    if (uri_split(uri, &origin, &path)) {
        text_init(&text, buffer, uri.len + 1);
        uri_put(&text, origin, path);
        require(!text.overflow);
        text_init(&text, buffer, path.len + 1);
        uri_put(&text, SPAN_NONE, path);
        rest = text_span(&text);
        require(!text.overflow && rest.len > 0 && rest.at[0] == '/');
        while (span_word(&rest, '/', &segment)) {
            require(!dw_span_equal(segment, DW_SPAN(".")) &&
                    !dw_span_equal(segment, DW_SPAN("..")));
        }
    }
    free(buffer);
}

static void add_part(struct text *text, const char *bytes, size_t n)
{
    size_t len = 0;

    require(dw_base64url_write(bytes, n, text->at + text->len, text->size - text->len, &len) == 0);
    text->len += len;
}

static void check_signed(const char *bytes, size_t header_len, size_t size)
{
    unsigned char signature[SIGNATURE_MAX];
    char *buffer = malloc(2 * size + 256);
    struct text text;
    size_t len = 0;

    require(buffer != NULL);
    text_init(&text, buffer, 2 * size + 256);
    add_part(&text, bytes, header_len);
    text_char(&text, '.');
    add_part(&text, bytes + header_len + 1, size - header_len - 1);
    require(key_handle_sign(key->handle, DW_ALG_EdDSA, text_span(&text), signature,
                            sizeof(signature), &len) == 0);
    text_char(&text, '.');
    add_part(&text, (const char *)signature, len);
    check_proof(text_span(&text));
    free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    const char *end = size > 0 ? memchr(bytes, '\0', size) : NULL;

    if (key == NULL) {
        require(dw_key_parse(dw_span_of(KEY), &key) == 0);
    }
    if (end != NULL) {
        check_signed(bytes, (size_t)(end - bytes), size);
    } else {
        check_proof((struct dw_span){bytes, size});
        check_address((struct dw_span){bytes, size});
    }
    return 0;
}
