/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int listen_parse(const char *text, struct listen_address *address, struct complaint *why)
{
    const char *colon = strrchr(text, ':');
    const size_t host_len = colon == NULL ? 0 : (size_t)(colon - text);
    const bool bracketed = host_len >= 2 && text[0] == '[' && text[host_len - 1] == ']';
    struct listen_address found;

    if (colon == NULL || host_len == 0 || host_len >= sizeof found.host || colon[1] == '\0' ||
        strlen(colon + 1) >= sizeof found.port) {
        return complain(why, "%s: expected HOST:PORT, such as 127.0.0.1:8401", text);
    }
    const size_t skip = bracketed ? 1 : 0;
    memcpy(found.host, text + skip, host_len - 2 * skip);
    found.host[host_len - 2 * skip] = '\0';
    memcpy(found.port, colon + 1, strlen(colon + 1) + 1);
    *address = found;
    return 0;
}

static int resolve(const char *text, struct addrinfo **found, struct complaint *why)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct listen_address address;

    if (listen_parse(text, &address, why) != 0) {
        return -1;
    }
    const int error = getaddrinfo(address.host, address.port, &hints, found);
    if (error != 0) {
        return complain(why, "%s: cannot listen there: %s", text, gai_strerror(error));
    }
    return 0;
}

static int complain_of_bind(const char *text, struct complaint *why)
{
    switch (errno) {
    case EADDRINUSE:
        return complain(
            why, "%s is in use by another program; stop it, or choose another with --listen", text);
    case EACCES:
        return complain(why, "%s: ports below 1024 need root; choose another with --listen", text);
    default:
        return complain(why, "%s: cannot listen there: %s", text, strerror(errno));
    }
}

int listen_tcp(const char *text, int *listener, struct complaint *why)
{
    struct addrinfo *found;
    const int on = 1;

    if (resolve(text, &found, why) != 0) {
        return -1;
    }
    const int made = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int result = made < 0 ? -1 : setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (result == 0) {
        result = bind(made, found->ai_addr, found->ai_addrlen);
    }
    if (result == 0) {
        result = listen(made, SOMAXCONN);
    }
    if (result != 0) {
        result = complain_of_bind(text, why);
        if (made >= 0) {
            close(made);
        }
    } else {
        *listener = made;
    }
    freeaddrinfo(found);
    return result;
}

bool listen_is_open(const char *text)
{
    struct addrinfo *found;

    if (resolve(text, &found, NULL) != 0) {
        return false;
    }
    const int probe = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool open = probe >= 0 && connect(probe, found->ai_addr, found->ai_addrlen) == 0;
    if (probe >= 0) {
        close(probe);
    }
    freeaddrinfo(found);
    return open;
}

/* Bound under another name and renamed over the old one: clients find the one or the other. */
static int bind_unix(int made, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    const int len = snprintf(address.sun_path, sizeof address.sun_path, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (unlink(address.sun_path) != 0 && errno != ENOENT) {
        return -1;
    }
    if (bind(made, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(address.sun_path, 0660) != 0 || listen(made, SOMAXCONN) != 0) {
        return -1;
    }
    return rename(address.sun_path, path);
}

int listen_unix(const char *path, int *listener, struct complaint *why)
{
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (made < 0 || bind_unix(made, path) != 0) {
        const int result = complain(why, "%s: cannot listen there: %s", path, strerror(errno));
        if (made >= 0) {
            close(made);
        }
        return result;
    }
    *listener = made;
    return 0;
}
