#include "net/checksum.h"
#include "net/ip.h"

/* The widest addition of the machine; a carry is added at the lower end, where
 * it counts the same (RFC 1071, 2). */
typedef size_t word;

static inline word checksum_add_word(word sum, const uint8_t *data)
{
	word next;

	memcpy(&next, data, sizeof(next));
	sum += next;
	return sum + (sum < next);
}

static uint64_t checksum_add_tail(uint64_t sum, const uint8_t *data,
				  size_t length)
{
	uint16_t pair;

	for (; length >= sizeof(pair); length -= sizeof(pair)) {
		memcpy(&pair, data, sizeof(pair));
		data += sizeof(pair);
		sum += pair;
	}
	pair = 0;
	memcpy(&pair, data, length);
	return sum + pair;
}

uint64_t checksum_add(uint64_t sum, const uint8_t *data, size_t length)
{
	enum { WIDTH = sizeof(word), BLOCK = 4 * WIDTH };
	word a = 0, b = 0, c = 0, d = 0; /* no carry depends on another */

	for (; length >= BLOCK; length -= BLOCK, data += BLOCK) {
		a = checksum_add_word(a, data);
		b = checksum_add_word(b, data + WIDTH);
		c = checksum_add_word(c, data + 2 * WIDTH);
		d = checksum_add_word(d, data + 3 * WIDTH);
	}
	for (; length >= WIDTH; length -= WIDTH, data += WIDTH)
		a = checksum_add_word(a, data);
	sum += (uint64_t)checksum_fold(a) + checksum_fold(b) +
	       checksum_fold(c) + checksum_fold(d);
	return checksum_add_tail(sum, data, length);
}

uint64_t checksum_pseudo(const uint8_t *packet, uint8_t protocol, size_t length)
{
	uint64_t sum = checksum_add16(0, protocol);

	sum = checksum_add16(sum, (uint16_t)(length >> 16));
	sum = checksum_add16(sum, (uint16_t)length);
	if (packet[0] >> 4 == 4)
		return checksum_add(sum, packet + 12, 8);
	return checksum_add(sum, packet + 8, 32);
}

void checksum_write_ipv4(uint8_t *packet, size_t size)
{
	checksum_store(packet + 10, 0);
	checksum_store(packet + 10,
		       (uint16_t)~checksum_fold(checksum_add(0, packet, size)));
}
