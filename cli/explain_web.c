/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli.h"
#include "explain_page.h"
#include "listen.h"

#define URL_SIZE 96

/* -- The port -------------------------------------------------------------------------------------- */

static unsigned port_of(int listener)
{
    struct sockaddr_in address = {0};
    socklen_t len = sizeof address;

    return getsockname(listener, (struct sockaddr *)&address, &len) == 0 ? ntohs(address.sin_port)
                                                                         : 0;
}

/* -- The browser ----------------------------------------------------------------------------------- */

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0';
}

/* It has nothing of ours: no terminal, no blocked signals. */
static bool spawn_opener(char *url, const posix_spawnattr_t *how, posix_spawn_file_actions_t *files)
{
    char name[] = "xdg-open";
    char *const words[] = {name, url, NULL};
    pid_t pid;

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (posix_spawn_file_actions_addopen(files, fd, "/dev/null", O_RDWR, 0) != 0) {
            return false;
        }
    }
    return posix_spawnp(&pid, name, files, how, words, environ) == 0;
}

/* false: the person has to. */
static bool open_browser(char *url)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none;
    bool opened;

    if (isatty(STDERR_FILENO) == 0 || (!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY")) ||
        posix_spawnattr_init(&how) != 0) {
        return false;
    }
    if (posix_spawn_file_actions_init(&files) != 0) {
        posix_spawnattr_destroy(&how);
        return false;
    }
    sigemptyset(&none);
    opened = posix_spawnattr_setsigmask(&how, &none) == 0 &&
             posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID) == 0 &&
             spawn_opener(url, &how, &files);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return opened;
}

/* -- The server ------------------------------------------------------------------------------------ */

/* Those that end it, blocked in every thread that is started after. A terminal that closes sends SIGHUP. */
static void block_signals(sigset_t *ends)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_IGN);
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    sigaddset(ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ends, NULL);
}

static void tell(struct page *page, unsigned port)
{
    char url[URL_SIZE];

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/%s/", port, page_token(page));
    (void)fprintf(stderr, "doorward: %s %s, for this machine only; Ctrl-C stops it\n",
                  open_browser(url) ? "opened" : "open", url);
    dw_secret_wipe(url, sizeof url);
}

static int serve(int listener, unsigned port, struct page *page)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const struct http_settings settings = {
        .listener = listener,
        .body_max = PAGE_PIECE_MAX,
        .lock = &lock,
        .handle = page_handle,
        .context = page,
    };
    struct complaint why;
    struct http *http;
    sigset_t ends;
    int which;

    block_signals(&ends);
    if (http_start(&settings, &http, &why) != 0) {
        (void)cli_fail("%s", why.text);
        return EXPLAIN_NETWORK;
    }
    tell(page, port);
    sigwait(&ends, &which);
    http_stop(http);
    return EXPLAIN_HEALTHY;
}

int explain_web(const struct explain_settings *settings)
{
    struct complaint why;
    struct page *page;
    int listener, status;

    if (listen_tcp("127.0.0.1:0", &listener, &why) != 0) {
        (void)cli_fail("%s", why.text);
        return EXPLAIN_NETWORK;
    }
    const unsigned port = port_of(listener);
    page = page_new(settings, port);
    if (page == NULL) {
        (void)cli_fail("out of memory");
        close(listener);
        return EXPLAIN_INPUT;
    }
    status = serve(listener, port, page);
    page_free(page);
    return status;
}
