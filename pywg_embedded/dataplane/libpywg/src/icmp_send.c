#include "icmp_send.h"
#include "io/sockaddr.h"
#include "net/icmp.h"
#include "wireguard.h"

#include <string.h>

#define TOKEN_COST (1000 / ICMP_ERRORS_PER_SECOND)
#define BUCKET_SIZE (ICMP_ERRORS_BURST * TOKEN_COST)

/* Take a token of the destination, and one of all errors (RFC 4443, 2.4). Not
 * the reverse: one destination must not use the tokens of all others. */
static bool take_tokens(struct tx *tx, const uint8_t *address, size_t size)
{
	uint64_t next;

	if (!ratelimiter_allow(tx->icmp_limiter, address, size, tx->now))
		return false;
	next = (tx->icmp_full_at > tx->now ? tx->icmp_full_at : tx->now) +
	       TOKEN_COST;
	if (next - tx->now > BUCKET_SIZE)
		return false;
	tx->icmp_full_at = next;
	return true;
}

static void write_to_tun(struct tx *tx, uint8_t *packet, size_t length)
{
	uint8_t header[VIRTIO_NET_HDR_SIZE] = {0};
	const struct iovec parts[2] = {
		{header, VIRTIO_NET_HDR_SIZE},
		{packet, length},
	};
	const int error = tun_write(&tx->shared->tun, parts, 2);

	if (error)
		tun_count_error(-error, tx->drops, &tx->tun_gone);
}

static void send_raw(int descriptor, const uint8_t *message, size_t size,
		     const uint8_t *address, uint8_t address_size)
{
	struct pywg_endpoint to = {.address_size = address_size};
	struct iovec part = {(void *)(uintptr_t)message, size};
	union socket_address name;
	struct msghdr header = {0};

	memcpy(to.address, address, address_size);
	header.msg_namelen = sockaddr_store(&name, &to);
	header.msg_name = &name;
	header.msg_iov = &part;
	header.msg_iovlen = 1;
	/* Best effort: the packet itself is counted already. */
	sendmsg(descriptor, &header, MSG_DONTWAIT);
}

void icmp_send_unreachable(struct tx *tx, const struct packet *packet,
			   uint32_t length)
{
	/* The IPv4 dummy address (RFC 7600). From an address of the machine the
	 * kernel accepts nothing that arrives at an interface. */
	static const uint8_t dummy[4] = {192, 0, 0, 8}, any[4] = {0};
	const bool is_v4 = packet->version == 4;
	const int raw = tx->icmp_sockets[is_v4 ? SOCKET_V4 : SOCKET_V6];
	const uint8_t *to = tx->tun_buffer + packet->source;
	uint8_t message[ICMP_MAX_SIZE];
	size_t size;

	if (raw < 0 && !is_v4)
		return;
	size = icmp_unreachable(message, tx->tun_buffer, length, packet,
				raw < 0 ? dummy : any);
	if (!size || !take_tokens(tx, to, packet->address_size))
		return;
	if (raw < 0)
		write_to_tun(tx, message, size);
	else
		send_raw(raw, message, size, to, packet->address_size);
}
