/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

/* `token`: it has something to say of a token alone. */
static const struct {
    void (*look)(const struct scene *scene, struct diagnosis *diagnosis);
    bool token;
} RULES[] = {
    {rules_capture, false}, {rules_header, true},    {rules_basic, true},
    {rules_digest, false},  {rules_time, true},      {rules_token, true},
    {rules_claims, true},   {rules_proof, true},     {rules_apikey, true},
    {rules_signed, false},  {rules_registry, false}, {rules_redirect, false},
    {rules_proxy, false},   {rules_browser, false},  {rules_cookie, false},
    {rules_server, false},  {rules_texts, false},    {rules_probe, false},
};

/* The same request was refused once and passed once: with the same credentials, if written otherwise, or
 * hidden without any. */
static bool is_unsteady(const struct capture *capture, const struct exchange *it)
{
    const bool has_token = message_field(&it->request, "Authorization") != NULL;
    const bool has_some = has_token || message_field(&it->request, "Cookie") != NULL ||
                          message_field(&it->request, "X-API-Key") != NULL;

    if (!(it->status == 401 && has_some) && !(it->status == 403 && has_token) &&
        !(it->status == 404 && !has_some)) {
        return false;
    }
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        const struct exchange *other = capture->exchanges[i];

        if (is_success(other) && asked_the_same(it, other) &&
            (sent_the_same(it, other) == has_some || sent_in_other_shape(it, other))) {
            return true;
        }
    }
    return false;
}

/* What fails without a status that says so: a preflight that keeps Authorization out, a WebSocket that
 * is closed for want of a login, a redirect nobody followed, one user's answer out of a cache. */
static bool is_telling(const struct capture *capture, const struct exchange *it)
{
    if (it->role != ROLE_CAPTURED) {
        return false;
    }
    if (exchange_is_preflight(it)) {
        return is_success(it) && !lets_authorization(it) &&
               names_member(message_value(&it->request, "Access-Control-Request-Headers"),
                            "authorization");
    }
    if (it->status == 101) {
        return closing_frame(it).at != NULL;
    }
    if (is_redirect(it)) {
        return leads_to_portal(it) ||
               (it == capture->exchanges[capture->n_exchanges - 1] && loses_on_redirect(it));
    }
    return is_unsteady(capture, it) || is_kept_for_all(it) ||
           (is_success(it) && is_refusal_body(it->response.body));
}

static int choose(const struct capture *capture)
{
    const int chosen = scene_choose(capture);

    for (size_t i = 0; chosen < 0 && i < capture->n_exchanges; i++) {
        if (is_telling(capture, capture->exchanges[i])) {
            return (int)i;
        }
    }
    return chosen;
}

static void look(const struct scene *scene, struct diagnosis *diagnosis)
{
    const bool is_token =
        scene->it == NULL && (scene->token.shape != TOKEN_NONE || scene_is_scheme(scene, "Basic"));

    for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++) {
        if (scene->it != NULL || (is_token && RULES[i].token)) {
            RULES[i].look(scene, diagnosis);
        }
    }
    if (scene->it == NULL && !is_token) {
        rules_capture(scene, diagnosis);
    }
}

/* What was not asked of a server yet cannot have failed there. */
static bool has_failed(const struct scene *scene)
{
    return scene->it != NULL &&
           (scene->it->status >= 400 || (scene->it->status == 0 && was_asked(scene)));
}

static bool is_healthy(const struct scene *scene, const struct diagnosis *diagnosis)
{
    const struct cause *nothing = cause_find(DW_SPAN("capture.not_a_401"));

    if (scene->capture->n_exchanges == 0 && scene->token.shape == TOKEN_NONE) {
        return false;
    }
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        if (diagnosis->findings[i].cause != nothing) {
            return false;
        }
    }
    return !has_failed(scene);
}

int diagnosis_make(const struct capture *capture, int64_t local, struct diagnosis **diagnosis)
{
    struct scene *scene = arena_take(capture->arena, sizeof(*scene));
    struct diagnosis *made = arena_take(capture->arena, sizeof(*made));

    if (scene == NULL || made == NULL || scene_make(capture, choose(capture), local, scene) != 0) {
        return -1;
    }
    made->arena = capture->arena;
    made->scene = scene;
    look(scene, made);
    diagnosis_rank(made);
    made->is_healthy = is_healthy(scene, made);
    *diagnosis = made;
    return 0;
}
