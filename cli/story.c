/* SPDX-License-Identifier: Apache-2.0 */
#include "story.h"

#include <stdlib.h>

/* -- The checks -------------------------------------------------------------------------------- */

enum check {
    END = 0,
    /* Told only where they fail: whether they were made at all depends on what was known. */
    GUARD,
    ATTEMPTS,
    ASKING,
    /* What all requests go through. */
    ROUTE,
    CREDENTIALS,
    SCHEME,
    SHAPE,
    REQUIREMENTS,
    SCOPE,
    /* What each scheme adds. */
    STRUCTURE,
    ALGORITHM,
    TYPE,
    ISSUER,
    KEY,
    SIGNATURE,
    ACTIVE,
    CLAIMS,
    TIME,
    AUDIENCE,
    REVOCATION,
    BINDING,
    CERTIFICATE,
    PROOF,
    HTM,
    HTU,
    IAT,
    NONCE,
    ATH,
    JKT,
    REPLAY,
    OFFER,
    URI,
    USER,
    PASSWORD,
    RESPONSE,
    FRESHNESS,
    KNOWN,
    VALIDITY,
    ORIGIN
};

#define MEMBER(name) offsetof(struct recent_entry, name)
#define NOTHING      MEMBER(at_us) /* which is no text */

static const struct {
    const char *name;
    const char *expected;
    size_t seen; /* the member that shows what was looked at */
} CHECKS[] = {
    [END] = {NULL, NULL, NOTHING},
    [GUARD] = {"guard", "a guard in working order", NOTHING},
    [ATTEMPTS] = {"attempts", "no more wrong guesses than are forgiven", NOTHING},
    [ASKING] = {"asking", "an answer, in time, from whoever has to be asked", NOTHING},
    [ROUTE] = {"route", "a request that can be read, for a route", MEMBER(route)},
    [CREDENTIALS] = {"credentials", "credentials, once, where they are looked for", NOTHING},
    [SCHEME] = {"scheme", "a scheme the route accepts", NOTHING},
    [SHAPE] = {"shape", "credentials of the form their scheme has", MEMBER(token)},
    [REQUIREMENTS] = {"requirements", "all the route requires of who is calling", NOTHING},
    [SCOPE] = {"scope", "the scope the route asks for", NOTHING},
    [STRUCTURE] = {"structure", "one whole token", NOTHING},
    [ALGORITHM] = {"algorithm", "an algorithm that is allowed and that the key can do", NOTHING},
    [TYPE] = {"type", "signed, of the right type, its members too", NOTHING},
    [ISSUER] = {"issuer", "an issuer that is trusted", MEMBER(issuer)},
    [KEY] = {"key", "a key of the issuer's, named by kid", MEMBER(kid)},
    [SIGNATURE] = {"signature", "a signature made with that key", NOTHING},
    [ACTIVE] = {"active", "the issuer's word that the token is active", NOTHING},
    [CLAIMS] = {"claims", "the claims this issuer's tokens must carry", NOTHING},
    [TIME] = {"time", "a time at which it is good", NOTHING},
    [AUDIENCE] = {"audience", "an audience that is meant here", NOTHING},
    [REVOCATION] = {"revocation", "not revoked", MEMBER(credential)},
    [BINDING] = {"binding", "bound to a key if, and only if, sent with a proof", NOTHING},
    [CERTIFICATE] = {"certificate", "the client certificate it is bound to, if it is", NOTHING},
    [PROOF] = {"proof", "a whole proof, signed with the key in it", NOTHING},
    [HTM] = {"htm", "the request's method", NOTHING},
    [HTU] = {"htu", "the request's address", NOTHING},
    [IAT] = {"iat", "a proof made just now", NOTHING},
    [NONCE] = {"nonce", "a nonce of ours, where one is wanted", NOTHING},
    [ATH] = {"ath", "the hash of the token", NOTHING},
    [JKT] = {"jkt", "the key the token is bound to", NOTHING},
    [REPLAY] = {"replay", "used for the first time", NOTHING},
    [OFFER] = {"offer", "the realm and an algorithm of the challenge", NOTHING},
    [URI] = {"uri", "the request's target", NOTHING},
    [USER] = {"user", "a user with Digest hashes", MEMBER(account)},
    [PASSWORD] = {"password", "the password of the user named", NOTHING},
    [RESPONSE] = {"response", "the answer the user's password gives", NOTHING},
    [FRESHNESS] = {"freshness", "a nonce that is not too old", NOTHING},
    [KNOWN] = {"known", "known here", MEMBER(account)},
    [VALIDITY] = {"validity", "neither ended, nor replaced, nor revoked", MEMBER(credential)},
    [ORIGIN] = {"origin", "a page of ours, for what changes something", NOTHING},
};

