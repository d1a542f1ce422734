#include "handshake_filter.h"
#include "byteorder.h"

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

uint32_t handshake_filter_backlog(const struct handshake_filter *filter,
				  uint32_t queued, uint64_t now)
{
	if (now < filter->under_load_until && queued < UNDER_LOAD_BACKLOG)
		return UNDER_LOAD_BACKLOG;
	return queued;
}

static void note_load(struct handshake_filter *filter, uint64_t now)
{
	filter->under_load_until = now + UNDER_LOAD_HOLD_TIME;
	filter->rejected = 0;
}

/* Rejected messages prolong the load as if they had been queued. */
static void note_rejected(struct handshake_filter *filter, uint64_t now)
{
	if (++filter->rejected >= UNDER_LOAD_BACKLOG)
		note_load(filter, now);
}

/* A message without a valid mac2. Until Python has provided a secret, the first
 * eighth of the queue is open to it. */
static enum handshake_verdict
check_without_mac2(struct handshake_filter *filter, uint32_t queued,
		   uint64_t now, enum drop_reason *reason)
{
	if (cookie_has_secret(&filter->checker, now)) {
		note_rejected(filter, now);
		*reason = DROP_COOKIE_REQUIRED;
		return HANDSHAKE_DROP_WITH_COOKIE;
	}
	if (queued >= UNDER_LOAD_BACKLOG) {
		note_rejected(filter, now);
		*reason = DROP_HANDSHAKE_QUEUE_FULL;
		return HANDSHAKE_DROP;
	}
	return HANDSHAKE_ACCEPT;
}

static enum handshake_verdict
check_under_load(struct handshake_filter *filter, const uint8_t *data,
		 uint32_t length, const struct pywg_endpoint *source,
		 uint32_t queued, uint64_t now, enum drop_reason *reason)
{
	if (load_le32(data) == MESSAGE_COOKIE_REPLY) {
		if (is_expected(filter, load_le32(data + RECEIVER_AT)))
			return HANDSHAKE_ACCEPT;
		note_rejected(filter, now);
		*reason = DROP_UNKNOWN_INDEX;
		return HANDSHAKE_DROP;
	}
	if (!cookie_mac2_valid(&filter->checker, data, length, source, now))
		return check_without_mac2(filter, queued, now, reason);
	if (!ratelimiter_allow(filter->limiter, source->address,
			       source->address_size, now)) {
		*reason = DROP_RATE_LIMITED;
		return HANDSHAKE_DROP;
	}
	return HANDSHAKE_ACCEPT;
}

static bool is_well_formed(uint32_t type, uint32_t length)
{
	return (type == MESSAGE_INITIATION && length == INITIATION_SIZE) ||
	       (type == MESSAGE_RESPONSE && length == RESPONSE_SIZE) ||
	       (type == MESSAGE_COOKIE_REPLY && length == COOKIE_REPLY_SIZE);
}

/* The checks that do not depend on load; DROP_COUNT if all pass. */
static enum drop_reason check_message(const struct handshake_filter *filter,
				      const uint8_t *data, uint32_t length)
{
	const uint32_t type = load_le32(data);

	if (!is_well_formed(type, length))
		return DROP_MALFORMED;
	if (!filter->has_identity)
		return DROP_NO_IDENTITY;
	if (type != MESSAGE_COOKIE_REPLY &&
	    !cookie_mac1_valid(&filter->checker, data, length))
		return DROP_MAC1_INVALID;
	return DROP_COUNT;
}

enum handshake_verdict
handshake_filter_check(struct handshake_filter *filter, const uint8_t *data,
		       uint32_t length, const struct pywg_endpoint *source,
		       uint32_t queued, uint64_t now, enum drop_reason *reason)
{
	enum handshake_verdict verdict = HANDSHAKE_ACCEPT;

	*reason = check_message(filter, data, length);
	if (*reason != DROP_COUNT)
		return HANDSHAKE_DROP;
	if (queued >= UNDER_LOAD_BACKLOG)
		note_load(filter, now);
	if (now < filter->under_load_until)
		verdict = check_under_load(filter, data, length, source, queued,
					   now, reason);
	if (verdict == HANDSHAKE_ACCEPT && queued == HANDSHAKE_QUEUE_SIZE) {
		*reason = DROP_HANDSHAKE_QUEUE_FULL;
		return HANDSHAKE_DROP;
	}
	return verdict;
}
