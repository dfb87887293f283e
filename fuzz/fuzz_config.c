/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as doorward.yaml: a complaint, or a configuration that survives being written. */

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "document.h"
#include "write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t write_config(const struct config *config, char *buffer)
{
    struct text text;

    text_init(&text, buffer, DOCUMENT_MAX);
    config_text(config, &text);
    return text.overflow ? 0 : text.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char first[DOCUMENT_MAX], second[DOCUMENT_MAX];
    const struct dw_span text = {(const char *)data, size};
    struct config *config, *again;
    struct complaint why;
    size_t len;

    if (config_parse("/etc/doorward.yaml", text, NULL, &config, &why) != 0) {
        if (strlen(why.text) == 0) {
            abort();
        }
        return 0;
    }
    len = write_config(config, first);
    config_free(config);
    if (len == 0) {
        return 0;
    }
    if (config_parse("/", (struct dw_span){first, len}, NULL, &again, &why) != 0 ||
        write_config(again, second) != len || memcmp(first, second, len) != 0) {
        abort();
    }
    config_free(again);
    return 0;
}
