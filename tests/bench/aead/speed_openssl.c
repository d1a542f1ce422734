#include "speed.h"

#include <openssl/evp.h>

static EVP_CIPHER_CTX *sealing;
static EVP_CIPHER_CTX *opening;

int speed_begin(const uint8_t key[KEY_SIZE])
{
	const EVP_CIPHER *cipher = EVP_chacha20_poly1305();

	sealing = EVP_CIPHER_CTX_new();
	opening = EVP_CIPHER_CTX_new();
	return !sealing || !opening ||
	       !EVP_EncryptInit_ex(sealing, cipher, NULL, key, NULL) ||
	       !EVP_DecryptInit_ex(opening, cipher, NULL, key, NULL);
}

int speed_seal(uint8_t *text, size_t size, const uint8_t nonce[NONCE_SIZE])
{
	int length;

	return !EVP_EncryptInit_ex(sealing, NULL, NULL, NULL, nonce) ||
	       !EVP_EncryptUpdate(sealing, text, &length, text, (int)size) ||
	       !EVP_EncryptFinal_ex(sealing, text + length, &length) ||
	       !EVP_CIPHER_CTX_ctrl(sealing, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE,
				    text + size);
}

int speed_open(uint8_t *text, size_t size, const uint8_t nonce[NONCE_SIZE])
{
	int length;

	return !EVP_DecryptInit_ex(opening, NULL, NULL, NULL, nonce) ||
	       !EVP_CIPHER_CTX_ctrl(opening, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE,
				    text + size) ||
	       !EVP_DecryptUpdate(opening, text, &length, text, (int)size) ||
	       !EVP_DecryptFinal_ex(opening, text + length, &length);
}
