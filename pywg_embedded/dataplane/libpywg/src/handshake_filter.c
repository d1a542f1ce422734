#include "handshake_filter.h"
#include "byteorder.h"
#include "io/socket.h"
#include "plane.h"

#define RECEIVER_AT 4

void sieve_set_identity(struct sieve *sieve, const uint8_t *public)
{
	sieve->has_identity = public;
	if (public)
		cookie_set_identity(&sieve->checker, public);
	else
		cookie_wipe(&sieve->checker);
}

void sieve_expect_cookie(struct sieve *sieve, uint32_t index)
{
	sieve->expected[sieve->expected_next] = index;
	sieve->expected_next = (sieve->expected_next + 1) % COOKIES_EXPECTED;
	if (sieve->expected_count < COOKIES_EXPECTED)
		sieve->expected_count++;
}

static bool is_expected(const struct sieve *sieve, uint32_t index)
{
	for (uint32_t n = 0; n < sieve->expected_count; n++) {
		if (sieve->expected[n] == index)
			return true;
	}
	return false;
}

static bool under_load(const struct plane *plane)
{
	return plane->receiving.now < plane->sieve.under_load_until;
}

uint32_t sieve_backlog(const struct plane *plane)
{
	const uint32_t waiting = plane->handshakes_count;

	if (under_load(plane) && waiting < UNDER_LOAD_BACKLOG)
		return UNDER_LOAD_BACKLOG;
	return waiting;
}

static void note_load(struct plane *plane)
{
	plane->sieve.under_load_until =
		plane->receiving.now + UNDER_LOAD_HOLD_TIME;
	plane->sieve.turned_away = 0;
}

/* Makes load last as if it had joined the queue. Always false. */
static bool turn_away(struct plane *plane, enum drop reason)
{
	if (++plane->sieve.turned_away >= UNDER_LOAD_BACKLOG)
		note_load(plane);
	lane_drop(&plane->receiving, reason);
	return false;
}

static bool refuse(struct plane *plane, enum drop reason)
{
	lane_drop(&plane->receiving, reason);
	return false;
}

static void answer(struct plane *plane, const uint8_t *data, uint32_t length,
		   const struct pywg_endpoint *source)
{
	struct pywg_endpoint to = *source;
	uint8_t reply[COOKIE_REPLY_SIZE];

	if (cookie_reply(&plane->sieve.checker, reply, data, length, source))
		udp_send_one(&plane->receiving, &to, reply, sizeof(reply),
			     HANDSHAKE_TOS);
}

/* What has no valid mac2. Until the engine has handed over a secret, it finds
 * the first eighth of the queue open. */
static bool demand_cookie(struct plane *plane, const uint8_t *data,
			  uint32_t length, const struct pywg_endpoint *source)
{
	if (cookie_has_secret(&plane->sieve.checker, plane->receiving.now)) {
		answer(plane, data, length, source);
		return turn_away(plane, DROP_COOKIE_DEMANDED);
	}
	if (plane->handshakes_count >= UNDER_LOAD_BACKLOG)
		return turn_away(plane, DROP_QUEUE_FULL);
	return true;
}

static bool passes_load(struct plane *plane, const uint8_t *data,
			uint32_t length, const struct pywg_endpoint *source)
{
	struct sieve *sieve = &plane->sieve;

	if (load_le32(data) == MESSAGE_COOKIE_REPLY) {
		if (is_expected(sieve, load_le32(data + RECEIVER_AT)))
			return true;
		return turn_away(plane, DROP_UNKNOWN_INDEX);
	}
	if (!cookie_mac2_valid(&sieve->checker, data, length, source,
			       plane->receiving.now))
		return demand_cookie(plane, data, length, source);
	if (!ratelimiter_allow(sieve->limiter, source->address,
			       source->address_size, plane->receiving.now))
		return refuse(plane, DROP_TOO_FAST);
	return true;
}

static bool is_well_formed(uint32_t kind, uint32_t length)
{
	return (kind == MESSAGE_INITIATION && length == INITIATION_SIZE) ||
	       (kind == MESSAGE_RESPONSE && length == RESPONSE_SIZE) ||
	       (kind == MESSAGE_COOKIE_REPLY && length == COOKIE_REPLY_SIZE);
}

bool sieve_lets_pass(struct plane *plane, const uint8_t *data, uint32_t length,
		     const struct pywg_endpoint *source)
{
	const struct sieve *sieve = &plane->sieve;
	const uint32_t kind = load_le32(data);

	if (!is_well_formed(kind, length))
		return refuse(plane, DROP_MALFORMED);
	if (!sieve->has_identity)
		return refuse(plane, DROP_NOT_READY);
	if (kind != MESSAGE_COOKIE_REPLY &&
	    !cookie_mac1_valid(&sieve->checker, data, length))
		return refuse(plane, DROP_MAC1);
	if (plane->handshakes_count >= UNDER_LOAD_BACKLOG)
		note_load(plane);
	if (under_load(plane) && !passes_load(plane, data, length, source))
		return false;
	if (plane->handshakes_count == HANDSHAKE_QUEUE_SIZE)
		return refuse(plane, DROP_QUEUE_FULL);
	return true;
}
