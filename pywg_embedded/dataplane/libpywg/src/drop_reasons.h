/* Why packets and messages are dropped: an identifier and a text for each. */
#ifndef PYWG_DROP_REASONS_H
#define PYWG_DROP_REASONS_H

#include <stdint.h>

#define DROP_REASONS(X)                                                        \
	X(MALFORMED, "malformed")                                              \
	X(UNKNOWN_INDEX, "unknown index")                                      \
	X(KEYPAIR_EXPIRED, "session too old")                                  \
	X(NOT_AUTHENTIC, "transport data not authentic")                       \
	X(REPLAYED, "replayed")                                                \
	X(NOT_IP, "not an IP packet")                                          \
	X(SOURCE_NOT_ALLOWED, "source address not allowed")                    \
	X(ECN_CONGESTION, "congestion")                                        \
	X(NO_PEER, "no peer")                                                  \
	X(NO_ENDPOINT, "no endpoint")                                          \
	X(NO_KEYPAIR, "no session")                                            \
	X(STAGING_FULL, "staging full")                                        \
	X(NO_IDENTITY, "not ready")                                            \
	X(MAC1_INVALID, "mac1")                                                \
	X(COOKIE_REQUIRED, "cookie demanded")                                  \
	X(RATE_LIMITED, "source too fast")                                     \
	X(HANDSHAKE_QUEUE_FULL, "handshake queue full")                        \
	X(NO_SOCKET, "no socket for the address family")                       \
	X(AEAD_FAILED, "the cipher failed")                                    \
	X(SEND_EAGAIN, "send: EAGAIN")                                         \
	X(SEND_ENOBUFS, "send: ENOBUFS")                                       \
	X(SEND_EPERM, "send: EPERM")                                           \
	X(SEND_EACCES, "send: EACCES")                                         \
	X(SEND_EINVAL, "send: EINVAL")                                         \
	X(SEND_EMSGSIZE, "send: EMSGSIZE")                                     \
	X(SEND_ENETUNREACH, "send: ENETUNREACH")                               \
	X(SEND_EHOSTUNREACH, "send: EHOSTUNREACH")                             \
	X(SEND_ENETDOWN, "send: ENETDOWN")                                     \
	X(SEND_ECONNREFUSED, "send: ECONNREFUSED")                             \
	X(SEND_ERROR, "send: error")                                           \
	X(RECEIVE_ECONNREFUSED, "receive: ECONNREFUSED")                       \
	X(RECEIVE_ERROR, "receive: error")                                     \
	X(TUN_EIO, "TUN: EIO")                                                 \
	X(TUN_EINVAL, "TUN: EINVAL")                                           \
	X(TUN_ERROR, "TUN: error")

enum drop_reason {
#define DROP_NUMBER(name, text) DROP_##name,
	DROP_REASONS(DROP_NUMBER)
#undef DROP_NUMBER
		DROP_COUNT
};

/* The text of a reason below DROP_COUNT. */
const char *drop_reason_text(enum drop_reason reason);
/* The reason for an errno of a send, of a receive, or of the TUN. */
enum drop_reason drop_reason_of_send(int error);
enum drop_reason drop_reason_of_receive(int error);
enum drop_reason drop_reason_of_tun(int error);

#endif
