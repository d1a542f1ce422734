/* The start of libcrypto: call openssl_init before any other of its functions.
 */
#ifndef PYWG_OPENSSL_H
#define PYWG_OPENSSL_H

#include <openssl/crypto.h>

/* Load neither openssl.cnf, which may disable a cipher, nor the error texts,
 * which take 0.6 MB and are never printed. Without effect if the process has
 * loaded them already. */
static inline void openssl_init(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
				    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS,
			    NULL);
}

#endif
