/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "edge.h"
#include "edge_folder.h"

/*
 * LMDB's locks belong to a process and a file: whoever closes that file loses them, and then the next to
 * come makes the table of readers anew under those who read. So no process may open it twice.
 */

static struct edge_folder folder;

/* Another process has to ask: to itself this one's locks are none, and asking would lose them. */
static bool is_locked(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int status = -1;
    const pid_t child = fork();

    if (child == 0) {
        const int fd = open(edge_folder_file(&folder, "lock.mdb"), O_RDWR);
        _exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status == 0;
}

static void a_lock_outlives_a_data_file_taken_away(void **state)
{
    struct edge *old = NULL;
    struct edge *new = NULL;
    struct edge *reader;

    (void)state;
    assert_int_equal(edge_open(folder.path, EDGE_WRITE, &old, NULL), 0);
    assert_true(is_locked());
    assert_int_equal(unlink(edge_folder_file(&folder, "data.mdb")), 0);
    assert_int_equal(edge_open(folder.path, EDGE_READ, &reader, NULL), -1);
    assert_true(is_locked());
    assert_int_equal(edge_open(folder.path, EDGE_WRITE, &new, NULL), 0);
    edge_close(old);
    assert_true(edge_is_current(new));
    assert_true(is_locked());
    edge_close(new);
    assert_false(is_locked());
}

static void a_lock_file_taken_away_takes_all(void **state)
{
    const struct edge_revocation revocation = {
        .kind = EDGE_KEY, .value = DW_SPAN("key"), .until = INT64_MAX};
    struct edge *old = NULL;
    struct edge *new = NULL;
    uint64_t version;

    (void)state;
    assert_int_equal(edge_open(folder.path, EDGE_WRITE, &old, NULL), 0);
    assert_int_equal(unlink(edge_folder_file(&folder, "lock.mdb")), 0);
    assert_false(edge_is_current(old));
    assert_int_equal(edge_open(folder.path, EDGE_READ, &new, NULL), -1);
    assert_int_equal(edge_open(folder.path, EDGE_WRITE, &new, NULL), 0);
    assert_true(edge_is_current(new));
    assert_false(edge_is_current(old));
    edge_close(old);
    assert_int_equal(edge_put_revoked(new, &revocation, NULL), 0);
    assert_int_equal(edge_begin(new, &version), 0);
    assert_true(edge_find_revoked(new, EDGE_KEY, (struct dw_span){NULL, 0}, DW_SPAN("key")) != 0);
    edge_end(new);
    edge_close(new);
}

static int set_up(void **state)
{
    (void)state;
    folder = edge_folder_make();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    edge_folder_remove(&folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lock_outlives_a_data_file_taken_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lock_file_taken_away_takes_all, set_up, tear_down),
    };

    return RUN_TAP(tests);
}
