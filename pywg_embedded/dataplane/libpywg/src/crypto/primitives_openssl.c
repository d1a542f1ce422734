#include "byteorder.h"
#include "crypto/openssl.h"
#include "crypto/primitives.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

#define BLOCK_SIZE 64
#define BLOCK_INPUT_AT 48
#define BLOCK_INPUT_SIZE 16
#define DECRYPT 0
#define ENCRYPT 1

static EVP_PKEY *private_key(const uint8_t private[KEY_SIZE])
{
	openssl_init();
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private,
					    KEY_SIZE);
}

bool primitives_public_key(uint8_t public[KEY_SIZE],
			   const uint8_t private[KEY_SIZE])
{
	EVP_PKEY *own_key = private_key(private);
	size_t size = KEY_SIZE;
	const bool done = own_key && EVP_PKEY_get_raw_public_key(
					     own_key, public, &size) == 1;

	EVP_PKEY_free(own_key);
	return done;
}

bool primitives_dh(uint8_t shared[KEY_SIZE], const uint8_t private[KEY_SIZE],
		   const uint8_t public[KEY_SIZE])
{
	static const uint8_t zeros[KEY_SIZE];
	EVP_PKEY *own_key = private_key(private);
	EVP_PKEY *peer_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL,
							 public, KEY_SIZE);
	EVP_PKEY_CTX *context =
		own_key ? EVP_PKEY_CTX_new(own_key, NULL) : NULL;
	size_t size = KEY_SIZE;
	const bool done = peer_key && context &&
			  EVP_PKEY_derive_init(context) == 1 &&
			  EVP_PKEY_derive_set_peer(context, peer_key) == 1 &&
			  EVP_PKEY_derive(context, shared, &size) == 1;

	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(peer_key);
	EVP_PKEY_free(own_key);
	return done && CRYPTO_memcmp(shared, zeros, KEY_SIZE);
}

/* EVP refuses an update of 0 bytes. */
static bool update(EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *in,
		   size_t size)
{
	int done = 0;

	return !size || EVP_CipherUpdate(context, out, &done, in, (int)size);
}

static bool key_stream_block(uint8_t block[BLOCK_SIZE], const uint8_t *key,
			     const uint8_t *input)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	const bool done = context &&
			  EVP_CipherInit_ex(context, EVP_chacha20(), NULL, key,
					    input, ENCRYPT) &&
			  update(context, block, block, BLOCK_SIZE);

	EVP_CIPHER_CTX_free(context);
	return done;
}

/* HChaCha20 is the first and the last row of the ChaCha20 block before its
 * final step, which adds the input words: they are subtracted here
 * (draft-irtf-cfrg-xchacha 2.2; RFC 8439 2.3). */
static bool hchacha(uint8_t subkey[KEY_SIZE], const uint8_t *key,
		    const uint8_t *input)
{
	static const uint8_t constants[] = "expand 32-byte k";
	uint8_t block[BLOCK_SIZE] = {0};
	const bool done = key_stream_block(block, key, input);

	for (size_t n = 0; n < BLOCK_INPUT_SIZE; n += 4) {
		store_le32(subkey + n,
			   load_le32(block + n) - load_le32(constants + n));
		store_le32(subkey + BLOCK_INPUT_SIZE + n,
			   load_le32(block + BLOCK_INPUT_AT + n) -
				   load_le32(input + n));
	}
	OPENSSL_cleanse(block, sizeof(block));
	return done;
}

/* A context with key, nonce and associated data set, or NULL. */
static EVP_CIPHER_CTX *start(const struct primitives_seal *with, int direction)
{
	EVP_CIPHER_CTX *context;
	uint8_t subkey[KEY_SIZE], nonce[NONCE_SIZE] = {0};
	const uint8_t *rest = with->nonce + BLOCK_INPUT_SIZE;
	const bool extended = with->nonce_size == XNONCE_SIZE;
	bool done = with->aad_size <= INT_MAX;

	openssl_init();
	context = EVP_CIPHER_CTX_new();
	if (extended) {
		done &= hchacha(subkey, with->key, with->nonce);
		memcpy(nonce + 4, rest, XNONCE_SIZE - BLOCK_INPUT_SIZE);
	}
	done = done && context &&
	       EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), NULL,
				 extended ? subkey : with->key,
				 extended ? nonce : with->nonce, direction) &&
	       update(context, NULL, with->aad, with->aad_size);
	OPENSSL_cleanse(subkey, sizeof(subkey));
	if (done)
		return context;
	EVP_CIPHER_CTX_free(context);
	return NULL;
}

bool primitives_seal(const struct primitives_seal *with, uint8_t *out,
		     const uint8_t *in, size_t size)
{
	EVP_CIPHER_CTX *context = start(with, ENCRYPT);
	int rest = 0;
	const bool done = context && size <= INT_MAX &&
			  update(context, out, in, size) &&
			  EVP_CipherFinal_ex(context, out + size, &rest) &&
			  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG,
					      TAG_SIZE, out + size);

	EVP_CIPHER_CTX_free(context);
	return done;
}

bool primitives_unseal(const struct primitives_seal *with, uint8_t *out,
		       const uint8_t *in, size_t size)
{
	uint8_t tag[TAG_SIZE];
	EVP_CIPHER_CTX *context;
	int rest = 0;
	bool done;

	if (size < TAG_SIZE || size > INT_MAX)
		return false;
	size -= TAG_SIZE;
	memcpy(tag, in + size, TAG_SIZE);
	context = start(with, DECRYPT);
	done = context &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE,
				   tag) &&
	       update(context, out, in, size) &&
	       EVP_CipherFinal_ex(context, out + size, &rest);
	EVP_CIPHER_CTX_free(context);
	return done;
}

bool primitives_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	return !CRYPTO_memcmp(a, b, size);
}

void primitives_wipe(void *secret, size_t size)
{
	OPENSSL_cleanse(secret, size);
}
