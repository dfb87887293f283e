/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

#define CACHE_SLOTS     4096
#define CACHE_SLOTS_MAX 1000000

#define ANYWHERE (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF)

/* -- Directives ---------------------------------------------------------------------------------- */

static char *set_policy(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    ngx_str_t *words = cf->args->elts;

    (void)command;
    return settings_read(cf, conf, &words[1]);
}

static char *set_edge(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    struct settings *settings = conf;
    ngx_str_t *words = cf->args->elts;

    (void)command;
    if (settings->edge.len > 0) {
        return "is duplicate";
    }
    settings->edge = words[1];
    return ngx_conf_full_name(cf->cycle, &settings->edge, 0) == NGX_OK ? NGX_CONF_OK
                                                                       : NGX_CONF_ERROR;
}

static char *check_cache(ngx_conf_t *cf, void *post, void *data)
{
    const ngx_int_t *slots = data;

    (void)cf, (void)post;
    return *slots > CACHE_SLOTS_MAX ? "must be at most 1000000" : NGX_CONF_OK;
}

static char *check_ask(ngx_conf_t *cf, void *post, void *data)
{
    const ngx_str_t *uri = data;

    (void)cf, (void)post;
    return uri->len > 0 && uri->data[0] == '/' ? NGX_CONF_OK : "must begin with a slash";
}

/* scope-token of RFC 6749 s3.3, separated by spaces. */
static char *check_scope(ngx_conf_t *cf, void *post, void *data)
{
    const ngx_str_t *scope = data;

    (void)cf, (void)post;
    if (scope->len > DW_SCOPE_MAX) {
        return "is longer than 2048 bytes";
    }
    for (size_t i = 0; i < scope->len; i++) {
        const u_char c = scope->data[i];

        if (c < ' ' || c > '~' || c == '"' || c == '\\') {
            return "must be scopes separated by spaces";
        }
    }
    return NGX_CONF_OK;
}

static char *check_realm(ngx_conf_t *cf, void *post, void *data)
{
    const ngx_str_t *realm = data;

    (void)cf, (void)post;
    if (realm->len > DW_TEXT_MAX) {
        return "is longer than 512 bytes";
    }
    for (size_t i = 0; i < realm->len; i++) {
        if (realm->data[i] < ' ' || realm->data[i] > '~') {
            return "must be printable ASCII";
        }
    }
    return NGX_CONF_OK;
}

static ngx_conf_post_t cache_check = {check_cache};
static ngx_conf_post_t ask_check = {check_ask};
static ngx_conf_post_t scope_check = {check_scope};
static ngx_conf_post_t realm_check = {check_realm};

static ngx_command_t commands[] = {
    {ngx_string("doorward_policy"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_policy,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL},
    {ngx_string("doorward_edge"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_edge,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL},
    {ngx_string("doorward_cache"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, ngx_conf_set_num_slot,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(struct settings, cache_slots), &cache_check},
    {ngx_string("doorward"), ANYWHERE | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(struct place, on), NULL},
    {ngx_string("doorward_ask"), ANYWHERE | NGX_CONF_TAKE1, ngx_conf_set_str_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(struct place, ask), &ask_check},
    {ngx_string("doorward_scope"), ANYWHERE | NGX_CONF_TAKE1, ngx_conf_set_str_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(struct place, scope), &scope_check},
    {ngx_string("doorward_realm"), ANYWHERE | NGX_CONF_TAKE1, ngx_conf_set_str_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(struct place, realm), &realm_check},
    ngx_null_command,
};

/* -- Configurations ------------------------------------------------------------------------------ */

static void *create_settings(ngx_conf_t *cf)
{
    struct settings *settings = ngx_pcalloc(cf->pool, sizeof(*settings));

    if (settings != NULL) {
        settings->cache_slots = NGX_CONF_UNSET;
    }
    return settings;
}

static char *init_settings(ngx_conf_t *cf, void *conf)
{
    struct settings *settings = conf;

    (void)cf;
    ngx_conf_init_value(settings->cache_slots, CACHE_SLOTS);
    return NGX_CONF_OK;
}

static void *create_place(ngx_conf_t *cf)
{
    struct place *place = ngx_pcalloc(cf->pool, sizeof(*place));

    if (place != NULL) {
        place->on = NGX_CONF_UNSET;
    }
    return place;
}

static char *merge_place(ngx_conf_t *cf, void *parent, void *child)
{
    const struct settings *settings =
        ngx_http_conf_get_module_main_conf(cf, ngx_http_doorward_module);
    const struct place *outer = parent;
    struct place *place = child;

    ngx_conf_merge_value(place->on, outer->on, 0);
    ngx_conf_merge_str_value(place->ask, outer->ask, "");
    ngx_conf_merge_str_value(place->scope, outer->scope, "");
    ngx_conf_merge_str_value(place->realm, outer->realm, "");
    if (place->on && settings->config == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "doorward: \"doorward on\" needs \"doorward_policy\" in the http block");
        return NGX_CONF_ERROR;
    }
    return NGX_CONF_OK;
}

static ngx_int_t hook_in(ngx_conf_t *cf)
{
    identity_prepare();
    answer_filter_add();
    if (target_prepare(cf, ngx_http_conf_get_module_main_conf(cf, ngx_http_doorward_module)) !=
        NGX_OK) {
        return NGX_ERROR;
    }
    return phases_add(cf);
}

/* -- Processes ----------------------------------------------------------------------------------- */

static struct settings *find_settings(ngx_cycle_t *cycle)
{
    struct settings *settings;

    if (ngx_get_conf(cycle->conf_ctx, ngx_http_module) == NULL) {
        return NULL;
    }
    settings = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_doorward_module);
    return settings->config != NULL ? settings : NULL;
}

static ngx_int_t enter_process(ngx_cycle_t *cycle)
{
    struct settings *settings = find_settings(cycle);

    /* nginx's cache processes serve no requests. */
    if (settings == NULL ||
        (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)) {
        return NGX_OK;
    }
    return worker_enter(settings, cycle->log);
}

static void leave_process(ngx_cycle_t *cycle)
{
    struct settings *settings = find_settings(cycle);

    if (settings != NULL) {
        worker_leave(settings);
    }
}

static ngx_http_module_t context = {
    .preconfiguration = variables_add,
    .postconfiguration = hook_in,
    .create_main_conf = create_settings,
    .init_main_conf = init_settings,
    .create_loc_conf = create_place,
    .merge_loc_conf = merge_place,
};

ngx_module_t ngx_http_doorward_module = {
    NGX_MODULE_V1,
    .ctx = &context,
    .commands = commands,
    .type = NGX_HTTP_MODULE,
    .init_process = enter_process,
    .exit_process = leave_process,
};
