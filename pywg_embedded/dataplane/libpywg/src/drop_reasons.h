/* The reasons of drops. */
#ifndef PYWG_DROP_REASONS_H
#define PYWG_DROP_REASONS_H

#include "drop_reason_list.h"

enum drop_reason {
#define DROP_NUMBER(name, identifier) DROP_##name,
	DROP_REASONS(DROP_NUMBER)
#undef DROP_NUMBER
		DROP_COUNT
};

/* The identifier of a reason below DROP_COUNT. */
const char *drop_reason_identifier(enum drop_reason reason);
/* The reason for an errno of a send, of a receive, or of the TUN. */
enum drop_reason drop_reason_of_send(int error);
enum drop_reason drop_reason_of_receive(int error);
enum drop_reason drop_reason_of_tun(int error);

#endif
