/* From UDP to the TUN: datagrams are opened in place, and their packets are
 * collected by GRO. */
#ifndef PYWG_RECEIVE_H
#define PYWG_RECEIVE_H

#include "rx.h"

/* Receive what a socket has, at most a burst, and write its packets to the TUN.
 */
void receive_burst(struct rx *rx, const struct udp_socket *socket);

#endif
