/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <pthread.h>

#include "edge_folder.h"
#include "no_system_calls.h"
#include "recent.h"

#define PATIENCE 5

/* What the ring looks like from outside: its head, and the first slot behind the header. */
#define TAKEN_AT  48
#define HEAD_AT   56
#define SLOTS_AT  64
#define SLOT_SIZE 768
#define WORDS_AT  16 /* in a slot */

static struct edge_folder folder;

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

static struct recent *open_recent(bool create)
{
    struct complaint why = {""};
    struct recent *recent = NULL;

    if (recent_open(folder.path, create, &recent, &why) != 0) {
        fail_msg("%s", why.text);
    }
    return recent;
}

static void add(struct recent *recent, int number)
{
    struct recent_entry entry = {.at_us = number, .reason = DW_HEADER_MISSING, .status = 401};

    (void)snprintf(entry.id, sizeof(entry.id), "id%d", number);
    recent_add(recent, &entry);
}

static void write_word(long at, uint64_t word)
{
    edge_folder_scribble(&folder, "recent", at, &word, sizeof(word));
}

static void check_taken(struct recent *recent, int number, uint64_t lost)
{
    struct recent_entry entry;
    uint64_t dropped = 0;

    assert_true(recent_take(recent, &entry, &dropped));
    assert_int_equal(entry.at_us, number);
    assert_int_equal(dropped, lost);
}

static void check_nothing(struct recent *recent)
{
    struct recent_entry entry;
    uint64_t dropped = 0;

    assert_false(recent_take(recent, &entry, &dropped));
    assert_int_equal(dropped, 0);
}

static void opening_needs_a_ring(void **state)
{
    struct complaint why = {""};
    struct recent *recent = NULL;

    (void)state;
    assert_int_equal(recent_open(folder.path, false, &recent, &why), -1);
    assert_non_null(strstr(why.text, folder.path));
    assert_int_equal(recent_open("/nowhere/at/all", true, &recent, &why), -1);
    assert_null(recent);
    recent_close(NULL);
}

static void another_layout_is_replaced(void **state)
{
    struct complaint why = {""};
    struct recent *old = open_recent(true);
    struct recent *recent = NULL;

    (void)state;
    assert_true(recent_is_current(old));
    write_word(8, 99);
    assert_int_equal(recent_open(folder.path, false, &recent, &why), -1);
    assert_non_null(strstr(why.text, "another version"));
    recent = open_recent(true);
    assert_true(recent_is_current(recent));
    assert_false(recent_is_current(old));
    add(old, 1); /* harmless: nobody reads it any more */
    check_nothing(recent);
    recent_close(old);
    recent_close(recent);

    assert_int_equal(truncate(edge_folder_file(&folder, "recent"), 100), 0);
    recent_close(open_recent(true));
}

static void the_file_is_the_groups(void **state)
{
    struct stat file;
    struct stat parent;

    (void)state;
    recent_close(open_recent(true));
    assert_int_equal(stat(folder.path, &parent), 0);
    assert_int_equal(stat(edge_folder_file(&folder, "recent"), &file), 0);
    assert_int_equal(file.st_mode & 07777, 0660);
    assert_int_equal(file.st_gid, parent.st_gid);
    assert_true(file.st_blocks * 512 >=
                file.st_size); /* a full disk is met here, not in a worker */
}

static void entries_come_out_as_they_went_in(void **state)
{
    struct recent *writer = open_recent(true);
    struct recent *reader = open_recent(false);
    struct recent_entry in;
    struct recent_entry out;
    uint64_t dropped = 0;

    (void)state;
    memset(&in, 'x', sizeof(in)); /* no text has its end */
    recent_add(writer, &in);
    add(writer, 2);
    assert_true(recent_take(reader, &out, &dropped));
    assert_int_equal(out.at_us, in.at_us);
    assert_int_equal(out.latency_us, in.latency_us);
    assert_int_equal(strlen(out.id), sizeof(out.id) - 1);
    assert_int_equal(strlen(out.path), sizeof(out.path) - 1);
    assert_int_equal(strlen(out.token), sizeof(out.token) - 1);
    assert_int_equal(strlen(out.credential), sizeof(out.credential) - 1);
    assert_int_equal(strlen(out.account), sizeof(out.account) - 1);
    assert_int_equal(strlen(out.wanted), sizeof(out.wanted) - 1);
    assert_int_equal(strlen(out.seen), sizeof(out.seen) - 1);
    recent_close(reader);
    reader = open_recent(true); /* goes on where the other one stopped */
    check_taken(reader, 2, 0);
    check_nothing(reader);
    recent_close(reader);
    recent_close(writer);
}

