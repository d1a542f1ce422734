/* Why packets were dropped: one list, numbers here and words in drops.c. */
#ifndef PYWG_DROP_REASONS_H
#define PYWG_DROP_REASONS_H

#include <stdint.h>

#define DROP_REASONS(X)                                                        \
	X(MALFORMED, "malformed")                                              \
	X(UNKNOWN_INDEX, "unknown index")                                      \
	X(TOO_OLD, "session too old")                                          \
	X(NOT_AUTHENTIC, "transport data not authentic")                       \
	X(REPLAYED, "replayed")                                                \
	X(NOT_IP, "not an IP packet")                                          \
	X(SOURCE, "source address not allowed")                                \
	X(CONGESTION, "congestion")                                            \
	X(NO_PEER, "no peer")                                                  \
	X(NO_ENDPOINT, "no endpoint")                                          \
	X(NO_SESSION, "no session")                                            \
	X(STAGING_FULL, "staging full")                                        \
	X(NOT_READY, "not ready")                                              \
	X(MAC1, "mac1")                                                        \
	X(COOKIE_DEMANDED, "cookie demanded")                                  \
	X(TOO_FAST, "source too fast")                                         \
	X(QUEUE_FULL, "handshake queue full")                                  \
	X(NO_SOCKET, "no socket for the address family")                       \
	X(AEAD, "the cipher failed")                                           \
	X(SEND_AGAIN, "send: EAGAIN")                                          \
	X(SEND_BUFFERS, "send: ENOBUFS")                                       \
	X(SEND_PERMITTED, "send: EPERM")                                       \
	X(SEND_ACCESS, "send: EACCES")                                         \
	X(SEND_INVALID, "send: EINVAL")                                        \
	X(SEND_SIZE, "send: EMSGSIZE")                                         \
	X(SEND_NETWORK, "send: ENETUNREACH")                                   \
	X(SEND_HOST, "send: EHOSTUNREACH")                                     \
	X(SEND_DOWN, "send: ENETDOWN")                                         \
	X(SEND_REFUSED, "send: ECONNREFUSED")                                  \
	X(SEND_ERROR, "send: error")                                           \
	X(RECEIVE_REFUSED, "receive: ECONNREFUSED")                            \
	X(RECEIVE_ERROR, "receive: error")                                     \
	X(TUN_DOWN, "TUN: EIO")                                                \
	X(TUN_INVALID, "TUN: EINVAL")                                          \
	X(TUN_ERROR, "TUN: error")

enum drop {
#define DROP_NUMBER(name, text) DROP_##name,
	DROP_REASONS(DROP_NUMBER)
#undef DROP_NUMBER
		DROP_COUNT
};

/* The reason for an errno of sending, receiving, or the TUN. */
enum drop drop_of_send(int error);
enum drop drop_of_receive(int error);
enum drop drop_of_tun(int error);

#endif
