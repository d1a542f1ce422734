/* Loads and stores for any alignment and byte order. */
#ifndef PYWG_BYTEORDER_H
#define PYWG_BYTEORDER_H

#include <stdint.h>

static inline uint16_t load_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t load_be32(const uint8_t *at)
{
	return (uint32_t)load_be16(at) << 16 | load_be16(at + 2);
}

static inline uint64_t load_be64(const uint8_t *at)
{
	return (uint64_t)load_be32(at) << 32 | load_be32(at + 4);
}

static inline void store_be16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void store_be32(uint8_t *at, uint32_t value)
{
	store_be16(at, (uint16_t)(value >> 16));
	store_be16(at + 2, (uint16_t)value);
}

static inline void store_be64(uint8_t *at, uint64_t value)
{
	store_be32(at, (uint32_t)(value >> 32));
	store_be32(at + 4, (uint32_t)value);
}

static inline uint16_t load_le16(const uint8_t *at)
{
	return (uint16_t)(at[1] << 8 | at[0]);
}

static inline uint32_t load_le32(const uint8_t *at)
{
	return (uint32_t)load_le16(at + 2) << 16 | load_le16(at);
}

static inline uint64_t load_le64(const uint8_t *at)
{
	return (uint64_t)load_le32(at + 4) << 32 | load_le32(at);
}

static inline void store_le16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static inline void store_le32(uint8_t *at, uint32_t value)
{
	store_le16(at, (uint16_t)value);
	store_le16(at + 2, (uint16_t)(value >> 16));
}

static inline void store_le64(uint8_t *at, uint64_t value)
{
	store_le32(at, (uint32_t)value);
	store_le32(at + 4, (uint32_t)(value >> 32));
}

#endif
