#include "io/routes.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Milliseconds from a notification until lookups are outdated again, because
 * the kernel may still be changing routes: it announces that a link is down
 * before it removes the routes. Until the first one is over, no notifications
 * are read: they may come by the thousand, from a routing daemon. */
static const uint32_t delays[] = {2, 50, 1000};

#define DELAYS (sizeof(delays) / sizeof(*delays))
/* Notifications that are read at a time. The receive buffer holds a few; those
 * that it has no room for tell nothing more. */
#define MAX_READS 16
#define REPLY_SIZE 1024

static int open_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      NETLINK_ROUTE);
}

/* Notifications. */

void route_monitor_init(struct route_monitor *monitor)
{
	*monitor = (struct route_monitor){.descriptor = -1};
}

static bool join_groups(int descriptor)
{
	static const int groups[] = {
		RTNLGRP_LINK,	    RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,	 RTNLGRP_IPV4_RULE,
		RTNLGRP_IPV6_RULE,
	};
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	const int least = 0, nexthop = RTNLGRP_NEXTHOP;

	if (bind(descriptor, (const struct sockaddr *)&address,
		 sizeof(address)) < 0)
		return false;
	for (size_t n = 0; n < sizeof(groups) / sizeof(*groups); n++) {
		if (setsockopt(descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &groups[n], sizeof(groups[n])) < 0)
			return false;
	}
	/* Linux 5.3 and later. */
	setsockopt(descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nexthop,
		   sizeof(nexthop));
	setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	return true;
}

void route_monitor_open(struct route_monitor *monitor)
{
	if (monitor->descriptor >= 0)
		return;
	monitor->descriptor = open_netlink();
	if (monitor->descriptor >= 0 && !join_groups(monitor->descriptor))
		route_monitor_close(monitor);
	route_monitor_invalidate(monitor);
}

void route_monitor_close(struct route_monitor *monitor)
{
	if (monitor->descriptor >= 0)
		close(monitor->descriptor);
	monitor->descriptor = -1;
	monitor->due_at = 0;
}

void route_monitor_invalidate(struct route_monitor *monitor)
{
	if (monitor->descriptor < 0)
		monitor->generation = 0;
	else if (!++monitor->generation)
		monitor->generation = 1;
}

static bool is_held_back(const struct route_monitor *monitor, uint64_t now)
{
	return monitor->due_at > now && !monitor->step;
}

int route_monitor_pollable(const struct route_monitor *monitor, uint64_t now)
{
	return is_held_back(monitor, now) ? -1 : monitor->descriptor;
}

/* Return whether there was a notification. */
static bool read_notifications(int descriptor)
{
	bool found = false;
	char byte;

	for (int n = 0; n < MAX_READS; n++) {
		/* ENOBUFS, reported once: the receive buffer was full. */
		if (recv(descriptor, &byte, 1, MSG_DONTWAIT) < 0 &&
		    errno != ENOBUFS)
			break;
		found = true;
	}
	return found;
}

void route_monitor_update(struct route_monitor *monitor, bool readable,
			  uint64_t now)
{
	const bool due = monitor->due_at && monitor->due_at <= now;

	if (!readable && !due)
		return;
	if (read_notifications(monitor->descriptor))
		monitor->step = 0;
	else if (due)
		monitor->step++;
	else
		return;
	monitor->due_at =
		monitor->step < DELAYS ? now + delays[monitor->step] : 0;
	route_monitor_invalidate(monitor);
}

void route_monitor_record_lookup(struct route_monitor *monitor)
{
	if (monitor->due_at)
		monitor->due_at++;
}

/* Lookups. */

struct query {
	struct nlmsghdr header;
	struct rtmsg route;
	uint8_t attributes[128];
};

union reply {
	struct nlmsghdr header;
	uint8_t bytes[REPLY_SIZE];
};

void route_lookup_init(struct route_lookup *lookup)
{
	*lookup = (struct route_lookup){.descriptor = -1};
}

void route_lookup_open(struct route_lookup *lookup)
{
	if (lookup->descriptor < 0)
		lookup->descriptor = open_netlink();
}

void route_lookup_close(struct route_lookup *lookup)
{
	if (lookup->descriptor >= 0)
		close(lookup->descriptor);
	lookup->descriptor = -1;
}

