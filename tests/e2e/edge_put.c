/* SPDX-License-Identifier: Apache-2.0 */

/* Writes to an edge what the daemon would: edge_put FOLDER keys ISSUER JWKS-FILE FRESH-FOR-SECONDS,
 * or edge_put FOLDER revoke ISSUER JTI. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edge.h"

static int put_keys(struct edge *edge, char **words, struct complaint *why)
{
    static char jwks[DW_JWKS_MAX];
    const int64_t now = time(NULL);
    FILE *file = fopen(words[1], "r");

    if (file == NULL) {
        return complain(why, "%s cannot be read", words[1]);
    }
    const size_t len = fread(jwks, 1, sizeof(jwks), file);
    fclose(file);
    const struct edge_keys keys = {
        .fetched = now, .fresh_until = now + strtol(words[2], NULL, 10), .jwks = {jwks, len}};
    return edge_put_keys(edge, dw_span_of(words[0]), &keys, why);
}

static int put_revoked(struct edge *edge, char **words, struct complaint *why)
{
    const struct edge_revocation revocation = {.kind = EDGE_JTI,
                                               .issuer = dw_span_of(words[0]),
                                               .value = dw_span_of(words[1]),
                                               .until = time(NULL) + 3600};

    return edge_put_revoked(edge, &revocation, why);
}

static int add_nothing(void *context, struct edge_filling *filling, struct complaint *why)
{
    (void)context, (void)filling, (void)why;
    return 0;
}

/* As the daemon does once the store's revocations are on it: a new edge counts from then on. */
static int finish(struct edge *edge, struct complaint *why)
{
    return edge_fill(edge, add_nothing, NULL, why);
}

int main(int argc, char **argv)
{
    struct edge *edge = NULL;
    struct complaint why = {"usage"};
    int error = -1;

    if (argc >= 5 && edge_open(argv[1], EDGE_WRITE, &edge, &why) == 0) {
        error = strcmp(argv[2], "revoke") == 0 ? put_revoked(edge, argv + 3, &why)
                                               : put_keys(edge, argv + 3, &why);
        error = error == 0 ? finish(edge, &why) : error;
        edge_close(edge);
    }
    if (error != 0) {
        fprintf(stderr, "%s\n", why.text);
    }
    return error == 0 ? 0 : 1;
}
