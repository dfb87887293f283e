/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

/* Who made the token, by its iss (RFC 7519 s4.1.1), against whom the server trusts: where that is known
 * from its words or its challenge, and else against the host that was asked. */

#define KEYS_KIN \
    "token.wrong_iss token.signature_invalid token.kid_unknown token.wrong_aud token.iss_format"

static void say_issuer(const struct scene *scene, struct diagnosis *diagnosis,
                       struct finding *finding, const char *than, struct dw_span other)
{
    const struct dw_span iss = scene->token.iss;

    finding_say(diagnosis, finding, "token", token_place(scene), "iss \"%.*s\", %s \"%.*s\"",
                BRIEF(iss), than, BRIEF(other));
}

/* -- Issuers with two names: Entra ID's v1 and v2 ----------------------------------------------------- */

static bool is_guid_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') || c == '-';
}

/* The tenant in a URL of Microsoft's; absent: none. */
static struct dw_span tenant_of(struct dw_span url)
{
    size_t len = 0;

    for (size_t i = 0; i < url.len; i++) {
        len = is_guid_char(url.at[i]) ? len + 1 : 0;
        if (len == 36 && (i + 1 == url.len || !is_guid_char(url.at[i + 1])) &&
            url.at[i - 12] == '-') {
            return (struct dw_span){url.at + i - 35, 36};
        }
    }
    return NOTHING;
}

static bool is_entra(struct dw_span url)
{
    return found_of(url,
                    "sts.windows.net|login.microsoftonline.|login.windows.net|login.microsoft.com")
               .at != NULL;
}

static bool is_same_tenant(struct dw_span a, struct dw_span b)
{
    return is_entra(a) && is_entra(b) && tenant_of(a).at != NULL &&
           dw_span_equal_nocase(tenant_of(a), tenant_of(b));
}

/* -- Against whom the server expects ------------------------------------------------------------------ */

/* An address of the issuer's that a challenge names. */
static struct dw_span read_challenge(const struct scene *scene)
{
    static const char *const NAMES[] = {"issuer", "iss", "authorization_uri", "as_uri",
                                        "authorization"};

    for (size_t i = 0; i < scene->n_challenges; i++) {
        for (size_t k = 0; k < COUNT_OF_ROWS(NAMES); k++) {
            const struct dw_span value = scene_param(&scene->challenges[i], NAMES[k]);

            if (value.len > 0) {
                return value;
            }
        }
    }
    return NOTHING;
}

static bool is_same_path(struct dw_span a, struct dw_span b)
{
    const struct dw_span path = url_path(a);

    return path.len > 1 && dw_span_equal(path, url_path(b));
}

enum likeness issuers_compare(struct dw_span a, struct dw_span b)
{
    const enum likeness likeness = names_compare(a, b);

    return likeness == NAMES_DIFFER && is_same_tenant(a, b) ? NAMES_ALIKE : likeness;
}

bool issuers_are_local_kin(struct dw_span a, struct dw_span b)
{
    return (is_local_host(name_host(a)) || is_local_host(name_host(b))) && is_same_path(a, b);
}

static void look_said(const struct scene *scene, struct diagnosis *diagnosis,
                      struct dw_span expected)
{
    const struct dw_span iss = scene->token.iss;
    const enum likeness likeness = issuers_compare(iss, expected);
    struct finding *finding;

    if (likeness == NAMES_SAME) {
        diagnosis_rule_out(diagnosis, "token.wrong_iss", "iss is the one expected");
        return;
    }
    if (likeness == NAMES_ALIKE) {
        finding =
            suspect(scene, diagnosis, "token.iss_format", KEYS_KIN, (struct weight){97, 99, 74});
    } else if (issuers_are_local_kin(iss, expected)) {
        finding = suspect(scene, diagnosis, "token.iss_docker_localhost", KEYS_KIN,
                          (struct weight){97, 99, 74});
    } else {
        finding = suspect(scene, diagnosis, "token.wrong_iss", "token.iss_format",
                          (struct weight){97, 98, 74});
    }
    say_issuer(scene, diagnosis, finding, "the server expects", expected);
    point_token(scene, diagnosis, finding, 0, 0, "its iss is not the one expected");
}

static void look_challenged(const struct scene *scene, struct diagnosis *diagnosis,
                            struct dw_span address)
{
    const struct dw_span iss = scene->token.iss;
    const struct dw_span host = name_host(address);
    struct finding *finding;

    if (is_entra(iss) && is_entra(address)) {
        if (tenant_of(address).at == NULL || is_same_tenant(iss, address)) {
            return;
        }
    } else if (host.len == 0 || is_same_site(host, name_host(iss))) {
        return;
    }
    finding = suspect(scene, diagnosis, "token.wrong_iss", KEYS_KIN, (struct weight){85, 98, 65});
    say_issuer(scene, diagnosis, finding, "the challenge names", address);
    point_token(scene, diagnosis, finding, 0, 0, "from another issuer than the challenge names");
}

