/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

/* The three clocks: the server's Date, the client's when it asked, and the token's issuer's, who wrote
 * iat. Two that agree outvote the third. */

#define ALIKE   60          /* seconds that clocks may differ: answers take time */
#define WRONG   300         /* from there on a clock is wrong */
#define STRANGE (36 * 3600) /* such a difference is more likely a capture that was edited */
#define SLIGHT  5
#define FRESH   3600 /* a token is as a rule asked for shortly before it is used */

static bool is_alike(int64_t a, int64_t b)
{
    return a - b <= ALIKE && b - a <= ALIKE;
}

/* The answer's Date is of when it was made, later than the request by what that took. */
int64_t clocks_apart(const struct scene *scene)
{
    const int64_t took =
        scene->it != NULL && scene->it->took_ms > 0 ? scene->it->took_ms / 1000 : 0;

    if (scene->clocks.server == 0 || scene->clocks.capture == 0 ||
        is_alike(scene->clocks.server, scene->clocks.capture + took)) {
        return 0;
    }
    return scene->clocks.server - scene->clocks.capture - took;
}

static bool is_between(const struct token_time *time, int64_t a, int64_t b)
{
    const int64_t low = a < b ? a : b;
    const int64_t high = a < b ? b : a;
    int64_t at;

    return time_at(time, &at) && at > low + SLIGHT && at <= high;
}

bool clocks_disagree(const struct scene *scene)
{
    const struct token_view *token = &scene->token;
    const int64_t server = scene->clocks.server;
    const int64_t client = scene->clocks.capture;

    if (clocks_apart(scene) == 0) {
        return false;
    }
    return is_between(&token->exp, server, client) || is_between(&token->nbf, server, client) ||
           is_between(&token->iat, server, client);
}

static void say_clocks(const struct scene *scene, struct diagnosis *diagnosis,
                       struct finding *finding)
{
    finding_say(diagnosis, finding, "clock", answer_place(scene),
                "the server's Date %s, the client's clock %s",
                instant(diagnosis->arena, scene->clocks.server),
                instant(diagnosis->arena, scene->clocks.capture));
}

/* -- The token between two clocks ------------------------------------------------------------------- */

static void look_skew(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const int64_t apart_by = clocks_apart(scene);
    const bool is_strange = apart_by > STRANGE || apart_by < -STRANGE;
    struct finding *finding;

    if (!clocks_disagree(scene)) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, "token.expired token.not_yet_valid token.iat_future",
                      is_strange ? (struct weight){70, 75, 50} : (struct weight){93, 97, 74});
    say_clocks(scene, diagnosis, finding);
    finding_say(diagnosis, finding, "clock", answer_place(scene),
                "they are %s apart; by one the token is valid, by the other it is not",
                apart(diagnosis->arena, apart_by, 0));
    point_token(scene, diagnosis, finding, 0, 0, "valid by one clock only");
}

/* An answer that came before, as the token's own did, and is dated as the token is: then two clocks
 * agree, and the server that refuses it is behind both. */
static const struct exchange *dated_as(const struct scene *scene, int64_t iat)
{
    for (size_t i = 0; i < scene->index; i++) {
        const struct exchange *other = scene->capture->exchanges[i];

        if (!other->from_cache && message_value(&other->response, "Age").at == NULL &&
            is_alike(date_read(message_value(&other->response, "Date")), iat)) {
            return other;
        }
    }
    return NULL;
}

/* No clock of the client's is known: the issuer's is, from iat. */
static void look_issuer_ahead(const struct scene *scene, struct diagnosis *diagnosis,
                              const char *cause)
{
    const struct exchange *agrees;
    struct finding *finding;
    int64_t iat;

    if (scene->clocks.server == 0 || scene->clocks.capture != 0 ||
        !time_at(&scene->token.iat, &iat) || iat <= scene->clocks.server + ALIKE) {
        return;
    }
    agrees = dated_as(scene, iat);
    finding = diagnosis_suspect(diagnosis, cause, agrees != NULL ? 93 : 65);
    finding_say(diagnosis, finding, "clock", answer_place(scene),
                "iat %s is after the server's Date %s: one of both clocks is wrong",
                instant(diagnosis->arena, iat), instant(diagnosis->arena, scene->clocks.server));
    if (agrees != NULL) {
        finding_say(diagnosis, finding, "clock", agrees->response.place,
                    "the Date of an answer before agrees with iat");
    }
}

