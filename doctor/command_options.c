/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "command_options.h"
#include "complaint.h"
#include "transcript.h"

static const struct {
    const char *name;
    char letter;
    enum option option;
} OPTIONS[] = {{"location", 'L', OPTION_FOLLOW},
               {"location-trusted", 0, OPTION_TRUSTED},
               {"insecure", 'k', OPTION_INSECURE},
               {"netrc", 'n', OPTION_NETRC},
               {"netrc-optional", 0, OPTION_NETRC},
               {"digest", 0, OPTION_DIGEST},
               {"ntlm", 0, OPTION_NTLM},
               {"negotiate", 0, OPTION_NEGOTIATE},
               {"anyauth", 0, OPTION_ANYAUTH},
               {"http1.1", 0, OPTION_HTTP1},
               {"http1.0", '0', OPTION_HTTP1},
               {"http2", 0, OPTION_HTTP2},
               {"http2-prior-knowledge", 0, OPTION_HTTP2},
               {"head", 'I', OPTION_HEAD},
               {"get", 'G', OPTION_GET},
               {"compressed", 0, OPTION_COMPRESSED},
               {"next", ':', OPTION_NEXT},
               {"url", 0, OPTION_URL},
               {"request", 'X', OPTION_METHOD},
               {"header", 'H', OPTION_FIELD},
               {"user", 'u', OPTION_USER},
               {"oauth2-bearer", 0, OPTION_BEARER},
               {"data", 'd', OPTION_DATA},
               {"data-ascii", 0, OPTION_DATA},
               {"data-binary", 0, OPTION_DATA},
               {"data-raw", 0, OPTION_DATA},
               {"data-urlencode", 0, OPTION_DATA},
               {"json", 0, OPTION_JSON},
               {"form", 'F', OPTION_FORM},
               {"form-string", 0, OPTION_FORM},
               {"upload-file", 'T', OPTION_UPLOAD},
               {"cookie", 'b', OPTION_COOKIE},
               {"user-agent", 'A', OPTION_AGENT},
               {"referer", 'e', OPTION_REFERER},
               {"resolve", 0, OPTION_RESOLVE},
               {"connect-to", 0, OPTION_CONNECT_TO},
               {"proxy", 'x', OPTION_PROXY},
               {"cacert", 0, OPTION_CACERT},
               {"cert", 'E', OPTION_CERT},
               {"key", 0, OPTION_KEY},
               {"unix-socket", 0, OPTION_UNIX_SOCKET},
               {"max-time", 'm', OPTION_MAX_TIME},
               {"output", 'o', OPTION_IDLE_VALUE},
               {"write-out", 'w', OPTION_IDLE_VALUE},
               {"dump-header", 'D', OPTION_IDLE_VALUE},
               {"cookie-jar", 'c', OPTION_IDLE_VALUE},
               {"config", 'K', OPTION_IDLE_VALUE},
               {"range", 'r', OPTION_IDLE_VALUE},
               {"proxy-user", 'U', OPTION_IDLE_VALUE},
               {"continue-at", 'C', OPTION_IDLE_VALUE},
               {"quote", 'Q', OPTION_IDLE_VALUE},
               {"speed-limit", 'Y', OPTION_IDLE_VALUE},
               {"speed-time", 'y', OPTION_IDLE_VALUE},
               {"time-cond", 'z', OPTION_IDLE_VALUE},
               {"telnet-option", 't', OPTION_IDLE_VALUE},
               {"ftp-port", 'P', OPTION_IDLE_VALUE},
               {"aws-sigv4", 0, OPTION_IDLE_VALUE},
               {"capath", 0, OPTION_IDLE_VALUE},
               {"cert-type", 0, OPTION_IDLE_VALUE},
               {"key-type", 0, OPTION_IDLE_VALUE},
               {"pass", 0, OPTION_IDLE_VALUE},
               {"ciphers", 0, OPTION_IDLE_VALUE},
               {"tls-max", 0, OPTION_IDLE_VALUE},
               {"interface", 0, OPTION_IDLE_VALUE},
               {"connect-timeout", 0, OPTION_IDLE_VALUE},
               {"retry", 0, OPTION_IDLE_VALUE},
               {"retry-delay", 0, OPTION_IDLE_VALUE},
               {"retry-max-time", 0, OPTION_IDLE_VALUE},
               {"max-redirs", 0, OPTION_IDLE_VALUE},
               {"max-filesize", 0, OPTION_IDLE_VALUE},
               {"limit-rate", 0, OPTION_IDLE_VALUE},
               {"noproxy", 0, OPTION_IDLE_VALUE},
               {"proto", 0, OPTION_IDLE_VALUE},
               {"proxy-header", 0, OPTION_IDLE_VALUE},
               {"stderr", 0, OPTION_IDLE_VALUE},
               {"trace", 0, OPTION_IDLE_VALUE},
               {"trace-ascii", 0, OPTION_IDLE_VALUE},
               {"trace-config", 0, OPTION_IDLE_VALUE},
               {"request-target", 0, OPTION_IDLE_VALUE},
               {"url-query", 0, OPTION_IDLE_VALUE},
               {"netrc-file", 0, OPTION_IDLE_VALUE},
               {"service-name", 0, OPTION_IDLE_VALUE},
               {"hsts", 0, OPTION_IDLE_VALUE},
               {"alt-svc", 0, OPTION_IDLE_VALUE},
               {"doh-url", 0, OPTION_IDLE_VALUE},
               {"pinnedpubkey", 0, OPTION_IDLE_VALUE},
               {"socks5", 0, OPTION_IDLE_VALUE},
               {"socks5-hostname", 0, OPTION_IDLE_VALUE},
               {"output-dir", 0, OPTION_IDLE_VALUE},
               {"dns-servers", 0, OPTION_IDLE_VALUE},
               {"rate", 0, OPTION_IDLE_VALUE},
               {"verbose", 'v', OPTION_IDLE},
               {"silent", 's', OPTION_IDLE},
               {"show-error", 'S', OPTION_IDLE},
               {"include", 'i', OPTION_IDLE},
               {"show-headers", 0, OPTION_IDLE},
               {"fail", 'f', OPTION_IDLE},
               {"fail-with-body", 0, OPTION_IDLE},
               {"basic", 0, OPTION_IDLE},
               {"globoff", 'g', OPTION_IDLE},
               {"remote-name", 'O', OPTION_IDLE},
               {"remote-header-name", 'J', OPTION_IDLE},
               {"no-buffer", 'N', OPTION_IDLE},
               {"progress-bar", '#', OPTION_IDLE},
               {"no-progress-meter", 0, OPTION_IDLE},
               {"ipv4", '4', OPTION_IDLE},
               {"ipv6", '6', OPTION_IDLE},
               {"parallel", 'Z', OPTION_IDLE},
               {"disable", 'q', OPTION_IDLE},
               {"proxytunnel", 'p', OPTION_IDLE},
               {"junk-session-cookies", 'j', OPTION_IDLE},
               {"tlsv1", '1', OPTION_IDLE},
               {"tlsv1.2", 0, OPTION_IDLE},
               {"tlsv1.3", 0, OPTION_IDLE},
               {"http3", 0, OPTION_IDLE},
               {"raw", 0, OPTION_IDLE},
               {"path-as-is", 0, OPTION_IDLE},
               {"ssl-no-revoke", 0, OPTION_IDLE},
               {"trace-time", 0, OPTION_IDLE},
               {"post301", 0, OPTION_IDLE},
               {"post302", 0, OPTION_IDLE},
               {"post303", 0, OPTION_IDLE},
               {"tcp-nodelay", 0, OPTION_IDLE},
               {"no-keepalive", 0, OPTION_IDLE},
               {"retry-all-errors", 0, OPTION_IDLE},
               {"no-compressed", 0, OPTION_IDLE}};

