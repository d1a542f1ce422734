#include "handshake_filter.h"
#include "byteorder.h"
#include "io/socket.h"
#include "plane.h"

#define RECEIVER_AT 4

void handshake_filter_set_identity(struct handshake_filter *filter,
				   const uint8_t *public)
{
	filter->has_identity = public;
	if (public)
		cookie_set_identity(&filter->checker, public);
	else
		cookie_wipe(&filter->checker);
}

void handshake_filter_expect_cookie(struct handshake_filter *filter,
				    uint32_t index)
{
	filter->expected[filter->expected_next] = index;
	filter->expected_next = (filter->expected_next + 1) % COOKIES_EXPECTED;
	if (filter->expected_count < COOKIES_EXPECTED)
		filter->expected_count++;
}

static bool is_expected(const struct handshake_filter *filter, uint32_t index)
{
	for (uint32_t n = 0; n < filter->expected_count; n++) {
		if (filter->expected[n] == index)
			return true;
	}
	return false;
}

static bool under_load(const struct plane *plane)
{
	return plane->rx.now < plane->handshake_filter.under_load_until;
}

uint32_t handshake_filter_backlog(const struct plane *plane)
{
	const uint32_t waiting = plane->handshakes_count;

	if (under_load(plane) && waiting < UNDER_LOAD_BACKLOG)
		return UNDER_LOAD_BACKLOG;
	return waiting;
}

static void note_load(struct plane *plane)
{
	plane->handshake_filter.under_load_until =
		plane->rx.now + UNDER_LOAD_HOLD_TIME;
	plane->handshake_filter.rejected = 0;
}

/* Makes load last as if it had joined the queue. Always false. */
static bool reject(struct plane *plane, enum drop_reason reason)
{
	if (++plane->handshake_filter.rejected >= UNDER_LOAD_BACKLOG)
		note_load(plane);
	count_drop(&plane->rx, reason);
	return false;
}

static bool refuse(struct plane *plane, enum drop_reason reason)
{
	count_drop(&plane->rx, reason);
	return false;
}

static void answer(struct plane *plane, const uint8_t *data, uint32_t length,
		   const struct pywg_endpoint *source)
{
	struct pywg_endpoint to = *source;
	uint8_t reply[COOKIE_REPLY_SIZE];

	if (cookie_reply(&plane->handshake_filter.checker, reply, data, length,
			 source))
		socket_send(&plane->rx, &to, reply, sizeof(reply),
			    HANDSHAKE_TOS);
}

/* What has no valid mac2. Until the engine has handed over a secret, it finds
 * the first eighth of the queue open. */
static bool demand_cookie(struct plane *plane, const uint8_t *data,
			  uint32_t length, const struct pywg_endpoint *source)
{
	if (cookie_has_secret(&plane->handshake_filter.checker,
			      plane->rx.now)) {
		answer(plane, data, length, source);
		return reject(plane, DROP_COOKIE_REQUIRED);
	}
	if (plane->handshakes_count >= UNDER_LOAD_BACKLOG)
		return reject(plane, DROP_HANDSHAKE_QUEUE_FULL);
	return true;
}

static bool passes_load(struct plane *plane, const uint8_t *data,
			uint32_t length, const struct pywg_endpoint *source)
{
	struct handshake_filter *filter = &plane->handshake_filter;

	if (load_le32(data) == MESSAGE_COOKIE_REPLY) {
		if (is_expected(filter, load_le32(data + RECEIVER_AT)))
			return true;
		return reject(plane, DROP_UNKNOWN_INDEX);
	}
	if (!cookie_mac2_valid(&filter->checker, data, length, source,
			       plane->rx.now))
		return demand_cookie(plane, data, length, source);
	if (!ratelimiter_allow(filter->limiter, source->address,
			       source->address_size, plane->rx.now))
		return refuse(plane, DROP_RATE_LIMITED);
	return true;
}

static bool is_well_formed(uint32_t kind, uint32_t length)
{
	return (kind == MESSAGE_INITIATION && length == INITIATION_SIZE) ||
	       (kind == MESSAGE_RESPONSE && length == RESPONSE_SIZE) ||
	       (kind == MESSAGE_COOKIE_REPLY && length == COOKIE_REPLY_SIZE);
}

bool handshake_filter_check(struct plane *plane, const uint8_t *data,
			    uint32_t length, const struct pywg_endpoint *source)
{
	const struct handshake_filter *filter = &plane->handshake_filter;
	const uint32_t kind = load_le32(data);

	if (!is_well_formed(kind, length))
		return refuse(plane, DROP_MALFORMED);
	if (!filter->has_identity)
		return refuse(plane, DROP_NO_IDENTITY);
	if (kind != MESSAGE_COOKIE_REPLY &&
	    !cookie_mac1_valid(&filter->checker, data, length))
		return refuse(plane, DROP_MAC1_INVALID);
	if (plane->handshakes_count >= UNDER_LOAD_BACKLOG)
		note_load(plane);
	if (under_load(plane) && !passes_load(plane, data, length, source))
		return false;
	if (plane->handshakes_count == HANDSHAKE_QUEUE_SIZE)
		return refuse(plane, DROP_HANDSHAKE_QUEUE_FULL);
	return true;
}
