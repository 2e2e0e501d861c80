/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 by libcrypto. An implicit fetch at each use would cost twice as much and contend between
 * threads, so the algorithm is fetched once per holder. */
#include "digest.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "memory.h"

struct cm_digest {
    struct community_allocator allocator;
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

struct cm_digest *cm_digest_new(const struct community_allocator *allocator)
{
    struct cm_digest *digest = cm_allocate_zeroed(allocator, sizeof(*digest));
    if (digest == NULL)
        return NULL;
    digest->allocator = *allocator;
    /* Said on its own: a fetch that has to start libcrypto first does not survive its running out
     * of memory. */
    ERR_set_mark();
    if (OPENSSL_init_crypto(0, NULL) == 1) {
        digest->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
        digest->context = EVP_MD_CTX_new();
    }
    /* What failed is told by the return value; the thread's queue of errors is the host's. */
    ERR_pop_to_mark();
    if (digest->algorithm != NULL && digest->context != NULL)
        return digest;
    cm_digest_free(digest);
    return NULL;
}

void cm_digest_free(struct cm_digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->context);
    EVP_MD_free(digest->algorithm);
    const struct community_allocator allocator = digest->allocator;
    cm_release(&allocator, digest);
}

bool cm_digest_begin(struct cm_digest *digest)
{
    return EVP_DigestInit_ex2(digest->context, digest->algorithm, NULL) == 1;
}

bool cm_digest_add(struct cm_digest *digest, struct community_text bytes)
{
    return bytes.size == 0 || EVP_DigestUpdate(digest->context, bytes.data, bytes.size) == 1;
}

bool cm_digest_end(struct cm_digest *digest, uint8_t out[32])
{
    unsigned int size = 0;
    return EVP_DigestFinal_ex(digest->context, out, &size) == 1 && size == 32;
}

bool cm_digest_of(struct cm_digest *digest, uint8_t out[32], struct community_text bytes)
{
    return cm_digest_begin(digest) && cm_digest_add(digest, bytes) && cm_digest_end(digest, out);
}
