#include "drop_reasons.h"
#include "pywg.h"

#include <errno.h>

struct reason {
	int error;
	enum drop_reason drop;
};

static const struct reason sending[] = {
	{EAGAIN, DROP_SEND_EAGAIN},
	{ENOBUFS, DROP_SEND_ENOBUFS},
	{EPERM, DROP_SEND_EPERM},
	{EACCES, DROP_SEND_EACCES},
	{EINVAL, DROP_SEND_EINVAL},
	{EMSGSIZE, DROP_SEND_EMSGSIZE},
	{ENETUNREACH, DROP_SEND_ENETUNREACH},
	{EHOSTUNREACH, DROP_SEND_EHOSTUNREACH},
	{ENETDOWN, DROP_SEND_ENETDOWN},
	{ECONNREFUSED, DROP_SEND_ECONNREFUSED},
	{0, DROP_SEND_ERROR},
};
static const struct reason receiving[] = {
	{ECONNREFUSED, DROP_RECEIVE_ECONNREFUSED},
	{0, DROP_RECEIVE_ERROR},
};
static const struct reason tun[] = {
	{EIO, DROP_TUN_EIO},
	{EINVAL, DROP_TUN_EINVAL},
	{0, DROP_TUN_ERROR},
};

static enum drop_reason find(const struct reason *reason, int error)
{
	while (reason->error && reason->error != error)
		reason++;
	return reason->drop;
}

enum drop_reason drop_reason_of_send(int error)
{
	return find(sending, error);
}

enum drop_reason drop_reason_of_receive(int error)
{
	return find(receiving, error);
}

enum drop_reason drop_reason_of_tun(int error)
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
