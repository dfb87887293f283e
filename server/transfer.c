/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#include <string.h>

#include "discovery.h"

static size_t take_bytes(char *data, size_t size, size_t n, void *context)
{
    struct transfer *transfer = context;
    const size_t len = size * n;

    if (len > transfer->size - transfer->len) {
        transfer->overflow = true;
        return 0;
    }
    memcpy(transfer->bytes + transfer->len, data, len);
    transfer->len += len;
    return len;
}

/* false: libcurl is out of memory, or too old for an option. */
static bool set_options(struct transfer *transfer, const char *url, int total_ms, void *owner)
{
    CURL *handle = transfer->handle;
    unsigned failed = 0;

    failed |= curl_easy_setopt(handle, CURLOPT_URL, url);
    failed |= curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    failed |= curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    failed |= curl_easy_setopt(handle, CURLOPT_PROXY, "");
    failed |= curl_easy_setopt(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    failed |= curl_easy_setopt(handle, CURLOPT_USERAGENT, "doorward/" DW_VERSION);
    failed |= curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    failed |= curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)TRANSFER_CONNECT_MS);
    failed |= curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)total_ms);
    /* Else removing a transfer whose name is still being looked up waits for the look-up. */
    failed |= curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
    failed |= curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_bytes);
    failed |= curl_easy_setopt(handle, CURLOPT_WRITEDATA, (void *)transfer);
    failed |= curl_easy_setopt(handle, CURLOPT_PRIVATE, owner);
    return failed == CURLE_OK;
}

const char *transfer_init(struct transfer *transfer, const char *url, int total_ms, void *owner)
{
    curl_easy_reset(transfer->handle);
    transfer->len = 0;
    transfer->overflow = false;
    if (!discovery_is_safe(url)) {
        return "the address is not https, nor http on this machine";
    }
    return set_options(transfer, url, total_ms, owner) ? NULL : "libcurl could not begin";
}

void *transfer_owner(CURL *handle)
{
    char *owner = NULL;

    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &owner);
    return owner;
}

long transfer_status(const struct transfer *transfer)
{
    long status = 0;

    curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}
