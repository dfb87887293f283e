/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

/* The word is for reasons that have no error code of their own. */
static const struct status {
    int status;
    const char *phrase, *word;
} STATUSES[] = {
    {400, "Bad Request", "invalid_request"},
    {401, "Unauthorized", "unauthorized"},
    {403, "Forbidden", "access_denied"},
    {404, "Not Found", "not_found"},
    {429, "Too Many Requests", "too_many_requests"},
    {503, "Service Unavailable", "temporarily_unavailable"},
};

static const struct status *status_of(const struct answer *answer)
{
    const size_t n = sizeof(STATUSES) / sizeof(STATUSES[0]);
    size_t i = 0;

    while (i < n - 1 && STATUSES[i].status != answer->status) {
        i++;
    }
    return &STATUSES[i];
}

const char *answer_phrase(const struct answer *answer)
{
    return status_of(answer)->phrase;
}

/* Absent where it says nothing. */
static struct dw_span words(const char *text)
{
    return text[0] == '\0' ? SPAN_NONE : dw_span_of(text);
}

static void put_problem(const struct answer *answer, struct text *text)
{
    text_char(text, '{');
    text_json_member(text, "title", dw_span_of(answer_phrase(answer)));
    text_json_number(text, "status", answer->status);
    text_json_member(text, "detail", words(answer->reason->public_text));
    text_json_member(text, "error", words(answer->reason->error));
    text_json_member(text, "id", answer->id);
    text_put(text, "}\n");
}

static void put_json(const struct answer *answer, struct text *text)
{
    const char *error = answer->reason->error;

    text_char(text, '{');
    text_json_member(text, "error", dw_span_of(error[0] == '\0' ? status_of(answer)->word : error));
    text_json_member(text, "error_description", words(answer->reason->public_text));
    text_json_member(text, "id", answer->id);
    text_put(text, "}\n");
}

/* -- What Accept prefers (RFC 9110 s12.5.1) -------------------------------------------------------- */

struct form {
    const char *media_type, *subtype_of;
    struct dw_span content_type;
    void (*put)(const struct answer *answer, struct text *text);
};

/* In the order of our own preference, for an Accept that has none. */
static const struct form FORMS[] = {
    {"application/problem+json", "application/*", {"application/problem+json", 24}, put_problem},
    {"application/json", "application/*", {"application/json", 16}, put_json},
    {"text/html", "text/*", {"text/html; charset=utf-8", 24}, page_put},
};

/* A weight in thousandths; a broken one counts as 1. */
static int weight_of(struct dw_span params)
{
    struct dw_span param;

    while (span_word(&params, ';', &param)) {
        param = span_trim(param);
        if (!span_starts_nocase(param, "q=") || param.len < 3) {
            continue;
        }
        int weight = param.at[2] == '0' ? 0 : 1000;
        int unit = 100;
        for (size_t i = 4; weight < 1000 && i < param.len && unit > 0; i++, unit /= 10) {
            weight += param.at[i] >= '0' && param.at[i] <= '9' ? (param.at[i] - '0') * unit : 0;
        }
        return weight;
    }
    return 1000;
}

/* How closely a media range names a form: 3 exactly, 2 its type, 1 anything, 0 not at all. */
static int closeness(struct dw_span range, const struct form *form)
{
    if (dw_span_equal_nocase(range, dw_span_of(form->media_type))) {
        return 3;
    }
    if (dw_span_equal_nocase(range, dw_span_of(form->subtype_of))) {
        return 2;
    }
    return dw_span_equal(range, DW_SPAN("*/*")) ? 1 : 0;
}

/* Takes one element of Accept into account: the closest range gives the weight. */
static void weigh(struct dw_span element, const struct form *form, int *closest, int *weight)
{
    struct dw_span params = element;
    struct dw_span range = SPAN_NONE;

    if (!span_word(&params, ';', &range)) {
        return;
    }
    const int close = closeness(span_trim(range), form);
    if (close > *closest) {
        *closest = close;
        *weight = weight_of(params);
    }
}

static int weight_for(const struct dw_request *request, const struct form *form)
{
    int closest = 0;
    int weight = 0;

    for (size_t i = 0; i < request->n_fields; i++) {
        struct dw_span element;
        struct dw_span list = request->fields[i].value;
        if (!dw_span_equal_nocase(request->fields[i].name, DW_SPAN("Accept"))) {
            continue;
        }
        while (span_word(&list, ',', &element)) {
            weigh(element, form, &closest, &weight);
        }
    }
    return weight;
}

static const struct form *choose_form(const struct dw_request *request)
{
    const struct form *chosen = &FORMS[0];
    int best = 0;

    for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        const int weight = weight_for(request, &FORMS[i]);
        if (weight > best) {
            best = weight;
            chosen = &FORMS[i];
        }
    }
    return chosen;
}

/* A page needs no script, no picture and no frame, and its form leads back here. */
int answer_body(struct answer *answer)
{
    const struct form *form = choose_form(answer->request);
    int error = answer_add(answer, "Content-Type", form->content_type);

    if (error == 0 && form->put == page_put) {
        error =
            answer_add(answer, "Content-Security-Policy",
                       DW_SPAN("default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                               "frame-ancestors 'none'"));
    }
    if (error != 0) {
        return error;
    }
    const size_t start = answer->text->len;
    form->put(answer, answer->text);
    answer->denial->body = span_from(text_span(answer->text), start);
    return answer->text->overflow ? DW_ERR_SIZE : 0;
}
