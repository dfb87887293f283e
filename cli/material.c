/* SPDX-License-Identifier: Apache-2.0 */
#include "material.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "transfer.h"

#define TOTAL_MS 10000

static bool is_url(const char *where)
{
    return strncmp(where, "https://", 8) == 0 || strncmp(where, "http://", 7) == 0;
}

static int fetch(const char *url, size_t most, char *text, size_t *len)
{
    struct transfer transfer = {.handle = curl_easy_init(), .bytes = text, .size = most};
    const char *wrong = "out of memory";

    if (transfer.handle != NULL) {
        wrong = transfer_init(&transfer, url, TOTAL_MS, NULL);
    }
    const CURLcode done = wrong == NULL ? curl_easy_perform(transfer.handle) : CURLE_OK;
    if (wrong != NULL) {
        (void)cli_fail("%s: %s", url, wrong);
    } else if (transfer.overflow) {
        (void)cli_fail("%s: its answer is longer than %zu bytes", url, most);
    } else if (done != CURLE_OK) {
        (void)cli_fail("%s: %s", url, curl_easy_strerror(done));
    } else if (transfer_status(&transfer) != 200) {
        (void)cli_fail("%s answers %ld, not 200", url, transfer_status(&transfer));
    } else {
        *len = transfer.len;
        curl_easy_cleanup(transfer.handle);
        return CLI_FINE;
    }
    curl_easy_cleanup(transfer.handle);
    return CLI_INPUT;
}

static int read_file(const char *name, size_t most, char *text, size_t *len)
{
    FILE *file = fopen(name, "re");

    if (file == NULL) {
        (void)cli_fail("%s: %s", name, strerror(errno));
        return CLI_INPUT;
    }
    const size_t n = fread(text, 1, most, file);
    const bool failed = ferror(file) != 0;
    const bool longer = n == most && fgetc(file) != EOF;
    (void)fclose(file);
    if (failed || longer) {
        (void)cli_fail("%s: %s", name, failed ? "cannot be read" : "is too long");
        return CLI_INPUT;
    }
    *len = n;
    return CLI_FINE;
}

int material_read(const char *where, size_t most, char **text, size_t *len)
{
    char *made = malloc(most + 1);
    size_t n = 0;

    if (made == NULL) {
        return cli_fail("out of memory");
    }
    const int status =
        is_url(where) ? fetch(where, most, made, &n) : read_file(where, most, made, &n);
    if (status != CLI_FINE) {
        material_free(made, n);
        return status;
    }
    *text = made;
    *len = n;
    return CLI_FINE;
}

void material_free(char *text, size_t len)
{
    dw_secret_wipe(text, len);
    free(text);
}
