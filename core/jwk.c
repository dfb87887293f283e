/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define SECRET_MAX 1024 /* bytes of an oct key */

static const struct {
    const char *kty;
    const char *crv;
} KINDS[KEY_KINDS] = {
    [KEY_RSA] = {"RSA", NULL},         [KEY_EC256] = {"EC", "P-256"},
    [KEY_EC384] = {"EC", "P-384"},     [KEY_EC521] = {"EC", "P-521"},
    [KEY_ED25519] = {"OKP", "Ed25519"}, [KEY_OCT] = {"oct", NULL},
};

#define BIT(kind) (1u << (kind))
#define CURVES (BIT(KEY_EC256) | BIT(KEY_EC384) | BIT(KEY_EC521))

/* The members that make a key, in the order of RFC 7638 s3.3 as far as they are public; kty stands
 * between k and n. */
static const struct part {
    const char *name;
    size_t offset; /* in struct key_material */
    unsigned kinds;
    bool secret;
} PARTS[] = {
    {"e", offsetof(struct key_material, e), BIT(KEY_RSA), false},
    {"k", offsetof(struct key_material, k), BIT(KEY_OCT), false},
    {"n", offsetof(struct key_material, n), BIT(KEY_RSA), false},
    {"x", offsetof(struct key_material, x), CURVES | BIT(KEY_ED25519), false},
    {"y", offsetof(struct key_material, y), CURVES, false},
    {"d", offsetof(struct key_material, d), BIT(KEY_RSA) | CURVES | BIT(KEY_ED25519), true},
    {"p", offsetof(struct key_material, p), BIT(KEY_RSA), true},
    {"q", offsetof(struct key_material, q), BIT(KEY_RSA), true},
    {"dp", offsetof(struct key_material, dp), BIT(KEY_RSA), true},
    {"dq", offsetof(struct key_material, dq), BIT(KEY_RSA), true},
    {"qi", offsetof(struct key_material, qi), BIT(KEY_RSA), true},
};

#define N_PARTS (sizeof(PARTS) / sizeof(PARTS[0]))
#define KTY_BEFORE 2 /* the index of n */

/* -- The text ------------------------------------------------------------------------------------ */

static int document_error(enum json_error error)
{
    return error == JSON_SIZE ? DW_ERR_SIZE : DW_ERR_SYNTAX;
}

int jwk_document_open(struct dw_span text, struct jwk_document *document)
{
    const size_t max = text.len / 2 + 1; /* a value takes two bytes, its comma included */
    struct jwk_document made = {.len = text.len};
    enum json_error error;

    if (text.len > DW_JWKS_MAX) {
        return DW_ERR_SIZE;
    }
    made.text = malloc(text.len + 1);
    made.nodes = malloc(max * sizeof(*made.nodes));
    if (made.text == NULL || made.nodes == NULL) {
        jwk_document_close(&made);
        return DW_ERR_MEMORY;
    }
    made.text[text.len] = '\0';
    if (text.len > 0) {
        memcpy(made.text, text.at, text.len);
    }
    error = json_parse(made.text, made.len, made.nodes, max, &made.json, NULL);
    if (error != JSON_OK) {
        jwk_document_close(&made);
        return document_error(error);
    }
    *document = made;
    return 0;
}

void jwk_document_close(struct jwk_document *document)
{
    dw_secret_wipe(document->text, document->len);
    free(document->text);
    free(document->nodes);
}

/* -- Reading one key ----------------------------------------------------------------------------- */

static bool member_is(const struct json *json, const struct json_node *object, const char *name,
                      const char *value)
{
    return dw_span_equal(json_string(json, json_member(json, object, name)), dw_span_of(value));
}

static bool find_kind(const struct json *json, const struct json_node *object, enum key_kind *kind)
{
    for (unsigned i = 0; i < KEY_KINDS; i++) {
        if (member_is(json, object, "kty", KINDS[i].kty) &&
            (KINDS[i].crv == NULL || member_is(json, object, "crv", KINDS[i].crv))) {
            *kind = (enum key_kind)i;
            return true;
        }
    }
    return false;
}

/* RFC 7517 s4.2, s4.3: what the key is meant for, if it says so. */
static bool is_meant_for(const struct json *json, const struct json_node *object, const char *what)
{
    const struct json_node *use = json_member(json, object, "use");
    const struct json_node *operations = json_member(json, object, "key_ops");

    if (use != NULL && !dw_span_equal(json_string(json, use), DW_SPAN("sig"))) {
        return false;
    }
    if (operations == NULL) {
        return true;
    }
    for (const struct json_node *node = json_first(operations);
         node != NULL && operations->type == JSON_ARRAY; node = json_next(operations, node)) {
        if (dw_span_equal(json_string(json, node), dw_span_of(what))) {
            return true;
        }
    }
    return false;
}

static bool read_kid(const struct json *json, const struct json_node *object, struct dw_key *key)
{
    const struct json_node *member = json_member(json, object, "kid");
    const struct dw_span kid = json_string(json, member);

    if (member == NULL) {
        return true;
    }
    if (kid.at == NULL || kid.len > sizeof(key->kid)) {
        return false;
    }
    memcpy(key->kid, kid.at, kid.len);
    key->kid_len = kid.len;
    return true;
}

/* RFC 7518 s2 writes a number without leading zeros; some issuers put the sign byte of their
 * language's big numbers there. A curve's coordinates have a fixed length instead. */
