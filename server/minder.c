/* SPDX-License-Identifier: Apache-2.0 */
#include "minder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "report.h"

#define SECOND        1000
#define BACKOFF_MAX   30
#define SETTLED_MS    (10 * SECOND) /* who ran that long is started again at once */
#define PATIENCE_MS   (10 * SECOND)
#define INSISTENCE_MS (2 * SECOND)

static pid_t read_pid(const char *path)
{
    size_t len;
    char *text;

    if (file_read(path, 32, &text, &len, NULL) != 0) {
        return 0;
    }
    char digits[33] = "";
    memcpy(digits, text, len);
    free(text);
    return (pid_t)strtol(digits, NULL, 10);
}

static void write_pid(const struct minder *minder)
{
    struct complaint why;
    char text[32];

    const int len = snprintf(text, sizeof text, "%d\n", (int)minder->child.pid);
    if (file_replace(minder->pid_path, (struct dw_span){text, (size_t)len}, &why) != 0) {
        report("%s", why.text);
    }
}

static void settle(struct minder *minder, int64_t now)
{
    minder->last = minder->child.pid;
    minder->started = now;
}

bool minder_adopt(struct minder *minder, int64_t now)
{
    const pid_t pid = read_pid(minder->pid_path);

    if (!child_adopt(pid, minder->mark, &minder->child)) {
        return false;
    }
    settle(minder, now);
    minder->adopted = true;
    return true;
}

int minder_start(struct minder *minder, int64_t now, struct complaint *why)
{
    if (child_start(minder->arguments, &minder->child, why) != 0) {
        return -1;
    }
    settle(minder, now);
    minder->adopted = false;
    write_pid(minder);
    return 0;
}

static int64_t backoff(unsigned failures)
{
    return (failures > 5 ? BACKOFF_MAX : (int64_t)1 << (failures - 1)) * SECOND;
}

static void describe_end(const struct minder *minder, int how, int64_t wait)
{
    const long long seconds = wait / SECOND;

    if (how == CHILD_UNKNOWN) {
        report("%s has ended; starting it again in %lld s", minder->name, seconds);
    } else if (WIFSIGNALED(how)) {
        report("%s was killed by signal %d; starting it again in %lld s", minder->name,
               WTERMSIG(how), seconds);
    } else {
        report("%s has ended with status %d; starting it again in %lld s", minder->name,
               WEXITSTATUS(how), seconds);
    }
}

static void note_end(struct minder *minder, int64_t now, int how)
{
    /* Workers whose master was killed hold on to the port: let them finish and go. */
    child_signal_group(minder->last, minder->quit);
    if (minder->stopping_since != 0) {
        return;
    }
    const bool settled = now - minder->started > SETTLED_MS;
    minder->failures = settled ? 0 : minder->failures + 1;
    const int64_t wait = settled ? 0 : backoff(minder->failures);
    minder->next = now + wait;
    describe_end(minder, how, wait);
}

static void insist(struct minder *minder, int64_t now)
{
    const int64_t waited = now - minder->stopping_since;

    if (waited > PATIENCE_MS + INSISTENCE_MS) {
        child_signal_group(minder->last, SIGKILL);
    } else if (waited > PATIENCE_MS) {
        child_signal(&minder->child, SIGTERM);
    }
}

void minder_tick(struct minder *minder, int64_t now)
{
    struct complaint why;
    int how = 0;

    if (child_has_ended(&minder->child, &how)) {
        note_end(minder, now, how);
    }
    if (minder->stopping_since != 0) {
        insist(minder, now);
        return;
    }
    if (minder->child.pid == 0 && now >= minder->next && minder_start(minder, now, &why) != 0) {
        minder->next = now + BACKOFF_MAX * SECOND;
        report("%s", why.text);
    }
}

void minder_stop(struct minder *minder, int64_t now)
{
    minder->stopping_since = now;
    child_signal(&minder->child, minder->quit);
    unlink(minder->pid_path);
}

void minder_hurry(struct minder *minder)
{
    child_signal(&minder->child, SIGTERM);
}

void minder_end(struct minder *minder)
{
    if (!minder_is_running(minder)) {
        return;
    }
    minder_stop(minder, clock_ms());
    while (minder_is_running(minder)) {
        usleep(20000);
        minder_tick(minder, clock_ms());
    }
    minder->stopping_since = 0;
}

bool minder_is_running(const struct minder *minder)
{
    return minder->child.pid != 0;
}
