/* SPDX-License-Identifier: Apache-2.0 */
#include "x509.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "internal.h"

#define IP_TEXT_MAX 63
#define DAY         INT64_C(86400)

static struct dw_span keep(struct text *text, const unsigned char *bytes, int len)
{
    const struct dw_span kept = {text->at + text->len, (size_t)len};

    text_add(text, (struct dw_span){(const char *)bytes, kept.len});
    return kept;
}

static bool read_time(const ASN1_TIME *time, int64_t *seconds)
{
    int days = 0, rest = 0;

    /* Without a beginning OpenSSL would take the machine's clock for it. */
    ASN1_TIME *beginning = ASN1_TIME_set(NULL, 0);
    const bool done =
        beginning != NULL && time != NULL && ASN1_TIME_diff(&days, &rest, beginning, time) == 1;
    ASN1_TIME_free(beginning);
    if (done) {
        *seconds = days * DAY + rest;
    }
    return done;
}

/* With the same flags as nginx's $ssl_client_s_dn, so that one can be copied into the policy. */
static int read_subject(const X509_NAME *name, struct text *text, struct dw_span *subject)
{
    BIO *written = BIO_new(BIO_s_mem());
    unsigned char *at = NULL;

    if (written == NULL) {
        return DW_ERR_MEMORY;
    }
    const bool done = X509_NAME_print_ex(written, name, 0, XN_FLAG_RFC2253) >= 0;
    if (done) {
        const long len = BIO_get_mem_data(written, &at);
        *subject = keep(text, at, (int)len);
    }
    (void)BIO_free(written);
    return done ? 0 : DW_ERR_SYNTAX;
}

static bool has_control(const unsigned char *bytes, int len)
{
    for (int i = 0; i < len; i++) {
        if (bytes[i] < 0x20 || bytes[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

/* With two of them nobody can say which is meant. */
static void read_common_name(const X509_NAME *name, struct text *text, struct dw_span *common_name)
{
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    unsigned char *utf8 = NULL;

    if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) {
        return;
    }
    const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, at);
    const int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    if (len > 0 && !has_control(utf8, len)) {
        *common_name = keep(text, utf8, len);
    }
    OPENSSL_free(utf8);
}

/* RFC 5280 s4.2.1.6 has them in ASCII. A NUL in the middle is an old trick: such a name is none. */
static bool is_printable(const ASN1_STRING *string)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(string);
    const int len = ASN1_STRING_length(string);

    for (int i = 0; i < len; i++) {
        if (bytes[i] < 0x21 || bytes[i] > 0x7e) {
            return false;
        }
    }
    return len > 0;
}

static const ASN1_STRING *read_kind(const GENERAL_NAME *name, enum san_kind *kind)
{
    switch (name->type) {
    case GEN_DNS:
        *kind = SAN_DNS;
        return name->d.dNSName;
    case GEN_EMAIL:
        *kind = SAN_EMAIL;
        return name->d.rfc822Name;
    case GEN_URI:
        *kind = SAN_URI;
        return name->d.uniformResourceIdentifier;
    case GEN_IPADD:
        *kind = SAN_IP;
        return name->d.iPAddress;
    default:
        return NULL;
    }
}

static void add_san(const GENERAL_NAME *name, struct text *text, struct x509 *certificate)
{
    enum san_kind kind = SAN_DNS;
    const ASN1_STRING *value = read_kind(name, &kind);

    if (value == NULL || (kind != SAN_IP && !is_printable(value))) {
        return;
    }
    certificate->sans[certificate->n_sans++] = (struct x509_san){
        kind, keep(text, ASN1_STRING_get0_data(value), ASN1_STRING_length(value))};
}

static int read_sans(const X509_EXTENSIONS *extensions, struct text *text,
                     struct x509 *certificate)
{
    int found = 0;
    GENERAL_NAMES *names = X509V3_get_d2i(extensions, NID_subject_alt_name, &found, NULL);

    if (names == NULL) {
        return found == -1 ? 0 : DW_ERR_SYNTAX; /* else there are two, or it cannot be read */
    }
    const int n = sk_GENERAL_NAME_num(names);
    for (int i = 0; i < n && certificate->n_sans < X509_SANS_MAX; i++) {
        add_san(sk_GENERAL_NAME_value(names, i), text, certificate);
    }
    GENERAL_NAMES_free(names);
    return 0;
}

/* -- Where it stands (RFC 5280 s4.1) ---------------------------------------------------------------- */

/* What is needed of a certificate, each with its tag and length. d2i_X509() would also import the public
 * key, which takes longer than all else a request needs. */
struct parts {
    struct dw_span not_before, not_after, subject;
    struct dw_span extensions; /* absent: none */
};

/* Takes the next element off. false: there is none with that tag, or it is longer than what is left. */
static bool take(struct dw_span *rest, int tag, struct dw_span *whole, struct dw_span *inside)
{
    const unsigned char *at = (const unsigned char *)rest->at;
    int found = 0, class = 0;
    long len = 0;

    if (rest->len == 0) {
        return false;
    }
    const int form = ASN1_get_object(&at, &len, &found, &class, (long)rest->len);
    const bool fits = found == (tag & V_ASN1_PRIMITIVE_TAG) && class == (tag & V_ASN1_PRIVATE);
    if ((form & 0x81) != 0 || !fits) { /* broken, or of no length that is known */
        return false;
    }
    *inside = (struct dw_span){(const char *)at, (size_t)len};
    *whole = (struct dw_span){rest->at, (size_t)(inside->at - rest->at) + inside->len};
    *rest = span_from(*rest, whole->len);
    return true;
}

static bool skip(struct dw_span *rest, int tag)
{
    struct dw_span whole, inside;

    return take(rest, tag, &whole, &inside);
}

static bool take_time(struct dw_span *rest, struct dw_span *time)
{
    struct dw_span inside;

    return take(rest, V_ASN1_UTCTIME, time, &inside) ||
           take(rest, V_ASN1_GENERALIZEDTIME, time, &inside);
}

static bool split_signed(struct dw_span rest, struct parts *parts)
{
    struct dw_span whole, validity, inside;

    (void)skip(&rest, V_ASN1_CONTEXT_SPECIFIC | 0); /* version */
    if (!skip(&rest, V_ASN1_INTEGER) || !skip(&rest, V_ASN1_SEQUENCE) ||
        !skip(&rest, V_ASN1_SEQUENCE) || !take(&rest, V_ASN1_SEQUENCE, &whole, &validity) ||
        !take_time(&validity, &parts->not_before) || !take_time(&validity, &parts->not_after) ||
        validity.len > 0 || !take(&rest, V_ASN1_SEQUENCE, &parts->subject, &inside) ||
        !skip(&rest, V_ASN1_SEQUENCE)) {
        return false;
    }
    (void)skip(&rest, V_ASN1_CONTEXT_SPECIFIC | 1); /* unique identifiers */
    (void)skip(&rest, V_ASN1_CONTEXT_SPECIFIC | 2);
    parts->extensions = SPAN_NONE;
    (void)take(&rest, V_ASN1_CONTEXT_SPECIFIC | 3, &whole, &parts->extensions);
    return rest.len == 0;
}

static bool split(struct dw_span der, struct parts *parts)
{
    struct dw_span whole, rest, inside;

    return take(&der, V_ASN1_SEQUENCE, &whole, &rest) && der.len == 0 &&
           take(&rest, V_ASN1_SEQUENCE, &whole, &inside) && skip(&rest, V_ASN1_SEQUENCE) &&
           skip(&rest, V_ASN1_BIT_STRING) && rest.len == 0 && split_signed(inside, parts);
}

/* -- The whole ------------------------------------------------------------------------------------- */

static bool read_time_of(struct dw_span der, int64_t *seconds)
{
    const unsigned char *at = (const unsigned char *)der.at;
    ASN1_TIME *time = d2i_ASN1_TIME(NULL, &at, (long)der.len);
    const bool done = read_time(time, seconds);

    ASN1_TIME_free(time);
    return done;
}

static int read_names(struct dw_span der, struct text *text, struct x509 *certificate)
{
    const unsigned char *at = (const unsigned char *)der.at;
    X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)der.len);

    if (name == NULL) {
        return DW_ERR_SYNTAX;
    }
    const int error = read_subject(name, text, &certificate->subject);
    if (error == 0) {
        read_common_name(name, text, &certificate->common_name);
    }
    X509_NAME_free(name);
    return error;
}

