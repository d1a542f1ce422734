#include "byteorder.h"
#include "crypto/aead.h"
#include "crypto/openssl.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

/* A context is made once: as long as the cipher stays the same, a new key or
 * nonce allocates nothing. A key that is set up already is not set up again,
 * which would take an eighth of the time of a small packet. The tag is passed
 * as a cipher parameter, without the indirection of EVP_CIPHER_CTX_ctrl. */

#define NONCE_SIZE 12

static const uint8_t no_key[KEY_SIZE];

static bool aead_start(struct aead *aead, const uint8_t *key, uint64_t counter,
		       const OSSL_PARAM *tag)
{
	const bool known = !memcmp(aead->key, key, KEY_SIZE);
	uint8_t nonce[NONCE_SIZE] = {0};

	store_le64(nonce + 4, counter);
	if (!EVP_CipherInit_ex2(aead->context, NULL, known ? NULL : key, nonce,
				aead->direction, tag))
		return false;
	memcpy(aead->key, key, KEY_SIZE);
	return true;
}

int aead_init(struct aead *aead, int direction)
{
	EVP_CIPHER *cipher;
	bool ready;

	openssl_init();
	*aead = (struct aead){.direction = direction};
	cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	if (!cipher)
		return -ENOSYS;
	aead->context = EVP_CIPHER_CTX_new();
	ready = aead->context && EVP_CipherInit_ex(aead->context, cipher, NULL,
						   no_key, NULL, direction);
	EVP_CIPHER_free(cipher);
	if (ready)
		return 0;
	aead_free(aead);
	return -ENOMEM;
}

void aead_free(struct aead *aead)
{
	EVP_CIPHER_CTX_free(aead->context);
	OPENSSL_cleanse(aead, sizeof(*aead));
}

void aead_forget_key(struct aead *aead)
{
	aead_start(aead, no_key, 0, NULL);
}

/* EVP refuses an update of 0 bytes. */
static bool aead_update(EVP_CIPHER_CTX *context, uint8_t *out,
			const uint8_t *in, size_t length)
{
	int done = 0;

	return !length ||
	       EVP_CipherUpdate(context, out, &done, in, (int)length);
}

static OSSL_PARAM aead_tag(void *tag)
{
	return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
						 tag, TAG_SIZE);
}

bool aead_seal(struct aead *aead, const uint8_t key[KEY_SIZE], uint64_t counter,
	       uint8_t *out, const uint8_t *in, size_t length)
{
	OSSL_PARAM tag[] = {aead_tag(out + length), OSSL_PARAM_END};
	EVP_CIPHER_CTX *context = aead->context;
	int done = 0;

	return length <= INT_MAX && aead_start(aead, key, counter, NULL) &&
	       aead_update(context, out, in, length) &&
	       EVP_CipherFinal_ex(context, out + length, &done) &&
	       EVP_CIPHER_CTX_get_params(context, tag);
}

bool aead_open(struct aead *aead, const uint8_t key[KEY_SIZE], uint64_t counter,
	       uint8_t *out, const uint8_t *in, size_t length)
{
	uint8_t received_tag[TAG_SIZE];
	const OSSL_PARAM tag[] = {aead_tag(received_tag), OSSL_PARAM_END};
	EVP_CIPHER_CTX *context = aead->context;
	int done = 0;

	if (length < TAG_SIZE || length > INT_MAX)
		return false;
	length -= TAG_SIZE;
	memcpy(received_tag, in + length, TAG_SIZE);
	return aead_start(aead, key, counter, tag) &&
	       aead_update(context, out, in, length) &&
	       EVP_CipherFinal_ex(context, out + length, &done);
}
