/* The packets that the TUN shall get: each once, as it is, and behind those of
 * its flow that came before. */
#ifndef PYWG_FUZZ_EXPECTED_H
#define PYWG_FUZZ_EXPECTED_H

#include <stddef.h>
#include <stdint.h>

#define EXPECTED_MAX 192

/* The length that an IP packet claims; 0 if it is none, or claims too much. */
size_t expected_length(const uint8_t *packet, size_t size);

/* Nothing is expected. */
void expected_begin(void);
/* This packet; its bytes are copied. */
void expected_add(const uint8_t *packet, size_t length);
/* A write to the TUN, its vnet header first: one packet that is expected, or a
 * large one that the kernel would cut into some of them. */
void expected_written(const uint8_t *data, size_t size);
/* All has come. */
void expected_end(void);

#endif
