/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

#include <string.h>

#define RETURN_MAX 1024 /* bytes of an address that is come back to */
#define USER_MAX   128

static const char HEAD[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>";

static const char STYLE[] =
    "</title>\n<style>\n"
    ":root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--text:#1b1f27;--line:#868e9c;"
    "--go:#2450b5;--on-go:#fff;--alert:#b3261e}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#12151b;--card:#1b2029;--text:#e7eaf0;"
    "--line:#7b8597;--go:#9db8ff;--on-go:#0d1a3a;--alert:#ff9d94}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;min-height:100vh;padding:1rem;display:grid;place-items:center;"
    "background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}\n"
    "main{width:100%;max-width:24rem;padding:2rem "
    "1.75rem;border-radius:.9rem;background:var(--card);"
    "box-shadow:0 1px 2px #0003,0 8px 32px #0001;overflow-wrap:anywhere}\n"
    "h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.2}\n"
    "[role=alert]{padding:.6rem .9rem;border-left:.25rem solid var(--alert);color:var(--alert)}\n"
    "label{display:block;margin:1rem 0 .4rem;font-weight:600}\n"
    "input,button{width:100%;min-height:2.75rem;padding:.5rem "
    ".75rem;border-radius:.5rem;font:inherit}\n"
    "input{border:1px solid var(--line);background:var(--page);color:inherit}\n"
    "button{margin-top:1.5rem;border:0;background:var(--go);color:var(--on-go);font-weight:600;"
    "cursor:pointer}\n"
    ":focus-visible{outline:.2rem solid var(--go);outline-offset:.15rem}\n"
    "small{display:block;margin-top:1.5rem;opacity:.8}\n"
    "</style></head>\n<body><main><h1>";

static const char NAME[] =
    "<label for=\"username\">User name</label>\n"
    "<input id=\"username\" name=\"username\" autocomplete=\"username\" autocapitalize=\"none\" "
    "spellcheck=\"false\" required";

static const char PASSWORD[] =
    ">\n<label for=\"password\">Password</label>\n"
    "<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" "
    "required";

static bool can_sign_in(const struct answer *answer)
{
    return answer->status == 401 && answer->policy->schemes.cookie.sign_in != NULL &&
           answer_accepts(answer, DW_SCHEME_COOKIE);
}

/* A path of this place. `//host` leads to another, and so does what browsers read like it: they take a
 * backslash for a slash, and tabs and line ends for nothing. */
static bool leads_back(struct dw_span target)
{
    for (size_t i = 0; i < target.len; i++) {
        if (target.at[i] == '\\' || !is_text_char(target.at[i]) || target.at[i] == '\t') {
            return false;
        }
    }
    return target.len > 0 && target.len <= RETURN_MAX && target.at[0] == '/' &&
           (target.len == 1 || target.at[1] != '/');
}

/* What went wrong. That somebody has not signed in yet is no error. */
static void put_words(const struct answer *answer, struct text *text, bool with_form)
{
    const struct dw_reason_text *reason = answer->reason;

    if (reason->public_text[0] == '\0' ||
        (with_form &&
         strcmp(reason->public_text, dw_reason_text(DW_HEADER_MISSING)->public_text) == 0)) {
        return;
    }
    text_put(text, with_form ? "<p role=\"alert\">" : "<p>");
    text_html(text, dw_span_of(reason->public_text));
    if (reason->visit[0] != '\0') {
        text_char(text, ' ');
        text_html(text, dw_span_of(reason->visit));
    }
    text_put(text, "</p>\n");
}

/* Who has mistyped the password need not type the name again. Names of other schemes are no users'. */
static void put_fields(const struct answer *answer, struct text *text)
{
    const struct dw_span user = answer->decision->account;
    const bool is_known =
        answer->decision->scheme == DW_SCHEME_COOKIE && user.len > 0 && user.len <= USER_MAX;

    text_put(text, NAME);
    if (is_known) {
        text_put(text, " value=\"");
        text_html(text, user);
        text_char(text, '"');
    }
    text_put(text, is_known ? "" : " autofocus");
    text_put(text, PASSWORD);
    text_put(text, is_known ? " autofocus>\n" : ">\n");
}

static void put_form(const struct answer *answer, struct text *text)
{
    text_put(text, "<form method=\"post\" action=\"");
    text_html(text, dw_span_of(answer->policy->schemes.cookie.sign_in));
    text_put(text, "\">\n");
    put_fields(answer, text);
    if (leads_back(answer->request->target)) {
        text_put(text, "<input type=\"hidden\" name=\"return\" value=\"");
        text_html(text, answer->request->target);
        text_put(text, "\">\n");
    }
    text_put(text, "<button>Sign in</button></form>\n");
}

void page_put(const struct answer *answer, struct text *text)
{
    const bool with_form = can_sign_in(answer);
    const char *heading = with_form ? "Sign in" : answer_phrase(answer);

    text_put(text, HEAD);
    text_put(text, heading);
    text_put(text, STYLE);
    text_put(text, heading);
    text_put(text, "</h1>\n");
    put_words(answer, text, with_form);
    if (with_form) {
        put_form(answer, text);
    }
    text_put(text, "<small>If you ask for help, give this code: <code>");
    text_html(text, answer->id);
    text_put(text, "</code></small></main></body></html>\n");
}
