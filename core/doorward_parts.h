/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOORWARD_PARTS_H
#define DOORWARD_PARTS_H

/*
 * libdoorward, what it is made of: bytes, errors and reasons; the fields that carry challenges and
 * credentials; keys and tokens. doorward.h, which includes this, says what the library promises; its
 * promises hold for each of these alone too.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DW_API __attribute__((visibility("default")))
#define DW_MUST_USE __attribute__((warn_unused_result))

/* ------------------------------------------------------------------------------------------------
 * Bytes
 */

/* Some bytes of somebody else's. `at` may be NULL when `len` is 0; NULL says "absent". */
struct dw_span {
    const char *at;
    size_t len;
};

#define DW_SPAN(literal) ((struct dw_span){"" literal, sizeof(literal) - 1})

DW_API struct dw_span dw_span_of(const char *text); /* NUL-terminated, or NULL for absent */
DW_API bool dw_span_equal(struct dw_span a, struct dw_span b);
DW_API bool dw_span_equal_nocase(struct dw_span a, struct dw_span b); /* ASCII letters only */

/* Unlike dw_span_equal(), takes the same time wherever the bytes differ. For secrets. */
DW_API bool dw_secret_equal(struct dw_span a, struct dw_span b);

/* Overwrites a secret; never optimised away. */
DW_API void dw_secret_wipe(void *at, size_t len);

/* ------------------------------------------------------------------------------------------------
 * Errors: 0 is success. Each function lists what it returns besides.
 */
#define DW_ERRORS(X)                                                                               \
    X(DW_ERR_SYNTAX, -1, "the text breaks its grammar")                                            \
    X(DW_ERR_SIZE, -2, "a limit is exceeded, or the buffer is too small")                          \
    X(DW_ERR_MEMORY, -3, "out of memory")                                                          \
    X(DW_ERR_KEY, -4, "the key is broken, too weak, or of a kind not supported")                   \
    X(DW_ERR_POLICY, -5, "the policy is out of range")                                             \
    X(DW_ERR_CRYPTO, -6, "the cryptographic library failed")                                       \
    X(DW_END, -7, "nothing is left")

enum dw_error {
#define DW_ERROR_VALUE(name, value, text) name = (value),
    DW_ERRORS(DW_ERROR_VALUE)
#undef DW_ERROR_VALUE
};

DW_API const char *dw_error_text(int error); /* never NULL */

/* ------------------------------------------------------------------------------------------------
 * Reasons: one name for each answer, the same word everywhere. The table is reasons.def.
 */
enum dw_reason {
    DW_REASON_NONE = 0, /* nothing wrong was found */
#define REASON(name, id, status, error, public, private, build, call, visit) DW_##name,
#include "reasons.def"
#undef REASON
    DW_REASONS_END
};

struct dw_reason_text {
    const char *name;         /* "token.expired" */
    int status;               /* 200 lets in, 0 asks, else the HTTP status of the answer */
    const char *error;        /* RFC 6750 s3.1 code, or "" */
    const char *public_text;  /* what a stranger may read */
    const char *private_text; /* what the operator reads */
    const char *build, *call, *visit; /* the fix, for each audience; may be "" */
};

/* The row of a reason; DW_REASON_NONE and values out of range have an empty one. Never NULL. */
DW_API const struct dw_reason_text *dw_reason_text(enum dw_reason reason);

/* The reason of that name; DW_REASON_NONE if there is none. */
DW_API enum dw_reason dw_reason_find(struct dw_span name);

/* ------------------------------------------------------------------------------------------------
 * Fields: challenges (WWW-Authenticate) and credentials (Authorization), RFC 9110 s11
 */
#define DW_FIELD_MAX 65536 /* bytes; longer field values: DW_ERR_SIZE */
#define DW_PARAMS_MAX 32   /* more parameters in one challenge: DW_ERR_SIZE */

struct dw_param {
    struct dw_span name;
    struct dw_span value; /* between the quotes; escapes still in place */
    bool quoted;          /* was, or is to be, a quoted-string */
};

/* One challenge, or one field of credentials: they share their grammar (RFC 9110 s11.3, s11.4). */
struct dw_challenge {
    struct dw_span scheme;
    struct dw_span token68; /* absent when there are parameters */
    struct dw_param params[DW_PARAMS_MAX];
    size_t n_params;
};

/* Where, and how, a text breaks the grammar. */
struct dw_fault {
    size_t at;        /* offset of the first byte that cannot stand there */
    const char *what; /* a static sentence: what was expected */
};

/* A cursor over the challenges of one field value. All members are private. */
struct dw_challenge_reader {
    struct dw_span field;
    size_t at;
    bool lenient;
};

