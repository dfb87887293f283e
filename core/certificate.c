/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "schemes.h"
#include "x509.h"

#define DER_MAX   (16u * 1024)
#define FIELD_MAX ((DER_MAX + 2) / 3 * 4 + 2) /* of that in base64, between colons */
#define DIGEST    32

/* -- Where it stands: the TLS layer, or Client-Cert (RFC 9440 s2.2) ------------------------------------ */

/* RFC 8941 s3.3.5: base64 between colons. */
static enum dw_reason read_field(struct trial *trial, struct dw_span field, struct dw_span *der)
{
    size_t len = 0;

    if (field.len < 3 || field.len > FIELD_MAX || field.at[0] != ':' ||
        field.at[field.len - 1] != ':') {
        return DW_MTLS_MALFORMED;
    }
    const struct dw_span text = {field.at + 1, field.len - 2};
    char *room = trial_take(trial, text.len);
    if (room == NULL) {
        return DW_GUARD_FAILED;
    }
    if (base64_parse(text, room, &len) != 0 || len > DER_MAX) {
        return DW_MTLS_MALFORMED;
    }
    *der = (struct dw_span){room, len};
    return DW_REASON_NONE;
}

enum dw_reason certificate_find(struct trial *trial, struct dw_span *value)
{
    const struct dw_span name = dw_span_of(trial->policy->schemes.certificate.field);
    const struct dw_span verified = trial->request->certificate;
    struct dw_span field = SPAN_NONE;

    if (verified.len > DER_MAX) {
        return DW_MTLS_MALFORMED;
    }
    if (verified.len > 0) {
        *value = verified;
        return DW_REASON_NONE;
    }
    switch (name.at == NULL ? 0 : request_field(trial->request, name, &field)) {
    case 0:
        return DW_HEADER_MISSING;
    case 1:
        return read_field(trial, span_trim(field), value);
    default:
        return DW_MTLS_MALFORMED;
    }
}

/* -- A token bound to it (RFC 8705 s3) ------------------------------------------------------------------ */

enum dw_reason certificate_is_bound(struct trial *trial, struct dw_span x5t)
{
    uint8_t digest[DIGEST];
    struct dw_span der;
    size_t len = 0;

    const enum dw_reason reason = certificate_find(trial, &der);
    if (reason != DW_REASON_NONE) {
        return reason == DW_HEADER_MISSING ? DW_TOKEN_BOUND_CERT : reason;
    }
    char *shown = trial_take(trial, DW_BASE64URL_SIZE(DIGEST));
    if (shown == NULL || !sha256(der, digest) ||
        dw_base64url_write(digest, DIGEST, shown, DW_BASE64URL_SIZE(DIGEST), &len) != 0) {
        return DW_GUARD_FAILED;
    }
    if (dw_secret_equal(x5t, (struct dw_span){shown, len})) {
        return DW_REASON_NONE;
    }
    trial_note(trial, x5t, (struct dw_span){shown, len});
    return DW_MTLS_MISMATCH;
}

/* -- Whose it is ------------------------------------------------------------------------------------- */

static bool is_same(enum san_kind kind, struct dw_span wanted, struct dw_span shown)
{
    switch (kind) {
    case SAN_IP:
        return x509_is_ip(wanted, shown);
    case SAN_DNS:
        return dw_span_equal_nocase(wanted, shown);
    case SAN_EMAIL:
    case SAN_URI:
        break;
    }
    return dw_span_equal(wanted, shown);
}

static bool has_san(const struct x509 *shown, enum san_kind kind, struct dw_span wanted)
{
    for (size_t i = 0; i < shown->n_sans; i++) {
        if (shown->sans[i].kind == kind && is_same(kind, wanted, shown->sans[i].value)) {
            return true;
        }
    }
    return false;
}

static bool fits_san(const struct x509 *shown, struct dw_span san)
{
    static const struct {
        const char *name;
        enum san_kind kind;
    } KINDS[] = {{"dns:", SAN_DNS}, {"email:", SAN_EMAIL}, {"uri:", SAN_URI}, {"ip:", SAN_IP}};

    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (span_starts_nocase(san, KINDS[i].name)) {
            return has_san(shown, KINDS[i].kind, span_from(san, strlen(KINDS[i].name)));
        }
    }
    return false;
}

static bool fits(const struct dw_certificate_rule *rule, const struct x509 *shown,
                 struct dw_span fingerprint)
{
    return (rule->fingerprint == NULL ||
            dw_span_equal_nocase(dw_span_of(rule->fingerprint), fingerprint)) &&
           (rule->subject == NULL || dw_span_equal(dw_span_of(rule->subject), shown->subject)) &&
           (rule->san == NULL || fits_san(shown, dw_span_of(rule->san)));
}

/* The name made for machines first; an address is none's. */
static struct dw_span best_san(const struct x509 *shown)
{
    static const enum san_kind ORDER[] = {SAN_URI, SAN_DNS, SAN_EMAIL};

    for (size_t k = 0; k < sizeof(ORDER) / sizeof(ORDER[0]); k++) {
        for (size_t i = 0; i < shown->n_sans; i++) {
            if (shown->sans[i].kind == ORDER[k]) {
                return shown->sans[i].value;
            }
        }
    }
    return SPAN_NONE;
}