static void what_is_overrun_is_counted(void **state)
{
    struct recent *recent = open_recent(true);

    (void)state;
    for (int i = 0; i < RECENT_SLOTS + 7; i++) {
        add(recent, i);
    }
    check_taken(recent, 7, 7);
    for (int i = 8; i < RECENT_SLOTS + 7; i++) {
        check_taken(recent, i, 0);
    }
    check_nothing(recent);
    recent_close(recent);
}

static void the_latest_of_an_id_is_found(void **state)
{
    struct recent *recent = open_recent(true);
    struct recent_entry entry;

    (void)state;
    assert_false(recent_find(recent, "id1", &entry));
    assert_false(recent_find(recent, "", &entry));
    add(recent, 1);
    add(recent, 2);
    assert_true(recent_find(recent, "id1", &entry));
    assert_int_equal(entry.at_us, 1);
    for (int i = 0; i < RECENT_SLOTS; i++) {
        add(recent, 3);
    }
    assert_false(recent_find(recent, "id1", &entry));
    assert_true(recent_find(recent, "id3", &entry));
    recent_close(recent);
}

static void anybody_looks_back(void **state)
{
    struct recent *recent = open_recent(true);
    struct recent_entry entry;
    uint64_t total = 7;

    (void)state;
    assert_false(recent_look(recent, 0, &entry, &total));
    assert_int_equal(total, 0);
    for (int i = 0; i < RECENT_SLOTS + 3; i++) {
        add(recent, i);
    }
    assert_true(recent_look(recent, 0, &entry, &total));
    assert_int_equal(total, RECENT_SLOTS + 3);
    assert_int_equal(entry.at_us, RECENT_SLOTS + 2);
    assert_true(recent_look(recent, RECENT_SLOTS - 1, &entry, &total));
    assert_int_equal(entry.at_us, 3);
    assert_false(recent_look(recent, RECENT_SLOTS, &entry, &total));
    assert_false(recent_look(recent, UINT64_MAX, &entry, &total));
    check_taken(recent, 3, 3); /* looking takes nothing */
    write_word(SLOTS_AT + 2 * SLOT_SIZE, 1);
    assert_false(recent_look(recent, 0, &entry, &total));
    assert_true(recent_look(recent, 1, &entry, &total));
    assert_int_equal(entry.at_us, RECENT_SLOTS + 1);
    recent_close(recent);
}

/* A writer that died while it wrote left an odd number; one that died before, nothing. */
static void a_dead_writer_is_given_up(void **state)
{
    static const struct {
        const char *label;
        uint64_t first, second;
    } ROWS[] = {{"claimed", 0, 0}, {"half written", 1, 3}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct recent *recent = open_recent(true);

        print_message("# %s\n", ROWS[i].label);
        add(recent, 0);
        add(recent, 1);
        add(recent, 2);
        write_word(SLOTS_AT, ROWS[i].first);
        write_word(SLOTS_AT + SLOT_SIZE, ROWS[i].second);
        for (int poll = 1; poll < PATIENCE; poll++) {
            check_nothing(recent);
        }
        check_taken(recent, 2, 2); /* both dead ones at once */
        add(recent, 3);
        check_taken(recent, 3, 0);
        check_nothing(recent);
        recent_close(recent);
        assert_int_equal(unlink(edge_folder_file(&folder, "recent")), 0);
    }
}

static void a_slow_writer_is_waited_for(void **state)
{
    struct recent *recent = open_recent(true);

    (void)state;
    add(recent, 0);
    add(recent, 1);
    write_word(SLOTS_AT, 1);
    check_nothing(recent);
    check_nothing(recent);
    write_word(SLOTS_AT, 2);
    check_taken(recent, 0, 0);
    check_taken(recent, 1, 0);
    check_nothing(recent);
    recent_close(recent);
}

static void a_busy_ring_does_not_wait(void **state)
{
    struct recent *recent = open_recent(true);

    (void)state;
    for (int i = 0; i < RECENT_SLOTS / 2; i++) {
        add(recent, i);
    }
    write_word(SLOTS_AT, 1);
    check_taken(recent, 1, 1);
    recent_close(recent);
}

