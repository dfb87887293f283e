/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

/* Requests that are signed instead of carrying a secret: AWS Signature Version 4, HMAC schemes, HTTP
 * Signatures; and the one AWS place that wants a token. */

#define AWS_WINDOW  900 /* seconds that S3 allows; others allow 300 */
#define HMAC_WINDOW 300

/* -- What AWS's signature says -------------------------------------------------------------------------- */

struct signing {
    struct dw_span credential; /* AKID/20261121/us-east-1/s3/aws4_request */
    struct dw_span key, day, region, service;
    struct dw_span headers; /* names, ; between them */
    struct dw_span date;    /* 20261121T100000Z */
    struct dw_span expires;
    bool is_presigned;
};

/* A member of the Authorization field: Credential=..., up to a comma or a blank. */
static struct dw_span member_of(struct dw_span field, const char *name)
{
    const size_t at = span_find(field, name);

    return at < field.len ? span_until(span_behind(field, at + strlen(name)), ", ") : NOTHING;
}

/* The next piece of a credential scope, whose slashes a query has as %2F. */
static struct dw_span piece(struct dw_span *rest)
{
    const size_t slash = span_find(*rest, "/");
    const size_t coded = span_find(*rest, "%2F");
    const size_t end = slash < coded ? slash : coded;
    const struct dw_span found = {rest->at, end};

    *rest = span_behind(*rest, end + (end == rest->len ? 0 : end == slash ? 1 : 3));
    return found;
}

static bool read_signing(const struct scene *scene, struct signing *signing)
{
    const struct dw_span field = asked_field(scene, "Authorization");
    struct dw_span rest;

    *signing = (struct signing){.is_presigned = false};
    if (span_begins(field, "AWS4-")) {
        signing->credential = member_of(field, "Credential=");
        signing->headers = member_of(field, "SignedHeaders=");
        signing->date = asked_field(scene, "X-Amz-Date");
    } else if (query_value(scene->query, "X-Amz-Signature").at != NULL) {
        signing->is_presigned = true;
        signing->credential = query_value(scene->query, "X-Amz-Credential");
        signing->headers = query_value(scene->query, "X-Amz-SignedHeaders");
        signing->date = query_value(scene->query, "X-Amz-Date");
        signing->expires = query_value(scene->query, "X-Amz-Expires");
    } else {
        return false;
    }
    rest = signing->credential;
    signing->key = piece(&rest);
    signing->day = piece(&rest);
    signing->region = piece(&rest);
    signing->service = piece(&rest);
    return true;
}

static int64_t digits(struct dw_span text, size_t at, size_t n)
{
    int64_t value = 0;

    for (size_t i = at; i < at + n && i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return -1;
        }
        value = value * 10 + (text.at[i] - '0');
    }
    return value;
}

/* 20261121T100000Z, by the ISO form date_read() knows. */
static int64_t amz_date(const struct scene *scene, struct dw_span date)
{
    const char *iso;

    if (date.len != 16 || date.at[8] != 'T' || digits(date, 0, 8) < 0 || digits(date, 9, 6) < 0) {
        return date_read(date);
    }
    iso = arena_print(scene->arena, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", date.at, date.at + 4,
                      date.at + 6, date.at + 9, date.at + 11, date.at + 13);
    return date_read(dw_span_of(iso));
}

/* -- Clocks ----------------------------------------------------------------------------------------------- */

static void look_words_of_clock(const struct scene *scene, struct diagnosis *diagnosis,
                                const char *cause)
{
    static const char TEXTS[] =
        "RequestTimeTooSkewed|RequestExpired|Signature expired|Signature not yet current|"
        "request has expired|Date header is more than|timestamp is too old|"
        "timestamp is outside|timestamp expired|request timestamp|date header is outside|"
        "Clock skew|InvalidSignatureException: Signature expired|"
        "HMAC signature cannot be verified, a valid date|request is too old|stale request|"
        "recvWindow|Timestamp for this request|timestamp for this request|"
        "Request Time is too|Invalid timestamp|timestamp_refused";
    const struct dw_span said = said_of(scene, TEXTS);
    struct finding *finding;

    if (said.at == NULL || span_has(said, "a valid date") || scene->token.shape == TOKEN_JWS) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 92);
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"", BRIEF(said));
    finding->server_text = arena_print(diagnosis->arena, "%.*s", BRIEF(said));
}

static void say_date(const struct scene *scene, struct diagnosis *diagnosis, const char *cause,
                     int64_t date, int64_t window)
{
    const int64_t now = scene->clocks.server;
    struct finding *finding;

    if (date == 0 || now == 0 || (now - date <= window && date - now <= window)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 97);
    finding_say(diagnosis, finding, "request", token_place(scene),
                "signed at %s, the server's Date %s: %s apart", instant(diagnosis->arena, date),
                instant(diagnosis->arena, now), apart(diagnosis->arena, date, now));
}

