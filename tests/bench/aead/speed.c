/* speed SIZE SECONDS: print the CPU-seconds to encrypt and decrypt one packet
 * of SIZE bytes, with a new nonce for each packet. */
#include "speed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AT_ONCE 1000
#define LARGEST 65536

static double cpu_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int seal_and_open(size_t size, uint64_t first)
{
	static uint8_t text[LARGEST + TAG_SIZE];
	uint8_t nonce[NONCE_SIZE] = {0};

	for (uint64_t at = first; at < first + AT_ONCE; at++) {
		memcpy(nonce + 4, &at, sizeof(at));
		if (speed_seal(text, size, nonce) ||
		    speed_open(text, size, nonce))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const uint8_t key[KEY_SIZE] = {1};
	const size_t size = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	const double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
	uint64_t packets = 0;
	double begin;
	double spent;

	if (!size || size > LARGEST || speed_begin(key))
		return 1;
	begin = cpu_seconds();
	do {
		if (seal_and_open(size, packets))
			return 1;
		packets += AT_ONCE;
		spent = cpu_seconds() - begin;
	} while (spent < seconds);
	printf("%.12f\n", spent / (double)packets);
	return 0;
}
