/* SPDX-License-Identifier: Apache-2.0 */
#include "introspection.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "introspection_call.h"
#include "report.h"

#define QUESTIONS_MAX 256 /* answered ones too */
#define AT_ONCE_MAX   64
#define WAIT_MAX_MS   60000
#define INACTIVE_MS   10000
#define SILENCE_MS    60000
/* So long that all who wait for it hear it: what is active goes to the edge, what failed is asked again. */
#define HEARD_MS 1000

enum step { STEP_NONE = 0, STEP_ASKED, STEP_UNDER_WAY, STEP_DONE };

/* One of policy.trust. */
struct asked {
    struct call_issuer issuer;
    unsigned failures; /* in a row */
    int64_t pause;     /* nobody asks it until then */
    bool told;         /* that it fails was said */
    int64_t silence;   /* and is not said again until then */
};

/* Under the lock; but while it is under way, all but its step is the thread's. */
struct question {
    enum step step;
    size_t trust;
    uint8_t name[DW_FACT_NAME];
    char *token;
    size_t token_len;
    struct call call;
    char *claims;
    enum introspection_answer answer;
    struct introspected found;
    int64_t until; /* the answer is kept */
};

struct introspection {
    pthread_mutex_t *lock;
    void (*done)(void *context);
    void *context;
    struct asked *asked; /* for each of policy.trust */
    size_t n_asked;
    struct question questions[QUESTIONS_MAX];
    bool due[QUESTIONS_MAX]; /* the thread's */
    size_t n_at_once;
    CURLM *multi;
    bool stopping;
    bool started;
    pthread_t thread;
};

static void forget_token(struct question *question)
{
    if (question->token != NULL) {
        dw_secret_wipe(question->token, question->token_len);
    }
    free(question->token);
    question->token = NULL;
    call_end(&question->call);
}

static void forget(struct question *question)
{
    forget_token(question);
    free(question->claims);
    memset(question, 0, sizeof *question);
}

/* -- An answer has come ------------------------------------------------------------------------ */

/* NULL, and what it says is in the question; or what is wrong. */
static const char *read_answer(struct question *question, CURLcode code)
{
    struct transfer *transfer = &question->call.transfer;
    bool active;

    const char *fault = call_read(&question->call, code, &active, &question->found.expires);
    if (fault != NULL) {
        return fault;
    }
    question->answer = active ? INTROSPECTION_ACTIVE : INTROSPECTION_INACTIVE;
    if (active) {
        question->found.claims = (struct dw_span){transfer->bytes, transfer->len};
        question->claims = transfer->bytes;
        transfer->bytes = NULL;
    }
    return NULL;
}

static void note_success(struct asked *asked)
{
    asked->failures = 0;
    if (asked->told) {
        report("%s: %s answers again", asked->issuer.issuer, asked->issuer.url);
        asked->told = false;
    }
}

static void note_failure(struct asked *asked, const char *fault)
{
    const int64_t now = clock_ms();

    asked->failures++;
    if (asked->failures >= INTROSPECTION_FAILURES) {
        asked->pause = now + INTROSPECTION_PAUSE_MS;
    }
    if (!asked->told && now >= asked->silence) {
        report("%s: cannot introspect at %s: %s", asked->issuer.issuer, asked->issuer.url, fault);
        asked->told = true;
        asked->silence = now + SILENCE_MS;
    }
}

static void finish(struct introspection *introspection, struct question *question,
                   const char *fault)
{
    pthread_mutex_lock(introspection->lock);
    if (fault == NULL) {
        note_success(&introspection->asked[question->trust]);
    } else {
        note_failure(&introspection->asked[question->trust], fault);
        question->answer = INTROSPECTION_FAILED;
    }
    forget_token(question);
    question->until =
        clock_ms() + (question->answer == INTROSPECTION_INACTIVE ? INACTIVE_MS : HEARD_MS);
    question->step = STEP_DONE;
    introspection->n_at_once--;
    introspection->done(introspection->context);
    pthread_mutex_unlock(introspection->lock);
}

/* -- The thread -------------------------------------------------------------------------------- */

/* Finishing takes the lock, so what is due is begun outside it. */
static bool plan(struct introspection *introspection)
{
    pthread_mutex_lock(introspection->lock);
    const bool go_on = !introspection->stopping;
    for (size_t i = 0; i < QUESTIONS_MAX; i++) {
        struct question *question = &introspection->questions[i];
        introspection->due[i] = question->step == STEP_ASKED;
        if (introspection->due[i]) {
            question->step = STEP_UNDER_WAY;
        }
    }
    pthread_mutex_unlock(introspection->lock);
    return go_on;
}

static void begin(struct introspection *introspection, struct question *question)
{
    const struct dw_span token = {question->token, question->token_len};

    const char *fault =
        call_begin(&question->call, &introspection->asked[question->trust].issuer, token, question);
    if (fault != NULL) {
        finish(introspection, question, fault);
    } else if (curl_multi_add_handle(introspection->multi, question->call.transfer.handle) !=
               CURLM_OK) {
        finish(introspection, question, "libcurl could not begin");
    }
}

static void take_answers(struct introspection *introspection)
{
    int left;

    for (;;) {
        const CURLMsg *message = curl_multi_info_read(introspection->multi, &left);
        if (message == NULL) {
            return;
        }
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        struct question *question = transfer_owner(message->easy_handle);
        const CURLcode code = message->data.result;
        curl_multi_remove_handle(introspection->multi, question->call.transfer.handle);
        finish(introspection, question, read_answer(question, code));
    }
}

