/* SPDX-License-Identifier: Apache-2.0 */
#include "example.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"
#include "issuer.h"
#include "listen.h"
#include "report.h"
#include "text.h"

#define CLIENT_NAME  "example"
#define CLIENT_SCOPE "read write"
#define ECHO_MAX     16384
#define BODY_MAX     65536

/* -- The API ----------------------------------------------------------------------------------- */

static void put_told(struct text *text, const struct http_request *request, const char *member,
                     const char *field)
{
    struct dw_span value = {NULL, 0};

    if (http_find_field(request, field, &value) > 0) {
        text_json_member(text, member, value);
    }
}

static enum http_answer answer(void *context, const struct http_request *request,
                               struct http_response *response)
{
    struct text text;

    text_init(&text, context, ECHO_MAX);
    text_char(&text, '{');
    put_told(&text, request, "subject", "Doorward-Subject");
    put_told(&text, request, "client", "Doorward-Client");
    put_told(&text, request, "scope", "Doorward-Scope");
    put_told(&text, request, "issuer", "Doorward-Issuer");
    put_told(&text, request, "scheme", "Doorward-Scheme");
    text_json_member(&text, "method", request->method);
    text_json_member(&text, "path", request->path);
    text_put(&text, "}\n");
    response->status = text.overflow ? 414 : 200;
    response->body = text.overflow ? (struct dw_span){NULL, 0} : text_span(&text);
    http_add_field(response, "Content-Type", DW_SPAN("application/json"));
    http_add_field(response, "Cache-Control", DW_SPAN("no-store"));
    return HTTP_ANSWERED;
}

int example_serve(const char *socket)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static char echo[ECHO_MAX];
    struct http_settings settings = {
        .is_socket = true, .body_max = BODY_MAX, .lock = &lock, .handle = answer, .context = echo};
    struct complaint why;
    struct http *http;
    sigset_t ends;
    int which;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (listen_unix(socket, &settings.listener, &why) != 0 ||
        http_start(&settings, &http, &why) != 0) {
        report("%s", why.text);
        return 1;
    }
    sigwait(&ends, &which);
    http_stop(http);
    return 0;
}

/* -- Its process ------------------------------------------------------------------------------- */

int example_init(struct example *example, const struct place *place, struct complaint *why)
{
    *example = (struct example){.minder = {.name = "the example API", .quit = SIGTERM}};
    const ssize_t len = readlink("/proc/self/exe", example->program, sizeof example->program - 1);
    if (len <= 0) {
        return complain(why, "cannot find our own program: %s", strerror(errno));
    }
    example->program[len] = '\0';
    example->arguments[0] = example->program;
    example->arguments[1] = "run";
    example->arguments[2] = "--serve-example";
    example->arguments[3] = place->example;
    example->minder.arguments = example->arguments;
    example->minder.mark = place->example;
    example->minder.pid_path = example->pid;
    return place_join(place->run, "example.pid", example->pid, why);
}

int example_start(struct example *example, int64_t now, struct complaint *why)
{
    return minder_adopt(&example->minder, now) ? 0 : minder_start(&example->minder, now, why);
}

/* -- Three commands to paste ------------------------------------------------------------------- */

static void print_commands(const struct config *config, const char *id, const char *secret)
{
    printf("Try it; paste one after the other:\n"
           "\n"
           "  curl -i http://%s/hello\n"
           "\n"
           "  TOKEN=$(curl -s -u '%s:%s' -d grant_type=client_credentials http://%s%stoken"
           " | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n"
           "\n"
           "  curl -i -H \"Authorization: Bearer $TOKEN\" http://%s/hello\n"
           "\n",
           config->listen, id, secret, config->listen, config->prefix, config->listen);
    fflush(stdout);
}

/* Only the secret's hash is kept, so each start needs a new one. */
int example_invite(struct store *store, const struct config *config, struct complaint *why)
{
    char secret[ISSUER_SECRET_SIZE];
    struct store_client client;

    if (store_client_remove(store, CLIENT_NAME, why) < 0) {
        return -1;
    }
    const int result =
        issuer_client_add(store, CLIENT_NAME, CLIENT_SCOPE, clock_utc(), &client, secret, why);
    if (result != 0) {
        return result < 0 ? -1 : complain(why, "another client is called %s already", CLIENT_NAME);
    }
    print_commands(config, client.id, secret);
    dw_secret_wipe(secret, sizeof secret);
    return 0;
}
