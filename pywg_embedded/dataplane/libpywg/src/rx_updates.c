#include "rx_updates.h"
#include "send.h"
#include "tx.h"
#include "wakeup.h"

#include <string.h>

/* A source address that was checked, and perhaps cleared, stays as it is while
 * packets keep coming the same way and no route changes. */
static void update_endpoint(struct tx *tx, struct peer *peer,
			    const struct pywg_endpoint *endpoint)
{
	if (peer->received_checked &&
	    peer->received_checked == tx->route_monitor.generation &&
	    !memcmp(&peer->received_from, endpoint, sizeof(*endpoint)))
		return;
	peer->received_from = *endpoint;
	peer->facts.endpoint = *endpoint;
	peer->source_checked = 0;
}

static void update_facts(struct pywg_facts *facts,
			 const struct rx_update *update)
{
	facts->rx_bytes += update->bytes;
	facts->last_received = update->last_received;
	/* Data sent later than that is still unanswered. */
	if (facts->data_sent_since <= update->last_received)
		facts->data_sent_since = 0;
	if (facts->data_failed_since <= update->last_received)
		facts->data_failed_since = 0;
	/* Data received before the last send is answered already. */
	if (update->last_data_received &&
	    update->last_data_received >= facts->last_sent &&
	    !facts->data_received_since)
		facts->data_received_since = update->first_data_received;
}

static bool confirm_keypair(struct rx *rx, const struct rx_update *update)
{
	if (!keypairs_confirm(rx->confirmable, update->peer, update->keypair))
		return false;
	/* The keypair that it replaces was wiped. */
	aead_forget_key(&rx->tx->aead);
	aead_forget_key(&rx->aead);
	return true;
}

static void apply(struct rx *rx, const struct rx_update *update)
{
	struct tx *tx = rx->tx;

	update_endpoint(tx, &tx->peers[update->peer], &update->endpoint);
	update_facts(&tx->peers[update->peer].facts, update);
	report_activity(tx, update->peer);
	/* Before the confirmation: the request is about the keypair that the
	 * confirmed one replaces. */
	if (update->requests_rekey)
		request_handshake(tx, update->peer);
	if (update->confirms_keypair && confirm_keypair(rx, update)) {
		event_queue_push(&tx->events, PYWG_KEY_CONFIRMED, update->peer);
		send_staged_packets(tx, update->peer);
	}
}

/* From the rx thread to the main thread. */

static void merge(struct rx_update *into, const struct rx_update *newer)
{
	into->bytes += newer->bytes;
	into->last_received = newer->last_received;
	into->endpoint = newer->endpoint;
	if (!into->first_data_received)
		into->first_data_received = newer->first_data_received;
	if (newer->last_data_received)
		into->last_data_received = newer->last_data_received;
	if (newer->confirms_keypair)
		into->keypair = newer->keypair;
	into->confirms_keypair |= newer->confirms_keypair;
	into->requests_rekey |= newer->requests_rekey;
}

/* Whether the main thread has to apply it now. */
static bool add_pending(struct rx_thread *thread,
			const struct rx_update *update)
{
	struct pending_update *pending = &thread->pending[update->peer];
	const bool urgent = !pending->deferrable || update->confirms_keypair ||
			    update->requests_rekey;

	pending->deferrable = true;
	merge(&pending->update, update);
	if (!pending->queued) {
		pending->queued = true;
		pending->next = thread->first_pending;
		thread->first_pending = update->peer + 1;
	}
	return urgent;
}

static void hand_over(const struct rx *rx)
{
	struct rx_thread *thread = rx->thread;
	/* Only while this thread is paused are handshakes taken and keypairs
	 * confirmed. */
	bool pause = rx->handshakes.count > 0;
	bool urgent = false;

	pthread_mutex_lock(&thread->mutex);
	for (uint32_t n = 0; n < rx->update_count; n++) {
		urgent |= add_pending(thread, &rx->updates[n]);
		pause |= rx->updates[n].confirms_keypair;
	}
	thread->pause_requested |= pause;
	urgent = (urgent || pause) && !thread->tx_signaled;
	thread->tx_signaled |= urgent;
	pthread_mutex_unlock(&thread->mutex);
	if (urgent)
		wakeup_signal(thread->tx_wakeup);
}

void rx_updates_publish(struct rx *rx)
{
	if (rx->on_rx_thread)
		hand_over(rx);
	else
		for (uint32_t n = 0; n < rx->update_count; n++)
			apply(rx, &rx->updates[n]);
	rx->update_count = 0;
}

static void take_pending(struct rx_thread *thread, struct rx_update *out)
{
	const uint32_t peer = thread->first_pending - 1;
	struct pending_update *pending = &thread->pending[peer];

	*out = pending->update;
	out->peer = peer;
	thread->first_pending = pending->next;
	memset(&pending->update, 0, sizeof(pending->update));
	pending->queued = false;
}

bool rx_updates_apply(struct rx *rx)
{
	struct rx_thread *thread = rx->thread;
	struct rx_update update;
	bool pause, found;

	do {
		pthread_mutex_lock(&thread->mutex);
		thread->tx_signaled = false;
		pause = thread->resumed && thread->pause_requested;
		found = !pause && thread->first_pending;
		if (found)
			take_pending(thread, &update);
		pthread_mutex_unlock(&thread->mutex);
		if (found)
			apply(rx, &update);
	} while (found);
	return !pause;
}

void rx_updates_request_wakeup(struct rx *rx, uint32_t peer)
{
	struct pending_update *pending = &rx->thread->pending[peer];

	/* Without an rx thread it is false, and stays unwritten: then the table
	 * takes no memory. */
	if (pending->deferrable)
		pending->deferrable = false;
}

/* Recording. */

static struct rx_update *update_for(struct rx *rx, uint32_t peer)
{
	struct rx_update *last = rx->updates + rx->update_count - 1;

	if (rx->update_count && last->peer == peer)
		return last;
	if (rx->update_count == RX_MAX_UPDATES)
		rx_updates_publish(rx);
	last = &rx->updates[rx->update_count++];
	*last = (struct rx_update){.peer = peer};
	return last;
}

static bool rekey_is_due(const struct rx *rx, uint32_t keypair_id)
{
	const struct keypair *keypair =
		&rx->shared->keypairs.entries[keypair_id];

	return keypair->initiator &&
	       !rx->keypairs[keypair_id].rekey_requested &&
	       rx->now - keypair->created_at >= REKEY_AFTER_TIME_RECEIVING;
}

void rx_updates_record(struct rx *rx, uint32_t keypair, uint32_t length,
		       const struct pywg_endpoint *source)
{
	const uint32_t peer = keypair_peer(keypair);
	const bool confirms = rx->shared->keypairs.slots[peer].next == keypair;
	struct rx_update *update = update_for(rx, peer);

	update->endpoint = *source;
	update->bytes += length;
	update->last_received = rx->now;
	if (length > TRANSPORT_MIN_SIZE) {
		update->last_data_received = rx->now;
		if (!update->first_data_received)
			update->first_data_received = rx->now;
	}
	if (rekey_is_due(rx, keypair)) {
		rx->keypairs[keypair].rekey_requested = true;
		update->requests_rekey = true;
	}
	/* Published at once: the rest of this burst is opened with the keypairs
	 * as they are afterwards. */
	if (confirms) {
		update->confirms_keypair = true;
		update->keypair = keypair;
		rx_updates_publish(rx);
	}
}
