/* SPDX-License-Identifier: Apache-2.0 */
#include "explain_page.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cli.h"

#define HOST_SIZE   32
#define NAME_SIZE   256
#define POLICY_SIZE 320

/* What is being sent, piece by piece. One at a time: a page asks about one thing. */
struct upload {
    struct input *input; /* NULL: none */
    char id[PAGE_TOKEN_SIZE];
    char name[NAME_SIZE];
    size_t len;
};

struct page {
    const struct explain_settings *settings;
    time_t began;
    char token[PAGE_TOKEN_SIZE];
    char hosts[2][HOST_SIZE]; /* what the Host field may say */
    struct upload upload;
    char *said; /* the last body; its bytes are wiped once sent */
};

/* -- Making one ------------------------------------------------------------------------------------ */

static bool write_random(char hex[PAGE_TOKEN_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";
    unsigned char bytes[PAGE_TOKEN_SIZE / 2];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return false;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        hex[2 * i] = DIGITS[bytes[i] >> 4];
        hex[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
    hex[2 * sizeof bytes] = '\0';
    return true;
}

struct page *page_new(const struct explain_settings *settings, unsigned port)
{
    struct page *page = calloc(1, sizeof *page);

    if (page == NULL || !write_random(page->token)) {
        free(page);
        return NULL;
    }
    page->settings = settings;
    page->began = time(NULL);
    (void)snprintf(page->hosts[0], HOST_SIZE, "127.0.0.1:%u", port);
    (void)snprintf(page->hosts[1], HOST_SIZE, "localhost:%u", port);
    return page;
}

static void drop_upload(struct upload *upload)
{
    input_free(upload->input);
    dw_secret_wipe(upload, sizeof *upload);
}

void page_free(struct page *page)
{
    if (page == NULL) {
        return;
    }
    drop_upload(&page->upload);
    free(page->said);
    dw_secret_wipe(page, sizeof *page);
    free(page);
}

const char *page_token(const struct page *page)
{
    return page->token;
}

/* -- Answering ------------------------------------------------------------------------------------- */

static void answer(struct http_response *response, int status, const char *type,
                   struct dw_span body)
{
    response->status = status;
    response->body = body;
    (void)http_add_field(response, "Content-Type", dw_span_of(type));
    (void)http_add_field(response, "Cache-Control", DW_SPAN("no-store"));
    (void)http_add_field(response, "X-Content-Type-Options", DW_SPAN("nosniff"));
    (void)http_add_field(response, "Referrer-Policy", DW_SPAN("no-referrer"));
    (void)http_add_field(response, "Cross-Origin-Resource-Policy", DW_SPAN("same-origin"));
    (void)http_add_field(response, "Cross-Origin-Opener-Policy", DW_SPAN("same-origin"));
}

/* For all but the page itself. */
static void allow_nothing(struct http_response *response)
{
    (void)http_add_field(response, "Content-Security-Policy",
                         DW_SPAN("default-src 'none'; frame-ancestors 'none'"));
}

static void refuse(struct http_response *response, int status, const char *body)
{
    answer(response, status, "text/html; charset=utf-8", dw_span_of(body));
    allow_nothing(response);
}

/* A stream whose text becomes the body when it is closed by send_text(). NULL: no memory, answered. */
static FILE *open_text(struct page *page, struct http_response *response, size_t *len)
{
    FILE *file;

    free(page->said);
    page->said = NULL;
    file = open_memstream(&page->said, len);
    if (file == NULL) {
        refuse(response, 500, "Out of memory.\n");
    }
    return file;
}

/* `len` is the one that open_text() was given. */
static bool send_text(struct page *page, FILE *file, const size_t *len,
                      struct http_response *response, const char *type)
{
    const bool failed = ferror(file) != 0;

    if (fclose(file) != 0 || failed || page->said == NULL) {
        refuse(response, 500, "Out of memory.\n");
        return false;
    }
    answer(response, 200, type, (struct dw_span){page->said, *len});
    response->secret = page->said;
    return true;
}

static void send_member(struct page *page, struct http_response *response, int status,
                        const char *name, const char *value)
{
    size_t len = 0;
    FILE *file = open_text(page, response, &len);

    if (file == NULL) {
        return;
    }
    (void)fprintf(file, "{\"%s\":", name);
    cli_put_json(file, dw_span_of(value));
    (void)fputs("}\n", file);
    if (send_text(page, file, &len, response, "application/json")) {
        response->status = status;
        allow_nothing(response);
    }
}

/* -- Who may ask ----------------------------------------------------------------------------------- */

static struct dw_span only_field(const struct http_request *request, const char *name)
{
    const struct dw_span none = {NULL, 0};
    struct dw_span value;

    return http_find_field(request, name, &value) == 1 ? value : none;
}

/* A name that somebody else's DNS has led here is none of ours: that would be another site's page. */
static bool is_host(const struct page *page, struct dw_span host)
{
    return dw_span_equal(host, dw_span_of(page->hosts[0])) ||
           dw_span_equal(host, dw_span_of(page->hosts[1]));
}

/* RFC 6454 s7: browsers send it with every POST. */
static bool is_own_origin(const struct http_request *request, struct dw_span host)
{
    char own[HOST_SIZE + 8];

    (void)snprintf(own, sizeof own, "http://%.*s", (int)host.len, host.at);
    return dw_span_equal(only_field(request, "Origin"), dw_span_of(own));
}

/* What stands behind /TOKEN/; absent: it is not there, or wrong. */
static struct dw_span behind_token(const struct page *page, struct dw_span path)
{
    const size_t n = PAGE_TOKEN_SIZE - 1;

    if (path.len < n + 2 || path.at[0] != '/' || path.at[n + 1] != '/' ||
        !dw_secret_equal((struct dw_span){path.at + 1, n}, (struct dw_span){page->token, n})) {
        return (struct dw_span){NULL, 0};
    }
    return (struct dw_span){path.at + n + 2, path.len - n - 2};
}

/* -- The page -------------------------------------------------------------------------------------- */

static const char HEAD[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<title>Doorward explain</title>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<link rel=\"icon\" href=\"data:,\">\n";

static void put_asset(FILE *file, const char *from, const char *to)
{
    (void)fwrite(from, 1, (size_t)(to - from), file);
}

static void send_page(struct page *page, struct http_response *response)
{
    char nonce[PAGE_TOKEN_SIZE], policy[POLICY_SIZE];
    size_t len = 0;
    FILE *file;

    if (!write_random(nonce)) {
        refuse(response, 500, "No random bytes could be had.\n");
        return;
    }
    file = open_text(page, response, &len);
    if (file == NULL) {
        return;
    }
    (void)fprintf(file, "%s<style nonce=\"%s\">\n", HEAD, nonce);
    put_asset(file, PAGE_CSS, PAGE_CSS_END);
    (void)fputs("</style>\n</head>\n<body>\n", file);
    put_asset(file, PAGE_BODY, PAGE_BODY_END);
    (void)fprintf(file, "<script nonce=\"%s\">\n", nonce);
    put_asset(file, PAGE_JS, PAGE_JS_END);
    (void)fputs("</script>\n</body>\n</html>\n", file);
    if (send_text(page, file, &len, response, "text/html; charset=utf-8")) {
        (void)snprintf(policy, sizeof policy,
                       "default-src 'none'; style-src 'nonce-%s'; script-src 'nonce-%s'; "
                       "connect-src 'self'; img-src data:; form-action 'self'; "
                       "frame-ancestors 'none'; base-uri 'none'",
                       nonce, nonce);
        (void)http_add_field(response, "Content-Security-Policy", dw_span_of(policy));
    }
}

/* -- What it calls ---------------------------------------------------------------------------------- */

static void begin(struct page *page, struct dw_span name, struct http_response *response)
{
    struct upload *upload = &page->upload;

    drop_upload(upload);
    name.len = name.len < NAME_SIZE - 1 ? name.len : NAME_SIZE - 1;
    (void)snprintf(upload->name, NAME_SIZE, "%.*s", (int)name.len, name.len > 0 ? name.at : "");
    upload->input =
        write_random(upload->id) ? input_new(*upload->name != '\0' ? upload->name : "-") : NULL;
    if (upload->input == NULL) {
        send_member(page, response, 500, "error", "out of memory");
        return;
    }
    send_member(page, response, 200, "id", upload->id);
}

static bool is_upload(const struct upload *upload, struct dw_span id)
{
    return upload->input != NULL && dw_secret_equal(id, dw_span_of(upload->id));
}

static void take_piece(struct page *page, const struct http_request *request,
                       struct http_response *response)
{
    struct upload *upload = &page->upload;
    struct complaint why;

    upload->len += request->body.len;
    if (request->body_too_large || upload->len > PAGE_INPUT_MAX) {
        drop_upload(upload);
        send_member(page, response, 413, "error", "this is larger than 128 MiB");
        return;
    }
    if (request->body.len > 0 && input_push(upload->input, request->body, &why) != 0) {
        send_member(page, response, 422, "error", why.text);
        drop_upload(upload);
        return;
    }
    send_member(page, response, 200, "id", upload->id);
}

static void send_verdict(struct page *page, const struct capture *capture,
                         struct http_response *response)
{
    const int64_t now = page->settings->now + (int64_t)(time(NULL) - page->began);
    struct diagnosis *diagnosis;
    size_t len = 0;
    FILE *file;

    if (diagnosis_make(capture, now, &diagnosis) != 0) {
        send_member(page, response, 500, "error", "out of memory");
        return;
    }
    const struct explained explained = {page->settings, capture, diagnosis, true};
    file = open_text(page, response, &len);
    if (file == NULL) {
        return;
    }
    explain_print_json(file, &explained);
    if (send_text(page, file, &len, response, "application/json")) {
        allow_nothing(response);
    }
}

static void end(struct page *page, struct http_response *response)
{
    struct upload *upload = &page->upload;
    struct capture *capture;
    struct complaint why;

    if (input_end(upload->input, &capture, &why) != 0) {
        send_member(page, response, 422, "error", why.text);
    } else {
        send_verdict(page, capture, response);
        capture_free(capture);
    }
    drop_upload(upload);
}

/* -- All of it -------------------------------------------------------------------------------------- */

static bool takes_off(struct dw_span *path, const char *prefix)
{
    const size_t n = strlen(prefix);

    if (path->len < n || memcmp(path->at, prefix, n) != 0) {
        return false;
    }
    *path = (struct dw_span){path->at + n, path->len - n};
    return true;
}

static void take_call(struct page *page, struct dw_span call, const struct http_request *request,
                      struct http_response *response)
{
    const bool is_piece = takes_off(&call, "piece/");
    const bool is_end = !is_piece && takes_off(&call, "end/");

    if (!is_piece && !is_end && dw_span_equal(call, DW_SPAN("begin"))) {
        begin(page, request->body, response);
    } else if (!is_piece && !is_end) {
        refuse(response, 404, "There is nothing here.\n");
    } else if (!is_upload(&page->upload, call)) {
        send_member(page, response, 409, "error", "another page has begun with something else");
    } else if (is_piece) {
        take_piece(page, request, response);
    } else {
        end(page, response);
    }
}

enum http_answer page_handle(void *context, const struct http_request *request,
                             struct http_response *response)
{
    struct page *page = context;
    const struct dw_span host = only_field(request, "Host"),
                         call = behind_token(page, request->path);

    if (!is_host(page, host) || call.at == NULL) {
        refuse(response, 403,
               "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Not "
               "allowed</title>\n"
               "<h1>Not allowed</h1>\n<p>This page opens only at the address that doorward explain "
               "--web"
               " has printed.</p>\n</html>\n");
    } else if (dw_span_equal(request->method, DW_SPAN("GET")) && call.len == 0) {
        send_page(page, response);
    } else if (!dw_span_equal(request->method, DW_SPAN("POST"))) {
        refuse(response, 404, "There is nothing here.\n");
    } else if (!is_own_origin(request, host)) {
        refuse(response, 403, "Only the page itself may ask that.\n");
    } else {
        take_call(page, call, request, response);
    }
    return HTTP_ANSWERED;
}
