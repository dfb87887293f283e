/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#define LEEWAY      60           /* seconds that servers forgive, or not */
#define MILLIS_FROM 100000000000 /* as seconds that would be the year 5138 */
#define DATES_FROM  100000000    /* before 1973 there was no token: it is a duration */
#define TINY        60           /* a lifetime in seconds that a slow request can outlast */
#define TINY_LATE   600

bool time_at(const struct token_time *time, int64_t *at)
{
    if ((time->type != TIME_NUMBER && time->type != TIME_FRACTION) || time->at < DATES_FROM ||
        time->at >= MILLIS_FROM) {
        return false;
    }
    *at = time->at;
    return true;
}

/* -- Which clock judges ------------------------------------------------------------------------------ */

/* A date before it is as good as by the server's clock only where the server's is known: a capture may be
 * looked at long after it was made. */
static struct weight judge_past(const struct scene *scene, int64_t late)
{
    if (scene->it == NULL) {
        return (struct weight){92, 92, 92};
    }
    if (scene->clocks.server != 0) {
        return late > LEEWAY ? (struct weight){97, 99, 70} : (struct weight){85, 99, 60};
    }
    if (scene->clocks.capture != 0) {
        return late > LEEWAY ? (struct weight){90, 97, 65} : (struct weight){80, 97, 55};
    }
    return (struct weight){78, 97, 50};
}

/* What lies ahead of this machine's clock lay ahead of an earlier one too. */
static struct weight judge_future(const struct scene *scene, int64_t early)
{
    if (scene->it == NULL) {
        return (struct weight){90, 90, 90};
    }
    return early > LEEWAY ? (struct weight){95, 99, 70} : (struct weight){80, 99, 60};
}

/* Where the clocks differ so that only one of them has the token valid, that is the finding. */
static struct weight yield_to_clocks(const struct scene *scene, struct weight weight)
{
    if (!clocks_disagree(scene)) {
        return weight;
    }
    return (struct weight){weight.alone < 85 ? weight.alone : 85, 93, weight.otherwise};
}

static const char *whose(const struct scene *scene)
{
    return scene->clocks.judged_by != NULL ? scene->clocks.judged_by : "the clock";
}

static void say_time(const struct scene *scene, struct diagnosis *diagnosis,
                     struct finding *finding, const char *name, int64_t at)
{
    finding_say(diagnosis, finding, "token", token_place(scene), "%s %s, %s %s", name,
                instant(diagnosis->arena, at), whose(scene),
                instant(diagnosis->arena, scene->clocks.judged));
}

static bool is_fleeting(const struct scene *scene, int64_t *life)
{
    int64_t exp, iat;

    if (!time_at(&scene->token.exp, &exp) ||
        (!time_at(&scene->token.iat, &iat) && !time_at(&scene->token.nbf, &iat))) {
        return false;
    }
    *life = exp - iat;
    return *life < TINY;
}

/* -- exp -------------------------------------------------------------------------------------------- */

static const char *tell_end(const struct scene *scene, struct diagnosis *diagnosis, int64_t exp)
{
    const char *span = apart(diagnosis->arena, scene->clocks.judged, exp);

    if (scene->it == NULL) {
        return arena_print(diagnosis->arena, "ended %s ago", span);
    }
    if (scene->clocks.server != 0) {
        return arena_print(diagnosis->arena, "ended %s before the server answered", span);
    }
    return arena_print(diagnosis->arena, "ended %s ago by %s", span, whose(scene));
}

static void say_life(const struct scene *scene, struct diagnosis *diagnosis,
                     struct finding *finding, int64_t exp)
{
    int64_t iat;

    if (time_at(&scene->token.iat, &iat) && iat < exp) {
        finding_say(diagnosis, finding, "token", token_place(scene), "it lived %s (iat %s)",
                    apart(diagnosis->arena, exp, iat), instant(diagnosis->arena, iat));
    }
    if (scene->clocks.server != 0 && scene->clocks.capture != 0 && clocks_apart(scene) == 0) {
        finding_say(diagnosis, finding, "clock", answer_place(scene),
                    "the server's clock and the client's agree within a minute");
    }
}

static void look_expired(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct weight weight;
    struct finding *finding;
    int64_t exp, life;

    if (!time_at(&scene->token.exp, &exp) || scene->clocks.judged < exp) {
        return;
    }
    weight = yield_to_clocks(scene, judge_past(scene, scene->clocks.judged - exp));
    if (is_fleeting(scene, &life) && scene->clocks.judged - exp < TINY_LATE) {
        weight = (struct weight){weight.alone < 90 ? weight.alone : 90, 95, weight.otherwise};
    }
    finding = suspect(scene, diagnosis, cause, NULL, weight);
    say_time(scene, diagnosis, finding, "exp", exp);
    say_life(scene, diagnosis, finding, exp);
    if (scene->clocks.judged - exp <= LEEWAY) {
        finding_say(diagnosis, finding, "clock", answer_place(scene),
                    "within the %d s of leeway many servers allow", LEEWAY);
    }
    point_token(scene, diagnosis, finding, 0, 0, tell_end(scene, diagnosis, exp));
}

