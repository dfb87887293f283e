/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "doorward.h"

/* A bearer token is what the general grammar calls a token68 of the scheme Bearer; what is no token has
 * a reason of the header's; and credentials written again are read as the same. */

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_bearer(struct dw_span field)
{
    struct dw_challenge credentials;
    struct dw_span token = {NULL, 0};
    const enum dw_reason reason = dw_bearer_parse(field, &token);
    const char *name = dw_reason_text(reason)->name;

    if (reason != DW_REASON_NONE) {
        require(reason == DW_SCHEME_UNSUPPORTED || strncmp(name, "header.", 7) == 0);
        require(token.at == NULL);
        return;
    }
    require(token.len > 0 && token.at >= field.at && token.len <= field.len);
    if (field.len <= DW_FIELD_MAX) {
        require(dw_credentials_parse(field, &credentials, NULL) == 0);
        require(dw_span_equal_nocase(credentials.scheme, DW_SPAN("Bearer")));
        require(credentials.token68.at == token.at && credentials.token68.len == token.len);
    }
}

static void check_written(const struct dw_challenge *credentials)
{
    static char written[4 * DW_FIELD_MAX], values[DW_FIELD_MAX];
    struct dw_challenge plain = *credentials, again;
    size_t used = 0, len;

    for (size_t i = 0; i < plain.n_params; i++) {
        struct dw_param *param = &plain.params[i];

        require(dw_param_unescape(param, values + used, sizeof(values) - used, &len) == 0);
        param->value = (struct dw_span){values + used, len};
        used += len;
    }
    require(dw_challenge_write(&plain, written, sizeof(written), &len) == 0);
    if (len > DW_FIELD_MAX) {
        return;
    }
    require(dw_credentials_parse((struct dw_span){written, len}, &again, NULL) == 0);
    require(dw_span_equal(plain.scheme, again.scheme));
    require(dw_span_equal(plain.token68, again.token68));
    require(plain.n_params == again.n_params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dw_span field = {(const char *)data, size};
    struct dw_challenge credentials;
    struct dw_fault fault = {0, NULL};
    const int error = dw_credentials_parse(field, &credentials, &fault);

    check_bearer(field);
    require(error == 0 || error == DW_ERR_SYNTAX || error == DW_ERR_SIZE);
    if (error == DW_ERR_SYNTAX) {
        require(fault.what != NULL && fault.at <= size);
    }
    if (error == 0) {
        check_written(&credentials);
    }
    return 0;
}
