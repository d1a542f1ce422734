/* From the TUN to UDP: packets are sealed into batches, which are sent when the
 * buffer is full or there is nothing more to read. */
#ifndef PYWG_SEND_H
#define PYWG_SEND_H

#include "tx.h"

/* Send what the TUN has, at most a burst. */
void send_tun_burst(struct tx *tx);
/* Send a peer's staged packets, or request the handshake that they wait for. */
void send_staged_packets(struct tx *tx, uint32_t peer);
/* Send a peer's staged packets, or an empty one if there are none. */
void send_keepalive(struct tx *tx, uint32_t peer);
void purge_staged_packets(struct tx *tx, uint32_t peer);
/* Raise PYWG_HANDSHAKE_NEEDED, at most once in REKEY_TIMEOUT. */
void request_handshake(struct tx *tx, uint32_t peer);
/* Raise PYWG_ACTIVE if the peer is observed. */
void report_activity(struct tx *tx, uint32_t peer);

#endif
