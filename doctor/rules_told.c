/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

/* Both names stand in the server's words, and the token is not in the capture: "Expected 'a', but was
 * 'b'". Where they are the same but for their spelling, that is why. */

#define AROUND 320 /* bytes around the expected name, in which the other may stand */
#define TOLD   96

struct topic {
    const char *name, *refused, *spelt;
};

static const struct topic ISSUER = {"iss", "token.wrong_iss", "token.iss_format"};
static const struct topic AUDIENCE = {"aud", "token.wrong_aud", "token.aud_format"};

/* The part of what the server said that stands around the name. */
static struct dw_span said_around(const struct scene *scene, struct dw_span name)
{
    const struct dw_span said =
        scene->error_description.len > 0 && name.at >= scene->error_description.at &&
                name.at < scene->error_description.at + scene->error_description.len
            ? scene->error_description
            : scene->body;
    const size_t at = (size_t)(name.at - said.at);
    const size_t from = at > AROUND ? at - AROUND : 0;
    const size_t most = said.len - from;
    const size_t len = at - from + name.len + AROUND;

    return (struct dw_span){said.at + from, len < most ? len : most};
}

static bool take_name(struct dw_span *text, struct dw_span *name)
{
    static const char MARKS[] = " \\\"'`,;()[]{}<>\n\r\t";

    while (text->len > 0) {
        *name = span_until(*text, MARKS);
        *text = span_behind(*text, name->len + 1);
        while (name->len > 0 && name->at[name->len - 1] == '.') {
            name->len--;
        }
        if (name->len > 3) {
            return true;
        }
    }
    return false;
}

static const char *cause_of(const struct topic *topic, struct dw_span expected,
                            struct dw_span other)
{
    if (topic == &AUDIENCE) {
        return names_compare(expected, other) == NAMES_ALIKE ? topic->spelt : NULL;
    }
    if (issuers_compare(expected, other) == NAMES_ALIKE) {
        return topic->spelt;
    }
    return issuers_are_local_kin(expected, other) ? "token.iss_docker_localhost" : NULL;
}

static void look_told(const struct scene *scene, struct diagnosis *diagnosis,
                      const struct topic *topic)
{
    const struct dw_span expected = expected_value(scene, topic->name);
    struct dw_span said, other;

    if (expected.at == NULL || !is_named(scene, diagnosis, topic->refused, NULL)) {
        return;
    }
    said = said_around(scene, expected);
    while (take_name(&said, &other)) {
        const char *cause = cause_of(topic, expected, other);

        if (cause != NULL) {
            finding_say(diagnosis, diagnosis_suspect(diagnosis, cause, TOLD), "server",
                        answer_place(scene), "expects \"%.*s\", and got \"%.*s\"", BRIEF(expected),
                        BRIEF(other));
            return;
        }
    }
}

void told_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    if (scene->it != NULL && !scene->body_is_html) {
        look_told(scene, diagnosis, &ISSUER);
        look_told(scene, diagnosis, &AUDIENCE);
    }
}
