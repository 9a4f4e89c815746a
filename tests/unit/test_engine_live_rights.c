// SPDX-License-Identifier: BSD-2-Clause
/* What a process that gave up its rights can no longer do, tried by one that did. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <spanaudit/live.h>

#include "base/cpu.h"

static char open_dir[] = "/tmp/spanaudit-rights-XXXXXX";

static bool is_refused(long r)
{
	return r < 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS);
}

static bool opens(const char *path, int how)
{
	int fd = open(path, how | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool file_outside(void)
{
	return !opens("/etc/hostname", O_RDONLY) && !opens("/etc/passwd", O_RDONLY) &&
	       !opens("/proc/self/maps", O_RDONLY) && is_refused(open("/", O_RDONLY | O_DIRECTORY));
}

static bool new_file_outside(void)
{
	return is_refused(open("/tmp/spanaudit-rights-outside", O_WRONLY | O_CREAT, 0600));
}

static bool file_inside(void)
{
	char path[64], other[64];

	snprintf(path, sizeof path, "%s/x", open_dir);
	snprintf(other, sizeof other, "%s/y", open_dir);
	return opens(path, O_WRONLY | O_CREAT | O_TRUNC) && rename(path, other) == 0 &&
	       opens(other, O_RDONLY) && unlink(other) == 0;
}

static bool packet_socket(void)
{
	return is_refused(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
}

static bool other_sockets(void)
{
	return is_refused(socket(AF_INET, SOCK_STREAM, 0)) &&
	       is_refused(socket(AF_UNIX, SOCK_DGRAM, 0)) &&
	       is_refused(socket(AF_NETLINK, SOCK_RAW, 0));
}

static bool other_program(void)
{
	char *const argv[] = {(char *)(uintptr_t) "true", NULL};

	return is_refused(execve("/bin/true", argv, NULL));
}

static bool other_process(void)
{
	return is_refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL)) &&
	       is_refused(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}

static bool namespaces(void)
{
	return is_refused(unshare(CLONE_NEWUSER)) && is_refused(unshare(CLONE_NEWNET)) &&
	       is_refused(syscall(SYS_clone, CLONE_NEWUSER | 17, NULL, NULL, NULL, NULL));
}

static bool being_root(void)
{
	return setuid(0) != 0 || geteuid() != 0;
}

static bool capabilities(void)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[2] = {{~0U, ~0U, 0}, {~0U, ~0U, 0}};

	return is_refused(syscall(SYS_capset, &h, all));
}

static bool terminal_input(void)
{
	return is_refused(ioctl(0, TIOCSTI, "x"));
}

static bool a_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 7;
}

enum needs { NOTHING, LANDLOCK, SECCOMP };
static const struct {
	const char *what;
	bool (*holds)(void);
	enum needs needs; /* what a kernel or build may lack */
} rows[] = {
	{"a file outside is closed", file_outside, LANDLOCK},
	{"a new file outside is refused", new_file_outside, LANDLOCK},
	{"files of a report can be made", file_inside, NOTHING},
	{"a packet socket is refused", packet_socket, NOTHING},
	{"other sockets are refused", other_sockets, SECCOMP},
	{"another program is refused", other_program, SECCOMP},
	{"other processes are closed", other_process, SECCOMP},
	{"namespaces are refused", namespaces, SECCOMP},
	{"capabilities do not come back", capabilities, NOTHING},
	{"nor does root", being_root, NOTHING},
	{"typing into the terminal is refused", terminal_input, SECCOMP},
	{"the judge's process can be made", a_child, NOTHING},
};

enum { OK, UNMADE = 100 };

/* In a process of its own: the first row that does not hold, from 1; OK; UNMADE. */
static int confined(void)
{
	const char *const folders[] = {open_dir};
	const struct span_live_rights rights = {
		.user = geteuid() == 0 ? "nobody" : NULL, .folders = folders, .n_folders = 1};
	struct span_audit *a = span_audit_new();
	char *said = NULL;

	if (!a || span_live_confine(a, &rights, &said) != 0 || !said)
		return UNMADE;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		if (rows[i].needs == LANDLOCK && !strstr(said, "closed by Landlock"))
			continue;
		if (rows[i].needs == SECCOMP && !strstr(said, "system calls filtered"))
			continue;
		if (!rows[i].holds())
			return (int)i + 1;
	}
	return OK;
}

static void test_confined(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(open_dir));
	assert_int_equal(chmod(open_dir, 0777), 0);
	pid = fork();
	if (pid == 0)
		_exit(confined());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rmdir(open_dir);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) && WEXITSTATUS(status) != UNMADE)
		fail_msg("does not hold: %s", rows[WEXITSTATUS(status) - 1].what);
	assert_int_equal(WEXITSTATUS(status), OK);
}

static void test_no_such_user(void **state)
{
	const struct span_live_rights rights = {.user = "no such user"};
	struct span_audit *a = span_audit_new();
	char *said = NULL;

	(void)state;
	assert_non_null(a);
	assert_int_equal(span_live_confine(a, &rights, &said), SPAN_USAGE);
	assert_null(said);
	span_audit_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confined),
		cmocka_unit_test(test_no_such_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
