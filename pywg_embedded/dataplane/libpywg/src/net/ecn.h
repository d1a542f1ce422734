/* Explicit congestion notification through the tunnel (RFC 6040). */
#ifndef PYWG_ECN_H
#define PYWG_ECN_H

#include <stdint.h>

enum ecn {
	ECN_NOT_ECT = 0,
	ECN_ECT1 = 1,
	ECN_ECT0 = 2,
	ECN_CE = 3,
	ECN_MASK = 3,
};

#define ECN_DROP (-1)

/* Return the outer field of a packet that enters the tunnel (normal mode, 4.1).
 */
static inline uint8_t ecn_encapsulate(uint8_t inner)
{
	return inner & ECN_MASK;
}

/* Return the inner field of a packet that leaves the tunnel (4.2), or ECN_DROP.
 */
static inline int ecn_decapsulate(uint8_t outer, uint8_t inner)
{
	static const int8_t inner_by_outer[4][4] = {
		[ECN_NOT_ECT] = {0, ECN_ECT1, ECN_ECT0, ECN_CE},
		[ECN_ECT1] = {0, ECN_ECT1, ECN_ECT1, ECN_CE},
		[ECN_ECT0] = {0, ECN_ECT1, ECN_ECT0, ECN_CE},
		[ECN_CE] = {ECN_DROP, ECN_CE, ECN_CE, ECN_CE},
	};

	return inner_by_outer[outer & ECN_MASK][inner & ECN_MASK];
}

#endif
