/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MINTED_CASE_H
#define TESTS_MINTED_CASE_H

/* Sightings (captured.h) whose texts hold tokens in clear: <<HEADER|CLAIMS|SIGNATURE>> becomes a JWT, the
 * first two in base64url. */

#include "captured.h"

#define MINTED_SIZE 8192

/* Where a case says nothing else, the server answered then: 1795255200. */
#define DATE    "< Date: Sat, 21 Nov 2026 10:00:00 GMT\n"
#define ASK     "> GET https://api.example.com/v1/orders\n"
#define RS      "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"k1\"}"
#define INVALID "< 401\n" DATE "< WWW-Authenticate: Bearer error=\"invalid_token\"\n"

static inline size_t mint_part(const char *text, size_t len, char *out, size_t size)
{
    size_t n = 0;

    assert_int_equal(dw_base64url_write(text, len, out, size, &n), 0);
    return n;
}

/* Writes one token for what stands between << and >>; returns its length. */
static inline size_t mint_token(const char *text, size_t len, char *out, size_t size)
{
    const char *claims = memchr(text, '|', len);
    const char *signature;
    size_t n, rest;

    assert_non_null(claims);
    claims++;
    signature = memchr(claims, '|', len - (size_t)(claims - text));
    assert_non_null(signature);
    signature++;
    rest = len - (size_t)(signature - text);
    n = mint_part(text, (size_t)(claims - 1 - text), out, size);
    out[n++] = '.';
    n += mint_part(claims, (size_t)(signature - 1 - claims), out + n, size - n);
    out[n++] = '.';
    memcpy(out + n, signature, rest);
    return n + rest;
}

static inline void mint_text(const char *text, char out[MINTED_SIZE])
{
    size_t n = 0;

    while (*text != '\0') {
        const char *end = strncmp(text, "<<", 2) == 0 ? strstr(text, ">>") : NULL;

        assert_true(n < MINTED_SIZE / 2);
        if (end == NULL) {
            out[n++] = *text++;
            continue;
        }
        n += mint_token(text + 2, (size_t)(end - text) - 2, out + n, MINTED_SIZE - n);
        text = end + 2;
    }
    out[n] = '\0';
}

static inline void check_minted(const struct sighting *sightings, size_t n,
                                void (*look)(const struct scene *scene,
                                             struct diagnosis *diagnosis))
{
    static char text[MINTED_SIZE];

    for (size_t i = 0; i < n; i++) {
        struct sighting sighting = sightings[i];

        mint_text(sightings[i].text, text);
        sighting.text = text;
        check_sighting(&sighting, CAPTURE_HAR, look);
    }
}

/* How sure it is of a cause; 0: it has not found it. */
static inline int minted_confidence(const char *text, const char *cause,
                                    void (*look)(const struct scene *scene,
                                                 struct diagnosis *diagnosis))
{
    static char minted[MINTED_SIZE];
    struct capture *capture;
    struct scene *scene;
    struct diagnosis *diagnosis;
    const struct finding *finding;
    int confidence;

    mint_text(text, minted);
    capture = captured(CAPTURE_HAR, minted);
    scene = arena_take(capture->arena, sizeof(*scene));
    diagnosis = arena_take(capture->arena, sizeof(*diagnosis));
    assert_non_null(scene);
    assert_non_null(diagnosis);
    diagnosis->arena = capture->arena;
    diagnosis->scene = scene;
    assert_int_equal(scene_make(capture, scene_choose(capture), 1795000000, scene), 0);
    look(scene, diagnosis);
    finding = found_in(diagnosis, cause);
    confidence = finding != NULL ? finding->confidence : 0;
    capture_free(capture);
    return confidence;
}

#endif
