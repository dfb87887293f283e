/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "inspection.h"

#define INDENT     2
#define TIME_SIZE  64
#define PLACE_SIZE 160

/* -- Times -------------------------------------------------------------------------------------- */

static bool is_time(struct dw_span name)
{
    static const char *const NAMES[] = {"exp", "nbf", "iat", "auth_time", "updated_at"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (dw_span_equal(name, dw_span_of(NAMES[i]))) {
            return true;
        }
    }
    return false;
}

/* "2026-11-21 10:00:00 CET". false: that is beyond the calendar. */
static bool write_local(int64_t at, char local[TIME_SIZE])
{
    const time_t seconds = (time_t)at;
    struct tm parts;

    return localtime_r(&seconds, &parts) != NULL &&
           strftime(local, TIME_SIZE, "%Y-%m-%d %H:%M:%S %Z", &parts) > 0;
}

/* "in 7 min 12 s", "3 d 4 h ago", "now" */
static void write_relative(int64_t at, int64_t now, char relative[TIME_SIZE])
{
    char apart[CLI_DATE_SIZE];

    if (at == now) {
        (void)snprintf(relative, TIME_SIZE, "now");
        return;
    }
    (void)snprintf(relative, TIME_SIZE, at > now ? "in %s" : "%s ago", cli_apart(at, now, apart));
}

/* -- Values ------------------------------------------------------------------------------------- */

/* On one line. Recurses no deeper than JSON_DEPTH_MAX. */
static void put_value(FILE *file, const struct json *json, const struct json_node *value)
{
    const struct json_node *child = json_first(value);

    if (value->type == JSON_STRING) {
        cli_put_json(file, json_string(json, value));
        return;
    }
    if (value->type != JSON_ARRAY && value->type != JSON_OBJECT) {
        (void)fprintf(file, "%.*s", (int)value->len, json->text + value->at);
        return;
    }
    (void)fputc(value->type == JSON_ARRAY ? '[' : '{', file);
    while (child != NULL) {
        put_value(file, json, child);
        if (value->type == JSON_OBJECT) {
            (void)fputs(": ", file);
            put_value(file, json, ++child);
        }
        child = json_next(value, child);
        (void)fputs(child != NULL ? ", " : "", file);
    }
    (void)fputc(value->type == JSON_ARRAY ? ']' : '}', file);
}

static bool put_time(FILE *file, const struct json *json, const struct json_node *value,
                     int64_t now)
{
    char local[TIME_SIZE];
    char relative[TIME_SIZE];
    int64_t at;

    if (!json_whole(json, value, &at) || !write_local(at, local)) {
        return false;
    }
    write_relative(at, now, relative);
    (void)fprintf(file, "%s (%s)", local, relative);
    return true;
}

static size_t widest_name(const struct json *json, const struct json_node *object)
{
    size_t widest = 0;

    for (const struct json_node *name = json_first(object); name != NULL;
         name = json_next(object, name + 1)) {
        const size_t width = cli_width(json_string(json, name));

        widest = width > widest ? width : widest;
    }
    return widest;
}

static void put_members(FILE *file, const struct json *json, int64_t now)
{
    const struct json_node *root = json_root(json);
    const size_t widest = widest_name(json, root);

    for (const struct json_node *name = json_first(root); name != NULL;
         name = json_next(root, name + 1)) {
        const struct dw_span text = json_string(json, name);

        (void)fprintf(file, "%*s", INDENT, "");
        cli_put_safe(file, text);
        (void)fprintf(file, "%*s", (int)(widest - cli_width(text) + 2), "");
        if (!is_time(text) || !put_time(file, json, name + 1, now)) {
            put_value(file, json, name + 1);
        }
        (void)fputc('\n', file);
    }
}

/* -- Problems ----------------------------------------------------------------------------------- */

/* Where the token is broken, if it is: "character 57 of the token: ...". Counts from 1. */
static void write_place(const struct inspection *inspection, char place[PLACE_SIZE])
{
    const struct {
        const struct dw_fault *fault;
        const char *unit, *whole;
    } FAULTS[] = {
        {&inspection->header.encoding, "character", "token"},
        {&inspection->claims.encoding, "character", "token"},
        {&inspection->signature, "character", "token"},
        {&inspection->header.grammar, "byte", "decoded header"},
        {&inspection->claims.grammar, "byte", "decoded claims"},
    };

    place[0] = '\0';
    for (size_t i = 0; i < sizeof(FAULTS) / sizeof(FAULTS[0]); i++) {
        const struct dw_fault *fault = FAULTS[i].fault;

        if (fault->what != NULL) {
            (void)snprintf(place, PLACE_SIZE, "%s %zu of the %s: %s", FAULTS[i].unit, fault->at + 1,
                           FAULTS[i].whole, fault->what);
            return;
        }
    }
}

