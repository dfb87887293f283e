/* SPDX-License-Identifier: Apache-2.0 */
#include "sighting.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

#define URLS_MAX   CLI_OPERANDS_MAX
#define EVERY      60
#define EVERY_MOST 86400
#define CERT_DAYS  14

struct watch_settings {
    struct watch_request requests[URLS_MAX];
    size_t n_requests;
    int64_t every; /* seconds from one round to the next */
    bool once, json;
};

/* -- Telling ----------------------------------------------------------------------------------------- */

static void put_line(const struct watch_request *request, const struct sighting *was,
                     const struct sighting *now, int64_t at)
{
    char clock[CLI_DATE_SIZE];

    (void)printf("%s  ", cli_clock(at, at, clock));
    if (was != NULL && was->status != now->status) {
        (void)printf("%d -> ", was->status);
    }
    (void)printf("%d  ", now->status);
    cli_put_safe(stdout, dw_span_of(request->url));
    for (size_t i = 0; i < now->n_findings; i++) {
        (void)printf("  %s (", now->findings[i].id);
        cli_put_safe(stdout, dw_span_of(now->findings[i].what));
        (void)fputc(')', stdout);
    }
    (void)fputs(now->n_findings == 0 ? "  fine\n" : "\n", stdout);
}

static void put_sighting_json(const struct sighting *sighting)
{
    if (sighting == NULL) {
        (void)fputs("null", stdout);
        return;
    }
    (void)printf("{\"status\": %d, \"findings\": [", sighting->status);
    for (size_t i = 0; i < sighting->n_findings; i++) {
        (void)printf("%s{\"id\": \"%s\", \"what\": ", i > 0 ? ", " : "", sighting->findings[i].id);
        cli_put_json(stdout, dw_span_of(sighting->findings[i].what));
        (void)fputc('}', stdout);
    }
    (void)fputs("]}", stdout);
}

static void put_json(const struct watch_request *request, const struct sighting *was,
                     const struct sighting *now, int64_t at)
{
    char date[CLI_DATE_SIZE];

    (void)printf("{\"time\": \"%sZ\", \"url\": ", cli_utc(at, date));
    cli_put_json(stdout, dw_span_of(request->url));
    (void)printf(", \"fine\": %s, \"was\": ", now->n_findings == 0 ? "true" : "false");
    put_sighting_json(was);
    (void)fputs(", \"now\": ", stdout);
    put_sighting_json(now);
    (void)fputs("}\n", stdout);
}

/* -- Looking ------------------------------------------------------------------------------------------ */

/* Whether all is fine. Says only what has changed. */
static bool look_around(const struct watch_settings *settings, struct sighting *seen, bool first)
{
    bool fine = true;

    for (size_t i = 0; i < settings->n_requests; i++) {
        const struct watch_request *request = &settings->requests[i];
        const int64_t at = (int64_t)time(NULL);
        struct sighting now;
        watch_look(request, at, &now);
        fine = fine && now.n_findings == 0;
        if (first || watch_differs(&seen[i], &now)) {
            (settings->json ? put_json : put_line)(request, first ? NULL : &seen[i], &now, at);
            (void)fflush(stdout);
        }
        seen[i] = now;
    }
    return fine;
}

static int keep_looking(const struct watch_settings *settings)
{
    const struct timespec pause = {.tv_sec = settings->every};
    struct sighting *seen = calloc(URLS_MAX, sizeof(*seen));

    if (seen == NULL) {
        return cli_fail("out of memory");
    }
    bool fine = look_around(settings, seen, true);

    while (!settings->once && ferror(stdout) == 0) {
        (void)nanosleep(&pause, NULL);
        fine = look_around(settings, seen, false);
    }
    free(seen);
    return fine ? CLI_FINE : CLI_FAILED;
}

/* -- The command line --------------------------------------------------------------------------------- */

static bool read_field(const char *text, struct watch_request *request)
{
    const char *colon = strchr(text, ':');

    if (colon == NULL || colon == text) {
        return false;
    }
    const char *value = colon + 1 + strspn(colon + 1, " ");
    request->fields[0] =
        (struct capture_field){.name = {text, (size_t)(colon - text)}, .value = dw_span_of(value)};
    request->n_fields = 1;
    return true;
}

struct words {
    const char *every, *seconds, *field;
};

static int read_words(const struct cli_line *line, const struct words *words,
                      struct watch_settings *settings)
{
    int64_t seconds = 10;

    if (words->every != NULL && (!cli_read_duration(words->every, &settings->every) ||
                                 settings->every < 1 || settings->every > EVERY_MOST)) {
        (void)cli_fail("--every %s: it takes 1s to 1d", words->every);
        return CLI_USAGE;
    }
    if (words->seconds != NULL &&
        (!cli_read_duration(words->seconds, &seconds) || seconds < 1 || seconds > 600)) {
        (void)cli_fail("-m %s: it takes seconds, up to 600", words->seconds);
        return CLI_USAGE;
    }
    for (size_t i = 0; i < line->n_operands; i++) {
        struct watch_request *request = &settings->requests[settings->n_requests++];
        *request = (struct watch_request){
            .url = line->operands[i], .seconds = (unsigned)seconds, .cert_days = CERT_DAYS};
        if (words->field != NULL && !read_field(words->field, request)) {
            (void)cli_fail("-H %s: it takes \"Name: value\"", words->field);
            return CLI_USAGE;
        }
        if (strncmp(request->url, "http://", 7) != 0 && strncmp(request->url, "https://", 8) != 0) {
            (void)cli_fail("%s: it takes an http or https URL", request->url);
            return CLI_USAGE;
        }
    }
    return CLI_GO_ON;
}

int cli_watch(int argc, char **argv)
{
    static struct watch_settings settings = {.every = EVERY};
    struct words words = {NULL, NULL, NULL};
    const struct cli_option known[] = {{"every", 0, NULL, &words.every},
                                       {"header", 'H', NULL, &words.field},
                                       {"max-time", 'm', NULL, &words.seconds},
                                       {"once", 0, &settings.once, NULL},
                                       {"json", 0, &settings.json, NULL}};
    struct cli_line line = {
        .usage = "doorward watch URL... [--every TIME] [-H FIELD] [-m SECONDS] [--once] [--json]",
        .help =
            "Asks for each URL again and again, and says what has changed: soft 401s, missing or\n"
            "malformed challenges, a 401 that may be cached, sign-in loops, a certificate that\n"
            "is about to end, a clock that is off, nobody there. One line for each change.\n\n"
            "  --every TIME      from one round to the next; 60s\n"
            "  -H, --header F    send this field too, \"Authorization: Bearer ...\" for one: then\n"
            "                    a 401 itself is a finding\n"
            "  -m, --max-time S  how long one look may take; 10\n"
            "  --once            one round; leaves with 1 if anything is wrong\n"
            "  --json            one JSON object a line\n\n"
            "It goes on until it is interrupted.\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .min_operands = 1,
        .max_operands = URLS_MAX,
    };
    int status = cli_read(&line, argc, argv);

    if (status == CLI_GO_ON) {
        status = read_words(&line, &words, &settings);
    }
    return status != CLI_GO_ON ? status : keep_looking(&settings);
}
