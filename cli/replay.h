/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_REPLAY_H
#define DW_REPLAY_H

/* Sends a request as it was captured, and captures what happens, each hop for itself. */

#include "capture.h"
#include "complaint.h"

#define REPLAY_SECONDS  10        /* all hops together, unless said otherwise */
#define REPLAY_BODY_MAX (1 << 20) /* bytes of a response that are read */
#define REPLAY_HOPS_MAX 20

enum replay_version { REPLAY_ANY_VERSION, REPLAY_HTTP1, REPLAY_HTTP2 };

struct replay {
    enum exchange_role role; /* of the exchanges it adds */
    const char *url;         /* http or https, and nothing else */
    const char *method;
    const struct capture_field *fields;
    size_t n_fields;
    struct dw_span body;           /* absent: none */
    const struct command *command; /* what else curl was told: TLS, Digest, -L; NULL: nothing */
    const char *proxy;             /* NULL: none, whatever the environment says */
    const char *agent;             /* the User-Agent, where the fields have none */
    enum replay_version version;
    bool follow;      /* redirects, without credentials as soon as the origin is another */
    unsigned seconds; /* 0: REPLAY_SECONDS */
};

/* Adds an exchange for each hop. 0; or -1 and why: nobody answered, or TLS failed, or time ran out. Hops
 * before that stay. */
DW_MUST_USE int replay_send(struct capture *capture, const struct replay *replay,
                            struct complaint *why);

/* What curl calls itself here: "curl/7.88.1". */
const char *replay_curl_agent(void);

/* The same scheme, host and port. */
bool replay_same_origin(struct dw_span a, struct dw_span b);

#endif
