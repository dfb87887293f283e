/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_X509_H
#define DW_X509_H

/* What a certificate says (RFC 5280). Whether that is true, the TLS layer has found out. For core's
 * certificate.c alone. */

#include "doorward.h"

#define X509_SANS_MAX 64 /* more of its alternative names are not looked at */

enum san_kind { SAN_DNS, SAN_EMAIL, SAN_URI, SAN_IP };

struct x509_san {
    enum san_kind kind;
    struct dw_span value; /* printable ASCII; of SAN_IP its 4 or 16 bytes */
};

struct x509 {
    struct dw_span subject;        /* as RFC 2253 writes it, ASCII; may be empty */
    struct dw_span common_name;    /* UTF-8, no control characters; absent: none, or several */
    int64_t not_before, not_after; /* seconds since 1970 */
    struct x509_san sans[X509_SANS_MAX];
    size_t n_sans;
};

/* Reads exactly one certificate. Its texts are copied into `room`. 0; DW_ERR_SYNTAX; DW_ERR_SIZE: they
 * do not fit there; DW_ERR_MEMORY. */
DW_MUST_USE int x509_read(struct dw_span der, char *room, size_t size, struct x509 *certificate);

/* Whether a text ("192.0.2.1", "2001:db8::1") is the address of a SAN_IP. */
bool x509_is_ip(struct dw_span text, struct dw_span address);

#endif
