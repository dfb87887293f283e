/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DIGEST_CLIENT_H
#define TESTS_DIGEST_CLIENT_H

/* A client of Digest (RFC 7616) that shares no line with what it tests. */

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "doorward.h"

struct digest_client {
    const char *user, *password, *realm, *method, *uri, *qop, *nc, *cnonce;
    const char *algorithm; /* without -sess */
    bool session;
    bool hides_user;
    const char *body; /* for auth-int */
    char nonce[128];
};

#define DIGEST_HEX 129

static inline void digest_client_hash(const char *algorithm, const char *text, char hex[DIGEST_HEX])
{
    const char *name = strcmp(algorithm, "SHA-512-256") == 0 ? "SHA512-256" : algorithm;
    unsigned char hash[EVP_MAX_MD_SIZE];
    size_t len = 0;

    if (EVP_Q_digest(NULL, name, NULL, text, strlen(text), hash, &len) != 1) {
        abort();
    }
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
}

/* What it sends as `response`; without a method, what it expects as `rspauth`. */
static inline void digest_client_respond(const struct digest_client *client, const char *method,
                                         const char *qop, char hex[DIGEST_HEX])
{
    static char text[4096];
    char a1[DIGEST_HEX], a2[DIGEST_HEX], body[DIGEST_HEX];

    (void)snprintf(text, sizeof(text), "%s:%s:%s", client->user, client->realm, client->password);
    digest_client_hash(client->algorithm, text, a1);
    if (client->session) {
        (void)snprintf(text, sizeof(text), "%s:%s:%s", a1, client->nonce, client->cnonce);
        digest_client_hash(client->algorithm, text, a1);
    }
    (void)snprintf(text, sizeof(text), "%s:%s", method, client->uri);
    if (strcmp(qop, "auth-int") == 0) {
        digest_client_hash(client->algorithm, client->body, body);
        (void)snprintf(text, sizeof(text), "%s:%s:%s", method, client->uri, body);
    }
    digest_client_hash(client->algorithm, text, a2);
    (void)snprintf(text, sizeof(text), "%s:%s:%s:%s:%s:%s", a1, client->nonce, client->nc,
                   client->cnonce, qop, a2);
    digest_client_hash(client->algorithm, text, hex);
}

/* Its Authorization field, in static memory. */
static inline const char *digest_client_field(const struct digest_client *client)
{
    static char field[4096];
    char user[DIGEST_HEX], response[DIGEST_HEX];

    (void)snprintf(user, sizeof(user), "%s", client->user);
    if (client->hides_user) {
        (void)snprintf(field, sizeof(field), "%s:%s", client->user, client->realm);
        digest_client_hash(client->algorithm, field, user);
    }
    digest_client_respond(client, client->method, client->qop, response);
    (void)snprintf(field, sizeof(field),
                   "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", qop=%s, nc=%s, "
                   "cnonce=\"%s\", algorithm=%s%s, response=\"%s\"%s",
                   user, client->realm, client->nonce, client->uri, client->qop, client->nc,
                   client->cnonce, client->algorithm, client->session ? "-sess" : "", response,
                   client->hides_user ? ", userhash=true" : "");
    return field;
}

#endif
