/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SCHEMES_H
#define DW_SCHEMES_H

/*
 * How each scheme finds out who is calling, and how it asks for credentials. Nobody but core's files
 * includes this.
 *
 *   decide.c   the order of things; denial.c  the answer
 *   SCHEME.c   SCHEME_authenticate(): reads the credentials and says who sent them, or why not;
 *              SCHEME_challenge(): writes what is to be sent instead. Reader and writer side by side.
 *   lookup.c   credentials that had to be looked up: what all such schemes share
 */

#include "internal.h"

/* -- A request before its judge, and what has been found out so far ------------------------------ */

struct trial {
    const struct dw_policy *policy;
    const struct dw_answers *answers;
    const struct dw_request *request;
    struct dw_work *work;
    struct dw_decision *found;
    struct demands demands;
    size_t spare;          /* how much of the work's spare memory is taken */
    struct dw_jwt who;     /* what the credentials say, once they are proven */
    struct dw_span claims; /* that as JSON text, not changed yet; absent: to be had from who.token */
};

/* How the work is divided: 32 KiB each. */
#define WORK_ROOM (32u * 1024)
#define WORK_TOKEN 0u                /* a token taken apart: what dw_jwt_parse() uses */
#define WORK_FACT (1u * WORK_ROOM)   /* claims that were looked up: lookup_accept(); who borrows it */
#define WORK_SPARE (2u * WORK_ROOM)  /* small texts that must last as long as the decision */
#define WORK_CLAIMS (3u * WORK_ROOM) /* a DPoP proof and, once that is judged, claims_open() */

/* Nothing found out yet. */
void trial_begin(struct trial *trial);

/* Memory that lasts as long as the decision; NULL: none is left. */
char *trial_take(struct trial *trial, size_t n);

/* Ends a trial: who.* becomes found's subject, client, scope, credential. */
void trial_name(struct trial *trial);

/* Whether every rule the request must meet accepts the scheme. */
bool trial_accepts(const struct trial *trial, enum dw_scheme scheme);

/* Whether what trial->who speaks of was revoked. */
bool trial_is_revoked(const struct trial *trial);

/* Whether whoever sent the credentials has guessed too often: found->retry_after says for how long. */
bool trial_has_to_wait(struct trial *trial, bool right);

/* Notes the values a check compared, for the operator. Numbers are seconds since 1970. */
void trial_note(struct trial *trial, struct dw_span wanted, struct dw_span seen);
void trial_note_times(struct trial *trial, int64_t wanted, int64_t seen);

/* -- request.c: what stands in a request ---------------------------------------------------------- */

/* The first field of that name (case-insensitive), absent if none; and how many there are. */
size_t request_field(const struct dw_request *request, struct dw_span name, struct dw_span *value);

/* The query; absent: there is none. Takes a parameter off it, not decoded. false: there is no more. */
struct dw_span request_query(const struct dw_request *request);
bool param_next(struct dw_span *rest, struct dw_span *name, struct dw_span *value);

/* The value of a query parameter, not decoded; how often it stands there. */
size_t request_parameter(const struct dw_request *request, struct dw_span name,
                         struct dw_span *value);

/* "https://host[:port]" as the policy, the rim or else the Host field say; small letters, default ports
 * left out. `buffer` has 512 bytes. Absent: nobody says. */
struct dw_span request_origin(const struct dw_policy *policy, const struct dw_request *request,
                              char *buffer);

/* A page is being opened by a person; a script of a page is calling. Neither, for other clients. */
bool request_is_navigation(const struct dw_request *request);
bool request_is_script(const struct dw_request *request);
/* A CORS preflight: OPTIONS with Origin and Access-Control-Request-Method. */
bool request_is_preflight(const struct dw_request *request);

/* -- credentials.c -------------------------------------------------------------------------------- */

/* The token68 that stands behind `scheme` (the policy's spelling, "Basic") in an Authorization field
 * which begins with it. DW_REASON_NONE and the token, or the header.* reason. */
DW_MUST_USE enum dw_reason auth_token68(struct dw_span field, const char *scheme,
                                        struct dw_span *token);

/* -- lookup.c -------------------------------------------------------------------------------------- */