/* `field` is borrowed by the reader and by every challenge it yields. A lenient reader also takes
 * parameters separated by spaces or semicolons, single quotes, a missing closing quote, quotes left
 * unescaped, values that want quotes, stray commas, control characters in a quoted string, and
 * repeated parameters, of which it keeps the first. */
DW_API void dw_challenge_reader_init(struct dw_challenge_reader *reader, struct dw_span field,
                                     bool lenient);

/*
 * The next challenge. 0; DW_END; or DW_ERR_SYNTAX or DW_ERR_SIZE, after which the reader yields
 * DW_END. `fault` may be NULL; it is written on DW_ERR_SYNTAX, and by a lenient reader also on 0 and
 * DW_END: the first place where the strict grammar was broken; its `what` is NULL if it was not.
 */
DW_MUST_USE DW_API int dw_challenge_next(struct dw_challenge_reader *reader,
                                         struct dw_challenge *challenge, struct dw_fault *fault);

/* The parameter of that name (case-insensitive), or NULL. */
DW_API const struct dw_param *dw_challenge_param(const struct dw_challenge *challenge,
                                                 const char *name);

/* Writes a parameter's value without its escapes. 0 or DW_ERR_SIZE. */
DW_MUST_USE DW_API int dw_param_unescape(const struct dw_param *param, char *buffer, size_t size,
                                         size_t *len);

/* Writes one challenge as a field value, no NUL. Quoted values are escaped here: a parsed one goes
 * through dw_param_unescape() first. 0; DW_ERR_SIZE; or DW_ERR_SYNTAX if a name, token or token68 is
 * none, or a value holds a control character other than a tab. */
DW_MUST_USE DW_API int dw_challenge_write(const struct dw_challenge *challenge, char *buffer,
                                          size_t size, size_t *len);

/* Reads the value of an Authorization field strictly. 0, DW_ERR_SYNTAX (then `fault`, if not NULL,
 * is written) or DW_ERR_SIZE. The credentials borrow `field`. Written by dw_challenge_write(). */
DW_MUST_USE DW_API int dw_credentials_parse(struct dw_span field, struct dw_challenge *credentials,
                                            struct dw_fault *fault);

/*
 * The token of a Bearer field (RFC 6750 s2.1), borrowed from it. DW_REASON_NONE and the token; or
 * DW_SCHEME_UNSUPPORTED for another scheme; or the header.* reason that names how it is malformed.
 */
DW_MUST_USE DW_API enum dw_reason dw_bearer_parse(struct dw_span field, struct dw_span *token);

/* ------------------------------------------------------------------------------------------------
 * base64url (RFC 4648 s5), without padding; canonical or refused
 */
#define DW_BASE64URL_SIZE(n) (((n) * 4 + 2) / 3) /* characters for n bytes */

DW_MUST_USE DW_API int dw_base64url_write(const void *bytes, size_t n, char *buffer, size_t size,
                                          size_t *len); /* 0 or DW_ERR_SIZE */
DW_MUST_USE DW_API int dw_base64url_parse(struct dw_span text, void *buffer, size_t size,
                                          size_t *len); /* 0, DW_ERR_SYNTAX or DW_ERR_SIZE */

/* ------------------------------------------------------------------------------------------------
 * Keys: JWK and JWKS (RFC 7517, 7518, 8037)
 */
#define DW_JWKS_MAX (256 * 1024) /* bytes of a JWKS */
#define DW_KEYS_MAX 1024         /* keys of one that are kept */

/* Algorithms of RFC 7518 s3.1 and RFC 8037. There is no `none`. */
#define DW_ALGS(X)                                                                                 \
    X(RS256) X(RS384) X(RS512) X(PS256) X(PS384) X(PS512) X(ES256) X(ES384) X(ES512) X(EdDSA)      \
    X(HS256) X(HS384) X(HS512)

enum dw_alg {
    DW_ALG_NONE = 0, /* no algorithm Doorward knows */
#define DW_ALG_VALUE(name) DW_ALG_##name,
    DW_ALGS(DW_ALG_VALUE)
#undef DW_ALG_VALUE
    DW_ALGS_END
};

#define DW_ALG_BIT(alg) (1u << (alg)) /* for sets of algorithms */

DW_API enum dw_alg dw_alg_find(struct dw_span name);
DW_API const char *dw_alg_name(enum dw_alg alg); /* "" for DW_ALG_NONE */

struct dw_keys; /* a set of keys that verify */
struct dw_key;  /* one key that signs */

/*
 * Reads a JWKS. Keys that cannot be used here (unknown kty or curve, use other than sig, key_ops
 * without verify, RSA under 2048 bits, oct shorter than its hash) are left out, not refused, as
 * RFC 7517 s5 asks. `secrets` admits oct keys: say true only for a file of your own, never for what
 * an issuer publishes. 0 and a set to free with dw_keys_free(), perhaps an empty one; DW_ERR_SYNTAX
 * for what is no JWKS; DW_ERR_SIZE; DW_ERR_MEMORY.
 */
