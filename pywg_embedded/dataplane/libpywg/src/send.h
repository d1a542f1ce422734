/* From inside to outside: packets are sealed into the burst, and the burst is
 * sent when it is full or there is no more. */
#ifndef PYWG_SEND_H
#define PYWG_SEND_H

#include "plane.h"

/* A burst of what the TUN has; all is sent when it ends. */
void send_tun_burst(struct plane *plane);
/* Send what is staged, or ask for the keypair that it waits for. */
void send_staged_packets(struct plane *plane, uint32_t peer);
/* The same, with an empty packet if nothing is staged. */
void send_keepalive(struct plane *plane, uint32_t peer);
void purge_staged_packets(struct plane *plane, uint32_t peer);
/* Ask for a handshake, at most once in REKEY_TIMEOUT. */
void request_handshake(struct plane *plane, uint32_t peer);

#endif
