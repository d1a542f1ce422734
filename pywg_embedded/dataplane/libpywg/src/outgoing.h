/* From inside to outside: packets are sealed into the burst, and the burst is
 * sent when it is full or there is no more. */
#ifndef PYWG_OUTGOING_H
#define PYWG_OUTGOING_H

#include "plane.h"
#include "vnet.h"

/* A packet read from the TUN, of any size, lies in plane->from_tun. */
void outgoing_packet(struct plane *plane, const struct vnet_header *header,
		     uint32_t length);
/* Send what is staged, or ask for the session that it waits for. */
void outgoing_send_staged(struct plane *plane, uint32_t peer);
/* The same, with an empty packet if nothing is staged. */
void outgoing_send_keepalive(struct plane *plane, uint32_t peer);
void outgoing_purge_staged(struct plane *plane, uint32_t peer);
/* Ask for a handshake, at most once in REKEY_TIMEOUT. */
void outgoing_want_handshake(struct plane *plane, uint32_t peer);
void outgoing_flush(struct plane *plane);

#endif
