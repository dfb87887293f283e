/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "discovery.h"
#include "keys.h"
#include "transfer.h"

#define REDIRECTS_MAX 3
#define JWKS_URI_USES 8 /* then the issuer is asked again where its keys are */

enum step { STEP_OAUTH, STEP_OPENID, STEP_JWKS, STEP_IDLE };

/* The fetch of one issuer's keys: one document after the other. */
struct job {
    struct fetch *fetch;
    const struct fetch_issuer *issuer;
    size_t index;
    enum step step;
    struct transfer transfer; /* up to DW_JWKS_MAX bytes */
    char url[DISCOVERY_URL_SIZE];
    char jwks_uri[DISCOVERY_URL_SIZE]; /* discovered; "" until then, and after a failure */
    int uses;                          /* of jwks_uri */
    int redirects;
    struct complaint fault;
};

struct fetch {
    CURLM *multi;
    void (*done)(void *context, size_t issuer, const struct fetch_result *result);
    void *context;
    struct job *jobs;
    size_t n_jobs;
};

/* -- One document ------------------------------------------------------------------------------ */

static void finish(struct job *job, const char *fault)
{
    struct fetch_result result = {.fault = fault, .max_age = -1};
    struct curl_header *header;

    if (fault != NULL) {
        job->jwks_uri[0] = '\0';
    } else {
        result.jwks = (struct dw_span){job->transfer.bytes, job->transfer.len};
        if (curl_easy_header(job->transfer.handle, "Cache-Control", 0, CURLH_HEADER, -1, &header) ==
            CURLHE_OK) {
            result.max_age = keys_max_age(dw_span_of(header->value));
        }
    }
    job->step = STEP_IDLE;
    job->fetch->done(job->fetch->context, job->index, &result);
    free(job->transfer.bytes);
    job->transfer.bytes = NULL;
    curl_easy_cleanup(job->transfer.handle);
    job->transfer.handle = NULL;
}

static void request(struct job *job)
{
    const char *fault = transfer_init(&job->transfer, job->url, FETCH_TOTAL_MS, job);

    if (fault != NULL) {
        finish(job, fault);
    } else if (curl_multi_add_handle(job->fetch->multi, job->transfer.handle) != CURLM_OK) {
        finish(job, "libcurl could not begin");
    }
}

/* -- One step after the other ------------------------------------------------------------------ */

static void take_step(struct job *job, enum step step)
{
    bool fits = true;

    job->step = step;
    job->redirects = 0;
    if (step == STEP_JWKS) {
        const char *url = job->issuer->jwks != NULL ? job->issuer->jwks : job->jwks_uri;
        const int len = snprintf(job->url, sizeof job->url, "%s", url);
        fits = len > 0 && (size_t)len < sizeof job->url;
    } else {
        const enum discovery_form form = step == STEP_OAUTH ? DISCOVERY_OAUTH : DISCOVERY_OPENID;
        fits = discovery_url(job->issuer->issuer, form, job->url);
    }
    if (!fits) {
        finish(job, "the address is too long, or has no host");
        return;
    }
    request(job);
}

static void take_metadata(struct job *job)
{
    const char *fault =
        discovery_read(job->transfer.bytes, job->transfer.len, job->issuer->issuer, job->jwks_uri);

    if (fault == NULL) {
        job->fault.text[0] = '\0';
        take_step(job, STEP_JWKS);
        return;
    }
    complain(&job->fault, "%s: %s", job->url, fault);
    if (job->step == STEP_OAUTH) {
        take_step(job, STEP_OPENID);
        return;
    }
    finish(job, job->fault.text);
}

static void take_jwks(struct job *job)
{
    const struct dw_span jwks = {job->transfer.bytes, job->transfer.len};
    struct dw_keys *keys;

    const int error = dw_keys_parse(jwks, false, &keys);
    if (error != 0) {
        complain(&job->fault, "%s: no JWKS: %s", job->url, dw_error_text(error));
        finish(job, job->fault.text);
        return;
    }
    const size_t n = dw_keys_count(keys);
    dw_keys_free(keys);
    if (n == 0) {
        complain(&job->fault, "%s: the JWKS holds no key that can be used", job->url);
        finish(job, job->fault.text);
        return;
    }
    finish(job, NULL);
}

static void describe_failure(struct job *job, CURLcode code, long status)
{
    if (job->transfer.overflow) {
        complain(&job->fault, "%s: longer than %d KiB", job->url, DW_JWKS_MAX / 1024);
    } else if (code != CURLE_OK) {
        complain(&job->fault, "%s: %s", job->url, curl_easy_strerror(code));
    } else {
        complain(&job->fault, "%s: answered with status %ld", job->url, status);
    }
}

