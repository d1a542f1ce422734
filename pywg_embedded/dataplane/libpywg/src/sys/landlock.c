#include "sys/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_landlock_create_ruleset

/* From linux/landlock.h, which some toolchains have in an older version. */
struct ruleset {
	uint64_t files;
	uint64_t ports;
	uint64_t scoped;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

#define CREATE_RULESET_VERSION 1
#define RULE_PATH_BENEATH 1
#define EXECUTE (UINT64_C(1) << 0)
#define WRITE_FILE (UINT64_C(1) << 1)
/* Removal and creation of files of each kind. */
#define CHANGE_FOLDER (UINT64_C(0x1ff) << 4)
#define REFER (UINT64_C(1) << 13)
#define TRUNCATE (UINT64_C(1) << 14)
#define IOCTL_DEVICE (UINT64_C(1) << 15)
/* Connections to abstract sockets, and signals, of other processes. */
#define SCOPES UINT64_C(3)
/* Rules for a file that is no folder may name no other right. */
#define OF_A_FILE (WRITE_FILE | TRUNCATE)

static uint64_t handled_rights(int abi)
{
	uint64_t rights = EXECUTE | WRITE_FILE | CHANGE_FOLDER;

	if (abi >= 2)
		rights |= REFER;
	if (abi >= 3)
		rights |= TRUNCATE;
	if (abi >= 5)
		rights |= IOCTL_DEVICE;
	return rights;
}

static int create_ruleset(int abi)
{
	const struct ruleset ruleset = {.files = handled_rights(abi),
					.scoped = abi >= 6 ? SCOPES : 0};
	/* Older kernels know the first members only. */
	const size_t size = abi >= 6   ? sizeof(ruleset)
			    : abi >= 4 ? offsetof(struct ruleset, scoped)
				       : offsetof(struct ruleset, ports);

	return (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
}

/* A path that does not exist is left out. */
static int allow_writes(int ruleset, const char *path, uint64_t rights)
{
	struct path_rule rule = {.allowed = rights & ~EXECUTE};
	struct stat found;
	long result;

	rule.parent = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent < 0)
		return 0;
	if (!fstat(rule.parent, &found) && !S_ISDIR(found.st_mode))
		rule.allowed &= OF_A_FILE;
	result = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH,
			 &rule, 0);
	result = result ? -errno : 0;
	close(rule.parent);
	return (int)result;
}

static int enforce(int ruleset)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return syscall(SYS_landlock_restrict_self, ruleset, 0) ? -errno : 0;
}

int landlock_restrict_writes(const char *paths, size_t size)
{
	const char *end = paths + size;
	const int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
				     CREATE_RULESET_VERSION);
	int ruleset, error = 0;

	if (abi < 0)
		return -errno;
	ruleset = create_ruleset(abi);
	if (ruleset < 0)
		return -errno;
	for (; !error && paths < end; paths += strlen(paths) + 1)
		error = allow_writes(ruleset, paths, handled_rights(abi));
	if (!error)
		error = enforce(ruleset);
	close(ruleset);
	return error ? error : abi;
}

#else

int landlock_restrict_writes(const char *paths, size_t size)
{
	(void)paths;
	(void)size;
	return -ENOSYS;
}

#endif