static int read_extensions(struct dw_span der, struct text *text, struct x509 *certificate)
{
    const unsigned char *at = (const unsigned char *)der.at;

    if (der.at == NULL) {
        return 0;
    }
    X509_EXTENSIONS *extensions = d2i_X509_EXTENSIONS(NULL, &at, (long)der.len);
    const bool done = extensions != NULL && at == (const unsigned char *)der.at + der.len;
    const int error = done ? read_sans(extensions, text, certificate) : DW_ERR_SYNTAX;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return error;
}

static int read_all(struct dw_span der, struct text *text, struct x509 *certificate)
{
    struct parts parts;

    if (!split(der, &parts) || !read_time_of(parts.not_before, &certificate->not_before) ||
        !read_time_of(parts.not_after, &certificate->not_after)) {
        return DW_ERR_SYNTAX;
    }
    int error = read_names(parts.subject, text, certificate);
    if (error == 0) {
        error = read_extensions(parts.extensions, text, certificate);
    }
    return error == 0 && text->overflow ? DW_ERR_SIZE : error;
}

int x509_read(struct dw_span der, char *room, size_t size, struct x509 *certificate)
{
    struct x509 read = {.subject = SPAN_NONE};
    struct text text;

    if (der.len == 0 || der.len > INT32_MAX) {
        return DW_ERR_SYNTAX;
    }
    text_init(&text, room, size);
    ERR_set_mark();
    const int error = read_all(der, &text, &read);
    ERR_pop_to_mark();
    if (error == 0) {
        *certificate = read;
    }
    return error;
}

bool x509_is_ip(struct dw_span text, struct dw_span address)
{
    char ip[IP_TEXT_MAX + 1];

    if (text.len > IP_TEXT_MAX) {
        return false;
    }
    memcpy(ip, text.at, text.len);
    ip[text.len] = '\0';
    ERR_set_mark();
    ASN1_OCTET_STRING *bytes = a2i_IPADDRESS(ip);
    ERR_pop_to_mark();
    const bool equal =
        bytes != NULL &&
        dw_span_equal(address, (struct dw_span){(const char *)ASN1_STRING_get0_data(bytes),
                                                (size_t)ASN1_STRING_length(bytes)});
    ASN1_OCTET_STRING_free(bytes);
    return equal;
}
