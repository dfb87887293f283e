/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "accounts.h"
#include "cli.h"

/* -- From the standard input -------------------------------------------------------------------- */

/* As much as there is, up to `size` bytes. -1: errno says why. */
static ssize_t read_all(char *buffer, size_t size)
{
    size_t len = 0;
    ssize_t n = 1;

    while (n > 0 && len < size) {
        n = read(STDIN_FILENO, buffer + len, size - len);
        len += n > 0 ? (size_t)n : 0;
    }
    return n < 0 ? -1 : (ssize_t)len;
}

static int take_input(char *buffer, size_t size, struct dw_span *password)
{
    const ssize_t n = read_all(buffer, size);
    size_t len = n > 0 ? (size_t)n : 0;

    if (n < 0) {
        return cli_fail("the password could not be read: %s", strerror(errno));
    }
    len -= len > 0 && buffer[len - 1] == '\n' ? 1 : 0;
    if (len == 0) {
        return cli_fail("there is no password on the standard input");
    }
    if (len > PASSWORD_MAX) {
        return cli_fail("a password has at most %d bytes", PASSWORD_MAX);
    }
    *password = (struct dw_span){buffer, len};
    return CLI_FINE;
}

/* -- From a terminal ---------------------------------------------------------------------------- */

static const int ENDING[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define N_ENDING (sizeof(ENDING) / sizeof(ENDING[0]))

static volatile sig_atomic_t interrupted;

static void note_signal(int number)
{
    interrupted = number;
}

/* A terminal that does not show what is typed, and how it and the signals were before. */
struct hiding {
    struct termios shown;
    struct sigaction actions[N_ENDING];
    sigset_t mask;
};

/* Nobody who presses Ctrl-C is to be left with a terminal that shows nothing: the signal only ends the
 * reading, and is raised again when all is as it was. It is let through while we wait, and not before. */
static bool hide(struct hiding *hiding)
{
    const struct sigaction note = {.sa_handler = note_signal};
    struct termios hidden;
    sigset_t ending;

    if (tcgetattr(STDIN_FILENO, &hiding->shown) != 0) {
        return false;
    }
    interrupted = 0;
    sigemptyset(&ending);
    for (size_t i = 0; i < N_ENDING; i++) {
        sigaddset(&ending, ENDING[i]);
        sigaction(ENDING[i], &note, &hiding->actions[i]);
    }
    sigprocmask(SIG_BLOCK, &ending, &hiding->mask);
    hidden = hiding->shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    return true;
}

static void show(const struct hiding *hiding)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hiding->shown);
    for (size_t i = 0; i < N_ENDING; i++) {
        sigaction(ENDING[i], &hiding->actions[i], NULL);
    }
    sigprocmask(SIG_SETMASK, &hiding->mask, NULL);
    if (interrupted != 0) {
        raise(interrupted);
    }
}

static ssize_t read_line(const struct hiding *hiding, char *buffer, size_t size)
{
    struct pollfd typed = {.fd = STDIN_FILENO, .events = POLLIN};

    return ppoll(&typed, 1, NULL, &hiding->mask) == 1 ? read(STDIN_FILENO, buffer, size) : -1;
}

static int ask(const char *what, const char *for_whom, char *buffer, size_t size,
               struct dw_span *password)
{
    struct hiding hiding;
    ssize_t n;

    if (!hide(&hiding)) {
        return cli_fail("the terminal cannot be kept from showing a password: %s", strerror(errno));
    }
    (void)fprintf(stderr, "%s for ", what);
    cli_put_safe(stderr, dw_span_of(for_whom));
    (void)fputs(": ", stderr);
    n = read_line(&hiding, buffer, size);
    (void)fputc('\n', stderr);
    show(&hiding);
    if (n <= 0) {
        return cli_fail("the password could not be read");
    }
    *password = (struct dw_span){buffer, (size_t)n - (buffer[n - 1] == '\n' ? 1 : 0)};
    return CLI_FINE;
}

static int ask_twice(const char *for_whom, char *buffer, size_t size, struct dw_span *password)
{
    char repeated[PASSWORD_MAX + 2];
    struct dw_span first = {NULL, 0}, again = {NULL, 0};
    int status = ask("Password", for_whom, buffer, size, &first);

    if (status != CLI_FINE) {
        return status;
    }
    status = ask("The same again", for_whom, repeated, sizeof(repeated), &again);
    if (status == CLI_FINE && !dw_secret_equal(first, again)) {
        status = cli_fail("the two are not the same");
    }
    dw_secret_wipe(repeated, sizeof(repeated));
    if (status == CLI_FINE) {
        *password = first;
    }
    return status;
}

int cli_read_password(const char *for_whom, bool from_input, char *buffer, size_t size,
                      struct dw_span *password)
{
    if (isatty(STDIN_FILENO) == 1) {
        return ask_twice(for_whom, buffer, size, password);
    }
    if (!from_input) {
        (void)cli_fail("there is no terminal to ask for a password at: give it on the standard "
                       "input with --password-stdin");
        return CLI_USAGE;
    }
    return take_input(buffer, size, password);
}
