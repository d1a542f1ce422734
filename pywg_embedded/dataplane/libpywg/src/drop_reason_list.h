/* Generated from core/drop_reasons.py by "make generate"; do not edit. */
#ifndef PYWG_DROP_REASON_LIST_H
#define PYWG_DROP_REASON_LIST_H

/* The C name and the identifier of each drop reason. */
#define DROP_REASONS(X)                                                        \
	X(MALFORMED, "malformed")                                              \
	X(UNKNOWN_INDEX, "unknown_index")                                      \
	X(KEYPAIR_EXPIRED, "keypair_expired")                                  \
	X(NOT_AUTHENTIC, "not_authentic")                                      \
	X(REPLAYED, "replayed")                                                \
	X(NOT_IP, "not_ip")                                                    \
	X(SOURCE_NOT_ALLOWED, "source_not_allowed")                            \
	X(ECN_CONGESTION, "ecn_congestion")                                    \
	X(NO_PEER, "no_peer")                                                  \
	X(NO_ENDPOINT, "no_endpoint")                                          \
	X(ROUTING_LOOP, "routing_loop")                                        \
	X(NO_KEYPAIR, "no_keypair")                                            \
	X(STAGING_FULL, "staging_full")                                        \
	X(NO_IDENTITY, "no_identity")                                          \
	X(MAC1_INVALID, "mac1_invalid")                                        \
	X(COOKIE_REQUIRED, "cookie_required")                                  \
	X(RATE_LIMITED, "rate_limited")                                        \
	X(HANDSHAKE_QUEUE_FULL, "handshake_queue_full")                        \
	X(NO_SOCKET, "no_socket")                                              \
	X(AEAD_FAILED, "aead_failed")                                          \
	X(SEND_EAGAIN, "send_eagain")                                          \
	X(SEND_ENOBUFS, "send_enobufs")                                        \
	X(SEND_EPERM, "send_eperm")                                            \
	X(SEND_EACCES, "send_eacces")                                          \
	X(SEND_EINVAL, "send_einval")                                          \
	X(SEND_EMSGSIZE, "send_emsgsize")                                      \
	X(SEND_ENETUNREACH, "send_enetunreach")                                \
	X(SEND_EHOSTUNREACH, "send_ehostunreach")                              \
	X(SEND_ENETDOWN, "send_enetdown")                                      \
	X(SEND_ECONNREFUSED, "send_econnrefused")                              \
	X(SEND_ERROR, "send_error")                                            \
	X(RECEIVE_ECONNREFUSED, "receive_econnrefused")                        \
	X(RECEIVE_ERROR, "receive_error")                                      \
	X(TUN_EIO, "tun_eio")                                                  \
	X(TUN_EINVAL, "tun_einval")                                            \
	X(TUN_ERROR, "tun_error")

#endif
