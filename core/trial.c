/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

#define NUMBER_SIZE 24

void trial_begin(struct trial *trial)
{
    trial->demands.n = 0;
    trial->spare = 0;
    jwt_clear(&trial->who);
    trial->claims = SPAN_NONE;
}

char *trial_take(struct trial *trial, size_t n)
{
    if (n > WORK_ROOM - trial->spare) {
        return NULL;
    }
    char *at = (char *)trial->work->bytes + WORK_SPARE + trial->spare;
    trial->spare += n;
    return at;
}

void trial_name(struct trial *trial)
{
    trial->found->subject = trial->who.sub;
    trial->found->client = trial->who.client_id;
    trial->found->scope = trial->who.scope;
    trial->found->credential = trial->who.jti;
}

bool trial_accepts(const struct trial *trial, enum dw_scheme scheme)
{
    for (size_t i = 0; i < trial->demands.n; i++) {
        const struct dw_route *route = trial->demands.routes[i];
        if ((route == NULL || !route->anyone) && !route_accepts(route, scheme)) {
            return false;
        }
    }
    return true;
}

bool trial_is_revoked(const struct trial *trial)
{
    const struct dw_answers *answers = trial->answers;

    return answers->is_revoked != NULL &&
           answers->is_revoked(answers->context, trial->found->scheme, &trial->who);
}

bool trial_has_to_wait(struct trial *trial, bool right)
{
    const struct dw_answers *answers = trial->answers;
    struct dw_decision *found = trial->found;

    found->retry_after = answers->wait == NULL
                             ? 0
                             : answers->wait(answers->context, trial->request->source,
                                             found->account, right);
    return found->retry_after > 0;
}

void trial_note(struct trial *trial, struct dw_span wanted, struct dw_span seen)
{
    trial->found->wanted = wanted;
    trial->found->seen = seen;
}

static struct dw_span write_number(struct trial *trial, int64_t number)
{
    char *at = trial_take(trial, NUMBER_SIZE);
    struct text text;

    if (at == NULL) {
        return SPAN_NONE;
    }
    text_init(&text, at, NUMBER_SIZE);
    text_number(&text, number);
    return text_span(&text);
}

void trial_note_times(struct trial *trial, int64_t wanted, int64_t seen)
{
    trial_note(trial, write_number(trial, wanted), write_number(trial, seen));
}
