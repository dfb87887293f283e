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

#include "doorward_parts.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------
 * The policy: what you demand. Plain data of yours; it must outlive what it is passed to.
 */
#define DW_TRUST_MAX 64     /* issuers */
#define DW_ROUTES_MAX 1024  /* routes */
#define DW_LIST_MAX 64      /* methods, scopes or audiences in one list */
#define DW_TEXT_MAX 512     /* bytes of any one text in a policy */
#define DW_SCOPE_MAX 2048   /* bytes of a route's scopes, written out */
#define DW_PATH_MAX 8192    /* bytes of a request's path; 2048 suffice for one spelled in any way */
#define DW_LEEWAY 30        /* seconds; a good value for `leeway` */
#define DW_LEEWAY_MAX 60

enum dw_scheme {
    DW_SCHEME_NONE = 0,
    DW_SCHEME_BEARER,      /* RFC 6750: a JWT, or an opaque token */
    DW_SCHEME_BASIC,       /* RFC 7617 */
    DW_SCHEME_DIGEST,      /* RFC 7616 */
    DW_SCHEME_APIKEY,      /* Authorization: Api-Key, a field or a query parameter of its own */
    DW_SCHEME_COOKIE,      /* the session of somebody who has signed in */
    DW_SCHEME_CERTIFICATE, /* of a TLS client */
    DW_SCHEME_DPOP,        /* RFC 9449 */
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
    bool introspects;         /* its opaque tokens are known by asking (RFC 7662) */
    const char *opaque_prefix; /* how those begin; NULL: anyhow. No other issuer gets to see them */
};

/* What a token whose issuer is `trust` would be refused for, its signature apart: typ, times, audience,
 * bindings. The first such reason, or, with `after`, the first behind that one; DW_REASON_NONE: no
 * more. `trust` NULL, an issuer not known: what depends on it is not looked at. */
DW_MUST_USE DW_API enum dw_reason dw_jwt_judge(const struct dw_jwt *jwt, const struct dw_trust *trust,
                                               int leeway, int64_t now, enum dw_reason after);

/* Algorithms of Digest (RFC 7616 s3.3), strongest last; a set is 1u << each. */
enum dw_digest { DW_DIGEST_MD5, DW_DIGEST_SHA256, DW_DIGEST_SHA512_256, DW_DIGESTS_END };

/* Who a client certificate is. Members that are there must all fit. */
struct dw_certificate_rule {
    const char *fingerprint;  /* SHA-256 of its DER, 64 hexadecimal digits */
    const char *subject;      /* its distinguished name as RFC 2253 writes it */
    const char *san;          /* dns:NAME, email:NAME, uri:NAME or ip:ADDRESS among its alternatives */
    const char *principal;    /* who that is; NULL: the SAN, the common name or the subject that fit */
    struct dw_list scope;
};

/* What goes for a scheme wherever a route accepts it. All zero is a good choice for each. */
struct dw_schemes {
    struct {
        unsigned algorithms; /* set of 1u << enum dw_digest; 0: all but MD5 */
        int nonce_life;      /* seconds; 0: 300 */
        int auth_int;        /* bytes of the largest body whose integrity is offered; 0: none */
    } digest;
    struct {
        const char *prefix; /* of the keys; NULL: "dw" */
        const char *field;  /* NULL: "X-API-Key" */
        const char *query;  /* parameter; NULL: never there */
    } apikey;
    struct {
        const char *name;    /* NULL: "__Host-doorward" */
        const char *sign_in; /* path a form is posted to; NULL: there is none */
        struct dw_list origins; /* others than a request's own that may use it to change things */
    } cookie;
    struct {
        const char *field; /* RFC 9440 Client-Cert, where whoever is in front sets it; NULL: none */
        /* The first that fits says who it is. None at all: whoever the TLS layer has verified. */
        const struct dw_certificate_rule *rules;
        size_t n_rules;
    } certificate;
    struct {
        unsigned algorithms; /* set of DW_ALG_BIT; 0: all that are asymmetric */
        int window;          /* seconds a proof may be old; 0: 60 */
        bool nonce;          /* demand one of ours */
    } dpop;
};

/* What a protected resource says of itself (RFC 9728). */
struct dw_resource {
    const char *resource;     /* its identifier, an https URL; NULL: it says nothing */
    const char *metadata;     /* where that is to be read: a URL, named in every challenge */
    const char *name;         /* for people; NULL */
    const char *documentation; /* a URL; NULL */
    struct dw_list scopes;
};

