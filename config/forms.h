/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_FORMS_H
#define DW_FORMS_H

/* The forms a text in the configuration can have. All are pure and bounded by the text's length. */

#include "doorward.h"

bool is_text(struct dw_span text);     /* printable ASCII, not empty */
bool is_path(struct dw_span text);     /* UTF-8 on one line without control characters, not empty */
bool is_listen(struct dw_span text);   /* HOST:PORT; IPv6 in brackets */
bool is_upstream(struct dw_span text); /* http://HOST[:PORT], https://HOST[:PORT] or unix:/PATH */
bool is_prefix(struct dw_span text);   /* /NAME/ or deeper; no segment begins with a dot */
bool is_scope(struct dw_span text);    /* scope-token, RFC 6749 s3.3 */
bool is_method(struct dw_span text);   /* token, RFC 9110 s9.1, without small letters */
bool is_name(struct dw_span text);     /* token of at most 64 bytes: of a field or a cookie */
bool is_parameter(struct dw_span text); /* of a query: unreserved (RFC 3986 s2.3), at most 64 bytes */
bool is_key_prefix(struct dw_span text); /* 1 to 16 letters */
bool is_fingerprint(struct dw_span text); /* 32 bytes in hexadecimal digits, also with colons between */
bool is_san(struct dw_span text); /* dns:, email:, uri: or ip:, and a value */

/* An http or https URL without user or fragment. */
bool is_url(struct dw_span text);
bool is_secure_url(struct dw_span text);       /* and https, unless it stays on this machine */
bool is_discoverable_url(struct dw_span text); /* and secure, and without a query: RFC 8414 s2 */
bool is_origin(struct dw_span text);           /* a URL without path and query */
/* And as browsers write it: in small letters, without a port that goes without saying. */
bool is_web_origin(struct dw_span text);
bool is_cors_origin(struct dw_span text); /* or * */

#endif
