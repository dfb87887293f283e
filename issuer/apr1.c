/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <string.h>

#include "parts.h"

/* apr_md5_encode() of the Apache Portable Runtime: Poul-Henning Kamp's MD5 crypt under another name. */
#define MAGIC    "$apr1$"
#define MD5_SIZE 16
#define ROUNDS   1000

static bool add(EVP_MD_CTX *context, struct dw_span bytes)
{
    return EVP_DigestUpdate(context, bytes.at, bytes.len) == 1;
}

static bool begin(EVP_MD_CTX *context)
{
    return EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1;
}

static bool end(EVP_MD_CTX *context, unsigned char digest[MD5_SIZE])
{
    return EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

static bool hash_three(EVP_MD_CTX *context, struct dw_span password, struct dw_span salt,
                       unsigned char digest[MD5_SIZE])
{
    return begin(context) && add(context, password) && add(context, salt) &&
           add(context, password) && end(context, digest);
}

static bool hash_first(EVP_MD_CTX *context, struct dw_span password, struct dw_span salt,
                       unsigned char digest[MD5_SIZE])
{
    bool fine = hash_three(context, password, salt, digest) && begin(context) &&
                add(context, password) && add(context, DW_SPAN(MAGIC)) && add(context, salt);

    for (size_t left = password.len; fine && left > 0; left -= left < MD5_SIZE ? left : MD5_SIZE) {
        fine = add(context, (struct dw_span){(char *)digest, left < MD5_SIZE ? left : MD5_SIZE});
    }
    for (size_t bits = password.len; fine && bits != 0; bits >>= 1) {
        fine = add(context, (struct dw_span){(bits & 1) != 0 ? "" : password.at, 1});
    }
    return fine && end(context, digest);
}

static bool hash_again(EVP_MD_CTX *context, int round, struct dw_span password, struct dw_span salt,
                       unsigned char digest[MD5_SIZE])
{
    const struct dw_span last = {(char *)digest, MD5_SIZE};
    const bool odd = round % 2 != 0;

    return begin(context) && add(context, odd ? password : last) &&
           (round % 3 == 0 || add(context, salt)) && (round % 7 == 0 || add(context, password)) &&
           add(context, odd ? last : password) && end(context, digest);
}

static bool hash_all(EVP_MD_CTX *context, struct dw_span password, struct dw_span salt,
                     unsigned char digest[MD5_SIZE])
{
    bool fine = hash_first(context, password, salt, digest);

    for (int round = 0; fine && round < ROUNDS; round++) {
        fine = hash_again(context, round, password, salt, digest);
    }
    return fine;
}

static char *put_digits(char *to, unsigned value, int n)
{
    static const char DIGITS[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    for (; n > 0; n--, value >>= 6) {
        *to++ = DIGITS[value & 63];
    }
    return to;
}

static void write_digest(const unsigned char digest[MD5_SIZE], char hash[APR1_SIZE])
{
    static const unsigned char ORDER[][3] = {
        {0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}};

    for (size_t i = 0; i < sizeof(ORDER) / sizeof(ORDER[0]); i++) {
        const unsigned value = (unsigned)digest[ORDER[i][0]] << 16 |
                               (unsigned)digest[ORDER[i][1]] << 8 | digest[ORDER[i][2]];

        hash = put_digits(hash, value, 4);
    }
    hash = put_digits(hash, digest[11], 2);
    *hash = '\0';
}

bool apr1_hash(struct dw_span password, struct dw_span salt, char hash[APR1_SIZE])
{
    unsigned char digest[MD5_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool fine = context != NULL && hash_all(context, password, salt, digest);

    EVP_MD_CTX_free(context);
    if (fine) {
        write_digest(digest, hash);
    }
    dw_secret_wipe(digest, sizeof(digest));
    return fine;
}