/* The server says expired, and by its own Date the token is not: its application's clock is another. */
static void look_alive(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;
    int confidence;
    int64_t exp;

    if (!time_at(&scene->token.exp, &exp) || scene->clocks.judged >= exp ||
        (scene->clocks.server == 0 && scene->clocks.capture == 0) ||
        !is_named(scene, diagnosis, "token.expired", NULL)) {
        return;
    }
    /* "Not active" may as well be revoked, or unknown there. */
    confidence = scene_says(scene, "expir") ? 75 : POSSIBLE;
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    say_time(scene, diagnosis, finding, "exp", exp);
    say_answer(scene, diagnosis, finding);
    finding = diagnosis_suspect(diagnosis, "token.expired", confidence - 5);
    finding->against = arena_print(diagnosis->arena, "exp %s is after %s",
                                   instant(diagnosis->arena, exp), whose(scene));
}

static void look_max_age(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;
    int64_t exp, iat;

    if (!is_named(scene, diagnosis, cause, NULL)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 92);
    say_answer(scene, diagnosis, finding);
    if (time_at(&scene->token.exp, &exp) && scene->clocks.judged < exp) {
        finding->confidence = CERTAIN;
        say_time(scene, diagnosis, finding, "exp", exp);
    }
    if (time_at(&scene->token.iat, &iat)) {
        say_time(scene, diagnosis, finding, "iat", iat);
    }
}

static void rule_out_expired(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    int64_t exp;

    if (time_at(&scene->token.exp, &exp) && scene->clocks.judged < exp) {
        diagnosis_rule_out(diagnosis, cause, "exp %s is after %s %s",
                           instant(diagnosis->arena, exp), whose(scene),
                           instant(diagnosis->arena, scene->clocks.judged));
    }
}

/* Dead before it could be used: that is the issuer's doing, not the caller's delay. */
static void look_fleeting(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;
    int64_t exp, life;

    if (!is_fleeting(scene, &life) || !time_at(&scene->token.exp, &exp) ||
        scene->clocks.judged < exp || scene->clocks.judged - exp >= TINY_LATE) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, "token.expired",
                      (struct weight){scene->clocks.server != 0 ? 97 : 88, 99, 60});
    finding_say(diagnosis, finding, "token", token_place(scene), "exp - iat is %lld s",
                (long long)life);
    say_time(scene, diagnosis, finding, "exp", exp);
    point_token(scene, diagnosis, finding, 0, 0,
                arena_print(diagnosis->arena, "was to live %lld s", (long long)life));
}

static void look_endless(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;

    if (!is_jwt(scene) || scene->token.exp.type != TIME_ABSENT) {
        return;
    }
    finding =
        suspect(scene, diagnosis, cause, NULL,
                (struct weight){is_refused(scene) || is_token_alone(scene) ? 70 : 45, 97, 40});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "there is no exp among its claims");
    point_token(scene, diagnosis, finding, 0, 0, "never ends: no exp");
}

/* -- nbf and iat ------------------------------------------------------------------------------------ */

static void look_early(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const int64_t now = scene->clocks.judged;
    struct weight weight;
    struct finding *finding;
    int64_t nbf, iat;

    if (!time_at(&scene->token.nbf, &nbf) || nbf <= now) {
        return;
    }
    weight = yield_to_clocks(scene, judge_future(scene, nbf - now));
    /* nbf is as a rule iat: then a server that names iat has looked there first. */
    if (time_at(&scene->token.iat, &iat) && iat > now &&
        is_named(scene, diagnosis, "token.iat_future", NULL)) {
        weight = (struct weight){85, 90, 85};
    }
    finding = suspect(scene, diagnosis, cause, NULL, weight);
    say_time(scene, diagnosis, finding, "nbf", nbf);
    point_token(scene, diagnosis, finding, 0, 0,
                arena_print(diagnosis->arena, "begins %s after %s",
                            apart(diagnosis->arena, nbf, now), whose(scene)));
}

