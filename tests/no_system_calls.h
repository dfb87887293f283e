/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NO_SYSTEM_CALLS_H
#define TESTS_NO_SYSTEM_CALLS_H

/* Runs something where any system call but exit is deadly: seccomp's strict mode in a child. */

#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* AddressSanitizer's malloc calls the system when it likes; OpenSSL allocates to verify. */
#ifdef __SANITIZE_ADDRESS__
#define MALLOC_IS_QUIET false
#else
#define MALLOC_IS_QUIET true
#endif

/* `prepare` may call the system, `run` may not. Both true, and no call made: true. */
static inline bool makes_no_system_call(bool (*prepare)(void *context), bool (*run)(void *context),
                                        void *context)
{
    const pid_t child = fork();
    int status = -1;

    if (child == 0) {
        if (!prepare(context) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) {
            syscall(SYS_exit, 2);
        }
        syscall(SYS_exit, run(context) ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

#endif
