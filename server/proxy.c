/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODULE     "ngx_http_doorward_module.so"
#define NGINX_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

int proxy_init(struct proxy *proxy, const struct place *place, struct complaint *why)
{
    *proxy = (struct proxy){.minder = {.name = "nginx", .quit = SIGQUIT}};
    if (place_join(place->run, "nginx", proxy->prefix, why) != 0 ||
        place_join(place->run, "nginx.conf", proxy->conf, why) != 0 ||
        place_join(place->log, "nginx.log", proxy->log, why) != 0 ||
        place_join(place->run, "nginx.pid", proxy->pid, why) != 0) {
        return -1;
    }
    proxy->minder.mark = proxy->conf;
    proxy->minder.pid_path = proxy->pid;
    proxy->minder.arguments = proxy->arguments;
    return 0;
}

/* -- What is installed ------------------------------------------------------------------------- */

/* A folder may be entered, which looks like a program that may be run: build/ has one named nginx. */
static bool is_program(const char *path)
{
    struct stat found;

    return stat(path, &found) == 0 && S_ISREG(found.st_mode) && access(path, X_OK) == 0;
}

static bool find_in(const char *folders, char program[PATH_MAX])
{
    while (folders != NULL && *folders != '\0') {
        const size_t len = strcspn(folders, ":");
        const int written = snprintf(program, PATH_MAX, "%.*s/nginx", (int)len, folders);
        if (len > 0 && written < PATH_MAX && is_program(program)) {
            return true;
        }
        folders += folders[len] == ':' ? len + 1 : len;
    }
    return false;
}

/* Beside the program in a build; under PREFIX/lib when installed as PREFIX/bin/doorward. */
static bool find_module(char module[PATH_MAX])
{
    static const char *const PLACES[] = {"nginx/" MODULE, "../lib/doorward/" MODULE};
    char self[PATH_MAX];

    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0) {
        return false;
    }
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        if (place_join(self, PLACES[i], module, NULL) == 0 && access(module, R_OK) == 0) {
            return true;
        }
    }
    return false;
}

int proxy_find(struct proxy *proxy, struct complaint *why)
{
    if (!find_in(getenv("PATH"), proxy->program) && !find_in(NGINX_PATH, proxy->program)) {
        return complain(why,
                        "nginx is not installed, and an upstream needs it: apt-get install nginx");
    }
    if (!find_module(proxy->module)) {
        return complain(why, "%s is neither beside this program nor installed: make nginx-module",
                        MODULE);
    }
    return 0;
}

/* -- Configure and run ------------------------------------------------------------------------- */

int proxy_configure(struct proxy *proxy, const struct config *config, const struct place *place,
                    struct complaint *why)
{
    const struct nginx_conf conf = {
        .config = config, .place = place, .module = proxy->module, .prefix = proxy->prefix};

    if (place_share(place, proxy->prefix, why) != 0) {
        return -1;
    }
    return nginx_conf_write(&conf, proxy->conf, why);
}

int proxy_start(struct proxy *proxy, int64_t now, struct complaint *why)
{
    const char *const arguments[] = {proxy->program, "-e", proxy->log,  "-p",
                                     proxy->prefix,  "-c", proxy->conf, NULL};

    memcpy(proxy->arguments, arguments, sizeof arguments);
    if (minder_is_running(&proxy->minder)) {
        proxy_reload(proxy);
        return 0;
    }
    return minder_start(&proxy->minder, now, why);
}

void proxy_reload(struct proxy *proxy)
{
    child_signal(&proxy->minder.child, SIGHUP);
}