/* -- Where each reason belongs ------------------------------------------------------------------- */

static const struct {
    unsigned char check;
    unsigned char values;
} PLACES[DW_REASONS_END] = {
    [DW_ASK_KEYS] = {ASKING, 0},
    [DW_ASK_KID] = {ASKING, 0},
    [DW_ASK_PASSWORD] = {ASKING, 0},
    [DW_ASK_USER] = {ASKING, 0},
    [DW_ASK_APIKEY] = {ASKING, 0},
    [DW_ASK_SESSION] = {ASKING, 0},
    [DW_ASK_TOKEN] = {ASKING, 0},
    [DW_REQUEST_PATH] = {ROUTE, 0},
    [DW_VERIFY_TARGET] = {ROUTE, 0},
    [DW_VERIFY_SECRET] = {ROUTE, 0},
    [DW_HEADER_MISSING] = {CREDENTIALS, 0},
    [DW_HEADER_MULTIPLE] = {CREDENTIALS, 0},
    [DW_HEADER_METHODS] = {CREDENTIALS, 0},
    [DW_HEADER_LOCATION] = {CREDENTIALS, 0},
    [DW_COOKIE_DUPLICATE] = {CREDENTIALS, 0},
    [DW_SCHEME_UNSUPPORTED] = {SCHEME, 0},
    [DW_HEADER_EMPTY] = {SHAPE, 0},
    [DW_HEADER_COLON] = {SHAPE, 0},
    [DW_HEADER_MISSING_SPACE] = {SHAPE, 0},
    [DW_HEADER_WHITESPACE] = {SHAPE, 0},
    [DW_HEADER_QUOTED] = {SHAPE, 0},
    [DW_HEADER_DUPLICATE_SCHEME] = {SHAPE, 0},
    [DW_HEADER_ILLEGAL] = {SHAPE, 0},
    [DW_BASIC_BASE64] = {SHAPE, 0},
    [DW_BASIC_COLON] = {SHAPE, 0},
    [DW_BASIC_CONTROL] = {SHAPE, 0},
    [DW_BASIC_CHARSET] = {SHAPE, 0},
    [DW_BASIC_SIZE] = {SHAPE, 0},
    [DW_BASIC_USER] = {PASSWORD, 0},
    [DW_BASIC_PASSWORD] = {PASSWORD, 0},
    [DW_DIGEST_MALFORMED] = {SHAPE, 0},
    [DW_DIGEST_QOP] = {SHAPE, 0},
    [DW_DIGEST_ALGORITHM] = {OFFER, 0},
    [DW_DIGEST_REALM] = {OFFER, 0},
    [DW_DIGEST_NONCE] = {NONCE, 0},
    [DW_DIGEST_STALE] = {FRESHNESS, STORY_BY},
    [DW_DIGEST_REPLAYED] = {REPLAY, 0},
    [DW_DIGEST_URI] = {URI, 0},
    [DW_DIGEST_USER] = {USER, 0},
    [DW_DIGEST_RESPONSE] = {RESPONSE, 0},
    [DW_APIKEY_PARTIAL] = {SHAPE, 0},
    [DW_APIKEY_CHECKSUM] = {SHAPE, 0},
    [DW_APIKEY_UNKNOWN] = {KNOWN, 0},
    [DW_APIKEY_REVOKED] = {VALIDITY, 0},
    [DW_APIKEY_ROTATED] = {VALIDITY, 0},
    [DW_APIKEY_EXPIRED] = {VALIDITY, 0},
    [DW_COOKIE_UNKNOWN] = {KNOWN, 0},
    [DW_COOKIE_EXPIRED] = {VALIDITY, 0},
    [DW_COOKIE_REVOKED] = {VALIDITY, 0},
    [DW_COOKIE_CROSS_SITE] = {ORIGIN, 0},
    [DW_MTLS_MALFORMED] = {SHAPE, 0},
    [DW_MTLS_EXPIRED] = {TIME, STORY_NEAR},
    [DW_MTLS_UNKNOWN] = {KNOWN, 0},
    [DW_MTLS_REVOKED] = {REVOCATION, 0},
    [DW_MTLS_MISMATCH] = {CERTIFICATE, 0},
    [DW_DPOP_PROOF_MISSING] = {SHAPE, 0},
    [DW_DPOP_PROOF_MULTIPLE] = {SHAPE, 0},
    [DW_DPOP_PROOF_MALFORMED] = {PROOF, 0},
    [DW_DPOP_PROOF_SIGNATURE] = {PROOF, 0},
    [DW_DPOP_HTM] = {HTM, 0},
    [DW_DPOP_HTU] = {HTU, 0},
    [DW_DPOP_ATH] = {ATH, 0},
    [DW_DPOP_IAT] = {IAT, STORY_NEAR},
    [DW_PROOF_REPLAYED] = {REPLAY, 0},
    [DW_DPOP_NONCE] = {NONCE, 0},
    [DW_DPOP_KEY] = {JKT, 0},
    [DW_DPOP_UNBOUND] = {BINDING, 0},
    [DW_ATTEMPTS] = {ATTEMPTS, 0},
    [DW_TOKEN_TOO_LARGE] = {STRUCTURE, 0},
    [DW_TOKEN_OPAQUE] = {STRUCTURE, 0},
    [DW_TOKEN_SEGMENTS] = {STRUCTURE, 0},
    [DW_TOKEN_ENCRYPTED] = {STRUCTURE, 0},
    [DW_TOKEN_BASE64] = {STRUCTURE, 0},
    [DW_TOKEN_JSON] = {STRUCTURE, 0},
    [DW_TOKEN_DUPLICATE] = {STRUCTURE, 0},
    [DW_TOKEN_NESTING] = {STRUCTURE, 0},
    [DW_TOKEN_CRIT] = {TYPE, 0},
    [DW_TOKEN_TYP] = {TYPE, 0},
    [DW_TOKEN_CLAIM_TYPE] = {TYPE, 0},
    [DW_TOKEN_TIME_TYPE] = {TYPE, 0},
    [DW_TOKEN_UNSIGNED] = {TYPE, 0},
    [DW_TOKEN_ALG_NONE] = {ALGORITHM, 0},
    [DW_TOKEN_ALG] = {ALGORITHM, 0},
    [DW_TOKEN_ISS_MISSING] = {ISSUER, 0},
    [DW_TOKEN_ISS] = {ISSUER, 0},
    [DW_TOKEN_KID_MISSING] = {KEY, 0},
    [DW_TOKEN_KID] = {KEY, 0},
    [DW_TOKEN_SIGNATURE] = {SIGNATURE, 0},
    [DW_TOKEN_EXP_MISSING] = {TIME, 0},
    [DW_TOKEN_MILLIS] = {TIME, STORY_NEAR},
    [DW_TOKEN_EXPIRED] = {TIME, STORY_LATER},
    [DW_TOKEN_NOT_YET] = {TIME, STORY_BY},
    [DW_TOKEN_AUD_MISSING] = {AUDIENCE, 0},
    [DW_TOKEN_AUD] = {AUDIENCE, 0},
    [DW_TOKEN_CLAIM_MISSING] = {CLAIMS, 0},
    [DW_TOKEN_BOUND_KEY] = {BINDING, 0},
    [DW_TOKEN_BOUND_CERT] = {CERTIFICATE, 0},
    [DW_TOKEN_INACTIVE] = {ACTIVE, 0},
    [DW_TOKEN_REVOKED] = {REVOCATION, 0},
    [DW_STEPUP_ACR] = {REQUIREMENTS, 0},
    [DW_STEPUP_AGE] = {REQUIREMENTS, STORY_LATER},
    [DW_SCOPE_INSUFFICIENT] = {SCOPE, 0},
    [DW_CLAIM_MISMATCH] = {REQUIREMENTS, 0},
    [DW_KEYS_UNREACHABLE] = {ASKING, 0},
    [DW_INTROSPECTION_UNREACHABLE] = {ASKING, 0},
    [DW_GUARD_BUSY] = {ASKING, 0},
    [DW_GUARD_UNREACHABLE] = {ASKING, 0},
    [DW_GUARD_FAILED] = {GUARD, 0},
};

