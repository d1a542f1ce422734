/* Route lookups in the kernel, and the notifications after which they may have
 * another result; both in the network namespace of the UDP sockets. */
#ifndef PYWG_ROUTES_H
#define PYWG_ROUTES_H

#include "io/socket.h"
#include "pywg.h"

#include <stdbool.h>
#include <stdint.h>

/* Where netlink is not available, the monitor stays closed and the generation
 * 0: then no source address is checked. */
struct route_monitor {
	int descriptor; /* -1 if closed */
	uint32_t generation; /* changes when routes may have changed */
	uint32_t step; /* of the delays until the next change of `generation` */
	uint64_t due_at; /* when that is, 0 for never */
};

void route_monitor_init(struct route_monitor *monitor);
/* Open the monitor if it is closed; what was looked up before is outdated. */
void route_monitor_open(struct route_monitor *monitor);
void route_monitor_close(struct route_monitor *monitor);
/* The descriptor to poll, or -1 while notifications are not read. */
int route_monitor_pollable(const struct route_monitor *monitor, uint64_t now);
/* Let what was looked up before be outdated, without a notification. */
void route_monitor_invalidate(struct route_monitor *monitor);
/* Read the notifications if the descriptor is `readable` or it is time. */
void route_monitor_update(struct route_monitor *monitor, bool readable,
			  uint64_t now);
/* Record a lookup: many of them delay the next change of `generation`. */
void route_monitor_record_lookup(struct route_monitor *monitor);

struct route_lookup {
	int descriptor; /* -1 if closed */
	uint32_t sequence;
};

void route_lookup_init(struct route_lookup *lookup);
/* Open the socket for lookups if it is closed; it stays closed where netlink is
 * not available. */
void route_lookup_open(struct route_lookup *lookup);
void route_lookup_close(struct route_lookup *lookup);
/* Whether the kernel would send from the source address of this endpoint
 * through its interface; true if it has none, or if the kernel does not answer.
 */
bool route_fits_source(struct route_lookup *lookup,
		       const struct udp_sockets *sockets,
		       const struct pywg_endpoint *endpoint);

#endif