enum option option_long(const char *name)
{
    const size_t len = strlen(name);
    enum option found = OPTION_UNKNOWN;

    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        if (strcmp(OPTIONS[i].name, name) == 0) {
            return OPTIONS[i].option;
        }
        if (found == OPTION_UNKNOWN && len >= 4 && strncmp(OPTIONS[i].name, name, len) == 0) {
            found = OPTIONS[i].option;
        }
    }
    return found;
}

enum option option_short(char letter)
{
    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        if (OPTIONS[i].letter == letter) {
            return OPTIONS[i].option;
        }
    }
    return OPTION_UNKNOWN;
}

bool option_takes_value(enum option option)
{
    return option == OPTION_IDLE_VALUE || option > OPTION_VALUES;
}

/* -- What they do ------------------------------------------------------------------------------------------ */

static void set_flag(struct asked *asked, enum option option)
{
    struct command *command = asked->command;

    command->follow = command->follow || option == OPTION_FOLLOW || option == OPTION_TRUSTED;
    command->location_trusted = command->location_trusted || option == OPTION_TRUSTED;
    command->insecure = command->insecure || option == OPTION_INSECURE;
    command->netrc = command->netrc || option == OPTION_NETRC;
    command->digest = command->digest || option == OPTION_DIGEST;
    command->ntlm = command->ntlm || option == OPTION_NTLM;
    command->negotiate = command->negotiate || option == OPTION_NEGOTIATE;
    command->anyauth = command->anyauth || option == OPTION_ANYAUTH;
    command->http1 = command->http1 || option == OPTION_HTTP1;
    command->http2 = command->http2 || option == OPTION_HTTP2;
    command->head = command->head || option == OPTION_HEAD;
    command->get = command->get || option == OPTION_GET;
    asked->is_compressed = asked->is_compressed || option == OPTION_COMPRESSED;
}

