/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_SET_COOKIE_H
#define DW_DOCTOR_SET_COOKIE_H

/* Cookies as browsers keep and send them: RFC 6265bis. For rules_cookie.c. */

#include "look.h"

enum same_site { SAMESITE_ABSENT, SAMESITE_NONE, SAMESITE_LAX, SAMESITE_STRICT };

/* One Set-Cookie line. Absent spans: the attribute is not there. */
struct set_cookie {
    struct dw_span name, value;
    struct dw_span domain, path; /* without the domain's leading dot */
    bool is_secure, is_partitioned;
    bool is_deleted; /* Max-Age=0, an Expires that is past, or nothing in it */
    enum same_site same_site;
};

/* `now`: the clock that an Expires is held against. */
void set_cookie_read(struct dw_span line, int64_t now, struct set_cookie *cookie);

/* Takes the next pair off a Cookie field. false: there is no more. */
bool cookie_next(struct dw_span *rest, struct dw_span *name, struct dw_span *value);

/* Whether a request sends a cookie of that name. */
bool cookie_is_sent(const struct capture_message *request, struct dw_span name);

bool domain_matches(struct dw_span host, struct dw_span domain); /* s5.1.3 */
bool path_matches(struct dw_span path, struct dw_span cookie);   /* s5.1.4 */

/* Why a browser does not keep the cookie that `url` sets; NULL: it does. `cause` is then its id. */
const char *cookie_refusal(const struct set_cookie *cookie, struct dw_span url, const char **cause);

#endif
