#include "rx_updates.h"
#include "event_queue.h"
#include "keypairs.h"
#include "rx_thread.h"
#include "send.h"

#include <string.h>

static void update_facts(struct pywg_facts *facts,
			 const struct rx_update *update)
{
	facts->endpoint = update->source;
	facts->rx_bytes += update->bytes;
	facts->last_received = update->last;
	/* What was sent later than that still queued for its answer. */
	if (facts->data_sent_since <= update->last)
		facts->data_sent_since = 0;
	/* And what was answered already needs no more. */
	if (update->last_data && update->last_data >= facts->last_sent &&
	    !facts->data_received_since)
		facts->data_received_since = update->first_data;
}

static void apply(struct plane *plane, const struct rx_update *update)
{
	const uint32_t number = update->peer;
	struct peer *peer = &plane->peers[number];

	update_facts(&peer->facts, update);
	if (peer->observed) {
		peer->observed = false;
		event_queue_push(plane, PYWG_ACTIVE, number);
	}
	/* A successor that came due before is told of before it is there. */
	if (update->wants_rekey)
		request_handshake(plane, number);
	if (update->confirms_key &&
	    keypairs_confirm(plane, number, update->keypair)) {
		event_queue_push(plane, PYWG_KEY_CONFIRMED, number);
		send_staged_packets(plane, number);
	}
}

/* From one direction to the other. */

static void merge(struct rx_update *into, const struct rx_update *newer)
{
	into->bytes += newer->bytes;
	into->last = newer->last;
	into->source = newer->source;
	if (!into->first_data)
		into->first_data = newer->first_data;
	if (newer->last_data)
		into->last_data = newer->last_data;
	if (newer->confirms_key)
		into->keypair = newer->keypair;
	into->confirms_key |= newer->confirms_key;
	into->wants_rekey |= newer->wants_rekey;
}

/* Whether the tx direction has to hear of it now. */
static bool put(struct plane *plane, const struct rx_update *update)
{
	struct pending_update *place = &plane->pending_updates[update->peer];
	bool urgent = !place->deferrable || update->confirms_key ||
		      update->wants_rekey;

	place->deferrable = true;
	merge(&place->update, update);
	if (!place->queued) {
		place->queued = true;
		place->next = plane->rx_thread.first_pending;
		plane->rx_thread.first_pending = update->peer + 1;
	}
	return urgent;
}

static void cross(struct plane *plane)
{
	struct rx_thread *rx_thread = &plane->rx_thread;
	bool meet = plane->handshakes_count > 0;
	bool urgent = false;

	pthread_mutex_lock(&rx_thread->mutex);
	for (uint32_t n = 0; n < plane->updates_count; n++) {
		urgent |= put(plane, &plane->updates[n]);
		meet |= plane->updates[n].confirms_key;
	}
	rx_thread->pause_requested |= meet;
	urgent = (urgent || meet) && !rx_thread->tx_signaled;
	rx_thread->tx_signaled |= urgent;
	pthread_mutex_unlock(&rx_thread->mutex);
	if (urgent)
		tx_wakeup_signal(plane);
}

void rx_updates_publish(struct plane *plane)
{
	if (plane->updates_cross_threads)
		cross(plane);
	else
		for (uint32_t n = 0; n < plane->updates_count; n++)
			apply(plane, &plane->updates[n]);
	plane->updates_count = 0;
}

static void take_first(struct plane *plane, struct rx_update *out)
{
	const uint32_t peer = plane->rx_thread.first_pending - 1;
	struct pending_update *place = &plane->pending_updates[peer];

	*out = place->update;
	out->peer = peer;
	plane->rx_thread.first_pending = place->next;
	memset(&place->update, 0, sizeof(place->update));
	place->queued = false;
}

bool rx_updates_apply(struct plane *plane)
{
	struct rx_thread *rx_thread = &plane->rx_thread;
	struct rx_update update;
	bool meet, found;

	do {
		pthread_mutex_lock(&rx_thread->mutex);
		rx_thread->tx_signaled = false;
		meet = rx_thread->resumed && rx_thread->pause_requested;
		found = !meet && rx_thread->first_pending;
		if (found)
			take_first(plane, &update);
		pthread_mutex_unlock(&rx_thread->mutex);
		if (found)
			apply(plane, &update);
	} while (found);
	return !meet;
}

void rx_updates_request_wakeup(struct plane *plane, uint32_t peer)
{
	/* With one direction nothing is written, and the table takes no memory.
	 */
	if (plane->pending_updates[peer].deferrable)
		plane->pending_updates[peer].deferrable = false;
}

/* Notes. */

static struct rx_update *update_for(struct plane *plane, uint32_t peer)
{
	struct rx_update *last = plane->updates + plane->updates_count - 1;

	if (plane->updates_count && last->peer == peer)
		return last;
	if (plane->updates_count == MAX_UPDATES)
		rx_updates_publish(plane);
	last = &plane->updates[plane->updates_count++];
	*last = (struct rx_update){.peer = peer};
	return last;
}

static bool rekey_is_due_on_receive(const struct keypair *keypair, uint64_t now)
{
	return keypair->initiator && !keypair->rekey_requested &&
	       now - keypair->created_at >= REKEY_AFTER_TIME_RECEIVING;
}

void rx_updates_record(struct plane *plane, uint32_t number, uint32_t length,
		       const struct pywg_endpoint *source)
{
	const uint32_t peer = keypair_peer(number);
	const uint64_t now = plane->rx.now;
	const bool confirms_key = plane->peers[peer].next == number;
	struct keypair *keypair = &plane->keypairs[number];
	struct rx_update *update;

	update = update_for(plane, peer);
	update->source = *source;
	update->bytes += length;
	update->last = now;
	if (length > TRANSPORT_MIN_SIZE) {
		update->last_data = now;
		if (!update->first_data)
			update->first_data = now;
	}
	if (rekey_is_due_on_receive(keypair, now))
		keypair->rekey_requested = update->wants_rekey = true;
	/* At once: whatever is next in this burst finds the slots as they are
	 * then. */
	if (confirms_key) {
		update->confirms_key = true;
		update->keypair = number;
		rx_updates_publish(plane);
	}
}
