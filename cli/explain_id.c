/* SPDX-License-Identifier: Apache-2.0 */
#include "explain_id.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "past.h"
#include "why.h"

/* Crockford's base32. */
bool explain_is_id(const char *word)
{
    const size_t len = strspn(word, "0123456789abcdefghjkmnpqrstvwxyzABCDEFGHJKMNPQRSTVWXYZ");

    return len == RECENT_ID_SIZE - 1 && word[len] == '\0' && access(word, F_OK) != 0;
}

int explain_decision(const char *id, const char *config, const char *data, bool json)
{
    struct recent_entry entry;
    struct past *past;
    bool found;

    if (past_open(config, data, &past) != CLI_FINE) {
        return CLI_INPUT;
    }
    found = past_find(past, id, &entry);
    past_close(past);
    if (!found) {
        (void)cli_fail("%s is no file, and no decision of that id is known here", id);
        return CLI_INPUT;
    }
    if (json) {
        why_print_json(&entry);
    } else {
        why_print(&entry, (int64_t)time(NULL));
    }
    return entry.status >= 400 ? CLI_FAILED : CLI_FINE;
}
