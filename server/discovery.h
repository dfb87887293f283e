/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_DISCOVERY_H
#define DW_SERVER_DISCOVERY_H

/* Where an issuer says its keys are: RFC 8414 and OpenID Connect Discovery. Pure. */

#include "doorward.h"

#define DISCOVERY_URL_SIZE 1024

enum discovery_form {
    DISCOVERY_OAUTH,  /* RFC 8414 s3.1: the well-known part goes before the issuer's path */
    DISCOVERY_OPENID, /* OpenID Connect Discovery s4: after it */
    DISCOVERY_FORMS
};

/* The address of an issuer's metadata. false: it is too long, or the issuer is no URL with a host. */
DW_MUST_USE bool discovery_url(const char *issuer, enum discovery_form form,
                               char url[DISCOVERY_URL_SIZE]);

/* Reads metadata, which is changed. NULL and the address of the keys; or what is wrong, a static
 * sentence: the document must name exactly this issuer (RFC 8414 s3.3, OpenID Discovery s4.3). */
DW_MUST_USE const char *discovery_read(char *document, size_t len, const char *issuer,
                                       char jwks_uri[DISCOVERY_URL_SIZE]);

/* Whether keys may be fetched there at all: https, or http on this very machine; no user, no spaces
 * or control characters. */
DW_MUST_USE bool discovery_is_safe(const char *url);

/* Whether a redirect may be followed: safe, and the scheme stays. */
DW_MUST_USE bool discovery_may_follow(const char *from, const char *to);

#endif
