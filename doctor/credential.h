/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_CREDENTIAL_H
#define DW_DOCTOR_CREDENTIAL_H

/*
 * A value that carries credentials, taken apart layer by layer before anything is trimmed: what is wrong
 * with each layer, and what is left when all of it is mended. For scene_sent.c and the rules.
 */

#include "capture.h"

#define CREDENTIAL_DEFECTS_MAX 12

struct defect {
    const char *cause; /* "header.quoted_token" */
    size_t at, len;    /* of the raw value */
    const char *says;
    int confidence; /* 0: the catalogue's */
};

enum credential_place {
    CREDENTIAL_FIELD, /* Authorization: a scheme and what belongs to it */
    CREDENTIAL_KEY,   /* a place of its own, without a scheme */
    CREDENTIAL_ALONE  /* nowhere: somebody has only this, with or without a scheme */
};

struct credential {
    struct dw_span value;  /* raw */
    struct dw_span scheme; /* absent: there is none */
    struct dw_span token;  /* mended; of the value or of the arena */
    bool is_list;          /* the scheme has parameters, not a token */
    struct defect defects[CREDENTIAL_DEFECTS_MAX];
    size_t n_defects;
};

void credential_open(struct arena *arena, struct dw_span value, enum credential_place place,
                     struct credential *credential);

/* -- credential_peel.c: what credential.c is made of ------------------------------------------------------ */

/* What is left of the value, and what was found on the way. */
struct peel {
    struct arena *arena;
    struct credential *credential;
    enum credential_place place;
    struct dw_span rest;
};

void peel_blame(struct peel *peel, const char *cause, const char *at, size_t len, const char *says);
void peel_drop(struct peel *peel, size_t n); /* the first bytes of what is left */
size_t blanks_at(struct dw_span text);       /* spaces and tabs it begins with */

void peel_around(struct peel *peel); /* line ends, blanks, quotes, the field's name */
void peel_name(struct peel *peel);   /* the field's name, once more */
void peel_quotes(struct peel *peel); /* of one kind, on one side or both */
void peel_second(struct peel *peel); /* another credential behind a comma */
bool peel_json(
    struct peel *peel); /* whether it was an answer of a token endpoint: then its token is left */
void peel_token(
    struct peel *peel); /* what stands behind the scheme: writes the credential's token */

/* -- credential_words.c -------------------------------------------------------------------------------- */

/* How long the scheme is that the text begins with, of those that are known; 0: none. */
size_t known_scheme(struct dw_span text, bool *is_list);

/* What stands where a token should because nobody filled it in; NULL: it may be a token. */
const char *placeholder_in(struct dw_span token);

/* It is one that may as well cover a token that was sent: xxxx, or the beginning of one and dots. */
bool may_be_covered(struct dw_span token);

/* The same for what may be a password, which may look odd. */
const char *placeholder_in_password(struct dw_span password);

/* b64token of RFC 6750 s2.1, where = stands only at the end: the first byte that is not; the length if
 * all are. */
size_t b64token_end(struct dw_span token);

/* -- strangers.c: characters that are not ASCII ---------------------------------------------------------- */

struct stranger {
    size_t at, len;
    uint32_t code;    /* its code point; 0: the byte is no UTF-8 */
    const char *name; /* "ZERO WIDTH SPACE"; NULL: it has none here */
    bool is_quote;    /* a word processor's quote or dash */
};

/* The first from `at` on. false: all is ASCII. */
bool stranger_find(struct dw_span text, size_t at, struct stranger *stranger);

#endif