static void a_mixed_entry_is_dropped(void **state)
{
    struct recent *recent = open_recent(true);

    (void)state;
    for (long word = 0; word < 4; word++) {
        for (int i = 0; i < 2; i++) {
            add(recent, 2 * (int)word + i);
        }
        write_word(SLOTS_AT + (2 * word * SLOT_SIZE) + WORDS_AT + (8 * word), 0x6261);
        check_taken(recent, 2 * (int)word + 1, 1);
    }
    recent_close(recent);
}

static void nonsense_in_the_header_is_survived(void **state)
{
    static const uint64_t HEADS[] = {1000000, UINT64_MAX / 4, UINT64_MAX / 2};
    struct recent *recent = open_recent(true);
    struct recent_entry entry;
    uint64_t dropped = 0;

    (void)state;
    add(recent, 0);
    write_word(TAKEN_AT, UINT64_MAX);
    check_nothing(recent);
    add(recent, 1);
    check_taken(recent, 1, 0);
    for (size_t i = 0; i < COUNT_OF(HEADS); i++) {
        write_word(HEAD_AT, HEADS[i]);
        for (int poll = 0; poll < PATIENCE; poll++) {
            assert_false(recent_take(recent, &entry, &dropped));
        }
        assert_false(recent_find(recent, "id7", &entry));
        add(recent, 5);
        check_taken(recent, 5, 0);
    }
    recent_close(recent);
}

/* -- Many at once ------------------------------------------------------------------------------ */

#define WRITERS      4
#define ENTRIES_EACH 100000

static void *add_many(void *context)
{
    struct recent *recent = context;
    struct recent_entry entry = {.status = 200};

    for (int i = 0; i < ENTRIES_EACH; i++) {
        entry.at_us = i;
        (void)snprintf(entry.id, sizeof(entry.id), "%d", i);
        (void)snprintf(entry.client, sizeof(entry.client), "client %d", i);
        recent_add(recent, &entry);
    }
    return NULL;
}

static void check_whole(const struct recent_entry *entry)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%d", (int)entry->at_us);
    assert_string_equal(entry->id, text);
    (void)snprintf(text, sizeof(text), "client %d", (int)entry->at_us);
    assert_string_equal(entry->client, text);
}

static void many_writers_lose_nothing_uncounted(void **state)
{
    struct recent *recent = open_recent(true);
    struct recent_entry entry;
    pthread_t writers[WRITERS];
    uint64_t dropped = 0;
    uint64_t taken = 0;

    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&writers[i], NULL, add_many, recent), 0);
    }
    while (taken + dropped < (uint64_t)WRITERS * ENTRIES_EACH) {
        if (recent_take(recent, &entry, &dropped)) {
            check_whole(&entry);
            taken++;
        } else {
            usleep(1000);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(writers[i], NULL), 0);
    }
    assert_int_equal(taken + dropped, (uint64_t)WRITERS * ENTRIES_EACH);
    check_nothing(recent);
    print_message("# %d taken, %d dropped\n", (int)taken, (int)dropped);
    recent_close(recent);
}

static bool prepare_adding(void *context)
{
    return recent_open(folder.path, true, context, NULL) == 0;
}

static bool add_often(void *context)
{
    struct recent *recent = *(struct recent **)context;

    for (int i = 0; i < 2 * RECENT_SLOTS; i++) {
        const struct recent_entry entry = {.at_us = i};

        recent_add(recent, &entry);
    }
    return true;
}

static void adding_makes_no_system_call(void **state)
{
    struct recent *recent = NULL;

    (void)state;
    assert_true(makes_no_system_call(prepare_adding, add_often, &recent));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opening_needs_a_ring),
        TEST(another_layout_is_replaced),
        TEST(the_file_is_the_groups),
        TEST(entries_come_out_as_they_went_in),
        TEST(what_is_overrun_is_counted),
        TEST(the_latest_of_an_id_is_found),
        TEST(anybody_looks_back),
        TEST(a_dead_writer_is_given_up),
        TEST(a_slow_writer_is_waited_for),
        TEST(a_busy_ring_does_not_wait),
        TEST(a_mixed_entry_is_dropped),
        TEST(nonsense_in_the_header_is_survived),
        TEST(many_writers_lose_nothing_uncounted),
        TEST(adding_makes_no_system_call),
    };

    return RUN_TAP(tests);
}
