/* SPDX-License-Identifier: Apache-2.0 */
/* A server that guards itself: cc embed.c $(pkg-config --cflags --libs doorward) -o embed
 * and then: ./embed 8480 https://issuer.example https://api.example < keys.json */
#include <doorward.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char jwks[DW_JWKS_MAX], received[32768], body[DW_DENIAL_SIZE];
static struct dw_work work;

static bool read_request(int client, struct dw_request *request, struct dw_field *fields)
{
    const ssize_t len = read(client, received, sizeof(received) - 1);
    char *rest = received;
    received[len < 0 ? 0 : len] = '\0';
    request->method = dw_span_of(strsep(&rest, " "));
    request->target = dw_span_of(strsep(&rest, " "));
    strsep(&rest, "\n");
    for (request->n_fields = 0; rest != NULL && request->n_fields < 64; request->n_fields++) {
        char *line = strsep(&rest, "\n");
        line[strcspn(line, "\r")] = '\0';
        if (line[0] == '\0') {
            return true;
        }
        struct dw_field *field = &fields[request->n_fields];
        field->name = dw_span_of(strsep(&line, ":"));
        field->value = dw_span_of(line == NULL ? "" : line + strspn(line, " "));
    }
    return false;
}

static void serve(int client, const struct dw_policy *policy, const struct dw_answers *answers)
{
    struct dw_field fields[64];
    struct dw_request request = {.fields = fields, .now = time(NULL)};
    struct dw_decision decision;
    struct dw_denial denial;
    if (!read_request(client, &request, fields)) {
        return;
    }
    dw_decide(policy, answers, &request, &work, &decision);
    if (decision.verdict == DW_ALLOW) {
        dprintf(client, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nHello, %.*s.\n",
                (int)decision.subject.len, decision.subject.at);
    } else if (dw_denial_write(policy, &request, &decision, DW_SPAN("1"), body, sizeof(body),
                               &denial) == 0) {
        dprintf(client, "HTTP/1.1 %d Denied\r\nConnection: close\r\n", denial.status);
        for (size_t i = 0; i < denial.n_fields; i++) {
            const struct dw_field *field = &denial.fields[i];
            dprintf(client, "%.*s: %.*s\r\n", (int)field->name.len, field->name.at,
                    (int)field->value.len, field->value.at);
        }
        dprintf(client, "\r\n%.*s", (int)denial.body.len, denial.body.at);
    }
}

int main(int argc, char **argv)
{
    const uint16_t port = htons((uint16_t)(argc == 4 ? strtoul(argv[1], NULL, 10) : 0));
    struct sockaddr_in here = {AF_INET, port, {htonl(INADDR_LOOPBACK)}, {0}};
    struct dw_issuer_keys keys = {.fresh = true};
    const int door = socket(AF_INET, SOCK_STREAM, 0);
    const struct dw_span set = {jwks, fread(jwks, 1, sizeof(jwks), stdin)};
    if (argc != 4 || dw_keys_parse(set, false, &keys.keys) != 0 ||
        bind(door, (struct sockaddr *)&here, sizeof(here)) != 0 || listen(door, 16) != 0) {
        return fprintf(stderr, "usage: embed PORT ISSUER AUDIENCE < JWKS\n"), 1;
    }
    const char *const audience[] = {argv[3]};
    const struct dw_trust trust = {.issuer = argv[2], .audiences = {audience, 1}};
    const struct dw_policy policy = {.trust = &trust, .n_trust = 1, .leeway = DW_LEEWAY};
    const struct dw_answers answers = {.issuers = &keys};
    for (int client; (client = accept(door, NULL, NULL)) >= 0; close(client)) {
        serve(client, &policy, &answers);
    }
    return 0;
}
