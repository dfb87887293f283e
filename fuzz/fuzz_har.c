/* SPDX-License-Identifier: Apache-2.0 */
#include "../tests/har_print.h"

/* A HAR is read the same however it comes in: at once, byte by byte, in pieces of a few. */

#define TEXT_MAX 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t PIECES[] = {1, 7};
    char *text = malloc(size + 1);
    char *whole;

    if (text == NULL || size == 0 || size > TEXT_MAX) {
        free(text);
        return 0;
    }
    memcpy(text + 1, data, size); /* to the end of the block, so that reading on is noticed */
    const struct dw_span span = {text + 1, size};

    whole = print_har(span, size);
    for (size_t i = 0; i < sizeof(PIECES) / sizeof(PIECES[0]); i++) {
        char *pieces = print_har(span, PIECES[i]);

        if (strcmp(whole, pieces) != 0) {
            fprintf(stderr, "%s\n-- but in pieces of %zu:\n%s\n", whole, PIECES[i], pieces);
            abort();
        }
        free(pieces);
    }
    free(whole);
    free(text);
    return 0;
}
