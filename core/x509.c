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

static int read_sans(const X509 *handle, struct text *text, struct x509 *certificate)
{
    int found = 0;
    GENERAL_NAMES *names = X509_get_ext_d2i(handle, NID_subject_alt_name, &found, NULL);

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

static int read_all(const X509 *handle, struct text *text, struct x509 *certificate)
{
    const X509_NAME *subject = X509_get_subject_name(handle);

    if (!read_time(X509_get0_notBefore(handle), &certificate->not_before) ||
        !read_time(X509_get0_notAfter(handle), &certificate->not_after)) {
        return DW_ERR_SYNTAX;
    }
    int error = read_subject(subject, text, &certificate->subject);
    if (error == 0) {
        read_common_name(subject, text, &certificate->common_name);
        error = read_sans(handle, text, certificate);
    }
    return error == 0 && text->overflow ? DW_ERR_SIZE : error;
}

int x509_read(struct dw_span der, char *room, size_t size, struct x509 *certificate)
{
    const unsigned char *at = (const unsigned char *)der.at;
    struct x509 read = {.subject = SPAN_NONE};
    struct text text;
    int error = DW_ERR_SYNTAX;

    if (der.len == 0 || der.len > INT32_MAX) {
        return DW_ERR_SYNTAX;
    }
    text_init(&text, room, size);
    ERR_set_mark();
    X509 *handle = d2i_X509(NULL, &at, (long)der.len);
    if (handle != NULL && at == (const unsigned char *)der.at + der.len) {
        error = read_all(handle, &text, &read);
    }
    X509_free(handle);
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