/* What is known of the credentials whose fact and name stand in trial->found. DW_REASON_NONE and
 * `known`; else the ASK_ reason, or the one that was heard, or DW_ATTEMPTS, or DW_GUARD_UNREACHABLE. */
DW_MUST_USE enum dw_reason lookup_find(struct trial *trial, struct dw_known *known);

/* Reads a fact's claims into trial->who; from the cache, if they were read before. Else claims_parse()'s
 * reason. */
DW_MUST_USE enum dw_reason lookup_read(struct trial *trial, const struct dw_known *known);

/* Takes the claims as those of who is calling, and judges them: their end, and revocation. */
DW_MUST_USE enum dw_reason lookup_accept(struct trial *trial, const struct dw_known *known);

/* -- claims_open.c -------------------------------------------------------------------------------- */

/* All claims of who is calling, by name: those of trial->claims, else of who.token; an empty object where
 * there are neither. Good until the next call. DW_REASON_NONE, or the token.* reason. */
DW_MUST_USE enum dw_reason claims_open(struct trial *trial, struct json *json);

/* -- bearer.c ------------------------------------------------------------------------------------- */

enum dw_reason bearer_authenticate(struct trial *trial, struct dw_span value);

/* Who a token speaks of, its signature verified or its issuer asked, and the claims judged: all of it
 * but whether the caller may present it (jkt, x5t). For Bearer and DPoP. */
DW_MUST_USE enum dw_reason token_authenticate(struct trial *trial, struct dw_span token);

/* -- One pair for each scheme ---------------------------------------------------------------------- */

/* `value` is the whole Authorization field for Basic, Digest and DPoP; the key, the cookie's value or the
 * certificate's DER for the others. DW_REASON_NONE: trial->who and found say who it is. */
enum dw_reason basic_authenticate(struct trial *trial, struct dw_span value);
enum dw_reason digest_authenticate(struct trial *trial, struct dw_span value);
enum dw_reason apikey_authenticate(struct trial *trial, struct dw_span value);
enum dw_reason cookie_authenticate(struct trial *trial, struct dw_span value);
enum dw_reason certificate_authenticate(struct trial *trial, struct dw_span value);
enum dw_reason dpop_authenticate(struct trial *trial, struct dw_span value);

/* Where the credentials stand that are in no Authorization field. DW_REASON_NONE and the value, which may
 * be in the trial's memory; DW_HEADER_MISSING; or why it cannot be taken. */
DW_MUST_USE enum dw_reason apikey_find(struct trial *trial, struct dw_span *value);
DW_MUST_USE enum dw_reason cookie_find(struct trial *trial, struct dw_span *value);
DW_MUST_USE enum dw_reason certificate_find(struct trial *trial, struct dw_span *value);

/* Whether a Bearer token is one of our API keys, by its prefix. */
bool apikey_is_one(const struct dw_policy *policy, struct dw_span token);

/* Whether a key or a token stands in the query, where this policy does not look for one. */
bool apikey_is_misplaced(const struct trial *trial);

/* Whether a token bound to a certificate (x5t, base64url) may be presented over this connection:
 * DW_REASON_NONE, DW_TOKEN_BOUND_CERT (none is shown) or DW_MTLS_MISMATCH. */
DW_MUST_USE enum dw_reason certificate_is_bound(struct trial *trial, struct dw_span x5t);

/* Nonces of ours, made into the trial's memory: found->digest_nonce, found->dpop_nonce. Nothing without
 * a secret. */
void digest_make_nonce(struct trial *trial);
void dpop_make_nonce(struct trial *trial);

/* -- dpop_proof.c: a proof of possession (RFC 9449 s4) ---------------------------------------------- */

#define DPOP_JKT_LEN DW_BASE64URL_SIZE(THUMBPRINT_SIZE)

struct dpop_proof {
    struct dw_span jkt; /* the thumbprint of the key it was made with: DPOP_JKT_LEN bytes */
    struct dw_span jti, htm, htu;
    struct dw_span ath, nonce; /* absent if absent */
    int64_t iat;
};

/* Takes a proof apart and verifies its signature under the key in it, with one of `algorithms`. It borrows
 * `room`, WORK_ROOM bytes aligned to 16. DW_REASON_NONE, DW_DPOP_PROOF_MALFORMED, _SIGNATURE, or
 * DW_GUARD_FAILED. */
