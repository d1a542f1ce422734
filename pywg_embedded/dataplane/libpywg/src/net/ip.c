#include "net/ip.h"
#include "byteorder.h"

bool ip_parse(struct packet *packet, const uint8_t *data, size_t size)
{
	uint8_t version = size > 0 ? data[0] >> 4 : 0;

	if (version == 4 && size >= IPV4_HEADER) {
		size_t header = 4 * (data[0] & 0x0Fu);
		size_t length = load_be16(data + 2);

		*packet = (struct packet){length, 4, 4, 12, 16};
		return header >= IPV4_HEADER && header <= length &&
		       length <= size;
	}
	if (version == 6 && size >= IPV6_HEADER) {
		size_t length = IPV6_HEADER + load_be16(data + 4);

		*packet = (struct packet){length, 6, 16, 8, 24};
		return length <= size;
	}
	return false;
}

uint8_t ip_traffic_class(const uint8_t *data)
{
	if (data[0] >> 4 == 4)
		return data[1];
	return (uint8_t)(data[0] << 4 | data[1] >> 4);
}

void ip_set_ecn(uint8_t *data, uint8_t ecn)
{
	uint8_t old = data[1];
	uint32_t total;

	if (data[0] >> 4 == 6) {
		data[1] = (uint8_t)((old & 0xCF) | ecn << 4);
		return;
	}
	data[1] = (uint8_t)((old & 0xFC) | ecn);
	total = (uint16_t)~load_be16(data + 10);
	total += (uint16_t)~old + (uint32_t)data[1];
	total = (total & 0xFFFF) + (total >> 16);
	total = (total & 0xFFFF) + (total >> 16);
	store_be16(data + 10, (uint16_t)~total);
}
