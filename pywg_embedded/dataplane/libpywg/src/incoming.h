/* From outside to inside: datagrams are opened where they lie, and their
 * packets handed to the coalescer. */
#ifndef PYWG_INCOMING_H
#define PYWG_INCOMING_H

#include "udp.h"

/* One datagram, or several of one size; what they leave for the TUN is written
 * by incoming_flush, before the buffers are received into again. */
void incoming_datagrams(struct plane *plane, const struct received *received);
void incoming_flush(struct plane *plane);

#endif