/* Which scripts of other origins may call a route (Fetch standard, CORS). */
struct dw_cors {
    struct dw_list origins; /* "https://app.example.com"; "*" for all, who then send no cookie */
};

/* A claim and the value it must have (or hold, where it is a list). {path.NAME} in the value stands for
 * the segment of the path that the route's pattern calls {NAME}. */
struct dw_demand {
    const char *claim;
    const char *value;
};

// A rule for some paths. The pattern is compared with the request's path segment by segment, after
// decoding, so that no spelling of a path escapes the rule another spelling of it would hit:
//   /reports      that path, with or without a slash at its end
//   /reports/*    any one segment there; so does /reports/{id}
//   /reports/**   /reports and everything below it (** stands at the end only)
// Where the servers behind may read a path in more than one way (%2F, %25, \, ;, //, dot segments), the
// rules of every reading must be met.
struct dw_route {
    const char *path;
    struct dw_list methods; /* empty: any. GET covers HEAD */
    bool anyone;            /* no authentication */
    bool hide;              /* whoever is not let in is told 404 */
    int malformed;          /* instead of the policy's; 0: that */
    int max_age;            /* seconds since the subject was authenticated (RFC 9470); 0: any */
    struct dw_list acr;     /* acr must be one of these (RFC 9470), if there are any */
    struct dw_list audience;  /* aud must name one of these too, if there are any */
    struct dw_list scope;     /* all of them are needed */
    struct dw_list scope_any; /* and one of these, if there are any */
    const struct dw_demand *require; /* all of them */
    size_t n_require;
    struct dw_cors cors;
    enum dw_scheme accept[DW_SCHEMES_END]; /* in the order they are offered; none: Bearer */
};

