/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_DIAGNOSIS_H
#define DW_DOCTOR_DIAGNOSIS_H

/*
 * What the doctor says: causes, each with how sure it is, what shows it, and what mends it. A rule looks
 * at a scene and adds findings; ranking and ruling out come after all have looked.
 */

#include "capture.h"
#include "cause.h"
#include "scene.h"

#define DIAGNOSIS_FINDINGS_MAX 64
#define DIAGNOSIS_SHOWN_MAX    3
#define FINDING_EVIDENCE_MAX   6
#define CERTAIN                97 /* from there on it is called certain; then very likely, likely, ... */
#define VERY_LIKELY            90
#define LIKELY                 75
#define POSSIBLE               50

/* `what` never holds a secret: rules pass tokens and passwords through masked(). */
struct evidence {
    const char
        *source; /* "request", "server", "token", "clock", "hops", "client", "capture", "probe" */
    struct place place;
    const char *what;
};

/* The user's own bytes, and what is wrong under them. */
struct caret {
    const struct capture_field *field; /* NULL: there is none to show; or `text` is shown */
    struct dw_span text;               /* a bare token, a URL, a body's line; absent: the field's */
    size_t at, len;                    /* of its value */
    const char *says;                  /* "ended 7 min 12 s before the server answered" */
};

struct finding {
    const struct cause *cause;
    int confidence;
    struct evidence evidence[FINDING_EVIDENCE_MAX];
    size_t n_evidence;
    struct caret caret;
    const char *against; /* what speaks against it; NULL: nothing */
    const char
        *repaired; /* the value Authorization should have had; NULL: nothing to paste. Holds the
                           * secret: only --show-secrets and a live replay use it; else it is masked */
    const char *server_text; /* a literal text that named it; NULL */
};

struct ruled_out {
    const struct cause *cause;
    const char *why;
};

struct diagnosis {
    struct arena *arena;
    const struct scene *scene;
    struct finding
        findings[DIAGNOSIS_FINDINGS_MAX]; /* ranked, best first, once diagnosis_make() is done */
    size_t n_findings;
    struct ruled_out ruled_out[16];
    size_t n_ruled_out;
    const struct named
        *named;      /* of rules_credentials.c: what the server's words name; NULL: not looked */
    bool is_healthy; /* nothing failed, and nothing is wrong with what was given */
};

/* -- For rules ---------------------------------------------------------------------------------------- */

/* A finding of that cause, with its own confidence from causes.def. The same cause found twice is one
 * finding: the second call returns the first one. Never NULL: what is too much lands in a spare. An id
 * the catalogue does not have is a programming error that tests/test_diagnosis.c finds. */
struct finding *diagnosis_add(struct diagnosis *diagnosis, const char *cause);

/* The same with a confidence of one's own; the higher one counts where it is found twice. */
struct finding *diagnosis_suspect(struct diagnosis *diagnosis, const char *cause, int confidence);

void finding_say(struct diagnosis *diagnosis, struct finding *finding, const char *source,
                 struct place place, const char *format, ...) __attribute__((format(printf, 5, 6)));
void finding_point(struct diagnosis *diagnosis, struct finding *finding,
                   const struct capture_field *field, size_t at, size_t len, const char *format,
                   ...) __attribute__((format(printf, 6, 7)));
void finding_repair(struct diagnosis *diagnosis, struct finding *finding, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diagnosis_rule_out(struct diagnosis *diagnosis, const char *cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A secret as it may be shown: its first and last four characters and a piece of its hash, where it is
 * long enough for that; else stars. Of the diagnosis' arena. */
const char *masked(struct arena *arena, struct dw_span secret);

/* How long, for a person: "7 min 12 s". Of the arena. */
const char *apart(struct arena *arena, int64_t a, int64_t b);
/* "2026-11-21T10:00:00Z". */
const char *instant(struct arena *arena, int64_t at);

/* -- rules_*.c: each looks for the causes of its kind ---------------------------------------------- */

void rules_capture(const struct scene *scene, struct diagnosis *diagnosis); /* capture.* */
void rules_header(const struct scene *scene, struct diagnosis *diagnosis);  /* header.* */
void rules_basic(const struct scene *scene, struct diagnosis *diagnosis);   /* basic.* */
void rules_digest(const struct scene *scene,
                  struct diagnosis *diagnosis); /* digest.*, ntlm.*, iis.* */
void rules_time(const struct scene *scene,
                struct diagnosis *diagnosis); /* token.exp*, .nbf*, .iat*, clocks */
void rules_token(const struct scene *scene, struct diagnosis *diagnosis); /* token's structure */
void rules_claims(const struct scene *scene,
                  struct diagnosis *diagnosis); /* identity, keys, state */
void rules_proof(const struct scene *scene,
                 struct diagnosis *diagnosis); /* dpop.*, mtls.*, scope.* */
void rules_apikey(const struct scene *scene, struct diagnosis *diagnosis); /* apikey.*, account.* */
void rules_signed(const struct scene *scene, struct diagnosis *diagnosis); /* sig.*, aws.* */
void rules_registry(const struct scene *scene, struct diagnosis *diagnosis); /* registry.*, git.* */
void rules_redirect(const struct scene *scene, struct diagnosis *diagnosis); /* redirect.* */
void rules_proxy(const struct scene *scene, struct diagnosis *diagnosis);    /* proxy.*, cache.* */
void rules_browser(const struct scene *scene,
                   struct diagnosis *diagnosis); /* cors.*, browser.*, ws.* */
void rules_cookie(const struct scene *scene,
                  struct diagnosis *diagnosis); /* cookie.*, csrf.*, session.* */
void rules_server(const struct scene *scene,
                  struct diagnosis *diagnosis); /* server.*, soft.*, status.* */
void rules_texts(const struct scene *scene, struct diagnosis *diagnosis); /* texts.def */
void rules_probe(const struct scene *scene,
                 struct diagnosis *diagnosis); /* what the differential requests show */

/* -- examine.c ------------------------------------------------------------------------------------------ */

/* Looks at the capture with all rules, and ranks. Of the capture's arena. 0, or -1: out of memory. */
DW_MUST_USE int diagnosis_make(const struct capture *capture, int64_t local,
                               struct diagnosis **diagnosis);

/* rank.c, for it: strengthens and doubts what was found by what else was, and puts the best first. */
void diagnosis_rank(struct diagnosis *diagnosis);

/* "certain", "very likely", "likely", "possible", "a guess". */
const char *confidence_word(int confidence);

#endif