/* -- The order of each scheme -------------------------------------------------------------------- */

/* Where core may find a reason at one of two places, its check stands at the first: what is told to have
 * held has. */
#define FIRST  ROUTE, CREDENTIALS, SCHEME, SHAPE
#define LAST   REQUIREMENTS, SCOPE, END
#define TOKEN  TIME, AUDIENCE, REVOCATION, BINDING
#define PROVEN PROOF, HTM, HTU, IAT, NONCE, ATH, JKT, CERTIFICATE, REPLAY

static const unsigned char ANYBODY[] = {ROUTE, CREDENTIALS, SHAPE, SCHEME, END};
static const unsigned char OPEN[] = {ROUTE, END};
static const unsigned char SIGN_IN[] = {ORIGIN, ATTEMPTS, ASKING, PASSWORD, END};

static const unsigned char BEARER[] = {FIRST,    STRUCTURE,   ALGORITHM, TYPE,      ISSUER,
                                       ATTEMPTS, ASKING,      KEY,       SIGNATURE, CLAIMS,
                                       TOKEN,    CERTIFICATE, LAST};
static const unsigned char BEARER_OPAQUE[] = {
    FIRST, STRUCTURE, TYPE, ISSUER, ATTEMPTS, ASKING, ACTIVE, CLAIMS, TOKEN, CERTIFICATE, LAST};