DW_MUST_USE DW_API int dw_keys_parse(struct dw_span jwks, bool secrets, struct dw_keys **keys);
DW_API void dw_keys_free(struct dw_keys *keys); /* NULL is fine */
DW_API size_t dw_keys_count(const struct dw_keys *keys);
DW_API bool dw_keys_has_kid(const struct dw_keys *keys, struct dw_span kid);

/*
 * A new private key for RS256 (2048 bits), ES256/384/512 or EdDSA (Ed25519); its kid is its RFC 7638
 * thumbprint. 0; DW_ERR_KEY for another algorithm; DW_ERR_CRYPTO; DW_ERR_MEMORY.
 */
DW_MUST_USE DW_API int dw_key_generate(enum dw_alg alg, struct dw_key **key);

/* Reads a private or oct JWK. It must hold alg, or be of a kind that can have only one; its kid is
 * the JWK's, else the thumbprint. 0, DW_ERR_SYNTAX, DW_ERR_KEY, DW_ERR_SIZE, DW_ERR_MEMORY. */
DW_MUST_USE DW_API int dw_key_parse(struct dw_span jwk, struct dw_key **key);
DW_API void dw_key_free(struct dw_key *key); /* wipes; NULL is fine */
DW_API enum dw_alg dw_key_alg(const struct dw_key *key);
DW_API struct dw_span dw_key_kid(const struct dw_key *key); /* borrowed from the key */

/* Writes the key as a JWK: with its secret part to keep it, without to publish it. A 2048-bit RSA key
 * needs 2 KiB. 0; DW_ERR_SIZE; DW_ERR_KEY when an oct key is asked for its public part. */
DW_MUST_USE DW_API int dw_key_write(const struct dw_key *key, bool with_secret, char *buffer,
                                    size_t size, size_t *len);

/* ------------------------------------------------------------------------------------------------
 * Tokens: JWS and JWT (RFC 7515, 7519; RFC 8725 and 9068 heeded)
 */
#define DW_TOKEN_MAX (16 * 1024) /* bytes of a token */
#define DW_AUD_MAX 32            /* audiences in one */
#define DW_KID_MAX 256           /* bytes of a kid */

/* Scratch memory, so that nothing is allocated for a request. 128 KiB: keep one per thread. */
struct dw_work {
    unsigned char bytes[128 * 1024] __attribute__((aligned(16)));
};

/* A token taken apart. Spans borrow the token and the work it was parsed with. */
struct dw_jwt {
    struct dw_span token;       /* the whole */
    struct dw_span signed_part; /* header.payload */
    struct dw_span signature;   /* decoded */
    enum dw_alg alg;
    struct dw_span kid, typ; /* absent if absent */
    struct dw_span iss, sub, jti;
    struct dw_span sid; /* the session it belongs to */
    struct dw_span acr; /* how its subject was authenticated (RFC 9470) */
    struct dw_span client_id; /* client_id, else azp, else appid or cid */
    struct dw_span scope;     /* scope, else scp; a list is joined by spaces */
    int64_t exp, nbf, iat, auth_time; /* whole seconds, rounded down */
    bool has_exp, has_nbf, has_iat, has_auth_time;
    struct dw_span jkt; /* cnf.jkt: the key it is bound to (RFC 9449 s6.1); absent: to none */
    struct dw_span x5t; /* cnf.x5t#S256: the certificate it is bound to (RFC 8705 s3.1) */
    size_t n_aud;
    struct dw_span aud[DW_AUD_MAX];
};

/* Takes a token apart and checks its structure; believes nothing it says. DW_REASON_NONE, or the
 * token.* reason. */
DW_MUST_USE DW_API enum dw_reason dw_jwt_parse(struct dw_span token, struct dw_work *work,
                                               struct dw_jwt *jwt);

/* Verifies the signature: the key is chosen by kid, the algorithm by the key and, where `algorithms`
 * (a set of DW_ALG_BIT) is not 0, by it. DW_REASON_NONE; DW_TOKEN_ALG, _KID, _KID_MISSING,
 * _UNSIGNED, _SIGNATURE; or DW_GUARD_FAILED. */
DW_MUST_USE DW_API enum dw_reason dw_jwt_verify(const struct dw_jwt *jwt, struct dw_keys *keys,
                                                unsigned algorithms);

/* Signs `claims` (a JSON object) as a compact JWS whose header holds typ, alg and kid. 0 (no NUL is
 * written), DW_ERR_SIZE or DW_ERR_CRYPTO. */
DW_MUST_USE DW_API int dw_jws_sign(struct dw_key *key, const char *typ, struct dw_span claims,
                                   char *buffer, size_t size, size_t *len);

#ifdef __cplusplus
}
#endif

#endif
