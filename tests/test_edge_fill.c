/* SPDX-License-Identifier: Apache-2.0 */
/* All that is revoked, put on a new edge at once. */
#include <stdio.h>
#include <time.h>

#include "edge.h"
#include "edge_folder.h"
#include "tap.h"

#define ISSUER DW_SPAN("https://issuer.test")
#define MANY   1000
#define LATER  64 /* puts, each of which sweeps */

static struct edge_folder folder;
static struct edge *edge;

static int set_up(void **state)
{
    (void)state;
    folder = edge_folder_make();
    return edge_open(folder.path, EDGE_WRITE, &edge, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    edge_close(edge);
    edge_folder_remove(&folder);
    return 0;
}

static struct edge_revocation jti(const char *name)
{
    return (struct edge_revocation){.kind = EDGE_JTI,
                                    .issuer = ISSUER,
                                    .value = dw_span_of(name),
                                    .until = (int64_t)time(NULL) + 60};
}

static bool is_revoked(const char *name)
{
    uint64_t version;
    bool revoked;

    assert_int_equal(edge_begin(edge, &version), 0);
    revoked = edge_find_revoked(edge, EDGE_JTI, ISSUER, dw_span_of(name)) != 0;
    edge_end(edge);
    return revoked;
}

/* The context says whether it fails in the end. */
static int add_many(void *context, struct edge_filling *filling, struct complaint *why)
{
    const bool *fails = context;

    for (int i = 0; i < MANY; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "filled-%d", i);
        edge_fill_add(filling, &(struct edge_revocation){EDGE_JTI, ISSUER, dw_span_of(name), 0,
                                                         (int64_t)time(NULL) + 60});
    }
    return *fails ? complain(why, "the records cannot be read") : 0;
}

static void nothing_is_put_when_something_fails(void **state)
{
    struct complaint why;
    bool fails = true;

    (void)state;
    assert_int_equal(edge_fill(edge, add_many, &fails, &why), -1);
    assert_string_equal(why.text, "the records cannot be read");
    assert_false(edge_is_whole(edge));
    assert_false(is_revoked("filled-0"));
}

static void all_is_put_beside_what_is_there(void **state)
{
    const struct edge_revocation earlier = jti("earlier");
    bool fails = false;

    (void)state;
    assert_int_equal(edge_put_revoked(edge, &earlier, NULL), 0);
    assert_false(edge_is_whole(edge));
    assert_int_equal(edge_fill(edge, add_many, &fails, NULL), 0);
    assert_true(edge_is_whole(edge));
    assert_true(is_revoked("filled-0"));
    assert_true(is_revoked("filled-999"));
    assert_true(is_revoked("earlier"));
    assert_false(is_revoked("other"));
    assert_int_equal(edge_fill(edge, add_many, &fails, NULL), 0);
    assert_true(edge_is_whole(edge));
}

/* An edge made by whoever had only one thing to revoke is not whole; nothing sweeps the mark away. */
static void what_is_revoked_later_changes_nothing(void **state)
{
    bool fails = false;

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < LATER; i++) {
            char name[16];

            (void)snprintf(name, sizeof(name), "%d-%d", round, i);
            const struct edge_revocation later = jti(name);
            assert_int_equal(edge_put_revoked(edge, &later, NULL), 0);
        }
        assert_int_equal(edge_is_whole(edge), round == 1);
        assert_int_equal(edge_fill(edge, add_many, &fails, NULL), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_put_when_something_fails),
        TEST(all_is_put_beside_what_is_there),
        TEST(what_is_revoked_later_changes_nothing),
    };

    return RUN_TAP(tests);
}
