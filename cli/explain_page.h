/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_EXPLAIN_PAGE_H
#define DW_EXPLAIN_PAGE_H

/*
 * The page of `doorward explain --web`, and what it calls. Everything is below /TOKEN/, and only for
 * browsers that name this machine as the host:
 *
 *   GET /TOKEN/            the page
 *   POST /TOKEN/begin      a new input, named by the body; {"id": ...}. It takes the place of the one before
 *   POST /TOKEN/piece/ID   its next bytes; {}
 *   POST /TOKEN/end/ID     that was all; what explain_print_json() writes
 *
 * Errors are {"error": ...}. Nothing is fetched and nothing is kept on disk.
 */

#include "complaint.h"
#include "explain.h"
#include "http.h"

#define PAGE_TOKEN_SIZE 33          /* 128 bits in hexadecimal, and a NUL */
#define PAGE_PIECE_MAX  (1 << 20)   /* bytes of a piece */
#define PAGE_INPUT_MAX  (128 << 20) /* bytes of all of them */

struct page;

/* For a server on that port. `settings` is borrowed. NULL: out of memory, or no randomness. */
struct page *page_new(const struct explain_settings *settings, unsigned port);
void page_free(struct page *page); /* wipes; NULL is fine */

const char *page_token(const struct page *page);

/* For struct http_settings; `context` is the page. */
enum http_answer page_handle(void *context, const struct http_request *request,
                             struct http_response *response);

/* -- explain_assets.c: explain_page.css, .html and .js, which stand in the program --------------------- */

extern const char PAGE_CSS[], PAGE_CSS_END[], PAGE_BODY[], PAGE_BODY_END[], PAGE_JS[],
    PAGE_JS_END[];

#endif
