/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "doorward.h"

/* What the strict reader takes, the lenient one takes without a fault; what it does not take, the
 * lenient one faults at the same place; and what was read is read again from what is written. */

#define CHALLENGES_MAX 65536 /* more than a field can hold */

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static bool same(const struct dw_challenge *a, const struct dw_challenge *b)
{
    if (!dw_span_equal(a->scheme, b->scheme) || !dw_span_equal(a->token68, b->token68) ||
        a->n_params != b->n_params) {
        return false;
    }
    for (size_t i = 0; i < a->n_params; i++) {
        if (!dw_span_equal(a->params[i].name, b->params[i].name) ||
            !dw_span_equal(a->params[i].value, b->params[i].value) ||
            a->params[i].quoted != b->params[i].quoted) {
            return false;
        }
    }
    return true;
}

/* Replaces the values by what they mean. */
static void unescape(struct dw_challenge *challenge, char *values, size_t size)
{
    for (size_t i = 0; i < challenge->n_params; i++) {
        struct dw_param *param = &challenge->params[i];
        size_t len;

        require(dw_param_unescape(param, values, size, &len) == 0);
        param->value = (struct dw_span){values, len};
        values += len;
        size -= len;
    }
}

static void check_written(const struct dw_challenge *challenge, bool writable)
{
    static char written[4 * DW_FIELD_MAX], values[DW_FIELD_MAX], values_again[DW_FIELD_MAX];
    struct dw_challenge plain = *challenge, again;
    struct dw_challenge_reader reader;
    size_t len;
    int error;

    unescape(&plain, values, sizeof(values));
    error = dw_challenge_write(&plain, written, sizeof(written), &len);
    require(error == 0 || (!writable && error == DW_ERR_SYNTAX));
    if (error != 0 || len > DW_FIELD_MAX) {
        return;
    }
    dw_challenge_reader_init(&reader, (struct dw_span){written, len}, false);
    require(dw_challenge_next(&reader, &again, NULL) == 0);
    unescape(&again, values_again, sizeof(values_again));
    require(same(&plain, &again));
    require(dw_challenge_next(&reader, &again, NULL) == DW_END);
}

/* Reads all; returns how it ended, and the first fault. */
static int read_all(struct dw_span field, bool lenient, struct dw_fault *first)
{
    struct dw_challenge_reader reader;
    struct dw_challenge challenge;
    size_t n = 0;
    int error;

    *first = (struct dw_fault){0, NULL};
    dw_challenge_reader_init(&reader, field, lenient);
    for (;;) {
        struct dw_fault fault = {0, NULL};

        error = dw_challenge_next(&reader, &challenge, &fault);
        if (first->what == NULL) {
            *first = fault;
        }
        if (error != 0) {
            return error;
        }
        require(++n < CHALLENGES_MAX);
        check_written(&challenge, !lenient);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dw_span field = {(const char *)data, size};
    struct dw_fault strict_fault, lenient_fault;
    const int strict = read_all(field, false, &strict_fault);
    const int lenient = read_all(field, true, &lenient_fault);

    if (strict == DW_END) {
        require(lenient == DW_END && lenient_fault.what == NULL);
    }
    if (strict == DW_ERR_SYNTAX) {
        require(lenient_fault.what != NULL || lenient == DW_ERR_SIZE);
        require(strict_fault.at <= size);
    }
    if (strict == DW_ERR_SYNTAX && lenient_fault.what != NULL) {
        require(strict_fault.at == lenient_fault.at);
        require(strcmp(strict_fault.what, lenient_fault.what) == 0);
    }
    return 0;
}