/* First match wins; what no route names needs authentication. */
struct dw_policy {
    const char *realm; /* NULL: "api" */
    const char *origin; /* "https://api.example.com", as clients know this place; NULL: as they say */
    int malformed;     /* status for invalid_request: 400, or 401 (0 means 401) */
    int leeway;        /* seconds of clock difference forgiven */
    struct dw_schemes schemes;
    struct dw_resource resource;
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

/* Tokens whose signature was verified, and claims that were read. Bounded; makes no allocation after dw_cache_new(). */
struct dw_cache;

/* Room for `slots` tokens (rounded up to a power of two), 4 KiB each, touched when used. A token is
 * remembered when it comes for the second time, if it fits its slot. `seed` is 16 random bytes, so
 * that nobody can aim at a slot. 0, DW_ERR_SIZE (0 or over a million slots) or DW_ERR_MEMORY. A policy
 * must outlive the caches that have seen it. */
DW_MUST_USE DW_API int dw_cache_new(size_t slots, const uint8_t seed[16], struct dw_cache **cache);
DW_API void dw_cache_free(struct dw_cache *cache); /* wipes; NULL is fine */

/* Credentials that no arithmetic can check: somebody has to have looked them up. */
enum dw_fact {
    DW_FACT_NONE = 0,
    DW_FACT_APIKEY,   /* named by the hash of the key */
    DW_FACT_SESSION,  /* of the cookie's value */
    DW_FACT_PASSWORD, /* of the user's name, then keyed of name and password: 16 bytes each */
    DW_FACT_DIGEST,   /* of the user's name, or the userhash itself if it has 32 bytes */
    DW_FACT_TOKEN     /* of issuer and opaque token */
};

#define DW_FACT_NAME 32      /* bytes of such a name: SHA-256 */
#define DW_CLAIMS_MAX 8192   /* bytes of the claims of one */

/* What is known of such credentials. */
struct dw_known {
    struct dw_span claims; /* a JSON object: sub, scope, jti, exp ... as a JWT has them. For a fact of
                              Digest also ha1: an object of hexadecimal texts by algorithm */
    int64_t until;         /* nothing is known any more from then on */
    int64_t renew;         /* from then on ask again; if nobody answers it still holds. 0: never */
    bool again;            /* you were asked the same lately: what the claims say is worth a place in the
                              cache. When in doubt, false: they are read then */
};

/* What you know. Any function may be NULL: then nothing is revoked, known, or to be waited for, and
 * every use is the first. */
struct dw_answers {
    const struct dw_issuer_keys *issuers; /* one for each of policy->trust, in its order */
    enum dw_asking asking;
    enum dw_reason heard;   /* DW_HAVE_ASKED: what these very credentials were refused for; or NONE */
    struct dw_cache *cache; /* NULL: none */
    const uint8_t *secret;  /* 32 bytes all who decide here share; NULL: no Basic, Digest or nonce */
    void *context;          /* of all below */
    /* Called for whatever is let in, cached or not. */
    bool (*is_revoked)(void *context, enum dw_scheme scheme, const struct dw_jwt *token);
    bool (*find)(void *context, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                 struct dw_known *known);
    /* Whether this is used for the first time: a proof's jti, a nonce's count. DW_REASON_NONE,
     * DW_PROOF_REPLAYED, or DW_GUARD_FAILED: nobody can tell. Until `until` it is remembered. */
    enum dw_reason (*use)(void *context, const uint8_t name[DW_FACT_NAME], int64_t until);
    /* Seconds until whoever sent the request may guess again; 0: now. `account` may be absent. With
     * `right`, the guess is known to be right: whoever guesses for ever must not learn it from that. */
    int (*wait)(void *context, struct dw_span source, struct dw_span account, bool right);
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
    struct dw_span source;      /* the client's address */
    struct dw_span origin;      /* "https://api.example.com:8443": where it came in, if that is known */
    struct dw_span certificate; /* the client's, DER, as the TLS layer has verified it; or absent */
    struct dw_span body;        /* present only where dw_wants_body() said so */
    /* What the place it came in through demands beside the policy; absent: nothing. */
    struct dw_span scope; /* scopes, separated by spaces: all of them; at most DW_SCOPE_MAX */
    struct dw_span realm; /* instead of the policy's; at most DW_TEXT_MAX */
};

enum dw_verdict { DW_DENY = 0, DW_ALLOW, DW_ASK };

/* Spans borrow the request, the work, the cache or what `find` returned: use or copy them before the
 * next decision. */
struct dw_decision {
    enum dw_verdict verdict;
    enum dw_reason reason;
    enum dw_scheme scheme;        /* of the credentials; NONE if there were none */
    const struct dw_route *route; /* the rule that decided; NULL: no route names the path */
    size_t issuer;                /* index into policy->trust; meaningful when `iss` is there */
    struct dw_span iss, kid;      /* on ALLOW and ASK, and on DENY once the issuer is known */
    struct dw_span subject, client, scope; /* on ALLOW, and on DENY once they are proven */
    struct dw_span credential;    /* jti: of a token, a key, a session; no secret */
    struct dw_span token;         /* what was presented: a secret; never log it */
    bool cached;                  /* it had been verified before */
    struct dw_span account;       /* the user or key that was named, proven or not */
    struct dw_span password;      /* of Basic, on ASK: a secret */
    enum dw_fact fact;            /* on ASK: the answer is to be left under this name */
    uint8_t name[DW_FACT_NAME];
    int retry_after;              /* seconds, on 429 */
    /* The values a failed check has compared, for the operator; no secrets. Absent: none. */
    struct dw_span wanted, seen;
    /* To be sent along; absent: nothing. Denials are written with them already. */
    struct dw_span authentication_info; /* RFC 7616 s3.5, on ALLOW */
    struct dw_span dpop_nonce;          /* RFC 9449 s9, whatever the verdict */
    struct dw_span digest_nonce;        /* for the challenge */
};

/* Decides. Authentication comes before authorisation: a 401 is always found before a 403. */
DW_API void dw_decide(const struct dw_policy *policy, const struct dw_answers *answers,
                      const struct dw_request *request, struct dw_work *work,
                      struct dw_decision *decision);

/* Whether a decision needs the request's body (Digest's auth-int): how many bytes of it at most; 0:
 * not at all. */
DW_API size_t dw_wants_body(const struct dw_policy *policy, const struct dw_request *request);

/* Whether a reason says that somebody guessed wrong: to be counted by whom the request came from. */
DW_API bool dw_reason_is_guess(enum dw_reason reason);

/* The name under which what is known of these credentials is kept. `secret` is that of the answers. */
DW_API void dw_fact_name(enum dw_fact fact, struct dw_span of, uint8_t name[DW_FACT_NAME]);
DW_API void dw_password_name(const uint8_t secret[32], struct dw_span user, struct dw_span password,
                             uint8_t name[DW_FACT_NAME]);
DW_API void dw_token_name(struct dw_span issuer, struct dw_span token, uint8_t name[DW_FACT_NAME]);

/* An API key is PREFIX_ID_SECRETCHECK: an id of 12 letters and digits, 32 of secret, 6 that check the
 * others, so that a mistyped key is told apart from one that is not known. */
#define DW_APIKEY_ID 12
#define DW_APIKEY_SECRET 32
#define DW_APIKEY_RANDOM 33 /* bytes one is made of: 44 letters and digits take 262 bits */
#define DW_APIKEY_SIZE 96   /* of a buffer for any; a prefix is a letter and up to 15 letters or digits */

/* Writes a key made of random bytes, NUL-terminated; `prefix` NULL: "dw". 0, DW_ERR_SIZE, or
 * DW_ERR_SYNTAX: the prefix. */
DW_MUST_USE DW_API int dw_apikey_write(const char *prefix, const uint8_t random[DW_APIKEY_RANDOM],
                                       char *key, size_t size);
/* The id in a key, borrowed. DW_REASON_NONE, DW_APIKEY_PARTIAL or DW_APIKEY_CHECKSUM. */
DW_MUST_USE DW_API enum dw_reason dw_apikey_parse(struct dw_span key, const char *prefix,
                                                  struct dw_span *id);

/* The name of the session's cookie; and its value, borrowed, with how many there are: of two, nobody can
 * say which is meant. */
DW_API struct dw_span dw_cookie_name(const struct dw_policy *policy);
DW_API size_t dw_cookie_find(const struct dw_policy *policy, const struct dw_request *request,
                             struct dw_span *value);

/* Whether a page of our own origin sent the request, or of one the policy trusts with sessions (CSRF): by
 * Sec-Fetch-Site (Fetch Metadata), which the browser itself has judged, else by Origin (RFC 6454 s7) or
 * Referer. Who says nothing is refused. dw_decide() asks this itself; sign-in pages have to. */
DW_API bool dw_sender_is_own(const struct dw_policy *policy, const struct dw_request *request);

/* HA1 of RFC 7616 s3.4.2, in small hexadecimal digits, NUL-terminated: what is kept in place of a
 * password. 0 or DW_ERR_CRYPTO. */
#define DW_HA1_SIZE 65
DW_MUST_USE DW_API int dw_digest_ha1(enum dw_digest algorithm, struct dw_span user,
                                     struct dw_span realm, struct dw_span password,
                                     char ha1[DW_HA1_SIZE]);
/* The hash of a name that a client may send in its place (RFC 7616 s3.4.4): of 32 bytes, so not MD5. What
 * is known of that user then has the hash for its name. 0 or DW_ERR_CRYPTO. */
DW_MUST_USE DW_API int dw_digest_userhash(enum dw_digest algorithm, struct dw_span user,
                                          struct dw_span realm, uint8_t hash[DW_FACT_NAME]);
DW_API const char *dw_digest_name(enum dw_digest algorithm); /* "SHA-256" */

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
#define DW_DENIAL_SIZE 40960 /* a buffer of this size always suffices */
#define DW_DENIAL_FIELDS 24
#define DW_RETRY_AFTER 5     /* seconds, on 503 */

/* Spans borrow the buffer or the policy, or are static. */
struct dw_denial {
    int status;
    struct dw_span body; /* problem+json, JSON or HTML as Accept prefers; for HEAD its length only */
    size_t n_fields;
    struct dw_field fields[DW_DENIAL_FIELDS]; /* all to be sent, Content-Type and Doorward-Id too */
};

/* Writes the answer to a decision that is not ALLOW. `id` is yours: 1 to 32 letters and digits that
 * name this decision in the log. 0, DW_ERR_SIZE or DW_ERR_SYNTAX (a bad id). */
DW_MUST_USE DW_API int dw_denial_write(const struct dw_policy *policy,
                                       const struct dw_request *request,
                                       const struct dw_decision *decision, struct dw_span id,
                                       char *buffer, size_t size, struct dw_denial *denial);

/* Writes the document of RFC 9728 s3.2. 0, DW_ERR_SIZE or DW_ERR_POLICY (it says nothing). */
DW_MUST_USE DW_API int dw_resource_write(const struct dw_policy *policy, char *buffer, size_t size,
                                         size_t *len);

/* ------------------------------------------------------------------------------------------------
 * The version of the library in use; DW_VERSION is that of this header.
 */
#define DW_VERSION "0.1.0"
DW_API const char *dw_version(void);

#ifdef __cplusplus
}
#endif

#endif
