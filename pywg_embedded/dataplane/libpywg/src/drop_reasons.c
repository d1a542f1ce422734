#include "drop_reasons.h"

#include <errno.h>

struct errno_reason {
	int error;
	enum drop_reason reason;
};

static const struct errno_reason sending[] = {
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
static const struct errno_reason receiving[] = {
	{ECONNREFUSED, DROP_RECEIVE_ECONNREFUSED},
	{0, DROP_RECEIVE_ERROR},
};
static const struct errno_reason tun[] = {
	{EIO, DROP_TUN_EIO},
	{EINVAL, DROP_TUN_EINVAL},
	{0, DROP_TUN_ERROR},
};

static enum drop_reason find(const struct errno_reason *row, int error)
{
	while (row->error && row->error != error)
		row++;
	return row->reason;
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

const char *drop_reason_identifier(enum drop_reason reason)
{
	static const char *const identifiers[] = {
#define DROP_IDENTIFIER(name, identifier) identifier,
		DROP_REASONS(DROP_IDENTIFIER)
#undef DROP_IDENTIFIER
	};

	return identifiers[reason];
}
