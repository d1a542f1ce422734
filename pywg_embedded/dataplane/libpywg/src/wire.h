/* Numbers of the wire (core/constants.py has the same, with their sections),
 * and loads and stores that ask nothing of alignment or byte order. */
#ifndef PYWG_WIRE_H
#define PYWG_WIRE_H

#include <stdint.h>

#define KEY_SIZE 32
#define TAG_SIZE 16
#define MAC_SIZE 16
#define COOKIE_SIZE 16
#define COOKIE_NONCE_SIZE 24

#define MESSAGE_INITIATION 1
#define MESSAGE_RESPONSE 2
#define MESSAGE_COOKIE_REPLY 3
#define MESSAGE_TRANSPORT 4
#define INITIATION_SIZE 148
#define RESPONSE_SIZE 92
#define COOKIE_REPLY_SIZE 64
#define TRANSPORT_HEADER_SIZE 16
#define TRANSPORT_MIN_SIZE (TRANSPORT_HEADER_SIZE + TAG_SIZE)
#define PADDING_MULTIPLE 16

#define REKEY_AFTER_MESSAGES (UINT64_C(1) << 60)
#define REJECT_AFTER_MESSAGES (UINT64_MAX - (UINT64_C(1) << 13))
#define REKEY_AFTER_TIME 120000
#define REJECT_AFTER_TIME 180000
#define REKEY_TIMEOUT 5000
#define KEEPALIVE_TIMEOUT 10000
#define REKEY_AFTER_TIME_RECEIVING                                             \
	(REJECT_AFTER_TIME - KEEPALIVE_TIMEOUT - REKEY_TIMEOUT)

#define COOKIE_SECRET_LIFETIME 120000
#define HANDSHAKE_QUEUE_SIZE 1024
#define UNDER_LOAD_BACKLOG (HANDSHAKE_QUEUE_SIZE / 8)
#define UNDER_LOAD_HOLD_TIME 1000
#define SOURCE_PACKETS_PER_SECOND 20
#define SOURCE_PACKETS_BURST 5
#define COOKIES_EXPECTED 256
#define HANDSHAKE_TOS 0x88
#define REPLAY_WINDOW_BITS 8192
#define REPLAY_WINDOW_SIZE (REPLAY_WINDOW_BITS - 64)
#define DEFAULT_MTU 1420

/* Offsets inside transport data (paper 5.4.6); the type is at 0. */
enum {
	TRANSPORT_RECEIVER_AT = 4,
	TRANSPORT_COUNTER_AT = 8,
	TRANSPORT_PACKET_AT = TRANSPORT_HEADER_SIZE,
};

static inline uint16_t wire_load_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t wire_load_be32(const uint8_t *at)
{
	return (uint32_t)wire_load_be16(at) << 16 | wire_load_be16(at + 2);
}

static inline uint64_t wire_load_be64(const uint8_t *at)
{
	return (uint64_t)wire_load_be32(at) << 32 | wire_load_be32(at + 4);
}

static inline void wire_store_be16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void wire_store_be32(uint8_t *at, uint32_t value)
{
	wire_store_be16(at, (uint16_t)(value >> 16));
	wire_store_be16(at + 2, (uint16_t)value);
}

static inline void wire_store_be64(uint8_t *at, uint64_t value)
{
	wire_store_be32(at, (uint32_t)(value >> 32));
	wire_store_be32(at + 4, (uint32_t)value);
}

static inline uint16_t wire_load_le16(const uint8_t *at)
{
	return (uint16_t)(at[1] << 8 | at[0]);
}

static inline uint32_t wire_load_le32(const uint8_t *at)
{
	return (uint32_t)wire_load_le16(at + 2) << 16 | wire_load_le16(at);
}

static inline uint64_t wire_load_le64(const uint8_t *at)
{
	return (uint64_t)wire_load_le32(at + 4) << 32 | wire_load_le32(at);
}

static inline void wire_store_le16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static inline void wire_store_le32(uint8_t *at, uint32_t value)
{
	wire_store_le16(at, (uint16_t)value);
	wire_store_le16(at + 2, (uint16_t)(value >> 16));
}

static inline void wire_store_le64(uint8_t *at, uint64_t value)
{
	wire_store_le32(at, (uint32_t)value);
	wire_store_le32(at + 4, (uint32_t)(value >> 32));
}

#endif
