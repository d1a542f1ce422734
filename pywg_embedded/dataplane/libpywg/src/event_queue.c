#include "event_queue.h"

#include <string.h>

/* Each costs Python milliseconds on a router; packets wait meanwhile. */
#define HANDSHAKES_PER_WAIT 8

void event_queue_push(struct plane *plane, uint32_t kind, uint32_t peer)
{
	struct peer *of = &plane->peers[peer];
	uint8_t bit = (uint8_t)(1u << kind);
	struct queued_event *place;

	if (of->pending & bit || plane->events_count == plane->events_room)
		return;
	of->pending |= bit;
	place = &plane->events[(plane->events_first + plane->events_count) %
			       plane->events_room];
	place->kind = kind;
	place->peer = peer;
	plane->events_count++;
}

void event_queue_remove_peer(struct plane *plane, uint32_t peer)
{
	uint32_t kept = 0;

	for (uint32_t n = 0; n < plane->events_count; n++) {
		uint32_t from = (plane->events_first + n) % plane->events_room;
		uint32_t to = (plane->events_first + kept) % plane->events_room;

		plane->events[to] = plane->events[from];
		kept += plane->events[to].peer != peer;
	}
	plane->events_count = kept;
	plane->peers[peer].pending = 0;
}

void event_queue_push_handshake(struct plane *plane, const uint8_t *data,
				uint32_t length,
				const struct pywg_endpoint *source)
{
	struct queued_handshake *place;
	uint32_t end;

	if (!handshake_filter_check(plane, data, length, source))
		return;
	end = plane->handshakes_first + plane->handshakes_count;
	place = &plane->handshakes[end % HANDSHAKE_QUEUE_SIZE];
	memcpy(place->data, data, length);
	place->length = length;
	place->endpoint = *source;
	plane->handshakes_count++;
}

void event_queue_clear_handshakes(struct plane *plane)
{
	plane->handshakes_count = 0;
}

bool event_queue_has_peer_events(const struct plane *plane)
{
	return plane->events_count;
}

bool event_queue_has_events(const struct plane *plane)
{
	return event_queue_has_peer_events(plane) || plane->handshakes_count;
}

static void pop_event(struct plane *plane, struct pywg_event *out)
{
	struct queued_event *first = &plane->events[plane->events_first];

	out->kind = first->kind;
	out->id = first->peer;
	plane->peers[first->peer].pending &= (uint8_t) ~(1u << first->kind);
	plane->events_first = (plane->events_first + 1) % plane->events_room;
	plane->events_count--;
}

static void pop_handshake(struct plane *plane, struct pywg_event *out)
{
	struct queued_handshake *first =
		&plane->handshakes[plane->handshakes_first];

	plane->handshakes_first =
		(plane->handshakes_first + 1) % HANDSHAKE_QUEUE_SIZE;
	plane->handshakes_count--;
	out->kind = PYWG_HANDSHAKE;
	out->id = handshake_filter_backlog(plane);
	out->length = first->length;
	memcpy(out->data, first->data, first->length);
	out->endpoint = first->endpoint;
}

uint32_t event_queue_pop(struct plane *plane, struct pywg_event *out,
			 uint32_t room)
{
	uint32_t taken = 0;

	while (taken < room && plane->events_count)
		pop_event(plane, &out[taken++]);
	for (int n = 0; n < HANDSHAKES_PER_WAIT; n++) {
		if (taken == room || !plane->handshakes_count)
			break;
		pop_handshake(plane, &out[taken++]);
	}
	return taken;
}