static bool is_hmac(const struct scene *scene)
{
    static const char *const SCHEMES[] = {"hmac", "Signature", "SharedKey",   "SharedKeyLite",
                                          "Hawk", "APIAuth",   "HMAC-SHA256", "AWS"};

    for (size_t i = 0; i < COUNT_OF_ROWS(SCHEMES); i++) {
        if (scene_is_scheme(scene, SCHEMES[i])) {
            return true;
        }
    }
    return false;
}

static struct dw_span hmac_date(const struct scene *scene)
{
    static const char *const NAMES[] = {"X-Date", "x-ms-date", "Date", "X-Timestamp"};

    for (size_t i = 0; i < COUNT_OF_ROWS(NAMES); i++) {
        const struct dw_span value = asked_field(scene, NAMES[i]);

        if (value.len > 0) {
            return value;
        }
    }
    return NOTHING;
}

static void look_clock(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct signing signing;
    int64_t date, life;

    if (is_hmac(scene)) {
        say_date(scene, diagnosis, cause, date_read(hmac_date(scene)), HMAC_WINDOW);
        return;
    }
    if (!read_signing(scene, &signing)) {
        return;
    }
    date = amz_date(scene, signing.date);
    if (!signing.is_presigned) {
        say_date(scene, diagnosis, cause, date, AWS_WINDOW);
        return;
    }
    /* A presigned URL is good from its date on, for as long as it says. */
    life = digits(signing.expires, 0, signing.expires.len);
    if (life > 0 && date != 0 && scene->clocks.server > date + life) {
        struct finding *finding = diagnosis_suspect(diagnosis, cause, 96);

        finding_say(diagnosis, finding, "request", scene->it->place,
                    "the URL was good until %s, the server's Date %s",
                    instant(diagnosis->arena, date + life),
                    instant(diagnosis->arena, scene->clocks.server));
    }
}

/* -- What was signed ---------------------------------------------------------------------------------------- */

static void look_mismatch(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] =
        "SignatureDoesNotMatch|request signature we calculated does not match|"
        "HMAC signature does not match|HMAC signature cannot be verified|"
        "client request can't be validated|MAC signature found in the HTTP request|"
        "signature mismatch|Invalid signature|signatures didn't match|signatures do not match|"
        "signature does not match|invalid HMAC|"
        "InvalidSignature|Signature verification failed|AuthorizationHeaderMalformed";
    const struct dw_span said = said_of(scene, TEXTS);
    struct signing signing;
    struct finding *finding;

    if (said.at == NULL || span_has(said, "Malformed") || scene->token.shape == TOKEN_JWS ||
        (scene_says(scene, "a valid date") && scene_says(scene, "x-date")) ||
        !(read_signing(scene, &signing) || is_hmac(scene) || exchange_is_signed(scene->it) ||
          span_has(said, "SignatureDoes") || span_has(said, "HMAC"))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 91);
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"", BRIEF(said));
    if (span_has(scene->path, "%25")) {
        finding_say(diagnosis, finding, "request", scene->it->place,
                    "the path is percent-encoded twice");
    }
}

/* The names of a list of signed fields that are not in the request. */
static void look_signed_fields(const struct scene *scene, struct diagnosis *diagnosis,
                               const char *cause)
{
    const struct dw_span field = asked_field(scene, "Authorization");
    struct signing signing;
    struct dw_span names;

    if (read_signing(scene, &signing)) {
        names = signing.headers;
    } else if (is_hmac(scene)) {
        names = span_until(span_behind(field, span_find(field, "headers=\"") + 9), "\"");
    } else {
        return;
    }
    while (names.len > 0) {
        const struct dw_span name = span_until(names, "; %");
        struct finding *finding;

        names = span_behind(names, name.len + 1);
        if (name.len == 0 || name.len > 64 || name.at[0] == '(' || span_is(name, "request-line") ||
            span_is(name, "host") || span_begins(name, "3B") ||
            asked_field(scene, arena_print(scene->arena, "%.*s", (int)name.len, name.at)).at !=
                NULL) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, cause, 88);
        finding_say(diagnosis, finding, "request", token_place(scene),
                    "%.*s was signed, and is not in the request", BRIEF(name));
    }
}

static void look_no_date(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] =
        "valid date or x-date header is required|must have a valid Date or x-amz-date|"
        "requires a valid Date|Missing Date header|missing required header for this request: "
        "x-amz-date|"
        "Date header is missing|date header is required|x-date header is required|"
        "requires 'Date'|Missing timestamp|must contain 'X-Amz-Date'|either Date or X-Amz-Date";
    const struct dw_span said = said_of(scene, TEXTS);
    const bool is_absent = is_hmac(scene) && hmac_date(scene).len == 0;
    struct finding *finding;

    if (said.at == NULL && !is_absent) {
        return;
    }
    /* A clock far off is refused with the same words. */
    if (said.at != NULL && hmac_date(scene).len > 0) {
        diagnosis_suspect(diagnosis, cause, 74)->against = "a date was sent";
        say_text(scene, diagnosis, diagnosis_suspect(diagnosis, cause, 74),
                 "a valid date is required");
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, said.at != NULL ? 98 : 74);
    finding_say(diagnosis, finding, "request", token_place(scene),
                "it has neither Date nor X-Date");
    if (said.at != NULL) {
        finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"",
                    BRIEF(said));
    }
}

