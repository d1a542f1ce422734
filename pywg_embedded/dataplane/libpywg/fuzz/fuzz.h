/* Fields of a fuzz input, 0 beyond its end, and a check that aborts. */
#ifndef PYWG_FUZZ_H
#define PYWG_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(condition)                                                     \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: requirement failed: %s\n",     \
				__FILE__, __LINE__, #condition);               \
			abort();                                               \
		}                                                              \
	} while (0)

struct input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t input_byte(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->at++;
}

static inline uint16_t input_be16(struct input *input)
{
	uint8_t high = input_byte(input);

	return (uint16_t)(high << 8 | input_byte(input));
}

/* Up to `*length` bytes. */
static inline const uint8_t *input_bytes(struct input *input, size_t *length)
{
	const uint8_t *bytes = input->at;

	if (*length > input->left)
		*length = input->left;
	input->at += *length;
	input->left -= *length;
	return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