static void *serve(void *context)
{
    struct introspection *introspection = context;
    int running;

    while (plan(introspection)) {
        for (size_t i = 0; i < QUESTIONS_MAX; i++) {
            if (introspection->due[i]) {
                begin(introspection, &introspection->questions[i]);
            }
        }
        curl_multi_perform(introspection->multi, &running);
        take_answers(introspection);
        curl_multi_poll(introspection->multi, NULL, 0, WAIT_MAX_MS, NULL);
    }
    return NULL;
}

/* -- Asking, for the others -------------------------------------------------------------------- */

static struct question *find_question(struct introspection *introspection, size_t trust,
                                      const uint8_t name[DW_FACT_NAME])
{
    const int64_t now = clock_ms();

    for (size_t i = 0; i < QUESTIONS_MAX; i++) {
        struct question *question = &introspection->questions[i];
        if (question->step == STEP_DONE && now >= question->until) {
            forget(question);
        }
        if (question->step != STEP_NONE && question->trust == trust &&
            memcmp(question->name, name, DW_FACT_NAME) == 0) {
            return question;
        }
    }
    return NULL;
}

/* One that is free, or else the answer that would be forgotten next. At most AT_ONCE_MAX are neither. */
static struct question *find_room(struct introspection *introspection)
{
    struct question *found = NULL;

    for (size_t i = 0; i < QUESTIONS_MAX; i++) {
        struct question *question = &introspection->questions[i];
        if (question->step == STEP_NONE) {
            return question;
        }
        if (question->step == STEP_DONE && (found == NULL || question->until < found->until)) {
            found = question;
        }
    }
    return found;
}

static enum introspection_answer begin_question(struct introspection *introspection, size_t trust,
                                                const uint8_t name[DW_FACT_NAME],
                                                struct dw_span token)
{
    struct question *question = find_room(introspection);
    char *copy = strndup(token.at, token.len);

    if (question == NULL || copy == NULL) {
        free(copy);
        return INTROSPECTION_FAILED;
    }
    forget(question);
    question->step = STEP_ASKED;
    question->trust = trust;
    memcpy(question->name, name, DW_FACT_NAME);
    question->token = copy;
    question->token_len = token.len;
    introspection->n_at_once++;
    curl_multi_wakeup(introspection->multi);
    return INTROSPECTION_WAIT;
}

enum introspection_answer introspection_ask(struct introspection *introspection, size_t trust,
                                            const uint8_t name[DW_FACT_NAME], struct dw_span token,
                                            struct introspected *found)
{
    const struct question *question = find_question(introspection, trust, name);

    if (question != NULL && question->step == STEP_DONE) {
        *found = question->found;
        return question->answer;
    }
    if (question != NULL) {
        return INTROSPECTION_WAIT;
    }
    if (trust >= introspection->n_asked || introspection->asked[trust].issuer.url == NULL ||
        clock_ms() < introspection->asked[trust].pause) {
        return INTROSPECTION_FAILED;
    }
    if (introspection->n_at_once >= AT_ONCE_MAX) {
        return INTROSPECTION_WAIT;
    }
    return begin_question(introspection, trust, name, token);
}

/* -- Start and stop ---------------------------------------------------------------------------- */

static int start(struct introspection *made, const struct config *config, struct complaint *why)
{
    bool any = false;

    made->asked = calloc(config->policy.n_trust + 1, sizeof *made->asked);
    made->multi = curl_multi_init();
    if (made->asked == NULL || made->multi == NULL) {
        return complain(why, "out of memory");
    }
    made->n_asked = config->policy.n_trust;
    for (size_t i = 0; i < made->n_asked; i++) {
        if (call_issuer_init(config, i, &made->asked[i].issuer, why) != 0) {
            return -1;
        }
        any = any || made->asked[i].issuer.url != NULL;
    }
    if (any && pthread_create(&made->thread, NULL, serve, made) != 0) {
        return complain(why, "cannot start a thread");
    }
    made->started = any;
    return 0;
}

int introspection_new(const struct config *config, pthread_mutex_t *lock,
                      void (*done)(void *context), void *context,
                      struct introspection **introspection, struct complaint *why)
{
    struct introspection *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    made->lock = lock;
    made->done = done;
    made->context = context;
    if (start(made, config, why) != 0) {
        introspection_free(made);
        return -1;
    }
    *introspection = made;
    return 0;
}

static void stop(struct introspection *introspection)
{
    pthread_mutex_lock(introspection->lock);
    introspection->stopping = true;
    pthread_mutex_unlock(introspection->lock);
    curl_multi_wakeup(introspection->multi);
    pthread_join(introspection->thread, NULL);
}

void introspection_free(struct introspection *introspection)
{
    if (introspection == NULL) {
        return;
    }
    if (introspection->started) {
        stop(introspection);
    }
    for (size_t i = 0; i < QUESTIONS_MAX; i++) {
        struct question *question = &introspection->questions[i];
        if (question->step == STEP_UNDER_WAY) {
            curl_multi_remove_handle(introspection->multi, question->call.transfer.handle);
        }
        forget(question);
    }
    for (size_t i = 0; i < introspection->n_asked; i++) {
        call_issuer_clear(&introspection->asked[i].issuer);
    }
    curl_multi_cleanup(introspection->multi);
    free(introspection->asked);
    free(introspection);
}
