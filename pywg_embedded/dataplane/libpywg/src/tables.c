#include "tables.h"

enum table {
	TABLE_PEERS,
	TABLE_KEYPAIRS,
	TABLE_SEND_COUNTERS,
	TABLE_REPLAY_WINDOWS,
	TABLE_ALLOWED_IPS,
	TABLE_STAGING,
	TABLE_HANDSHAKES,
	TABLE_RATELIMITER,
	TABLE_EVENTS,
	TABLE_TUN_BUFFER,
	TABLE_TX_BUFFER,
	TABLE_ICMP_LIMITER,
	TABLE_RX_BUFFER,
	TABLE_GRO,
	TABLE_PENDING_UPDATES,
	TABLE_COUNT
};

static uint64_t size_of_peers(const struct arena_limits *limits)
{
	return (uint64_t)limits->peers * sizeof(struct peer);
}

static uint64_t size_of_keypairs(const struct arena_limits *limits)
{
	return keypairs_memory(limits->peers);
}

static uint64_t size_of_send_counters(const struct arena_limits *limits)
{
	return (uint64_t)limits->peers * KEYPAIRS_PER_PEER * sizeof(uint64_t);
}

static uint64_t size_of_replay_windows(const struct arena_limits *limits)
{
	return (uint64_t)limits->peers * KEYPAIRS_PER_PEER *
	       sizeof(struct rx_keypair);
}

static uint64_t size_of_allowed_ips(const struct arena_limits *limits)
{
	return allowedips_memory(limits->allowed_ips, limits->peers);
}

static uint64_t size_of_staging(const struct arena_limits *limits)
{
	return staging_memory(limits->staged, limits->peers);
}

static uint64_t size_of_handshakes(const struct arena_limits *limits)
{
	(void)limits;
	return HANDSHAKE_QUEUE_SIZE * sizeof(struct queued_handshake);
}

static uint64_t size_of_ratelimiter(const struct arena_limits *limits)
{
	(void)limits;
	return sizeof(struct ratelimiter);
}

static uint64_t size_of_events(const struct arena_limits *limits)
{
	return event_queue_memory(limits->peers);
}

static uint64_t size_of_tun_buffer(const struct arena_limits *limits)
{
	(void)limits;
	return TUN_MAX_PACKET + 1;
}

static uint64_t size_of_tx_buffer(const struct arena_limits *limits)
{
	(void)limits;
	return TX_BUFFER_SIZE;
}

static uint64_t size_of_rx_buffer(const struct arena_limits *limits)
{
	(void)limits;
	return RX_BUFFER_SIZE;
}

static uint64_t size_of_gro(const struct arena_limits *limits)
{
	(void)limits;
	return sizeof(struct gro);
}

static uint64_t size_of_pending_updates(const struct arena_limits *limits)
{
	return (uint64_t)limits->peers * sizeof(struct pending_update);
}

static const struct arena_table tables[TABLE_COUNT] = {
	[TABLE_PEERS] = {"peers", size_of_peers},
	[TABLE_KEYPAIRS] = {"keypairs", size_of_keypairs},
	[TABLE_SEND_COUNTERS] = {"send counters", size_of_send_counters},
	[TABLE_REPLAY_WINDOWS] = {"replay windows", size_of_replay_windows},
	[TABLE_ALLOWED_IPS] = {"allowed IPs", size_of_allowed_ips},
	[TABLE_STAGING] = {"staged packets", size_of_staging},
	[TABLE_HANDSHAKES] = {"handshake queue", size_of_handshakes},
	[TABLE_RATELIMITER] = {"handshake rate limiter", size_of_ratelimiter},
	[TABLE_EVENTS] = {"event queue", size_of_events},
	[TABLE_TUN_BUFFER] = {"TUN read buffer", size_of_tun_buffer},
	[TABLE_TX_BUFFER] = {"send buffer", size_of_tx_buffer},
	[TABLE_ICMP_LIMITER] = {"ICMP rate limiter", size_of_ratelimiter},
	[TABLE_RX_BUFFER] = {"receive buffer", size_of_rx_buffer},
	[TABLE_GRO] = {"GRO", size_of_gro},
	[TABLE_PENDING_UPDATES] = {"receive updates", size_of_pending_updates},
};

void tables_assign(const struct arena *arena, const struct arena_limits *limits,
		   struct shared *shared, struct tx *tx, struct rx *rx)
{
	keypairs_init(&shared->keypairs, arena_at(arena, TABLE_KEYPAIRS),
		      limits->peers);
	shared->allowed_ips = allowedips_init(
		arena_at(arena, TABLE_ALLOWED_IPS), limits->allowed_ips);

	tx->peers = arena_at(arena, TABLE_PEERS);
	tx->send_counters = arena_at(arena, TABLE_SEND_COUNTERS);
	tx->staging = staging_init(arena_at(arena, TABLE_STAGING),
				   limits->staged, limits->staged_per_peer);
	event_queue_init(&tx->events, arena_at(arena, TABLE_EVENTS),
			 limits->peers);
	tx->tun_buffer = arena_at(arena, TABLE_TUN_BUFFER);
	tx->buffer = arena_at(arena, TABLE_TX_BUFFER);
	tx->icmp_limiter = arena_at(arena, TABLE_ICMP_LIMITER);

	rx->keypairs = arena_at(arena, TABLE_REPLAY_WINDOWS);
	rx->buffer = arena_at(arena, TABLE_RX_BUFFER);
	rx->gro = arena_at(arena, TABLE_GRO);
	rx->handshakes.entries = arena_at(arena, TABLE_HANDSHAKES);
	rx->handshake_filter.limiter = arena_at(arena, TABLE_RATELIMITER);

	rx->thread->pending = arena_at(arena, TABLE_PENDING_UPDATES);
}

int tables_open(struct arena *arena, const struct arena_limits *limits)
{
	return arena_open(arena, tables, TABLE_COUNT, limits);
}

uint64_t tables_size(uint32_t table, const struct arena_limits *limits)
{
	return table < TABLE_COUNT ? arena_table_size(&tables[table], limits)
				   : 0;
}

const char *tables_name(uint32_t table)
{
	return table < TABLE_COUNT ? tables[table].name : NULL;
}
