/* SPDX-License-Identifier: Apache-2.0 */
#include "revocation.h"

static const struct dw_span ANY = {NULL, 0};

/* Of what is named by an id of its own; only a token's id is its issuer's. */
static bool is_itself_revoked(struct edge *edge, enum dw_scheme scheme, const struct dw_jwt *who)
{
    const bool is_key = scheme == DW_SCHEME_APIKEY;
    const bool is_session = scheme == DW_SCHEME_COOKIE;

    if (who->sid.at != NULL && edge_find_revoked(edge, EDGE_SESSION, ANY, who->sid) != 0) {
        return true;
    }
    if (who->jti.at == NULL) {
        return false;
    }
    if (is_key) {
        return edge_find_revoked(edge, EDGE_KEY, ANY, who->jti) != 0;
    }
    if (is_session) {
        return edge_find_revoked(edge, EDGE_SESSION, ANY, who->jti) != 0;
    }
    return edge_find_revoked(edge, EDGE_JTI, who->iss, who->jti) != 0;
}

/* Whether it was issued before a revocation of that name, by its issuer or by anybody. */
static bool is_too_old(struct edge *edge, enum edge_revoked kind, const struct dw_jwt *who,
                       struct dw_span name)
{
    const int64_t issued = who->has_iat ? who->iat : 0;
    int64_t before;

    if (name.at == NULL) {
        return false;
    }
    before = edge_find_revoked(edge, kind, ANY, name);
    if (before != 0 && issued <= before) {
        return true;
    }
    before = who->iss.at != NULL ? edge_find_revoked(edge, kind, who->iss, name) : 0;
    return before != 0 && issued <= before;
}

static bool is_of_revoked_time(struct edge *edge, const struct dw_jwt *who)
{
    const int64_t before = edge_find_revoked(edge, EDGE_ALL, ANY, ANY);

    return before != 0 && (who->has_iat ? who->iat : 0) <= before;
}

bool revocation_holds(struct edge *edge, enum dw_scheme scheme, const struct dw_jwt *who)
{
    return is_of_revoked_time(edge, who) || is_itself_revoked(edge, scheme, who) ||
           is_too_old(edge, EDGE_SUBJECT, who, who->sub) ||
           is_too_old(edge, EDGE_CLIENT, who, who->client_id);
}
