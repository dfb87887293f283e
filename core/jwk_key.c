/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int name_by_thumbprint(struct dw_key *key)
{
    return dw_base64url_write(key->thumbprint, THUMBPRINT_SIZE, key->kid, sizeof(key->kid),
                              &key->kid_len);
}

static bool find_kind_to_generate(enum dw_alg alg, enum key_kind *kind)
{
    for (unsigned i = 0; i < KEY_KINDS; i++) {
        const unsigned algs = i == KEY_RSA ? DW_ALG_BIT(DW_ALG_RS256) : key_kind_algs(i);

        if (i != KEY_OCT && alg != DW_ALG_NONE && (algs & DW_ALG_BIT(alg)) != 0) {
            *kind = (enum key_kind)i;
            return true;
        }
    }
    return false;
}

/* Names a fresh key after itself. */
static int finish_generated(struct dw_key *key)
{
    unsigned char numbers[MATERIAL_SIZE];
    struct key_material material;
    const int error = key_handle_material(key->handle, false, numbers, sizeof(numbers), &material);

    if (error != 0 || !jwk_thumbprint(&material, key->thumbprint)) {
        return DW_ERR_CRYPTO;
    }
    return name_by_thumbprint(key);
}

int dw_key_generate(enum dw_alg alg, struct dw_key **key)
{
    enum key_kind kind;
    struct dw_key *made;
    int error;

    if (!find_kind_to_generate(alg, &kind)) {
        return DW_ERR_KEY;
    }
    made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return DW_ERR_MEMORY;
    }
    made->kind = kind;
    made->algs = DW_ALG_BIT(alg);
    error = key_handle_generate(kind, &made->handle);
    if (error == 0) {
        error = finish_generated(made);
    }
    if (error != 0) {
        dw_key_free(made);
        return error;
    }
    *key = made;
    return 0;
}

/* Whoever signs must know with what: one algorithm, not several. */
static int read_signing_key(const struct jwk_document *document, struct dw_key *key)
{
    const int error = jwk_read(&document->json, json_root(&document->json), JWK_SIGN, key);

    if (error != 0) {
        return error;
    }
    if ((key->algs & (key->algs - 1)) != 0) {
        return DW_ERR_KEY;
    }
    return key->kid_len > 0 ? 0 : name_by_thumbprint(key);
}

int dw_key_parse(struct dw_span jwk, struct dw_key **key)
{
    struct dw_key *made = calloc(1, sizeof(*made));
    struct jwk_document document;
    int error;

    if (made == NULL) {
        return DW_ERR_MEMORY;
    }
    error = jwk_document_open(jwk, &document);
    if (error == 0) {
        error = read_signing_key(&document, made);
        jwk_document_close(&document);
    }
    if (error != 0) {
        dw_key_free(made);
        return error;
    }
    *key = made;
    return 0;
}

void dw_key_free(struct dw_key *key)
{
    if (key != NULL) {
        key_handle_free(key->handle);
        free(key);
    }
}

enum dw_alg dw_key_alg(const struct dw_key *key)
{
    unsigned alg = DW_ALG_NONE + 1;

    while (alg < DW_ALGS_END && (key->algs & DW_ALG_BIT(alg)) == 0) {
        alg++;
    }
    return alg < DW_ALGS_END ? (enum dw_alg)alg : DW_ALG_NONE;
}

struct dw_span dw_key_kid(const struct dw_key *key)
{
    return (struct dw_span){key->kid, key->kid_len};
}

int dw_key_write(const struct dw_key *key, bool with_secret, char *buffer, size_t size, size_t *len)
{
    unsigned char numbers[MATERIAL_SIZE];
    struct key_material material;
    struct text text;
    int error;

    if (key->kind == KEY_OCT && !with_secret) {
        return DW_ERR_KEY;
    }
    error = key_handle_material(key->handle, with_secret, numbers, sizeof(numbers), &material);
    if (error != 0) {
        return error;
    }
    text_init(&text, buffer, size);
    text_char(&text, '{');
    jwk_write_material(&text, &material);
    text_json_member(&text, "alg", dw_span_of(dw_alg_name(dw_key_alg(key))));
    text_json_member(&text, "use", DW_SPAN("sig"));
    text_json_member(&text, "kid", dw_key_kid(key));
    text_char(&text, '}');
    dw_secret_wipe(numbers, sizeof(numbers));
    if (text.overflow) {
        dw_secret_wipe(buffer, text.len);
        return DW_ERR_SIZE;
    }
    *len = text.len;
    return 0;
}
