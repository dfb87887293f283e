/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "look.h"

/* What the same request got at other times: of the capture, or of our own repetitions. */
struct run {
    const struct exchange *passed, *refused; /* one of each; NULL: there was none */
    size_t n, n_passed, n_turns;             /* turns: from the one to the other */
    bool ends_refused, is_of_paths; /* not one request, but several with the same credentials */
    enum exchange_role role;
};

static bool is_of_run(const struct exchange *one, const struct exchange *it)
{
    return (one->role == ROLE_CAPTURED || one->role == ROLE_REPEATED || one->role == ROLE_YOURS) &&
           one->status != 0 && asked_the_same(one, it) && sent_the_same(one, it);
}

static bool is_next_door(const struct exchange *one, const struct exchange *it)
{
    return one->role == ROLE_CAPTURED && one->status != 0 && sent_the_same(one, it) &&
           dw_span_equal_nocase(url_host(one->url), url_host(it->url));
}

static void count(const struct scene *scene, struct run *run,
                  bool (*belongs)(const struct exchange *, const struct exchange *))
{
    bool last = false;

    *run = (struct run){.passed = NULL};
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *one = scene->capture->exchanges[i];
        const bool passes = is_success(one);

        if (!belongs(one, scene->it) || (!passes && one->status != 401 && one->status != 403)) {
            continue;
        }
        run->n_turns += run->n > 0 && passes != last;
        run->n++;
        run->n_passed += passes;
        run->passed = passes ? one : run->passed;
        run->refused = passes ? run->refused : one;
        last = passes;
    }
    run->ends_refused = !last;
}

/* Fields in which servers name the instance that answered. */
const char *nodes_field(const struct exchange *a, const struct exchange *b)
{
    static const char *const FIELDS[] = {
        "X-Served-By", "X-Backend-Server", "X-Node",     "X-Server-Id",
        "X-Backend",   "X-Instance-Id",    "X-Upstream", "X-Pod",
        "Server",      "X-Server",         "X-Hostname"};

    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        const struct dw_span one = message_value(&a->response, FIELDS[i]);
        const struct dw_span other = message_value(&b->response, FIELDS[i]);

        if (one.len > 0 && other.len > 0 && !dw_span_equal(one, other)) {
            return FIELDS[i];
        }
    }
    return NULL;
}

static void say_run(const struct run *run, struct diagnosis *diagnosis, struct finding *finding)
{
    const char *field = nodes_field(run->passed, run->refused);

    finding_say(diagnosis, finding, run->role == ROLE_CAPTURED ? "capture" : "probe",
                run->refused->place, "the same %s: %zu of %zu passed, the others got %d",
                run->is_of_paths ? "credentials" : "request", run->n_passed, run->n,
                run->refused->status);
    if (field != NULL) {
        finding_say(diagnosis, finding, "server", run->refused->response.place,
                    "%s: %.*s passes, %.*s refuses", field,
                    SHOWN(message_value(&run->passed->response, field)),
                    SHOWN(message_value(&run->refused->response, field)));
    }
}

static void look_alternation(const struct scene *scene, const struct run *run,
                             struct diagnosis *diagnosis)
{
    const bool is_session = message_field(&scene->it->request, "Cookie") != NULL &&
                            message_field(&scene->it->request, "Authorization") == NULL;
    const bool turns = run->n_turns >= 2 || nodes_field(run->passed, run->refused) != NULL;

    if (sent_nothing(scene) || (!turns && !run->ends_refused)) {
        return;
    }
    if (turns) {
        say_run(run, diagnosis,
                diagnosis_suspect(diagnosis, is_session ? "session.store_lost" : "server.bad_node",
                                  run->n_turns >= 2 && !run->is_of_paths ? 95 : 88));
    } else if (is_session) {
        say_run(run, diagnosis, diagnosis_suspect(diagnosis, "session.store_lost", 60));
    }
}

/* Whether each passed where the field says one name, and was refused where it says another. */
static bool is_by_node(const struct scene *scene, const struct run *run, const char *field)
{
    const struct dw_span good = message_value(&run->passed->response, field);
    const struct dw_span bad = message_value(&run->refused->response, field);

    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *one = scene->capture->exchanges[i];
        const struct dw_span name = message_value(&one->response, field);

        if (is_next_door(one, scene->it) && dw_span_equal(name, is_success(one) ? bad : good)) {
            return false;
        }
    }
    return good.len > 0 && bad.len > 0;
}

/* Different paths may be open to different people; but not by the node that answers, to and fro. */
static void look_neighbours(const struct scene *scene, struct diagnosis *diagnosis)
{
    const char *field;
    struct run run;

    count(scene, &run, is_next_door);
    if (run.passed == NULL || run.refused == NULL || run.n_turns < 2 || run.n < 4) {
        return;
    }
    field = nodes_field(run.passed, run.refused);
    if (field == NULL || strcmp(field, "Server") == 0 || !is_by_node(scene, &run, field)) {
        return;
    }
    run.role = ROLE_CAPTURED;
    run.is_of_paths = true;
    look_alternation(scene, &run, diagnosis);
}

/* It passed before, and now its signature is wrong: the token did not change. */
static void look_secret(const struct scene *scene, const struct run *run,
                        struct diagnosis *diagnosis)
{
    struct finding *finding;

    if (run->n_turns != 1 || !run->ends_refused || !scene_says(scene, "signature") ||
        scene->token.shape == TOKEN_NONE) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "server.secret_changed", 92);
    finding_say(diagnosis, finding, "capture", run->passed->place,
                "the same token passed before; now its signature is refused");
}

void nodes_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct run run;

    count(scene, &run, is_of_run);
    if (run.passed == NULL || run.refused == NULL) {
        look_neighbours(scene, diagnosis);
        return;
    }
    run.role = run.refused->role;
    look_secret(scene, &run, diagnosis);
    look_alternation(scene, &run, diagnosis);
}