static const unsigned char DPOP[] = {FIRST, STRUCTURE, ALGORITHM, TYPE,  ISSUER, ATTEMPTS, ASKING,
                                     KEY,   SIGNATURE, CLAIMS,    TOKEN, PROVEN, LAST};
static const unsigned char DPOP_OPAQUE[] = {FIRST,  STRUCTURE, TYPE,  ISSUER, ATTEMPTS, ASKING,
                                            ACTIVE, CLAIMS,    TOKEN, PROVEN, LAST};
static const unsigned char BASIC[] = {FIRST, ATTEMPTS, ASKING, PASSWORD, LAST};
static const unsigned char DIGEST[] = {FIRST, OFFER,    ATTEMPTS,  ASKING, NONCE, URI,
                                       USER,  RESPONSE, FRESHNESS, REPLAY, LAST};
static const unsigned char APIKEY[] = {FIRST, ATTEMPTS, ASKING, KNOWN, VALIDITY, LAST};
static const unsigned char COOKIE[] = {FIRST, ATTEMPTS, ASKING, KNOWN, VALIDITY, ORIGIN, LAST};
static const unsigned char OF_CERTIFICATE[] = {FIRST, TIME, KNOWN, REVOCATION, LAST};

_Static_assert(sizeof(DPOP) - 1 <= STORY_MAX, "the longest story has room");