static void look_issued(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const int64_t now = scene->clocks.judged;
    struct weight weight = {80, 98, 55};
    struct finding *finding;
    int64_t iat, nbf;

    if (!time_at(&scene->token.iat, &iat) || iat <= now) {
        return;
    }
    if (iat - now > LEEWAY) {
        weight = (struct weight){88, 98, 60};
    }
    if (time_at(&scene->token.nbf, &nbf) && nbf > now) {
        weight = (struct weight){70, 98, 60};
    }
    finding = suspect(scene, diagnosis, cause, NULL, yield_to_clocks(scene, weight));
    say_time(scene, diagnosis, finding, "iat", iat);
    point_token(scene, diagnosis, finding, 0, 0,
                arena_print(diagnosis->arena, "issued %s after %s",
                            apart(diagnosis->arena, iat, now), whose(scene)));
}

static void rule_out_early(const struct scene *scene, struct diagnosis *diagnosis,
                           const char *cause)
{
    int64_t nbf;

    if (time_at(&scene->token.nbf, &nbf) && nbf <= scene->clocks.judged) {
        diagnosis_rule_out(diagnosis, cause, "nbf %s is before %s", instant(diagnosis->arena, nbf),
                           whose(scene));
    }
}

/* -- What kind of number they are ------------------------------------------------------------------- */

static const char *name_unit(int64_t at)
{
    if (at >= MILLIS_FROM * 1000000) {
        return "nanoseconds";
    }
    return at >= MILLIS_FROM * 1000 ? "microseconds" : "milliseconds";
}

static void look_millis(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    const struct {
        const char *name;
        const struct token_time *time;
    } TIMES[] = {{"exp", &token->exp}, {"nbf", &token->nbf}, {"iat", &token->iat}};

    for (size_t i = 0; i < COUNT_OF_ROWS(TIMES); i++) {
        const int64_t at = TIMES[i].time->at;
        struct finding *finding;

        if ((TIMES[i].time->type != TIME_NUMBER && TIMES[i].time->type != TIME_FRACTION) ||
            at < MILLIS_FROM) {
            continue;
        }
        finding = suspect(scene, diagnosis, cause,
                          "token.exp_type token.expired token.not_yet_valid token.iat_future",
                          (struct weight){98, 99, 75});
        finding_say(diagnosis, finding, "token", token_place(scene), "%s is %lld: that is %s",
                    TIMES[i].name, (long long)at, name_unit(at));
        point_token(scene, diagnosis, finding, 0, 0,
                    arena_print(diagnosis->arena, "%s counts %s, not seconds", TIMES[i].name,
                                name_unit(at)));
    }
}

/* What is wrong with it; NULL: nothing. A fraction is allowed (RFC 7519 s2), and refused by many. */
static const char *fault_of(const struct token_time *time)
{
    switch (time->type) {
    case TIME_TEXT:
        return "a string";
    case TIME_OTHER:
        return "no number";
    case TIME_FRACTION:
        return "a fraction";
    case TIME_NUMBER:
        if (time->at < 0) {
            return "negative";
        }
        return time->at < DATES_FROM ? "a duration, not a date" : NULL;
    case TIME_ABSENT:
    default:
        return NULL;
    }
}

static void look_type(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct {
        const char *name;
        const struct token_time *time;
    } TIMES[] = {
        {"exp", &scene->token.exp}, {"nbf", &scene->token.nbf}, {"iat", &scene->token.iat}};

    for (size_t i = 0; i < COUNT_OF_ROWS(TIMES); i++) {
        const char *fault = fault_of(TIMES[i].time);
        const bool is_fraction = TIMES[i].time->type == TIME_FRACTION;
        struct finding *finding;

        /* nbf 0 holds always, and some issuers write it. */
        if (fault == NULL ||
            (i > 0 && TIMES[i].time->type == TIME_NUMBER && TIMES[i].time->at >= 0) ||
            (is_fraction && !is_named(scene, diagnosis, cause, NULL))) {
            continue;
        }
        finding = suspect(scene, diagnosis, cause, "token.expired token.bad_json",
                          i == 0 ? (struct weight){98, 99, 75} : (struct weight){93, 98, 70});
        finding_say(diagnosis, finding, "token", token_place(scene),
                    "%s is %s; NumericDate is a number of seconds", TIMES[i].name, fault);
        point_token(scene, diagnosis, finding, 0, 0,
                    arena_print(diagnosis->arena, "%s is %s", TIMES[i].name, fault));
    }
}

void rules_time(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"token.exp_millis", look_millis},       {"token.exp_type", look_type},
        {"token.expired", look_expired},         {"token.lifetime_tiny", look_fleeting},
        {"token.not_yet_valid", look_early},     {"token.iat_future", look_issued},
        {"token.exp_missing", look_endless},     {"token.clock_skew", look_alive},
        {"token.max_age", look_max_age},         {"token.expired", rule_out_expired},
        {"token.not_yet_valid", rule_out_early},
    };

    if (is_jwt(scene)) {
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    }
    clock_look(scene, diagnosis);
}