/* -- Whose clock is wrong --------------------------------------------------------------------------- */

struct votes {
    unsigned for_client; /* other servers whose Date agrees with the client's clock */
    unsigned for_server; /* and who differ from it as this one does */
};

static struct votes count_votes(const struct scene *scene, int64_t apart_by)
{
    struct votes votes = {0, 0};

    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];
        const int64_t date = date_read(message_value(&other->response, "Date"));
        const bool is_same = dw_span_equal_nocase(url_host(other->url), url_host(scene->it->url));

        if (date == 0 || other->started == 0 || is_same || other->from_cache ||
            message_value(&other->response, "Age").at != NULL) {
            continue;
        }
        if (is_alike(date, other->started)) {
            votes.for_client++;
        } else if (is_alike(date - other->started, apart_by)) {
            votes.for_server++;
        }
    }
    return votes;
}

static struct votes ask_issuer(const struct scene *scene)
{
    const int64_t client = scene->clocks.capture;
    const int64_t server = scene->clocks.server;
    int64_t iat;

    if (!time_at(&scene->token.iat, &iat)) {
        return (struct votes){0, 0};
    }
    return (struct votes){iat <= client + ALIKE && iat > server + ALIKE && client - iat < FRESH,
                          iat <= server + ALIKE && iat > client + ALIKE && server - iat < FRESH};
}

static void say_votes(const struct scene *scene, struct diagnosis *diagnosis,
                      struct finding *finding, struct votes hosts, struct votes issuer)
{
    say_clocks(scene, diagnosis, finding);
    if (hosts.for_client + hosts.for_server > 0) {
        finding_say(diagnosis, finding, "clock", answer_place(scene),
                    "of other servers %u agree with the client, %u with this server",
                    hosts.for_client, hosts.for_server);
    }
    if (issuer.for_client + issuer.for_server > 0) {
        finding_say(diagnosis, finding, "clock", token_place(scene),
                    "the token's iat agrees with the %s's clock",
                    issuer.for_client > 0 ? "client" : "server");
    }
}

static void look_whose(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const int64_t apart_by = clocks_apart(scene);
    struct votes hosts, issuer;
    int for_client, for_server, most;

    if ((apart_by < WRONG && apart_by > -WRONG) || scene->it->from_cache) {
        return;
    }
    hosts = count_votes(scene, apart_by);
    issuer = ask_issuer(scene);
    most = clocks_disagree(scene) ? 92 : 60;
    for_client = hosts.for_client > hosts.for_server ? most : 45;
    for_server = hosts.for_server > hosts.for_client ? most : 45;
    if (hosts.for_client == hosts.for_server) {
        for_client = issuer.for_client > 0 ? most - 17 : for_client;
        for_server = issuer.for_server > 0 ? most - 17 : for_server;
    }
    if (for_client >= for_server) {
        say_votes(scene, diagnosis, diagnosis_suspect(diagnosis, cause, for_client), hosts, issuer);
    }
    if (for_server >= for_client) {
        say_votes(scene, diagnosis, diagnosis_suspect(diagnosis, "browser.clock", for_server),
                  hosts, issuer);
    }
}

/* -- The visitor's clock, where TLS has failed for it ------------------------------------------------ */

static void look_certificate_date(const struct scene *scene, struct diagnosis *diagnosis,
                                  const char *cause)
{
    static const char EARLY[] =
        "certificate is not yet valid|CERT_NOT_YET_VALID|not yet valid certificate|"
        "MOZILLA_PKIX_ERROR_NOT_YET_VALID";
    static const char EITHER[] =
        "ERR_CERT_DATE_INVALID|clock is ahead|clock is behind|clock is wrong|"
        "SEC_ERROR_OCSP_FUTURE|clock skew";

    for (size_t i = 0; scene->it != NULL && i < scene->it->n_notes; i++) {
        const struct dw_span note = scene->it->notes[i];
        const bool is_early = found_of(note, EARLY).at != NULL;

        if (is_early || found_of(note, EITHER).at != NULL) {
            struct finding *finding = diagnosis_suspect(diagnosis, cause, is_early ? 88 : 72);

            finding_say(diagnosis, finding, "client", scene->it->place, "%.*s", BRIEF(note));
        }
    }
}

void clock_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"token.clock_skew", look_skew},
        {"token.clock_skew", look_issuer_ahead},
        {"server.clock_wrong", look_whose},
        {"browser.clock", look_certificate_date},
    };

    if (scene->it != NULL) {
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    }
}