/* What the rule says, then what it has compared, then what there is. */
static struct dw_span principal_of(const struct dw_certificate_rule *rule, const struct x509 *shown,
                                   struct dw_span fingerprint)
{
    if (rule->principal != NULL) {
        return dw_span_of(rule->principal);
    }
    if (rule->san != NULL) {
        return dw_span_of(strchr(rule->san, ':') + 1);
    }
    const struct dw_span san = rule->subject == NULL ? best_san(shown) : SPAN_NONE;
    if (san.len > 0) {
        return san;
    }
    if (shown->common_name.len > 0) {
        return shown->common_name;
    }
    return shown->subject.len > 0 ? shown->subject : fingerprint;
}

static const struct dw_certificate_rule *find_rule(const struct trial *trial,
                                                   const struct x509 *shown)
{
    static const struct dw_certificate_rule ANYBODY = {.fingerprint = NULL};
    const struct dw_certificate_rule *rules = trial->policy->schemes.certificate.rules;
    const size_t n_rules = trial->policy->schemes.certificate.n_rules;

    for (size_t i = 0; i < n_rules; i++) {
        if (fits(&rules[i], shown, trial->found->credential)) {
            return &rules[i];
        }
    }
    return n_rules == 0 ? &ANYBODY : NULL;
}

/* -- The scheme ------------------------------------------------------------------------------------ */

static bool write_fingerprint(struct trial *trial, struct dw_span der)
{
    static const char HEX[] = "0123456789abcdef";
    char *hex = trial_take(trial, 2 * DIGEST);
    uint8_t digest[DIGEST];

    if (hex == NULL || !sha256(der, digest)) {
        return false;
    }
    for (size_t i = 0; i < DIGEST; i++) {
        hex[2 * i] = HEX[digest[i] >> 4];
        hex[2 * i + 1] = HEX[digest[i] & 15];
    }
    trial->found->credential = (struct dw_span){hex, 2 * DIGEST};
    return true;
}

static enum dw_reason judge_times(struct trial *trial, const struct x509 *shown)
{
    const int64_t now = trial->request->now;
    const int leeway = trial->policy->leeway;

    if (now < shown->not_before - leeway) {
        trial_note_times(trial, now, shown->not_before);
        return DW_MTLS_EXPIRED;
    }
    if (now > shown->not_after + leeway) {
        trial_note_times(trial, now, shown->not_after);
        return DW_MTLS_EXPIRED;
    }
    return DW_REASON_NONE;
}

static void put_scope(struct text *text, const struct dw_list *scope)
{
    text_put(text, ",\"scope\":[");
    for (size_t i = 0; i < scope->n; i++) {
        text_put(text, i == 0 ? "" : ",");
        text_json(text, dw_span_of(scope->items[i]));
    }
    text_char(text, ']');
}

/* As a token would say it, so that what a route requires is found in one way. */
static enum dw_reason take_claims(struct trial *trial, const struct dw_certificate_rule *rule,
                                  const struct x509 *shown)
{
    const struct dw_span fingerprint = trial->found->credential;
    char *room = trial_take(trial, DW_CLAIMS_MAX);
    struct text text;

    if (room == NULL) {
        return DW_GUARD_FAILED;
    }
    text_init(&text, room, DW_CLAIMS_MAX);
    text_char(&text, '{');
    text_json_member(&text, "sub", principal_of(rule, shown, fingerprint));
    text_json_member(&text, "jti", fingerprint);
    text_json_number(&text, "iat", shown->not_before);
    text_json_number(&text, "exp", shown->not_after);
    if (rule->scope.n > 0) {
        put_scope(&text, &rule->scope);
    }
    text_char(&text, '}');
    if (text.overflow || claims_parse(text_span(&text), trial->work->bytes + WORK_FACT, WORK_ROOM,
                                      &trial->who) != DW_REASON_NONE) {
        return DW_MTLS_MALFORMED;
    }
    trial->claims = text_span(&text);
    return DW_REASON_NONE;
}

enum dw_reason certificate_authenticate(struct trial *trial, struct dw_span value)
{
    char *room = (char *)trial->work->bytes + WORK_TOKEN;
    struct x509 shown;

    trial->found->token = value;
    const int error = x509_read(value, room, WORK_ROOM, &shown);
    if (error == DW_ERR_MEMORY || !write_fingerprint(trial, value)) {
        return DW_GUARD_FAILED;
    }
    if (error != 0) {
        return DW_MTLS_MALFORMED;
    }
    enum dw_reason reason = judge_times(trial, &shown);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    const struct dw_certificate_rule *rule = find_rule(trial, &shown);
    if (rule == NULL) {
        trial_note(trial, SPAN_NONE, shown.subject);
        return DW_MTLS_UNKNOWN;
    }
    reason = take_claims(trial, rule, &shown);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    trial_name(trial);
    return trial_is_revoked(trial) ? DW_MTLS_REVOKED : DW_REASON_NONE;
}

/* Nothing is registered, and no field can carry it: the name says what the next connection must show. */
int certificate_challenge(struct answer *answer)
{
    struct dw_challenge challenge = {.scheme = DW_SPAN("ClientCertificate")};

    challenge_put(&challenge, "realm", answer_realm(answer));
    return answer_challenge(answer, &challenge);
}
