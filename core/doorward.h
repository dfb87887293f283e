/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOORWARD_H
#define DOORWARD_H

/*
 * libdoorward: who may pass, and the answer for who may not.
 *
 *     dw_decide(policy, answers, request, work, &decision)
 *
 * is the whole of it: a pure function from what you demand (policy), what you know (answers: keys,
 * revocations) and what came (request) to what to do (decision). dw_denial_write() then writes the
 * 401, 403 or 503. Everything else in this header is what those two are made of.
 *
 * What the library promises
 *   - No I/O: no file, socket, clock, environment or log is touched, and no state is global. The time
 *     is in the request. (OpenSSL itself reads its configuration and a random seed once, at first
 *     use; sign or verify once at start-up if that matters to you.)
 *   - Hostile bytes are welcome. Nothing relies on a NUL, every size is bounded before it is parsed.
 *   - Outputs come last and are written only on success.
 *   - What is returned through a `struct dw_span` is borrowed; each function says from whom.
 *
 * What it does not do
 *   - Fetch keys, remember revocations or read configuration files: the program `doorward` does.
 *   - Decrypt JWE, follow jku or x5u, or trust a key that arrives inside a token. Ever.
 *
 * Threads: a policy never changes and is shared freely. One thread at a time uses a dw_keys, a
 * dw_key, a dw_cache or a dw_work.
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

/* Scratch memory, so that nothing is allocated for a request. About 64 KiB: keep one per thread. */
struct dw_work {
    unsigned char bytes[64 * 1024] __attribute__((aligned(16)));
};

