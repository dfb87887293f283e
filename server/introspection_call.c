/* SPDX-License-Identifier: Apache-2.0 */
#include "introspection_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "secret.h"

#define NODES_MAX 1024

/* -- Whom -------------------------------------------------------------------------------------- */

/* NULL: out of memory. */
static char *escape(const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, 0);
    char *copy = escaped == NULL ? NULL : strdup(escaped);

    if (escaped != NULL) {
        dw_secret_wipe(escaped, strlen(escaped));
    }
    curl_free(escaped);
    return copy;
}

int call_issuer_init(const struct config *config, size_t trust, struct call_issuer *issuer,
                     struct complaint *why)
{
    const struct config_keys *keys = &config->keys[trust];
    char *secret;

    *issuer = (struct call_issuer){.issuer = config->policy.trust[trust].issuer,
                                   .url = keys->introspection};
    if (keys->introspection == NULL || keys->client_id == NULL ||
        keys->client_secret_file == NULL) {
        return 0;
    }
    if (secret_read(keys->client_secret_file, &secret, why) != 0) {
        return config_blame(config, keys->client_secret_file, why);
    }
    issuer->user = escape(keys->client_id);
    issuer->secret = escape(secret);
    secret_free(&secret);
    return issuer->user == NULL || issuer->secret == NULL ? complain(why, "out of memory") : 0;
}

void call_issuer_clear(struct call_issuer *issuer)
{
    secret_free(&issuer->user);
    secret_free(&issuer->secret);
}

/* -- The question ------------------------------------------------------------------------------ */

/* false: out of memory. */
static bool write_form(struct call *call, struct dw_span token)
{
    char *escaped = curl_easy_escape(call->transfer.handle, token.at, (int)token.len);

    if (escaped == NULL) {
        return false;
    }
    if (asprintf(&call->form, "token=%s&token_type_hint=access_token", escaped) < 0) {
        call->form = NULL;
    }
    dw_secret_wipe(escaped, strlen(escaped));
    curl_free(escaped);
    return call->form != NULL;
}

static bool set_form(struct call *call, const struct call_issuer *issuer)
{
    CURL *handle = call->transfer.handle;
    unsigned failed = 0;

    failed |= curl_easy_setopt(handle, CURLOPT_POSTFIELDS, call->form);
    if (issuer->user != NULL) {
        failed |= curl_easy_setopt(handle, CURLOPT_HTTPAUTH, (unsigned long)CURLAUTH_BASIC);
        failed |= curl_easy_setopt(handle, CURLOPT_USERNAME, issuer->user);
        failed |= curl_easy_setopt(handle, CURLOPT_PASSWORD, issuer->secret);
    }
    return failed == CURLE_OK;
}

const char *call_begin(struct call *call, const struct call_issuer *issuer, struct dw_span token,
                       void *owner)
{
    struct transfer *transfer = &call->transfer;

    *transfer = (struct transfer){
        .handle = curl_easy_init(), .bytes = malloc(DW_CLAIMS_MAX), .size = DW_CLAIMS_MAX};
    if (transfer->handle == NULL || transfer->bytes == NULL || !write_form(call, token)) {
        return "out of memory";
    }
    const char *fault = transfer_init(transfer, issuer->url, CALL_TOTAL_MS, owner);
    if (fault != NULL) {
        return fault;
    }
    return set_form(call, issuer) ? NULL : "libcurl could not begin";
}

/* -- The answer -------------------------------------------------------------------------------- */

static const char *read_object(const struct json *json, bool *active, int64_t *expires)
{
    const struct json_node *root = json_root(json);
    const struct json_node *said =
        root->type == JSON_OBJECT ? json_member(json, root, "active") : NULL;
    const struct json_node *exp = said == NULL ? NULL : json_member(json, root, "exp");

    if (said == NULL || (said->type != JSON_TRUE && said->type != JSON_FALSE)) {
        return "the answer has no `active` that is true or false";
    }
    *expires = INT64_MAX;
    if (exp != NULL && !json_whole(json, exp, expires)) {
        return "the answer's exp is not a number";
    }
    *active = said->type == JSON_TRUE;
    return NULL;
}

/* Reading changes the text, and whoever wants the claims wants them as they came. */
static const char *read_answer(const struct transfer *transfer, bool *active, int64_t *expires)
{
    char *copy = malloc(DW_CLAIMS_MAX);
    struct json_node *nodes = calloc(NODES_MAX, sizeof *nodes);
    const char *fault = "out of memory";
    struct json json;

    if (copy != NULL && nodes != NULL) {
        memcpy(copy, transfer->bytes, transfer->len);
        fault = json_parse(copy, transfer->len, nodes, NODES_MAX, &json, NULL) == JSON_OK
                    ? read_object(&json, active, expires)
                    : "the answer is not JSON";
    }
    free(copy);
    free(nodes);
    return fault;
}

const char *call_read(struct call *call, CURLcode code, bool *active, int64_t *expires)
{
    const long status = transfer_status(&call->transfer);

    if (call->transfer.overflow) {
        return "the answer is longer than 8 KiB";
    }
    if (code != CURLE_OK) {
        return curl_easy_strerror(code);
    }
    if (status != 200) {
        complain(&call->fault, "it answered with status %ld", status);
        return call->fault.text;
    }
    return read_answer(&call->transfer, active, expires);
}

void call_end(struct call *call)
{
    secret_free(&call->form);
    curl_easy_cleanup(call->transfer.handle);
    free(call->transfer.bytes);
    memset(call, 0, sizeof *call);
}
