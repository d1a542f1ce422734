#include "drop_reasons.h"
#include "pywg.h"

#include <errno.h>

struct reason {
	int error;
	enum drop drop;
};

static const struct reason sending[] = {
	{EAGAIN, DROP_SEND_AGAIN},
	{ENOBUFS, DROP_SEND_BUFFERS},
	{EPERM, DROP_SEND_PERMITTED},
	{EACCES, DROP_SEND_ACCESS},
	{EINVAL, DROP_SEND_INVALID},
	{EMSGSIZE, DROP_SEND_SIZE},
	{ENETUNREACH, DROP_SEND_NETWORK},
	{EHOSTUNREACH, DROP_SEND_HOST},
	{ENETDOWN, DROP_SEND_DOWN},
	{ECONNREFUSED, DROP_SEND_REFUSED},
	{0, DROP_SEND_ERROR},
};
static const struct reason receiving[] = {
	{ECONNREFUSED, DROP_RECEIVE_REFUSED},
	{0, DROP_RECEIVE_ERROR},
};
static const struct reason tun[] = {
	{EIO, DROP_TUN_DOWN},
	{EINVAL, DROP_TUN_INVALID},
	{0, DROP_TUN_ERROR},
};

static enum drop find(const struct reason *reason, int error)
{
	while (reason->error && reason->error != error)
		reason++;
	return reason->drop;
}

enum drop drop_of_send(int error)
{
	return find(sending, error);
}

enum drop drop_of_receive(int error)
{
	return find(receiving, error);
}

enum drop drop_of_tun(int error)
{
	return find(tun, error);
}

const char *pywg_drop_reason(uint32_t reason)
{
	static const char *const words[] = {
#define DROP_WORDS(name, text) text,
		DROP_REASONS(DROP_WORDS)
#undef DROP_WORDS
	};

	return reason < DROP_COUNT ? words[reason] : NULL;
}
