/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "module.h"

#define WATCH_EVERY 1000 /* milliseconds */

/* -- The guard of this process ------------------------------------------------------------------- */

static void watch(ngx_event_t *event)
{
    const ngx_connection_t *watcher = event->data;
    struct settings *settings = watcher->data;

    guard_watch(settings->guard);
    ngx_add_timer(event, WATCH_EVERY);
}

static void watch_begin(struct settings *settings, ngx_log_t *log)
{
    settings->watcher.fd = (ngx_socket_t)-1;
    settings->watcher.data = settings;
    settings->watch.data = &settings->watcher;
    settings->watch.handler = watch;
    settings->watch.log = log;
    settings->watch.cancelable = 1; /* a worker that is told to finish does not wait for it */
    watch(&settings->watch);
}

ngx_int_t worker_enter(struct settings *settings, ngx_log_t *log)
{
    const struct config *config = settings->config;
    const struct guard_settings guard = {
        .policy = &config->policy,
        .edge = settings->edge.len > 0 ? (const char *)settings->edge.data : config->edge,
        .jwks = settings->jwks,
        .cache_slots = (size_t)settings->cache_slots,
    };
    struct complaint why;

    if (guard_new(&guard, &settings->guard, &why) != 0) {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "doorward: %s", why.text);
        return NGX_ERROR;
    }
    watch_begin(settings, log);
    return NGX_OK;
}

void worker_leave(struct settings *settings)
{
    if (settings->watch.timer_set) {
        ngx_del_timer(&settings->watch);
    }
    guard_free(settings->guard);
    settings->guard = NULL;
}

/* -- What it needs ------------------------------------------------------------------------------- */

static void forget(void *data)
{
    struct settings *settings = data;

    worker_leave(settings);
    config_free(settings->config);
}

/* The whole of a file, or NULL: it cannot be read, or is larger than any JWKS. */
static char *read_file(ngx_pool_t *pool, const char *path, size_t *len)
{
    char *bytes = ngx_palloc(pool, DW_JWKS_MAX + 1);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 1;

    *len = 0;
    if (file < 0 || bytes == NULL) {
        return NULL;
    }
    while (n > 0 && *len <= DW_JWKS_MAX) {
        n = read(file, bytes + *len, DW_JWKS_MAX + 1 - *len);
        *len += n > 0 ? (size_t)n : 0;
    }
    close(file);
    return n == 0 ? bytes : NULL;
}

static char *read_keys(ngx_conf_t *cf, const char *path, struct dw_span *jwks)
{
    struct dw_keys *keys;
    size_t len;
    char *bytes;
    bool is_empty;

    ngx_set_errno(0);
    bytes = read_file(cf->pool, path, &len);
    if (bytes == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "doorward: the keys in \"%s\" cannot be read", path);
        return NGX_CONF_ERROR;
    }
    *jwks = (struct dw_span){bytes, len};
    if (dw_keys_parse(*jwks, true, &keys) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "doorward: \"%s\" is no JWKS", path);
        return NGX_CONF_ERROR;
    }
    is_empty = dw_keys_count(keys) == 0;
    dw_keys_free(keys);
    if (is_empty) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "doorward: \"%s\" holds no usable key", path);
        return NGX_CONF_ERROR;
    }
    return NGX_CONF_OK;
}

static char *read_all_keys(ngx_conf_t *cf, struct settings *settings)
{
    const struct config *config = settings->config;

    settings->fixed = true;
    settings->jwks = ngx_pcalloc(cf->pool, (config->policy.n_trust + 1) * sizeof(struct dw_span));
    if (settings->jwks == NULL) {
        return NGX_CONF_ERROR;
    }
    for (size_t i = 0; i < config->policy.n_trust; i++) {
        const char *path = config->keys[i].jwks_file;

        settings->fixed = settings->fixed && path != NULL;
        if (path != NULL && read_keys(cf, path, &settings->jwks[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }
    return NGX_CONF_OK;
}

char *settings_read(ngx_conf_t *cf, struct settings *settings, ngx_str_t *file)
{
    const struct config_flags flags = {NULL, NULL, NULL};
    ngx_pool_cleanup_t *cleanup;
    struct complaint why;

    if (settings->config != NULL) {
        return "is duplicate";
    }
    cleanup = ngx_pool_cleanup_add(cf->pool, 0);
    if (cleanup == NULL || ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }
    if (config_read((const char *)file->data, &flags, &settings->config, &why) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "doorward: %s", why.text);
        return NGX_CONF_ERROR;
    }
    cleanup->handler = forget;
    cleanup->data = settings;
    return read_all_keys(cf, settings);
}