/* -- The key and its scope ------------------------------------------------------------------------------- */

/* The region a host of AWS names; absent: none. */
static bool host_names(struct dw_span host, struct dw_span region)
{
    for (size_t i = 0; i + region.len <= host.len; i++) {
        if (strncmp(host.at + i, region.at, region.len) == 0 &&
            (i == 0 || host.at[i - 1] == '.' || host.at[i - 1] == '-')) {
            return true;
        }
    }
    return false;
}

static bool has_region(struct dw_span host)
{
    return found_of(host, "us-east-|us-west-|eu-west-|eu-central-|eu-north-|eu-south-|ap-south|ap-"
                          "north|ap-east-|"
                          "sa-east-|ca-central-|ca-west-|me-south-|me-central-|af-south-|us-gov-|"
                          "cn-north|il-central-")
               .at != NULL;
}

static void look_scope(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] =
        "Credential should be scoped to|AuthorizationHeaderMalformed|the region|"
        "credential scope|AuthorizationQueryParametersError|IncorrectEndpoint";
    struct signing signing;
    struct dw_span said;
    struct finding *finding;

    if (!read_signing(scene, &signing)) {
        if (scene_says(scene, "Credential should be scoped to")) {
            say_text(scene, diagnosis, diagnosis_suspect(diagnosis, cause, 98),
                     "Credential should be scoped to");
        }
        return;
    }
    said = scene_says(scene, "is wrong; expecting") ? DW_SPAN("is wrong; expecting")
                                                    : said_of(scene, TEXTS);
    if (said.at == NULL && !(has_region(scene->host) && signing.region.len > 0 &&
                             !host_names(scene->host, signing.region))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, said.at != NULL ? 98 : 92);
    finding_say(diagnosis, finding, "request", token_place(scene),
                "signed for %.*s in %.*s, the host asked is %.*s", BRIEF(signing.service),
                BRIEF(signing.region), BRIEF(scene->host));
    if (said.at != NULL) {
        finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"",
                    BRIEF(said));
    }
}

static void look_session_token(const struct scene *scene, struct diagnosis *diagnosis,
                               const char *cause)
{
    struct signing signing;
    struct finding *finding;

    if (!read_signing(scene, &signing) || !span_begins(signing.key, "ASIA") ||
        asked_field(scene, "X-Amz-Security-Token").len > 0 ||
        query_value(scene->query, "X-Amz-Security-Token").len > 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 98);
    finding_say(diagnosis, finding, "request", token_place(scene),
                "%.4s... is a temporary key, and X-Amz-Security-Token is missing", signing.key.at);
}

static void look_double(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const bool is_presigned =
        query_value(scene->query, "X-Amz-Signature").at != NULL ||
        (query_value(scene->query, "Signature").at != NULL &&
         query_value(scene->query, "AWSAccessKeyId").at != NULL) ||
        (query_value(scene->query, "sig").at != NULL && query_value(scene->query, "se").at != NULL);
    const struct capture_field *field = message_field(&scene->it->request, "Authorization");
    const bool is_said = scene_says(scene, "Only one auth mechanism allowed");
    struct finding *finding;

    if (!is_said && (!is_presigned || field == NULL || scene->it->status < 400)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_said ? 99 : 97);
    if (is_said) {
        say_text(scene, diagnosis, finding, "Only one auth mechanism allowed");
    }
    if (field != NULL) {
        finding_say(diagnosis, finding, "request", field->place,
                    is_presigned ? "the URL is signed, and Authorization is sent as well"
                                 : "Authorization is sent beside another signature");
        finding_point(diagnosis, finding, field, 0, field->value.len,
                      "not wanted beside the URL's signature");
    }
}

static void look_metadata(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;

    if (!(span_is(scene->host, "169.254.169.254") || span_is(scene->host, "[fd00:ec2::254]")) ||
        scene->it->status != 401) {
        return;
    }
    if (asked_field(scene, "X-aws-ec2-metadata-token").len > 0) {
        finding = diagnosis_suspect(diagnosis, cause, 70);
        finding_say(
            diagnosis, finding, "request", scene->it->place,
            "X-aws-ec2-metadata-token was sent: it may have ended, or be of another instance");
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 99);
    finding_say(diagnosis, finding, "request", scene->it->place,
                "%.*s answers 401 without X-aws-ec2-metadata-token", BRIEF(scene->host));
}

void rules_signed(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"sig.clock_skew", look_words_of_clock},
        {"sig.clock_skew", look_clock},
        {"sig.mismatch", look_mismatch},
        {"sig.mismatch", look_signed_fields},
        {"sig.date_missing", look_no_date},
        {"sig.scope", look_scope},
        {"sig.session_token", look_session_token},
        {"sig.double_auth", look_double},
        {"aws.imdsv2", look_metadata},
    };

    if (scene->it != NULL) {
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    }
}
