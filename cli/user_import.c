/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "file.h"

#define FILE_MAX ((size_t)64 * 1024 * 1024)

struct import {
    const char *config, *data, *scope;
    bool json;
    const char *file;
    size_t imported, refused;
};

/* Every line that cannot be taken is named, so that all can be mended at once; the others are taken. */
static void take_lines(const struct authority *authority, struct import *import,
                       struct dw_span rest)
{
    struct complaint why;

    for (size_t number = 1; rest.len > 0; number++) {
        const char *newline = memchr(rest.at, '\n', rest.len);
        const size_t len = newline != NULL ? (size_t)(newline - rest.at) + 1 : rest.len;

        switch (user_import(authority->store, (struct dw_span){rest.at, len}, import->scope,
                            authority->now, &why)) {
        case 0:
            import->imported++;
            break;
        case 1:
            break;
        default:
            (void)cli_fail("%s:%zu: %s", import->file, number, why.text);
            import->refused++;
        }
        rest = (struct dw_span){rest.at + len, rest.len - len};
    }
}

/* Some may have been there before, with other passwords: what the edge knows by any password goes. */
static int forget_all(struct authority *authority)
{
    static const uint8_t NONE[1] = {0};
    const int status = authority_forget(authority, DW_FACT_PASSWORD, NONE, 0);

    return status != CLI_FINE ? status : authority_forget(authority, DW_FACT_DIGEST, NONE, 0);
}

static int import_bytes(struct authority *authority, struct import *import, struct dw_span bytes)
{
    int status;

    take_lines(authority, import, bytes);
    status = forget_all(authority);
    if (import->json) {
        (void)printf("{\"imported\":%zu,\"refused\":%zu}\n", import->imported, import->refused);
    } else {
        (void)printf("%zu imported, %zu refused.\n", import->imported, import->refused);
    }
    return import->refused == 0 ? status : CLI_FAILED;
}

static int import_file(struct import *import)
{
    struct authority *authority;
    struct complaint why;
    char *bytes;
    size_t len;
    int status = authority_open(import->config, import->data, &authority);

    if (status != CLI_FINE) {
        return status;
    }
    if (file_read(import->file, FILE_MAX, &bytes, &len, &why) == 0) {
        status = import_bytes(authority, import, (struct dw_span){bytes, len});
        dw_secret_wipe(bytes, len);
        free(bytes);
    } else {
        (void)cli_fail("%s", why.text);
        status = CLI_INPUT;
    }
    authority_close(authority);
    return status;
}

int cli_user_import(int argc, char **argv)
{
    struct import import = {.json = false};
    const struct cli_option known[] = {{"config", 'c', NULL, &import.config},
                                       {"data", 0, NULL, &import.data},
                                       {"json", 0, &import.json, NULL},
                                       {"scope", 0, NULL, &import.scope}};
    struct cli_line line = {
        .usage =
            "doorward user import FILE [--scope \"SCOPE ...\"] [-c FILE] [--data DIR] [--json]",
        .help = "Takes over the users of a file as htpasswd writes it: lines of NAME:HASH.\n"
                "Taken are bcrypt ($2y$), SHA-crypt ($5$, $6$), $apr1$ and $argon2id$; lines with\n"
                "other hashes, or none, are named and left out.\n\n"
                "  --scope S          what each of them may do: words separated by spaces\n"
                "  -c, --config FILE  doorward.yaml; default: what the daemon runs with\n"
                "  --data DIR         the data folder; default $DOORWARD_DATA, else var\n"
                "  --json             print JSON\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .min_operands = 1,
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    import.file = line.operands[0];
    return import_file(&import);
}