DW_MUST_USE enum dw_reason dpop_proof_read(struct dw_span text, unsigned algorithms,
                                           unsigned char *room, struct dpop_proof *proof);

/* -- uri.c: the spellings of one address (RFC 3986 s6.2.2, s6.2.3) ----------------------------------- */

/* Takes an http or https URI apart; query and fragment are left out. false: it is none. */
DW_MUST_USE bool uri_split(struct dw_span uri, struct dw_span *origin, struct dw_span *path);

/* Writes the one spelling all others of an address have in common: small letters in scheme and host, no
 * default port, nothing encoded that need not be, no dot segments, a path. */
void uri_put(struct text *text, struct dw_span origin, struct dw_span path);

/* -- require.c: what a route demands of who is calling, its scope apart --------------------------- */

/* audience, acr, max_age, claims; for each rule the request must meet. */
DW_MUST_USE enum dw_reason require_check(struct trial *trial);

/* -- The answer, while it is being written --------------------------------------------------------- */

struct answer {
    const struct dw_policy *policy;
    const struct dw_request *request;
    const struct dw_decision *decision;
    const struct dw_reason_text *reason;
    struct dw_span id;
    int status;
    struct dw_span scope, acr, max_age; /* what would do, written out; empty: nothing is asked for */
    struct text *text;                  /* where field values and the body are written */
    struct dw_denial *denial;           /* what is made */
};

/* Adds a field; the value is written into the answer's text, or static. 0 or DW_ERR_SIZE. */
DW_MUST_USE int answer_add(struct answer *answer, const char *name, struct dw_span value);

/* Writes the challenge and adds it as WWW-Authenticate. 0, DW_ERR_SIZE, DW_ERR_SYNTAX. */
DW_MUST_USE int answer_challenge(struct answer *answer, const struct dw_challenge *challenge);

/* Adds a quoted parameter unless its value is empty. */
void challenge_put(struct dw_challenge *challenge, const char *name, struct dw_span value);

struct dw_span answer_realm(const struct answer *answer); /* the place's, else the policy's */
/* Whether the route that decided takes the scheme, and whether the error is about credentials of it: an
 * error about none that could be told is Bearer's, or DPoP's where Bearer is not taken. */
bool answer_accepts(const struct answer *answer, enum dw_scheme scheme);
bool answer_has_error(const struct answer *answer, enum dw_scheme scheme);

/* Puts what Bearer and DPoP have in common: realm, error (only `with_error`), scope, acr_values and
 * max_age (RFC 9470 s3), resource_metadata (RFC 9728 s5.1). */
void answer_common(const struct answer *answer, struct dw_challenge *challenge, bool with_error);

int bearer_challenge(struct answer *answer);
int basic_challenge(struct answer *answer);
int digest_challenge(struct answer *answer); /* one for each algorithm; never the place's realm */
int apikey_challenge(struct answer *answer);
int cookie_challenge(struct answer *answer);
int certificate_challenge(struct answer *answer);
int dpop_challenge(struct answer *answer);

/* offer.c: writes the first `most` of a list, spaces between them and before what stands there already. */
void list_put(struct text *text, const struct dw_list *list, size_t most);

/* offer.c: adds the challenges an answer of its status has. 0, DW_ERR_SIZE, DW_ERR_SYNTAX. */
DW_MUST_USE int answer_challenges(struct answer *answer);

/* cors.c: whether a script of the request's one Origin may call the route. */
bool cors_allows(const struct dw_cors *cors, const struct dw_request *request);
/* Fields that let a script of another origin read the answer. 0 or DW_ERR_SIZE. */
DW_MUST_USE int cors_answer(struct answer *answer);

/* problem.c: writes the body as Accept prefers, and adds the fields that describe it. 0 or DW_ERR_SIZE. */
DW_MUST_USE int answer_body(struct answer *answer);
const char *answer_phrase(const struct answer *answer); /* of its status: "Not Found" */

/* page.c: the body as a page, with the form to sign in where a session would help. */
void page_put(const struct answer *answer, struct text *text);

#endif
