/* SPDX-License-Identifier: Apache-2.0 */
#include "hasher.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "accounts.h"
#include "clock.h"

#define NICENESS 10
#define KEPT_MS  10000
#define AGAIN_MS 1000 /* until one that could not be checked is tried again */
#define HASH_MAX 256  /* bytes, as a user's record has it */
/* Twice as many answers are kept as can wait: none goes before who asked for it has come back. */
#define CHECKS_MAX ((size_t)3 * HASHER_QUEUE)
#define SOURCE_MAX INET6_ADDRSTRLEN

enum step { STEP_NONE = 0, STEP_WAITING, STEP_UNDER_WAY, STEP_DONE };

/* One password against one hash. */
struct check {
    enum step step;
    uint8_t name[DW_FACT_NAME];
    char hash[HASH_MAX]; /* "": nobody's */
    char password[PASSWORD_MAX];
    size_t password_len;
    char source[SOURCE_MAX];
    uint64_t order; /* of those who wait; later, of those who are done */
    int64_t until;  /* the answer is kept */
    enum password_answer answer;
    char renewed[HASH_MAX]; /* "": none */
};

struct hasher {
    pthread_mutex_t *lock;
    pthread_cond_t asked;
    void (*done)(void *context);
    void *context;
    struct check checks[CHECKS_MAX];
    size_t n_waiting;
    uint64_t n_ordered;
    bool stopping;
    bool started;
    pthread_t thread;
};

/* -- The thread -------------------------------------------------------------------------------- */

static struct check *find_oldest(struct hasher *hasher, enum step step)
{
    struct check *oldest = NULL;

    for (size_t i = 0; i < CHECKS_MAX; i++) {
        struct check *check = &hasher->checks[i];
        if (check->step == step && (oldest == NULL || check->order < oldest->order)) {
            oldest = check;
        }
    }
    return oldest;
}

/* The lock is held but for the check itself: nobody touches one that is under way. */
static void work(struct hasher *hasher, struct check *check)
{
    const struct dw_span password = {check->password, check->password_len};

    check->step = STEP_UNDER_WAY;
    pthread_mutex_unlock(hasher->lock);
    const enum password_answer answer = password_check(check->hash, password);
    if (answer != PASSWORD_RIGHT || !password_renew(check->hash, password, check->renewed)) {
        check->renewed[0] = '\0';
    }
    dw_secret_wipe(check->password, sizeof check->password);
    pthread_mutex_lock(hasher->lock);

    check->answer = answer;
    check->step = STEP_DONE;
    check->order = hasher->n_ordered++;
    check->until = clock_ms() + (answer == PASSWORD_UNCHECKED ? AGAIN_MS : KEPT_MS);
    hasher->n_waiting--;
    hasher->done(hasher->context);
}

static void *serve(void *context)
{
    struct hasher *hasher = context;

    /* Linux has a priority for each thread. */
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    pthread_mutex_lock(hasher->lock);
    while (!hasher->stopping) {
        struct check *check = find_oldest(hasher, STEP_WAITING);
        if (check != NULL) {
            work(hasher, check);
        } else {
            pthread_cond_wait(&hasher->asked, hasher->lock);
        }
    }
    pthread_mutex_unlock(hasher->lock);
    return NULL;
}

/* -- Asking ------------------------------------------------------------------------------------ */

/* The user may have another password by now: then it is another check. */
static struct check *find_check(struct hasher *hasher, const uint8_t name[DW_FACT_NAME],
                                const char *hash)
{
    const int64_t now = clock_ms();

    for (size_t i = 0; i < CHECKS_MAX; i++) {
        struct check *check = &hasher->checks[i];
        if (check->step == STEP_DONE && now >= check->until) {
            dw_secret_wipe(check, sizeof *check);
        }
        if (check->step != STEP_NONE && memcmp(check->name, name, DW_FACT_NAME) == 0 &&
            strcmp(check->hash, hash) == 0) {
            return check;
        }
    }
    return NULL;
}

