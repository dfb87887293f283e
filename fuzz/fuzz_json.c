/* SPDX-License-Identifier: Apache-2.0 */
#include "../tests/json_oracle.h"

/* Our reader and jansson take and refuse the same texts, and read the same in them. */

#define TEXT_MAX 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_node nodes[TEXT_MAX];
    struct json json;
    size_t fault = 0;
    char *text = malloc(size + 1);

    if (text == NULL || size == 0 || size > TEXT_MAX) {
        free(text);
        return 0;
    }
    memcpy(text + 1, data, size); /* to the end of the block, so that reading on is noticed */
    const enum json_error error = json_parse(text + 1, size, nodes, TEXT_MAX, &json, &fault);
    if (fault > size || !oracle_agrees((struct dw_span){(const char *)data, size}, error, &json)) {
        abort();
    }
    free(text);
    return 0;
}