static struct dw_span strip_zeros(struct dw_span number)
{
    while (number.len > 0 && number.at[0] == '\0') {
        number = span_from(number, 1);
    }
    return number;
}

static bool read_part(const struct json *json, const struct json_node *object,
                      const struct part *part, struct text *numbers, struct key_material *material)
{
    const struct dw_span text = json_string(json, json_member(json, object, part->name));
    struct dw_span *number = (struct dw_span *)((char *)material + part->offset);
    char *to = numbers->at + numbers->len;
    size_t len = 0;

    if (text.at == NULL ||
        dw_base64url_parse(text, to, numbers->size - numbers->len, &len) != 0) {
        return false;
    }
    *number = (struct dw_span){to, len};
    numbers->len += len;
    if (material->kind == KEY_RSA) {
        *number = strip_zeros(*number);
    }
    return true;
}

static bool read_parts(const struct json *json, const struct json_node *object, bool with_secret,
                       struct text *numbers, struct key_material *material)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        const bool wanted = with_secret || !PARTS[i].secret;

        if (wanted && (PARTS[i].kinds & BIT(material->kind)) != 0 &&
            !read_part(json, object, &PARTS[i], numbers, material)) {
            return false;
        }
    }
    return true;
}

/* RFC 7518 s3.2: a secret is at least as long as the hash. */
static unsigned algs_for_secret(size_t len)
{
    return (len >= 32 ? DW_ALG_BIT(DW_ALG_HS256) : 0) | (len >= 48 ? DW_ALG_BIT(DW_ALG_HS384) : 0) |
           (len >= 64 ? DW_ALG_BIT(DW_ALG_HS512) : 0);
}

static unsigned find_algs(const struct json *json, const struct json_node *object,
                          const struct key_material *material)
{
    const struct json_node *alg = json_member(json, object, "alg");
    unsigned algs = key_kind_algs(material->kind);

    if (material->kind == KEY_OCT) {
        algs = material->k.len <= SECRET_MAX ? algs_for_secret(material->k.len) : 0;
    }
    return alg == NULL ? algs : algs & DW_ALG_BIT(dw_alg_find(json_string(json, alg)));
}

/* `numbers` is room for them, which the caller wipes. */
static int make_key(const struct json *json, const struct json_node *object, bool with_secret,
                    struct text *numbers, struct dw_key *key)
{
    struct key_material material = {.kind = key->kind};

    if (!read_parts(json, object, with_secret, numbers, &material)) {
        return DW_ERR_KEY;
    }
    key->algs = find_algs(json, object, &material);
    if (key->algs == 0 || !jwk_thumbprint(&material, key->thumbprint)) {
        return DW_ERR_KEY;
    }
    return key_handle_new(&material, &key->handle);
}

int jwk_read(const struct json *json, const struct json_node *object, enum jwk_purpose purpose,
             struct dw_key *key)
{
    const bool sign = purpose == JWK_SIGN;
    char bytes[MATERIAL_SIZE];
    struct text numbers;
    struct dw_key made = {.handle = NULL};
    int error;

    if (!find_kind(json, object, &made.kind) || (made.kind == KEY_OCT && purpose == JWK_VERIFY) ||
        !is_meant_for(json, object, sign ? "sign" : "verify") || !read_kid(json, object, &made)) {
        return DW_ERR_KEY;
    }
    /* RFC 7518 s6.3.2.7: who does not support more than two primes does not use such a key. */
    if (sign && json_member(json, object, "oth") != NULL) {
        return DW_ERR_KEY;
    }
    text_init(&numbers, bytes, sizeof(bytes));
    error = make_key(json, object, sign, &numbers, &made);
    dw_secret_wipe(bytes, numbers.len);
    if (error == 0) {
        *key = made;
    }
    return error;
}

/* -- Writing one --------------------------------------------------------------------------------- */

static void write_number(struct text *text, const char *name, struct dw_span number)
{
    char encoded[DW_BASE64URL_SIZE(SECRET_MAX)]; /* RSA of 8192 bits is as long */
    size_t len = 0;

    if (number.len == 0) {
        return;
    }
    if (dw_base64url_write(number.at, number.len, encoded, sizeof(encoded), &len) != 0) {
        text->overflow = true;
        return;
    }
    text_json_member(text, name, (struct dw_span){encoded, len});
    dw_secret_wipe(encoded, len);
}

void jwk_write_material(struct text *text, const struct key_material *material)
{
    text_json_member(text, "crv", dw_span_of(KINDS[material->kind].crv));
    for (size_t i = 0; i < N_PARTS; i++) {
        const char *number = (const char *)material + PARTS[i].offset;

        if (i == KTY_BEFORE) {
            text_json_member(text, "kty", dw_span_of(KINDS[material->kind].kty));
        }
        write_number(text, PARTS[i].name, *(const struct dw_span *)number);
    }
}

bool jwk_thumbprint(const struct key_material *material, uint8_t thumbprint[THUMBPRINT_SIZE])
{
    struct key_material public = *material;
    char canonical[DW_BASE64URL_SIZE(SECRET_MAX) + 128];
    struct text text;
    bool done;

    public.d = public.p = public.q = public.dp = public.dq = public.qi = SPAN_NONE;
    text_init(&text, canonical, sizeof(canonical));
    text_char(&text, '{');
    jwk_write_material(&text, &public);
    text_char(&text, '}');
    done = !text.overflow && sha256(text_span(&text), thumbprint);
    dw_secret_wipe(canonical, text.len);
    return done;
}
