/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <inttypes.h>

#include "cli.h"

/* What was looked at, for programs: the way the request took, the token, the challenges. */

struct object {
    FILE *file;
    const struct explained *explained; /* whose secrets are covered */
};

static void put_name(const struct object *object, const char *before, const char *name)
{
    (void)fprintf(object->file, "%s\"%s\":", before, name);
}

/* null where it is absent */
static void put_bare(const struct object *object, const char *before, const char *name,
                     struct dw_span text)
{
    put_name(object, before, name);
    if (text.at == NULL) {
        (void)fputs("null", object->file);
        return;
    }
    cli_put_json(object->file, dw_span_of(explain_bare(object->explained, text)));
}

static void put_text(const struct object *object, const char *before, const char *name,
                     const char *text)
{
    put_bare(object, before, name, dw_span_of(text));
}

static void put_known(const struct object *object, const char *before, const char *name,
                      int64_t number)
{
    put_name(object, before, name);
    if (number != 0) {
        (void)fprintf(object->file, "%" PRId64, number);
    } else {
        (void)fputs("null", object->file);
    }
}

static void put_where(const struct object *object, struct place place)
{
    const char *where = explain_place(object->explained, place);

    put_text(object, ",", "where", *where != '\0' ? where : NULL);
    put_known(object, ",", "line", place.line);
    put_known(object, ",", "entry", place.entry);
}

/* -- The way ----------------------------------------------------------------------------------------- */

static const char *carried(const struct exchange *exchange)
{
    static const char *const NAMES[] = {"Authorization", "Cookie"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (exchange->request.is_there && message_field(&exchange->request, NAMES[i]) != NULL) {
            return NAMES[i];
        }
    }
    return NULL;
}

static void put_hops(const struct object *object)
{
    const struct exchange *hops[EXPLAIN_HOPS_MAX];
    const size_t n = explain_find_hops(object->explained->diagnosis->scene, hops);

    (void)fputs(",\"hops\":[", object->file);
    for (size_t i = 0; i < n; i++) {
        put_bare(object, i == 0 ? "{" : ",{", "method", hops[i]->method);
        put_text(object, ",", "url",
                 hops[i]->url.at != NULL ? explain_url(object->explained, hops[i]->url) : NULL);
        put_known(object, ",", "status", hops[i]->status);
        put_text(object, ",", "carries", carried(hops[i]));
        put_text(object, ",", "lost", i > 0 ? explain_lost_between(hops[i - 1], hops[i]) : NULL);
        put_where(object, hops[i]->place);
        (void)fputc('}', object->file);
    }
    (void)fputc(']', object->file);
}

/* -- The token --------------------------------------------------------------------------------------- */

/* Recurses no deeper than JSON_DEPTH_MAX. */
static void put_value(const struct object *object, const struct json *json,
                      const struct json_node *value)
{
    const struct json_node *child = json_first(value);

    if (value->type == JSON_STRING) {
        cli_put_json(object->file,
                     dw_span_of(explain_bare(object->explained, json_string(json, value))));
        return;
    }
    if (value->type != JSON_ARRAY && value->type != JSON_OBJECT) {
        (void)fprintf(object->file, "%.*s", (int)value->len, json->text + value->at);
        return;
    }
    (void)fputc(value->type == JSON_ARRAY ? '[' : '{', object->file);
    while (child != NULL) {
        put_value(object, json, child);
        if (value->type == JSON_OBJECT) {
            (void)fputc(':', object->file);
            put_value(object, json, ++child);
        }
        child = json_next(value, child);
        (void)fputs(child != NULL ? "," : "", object->file);
    }
    (void)fputc(value->type == JSON_ARRAY ? ']' : '}', object->file);
}

static void put_part(const struct object *object, const char *name, const struct json *json,
                     bool is_there)
{
    put_name(object, ",", name);
    if (is_there) {
        put_value(object, json, json_root(json));
    } else {
        (void)fputs("null", object->file);
    }
}

static void put_fault(const struct object *object, const struct dw_fault *fault)
{
    if (fault->what == NULL) {
        (void)fputs(",\"fault\":null", object->file);
        return;
    }
    (void)fprintf(object->file, ",\"fault\":{\"at\":%zu", fault->at);
    put_text(object, ",", "what", fault->what);
    (void)fputc('}', object->file);
}

static void put_token(const struct object *object)
{
    static const char *const SHAPES[] = {
        [TOKEN_NONE] = "none",     [TOKEN_JWS] = "jws",       [TOKEN_JWE] = "jwe",
        [TOKEN_BROKEN] = "broken", [TOKEN_PASETO] = "paseto", [TOKEN_VENDOR] = "vendor",
        [TOKEN_OPAQUE] = "opaque",
    };
    const struct token_view *token = &object->explained->diagnosis->scene->token;

    if (token->shape == TOKEN_NONE) {
        (void)fputs(",\"token\":null", object->file);
        return;
    }
    put_text(object, ",\"token\":{", "shape", SHAPES[token->shape]);
    put_text(object, ",", "vendor", token->vendor);
    put_part(object, "header", &token->header, token->has_header);
    put_part(object, "claims", &token->claims, token->has_claims);
    put_known(object, ",", "iat", token->iat.at);
    put_known(object, ",", "nbf", token->nbf.at);
    put_known(object, ",", "exp", token->exp.at);
    put_fault(object, &token->fault);
    (void)fputc('}', object->file);
}

/* -- What the server asked for ------------------------------------------------------------------------- */

static struct dw_span unescape(const struct object *object, const struct dw_param *param)
{
    char *room = arena_take(object->explained->diagnosis->arena, param->value.len + 1);
    size_t len;

    if (room == NULL || dw_param_unescape(param, room, param->value.len + 1, &len) != 0) {
        return param->value;
    }
    return (struct dw_span){room, len};
}

static void put_params(const struct object *object, const struct dw_challenge *challenge)
{
    (void)fputs(",\"params\":[", object->file);
    for (size_t i = 0; i < challenge->n_params; i++) {
        put_bare(object, i == 0 ? "{" : ",{", "name", challenge->params[i].name);
        put_bare(object, ",", "value", unescape(object, &challenge->params[i]));
        (void)fputc('}', object->file);
    }
    (void)fputc(']', object->file);
}

static void put_challenges(const struct object *object)
{
    const struct scene *scene = object->explained->diagnosis->scene;
    const struct capture_field nowhere = {{NULL, 0}, {NULL, 0}, {0, 0}};

    (void)fputs(",\"challenges\":[", object->file);
    for (size_t i = 0; i < scene->n_challenges; i++) {
        const struct challenge_view *view = &scene->challenges[i];

        put_bare(object, i == 0 ? "{" : ",{", "scheme", view->challenge.scheme);
        put_bare(object, ",", "token68", view->challenge.token68);
        put_params(object, &view->challenge);
        put_fault(object, &view->fault);
        put_bare(object, ",", "field", view->field != NULL ? view->field->name : nowhere.name);
        put_where(object, view->field != NULL ? view->field->place : nowhere.place);
        (void)fputc('}', object->file);
    }
    (void)fputc(']', object->file);
}

void explain_put_scene(FILE *file, const struct explained *explained)
{
    const struct object object = {file, explained};

    put_hops(&object);
    put_token(&object);
    put_challenges(&object);
}
