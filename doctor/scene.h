/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_SCENE_H
#define DW_DOCTOR_SCENE_H

/*
 * One exchange looked at closely: what was sent as credentials, what the server said to it, what the
 * token says, which clocks there are. Made once, read by every rule. All borrows the capture.
 */

#include "capture.h"
#include "json.h"

#define SCENE_CHALLENGES_MAX 16
#define SCENE_JSON_NODES     2048

/* -- What was sent ----------------------------------------------------------------------------------- */

enum sent_where {
    SENT_NOWHERE,
    SENT_AUTHORIZATION,
    SENT_FIELD,
    SENT_QUERY,
    SENT_BODY,
    SENT_COOKIE,
    SENT_ALONE
};

/* Credentials, as they stood. */
struct sent {
    enum sent_where where;
    const struct capture_field *field; /* NULL unless it stood in one */
    struct dw_span value;              /* raw */
    struct dw_span scheme;             /* "Bearer", as written; absent: none can be made out */
    struct dw_span payload;            /* behind the scheme, trimmed: the token, the base64 */
    struct dw_span user, password;     /* Basic, decoded */
    bool is_basic_decoded;
};

/* -- The token ----------------------------------------------------------------------------------------- */

enum token_shape {
    TOKEN_NONE,
    TOKEN_JWS,    /* three parts */
    TOKEN_JWE,    /* five */
    TOKEN_BROKEN, /* begins like a JWT and is none */
    TOKEN_PASETO,
    TOKEN_VENDOR, /* by its prefix: `vendor` says whose */
    TOKEN_OPAQUE
};

enum time_type { TIME_ABSENT, TIME_NUMBER, TIME_FRACTION, TIME_TEXT, TIME_OTHER };

struct token_time {
    enum time_type type;
    int64_t at; /* as it stands there: milliseconds stay so */
};

struct token_view {
    enum token_shape shape;
    struct dw_span text;
    size_t n_dots;
    const char *vendor;          /* "GitHub", "Stripe live secret key"; NULL: not known */
    bool has_header, has_claims; /* they are JSON objects */
    struct json header, claims;  /* good only then */
    struct dw_fault
        fault; /* the first place where it is broken, from the token's start; what NULL: none */
    bool is_standard_base64; /* + / or = where base64url stands */
    struct dw_span alg, typ, kid, iss, sub, client, scope, jti, jkt, x5t; /* absent: none */
    struct dw_span aud[8];
    size_t n_aud;
    struct token_time exp, nbf, iat;
    size_t signature_len; /* characters */
};

/* -- The clocks ------------------------------------------------------------------------------------- */

/* Seconds since 1970; 0: not known. Judged by is the server's, then the capture's, then the local one. */
struct clocks {
    int64_t server;        /* the response's Date, plus its Age if it was stored */
    int64_t capture;       /* the client's, when it asked (a HAR's startedDateTime) */
    int64_t local;         /* now, where the doctor runs */
    int64_t judged;        /* the one that was chosen */
    const char *judged_by; /* "the server's Date", "the capture's clock", "this machine's clock" */
};

/* -- All of it -------------------------------------------------------------------------------------- */

struct challenge_view {
    struct dw_challenge challenge;
    const struct capture_field *field;
    struct dw_fault fault; /* of the strict grammar, from the field's start; what NULL: sound */
};

struct scene {
    const struct capture *capture;
    struct arena *arena;
    const struct exchange *it;     /* the one that fails; NULL: the capture is a token alone */
    size_t index;                  /* of it */
    const struct exchange *before; /* the hop that led here by a redirect; NULL */
    struct sent sent;              /* the one that counts: Authorization before all */
    struct sent others[4];         /* further credentials in the same request */
    size_t n_others;
    struct token_view token;
    struct clocks clocks;
    struct challenge_view
        challenges[SCENE_CHALLENGES_MAX]; /* WWW-Authenticate, remapped names too */
    size_t n_challenges;
    struct dw_span error;             /* error= of any of them; absent: none */
    struct dw_span error_description; /* unescaped */
    struct dw_span host;              /* of the URL or the Host field, without a port */
    struct dw_span path;              /* of the URL, without its query */
    struct dw_span query;             /* without ? */
    bool is_https;
    struct dw_span server; /* the response's Server */
    struct dw_span body;   /* the response's, as far as it is kept */
    bool body_is_html, body_is_json;
};

