/* Sending of ICMP errors about packets from the TUN. */
#ifndef PYWG_ICMP_SEND_H
#define PYWG_ICMP_SEND_H

#include "net/ip.h"
#include "tx.h"

/* Answer the packet of `length` bytes in tun_buffer with ICMP host unreachable,
 * unless that is forbidden or exceeds the rate. */
void icmp_send_unreachable(struct tx *tx, const struct packet *packet,
			   uint32_t length);

#endif