/* Whoever has one address of an IPv6 network has them all. */
static void read_source(struct dw_span text, char source[SOURCE_MAX])
{
    const size_t len = text.len < SOURCE_MAX ? text.len : SOURCE_MAX - 1;
    struct in6_addr six;

    if (len > 0) {
        memcpy(source, text.at, len);
    }
    source[len] = '\0';
    if (inet_pton(AF_INET6, source, &six) == 1 && !IN6_IS_ADDR_V4MAPPED(&six)) {
        memset(six.s6_addr + 8, 0, 8);
        inet_ntop(AF_INET6, &six, source, SOURCE_MAX);
    }
}

static bool has_room(const struct hasher *hasher, const char *source)
{
    size_t n = 0;

    for (size_t i = 0; i < CHECKS_MAX; i++) {
        const struct check *check = &hasher->checks[i];
        const bool is_waiting = check->step == STEP_WAITING || check->step == STEP_UNDER_WAY;
        if (is_waiting && strcmp(check->source, source) == 0) {
            n++;
        }
    }
    return n < HASHER_SHARE && hasher->n_waiting < HASHER_QUEUE;
}

static bool enqueue(struct hasher *hasher, const uint8_t name[DW_FACT_NAME], const char *hash,
                    struct dw_span password, const char *source)
{
    struct check *check = find_oldest(hasher, STEP_NONE);

    if (check == NULL) {
        check = find_oldest(hasher, STEP_DONE);
    }
    if (check == NULL) {
        return false;
    }
    dw_secret_wipe(check, sizeof *check);
    memcpy(check->name, name, DW_FACT_NAME);
    memcpy(check->hash, hash, strlen(hash) + 1);
    memcpy(check->password, password.at, password.len);
    check->password_len = password.len;
    memcpy(check->source, source, strlen(source) + 1);
    check->order = hasher->n_ordered++;
    check->step = STEP_WAITING;
    hasher->n_waiting++;
    pthread_cond_signal(&hasher->asked);
    return true;
}

enum hasher_answer hasher_ask(struct hasher *hasher, const uint8_t name[DW_FACT_NAME],
                              const char *hash, struct dw_span password, struct dw_span source)
{
    static const enum hasher_answer ANSWERS[] = {[PASSWORD_WRONG] = HASHER_WRONG,
                                                 [PASSWORD_RIGHT] = HASHER_RIGHT,
                                                 [PASSWORD_UNCHECKED] = HASHER_FAILED};
    const char *known = hash == NULL ? "" : hash;
    char from[SOURCE_MAX];

    if (password.len > PASSWORD_MAX || strlen(known) >= HASH_MAX) {
        return HASHER_WRONG;
    }
    const struct check *check = find_check(hasher, name, known);
    if (check != NULL && check->step == STEP_DONE) {
        return ANSWERS[check->answer];
    }
    if (check != NULL) {
        return HASHER_WAIT;
    }
    read_source(source, from);
    if (!has_room(hasher, from)) {
        return HASHER_FULL;
    }
    return enqueue(hasher, name, known, password, from) ? HASHER_WAIT : HASHER_FULL;
}

const char *hasher_renewed(struct hasher *hasher, const uint8_t name[DW_FACT_NAME],
                           const char *hash)
{
    const struct check *check = find_check(hasher, name, hash);

    return check != NULL && check->step == STEP_DONE && check->renewed[0] != '\0' ? check->renewed
                                                                                  : NULL;
}

/* -- Start and stop ---------------------------------------------------------------------------- */

int hasher_new(pthread_mutex_t *lock, void (*done)(void *context), void *context,
               struct hasher **hasher, struct complaint *why)
{
    struct hasher *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    made->lock = lock;
    made->done = done;
    made->context = context;
    pthread_cond_init(&made->asked, NULL);
    if (pthread_create(&made->thread, NULL, serve, made) != 0) {
        hasher_free(made);
        return complain(why, "cannot start a thread");
    }
    made->started = true;
    *hasher = made;
    return 0;
}

void hasher_free(struct hasher *hasher)
{
    if (hasher == NULL) {
        return;
    }
    if (hasher->started) {
        pthread_mutex_lock(hasher->lock);
        hasher->stopping = true;
        pthread_cond_signal(&hasher->asked);
        pthread_mutex_unlock(hasher->lock);
        pthread_join(hasher->thread, NULL);
    }
    pthread_cond_destroy(&hasher->asked);
    dw_secret_wipe(hasher, sizeof *hasher);
    free(hasher);
}
