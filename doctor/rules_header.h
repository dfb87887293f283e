/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_RULES_HEADER_H
#define DW_DOCTOR_RULES_HEADER_H

/* What the rules of header.*, basic.* and digest.* share, and the parts rules_header() is made of. */

#include "diagnosis.h"

struct header_rule {
    const char *cause;
    void (*look)(const struct scene *scene, struct diagnosis *diagnosis, const char *cause);
};

void header_walk(const struct header_rule *rules, size_t n, const struct scene *scene,
                 struct diagnosis *diagnosis);

/* Points into a credential's raw value, wherever it stood. */
void point_sent(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding,
                const struct sent *sent, size_t at, size_t len, const char *says);

/* Where a credential stood. */
struct place place_of_sent(const struct scene *scene, const struct sent *sent);

/* "Authorization", the field's name, "the query", "the body", "the cookie". */
const char *name_of_sent(struct arena *arena, const struct sent *sent);

/* The value Authorization should have had: the scheme given, or its own, or the one that is asked for. */
void repair_sent(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding,
                 const struct sent *sent, const char *scheme);

/* Says what the server's challenges were, or that it sent none. */
void say_challenges(const struct scene *scene, struct diagnosis *diagnosis,
                    struct finding *finding);

/* A challenge came, and none has error=: the server saw no credentials, or none it understood
 * (RFC 6750 s3.1). */
bool is_bare_challenge(const struct scene *scene);

/* Whether the client of that name reads ~/.netrc without being told to. */
bool reads_netrc(struct dw_span agent);

/* Whether the server says that something is missing. */
bool says_missing(const struct scene *scene);

/* -- rules_header_*.c: each of them -------------------------------------------------------------- */

void header_shape(const struct scene *scene, struct diagnosis *diagnosis);
void header_cut(const struct scene *scene, struct diagnosis *diagnosis);
void header_scheme(const struct scene *scene, struct diagnosis *diagnosis);
void header_place(const struct scene *scene, struct diagnosis *diagnosis);
void header_client(const struct scene *scene, struct diagnosis *diagnosis);
void header_missing(const struct scene *scene, struct diagnosis *diagnosis);

#endif
