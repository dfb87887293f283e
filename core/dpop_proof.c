/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "schemes.h"

#define PROOF_MAX 4096 /* bytes: RSA of 8192 bits and all the claims */
#define NODES_MAX 512
#define JTI_MAX 512

/* How a proof's memory is laid out. The nodes serve the header first, then the claims. */
struct room {
    struct json_node nodes[NODES_MAX];
    char text[PROOF_MAX / 4 * 3]; /* the three parts, decoded */
    char jkt[DPOP_JKT_LEN];
};

static_assert(sizeof(struct room) <= WORK_ROOM, "a proof's memory fits its room");

static bool parse_object(struct dw_span part, struct room *room, struct json *json)
{
    char *text = room->text + (part.at - room->text);

    return object_parse(text, part.len, room->nodes, NODES_MAX, json) == DW_REASON_NONE;
}

/* -- The header, and the key in it --------------------------------------------------------------- */

static bool has_member(const struct json *json, const struct json_node *object,
                       const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (json_member(json, object, names[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* RFC 9449 s4.3. No extension is understood, so each critical one is a reason to refuse. */
static bool is_proof(const struct json *json)
{
    static const char *const SECRETS[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    static const char *const EXTENSIONS[] = {"crit", "b64"};
    const struct json_node *root = json_root(json);
    const struct dw_span typ = json_string(json, json_member(json, root, "typ"));

    return dw_span_equal_nocase(typ, DW_SPAN("dpop+jwt")) &&
           !has_member(json, root, EXTENSIONS, sizeof(EXTENSIONS) / sizeof(EXTENSIONS[0])) &&
           !has_member(json, json_member(json, root, "jwk"), SECRETS,
                       sizeof(SECRETS) / sizeof(SECRETS[0]));
}

/* A key whose handle the caller frees, and the one algorithm it is to be used with. */
static enum dw_reason read_key(const struct json *json, unsigned algorithms, struct dw_key *key,
                               enum dw_alg *alg)
{
    const struct json_node *root = json_root(json);
    const enum dw_alg named = dw_alg_find(json_string(json, json_member(json, root, "alg")));

    if (!is_proof(json) || (algorithms & DW_ALG_BIT(named)) == 0) {
        return DW_DPOP_PROOF_MALFORMED;
    }
    const int error = jwk_read(json, json_member(json, root, "jwk"), JWK_VERIFY, key);
    if (error != 0) {
        return error == DW_ERR_MEMORY ? DW_GUARD_FAILED : DW_DPOP_PROOF_MALFORMED;
    }
    if ((key->algs & DW_ALG_BIT(named)) == 0) {
        key_handle_free(key->handle);
        return DW_DPOP_PROOF_MALFORMED;
    }
    *alg = named;
    return DW_REASON_NONE;
}

/* Verifies the signature under the proof's own key, and names the key. */
static enum dw_reason verify(const struct dw_span parts[JWS_PARTS], struct dw_span signed_part,
                             unsigned algorithms, struct room *room)
{
    struct dw_key key;
    enum dw_alg alg;
    struct json json;
    size_t len = 0;

    if (!parse_object(parts[JWS_HEADER], room, &json)) {
        return DW_DPOP_PROOF_MALFORMED;
    }
    const enum dw_reason reason = read_key(&json, algorithms, &key, &alg);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    const int error = key_handle_verify(key.handle, alg, signed_part, parts[JWS_SIGNATURE]);
    key_handle_free(key.handle);
    if (error != 0) {
        return error == DW_ERR_SYNTAX ? DW_DPOP_PROOF_SIGNATURE : DW_GUARD_FAILED;
    }
    return dw_base64url_write(key.thumbprint, sizeof(key.thumbprint), room->jkt, sizeof(room->jkt),
                              &len) == 0
               ? DW_REASON_NONE
               : DW_GUARD_FAILED;
}

/* -- The claims (RFC 9449 s4.2) ------------------------------------------------------------------ */

static bool read_text(const struct json *json, const char *name, struct dw_span *text)
{
    const struct json_node *node = json_member(json, json_root(json), name);

    *text = json_string(json, node);
    return node == NULL || text->at != NULL;
}

static bool read_claims(const struct json *json, struct dpop_proof *proof)
{
    return read_text(json, "jti", &proof->jti) && read_text(json, "htm", &proof->htm) &&
           read_text(json, "htu", &proof->htu) && read_text(json, "ath", &proof->ath) &&
           read_text(json, "nonce", &proof->nonce) && proof->jti.len > 0 &&
           proof->jti.len <= JTI_MAX && proof->htm.len > 0 && proof->htu.len > 0 &&
           json_whole(json, json_member(json, json_root(json), "iat"), &proof->iat);
}

/* -- The whole ----------------------------------------------------------------------------------- */

enum dw_reason dpop_proof_read(struct dw_span text, unsigned algorithms, unsigned char *memory,
                               struct dpop_proof *proof)
{
    struct room *room = (struct room *)(void *)memory;
    struct dw_span parts[JWS_PARTS];
    struct dw_span signed_part;
    struct dpop_proof found;
    struct json json;

    if (text.len > PROOF_MAX ||
        jws_split(text, room->text, sizeof(room->text), parts, &signed_part) != DW_REASON_NONE) {
        return DW_DPOP_PROOF_MALFORMED;
    }
    const enum dw_reason reason = verify(parts, signed_part, algorithms, room);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    if (!parse_object(parts[JWS_PAYLOAD], room, &json) || !read_claims(&json, &found)) {
        return DW_DPOP_PROOF_MALFORMED;
    }
    found.jkt = (struct dw_span){room->jkt, sizeof(room->jkt)};
    *proof = found;
    return DW_REASON_NONE;
}
