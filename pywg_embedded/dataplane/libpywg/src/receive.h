/* From outside to inside: datagrams are opened where they lie, and their
 * packets handed to the gro. */
#ifndef PYWG_RECEIVE_H
#define PYWG_RECEIVE_H

#include "io/socket.h"

/* A burst of what a socket has; all is written when it ends. */
void receive_burst(struct plane *plane, struct udp_socket *socket);

#endif
