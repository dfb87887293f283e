/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_RULES_CREDENTIALS_H
#define DW_DOCTOR_RULES_CREDENTIALS_H

/*
 * What the rules about credentials share. For rules_time.c, rules_clock.c, rules_token.c, rules_claims.c
 * and their kin; nobody else includes this.
 */

#include "diagnosis.h"

#define NOTHING              ((struct dw_span){NULL, 0})
#define COUNT_OF_ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* For %.*s: as much of a stranger's text as evidence has room for. */
#define BRIEF_MAX 44
#define BRIEF(span) \
    (int)((span).len < BRIEF_MAX ? (span).len : BRIEF_MAX), ((span).at != NULL ? (span).at : "")

/* -- rules_credentials.c: the walk ------------------------------------------------------------------ */

struct credential_rule {
    const char *cause;
    void (*look)(const struct scene *scene, struct diagnosis *diagnosis, const char *cause);
};

void rules_walk(const struct credential_rule *rules, size_t n, const struct scene *scene,
                struct diagnosis *diagnosis);

/* How sure to be of what the capture shows: where the server says nothing about it, where it names the
 * same, and where it names another cause. */
struct weight {
    int alone, agreed, otherwise;
};

/* A finding of `cause`, weighed by what the server says. `kin`: further ids, separated by spaces, that
 * servers use for the same thing; NULL: none. */
struct finding *suspect(const struct scene *scene, struct diagnosis *diagnosis, const char *cause,
                        const char *kin, struct weight weight);

/* Whether the server's words name that cause, or one of its kin. */
bool is_named(const struct scene *scene, struct diagnosis *diagnosis, const char *cause,
              const char *kin);

/* The surest finding so far whose id begins with one of the prefixes (separated by spaces); 0: none. */
int surest_of(const struct diagnosis *diagnosis, const char *prefixes);

/* -- What is shown ------------------------------------------------------------------------------------ */

struct place token_place(const struct scene *scene);  /* where the credentials stand */
struct place answer_place(const struct scene *scene); /* the challenge's, else the answer's */

/* Points at `len` bytes of the token from `at`; 0: all of it. */
void point_token(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding,
                 size_t at, size_t len, const char *says);

/* Adds the server's error and description to the evidence, if there are any. */
void say_answer(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding);

/* Adds a text of the server that was found. */
void say_text(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding,
              const char *text);

/* -- Looking ------------------------------------------------------------------------------------------ */

bool is_jwt(const struct scene *scene); /* its claims can be read */
bool is_refused(
    const struct scene *scene); /* error="invalid_token", or a 401 to a Bearer or DPoP token */
bool is_token_alone(const struct scene *scene);

/* The first of the texts (separated by |) the server says, which lives as long as `texts`; absent: none. */
struct dw_span said_of(const struct scene *scene, const char *texts);

/* Words that name a cause only together with what the rules around them know; what always names one
 * stands in texts.def. */
struct said {
    const char *cause;
    int confidence;
    const char *texts; /* separated by | */
};

/* Adds a finding for each row the server says; none surer than `most`. */
void said_look(const struct scene *scene, struct diagnosis *diagnosis, const struct said *rows,
               size_t n, int most);

/* The same in any span. */
struct dw_span found_of(struct dw_span in, const char *texts);

/* Whether `word` is one of a list separated by spaces or commas; case matters. */
bool list_has(struct dw_span list, struct dw_span word);

/* Takes the first word off a list separated by spaces or commas. false: there is none. */
bool take_word(struct dw_span *list, struct dw_span *word);

/* The offset of `text` in the span, case aside; the span's length: nowhere. */
size_t span_find(struct dw_span in, const char *text);
struct dw_span span_until(struct dw_span span,
                          const char *stops); /* up to the first of these characters */

/* A field of the request or the answer that was looked at; absent: none. */
struct dw_span asked_field(const struct scene *scene, const char *name);
struct dw_span answered_field(const struct scene *scene, const char *name);

/* A parameter of a query or form, as it stands there; absent: none. */
struct dw_span query_value(struct dw_span query, const char *name);

/* -- rules_wording.c: servers' own words, where they are no text that is known literally --------------- */

/* The id of the cause the server's words name, by noun and verb ("audience" ... "not accepted");
 * NULL: none. `words` are those words. */
const char *wording_cause(const struct scene *scene, struct dw_span *words);

/* Adds what the words name. */
void wording_look(const struct scene *scene, struct diagnosis *diagnosis);

/* -- Parts of rules_time(), rules_claims(), rules_proof(), rules_apikey() ------------------------------ */

/* Seconds since 1970, if it is a time in seconds at all. */
DW_MUST_USE bool time_at(const struct token_time *time, int64_t *at);

/* How the server's clock stands to the client's, in seconds; 0: alike, or one is not known. */
int64_t clocks_apart(const struct scene *scene);
/* Whether a time of the token lies on one side of the one clock, and on the other of the other. */
bool clocks_disagree(const struct scene *scene);

void clock_look(const struct scene *scene, struct diagnosis *diagnosis);   /* rules_clock.c */
void issuer_look(const struct scene *scene, struct diagnosis *diagnosis);  /* rules_issuer.c */
void told_look(const struct scene *scene, struct diagnosis *diagnosis);    /* rules_told.c */
void keys_look(const struct scene *scene, struct diagnosis *diagnosis);    /* rules_keys.c */
void kind_look(const struct scene *scene, struct diagnosis *diagnosis);    /* rules_kind.c */
void state_look(const struct scene *scene, struct diagnosis *diagnosis);   /* rules_state.c */
void dpop_look(const struct scene *scene, struct diagnosis *diagnosis);    /* rules_dpop.c */
void account_look(const struct scene *scene, struct diagnosis *diagnosis); /* rules_account.c */

/* -- rules_names.c: names of places, and how they are spelt ------------------------------------------- */

enum likeness { NAMES_DIFFER, NAMES_ALIKE, NAMES_SAME };

/* Whether two names of one thing are the same byte by byte; or but for case, scheme (http, https, api),
 * default port and a slash at the end. */
enum likeness names_compare(struct dw_span a, struct dw_span b);

/* The same of issuers: the two names that Entra ID gives each tenant are alike. */
enum likeness issuers_compare(struct dw_span a, struct dw_span b); /* rules_issuer.c */
/* One path, on a host that only one machine or container knows by that name. */
bool issuers_are_local_kin(struct dw_span a, struct dw_span b);

/* What a server's words say it expected, where they speak of `topic` ("audience"); absent: they do not. */
struct dw_span expected_value(const struct scene *scene, const char *topic);

/* The host in a URL; of what is none, the part that looks like a host; absent: it is none. */
struct dw_span name_host(struct dw_span name);
bool is_local_host(struct dw_span host); /* of this machine, a container or a private network */
bool is_same_site(struct dw_span host, struct dw_span other); /* example.com of both */

enum name_env { ENV_NONE, ENV_TEST, ENV_LIVE };
/* What a part of the name says: staging, sandbox, ...; or live, prod. `word`, if not NULL: that part. */
enum name_env name_env(struct dw_span name, struct dw_span *word);

/* -- key_form.c: keys that can be told by how they begin ------------------------------------------------ */

enum key_use { KEY_SECRET, KEY_PUBLIC, KEY_CODE, KEY_REFRESH };

struct key_form {
    const char *prefix;
    const char *hosts; /* where it belongs, parts of names separated by |; "": not known */
    enum key_use use;
    enum name_env env;
};

/* The first whose prefix fits; NULL: none. */
const struct key_form *key_form_find(struct dw_span key);

#endif
