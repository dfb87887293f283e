/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

/* What every cmocka test begins with. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "doorward.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define TEST_SECONDS 300 /* for a whole program: one that hangs shall not hold up all others */

/* `-Wpedantic` and cmocka's own macro get along through this. */
#define RUN_TAP(tests)                                                                             \
    ((void)alarm(TEST_SECONDS), cmocka_set_message_output(CM_OUTPUT_TAP),                          \
     cmocka_run_group_tests(tests, NULL, NULL))

static inline void assert_span(struct dw_span span, const char *expected)
{
    if (expected == NULL) {
        assert_null(span.at);
        return;
    }
    if (!dw_span_equal(span, dw_span_of(expected))) {
        print_error("got \"%.*s\", expected \"%s\"\n", (int)span.len, span.at, expected);
        fail();
    }
}

#endif
