/* How libcrypto begins; whoever calls it sees to that first. */
#ifndef PYWG_OPENSSL_H
#define PYWG_OPENSSL_H

#include <openssl/crypto.h>

/* openssl.cnf may rule a cipher out, and the texts of all errors take 0.6 MB
 * that nobody reads: neither is loaded, where nobody has done so before. */
static inline void openssl_begin(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
				    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS,
			    NULL);
}

#endif