/* A session's cookie names no account: who names one is signing in, and so is who has none yet. */
static bool is_signing_in(const struct recent_entry *entry)
{
    return entry->scheme == DW_SCHEME_COOKIE &&
           (entry->account[0] != '\0' ||
            (entry->reason == DW_COOKIE_CROSS_SITE && entry->credential[0] == '\0'));
}

/* A JWT begins with a brace and a quote, in base64url; no kid, and no such beginning: it is opaque. */
static bool is_opaque(const struct recent_entry *entry)
{
    return entry->reason == DW_TOKEN_INACTIVE ||
           (entry->kid[0] == '\0' && entry->token[0] != '\0' &&
            (entry->token[0] != 'e' || entry->token[1] != 'y'));
}

static const unsigned char *order_of(const struct recent_entry *entry)
{
    const bool opaque = is_opaque(entry);

    if (entry->reason == DW_ALLOWED_ANYONE || entry->reason == DW_ALLOWED_PREFLIGHT) {
        return OPEN;
    }
    switch (entry->scheme) {
    case DW_SCHEME_BEARER:
        return opaque ? BEARER_OPAQUE : BEARER;
    case DW_SCHEME_DPOP:
        return opaque ? DPOP_OPAQUE : DPOP;
    case DW_SCHEME_BASIC:
        return BASIC;
    case DW_SCHEME_DIGEST:
        return DIGEST;
    case DW_SCHEME_APIKEY:
        return APIKEY;
    case DW_SCHEME_COOKIE:
        return is_signing_in(entry) ? SIGN_IN : COOKIE;
    case DW_SCHEME_CERTIFICATE:
        return OF_CERTIFICATE;
    default:
        return ANYBODY;
    }
}

/* -- Telling ------------------------------------------------------------------------------------- */

static const char *text_or_null(const char *text)
{
    return *text != '\0' ? text : NULL;
}

static const char *find_seen(const struct recent_entry *entry, unsigned check)
{
    if (check == SCHEME) {
        return text_or_null(dw_scheme_name((enum dw_scheme)entry->scheme));
    }
    return CHECKS[check].seen == NOTHING ? NULL
                                         : text_or_null((const char *)entry + CHECKS[check].seen);
}

static bool read_time(const char *text, int64_t *at)
{
    char *end;

    *at = strtoll(text, &end, 10);
    return end != text && *end == '\0';
}

static struct story_check tell_held(const struct recent_entry *entry, unsigned check)
{
    return (struct story_check){.check = CHECKS[check].name,
                                .expected = CHECKS[check].expected,
                                .seen = find_seen(entry, check),
                                .ok = true};
}

static struct story_check tell_failed(const struct recent_entry *entry, unsigned check)
{
    struct story_check told = tell_held(entry, check);

    told.ok = false;
    told.compared = entry->wanted[0] != '\0';
    if (told.compared) {
        told.expected = entry->wanted;
    }
    if (told.compared || entry->seen[0] != '\0') {
        told.seen = text_or_null(entry->seen);
    }
    if (read_time(entry->wanted, &told.expected_at) && read_time(entry->seen, &told.seen_at)) {
        told.values = (enum story_values)PLACES[entry->reason].values;
    }
    return told;
}

static bool is_told_only_if_it_fails(unsigned check)
{
    return check == GUARD || check == ATTEMPTS || check == ASKING;
}

void story_tell(const struct recent_entry *entry, struct story *story)
{
    const unsigned char *order = order_of(entry);
    const unsigned failed = entry->reason < DW_REASONS_END ? PLACES[entry->reason].check : END;

    story->n = 0;
    for (; *order != END && *order != failed; order++) {
        if (!is_told_only_if_it_fails(*order)) {
            story->checks[story->n++] = tell_held(entry, *order);
        }
    }
    if (failed == END) {
        return;
    }
    if (*order == END) {
        story->n = 0;
    }
    story->checks[story->n++] = tell_failed(entry, failed);
}

const char *story_check_of(enum dw_reason reason)
{
    return (unsigned)reason < DW_REASONS_END ? CHECKS[PLACES[reason].check].name : NULL;
}