/* A token taken apart. Spans borrow the token and the work it was parsed with. */
struct dw_jwt {
    struct dw_span token;       /* the whole */
    struct dw_span signed_part; /* header.payload */
    struct dw_span signature;   /* decoded */
    enum dw_alg alg;
    struct dw_span kid, typ; /* absent if absent */
    struct dw_span iss, sub, jti;
    struct dw_span client_id; /* client_id, else azp, else appid or cid */
    struct dw_span scope;     /* scope, else scp; a list is joined by spaces */
    struct dw_span aud[DW_AUD_MAX];
    size_t n_aud;
    int64_t exp, nbf, iat; /* whole seconds, rounded down */
    bool has_exp, has_nbf, has_iat;
    bool bound_to_key;         /* cnf.jkt */
    bool bound_to_certificate; /* cnf.x5t#S256 */
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

/* ------------------------------------------------------------------------------------------------
 * The policy: what you demand. Plain data of yours; it must outlive what it is passed to.
 */
#define DW_TRUST_MAX 64     /* issuers */
#define DW_ROUTES_MAX 1024  /* routes */
#define DW_LIST_MAX 64      /* methods, scopes or audiences in one list */
#define DW_TEXT_MAX 512     /* bytes of any one text in a policy */
#define DW_SCOPE_MAX 2048   /* bytes of a route's scopes, written out */
#define DW_PATH_MAX 8192    /* bytes of a request's path */
#define DW_LEEWAY 30        /* seconds; a good value for `leeway` */
#define DW_LEEWAY_MAX 60

enum dw_scheme {
    DW_SCHEME_NONE = 0,
    DW_SCHEME_BEARER,
    DW_SCHEMES_END
};

DW_API const char *dw_scheme_name(enum dw_scheme scheme); /* as in the policy: "bearer" */

struct dw_list {
    const char *const *items;
    size_t n;
};

/* An issuer whose tokens are believed. */
struct dw_trust {
    const char *issuer;       /* compared byte by byte with iss */
    struct dw_list audiences; /* aud must name one */
    bool any_audience;        /* or: do not look at aud */
    unsigned algorithms;      /* set of DW_ALG_BIT; 0: what its keys can do */
    bool fixed_keys;          /* the keys are all there will ever be: never ask for more */
    bool access_tokens_only;  /* RFC 9068: typ must be at+jwt; sub and client_id must be there */
};

/* What a token whose issuer is `trust` would be refused for, its signature apart: typ, times, audience,
 * bindings. The first such reason, or, with `after`, the first behind that one; DW_REASON_NONE: no
 * more. `trust` NULL, an issuer not known: what depends on it is not looked at. */
DW_MUST_USE DW_API enum dw_reason dw_jwt_judge(const struct dw_jwt *jwt, const struct dw_trust *trust,
                                               int leeway, int64_t now, enum dw_reason after);

// A rule for some paths. The pattern is compared with the request's path segment by segment, after
// decoding, so that no spelling of a path escapes the rule another spelling of it would hit:
//   /reports      that path, with or without a slash at its end
//   /reports/*    any one segment there; so does /reports/{id}
//   /reports/**   /reports and everything below it (** stands at the end only)
// Where the servers behind may read a path in more than one way (%2F, %25, \, ;, dot segments), the
// rules of every reading must be met.
struct dw_route {
    const char *path;
    struct dw_list methods; /* empty: any. GET covers HEAD */
    bool anyone;            /* no authentication */
    struct dw_list scope;   /* all of them are needed */
    struct dw_list scope_any; /* and one of these, if there are any */
    enum dw_scheme accept[DW_SCHEMES_END]; /* in the order they are offered; none: Bearer */
};

/* First match wins; what no route names needs authentication. */
struct dw_policy {
    const char *realm; /* NULL: "api" */
    int malformed;     /* status for invalid_request: 400, or 401 (0 means 401) */
    int leeway;        /* seconds of clock difference forgiven */
    const struct dw_trust *trust;
    size_t n_trust;
    const struct dw_route *routes;
    size_t n_routes;
};

/* Whether a policy is within all limits and its patterns can be read: 0, or DW_ERR_POLICY and what is
 * wrong (a static sentence). Check once, before the first decision. */
DW_MUST_USE DW_API int dw_policy_check(const struct dw_policy *policy, const char **fault);

/* Whether one pattern can be read: 0, or DW_ERR_POLICY and what is wrong. */
DW_MUST_USE DW_API int dw_route_check(const struct dw_route *route, const char **fault);

/* ------------------------------------------------------------------------------------------------
 * The decision
 */

/* What is known of one issuer of the policy. */
struct dw_issuer_keys {
    struct dw_keys *keys; /* NULL: never had any */
    bool fresh;           /* an unknown kid would stay unknown if one asked: do not ask */
    bool failing;         /* the issuer could not be asked lately: an unknown kid may be a new key's */
};

enum dw_asking {
    DW_MAY_ASK = 0, /* the caller can find out more and decide again */
    DW_HAVE_ASKED,  /* it has: decide with what there is */
    DW_CANNOT_ASK   /* who would know cannot be reached */
};

/* Tokens whose signature was verified. Bounded; makes no allocation after dw_cache_new(). */
struct dw_cache;

/* Room for `slots` tokens (rounded up to a power of two), 4 KiB each, touched when used. A token is
 * remembered when it comes for the second time, if it fits its slot. `seed` is 16 random bytes, so
 * that nobody can aim at a slot. 0, DW_ERR_SIZE (0 or over a million slots) or DW_ERR_MEMORY. A policy
 * must outlive the caches that have seen it. */
DW_MUST_USE DW_API int dw_cache_new(size_t slots, const uint8_t seed[16], struct dw_cache **cache);
DW_API void dw_cache_free(struct dw_cache *cache); /* wipes; NULL is fine */

/* What you know. */
struct dw_answers {
    const struct dw_issuer_keys *issuers; /* one for each of policy->trust, in its order */
    enum dw_asking asking;
    struct dw_cache *cache; /* NULL: none */
    /* NULL: nothing is ever revoked. Called for each token let in, cached or not. */
    bool (*is_revoked)(void *context, const struct dw_jwt *token);
    void *context;
};

struct dw_field {
    struct dw_span name, value;
};

/* What came. */
struct dw_request {
    struct dw_span method;
    struct dw_span target; /* as it came: path and query, or absolute (RFC 9112 s3.2) */
    const struct dw_field *fields;
    size_t n_fields;
    int64_t now; /* seconds since 1970, UTC */
    /* What the place it came in through demands beside the policy; absent: nothing. */
    struct dw_span scope; /* scopes, separated by spaces: all of them; at most DW_SCOPE_MAX */
    struct dw_span realm; /* instead of the policy's; at most DW_TEXT_MAX */
};

enum dw_verdict { DW_DENY = 0, DW_ALLOW, DW_ASK };

/* Spans borrow the request, the work or the cache: use or copy them before the next decision. */
struct dw_decision {
    enum dw_verdict verdict;
    enum dw_reason reason;
    enum dw_scheme scheme;        /* of the credentials; NONE if there were none */
    const struct dw_route *route; /* the rule that decided; NULL: no route names the path */
    size_t issuer;                /* index into policy->trust; meaningful when `iss` is there */
    struct dw_span iss, kid;      /* on ALLOW and ASK, and on DENY once the issuer is known */
    struct dw_span subject, client, scope; /* on ALLOW, and on DENY once the signature is verified */
    struct dw_span token;         /* what was presented: a secret; never log it */
    bool cached;                  /* the signature had been verified before */
};

/* Decides. Authentication comes before authorisation: a 401 is always found before a 403. */
DW_API void dw_decide(const struct dw_policy *policy, const struct dw_answers *answers,
                      const struct dw_request *request, struct dw_work *work,
                      struct dw_decision *decision);

/* The fields an upstream is told by who is calling: X(field name, span in struct dw_decision). Whoever
 * forwards a request drops every field a client sent whose name starts with DW_IDENTITY_PREFIX. */
#define DW_IDENTITY_PREFIX "Doorward-"
#define DW_IDENTITY_FIELDS(X)                                                                      \
    X("Doorward-Subject", subject)                                                                 \
    X("Doorward-Client", client)                                                                   \
    X("Doorward-Scope", scope)                                                                     \
    X("Doorward-Issuer", iss)

/* Writes a value as such a field can carry it, no NUL: what is not printable ASCII, a space at either
 * end, and the percent sign itself are percent-encoded, so that no two identities look the same. At
 * most three bytes for one. 0 or DW_ERR_SIZE. */
DW_MUST_USE DW_API int dw_identity_write(struct dw_span value, char *buffer, size_t size, size_t *len);

/* ------------------------------------------------------------------------------------------------
 * The denial, written: RFC 9110 s11.6, RFC 6750 s3, RFC 9457
 */
#define DW_DENIAL_SIZE 16384 /* a buffer of this size always suffices */
#define DW_RETRY_AFTER 5     /* seconds, on 503 */

/* Spans borrow the buffer or are static. Send also: Cache-Control: no-store, and Doorward-Id. */
struct dw_denial {
    int status;
    struct dw_span challenges[DW_SCHEMES_END]; /* each a WWW-Authenticate field of its own */
    size_t n_challenges;
    int retry_after; /* seconds for Retry-After; 0: none */
    struct dw_span content_type;
    struct dw_span body; /* problem+json, JSON or HTML as Accept prefers; for HEAD send its length only */
};

/* Writes the answer to a decision that is not ALLOW. `id` is yours: 1 to 32 letters and digits that
 * name this decision in the log. 0, DW_ERR_SIZE or DW_ERR_SYNTAX (a bad id). */
DW_MUST_USE DW_API int dw_denial_write(const struct dw_policy *policy,
                                       const struct dw_request *request,
                                       const struct dw_decision *decision, struct dw_span id,
                                       char *buffer, size_t size, struct dw_denial *denial);

/* ------------------------------------------------------------------------------------------------
 * The version of the library in use; DW_VERSION is that of this header.
 */
#define DW_VERSION "0.1.0"
DW_API const char *dw_version(void);

#ifdef __cplusplus
}
#endif

#endif
