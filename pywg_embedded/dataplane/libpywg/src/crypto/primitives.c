#include "crypto/primitives.h"
#include "blake2.h"
#include "pywg.h"

#include <errno.h>
#include <sys/random.h>

bool primitives_random(uint8_t *out, size_t size)
{
	size_t at = 0;

	while (at < size) {
		const ssize_t got = getrandom(out + at, size - at, 0);

		if (got < 0 && errno != EINTR)
			return false;
		if (got > 0)
			at += (size_t)got;
	}
	return true;
}

int pywg_random(uint8_t *out, uint32_t size)
{
	return primitives_random(out, size) ? 0 : -errno;
}

int pywg_equal(const uint8_t *a, const uint8_t *b, uint32_t size)
{
	return primitives_equal(a, b, size);
}

int pywg_blake2s(uint8_t *out, uint32_t out_size, const uint8_t *data,
		 uint32_t size, const uint8_t *key, uint32_t key_size)
{
	return blake2s(out, out_size, data, size, key, key_size) ? -EINVAL : 0;
}

int pywg_public_key(uint8_t *public, const uint8_t *private)
{
	return primitives_public_key(public, private) ? 0 : -ENOSYS;
}

int pywg_dh(uint8_t *shared, const uint8_t *private, const uint8_t *public)
{
	return primitives_dh(shared, private, public) ? 0 : -EINVAL;
}

static bool is_nonce(uint32_t size)
{
	return size == NONCE_SIZE || size == XNONCE_SIZE;
}

int pywg_seal(uint8_t *out, const uint8_t *in, uint32_t size,
	      const uint8_t *aad, uint32_t aad_size, const uint8_t *nonce,
	      uint32_t nonce_size, const uint8_t *key)
{
	const struct primitives_seal with = {key, nonce, nonce_size, aad,
					     aad_size};

	if (!is_nonce(nonce_size))
		return -EINVAL;
	return primitives_seal(&with, out, in, size) ? 0 : -ENOSYS;
}

int pywg_unseal(uint8_t *out, const uint8_t *in, uint32_t size,
		const uint8_t *aad, uint32_t aad_size, const uint8_t *nonce,
		uint32_t nonce_size, const uint8_t *key)
{
	const struct primitives_seal with = {key, nonce, nonce_size, aad,
					     aad_size};

	if (!is_nonce(nonce_size))
		return -EINVAL;
	return primitives_unseal(&with, out, in, size) ? 0 : -EBADMSG;
}
