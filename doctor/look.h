/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_LOOK_H
#define DW_DOCTOR_LOOK_H

/* What several rules look for. */

#include "diagnosis.h"

/* A span for "%.*s", as much of it as fits in a line. */
#define SHOWN(span) (int)((span).len > 60 ? 60 : (span).len), (span).len > 0 ? (span).at : ""

/* -- What was sent ----------------------------------------------------------------------------------- */

/* The request is there, and held neither credentials nor a cookie. */
bool sent_nothing(const struct scene *scene);
/* It was sent to a server, as far as one can tell: a missing answer is then a fault. */
bool was_asked(const struct scene *scene);
bool sent_authorization(const struct scene *scene);
/* Both requests held the same credentials, cookies included; two without any did too. */
bool sent_the_same(const struct exchange *a, const struct exchange *b);
/* The same token, in fields that differ in how they are written. */
bool sent_in_other_shape(const struct exchange *a, const struct exchange *b);
/* The same method and URL. */
bool asked_the_same(const struct exchange *a, const struct exchange *b);

/* -- Who asked ---------------------------------------------------------------------------------------- */

bool is_browser(const struct exchange *exchange); /* of a person: by its fields */
bool is_script(
    const struct exchange *exchange); /* fetch or XMLHttpRequest, not a page that is opened */
bool is_cross_origin(const struct exchange *exchange); /* asked by a page of another origin */
bool is_cross_site(const struct exchange *exchange);
bool wants_json(const struct exchange *exchange);
/* The preflight's answer lets Authorization pass. */
bool lets_authorization(const struct exchange *preflight);

/* -- What was answered -------------------------------------------------------------------------------- */

bool is_success(const struct exchange *exchange); /* 2xx */
bool is_redirect(const struct exchange *exchange);
/* Credentials were sent there, and only a slash or the scheme is why another address is asked next. */
bool loses_on_redirect(const struct exchange *exchange); /* rules_redirect.c */
bool leads_to_portal(const struct exchange *exchange); /* rules_proxy.c; a network's sign-in page */
bool is_refusal_body(struct dw_span body); /* JSON under a 2xx that says unauthenticated */
/* A session that a cache hands to everybody. */
bool is_kept_for_all(const struct exchange *exchange); /* rules_cache.c */
bool is_login(struct dw_span url);                     /* it looks like a page to sign in at */
/* The server says that there were no credentials; returns the words, or NULL. */
const char *words_for_missing(const struct scene *scene);
/* A list field ("a, b;q=1") holds that member, whatever its parameters. */
bool names_member(struct dw_span list, const char *member);
/* The client refused to send a field as it was given: nothing was asked. */
bool is_refused_by_client(const struct exchange *exchange); /* rules_header_client.c */
bool notes_have(const struct exchange *exchange, const char *text);
/* What the server ended a stream with that it had opened; absent: it did not, or nobody saw it. */
struct dw_span closing_frame(const struct exchange *exchange);
/* The number a field holds; -1: none. */
int64_t field_number(const struct capture_message *message, const char *name);

/* The first of a list of texts that the span holds; NULL: none. */
const char *first_in(struct dw_span span, const char *const *texts, size_t n);

/* -- Parts of rules_proxy(), rules_browser(), rules_cookie(), rules_server() -------------------------- */

void cache_look(const struct scene *scene, struct diagnosis *diagnosis); /* rules_cache.c */
void cors_look(const struct scene *scene, struct diagnosis *diagnosis);  /* rules_cors.c */
void csrf_look(const struct scene *scene, struct diagnosis *diagnosis);  /* rules_csrf.c */
void soft_look(const struct scene *scene, struct diagnosis *diagnosis);  /* rules_soft.c */
void nodes_look(const struct scene *scene, struct diagnosis *diagnosis); /* rules_nodes.c */
/* A field whose values tell that two servers answered, or NULL. */
const char *nodes_field(const struct exchange *a, const struct exchange *b);

#endif
