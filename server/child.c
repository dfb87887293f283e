/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_CLOSED 3

/* -- Start ------------------------------------------------------------------------------------- */

static int spawn(const char *const *arguments, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);

    int error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0) {
        error = posix_spawn_file_actions_addclosefrom_np(&actions, FIRST_CLOSED);
    }
    if (error == 0) {
        error = posix_spawn(pid, arguments[0], &actions, &attributes,
                            (char *const *)(uintptr_t)arguments, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

int child_start(const char *const *arguments, struct child *child, struct complaint *why)
{
    struct child made;

    const int error = spawn(arguments, &made.pid);
    if (error != 0) {
        return complain(why, "%s: cannot start it: %s", arguments[0], strerror(error));
    }
    made.pidfd = pidfd_open(made.pid, 0);
    if (made.pidfd < 0) {
        const int result = complain(why, "%s: cannot watch it: %s", arguments[0], strerror(errno));
        kill(made.pid, SIGKILL);
        waitpid(made.pid, NULL, 0);
        return result;
    }
    *child = made;
    return 0;
}

/* -- Take over --------------------------------------------------------------------------------- */

/* A command line's words are parted by NUL; nginx's master rewrites its own with spaces. */
static bool has_mark(int commandline, const char *mark)
{
    char text[4096];

    const ssize_t len = read(commandline, text, sizeof text);
    return len > 0 && memmem(text, (size_t)len, mark, strlen(mark)) != NULL;
}

static bool is_ours(pid_t pid, const char *mark)
{
    char path[64];
    struct stat owner;

    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    const int commandline = open(path, O_RDONLY | O_CLOEXEC);
    if (commandline < 0) {
        return false;
    }
    const bool ours =
        fstat(commandline, &owner) == 0 && owner.st_uid == geteuid() && has_mark(commandline, mark);
    close(commandline);
    return ours;
}

bool child_adopt(pid_t pid, const char *mark, struct child *child)
{
    const int pidfd = pid > 1 ? pidfd_open(pid, 0) : -1;

    if (pidfd < 0) {
        return false;
    }
    /* Looked at after it is held, so that its number cannot have gone to another meanwhile. */
    if (!is_ours(pid, mark)) {
        close(pidfd);
        return false;
    }
    *child = (struct child){pid, pidfd};
    return true;
}

/* -- Watch ------------------------------------------------------------------------------------- */

bool child_has_ended(struct child *child, int *how)
{
    struct pollfd watched = {.fd = child->pidfd, .events = POLLIN};
    int status = 0;

    if (child->pid == 0 || poll(&watched, 1, 0) <= 0) {
        return false;
    }
    if (waitpid(child->pid, &status, WNOHANG) < 0) {
        status = CHILD_UNKNOWN; /* taken over: not ours to wait for */
    }
    close(child->pidfd);
    *child = (struct child){0, -1};
    *how = status;
    return true;
}

void child_signal(const struct child *child, int signal)
{
    if (child->pid != 0) {
        pidfd_send_signal(child->pidfd, signal, NULL, 0);
    }
}

void child_signal_group(pid_t pid, int signal)
{
    if (pid > 1) {
        kill(-pid, signal);
    }
}