static void look_expected(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span said = expected_value(scene, "iss");
    const struct dw_span challenged = read_challenge(scene);
    struct finding *finding;

    if (scene->it == NULL || scene->token.iss.len == 0) {
        return;
    }
    if (said.at != NULL && is_named(scene, diagnosis, cause, NULL)) {
        look_said(scene, diagnosis, said);
    } else if (challenged.at != NULL) {
        look_challenged(scene, diagnosis, challenged);
    } else if (is_named(scene, diagnosis, cause, NULL)) {
        finding = diagnosis_suspect(diagnosis, cause, 92);
        say_answer(scene, diagnosis, finding);
        finding_say(diagnosis, finding, "token", token_place(scene), "iss \"%.*s\"",
                    BRIEF(scene->token.iss));
        point_token(scene, diagnosis, finding, 0, 0, "from an issuer the server does not trust");
    }
}

/* -- Names only one side knows -------------------------------------------------------------------------- */

static void look_local(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span host = name_host(scene->token.iss);
    const bool asked_local = is_local_host(scene->host);
    struct finding *finding;
    struct weight weight = {asked_local ? 72 : 84, 97, 60};

    if (scene->it == NULL || !span_has(scene->token.iss, "://") || !is_local_host(host)) {
        return;
    }
    if (dw_span_equal_nocase(host, scene->host)) {
        weight = (struct weight){0, 93, 0};
    }
    if (!is_refused(scene) ||
        (weight.alone == 0 && !is_named(scene, diagnosis, cause, "token.wrong_iss"))) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, KEYS_KIN, weight);
    say_issuer(scene, diagnosis, finding, "the host asked is", scene->host);
    finding_say(diagnosis, finding, "token", token_place(scene),
                "%.*s means another place inside a container than outside", BRIEF(host));
    point_token(scene, diagnosis, finding, 0, 0, "its iss is a name only one machine knows");
}

/* What shops of identity call their customers says nothing: dev-12345.okta.com is in production, too. */
static bool is_shop(struct dw_span host)
{
    return found_of(host,
                    ".auth0.com|.okta.com|.oktapreview.com|amazoncognito|cognito-idp|.b2clogin.com|"
                    "microsoftonline|.firebaseapp.com|securetoken.google|.onelogin.com|.stytch.com")
               .at != NULL;
}

/* Whether the two are of one house, or say clearly which house is which. */
static struct weight weigh_env(struct dw_span name, struct dw_span host, enum name_env one,
                               enum name_env other)
{
    const bool is_same = is_same_site(name_host(name), host);

    if (is_shop(name_host(name))) {
        return (struct weight){40, 70, 30};
    }
    if (one != ENV_NONE && other != ENV_NONE) {
        return (struct weight){is_same ? 85 : 74, 95, 60};
    }
    return is_same ? (struct weight){one == ENV_TEST ? 78 : 65, 95, 55}
                   : (struct weight){48, 80, 40};
}

static void compare_env(const struct scene *scene, struct diagnosis *diagnosis, const char *cause,
                        const char *claim, struct dw_span name)
{
    struct dw_span said = {NULL, 0};
    struct dw_span asked = {NULL, 0};
    const struct dw_span host = name_host(name);
    const enum name_env one = name_env(host, &said);
    const enum name_env other = name_env(scene->host, &asked);
    struct finding *finding;
    bool is_same_word;

    if (host.len == 0 || (one != ENV_TEST && other != ENV_TEST)) {
        return;
    }
    is_same_word = one == other && dw_span_equal_nocase(said, asked);
    /* Two names of test places may well mean one; where they differ, servers' words decide. */
    if (is_same_word || (one == other && !is_named(scene, diagnosis, cause, KEYS_KIN))) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, KEYS_KIN, weigh_env(name, scene->host, one, other));
    finding_say(diagnosis, finding, "token", token_place(scene),
                "%s \"%.*s\", the host asked is %.*s", claim, BRIEF(name), BRIEF(scene->host));
    point_token(scene, diagnosis, finding, 0, 0, "of another environment than the host");
}

static void look_env(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char *const CLAIMS[] = {"env", "environment", "stage"};

    if (scene->it == NULL || !is_refused(scene) || is_local_host(scene->host)) {
        return;
    }
    if (!is_local_host(name_host(scene->token.iss))) {
        compare_env(scene, diagnosis, cause, "iss", scene->token.iss);
    }
    if (scene->token.n_aud > 0) {
        compare_env(scene, diagnosis, cause, "aud", scene->token.aud[0]);
    }
    for (size_t i = 0; i < COUNT_OF_ROWS(CLAIMS); i++) {
        const struct dw_span value = token_claim(&scene->token, CLAIMS[i]);
        const enum name_env env = name_env(value, NULL);
        struct finding *finding;

        if (env == ENV_NONE || env == name_env(scene->host, NULL) ||
            (env == ENV_LIVE && name_env(scene->host, NULL) == ENV_NONE)) {
            continue;
        }
        finding = suspect(scene, diagnosis, cause, KEYS_KIN, (struct weight){85, 95, 60});
        finding_say(diagnosis, finding, "token", token_place(scene),
                    "%s \"%.*s\", the host asked is %.*s", CLAIMS[i], BRIEF(value),
                    BRIEF(scene->host));
    }
}

void issuer_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"token.wrong_iss", look_expected},
        {"token.iss_docker_localhost", look_local},
        {"token.wrong_env", look_env},
    };

    rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
}