/* Where a value that is kept as it is belongs; NULL: it needs more than that. */
static const char **slot(struct asked *asked, enum option option)
{
    struct command *command = asked->command;
    const struct {
        enum option option;
        const char **slot;
    } SLOTS[] = {{OPTION_USER, &command->user},
                 {OPTION_RESOLVE, &command->resolve},
                 {OPTION_CONNECT_TO, &command->connect_to},
                 {OPTION_PROXY, &command->proxy},
                 {OPTION_CACERT, &command->cacert},
                 {OPTION_CERT, &command->cert},
                 {OPTION_KEY, &command->key},
                 {OPTION_UNIX_SOCKET, &command->unix_socket},
                 {OPTION_METHOD, &asked->method},
                 {OPTION_BEARER, &asked->bearer},
                 {OPTION_AGENT, &asked->agent},
                 {OPTION_REFERER, &asked->referer}};

    for (size_t i = 0; i < sizeof(SLOTS) / sizeof(SLOTS[0]); i++) {
        if (SLOTS[i].option == option) {
            return SLOTS[i].slot;
        }
    }
    return NULL;
}

static void add_data(struct asked *asked, const char *data, const char *between)
{
    const char *before = asked->command->data;

    asked->command->data =
        before == NULL ? data : arena_print(asked->capture->arena, "%s%s%s", before, between, data);
}

static void set_value(struct asked *asked, enum option option, const char *value)
{
    const char **kept = slot(asked, option);

    if (kept != NULL) {
        *kept = value;
    } else if (option == OPTION_URL && asked->command->url == NULL) {
        asked->command->url = value;
    } else if (option == OPTION_FIELD && asked->n_fields < COMMAND_FIELDS_MAX) {
        asked->fields[asked->n_fields++] = value;
    } else if (option == OPTION_COOKIE && strchr(value, '=') != NULL) {
        asked->command->cookie = value;
    } else if (option == OPTION_MAX_TIME) {
        asked->command->max_seconds = (unsigned)strtoul(value, NULL, 10);
    } else if (option == OPTION_DATA || option == OPTION_JSON || option == OPTION_FORM) {
        asked->has_json = asked->has_json || option == OPTION_JSON;
        asked->has_form = asked->has_form || option == OPTION_FORM;
        add_data(asked, value, option == OPTION_JSON ? "" : "&");
    }
    asked->has_upload = asked->has_upload || option == OPTION_UPLOAD;
}