static void put_problems(FILE *file, const struct inspection *inspection, const char *bad,
                         const char *plain)
{
    char place[PLACE_SIZE];
    size_t widest = 0;

    for (size_t i = 0; i < inspection->n_problems; i++) {
        const size_t width = strlen(dw_reason_text(inspection->problems[i])->name);

        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < inspection->n_problems; i++) {
        const struct dw_reason_text *reason = dw_reason_text(inspection->problems[i]);

        (void)fprintf(file, "  %s%-*s%s  %s\n", bad, (int)widest, reason->name, plain,
                      reason->private_text);
    }
    write_place(inspection, place);
    if (place[0] != '\0') {
        (void)fprintf(file, "  %s\n", place);
    }
}

/* -- For a person ------------------------------------------------------------------------------- */

static void put_part(FILE *file, const struct inspection_part *part, int64_t now, const char *title,
                     const char *plain)
{
    if (!part->is_there) {
        return;
    }
    (void)fprintf(file, "%s%s%s\n", title, part->name, plain);
    if (part->is_object) {
        put_members(file, &part->json, now);
    } else {
        (void)fprintf(file, "%*s%s", INDENT, "", part->len == 0 ? "(empty)" : "");
        cli_put_safe(file, (struct dw_span){part->bytes, part->len});
        (void)fputc('\n', file);
    }
    (void)fputc('\n', file);
}

/* NULL: a JWT, which its parts show. */
static const char *shape_text(enum token_shape shape)
{
    switch (shape) {
    case TOKEN_JWE:
        return "an encrypted JWT (JWE, RFC 7516): only its header can be read without its key";
    case TOKEN_PASETO:
        return "a PASETO: no JWT, though it looks like one; its reader needs its issuer's key";
    case TOKEN_VENDOR:
        return "no JWT: an opaque token, by its prefix";
    case TOKEN_OPAQUE:
        return "no JWT: an opaque token, of which only its issuer knows more (RFC 7662)";
    case TOKEN_NONE:
    case TOKEN_JWS:
    case TOKEN_BROKEN:
    default:
        return NULL;
    }
}

static void put_shape(FILE *file, const struct inspection *inspection)
{
    const char *text = shape_text(inspection->shape);

    if (text == NULL) {
        return;
    }
    (void)fprintf(file, "This is %s", text);
    if (inspection->vendor != NULL) {
        (void)fprintf(file, ": %s", inspection->vendor);
    }
    (void)fputs(".\n\n", file);
}

static void put_proof(FILE *file, const struct inspection *inspection, const char *title,
                      const char *plain)
{
    const struct proof *proof = &inspection->proof;

    if (!proof->was_tried) {
        return;
    }
    (void)fprintf(file, "%ssignature%s\n  %s", title, plain, proof->holds ? "holds: " : "fails");
    if (!proof->holds) {
        (void)fprintf(file, " at the %s: ", proof->step);
    }
    cli_put_safe(file, dw_span_of(proof->text));
    (void)fputs("\n\n", file);
}

static void put_expected(FILE *file, const struct inspection *inspection, const char *title,
                         const char *plain)
{
    if (inspection->n_expected > 0) {
        (void)fprintf(file, "%sexpected%s\n", title, plain);
    }
    for (size_t i = 0; i < inspection->n_expected; i++) {
        const struct expectation *expected = &inspection->expected[i];
        (void)fputs(expected->holds ? "  holds  " : "  fails  ", file);
        cli_put_safe(file, expected->name);
        (void)fputs(": wanted ", file);
        cli_put_safe(file, expected->wanted);
        (void)fputs(expected->seen[0] == '\0' ? ", the token has none" : ", the token has ", file);
        cli_put_safe(file, dw_span_of(expected->seen));
        (void)fputc('\n', file);
    }
    (void)fputs(inspection->n_expected > 0 ? "\n" : "", file);
}

void inspection_print(FILE *file, const struct inspection *inspection)
{
    const bool colour = cli_has_colour(file);
    const char *title = colour ? "\x1b[1m" : "";
    const char *bad = colour ? "\x1b[31m" : "";
    const char *plain = colour ? "\x1b[0m" : "";

    put_shape(file, inspection);
    put_part(file, &inspection->header, inspection->now, title, plain);
    put_part(file, &inspection->claims, inspection->now, title, plain);
    put_proof(file, inspection, title, plain);
    put_expected(file, inspection, title, plain);
    if (inspection->n_problems > 0) {
        (void)fprintf(file, "%sproblems%s\n", title, plain);
        put_problems(file, inspection, bad, plain);
        (void)fputc('\n', file);
    } else if (!inspection_has_failed(inspection)) {
        (void)fputs("No problem was found.\n", file);
    }
    if (inspection->policy_name == NULL) {
        (void)fputs("Issuer, audience and algorithm were not compared: -c FILE does that.\n", file);
    } else {
        (void)fputs("Issuer, audience and algorithm were compared with ", file);
        cli_put_safe(file, dw_span_of(inspection->policy_name));
        (void)fputs(".\n", file);
    }
    if (!inspection->proof.was_tried) {
        (void)fputs("The signature was not checked. ", file);
    }
    (void)fputs("The token was sent nowhere.\n", file);
}

