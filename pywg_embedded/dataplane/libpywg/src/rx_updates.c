#include "rx_updates.h"
#include "event_queue.h"
#include "keypairs.h"
#include "rx_thread.h"
#include "send.h"

#include <string.h>

static void note_facts(struct pywg_facts *facts, const struct arrival *arrival)
{
	facts->endpoint = arrival->source;
	facts->rx_bytes += arrival->bytes;
	facts->last_received = arrival->last;
	/* What was sent later than that still waits for its answer. */
	if (facts->data_sent_since <= arrival->last)
		facts->data_sent_since = 0;
	/* And what was answered already needs no more. */
	if (arrival->last_data && arrival->last_data >= facts->last_sent &&
	    !facts->data_received_since)
		facts->data_received_since = arrival->first_data;
}

static void apply(struct plane *plane, const struct arrival *arrival)
{
	const uint32_t number = arrival->peer;
	struct peer *peer = &plane->peers[number];

	note_facts(&peer->facts, arrival);
	if (peer->observed) {
		peer->observed = false;
		events_raise(plane, PYWG_ACTIVE, number);
	}
	/* A successor that came due before is told of before it is there. */
	if (arrival->wants_successor)
		outgoing_want_handshake(plane, number);
	if (arrival->confirms &&
	    sessions_confirm(plane, number, arrival->session)) {
		events_raise(plane, PYWG_KEY_CONFIRMED, number);
		outgoing_send_staged(plane, number);
	}
}

/* From one lane to the other. */

static void merge(struct arrival *into, const struct arrival *newer)
{
	into->bytes += newer->bytes;
	into->last = newer->last;
	into->source = newer->source;
	if (!into->first_data)
		into->first_data = newer->first_data;
	if (newer->last_data)
		into->last_data = newer->last_data;
	if (newer->confirms)
		into->session = newer->session;
	into->confirms |= newer->confirms;
	into->wants_successor |= newer->wants_successor;
}

/* Whether the sending lane has to hear of it now. */
static bool put(struct plane *plane, const struct arrival *arrival)
{
	struct waiting *place = &plane->waiting[arrival->peer];
	bool urgent =
		!place->quiet || arrival->confirms || arrival->wants_successor;

	place->quiet = true;
	merge(&place->arrival, arrival);
	if (!place->waits) {
		place->waits = true;
		place->next = plane->lanes.first;
		plane->lanes.first = arrival->peer + 1;
	}
	return urgent;
}

static void cross(struct plane *plane)
{
	struct lanes *lanes = &plane->lanes;
	bool meet = plane->handshakes_count > 0;
	bool urgent = false;

	pthread_mutex_lock(&lanes->mutex);
	for (uint32_t n = 0; n < plane->arrivals_count; n++) {
		urgent |= put(plane, &plane->arrivals[n]);
		meet |= plane->arrivals[n].confirms;
	}
	lanes->asked_to_meet |= meet;
	urgent = (urgent || meet) && !lanes->has_called;
	lanes->has_called |= urgent;
	pthread_mutex_unlock(&lanes->mutex);
	if (urgent)
		lanes_call(plane);
}

void arrivals_hand_over(struct plane *plane)
{
	if (plane->arrivals_cross)
		cross(plane);
	else
		for (uint32_t n = 0; n < plane->arrivals_count; n++)
			apply(plane, &plane->arrivals[n]);
	plane->arrivals_count = 0;
}

static void take_first(struct plane *plane, struct arrival *out)
{
	const uint32_t peer = plane->lanes.first - 1;
	struct waiting *place = &plane->waiting[peer];

	*out = place->arrival;
	out->peer = peer;
	plane->lanes.first = place->next;
	memset(&place->arrival, 0, sizeof(place->arrival));
	place->waits = false;
}

bool arrivals_settle(struct plane *plane)
{
	struct lanes *lanes = &plane->lanes;
	struct arrival arrival;
	bool meet, found;

	do {
		pthread_mutex_lock(&lanes->mutex);
		lanes->has_called = false;
		meet = lanes->parted && lanes->asked_to_meet;
		found = !meet && lanes->first;
		if (found)
			take_first(plane, &arrival);
		pthread_mutex_unlock(&lanes->mutex);
		if (found)
			apply(plane, &arrival);
	} while (found);
	return !meet;
}

void arrivals_expect(struct plane *plane, uint32_t peer)
{
	/* With one lane nothing is written, and the table takes no memory. */
	if (plane->waiting[peer].quiet)
		plane->waiting[peer].quiet = false;
}

/* Notes. */

static struct arrival *note_for(struct plane *plane, uint32_t peer)
{
	struct arrival *last = plane->arrivals + plane->arrivals_count - 1;

	if (plane->arrivals_count && last->peer == peer)
		return last;
	if (plane->arrivals_count == MOST_ARRIVALS)
		arrivals_hand_over(plane);
	last = &plane->arrivals[plane->arrivals_count++];
	*last = (struct arrival){.peer = peer};
	return last;
}

static bool successor_is_due(const struct session *session, uint64_t now)
{
	return session->initiator && !session->asked_for_successor &&
	       now - session->created_at >= REKEY_AFTER_TIME_RECEIVING;
}

void arrivals_note(struct plane *plane, uint32_t number, uint32_t length,
		   const struct pywg_endpoint *source)
{
	const uint32_t peer = sessions_peer_of(number);
	const uint64_t now = plane->receiving.now;
	const bool confirms = plane->peers[peer].next == number;
	struct session *session = &plane->sessions[number];
	struct arrival *arrival;

	arrival = note_for(plane, peer);
	arrival->source = *source;
	arrival->bytes += length;
	arrival->last = now;
	if (length > TRANSPORT_MIN_SIZE) {
		arrival->last_data = now;
		if (!arrival->first_data)
			arrival->first_data = now;
	}
	if (successor_is_due(session, now))
		session->asked_for_successor = arrival->wants_successor = true;
	/* At once: whatever is next in this burst finds the slots as they are
	 * then. */
	if (confirms) {
		arrival->confirms = true;
		arrival->session = number;
		arrivals_hand_over(plane);
	}
}