/* -- Words -------------------------------------------------------------------------------------------------- */

static int apply(struct asked *asked, enum option option, const char *value, const char *word,
                 struct complaint *why)
{
    if (option_takes_value(option) && value == NULL) {
        return complain(why, "curl's option %.60s needs a value", word);
    }
    if (option > OPTION_VALUES) {
        set_value(asked, option, value);
    } else if (option > OPTION_FLAGS) {
        set_flag(asked, option);
    } else if (option == OPTION_UNKNOWN) {
        asked->unknown = word;
    }
    return 0;
}

/* "-sSLH 'Accept: x'", "-HAccept:x": letters up to the first that takes a value. How many further words
 * it took, or -1 and why. */
static int read_letters(struct asked *asked, const char *word, const char *next,
                        struct complaint *why)
{
    for (const char *at = word + 1; *at != '\0'; at++) {
        const enum option option = option_short(*at);
        const bool is_own = at[1] != '\0';

        if (!option_takes_value(option)) {
            if (apply(asked, option, NULL, word, why) != 0) {
                return -1;
            }
            continue;
        }
        return apply(asked, option, is_own ? at + 1 : next, word, why) != 0 ? -1 : is_own ? 0 : 1;
    }
    return 0;
}

static int read_long(struct asked *asked, const char *word, const char *next, struct complaint *why)
{
    const enum option option = option_long(word + 2);
    const bool takes = option_takes_value(option);

    return apply(asked, option, takes ? next : NULL, word, why) != 0 ? -1 : takes ? 1 : 0;
}

static bool is_next(const char *word)
{
    return strcmp(word, "--next") == 0 || strcmp(word, "-:") == 0;
}

/* An option's dash as word processors and chats write it: curl takes it for an address. */
static bool has_strange_dash(const char *word)
{
    static const char *const DASHES[] = {"\xe2\x80\x92", "\xe2\x80\x93", "\xe2\x80\x94",
                                         "\xe2\x88\x92"};

    for (size_t i = 0; i < sizeof(DASHES) / sizeof(DASHES[0]); i++) {
        if (begins(dw_span_of(word), DASHES[i])) {
            return true;
        }
    }
    return false;
}

/* What would have been its value is no address either. */
static int read_strange(struct asked *asked, const char *word, const char *next)
{
    const bool is_short = word[3] != '\0' && word[4] == '\0';

    asked->unknown = word;
    return next != NULL && is_short && option_takes_value(option_short(word[3])) ? 1 : 0;
}

int command_read(struct capture *capture, char **words, size_t n, struct command *command,
                 struct complaint *why)
{
    struct command made = {.url = NULL};
    struct asked asked = {.capture = capture, .command = &made};
    size_t i =
        n > 0 && (strcmp(words[0], "curl") == 0 || strcmp(words[0], "curl.exe") == 0) ? 1 : 0;
    int taken;

    for (; i < n && !is_next(words[i]); i += 1 + (size_t)taken) {
        const char *word = arena_print(capture->arena, "%s", words[i]);
        const char *next = i + 1 < n ? arena_print(capture->arena, "%s", words[i + 1]) : NULL;

        taken = 0;
        if (begins(dw_span_of(word), "--") && word[2] != '\0') {
            taken = read_long(&asked, word, next, why);
        } else if (word[0] == '-' && word[1] != '\0') {
            taken = read_letters(&asked, word, next, why);
        } else if (has_strange_dash(word)) {
            taken = read_strange(&asked, word, next);
        } else {
            set_value(&asked, OPTION_URL, word);
        }
        if (taken < 0) {
            return -1;
        }
    }
    if (asked_request(&asked, why) != 0) {
        return -1;
    }
    *command = made;
    return 0;
}