/* -- For a program ------------------------------------------------------------------------------ */

static void put_part_json(FILE *file, const struct inspection_part *part)
{
    (void)fprintf(file, "\"%s\": ", part->name);
    if (part->is_object) {
        put_value(file, &part->json, json_root(&part->json));
    } else {
        (void)fputs("null", file);
    }
    (void)fputs(", ", file);
}

static void put_times_json(FILE *file, const struct json *json, int64_t now)
{
    const struct json_node *root = json_root(json);
    const char *comma = "";

    for (const struct json_node *name = json_first(root); name != NULL;
         name = json_next(root, name + 1)) {
        char local[TIME_SIZE];
        char relative[TIME_SIZE];
        int64_t at;

        if (!is_time(json_string(json, name)) || !json_whole(json, name + 1, &at) ||
            !write_local(at, local)) {
            continue;
        }
        write_relative(at, now, relative);
        (void)fputs(comma, file);
        cli_put_json(file, json_string(json, name));
        (void)fprintf(file, ": {\"at\": %" PRId64 ", \"local\": \"%s\", \"relative\": \"%s\"}", at,
                      local, relative);
        comma = ", ";
    }
}

static const char *shape_name(enum token_shape shape)
{
    static const char *const NAMES[] = {
        [TOKEN_NONE] = "none",     [TOKEN_JWS] = "jws",       [TOKEN_JWE] = "jwe",
        [TOKEN_BROKEN] = "broken", [TOKEN_PASETO] = "paseto", [TOKEN_VENDOR] = "vendor",
        [TOKEN_OPAQUE] = "opaque",
    };

    return NAMES[shape];
}

static void put_proof_json(FILE *file, const struct inspection *inspection)
{
    const struct proof *proof = &inspection->proof;

    (void)fprintf(file, "\"kind\": \"%s\", \"vendor\": ", shape_name(inspection->shape));
    cli_put_json(file, dw_span_of(inspection->vendor != NULL ? inspection->vendor : ""));
    (void)fprintf(file, ", \"signature_checked\": %s", proof->was_tried ? "true" : "false");
    if (proof->was_tried) {
        (void)fprintf(file, ", \"signature\": {\"holds\": %s, \"step\": \"%s\", \"text\": ",
                      proof->holds ? "true" : "false", proof->step);
        cli_put_json(file, dw_span_of(proof->text));
        (void)fputc('}', file);
    }
    (void)fputs(", \"expected\": [", file);
    for (size_t i = 0; i < inspection->n_expected; i++) {
        const struct expectation *expected = &inspection->expected[i];
        (void)fputs(i > 0 ? ", {\"name\": " : "{\"name\": ", file);
        cli_put_json(file, expected->name);
        (void)fputs(", \"wanted\": ", file);
        cli_put_json(file, expected->wanted);
        (void)fprintf(file, ", \"seen\": %s, \"holds\": %s}",
                      expected->seen[0] == '\0' ? "null" : expected->seen,
                      expected->holds ? "true" : "false");
    }
    (void)fputc(']', file);
}

void inspection_print_json(FILE *file, const struct inspection *inspection)
{
    char place[PLACE_SIZE];

    (void)fputc('{', file);
    put_part_json(file, &inspection->header);
    put_part_json(file, &inspection->claims);
    (void)fputs("\"times\": {", file);
    if (inspection->claims.is_object) {
        put_times_json(file, &inspection->claims.json, inspection->now);
    }
    (void)fputs("}, \"problems\": [", file);
    write_place(inspection, place);
    for (size_t i = 0; i < inspection->n_problems; i++) {
        const struct dw_reason_text *reason = dw_reason_text(inspection->problems[i]);

        (void)fprintf(file, "%s{\"reason\": \"%s\", \"text\": ", i > 0 ? ", " : "", reason->name);
        cli_put_json(file, dw_span_of(reason->private_text));
        if (place[0] != '\0') {
            (void)fputs(", \"place\": ", file);
            cli_put_json(file, dw_span_of(place));
        }
        (void)fputc('}', file);
    }
    (void)fputs("], ", file);
    put_proof_json(file, inspection);
    (void)fputs("}\n", file);
}