static void append(struct query *query, uint16_t type, const void *value,
		   size_t size)
{
	uint8_t *at = (uint8_t *)query + query->header.nlmsg_len;
	const struct rtattr attribute = {
		.rta_len = (uint16_t)(sizeof(attribute) + size),
		.rta_type = type,
	};

	memcpy(at, &attribute, sizeof(attribute));
	memcpy(at + sizeof(attribute), value, size);
	query->header.nlmsg_len +=
		(uint32_t)(sizeof(attribute) + ((size + 3) & ~(size_t)3));
}

/* With the ports, because a rule may name them (ip-rule(8)). */
static void write_query(struct query *query, const struct udp_sockets *sockets,
			const struct pywg_endpoint *endpoint)
{
	const uint8_t protocol = IPPROTO_UDP;
	const uint16_t source_port = htons((uint16_t)sockets->port);
	const uint16_t port_there = htons(endpoint->port);
	const uint8_t size = endpoint->address_size;

	*query = (struct query){
		.header = {.nlmsg_len =
				   sizeof(query->header) + sizeof(query->route),
			   .nlmsg_type = RTM_GETROUTE,
			   .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = size == 4 ? AF_INET : AF_INET6,
			  .rtm_dst_len = (uint8_t)(8 * size),
			  .rtm_src_len = (uint8_t)(8 * size)},
	};
	append(query, RTA_DST, endpoint->address, size);
	append(query, RTA_SRC, endpoint->source, size);
	append(query, RTA_MARK, &sockets->fwmark, sizeof(sockets->fwmark));
	append(query, RTA_IP_PROTO, &protocol, sizeof(protocol));
	append(query, RTA_SPORT, &source_port, sizeof(source_port));
	append(query, RTA_DPORT, &port_there, sizeof(port_there));
	if (endpoint->scope)
		append(query, RTA_OIF, &endpoint->scope,
		       sizeof(endpoint->scope));
}

/* The output interface in a reply of so many bytes, or 0. */
static uint32_t parse_interface(const uint8_t *reply, size_t size)
{
	size_t at = sizeof(struct nlmsghdr) + sizeof(struct rtmsg);
	struct rtattr attribute;
	uint32_t interface = 0;

	for (; at + sizeof(attribute) + sizeof(interface) <= size;
	     at += (attribute.rta_len + 3U) & ~3U) {
		memcpy(&attribute, reply + at, sizeof(attribute));
		if (attribute.rta_len < sizeof(attribute))
			break;
		if (attribute.rta_type != RTA_OIF)
			continue;
		memcpy(&interface, reply + at + sizeof(attribute),
		       sizeof(interface));
		break;
	}
	return interface;
}

/* Whether an error means that datagrams cannot be sent: EINVAL if the machine
 * does not have the source address. */
static bool is_unreachable(const union reply *reply, size_t size)
{
	int error;

	if (size < sizeof(reply->header) + sizeof(error))
		return false;
	memcpy(&error, reply->bytes + sizeof(reply->header), sizeof(error));
	return error == -EINVAL || error == -ENETUNREACH ||
	       error == -EHOSTUNREACH || error == -EACCES || error == -ENODEV ||
	       error == -ESRCH;
}

/* Send the query, which the kernel answers at once. Return the size of the
 * reply, 0 if there is none. */
static size_t exchange(struct route_lookup *lookup, struct query *query,
		       union reply *reply)
{
	ssize_t size;

	query->header.nlmsg_seq = ++lookup->sequence;
	if (send(lookup->descriptor, query, query->header.nlmsg_len, 0) < 0)
		return 0;
	do
		size = recv(lookup->descriptor, reply, sizeof(*reply),
			    MSG_DONTWAIT);
	while (size >= (ssize_t)sizeof(reply->header) &&
	       reply->header.nlmsg_seq != lookup->sequence);
	return size < (ssize_t)sizeof(reply->header) ? 0 : (size_t)size;
}

bool route_fits_source(struct route_lookup *lookup,
		       const struct udp_sockets *sockets,
		       const struct pywg_endpoint *endpoint)
{
	struct query query;
	union reply reply;
	size_t size;

	if (lookup->descriptor < 0 || !endpoint->source_size ||
	    !endpoint->interface)
		return true;
	write_query(&query, sockets, endpoint);
	size = exchange(lookup, &query, &reply);
	if (size && reply.header.nlmsg_type == RTM_NEWROUTE)
		return parse_interface(reply.bytes, size) ==
		       endpoint->interface;
	return !size || reply.header.nlmsg_type != NLMSG_ERROR ||
	       !is_unreachable(&reply, size);
}