static void take_failure(struct job *job, CURLcode code, long status)
{
    if (job->step == STEP_OAUTH) {
        take_step(job, STEP_OPENID);
        return;
    }
    /* What was wrong with the first metadata says more than that there are no others. */
    if (job->fault.text[0] == '\0') {
        describe_failure(job, code, status);
    }
    finish(job, job->fault.text);
}

/* false: it is no redirect, or not one to follow. */
static bool take_redirect(struct job *job)
{
    const char *to = NULL;

    if (curl_easy_getinfo(job->transfer.handle, CURLINFO_REDIRECT_URL, &to) != CURLE_OK ||
        to == NULL || job->redirects == REDIRECTS_MAX || !discovery_may_follow(job->url, to)) {
        return false;
    }
    job->redirects++;
    snprintf(job->url, sizeof job->url, "%s", to);
    request(job);
    return true;
}

static void take_answer(struct job *job, CURLcode code)
{
    curl_multi_remove_handle(job->fetch->multi, job->transfer.handle);
    const long status = transfer_status(&job->transfer);
    if (code == CURLE_OK && take_redirect(job)) {
        return;
    }
    if (code != CURLE_OK || status != 200) {
        take_failure(job, code, status);
    } else if (job->step == STEP_JWKS) {
        take_jwks(job);
    } else {
        take_metadata(job);
    }
}

/* -- All of them ------------------------------------------------------------------------------- */

void fetch_begin(struct fetch *fetch, size_t issuer)
{
    struct job *job = &fetch->jobs[issuer];

    job->transfer.bytes = malloc(DW_JWKS_MAX);
    job->transfer.size = DW_JWKS_MAX;
    job->transfer.handle = curl_easy_init();
    if (job->transfer.bytes == NULL || job->transfer.handle == NULL) {
        finish(job, "out of memory");
        return;
    }
    job->fault.text[0] = '\0';
    job->uses = (job->uses + 1) % JWKS_URI_USES;
    const bool known = job->issuer->jwks != NULL || (job->jwks_uri[0] != '\0' && job->uses != 0);
    take_step(job, known ? STEP_JWKS : STEP_OAUTH);
}

void fetch_run(struct fetch *fetch, int wait_ms)
{
    CURLMsg *message;
    int running, left;

    curl_multi_poll(fetch->multi, NULL, 0, wait_ms, NULL);
    curl_multi_perform(fetch->multi, &running);
    for (;;) {
        message = curl_multi_info_read(fetch->multi, &left);
        if (message == NULL) {
            return;
        }
        if (message->msg == CURLMSG_DONE) {
            take_answer(transfer_owner(message->easy_handle), message->data.result);
        }
    }
}

void fetch_wake(struct fetch *fetch)
{
    curl_multi_wakeup(fetch->multi);
}

static int make(const struct fetch_issuer *issuers, size_t n, struct fetch *fetch)
{
    fetch->jobs = calloc(n == 0 ? 1 : n, sizeof *fetch->jobs);
    fetch->multi = curl_multi_init();
    if (fetch->jobs == NULL || fetch->multi == NULL) {
        return -1;
    }
    fetch->n_jobs = n;
    for (size_t i = 0; i < n; i++) {
        fetch->jobs[i].fetch = fetch;
        fetch->jobs[i].issuer = &issuers[i];
        fetch->jobs[i].index = i;
        fetch->jobs[i].step = STEP_IDLE;
    }
    return 0;
}

int fetch_new(const struct fetch_issuer *issuers, size_t n,
              void (*done)(void *context, size_t issuer, const struct fetch_result *result),
              void *context, struct fetch **fetch, struct complaint *why)
{
    struct fetch *made = calloc(1, sizeof *made);

    if (made == NULL || make(issuers, n, made) != 0) {
        fetch_free(made);
        return complain(why, "out of memory");
    }
    made->done = done;
    made->context = context;
    *fetch = made;
    return 0;
}

void fetch_free(struct fetch *fetch)
{
    if (fetch == NULL) {
        return;
    }
    for (size_t i = 0; i < fetch->n_jobs; i++) {
        struct job *job = &fetch->jobs[i];
        if (job->transfer.handle != NULL) {
            curl_multi_remove_handle(fetch->multi, job->transfer.handle);
            curl_easy_cleanup(job->transfer.handle);
        }
        free(job->transfer.bytes);
    }
    curl_multi_cleanup(fetch->multi);
    free(fetch->jobs);
    free(fetch);
}
