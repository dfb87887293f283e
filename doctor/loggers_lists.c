/* SPDX-License-Identifier: Apache-2.0 */
#include "loggers.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool begins_with_one(struct dw_span line, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (begins(line, texts[i])) {
            return true;
        }
    }
    return false;
}

static struct dw_span until_blank(struct dw_span span)
{
    return next_word(&span);
}

/* -- Ktor -------------------------------------------------------------------------------------------- */

bool is_ktor(struct dw_span text)
{
    return find_text(text, "METHOD: HttpMethod(value=") < text.len &&
           find_text(text, "COMMON HEADERS") < text.len;
}

void ktor_line(struct rewrite *to, struct dw_span line)
{
    static const char *const LABELS[] = {"METHOD: ", "FROM: ", "COMMON HEADERS", "CONTENT HEADERS"};
    const struct dw_span bare = trimmed(line);
    const struct dw_span method = behind(bare, "METHOD: HttpMethod(value=");
    const struct dw_span field = behind(bare, "-> ");

    if (begins(bare, "REQUEST: ")) {
        to->target = behind(bare, "REQUEST: ");
        to->part = PART_REQUEST;
        put_gap(to);
    } else if (method.at != NULL && to->part == PART_REQUEST) {
        to->method = first(method, find_char(method, ')'));
        to->part = PART_FIELDS;
        put_request(to, (struct dw_span){NULL, 0});
    } else if (begins(bare, "RESPONSE: ")) {
        to->part = PART_RESPONSE;
        put_status(to, behind(bare, "RESPONSE: "));
    } else if (begins_with_one(bare, LABELS, COUNT_OF(LABELS))) {
        leave_out(to);
    } else if (begins(bare, "-> ")) {
        put_line(to, field);
    } else if (begins(bare, "BODY")) {
        put_gap(to);
    } else {
        put_line(to, line);
    }
}

/* -- ASP.NET's HttpLogging --------------------------------------------------------------------------- */

bool is_aspnet(struct dw_span text)
{
    return find_text(text, "HttpLoggingMiddleware") < text.len ||
           (find_text(text, "PathBase: ") < text.len && find_text(text, "Protocol: ") < text.len);
}

void aspnet_line(struct rewrite *to, struct dw_span line)
{
    static const char *const LABELS[] = {
        "Scheme:", "PathBase:", "Protocol:", "Request:", "Response:"};
    const struct dw_span bare = trimmed(line);

    if (begins(bare, "Method:")) {
        to->method = behind(bare, "Method:");
        put_gap(to);
    } else if (begins(bare, "Path:")) {
        to->target = behind(bare, "Path:");
        put_request(to, DW_SPAN("HTTP/1.1"));
    } else if (begins(bare, "StatusCode:")) {
        put_status(to, behind(bare, "StatusCode:"));
    } else if (begins_with_one(bare, LABELS, COUNT_OF(LABELS)) ||
               find_text(bare, "HttpLoggingMiddleware") < bare.len) {
        put_gap(to);
    } else {
        put_line(to, bare);
    }
}

/* -- REST Assured ------------------------------------------------------------------------------------ */

bool is_restassured(struct dw_span text)
{
    return find_text(text, "Request method:\t") < text.len &&
           find_text(text, "Request URI:\t") < text.len;
}

/* Name=value */
static void put_pair(struct rewrite *to, struct dw_span pair)
{
    const size_t equals = find_char(pair, '=');

    if (equals == pair.len) {
        leave_out(to); /* <none> */
        return;
    }
    put_span(to, first(pair, equals));
    put_text(to, ": ");
    put_line(to, skip(pair, equals + 1));
}

void restassured_line(struct rewrite *to, struct dw_span line)
{
    static const char *const LABELS[] = {
        "Proxy:", "Request params:", "Query params:", "Form params:", "Path params:"};
    static const char *const ENDS[] = {"Cookies:", "Multiparts:", "Body:"};

    if (begins(line, "Request method:")) {
        to->method = behind(line, "Request method:");
        to->part = PART_REQUEST;
        put_gap(to);
    } else if (begins(line, "Request URI:")) {
        to->target = behind(line, "Request URI:");
        put_request(to, (struct dw_span){NULL, 0});
    } else if (begins(line, "Headers:") && to->part == PART_REQUEST) {
        to->part = PART_FIELDS;
        put_pair(to, behind(line, "Headers:"));
    } else if (begins(line, "\t") && to->part == PART_FIELDS) {
        put_pair(to, trimmed(line));
    } else if (begins_with_one(line, LABELS, COUNT_OF(LABELS))) {
        leave_out(to);
    } else if (begins_with_one(line, ENDS, COUNT_OF(ENDS))) {
        to->part = PART_NONE;
        put_gap(to);
    } else {
        put_line(to, line);
    }
}

/* -- Dart's dio --------------------------------------------------------------------------------------- */

bool is_dio(struct dw_span text)
{
    return find_text(text, "*** Request ***") < text.len ||
           find_text(text, "*** Response ***") < text.len;
}

static void dio_start(struct rewrite *to, struct dw_span line)
{
    if (begins(line, "uri: ")) {
        to->target = behind(line, "uri: ");
        leave_out(to);
    } else if (begins(line, "method: ") && to->part == PART_REQUEST) {
        to->method = until_blank(behind(line, "method: "));
        put_request(to, (struct dw_span){NULL, 0});
    } else if (begins(line, "statusCode: ") && to->part == PART_RESPONSE) {
        put_status(to, behind(line, "statusCode: "));
    } else if (begins(line, "headers:")) {
        to->part = PART_FIELDS;
        leave_out(to);
    } else {
        leave_out(to);
    }
}

void dio_line(struct rewrite *to, struct dw_span line)
{
    const size_t mark = find_text(line, "*** ");
    const struct dw_span rest = skip(line, to->prefix);

    if (mark < line.len) {
        const struct dw_span title = skip(line, mark);

        to->prefix = mark;
        to->part = begins(title, "*** Request ***")    ? PART_REQUEST
                   : begins(title, "*** Response ***") ? PART_RESPONSE
                                                       : PART_NONE;
        put_gap(to);
    } else if (to->part == PART_FIELDS && begins(rest, " ")) {
        put_line(to, trimmed(rest));
    } else if (to->part == PART_FIELDS) {
        to->part = PART_NONE;
        put_gap(to);
    } else if (to->part != PART_NONE) {
        dio_start(to, trimmed(rest));
    } else {
        put_line(to, rest);
    }
}

/* -- JMeter's tree of results --------------------------------------------------------------------------- */

bool is_jmeter(struct dw_span text)
{
    return find_text(text, "Load time:") < text.len && find_text(text, "Response code:") < text.len;
}

/* The request's fields stand apart from its first line, behind what it sent. */
void jmeter_line(struct rewrite *to, struct dw_span line)
{
    const struct dw_span bare = trimmed(line);
    struct start start;

    if (start_read(bare, &start) && start.is_request) {
        to->part = PART_REQUEST;
        put_line(to, bare);
    } else if (dw_span_equal_nocase(bare, DW_SPAN("Request Headers:"))) {
        to->part = PART_FIELDS;
        leave_out(to);
    } else if (to->part == PART_REQUEST) {
        leave_out(to);
    } else if (dw_span_equal_nocase(bare, DW_SPAN("Response headers:")) || bare.len == 0) {
        put_gap(to);
    } else {
        put_line(to, bare);
    }
}