/* Which exchange to look at: the first 401 that was not answered by a success for the same URL after it;
 * else another status of those that travel with 401 (407, 403, 400 with a challenge, 419, 440, 498, 499,
 * 511), a soft 401, a status 0. -1: none. */
int scene_choose(const struct capture *capture);

/* `index` -1: only the token. `local` is now. Memory is the capture's arena. 0, or -1: out of memory. */
DW_MUST_USE int scene_make(const struct capture *capture, int index, int64_t local,
                           struct scene *scene);

/* A token alone. */
void token_look(struct arena *arena, struct dw_span text, struct token_view *view);

/* -- token_vendors.c: whose tokens begin how ------------------------------------------------------------ */

struct token_vendor {
    const char *prefix;
    const char *name;    /* "GitHub personal access token" */
    const char *belongs; /* where it goes: "Authorization: Bearer"; NULL: not known, or it varies */
    size_t least, most;  /* characters of the whole; 0: not known */
};

const struct token_vendor *token_vendor_of(struct dw_span token); /* NULL: of nobody known */

/* -- For rules ---------------------------------------------------------------------------------------- */

const struct challenge_view *scene_challenge(const struct scene *scene,
                                             const char *scheme); /* or NULL */
struct dw_span scene_param(const struct challenge_view *challenge,
                           const char *name);                        /* unescaped not; or absent */
bool scene_is_scheme(const struct scene *scene, const char *scheme); /* the one that was sent */

/* Whether the response's body, challenges or other fields hold the text; case does not matter. */
bool scene_says(const struct scene *scene, const char *text);
bool span_has(struct dw_span in, const char *text); /* case does not matter */
/* A WebSocket's frame that ends the stream for want of a login. */
bool is_closing_frame(struct dw_span frame);
bool span_is(struct dw_span span, const char *text);     /* case does not matter */
bool span_begins(struct dw_span span, const char *text); /* case does not matter */
struct dw_span span_behind(struct dw_span span,
                           size_t at);         /* without its first `at` bytes; may be empty */
struct dw_span span_bare(struct dw_span span); /* without blanks and line ends at both ends */

/* Base64 of either alphabet, as far as it goes, padded or not, into the arena. `fault` may be NULL; its
 * `what` is NULL afterwards if nothing stood there that neither alphabet has. */
struct dw_span base64_open(struct arena *arena, struct dw_span text, struct dw_fault *fault);

/* Whether the capture was cleaned of credentials before it came here, so that their absence, or how they
 * look, proves nothing. */
bool scene_is_sanitized(const struct scene *scene);

/* Whether a value is what tools and people put where a secret stood: [Filtered], ***, eyJh...x9Qw. */
bool is_masked(struct dw_span value);

/* OPTIONS as a browser asks before the request proper (Fetch standard). */
bool exchange_is_preflight(const struct exchange *exchange);

/* Whether a field of the request's own holds a signature: "CB-ACCESS-SIGN", "X-Hub-Signature-256". */
bool exchange_is_signed(const struct exchange *exchange);

/* A claim's text; absent: there is none or it is no string. */
struct dw_span token_claim(const struct token_view *token, const char *name);
bool token_has_claim(const struct token_view *token, const char *name);

/* Origin ("https://host:port", default ports left out) into a buffer; absent if it is not absolute. */
struct dw_span url_origin(struct dw_span url, char *buffer, size_t size);
struct dw_span url_host(struct dw_span url);
struct dw_span url_path(struct dw_span url);  /* without the query */
struct dw_span url_query(struct dw_span url); /* without ? */
struct dw_span url_user(struct dw_span url); /* user:password before the @, as written; or absent */

/* Takes the next parameter off a query or a form, nothing decoded; false: there is no more. */
bool url_query_next(struct dw_span *rest, struct dw_span *name, struct dw_span *value);
bool is_percent(struct dw_span text, size_t at); /* whether %XX stands there */
struct dw_span percent_open(struct arena *arena, struct dw_span text); /* + stays + */

/* An IMF-fixdate or its older forms (RFC 9110 s5.6.7), and a HAR's ISO 8601; 0: it is none. */
int64_t date_read(struct dw_span text);

#endif
